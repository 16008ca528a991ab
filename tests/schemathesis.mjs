// npm run schemathesis -- --cases 50000: schemathesis with all its checks against the real Worker,
// with as many examples of each operation as that takes, in rounds with seeds of their own. It fails
// where an answer is a fault or not as documented; and where an operation was only ever refused with
// 401, or where hardly any was found (404), for then the set-up is wrong and nothing was tested.
// --seed S chooses the first round's.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../gateway/dev/build.mjs";
import { main } from "../gateway/dev/setup.mjs";
import { Trouble } from "../gateway/dev/tools.mjs";
import { breakIn, told } from "./harness/openapi.mjs";
import { productWorker } from "./harness/worker.mjs";

const EXAMPLES_A_ROUND = 20;

const number = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  const value = at < 0 ? otherwise : Number(process.argv[at + 1]);
  if (!Number.isSafeInteger(value) || value < 1) throw new Trouble(`${name} wants a number`);
  return value;
};

await main(import.meta.url, async () => {
  const [wanted, first] = [number("--cases", 50_000), number("--seed", 1)];
  await build();
  const cwd = mkdtempSync(join(tmpdir(), "postroom-schemathesis-"));
  const began = Date.now();
  const sum = { cases: 0, faults: 0, rounds: 0, warnings: new Set() };
  try {
    for (; sum.cases < wanted; sum.rounds += 1) {
      // A Worker of its own for each round: what one has made and removed is not in the next one's way.
      const worker = await productWorker(undefined, { persistTo: join(cwd, `round${sum.rounds}`) });
      try {
        const { code, output } = await breakIn(worker.url, { cwd, examples: EXAMPLES_A_ROUND, seed: first + sum.rounds });
        const { cases, faults, warnings, failures } = told(output);
        if (cases === 0) throw new Trouble(`schemathesis made no case:\n${output.slice(-3_000)}`);
        sum.cases += cases;
        sum.faults += faults;
        for (const one of warnings) sum.warnings.add(one);
        console.log(`seed ${first + sum.rounds}: ${cases} cases, ${faults} server errors; ${sum.cases} in all after ${Math.round((Date.now() - began) / 1000)} s`);
        if (code !== 0) throw new Trouble(`seed ${first + sum.rounds} found something:\n${failures.slice(0, 20_000)}`);
      } finally {
        await worker.stop();
      }
    }
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
  if (sum.warnings.size > 0) throw new Trouble(`nothing was tested of:\n  ${[...sum.warnings].join("\n  ")}`);
  console.log(`✔ ${sum.cases} cases in ${sum.rounds} rounds, ${sum.faults} server errors, no answer that is not as documented`);
});
