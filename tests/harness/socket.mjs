// A bare WebSocket of a room: every frame kept, nothing done by itself.
//
// A local workerd sends its close frame at once, but ends the TCP connection ten seconds later: the
// client does not wait for that.

import { decode, encode } from "@msgpack/msgpack";
import WebSocket from "ws";
import { data } from "./api.mjs";

const SUBPROTOCOL = { json: "postroom.v1.json", msgpack: "postroom.v1.msgpack" };

/** A one-use ticket for the holder of `token`. */
export const ticketFor = async (url, token) => (await data(url, "POST", "/v1/realtime/tickets", { token })).ticket;

/**
 * Opens a socket and waits for its `hello` (or its end, where the room refuses it).
 *
 * who       { workspaceId, token }
 * codec     "json" or "msgpack"
 * since     the last event that is known
 * ticket    one that was made before
 * views     which events to see
 * headers   of the upgrade; `bearer: true` sends the token instead of a ticket
 */
export async function dial(url, who, { codec = "json", since, views, ticket, bearer, headers = {} } = {}) {
  const query = new URLSearchParams({ workspaceId: who.workspaceId });
  if (!bearer) query.set("ticket", ticket ?? (await ticketFor(url, who.token)));
  if (since !== undefined) query.set("since", String(since));
  if (views) query.set("views", JSON.stringify(views));
  const all = { ...(bearer ? { authorization: `Bearer ${who.token}` } : {}), ...headers };
  const socket = new Socket(`${url.replace(/^http/, "ws")}/v1/realtime?${query}`, SUBPROTOCOL[codec], all, codec);
  await socket.until(() => socket.frames.length > 0 || socket.over, "hello or an end");
  return socket;
}

export class Socket {
  constructor(address, protocols, headers = {}, codec = "json") {
    this.codec = codec;
    this.frames = [];
    this.over = undefined; // { code, reason } when it has ended
    this.checks = new Set();
    this.ws = new WebSocket(address, protocols, { headers, perMessageDeflate: false, closeTimeout: 300 });
    this.ws.on("message", (bytes, binary) => {
      this.frames.push(binary ? decode(bytes) : JSON.parse(bytes.toString()));
      this.check();
    });
    this.ws.on("unexpected-response", (_, response) => {
      this.over = { code: 0, reason: `HTTP ${response.statusCode}`, status: response.statusCode };
      response.resume();
      this.check();
    });
    this.ws.on("error", (error) => (this.error = error)); // "close" follows
    this.closed = new Promise((done) => {
      this.ws.on("close", (code, reason) => {
        this.over ??= { code, reason: String(reason) };
        this.check();
        done(this.over);
      });
    });
  }

  check() {
    for (const check of this.checks) check();
  }

  /** Waits until `holds(this)` gives something true; gives that. */
  until(holds, what = "the condition", limitMs = 15_000) {
    return new Promise((done, fail) => {
      const check = () => {
        const found = holds(this);
        if (found) end(done, found);
      };
      const end = (settle, value) => {
        clearTimeout(timer);
        this.checks.delete(check);
        settle(value);
      };
      const late = () => {
        const last = JSON.stringify(this.frames.slice(-2));
        end(fail, new Error(`${what}: not within ${limitMs} ms; ${JSON.stringify(this.over ?? null)}; ${last}`));
      };
      const timer = setTimeout(late, limitMs);
      this.checks.add(check);
      check();
    });
  }

  /** The first frame of a type, waited for. */
  frame(type, matches = () => true) {
    return this.until(() => this.frames.find((frame) => frame.type === type && matches(frame)), `a frame ${type}`);
  }

  /** The events so far, in the order in which they came. */
  get events() {
    return this.frames.flatMap((frame) => (frame.type === "events" ? frame.events : []));
  }

  send(frame) {
    this.ws.send(this.codec === "msgpack" ? encode(frame) : JSON.stringify(frame));
  }

  /** Sends a command; gives its `ack`. */
  async command(id, command) {
    const before = this.frames.length;
    this.send({ type: "command", id, command });
    return this.until(() => this.frames.slice(before).find((f) => f.type === "ack" && f.id === id), `the ack of ${id}`);
  }

  async close() {
    this.ws.close(1000);
    return this.closed;
  }
}
