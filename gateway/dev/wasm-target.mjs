// Finds or makes a Rust compiler that can compile to WebAssembly, and says how to reach it.
//
// The usual way is `rustup target add`. Where rustup can download nothing but Debian's packages are
// there, Debian's compiler and sources are installed, the standard library is built once (30 s) and
// the result is linked into rustup as `debian-wasm`. The default toolchain is left as it is.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { ask, run, say, Trouble, WASM_TARGET, wasmLibDir } from "./tools.mjs";

const LINKED = "debian-wasm";
const PACKAGES = ["rustc-web", "cargo-web", "rust-web-src"];
const DEBIAN_SYSROOT = "/usr"; // where Debian's packages put compiler and libraries
const DEBIAN_BIN = "/usr/bin";
const debianFirst = () => ({ PATH: `${DEBIAN_BIN}:${process.env.PATH}` });
const rustlib = (...parts) => join(DEBIAN_SYSROOT, "lib", "rustlib", ...parts);

/** The environment under which cargo compiles to wasm; installs what is missing. */
export async function wasmToolchain() {
  if (holdsStd(wasmLibDir())) return {};
  if (debianIsReady()) return debianEnv();
  const why = await addByRustup();
  if (why === undefined) return {};
  say(`${why}; trying Debian's compiler`);
  await makeDebian();
  return debianEnv();
}

function holdsStd(dir) {
  return Boolean(dir && existsSync(dir) && readdirSync(dir).some((f) => /^libstd-.*\.rlib$/.test(f)));
}

/** Undefined if the target is there afterwards, else why not. */
async function addByRustup() {
  if (!ask("rustup", ["--version"])) return "rustup is not here";
  say(`adding the Rust target ${WASM_TARGET}`);
  const ran = await run("rustup target add", "rustup", ["target", "add", WASM_TARGET], {
    env: { RUSTUP_MAX_RETRIES: "1" },
    stalled: noProgress(),
  });
  if (ran.code === 0 && holdsStd(wasmLibDir())) return undefined;
  const lines = ran.tail.trim().split("\n");
  return `rustup could not add ${WASM_TARGET} (${lines.find((l) => l.startsWith("error")) ?? lines.pop()})`;
}

/** Ends a download of 180 s, or one that for 45 s neither printed nor wrote anything. */
function noProgress() {
  const began = Date.now();
  let [seen, since] = ["", began];
  return (bytes) => {
    const now = Date.now();
    const state = `${bytes}/${downloadedBytes()}`;
    if (state !== seen) [seen, since] = [state, now];
    if (now - since > 45_000) return "no progress for 45 s";
    if (now - began > 180_000) return "not done after 180 s";
    return undefined;
  };
}

