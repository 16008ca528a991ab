// A bare connection to a room that comes back with the number of the last event, as often as it
// breaks, and takes the room at its word: an event that is not the next one is a fault.
//
// Unlike examples/client.mjs it passes over nothing and asks for nothing again by itself.

import { decode, encode } from "@msgpack/msgpack";
import { setTimeout as wait } from "node:timers/promises";
import WebSocket from "ws";
import { DEADLINE_MS } from "./ledger.mjs";

const SUBPROTOCOL = { json: "postroom.v1.json", msgpack: "postroom.v1.msgpack" };
const SEEN_EVERY = 200;

export class Seat {
  /** name: who; member: as whom; since: the last event that is known; take: gets each event. */
  constructor({ name, member, codec = "json", since = 0, take = () => {} }) {
    Object.assign(this, { name, member, codec, take, ledger: member.ledger });
    this.cursor = since;
    this.faults = [];
    this.pending = new Map(); // id -> { frame, done, timer, began }
    this.over = false;
    this.ended = this.stay();
  }

  async stay() {
    while (!this.over) {
      await this.session(await this.member.fresh());
      if (!this.over) await wait(50);
    }
  }

  /** One connection, from its beginning to its end. */
  session(token) {
    return new Promise((done) => {
      const { world, account } = this.member;
      const query = new URLSearchParams({ workspaceId: account.workspaceId, since: String(this.cursor) });
      const headers = { authorization: `Bearer ${token}` };
      const address = `${world.url.replace(/^http/, "ws")}/v1/realtime?${query}`;
      const ws = new WebSocket(address, SUBPROTOCOL[this.codec], { headers, perMessageDeflate: false, closeTimeout: 300 });
      this.ws = ws;
      this.ready = false;
      const began = performance.now();
      this.ledger.asked += 1;
      const late = setTimeout(() => this.hang(`${this.name}: hello`, began), DEADLINE_MS);
      ws.on("message", (bytes, binary) => {
        const frame = binary ? decode(bytes) : JSON.parse(bytes.toString());
        if (frame.type === "hello") {
          clearTimeout(late);
          this.ledger.took(`${this.name}: hello`, performance.now() - began);
          this.ready = true;
          for (const one of this.pending.values()) this.write(one);
        }
        this.receive(frame);
      });
      ws.on("unexpected-response", (_, response) => {
        response.resume();
        ws.terminate();
      });
      ws.on("error", () => {}); // "close" follows
      ws.on("close", () => {
        clearTimeout(late);
        for (const one of this.pending.values()) clearTimeout(one.timer);
        done();
      });
    });
  }

  hang(what, began) {
    this.ledger.took(what, Math.max(DEADLINE_MS, performance.now() - began));
    this.ws.terminate();
  }

  receive(frame) {
    switch (frame.type) {
      case "events":
        for (const event of frame.events) {
          const first = event.type === "advance" ? event.from : event.seq;
          if (first !== this.cursor + 1) this.faults.push(`${this.name}: after ${this.cursor} came ${first}`);
          this.cursor = event.seq;
          if (this.cursor % SEEN_EVERY === 0) this.send({ type: "seen", seq: this.cursor });
          this.take(event);
        }
        break;
      case "reset":
      case "error":
        this.faults.push(`${this.name}: ${JSON.stringify(frame)}`);
        break;
      case "ack": {
        const one = this.pending.get(frame.id);
        if (!one) break;
        clearTimeout(one.timer);
        this.ledger.took(`${this.name}: ack`, performance.now() - one.began);
        const passing = !frame.success && ["internal", "unavailable"].includes(frame.error.code);
        if (passing) {
          setTimeout(() => this.pending.has(frame.id) && this.write(one), 100);
          break;
        }
        this.pending.delete(frame.id);
        one.done(frame);
        break;
      }
      default: // presence, replay_done, pong
    }
  }

  send(frame) {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(this.codec === "msgpack" ? encode(frame) : JSON.stringify(frame));
  }

  /** Gives the `ack` of a command; it is sent again, with its id, over each new connection. */
  command(id, command) {
    return new Promise((done) => {
      const one = { frame: { type: "command", id, command }, done };
      this.pending.set(id, one);
      this.write(one);
    });
  }

  write(one) {
    if (!this.ready || this.ws.readyState !== WebSocket.OPEN) return;
    if (one.began !== undefined) this.ledger.retries += 1;
    one.began = performance.now();
    this.ledger.asked += 1;
    clearTimeout(one.timer);
    one.timer = setTimeout(() => this.hang(`${this.name}: ack`, one.began), DEADLINE_MS);
    this.send(one.frame);
  }

  /** Ends it, and says what it has seen. */
  async leave() {
    this.over = true;
    this.ws?.close(1000);
    await this.ended;
    return { name: this.name, cursor: this.cursor, faults: this.faults };
  }
}
