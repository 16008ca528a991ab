// What a run remembers: each write that was acknowledged, and each caller who heard nothing.

import { setTimeout as wait } from "node:timers/promises";

/** Longer than this nobody waits: an answer, a refusal or a broken connection must have come. */
export const DEADLINE_MS = 20_000;
/** How long a token is used; it is good for a quarter of an hour. */
const TOKEN_MS = 5 * 60_000;

export class Ledger {
  constructor() {
    /** { room, ticketId, kind, id, text, seq } of each acknowledged write; `seq` where it is known. */
    this.written = [];
    /** Calls that passed their deadline. */
    this.hanging = [];
    /** What was sent again and answered otherwise than before. */
    this.differing = [];
    /** What must not happen at all, as it happened: an unexpected refusal, say. */
    this.faults = [];
    this.asked = 0;
    /** How often somebody who asked for a list of D1's has heard something. */
    this.looks = 0;
    this.retries = 0;
    this.longestMs = 0;
  }

  /** Notes how long a caller waited for a `what`. */
  took(what, ms) {
    this.longestMs = Math.max(this.longestMs, ms);
    if (ms >= DEADLINE_MS) this.hanging.push(`${what}: nothing for ${Math.round(ms)} ms`);
  }
}

/**
 * One request: { status, data, error }, or nothing where the connection was refused or broke. A
 * caller who hears nothing until the deadline is noted.
 */
export async function ask(ledger, url, method, path, { token, body, key, type = "application/json" } = {}) {
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(key && { "idempotency-key": key }) };
  if (body !== undefined) headers["content-type"] = type;
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const began = performance.now();
  ledger.asked += 1;
  try {
    const answer = await fetch(url + path, { method, headers, body: text, signal: AbortSignal.timeout(DEADLINE_MS) });
    const whole = await answer.text();
    try {
      const { data, error, meta } = JSON.parse(whole);
      return { status: answer.status, data, error, meta };
    } catch {
      return { status: answer.status, error: { message: whole } }; // what stands before the Worker said so
    }
  } catch {
    return undefined;
  } finally {
    ledger.took(`${method} ${path.split("?")[0]}`, performance.now() - began);
  }
}

/** Somebody who is logged in to a workspace, and asks until there is an answer. */
export class Member {
  constructor(ledger, world, account) {
    Object.assign(this, { ledger, world, account, token: account.token, since: Date.now() });
  }

  /** A token that is good for a while. */
  async fresh() {
    if (Date.now() - this.since < TOKEN_MS) return this.token;
    this.renewing ??= this.renew().finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  async renew() {
    const { workspaceId, email, password } = this.account;
    for (;;) {
      const body = { workspaceId, email, password };
      const answer = await ask(this.ledger, this.world.url, "POST", "/v1/auth/login", { body });
      if (answer?.status === 200) {
        this.since = Date.now();
        return (this.token = answer.data.accessToken);
      }
      if (answer && answer.status < 500) throw new Error(`log-in: ${JSON.stringify(answer)}`);
      await wait(200);
    }
  }

  /** One try: the answer, or nothing where it must be asked again. */
  async once(method, path, { body, key, type } = {}) {
    const token = await this.fresh();
    const answer = await ask(this.ledger, this.world.url, method, path, { token, body, key, type });
    if (!answer || answer.status >= 500) return undefined;
    return answer;
  }

  /** Asks, with the same key, until somebody answers; what changes something needs a key. */
  async until(method, path, options) {
    for (;;) {
      const answer = await this.once(method, path, options);
      if (answer) return answer;
      this.ledger.retries += 1;
      await wait(50);
    }
  }

  /** The same, of what must succeed. */
  async data(method, path, options) {
    const { status, data, error } = await this.until(method, path, options);
    if (error || status >= 400) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(error)}`);
    return data;
  }

  /** Every item of a list. */
  async all(path) {
    const items = [];
    for (let cursor; ; ) {
      const query = new URLSearchParams({ limit: "100", ...(cursor && { cursor }) });
      const { data, meta, error } = await this.until("GET", `${path}${path.includes("?") ? "&" : "?"}${query}`);
      if (error) throw new Error(`GET ${path}: ${JSON.stringify(error)}`);
      items.push(...data);
      cursor = meta?.nextCursor;
      if (!cursor) return items;
    }
  }
}
