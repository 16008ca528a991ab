// Many measurements and what is said of them. Nothing is rounded into classes: a run has some million
// at most, and sorting those takes a second.

export class Figures {
  #values = [];
  #isSorted = true;

  add(value) {
    this.#values.push(value);
    this.#isSorted = false;
  }

  get count() {
    return this.#values.length;
  }

  #sorted() {
    if (!this.#isSorted) {
      this.#values = [...Float64Array.from(this.#values).sort()];
      this.#isSorted = true;
    }
    return this.#values;
  }

  /** The smallest value that `percent` of all do not exceed (nearest rank); NaN where there is none. */
  percentile(percent) {
    const sorted = this.#sorted();
    const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length - 1e-9));
    return sorted.length === 0 ? NaN : sorted[rank - 1];
  }

  get max() {
    return this.percentile(100);
  }

  /** As a line of a report, in milliseconds. */
  toString() {
    if (this.count === 0) return "none";
    const named = [["p50", 50], ["p95", 95], ["p99", 99], ["max", 100]];
    return `${named.map(([name, percent]) => `${name} ${ms(this.percentile(percent))}`).join("  ")} ms`;
  }
}

/** Milliseconds with as many digits as mean something. */
export const ms = (value) => value.toFixed(value < 10 ? 2 : value < 1_000 ? 1 : 0);
