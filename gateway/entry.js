// The Worker's entry: its Durable Object classes and its handlers.
//
// The wasm module comes first: actor.js takes hold of the state that it leaves behind.
import Gateway, * as wasm from "./build/index.js";
import { actor, guard } from "./actor.js";

export const WorkspaceRoom = actor(wasm.WorkspaceRoom);
export const InboxState = actor(wasm.InboxState);
export const WarmupCounter = actor(wasm.WarmupCounter);
export const RateLimiter = actor(wasm.RateLimiter);
export const ProspectDedup = actor(wasm.ProspectDedup);

/**
 * How many requests are under way in an isolate at once: beyond that, waiting would end at a client
 * that has given up, and bodies would not fit into its memory. Whoever comes then is refused unread.
 */
const UNDER_WAY_MAX = 1_000;
/** After this the platform has ended what a client has left behind, whether we heard of it or not. */
const LEFT_MS = 60_000;
/** When each of them began, by its number: the oldest comes first. */
const underWay = new Map();
let last = 0;

/** Gives the number of a request that may begin now; none where too many are under way. */
function admit() {
  const now = Date.now();
  if (underWay.size >= UNDER_WAY_MAX) {
    for (const [number, since] of underWay) {
      if (now - since < LEFT_MS) break;
      underWay.delete(number);
    }
    if (underWay.size >= UNDER_WAY_MAX) return undefined;
  }
  underWay.set(++last, now);
  return last;
}

function tooMuch() {
  const message = "too much at once: try again in a moment";
  const failure = { code: "unavailable", message, details: { retryAfterMs: 1_000 } };
  const headers = { "retry-after": "1", "cache-control": "no-store" };
  return Response.json({ success: false, error: failure }, { status: 503, headers });
}

/** A message as the gateway reads it: its text, however it was put on its queue, and how often it has come. */
function told(message) {
  const { id, timestamp, attempts, body } = message;
  let text = body;
  if (typeof body !== "string") {
    try {
      text = JSON.stringify(body);
    } catch {
      text = String(body); // what is no JSON is no message of ours
    }
  }
  const retry = (options) => message.retry(options ?? undefined);
  return { id, timestamp, body: { attempts, text }, ack: () => message.ack(), retry };
}

/** The gateway: requests, queue messages, cron and routed mail. */
export default class extends Gateway {
  fetch(request) {
    // A long poll is only kept; how many of them there may be is the room's business.
    if (request.url.includes("/v1/events?")) return this.answer(request);
    const number = admit();
    if (number === undefined) return tooMuch();
    const answer = this.answer(request).finally(() => underWay.delete(number));
    // The end is heard of also where the client has left.
    this.ctx.waitUntil(answer);
    return answer;
  }

  async answer(request) {
    try {
      return await guard(() => super.fetch(request));
    } catch (error) {
      console.error("gateway failed", String(error));
      const failure = { code: "internal", message: "internal error" };
      return Response.json({ success: false, error: failure }, { status: 500 });
    }
  }

  queue({ queue, messages }) {
    return guard(() => super.queue({ queue, messages: messages.map(told) }));
  }

  scheduled(event) {
    return guard(() => super.scheduled(event));
  }

  email(message) {
    return guard(() => super.email(message));
  }
}
