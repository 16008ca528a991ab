// Many people, some of them several times and spelt in several ways, imported in parallel: by other
// addresses, and by the profile at LinkedIn alone.

import { setTimeout as wait } from "node:timers/promises";
import { Figures } from "../load/figures.mjs";
import { call, data, register } from "./api.mjs";
import { people, spellings } from "./prospects.mjs";
import { VARS } from "./worker.mjs";

/** What the two objects of a person take, at most. */
export const PERSON_BYTES = 150_000;
/** An answer that took longer is counted as lost, and asked for again. */
const PATIENCE_MS = 60_000;
/** Where nothing was heard of any import for so long, a part is lost. */
const STILL_MS = 10 * 60_000;
/** How often a list that is not to be had is asked for again. */
const TRIES_MAX = 60;
/** How many are named where something does not hold. */
const NAMED_MAX = 5;

async function send(url, token, rows) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "text/csv" };
  const body = `email,name,company,colour,linkedin\n${rows.map((row) => row.join(",")).join("\n")}\n`;
  const answer = await fetch(`${url}/api/prospects/import`, { method: "POST", headers, body });
  const text = await answer.text();
  if (answer.status !== 202) throw new Error(`${answer.status} ${text}`);
  return JSON.parse(text).data.id;
}

/** An owner whose token is never old: one is good for a quarter of an hour. */
async function owner(url) {
  const { workspaceId, email, password, token } = await register(url, "Big", { operator: VARS.ADMIN_TOKEN });
  let [now, since] = [token, Date.now()];
  return {
    token: async () => {
      if (Date.now() - since > 10 * 60_000) {
        since = Date.now();
        ({ accessToken: now } = await data(url, "POST", "/v1/auth/login", { body: { workspaceId, email, password } }));
      }
      return now;
    },
  };
}

