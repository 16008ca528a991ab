// npm run schemathesis -- --cases 50000: schemathesis with all its checks against the real Worker, in
// rounds with seeds of their own: as an owner with paths that it makes up, as an owner with paths of
// things that there are, and as the operator. It fails where an answer is a fault or not as
// documented, and then keeps everything that was asked; and where more than a tenth of the operations
// answered nothing but 401, 403 and 404 in every round, for then the set-up is wrong and little was
// tested. --seed S is the first round's.

import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../gateway/dev/build.mjs";
import { main } from "../gateway/dev/setup.mjs";
import { Trouble } from "../gateway/dev/tools.mjs";
import { breakIn, letIn, told } from "./harness/openapi.mjs";
import { productWorker } from "./harness/worker.mjs";

const EXAMPLES_A_ROUND = 20;
const REFUSED_SHARE_MAX = 0.1;
const ROUNDS = [{}, { pins: true }, { operator: true }];

const number = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  const value = at < 0 ? otherwise : Number(process.argv[at + 1]);
  if (!Number.isSafeInteger(value) || value < 1) throw new Trouble(`${name} wants a number`);
  return value;
};

/** One round on a Worker of its own: what one has made and removed is not in the next one's way. */
async function round(cwd, number, seed) {
  const worker = await productWorker(undefined, { persistTo: join(cwd, `round${number}`) });
  try {
    const { paths } = await (await fetch(`${worker.url}/openapi.json`)).json();
    const { code, output, har } = await breakIn(worker.url, { cwd, examples: EXAMPLES_A_ROUND, seed, ...ROUNDS[number % ROUNDS.length] });
    const found = told(output);
    if (found.cases === 0) throw new Trouble(`schemathesis made no case:\n${output.slice(-3_000)}`);
    if (code !== 0) {
      const kept = join(tmpdir(), `postroom-schemathesis-${process.pid}.har`);
      copyFileSync(har, kept);
      throw new Trouble(`seed ${seed}, round ${number + 1}: ${found.faults} server errors, and this:\n${found.failures.slice(0, 20_000)}\nAll that was asked is in ${kept}.`);
    }
    const operations = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    const reached = letIn(har, paths);
    rmSync(har);
    return { operations, reached, ...found };
  } finally {
    await worker.stop();
  }
}

await main(import.meta.url, async () => {
  const [wanted, seed] = [number("--cases", 50_000), number("--seed", 1)];
  await build();
  const cwd = mkdtempSync(join(tmpdir(), "postroom-schemathesis-"));
  const began = Date.now();
  let [cases, faults, rounds] = [0, 0, 0];
  const [operations, reached] = [new Set(), new Set()];
  try {
    // A round of each kind at least: without it nothing can be said of the operations.
    for (; cases < wanted || rounds < ROUNDS.length; rounds += 1) {
      const found = await round(cwd, rounds, seed + rounds);
      cases += found.cases;
      faults += found.faults;
      for (const one of found.operations) operations.add(one);
      for (const one of found.reached) reached.add(one);
      console.log(`seed ${seed + rounds}: ${found.cases} cases, ${found.faults} server errors; ${cases} in all after ${Math.round((Date.now() - began) / 1000)} s`);
    }
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
  const list = [...operations].filter((one) => !reached.has(one)).sort();
  console.log(`${list.length} of ${operations.size} operations never let schemathesis in: ${list.join(", ") || "none"}`);
  if (list.length > operations.size * REFUSED_SHARE_MAX) throw new Trouble("the set-up is wrong: so many were never tested");
  console.log(`✔ ${cases} cases in ${rounds} rounds, ${faults} server errors, no answer that is not as documented`);
});
