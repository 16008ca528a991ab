// Starts the Worker on this machine, in workerd, on a folder of its own; for `npm run dev` and tests.
//
// Each start is a process group: stop() ends it in order, kill9() all at once like a power cut, and a
// second start on the same folder finds what was durable. Nothing else on the machine is touched.
// It does not build: call build() before.

import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { closeSync, cpSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "./port.mjs";
import { killGroup, nodeBin, ROOT, run, Trouble } from "./tools.mjs";

const MIGRATIONS = join(ROOT, "schema", "migrations", "d1");
const CONFIG = join(ROOT, "wrangler.toml");
// What wrangler may not do here: phone home, ask, or fetch a sample of `Request.cf`.
const QUIET = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  CI: "true",
};

/**
 * Starts the Worker and waits until it answers.
 *
 * port       a free one if not given
 * persistTo  the folder of all its storage; made if missing
 * vars       variables and secrets; if given, .dev.vars is not read
 * env        environment variables of the process itself
 * config     another Worker's wrangler.toml (the edge tests' toy); then no D1 is migrated
 * main       another entry file in front of the same Worker (a harness's)
 * readyPath  what must answer 200 (default /healthz), within readyMs (default 60 s)
 *
 * Gives { url, port, pid, pids(), log, logText(), exited, stop(), kill9() }.
 */
export async function startWorker(options = {}) {
  try {
    return await start(options);
  } catch (e) {
    if (!e.message.includes("Address already in use")) throw e;
    return start(options); // on other ports, since somebody was faster
  }
}

async function start(options) {
  const { persistTo, vars, env = {}, config = CONFIG, main, readyPath = "/healthz", readyMs = 60_000 } = options;
  if (!persistTo) throw new Trouble("startWorker: persistTo is missing");
  const dir = resolve(persistTo);
  const scratch = join(dir, "tmp"); // what a killed workerd leaves behind goes with the folder
  mkdirSync(scratch, { recursive: true });
  if (config === CONFIG) await migrateD1(dir);
  const port = await freePort(options.port);
  const args = ["dev", ...(main ? [main] : []), "--config", config, "--ip", "127.0.0.1", "--port", String(port)];
  args.push("--inspector-port", String(await freePort()), "--persist-to", dir, "--show-interactive-dev-session=false");
  if (vars) args.push("--env-file", writeVars(dir, vars));
  const log = options.log ?? join(dir, "worker.log");
  const out = openSync(log, "a");
  const child = spawn(process.execPath, [wranglerScript(), ...args], {
    cwd: ROOT,
    detached: true, // leads a process group: wrangler, workerd, esbuild
    stdio: ["ignore", out, out],
    env: { ...process.env, ...QUIET, ...ownFolders(dir, scratch), ...env },
  });
  closeSync(out);
  const worker = handle(child, port, log);
  try {
    await ready(worker, readyPath, readyMs);
  } catch (e) {
    await worker.kill9();
    throw e;
  }
  return worker;
}

/** Keeps wrangler's own files out of the user's home and apart from other starts. */
function ownFolders(dir, scratch) {
  return { WRANGLER_REGISTRY_PATH: join(dir, "registry"), WRANGLER_LOG_PATH: scratch, TMPDIR: scratch };
}

function handle(child, port, log) {
  const atExit = () => killGroup(child.pid, "SIGKILL");
  process.once("exit", atExit);
  let over = false;
  const exited = new Promise((done) => {
    child.once("exit", (code) => ((over = true), process.off("exit", atExit), done(code)));
  });
  const kill9 = async () => {
    killGroup(child.pid, "SIGKILL");
    await exited;
    while (groupPids(child.pid).length > 0) await wait(5); // its files and its port are free then
  };
  const stop = async () => {
    killGroup(child.pid, "SIGTERM");
    await Promise.race([exited, wait(5_000, undefined, { ref: false })]);
    await kill9(); // whatever of the group is left
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid,
    pids: () => groupPids(child.pid),
    log,
    logText: () => readFileSync(log, "utf8"),
    exited,
    get running() {
      return !over;
    },
    stop,
    kill9,
  };
}

async function ready(worker, path, limitMs) {
  const until = Date.now() + limitMs;
  let last = "no answer";
  while (Date.now() < until) {
    if (!worker.running) break;
    try {
      const answer = await fetch(worker.url + path, { signal: AbortSignal.timeout(5_000) });
      await answer.arrayBuffer();
      if (answer.ok) return;
      last = `status ${answer.status}`;
    } catch (e) {
      last = e.cause?.code ?? e.name;
    }
    await wait(50);
  }
  const why = worker.running ? `${path}: ${last} for ${limitMs} ms` : "it ended at once";
  throw new Trouble(`the Worker did not start (${why}); log: ${worker.log}\n${worker.logText().slice(-3000)}`);
}

/** The processes of a group that run (Linux); a test shows by it that none is left. */
function groupPids(group) {
  if (!existsSync("/proc/self/stat")) return [];
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const [state, , pgrp] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop().split(" ");
      return Number(pgrp) === group && state !== "Z";
    } catch {
      return false; // it ended meanwhile
    }
  });
}

/** Variables and secrets as a file, since other users of the machine can read command lines. */
function writeVars(dir, vars) {
  const file = join(dir, "vars.env");
  const line = ([name, value]) => {
    const quote = ["'", '"', "`"].find((q) => !String(value).includes(q));
    if (!quote) throw new Trouble(`startWorker: the value of ${name} has all three kinds of quotes`);
    const text = String(value).replaceAll("$", "\\$"); // or wrangler would expand it
    return `${name}=${quote}${text}${quote}\n`;
  };
  writeFileSync(file, Object.entries(vars).map(line).join(""), { mode: 0o600 });
  return file;
}

const wranglerScript = () => join(ROOT, "node_modules", "wrangler", "wrangler-dist", "cli.js");

/**
 * Applies the D1 migrations to a storage folder. Wrangler takes some two seconds for it, so a new
 * folder gets a copy of a migrated one, and one that has had these migrations is left alone.
 */
export async function migrateD1(dir) {
  const hash = createHash("sha256").update(readFileSync(CONFIG));
  const files = existsSync(MIGRATIONS) ? readdirSync(MIGRATIONS).filter((f) => f.endsWith(".sql")).sort() : [];
  if (files.length === 0) return;
  for (const f of files) hash.update(f).update(readFileSync(join(MIGRATIONS, f)));
  const key = hash.digest("hex").slice(0, 16);
  const stamp = join(dir, "d1-migrations");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === key) return;
  if (existsSync(join(dir, "v3", "d1"))) {
    await applyMigrations(dir);
  } else {
    cpSync(join(await template(key), "v3"), join(dir, "v3"), { recursive: true });
  }
  writeFileSync(stamp, key);
}

async function template(key) {
  const wanted = join(ROOT, ".state", "templates", key);
  if (existsSync(wanted)) return wanted;
  const making = `${wanted}.${randomBytes(4).toString("hex")}`;
  mkdirSync(making, { recursive: true });
  await applyMigrations(making);
  try {
    renameSync(making, wanted);
  } catch (e) {
    if (!existsSync(wanted)) throw e; // else another process was first
    rmSync(making, { recursive: true, force: true });
  }
  return wanted;
}

async function applyMigrations(dir) {
  const args = ["d1", "migrations", "apply", "DB", "--local", "--config", CONFIG, "--persist-to", dir];
  const ran = await run("D1 migrations", nodeBin("wrangler"), args, { env: QUIET });
  if (ran.code !== 0) throw new Trouble(`D1 migrations failed (log: ${ran.log}):\n${ran.tail.trim()}`);
}
