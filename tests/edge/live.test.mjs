// What connections get on real workerd: views, roles, who looks where, slow readers, long polls.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../examples/client.mjs";
import { call, data, join, register } from "../harness/api.mjs";
import { dial } from "../harness/socket.mjs";
import { until } from "../harness/until.mjs";
import { productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const newTicket = (url, token, subject = "The door is stuck") =>
  data(url, "POST", "/v1/tickets", { token, body: { subject } });
const say = (url, token, ticket, body) => data(url, "POST", `/v1/tickets/${ticket.id}/comments`, { token, body: { body } });
const invite = (url, token, email) => data(url, "POST", "/v1/invitations", { token, body: { email, role: "viewer" } });
const headOf = async (url, token) => (await data(url, "GET", "/v1/snapshot", { token })).head;
const brief = (items) => items.map(({ type, seq, from }) => (type === "advance" ? `${from}-${seq}` : `${seq} ${type}`));
const shown = (socket, seq) => socket.until((s) => s.events.some((event) => event.seq >= seq), `event ${seq}`);

test("what connections get", { timeout: 240_000 }, async (t) => {
  const { url } = await productWorker(t);
  const owner = await register(url, "Live", { operator });
  const vera = await join(url, owner, "viewer", "Vera");
  const adam = await join(url, owner, "agent", "Adam");

  await t.test("a viewer gets the numbers of invitations and nothing else, live, replayed and polled", async () => {
    const start = await headOf(url, owner.token);
    const sockets = [await dial(url, vera), await dial(url, vera, { codec: "msgpack" })];
    const admin = await dial(url, owner);
    await invite(url, owner.token, "secret-guest@x.example");
    await newTicket(url, owner.token);
    const expected = [`${start + 1}-${start + 1}`, `${start + 2} ticket.created`];
    for (const socket of sockets) {
      await shown(socket, start + 2);
      assert.deepEqual(brief(socket.events), expected);
    }
    await shown(admin, start + 2);
    assert.deepEqual(brief(admin.events), [`${start + 1} invitation.created`, `${start + 2} ticket.created`]);
    const again = await dial(url, vera, { since: start });
    await again.frame("replay_done");
    assert.deepEqual(brief(again.events), expected);
    const page = await data(url, "GET", `/v1/events?after=${start}`, { token: vera.token });
    assert.deepEqual([brief(page.events), page.last, page.reset], [[expected[1]], start + 2, false]);
    const all = JSON.stringify([...sockets, again].map(({ frames }) => frames)) + JSON.stringify(page);
    assert.ok(!all.includes("secret-guest"));
    for (const socket of [...sockets, admin, again]) await socket.close();
  });

  await t.test("views choose at the upgrade and while connected; the others' events are counted", async () => {
    const [one, other] = [await newTicket(url, owner.token, "One"), await newTicket(url, owner.token, "Other")];
    const start = await headOf(url, owner.token);
    const socket = await dial(url, adam, { views: [{ types: ["comment.*"], ticketIds: [one.id] }] });
    const plain = await dial(url, adam);
    await say(url, owner.token, other, "Not here.");
    await say(url, owner.token, one, "Here.");
    await shown(socket, start + 2);
    assert.deepEqual(brief(socket.events), [`${start + 1}-${start + 1}`, `${start + 2} comment.created`]);
    await shown(plain, start + 2);
    assert.equal(plain.events.length, 2);
    socket.send({ type: "subscribe", id: "mine", views: [{ assigneeIds: [adam.agentId] }] });
    assert.deepEqual((await socket.frame("ack")).data, { head: start + 2 });
    await say(url, owner.token, one, "No longer.");
    await data(url, "PATCH", `/v1/tickets/${other.id}`, { token: owner.token, body: { assigneeId: adam.agentId } });
    await say(url, owner.token, other, "Now here.");
    await shown(socket, start + 5);
    const now = [`${start + 3}-${start + 3}`, `${start + 4} ticket.changed`, `${start + 5} comment.created`];
    assert.deepEqual(brief(socket.events).slice(2), now);
    const refused = await dial(url, adam, { views: [{ types: ["x"] }] });
    assert.equal((await refused.closed).code, 4422);
    await socket.close();
    await plain.close();
  });

  await t.test("the client of the examples keeps its view over breaks and misses nothing", async () => {
    const ticket = await newTicket(url, owner.token, "Watched");
    const start = await headOf(url, owner.token);
    const room = connect({ url, workspaceId: owner.workspaceId, token: adam.token, since: start, views: [{ types: ["comment.*"] }] });
    const [seen, gaps] = [[], []];
    room.on("event", ({ seq, type }) => seen.push(`${seq} ${type}`)).on("gap", (gap) => gaps.push(gap));
    for (let n = 0; n < 12; n += 1) {
      await say(url, owner.token, ticket, `Comment ${n}`);
      await newTicket(url, owner.token, `Noise ${n}`);
      if (n % 4 === 1) room.drop();
    }
    await until(() => room.since === start + 24, "all numbers");
    assert.deepEqual(seen, Array.from({ length: 12 }, (_, n) => `${start + 1 + 2 * n} comment.created`));
    assert.deepEqual(gaps, []);
    room.close();
  });

  await t.test("a change of role holds for open connections from the next event on", async () => {
    const eve = await join(url, owner, "agent", "Eve");
    const start = await headOf(url, owner.token);
    const socket = await dial(url, eve);
    const role = (to) => data(url, "PATCH", `/v1/agents/${eve.agentId}`, { token: owner.token, body: { role: to } });
    await role("admin");
    await invite(url, owner.token, "one@x.example");
    await role("viewer");
    await invite(url, owner.token, "two@x.example");
    await shown(socket, start + 4);
    const expected = ["agent.changed", "invitation.created", "agent.changed"].map((type, n) => `${start + 1 + n} ${type}`);
    assert.deepEqual(brief(socket.events), [...expected, `${start + 4}-${start + 4}`]);
    assert.equal(socket.over, undefined);
    await data(url, "PATCH", `/v1/agents/${eve.agentId}`, { token: owner.token, body: { active: false } });
    assert.equal((await socket.closed).code, 4401);
  });

  await t.test("who looks at a ticket is told, also to who comes later, until they leave", async () => {
    const ticket = await newTicket(url, owner.token, "Looked at");
    const watcher = await dial(url, owner);
    const looker = await dial(url, adam);
    looker.send({ type: "viewing", ticketId: ticket.id, viewing: true });
    const told = await watcher.frame("viewing", ({ viewing }) => viewing);
    assert.deepEqual([told.agentId, told.ticketId], [adam.agentId, ticket.id]);
    assert.ok(told.until > Date.now() + 60_000);
    const later = await dial(url, vera);
    const { viewing } = await later.frame("hello");
    assert.deepEqual(viewing, [{ agentId: adam.agentId, ticketId: ticket.id, until: told.until }]);
    await looker.close();
    await watcher.frame("viewing", ({ viewing: still, ticketId }) => !still && ticketId === ticket.id);
    await watcher.close();
    await later.close();
  });

  await t.test("who looks at a ticket and leaves at once is not shown as looking", async () => {
    const ticket = await newTicket(url, owner.token, "Glanced at");
    const watcher = await dial(url, owner);
    for (let n = 0; n < 5; n += 1) {
      const looker = await dial(url, adam);
      looker.send({ type: "viewing", ticketId: ticket.id, viewing: true });
      await looker.close();
    }
    await data(url, "POST", `/v1/tickets/${ticket.id}/comments`, { token: owner.token, body: { body: "After that" } });
    await watcher.until((s) => s.events.some(({ type, data: of }) => type === "comment.created" && of.comment.body === "After that"), "what came after");
    const told = watcher.frames.filter(({ type, ticketId }) => type === "viewing" && ticketId === ticket.id);
    assert.ok(told.length === 0 || !told.at(-1).viewing, JSON.stringify(told));
    await watcher.close();
  });

  await t.test("a claim is told to who comes later; who goes loses it, and is gone at once", async () => {
    const bob = await join(url, owner, "agent", "Bob");
    const ticket = await newTicket(url, owner.token, "Claimed");
    const watcher = await dial(url, owner);
    const claimer = await dial(url, bob);
    claimer.send({ type: "command", id: "c", command: { claimTicket: { ticketId: ticket.id, leaseSeconds: 600 } } });
    const { claim } = (await claimer.frame("ack")).data;
    const later = await dial(url, vera);
    const { claims } = await later.frame("hello");
    assert.deepEqual(claims, [{ agentId: bob.agentId, ticketId: ticket.id, until: claim.until }]);
    const answer = () => call(url, "POST", `/v1/tickets/${ticket.id}/comments`, { token: owner.token, body: { body: "Hello" } });
    assert.equal((await answer()).status, 409);
    // It does not even read that it is over.
    claimer.ws._socket.pause();
    await data(url, "PATCH", `/v1/agents/${bob.agentId}`, { token: owner.token, body: { active: false } });
    await watcher.frame("presence", ({ agentId, online }) => agentId === bob.agentId && !online);
    await watcher.until((s) => s.events.some(({ type, data: of }) => type === "ticket.released" && of.reason === "withdrawn"), "released");
    assert.equal((await answer()).status, 201);
    claimer.ws._socket.resume();
    assert.equal((await claimer.closed).code, 4401);
    await watcher.close();
    await later.close();
  });

  await t.test("a notification goes to its agent, in either coding, whatever they watch, and to nobody else", async () => {
    const ticket = await newTicket(url, owner.token, "For Adam");
    const own = [await dial(url, adam), await dial(url, adam, { codec: "msgpack", views: [{ types: ["user.*"] }] })];
    const others = [await dial(url, owner), await dial(url, vera)];
    await data(url, "PATCH", `/v1/tickets/${ticket.id}`, { token: owner.token, body: { assigneeId: adam.agentId } });
    const seq = await headOf(url, owner.token);
    for (const socket of own) {
      const { notification } = await socket.frame("notification");
      assert.deepEqual([notification.kind, notification.ticketId], ["assigned", ticket.id]);
    }
    for (const socket of others) {
      await shown(socket, seq);
      assert.ok(socket.frames.every(({ type }) => type !== "notification"));
    }
    for (const socket of [...own, ...others]) await socket.close();
  });

  await t.test("who does not read is dropped with 4408, resumes, and holds nobody up", async () => {
    const ticket = await newTicket(url, owner.token, "Long");
    const start = await headOf(url, owner.token);
    const slow = await dial(url, adam);
    const quick = connect({ url, workspaceId: owner.workspaceId, token: owner.token, since: start });
    slow.ws._socket.pause();
    const body = "x".repeat(60_000);
    for (let n = 0; n < 24; n += 1) await say(url, owner.token, ticket, body);
    await until(() => quick.since === start + 24, "the other client has it all");
    // It has been shown out, without knowing so yet: what it says now is not heard.
    slow.send({ type: "command", id: "late", command: { createTicket: { subject: "Too late" } } });
    await new Promise((done) => setTimeout(done, 300));
    slow.ws._socket.resume();
    assert.equal((await slow.closed).code, 4408);
    const last = slow.events.at(-1).seq;
    assert.ok(last > start + 10 && last < start + 24, `dropped after ${last - start}`);
    const back = await dial(url, adam, { since: last });
    await back.frame("replay_done");
    assert.deepEqual(
      back.events.map(({ seq }) => seq),
      Array.from({ length: start + 24 - last }, (_, n) => last + 1 + n),
    );
    quick.close();
    await back.close();
  });

  await t.test("a long poll answers at once, or waits, or ends with the session", async () => {
    const get = (query, token) => call(url, "GET", `/v1/events${query}`, { token });
    const start = await headOf(url, owner.token);
    const now = Date.now();
    const none = await data(url, "GET", `/v1/events?after=${start}`, { token: vera.token });
    assert.deepEqual(none, { events: [], last: start, head: start, reset: false });
    const few = await data(url, "GET", "/v1/events?after=0&wait=25&limit=2", { token: owner.token });
    assert.deepEqual([brief(few.events), few.last, few.head], [["1 workspace.created", "2 agent.joined"], 2, start]);
    const ahead = await data(url, "GET", `/v1/events?after=${start + 9}&wait=25`, { token: owner.token });
    assert.deepEqual([ahead.reset, ahead.last], [true, start]);
    assert.ok(Date.now() - now < 10_000, "none of these waited");

    const waits = data(url, "GET", `/v1/events?after=${start}&wait=25`, { token: vera.token });
    const views = encodeURIComponent(JSON.stringify([{ types: ["user.*"] }]));
    const elsewhere = data(url, "GET", `/v1/events?after=${start}&wait=3&views=${views}`, { token: vera.token });
    await new Promise((done) => setTimeout(done, 500));
    await invite(url, owner.token, "unseen@x.example");
    await newTicket(url, owner.token, "News");
    const news = await waits;
    assert.deepEqual([brief(news.events), news.last], [[`${start + 2} ticket.created`], start + 2]);
    assert.deepEqual(await elsewhere, { events: [], last: start + 2, head: start + 2, reset: false });

    const max = await join(url, owner, "agent", "Max");
    const head = await headOf(url, owner.token);
    const before = Date.now();
    const ends = get(`?after=${head}&wait=25`, max.token);
    await new Promise((done) => setTimeout(done, 500));
    await data(url, "POST", "/v1/auth/logout", { token: max.token });
    assert.equal((await ends).status, 401);
    assert.ok(Date.now() - before < 15_000, "it ended with the session");
    assert.equal((await get("", undefined)).status, 401);
    for (const wrong of ["?wait=26", "?wait=-1", "?after=-1", "?limit=0", "?after=x", "?views=x", "?views=[{%22types%22:[%22x%22]}]", "?x=1"]) {
      assert.equal((await get(wrong, owner.token)).status, 422, wrong);
    }

    const latest = await headOf(url, owner.token);
    const many = Array.from({ length: 14 }, () => get(`?after=${latest}&wait=3`, adam.token));
    const codes = (await Promise.all(many)).map(({ status }) => status);
    assert.equal(codes.filter((code) => code === 429).length, 4, String(codes));
    assert.equal(codes.filter((code) => code === 200).length, 10, String(codes));
  });
});
