// What a load's report is made of: percentiles, pacing, counts, and what the command line means.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { compared, mailbox } from "../harness/import_big.mjs";
import { people, spellings } from "../harness/prospects.mjs";
import { Client } from "../load/client.mjs";
import { Figures } from "../load/figures.mjs";
import { pace } from "../load/pace.mjs";
import { options } from "../load/run.mjs";
import { morning } from "../load/profiles/wake.mjs";
import { Tally } from "../load/tally.mjs";

/** A clock that a test moves; waiting moves it, too. */
function clock() {
  const self = { at: 1_000, now: () => self.at, until: async (at) => void (self.at = Math.max(self.at, at)) };
  return self;
}

test("a percentile is the smallest value that so many do not exceed", () => {
  const figures = new Figures();
  for (let n = 100; n >= 1; n--) figures.add(n);
  assert.deepEqual([50, 95, 99, 99.5, 100].map((percent) => figures.percentile(percent)), [50, 95, 99, 100, 100]);
  figures.add(1_000);
  assert.deepEqual([figures.percentile(50), figures.max, figures.count], [51, 1_000, 101]);
  const one = new Figures();
  one.add(10);
  one.add(9);
  assert.deepEqual([one.percentile(0), one.percentile(50), one.percentile(51)], [9, 9, 10], "by number, not by text");
  assert.equal(String(new Figures()), "none");
});

test("work begins at its rate, however long each takes", async () => {
  const time = clock();
  const begun = [];
  const never = [];
  const work = (n, intended) => {
    begun.push([n, intended, time.now()]);
    return new Promise((done) => never.push(done));
  };
  const paced = pace({ rate: 100, seconds: 0.05, work, clock: time });
  while (begun.length < 5) await new Promise(setImmediate);
  for (const done of never) done();
  assert.equal((await paced).count, 5);
  assert.deepEqual(begun, [0, 10, 20, 30, 40].map((ms, n) => [n, 1_000 + ms, 1_000 + ms]));
});

test("what a busy driver begins late is measured from when it was meant to begin", async () => {
  const time = clock();
  const intended = [];
  const work = (n, at) => {
    intended.push(at);
    if (n === 0) time.at += 35; // the driver itself had no time
  };
  const { late, count } = await pace({ rate: 100, seconds: 0.05, work, clock: time });
  assert.deepEqual(intended, [1_000, 1_010, 1_020, 1_030, 1_040], "none is left out, none is moved");
  assert.deepEqual([count, late.max, late.percentile(0)], [5, 25, 0]);
});

test("pacing ends early where it is told to", async () => {
  let begun = 0;
  const { count } = await pace({ rate: 1_000, seconds: 10, work: () => void (begun += 1), clock: clock(), isOver: () => begun >= 3 });
  assert.deepEqual([begun, count], [3, 3]);
});

test("what was accepted and is not there is lost; what is there twice is told", () => {
  const tally = new Tally();
  const now = performance.now();
  assert.equal(tally.note({ status: 201 }, now), true);
  assert.equal(tally.note({ status: 503, retryAfter: "1" }, now), false);
  assert.equal(tally.note({ status: 429, retryAfter: "2" }, now), false);
  assert.deepEqual(tally.problems(), []);
  tally.check(["a", "b"], ["b", "b", "c"]);
  assert.deepEqual([tally.lost, tally.doubled, tally.checked, tally.refusedCount], [1, 1, 2, 2]);
  assert.deepEqual(tally.problems(), ["1 that were accepted are not there", "1 are there twice"]);
});

test("a failure, a silent refusal and a caller that hangs are problems", () => {
  const note = (answer) => {
    const tally = new Tally();
    tally.note({ status: 200 }, 0);
    tally.note(answer, 0);
    return tally.problems();
  };
  assert.deepEqual(note({ status: 500, text: "internal" }), ["1 answers with 500"]);
  assert.deepEqual(note({ status: 404, text: "not found" }), ["1 answers with 404"]);
  assert.deepEqual(note({ status: 503 }), ["1 refusals do not say when to come back"]);
  assert.deepEqual(note({ status: 0 }), ["1 callers were never answered"]);
  assert.deepEqual(new Tally().problems(), ["nothing was accepted"]);
});

