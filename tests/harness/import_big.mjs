// Many people, some of them several times and spelt in several ways, imported in parallel: by other
// addresses, and by the profile at LinkedIn alone.

import { setTimeout as wait } from "node:timers/promises";
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

async function done(url, who, id, heard) {
  for (;;) {
    try {
      const headers = { authorization: `Bearer ${await who.token()}` };
      const answer = await fetch(`${url}/api/prospects/imports/${id}`, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
      const body = await answer.json();
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
    await wait(5_000);
  }
}

/** How many prospects D1 has, once that stays as it is. */
async function listed(url, who, distinct) {
  for (let last = -1, same = 0, tries = 0; ; ) {
    const seen = new Set();
    const token = await who.token();
    for (let cursor = ""; ; ) {
      const { status, body } = await call(url, "GET", `/api/prospects?limit=100${cursor && `&cursor=${cursor}`}`, { token });
      // A D1 that is out of breath says so after ten seconds, and is asked again.
      if (status === 503 && (tries += 1) <= TRIES_MAX) {
        await wait(1_000);
        continue;
      }
      if (status !== 200) throw new Error(`the list: ${status} ${JSON.stringify(body)}`);
      for (const { id } of body.data) seen.add(id);
      cursor = body.meta?.nextCursor ?? "";
      if (!cursor) break;
    }
    same = seen.size === last ? same + 1 : 0;
    if (seen.size === distinct || same === 3) return seen.size;
    last = seen.size;
    await wait(5_000);
  }
}

/**
 * Imports `rows` rows of seven tenths as many people, as `files` CSV files at once, into a workspace of
 * its own, and waits until the imports are done and D1 has everybody.
 *
 * Gives { distinct, created, known, failed, found, alone, seconds: { read, imported, listed }, silent,
 * problem }: `silent` are answers that were waited for in vain, `problem` says what did not hold.
 */
export async function importBig(url, { rows: count, files: into }) {
  const distinct = Math.round(count * 0.7);
  const who = await owner(url);
  const rows = spellings(people(distinct), count, { profiles: true });
  const files = Array.from({ length: into }, (_, n) => rows.filter((_, index) => index % into === n));
  const heard = { silent: 0, news: 0 };
  const began = Date.now();
  const seconds = () => (Date.now() - began) / 1_000;
  const ids = await Promise.all(files.map(async (file) => send(url, await who.token(), file)));
  const read = seconds();
  const imports = await Promise.all(ids.map((id) => done(url, who, id, heard)));
  const sum = (field) => imports.reduce((total, one) => total + one[field], 0);
  const imported = seconds();
  const found = await listed(url, who, distinct);
  const times = { read, imported, listed: seconds() };
  // A row by the profile alone that comes first makes a prospect, until the row with the address is read.
  const early = sum("created") - distinct;
  const alone = rows.filter(([email]) => email === "").length;
  const problem = early < 0 || early > alone || found !== distinct ? `${distinct} people are ${found} prospects` : undefined;
  return { distinct, created: sum("created"), known: sum("known"), failed: sum("failed"), found, alone, early, seconds: times, silent: heard.silent, problem };
}
