// A campaign that sends as fast as it may, while the whole runtime is killed again and again, against
// a real SMTP server whose own log says what it got.
//
// Each mail is one of some prospects' steps, who are enrolled bit by bit, so that there is a burst
// around each kill. Half of the kills come at any moment, the others in the moment in which the
// server has just taken a mail and has yet to be believed.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { register } from "../api.mjs";
import { pool } from "../until.mjs";
import { ALWAYS } from "../window.mjs";
import { VARS } from "../worker.mjs";
import { Member } from "./ledger.mjs";

const INBOXES = 8;
/** An inbox sends ten mails a minute to a domain, so there are many. */
export const DOMAINS = Array.from({ length: 25 }, (_, n) => `firm${n}.test`);
const STEPS = [
  { subject: "Doors for {{company}}", text: "Dear {{firstName}},\n\na door? Step 1." },
  { text: "Dear {{firstName}},\n\nstill no door? Step 2.", delayDays: 0 },
];
/** A step that waits longer than this is not under way. */
const LATER_MS = 10 * 60_000;
/** How long to look for a moment in which the server takes a mail. */
const MOMENT_MS = 5_000;
/** How many are imported, and enrolled, with one request. */
const AT_ONCE = 500;

/** The Message-IDs of what the server took, by its log, as often as it took them. */
const takenOf = (log) => [...log.matchAll(/ <= sales\d+@desk\.test .* id=(\S+)$/gm)].map(([, id]) => id);
const taken = (smtp) => takenOf(smtp.log());

/** Waits until the server has just taken a mail; says whether it has. */
export async function mailMoment(smtp) {
  const now = smtp.log().length;
  const end = Date.now() + MOMENT_MS;
  while (smtp.log().length === now) {
    if (Date.now() > end) return false;
    await wait(1);
  }
  return true;
}

/** A campaign that will write to `people` prospects, once they are enrolled. */
export async function openCampaign(world, ledger, smtp, people) {
  const member = new Member(ledger, world, await register(world.url, "Burst", { operator: VARS.ADMIN_TOKEN }));
  let keys = 0;
  const ask = (method, path, body) => member.data(method, path, { body, key: method === "POST" ? `mail-${(keys += 1)}` : undefined });
  const limits = { dailyMax: 10_000, domainDailyMax: 10_000, inboxDailyMax: 10_000 };
  await ask("PATCH", "/v1/settings/outreach", limits);
  const way = { host: "127.0.0.1", port: smtp.ports.tls, security: "implicit_tls", username: smtp.user, password: smtp.password };
  const inboxes = [];
  for (let n = 0; n < INBOXES; n++) {
    const made = await ask("POST", "/v1/inboxes", { email: `sales${n}@desk.test`, displayName: "Acme", smtp: way, warmup: false });
    inboxes.push(made.id);
  }
  const rows = Array.from({ length: people }, (_, n) => {
    const domain = DOMAINS[n % DOMAINS.length];
    return { email: `p${n}@${domain}`, name: `Person ${n}`, company: `Firm ${n % DOMAINS.length}` };
  });
  const addresses = new Map();
  for (let at = 0; at < people; at += AT_ONCE) {
    const imported = await ask("POST", "/api/prospects", { prospects: rows.slice(at, at + AT_ONCE) });
    imported.results.forEach(({ data: { id } }, n) => addresses.set(id, rows[at + n].email));
  }
  assert.equal(addresses.size, people, "each row is somebody");
  const made = await ask("POST", "/v1/campaigns", {
    name: "Doors", inboxIds: inboxes, footer: "Acme Ltd, 1 Road, Town", window: ALWAYS, spacingS: 0, steps: STEPS,
  });
  const path = `/v1/campaigns/${made.id}`;
  await ask("POST", `${path}/start`);

  const waiting = [...addresses.keys()];
  const sends = async (state) => (await pool(inboxes, 4, (id) => member.all(`/v1/inboxes/${id}/sends?state=${state}`))).flat();
  let byPerson = 0;
  /** What nobody knows of, a person looks up in the server's log: what is there, has left. */
  const settle = async () => {
    const log = smtp.log();
    const left = (await sends("unknown")).filter(({ messageId }) => log.includes(` id=${messageId}\n`));
    await pool(left, 4, async ({ id, inboxId }) => {
      await member.data("POST", `/v1/inboxes/${inboxId}/sends/${id}/resolve`, { body: { outcome: "sent" }, key: `left-${id}` });
      byPerson += 1;
    });
  };
  const enrolments = async () => {
    const found = await member.all(`${path}/enrolments`);
    return found.map((one) => ({ ...one, to: addresses.get(one.prospectId) }));
  };
  return {
    member,
    settle,
    byPerson: () => byPerson,
    taken: () => taken(smtp).length,
    /** Enrols as many more. */
    async enrol(count) {
      while (count > 0 && waiting.length > 0) {
        const prospectIds = waiting.splice(0, Math.min(count, AT_ONCE));
        await ask("POST", `${path}/enrolments`, { prospectIds });
        count -= prospectIds.length;
      }
    },
    /** As a cron may: at once, and twice; what comes of it does not matter here. */
    turns: () => Promise.all([1, 2].map(() => member.once("POST", "/api/admin/trigger-send"))),
    /** Whether nothing is under way, nor will be for long; and the server has delivered what it took. */
    async isQuiet() {
      await settle();
      await wait(1_000);
      const soon = Date.now() + LATER_MS;
      const isOver = ({ state, dueAt }) => state !== "sending" && (state !== "waiting" || dueAt > soon);
      if (!(await enrolments()).every(isOver)) return false;
      const log = smtp.log();
      if ((await sends("unknown")).some(({ messageId }) => log.includes(` id=${messageId}\n`))) return false;
      return readdirSync(smtp.maildir).length >= taken(smtp).length;
    },
    /** What the judge wants to know. */
    async evidence() {
      const unknown = (await sends("unknown")).map(({ to: [to] }) => to);
      return { log: smtp.log(), mails: delivered(smtp), enrolments: await enrolments(), unknown };
    },
  };
}

