// How much the gateway takes at once: beyond that it refuses unread, which costs next to nothing, and
// keeps what it has begun from coming too late for everybody.

/**
 * How many requests are under way in an isolate at once: beyond that, waiting would end at a client
 * that has given up, and bodies would not fit into its memory.
 */
const UNDER_WAY_MAX = 500;
/** So many are let in however busy the isolate is. */
const UNDER_WAY_MIN = 16;
/**
 * A turn of the event loop that takes longer shows that there is more to do than time for it: while
 * somebody is refused, fewer are let in then.
 */
const LAG_MAX_MS = 20;
const NARROWER = 0.7;
/** As often as this, more are let in where turns are short. */
const STEP_MS = 100;
const WIDER = 1.05;
/** So long after the last refusal everybody is let in again. */
const QUIET_MS = 2_000;
/** A look whose request was ended is not heard of again. */
const LOOK_MS = 5_000;
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
/** What pages may read of such an answer's headers. */
const EXPOSED = "retry-after, x-request-id";

/**
 * Where more come than can be done, what waits in sockets is not seen from here, and each that is let
 * in makes it wait longer: with 500 under way and three times too much, an answer took five seconds and
 * more. So where the gate is full, the first turn of the event loop that takes long makes it narrow, and
 * it widens as turns are short again. Where requests wait for something else than the processor, it stays
 * as wide as it is.
 */
export class Gate {
  /** When each of them began, by its number: the oldest comes first. */
  #underWay = new Map();
  #last = 0;
  /** When the look at the loop began that has not ended yet. */
  #look = -Infinity;
  /** When the limit was changed last, and when somebody was refused last. */
  #changed = 0;
  #refused = 0;

  constructor(max = UNDER_WAY_MAX) {
    this.max = max;
    this.limit = max;
  }

  /** Gives the number of a request that may begin now; none where too many are under way. */
  admit(now) {
    if (this.limit < this.max && now - this.#refused > QUIET_MS) this.#set(this.max, now);
    if (this.#underWay.size >= this.limit) {
      for (const [number, since] of this.#underWay) {
        if (now - since < LEFT_MS) break;
        this.#underWay.delete(number);
      }
      if (this.#underWay.size >= this.limit) {
        // Whether it is narrower than that, a look at the loop says.
        if (this.limit === this.max) this.#set(this.max - 1, now);
        this.#refused = now;
        return undefined;
      }
    }
    this.#underWay.set(++this.#last, now);
    return this.#last;
  }

  leave(number) {
    this.#underWay.delete(number);
  }

  /** Whether it is time to look how long a turn of the loop takes: only where fewer are let in. */
  looks(now) {
    if (this.limit === this.max || now - this.#look < LOOK_MS) return false;
    this.#look = now;
    return true;
  }

  /** A turn of the loop that began at `since`, when `looks` said so, has ended now. */
  looked(since, now) {
    const lag = now - since;
    // One that was given up for ended, and ends after all, is not the one that is waited for.
    if (since === this.#look) this.#look = -Infinity;
    if (lag > LAG_MAX_MS) this.#set(this.limit === this.max - 1 ? 0 : Math.floor(this.limit * NARROWER), now);
    else if (now - this.#changed >= STEP_MS) this.#set(Math.ceil(this.limit * WIDER), now);
  }

  #set(limit, now) {
    this.limit = Math.min(this.max, Math.max(UNDER_WAY_MIN, limit));
    this.#changed = now;
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
export function failed(request, env, status, failure, headers = {}) {
  const requestId = crypto.randomUUID();
  const body = { success: false, error: { ...failure, requestId } };
  const all = { ...HEADERS, ...readers(request.headers.get("origin"), env), ...headers, "x-request-id": requestId };
  return Response.json(body, { status, headers: all });
}

/** What lets pages of an origin read an answer: `CORS_ORIGINS` as config.rs reads it. */
function readers(origin, { CORS_ORIGINS, ENVIRONMENT }) {
  if (!origin) return {};
  const list = CORS_ORIGINS?.trim() || (ENVIRONMENT?.trim() === "local" ? "*" : "");
  const isAllowed = list === "*" || list.split(/[, ]/).some((one) => one.trim().replace(/\/+$/, "") === origin);
  return isAllowed ? { "access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED } : {};
}

/** The answer to whoever is not admitted; nothing else of the request was looked at. */
export function tooMuch(request, env) {
  const message = "too much at once: try again in a moment";
  const failure = { code: "unavailable", message, details: { retryAfterMs: 1_000 } };
  return failed(request, env, 503, failure, { "retry-after": "1" });
}
