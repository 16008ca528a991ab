// npm run deliver -- DIR: delivers every .eml file of a folder into a new workspace, while clients watch.
//
// It starts a Worker on storage of its own, opens 50 WebSocket clients (half JSON, half MessagePack;
// ten of them lose their connection all the time), hands every message to the email entry point,
// and then checks: every client has seen the same events, 1 to the last, each once and in order;
// every message is one ticket or one comment, or was reported as unparseable, or is a further copy
// of a Message-ID. It ends with a line of counts, and exits 0 only if all of that held.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import { build } from "../gateway/dev/build.mjs";
import { startWorker } from "../gateway/dev/worker.mjs";
import { data, all, register } from "../tests/harness/api.mjs";
import { MAIL_ENTRY, VARS } from "../tests/harness/worker.mjs";
import { connect } from "./client.mjs";

const CLIENTS = 50;
const DROPPING = 10;
const AT_ONCE = 8;
const PATIENCE_MS = 60_000;

/** Delivers `dir`; gives the counts, or throws what did not hold. */
export async function deliver(dir, { say = () => {} } = {}) {
  const files = readdirSync(dir).filter((name) => name.endsWith(".eml")).sort();
  if (files.length === 0) throw new Error(`no .eml files in ${dir}`);
  const persistTo = mkdtempSync(join(tmpdir(), "postroom-deliver-"));
  const worker = await startWorker({ persistTo, vars: VARS, main: MAIL_ENTRY });
  try {
    const owner = await register(worker.url);
    say(`workspace ${owner.workspaceId} on ${worker.url}`);
    const clients = await open(worker.url, owner);
    say(`${clients.length} clients are in its room`);
    const stopDropping = dropAllTheTime(clients.slice(0, DROPPING));
    const handed = await handOver(worker.url, owner, dir, files, say);
    stopDropping();
    const counts = { messages: files.length, ...handed };
    const settled = await settle(worker.url, owner, clients);
    const { reported, ...found } = settled;
    const copies = countCopies(dir, files, reported);
    const kept = found.mails + found.stopped + found.unparseable + copies;
    if (kept !== files.length) throw new Error(`${files.length} messages, but ${kept} are accounted for: ${JSON.stringify({ ...found, copies })}`);
    return { ...counts, ...found, copies };
  } finally {
    await worker.stop();
    rmSync(persistTo, { recursive: true, force: true });
  }
}

/** The clients, each with the list of events it saw; they start before the first event they miss. */
async function open(url, owner) {
  const clients = Array.from({ length: CLIENTS }, (_, n) => {
    const codec = n % 2 === 0 ? "json" : "msgpack";
    const room = connect({ url, workspaceId: owner.workspaceId, token: owner.token, codec, since: 0 });
    const client = { room, codec, seen: [], drops: 0, faults: [] };
    room.on("event", (event) => client.seen.push(event));
    room.on("gap", (gap) => client.faults.push(`after ${gap.since} came ${gap.seq}`));
    room.on("reset", () => client.faults.push("it was told to start anew"));
    return client;
  });
  await Promise.all(clients.map(({ room }) => new Promise((done) => room.once("hello", done))));
  return clients;
}

function dropAllTheTime(clients) {
  let on = true;
  for (const client of clients) {
    const next = async () => {
      for (; on; await wait(20 + Math.random() * 200)) {
        client.room.drop();
        client.drops += 1;
      }
    };
    next();
  }
  return () => (on = false);
}

async function handOver(url, owner, dir, files, say) {
  const to = `${owner.workspaceId}@in.example`;
  const counts = { refused: 0, byRouting: 0, byHand: 0 };
  const queue = [...files];
  const work = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const raw = readFileSync(join(dir, name));
      const query = new URLSearchParams({ from: "sender@deliver.example", to });
      const post = (path) => fetch(`${url}${path}?${query}`, { method: "POST", body: raw });
      let answer = await post("/cdn-cgi/handler/email");
      let text = await answer.text();
      // The local stand-in of mail routing refuses some mail before the Worker sees it.
      const unseen = !answer.ok && !text.startsWith("Worker rejected");
      if (unseen) {
        answer = await post("/test/email");
        text = await answer.text();
      }
      counts[unseen ? "byHand" : "byRouting"] += 1;
      if (!answer.ok) {
        counts.refused += 1;
        say(`${name}: ${answer.status} ${text}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return counts;
}

/** How many of the messages that could be read are further copies of a Message-ID. */
function countCopies(dir, files, reported) {
  const seen = new Set();
  let copies = 0;
  for (const name of files) {
    const raw = readFileSync(join(dir, name));
    const sha256 = createHash("sha256").update(raw).digest("hex");
    if (reported.some(({ rawKey }) => rawKey.includes(sha256))) continue;
    const head = raw.toString("latin1").split(/\r?\n\r?\n/)[0].replaceAll(/\r?\n[ \t]+/g, " ");
    const id = /^message-id:\s*<?\s*([^<>\s]+)/im.exec(head)?.[1] ?? sha256;
    if (seen.has(id)) copies += 1;
    seen.add(id);
  }
  return copies;
}

/** Waits until every client has everything, then compares what they saw with what the API says. */
async function settle(url, owner, clients) {
  const { token } = owner;
  const { head } = await data(url, "GET", "/v1/snapshot", { token });
  const end = Date.now() + PATIENCE_MS;
  while (clients.some(({ seen }) => seen.length < head) && Date.now() < end) await wait(50);
  const canonical = (event) => JSON.stringify(sorted(event));
  const expected = clients[0].seen.map(canonical);
  clients.forEach(({ seen, faults }, n) => {
    if (faults.length > 0) throw new Error(`client ${n}: ${faults[0]}`);
    const numbers = seen.map(({ seq }) => seq);
    const gapless = numbers.length === head && numbers.every((seq, i) => seq === i + 1);
    if (!gapless) throw new Error(`client ${n} saw ${numbers.length} of ${head} events`);
    if (!seen.every((event, i) => canonical(event) === expected[i])) throw new Error(`client ${n} saw other events`);
  });
  for (const { room } of clients) room.close();
  const tickets = await all(url, "/v1/tickets", { token });
  const unparseable = await all(url, "/v1/unparseable-mails", { token });
  let mails = 0;
  for (const { id } of tickets) {
    const comments = await all(url, `/v1/tickets/${id}/comments`, { token });
    mails += comments.filter(({ mail }) => mail).length;
  }
  const drops = clients.reduce((sum, client) => sum + client.drops, 0);
  const stopped = clients[0].seen.filter(({ type }) => type === "mail.stopped").length;
  return {
    events: head, clients: clients.length, drops, tickets: tickets.length,
    mails, stopped, unparseable: unparseable.length, reported: unparseable,
  };
}

/** The same value with the keys of every object in order, so that two codings compare equal. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const dir = process.argv[2];
  if (!dir) {
    console.error("usage: npm run deliver -- DIR");
    process.exit(2);
  }
  try {
    await build();
    const counts = await deliver(resolve(dir), { say: (line) => console.log(line) });
    console.log(counts);
  } catch (error) {
    console.error(`it did not hold: ${error.message}`);
    process.exitCode = 1;
  }
}
