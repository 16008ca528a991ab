// A D1 that is away while fifty thousand tickets are made, and comes back: the room takes them all the
// same, and D1 has each of them afterwards.

import { pool } from "../../harness/until.mjs";
import { pace } from "../pace.mjs";
import { LOAD_ENTRY, onStage, within, workspace } from "../scene.mjs";
import { Tally } from "../tally.mjs";

export const about = "D1 fails until 50,000 summaries wait for it, then all of them arrive";
export const usual = { rate: 300, seconds: 167 };

/** A summary's next try is four minutes away at most; the rest is the writing itself. */
const DRAIN_S = 30 * 60;
/** How long the room's alarm may be overdue: who is not woken for longer waits for the watchdog. */
const OVERDUE_S = 20;

export const run = ({ rate, seconds, say }) =>
  onStage({ bytes: 4e9, entry: LOAD_ENTRY, beats: true, say }, async (stage) => {
    const { client, url } = stage;
    const owner = await workspace(stage, "Backlog");
    stage.keep(owner);
    const d1 = (down) => fetch(`${url}/test/d1?down=${down}`, { method: "POST" });
    await d1(1);
    const tally = new Tally();
    const accepted = [];
    const watched = stage.watch();
    const work = async (n, intended) => {
      const answer = await client.ask("POST", "/v1/tickets", { token: owner.token, body: { subject: `Waiting ${n}` } });
      if (tally.note(answer, intended)) accepted.push(answer.data.id);
    };
    const paced = await pace({ rate, seconds, work });
    const missed = (await (await fetch(`${url}/test/counts`)).json()).d1Failed;
    say(`${accepted.length} tickets while D1 failed ${missed} times; it is back now`);
    await d1(0);
    // The room itself must be quick also while it writes.
    const answers = new Tally();
    const ask = async () => {
      const began = performance.now();
      answers.note(await client.ask("GET", `/v1/tickets/${accepted[0]}`, { token: owner.token }), began);
    };
    let [found, overdue] = [[], 0];
    const drained = await within(DRAIN_S, async () => {
      await ask();
      found = await (await fetch(`${url}/test/d1?workspace=${owner.workspaceId}`)).json();
      const alarm = await (await fetch(`${url}/test/alarm?workspace=${owner.workspaceId}`)).json();
      const wait = alarm === null ? Infinity : (alarm - Date.now()) / 1_000;
      overdue = Math.max(overdue, -wait);
      const next = alarm === null ? "none is set" : `in ${wait.toFixed(1)} s`;
      say(`${found.length} of ${accepted.length} are in D1; the room's alarm: ${next}`);
      // Who sleeps is not waited for until the watchdog comes.
      return found.length >= accepted.length || overdue > OVERDUE_S;
    }, 5_000);
    const machine = watched.stop(paced.late);
    tally.check(accepted, found.map(({ id }) => id));
    const some = accepted.filter((_, n) => n % Math.ceil(accepted.length / 200) === 0);
    const own = await pool(some, 8, async (id) => client.data("GET", `/v1/tickets/${id}`, { token: owner.token }));
    tally.check(some, own.map(({ id }) => id));
    const versions = new Map(found.map(({ id, version }) => [id, version]));
    const stale = own.filter(({ id, version }) => versions.get(id) !== version).length;
    const lines = [
      ...tally.lines(paced.seconds, paced.tail),
      ["drained", `${found.length} summaries ${drained.toFixed(1)} s after D1 was back (${(found.length / drained).toFixed(0)} a second)`],
      ["meanwhile", `a ticket was read in ${answers.latencies}`],
      ...machine,
    ];
    const problems = [...tally.problems(), ...answers.problems()];
    if (stale > 0) problems.push(`${stale} of ${own.length} summaries are of an older version`);
    if (missed === 0) problems.push("D1 did not fail: nothing was shown");
    if (overdue > OVERDUE_S) problems.push(`the room's alarm was overdue by ${overdue.toFixed(0)} s`);
    if (drained === Infinity) problems.push("the backlog did not drain");
    return { lines, problems, tallies: [tally] };
  });
