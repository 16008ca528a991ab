// Waiting for a condition, never for a time.

import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";

/** Waits until `holds()` gives something true; gives that, or fails with `what` after `limitMs`. */
export async function until(holds, what = "the condition", limitMs = 15_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await holds();
    if (found) return found;
    assert.ok(Date.now() < end, `${what}: not within ${limitMs} ms`);
    await wait(25);
  }
}

/** A generator of numbers from 0 to 1 that gives the same ones for the same seed (mulberry32). */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs `work(item)` for every item, at most `atOnce` at a time; gives the results in order. */
export async function pool(items, atOnce, work) {
  const results = new Array(items.length);
  let next = 0;
  const run = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at], at);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, run));
  return results;
}
