// What the stand-ins of the outreach providers share: a server on a free port of loopback that
// finds what a request is, checks it, lets faults happen, records it and answers.
//
// A provider says `routes`: { op, method, path, read(call), answer(call) }. Each request goes
// through authorize → admit (limits) → read (checks, gives `call.input`) → fault → answer; what
// throws Refused is answered so. Any other error is a mistake of the stand-in: stop() throws it.
// Nothing is delayed by default, and the clock is the machine's plus what advance() added;
// with `startMs` it stands still in between, so that a test of windows depends on no speed.

import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { Script } from "./script.mjs";

/** A request that is answered with an error: { status, headers, body, type }. */
export class Refused extends Error {
  constructor(answer) {
    super(`refused with ${answer.status}: ${JSON.stringify(answer.body)}`);
    this.answer = answer;
  }
}

/** The clock of a stand-in. */
export function clockOf({ startMs } = {}) {
  let offset = 0;
  return {
    now: () => (startMs ?? Date.now()) + offset,
    advance: (ms) => void (offset += ms),
  };
}

/**
 * Starts a stand-in.
 *
 * routes     what it answers; `path` is a text or an expression, `method` one or several
 * authorize  who asks: throws Refused, or sets something on the call
 * admit      whether there is room: throws Refused
 * faults     the provider's own, name → (call, fault) → answer
 * finish     headers for every answer to an operation: (call) → headers
 * says       what it says to an unknown path, a wrong method, a body over `bodyMax`
 */
export async function startProvider(provider) {
  const { routes, clock = clockOf() } = provider;
  const script = new Script([...new Set(routes.map((one) => one.op))], provider.faults);
  const parts = { provider, clock, script, requests: [], troubles: [], held: [] };
  const server = createServer((request, response) => {
    handle(parts, request, response).catch((error) => {
      if (!["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"].includes(error.code)) {
        parts.troubles.push(error);
      }
      response.destroy();
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    requests: parts.requests, // each as it is recorded, refused ones too
    asked: (op) => parts.requests.filter((one) => one.op === op),
    script: (line) => script.add(line),
    get scriptIsSpent() {
      return script.isSpent;
    },
    faults: script.met,
    now: clock.now,
    advance: clock.advance,
    /** Lets go what a script holds. */
    release: () => parts.held.splice(0).forEach((go) => go()),
    async stop() {
      parts.held.splice(0).forEach((go) => go());
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      if (parts.troubles.length > 0) throw parts.troubles[0];
    },
  };
}

async function handle(parts, request, response) {
  const { provider, clock } = parts;
  const url = new URL(request.url, "http://stand-in");
  const { method, headers } = request;
  const record = { at: clock.now(), method, path: url.pathname, query: url.searchParams, headers };
  parts.requests.push(record);
  const call = { ...record, record, now: clock.now };
  let answer;
  try {
    answer = await answerTo(parts, request, call);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    request.resume();
    record.refused = true;
    ({ answer } = refused);
  }
  if (!answer) return cut(record, response);
  const more = record.op ? provider.finish?.(call, answer) : undefined;
  await write(parts, call, { ...answer, headers: { ...more, ...answer.headers } }, response);
}

/** The answer to a request; undefined where the connection is cut. */
async function answerTo({ provider, script }, request, call) {
  const { record } = call;
  const body = await bodyOf(request, provider.bodyMax ?? 1024 * 1024);
  if (!body) throw new Refused({ ...provider.says.tooLarge(call), closes: true });
  Object.assign(record, { body });
  const route = routeOf(provider, call);
  record.op = route.op;
  Object.assign(call, { op: route.op, body });
  provider.authorize?.(call);
  provider.admit?.(call);
  call.input = route.read?.(call);
  const fault = script.take(record);
  Object.assign(record, { input: call.input, fault: fault?.fault });
  call.fault = fault;
  if (fault?.fault === "cut") return undefined;
  const instead = fault && script.instead[fault.fault];
  return instead ? instead(call, fault) : route.answer(call);
}

function routeOf(provider, call) {
  const fits = ({ path }) => (path instanceof RegExp ? path.test(call.path) : path === call.path);
  const found = provider.routes.filter(fits);
  if (found.length === 0) throw new Refused(provider.says.path(call));
  const route = found.find((one) => [one.method].flat().includes(call.method));
  if (!route) throw new Refused(provider.says.method(call, found.flatMap((one) => one.method)));
  return route;
}

/** The body of a request; undefined where it is longer than `most` bytes. */
async function bodyOf(request, most) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function cut(record, response) {
  record.status = "cut";
  response.destroy();
}

const isStream = (body) => typeof body?.[Symbol.asyncIterator] === "function";

function bytesOf(body) {
  if (body === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

async function write(parts, call, answer, response) {
  const { record, fault } = call;
  if (fault?.fault === "slow") {
    if (fault.ms === undefined) await new Promise((done) => parts.held.push(done));
    else await wait(fault.ms);
  }
  if (fault?.fault === "lost") return cut(record, response);
  record.status = answer.status;
  if (isStream(answer.body)) return flow(record, answer, response);
  const json = answer.body !== undefined && !Buffer.isBuffer(answer.body);
  const type = answer.type ?? (json ? "application/json" : undefined);
  const extra = fault?.fault === "huge" ? (fault.bytes ?? 64 * 1024 * 1024) : 0;
  const bytes = bytesOf(answer.body);
  response.writeHead(answer.status, {
    ...(type ? { "content-type": type } : {}),
    ...(answer.closes ? { connection: "close" } : {}),
    ...answer.headers,
    ...(answer.status === 304 ? {} : { "content-length": bytes.length + extra }),
  });
  if (call.method === "HEAD") return void response.end();
  if (fault?.fault === "truncated") {
    record.status = "truncated";
    return void response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
  }
  response.write(bytes);
  await pour(record, blanks(extra), response);
}

/** Writes a body that comes piece by piece, until it or the client ends. */
async function flow(record, { status, headers, type, body }, response) {
  response.writeHead(status, { ...(type ? { "content-type": type } : {}), ...headers });
  response.flushHeaders();
  await pour(record, body, response);
}

async function* blanks(bytes) {
  const piece = Buffer.alloc(64 * 1024, " ");
  for (let left = bytes; left > 0; left -= piece.length) yield piece.subarray(0, left);
}

/** Counts in the record what left, and whether the client went away before the end. */
async function pour(record, pieces, response) {
  record.sentBytes = 0;
  for await (const piece of pieces) {
    if (response.destroyed) break;
    record.sentBytes += piece.length;
    if (!response.write(piece)) await drained(response);
  }
  record.wasLeft = response.destroyed;
  response.end();
}

/** Resolves when there is room to write on, or nobody to write to. */
const drained = (response) =>
  new Promise((done) => {
    const go = () => {
      response.off("drain", go).off("close", go);
      done();
    };
    response.on("drain", go).on("close", go);
  });
