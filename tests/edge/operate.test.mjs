// What operators rely on: whether the Worker can work, what its log says, and that nobody may ask
// without end.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join as path } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { call, data, join, register } from "../harness/api.mjs";
import { dial } from "../harness/socket.mjs";
import { until } from "../harness/until.mjs";
import { lines } from "../harness/log.mjs";
import { folder, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;

test("readyz says ready where everything answers, and tells no secret", { timeout: 120_000 }, async (t) => {
  const { url } = await productWorker(t);
  const { status, body } = await call(url, "GET", "/readyz");
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.data.status, "ready");
  const states = Object.fromEntries(body.data.checks.map(({ name, state }) => [name, state]));
  assert.deepEqual(states, { actors: "up", d1: "up", storage: "up", cache: "up" });
  for (const { tookMs } of body.data.checks) assert.ok(Number.isInteger(tookMs) && tookMs <= 2_500);
  for (const secret of Object.values(VARS)) assert.ok(!JSON.stringify(body).includes(secret));
  assert.equal((await call(url, "GET", "/readyz?x=1")).status, 422);
});

test("readyz says 503 and which, where one is down; the others are asked all the same", { timeout: 120_000 }, async (t) => {
  // The same Worker without its storage, and without the cache, which it does without.
  const broken = readFileSync(path(ROOT, "wrangler.toml"), "utf8").replaceAll(/^\[\[(r2_buckets|kv_namespaces)\]\]\n(?:.+\n)*/gm, "");
  const config = path(ROOT, `wrangler.${process.pid}.test.toml`);
  writeFileSync(config, broken);
  t.after(() => import("node:fs").then(({ rmSync }) => rmSync(config, { force: true })));
  const { url, logText } = await productWorker(t, { config, persistTo: folder(t) });
  assert.equal((await call(url, "GET", "/healthz")).status, 200);
  const { status, body } = await call(url, "GET", "/readyz");
  assert.equal(status, 503, JSON.stringify(body));
  assert.equal(body.error.code, "unavailable");
  const states = Object.fromEntries(body.error.details.checks.map(({ name, state }) => [name, state]));
  assert.deepEqual(states, { actors: "up", d1: "up", storage: "down", cache: "missing" });
  const told = await until(() => lines(logText()).find(({ event }) => event === "not_ready"), "a line of the log");
  assert.equal(told.what, "storage");
});

test("each request has a line with its id, and no line has what people wrote", { timeout: 120_000 }, async (t) => {
  const { url, logText } = await productWorker(t, { vars: { LOG: "requests" } });
  const canary = (name) => `canary-${name}-7f3a`;
  const password = `${canary("password")} long enough`;
  const email = `${canary("owner")}@people.example`;
  const body = { name: canary("workspace"), ownerName: canary("name"), ownerEmail: email, password };
  const made = await data(url, "POST", "/v1/workspaces", { body, token: operator });
  const token = made.accessToken;
  const asked = { subject: canary("subject"), body: canary("body"), userEmail: `${canary("user")}@people.example` };
  const answer = await call(url, "POST", "/v1/tickets", { token, body: asked, headers: { "idempotency-key": canary("key") } });
  assert.equal(answer.status, 201);
  const ticket = answer.body.data.id;
  await call(url, "POST", `/v1/tickets/${ticket}/comments`, { token, body: { body: canary("comment") } });
  await call(url, "GET", `/v1/tickets/${canary("path")}`, { token });
  await call(url, "POST", "/v1/tickets", { token, body: `{"subject": "${canary("broken")}` });
  await call(url, "POST", "/v1/auth/login", { body: { workspaceId: made.workspace.id, email, password: canary("wrong") } });
  const mail = await fetch(`${url}/cdn-cgi/handler/email?from=${canary("sender")}@people.example&to=${made.workspace.id}@in.example`, {
    method: "POST",
    body: `From: ${canary("from")}@people.example\r\nTo: x@in.example\r\nSubject: ${canary("mailed")}\r\nMessage-ID: <1@people.example>\r\n\r\n${canary("text")}\r\n`,
  });
  assert.equal(mail.status, 200, await mail.text());
  const id = answer.headers.get("x-request-id");
  const line = await until(() => lines(logText()).find(({ requestId }) => requestId === id), "the line of the request");
  assert.deepEqual([line.event, line.level, line.route, line.method, line.status], ["request", "info", "/v1/tickets", "POST", "201"]);
  const own = lines(logText());
  assert.ok(own.length >= 6, `${own.length} lines`);
  for (const one of own) assert.ok(!/canary|@people/.test(JSON.stringify(one)), JSON.stringify(one));
  for (const secret of [operator, token, made.refreshToken, VARS.JWT_SECRET]) assert.ok(!JSON.stringify(own).includes(secret));
  const lost = own.find(({ route, status }) => route === "-" && status === "404");
  assert.ok(lost, "what is no route is counted as none");
});

test("an agent who asks too much is refused for as long as told; the others go on", { timeout: 120_000 }, async (t) => {
  const { url } = await productWorker(t, { vars: { AGENT_LIMIT: "20/10", WORKSPACE_LIMIT: "60/10" } });
  const owner = await register(url, "Hasty", { operator });
  const ada = await join(url, owner, "agent", "Ada");
  const me = (who) => call(url, "GET", "/v1/me", { token: who.token });
  const answers = await Promise.all(Array.from({ length: 80 }, () => me(ada)));
  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(answers.every(({ status }) => status === 200 || status === 429));
  const most = answers.length - refused.length;
  assert.ok(most >= 15 && most <= 30, `${most} were let in`);
  const { body, headers } = refused[0];
  assert.equal(body.error.code, "rate_limited");
  const seconds = Number(headers.get("retry-after"));
  assert.ok(seconds >= 1 && seconds <= 10, headers.get("retry-after"));
  assert.ok(body.error.details.retryAfterMs <= seconds * 1_000);
  assert.equal((await me(owner)).status, 200, "another agent goes on");

  // Over a socket the command is refused, and the connection stays.
  const socket = await dial(url, owner, { bearer: true });
  const acks = [];
  for (let n = 0; n < 40; n += 1) acks.push(await socket.command(`c${n}`, { me: {} }));
  const stopped = acks.find(({ success }) => !success);
  assert.equal(stopped?.error.code, "rate_limited", JSON.stringify(acks.at(-1)));
  assert.equal(socket.over, undefined);
  await socket.close();

  // When it has waited for as long as it was told, it is let in.
  const last = (await me(ada)).body;
  const wait = last.success ? 0 : last.error.details.retryAfterMs;
  await until(async () => (await me(ada)).status === 200, "to be let in", wait + 5_000);

  // Mail is not the agents': it comes in while they wait.
  const mail = await fetch(`${url}/cdn-cgi/handler/email?from=ann@people.example&to=${owner.workspaceId}@in.example`, {
    method: "POST",
    body: "From: ann@people.example\r\nTo: x@in.example\r\nSubject: Now\r\nMessage-ID: <2@people.example>\r\n\r\nNow.\r\n",
  });
  assert.equal(mail.status, 200, await mail.text());
});