function downloadedBytes() {
  const dir = join(process.env.RUSTUP_HOME || join(homedir(), ".rustup"), "downloads");
  if (!existsSync(dir)) return 0;
  return readdirSync(dir)
    .map((f) => statSync(join(dir, f), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((a, b) => a + b, 0);
}

// --- Debian ---------------------------------------------------------------------------------

const stdStamp = () => rustlib(WASM_TARGET, "lib", "postroom.txt");
const debianVersion = () => ask(join(DEBIAN_BIN, "rustc"), ["-vV"]);
const hasRustup = () => ask("rustup", ["--version"]) !== undefined;
const debianEnv = () => (hasRustup() ? { RUSTUP_TOOLCHAIN: LINKED } : debianFirst());

/** True if Debian's compiler has a wasm standard library of its own version, a linker and a link. */
function debianIsReady() {
  const version = existsSync(stdStamp()) ? debianVersion() : undefined;
  if (!version || readFileSync(stdStamp(), "utf8") !== version) return false;
  if (!holdsStd(rustlib(WASM_TARGET, "lib")) || !existsSync(lldPath(DEBIAN_SYSROOT))) return false;
  return !hasRustup() || holdsStd(wasmLibDir({ RUSTUP_TOOLCHAIN: LINKED }));
}

async function makeDebian() {
  const advice = `install the Rust target ${WASM_TARGET}, e.g. \`rustup target add ${WASM_TARGET}\``;
  if (!existsSync("/usr/bin/apt-get")) throw new Trouble(advice);
  if (process.getuid() !== 0) {
    throw new Trouble(`${advice}, or as root: apt-get install ${PACKAGES.join(" ")}, npm run setup`);
  }
  await installPackages();
  await linkLinker();
  if (!holdsStd(rustlib(WASM_TARGET, "lib")) || !debianIsReady()) await buildStd();
  if (hasRustup()) await must("rustup link", "rustup", ["toolchain", "link", LINKED, DEBIAN_SYSROOT]);
  if (!debianIsReady()) throw new Trouble(`Debian's compiler did not become usable; ${advice}`);
}

async function installPackages() {
  const missing = (name) => ask("dpkg-query", ["-W", "-f=${Status}", name]) !== "install ok installed";
  if (!PACKAGES.some(missing)) return;
  say(`installing Debian's ${PACKAGES.join(", ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await must("apt-get update", "apt-get", ["update"], { env });
  const args = ["install", "-y", "--no-install-recommends", ...PACKAGES];
  await must("apt-get install", "apt-get", args, { env });
}

const lldPath = (sysroot) => {
  const host = /host: (\S+)/.exec(debianVersion() ?? "")?.[1] ?? "unknown";
  return join(sysroot, "lib", "rustlib", host, "bin", "rust-lld");
};

/** Debian's compiler looks for `rust-lld` in its own folder; rustup's toolchain brings one along. */
async function linkLinker() {
  const wanted = lldPath(DEBIAN_SYSROOT);
  if (existsSync(wanted)) return;
  const sysroot = ask("rustc", ["--print", "sysroot"]);
  const found = sysroot && lldPath(sysroot);
  if (!found || !existsSync(found)) {
    throw new Trouble("no rust-lld found: install a rustup toolchain (`rustup default stable`)");
  }
  rmSync(wanted, { force: true }); // a link whose end is gone
  mkdirSync(join(wanted, ".."), { recursive: true });
  symlinkSync(found, wanted);
}

/** Compiles an empty crate together with the standard library and keeps the library. */
async function buildStd() {
  say("building the standard library for wasm, once (about 30 s)");
  const dir = mkdtempSync(join(tmpdir(), "postroom-std-"));
  mkdirSync(join(dir, "src"));
  writeFileSync(join(dir, "src", "lib.rs"), "");
  const manifest = '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n';
  writeFileSync(join(dir, "Cargo.toml"), manifest);
  const parts = "std,panic_abort,panic_unwind,proc_macro";
  const args = ["build", "--release", "--target", WASM_TARGET, "-Z", `build-std=${parts}`];
  // Without the bitcode, link-time optimisation fails: "Can't find section .llvmbc".
  const flags = { RUSTC_BOOTSTRAP: "1", RUSTFLAGS: "-Cembed-bitcode=yes", CARGO_TARGET_DIR: join(dir, "target") };
  const env = { ...flags, ...debianFirst(), RUSTC: join(DEBIAN_BIN, "rustc") };
  await must("building std", join(DEBIAN_BIN, "cargo"), args, { cwd: dir, env });
  const from = join(dir, "target", WASM_TARGET, "release", "deps");
  const to = rustlib(WASM_TARGET, "lib");
  rmSync(to, { recursive: true, force: true }); // libraries of an older compiler would clash
  mkdirSync(to, { recursive: true });
  for (const f of readdirSync(from)) {
    if (f.endsWith(".rlib") && !f.startsWith("libempty-")) copyFileSync(join(from, f), join(to, f));
  }
  writeFileSync(stdStamp(), debianVersion());
  rmSync(dir, { recursive: true, force: true });
}

async function must(what, command, args, options) {
  const ran = await run(what, command, args, options);
  if (ran.code !== 0) throw new Trouble(`${what} failed (log: ${ran.log}):\n${ran.tail.trim()}`);
}
