// npm run cost: what things cost, counted on real workerd.
//
// It starts the Worker behind a meter (tests/harness/cost-entry.js), does each thing some times after a
// first time that warms up, waits until nothing moves any more, and prints what one time took: Durable
// Object requests (RPC calls, upgrades, alarms; WebSocket messages apart, they are billed at a twentieth),
// rows of Durable Object storage read and written, D1 statements. Then an idle hour, and the size of the
// Worker as it is uploaded. It exits 1 where a comment takes more than one request or the Worker is
// larger than 1.5 MB.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { build } from "../gateway/dev/build.mjs";
import { nodeBin, ROOT, run } from "../gateway/dev/tools.mjs";
import { startWorker } from "../gateway/dev/worker.mjs";
import { call, data, register } from "./harness/api.mjs";
import { startSlowSmtp } from "./harness/slow_smtp.mjs";
import { dial } from "./harness/socket.mjs";
import { until } from "./harness/until.mjs";
import { VARS } from "./harness/worker.mjs";
import { WORKER_GZIP_MAX } from "./harness/budget.mjs";

const TIMES = 20;
const IDLE_MS = Number(process.env.IDLE_MS ?? 70_000);

/** Sums of counters by their ending: all `.call` of all actors. */
const total = (counters, ending) =>
  Object.entries(counters).reduce((sum, [name, value]) => sum + (name.endsWith(`.${ending}`) ? value : 0), 0);

function meter(url) {
  const read = async () => (await fetch(`${url}/test/cost`)).json();
  const quiet = async () => {
    // Still for a second and a half: whatever a command started has ended or waits for an alarm.
    for (let same = 0, last = ""; same < 6; ) {
      const now = JSON.stringify(await read());
      same = now === last ? same + 1 : 0;
      last = now;
      await wait(250);
    }
  };
  /** Does `work` TIMES times; gives what one time took. */
  const measure = async (work, times = TIMES) => {
    await quiet();
    await fetch(`${url}/test/cost`, { method: "POST" });
    for (let n = 0; n < times; n += 1) await work(n);
    await quiet();
    const counters = await read();
    const each = Object.fromEntries(Object.entries(counters).map(([name, value]) => [name, value / times]));
    return { ...each, calls: total(each, "call"), upgrades: total(each, "fetch"), alarms: total(each, "alarm"), messages: total(each, "message") };
  };
  return { read, quiet, measure };
}

async function things(url, slow) {
  const owner = await register(url, "Cost", { operator: VARS.ADMIN_TOKEN });
  const { token } = owner;
  const post = (path, body, key) => data(url, "POST", path, { token, body, headers: key ? { "idempotency-key": key } : {} });
  const ticket = await post("/v1/tickets", { subject: "The door is stuck" });
  for (let n = 0; n < 60; n += 1) await post("/v1/tickets", { subject: `Ticket ${n}`, userEmail: `user${n % 7}@customer.example` });
  const inbox = await post("/v1/inboxes", { email: "desk@acme.example", smtp: slow.way, warmup: false });
  const warm = await post("/v1/inboxes", { email: "warm@acme.example", smtp: slow.way, warmup: true });
  const send = async (inbox, key) => {
    const sent = await post(`/v1/inboxes/${inbox.id}/sends`, { to: ["ann@desk.test"], subject: "x", text: "x" }, key);
    const path = `/v1/inboxes/${inbox.id}/sends?state=sent&limit=100`;
    await until(async () => slow.mails.length > 0 && (await data(url, "GET", path, { token })).some(({ id }) => id === sent.id), "the mail");
  };
  // Waiting for the end of a send asks the inbox: the counters must not have that.
  const sendQuietly = async (inbox, key) => {
    const before = slow.mails.length;
    await post(`/v1/inboxes/${inbox.id}/sends`, { to: ["ann@desk.test"], subject: "x", text: "x" }, key);
    await until(() => slow.mails.length > before, "the mail");
  };
  await send(inbox, "first");
  await send(warm, "first");
  await post("/api/prospects", { email: "pat@prospect.example", name: "Pat" });
  const socket = await dial(url, owner, { bearer: true });
  return {
    owner,
    socket,
    rows: [
      ["a public comment over HTTP", (n) => post(`/v1/tickets/${ticket.id}/comments`, { body: `Comment ${n}` }, `c-${n}`)],
      ["a public comment over WebSocket", (n) => socket.command(`w-${n}`, { postComment: { ticketId: ticket.id, body: `Comment ${n}` } })],
      ["a ticket", (n) => post("/v1/tickets", { subject: `New ${n}` }, `t-${n}`)],
      ["a list of 50 tickets", () => call(url, "GET", "/v1/tickets?limit=50", { token })],
      ["a WebSocket join (with its ticket)", async () => void (await (await dial(url, owner)).close())],
      ["a send, established inbox", (n) => sendQuietly(inbox, `s-${n}`)],
      ["a send, inbox in warm-up", (n) => sendQuietly(warm, `s-${n}`), 3],
      ["an import of a known person", (n) => post("/api/prospects", { email: "pat@prospect.example", name: "Pat" }, `p-${n}`)],
    ],
  };
}

