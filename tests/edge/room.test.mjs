// A workspace's room on real workerd: who may come in, the desk, what its sockets see.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../examples/client.mjs";
import { all, call, data, join, register, session } from "../harness/api.mjs";
import { dial, ticketFor } from "../harness/socket.mjs";
import { pool, until } from "../harness/until.mjs";
import { folder, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const newTicket = (url, token, subject = "The door is stuck", more = {}) =>
  data(url, "POST", "/v1/tickets", { token, body: { subject, ...more } });
const say = (url, token, ticket, body, more = {}) =>
  data(url, "POST", `/v1/tickets/${ticket.id}/comments`, { token, body: { body, ...more } });
const head = async (url, token) => (await data(url, "GET", "/v1/snapshot", { token })).head;
const status = async (...args) => (await call(...args)).status;

test("the room", { timeout: 180_000 }, async (t) => {
  const { url } = await productWorker(t);

  await t.test("whoever registers a workspace is its owner and logged in", async () => {
    const owner = await register(url, "Founders");
    const me = await data(url, "GET", "/v1/me", { token: owner.token });
    assert.equal(me.agent.role, "owner");
    assert.equal(me.workspace.id, owner.workspaceId);
    const { workspaceId, email, password } = owner;
    const again = await data(url, "POST", "/v1/auth/login", { body: { workspaceId, email: email.toUpperCase(), password } });
    assert.equal(again.agent.id, owner.agentId);
    assert.notEqual(again.accessToken, owner.token);
    const wrong = await call(url, "POST", "/v1/auth/login", { body: { workspaceId, email, password: `${password}!` } });
    const nobody = await call(url, "POST", "/v1/auth/login", { body: { workspaceId, email: "x@y.example", password } });
    assert.deepEqual([wrong.status, nobody.status], [401, 401]);
    assert.equal(wrong.body.error.message, nobody.body.error.message, "nothing tells which of both was wrong");
  });

  await t.test("the same registration, sent again with its key, is one workspace", async () => {
    const body = { name: "Twice", ownerName: "Ann", ownerEmail: "ann@twice.example", password: "a long pass phrase" };
    const headers = { "idempotency-key": "register-twice" };
    const first = await call(url, "POST", "/v1/workspaces", { body, headers });
    const second = await call(url, "POST", "/v1/workspaces", { body, headers });
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.equal(first.body.data.workspace.id, second.body.data.workspace.id);
    assert.equal(first.body.data.refreshToken, second.body.data.refreshToken);
    assert.equal(second.headers.get("idempotent-replayed"), "true");
    assert.equal(await head(url, first.body.data.accessToken), await head(url, second.body.data.accessToken));
  });

  await t.test("a refresh token works once; used again, it ends the session", async () => {
    const owner = await register(url, "Rotation", { operator });
    const refresh = (refreshToken) => call(url, "POST", "/v1/auth/refresh", { body: { refreshToken } });
    const first = await refresh(owner.refreshToken);
    assert.equal(first.status, 200);
    const second = await refresh(first.body.data.refreshToken);
    assert.equal(second.status, 200);
    assert.equal(await status(url, "GET", "/v1/me", { token: second.body.data.accessToken }), 200);
    assert.equal((await refresh(owner.refreshToken)).status, 401, "the stolen one");
    assert.equal((await refresh(second.body.data.refreshToken)).status, 401, "the newest of the family");
    assert.equal(await status(url, "GET", "/v1/me", { token: second.body.data.accessToken }), 401);
  });

  await t.test("after logging out, token, refresh token and sockets are over", async () => {
    const owner = await register(url, "Logout", { operator });
    const socket = await dial(url, owner);
    await socket.frame("hello");
    await data(url, "POST", "/v1/auth/logout", { token: owner.token });
    assert.equal(await status(url, "GET", "/v1/me", { token: owner.token }), 401);
    assert.equal(await status(url, "POST", "/v1/auth/refresh", { body: { refreshToken: owner.refreshToken } }), 401);
    assert.equal((await socket.closed).code, 4401);
  });

  await t.test("an invitation makes one agent, once", async () => {
    const owner = await register(url, "Invites", { operator });
    const body = { email: "bo@agents.example", name: "Bo", role: "agent" };
    const invited = await data(url, "POST", "/v1/invitations", { token: owner.token, body });
    const acceptance = { token: invited.token, password: "bo likes long phrases" };
    const bo = session(await data(url, "POST", "/v1/invitations/accept", { body: acceptance }));
    assert.equal((await data(url, "GET", "/v1/me", { token: bo.token })).agent.email, body.email);
    assert.equal(await status(url, "POST", "/v1/invitations/accept", { body: acceptance }), 410);
    assert.equal(await status(url, "POST", "/v1/invitations", { token: bo.token, body: { ...body, email: "c@d.example" } }), 403);
    const agents = await data(url, "GET", "/v1/agents", { token: owner.token });
    assert.equal((agents.items ?? agents).length, 2);
    const taken = await data(url, "POST", "/v1/invitations", { token: owner.token, body: { ...body, email: "di@agents.example" } });
    await data(url, "DELETE", `/v1/invitations/${taken.invitation.id}`, { token: owner.token });
    const late = { token: taken.token, password: "di likes long phrases" };
    assert.equal(await status(url, "POST", "/v1/invitations/accept", { body: late }), 410);
  });

  await t.test("a demoted agent loses the right at the next request, by HTTP and by socket", async () => {
    const owner = await register(url, "Demotion", { operator });
    const ada = await join(url, owner, "agent", "Ada");
    const ticket = await newTicket(url, ada.token);
    const socket = await dial(url, ada);
    assert.equal((await socket.command("c1", { postComment: { ticketId: ticket.id, body: "Still in." } })).success, true);
    await data(url, "PATCH", `/v1/agents/${ada.agentId}`, { token: owner.token, body: { role: "viewer" } });
    const denied = { token: ada.token, body: { body: "No longer." } };
    assert.equal(await status(url, "POST", `/v1/tickets/${ticket.id}/comments`, denied), 403);
    const ack = await socket.command("c2", { postComment: { ticketId: ticket.id, body: "No longer." } });
    assert.deepEqual([ack.success, ack.error.code], [false, "forbidden"]);
    assert.equal((await data(url, "GET", `/v1/tickets/${ticket.id}`, { token: ada.token })).comments, 1);
    await socket.close();
  });

  await t.test("a removed agent is out at the next request and their sockets are closed", async () => {
    const owner = await register(url, "Removal", { operator });
    const eve = await join(url, owner, "agent", "Eve");
    const sockets = [await dial(url, eve), await dial(url, eve, { codec: "msgpack" })];
    const stays = await dial(url, owner);
    const ticket = await ticketFor(url, eve.token);
    await data(url, "PATCH", `/v1/agents/${eve.agentId}`, { token: owner.token, body: { active: false } });
    assert.equal(await status(url, "GET", "/v1/me", { token: eve.token }), 401);
    for (const socket of sockets) assert.equal((await socket.closed).code, 4401);
    const late = await dial(url, eve, { ticket });
    assert.equal((await late.closed).code, 4401, "a ticket from before opens nothing");
    const login = { workspaceId: owner.workspaceId, email: eve.email, password: eve.password };
    assert.equal(await status(url, "POST", "/v1/auth/login", { body: login }), 401);
    assert.equal(stays.over, undefined, "the others stay");
    await stays.until(() => stays.events.some(({ type }) => type === "agent.changed"), "the event");
    await stays.close();
  });

  await t.test("tickets, comments, read state and activities are what was done to them", async () => {
    const owner = await register(url, "Desk", { operator });
    const ada = await join(url, owner, "agent", "Ada");
    const { token } = owner;
    const opening = { body: "It does not open.", userEmail: "Ann@Customer.example", userName: "Ann", tags: ["door"] };
    const ticket = await newTicket(url, token, "The door is stuck", opening);
    assert.deepEqual([ticket.number, ticket.status, ticket.priority, ticket.comments], [1, "open", "normal", 1]);
    assert.equal(ticket.userEmail, "ann@customer.example");
    await say(url, token, ticket, "Have you tried to pull?");
    await say(url, token, ticket, "She never pulls.", { visibility: "private" });
    const comments = await all(url, `/v1/tickets/${ticket.id}/comments`, { token });
    assert.deepEqual(comments.map(({ visibility }) => visibility), ["public", "public", "private"]);

    const path = `/v1/tickets/${ticket.id}`;
    const seen = await call(url, "GET", path, { token: ada.token });
    assert.equal(seen.body.data.unread, 3);
    const etag = seen.headers.get("etag");
    const body = { status: "pending", priority: "high", assigneeId: ada.agentId, tags: ["door", "north"] };
    const changed = await call(url, "PATCH", path, { token, body, headers: { "if-match": etag } });
    assert.equal(changed.status, 200);
    assert.equal(changed.body.data.assigneeId, ada.agentId);
    const stale = await call(url, "PATCH", path, { token, body: { priority: "low" }, headers: { "if-match": etag } });
    assert.equal(stale.status, 412);

    const mark = await data(url, "POST", `${path}/read`, { token: ada.token });
    assert.equal(mark.unread, 0);
    await say(url, token, ticket, "One more.");
    assert.equal((await data(url, "GET", path, { token: ada.token })).unread, 1);
    const tickets = (query) => all(url, `/v1/tickets?${query}`, { token });
    assert.equal((await tickets("status=pending&priority=high&tag=north")).length, 1);
    assert.equal((await tickets("status=open,solved")).length, 0);
    assert.equal((await tickets(`assigneeId=${ada.agentId}`)).length, 1);

    await data(url, "PATCH", path, { token, body: { status: "closed" } });
    assert.equal(await status(url, "PATCH", path, { token, body: { status: "closed" } }), 409);
    assert.equal(await status(url, "POST", `${path}/comments`, { token, body: { body: "late" } }), 409);
    await data(url, "POST", `${path}/reopen`, { token });
    const activities = await all(url, `${path}/activities`, { token });
    const kinds = activities.map(({ type }) => type).reverse();
    assert.equal(kinds[0], "ticket.created");
    assert.equal(kinds.filter((kind) => kind === "comment.created").length, 4);
    assert.ok(kinds.includes("ticket.changed"), kinds.join());
    const seqs = activities.map(({ seq }) => seq);
    assert.deepEqual(seqs, [...seqs].sort((a, b) => b - a), "newest first");
  });

  await t.test("pages of a list show every ticket once", async () => {
    const owner = await register(url, "Pages", { operator });
    await pool(Array.from({ length: 23 }, (_, n) => n), 6, (n) => newTicket(url, owner.token, `Ticket ${n}`));
    const seen = [];
    for (let cursor, page = 0; page < 10; page += 1) {
      const path = `/v1/tickets?limit=5&sort=createdAt${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`;
      const { body } = await call(url, "GET", path, { token: owner.token });
      seen.push(...body.data.map(({ number }) => number));
      cursor = body.meta.nextCursor;
      if (!cursor) break;
    }
    assert.equal(seen.length, 23);
    assert.equal(new Set(seen).size, 23);
  });

  await t.test("the same Idempotency-Key gives one comment and the same answer; another body is refused", async () => {
    const owner = await register(url, "Keys", { operator });
    const ticket = await newTicket(url, owner.token);
    const post = (body) =>
      call(url, "POST", `/v1/tickets/${ticket.id}/comments`, {
        token: owner.token, body: { body }, headers: { "idempotency-key": "k-1" },
      });
    const answers = await Promise.all(Array.from({ length: 10 }, () => post("Once.")));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
    assert.equal(new Set(answers.map(({ body }) => body.data.id)).size, 1);
    assert.equal((await post("Other.")).body.error.code, "key_reused");
    assert.equal((await all(url, `/v1/tickets/${ticket.id}/comments`, { token: owner.token })).length, 1);
  });

  await t.test("a scheduled comment is listed, changed, cancelled, or published by the alarm, once", async () => {
    const owner = await register(url, "Schedule", { operator });
    const { token } = owner;
    const ticket = await newTicket(url, token);
    const socket = await dial(url, owner);
    const plan = (body, inMs) =>
      data(url, "POST", `/v1/tickets/${ticket.id}/scheduled-comments`, { token, body: { body, publishAt: Date.now() + inMs } });
    const soon = await plan("Any news?", 1_500);
    const never = await plan("Forget it.", 60_000);
    const moved = await plan("Later, sooner.", 60_000);
    assert.equal((await all(url, `/v1/tickets/${ticket.id}/scheduled-comments`, { token })).length, 3);
    await data(url, "DELETE", `/v1/scheduled-comments/${never.id}`, { token });
    const change = { body: "Sooner.", publishAt: Date.now() + 1_700 };
    await data(url, "PATCH", `/v1/scheduled-comments/${moved.id}`, { token, body: change });
    const published = () => socket.events.filter(({ type }) => type === "comment.created");
    await socket.until(() => published().length === 2, "both comments");
    const bodies = published().map(({ data }) => data.comment.body);
    assert.deepEqual(bodies, ["Any news?", "Sooner."]);
    assert.equal(published()[0].data.comment.id, soon.id, "it keeps its id");
    assert.equal((await all(url, "/v1/scheduled-comments", { token })).length, 0);
    assert.equal(await status(url, "DELETE", `/v1/scheduled-comments/${soon.id}`, { token }), 404);
    await socket.close();
  });

  await t.test("a snapshot and the events after its head are the whole state", async () => {
    const owner = await register(url, "Snapshot", { operator });
    const ticket = await newTicket(url, owner.token);
    const snapshot = await data(url, "GET", "/v1/snapshot", { token: owner.token });
    assert.equal(snapshot.tickets.items.length, 1);
    assert.equal(snapshot.counts.open, 1);
    assert.equal(snapshot.agents.length, 1);
    await say(url, owner.token, ticket, "After it.");
    const socket = await dial(url, owner, { since: snapshot.head });
    await socket.frame("replay_done");
    assert.deepEqual(socket.events.map(({ seq }) => seq), [snapshot.head + 1]);
    await socket.close();
  });

  await t.test("both codings carry the same frames", async () => {
    const owner = await register(url, "Codings", { operator });
    const ticket = await newTicket(url, owner.token);
    const json = await dial(url, owner, { since: 0 });
    const msgpack = await dial(url, owner, { since: 0, codec: "msgpack" });
    const ack = await msgpack.command("m1", { postComment: { ticketId: ticket.id, body: "Grüße \u{1f44b}" } });
    assert.equal(ack.success, true);
    const last = ack.data.id;
    for (const socket of [json, msgpack]) {
      await socket.until(() => socket.events.some(({ data }) => data.comment?.id === last), "the comment");
      assert.equal((await socket.frame("hello")).workspaceId, owner.workspaceId);
    }
    assert.deepEqual(json.events, msgpack.events);
    await Promise.all([json.close(), msgpack.close()]);
  });

  await t.test("a client that comes back with since gets what it missed, each event once", async () => {
    const owner = await register(url, "Replay", { operator });
    const ticket = await newTicket(url, owner.token);
    const first = await dial(url, owner, { since: 0 });
    await first.frame("replay_done");
    const since = first.events.at(-1).seq;
    await first.close();
    await pool(Array.from({ length: 30 }, (_, n) => n), 10, (n) => say(url, owner.token, ticket, `Missed ${n}`));
    const second = await dial(url, owner, { since });
    const done = await second.frame("replay_done");
    assert.equal(done.head, since + 30);
    assert.deepEqual(second.events.map(({ seq }) => seq), Array.from({ length: 30 }, (_, n) => since + 1 + n));
    await second.close();
    const ahead = await dial(url, owner, { since: done.head + 1000 });
    assert.equal((await ahead.frame("reset")).head, done.head);
    await ahead.close();
  });

  await t.test("who is there and who types is told to the others", async () => {
    const owner = await register(url, "Presence", { operator });
    const ada = await join(url, owner, "agent", "Ada");
    const ticket = await newTicket(url, owner.token);
    const watcher = await dial(url, owner);
    const one = await dial(url, ada);
    await watcher.frame("presence", (f) => f.agentId === ada.agentId && f.online);
    assert.ok((await one.frame("hello")).online.includes(owner.agentId));
    const two = await dial(url, ada, { codec: "msgpack" });
    two.send({ type: "typing", ticketId: ticket.id, typing: true });
    await watcher.frame("typing", (f) => f.agentId === ada.agentId && f.ticketId === ticket.id && f.typing);
    await one.close();
    two.send({ type: "ping" });
    await two.frame("pong");
    const gone = () => watcher.frames.some((f) => f.type === "presence" && f.agentId === ada.agentId && !f.online);
    assert.equal(gone(), false, "one of two connections closed: still there");
    await two.close();
    await watcher.until(gone, "the leaving");
    await watcher.close();
  });

  await t.test("a command sent twice with one id applies once, over any connection", async () => {
    const owner = await register(url, "Twins", { operator });
    const ticket = await newTicket(url, owner.token);
    const sockets = [await dial(url, owner), await dial(url, owner, { codec: "msgpack" })];
    const command = { postComment: { ticketId: ticket.id, body: "Once." } };
    const acks = await Promise.all(sockets.map((socket) => socket.command("same-id", command)));
    const third = await sockets[0].command("same-id", command);
    const ids = new Set([...acks, third].map(({ data }) => data.id));
    assert.equal(ids.size, 1);
    assert.equal((await all(url, `/v1/tickets/${ticket.id}/comments`, { token: owner.token })).length, 1);
    const refused = await sockets[0].command("c9", { postComment: { ticketId: ticket.id, body: "  " } });
    assert.deepEqual([refused.success, refused.error.code], [false, "invalid_input"]);
    assert.equal(sockets[0].over, undefined, "a refused command leaves the connection open");
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  await t.test("a realtime ticket opens one connection", async () => {
    const owner = await register(url, "Tickets", { operator });
    const ticket = await ticketFor(url, owner.token);
    const first = await dial(url, owner, { ticket });
    await first.frame("hello");
    const second = await dial(url, owner, { ticket });
    assert.equal((await second.closed).code, 4401);
    await first.close();
    const bearer = await dial(url, owner, { bearer: true });
    await bearer.frame("hello");
    await bearer.close();
  });

  await t.test("twenty clients of both codings see one gapless sequence while everybody writes", async () => {
    const owner = await register(url, "Chorus", { operator });
    const ticket = await newTicket(url, owner.token);
    const clients = Array.from({ length: 20 }, (_, n) => {
      const room = connect({ url, workspaceId: owner.workspaceId, token: owner.token, codec: n % 2 ? "msgpack" : "json", since: 0 });
      const client = { room, seen: [] };
      room.on("event", (event) => client.seen.push(event));
      return client;
    });
    t.after(() => clients.forEach(({ room }) => room.close()));
    const writes = clients.flatMap(({ room }, n) => [
      ...Array.from({ length: 5 }, (_, i) => room.command({ postComment: { ticketId: ticket.id, body: `${n}-${i} by socket` } })),
      say(url, owner.token, ticket, `${n} by HTTP`),
    ]);
    await Promise.all(writes);
    const end = await head(url, owner.token);
    await until(() => clients.every(({ seen }) => seen.length >= end), "everything seen by everybody");
    const numbers = Array.from({ length: end }, (_, n) => n + 1);
    for (const { seen } of clients) {
      assert.deepEqual(seen.map(({ seq }) => seq), numbers);
      assert.deepEqual(seen, clients[0].seen);
    }
    assert.equal(clients[0].seen.filter(({ type }) => type === "comment.created").length, 120);
    for (const { room } of clients) room.close();
  });
});

test("a comment scheduled before a power cut is published after it, once", { timeout: 90_000 }, async (t) => {
  const persistTo = folder(t);
  const first = await productWorker(t, { persistTo });
  const owner = await register(first.url, "Powercut");
  const { token } = owner;
  const ticket = await newTicket(first.url, token);
  const body = { body: "Published by the alarm.", publishAt: Date.now() + 1_000 };
  const waiting = await data(first.url, "POST", `/v1/tickets/${ticket.id}/scheduled-comments`, { token, body });
  await first.kill9();
  const second = await productWorker(t, { persistTo });
  const comments = () => all(second.url, `/v1/tickets/${ticket.id}/comments`, { token });
  await until(async () => (await comments()).length > 0, "the comment");
  await second.kill9();
  const third = await productWorker(t, { persistTo });
  // One more due comment shows that the alarm has run since, and has not published the first again.
  const marker = { body: "Marker.", publishAt: Date.now() + 500 };
  await data(third.url, "POST", `/v1/tickets/${ticket.id}/scheduled-comments`, { token, body: marker });
  const after = () => all(third.url, `/v1/tickets/${ticket.id}/comments`, { token });
  await until(async () => (await after()).length > 1, "the marker");
  assert.deepEqual((await after()).map(({ body }) => body), ["Published by the alarm.", "Marker."]);
  assert.equal((await after())[0].id, waiting.id);
});
