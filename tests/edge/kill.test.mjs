// Nothing acknowledged is lost: twenty clients write while the whole runtime is killed again and again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { connect } from "../../examples/client.mjs";
import { all, call, data, register } from "../harness/api.mjs";
import { dial } from "../harness/socket.mjs";
import { seeded } from "../harness/until.mjs";
import { folder, productWorker } from "../harness/worker.mjs";

const CLIENTS = 20;
const ROUNDS = 4;

test("twenty clients write through power cuts: all that was acknowledged is there, once", { timeout: 180_000 }, async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32);
  t.diagnostic(`SEED=${seed}`);
  const random = seeded(seed);
  const persistTo = folder(t);
  let worker = await productWorker(t, { persistTo });
  const { url, port } = worker;
  const owner = await register(url, "Killed");
  const ticket = await data(url, "POST", "/v1/tickets", { token: owner.token, body: { subject: "Much is said here" } });

  const acknowledged = new Map(); // body -> the comment's id
  let on = true;
  let retries = 0;
  const byHttp = async (client) => {
    for (let n = 0; on; n += 1) {
      const body = `http ${client}-${n}`;
      for (;;) {
        const answer = await post(url, owner.token, ticket.id, body, `${client}-${n}`);
        if (answer) {
          acknowledged.set(body, answer.id);
          break;
        }
        retries += 1;
        await wait(100);
      }
    }
  };
  const rooms = [];
  const bySocket = async (client) => {
    const codec = client % 4 === 1 ? "json" : "msgpack";
    const room = connect({ url, workspaceId: owner.workspaceId, token: owner.token, codec, since: 0 });
    const seen = [];
    const faults = [];
    room.on("event", (event) => seen.push(event));
    room.on("gap", (gap) => faults.push(gap));
    room.on("reset", (reset) => faults.push(reset));
    rooms.push({ room, seen, faults });
    for (let n = 0; on; n += 1) {
      const body = `socket ${client}-${n}`;
      const comment = await room.command({ postComment: { ticketId: ticket.id, body } });
      acknowledged.set(body, comment.id);
    }
  };
  t.after(() => rooms.forEach(({ room }) => room.close()));

  const writers = Array.from({ length: CLIENTS }, (_, n) => (n % 2 === 0 ? byHttp(n) : bySocket(n)));
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = acknowledged.size;
    while (acknowledged.size < before + 50) await wait(10); // it works again: now at any moment
    await wait(random() * 700);
    await worker.kill9();
    worker = await productWorker(t, { persistTo, port });
  }
  const before = acknowledged.size;
  while (acknowledged.size < before + 50) await wait(10);
  on = false;
  await Promise.all(writers);

  const { head } = await data(url, "GET", "/v1/snapshot", { token: owner.token });
  const witness = await dial(url, owner, { since: 0 });
  await witness.frame("replay_done");
  const { events } = witness;
  assert.deepEqual(events.map(({ seq }) => seq), Array.from({ length: head }, (_, n) => n + 1), "gapless, 1 to the head");
  const created = events.filter(({ type }) => type === "comment.created").map(({ data }) => data.comment);
  const bodies = new Map(created.map(({ body, id }) => [body, id]));
  assert.equal(created.length, bodies.size, "no comment was written twice");
  assert.deepEqual([...bodies].sort(), [...acknowledged].sort(), "each acknowledged once, and nothing else");
  const comments = await all(url, `/v1/tickets/${ticket.id}/comments`, { token: owner.token });
  assert.deepEqual(comments.map(({ id }) => id), created.map(({ id }) => id));
  for (const { seen, faults } of rooms) {
    assert.deepEqual(faults, []);
    const numbers = seen.map(({ seq }) => seq);
    assert.deepEqual(numbers, Array.from({ length: numbers.length }, (_, n) => n + 1), "a client's own sequence");
  }
  assert.ok(retries > 0, "the kills were felt");
  t.diagnostic(`${acknowledged.size} comments, ${head} events, ${ROUNDS} kills, ${retries} retries`);
  await witness.close();
});

/** Gives the comment, or nothing where the request must be sent again. */
async function post(url, token, ticketId, body, key) {
  try {
    const headers = { "idempotency-key": key };
    const answer = await call(url, "POST", `/v1/tickets/${ticketId}/comments`, { token, body: { body }, headers });
    if (answer.status === 201) return answer.body.data;
    assert.ok(answer.status >= 500, `refused: ${answer.status} ${JSON.stringify(answer.body)}`);
    return undefined;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return undefined; // no connection, or it broke
  }
}
