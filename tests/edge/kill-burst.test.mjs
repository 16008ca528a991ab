// Nothing acknowledged is lost, nothing is sent twice, nobody is kept waiting: power cuts and faults in
// a burst of everything. `npm run kill` makes it two hundred.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chosen, plan } from "../harness/kill/faults.mjs";
import { judge } from "../harness/kill/judge.mjs";
import { judgeMail } from "../harness/kill/mail.mjs";
import { inWords, killRun, wasFelt } from "../harness/kill/run.mjs";

test("through six power cuts and one of each fault nothing acknowledged is lost, and nothing happens twice", { timeout: 600_000 }, async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32);
  t.diagnostic(`SEED=${seed}`);
  const names = chosen();
  const sizes = { kills: 6, writes: 300, people: 60, rooms: 2 };
  const counts = await killRun({ ...sizes, seed, names, say: (text) => t.diagnostic(text) });
  t.diagnostic(inWords(counts));
  assert.ok(counts.writes >= 300 && counts.scheduled > 0, "people wrote");
  wasFelt(counts, names);
});

test("a run in which nothing was hurt, or nothing sent, is no proof", () => {
  const names = ["d1-fails", "queue-fails"];
  const felt = {
    kills: 200, people: 500, writes: 10_000, retries: 3, inFlight: 1,
    came: { "d1-fails": 1, "queue-fails": 2 }, mail: { mails: 502, finished: 251 },
  };
  wasFelt(felt, names);
  wasFelt({ ...felt, kills: 6, inFlight: 0 }, names);
  for (const [spoilt, why] of [
    [{ mail: { mails: 0, finished: 0 } }, /only 0 of 500/],
    [{ mail: { mails: 500, finished: 250 } }, /only 250 of 500/],
    [{ mail: { mails: 501, finished: 251 } }, /501 mails/],
    [{ inFlight: 0 }, /no kill met a mail/],
    [{ came: { "d1-fails": 1 } }, /never came/],
    [{ came: { "d1-fails": 1, "queue-fails": 0 } }, /never came/],
    [{ retries: 0 }, /felt/],
  ]) assert.throws(() => wasFelt({ ...felt, ...spoilt }, names), why);
});

test("the same seed plans the same faults, and each comes before any comes again", () => {
  const names = chosen();
  const faults = (kills, seed) => plan({ kills, names, seed });
  assert.deepEqual(faults(200, 7), faults(200, 7));
  assert.notDeepEqual(faults(200, 7), faults(200, 8));
  for (const kills of [1, 6, 10, 200]) {
    const first = faults(kills, 7).flatMap((round) => round.faults).slice(0, names.length);
    assert.deepEqual(first.sort(), [...names].sort());
  }
  const many = faults(200, 7).flatMap((round) => round.faults);
  for (const name of names) assert.ok(many.filter((one) => one === name).length >= 14, name);
  assert.ok(faults(200, 7).some((round) => round.faults.length === 0), "some kills come alone");
  assert.deepEqual(plan({ kills: 3, names: [], seed: 7 }).flatMap((round) => round.faults), []);
  assert.deepEqual(chosen("none"), []);
  assert.deepEqual(chosen("d1-fails, queue-fails"), ["d1-fails", "queue-fails"]);
  assert.throws(() => chosen("rain"), /no such fault: rain/);
});

/** A room in which a ticket was made, and two comments, the second by its alarm. */
const scene = () => {
  const comment = (seq, id, body) => ({ seq, type: "comment.created", data: { comment: { id, ticketId: "t", body } } });
  const ticket = JSON.stringify({ id: "t", comments: 2 });
  const events = [
    { seq: 1, type: "ticket.created", data: { ticket: { id: "t", subject: "Doors" } } },
    comment(2, "a", "one"),
    { seq: 3, type: "ticket.changed", data: {} },
    comment(4, "b", "two"),
  ];
  return {
    written: [
      { room: 0, kind: "ticket", id: "t", text: "Doors" },
      { room: 0, kind: "comment", ticketId: "t", id: "a", text: "one" },
      { room: 0, kind: "scheduled", ticketId: "t", id: "b", text: "two" },
    ],
    rooms: [{
      n: 0,
      head: 4,
      events,
      witnessed: events.slice(2),
      comments: { t: ["a", "b"] },
      tickets: [ticket],
      rows: [ticket],
    }],
    readers: [{ name: "reader", cursor: 4, head: 4, faults: [] }],
    hanging: [],
    differing: [],
  };
};

