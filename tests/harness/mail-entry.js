// The product's entry with more doors: mail straight to its `email` handler, messages straight to its
// `queue` handler or on a queue, envelopes straight to an actor, objects in storage.
//
// The local stand-in for mail routing refuses, before the Worker sees them, messages that real
// routing delivers (without Message-ID, without a usable From). `POST /test/email?from=…&to=…`
// hands the body to the same handler of the same Worker.
//
// `POST /test/queue?queue=…&attempts=…` hands the body to the consumer as one message of a queue; with
// `cut=every`, all that are left of it when it is cut at any byte. A dead letter answers 422 and its
// reason, a message that comes back 503 and when, else it is 200. `POST /test/scheduled?cron=…` sets
// off a cron trigger, which the local runtime does not do beside assets. `POST
// /test/lose?workspace=…&import=…` makes an import that is done one that lost a part. `POST
// /test/hash?workspace=…&agent=…` gives the hash of an agent's password, and puts the body in its place.
import { decode } from "@msgpack/msgpack";
import Worker, * as product from "../../gateway/entry.js";

export * from "../../gateway/entry.js";

/** The product's room, of whose imports a queue has lost a part, three hours ago. */
export class WorkspaceRoom extends product.WorkspaceRoom {
  losePart(importId) {
    const lose = `update prospect_imports set state = 'running', parts_done = parts_done - 1,
      updated_at = updated_at - 3 * 60 * 60 * 1000 where id = ? returning id`;
    return this.ctx.storage.sql.exec(lose, importId).toArray().length;
  }

  /** The hash of an agent's password; another takes its place, where one is given. */
  passwordHash(agentId, another) {
    const { sql } = this.ctx.storage;
    const [{ hash }] = sql.exec("select password_hash as hash from agents where id = ?", agentId).toArray();
    if (another) sql.exec("update agents set password_hash = ? where id = ?", another, agentId);
    return hash;
  }
}

export default class extends Worker {
  async fetch(request) {
    const url = new URL(request.url);
    const { searchParams: query } = url;
    switch (url.pathname) {
      case "/test/email":
        return this.mail(request, url);
      case "/test/queue":
        return this.message(await request.text(), query);
      case "/test/enqueue":
        return this.enqueue(await request.text(), query);
      case "/test/scheduled":
        await this.scheduled({ cron: query.get("cron"), scheduledTime: Date.now() });
        return new Response("done");
      case "/test/actor":
        return this.ask(await request.arrayBuffer(), query);
      case "/test/lose": {
        const rooms = this.env.WORKSPACE_ROOM;
        return Response.json(await rooms.get(rooms.idFromName(query.get("workspace"))).losePart(query.get("import")));
      }
      case "/test/hash": {
        const rooms = this.env.WORKSPACE_ROOM;
        const room = rooms.get(rooms.idFromName(query.get("workspace")));
        return new Response(await room.passwordHash(query.get("agent"), await request.text()));
      }
      case "/test/object":
        await (request.method === "PUT" ? this.env.MAIL.put(query.get("key"), await request.text()) : this.env.MAIL.delete(query.get("key")));
        return new Response("done");
      default:
        return super.fetch(request);
    }
  }

  /** Puts the body on a queue, as text or, where it is wanted so, as what its JSON says. */
  async enqueue(text, query) {
    const binding = query.get("queue").replaceAll("-", "_").toUpperCase();
    const json = query.get("as") === "json";
    await this.env[binding].send(json ? JSON.parse(text) : text, { contentType: json ? "json" : "text" });
    return new Response("sent");
  }

  /** Has the consumer of a queue take messages; says what becomes of them. */
  async message(text, query) {
    const bytes = new TextEncoder().encode(text);
    const bodies = query.get("cut") ? Array.from(bytes, (_, end) => new TextDecoder().decode(bytes.slice(0, end))) : [text];
    const fates = [];
    const messages = bodies.map((body, index) => ({
      id: crypto.randomUUID(), timestamp: new Date(), attempts: Number(query.get("attempts") ?? 1), body,
      ack: () => (fates[index] = "done"),
      retry: (options) => (fates[index] = `again after ${options?.delaySeconds} s`),
    }));
    await this.queue({ queue: query.get("queue"), messages });
    const { objects } = await this.env.MAIL.list({ prefix: "dead-letters/" });
    const letters = await Promise.all(objects.map(async ({ key }) => (await this.env.MAIL.get(key)).json()));
    const dead = messages.map(({ id }) => letters.find(({ messageId }) => messageId === id));
    const failure = (status, code, message) => Response.json({ success: false, error: { code, message } }, { status });
    const back = fates.find((fate) => fate !== "done");
    if (back) return failure(503, "again", back);
    if (dead.some((letter) => !letter)) return Response.json({ success: true, data: fates });
    return failure(422, "dead_letter", dead[0].letter.reason);
  }

  /** Asks an actor with the bytes as they are: what no envelope is answered with. */
  async ask(bytes, query) {
    const space = this.env[query.get("actor")];
    const answer = decode(new Uint8Array(await space.get(space.idFromName(query.get("instance"))).call(new Uint8Array(bytes))));
    const reject = answer.rejected ?? answer.Rejected;
    if (!reject) return Response.json({ success: true });
    const status = { bad_request: 400 }[reject.code] ?? 500;
    return Response.json({ success: false, error: { code: reject.code, message: reject.message } }, { status });
  }

  async mail(request, url) {
    const raw = await request.arrayBuffer();
    let reason;
    await this.email({
      from: url.searchParams.get("from"),
      to: url.searchParams.get("to"),
      raw: new Response(raw).body,
      rawSize: raw.byteLength,
      headers: new Headers(),
      setReject: (why) => (reason = why),
      forward: () => Promise.reject(new Error("not here")),
      reply: () => Promise.reject(new Error("not here")),
    });
    return new Response(reason ?? "delivered", { status: reason === undefined ? 200 : 400 });
  }
}
