// `npm run setup`: makes this machine able to build and run Postroom; does nothing the second time.
//
// Checks the compilers, installs the npm packages, the wasm target and the two tools that turn a
// crate into a Worker. Every other script calls it first, so that a fresh clone needs no other step.

import { existsSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ask, cacheDir, nodeBin, NODE_MIN, ROOT, run, rustMin, say } from "./tools.mjs";
import { toolDir, Trouble, wasmBindgenVersion, WORKER_BUILD_VERSION } from "./tools.mjs";
import { wasmToolchain } from "./wasm-target.mjs";

const toolTarget = () => join(cacheDir(), "target");

/**
 * Sets everything up and gives { toolchain, build }: the environment under which cargo compiles to
 * wasm, and the same with what worker-build needs besides.
 */
export async function setup() {
  checkNode();
  checkRust();
  checkLinker();
  await npmPackages();
  const toolchain = await wasmToolchain();
  const bindgen = await cargoTool("wasm-bindgen-cli", wasmBindgenVersion(), "wasm-bindgen");
  const workerBuild = await cargoTool("worker-build", WORKER_BUILD_VERSION, "worker-build");
  tidyCache();
  const build = {
    ...toolchain,
    WORKER_BUILD_BIN: workerBuild,
    WASM_BINDGEN_BIN: bindgen,
    ESBUILD_BIN: nodeBin("esbuild"),
  };
  return { toolchain, build };
}

function checkNode() {
  if (Number(process.versions.node.split(".")[0]) >= NODE_MIN) return;
  throw new Trouble(`Node ${process.versions.node} is too old: install Node ${NODE_MIN} or newer (nodejs.org)`);
}

function checkRust() {
  const min = rustMin();
  const wanted = min.join(".");
  const how = `install Rust ${wanted} or newer: https://rustup.rs, then \`rustup default stable\``;
  if (!ask("cargo", ["--version"])) throw new Trouble(`cargo is missing: ${how}`);
  const found = /^rustc (\d+)\.(\d+)/.exec(ask("rustc", ["--version"]) ?? "");
  if (!found) throw new Trouble(`rustc is missing: ${how}`);
  const [major, minor] = [Number(found[1]), Number(found[2])];
  if (major > min[0] || (major === min[0] && minor >= min[1])) return;
  throw new Trouble(`Rust ${major}.${minor} is too old: \`rustup update stable\` (${wanted} or newer)`);
}

function checkLinker() {
  if (ask("cc", ["--version"])) return;
  throw new Trouble("a C compiler is missing: `apt-get install build-essential` (macOS: `xcode-select --install`)");
}

async function npmPackages() {
  const installed = statSync(join(ROOT, "node_modules", ".package-lock.json"), { throwIfNoEntry: false });
  const locked = statSync(join(ROOT, "package-lock.json"));
  if (installed && installed.mtimeMs >= locked.mtimeMs) return;
  say("installing npm packages (npm ci)");
  const ran = await run("npm ci", "npm", ["ci", "--include=dev", "--no-audit", "--no-fund"]);
  if (ran.code !== 0) throw new Trouble(`npm ci failed (log: ${ran.log}):\n${ran.tail.trim()}`);
}

/** Builds a program from source into the cache, unless that very version is there. */
export async function cargoTool(crate, version, program) {
  const root = toolDir(crate, version);
  const path = join(root, "bin", program);
  if (existsSync(path) && ask(path, ["--version"])?.includes(version)) return path;
  say(`building ${crate} ${version}, once a machine (1 to 4 minutes)`);
  // Quick to compile matters more here than quick to run. Measured on two cores: 130 s for
  // worker-build and 71 s for wasm-bindgen, where a full release build takes some 180 s and 120 s.
  const env = {
    CARGO_PROFILE_RELEASE_OPT_LEVEL: "1",
    CARGO_PROFILE_RELEASE_LTO: "off",
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
    CARGO_TARGET_DIR: toolTarget(), // one for both: they share crates
    CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS: "fallback",
  };
  const args = ["install", `${crate}@${version}`, "--bin", program, "--root", root, "--force"];
  let ran = await run(`building ${crate}`, "cargo", [...args, "--locked"], { env, cwd: cacheDir() });
  if (ran.code !== 0 && /failed to select a version|yanked/.test(ran.tail)) {
    // A package may have been published with a lock file that the registry cannot satisfy.
    say(`${crate} ${version}: its own lock file cannot be satisfied; resolving anew`);
    ran = await run(`building ${crate}`, "cargo", args, { env, cwd: cacheDir() });
  }
  if (ran.code !== 0) throw new Trouble(`building ${crate} failed (log: ${ran.log}):\n${ran.tail.trim()}`);
  say(`${crate} ${version} is ready (${ran.seconds} s)`);
  return path;
}

/** Removes what the tools were built from (800 MB), and logs of more than a week ago. */
export function tidyCache() {
  rmSync(toolTarget(), { recursive: true, force: true });
  const logs = join(cacheDir(), "logs");
  const week = 7 * 24 * 3600 * 1000;
  for (const name of existsSync(logs) ? readdirSync(logs) : []) {
    const stat = statSync(join(logs, name), { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > week) rmSync(join(logs, name), { force: true });
  }
}

/** Runs a script's main function; a Trouble is shown as one line, anything else with its stack. */
export async function main(script, body) {
  const started = process.argv[1] && pathToFileURL(realpathSync(process.argv[1])).href;
  if (script !== started) return; // imported
  try {
    await body();
  } catch (e) {
    console.error(e instanceof Trouble ? `postroom: ${e.message}` : e);
    process.exit(1);
  }
}

await main(import.meta.url, async () => {
  const began = Date.now();
  await setup();
  say(`set-up is complete (${((Date.now() - began) / 1000).toFixed(1)} s)`);
});
