// Servers for tests: one whose port was taken gets another, and one that is dead is not taken for
// alive because somebody else answers on its port.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import test from "node:test";
import { startDaemon } from "../harness/daemon.mjs";
import { later } from "../harness/worker.mjs";

const LISTEN = `require("node:net").createServer().listen(Number(process.argv[1]), "127.0.0.1")`;

/** Takes a port before the server does. */
function taken(t, port) {
  return new Promise((resolve) => {
    const server = createServer().listen(port, "127.0.0.1", resolve);
    later(t, () => new Promise((done) => server.close(done)));
  });
}

test("a server whose port was taken is started once more, on another", async (t) => {
  const tried = [];
  const first = `setTimeout(() => { ${LISTEN} }, 300)`; // the port is taken meanwhile
  const prepare = (folder, ports) => {
    tried.push(ports.one);
    const isFirst = tried.length === 1;
    if (isFirst) void taken(t, ports.one);
    return { command: [process.execPath, "-e", isFirst ? first : LISTEN, String(ports.one)] };
  };
  const daemon = await startDaemon({ name: "Test", portNames: ["one"], prepare });
  later(t, daemon.stop);
  assert.equal(tried.length, 2);
  assert.equal(daemon.ports.one, tried[1]);
});

test("a server that ends is not started again, and says why", async (t) => {
  let starts = 0;
  const end = (folder, ports) => {
    starts += 1;
    void taken(t, ports.one);
    return { command: [process.execPath, "-e", `console.error("no such option"); process.exit(1)`] };
  };
  await assert.rejects(startDaemon({ name: "Test", portNames: ["one"], prepare: end }), /Test did not start: no such option/);
  assert.equal(starts, 1);
});

test("a program that is missing is named", async () => {
  const prepare = () => ({ command: ["/no/such/program"] });
  await assert.rejects(startDaemon({ name: "Test", portNames: ["one"], prepare }), /did not start: .*ENOENT/);
});
