// A client of a workspace's room: it connects, remembers the last event it saw, comes back with it
// after every break, and so sees each event once and in order. Copy it.
//
//   const room = connect({ url, workspaceId, token, codec: "json" });
//   room.on("event", (event) => …);            // every event, in order, once
//   const reply = await room.command({ postComment: { ticketId, body: "Hello" } });
//   room.close();

import { decode, encode } from "@msgpack/msgpack";
import { EventEmitter } from "node:events";
import WebSocket from "ws";

const SUBPROTOCOL = { json: "postroom.v1.json", msgpack: "postroom.v1.msgpack" };
const RETRY_MS = 250;
const RETRY_MS_MAX = 10_000;
// After so many bytes the room is told that they were read. To a client that is silent it sends a
// mebibyte, and then drops it (4408).
const READ_BYTES = 128 * 1024;

/**
 * Connects and stays connected until close().
 *
 * url, workspaceId  where
 * token             an access token, or a function that gives one (tokens live 15 minutes)
 * codec             "json" or "msgpack"
 * since             the last event that is known already; without it, only what is new
 * views             which events to see (README, The room); without it, all that the role may see
 */
export function connect(options) {
  return new Room(options);
}

class Room extends EventEmitter {
  constructor({ url, workspaceId, token, codec = "json", since, views = [] }) {
    super();
    this.options = { url, workspaceId, token, codec };
    this.since = since;
    this.views = views;
    this.read = 0; // bytes since the room was last told
    this.closed = false;
    this.failures = 0;
    this.sent = 0;
    this.pending = new Map(); // what has no answer yet; sent again after a break
    this.name = Math.random().toString(36).slice(2);
    this.open();
  }

  async open() {
    try {
      const ticket = await this.ticket();
      const { url, workspaceId, codec } = this.options;
      const query = new URLSearchParams({ workspaceId, ticket });
      if (this.since !== undefined) query.set("since", String(this.since));
      if (this.views.length > 0) query.set("views", JSON.stringify(this.views));
      const address = `${url.replace(/^http/, "ws")}/v1/realtime?${query}`;
      if (this.closed) return;
      const socket = new WebSocket(address, SUBPROTOCOL[codec]);
      this.socket = socket;
      socket.binaryType = "nodebuffer";
      socket.on("message", (data, binary) => {
        const frame = binary ? decode(data) : JSON.parse(data.toString());
        this.receive(frame);
        this.read += data.length;
        if (this.read >= READ_BYTES && this.since !== undefined) {
          this.read = 0;
          this.write({ type: "seen", seq: this.since });
        }
      });
      socket.on("error", () => {}); // "close" follows
      socket.on("close", (code, reason) => this.lost(code, String(reason)));
    } catch (error) {
      this.lost(0, String(error));
    }
  }

  /** A one-use ticket: the access token itself never stands in a URL. */
  async ticket() {
    const { url, token } = this.options;
    const bearer = typeof token === "function" ? await token() : token;
    const answer = await fetch(`${url}/v1/realtime/tickets`, {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}` },
    });
    const body = await answer.json();
    if (!body.success) throw new Error(`${body.error.code}: ${body.error.message}`);
    return body.data.ticket;
  }

  receive(frame) {
    switch (frame.type) {
      case "hello":
        this.failures = 0;
        this.since ??= frame.head;
        this.emit("hello", frame);
        for (const { frame } of this.pending.values()) this.write(frame);
        break;
      case "events":
        for (const event of frame.events) {
          if (event.seq <= this.since) continue;
          // A run of events that this client may not see, or did not ask for: only their numbers.
          const advance = event.type === "advance";
          if ((advance ? event.from : event.seq) > this.since + 1) {
            this.emit("gap", { since: this.since, seq: event.seq });
            return this.drop(); // back with `since`: the room has what is missing
          }
          this.since = event.seq;
          this.emit(advance ? "advance" : "event", event);
        }
        break;
      case "reset":
        // Too far behind: the application fetches GET /v1/snapshot and goes on from its head.
        this.since = frame.head;
        this.emit("reset", frame);
        break;
      case "ack": {
        const waiting = this.pending.get(frame.id);
        this.pending.delete(frame.id);
        if (frame.success) waiting?.done(frame.data);
        else waiting?.fail(Object.assign(new Error(frame.error.message), frame.error));
        break;
      }
      default: // replay_done, presence, viewing, typing, pong, error
        this.emit(frame.type === "error" ? "refused" : frame.type, frame);
    }
  }

  /**
   * Sees these events from here on, also after a break; an empty list is everything. Gives
   * { head }: the last event that was still told the old way. What the new views show of before
   * that, the application fetches.
   */
  subscribe(views) {
    this.views = views;
    return this.ask({ type: "subscribe", views });
  }

  /** Sends a command; it applies once, however often the connection breaks meanwhile. */
  command(command) {
    return this.ask({ type: "command", command });
  }

  ask(question) {
    const id = `${this.name}-${(this.sent += 1)}`;
    const frame = { ...question, id };
    return new Promise((done, fail) => {
      this.pending.set(id, { frame, done, fail });
      this.write(frame);
    });
  }

  /** Tells the room that this agent looks at a ticket here, or no longer does; every few minutes. */
  viewing(ticketId, viewing) {
    this.write({ type: "viewing", ticketId, viewing });
  }

  /** Tells the room that this agent types, or no longer does. */
  typing(ticketId, typing) {
    this.write({ type: "typing", ticketId, typing });
  }

  write(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(this.options.codec === "msgpack" ? encode(frame) : JSON.stringify(frame));
  }

  /** Breaks the connection as a bad network would; the client comes back by itself. */
  drop() {
    this.socket?.terminate();
  }

  lost(code, reason) {
    this.emit("lost", { code, reason });
    if (this.closed) return;
    this.failures += 1;
    const wait = Math.min(RETRY_MS * 2 ** (this.failures - 1), RETRY_MS_MAX);
    this.timer = setTimeout(() => this.open(), wait * (0.5 + Math.random() / 2));
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket?.close(1000);
  }
}
