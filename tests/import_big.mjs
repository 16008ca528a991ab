// npm run import:big: many people, some of them several times and spelt in several ways, imported in
// parallel on real workerd: by other addresses, and by the profile at LinkedIn alone.
//
// It starts the Worker behind a meter (tests/harness/cost-entry.js), sends ROWS rows (50,000; 30 % of
// them people who were there already) as FILES CSV files at once (4), waits until the imports are done
// and D1 has everybody, and prints the time, how many persons there are, and what was written. It exits
// 1 where there are not exactly as many prospects as people.
//
// Each identity is an object with a database of its own, some 100 kB and a dozen times fsync: on a disk
// of a laptop that is all that is measured, so storage is in memory where there is room for it.

import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { build } from "../gateway/dev/build.mjs";
import { ROOT } from "../gateway/dev/tools.mjs";
import { startWorker } from "../gateway/dev/worker.mjs";
import { call, data, register } from "./harness/api.mjs";
import { people, spellings } from "./harness/prospects.mjs";
import { VARS } from "./harness/worker.mjs";

const ROWS = Number(process.env.ROWS ?? 50_000);
const FILES = Number(process.env.FILES ?? 4);
const DISTINCT = Math.round(ROWS * 0.7);
const OBJECT_BYTES = 150_000;
/** An answer that took longer is counted as lost, and asked for again. */
const PATIENCE_MS = 60_000;
/** Where nothing was heard of any import for so long, a part is lost. */
const STILL_MS = 10 * 60_000;

/** Where storage goes: TMPDIR if it is set, memory if that has twice the room, else a disk. */
function home() {
  if (process.env.TMPDIR) return process.env.TMPDIR;
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    if (bavail * bsize > 2 * OBJECT_BYTES * ROWS) return "/dev/shm";
  } catch {
    // Other systems have no such folder.
  }
  return tmpdir();
}

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

/** How many answers were waited for in vain, and when any import was last heard of. */
let silent = 0;
let news = 0;

async function done(url, who, id) {
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
      news = Math.max(news, found.updatedAt);
      if (found.state === "broken" || Date.now() - news > STILL_MS) throw new Error(`the import does not go on: ${JSON.stringify({ ...found, errors: undefined })}`);
    } catch (error) {
      if (error.name !== "TimeoutError") throw error;
      silent += 1;
    }
    await wait(5_000);
  }
}

/** How many prospects D1 has, once that stays as it is. */
async function listed(url, who) {
  for (let last = -1, same = 0; ; ) {
    const seen = new Set();
    const token = await who.token();
    for (let cursor = ""; ; ) {
      const { body } = await call(url, "GET", `/api/prospects?limit=100${cursor && `&cursor=${cursor}`}`, { token });
      for (const { id } of body.data) seen.add(id);
      cursor = body.meta?.nextCursor ?? "";
      if (!cursor) break;
    }
    same = seen.size === last ? same + 1 : 0;
    if (seen.size === DISTINCT || same === 3) return seen.size;
    last = seen.size;
    await wait(5_000);
  }
}

await build();
const persistTo = mkdtempSync(join(home(), "postroom-import-"));
const worker = await startWorker({ persistTo, vars: VARS, main: join(ROOT, "tests", "harness", "cost-entry.js") });
try {
  const { url } = worker;
  const who = await owner(url);
  const rows = spellings(people(DISTINCT), ROWS, { profiles: true });
  const files = Array.from({ length: FILES }, (_, n) => rows.filter((_, index) => index % FILES === n));
  await fetch(`${url}/test/cost`, { method: "POST" });
  const began = Date.now();
  const seconds = () => ((Date.now() - began) / 1_000).toFixed(1);
  const ids = await Promise.all(files.map(async (file) => send(url, await who.token(), file)));
  console.log(`${ROWS} rows, ${DISTINCT} people, in ${FILES} files at once: read after ${seconds()} s; storage in ${home()}`);
  const imports = await Promise.all(ids.map((id) => done(url, who, id)));
  const sum = (field) => imports.reduce((total, one) => total + one[field], 0);
  const imported = seconds();
  console.log(`imported after ${imported} s (${Math.round(ROWS / imported)} rows/s): ${sum("created")} created, ${sum("known")} known, ${sum("failed")} failed`);
  const found = await listed(url, who);
  console.log(`listed after ${seconds()} s: ${found} prospects; ${silent} answers waited for in vain`);
  const cost = await (await fetch(`${url}/test/cost`)).json();
  const written = cost["sql.rowsWritten"];
  console.log(`rows written: ${written} in Durable Objects (${(written / ROWS).toFixed(1)} a row), ${cost["d1.rowsWritten"]} in D1 by ${cost["d1.requests"]} requests; ${cost["ProspectDedup.call"]} calls of prospects, ${cost["ProspectDedup.alarm"] ?? 0} alarms`);
  // A row by the profile alone that comes first makes a prospect, until the row with the address is read.
  const early = sum("created") - DISTINCT;
  const alone = rows.filter(([email]) => email === "").length;
  if (early < 0 || early > alone || found !== DISTINCT) {
    console.error(`✖ ${DISTINCT} people are ${found} prospects`);
    process.exitCode = 1;
  } else {
    console.log(`✔ every person is one prospect (${alone} rows by a profile alone, ${early} of them before its address)`);
  }
} finally {
  await worker.stop();
  rmSync(persistTo, { recursive: true, force: true });
}
