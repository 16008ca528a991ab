// The Worker's entry: its Durable Object classes and its handlers.
//
// The wasm module comes first: actor.js takes hold of the state that it leaves behind.
import Gateway, * as wasm from "./build/index.js";
import { actor, guard } from "./actor.js";
import { failed, Gate, passes, tooMuch } from "./gate.js";

export const WorkspaceRoom = actor(wasm.WorkspaceRoom);
export const InboxState = actor(wasm.InboxState);
export const WarmupCounter = actor(wasm.WarmupCounter);
export const RateLimiter = actor(wasm.RateLimiter);
export const ProspectDedup = actor(wasm.ProspectDedup);

const gate = new Gate();

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
    if (request.method === "OPTIONS" || passes(request.url)) return this.answer(request);
    const now = Date.now();
    const number = gate.admit(now);
    if (gate.looks(now)) this.ctx.waitUntil(scheduler.wait(0).then(() => gate.looked(now, Date.now())));
    if (number === undefined) return tooMuch(request, this.env);
    const answer = this.answer(request).finally(() => gate.leave(number));
    // The end is heard of also where the client has left.
    this.ctx.waitUntil(answer);
    return answer;
  }

  async answer(request) {
    try {
      return await guard(() => super.fetch(request));
    } catch (error) {
      const answer = failed(request, this.env, 500, { code: "internal", message: "internal error" });
      console.error("gateway failed", answer.headers.get("x-request-id"), String(error));
      return answer;
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
