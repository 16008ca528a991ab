// What became of a load: offered, accepted, refused, never answered, lost.

import { CLOCK } from "./pace.mjs";
import { Figures } from "./figures.mjs";

const REFUSALS = new Set([429, 503]);

export class Tally {
  offered = 0;
  accepted = 0;
  unanswered = 0;
  /** Why they had no answer, and how many. */
  silences = new Map();
  /** How many refusals did not say when to come back. */
  silent = 0;
  lost = 0;
  doubled = 0;
  checked = 0;
  refused = new Map();
  /** Answers that no load may have: their status, how many, and what one of them said. */
  wrong = new Map();
  latencies = new Figures();
  refusals = new Figures();

  /** Takes note of an answer to what was to begin at `intended`; says whether it was accepted. */
  note(answer, intended) {
    const took = CLOCK.now() - intended;
    this.offered += 1;
    if (answer.status === 0) {
      this.unanswered += 1;
      const why = (answer.text ?? "").trim();
      this.silences.set(why, (this.silences.get(why) ?? 0) + 1);
    } else if (answer.status < 300) {
      this.accepted += 1;
      this.latencies.add(took);
      return true;
    } else if (REFUSALS.has(answer.status)) {
      this.refused.set(answer.status, (this.refused.get(answer.status) ?? 0) + 1);
      this.refusals.add(took);
      if (!answer.retryAfter) this.silent += 1;
    } else {
      const known = this.wrong.get(answer.status);
      this.wrong.set(answer.status, { count: (known?.count ?? 0) + 1, text: known?.text ?? answer.text });
    }
    return false;
  }

  /**
   * Compares what was accepted with what is there.
   *
   * accepted  marks of what was accepted, each once
   * found     marks of what is there
   */
  check(accepted, found) {
    const seen = new Set();
    for (const mark of found) {
      if (seen.has(mark)) this.doubled += 1;
      seen.add(mark);
    }
    for (const mark of accepted) {
      this.checked += 1;
      if (!seen.has(mark)) this.lost += 1;
    }
  }

  get refusedCount() {
    return [...this.refused.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The lines of a report: requests began within so many `seconds`, and the last answer came `tail` seconds later. */
  lines(seconds, tail = 0) {
    const rate = (count, within) => `${count} (${(count / within).toFixed(1)} a second)`;
    const each = (counts) => [...counts].sort().map(([what, count]) => `${what}: ${count}`).join(", ");
    const why = this.silences.size === 0 ? "" : ` (${each(this.silences)})`;
    const lines = [
      ["offered", rate(this.offered, seconds)],
      ["accepted", rate(this.accepted, seconds + tail)],
      ["refused", this.refused.size === 0 ? "0" : `${this.refusedCount} (${each(this.refused)}), ${this.silent} of them without Retry-After`],
      ["unanswered", `${this.unanswered}${why}`],
      ["lost", `${this.lost} of ${this.checked} that were accepted and looked for; ${this.doubled} there twice`],
      ["latency", String(this.latencies)],
    ];
    if (this.refusals.count > 0) lines.push(["refused in", String(this.refusals)]);
    for (const [status, { count, text }] of this.wrong) lines.push(["wrong", `${count} answers ${status}: ${text?.slice(0, 200)}`]);
    return lines;
  }

  /** What did not hold. */
  problems() {
    const found = [];
    if (this.accepted === 0) found.push("nothing was accepted");
    if (this.lost > 0) found.push(`${this.lost} that were accepted are not there`);
    if (this.doubled > 0) found.push(`${this.doubled} are there twice`);
    if (this.unanswered > 0) found.push(`${this.unanswered} callers were never answered`);
    if (this.silent > 0) found.push(`${this.silent} refusals do not say when to come back`);
    for (const [status, { count }] of this.wrong) found.push(`${count} answers with ${status}`);
    return found;
  }
}
