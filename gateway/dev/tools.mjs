// Where things are kept, which versions are wanted, and how a program is run.
//
// Shared by set-up, build, dev server and tests, so that a version or a folder is named once.
// Tools built from source live in the user's cache, keyed by version: a second clone finds them.
// Nothing is downloaded here.

import { spawn, spawnSync } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const WORKER_BUILD_VERSION = "0.8.7"; // the same as `worker` in Cargo.toml
export const NODE_MIN = 20;
const WASM_TARGET = "wasm32-unknown-unknown";

/** The folder for what is built once a machine: POSTROOM_CACHE, or the user's cache folder. */
export function cacheDir() {
  const own = process.env.POSTROOM_CACHE;
  const dir = own || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "postroom");
  mkdirSync(dir, { recursive: true });
  return dir;
}

/** The root folder of a tool built from source; cargo puts `bin/` into it. */
export function toolDir(name, version) {
  return join(cacheDir(), "tools", `${name}-${version}-${process.platform}-${process.arch}`);
}

/** A program of node_modules. */
export const nodeBin = (name) => join(ROOT, "node_modules", ".bin", name);

/** The version of `wasm-bindgen` in Cargo.lock: the command-line tool must be of exactly that one. */
export function wasmBindgenVersion() {
  const file = join(ROOT, "Cargo.lock");
  if (!existsSync(file)) throw new Trouble("Cargo.lock is missing: run `cargo generate-lockfile`");
  const found = /name = "wasm-bindgen"\nversion = "([^"]+)"/.exec(readFileSync(file, "utf8"));
  if (!found) throw new Trouble("Cargo.lock names no wasm-bindgen: is `worker` a dependency?");
  return found[1];
}

/** The oldest compiler that Cargo.toml allows, as [major, minor]. */
export function rustMin() {
  const found = /^rust-version = "(\d+)\.(\d+)/m.exec(readFileSync(join(ROOT, "Cargo.toml"), "utf8"));
  return found ? [Number(found[1]), Number(found[2])] : [1, 91];
}

/** Something the reader must do; shown as one line, without a stack. */
export class Trouble extends Error {}

export const say = (text) => console.log(`postroom: ${text}`);

/** Standard output of a program, or undefined if it is missing or fails. */
export function ask(command, args = [], options = {}) {
  const ran = spawnSync(command, args, { encoding: "utf8", cwd: ROOT, ...options });
  return ran.status === 0 ? ran.stdout.trim() : undefined;
}

/**
 * Runs a program to its end, its output into a log file; says every 20 s that it still runs.
 * `stalled(bytes)` is asked every second and may end it early by returning a reason.
 * Gives { code, log, tail, seconds }: `tail` is the end of the output; `code` is null when it was
 * ended from here.
 */
export async function run(what, command, args, { env = {}, cwd = ROOT, stalled } = {}) {
  const log = join(cacheDir(), "logs", `${what.replace(/[^a-z0-9.]+/gi, "-")}-${process.pid}.log`);
  mkdirSync(dirname(log), { recursive: true });
  const file = createWriteStream(log);
  const began = Date.now();
  let [bytes, tail, reason] = [0, "", undefined];
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // its own process group, so that it can be ended with its children
  });
  const end = () => killGroup(child.pid, "SIGTERM");
  const interrupted = () => (end(), process.exit(130));
  process.once("exit", end).once("SIGINT", interrupted).once("SIGTERM", interrupted);
  const take = (chunk) => {
    bytes += chunk.length;
    tail = (tail + chunk).slice(-4000);
    file.write(chunk);
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const seconds = () => Math.round((Date.now() - began) / 1000);
  let told = 0;
  const timer = setInterval(() => {
    if (seconds() >= told + 20) say(`  … ${what}, ${(told = seconds())} s`);
    if (!reason && (reason = stalled?.(bytes))) end();
  }, 1000);
  const code = await new Promise((resolve) => {
    child.on("error", (e) => ((tail += String(e)), resolve(127)));
    child.on("close", (c) => resolve(reason ? null : (c ?? 1)));
  });
  clearInterval(timer);
  process.off("exit", end).off("SIGINT", interrupted).off("SIGTERM", interrupted);
  await new Promise((done) => file.end(done)); // whoever reads the log next finds all of it
  return { code, log, tail: reason ? `${tail}\n${reason}` : tail, seconds: seconds() };
}

/** Sends a signal to a process group that was started from here; silent if it is gone. */
export function killGroup(pid, signal) {
  try {
    if (pid) process.kill(-pid, signal);
  } catch (e) {
    if (e.code !== "ESRCH") throw e;
  }
}

/** The folder of a compiler's wasm standard library; `env` says which compiler. */
export function wasmLibDir(env = {}) {
  const sysroot = ask("rustc", ["--print", "sysroot"], { env: { ...process.env, ...env } });
  return sysroot && join(sysroot, "lib", "rustlib", WASM_TARGET, "lib");
}
export { WASM_TARGET };
