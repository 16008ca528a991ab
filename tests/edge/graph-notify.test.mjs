// The stand-in of Graph's change notifications: subscriptions, what they tell, and how it gets lost.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { BO, bring, graphClient, is, standIn } from "../harness/graph_client.mjs";
import { later } from "../harness/worker.mjs";

const MINUTE = 60_000;

/** An endpoint for notifications that keeps what it was told; `change` is how it behaves otherwise than it should. */
async function endpoint(t, change = {}) {
  const told = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const token = new URL(request.url, "http://x").searchParams.get("validationToken");
    const { status = 200, type = "text/plain", text = token, silent } = change.validation ?? {};
    if (token !== null && silent) return;
    if (token !== null) return void response.writeHead(status, { "content-type": type }).end(text);
    told.push(JSON.parse(body).value[0]);
    response.writeHead(change.status ?? 202).end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  later(t, () => (server.closeAllConnections(), new Promise((done) => server.close(done))));
  return { told, url: `http://127.0.0.1:${server.address().port}/hook?a=b`, change };
}

const subscription = (graph, url, more = {}) => ({
  changeType: "created,updated",
  notificationUrl: url,
  lifecycleNotificationUrl: url,
  resource: "/me/mailFolders('inbox')/messages",
  expirationDateTime: new Date(graph.now() + 4_000 * MINUTE).toISOString(),
  clientState: "a secret",
  ...more,
});

test("a subscription is validated; then changes are told, with clientState and the kind of id asked for", async (t) => {
  const { graph, ann, ask } = await standIn(t);
  const hook = await endpoint(t);
  const { status, json } = await ask("POST", "/subscriptions", { body: subscription(graph, hook.url) });
  assert.deepEqual([status, json.clientState, json.changeType], [201, "a secret", "created,updated"]);
  const [mail] = bring(ann, 1);
  ann.change(mail, { isRead: true });
  ann.move(mail, "archive"); // not told: deleted was not asked for
  await graph.idle();
  assert.deepEqual(hook.told.map((one) => one.changeType).sort(), ["created", "updated"]);
  const [one] = hook.told;
  assert.deepEqual([one.subscriptionId, one.clientState, one.tenantId], [json.id, "a secret", graph.tenant.id]);
  assert.deepEqual(
    [one.resourceData.id, one.resource],
    [mail.immutableId, `Users/${ann.oid}/Messages/${mail.immutableId}`],
  );
  assert.equal(one.subscriptionExpirationDateTime, json.expirationDateTime);

  const plain = await ask("POST", "/subscriptions", {
    prefer: null,
    body: subscription(graph, hook.url, { resource: "me/messages", changeType: "deleted" }),
  });
  hook.told.length = 0;
  const before = mail.mutableId;
  ann.remove(mail);
  await graph.idle();
  assert.deepEqual(
    hook.told.map((it) => [it.subscriptionId, it.resourceData.id]),
    [[plain.json.id, before]],
  );
  assert.equal((await ask("DELETE", `/subscriptions/${plain.json.id}`)).status, 204);
  is(await ask("GET", `/subscriptions/${plain.json.id}`), 404, "ErrorItemNotFound");
  assert.deepEqual(
    (await ask("GET", "/subscriptions")).json.value.map((it) => it.id),
    [json.id],
  );
  const bo = graphClient(graph, graph.tokensFor(BO).accessToken);
  is(await bo("GET", `/subscriptions/${json.id}`), 404, "ErrorItemNotFound");
});

test("a subscription is refused for an endpoint that does not prove itself, and for what it asks", async (t) => {
  const { graph, ask } = await standIn(t, { limits: { subscriptions: 1 } });
  const hook = await endpoint(t);
  const create = (more) => ask("POST", "/subscriptions", { body: subscription(graph, hook.url, more) });
  for (const validation of [
    { status: 202 },
    { type: "application/json" },
    { text: "Validation%3A" },
    { text: '"x"' },
  ]) {
    hook.change.validation = validation;
    is(await create(), 400, "ValidationError");
  }
  hook.change.validation = undefined;
  is(await create({ notificationUrl: "http://example.test/" }), 400, "ValidationError");
  is(await create({ notificationUrl: undefined }), 400, "ValidationError");
  is(await create({ lifecycleNotificationUrl: "http://127.0.0.1:1/" }), 400, "ValidationError");
  is(await create({ clientState: "x".repeat(129) }), 400, "InvalidRequest");
  is(await create({ changeType: "created,moved" }), 400, "InvalidRequest");
  is(await create({ changeType: undefined }), 400, "InvalidRequest");
  is(await create({ expirationDateTime: new Date(graph.now() - 1).toISOString() }), 400, "InvalidRequest");
  is(await create({ expirationDateTime: new Date(graph.now() + 4_231 * MINUTE).toISOString() }), 400, "InvalidRequest");
  is(await create({ expirationDateTime: undefined }), 400, "InvalidRequest");
  is(await create({ resource: "/me/events" }), 400, "ExtensionError");
  is(await create({ resource: `/users/${BO}/messages` }), 403, "ErrorAccessDenied");
  is(await create({ clientstate: "x" }), 400, "RequestBodyRead");
  is(await create({ clientState: "x".repeat(128) }), 201, undefined);
  is(await create(), 403, "ExtensionError"); // one too many
});

