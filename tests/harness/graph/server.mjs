// The HTTP side: takes a request, finds what it is, lets faults happen, records it, answers.
//
// A place at the mailbox is taken when the head of a request is here and given back just before its
// answer is written, so that requests made at once are counted at once.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { mailboxOf, principalOf } from "./access.mjs";
import { badRequest, Refusal } from "./answer.mjs";
import { cancelUpload, getRanges, putRange, sessionOf } from "./attachments.mjs";
import { refuseBy } from "./faults.mjs";
import { parsePrefer } from "./prefer.mjs";
import { routeOf, targetOf } from "./routes.mjs";

const BODY_MAX = 160 * 1024 * 1024;
const REQUEST_MAX = 4 * 1024 * 1024; // of Graph's, with all that is in it
const UPLOADS = { PUT: putRange, GET: getRanges, DELETE: cancelUpload };

/** Starts the server of a stand-in's parts; gives { origin, stop() }. */
export async function serve(parts) {
  const { world } = parts;
  const server = createServer((request, response) => {
    world.track(handle(parts, request, response)).catch((error) => {
      // A mistake of the stand-in must not look like a refusal of Graph's; a client may go away.
      if (error.code !== "ECONNRESET") parts.troubles.push(error);
      response.destroy();
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  world.origin = `http://127.0.0.1:${server.address().port}`;
  const stop = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return { stop };
}

async function handle(parts, request, response) {
  const { world } = parts;
  const url = new URL(request.url, world.origin);
  const { method, headers } = request;
  const record = {
    id: randomUUID(),
    at: world.now(),
    method,
    path: url.pathname,
    query: url.searchParams,
    headers,
    op: undefined,
    mailbox: undefined,
    status: undefined,
    fault: undefined,
    code: undefined,
    body: undefined,
  };
  world.requests.push(record);
  const isGraphs = /^\/(v1\.0|beta|upload)(\/|$)/.test(url.pathname);
  const work = isGraphs ? graphs : identity;
  const answer = await work(parts, { request, record, url, method, headers });
  await write({ world, answer, record, response, isGraphs });
}

async function bodyOf(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_MAX) throw new Refusal(413, "RequestEntityTooLarge", "The request is too large.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function identity(parts, { request, record, url, method, headers }) {
  const body = await bodyOf(request);
  const form = new URLSearchParams(body.toString());
  record.body = form;
  const isRefresh = form.get("grant_type") === "refresh_token";
  record.op = url.pathname.endsWith("/token") ? (isRefresh ? "refresh" : "token") : url.pathname.split("/").at(-1);
  await wait(parts.world.latencyMs);
  const answer = parts.identity.answer(method, url.pathname, url.searchParams, form, headers);
  record.code = answer?.body?.error;
  return answer ?? { status: 404, body: Buffer.from("nothing here"), type: "text/plain" };
}

/** One request to Graph, or to an upload URL: refusals become answers. */
async function graphs(parts, { request, record, url, method, headers }) {
  const { world } = parts;
  const call = { ...parts, path: url.pathname, query: url.searchParams, headers, method };
  let leave = () => {};
  try {
    const found = find(call, url);
    Object.assign(record, { op: found.op, mailbox: found.mailbox?.address });
    if (found.mailbox) leave = parts.throttle.enter(found.mailbox.address);
    const body = await bodyOf(request);
    record.body = body;
    if (body.length > REQUEST_MAX) throw new Refusal(413, "RequestEntityTooLarge", "The request is too large.");
    call.fault = parts.faults.take(found.op, found.mailbox?.address);
    const kind = call.fault?.fault;
    if (kind === "cut") return { leave, fault: call.fault };
    if (kind === "revoked") parts.identity.revoke(found.mailbox.address);
    refuseBy(call.fault);
    await wait(world.latencyMs);
    Object.assign(call, found, { prefer: parsePrefer(headers.prefer), body, json: () => jsonOf(body, headers) });
    if (found.op === "subscribe") aim(call);
    const answer = await found.run(call);
    const applied = call.prefer.applied.length > 0 ? { "preference-applied": call.prefer.applied.join(", ") } : {};
    return { ...answer, headers: { ...applied, ...answer.headers }, leave, fault: call.fault };
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) {
      leave();
      throw refusal;
    }
    request.resume();
    record.code = refusal.code;
    const said = { requestId: record.id, clientRequestId: headers["client-request-id"], now: world.now() };
    return { ...refusal.asGraph(said), leave: refusal.leave ?? leave, fault: call.fault };
  }
}

/** What a request is: { op, run, params, principal, mailbox }. */
function find(call, url) {
  const { world, identity: platform, headers, method } = call;
  if (url.pathname.startsWith("/upload/")) {
    const session = sessionOf(world, call.uploads, url.searchParams, headers);
    if (!UPLOADS[method]) throw badRequest("An upload is put, asked for, or deleted.");
    return {
      op: "upload",
      run: UPLOADS[method],
      params: {},
      session,
      mailbox: session.mailbox,
      principal: { user: session.mailbox },
    };
  }
  const principal = principalOf(world, platform, headers.authorization);
  const route = routeOf(method, url.pathname, url.searchParams);
  // A subscription says whose mailbox it is about in its body.
  const mailbox =
    route.owner === undefined ? principal.user : mailboxOf(world, platform, principal, route.owner, route.op);
  if (route.owner === undefined && principal.user) mailboxOf(world, platform, principal, "me", route.op);
  return { ...route, principal, mailbox };
}

/** The mailbox and folder that a new subscription is about. */
function aim(call) {
  call.target = targetOf(call.json().resource);
  call.mailbox = mailboxOf(call.world, call.identity, call.principal, call.target.owner, "subscribe");
}

function jsonOf(body, headers) {
  const said =
    "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.";
  if (!/^application\/json\b/.test(headers["content-type"] ?? "")) throw badRequest(said);
  try {
    const value = JSON.parse(body.toString());
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // refused below
  }
  throw badRequest(said);
}

async function write({ world, answer, record, response, isGraphs }) {
  const fault = answer.fault;
  const leave = answer.leave ?? (() => {});
  record.fault = fault?.fault;
  if (fault?.fault === "slow") {
    if (fault.ms === undefined) await new Promise((done) => world.hold(done));
    else await wait(fault.ms);
  }
  if (fault?.fault === "cut" || fault?.fault === "lost") {
    record.status = fault.fault;
    leave();
    return void response.destroy();
  }
  const isBytes = Buffer.isBuffer(answer.body);
  const bytes = isBytes ? answer.body : Buffer.from(answer.body === undefined ? "" : JSON.stringify(answer.body));
  const type =
    answer.type ??
    (isGraphs
      ? "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
      : "application/json; charset=utf-8");
  record.status = answer.status;
  const ids = { "request-id": record.id, "client-request-id": record.headers["client-request-id"] ?? record.id };
  const head = { ...(bytes.length > 0 ? { "content-type": type } : {}), ...(isGraphs ? ids : {}), ...answer.headers };
  leave();
  response.writeHead(answer.status, answer.status === 204 ? head : { ...head, "content-length": bytes.length });
  if (fault?.fault === "truncated") {
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
    return;
  }
  response.end(bytes);
}
