// How much the gateway takes at once: beyond that it refuses unread, which costs next to nothing, and
// keeps what it has begun from coming too late for everybody.

/**
 * How many requests are under way in an isolate at once: beyond that, waiting would end at a client
 * that has given up, and bodies would not fit into its memory.
 */
const UNDER_WAY_MAX = 500;
/** After this the platform has ended what a client has left behind, whether we heard of it or not. */
const LEFT_MS = 60_000;
/** Every answer has these, also one that the wasm knows nothing of: as `Common::headers` there. */
const HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  vary: "origin",
};

export class Gate {
  /** When each of them began, by its number: the oldest comes first. */
  #underWay = new Map();
  #last = 0;

  constructor(max = UNDER_WAY_MAX) {
    this.max = max;
  }

  /** Gives the number of a request that may begin now; none where too many are under way. */
  admit(now) {
    if (this.#underWay.size >= this.max) {
      for (const [number, since] of this.#underWay) {
        if (now - since < LEFT_MS) break;
        this.#underWay.delete(number);
      }
      if (this.#underWay.size >= this.max) return undefined;
    }
    this.#underWay.set(++this.#last, now);
    return this.#last;
  }

  leave(number) {
    this.#underWay.delete(number);
  }
}

/**
 * Whether a request is no work for the gateway, and passes: a long poll is only kept, and how many of
 * them there may be is the room's business; whether the Worker is there is asked when it is busy, too.
 */
export function passes(url) {
  const [, path, query] = /^\w+:\/\/[^/?]*([^?]*)(.*)$/.exec(url) ?? [];
  return path === "/healthz" || (path === "/v1/events" && /[?&]wait=[1-9]/.test(query));
}

/** An answer that the wasm had no part in; `failure` has its code and message. */
export function failed(status, failure, headers = {}) {
  const requestId = crypto.randomUUID();
  const body = { success: false, error: { ...failure, requestId } };
  return Response.json(body, { status, headers: { ...HEADERS, ...headers, "x-request-id": requestId } });
}

/** The answer to whoever is not admitted; nothing of the request was looked at. */
export function tooMuch() {
  const message = "too much at once: try again in a moment";
  const failure = { code: "unavailable", message, details: { retryAfterMs: 1_000 } };
  return failed(503, failure, { "retry-after": "1" });
}
