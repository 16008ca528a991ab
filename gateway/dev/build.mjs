// `npm run build`: compiles the gateway crate to gateway/build/ (JavaScript and wasm).
//
// Skips when no input has changed since the last build: inputs are compared by content, because a
// checkout changes times and a removed file has none.

import { createHash } from "node:crypto";
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { packed } from "./pack.mjs";
import { main, setup } from "./setup.mjs";
import { ask, ROOT, run, say, Trouble } from "./tools.mjs";

export const CRATES = ["schema", "actors", "gateway"];
const PACKER = ["gateway/dev/build.mjs", "gateway/dev/pack.mjs", "gateway/dev/wasm.mjs"];
const FILES = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo/config.toml", ...PACKER];
const NOT_INPUT = /^gateway\/(assets|build|dev|entry\.js)|(^|\/)(target|node_modules)$/;

const PACKED = 4;

// The viewer of the API's document, as its makers publish it.
const VIEWER = ["swagger-ui.css", "swagger-ui-bundle.js"];

/** True if a file, named from the root, may change what is built. */
export const isInput = (path) => !NOT_INPUT.test(path);

/**
 * Builds if needed; `env` is what setup() gave, when it was called already. `crate` is the folder
 * of the Worker's crate; its output is in `build/` there.
 */
export async function build({ env, crate = "gateway" } = {}) {
  env ??= (await setup()).build;
  const cwd = join(ROOT, crate);
  const stamp = join(cwd, "build", "inputs.sha256");
  const wasm = join(cwd, "build", "index_bg.wasm");
  const inputs = digest(env, crate);
  if (existsSync(stamp) && existsSync(wasm) && readFileSync(stamp, "utf8") === inputs) {
    if (crate === "gateway") assets();
    return false;
  }
  say(`building the Worker in ${crate} (worker-build --release)`);
  const { WORKER_BUILD_BIN, ...rest } = env;
  // worker-build writes beside its output and swaps at the end: a failed build leaves the old one.
  const ran = await run("building the Worker", WORKER_BUILD_BIN, ["--release", "--no-opt"], { env: rest, cwd });
  if (ran.code !== 0) throw new Trouble(`the build failed (log: ${ran.log}):\n${ran.tail.trim()}`);
  writeFileSync(wasm, smallest(readFileSync(wasm)));
  writeFileSync(stamp, inputs);
  if (crate === "gateway") assets();
  const bytes = readFileSync(wasm);
  const kb = (n) => Math.round(n / 1024);
  say(`built in ${ran.seconds} s: wasm ${kb(bytes.length)} KiB, ${kb(gzipSync(bytes).length)} KiB gzipped`);
  return true;
}

/**
 * Packs some times, and takes the smallest: which order comes out hangs on the one that went in.
 * Measured: the first is 2 kB larger than the best of four, and those after them are no smaller.
 */
function smallest(bytes) {
  const tries = [];
  for (let round = 0; round < PACKED; round++) tries.push(packed(tries.at(-1) ?? bytes));
  const sizes = tries.map((one) => gzipSync(one, { level: 9 }).length);
  return tries[sizes.indexOf(Math.min(...sizes))];
}

/** Gathers the files that are served as they are: those of the tree, and the viewer. */
function assets() {
  const to = join(ROOT, "gateway", "build", "assets");
  cpSync(join(ROOT, "gateway", "assets"), to, { recursive: true });
  const from = join(ROOT, "node_modules", "swagger-ui-dist");
  for (const file of VIEWER) copyFileSync(join(from, file), join(to, "docs", file));
}

/** A hash over every file that can change the output, and over the compiler and the tools. */
function digest(env, crate) {
  const hash = createHash("sha256");
  hash.update(ask("rustc", ["-vV"], { env: { ...process.env, ...env } }) ?? "");
  hash.update(env.WORKER_BUILD_BIN + env.WASM_BINDGEN_BIN);
  for (const path of [...FILES, ...new Set([...CRATES, crate].flatMap(filesUnder))]) {
    const file = join(ROOT, path);
    if (existsSync(file)) hash.update(`\0${path}\0`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

function filesUnder(path) {
  if (!isInput(path) || !existsSync(join(ROOT, path))) return [];
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  return readdirSync(join(ROOT, path)).sort().flatMap((name) => filesUnder(`${path}/${name}`));
}

await main(import.meta.url, async () => {
  if (!(await build())) say("the Worker is built already");
});
