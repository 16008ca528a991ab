// `npm test`: the one gate. Runs every check in order and ends with how many tests passed and failed.
//
// `npm test -- edge clippy` runs only the stages whose names contain one of the words (and set-up).
// A stage that fails does not stop the others, except those that need what it makes.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "../gateway/dev/build.mjs";
import { setup } from "../gateway/dev/setup.mjs";
import { ask, nodeBin, ROOT, run, Trouble } from "../gateway/dev/tools.mjs";
import { WORKER_GZIP_MAX } from "./harness/budget.mjs";
import { workerGzip } from "./harness/size.mjs";

const WASM = "wasm32-unknown-unknown";
const DENY = ["--", "-D", "warnings"];
// On CI the lock file is taken as it is; at home cargo may add a new dependency to it.
// The OpenAPI document is written natively; the Worker never has this feature.
const OPENAPI = ["--features", "postroom-gateway/openapi"];
const LOCKED = process.env.CI ? ["--locked"] : [];
const QUIET = { WRANGLER_SEND_METRICS: "false", WRANGLER_SEND_ERROR_REPORTS: "false", WRANGLER_HIDE_BANNER: "true" };
const CARGO_ENV = { CARGO_TERM_COLOR: "never" };

let tools; // what set-up gave: { toolchain, build }

const cargo = (...args) => () => run(`cargo ${args[0]}`, "cargo", args, { env: CARGO_ENV });
const node = (...args) => () => run("node", process.execPath, args);
const dryRun = (env) => () =>
  run("wrangler", nodeBin("wrangler"), ["deploy", "--dry-run", "--env", env], { env: QUIET });

const STAGES = [
  { name: "set-up", run: async () => void (tools = await setup()) },
  { name: "format", run: cargo("fmt", "--all", "--check") },
  { name: "clippy", run: cargo("clippy", ...LOCKED, "--workspace", ...OPENAPI, "--all-targets", ...DENY) },
  { name: "clippy for wasm", run: clippyForWasm },
  { name: "cargo test", run: cargo("test", ...LOCKED, "--workspace", ...OPENAPI, "--no-fail-fast") },
  { name: "build", run: async () => void (await build({ env: tools.build })) },
  { name: "size", needs: "build", run: size },
  { name: "build the toy", run: async () => void (await build({ env: tools.build, crate: "tests/toy" })) },
  { name: "deploy staging, dry", needs: "build", run: dryRun("staging") },
  { name: "deploy production, dry", needs: "build", run: dryRun("production") },
  { name: "edge tests", needs: "build the toy", run: edgeTests },
];

/** The gateway as it is deployed: code under `cfg(target_arch = "wasm32")` is seen only here. */
async function clippyForWasm() {
  const env = { ...tools.toolchain, ...CARGO_ENV };
  if (!ask("cargo", ["clippy", "--version"], { env: { ...process.env, ...env } })) {
    return { skipped: "the wasm toolchain has no clippy" }; // Debian's has none
  }
  const name = /^name\s*=\s*"([^"]+)"/m.exec(readFileSync(join(ROOT, "gateway", "Cargo.toml"), "utf8"))[1];
  const args = ["clippy", ...LOCKED, "-p", name, "--target", WASM, ...DENY];
  return run("cargo clippy for wasm", "cargo", args, { env });
}

/** What is uploaded, gzipped, against what it may be. */
async function size() {
  const bytes = await workerGzip();
  console.log(`  the Worker is ${bytes} bytes gzipped, of ${WORKER_GZIP_MAX}`);
  if (bytes > WORKER_GZIP_MAX) throw new Trouble(`the Worker is ${bytes - WORKER_GZIP_MAX} bytes too large`);
}

function edgeTests() {
  const dir = join(ROOT, "tests", "edge");
  const files = existsSync(dir) ? readdirSync(dir).filter((f) => f.endsWith(".test.mjs")).sort() : [];
  if (files.length === 0) return { skipped: "there are none" };
  return node("--test", "--test-reporter=spec", ...files.map((f) => join(dir, f)))();
}

/** The tests that a log tells of, as cargo and node's runner sum them up. */
function counts(log) {
  const text = readFileSync(log, "utf8").replace(/\x1b\[[0-9;]*m/g, "");
  const total = { passed: 0, failed: 0 };
  for (const m of text.matchAll(/^test result: \S+ (\d+) passed; (\d+) failed;/gm)) {
    total.passed += Number(m[1]);
    total.failed += Number(m[2]);
  }
  for (const m of text.matchAll(/^ℹ (pass|fail|cancelled) (\d+)$/gm)) {
    total[m[1] === "pass" ? "passed" : "failed"] += Number(m[2]);
  }
  return total;
}

const lastLines = (log, count) => readFileSync(log, "utf8").trimEnd().split("\n").slice(-count).join("\n");

/** Runs one stage; gives { ok, passed, failed } and prints one line, or more if it failed. */
async function runStage(stage) {
  const began = Date.now();
  console.log(`▶ ${stage.name}`);
  let [result, trouble] = [undefined, undefined];
  try {
    result = await stage.run();
  } catch (e) {
    trouble = e instanceof Trouble ? e.message : e.stack;
  }
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  const { passed, failed } = result?.log ? counts(result.log) : { passed: 0, failed: 0 };
  const ok = !trouble && !result?.code && result?.code !== null && failed === 0;
  if (!ok) console.log(trouble ?? lastLines(result.log, 300));
  const tests = passed + failed > 0 ? `, ${passed} passed, ${failed} failed` : "";
  const outcome = result?.skipped ? `skipped: ${result.skipped}` : ok ? "ok" : "FAILED";
  console.log(`${ok ? "✔" : "✖"} ${stage.name}: ${outcome} (${seconds} s${tests})\n`);
  // A check without tests of its own, like format, counts as one failure.
  return { ok, passed, failed: ok ? 0 : Math.max(failed, 1) };
}

const words = process.argv.slice(2);
const wanted = STAGES.filter((s, i) => i === 0 || words.length === 0 || words.some((w) => s.name.includes(w)));
const total = { passed: 0, failed: 0 };
const broken = new Set();
for (const stage of wanted) {
  if (broken.has("set-up") || broken.has(stage.needs)) {
    console.log(`– ${stage.name}: not run, since ${broken.has("set-up") ? "set-up" : stage.needs} failed\n`);
    continue;
  }
  const { ok, passed, failed } = await runStage(stage);
  if (!ok) broken.add(stage.name);
  total.passed += passed;
  total.failed += failed;
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
