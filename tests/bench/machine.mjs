// What the benchmark asks of the system: processors, memory, fsyncs, and the time since a start.

import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { get, request } from "node:http";
import { cpus, loadavg, release, totalmem } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { ask, Trouble } from "../../gateway/dev/tools.mjs";

/** Linux counts a process's time in hundredths of a second. */
const TICK_MS = 10;
const COLD_MS = 60_000;

/** Servers on one processor, the driver on another, where there are two and something to pin with. */
const PINS = cpus().length > 1 && ask("taskset", ["--version"]) !== undefined;

/** The command line of the driver, on its own processor. */
export const pinned = (command) => (PINS ? ["taskset", "-c", "1", ...command] : command);

/** Moves a process, its threads and its children to the servers' processor. */
export function pin(pid) {
  if (!PINS) return;
  for (const one of tree(pid)) ask("taskset", ["-a", "-c", "-p", "0", String(one)]);
}

/** A process and its children's children. */
function tree(root) {
  const found = new Set([root]);
  const parents = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    const fields = stat(pid);
    return fields ? [[Number(pid), Number(fields[1])]] : [];
  });
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** What stands after the name in `stat`: state, parent, …; undefined where the process has ended. */
function stat(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop().split(" ");
  } catch {
    return undefined;
  }
}

/** The memory of a process and its children, in megabytes. */
export function rssMb(root) {
  const kb = tree(root).map((pid) => {
    try {
      return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    } catch {
      return 0; // it ended meanwhile
    }
  });
  return kb.reduce((sum, one) => sum + one, 0) / 1024;
}

const upMs = () => Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;

/** The milliseconds from a process's start to `at`, a moment of upMs(); both come in steps of ten. */
const sinceStart = (pid, at) => Math.max(0, at - Number(stat(pid)[19]) * TICK_MS);

const asked = (url) =>
  new Promise((done) => {
    const asking = get(url, { agent: false, timeout: 5_000 }, (answer) => {
      answer.resume().on("end", () => done(answer.statusCode === 200));
    });
    asking.on("error", () => done(false)).on("timeout", () => asking.destroy());
  });

/** Posts JSON over a connection of its own; gives the status and how long it took. */
export function posted(url, token, body) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const began = performance.now();
  return new Promise((done, fail) => {
    const asking = request(url, { method: "POST", agent: false, timeout: COLD_MS, headers }, (answer) => {
      answer.resume().on("end", () => done({ status: answer.statusCode, ms: performance.now() - began }));
    });
    asking.on("error", fail).on("timeout", () => asking.destroy(new Trouble(`${url}: no answer`)));
    asking.end(JSON.stringify(body));
  });
}

/** Starts a target by `start()` and asks from the first moment; gives it and what the first answer took. */
export async function coldStart(start, url) {
  const answer = (async () => {
    for (const until = Date.now() + COLD_MS; Date.now() < until; await wait(1)) if (await asked(url)) return upMs();
    throw new Trouble(`${url}: no answer for ${COLD_MS} ms`);
  })();
  answer.catch(() => {}); // if start() fails, that is what is told
  const target = await start();
  return { target, firstGetMs: sinceStart(target.pid, await answer) };
}

/**
 * The fsyncs of a process while `work` runs, by strace, which slows it: nothing is timed meanwhile.
 * Undefined where there is no strace, or it may not look.
 */
export async function fsyncs(pid, file, work) {
  if (ask("strace", ["-V"]) === undefined) return undefined;
  const args = ["-f", "-c", "-e", "trace=fsync,fdatasync", "-o", file, ...tree(pid).flatMap((one) => ["-p", String(one)])];
  const strace = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((done) => strace.once("close", done).once("error", done));
  const attached = new Promise((done) => strace.stderr.on("data", (text) => /attached/.test(text) && done(true)));
  if (!(await Promise.race([attached, ended.then(() => false), wait(10_000, false, { ref: false })]))) {
    strace.kill("SIGINT");
    return undefined;
  }
  try {
    await work();
  } finally {
    strace.kill("SIGINT");
    await ended;
  }
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, "utf8").split("\n").filter((line) => /\b(fsync|fdatasync)$/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[3]), 0);
}

/** The machine in a line; `dir` is where data lies. */
export function machine(dir) {
  const [{ model }] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  const disk = ask("stat", ["-f", "-c", "%T", dir]) ?? "unknown";
  const pins = PINS ? "servers pinned to one, the driver to another" : "nothing pinned";
  return (
    `${cpus().length} × ${model.trim()}, ${pins}; ${gib} GiB; Linux ${release()}; data on ${disk}; ` +
    `Node ${process.versions.node}; load at the start ${loadavg()[0].toFixed(1)}`
  );
}
