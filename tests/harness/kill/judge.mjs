// What must hold after all kills, of what was acknowledged and of who asked.

import assert from "node:assert/strict";

const twice = (list) => [...new Set(list.filter((one, at) => list.indexOf(one) !== at))];

/** The things that events made, in order: { kind, id, text, ticketId, seq }. */
function made(events) {
  return events.flatMap(({ type, seq, data }) => {
    if (type === "comment.created") {
      const { id, body, ticketId } = data.comment;
      return [{ kind: "comment", id, text: body, ticketId, seq }];
    }
    if (type === "ticket.created") {
      const { id, subject } = data.ticket;
      return [{ kind: "ticket", id, text: subject, seq }];
    }
    return [];
  });
}

/**
 * Nothing acknowledged is lost, nothing happened twice, each reader saw everything once and in
 * order, D1 agrees, and nobody was kept waiting. Throws what does not hold; gives counts.
 *
 * written    what was acknowledged: { room, kind, id, text, ticketId }
 * rooms      { n, head, events, witnessed, comments: { ticketId: ids }, tickets, rows }: the events as
 *            a reader saw them, and the last ones as they are shown afterwards; the same things as the
 *            room and as D1 have them, in the same order
 * readers    { name, cursor, head, faults }
 * hanging    callers who heard nothing until their deadline
 * differing  keys that got two answers
 */
export function judge({ written, rooms, readers, hanging, differing }) {
  assert.deepEqual(hanging, [], "callers who were kept waiting");
  assert.deepEqual(differing, [], "keys with two answers");
  for (const { n, head, events, witnessed, comments, tickets, rows } of rooms) {
    const numbers = events.map(({ seq }) => seq);
    assert.deepEqual(numbers, Array.from({ length: head }, (_, at) => at + 1), `room ${n}: gapless, 1 to the head`);
    assert.deepEqual(witnessed, events.slice(events.length - witnessed.length), `room ${n}: who comes later is told the same`);
    const things = made(events);
    assert.deepEqual(twice(things.map(({ id }) => id)), [], `room ${n}: made twice`);
    assert.deepEqual(twice(things.map(({ text }) => text)), [], `room ${n}: written twice`);
    const there = new Map(things.map((thing) => [thing.id, thing]));
    const mine = written.filter(({ room }) => room === n);
    assert.deepEqual(twice(mine.map(({ text }) => text)), [], `room ${n}: acknowledged twice`);
    const lost = mine.filter(({ id, text, ticketId }) => {
      const found = there.get(id);
      return !found || found.text !== text || found.ticketId !== ticketId;
    });
    assert.deepEqual(lost, [], `room ${n}: acknowledged, and lost`);
    const known = new Set(mine.map(({ id }) => id));
    assert.deepEqual(things.filter(({ id }) => !known.has(id)), [], `room ${n}: nobody wrote that`);
    for (const [ticketId, ids] of Object.entries(comments)) {
      const told = things.filter((thing) => thing.kind === "comment" && thing.ticketId === ticketId);
      assert.deepEqual(ids, told.map(({ id }) => id), `room ${n}: the list of ${ticketId} and its events`);
    }
    assert.deepEqual(rows, tickets, `room ${n}: D1 and the room`);
  }
  for (const { name, cursor, head, faults } of readers) {
    assert.deepEqual(faults, [], name);
    assert.equal(cursor, head, `${name} has seen everything`);
  }
  const scheduled = written.filter(({ kind }) => kind === "scheduled").length;
  const events = rooms.reduce((sum, { head }) => sum + head, 0);
  return { writes: written.length, scheduled, events, readers: readers.length };
}
