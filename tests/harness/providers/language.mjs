// What the stand-ins of language models share: a plain estimate of tokens, what they answer, and
// limits by requests and tokens in a minute.

import { Bucket } from "./limits.mjs";

/** A token for every four bytes, rounded up: no tokenizer, but the same for everybody. */
export const tokensOf = (text) => Math.ceil(Buffer.byteLength(text) / 4);

/** What a message or prompt says, whole or in parts; nothing where there is none. */
export const textOf = (content = "") =>
  typeof content === "string" ? content : content.map((one) => one.text).join("");

/** A text cut to so many tokens. */
export const cutTo = (text, tokens) => Buffer.from(text).subarray(0, tokens * 4).toString();

const MAIL =
  "Subject: A thought on your support team\n\nHello,\n\nI read about your work and would like to " +
  "show you how others answer their customers faster. Would Tuesday suit you?\n\nBest regards";

/**
 * What a model answers next: the first of `replies` that is left, then `otherwise`. Each is a text,
 * an object (for JSON or a tool), or a function of what was asked.
 */
export function repliesOf({ replies = [], otherwise = MAIL } = {}) {
  const left = [...replies];
  return {
    add: (...more) => left.push(...more),
    next: (asked) => {
      const reply = left.length > 0 ? left.shift() : otherwise;
      return typeof reply === "function" ? reply(asked) : reply;
    },
  };
}

/** An object that fits a JSON schema, where no test says which. */
export function exampleOf(schema) {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const variant = schema.anyOf?.[0];
  if (variant) return exampleOf(variant);
  switch ([schema.type].flat()[0]) {
    case "object": {
      const of = Object.entries(schema.properties ?? {});
      return Object.fromEntries(of.map(([name, one]) => [name, exampleOf(one)]));
    }
    case "array":
      return schema.items ? [exampleOf(schema.items)] : [];
    case "number":
    case "integer":
      return schema.minimum ?? 1;
    case "boolean":
      return false;
    case "null":
      return null;
    default:
      return "text";
  }
}

/** Buckets by name, each { limit, left, resetMs }; a limit that is missing is Infinity. */
export class Quotas {
  /** `perMinute`: e.g. { requests: 50, inputTokens: 30_000, outputTokens: 8_000 } */
  constructor(now, perMinute) {
    const made = Object.entries(perMinute).map(([name, most]) => [name, new Bucket(now, most)]);
    this.buckets = Object.fromEntries(made);
  }

  /** The first name whose bucket does not hold what is asked, and for how long; or undefined. */
  lacking(amounts) {
    for (const [name, amount] of Object.entries(amounts)) {
      const waitMs = this.buckets[name].waitFor(amount);
      if (waitMs > 0) return { name, waitMs, most: this.buckets[name].perMinute };
    }
    return undefined;
  }

  take(amounts) {
    for (const [name, amount] of Object.entries(amounts)) this.buckets[name].take(amount);
  }

  /** How a bucket stands: undefined where there is no limit. */
  state(name) {
    const bucket = this.buckets[name];
    if (bucket.perMinute === Infinity) return undefined;
    const { left, perMinute } = bucket;
    return { limit: perMinute, left, resetMs: bucket.waitFor(perMinute) };
  }
}
