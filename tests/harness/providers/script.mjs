// The script of faults of a provider's stand-in: what goes wrong, with which request, how often.
//
//   hunter.script({ on: "emailFinder", fault: "running", after: 1, times: 2 })
//
// on       an operation of the provider, or "any"
// after    how many such requests pass before it (default 0)
// times    how many it meets (default 1; Infinity for all from then on)
// when     of these only: (record) => boolean
//
// A request that the provider would refuse anyway meets no fault: a script hides no mistake.
// Every stand-in has these beside its own:
//   cut          the connection is cut, nothing was done
//   unavailable  503, `retryAfter` only if given
//   proxy        502, with a page in HTML instead of the provider's JSON
//   garbled      200, with JSON that ends too early
//   blank        200, with no body at all
//   redirected   302 to `to`
//   answered     any answer: `status`, `headers`, `body`, `type`
// and after it was carried out:
//   lost         the connection is cut: the client cannot know
//   truncated    half of the answer, then the cut
//   slow         the answer waits `ms`, or for release() where `ms` is missing
//   huge         the answer, followed by `bytes` of white space

/** The header that says how long to wait, in seconds, where it is said at all. */
export const waiting = (seconds) =>
  seconds === undefined ? {} : { "retry-after": String(seconds) };

const AFTERWARDS = ["lost", "truncated", "slow", "huge"];
const JSON_TYPE = "application/json";

/** What is answered instead of carrying out the request. */
const INSTEAD = {
  unavailable: (_, { retryAfter }) => ({
    status: 503,
    headers: waiting(retryAfter),
    type: "text/plain",
    body: "Service Unavailable",
  }),
  proxy: () => ({ status: 502, type: "text/html", body: "<html><h1>502 Bad Gateway</h1></html>" }),
  garbled: () => ({ status: 200, type: JSON_TYPE, body: '{"data":{"email":"ann@' }),
  blank: () => ({ status: 200, type: JSON_TYPE, body: "" }),
  redirected: (_, { to }) => ({ status: 302, headers: { location: to } }),
  answered: (_, { status = 200, headers, body, type }) => ({ status, headers, body, type }),
};

export class Script {
  /** `own`: the provider's own faults, name → (call, fault) → answer. */
  constructor(operations, own = {}) {
    this.operations = operations;
    this.instead = { ...INSTEAD, ...own };
    this.lines = [];
    this.met = []; // what has happened: { op, fault }
  }

  /** Adds one; a word that is not known is a mistake of the test, and is said at once. */
  add({ on = "any", fault, after = 0, times = 1, ...more }) {
    if (on !== "any" && !this.operations.includes(on)) throw new Error(`no operation "${on}"`);
    const known = ["cut", ...AFTERWARDS, ...Object.keys(this.instead)];
    if (!known.includes(fault)) throw new Error(`no fault "${fault}", only ${known.join(", ")}`);
    this.lines.push({ on, fault, after, times, ...more });
  }

  /** The fault that a request meets: the first line that fits and has passed its `after`. */
  take(record) {
    let met;
    for (const line of this.lines) {
      if (line.on !== "any" && line.on !== record.op) continue;
      if (line.when && !line.when(record)) continue;
      if (line.after > 0) line.after -= 1;
      else if (!met && line.times > 0) met = line;
    }
    if (!met) return undefined;
    met.times -= 1;
    this.met.push({ op: record.op, fault: met.fault });
    return met;
  }

  /** Whether every line has happened as often as it should. */
  get isSpent() {
    return this.lines.every((line) => line.times <= 0 || line.times === Infinity);
  }
}
