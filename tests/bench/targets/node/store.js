// The events of all rooms in one SQLite file, every commit durable before it returns.

import Database from "better-sqlite3";

const SCHEMA = `create table if not exists events (
  room text not null,
  seq integer not null,
  id text not null,
  actor text not null,
  text text not null,
  created_at integer not null,
  primary key (room, seq)
) strict`;

const INSERT = `insert into events (room, seq, id, actor, text, created_at)
  values (@room, (select coalesce(max(seq), 0) + 1 from events where room = @room),
    @id, @actor, @text, @createdAt)
  returning seq`;

const SELECT = `select id, seq, room as ticketId, actor as authorId, text, created_at as createdAt
  from events where room = ? order by seq desc limit ?`;

export function openStore(file) {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(SCHEMA);
  const [insert, select] = [db.prepare(INSERT), db.prepare(SELECT)];
  return {
    /** Writes an event with the next number of its room. */
    append(room, actor, text) {
      const [id, createdAt] = [crypto.randomUUID(), Date.now()];
      const { seq } = insert.get({ room, id, actor, text, createdAt });
      return { id, seq, ticketId: room, authorId: actor, text, createdAt };
    },
    /** The last events of a room, the newest first. */
    list: (room, limit) => select.all(room, limit),
    close: () => db.close(),
  };
}
