// What profiles begin with: a Worker on workerd, workspaces, agents, tickets; and what they end with:
// what is there, read back.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { pool } from "../harness/until.mjs";
import { VARS } from "../harness/worker.mjs";
import { startWorkerd } from "../harness/workerd.mjs";
import { Client } from "./client.mjs";
import { home, watch } from "./machine.mjs";

/** The product's entry with counters and a D1 that can fail. */
export const LOAD_ENTRY = join(ROOT, "tests", "harness", "load-entry.js");
/** A password is hashed on the one thread that answers everybody: few at a time. */
const HASHES_AT_ONCE = 4;
/** A session's token is good for a quarter of an hour; a new one is asked for well before. */
const FRESH_MS = 6 * 60_000;
const BEAT_MS = 60_000;
const COMPLAINT = /error|exception|panic|fatal|fail/i;
const COMPLAINTS_MAX = 20;
const PASSWORD = "correct horse battery staple";

/**
 * Runs `work(stage)` on a Worker of its own, whose storage is removed after it.
 *
 * bytes    how much storage it may take: memory is used where that fits
 * vars     over those of tests, which have no limits on how much may be asked
 * entry    another entry file
 * beats    the cron of each minute runs, as on Cloudflare
 */
export async function onStage({ bytes = 1e9, vars, entry, beats = false, say = () => {} }, work) {
  const place = home(bytes);
  const persistTo = mkdtempSync(join(place, "postroom-load-"));
  const worker = await startWorkerd({ persistTo, vars, entry });
  const client = new Client(worker.url);
  const refreshed = [];
  const beat = beats ? setInterval(() => void worker.scheduled("* * * * *").catch((error) => say(`the beat: ${error}`)), BEAT_MS) : undefined;
  say(`workerd ${worker.pid} serves, storage in ${place}`);
  try {
    const stage = { worker, client, url: worker.url, say, watch: () => watch(worker.pid), keep: (owner) => refreshed.push(keepFresh(client, owner)) };
    return await work(stage);
  } catch (error) {
    for (const line of complaints(worker.log)) console.error(line);
    throw error;
  } finally {
    clearInterval(beat);
    for (const stop of refreshed) stop();
    client.close();
    await worker.stop();
    rmSync(persistTo, { recursive: true, force: true });
  }
}

/** The last lines of the Worker's log that tell of an error: it goes with the storage. */
function complaints(log) {
  const lines = readFileSync(log, { encoding: "utf8", flag: "a+" }).split("\n");
  return lines.filter((line) => COMPLAINT.test(line)).slice(-COMPLAINTS_MAX).map((line) => line.slice(0, 500));
}

/** A new workspace's owner: { workspaceId, agentId, token, email }. */
export async function workspace({ client }, name) {
  const email = `owner@${name.toLowerCase()}.example`;
  const body = { name, ownerName: "Olive Owner", ownerEmail: email, password: PASSWORD };
  const made = await client.data("POST", "/v1/workspaces", { body, token: VARS.ADMIN_TOKEN });
  return seat(made, email);
}

const seat = (made, email) => ({ workspaceId: made.workspace.id, agentId: made.agent.id, token: made.accessToken, email });

/** So many workspaces. */
export const workspaces = (stage, count) => pool(Array.from({ length: count }), HASHES_AT_ONCE, (_, n) => workspace(stage, `Load${n}`));

/** So many agents of `owner`'s workspace, the owner first. */
export async function agents({ client }, owner, count) {
  const more = await pool(Array.from({ length: count - 1 }), HASHES_AT_ONCE, async (_, n) => {
    const email = `agent${n}@agents.example`;
    const invited = await client.data("POST", "/v1/invitations", { token: owner.token, body: { email, name: `Agent ${n}`, role: "agent" } });
    // Each agent sits elsewhere: so many from one address would be taken for somebody who tries.
    const address = `10.1.${n >> 8}.${n & 255}`;
    return seat(await client.data("POST", "/v1/invitations/accept", { body: { token: invited.token, password: PASSWORD }, address }), email);
  });
  return [owner, ...more];
}

/** So many tickets of a workspace: their ids. */
export const tickets = ({ client }, owner, count) =>
  pool(Array.from({ length: count }), 8, async (_, n) => (await client.data("POST", "/v1/tickets", { token: owner.token, body: { subject: `Ticket ${n}` } })).id);

let kept = 0;

/** Gives somebody a new token before the old one ends; gives what stops that. */
function keepFresh(client, who) {
  const { workspaceId, email } = who;
  const body = { workspaceId, email, password: PASSWORD };
  const address = `10.2.${(kept >> 8) & 255}.${kept++ & 255}`;
  const again = async () => {
    const answer = await client.ask("POST", "/v1/auth/login", { body, address });
    // Where it failed, the next time comes before the old token ends, or the profile tells of its 401.
    if (answer.data) who.token = answer.data.accessToken;
  };
  const timer = setInterval(() => void again(), FRESH_MS);
  return () => clearInterval(timer);
}

/** The texts of a ticket's comments. */
export async function comments({ client }, owner, ticketId) {
  const found = await client.all(`/v1/tickets/${ticketId}/comments`, { token: owner.token });
  return found.map(({ body }) => body);
}

/** Waits until `holds()`; gives how long that took in seconds, or Infinity where it did not come true in time. */
export async function within(seconds, holds, everyMs = 250) {
  const began = performance.now();
  const took = () => (performance.now() - began) / 1_000;
  while (!(await holds())) {
    if (took() > seconds) return Infinity;
    await wait(everyMs);
  }
  return took();
}
