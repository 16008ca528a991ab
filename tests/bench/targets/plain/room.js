// One room: its events in SQLite, its sockets hibernating. The number of an event is its rowid:
// rows are never deleted, so the numbers have no gap.

import { DurableObject } from "cloudflare:workers";
import { frameOf } from "./comment.js";

const EVENT = "id, seq, ? as ticketId, actor as authorId, text, created_at as createdAt";

export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec(`create table if not exists events (
      seq integer primary key,
      id text not null,
      actor text not null,
      text text not null,
      created_at integer not null
    ) strict`);
  }

  /** Writes an event and tells the sockets; the runtime holds both back until it is durable. */
  append(actor, text) {
    const [id, createdAt] = [crypto.randomUUID(), Date.now()];
    const insert = "insert into events (id, actor, text, created_at) values (?, ?, ?, ?) returning seq";
    const { seq } = this.sql.exec(insert, id, actor, text, createdAt).one();
    const event = { id, seq, ticketId: this.ctx.id.name, authorId: actor, text, createdAt };
    this.broadcast(JSON.stringify({ type: "event", event }));
    return event;
  }

  /** The last events, the newest first. */
  list(limit) {
    const select = `select ${EVENT} from events order by seq desc limit ?`;
    return this.sql.exec(select, this.ctx.id.name, limit).toArray();
  }

  broadcast(frame) {
    for (const socket of this.ctx.getWebSockets()) {
      try {
        socket.send(frame);
      } catch {
        // It has gone; its close event follows.
      }
    }
  }

  /** Takes a WebSocket of somebody whom the gateway knows. */
  fetch(request) {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment({ actor: decodeURIComponent(request.headers.get("x-actor")) });
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(socket, message) {
    const frame = frameOf(message);
    if (!frame) return socket.send(JSON.stringify({ type: "error", code: "invalid" }));
    const { seq } = this.append(socket.deserializeAttachment().actor, frame.text);
    socket.send(JSON.stringify({ type: "ack", id: frame.id, seq }));
  }

  webSocketClose(socket, code) {
    socket.close(code === 1005 || code === 1006 ? 1000 : code); // those two may not be sent
  }
}
