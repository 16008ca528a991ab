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

import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "../gateway/dev/build.mjs";
import { ROOT } from "../gateway/dev/tools.mjs";
import { startWorker } from "../gateway/dev/worker.mjs";
import { importBig, PERSON_BYTES } from "./harness/import_big.mjs";
import { VARS } from "./harness/worker.mjs";
import { home } from "./load/machine.mjs";

const ROWS = Number(process.env.ROWS ?? 50_000);
const FILES = Number(process.env.FILES ?? 4);

await build();
const place = home(PERSON_BYTES * ROWS);
const persistTo = mkdtempSync(join(place, "postroom-import-"));
const worker = await startWorker({ persistTo, vars: VARS, main: join(ROOT, "tests", "harness", "cost-entry.js") });
try {
  const { url } = worker;
  await fetch(`${url}/test/cost`, { method: "POST" });
  const { distinct, created, known, failed, found, alone, early, seconds, silent, problem } = await importBig(url, { rows: ROWS, files: FILES });
  console.log(`${ROWS} rows, ${distinct} people, in ${FILES} files at once: read after ${seconds.read.toFixed(1)} s; storage in ${place}`);
  console.log(`imported after ${seconds.imported.toFixed(1)} s (${Math.round(ROWS / seconds.imported)} rows/s): ${created} created, ${known} known, ${failed} failed`);
  console.log(`listed after ${seconds.listed.toFixed(1)} s: ${found} prospects; ${silent} answers waited for in vain`);
  const cost = await (await fetch(`${url}/test/cost`)).json();
  const written = cost["sql.rowsWritten"];
  console.log(`rows written: ${written} in Durable Objects (${(written / ROWS).toFixed(1)} a row), ${cost["d1.rowsWritten"]} in D1 by ${cost["d1.requests"]} requests; ${cost["ProspectDedup.call"]} calls of prospects, ${cost["ProspectDedup.alarm"] ?? 0} alarms`);
  if (problem) {
    console.error(`✖ ${problem}`);
    process.exitCode = 1;
  } else {
    console.log(`✔ every person is one prospect (${alone} rows by a profile alone, ${early} of them before its address)`);
  }
} finally {
  await worker.stop();
  rmSync(persistTo, { recursive: true, force: true });
}
