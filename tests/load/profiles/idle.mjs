// What costs memory and time while nobody does anything: one room with ten thousand connections, and a
// thousand workspaces whose rooms are quiet.
//
// After a while in which what was begun comes to its end, a minute is watched: no request, no alarm, no
// message, no timer and no call to the outside may reach or leave an object, and workerd's processor
// time must be next to nothing. A client's `ping` is answered without waking the room.

import { setTimeout as wait } from "node:timers/promises";
import { pool } from "../../harness/until.mjs";
import { Figures } from "../figures.mjs";
import { CONNECTIONS_PER_AGENT } from "../limits.mjs";
import { cpu, filesMax, mb, rss } from "../machine.mjs";
import { agents, LOAD_ENTRY, onStage, within, workspace, workspaces } from "../scene.mjs";
import { CLOCK } from "../pace.mjs";
import { open } from "./room.mjs";

export const about = "one room with 10,000 idle sockets, 1,000 quiet rooms: memory, and what keeps them awake";
export const usual = { seconds: 60, sockets: 10_000, rooms: 1_000 };
/** Of the driver, and of workerd, which inherits it: connections, and databases of three files each. */
export const files = ({ sockets, rooms }) => sockets + 6 * rooms + 500;

/** An object that nobody asks is put to sleep after ten seconds, its database closed after ten more. */
const SLEEP_S = 12;
const SETTLE_S = 30;
/** The share of a core that the runtime itself may take, for looking at the clock. */
const CPU_MAX = 0.01;
const PINGS = 100;

/** `settleS`: how long memory is given before it is looked at; the last time, no less than objects take to sleep. */
export async function run({ seconds, sockets, rooms, say, settleS = SETTLE_S }) {
  return onStage({ bytes: 1e6 * rooms + 1e8, entry: LOAD_ENTRY, say }, async (stage) => {
    const { url, worker } = stage;
    const counts = async () => (await fetch(`${url}/test/counts`)).json();
    const settle = async (lasts = settleS) => {
      await within(120, async () => (await counts()).pending === 0);
      await wait(lasts * 1_000);
      return rss(worker.pid);
    };
    // Whatever is there only once, and the memory that hashing passwords takes.
    await workspaces(stage, 8);
    const empty = await settle();
    say(`${mb(empty)} with eight workspaces and nobody connected; ${filesMax()} files may be open`);

    await pool(Array.from({ length: rooms }), 4, (_, n) => workspace(stage, `Quiet${n}`));
    const roomsAwake = rss(worker.pid);
    const withRooms = await settle();
    say(`${mb(withRooms)} with ${rooms} quiet rooms (${mb(roomsAwake)} just after they were made)`);

    // Not before: their tokens are good for a quarter of an hour.
    const owner = await workspace(stage, "Idle");
    const people = await agents(stage, owner, Math.ceil(sockets / CONNECTIONS_PER_AGENT));
    const unconnected = await settle();
    const listeners = await open(stage, people, sockets);
    const socketsAwake = rss(worker.pid);
    const withSockets = await settle(Math.max(settleS, SLEEP_S));
    say(`${mb(withSockets)} with ${sockets} sockets (${mb(socketsAwake)} just after they were opened)`);

    await fetch(`${url}/test/counts`, { method: "POST" });
    const used = cpu(worker.pid);
    const began = performance.now();
    await wait(seconds * 1_000);
    const share = (cpu(worker.pid) - used) / ((performance.now() - began) / 1_000);
    const quiet = await counts();

    const pinging = listeners.slice(0, PINGS);
    const pings = await pinged(pinging);
    const pongs = pings.count;
    const after = await counts();
    // That it slept is seen by its waking, once, as soon as somebody asks.
    const asked = performance.now();
    await stage.client.data("GET", `/v1/workspaces/${owner.workspaceId}`, { token: owner.token });
    const wokeMs = performance.now() - asked;
    const woken = (await counts()).wake - after.wake;
    const ended = listeners.filter(({ over }) => over);
    for (const one of listeners) one.close();

    const busy = Object.entries(quiet).filter(([, count]) => count > 0);
    const opening = new Figures();
    for (const { tookMs } of listeners) opening.add(tookMs);
    const each = (bytes, count) => `${(bytes / count / 1_024).toFixed(1)} KiB each`;
    const lines = [
      ["offered", `${sockets} connections, ${pinging.length} pings, a request`],
      ["accepted", `${listeners.length} connections, ${pongs} pings, a request; nothing was refused`],
      ["lost", `${ended.length} connections of ${listeners.length}`],
      ["latency", `until a connection is there: ${opening}`],
      ["", `of a ping: ${pings}`],
      ["nobody", `${mb(empty)} with eight workspaces and no connection`],
      ["rooms", `${mb(withRooms - empty)} more with ${rooms} quiet rooms: ${each(withRooms - empty, rooms)}; ${mb(roomsAwake)} just after they were made`],
      ["sockets", `${mb(withSockets - unconnected)} more with ${sockets} idle sockets of ${people.length} agents in one room: ${each(withSockets - unconnected, sockets)}; ${mb(socketsAwake)} just after`],
      ["in all", mb(rss(worker.pid))],
      ["watched", `${seconds} s: ${busy.length === 0 ? "no request, call, message, alarm, timer, wake, statement of D1 or request to the outside" : JSON.stringify(Object.fromEntries(busy))}`],
      ["workerd", `${(share * 100).toFixed(2)} % of a core meanwhile`],
      ["pings", `${pongs} of ${pinging.length} answered; they woke the room ${after.wake + after.message - quiet.wake - quiet.message} times`],
      ["asked", `the room woke ${woken} times, and answered after ${wokeMs.toFixed(0)} ms`],
    ];
    const problems = [];
    if (busy.length > 0) problems.push(`something was awake: ${JSON.stringify(Object.fromEntries(busy))}`);
    if (share > CPU_MAX) problems.push(`workerd took ${(share * 100).toFixed(2)} % of a core`);
    if (pongs < pinging.length) problems.push("not every ping was answered");
    if (after.message > 0 || after.wake > 0) problems.push("pings woke the room");
    if (woken !== 1) problems.push("the room had not slept");
    if (ended.length > 0) problems.push(`${ended.length} connections ended: ${JSON.stringify(ended[0].over)}`);
    return { lines, problems, tallies: [] };
  });
}

/** After how long the connections answer a ping; who does not is left out. */
async function pinged(listeners) {
  const took = new Figures();
  await Promise.all(listeners.map(({ ws }) => new Promise((done) => {
    const timer = setTimeout(done, 10_000);
    const asked = CLOCK.now();
    ws.removeAllListeners("message");
    ws.on("message", (bytes) => {
      if (String(bytes) !== "pong") return;
      took.add(CLOCK.now() - asked);
      clearTimeout(timer);
      done();
    });
    ws.send("ping");
  })));
  return took;
}
