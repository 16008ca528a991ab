// npm run load -- PROFILE [--seconds N] [--rate N] [--scale X] …: loads the product on workerd itself
// and says what became of it; README, Under load.
//
// It exits 1 where something that was accepted is lost or there twice, where an answer was a failure
// other than 429 or 503, where a refusal does not say when to come back, where a caller was never
// answered, or where what a profile is about did not come true.

import { loadavg } from "node:os";
import { build } from "../gateway/dev/build.mjs";
import { Trouble } from "../gateway/dev/tools.mjs";
import { load, options, PROFILES, usage } from "./load/run.mjs";

try {
  const [name, ...args] = process.argv.slice(2);
  if (!Object.hasOwn(PROFILES, name ?? "")) throw new Trouble(usage());
  const wanted = options(name, args);
  await build();
  console.log(`load ${loadavg()[0].toFixed(1)} on this machine before`);
  process.exitCode = (await load(name, wanted)) ? 0 : 1;
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
