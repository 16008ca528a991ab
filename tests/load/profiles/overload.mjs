// Three times as much as there is room for, in two ways.
//
// First the machine: without limits on how much may be asked, what it can do is measured, then three
// times that is offered. It must refuse what is too much, with 503 and Retry-After, lose nothing that
// it accepted, and answer as before within ten seconds after the flood.
//
// Then one workspace with the limits that everybody has: three times those must be refused with 429,
// and another workspace must not notice.

import { setTimeout as wait } from "node:timers/promises";
import { Figures } from "../figures.mjs";
import { USUAL } from "../limits.mjs";
import { CLOCK, pace } from "../pace.mjs";
import { agents, comments, onStage, tickets, workspace } from "../scene.mjs";
import { Tally } from "../tally.mjs";

export const about = "three times the measured capacity: refuses, loses nothing accepted, recovers within 10 s";
export const usual = { seconds: 20, rooms: 4 };

const TIMES = 3;
/** With less than this, the driver was what had too much to do. */
const TIMES_MIN = 2.5;
const RECOVERY_S = 10;
const PROBE_RATE = 20;
/** So many ask at once while the capacity is measured. */
const CLOSED_LOOP = 64;

/** Who posts: a ticket in each of some rooms. */
async function desks(stage, count) {
  const made = [];
  for (let n = 0; n < count; n++) {
    const owner = await workspace(stage, `Flood${stage.url.split(":").pop()}x${n}`);
    const [ticketId] = await tickets(stage, owner, 1);
    made.push({ owner, ticketId, accepted: [] });
  }
  return made;
}

const post = ({ client }, { owner, ticketId }, body, who = owner) =>
  client.ask("POST", `/v1/tickets/${ticketId}/comments`, { token: who.token, body: { body } });

/** How many posts a second are accepted where everybody waits for their answer. */
async function capacity(stage, rooms, seconds, name) {
  const start = performance.now();
  const end = start + seconds * 1_000;
  let count = 0;
  const took = new Figures();
  const one = async (_, at) => {
    while (performance.now() < end) {
      const room = rooms[at % rooms.length];
      const body = `${name} ${count++}`;
      const began = performance.now();
      const answer = await post(stage, room, body);
      if (answer.status !== 201) throw new Error(`while measuring: ${answer.status} ${answer.text}`);
      took.add(performance.now() - began);
      room.accepted.push(body);
    }
  };
  await Promise.all(Array.from({ length: CLOSED_LOOP }, one));
  return { rate: took.count / ((performance.now() - start) / 1_000), took };
}

/** Seconds from now until a whole second's probes were all accepted, each as fast as `limitMs`; Infinity where it lasts too long. */
async function recovery(stage, room, limitMs) {
  const began = performance.now();
  for (let second = 0; second < RECOVERY_S * 3; second++) {
    const asked = performance.now();
    let wrong = 0;
    const work = async (n, intended) => {
      const body = `Probe ${second}-${n}`;
      const answer = await post(stage, room, body);
      if (answer.status === 201) room.accepted.push(body);
      if (answer.status !== 201 || CLOCK.now() - intended > limitMs) wrong += 1;
    };
    await pace({ rate: PROBE_RATE, seconds: 1, work });
    if (wrong === 0) return (asked - began) / 1_000;
  }
  return Infinity;
}

async function flood(stage, rooms, rate, seconds) {
  const tally = new Tally();
  const watched = stage.watch();
  const work = async (n, intended) => {
    const room = rooms[n % rooms.length];
    const body = `Flood ${n}`;
    const answer = await post(stage, room, body);
    if (tally.note(answer, intended)) room.accepted.push(body);
  };
  const paced = await pace({ rate, seconds, work });
  return { tally, paced, machine: watched.stop(paced.late) };
}