/** What happens while nobody does anything, from `IDLE_MS` of watching and from the alarms that are set. */
async function idle(url, { read, quiet }) {
  await quiet();
  await fetch(`${url}/test/cost`, { method: "POST" });
  const began = Date.now();
  await wait(IDLE_MS);
  const counters = await read();
  const minutes = (Date.now() - began) / 60_000;
  const alarms = await (await fetch(`${url}/test/alarms`)).json();
  const within = alarms.filter(({ at }) => at !== null && at < Date.now() + 3_600_000);
  const fired = total(counters, "call") + total(counters, "fetch") + total(counters, "alarm");
  return { counters, minutes, fired, alarms, within };
}

async function size() {
  const outdir = mkdtempSync(join(tmpdir(), "postroom-size-"));
  const env = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" };
  const ran = await run("wrangler", nodeBin("wrangler"), ["deploy", "--dry-run", "--env", "production", "--outdir", outdir], { env });
  rmSync(outdir, { recursive: true, force: true });
  const found = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(ran.tail);
  if (ran.code !== 0 || !found) throw new Error(`wrangler deploy --dry-run failed (log: ${ran.log}):\n${ran.tail}`);
  return { whole: Math.round(Number(found[1]) * 1024), gzipped: Math.round(Number(found[2]) * 1024) };
}

const figure = (value) => (Number.isInteger(value ?? 0) ? String(value ?? 0) : value.toFixed(2));

const HEAD = ["", "DO requests", "calls", "joins", "alarms", "ws messages", "rows read", "rows written", "D1 statements", "D1 requests"];

const line = (name, m) => [
  name, m.calls + m.upgrades + m.alarms, m.calls, m.upgrades, m.alarms, m.messages,
  m["sql.rowsRead"], m["sql.rowsWritten"], m["d1.statements"], m["d1.requests"],
];

function print(table) {
  const cells = table.map((row) => row.map((cell) => (typeof cell === "string" ? cell : figure(cell))));
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  for (const row of cells) {
    console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "));
  }
}

await build();
const persistTo = mkdtempSync(join(tmpdir(), "postroom-cost-"));
const slow = await startSlowSmtp();
const worker = await startWorker({ persistTo, vars: VARS, main: join(ROOT, "tests", "harness", "cost-entry.js") });
const wrong = [];
try {
  const { url } = worker;
  const gauge = meter(url);
  const { rows, socket } = await things(url, slow);
  const measured = new Map();
  for (const [name, work, times] of rows) measured.set(name, await gauge.measure(work, times));
  console.log(`\nWhat one of each takes, the mean of ${TIMES} one after the other (workerd, local):\n`);
  print([HEAD, ...[...measured].map(([name, m]) => line(name, m))]);

  const comment = measured.get("a public comment over HTTP");
  console.log(`\nA comment: ${figure(comment.calls)} Durable Object request; ${figure(comment.alarms)} alarms beside it, since the outbox`);
  console.log("arms one alarm for whatever is on its way, and moves it only when it must: many comments share it.");
  if (comment.calls !== 1 || comment.upgrades !== 0) wrong.push("a comment takes more than one Durable Object request");
  if (comment.alarms > 0.5) wrong.push("the outbox's alarms are not shared by comments");
  const spoken = measured.get("a public comment over WebSocket");
  if (spoken.calls + spoken.upgrades !== 0 || spoken.messages !== 1) wrong.push("a comment over WebSocket takes a request");

  const rest = await idle(url, gauge);
  const seconds = Math.round(rest.minutes * 60);
  console.log(`\nAn idle hour, one connection open: in ${seconds} s ${rest.fired} requests (${JSON.stringify(rest.counters)});`);
  console.log(`${rest.within.length} of ${rest.alarms.length} objects have an alarm within the hour, so ${rest.within.length} requests are to come.`);
  for (const { actor, at } of rest.within) console.log(`  ${actor} in ${Math.round((at - Date.now()) / 1000)} s`);
  await socket.close();

  const { whole, gzipped } = await size();
  console.log(`\nThe Worker: ${whole} bytes, ${gzipped} gzipped, of ${WORKER_GZIP_MAX} (${((gzipped / WORKER_GZIP_MAX) * 100).toFixed(1)} %).`);
  if (gzipped > WORKER_GZIP_MAX) wrong.push(`the Worker is larger than ${WORKER_GZIP_MAX} bytes`);
} finally {
  await worker.stop();
  await slow.stop();
  rmSync(persistTo, { recursive: true, force: true });
}
for (const what of wrong) console.error(`✖ ${what}`);
if (wrong.length === 0) console.log("✔ a comment takes one request, and the Worker fits");
process.exitCode = wrong.length > 0 ? 1 : 0;
