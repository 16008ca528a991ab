// A thousand clients of a room: each knows by number what it has seen, and in which order.

import WebSocket from "ws";
import { CLOCK } from "./pace.mjs";

/** How much a client reads before it says how far it is; a room waits for one mebibyte. */
const SEEN_BYTES = 128 * 1_024;
const OPEN_MS = 30_000;

/** One client's connection. */
export class Listener {
  /** The last event that was seen; events before it were, too. */
  last;
  /** How many events were not the one that follows. */
  gaps = 0;
  over = undefined;
  /** How long it took until it was let in. */
  tookMs = NaN;
  #unsaid = 0;
  #waiting = new Map();
  #ids = 0;

  /**
   * who      { workspaceId, token }
   * since    the last event that is known
   * onEvent  hears of each event that is shown, as it comes
   */
  constructor(url, who, { since, onEvent = () => {}, address } = {}) {
    this.last = since;
    this.onEvent = onEvent;
    this.began = CLOCK.now();
    const query = new URLSearchParams({ workspaceId: who.workspaceId, ...(since === undefined ? {} : { since: String(since) }) });
    const headers = { authorization: `Bearer ${who.token}`, ...(address ? { "cf-connecting-ip": address } : {}) };
    const options = { headers, perMessageDeflate: false, skipUTF8Validation: true, closeTimeout: 300 };
    this.name = `${who.agentId}-${Math.random().toString(36).slice(2)}`;
    this.ws = new WebSocket(`${url.replace(/^http/, "ws")}/v1/realtime?${query}`, "postroom.v1.json", options);
    /** Whether the room let it in and, where it had missed something, told all of that. */
    this.ready = new Promise((done) => {
      this.settle = done;
      this.timer = setTimeout(() => this.end({ code: 0, reason: "no hello in time" }), OPEN_MS);
    });
    this.ws.on("message", (bytes) => this.hear(bytes));
    this.ws.on("unexpected-response", (_, response) => {
      response.resume();
      this.end({ code: 0, status: response.statusCode, reason: `HTTP ${response.statusCode}`, retryAfter: response.headers["retry-after"] });
    });
    this.ws.on("error", (error) => this.end({ code: 0, reason: String(error) }));
    this.ws.on("close", (code, reason) => this.end({ code, reason: String(reason) }));
  }

  hear(bytes) {
    const frame = JSON.parse(bytes);
    this.#unsaid += bytes.length;
    switch (frame.type) {
      case "hello":
        this.head = frame.head;
        if (this.last === undefined || this.last >= frame.head) this.open(frame.head);
        break;
      case "events":
        for (const event of frame.events) this.take(event);
        break;
      case "replay_done":
        this.open(this.head);
        break;
      case "reset":
        this.gaps += 1;
        this.open(this.head);
        break;
      case "ack":
        this.#waiting.get(frame.id)?.(frame);
        this.#waiting.delete(frame.id);
        break;
    }
    if (this.#unsaid > SEEN_BYTES && this.last !== undefined) {
      this.#unsaid = 0;
      this.ws.send(JSON.stringify({ type: "seen", seq: this.last }));
    }
  }

  take(event) {
    const from = event.type === "advance" ? event.from : event.seq;
    if (this.last !== undefined && from !== this.last + 1) this.gaps += 1;
    this.last = event.seq;
    if (event.type !== "advance") this.onEvent(event);
  }

  open(head) {
    this.last ??= head;
    this.tookMs = CLOCK.now() - this.began;
    clearTimeout(this.timer);
    this.settle(true);
  }

  end(over) {
    if (this.over) return;
    this.over = over;
    clearTimeout(this.timer);
    this.settle(false);
    for (const answer of this.#waiting.values()) answer({ success: false, error: { code: "lost" } });
    this.#waiting.clear();
    if (over.code === 0) this.ws.terminate();
  }

  /** Sends a command; gives its answer as a client of HTTP would read it. */
  async command(command) {
    if (this.over) return { status: 0, text: "the connection is over" };
    const id = `${this.name}-${++this.#ids}`;
    const ack = await new Promise((done) => {
      this.#waiting.set(id, done);
      const patience = setTimeout(() => done({ success: false, error: { code: "lost" } }), OPEN_MS);
      patience.unref();
      this.ws.send(JSON.stringify({ type: "command", id, command }));
    });
    if (ack.success) return { status: 200, data: ack.data };
    const status = { lost: 0, unavailable: 503, rate_limited: 429, internal: 500 }[ack.error.code] ?? 400;
    return { status, text: JSON.stringify(ack.error), retryAfter: ack.error.details?.retryAfterMs };
  }

  close() {
    this.over ??= { code: 1000, reason: "done" };
    this.ws.close(1000);
  }

  /** Ends it as a lost network does. */
  drop() {
    this.over ??= { code: 1006, reason: "dropped" };
    this.ws.terminate();
  }
}

/** When a comment of a load was meant to be said, by what stands in it. */
export const marked = (n, intended) => `Said ${n} at ${intended}`;

/** How long ago a marked comment was meant to be said; undefined where it is none. */
export function age(text) {
  const found = /^Said \d+ at ([\d.]+)$/.exec(text ?? "");
  return found ? CLOCK.now() - Number(found[1]) : undefined;
}
