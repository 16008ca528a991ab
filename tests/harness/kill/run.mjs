// A run: people write, a campaign sends, files come in; the whole runtime is killed again and again,
// and between the kills D1, queues and the actors' own code fail. Then everything must be there.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ROOT } from "../../../gateway/dev/tools.mjs";
import { startSmtpServer } from "../smtp_server.mjs";
import { seeded, until } from "../until.mjs";
import { productWorker } from "../worker.mjs";
import { FAULTS, plan } from "./faults.mjs";
import { openFiles } from "./files.mjs";
import { judge } from "./judge.mjs";
import { ask, DEADLINE_MS, Ledger } from "./ledger.mjs";
import { DOMAINS, judgeMail, mailMoment, openCampaign } from "./mail.mjs";
import { openRooms } from "./rooms.mjs";

const ENTRY = join(ROOT, "tests", "harness", "kill", "entry.js");
/** So long the writers may take for their share between two kills. */
const ROUND_MS = 180_000;
/** How long a fault is waited for, until it has come. */
const COMES_MS = 15_000;
/** How long an answer that is on its way may take. */
const SETTLES_MS = 1_000;
const OF_QUEUES = ["queue-fails", "consumer-fails"];
/** What people look up in the mail server's log, they look up after so many kills. */
const SETTLE_EVERY = 5;

/**
 * Kills everything `kills` times while `writes` writes are acknowledged and `people` prospects are
 * written to; throws what did not hold, and gives the counts. `names` are faults between the kills;
 * `limitMs` is for each thing that may still go on after the last kill.
 */
export async function killRun({ kills, writes, people, seed, names, rooms = 4, say = () => {}, limitMs = 300_000 }) {
  const smtp = await startSmtpServer({ otherDomains: DOMAINS, others: ["^p[0-9]"] });
  const persistTo = mkdtempSync(join(tmpdir(), "postroom-kill-"));
  const world = new World({ persistTo, main: ENTRY, env: { NODE_EXTRA_CA_CERTS: smtp.caFile }, vars: { PUBLIC_URL: "https://mail.acme.example" } });
  let writers;
  try {
    await world.start();
    const ledger = (world.ledger = new Ledger());
    const campaign = await openCampaign(world, ledger, smtp, people);
    const files = openFiles(campaign.member);
    writers = await openRooms(world, ledger, rooms, seeded(seed + 1));
    say(`${people} prospects, ${rooms} workspaces; faults: ${names.join(", ") || "none but kills"}`);
    let inFlight = 0;
    for (const [at, round] of plan({ kills, names, seed }).entries()) {
      const kill = at + 1;
      for (const name of round.faults) await world.arm(name, round.skip);
      if (round.faults.some((name) => OF_QUEUES.includes(name))) await files.send(ROUND_MS);
      // One half meets the faults, the other the kill.
      const upTo = (share) => Math.ceil((people * share) / kills);
      await campaign.enrol(upTo(at + 0.5) - upTo(at));
      // At full speed in each round; the rest while other things are waited for.
      const share = Math.ceil(writes / kills);
      await writers.reach(Math.ceil(share / 2), share * kill, ROUND_MS);
      await world.haveCome(round.faults);
      if (round.faults.includes("d1-hangs")) await heardInSilence(ledger);
      await campaign.enrol(upTo(kill) - upTo(at + 0.5));
      if (round.moment === "any") await wait(round.waitMs);
      else if (await mailMoment(smtp)) inFlight += 1;
      await world.kill();
      await campaign.turns();
      if (kill % SETTLE_EVERY === 0) await campaign.settle();
      if (kill % 10 === 0) say(`${kill} kills, ${ledger.written.length} writes, ${campaign.taken()} mails`);
    }
    await campaign.turns();
    const found = await writers.end(limitMs);
    await until(campaign.isQuiet, "the end of all mail", limitMs);
    const mail = judgeMail(await campaign.evidence());
    await files.check(limitMs);
    const { written, hanging, differing, asked, retries, longestMs } = ledger;
    const verdict = judge({ written, ...found, hanging, differing });
    const counts = { asked, retries, longestMs: Math.round(longestMs), inFlight, files: files.count(), came: world.came };
    return { kills, people, ...verdict, ...counts, mail: { ...mail, byPerson: campaign.byPerson() } };
  } finally {
    await writers?.leave();
    await world.stop();
    await smtp.stop();
    rmSync(persistTo, { recursive: true, force: true });
  }
}

