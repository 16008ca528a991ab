// Which faults a run has, and when: the same ones for the same seed.

import assert from "node:assert/strict";
import { seeded } from "../until.mjs";

/**
 * What can be switched on between two kills, and for how long at most: a kill ends it; `times` is how
 * often it comes, and of up to `skips` chances none is taken before. While D1 is silent, who asks it is waited for: they hear so before it speaks.
 *
 * D1 refuses, is silent, or does what it was asked and its answer is lost; a queue takes nothing;
 * a consumer fails, before its work or after it; and an actor panics: before a command's commit,
 * after it and before the answer, in its alarm, and in its outbox before and after a commit there.
 */
export const FAULTS = {
  "d1-fails": { ms: 3_000 },
  "d1-hangs": { ms: 25_000 },
  "d1-answer-lost": { ms: 3_000 },
  "queue-fails": { ms: 4_000 },
  "consumer-fails": { ms: 20_000, times: 3 },
  "panic-before-commit": { ms: 20_000, times: 2, skips: 12 },
  "panic-after-commit": { ms: 20_000, times: 2, skips: 12 },
  "panic-in-alarm": { ms: 20_000, times: 1, skips: 3 },
  "panic-in-outbox": { ms: 20_000, times: 1, skips: 12 },
  "panic-after-outbox": { ms: 20_000, times: 1, skips: 12 },
};

/** The faults that a text asks for: `all`, `none`, or names with commas between. */
export function chosen(text = "all") {
  if (text === "none") return [];
  if (text === "all") return Object.keys(FAULTS);
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) assert.ok(FAULTS[name], `no such fault: ${name}; there are ${Object.keys(FAULTS).join(", ")}`);
  return names;
}

/**
 * What happens around each kill: { faults, skip, moment, waitMs }.
 *
 * faults   some of `names`, each once before any comes again; where there are more kills than that
 *          needs, one at a time, and about every fourth kill comes alone
 * skip     from 0 to 1: which share of its `skips` a fault lets pass
 * moment   `mail`: when the mail server has just taken a mail; `any`: after waitMs
 */
export function plan({ kills, names, seed }) {
  const random = seeded(seed);
  const each = Math.ceil(names.length / kills);
  let left = [];
  return Array.from({ length: kills }, (_, at) => {
    const faults = [];
    const alone = kills > 2 * names.length && at % 4 === 3;
    if (names.length > 0 && !alone) {
      if (left.length === 0) left = shuffled(names, random);
      faults.push(...left.splice(0, each));
    }
    const skip = random();
    return { faults, skip, moment: at % 2 === 0 ? "mail" : "any", waitMs: random() * 700 };
  });
}

function shuffled(list, random) {
  const rest = [...list];
  const out = [];
  while (rest.length > 0) out.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return out;
}
