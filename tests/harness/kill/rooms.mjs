// Workspaces whose people write as fast as they may, over HTTP and over sockets, whatever happens.
//
// Each write has a key, or a client's id, and is sent again with it until it is acknowledged; one in
// ten is sent again although it was, as somebody would whose answer got lost behind us.

import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { register } from "../api.mjs";
import { until } from "../until.mjs";
import { VARS } from "../worker.mjs";
import { ask, Member } from "./ledger.mjs";
import { Seat } from "./seat.mjs";

const TICKETS = 3;
/** Writers of a room: over HTTP, and over sockets of either codec. */
const HTTP = 3;
const SOCKETS = ["json", "msgpack"];
/** So far ahead a comment is scheduled: it is still to come when the runtime is back. */
const AHEAD_MS = [8_000, 15_000];
/** How many writes more than were wanted by now are written at full speed; from there on ever slower. */
const AHEAD = 40;
const SLOW_MS = 200;
/** How many of the last events somebody is shown who comes when all is over; 10,000 are kept. */
const WITNESSED = 5_000;

/** Opens `count` workspaces, and lets their people begin. */
export async function openRooms(world, ledger, count, random) {
  const state = { on: true, wanted: 0, random };
  const rooms = [];
  for (let n = 0; n < count; n += 1) {
    const account = await register(world.url, `Room ${n}`, { operator: VARS.ADMIN_TOKEN });
    const member = new Member(ledger, world, account);
    const tickets = [];
    for (let t = 0; t < TICKETS; t += 1) {
      const subject = `Ticket ${n}-${t}`;
      const { id } = await member.data("POST", "/v1/tickets", { body: { subject }, key: `first-${t}` });
      tickets.push(id);
      ledger.written.push({ room: n, kind: "ticket", id, text: subject });
    }
    rooms.push({ n, member, tickets, seats: [], events: [] });
  }
  const work = rooms.flatMap((room) => {
    room.seats.push(new Seat({ name: `reader ${room.n}`, member: room.member, take: (event) => room.events.push(event) }));
    const seats = SOCKETS.map((codec) => new Seat({ name: `${codec} ${room.n}`, member: room.member, codec }));
    room.seats.push(...seats);
    const bySocket = seats.map((seat, at) => overSocket(state, ledger, room, seat, `s${at}`));
    const byHttp = Array.from({ length: HTTP }, (_, at) => overHttp(state, ledger, room, `h${at}`));
    return [...bySocket, ...byHttp, looks(state, ledger, room)];
  });
  const done = Promise.all(work);
  done.catch((error) => ledger.faults.push(String(error)));
  return {
    /** Waits until `more` writes are acknowledged, and `least` in all. */
    async reach(more, least, limitMs) {
      const count = (state.wanted = Math.max(ledger.written.length + more, least));
      const holds = () => ledger.faults.length > 0 || ledger.written.length >= count;
      await until(holds, `${count} acknowledged writes (there are ${ledger.written.length})`, limitMs);
      if (ledger.faults.length > 0) throw new Error(ledger.faults.join("\n"));
    },
    /** Has everybody end what they began; gives what the rooms, their readers and D1 say then. */
    async end(limitMs) {
      state.on = false;
      const late = wait(limitMs, "late", { ref: false });
      assert.notEqual(await Promise.race([done, late]), "late", "everybody ends what they began");
      const found = [];
      for (const room of rooms) found.push(await settled(world, ledger, room, limitMs));
      return { rooms: found.map(({ readers, ...rest }) => rest), readers: found.flatMap(({ readers }) => readers) };
    },
    leave: () => {
      state.on = false;
      return Promise.all(rooms.flatMap(({ seats }) => seats.map((seat) => seat.leave())));
    },
  };
}

/** A breath between two writes: a long one where enough is written for now. */
function breath({ wanted, random }, { written }) {
  const ahead = (written.length - wanted) / AHEAD;
  return wait(ahead > 1 ? SLOW_MS * Math.min(ahead, 10) : random() * 30);
}

