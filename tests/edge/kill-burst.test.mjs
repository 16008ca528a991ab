// Nothing is sent twice: a campaign's burst through power cuts. `npm run kill:burst` makes it fifty.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inWords, judge, killBurst } from "../harness/kill_burst.mjs";

test("through six power cuts in a campaign's burst no mail leaves twice, and none is lost", { timeout: 600_000 }, async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32);
  t.diagnostic(`SEED=${seed}`);
  t.diagnostic(inWords(await killBurst({ kills: 6, people: 60, seed })));
});

test("a mail that is there twice, or lost, is seen", () => {
  const line = (id, to) => `<= sales0@desk.test H=x id=${id}\n.. => ${to.split("@")[0]} <${to}> R=mailbox T=maildir\n`;
  const ann = "p1@firm1.test";
  const mail = (step, id = `m${step}`) => ({ to: ann, step, id });
  const one = { to: ann, state: "finished", step: 2, sent: 2 };
  const blocked = { ...one, state: "blocked", reason: "unknown", sent: 1 };
  const scene = (mails, enrolment = one, unknown = []) => () => {
    const log = mails.map(({ id, to }) => `.. ${line(id, to)}`).join("");
    return judge({ log, mails, enrolments: [enrolment], unknown });
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
