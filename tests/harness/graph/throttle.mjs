// Limits of one application at one mailbox: four requests at once, 10 000 in ten minutes, thirty
// sends in a minute, 150 MB of uploads in five.

import { throttled } from "./answer.mjs";
import { MINUTE } from "./world.mjs";

export class Throttle {
  constructor(world) {
    this.world = world;
    this.current = new Map(); // mailbox → requests under way
    this.most = new Map(); // mailbox → the most that there ever were, refused ones included
    this.passed = new Map(); // limit and mailbox → { list: [{ at, amount }], sum }
  }

  /** Counts a request in; gives what counts it out. It is refused if it is one too many. */
  enter(mailbox) {
    const { concurrent, requestsPerTenMinutes } = this.world.limits;
    const count = (this.current.get(mailbox) ?? 0) + 1;
    this.current.set(mailbox, count);
    this.most.set(mailbox, Math.max(this.most.get(mailbox) ?? 0, count));
    let over = false;
    const leave = () => {
      if (!over) this.current.set(mailbox, this.current.get(mailbox) - 1);
      over = true;
    };
    try {
      if (count > concurrent) throw throttled("MailboxConcurrency", this.world.limits.retryAfter);
      this.spend("request", mailbox, 1, requestsPerTenMinutes, 10 * MINUTE);
    } catch (refusal) {
      refusal.leave = leave; // it stays counted until its answer has been written
      throw refusal;
    }
    return leave;
  }

  /** One message leaves. */
  send(mailbox) {
    this.spend("sent messages", mailbox, 1, this.world.limits.sendsPerMinute, MINUTE);
  }

  upload(mailbox, bytes) {
    this.spend("upload", mailbox, bytes, this.world.limits.uploadBytesPerFiveMinutes, 5 * MINUTE);
  }

  spend(limit, mailbox, amount, most, windowMs) {
    const key = `${limit} ${mailbox}`;
    const now = this.world.now();
    const kept = this.passed.get(key) ?? { list: [], sum: 0 };
    this.passed.set(key, kept);
    while (kept.list.length > 0 && now - kept.list[0].at >= windowMs) kept.sum -= kept.list.shift().amount;
    if (kept.sum + amount > most) throw throttled(limit, this.world.limits.retryAfter);
    kept.list.push({ at: now, amount });
    kept.sum += amount;
  }
}