async function done(url, who, id, heard, everyMs) {
  for (;;) {
    const asked = performance.now();
    try {
      const headers = { authorization: `Bearer ${await who.token()}` };
      const answer = await fetch(`${url}/api/prospects/imports/${id}`, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
      const body = await answer.json();
      heard.polls.add(performance.now() - asked);
      // A runtime that is out of breath says so, and is asked again.
      if (answer.status === 503) throw new DOMException(JSON.stringify(body), "TimeoutError");
      if (answer.status !== 200) throw new Error(`${answer.status}: ${JSON.stringify(body)}`);
      const found = body.data;
      if (found.state === "done") return found;
      // The queue of a laptop is in memory: what lay on it when the Worker was started anew is lost.
      heard.news = Math.max(heard.news, found.updatedAt);
      if (found.state === "broken" || Date.now() - heard.news > STILL_MS) throw new Error(`the import does not go on: ${JSON.stringify({ ...found, errors: undefined })}`);
    } catch (error) {
      if (error.name !== "TimeoutError") throw error;
      heard.silent += 1;
    }
    await wait(everyMs);
  }
}

/** The prospects that D1 has, each once, when they are who is `wanted`, or stay as they are: { id, email }. */
async function listed(url, who, wanted, everyMs) {
  for (let last = "", same = 0, tries = 0; ; ) {
    const seen = new Map();
    const token = await who.token();
    for (let cursor = ""; ; ) {
      const { status, body } = await call(url, "GET", `/api/prospects?limit=100${cursor && `&cursor=${cursor}`}`, { token });
      // A D1 that is out of breath says so after ten seconds, and is asked again.
      if (status === 503 && (tries += 1) <= TRIES_MAX) {
        await wait(1_000);
        continue;
      }
      if (status !== 200) throw new Error(`the list: ${status} ${JSON.stringify(body)}`);
      for (const { id, email } of body.data) seen.set(id, { id, email });
      cursor = body.meta?.nextCursor ?? "";
      if (!cursor) break;
    }
    const people = [...seen.values()];
    const { lost, doubled, strange } = compared(wanted, people.map(({ email }) => email && mailbox(email)));
    if (lost.length + doubled.length + strange.length === 0) return people;
    const now = JSON.stringify(people);
    same = now === last ? same + 1 : 0;
    if (same === 3) return people;
    last = now;
    await wait(everyMs);
  }
}

/** Who somebody is by the address, however it is written: at Gmail dots, tags and the other domain say nothing. */
export function mailbox(address) {
  const written = address.trim().toLowerCase().replace(/\.$/, "");
  const [local, domain] = written.replace("@googlemail.com", "@gmail.com").split("@");
  return `${domain === "gmail.com" ? local.replace(/\+.*/, "").replaceAll(".", "") : local}@${domain}`;
}

/** Who of those that are wanted is not there, who is there more than once, and who is there and was not wanted. */
export function compared(wanted, there) {
  const [all, seen, doubled, strange] = [new Set(wanted), new Set(), [], []];
  for (const one of there) {
    if (!all.has(one)) strange.push(one);
    else if (seen.has(one)) doubled.push(one);
    seen.add(one);
  }
  return { lost: wanted.filter((one) => !seen.has(one)), doubled, strange };
}

/** Who the prospects are; who has no address is asked for, and is the profile. */
async function known(url, who, found) {
  const names = [];
  for (const { id, email } of found) {
    if (email) names.push(mailbox(email));
    else names.push((await data(url, "GET", `/api/prospects/${id}`, { token: await who.token() })).linkedin ?? id);
  }
  return names;
}

/** What does not hold, in words; undefined where all does. */
function wrong(of, list) {
  return list.length === 0 ? undefined : `${list.length} ${of}: ${list.slice(0, NAMED_MAX).join(", ")}`;
}

/**
 * Imports `rows` rows of seven tenths as many people, as `files` CSV files at once, into a workspace of
 * its own, and waits until the imports are done and D1 has everybody; it looks every `everyMs`.
 *
 * Gives { distinct, created, known, failed, found, lost, doubled, alone, seconds: { read, imported,
 * listed }, sends, polls, silent, problem }: `lost` are people who are not there, `doubled` those who
 * are there again, or under a profile alone though their address is known; `sends` and `polls` are
 * Figures of how long it took to take a file and to tell of an import; `silent` are answers that were
 * waited for in vain, `problem` says what did not hold.
 */
export async function importBig(url, { rows: count, files: into, everyMs = 5_000 }) {
  const distinct = Math.round(count * 0.7);
  const who = await owner(url);
  const persons = people(distinct);
  const wanted = persons.map(({ email }) => mailbox(email));
  const rows = spellings(persons, count, { profiles: true });
  const files = Array.from({ length: into }, (_, n) => rows.filter((_, index) => index % into === n));
  const heard = { silent: 0, news: 0, polls: new Figures() };
  const sends = new Figures();
  const began = Date.now();
  const seconds = () => (Date.now() - began) / 1_000;
  const ids = await Promise.all(files.map(async (file) => {
    const token = await who.token();
    const asked = performance.now();
    const id = await send(url, token, file);
    sends.add(performance.now() - asked);
    return id;
  }));
  const read = seconds();
  const imports = await Promise.all(ids.map((id) => done(url, who, id, heard, everyMs)));
  const sum = (field) => imports.reduce((total, one) => total + one[field], 0);
  const imported = seconds();
  const found = await listed(url, who, wanted, everyMs);
  const times = { read, imported, listed: seconds() };
  // A row by the profile alone that comes first makes a prospect, until the row with the address is read.
  const early = sum("created") - distinct;
  const alone = rows.filter(([email]) => email === "").length;
  const { lost, doubled, strange } = compared(wanted, await known(url, who, found));
  const problem = [
    wrong("people are not there", lost),
    wrong("prospects are people who are there already", doubled),
    wrong("prospects are nobody's, or a profile whose address is known", strange),
    early < 0 || early > alone ? `${distinct} people were made ${sum("created")} times` : undefined,
  ].filter(Boolean).join("; ");
  const { silent, polls } = heard;
  return {
    distinct, created: sum("created"), known: sum("known"), failed: sum("failed"),
    found: found.length, lost: lost.length, doubled: doubled.length + strange.length,
    alone, early, seconds: times, sends, polls, silent, problem,
  };
}
