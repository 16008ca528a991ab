// The pipeline's queues: what becomes of messages, dead letters, and who is told of them.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { test } from "node:test";
import { all, call, data, register } from "../harness/api.mjs";
import { until } from "../harness/until.mjs";
import { later, MAIL_ENTRY, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const SECRET = Buffer.alloc(32, 7);
const LETTERS = "/api/admin/dead-letters";

/** A receiver of alerts; gives what it was told, in order. */
async function receiver(t) {
  const told = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = request.headers;
      const mac = createHmac("sha256", SECRET).update(`${id}.${at}.${body}`).digest("base64");
      told.push({ ...JSON.parse(body), id, signed: signature === `v1,${mac}` });
      response.writeHead(204).end();
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  later(t, () => new Promise((done) => server.close(done)));
  return { told, url: `http://127.0.0.1:${server.address().port}/alerts` };
}

async function start(t, vars = {}) {
  const { url } = await productWorker(t, { main: MAIL_ENTRY, vars });
  const { token, workspaceId } = await register(url, "Queues", { operator });
  const door = async (path, body, method = "POST") => {
    const answer = await fetch(`${url}/test/${path}`, { method, body });
    return { status: answer.status, text: await answer.text() };
  };
  const mail = (rawKey, workspace = workspaceId) =>
    JSON.stringify({ v: 1, kind: "fileMail", workspaceId: workspace, rawKey, from: "ann@customer.example", to: `${workspace}@in.example` });
  const letters = () => all(url, LETTERS, { token: operator });
  const queue = async (name) => (await data(url, "GET", "/api/status/queues", { token: operator })).find((one) => one.queue === name);
  const replay = (body) => data(url, "POST", `${LETTERS}/replay`, { token: operator, body });
  return { url, token, workspaceId, door, mail, letters, queue, replay };
}

test("mail on its queue is filed, as text or as JSON, once however often it comes", { timeout: 120_000 }, async (t) => {
  const { url, token, door, mail, queue, letters } = await start(t);
  const raw = "From: ann@customer.example\r\nSubject: Queued\r\nMessage-ID: <q@customer.example>\r\n\r\nHello.\r\n";
  await door("object?key=mails/queued", raw, "PUT");
  for (const as of ["text", "json", "text"]) await door(`enqueue?queue=inbound-queue&as=${as}`, mail("mails/queued"));
  await until(async () => (await queue("inbound-queue")).done === 3, "three messages");
  const tickets = await data(url, "GET", "/v1/tickets", { token });
  assert.deepEqual(tickets.map(({ subject, comments }) => [subject, comments]), [["Queued", 1]]);
  const { again, buried, deadLetters, consumedAt, failedAt } = await queue("inbound-queue");
  assert.deepEqual([again, buried, deadLetters, failedAt], [0, 0, 0, undefined]);
  assert.ok(Math.abs(consumedAt - Date.now()) < 60_000);
  assert.deepEqual(await letters(), []);
  const names = (await data(url, "GET", "/api/status/queues", { token: operator })).map(({ queue }) => queue);
  assert.deepEqual(names, ["prospect-queue", "enrichment-queue", "email-finder-queue", "ai-queue", "send-queue", "inbound-queue", "dead-letter-queue"]);
});

test("a message that fails comes back ever later; after its tenth try it is a dead letter, which is replayed", { timeout: 120_000 }, async (t) => {
  const { url, door, mail, letters, queue, replay } = await start(t);
  await door("object?key=mails/nobody", "From: a@b.example\r\nSubject: x\r\n\r\nx\r\n", "PUT");
  const message = mail("mails/nobody", "0190f5fe-7c00-7a00-8000-0000000000ff");
  for (const [attempts, wait] of [[1, 30], [2, 60], [9, 3600]]) {
    const { status, text } = await door(`queue?queue=inbound-queue&attempts=${attempts}`, message);
    assert.deepEqual([status, JSON.parse(text).error.message], [503, `again after ${wait} s`]);
  }
  assert.deepEqual(await letters(), []);
  const { status, text } = await door("queue?queue=inbound-queue&attempts=10", message);
  assert.equal(status, 422, text);
  const [letter] = await letters();
  assert.deepEqual([letter.queue, letter.attempts], ["inbound-queue", 10]);
  assert.match(letter.reason, /^NotFound: /);
  const stored = await data(url, "GET", `${LETTERS}/${letter.id}`, { token: operator });
  assert.deepEqual([stored.letter, stored.message], [letter, message]);
  assert.equal((await queue("inbound-queue")).error, letter.reason);

  // What made it fail is gone; sent twice, the replay is one.
  await door("object?key=mails/nobody", undefined, "DELETE");
  const { done } = await queue("inbound-queue");
  assert.deepEqual(await replay({ id: letter.id }), { replayed: 1, failed: 0, left: 0 });
  assert.deepEqual(await replay({ id: letter.id }), { replayed: 0, failed: 0, left: 0 });
  await until(async () => (await queue("inbound-queue")).done === done + 1, "it is done");
  assert.deepEqual(await letters(), []);
  assert.equal((await call(url, "GET", `${LETTERS}/${letter.id}`, { token: operator })).status, 404);
});

test("what the platform moves to the dead letters is kept, with the queue that its kind tells", { timeout: 120_000 }, async (t) => {
  const { url, door, mail, letters, replay } = await start(t);
  await door("enqueue?queue=dead-letter-queue", mail("mails/none"));
  await door("enqueue?queue=dead-letter-queue&as=json", "[1,2]");
  await until(async () => (await letters()).length === 2, "both");
  const found = await letters();
  assert.deepEqual(found.map(({ queue }) => queue).sort(), ["inbound-queue", undefined]);
  assert.ok(found.every(({ reason }) => reason === "given up by the platform: no try of it ended"));
  const [known, unknown] = [found.find(({ queue }) => queue), found.find(({ queue }) => !queue)];
  const refused = await call(url, "POST", `${LETTERS}/replay`, { token: operator, body: { id: unknown.id } });
  assert.deepEqual([refused.status, refused.body.error.code], [409, "conflict"]);
  assert.deepEqual(await replay({ all: true }), { replayed: 1, failed: 1, left: 1 });
  assert.deepEqual((await letters()).map(({ id }) => id), [unknown.id]);
  assert.equal((await call(url, "DELETE", `${LETTERS}/${known.id}`, { token: operator })).status, 404);
  assert.deepEqual(await data(url, "DELETE", `${LETTERS}/${unknown.id}`, { token: operator }), { left: 0 });
});

test("operators are told once an hour that there are dead letters, and once that none is left", { timeout: 120_000 }, async (t) => {
  const alerts = await receiver(t);
  const vars = { ALERT_WEBHOOK_URL: alerts.url, ALERT_WEBHOOK_SECRET: `whsec_${SECRET.toString("base64")}` };
  const { url, token, door, letters, replay } = await start(t, vars);
  for (let n = 0; n < 5; n++) await door("queue?queue=send-queue", `not a message ${n}`);
  await until(() => alerts.told.length > 0, "the alert");
  // In pages, by operators alone.
  const first = await call(url, "GET", `${LETTERS}?limit=3`, { token: operator });
  assert.equal(first.body.data.length, 3);
  assert.equal((await letters()).length, 5);
  for (const path of [LETTERS, "/api/status/queues"]) assert.equal((await call(url, "GET", path)).status, 401);
  for (const body of [{}, { all: false }, { id: first.body.data[0].id, all: true }, { every: true }, { id: "x" }]) {
    assert.equal((await call(url, "POST", `${LETTERS}/replay`, { token, body })).status, 422, JSON.stringify(body));
  }
  for (const { id } of await letters()) await data(url, "DELETE", `${LETTERS}/${id}`, { token: operator });
  await until(() => alerts.told.length > 1, "the recovery");
  assert.deepEqual(alerts.told.map((one) => [one.type, one.state, one.new, one.deadLetters, one.signed]),
    [["deadLetter", "raised", 1, 1, true], ["deadLetter", "recovered", 4, 0, true]]);
  assert.equal(new Set(alerts.told.map(({ id }) => id)).size, 2);
  assert.deepEqual(await replay({ all: true }), { replayed: 0, failed: 0, left: 0 });
});
