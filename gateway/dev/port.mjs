// Ports for programs that must be told theirs before they start.
//
// Between our look and their use of it another process may take a port. Outgoing connections cannot:
// the system gives them theirs from a range that begins above ours (at 32768 on Linux). Each process
// begins somewhere else and goes on from there, so two of ours seldom meet; where they do all the
// same, startWorker() tries once more.

import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { Trouble } from "./tools.mjs";

const FIRST = 20_000;
const COUNT = 12_000;
let next = randomInt(COUNT);

/** A port of 127.0.0.1 that nobody listens on: the wanted one, or any, and then never the same twice. */
export async function freePort(wanted = 0) {
  if (wanted !== 0) {
    if (await isFree(wanted)) return wanted;
    throw new Trouble(`port ${wanted} is in use: choose another, e.g. PORT=${wanted + 1}`);
  }
  for (let looks = 0; looks < COUNT; looks += 1) {
    const port = FIRST + (next++ % COUNT);
    if (await isFree(port)) return port;
  }
  throw new Trouble(`no port from ${FIRST} to ${FIRST + COUNT - 1} is free`);
}

function isFree(port) {
  return new Promise((done, fail) => {
    const server = createServer().once("error", (e) => (e.code === "EADDRINUSE" ? done(false) : fail(e)));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
}
