// One server as one process: started, waited for, stopped or killed.

import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Trouble } from "../../../gateway/dev/tools.mjs";

const READY_MS = 60_000;
const STOP_MS = 5_000;

/**
 * Starts a server on 127.0.0.1 and waits until GET /health answers 200.
 *
 * port      where it listens
 * dataDir   the folder of its storage; made if missing
 * secret    the key of its tokens
 * wrap      a command in front that becomes the server by exec, e.g. ["taskset", "-c", "0"]
 * log       the file of its output (default: dataDir/server.log, added to)
 *
 * Gives { pid, url, port, log, readyMs, stop(), kill9() }; `readyMs` is the time from the start to
 * the first answer.
 */
export async function startProcess(command, { port, dataDir, secret, wrap = [], log }) {
  mkdirSync(dataDir, { recursive: true });
  log ??= join(dataDir, "server.log");
  const out = openSync(log, "a");
  const [program, ...args] = [...wrap, ...command];
  const began = performance.now();
  const child = spawn(program, args, {
    stdio: ["ignore", out, out],
    env: { ...process.env, PORT: String(port), DATA: dataDir, JWT_SECRET: secret, NODE_ENV: "production" },
  });
  closeSync(out);
  let over;
  const exited = new Promise((done) => {
    child.once("error", (error) => done((over = error.message)));
    child.once("exit", (code, signal) => done((over ??= `it ended (${code ?? signal})`)));
  });
  const atExit = () => child.kill("SIGKILL"); // none outlives whoever started it
  process.once("exit", atExit);
  exited.then(() => process.off("exit", atExit));

  const kill9 = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  const stop = async () => {
    child.kill("SIGTERM");
    await Promise.race([exited, wait(STOP_MS, undefined, { ref: false })]);
    await kill9();
  };

  const until = began + READY_MS;
  while (!(await healthy(port))) {
    if (over || performance.now() > until) {
      await kill9();
      const why = over ?? `no answer in ${READY_MS} ms`;
      throw new Trouble(`${command[0]}: ${why}\n${readFileSync(log, "utf8").slice(-3000)}`);
    }
    await wait(5);
  }
  const readyMs = performance.now() - began;
  return { pid: child.pid, url: `http://127.0.0.1:${port}`, port, log, readyMs, stop, kill9 };
}

function healthy(port) {
  return new Promise((done) => {
    const asked = request({ host: "127.0.0.1", port, path: "/health", agent: false, timeout: 5_000 });
    asked.on("response", (answer) => {
      answer.resume();
      answer.on("end", () => done(answer.statusCode === 200)).on("error", () => done(false));
    });
    asked.on("timeout", () => asked.destroy()).on("error", () => done(false)).end();
  });
}