test("an endpoint that takes too long to answer for itself is none", async (t) => {
  const { graph, ask } = await standIn(t, { limits: { validationMs: 100 } });
  const hook = await endpoint(t, { validation: { silent: true } });
  is(await ask("POST", "/subscriptions", { body: subscription(graph, hook.url) }), 400, "ValidationError");
});

test("a subscription ends at its time, unless it is renewed", async (t) => {
  const { graph, ann, ask } = await standIn(t, { accessTokenSeconds: 10 * 24 * 3600 });
  const hook = await endpoint(t);
  const { json } = await ask("POST", "/subscriptions", { body: subscription(graph, hook.url) });
  const renew = (more) => ask("PATCH", `/subscriptions/${json.id}`, { body: more });
  graph.advance(3_999 * MINUTE);
  is(await renew({ expirationDateTime: new Date(graph.now() + 4_231 * MINUTE).toISOString() }), 400, "InvalidRequest");
  is(await renew({ clientState: "other" }), 400, "InvalidRequest");
  is(await renew({ expirationDateTime: new Date(graph.now() + 4_230 * MINUTE).toISOString() }), 200, undefined);
  graph.advance(4_229 * MINUTE);
  bring(ann, 1);
  await graph.idle();
  assert.equal(hook.told.length, 1);
  graph.advance(MINUTE);
  bring(ann, 1);
  await graph.idle();
  assert.equal(hook.told.length, 1);
  is(await renew({ expirationDateTime: new Date(graph.now() + MINUTE).toISOString() }), 404, "ErrorItemNotFound");
});

test("lifecycle events are told; what was to be reauthorized is silent until then", async (t) => {
  const { graph, ann, ask } = await standIn(t);
  const hook = await endpoint(t);
  const { json } = await ask("POST", "/subscriptions", {
    body: subscription(graph, hook.url, { changeType: "created" }),
  });
  const heard = async (work) => {
    hook.told.length = 0;
    await work();
    await graph.idle();
    return hook.told.map((one) => one.lifecycleEvent ?? one.changeType);
  };
  assert.deepEqual(await heard(() => graph.lifecycle(json.id, "missed")), ["missed"]);
  assert.deepEqual(
    [hook.told[0].clientState, hook.told[0].subscriptionId, hook.told[0].resource],
    ["a secret", json.id, undefined],
  );
  assert.deepEqual(await heard(() => bring(ann, 1)), ["created"]);
  assert.deepEqual(await heard(() => graph.lifecycle(json.id, "reauthorizationRequired")), ["reauthorizationRequired"]);
  assert.deepEqual(await heard(() => bring(ann, 1)), []);
  assert.equal((await ask("POST", `/subscriptions/${json.id}/reauthorize`)).status, 200);
  assert.deepEqual(await heard(() => bring(ann, 1)), ["created"]);
  assert.deepEqual(await heard(() => graph.lifecycle(json.id, "subscriptionRemoved")), ["subscriptionRemoved"]);
  assert.deepEqual(await heard(() => bring(ann, 1)), []);
  is(await ask("GET", `/subscriptions/${json.id}`), 404, "ErrorItemNotFound");
});

test("script: notifications are lost, doubled, late; what was not taken is told again", async (t) => {
  const { graph, ann, ask } = await standIn(t);
  const hook = await endpoint(t);
  await ask("POST", "/subscriptions", { body: subscription(graph, hook.url, { changeType: "created" }) });
  const count = async (work) => {
    hook.told.length = 0;
    await work();
    await graph.idle();
    return hook.told.length;
  };
  graph.script({ on: "notify", fault: "lost" });
  graph.script({ on: "notify", after: 1, fault: "doubled" });
  graph.script({ on: "notify", after: 2, fault: "late" });
  graph.script({ on: "notify", after: 3, fault: "failed" });
  assert.equal(await count(() => bring(ann, 1)), 0);
  assert.equal(await count(() => bring(ann, 1)), 2);
  assert.equal(hook.told[0].id, hook.told[1].id);
  assert.equal(await count(() => bring(ann, 1)), 0);
  assert.equal(await count(() => graph.release()), 1);
  assert.equal(await count(() => bring(ann, 1)), 0);
  assert.equal(await count(() => graph.redeliver()), 1);
  hook.change.status = 503;
  assert.equal(await count(() => bring(ann, 1)), 1);
  hook.change.status = 202;
  assert.equal(await count(() => graph.redeliver()), 1);
  assert.equal(await count(() => graph.redeliver()), 0);
  assert.deepEqual(
    graph.notifications.map((one) => one.outcome),
    ["lost", ...Array(6).fill("sent")],
  );
});
