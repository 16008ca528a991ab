// The load profiles at a size at which they prove only that they work: nothing accepted is lost, and
// whoever is refused is told when to come back. How fast it all is, no test says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PROFILES } from "../load/run.mjs";

const play = async (name, options) => {
  const told = [];
  const done = await PROFILES[name].run({ ...PROFILES[name].usual, ...options, say: (text) => told.push(text) });
  for (const tally of done.tallies) {
    const report = [...tally.lines(1), ...done.problems].join("\n");
    assert.ok(tally.offered > 0 && tally.accepted > 0 && tally.checked >= (done.written ?? tally.accepted), report);
    assert.deepEqual([tally.lost, tally.doubled, tally.unanswered, tally.silent, tally.wrong.size], [0, 0, 0, 0, 0], report);
  }
  return done;
};

test("a ticket keeps whatever it accepted", { timeout: 60_000 }, async () => {
  const { tallies: [tally], problems } = await play("ticket", { rate: 100, seconds: 2 });
  assert.deepEqual([tally.offered, tally.checked, problems.length], [200, 200, 0], problems.join("; "));
});

test("a room tells every connection everything, in order", { timeout: 60_000 }, async () => {
  const { tallies: [tally], problems } = await play("room", { rate: 10, seconds: 2, sockets: 20 });
  assert.deepEqual([tally.offered, tally.accepted, problems.length], [20, 20, 0], problems.join("; "));
});

test("three times too much is refused and loses nothing", { timeout: 120_000 }, async () => {
  const few = { burst: 40, seconds: 2 };
  const { tallies: [machine, limits] } = await play("overload", { seconds: 2, rooms: 2, limits: { workspace: few, agent: few } });
  assert.ok(machine.offered > 0);
  assert.ok(limits.refused.get(429) > 0, "beyond the limits");
  assert.ok(limits.accepted >= few.burst, "what is within the limits passes");
});

test("tenants keep what they wrote, and what they changed last", { timeout: 60_000 }, async () => {
  const { tallies: [tally], written, problems } = await play("tenants", { rate: 100, seconds: 2, tenants: 2 });
  assert.deepEqual([tally.offered, tally.accepted, problems.length], [200, 200, 0], problems.join("; "));
  assert.ok(written > 0 && tally.checked > written, "posts, and changes");
});

test("everybody who is imported is there once", { timeout: 120_000 }, async () => {
  const { done, problems } = await play("import", { rows: 100, everyMs: 250 });
  assert.deepEqual(problems, []);
  const { distinct, found, lost, doubled, sends, polls } = done;
  assert.deepEqual([distinct, found, lost, doubled, sends.count], [70, 70, 0, 0, 4]);
  assert.ok(polls.count >= 4);
});

test("each inbox that wakes sends its mail, once", { timeout: 120_000 }, async () => {
  // In a window that has been open for a while: in one that opens, the last would begin minutes later.
  const { tallies: [tally], problems } = await play("wake", { inboxes: 10, seconds: 60, leadMs: -420_000 });
  assert.deepEqual([tally.accepted, tally.checked, problems.length], [10, 10, 0], problems.join("; "));
});

test("connections that are lost come back to all that was said", { timeout: 60_000 }, async () => {
  const { tallies: [tally], problems } = await play("reconnect", { rate: 10, seconds: 3, sockets: 20 });
  assert.deepEqual([tally.offered, tally.accepted, problems.length], [30, 30, 0], problems.join("; "));
});

test("what nobody asks sleeps, with its connections", { timeout: 120_000 }, async () => {
  // How much of a processor it takes is a question for a machine that does nothing else.
  const { problems } = await play("idle", { sockets: 10, rooms: 2, seconds: 2, settleS: 0 });
  assert.deepEqual(problems.filter((text) => !text.includes("% of a core")), []);
});

test("a room writes by itself what waited for D1", { timeout: 180_000 }, async () => {
  const { tallies: [tally], problems } = await play("backlog", { rate: 50, seconds: 3 });
  assert.deepEqual([tally.accepted, problems.length], [150, 0], problems.join("; "));
});
