// What a load has in common with a clock: everything begins when it was meant to, whatever became of
// what came before (open loop), so that an answer that comes late delays no other request and hides
// none.

import { setTimeout as wait } from "node:timers/promises";
import { Figures } from "./figures.mjs";

/** The clock of this machine, in milliseconds with fractions. */
export const CLOCK = { now: () => performance.now(), until: (at) => wait(Math.max(0, at - performance.now())) };

/**
 * Begins `work(n, intended)` `rate` times a second for `seconds`, and waits until all of it has ended.
 *
 * n          counts from 0
 * intended   when it was to begin, by `clock`: latencies are measured from there
 * clock      { now(), until(at) }
 * isOver     true: nothing more is begun
 *
 * Gives { count, seconds, late, tail }: how much was begun, how long that took, how late (Figures), and
 * how many seconds after the last beginning the last of it ended.
 */
export async function pace({ rate, seconds, work, clock = CLOCK, isOver = () => false }) {
  const total = Math.max(1, Math.round(rate * seconds));
  const each = 1_000 / rate;
  const late = new Figures();
  const open = new Set();
  const began = clock.now();
  let n = 0;
  while (n < total && !isOver()) {
    const now = clock.now();
    for (; n < total && began + n * each <= now; n++) {
      const intended = began + n * each;
      late.add(now - intended);
      const one = Promise.resolve(work(n, intended)).finally(() => open.delete(one));
      open.add(one);
    }
    if (n < total) await clock.until(began + n * each);
  }
  const took = (clock.now() - began) / 1_000;
  await Promise.all(open);
  return { count: n, seconds: took, late, tail: (clock.now() - began) / 1_000 - took };
}