test("what is as it should be is counted", () => {
  assert.deepEqual(judge(scene()), { writes: 3, scheduled: 1, events: 4, readers: 1 });
});

for (const [what, spoil, why] of [
  ["a write that is lost", ({ written }) => written.push({ room: 0, kind: "comment", ticketId: "t", id: "c", text: "three" }), /acknowledged, and lost/],
  ["a write that became another", ({ written }) => (written[1].text = "other"), /acknowledged, and lost/],
  ["a write that is in another ticket", ({ written }) => (written[1].ticketId = "u"), /acknowledged, and lost/],
  ["a scheduled comment that never came", ({ rooms: [room] }) => (room.events[3] = room.witnessed[1] = { seq: 4, type: "ticket.changed", data: {} }), /acknowledged, and lost/],
  ["a scheduled comment that came twice", ({ rooms: [room] }) => {
    room.events.push({ ...room.events[3], seq: 5 });
    Object.assign(room, { head: 5, witnessed: [] });
  }, /made twice/],
  ["a retry that wrote once more", ({ rooms: [room] }) => {
    room.events.push({ seq: 5, type: "comment.created", data: { comment: { id: "c", ticketId: "t", body: "one" } } });
    Object.assign(room, { head: 5, witnessed: [] });
  }, /written twice/],
  ["a write that nobody was told of", ({ written }) => written.splice(1, 1), /nobody wrote that/],
  ["a number that is missing", ({ rooms: [room] }) => room.events.splice(1, 1), /gapless/],
  ["a number that is there twice", ({ rooms: [room] }) => room.events.splice(2, 0, room.events[2]), /gapless/],
  ["events out of order", ({ rooms: [room] }) => room.events.reverse(), /gapless/],
  ["an event after the head", ({ rooms: [room] }) => (room.head = 3), /gapless/],
  ["events that are others afterwards", ({ rooms: [room] }) => (room.witnessed = [{ ...room.events[3], type: "ticket.changed" }]), /told the same/],
  ["a list without a comment", ({ rooms: [room] }) => room.comments.t.pop(), /the list of t/],
  ["a list in another order", ({ rooms: [room] }) => room.comments.t.reverse(), /the list of t/],
  ["D1 behind its room", ({ rooms: [room] }) => (room.rows = [JSON.stringify({ id: "t", comments: 1 })]), /D1 and the room/],
  ["a reader who saw a gap", ({ readers: [one] }) => one.faults.push("after 1 came 3"), /reader/],
  ["a reader who stayed behind", ({ readers: [one] }) => (one.cursor = 3), /has seen everything/],
  ["a caller who was kept waiting", ({ hanging }) => hanging.push("GET /v1/inboxes: nothing for 20000 ms"), /kept waiting/],
  ["a key with two answers", ({ differing }) => differing.push("one: a, then c"), /two answers/],
]) {
  test(`the judge sees ${what}`, () => {
    const all = scene();
    spoil(all);
    assert.throws(() => judge(all), why);
  });
}

test("a mail that is there twice, or lost, is seen", () => {
  const line = (id, to) => `<= sales0@desk.test H=x id=${id}\n.. => ${to.split("@")[0]} <${to}> R=mailbox T=maildir\n`;
  const ann = "p1@firm1.test";
  const mail = (step, id = `m${step}`) => ({ to: ann, step, id });
  const one = { to: ann, state: "finished", step: 2, sent: 2 };
  const blocked = { ...one, state: "blocked", reason: "unknown", sent: 1 };
  const scene = (mails, enrolment = one, unknown = []) => () => {
    const log = mails.map(({ id, to }) => `.. ${line(id, to)}`).join("");
    return judgeMail({ log, mails, enrolments: [enrolment], unknown });
  };
  assert.deepEqual(scene([mail(1), mail(2)])(), { mails: 2, finished: 1, held: 0, later: 0 });
  assert.deepEqual(scene([mail(1)], blocked, [ann])(), { mails: 1, finished: 0, held: 1, later: 0 });
  assert.throws(scene([mail(1), mail(2), mail(2)]), /taken twice/);
  assert.throws(scene([mail(1), mail(2), mail(2, "m3")]), /twice in the mailbox/);
  assert.throws(scene([mail(1)]), /got 1/, "the second is lost");
  assert.throws(scene([mail(1)], blocked), /who is held/);
  assert.throws(scene([mail(1)], { ...blocked, state: "waiting", reason: undefined }), /got 1/);
  assert.throws(scene([mail(1), mail(2)], blocked, [ann]), /got 1,2/, "it left, and the campaign does not know");
});
