// What the parts of the stand-in share: its clock, its limits, its mailboxes, and what it saw.

import { randomUUID } from "node:crypto";
import { seeded } from "../until.mjs";

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

const LIMITS = {
  concurrent: 4, // requests of one application to one mailbox
  requestsPerTenMinutes: 10_000,
  sendsPerMinute: 30, // Exchange's, on messages that leave
  uploadBytesPerFiveMinutes: 150 * 1024 * 1024,
  retryAfter: 1, // seconds, said with a 429 of ours; undefined: not said
  deltaTokens: 500, // kept for each mailbox; older ones have fallen out of the cache
  subscriptions: 1_000, // of one mailbox
  subscriptionMinutes: 4_230,
  validationMs: 10_000, // how long a notification endpoint may take to answer for itself
};

export class World {
  constructor(options) {
    this.limits = { ...LIMITS, ...options.limits };
    this.latencyMs = options.latencyMs ?? 2; // so that requests made at once are seen at once
    this.random = seeded(options.seed ?? 1);
    this.keepsMessageIds = options.keepsMessageIds ?? false; // the Message-ID of a MIME that a client sends
    this.offset = 0;
    this.origin = undefined; // known once the server listens
    this.tenant = { id: "72f988bf-0000-4000-8000-2d7cd011db47", domain: "contoso.test" };
    this.mailboxes = new Map(); // by address in lower case, and by object id
    this.grants = []; // { user, mailbox, rights }
    this.requests = []; // every request, as it is recorded
    this.accepted = []; // what was taken for sending
    this.held = []; // what waits for release()
    this.pending = new Set(); // what the stand-in itself is still doing
  }

  /** The stand-in's time, in ms; advance() moves it, so that codes, tokens and subscriptions end. */
  now() {
    return Date.now() + this.offset;
  }

  advance(ms) {
    this.offset += ms;
  }

  mailbox(name) {
    return this.mailboxes.get(String(name).toLowerCase());
  }

  /** Whether `user` may do `right` ("fullAccess", "sendAs", "sendOnBehalf") with another's mailbox. */
  may(user, mailbox, right) {
    const of = this.grants.filter((g) => g.user === user.address && g.mailbox === mailbox.address);
    return of.some((g) => g.rights.includes(right));
  }

  /** Runs `work` when the test calls release(). */
  hold(work) {
    this.held.push(work);
  }

  /** Keeps account of something that goes on beside the requests. */
  track(promise) {
    this.pending.add(promise);
    promise.finally(() => this.pending.delete(promise)).catch(() => {});
    return promise;
  }

  /** An opaque word that nobody can guess or build. */
  opaque(prefix = "") {
    return prefix + randomUUID().replaceAll("-", "") + randomUUID().replaceAll("-", "");
  }

  /** A Message-ID as Exchange makes it. */
  messageId() {
    return `<${this.opaque().slice(0, 24).toUpperCase()}@mail.${this.tenant.domain}>`;
  }

  /** The same things in another order, the same one for the same seed. */
  shuffled(items) {
    const list = [...items];
    for (let at = list.length - 1; at > 0; at -= 1) {
      const other = Math.floor(this.random() * (at + 1));
      [list[at], list[other]] = [list[other], list[at]];
    }
    return list;
  }
}
