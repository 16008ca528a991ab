/** The Worker's size, gzipped, in bytes: what that is measured by stands in the README, Decisions. */
export const WORKER_GZIP_MAX = 1_600_000;

/**
 * What the deterministic figures may be at most. `npm run cost` and tests/edge/cost.test.mjs hold the
 * Worker to it; rows are counted as Cloudflare bills them: an index entry is a row, and so is an alarm.
 */
export const BUDGET = {
  comment: { calls: 1, alarms: 0.5, rowsAnswered: 6.5, rowsInAll: 6.5, crossings: 270 },
  /** The answer that is stored under an idempotency key. */
  rowsOfKey: 1,
  /** Further sockets cost no crossing: one call tells all that is to be sent. */
  crossingsPerDelivery: 0,
  /**
   * Commits of the room's databases per acknowledged comment, with 16 writers at once. The goal is
   * 0.1; how many calls come together hangs on how fast the client is, here one in Node under strace.
   * Without shared commits it would be more than one.
   */
  fsyncsAt16: 0.15,
};
