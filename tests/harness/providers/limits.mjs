// How providers count requests: in any stretch of time, in windows that the first call opens, or
// in a bucket that fills by itself. Times are in ms; `now` is the stand-in's clock.

/** At most `most` in any `windowMs`. */
export class Sliding {
  constructor(now, most, windowMs) {
    Object.assign(this, { now, most, windowMs, taken: [] });
  }

  /** Whether there is room for one more; does not take it. */
  get hasRoom() {
    const from = this.now() - this.windowMs;
    while (this.taken.length > 0 && this.taken[0] <= from) this.taken.shift();
    return this.taken.length < this.most;
  }

  take() {
    this.taken.push(this.now());
  }
}

/** At most `most` in a window; the first call after its end opens the next. */
export class Fixed {
  constructor(now, most, windowMs) {
    Object.assign(this, { now, most, windowMs, used: 0, until: -Infinity });
  }

  /** Counts one call; gives whether it was still within. */
  take() {
    const now = this.now();
    if (now >= this.until) Object.assign(this, { used: 0, until: now + this.windowMs });
    if (this.used >= this.most) return false;
    this.used += 1;
    return true;
  }

  get left() {
    return this.most - this.used;
  }
}

/** Holds at most `perMinute` and fills at that rate. What is not limited is Infinity. */
export class Bucket {
  constructor(now, perMinute) {
    Object.assign(this, { now, perMinute, level: perMinute, at: now() });
  }

  /** What is in it now, rounded down. */
  get left() {
    if (this.perMinute === Infinity) return Infinity;
    const filled = ((this.now() - this.at) / 60_000) * this.perMinute;
    Object.assign(this, { level: Math.min(this.perMinute, this.level + filled), at: this.now() });
    return Math.max(0, Math.floor(this.level + 1e-9));
  }

  /** Takes `amount`, below nothing too: what an answer cost is known only when it is written. */
  take(amount) {
    if (this.left !== Infinity) this.level -= amount;
  }

  /** How long until it holds `amount`, in ms; Infinity if it never will. */
  waitFor(amount) {
    if (this.left >= amount) return 0;
    if (amount > this.perMinute) return Infinity;
    const ms = ((amount - this.level) / this.perMinute) * 60_000;
    return Math.max(1, Math.ceil(ms - 1e-6)); // a fraction that is only rounding is no millisecond
  }
}