async function machineFull(stage, { seconds, rooms: count, least }) {
  const rooms = await desks(stage, count);
  await capacity(stage, rooms, Math.max(1, seconds / 10), "Warm"); // whatever is only slow the first time
  const { rate, took } = await capacity(stage, rooms, Math.max(2, seconds / 4), "Measured");
  stage.say(`${rate.toFixed(0)} posts a second are what it can do (${CLOSED_LOOP} at once: ${took}); ${TIMES} times that is offered now`);
  const { tally, paced, machine } = await flood(stage, rooms, rate * TIMES, seconds);
  const limitMs = Math.max(250, took.percentile(99) * 2);
  // What still waits when the flood is over is part of it.
  const recovered = paced.tail + (await recovery(stage, rooms[0], limitMs));
  for (const { owner, ticketId, accepted } of rooms) tally.check(accepted, await comments(stage, owner, ticketId));
  const { stale } = stage.client;
  const reached = paced.count / paced.seconds;
  const lines = [
    ["capacity", `${rate.toFixed(1)} posts a second in ${count} rooms, ${CLOSED_LOOP} at once: ${took}`],
    ["reached", `${reached.toFixed(1)} a second were offered, ${(reached / rate).toFixed(2)} times that`],
    ...tally.lines(paced.seconds, paced.tail),
    ["stale", `${stale} kept connections had been closed as they were used: asked again under the same key`],
    ["recovered", `${recovered.toFixed(1)} s after the flood (its last answer came after ${paced.tail.toFixed(1)} s); each of a second's probes is accepted within ${limitMs.toFixed(0)} ms then`],
    ...machine,
  ];
  const problems = tally.problems();
  if (recovered > RECOVERY_S) problems.push(`it has not recovered within ${RECOVERY_S} s`);
  if (tally.refusedCount === 0) problems.push("nothing was refused");
  if (reached < least * rate) {
    const times = (reached / rate).toFixed(2);
    problems.push(`the driver was too slow: it offered ${times} times what the machine can do, not ${least} or more`);
  }
  return { lines, problems, tally };
}

async function limitsFull(stage, { seconds, limits }) {
  const [loud, quiet] = await desks(stage, 2);
  // One agent alone has less than the workspace: four of them may use it up.
  const people = await agents(stage, loud.owner, 4);
  const { workspace: all, agent: each } = limits;
  const rate = (TIMES * all.burst) / all.seconds;
  const [tally, other] = [new Tally(), new Tally()];
  const watched = stage.watch();
  const shout = async (n, intended) => {
    const body = `Flood ${n}`;
    const answer = await post(stage, loud, body, people[n % people.length]);
    if (tally.note(answer, intended)) loud.accepted.push(body);
  };
  const talk = async (n, intended) => {
    const body = `Quiet ${n}`;
    if (other.note(await post(stage, quiet, body), intended)) quiet.accepted.push(body);
  };
  // Whoever has used up a burst of ten seconds is refused: that long it must last, and a while.
  const lasts = Math.max(seconds, all.seconds);
  const [paced] = await Promise.all([pace({ rate, seconds: lasts, work: shout }), pace({ rate: 5, seconds: lasts, work: talk })]);
  const machine = watched.stop(paced.late);
  const began = performance.now();
  let told = 0;
  for (let n = 0; ; n++) {
    const answer = await post(stage, loud, `After ${n}`);
    if (answer.status === 201) break;
    told = Number(answer.retryAfter);
    if ((performance.now() - began) / 1_000 > RECOVERY_S) break;
    await wait(told * 1_000);
  }
  const recovered = (performance.now() - began) / 1_000;
  for (const [desk, counts] of [[loud, tally], [quiet, other]]) {
    // The limits hold for reading back, too: what is refused is asked again after a while.
    counts.check(desk.accepted, await comments(stage, desk.owner, desk.ticketId));
  }
  const lines = [
    ["limits", `${all.burst} in ${all.seconds} s for a workspace, ${each.burst} in ${each.seconds} s for an agent; ${rate} a second are offered by four agents`],
    ...tally.lines(paced.seconds, paced.tail),
    ["recovered", `${recovered.toFixed(1)} s after the flood`],
    ["another", `workspace meanwhile: ${other.accepted} of ${other.offered} accepted, ${other.latencies}`],
    ...machine,
  ];
  const problems = [...tally.problems(), ...other.problems()];
  if (!tally.refused.has(429)) problems.push("the limits refused nothing");
  if (other.refusedCount > 0) problems.push("another workspace was refused, too");
  if (recovered > RECOVERY_S) problems.push(`the workspace was not let in within ${RECOVERY_S} s`);
  return { lines, problems, tally };
}

/** `least`: how many times its capacity the machine must have been offered. */
export async function run({ say, limits = USUAL, least = TIMES_MIN, ...options }) {
  const first = await onStage({ say }, (stage) => machineFull(stage, { ...options, least }));
  const written = ({ burst, seconds }) => `${burst}/${seconds}`;
  const vars = { WORKSPACE_LIMIT: written(limits.workspace), AGENT_LIMIT: written(limits.agent) };
  const second = await onStage({ vars, say }, (stage) => limitsFull(stage, { ...options, limits }));
  return {
    lines: [["", "the machine"], ...first.lines, ["", "the limits of a workspace"], ...second.lines],
    problems: [...first.problems, ...second.problems],
    tallies: [first.tally, second.tally],
  };
}
