// The product on workerd itself, for what measures it and for what kills it.
//
// `wrangler dev` puts two more Workers before this one and a second workerd around it: fine for tests
// of behaviour, but whoever measures would measure those. Here one workerd serves the Worker as it is
// uploaded (`wrangler deploy --dry-run` bundles it), on a socket of its own, with the bindings of
// wrangler.toml and all storage but the queues' on disk. Miniflare, which comes with wrangler, writes
// workerd's configuration and supplies D1, KV, R2 and the queues in the same process.
//
// Static files (/docs, /openapi.json) are not served: on Cloudflare they run before the Worker.
// It does not build: call build() before.

import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../../gateway/dev/port.mjs";
import { nodeBin, ROOT, run, Trouble } from "../../gateway/dev/tools.mjs";
import { migrateD1 } from "../../gateway/dev/worker.mjs";
import { VARS } from "./worker.mjs";

const CONFIG = join(ROOT, "wrangler.toml");
const ENTRY = join(ROOT, "gateway", "entry.js");
const QUIET = { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", CI: "true" };
const READY_MS = 60_000;

/**
 * Starts the product in one workerd and waits until it answers.
 *
 * persistTo  the folder of all its storage; made if missing, found again at the next start
 * port       a free one if not given
 * vars       variables and secrets, over those of tests (VARS)
 * entry      another entry file in front of the same Worker (a harness's)
 * ready      false: gives the handle as soon as workerd listens, before the first request
 *
 * Gives { url, port, pid, log, startedMs, running, scheduled(cron), stop(), kill9() }; `pid` is
 * workerd's own, and kill9() ends nothing but that: what it had made durable is found by the next
 * start on the same folder. A queue's messages are in memory and go with the process.
 */
export async function startWorkerd({ persistTo, port, vars = {}, entry = ENTRY, ready = true } = {}) {
  if (!persistTo) throw new Trouble("startWorkerd: persistTo is missing");
  const dir = resolve(persistTo);
  mkdirSync(dir, { recursive: true });
  await migrateD1(dir);
  const [options, bundle] = await Promise.all([bindings(), bundled(entry)]);
  const own = await freePort(port);
  const inner = await freePort();
  const log = join(dir, "workerd.log");
  const { Miniflare, Log, LogLevel } = await import("miniflare");
  const began = performance.now();
  const miniflare = new Miniflare({
    ...shared(dir, inner, log, new Log(LogLevel.NONE)),
    workers: [
      {
        ...options,
        ...bundle,
        name: "postroom",
        bindings: { ...options.bindings, ...VARS, ...vars },
        unsafeDirectSockets: [{ host: "127.0.0.1", port: own }],
      },
    ],
  });
  try {
    await miniflare.ready;
    const worker = handle(miniflare, workerdPid(inner), own, log, performance.now() - began);
    if (ready) await answers(worker);
    return worker;
  } catch (e) {
    await miniflare.dispose().catch(() => {});
    throw e;
  }
}

/** What wrangler.toml binds, as miniflare wants it; the same names, ids and classes as `wrangler dev`. */
async function bindings() {
  const { unstable_getMiniflareWorkerOptions: read } = await import("wrangler");
  // No .dev.vars: what a developer has there is no part of a measurement.
  const { workerOptions } = read(CONFIG, undefined, { envFiles: [] });
  const { assets: _, modulesRules: __, ...options } = workerOptions;
  return options;
}

function shared(dir, inner, log, quiet) {
  const write = (chunk) => appendFileSync(log, chunk);
  return {
    host: "127.0.0.1",
    port: inner,
    cf: false,
    log: quiet,
    defaultPersistRoot: join(dir, "v3"),
    handleRuntimeStdio: (out, err) => void (out.on("data", write), err.on("data", write)),
  };
}

const bundles = new Map();

/** The modules of an entry as they are uploaded; made once in the life of this process. */
function bundled(entry) {
  if (!bundles.has(entry)) bundles.set(entry, bundle(entry));
  return bundles.get(entry);
}

async function bundle(entry) {
  const outdir = mkdtempSync(join(tmpdir(), "postroom-bundle-"));
  process.once("exit", () => rmSync(outdir, { recursive: true, force: true }));
  const args = ["deploy", entry, "--dry-run", "--config", CONFIG, "--env", "", "--outdir", outdir];
  const ran = await run("bundling the Worker", nodeBin("wrangler"), args, { env: QUIET });
  if (ran.code !== 0) throw new Trouble(`bundling failed (log: ${ran.log}):\n${ran.tail.trim()}`);
  const main = basename(entry).replace(/\.\w+$/, ".js");
  const wasm = readdirSync(outdir).filter((name) => name.endsWith(".wasm"));
  const modules = [
    { type: "ESModule", path: join(outdir, main) },
    ...wasm.map((name) => ({ type: "CompiledWasm", path: join(outdir, name) })),
  ];
  return { modules, modulesRoot: outdir };
}

/** The workerd that this process started with the inner port `inner`. */
function workerdPid(inner) {
  const found = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).find((pid) => {
    try {
      const parent = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop().split(" ")[1];
      return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`127.0.0.1:${inner}\0`);
    } catch {
      return false; // it ended meanwhile
    }
  });
  if (!found) throw new Trouble("workerd is not among the processes");
  return Number(found);
}

/** True while the process is there and no zombie. */
function isAlive(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()[0] !== "Z";
  } catch {
    return false;
  }
}

function handle(miniflare, pid, port, log, startedMs) {
  const gone = async () => {
    while (isAlive(pid)) await wait(2);
  };
  let over;
  const stop = () => (over ??= miniflare.dispose().catch(() => {}).then(gone));
  const kill9 = async () => {
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
    await gone();
    await stop(); // what miniflare itself holds: its loopback server and its scratch folder
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid,
    log,
    startedMs,
    get running() {
      return isAlive(pid);
    },
    /** Runs the Worker's cron handler, as the platform would. */
    scheduled: async (cron) => (await miniflare.getWorker()).scheduled({ cron, scheduledTime: new Date() }),
    stop,
    kill9,
  };
}

async function answers(worker) {
  const until = Date.now() + READY_MS;
  let last = "no answer";
  while (Date.now() < until && worker.running) {
    try {
      const answer = await fetch(`${worker.url}/healthz`, { signal: AbortSignal.timeout(5_000) });
      await answer.arrayBuffer();
      if (answer.ok) return;
      last = `status ${answer.status}`;
    } catch (e) {
      last = e.cause?.code ?? e.name;
    }
    await wait(20);
  }
  throw new Trouble(`workerd did not answer (${last}); log: ${worker.log}\n${readFileSync(worker.log, "utf8").slice(-3000)}`);
}
