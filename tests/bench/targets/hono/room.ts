// One room: a partyserver with its events in SQLite and its sockets hibernating. The number of an
// event is its rowid: rows are never deleted, so the numbers have no gap.

import { type Connection, type ConnectionContext, Server, type WSMessage } from "partyserver";
import { type Comment, Frame } from "./schemas";
import type { Env } from "./worker";

type Row = { id: string; seq: number; actor: string; text: string; created_at: number };

export class Room extends Server<Env> {
  static options = { hibernate: true };

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql`create table if not exists events (
      seq integer primary key,
      id text not null,
      actor text not null,
      text text not null,
      created_at integer not null
    ) strict`;
  }

  /** Writes an event and tells the sockets; the runtime holds both back until it is durable. */
  append(actor: string, text: string): Comment {
    const [row] = this.sql<Row>`
      insert into events (id, actor, text, created_at)
      values (${crypto.randomUUID()}, ${actor}, ${text}, ${Date.now()})
      returning id, seq, actor, text, created_at`;
    const event = this.comment(row);
    this.broadcast(JSON.stringify({ type: "event", event }));
    return event;
  }

  /** The last events, the newest first. */
  list(limit: number): Comment[] {
    const rows = this.sql<Row>`
      select id, seq, actor, text, created_at from events order by seq desc limit ${limit}`;
    return rows.map((row) => this.comment(row));
  }

  onConnect(connection: Connection<{ actor: string }>, { request }: ConnectionContext) {
    connection.setState({ actor: decodeURIComponent(request.headers.get("x-actor")!) });
  }

  onMessage(connection: Connection<{ actor: string }>, message: WSMessage) {
    const frame = Frame.safeParse(parse(message));
    if (!frame.success) {
      connection.send(JSON.stringify({ type: "error", code: "invalid" }));
      return;
    }
    const { id, text } = frame.data;
    const { seq } = this.append(connection.state!.actor, text);
    connection.send(JSON.stringify({ type: "ack", id, seq }));
  }

  private comment({ id, seq, actor, text, created_at }: Row): Comment {
    return { id, seq, ticketId: this.name, authorId: actor, text, createdAt: created_at };
  }
}

function parse(message: WSMessage): unknown {
  try {
    return typeof message === "string" ? JSON.parse(message) : undefined;
  } catch {
    return undefined;
  }
}
