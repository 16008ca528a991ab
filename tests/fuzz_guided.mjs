// npm run fuzz:guided -- TARGET [seconds]: libFuzzer looks for inputs that reach new code of a target
// (tests/src/fuzz/targets), beginning with those in tests/corpus/fuzz/TARGET. `all` takes one target
// after the other. What it finds is kept in .state/fuzz/TARGET; with --keep, the inputs that reach
// something the committed ones do not are added to those (at most 60 a target, small ones first).
// An input that breaks a rule is written to .state/fuzz/crashes, and the command fails.
//
// No nightly compiler: the instrumentation is LLVM's own pass. Without address sanitizer, which
// needs one; the product forbids unsafe code.

import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { main } from "../gateway/dev/setup.mjs";
import { ask, ROOT, Trouble } from "../gateway/dev/tools.mjs";

const KEPT_MAX = 60;
const INPUT_BYTES_MAX = 4_096;
const FLAGS = [
  "-Cpasses=sancov-module",
  "-Cllvm-args=-sanitizer-coverage-level=4",
  "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
  "-Cllvm-args=-sanitizer-coverage-pc-table",
  "-Cllvm-args=-sanitizer-coverage-trace-compares",
  "-Ccodegen-units=1",
];

const host = () => /^host: (.+)$/m.exec(ask("rustc", ["-vV"]) ?? "")?.[1];
const crate = join(ROOT, "tests", "fuzz");
const committed = (target) => join(ROOT, "tests", "corpus", "fuzz", target);
const state = (...parts) => {
  const dir = join(ROOT, ".state", "fuzz", ...parts);
  mkdirSync(dir, { recursive: true });
  return dir;
};

/** Builds the one program of all targets; gives its path. */
function build() {
  const [target, dir] = [host(), join(ROOT, "target", "fuzz")];
  // With --target, the flags are for the program alone and not for what runs while compiling.
  const args = ["build", "--release", "--locked", "--manifest-path", join(crate, "Cargo.toml"), "--target", target];
  const env = { ...process.env, RUSTFLAGS: FLAGS.join(" "), CARGO_TARGET_DIR: dir };
  if (spawnSync("cargo", args, { cwd: ROOT, env, stdio: "inherit" }).status !== 0) throw new Trouble("it does not build");
  return join(dir, target, "release", "postroom-guided");
}

function libfuzzer(program, target, args) {
  const env = { ...process.env, POSTROOM_FUZZ_TARGET: target };
  const ran = spawnSync(program, args, { cwd: ROOT, env, encoding: "utf8", maxBuffer: 1 << 28 });
  return { code: ran.status, said: ran.stderr ?? "" };
}

function fuzz(program, target, seconds) {
  const crashes = join(state("crashes"), `${target}-`);
  const args = [state(target), committed(target), `-max_total_time=${seconds}`, `-max_len=${INPUT_BYTES_MAX}`];
  args.push("-print_final_stats=1", "-timeout=10", "-rss_limit_mb=4096", `-artifact_prefix=${crashes}`);
  const { code, said } = libfuzzer(program, target, args);
  const number = (name) => Number(new RegExp(`${name}:\\s*(\\d+)`).exec(said)?.[1] ?? 0);
  const reached = [...said.matchAll(/cov: (\d+) ft: (\d+)/g)].at(-1) ?? [];
  const executions = number("stat::number_of_executed_units");
  console.log(`${target}: ${executions} executions, ${seconds} s, ${reached[1] ?? "?"} places, ${number("stat::new_units_added")} new inputs, ${code === 0 ? 0 : 1} panics and broken rules`);
  if (code !== 0) console.log(said.split("\n").slice(-40).join("\n"));
  return code === 0;
}

/** Adds to the committed inputs those found ones that reach something more. */
function keep(program, target) {
  const merged = mkdtempSync(join(state("merge"), `${target}-`));
  const had = committed(target);
  const { code, said } = libfuzzer(program, target, ["-merge=1", `-max_len=${INPUT_BYTES_MAX}`, merged, had, state(target)]);
  if (code !== 0) throw new Trouble(`${target}: what was found cannot be merged:\n${said.slice(-2_000)}`);
  const digest = (file) => createHash("sha1").update(readFileSync(file)).digest("hex");
  const known = new Set(readdirSync(had).map((name) => digest(join(had, name))));
  const size = (name) => statSync(join(merged, name)).size;
  const found = readdirSync(merged).filter((name) => !known.has(digest(join(merged, name))));
  found.sort((a, b) => size(a) - size(b));
  const added = found.slice(0, Math.max(0, KEPT_MAX - known.size));
  for (const name of added) copyFileSync(join(merged, name), join(had, digest(join(merged, name)).slice(0, 12)));
  rmSync(merged, { recursive: true });
  console.log(`${target}: ${added.length} of ${found.length} inputs are kept in ${had}`);
}

await main(import.meta.url, async () => {
  const args = process.argv.slice(2);
  const [wanted, time] = args.filter((arg) => !arg.startsWith("--"));
  const all = readdirSync(join(ROOT, "tests", "corpus", "fuzz"));
  const targets = wanted === "all" ? all : all.filter((name) => name === wanted);
  const seconds = Number(time ?? 60);
  if (targets.length === 0 || !(seconds > 0)) throw new Trouble(`fuzz:guided -- TARGET [seconds]; TARGET is all, or ${all.join(", ")}`);
  const program = build();
  let good = true;
  for (const target of targets) {
    good = fuzz(program, target, seconds) && good;
    if (good && args.includes("--keep")) keep(program, target);
  }
  if (!good) throw new Trouble("an input broke a rule: it is in .state/fuzz/crashes");
});