/** From so many kills on, some must have met a mail that was being taken. */
const LONG = 20;

/**
 * A run that hurt nothing shows nothing: throws where too little was sent, where no kill met a mail
 * that was just being taken (in a long run), or where a fault did not come.
 *
 * names   the faults that were wanted
 */
export function wasFelt({ kills, people, writes, retries, inFlight, came, mail }, names) {
  assert.ok(writes > 0 && retries > 0, "the kills were felt");
  assert.ok(mail.finished > people / 2, `only ${mail.finished} of ${people} people got every step`);
  assert.ok(mail.mails >= 2 * mail.finished, `${mail.mails} mails for ${mail.finished} people with two steps each`);
  assert.ok(kills < LONG || inFlight > 0, "no kill met a mail that was just being taken");
  assert.deepEqual(names.filter((name) => !(came[name] > 0)), [], "faults that never came");
}

/** Waits for a caller who is told that D1 does not answer, which it does not do for longer. */
async function heardInSilence(ledger) {
  await wait(SETTLES_MS); // whose answer was there before has it now
  const before = ledger.looks;
  await until(() => ledger.looks > before, "an answer for who asks while D1 is silent", DEADLINE_MS);
}

/** The runtime, which dies and comes back on the same port with the same storage. */
class World {
  constructor(options) {
    this.options = options;
    this.came = {};
    this.last = {};
  }

  get url() {
    return this.worker.url;
  }

  async start() {
    this.worker = await productWorker(undefined, { ...this.options, port: this.worker?.port });
  }

  async kill() {
    await this.count();
    this.last = {};
    await this.worker.kill9();
    await this.start();
  }

  stop() {
    return this.worker?.stop();
  }

  /** Switches a fault on. */
  async arm(name, skip) {
    const { ms, times, skips = 0 } = FAULTS[name];
    const query = new URLSearchParams({ name, ms: String(ms), skip: String(Math.floor(skip * skips)) });
    if (times) query.set("times", String(times));
    await this.door("POST", `/test/faults?${query}`);
  }

  /** Asks the door for faults until it answers: a panic next door may cost it the answer. */
  async door(method, path) {
    for (;;) {
      const answer = await ask(this.ledger, this.url, method, path);
      if (answer?.status === 200) return answer;
      await wait(50);
    }
  }

  /** How often each fault has come since the last kill. */
  async count() {
    let now = this.last;
    try {
      now = await (await fetch(`${this.url}/test/faults`, { signal: AbortSignal.timeout(DEADLINE_MS) })).json();
    } catch {
      // A panic next door has cost it the answer: the next one counts it.
    }
    for (const [name, times] of Object.entries(now)) {
      this.came[name] = (this.came[name] ?? 0) + times - (this.last[name] ?? 0);
    }
    this.last = now;
    return now;
  }

  /** Waits until the faults that are on have come, or their time is over. */
  async haveCome(names) {
    const end = Date.now() + COMES_MS;
    while (Date.now() < end) {
      const now = await this.count();
      if (names.every((name) => now[name] > 0)) return;
      await wait(50);
    }
  }
}

/** The counts in words. */
export function inWords({ kills, people, writes, scheduled, events, readers, asked, retries, longestMs, inFlight, files, came, mail }) {
  const faults = Object.entries(came).sort().map(([name, times]) => `${name} ${times}`);
  return [
    `${kills} kills, ${inFlight} of them while the mail server was just taking a mail; 0 of ${writes} acknowledged writes lost or there twice (${scheduled} of them by alarms), ${events} events without a gap`,
    `${readers} readers saw each event once and in order; D1 agrees with the rooms; ${files} rows of files are one person each`,
    `${asked} calls, ${retries} sent again, 0 kept waiting (the longest took ${longestMs} ms)`,
    `${mail.mails} mails to ${people} prospects by the server's log, 0 twice; ${mail.finished} prospects got every step, ${mail.held} are held for a person, ${mail.later} are tried again later; ${mail.byPerson} mails of which nobody knew were found in the log`,
    `faults that came: ${faults.join(", ") || "none"}`,
  ].join("\n");
}