test("a rate of accepted counts until the last answer, one of offered until the last beginning", () => {
  const tally = new Tally();
  for (let n = 0; n < 100; n++) tally.note({ status: 201 }, 0);
  tally.note({ status: 0, text: "ECONNRESET read ECONNRESET" }, 0);
  const lines = Object.fromEntries(tally.lines(10, 15));
  assert.equal(lines.offered, "101 (10.1 a second)");
  assert.equal(lines.accepted, "100 (4.0 a second)");
  assert.equal(lines.unanswered, "1 (ECONNRESET read ECONNRESET: 1)");
});

/** A server that ends each connection when it is asked something over it for the `nth` time. */
async function ending(t, nth) {
  const server = createServer((asked, answer) => {
    const { socket } = asked;
    socket.asked = (socket.asked ?? 0) + 1;
    if (socket.asked === nth) socket.resetAndDestroy();
    else answer.end("{}");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const client = new Client(`http://127.0.0.1:${server.address().port}`, { callers: 1 });
  t.after(() => (client.close(), server.close()));
  return client;
}

test("who is handed a kept connection that ends asks again, and who has a new one that ends does not", async (t) => {
  const kept = await ending(t, 2);
  const answers = await Promise.all([1, 2, 3].map(() => kept.ask("GET", "/")));
  assert.deepEqual([answers.map(({ status }) => status), kept.stale], [[200, 200, 200], 2]);
  const fresh = await ending(t, 1);
  const { status, text } = await fresh.ask("GET", "/");
  assert.deepEqual([status, fresh.stale], [0, 0], text);
  assert.match(text, /ECONNRESET/);
});

test("one who is lost and one who is there twice are both seen", () => {
  const list = people(40);
  const wanted = list.map(({ email }) => mailbox(email));
  const spelt = spellings(list, 80).map(([email]) => email.replace(/^.*[<:]|[>"\s]+$/g, ""));
  const { lost, strange } = compared(wanted, spelt.map(mailbox));
  assert.deepEqual([lost, strange], [[], []], "however they are written");
  assert.deepEqual(compared(["a", "b", "c"], ["a", "b", "c"]), { lost: [], doubled: [], strange: [] });
  assert.deepEqual(compared(["a", "b", "c"], ["a", "a", "c"]), { lost: ["b"], doubled: ["a"], strange: [] });
  assert.deepEqual(compared(["a", "b"], ["a", "in/b"]), { lost: ["b"], doubled: [], strange: ["in/b"] });
});

test("a scale changes how many there are, not how fast or how long", () => {
  assert.deepEqual(options("room", ["--scale", "0.1", "--seconds", "3"]), { rate: 5, seconds: 3, sockets: 100 });
  assert.deepEqual(options("idle", ["--scale", "0.0001"]), { seconds: 60, sockets: 1, rooms: 1 });
  assert.throws(() => options("ticket", ["--sockets", "3"]), /knows no --sockets/);
  for (const wrong of [["--rate"], ["--rate", "0"], ["rate", "3"], ["--rate", "many"]]) {
    assert.throws(() => options("ticket", wrong), /a number above 0/, wrong.join(" "));
  }
});

test("it is about nine in the morning in the zone that wakes, at every hour of the day", () => {
  for (let hour = 0; hour < 24; hour++) {
    const now = Date.UTC(2026, 10, 23, hour, 17, 31);
    const { opens, window } = morning(now);
    assert.ok(opens - now >= 60_000 && opens - now <= 120_000 && opens % 60_000 === 0, `${hour}`);
    const shown = new Intl.DateTimeFormat("en-GB", { timeZone: window.timeZone, hour: "2-digit", minute: "2-digit", weekday: "long" });
    const parts = Object.fromEntries(shown.formatToParts(opens).map(({ type, value }) => [type, value]));
    const [{ day, from }] = window.week;
    assert.deepEqual([`${parts.hour}:${parts.minute}`, parts.weekday.toLowerCase()], [from, day], `${hour}`);
    assert.match(from, /^(09|08):/, `${hour}`);
  }
});
