// The comparators of `npm run bench`: what Postroom's users would pick instead, each as a good
// developer would write it, doing the same work with the same durability (README.md beside this).
//
// Each target is { name, what, wire, prepare(), start(options) }. `wire` is how its sockets speak:
// "websocket", "socketio" or none. prepare() installs and bundles what is missing.
// start({ port, dataDir, secret }) gives { pid, url, port, log, stop(), kill9() } when
// GET /health answers; `pid` is the one process whose CPU, memory and fsyncs count, and stop()
// leaves the data where it is.

import { createRequire } from "node:module";
import { join } from "node:path";
import { ROOT } from "../../../gateway/dev/tools.mjs";
import { bundleHono, nodePackages, python, pythonPackages } from "./prepare.mjs";
import { startProcess } from "./process.mjs";

const here = (...path) => join(import.meta.dirname, ...path);

const bare = {
  name: "bare",
  what: "a plain JS Worker that answers one constant JSON: the ceiling of the runtime",
  prepare: async () => {},
  start: (options) => workerd("bare", [], options),
};

const plain = {
  name: "plain",
  what: "a gateway and a Durable Object in plain JS: RPC, SQLite, hibernating WebSockets",
  wire: "websocket",
  prepare: async () => {},
  start: (options) => workerd("plain", storage(options), options),
};

const hono = {
  name: "hono",
  what: "TypeScript with Hono, zod, hono/jwt and partyserver, on the same workerd as `plain`",
  wire: "websocket",
  async prepare() {
    await nodePackages();
    await bundleHono();
  },
  start: (options) => workerd("hono", storage(options), options),
};

const node = {
  name: "node",
  what: "Node with Fastify, @fastify/jwt, Socket.IO and better-sqlite3 (WAL, synchronous=FULL)",
  wire: "socketio",
  prepare: nodePackages,
  start: (options) => startProcess([process.execPath, here("node", "server.js")], options),
};

const fastapi = {
  name: "python",
  what: "FastAPI, uvicorn, python-socketio, PyJWT and SQLAlchemy on SQLite (WAL, synchronous=FULL)",
  wire: "socketio",
  prepare: pythonPackages,
  start: (options) => startProcess([python(), here("python", "server.py")], options),
};

export const targets = [bare, plain, hono, node, fastapi];

/** The runtime that wrangler brings, so that Postroom and the comparators run on the same one. */
function workerd(name, args, options) {
  const require = createRequire(join(ROOT, "package.json"));
  const binary = require("workerd").default;
  const address = `--socket-addr=http=127.0.0.1:${options.port}`;
  const config = here(name, "config.capnp");
  return startProcess([binary, "serve", "--experimental", config, address, ...args], options);
}

const storage = ({ dataDir }) => [`--directory-path=storage=${dataDir}`];
