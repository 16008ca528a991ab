// A campaign that sends as fast as it may, while the whole runtime is killed again and again, against
// a real SMTP server whose own log says what it got.
//
// Each mail is one of some hundred prospects' steps. Half of the kills come at any moment, the others
// in the moment in which the server has just taken a mail and has yet to be believed.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { all, call, data, register } from "./api.mjs";
import { startSmtpServer } from "./smtp_server.mjs";
import { pool, seeded, until } from "./until.mjs";
import { ALWAYS } from "./window.mjs";
import { productWorker, VARS } from "./worker.mjs";

const INBOXES = 8;
/** An inbox sends ten mails a minute to a domain, so there are many. */
const DOMAINS = Array.from({ length: 25 }, (_, n) => `firm${n}.test`);
const STEPS = [
  { subject: "Doors for {{company}}", text: "Dear {{firstName}},\n\na door? Step 1." },
  { text: "Dear {{firstName}},\n\nstill no door? Step 2.", delayDays: 0 },
];
/** A step that waits longer than this is not under way. */
const LATER_MS = 10 * 60_000;

/**
 * Writes to `people` prospects, up to 500, while the Worker is killed `kills` times; throws what did
 * not hold, and gives the counts. `limitMs` is for the mails that are left after the last kill.
 */
export async function killBurst({ kills, people, seed, say = () => {}, limitMs = 300_000 }) {
  const random = seeded(seed);
  const smtp = await startSmtpServer({ otherDomains: DOMAINS, others: ["^p[0-9]"] });
  const persistTo = mkdtempSync(join(tmpdir(), "postroom-burst-"));
  const options = { persistTo, env: { NODE_EXTRA_CA_CERTS: smtp.caFile }, vars: { PUBLIC_URL: "https://mail.acme.example" } };
  let worker;
  try {
    worker = await productWorker(undefined, options);
    const { port, url } = worker;
    const scene = await campaign(url, smtp, people);
    say(`${people} prospects, ${STEPS.length} steps, ${INBOXES} inboxes`);
    for (let kill = 1; kill <= kills; kill++) {
      await nextMoment(smtp, random, kill);
      await worker.kill9();
      worker = await productWorker(undefined, { ...options, port });
      // As a cron may: at once, and twice.
      await Promise.all([scene.ask("POST", "/api/admin/trigger-send"), scene.ask("POST", "/api/admin/trigger-send")]);
      await scene.settle();
      if (kill % 10 !== 0) continue;
      await scene.logIn();
      say(`${kill} kills, ${taken(smtp).length} mails`);
    }
    await scene.logIn();
    await until(scene.isQuiet, "the end of all mail", limitMs);
    const enrolments = await scene.enrolments();
    assert.equal(enrolments.length, people);
    const unknown = (await scene.sends("unknown")).map(({ to: [to] }) => to);
    const verdict = judge({ log: smtp.log(), mails: delivered(smtp), enrolments, unknown });
    return { kills, people, ...verdict, byPerson: scene.byPerson() };
  } finally {
    await worker?.stop();
    await smtp.stop();
    rmSync(persistTo, { recursive: true, force: true });
  }
}

/** Waits for the burst, and then for a moment in it. */
async function nextMoment(smtp, random, kill) {
  const before = taken(smtp).length;
  await until(() => taken(smtp).length >= before + 3, `mails after kill ${kill - 1}`, 120_000);
  if (kill % 2 === 0) return wait(random() * 1_000);
  const now = smtp.log().length;
  const end = Date.now() + 5_000;
  while (smtp.log().length === now && Date.now() < end) await wait(1);
}

/** The Message-IDs of what the server took, by its log, as often as it took them. */
const takenOf = (log) => [...log.matchAll(/ <= sales\d+@desk\.test .* id=(\S+)$/gm)].map(([, id]) => id);
const taken = (smtp) => takenOf(smtp.log());

/** A campaign that sends to everybody. */
async function campaign(url, smtp, people) {
  const owner = await register(url, "Burst", { operator: VARS.ADMIN_TOKEN });
  let { token } = owner;
  const ask = (method, path, body) => data(url, method, path, { token, body });
  /** A token is good for a quarter of an hour. */
  const logIn = async () => {
    const { workspaceId, email, password } = owner;
    ({ accessToken: token } = await data(url, "POST", "/v1/auth/login", { body: { workspaceId, email, password } }));
  };
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
  const imported = await ask("POST", "/api/prospects", { prospects: rows });
  assert.equal(imported.created, people, "each row is somebody");
  const addresses = new Map(imported.results.map(({ data: { id } }, n) => [id, rows[n].email]));
  const made = await ask("POST", "/v1/campaigns", {
    name: "Doors", inboxIds: inboxes, footer: "Acme Ltd, 1 Road, Town", window: ALWAYS, spacingS: 0, steps: STEPS,
  });
  const path = `/v1/campaigns/${made.id}`;
  await ask("POST", `${path}/enrolments`, { prospectIds: [...addresses.keys()] });
  await ask("POST", `${path}/start`);

  const sends = async (state) => {
    const lists = await pool(inboxes, 4, (id) => all(url, `/v1/inboxes/${id}/sends?state=${state}`, { token }));
    return lists.flat();
  };
  let byPerson = 0;
  /** What nobody knows of, a person looks up in the server's log: what is there, has left. */
  const settle = async () => {
    const log = smtp.log();
    const left = (await sends("unknown")).filter(({ messageId }) => log.includes(` id=${messageId}\n`));
    await pool(left, 4, async ({ id, inboxId }) => {
      const answer = await call(url, "POST", `/v1/inboxes/${inboxId}/sends/${id}/resolve`, { token, body: { outcome: "sent" } });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      byPerson += 1;
    });
  };
  const enrolments = async () => {
    const found = await all(url, `${path}/enrolments`, { token });
    return found.map((one) => ({ ...one, to: addresses.get(one.prospectId) }));
  };
  /** Whether nothing is under way, nor will be for long; and the server has delivered what it took. */
  const isQuiet = async () => {
    await settle();
    await wait(1_000);
    const soon = Date.now() + LATER_MS;
    const found = await enrolments();
    const isOver = ({ state, dueAt }) => state !== "sending" && (state !== "waiting" || dueAt > soon);
    if (!found.every(isOver)) return false;
    const log = smtp.log();
    const unknown = await sends("unknown");
    if (unknown.some(({ messageId }) => log.includes(` id=${messageId}\n`))) return false;
    return readdirSync(smtp.maildir).length >= taken(smtp).length;
  };
  return { ask, logIn, sends, settle, enrolments, isQuiet, byPerson: () => byPerson };
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
export function judge({ log, mails, enrolments, unknown }) {
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

/** The counts in words. */
export const inWords = ({ kills, people, mails, finished, held, later, byPerson }) =>
  `${kills} kills, ${people} prospects, ${mails} mails by the server's log, none twice; ${finished} prospects got every step, ` +
  `${held} are held for a person, ${later} are tried again later; ${byPerson} mails of which nobody knew were found in the log`;