/** The mails that lie at the server: to whom, and which step. */
const delivered = (smtp) =>
  smtp.mailbox().map((raw) => {
    const text = raw.toString("latin1");
    const [, to] = /^Envelope-to: (\S+)$/m.exec(text);
    const [, step] = /Step (\d)\./.exec(text);
    const [, id] = /^Message-ID: <(\S+)>\r?$/im.exec(text);
    return { to, step: Number(step), id };
  });

const twice = (list) => [...new Set(list.filter((one, at) => list.indexOf(one) !== at))];

/**
 * No mail twice, and none lost: each prospect has its steps, or a person is told why not.
 *
 * log         what the server wrote
 * mails       what lies there: { to, step, id }
 * enrolments  how the campaign says that the prospects stand, each with `to`
 * unknown     to whom mails are of which the inboxes do not know whether they left
 */
export function judgeMail({ log, mails, enrolments, unknown }) {
  const ids = takenOf(log);
  assert.deepEqual(twice(ids), [], "taken twice, by the server's log");
  const given = [...log.matchAll(/ => p\d+ <(\S+)> R=mailbox /g)].map(([, to]) => to);
  assert.equal(given.length, ids.length, "each that was taken is given out once, by the server's log");
  assert.deepEqual(twice(mails.map(({ to, step }) => `step ${step} to ${to}`)), [], "twice in the mailbox");
  assert.deepEqual(mails.map(({ id }) => id).sort(), [...ids].sort(), "what was taken lies there");

  const steps = new Map();
  for (const { to, step } of mails) steps.set(to, [...(steps.get(to) ?? []), step]);
  const counts = { mails: mails.length, finished: 0, held: 0, later: 0 };
  const held = [];
  for (const one of enrolments) {
    const got = (steps.get(one.to) ?? []).sort();
    const about = `${JSON.stringify(one)} got ${got}`;
    const before = one.state === "finished" ? STEPS.length : one.step - 1;
    assert.deepEqual(got, Array.from({ length: before }, (_, n) => n + 1), about);
    assert.equal(one.sent, got.length, about);
    if (one.state === "finished") counts.finished += 1;
    else if (one.state === "waiting") {
      assert.match(one.reason ?? "", /^(failed: |stepTaken|noAnswer)/, about);
      counts.later += 1;
    } else {
      assert.deepEqual([one.state, one.reason], ["blocked", "unknown"], about);
      held.push(one.to);
    }
  }
  assert.deepEqual([...unknown].sort(), held.sort(), "who is held has a mail that a person is asked about");
  return { ...counts, held: held.length };
}
