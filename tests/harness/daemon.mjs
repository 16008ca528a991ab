// A server out of a package, run for tests as a child process with a folder and ports of its own.

import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../../gateway/dev/port.mjs";

const TAKEN = /address already in use/i;

/**
 * Starts a server and waits until it listens on each of its ports. `prepare(folder, ports)` writes what the
 * server needs into its folder, and gives its `command` and, if it writes one, its `logFile`.
 *
 * Somebody else may take a port between our look and the server's use of it: then it is started once
 * more, on other ports.
 */
export async function startDaemon({ name, portNames, prepare, limitMs = 20_000 }) {
  for (const tries of [1, 2]) {
    const daemon = await begin({ name, portNames, prepare });
    if (await listens(daemon, limitMs)) return daemon;
    const why = daemon.log();
    await daemon.stop();
    if (tries === 2 || !TAKEN.test(why)) throw new Error(`${name} did not start: ${why}`);
  }
}

async function begin({ name, portNames, prepare }) {
  const folder = mkdtempSync(join(tmpdir(), `postroom-${name.toLowerCase()}-`));
  chmodSync(folder, 0o755);
  const ports = {};
  for (const port of portNames) ports[port] = await freePort();
  const { command, logFile, ...prepared } = prepare(folder, ports);
  const child = spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (data) => (output += data));
  child.stderr.on("data", (data) => (output += data));
  let hasEnded = false;
  const ended = new Promise((resolve) => {
    child.once("close", resolve);
    child.once("error", (error) => resolve((output += error.message))); // there is no such program
  }).then(() => (hasEnded = true));
  return {
    ...prepared,
    folder,
    ports,
    pid: child.pid,
    hasEnded: () => hasEnded,
    log: () => (logFile && existsSync(logFile) ? readFileSync(logFile, "utf8") : "") + output,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whether it comes to listen on all of its ports: it, and not somebody who was there before it. */
async function listens(daemon, limitMs) {
  const deadline = Date.now() + limitMs;
  while (Date.now() < deadline && !daemon.hasEnded() && !TAKEN.test(daemon.log())) {
    const own = portsOf(daemon.pid);
    if (Object.values(daemon.ports).every((port) => own.has(port))) return true;
    await wait(50);
  }
  return false;
}

/** The ports of 127.0.0.1 that a process listens on, by what Linux says of its sockets. */
function portsOf(pid) {
  const ports = new Set();
  const own = new Set();
  try {
    const descriptors = join("/proc", String(pid), "fd");
    for (const one of readdirSync(descriptors)) own.add(readlinkSync(join(descriptors, one)));
  } catch {
    return ports; // it ended, or closed one of them, while we looked
  }
  for (const line of readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1)) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state === "0A" && own.has(`socket:[${inode}]`)) ports.add(parseInt(local.split(":")[1], 16));
  }
  return ports;
}

/** For a program of its own: prints what is to be known of a server, and stops it when standard input ends. */
export function serve(server, about) {
  console.log(JSON.stringify(about));
  const end = async () => {
    await server.stop();
    process.exit(0);
  };
  process.stdin.resume().once("end", end);
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
}
