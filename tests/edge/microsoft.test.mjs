// Mailboxes at Microsoft: a manager connects one, mail leaves through it as drafts, tokens are
// renewed once, and what goes wrong there sends nothing twice. Microsoft is the strict stand-in.

import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort } from "../../gateway/dev/port.mjs";
import { all, call, data, join, register } from "../harness/api.mjs";
import { startGraph } from "../harness/graph.mjs";
import { until } from "../harness/until.mjs";
import { later, MAIL_ENTRY, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const ANN = "ann@contoso.test";

/** A stand-in with Ann's mailbox, and a Worker that has its application. */
async function scene(t, options = {}, vars = {}, more = {}) {
  const mailboxes = [{ address: ANN, name: "Ann Lee" }, { address: "bo@contoso.test", withholds: ["Mail.Send"] }];
  const graph = await startGraph({ mailboxes, limits: { sendsPerMinute: 1e6 }, ...options });
  later(t, () => graph.stop());
  const { url, logText } = await productWorker(t, { ...more, vars: { ...graph.vars, ...vars } });
  graph.signIn(ANN);
  return { graph, url, logText };
}

/** Goes to Microsoft and comes back: what the callback is to be asked. */
async function wayBack(url, token) {
  const { url: to } = await data(url, "GET", "/v1/auth/microsoft", { token });
  const answer = await fetch(to, { redirect: "manual" });
  assert.equal(answer.status, 302, await answer.text());
  return new URL(answer.headers.get("location")).searchParams;
}

const finish = (url, token, query) => call(url, "GET", `/v1/auth/microsoft/callback?${query}`, { token });

async function connect(url, token) {
  const { status, body } = await finish(url, token, await wayBack(url, token));
  assert.equal(status, 200, JSON.stringify(body));
  return body.data;
}

/** Asks an inbox to send, and waits for the end of it. */
function mailroom(url, token, inbox) {
  const path = `/v1/inboxes/${inbox.id}/sends`;
  const send = (key, mail = {}) =>
    data(url, "POST", path, {
      token,
      headers: { "idempotency-key": key },
      body: { to: ["cara@customer.test"], subject: `Mail ${key}`, text: "Hello.", ...mail },
    });
  const get = (id) => data(url, "GET", `${path}/${id}`, { token });
  const sent = (id) => until(async () => (await get(id)).state === "sent", `${id} to be sent`, 60_000);
  const view = () => data(url, "GET", `/v1/inboxes/${inbox.id}`, { token });
  return { send, get, sent, view };
}

test("a manager connects a mailbox, once, and nobody else with that log-in", { timeout: 180_000 }, async (t) => {
  const { graph, url, logText } = await scene(t);
  const owner = await register(url, "Acme", { operator });
  const agent = await join(url, owner, "agent", "Ada");
  const admin = await join(url, owner, "admin", "Bea");
  const other = await register(url, "Other", { operator });
  assert.equal((await call(url, "GET", "/v1/auth/microsoft", { token: agent.token })).status, 403);
  assert.equal((await call(url, "GET", "/v1/auth/microsoft", {})).status, 401);

  const back = await wayBack(url, owner.token);
  for (const [who, token] of [["another agent", admin.token], ["another workspace", other.token]]) {
    const { status, body } = await finish(url, token, back);
    assert.deepEqual([status, body.error?.details?.field], [422, "state"], who);
  }
  const changed = new URLSearchParams(back);
  changed.set("state", `${back.get("state").slice(0, -2)}AA`);
  assert.equal((await finish(url, owner.token, changed)).status, 422);
  assert.equal((await finish(url, undefined, back)).status, 401);
  assert.equal(graph.asked("token").length, 0, "nothing of that reaches Microsoft");

  const { status, body } = await finish(url, owner.token, back);
  assert.equal(status, 200, JSON.stringify(body));
  const { email, displayName, transport } = body.data;
  assert.deepEqual([email, displayName, transport], [ANN, "Ann Lee", "microsoft"]);
  assert.equal((await finish(url, owner.token, back)).status, 422, "a code is good once");

  const said = JSON.stringify([body, await data(url, "GET", "/v1/inboxes", { token: owner.token })]);
  for (const { body: form } of graph.asked("token")) {
    for (const secret of [form.get("code"), form.get("code_verifier"), graph.client.secret]) {
      assert.ok(!said.includes(secret) && !logText().includes(secret));
    }
  }
});

test("a log-in that Microsoft refuses or that is not what it should be connects nothing", { timeout: 180_000 }, async (t) => {
  const { graph, url } = await scene(t);
  const { token } = await register(url, "Acme", { operator });
  graph.script({ on: "authorize", fault: "denied" });
  const refused = await finish(url, token, await wayBack(url, token));
  assert.deepEqual([refused.status, refused.body.error.details.field], [422, "error"]);
  for (const forged of [
    { claims: { nonce: "another" } }, { claims: { aud: "another app" } }, { claims: { iss: "https://evil.test/v2.0" } },
    { claims: { exp: 1 } }, { claims: { oid: "somebody" } }, { alg: "none" }, { alg: "HS256" },
  ]) {
    graph.script({ on: "token", fault: "forged", ...forged });
    const { status } = await finish(url, token, await wayBack(url, token));
    assert.equal(status, 503, JSON.stringify(forged));
  }
  for (const fault of ["cut", "lost", "truncated", "throttled", "temporarily_unavailable"]) {
    graph.script({ on: "token", fault });
    assert.equal((await finish(url, token, await wayBack(url, token))).status, 503, fault);
  }
  graph.signIn("bo@contoso.test");
  const less = await finish(url, token, await wayBack(url, token));
  assert.deepEqual([less.status, less.body.error.details.field], [422, "scope"]);
  assert.deepEqual(await data(url, "GET", "/v1/inboxes", { token }), []);
  assert.ok(graph.scriptIsSpent);
});

test("mail leaves through it as drafts, each once, whatever is lost on the way", { timeout: 240_000 }, async (t) => {
  const { graph, url } = await scene(t);
  const { token } = await register(url, "Acme", { operator });
  const room = mailroom(url, token, await connect(url, token));

  const first = await room.send("first", { html: "<p>Hello.</p>", inReplyTo: "1@customer.test", references: ["0@customer.test", "1@customer.test"] });
  await room.sent(first.id);
  const [mail] = graph.accepted;
  assert.deepEqual([mail.via, mail.recipients, mail.inReplyTo], ["send", ["cara@customer.test"], "<1@customer.test>"]);
  assert.deepEqual(mail.references, ["<0@customer.test>", "<1@customer.test>"]);
  const known = (await room.get(first.id)).messageId;
  assert.equal(mail.internetMessageId, `<${known}>`, "the id that Exchange gave is the one that is known");
  assert.ok(graph.asked("send").every(({ headers }) => headers.prefer.includes("ImmutableId")));

  for (const fault of ["lost", "truncated"]) {
    graph.script({ on: "send", fault });
    await room.sent((await room.send(fault)).id);
  }
  graph.script({ on: "createDraft", fault: "throttled" });
  await room.sent((await room.send("throttled")).id);
  graph.script({ on: "send", fault: "throttled", retryAfter: 2 });
  await room.sent((await room.send("throttled-with-a-time")).id);
  assert.equal(graph.accepted.length, 5);
  for (const { internetMessageId } of graph.accepted) assert.equal(graph.acceptedCount(internetMessageId), 1);
  assert.ok(graph.scriptIsSpent);
  const again = await room.send("first", { html: "<p>Hello.</p>", inReplyTo: "1@customer.test", references: ["0@customer.test", "1@customer.test"] });
  assert.equal(again.id, first.id);
  assert.equal(graph.accepted.length, 5);
});

test("fifty callers at once cause one refresh, and no more than four requests at a time", { timeout: 180_000 }, async (t) => {
  const { graph, url } = await scene(t, { accessTokenSeconds: 1 });
  const { token } = await register(url, "Acme", { operator });
  const room = mailroom(url, token, await connect(url, token));
  graph.accessTokenSeconds = 3599;
  await new Promise((done) => setTimeout(done, 1_200));
  const sends = await Promise.all(Array.from({ length: 50 }, (_, at) => room.send(`mail-${at}`)));
  await until(() => graph.accepted.length === 50, "all mails to leave", 90_000);
  for (const { id } of sends) await room.sent(id);
  assert.equal(graph.refreshCount, 1);
  assert.equal(new Set(graph.accepted.map(({ subject }) => subject)).size, 50);
  assert.ok(graph.mostAtOnce(ANN) <= 4, `${graph.mostAtOnce(ANN)} at once`);
});

test("a mailbox whose tokens are taken back stops, and goes on once it is connected again", { timeout: 180_000 }, async (t) => {
  const { graph, url } = await scene(t);
  const { token } = await register(url, "Acme", { operator });
  const room = mailroom(url, token, await connect(url, token));
  graph.revoke(ANN);
  const waiting = await room.send("waits");
  const paused = await until(async () => { const view = await room.view(); return view.status === "paused" && view; }, "the pause");
  assert.match(paused.pauseReason, /connect the mailbox again/);
  const asked = graph.requests.length;
  await room.send("waits-too");
  assert.equal(graph.accepted.length, 0);
  assert.equal(graph.requests.length, asked, "nobody is asked in vain");
  await connect(url, token);
  await room.sent(waiting.id);
  await until(() => graph.accepted.length === 2, "both mails");
  assert.equal((await room.view()).status, "active");
});

test("a dry Worker makes no draft", { timeout: 120_000 }, async (t) => {
  const { graph, url } = await scene(t, {}, { SEND_MODE: "dry" });
  const { token } = await register(url, "Acme", { operator });
  const room = mailroom(url, token, await connect(url, token));
  await room.sent((await room.send("stays")).id);
  assert.deepEqual([graph.asked("createDraft").length, graph.accepted.length], [0, 0]);
});

test("files of 25 MB leave with an answer, in pieces, whatever is lost on the way", { timeout: 240_000 }, async (t) => {
  const { graph, url } = await scene(t, {}, {}, { main: MAIL_ENTRY });
  const owner = await register(url, "Acme", { operator });
  const { token } = owner;
  const inbox = await connect(url, token);
  await data(url, "PATCH", "/v1/workspace", { token, body: { replyInboxId: inbox.id } });
  const to = `${owner.workspaceId}@in.example`;
  const raw = ["From: cara@customer.test", `To: ${to}`, "Subject: The plan", "Message-ID: <1@customer.test>", "", "Where is it?"].join("\r\n");
  const query = new URLSearchParams({ from: "cara@customer.test", to });
  assert.ok((await fetch(`${url}/test/email?${query}`, { method: "POST", body: raw })).ok);
  const [ticket] = await all(url, "/v1/tickets", { token });

  const MB = 1024 * 1024;
  const files = [["large.bin", 12 * MB], ["middling.bin", 2.5 * MB], ["almost.bin", 3 * MB - 1], ["exact.bin", 3_276_800], ["small.txt", 5]].map(
    ([name, size]) => ({ name, content: Buffer.alloc(size, `${name} has these bytes.`) }),
  );
  const attachmentIds = [];
  for (const { name, content } of files) {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" };
    const uploaded = await fetch(`${url}/v1/attachments?fileName=${name}`, { method: "POST", headers, body: content });
    assert.equal(uploaded.status, 201, name);
    attachmentIds.push((await uploaded.json()).data.id);
  }
  // The answer to the first piece is on its way for long, while another mail leaves; that to the second
  // is lost; the next draft is refused a session, and taken away again.
  graph.script({ on: "upload", fault: "slow" });
  graph.script({ on: "upload", after: 1, fault: "lost" });
  graph.script({ on: "createUploadSession", after: 1, fault: "throttled", retryAfter: 1 });
  const headers = { "idempotency-key": "answer" };
  const comment = await data(url, "POST", `/v1/tickets/${ticket.id}/comments`, { token, headers, body: { body: "Here.", attachmentIds } });
  const state = async () => (await data(url, "GET", `/v1/comments/${comment.id}`, { token })).delivery.state;
  await until(() => graph.asked("upload").length === 1, "the upload to begin");
  const room = mailroom(url, token, inbox);
  await room.sent((await room.send("brief")).id);
  assert.deepEqual(graph.accepted.map(({ subject }) => subject), ["Mail brief"]);
  graph.release();
  await until(async () => (await state()) === "sent", "the answer to be sent", 120_000);

  assert.ok(graph.scriptIsSpent);
  assert.equal(graph.accepted.length, 2);
  const mailbox = graph.mailbox(ANN);
  const sent = mailbox.in("sentitems").find(({ attachments }) => attachments.length > 0);
  assert.deepEqual(sent.attachments.map(({ name, contentType }) => [name, contentType]), files.map(({ name }) => [name, "application/octet-stream"]));
  for (const [at, { name, content }] of files.entries()) assert.ok(sent.attachments[at].bytes.equals(content), name);
  assert.deepEqual(mailbox.in("drafts"), []);
  const pieces = graph.asked("upload");
  assert.ok(pieces.length >= 7 && pieces.every(({ headers }) => headers.authorization === undefined));
  for (const { headers } of pieces.filter(({ method }) => method === "PUT")) {
    const [from, to, size] = /(\d+)-(\d+)\/(\d+)/.exec(headers["content-range"]).slice(1).map(Number);
    assert.ok(to + 1 === size || (to + 1 - from) % (320 * 1024) === 0, headers["content-range"]);
  }
  assert.ok(graph.mostAtOnce(ANN) <= 4);
});

test("Graph tells of new mail: a hint, which nobody else can give", { timeout: 240_000 }, async (t) => {
  const port = await freePort();
  const { graph, url } = await scene(t, {}, { PUBLIC_URL: `http://127.0.0.1:${port}/` }, { port });
  const { token } = await register(url, "Acme", { operator });
  const room = mailroom(url, token, await connect(url, token));
  const { id } = await room.view();
  await data(url, "PUT", `/v1/inboxes/${id}/mailbox`, { token, body: { provider: "microsoft", everyMinutes: 60 } });
  await until(() => graph.asked("subscribe").length === 1, "the subscription");
  const readings = async () => (await room.view()).mailbox.readings;
  await until(async () => (await readings()) >= 1, "the first reading");
  const hook = `${url}/webhooks/graph`;
  const isRead = async (before, what) => until(async () => (await readings()) > before, what, 20_000);

  let before = await readings();
  graph.mailbox(ANN).receive({ from: "cara@customer.test", subject: "Hello", text: "Hello" });
  await isRead(before, "a reading for the mail");
  assert.equal((await room.view()).mailbox.taken, 1);
  assert.deepEqual(graph.notifications.map(({ status }) => status), [202]);

  const [{ body: { value: [{ subscriptionId, clientState }] } }] = graph.notifications;
  const tell = (value, headers = {}) =>
    fetch(hook, { method: "POST", headers: { "content-type": "application/json; charset=utf-8", ...headers }, body: JSON.stringify(value) });
  before = await readings();
  for (const one of [{ subscriptionId }, { subscriptionId, clientState: `${clientState.slice(0, -2)}AA` }, { subscriptionId: "another", clientState }, { subscriptionId, clientState: "x".repeat(5_000) }, {}]) {
    assert.equal((await tell({ value: [{ changeType: "created", ...one }] })).status, 202);
  }
  for (const broken of [{}, { value: 1 }, [], "x"]) assert.equal((await tell(broken)).status >= 400, true, JSON.stringify(broken));
  assert.equal((await fetch(hook)).status, 404);
  assert.equal((await fetch(`${hook}?validationToken=%3Cscript%3E`, { method: "POST" })).status, 422);
  const valid = await fetch(`${hook}?validationToken=a%20b%2Bc`, { method: "POST" });
  assert.deepEqual([valid.status, valid.headers.get("content-type"), await valid.text()], [200, "text/plain; charset=utf-8", "a b+c"]);
  await new Promise((done) => setTimeout(done, 4_000));
  assert.equal(await readings(), before, "none of that has it read");

  graph.lifecycle(subscriptionId, "subscriptionRemoved");
  await until(() => graph.asked("subscribe").length === 2, "another subscription");
  await isRead(before, "a reading for what was not told meanwhile");
  await graph.idle();
  assert.ok(graph.notifications.every(({ status, isSlow }) => status === 202 && !isSlow));
});
