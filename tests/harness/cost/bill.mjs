// What a stated team pays Cloudflare in a month, from measured prices of what it does; and what the
// same team would pay for the same work on TypeScript, from stated assumptions.

/** Cloudflare's prices for Workers Paid, in dollars; read on 2026-11-23. */
export const PRICES = {
  date: "2026-11-23",
  sources: [
    "https://developers.cloudflare.com/workers/platform/pricing/",
    "https://developers.cloudflare.com/durable-objects/platform/pricing/",
    "https://developers.cloudflare.com/d1/platform/pricing/",
  ],
  base: 5,
  // What a month includes, and what a million more costs.
  workerRequests: { included: 10e6, million: 0.3 },
  requests: { included: 1e6, million: 0.15 },
  gigabyteSeconds: { included: 400e3, million: 12.5 },
  rowsRead: { included: 25e9, million: 0.001 },
  rowsWritten: { included: 50e6, million: 1 },
  d1Read: { included: 25e9, million: 0.001 },
  d1Written: { included: 50e6, million: 1 },
};

/** Incoming WebSocket messages that are billed as one request. */
const MESSAGES_PER_REQUEST = 20;
const GIGABYTES = 0.128; // what an object in memory is billed as

/** The team: people and what they do in a month of 22 working days of 8 hours. */
export const TEAM = {
  agents: 10, tickets: 3_000, mailsIn: 9_000, mailsOut: 6_000, notes: 4_000, changes: 9_000,
  looks: 60_000, lists: 45_000, joins: 1_100, hours: 176, beats: 44_640,
};

/** What is done how often, by the names of the measured things. */
const MONTH = [
  ["a ticket", TEAM.tickets], ["a mail that comes in", TEAM.mailsIn], ["an answer that leaves as mail", TEAM.mailsOut],
  ["a public comment over WebSocket", TEAM.notes], ["a change of a ticket", TEAM.changes], ["a look at a ticket", TEAM.looks],
  ["a list of 50 tickets", TEAM.lists], ["a WebSocket join (with its ticket)", TEAM.joins],
];

/**
 * What a program with the same promises takes on TypeScript, written as people write it: partyserver
 * with one request an event; tables with rowid whose primary keys are texts, so that each insert
 * writes a row and an index entry more; one index by ticket; the log and the idempotency key are
 * tables of the same kind; an answer is read back after it is written; no D1, nothing is coalesced.
 * An object that is written to and read from stays in memory while its team is at work: partyserver
 * hibernates only where its `hibernate` option is set, which is off as it comes.
 */
export const TYPESCRIPT = {
  // requests, messages, rows read, rows written of one
  "a ticket": [1, 0, 12, 12], "a mail that comes in": [1, 0, 20, 16], "an answer that leaves as mail": [2, 0, 16, 14],
  "a public comment over WebSocket": [0, 1, 10, 10], "a change of a ticket": [1, 0, 8, 7], "a look at a ticket": [2, 0, 12, 0],
  "a list of 50 tickets": [1, 0, 100, 0], "a WebSocket join (with its ticket)": [1, 0, 5, 0],
};

/** The parts of a bill: what is used, at list price, and beyond what is included. */
export function billOf(used) {
  const parts = Object.entries(used).map(([name, amount]) => {
    const { included, million } = PRICES[name];
    return { name, amount, list: (amount / 1e6) * million, billed: (Math.max(0, amount - included) / 1e6) * million };
  });
  const sum = (what) => parts.reduce((all, part) => all + part[what], 0);
  return { parts, list: sum("list"), total: PRICES.base + sum("billed") };
}

/** What Postroom uses in the team's month; `measured` has `inAll` of each thing by its name. */
export function postroom(measured) {
  const used = { workerRequests: TEAM.beats, requests: TEAM.beats, rowsRead: 0, rowsWritten: 0, d1Read: 0, d1Written: 0 };
  for (const [name, times] of MONTH) {
    const { inAll } = measured.get(name);
    used.workerRequests += times * (inAll.messages > 0 && inAll.joins === 0 ? 0 : 1);
    used.requests += times * (inAll.requests + inAll.messages / MESSAGES_PER_REQUEST);
    for (const field of ["rowsRead", "rowsWritten", "d1Read", "d1Written"]) used[field] += times * inAll[field];
  }
  // Asleep between two events: an object that has nothing to do is not billed. Ten seconds each at most.
  const events = MONTH.reduce((sum, [, times]) => sum + times, 0);
  used.gigabyteSeconds = Math.min(events * 10, TEAM.hours * 3_600) * GIGABYTES;
  return used;
}

/** What the same month uses on TypeScript, by the assumptions. */
export function typescript() {
  const used = { workerRequests: 0, requests: 0, rowsRead: 0, rowsWritten: 0 };
  for (const [name, times] of MONTH) {
    const [requests, messages, read, written] = TYPESCRIPT[name];
    used.workerRequests += times * requests;
    used.requests += times * (requests + messages / MESSAGES_PER_REQUEST);
    used.rowsRead += times * read;
    used.rowsWritten += times * written;
  }
  used.gigabyteSeconds = TEAM.hours * 3_600 * GIGABYTES;
  return used;
}
