// A client that can ask a thousand times a second: connections are kept, answers are read only where
// somebody wants to know.

import { Agent, request } from "node:http";
import { filesMax } from "./machine.mjs";

/** Who waits longer than this for an answer hangs. */
const PATIENCE_MS = 30_000;
/** workerd closes a connection that was idle for five seconds: this end is faster. */
const IDLE_MS = 3_000;
/** So many callers have a connection at once; whoever comes then waits for one, and that counts as theirs. */
const CALLERS_MAX = Math.min(10_000, Math.floor((filesMax() || Infinity) / 2));

export class Client {
  #agent;
  #to;
  #keys = 0;
  /** Connections that have been somebody's: node's own `reusedSocket` leaves out those that are handed to who waits. */
  #used = new WeakSet();
  /** How often a kept connection had been closed by the other end just as it was used. */
  stale = 0;
  #run = Math.random().toString(36).slice(2);

  constructor(url, { callers = CALLERS_MAX } = {}) {
    const kept = { keepAlive: true, maxFreeSockets: 4_096, scheduling: "lifo", timeout: IDLE_MS };
    this.#agent = new Agent({ ...kept, maxSockets: callers });
    const { hostname, port } = new URL(url);
    this.#to = { hostname, port };
  }

  /** Another idempotency key than any before. */
  key() {
    return `${this.#run}-${++this.#keys}`;
  }

  /**
   * Asks; gives { status, retryAfter, text, data }. It never throws: where no answer came, or not in
   * time, the status is 0. What changes something goes under a key, so that it is safe to repeat.
   *
   * address  as which client address, where limits count those
   */
  ask(method, path, { token, body, key, address } = {}) {
    const json = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(json === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(json) }),
      ...(method === "GET" ? {} : { "idempotency-key": key ?? this.key() }),
      ...(address ? { "cf-connecting-ip": address } : {}),
    };
    return new Promise((done) => {
      let out;
      const patience = setTimeout(() => out.destroy(new Error("no answer in time")), PATIENCE_MS);
      const end = (answer) => (clearTimeout(patience), done(answer));
      const begin = () => {
        let isAnswered = false;
        let isKept = false;
        out = request({ ...this.#to, method, path, headers, agent: this.#agent });
        out.on("socket", (socket) => {
          isKept = this.#used.has(socket);
          this.#used.add(socket);
        });
        out.on("error", (error) => {
          // The other end may close a kept connection at any moment, and one that is behind does so with
          // requests that it has not read; under a key it is safe to repeat.
          const isStale = isKept && !isAnswered && ["ECONNRESET", "EPIPE"].includes(error.code);
          if (!isStale) return end({ status: 0, text: `${error.code ?? ""} ${error.message}` });
          this.stale += 1;
          begin();
        });
        out.on("response", (answer) => {
          isAnswered = true;
          const chunks = [];
          answer.on("data", (chunk) => chunks.push(chunk));
          answer.on("error", (error) => end({ status: 0, text: String(error) }));
          answer.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            end({ status: answer.statusCode, retryAfter: answer.headers["retry-after"], text, ...opened(text) });
          });
        });
        out.end(json);
      };
      begin();
    });
  }

  /** The data of what must succeed; what is refused for a while is asked again under the same key. */
  async data(method, path, options = {}) {
    const { data } = await this.must(method, path, options);
    return data;
  }

  async must(method, path, options = {}) {
    const same = { key: this.key(), ...options };
    for (let left = 120; ; left--) {
      const answer = await this.ask(method, path, same);
      if (answer.status >= 200 && answer.status < 300) return answer;
      const passes = answer.status === 0 || answer.status === 429 || answer.status === 503;
      if (!passes || left === 0) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      await new Promise((done) => setTimeout(done, Number(answer.retryAfter ?? 1) * 1_000));
    }
  }

  /** Every item of a list. */
  async all(path, options = {}) {
    const items = [];
    for (let cursor = ""; ; ) {
      const query = `${path.includes("?") ? "&" : "?"}limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const { data, next } = await this.must("GET", path + query, options);
      items.push(...data);
      if (!next) return items;
      cursor = next;
    }
  }

  close() {
    this.#agent.destroy();
  }
}

function opened(text) {
  try {
    const { data, meta } = JSON.parse(text);
    return { data, next: meta?.nextCursor };
  } catch {
    return {}; // no answer of Postroom's: whoever wanted data sees that there is none
  }
}
