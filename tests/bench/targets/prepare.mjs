// What the targets need, installed or built once; a second call finds it.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask, run, say, toolDir, Trouble } from "../../../gateway/dev/tools.mjs";

const BENCH = join(import.meta.dirname, "..");
const REQUIREMENTS = join(import.meta.dirname, "python", "requirements.txt");
const PYTHON_MIN = [3, 11];

async function must(what, command, args, options) {
  const ran = await run(what, command, args, options);
  if (ran.code !== 0) throw new Trouble(`${what} failed (log: ${ran.log}):\n${ran.tail.trim()}`);
}

/** Installs tests/bench/package-lock.json; better-sqlite3 is compiled where no binary fits. */
export async function nodePackages() {
  const [installed, locked] = [join("node_modules", ".package-lock.json"), "package-lock.json"]
    .map((name) => statSync(join(BENCH, name), { throwIfNoEntry: false }));
  const compiled = existsSync(join(BENCH, "node_modules", "better-sqlite3", "build", "Release"));
  if (compiled && installed?.mtimeMs >= locked.mtimeMs) return;
  say("installing the npm packages of the bench targets (up to 3 minutes where SQLite is compiled)");
  await must("npm ci for the bench", "npm", ["ci", "--no-audit", "--no-fund"], { cwd: BENCH });
}

/** Bundles the TypeScript target, as wrangler would. */
export async function bundleHono() {
  const { build } = await import("esbuild");
  await build({
    entryPoints: [join(import.meta.dirname, "hono", "worker.ts")],
    outfile: join(BENCH, "build", "hono.js"),
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:workers"],
    logLevel: "warning",
  });
}

/** The folder of the virtual environment: another one for other requirements or another Python. */
function venv() {
  const version = ask("python3", ["-c", "import sys; print(*sys.version_info[:3], sep='.')"]);
  const [major, minor] = (version ?? "0.0").split(".").map(Number);
  if (major !== PYTHON_MIN[0] || minor < PYTHON_MIN[1]) {
    throw new Trouble(`Python ${PYTHON_MIN.join(".")} or newer is missing: \`apt-get install python3 python3-venv\``);
  }
  const hash = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  return toolDir("bench-python", `${version}-${hash}`);
}

/** The interpreter of the virtual environment. */
export const python = () => join(venv(), "bin", "python");

/** Makes the virtual environment in the cache folder. */
export async function pythonPackages() {
  const dir = venv();
  const done = join(dir, "complete.txt"); // a copy of the requirements, the last to be written
  if (existsSync(done)) return;
  say("installing the Python packages of the bench");
  rmSync(dir, { recursive: true, force: true }); // what a broken-off run left
  await must("python3 -m venv", "python3", ["-m", "venv", dir]);
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "-r", REQUIREMENTS];
  await must("pip install", join(dir, "bin", "python"), pip);
  await must("pip check", join(dir, "bin", "python"), ["-m", "pip", "check"]);
  writeFileSync(done, readFileSync(REQUIREMENTS));
}
