// How much the gateway takes at once: beyond that it refuses unread, which costs next to nothing, and
// keeps what it has begun from coming too late for everybody.

/**
 * How many requests are under way in an isolate at once: beyond that, waiting would end at a client
 * that has given up, and bodies would not fit into its memory.
 */
const UNDER_WAY_MAX = 500;
/** After this the platform has ended what a client has left behind, whether we heard of it or not. */
const LEFT_MS = 60_000;

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

/** The answer to whoever is not admitted; nothing of the request was looked at. */
export function tooMuch() {
  const message = "too much at once: try again in a moment";
  const failure = { code: "unavailable", message, details: { retryAfterMs: 1_000 } };
  const headers = { "retry-after": "1", "cache-control": "no-store" };
  return Response.json({ success: false, error: failure }, { status: 503, headers });
}