async function overHttp(state, ledger, room, name) {
  for (let n = 0; state.on; n += 1) {
    const key = `${name}-${n}`;
    const ticketId = room.tickets[n % room.tickets.length];
    const kind = n % 25 === 7 ? "ticket" : n % 9 === 4 ? "scheduled" : "comment";
    const text = `${kind} ${room.n} ${key}`;
    const publishAt = Date.now() + Math.round(AHEAD_MS[0] + state.random() * (AHEAD_MS[1] - AHEAD_MS[0]));
    const [path, body] = {
      ticket: ["/v1/tickets", { subject: text }],
      scheduled: [`/v1/tickets/${ticketId}/scheduled-comments`, { body: text, publishAt }],
      comment: [`/v1/tickets/${ticketId}/comments`, { body: text }],
    }[kind];
    const write = () => room.member.until("POST", path, { body, key });
    const answer = await write();
    // Nobody was there to take it before its time had come; it was not acknowledged, and must not be.
    if (kind === "scheduled" && answer.status === 422 && Date.now() > publishAt - 1_000) continue;
    if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    const { id } = answer.data;
    ledger.written.push({ room: room.n, ticketId: kind === "ticket" ? undefined : ticketId, kind, id, text });
    if (n % 10 === 3) {
      const again = await write();
      if (again.data?.id !== id) ledger.differing.push(`${text}: ${id}, then ${JSON.stringify(again)}`);
    }
    await breath(state, ledger);
  }
}

async function overSocket(state, ledger, room, seat, name) {
  for (let n = 0; state.on; n += 1) {
    const id = `${name}-${n}`;
    const ticketId = room.tickets[n % room.tickets.length];
    const text = `socket ${room.n} ${id}`;
    const command = { postComment: { ticketId, body: text } };
    const ack = await seat.command(id, command);
    if (!ack.success) throw new Error(`${text}: ${JSON.stringify(ack)}`);
    const found = ack.data.id;
    ledger.written.push({ room: room.n, ticketId, kind: "comment", id: found, text });
    if (n % 10 === 3) {
      const again = await seat.command(id, command);
      if (again.data?.id !== found) ledger.differing.push(`${text}: ${found}, then ${JSON.stringify(again)}`);
    }
    await breath(state, ledger);
  }
}

/** Somebody who asks for lists that D1 has: they are answered or refused, never kept waiting. */
async function looks(state, ledger, room) {
  for (let n = 0; state.on; n += 1) {
    const path = ["/v1/inboxes", "/api/prospects"][n % 2];
    const token = await room.member.fresh();
    const answer = await ask(ledger, room.member.world.url, "GET", path, { token });
    if (answer) ledger.looks += 1;
    if (answer && answer.status >= 400 && answer.status < 500) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    await wait(250);
  }
}

/** What is there once nothing more will come: the room's own word, its events, and D1's rows. */
async function settled(world, ledger, room, limitMs) {
  const { member } = room;
  const waiting = async () => (await member.all("/v1/scheduled-comments")).length === 0;
  await until(waiting, `the scheduled comments of room ${room.n}`, limitMs);
  const { head } = await member.data("GET", "/v1/snapshot");
  const witnessed = [];
  const since = Math.max(0, head - WITNESSED);
  const witness = new Seat({ name: `witness ${room.n}`, member, since, take: (event) => witnessed.push(event) });
  const seats = [...room.seats, witness];
  const caughtUp = () => seats.every(({ cursor, faults }) => cursor >= head || faults.length > 0);
  await until(caughtUp, `every reader of room ${room.n} at ${head}`, limitMs);
  const tickets = await member.all("/v1/tickets");
  const comments = {};
  for (const { id } of tickets) comments[id] = (await member.all(`/v1/tickets/${id}/comments`)).map((one) => one.id);
  const rows = async () => (await fetch(`${world.url}/test/rows?workspace=${member.account.workspaceId}`)).json();
  const one = ({ id, number, subject, status, comments }) => JSON.stringify({ id, number, subject, status, comments });
  const sorted = (list) => list.map(one).sort();
  const wanted = sorted(tickets);
  let had = [];
  const agree = async () => {
    had = sorted((await rows()).filter(({ deleted }) => deleted === 0));
    return JSON.stringify(had) === JSON.stringify(wanted);
  };
  await until(agree, `D1's rows of room ${room.n}`, limitMs).catch(() => {}); // the judge says how they differ
  const readers = await Promise.all(seats.map((seat) => seat.leave()));
  return { n: room.n, head, events: room.events, witnessed, comments, tickets: wanted, rows: had, readers: readers.map((it) => ({ ...it, head })) };
}
