// The script of faults: what goes wrong, with which request, how often.
//
//   graph.script({ on: "delta", after: 2, times: 1, fault: "gone", mailbox: "ann@contoso.test" })
//
// on       the operation (see OPERATIONS in routes.mjs, and "authorize", "token", "refresh",
//          "notify"), or "any" of Graph's
// after    how many such requests pass before it (default 0)
// times    how many it meets (default 1; Infinity for all from then on)
// mailbox  of this one only
//
// Before the request is carried out:
//   cut                  the connection is cut, nothing was done
//   throttled            429, `retryAfter` seconds only if given
//   unavailable          503, `retryAfter` only if given
//   refused              any answer: `status`, `code`, `message`
//   unauthorized         401, as for a token that has run out
//   revoked              what the user had granted is taken back: 401, and `invalid_grant` at refresh
//   gone                 delta: 410 with Location                      (status and headers as documented)
//   syncStateNotFound    delta: a 40x (`status`, default 404) with this code and no Location
// After it was carried out:
//   lost                 the connection is cut: the client cannot know
//   truncated            half of the answer, then the cut
//   slow                 the answer waits `ms`, or for graph.release() where `ms` is missing
// In the content:
//   replay, twice, empty, late                  delta (delta.mjs)
//   late                                        send, sendMail, reply: the copy in Sent waits for release();
//                                               beside another fault: { fault: "lost", late: true }
//   denied                                      authorize: the user says no
//   temporarily_unavailable, interaction_required, invalid_grant      token, refresh
//   forged                                      token: the id_token is not right (keys.mjs)
//   lost, doubled, late, failed                 notify (subscriptions.mjs)

import { Refusal, throttled, unauthorized, unavailable } from "./answer.mjs";

const TRANSPORT = ["cut", "throttled", "unavailable", "refused", "lost", "truncated", "slow"];
const TOKEN = ["temporarily_unavailable", "interaction_required", "invalid_grant", "revoked", "forged"];
const OF = {
  delta: ["gone", "syncStateNotFound", "replay", "twice", "empty", "late"],
  send: ["late"],
  sendMail: ["late"],
  reply: ["late"],
  authorize: ["denied"],
  token: TOKEN,
  refresh: TOKEN,
  notify: ["lost", "doubled", "late", "failed"],
};

export class Faults {
  constructor(operations) {
    this.operations = new Set([...operations, "any", "authorize", "token", "refresh", "notify"]);
    this.scripts = [];
    this.met = []; // what has happened: { op, mailbox, fault }
  }

  /** Adds one; a word that is not known is a mistake of the test, and is said at once. */
  script({ on, fault, after = 0, times = 1, mailbox, ...more }) {
    if (!this.operations.has(on)) throw new Error(`no operation "${on}"`);
    const of = OF[on] ?? [];
    const graphs = !["authorize", "token", "refresh", "notify"].includes(on);
    const known = [
      ...(["notify", "authorize"].includes(on) ? [] : TRANSPORT),
      ...of,
      ...(graphs ? ["unauthorized", "revoked"] : []),
    ];
    if (!known.includes(fault)) throw new Error(`"${on}" has no fault "${fault}"`);
    this.scripts.push({ on, fault, after, times, mailbox, ...more });
  }

  /** The fault that this request meets, if any; the first script that fits and has passed its `after`. */
  take(op, mailbox) {
    const isGraphs = !["authorize", "token", "refresh", "notify"].includes(op);
    const fits = (s) => (s.on === op || (s.on === "any" && isGraphs)) && (!s.mailbox || s.mailbox === mailbox);
    let met;
    for (const script of this.scripts.filter(fits)) {
      if (script.after > 0) script.after -= 1;
      else if (!met && script.times > 0) met = script;
    }
    if (!met) return undefined;
    met.times -= 1;
    this.met.push({ op, mailbox, fault: met.fault });
    return met;
  }

  /** Whether every script has happened as often as it should. */
  get spent() {
    return this.scripts.every((script) => script.times <= 0 || script.times === Infinity);
  }
}

/** Throws what a fault says that is said instead of carrying out the request. */
export function refuseBy(fault) {
  switch (fault?.fault) {
    case "throttled":
      throw throttled("request", fault.retryAfter);
    case "unavailable":
      throw unavailable(fault.retryAfter);
    case "refused":
      throw new Refusal(fault.status ?? 400, fault.code ?? "BadRequest", fault.message ?? "Refused by the script.");
    case "unauthorized":
    case "revoked":
      throw unauthorized("Lifetime validation failed, the token is expired.");
    default:
  }
}
