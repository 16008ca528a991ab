// What holds for every answer, whatever is asked, and what a deployment elsewhere than on this machine
// refuses of itself: headers, plain HTTP, strangers who register, links in a loop.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { call, data, register } from "../harness/api.mjs";
import { least, UNKNOWN } from "../harness/least.mjs";
import { lines } from "../harness/log.mjs";
import { send } from "../harness/raw.mjs";
import { until } from "../harness/until.mjs";
import { MAIL_ENTRY, productWorker, VARS } from "../harness/worker.mjs";

const DOCUMENT = JSON.parse(readFileSync(join(ROOT, "gateway", "assets", "openapi.json"), "utf8"));
const DESK = "https://desk.example";
const PRODUCTION = { ENVIRONMENT: "production", CORS_ORIGINS: DESK };
const YEAR_S = 31_536_000;
// As they were made before: 4 MiB and three passes, of "correct horse battery staple".
const OLD_HASH = "$argon2id$v=19$m=4096,t=3,p=1$AAECAwQFBgcICQoLDA0ODw$VTsSHiMxkq48zEo8LUSymjr7JjaRSgsxGX2Z8HQE9Cw";
const NEW_HASH = "$argon2id$v=19$m=19456,t=2,p=1$";

const operations = Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);

/** What is wrong with the headers of an answer to a page of `origin`; nothing, where all is well. */
function faults({ status, headers, text }, origin) {
  const wrong = [];
  const expect = (right, what) => right || wrong.push(`${status} ${what}`);
  const policy = headers["content-security-policy"] ?? "";
  const age = Number(/^max-age=(\d+); includeSubDomains$/.exec(headers["strict-transport-security"] ?? "")?.[1]);
  expect(headers["x-content-type-options"] === "nosniff", "nosniff");
  expect(age >= YEAR_S, `HSTS: ${headers["strict-transport-security"]}`);
  expect(headers["referrer-policy"] === "no-referrer", "referrer-policy");
  expect(headers["cache-control"] === "no-store", `cache-control: ${headers["cache-control"]}`);
  for (const part of ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) expect(policy.split("; ").includes(part), `policy: ${policy}`);
  expect(!text || /^[a-z]+\/[a-z.-]+(; charset=utf-8.*)?$/.test(headers["content-type"] ?? ""), `content-type: ${headers["content-type"]}`);
  expect(!headers["set-cookie"] && !headers.server?.includes("/"), "no cookie, no version");
  expect(headers["access-control-allow-origin"] === (origin === DESK ? DESK : undefined), `CORS: ${headers["access-control-allow-origin"]}`);
  expect(headers["access-control-allow-credentials"] === undefined, "no credentials");
  expect(/\borigin\b/i.test(headers.vary ?? ""), "vary");
  return wrong;
}

test("every answer of every operation has the headers, whoever asks and whatever comes of it", { timeout: 300_000 }, async (t) => {
  const { url } = await productWorker(t, { vars: PRODUCTION });
  const { token, workspaceId } = await register(url, "Headers", { operator: VARS.ADMIN_TOKEN });
  const wrong = [];
  const statuses = new Map();
  let asked = 0;
  const look = async (name, request, origin = DESK) => {
    const from = `10.8.${(asked >> 8) & 255}.${asked & 255}`; // attempts are counted by address
    const headers = { origin, "cf-connecting-ip": from, ...request.headers };
    const answer = await send(url, { ...request, headers });
    asked += 1;
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    wrong.push(...faults(answer, origin).map((fault) => `${name}: ${fault}`));
    return answer.status;
  };
  const bearer = { authorization: `Bearer ${token}` };
  const json = { ...bearer, "content-type": "application/json" };
  for (const { method, path, operation } of operations) {
    if (/^logout|^realtime/.test(operation.operationId)) continue; // they end the session; they open sockets
    const name = operation.operationId;
    const ids = { workspaceId };
    const needed = (operation.parameters ?? []).filter((parameter) => parameter.in === "query" && parameter.required);
    const query = new URLSearchParams(needed.map((parameter) => [parameter.name, least(parameter.schema, ids, parameter.name)]));
    const where = path.replaceAll(/\{(\w+)\}/g, (_, id) => ids[id] ?? UNKNOWN) + (needed.length ? `?${query}` : "");
    const schema = operation.requestBody?.content["application/json"]?.schema;
    const body = schema ? JSON.stringify(least(schema, ids)) : undefined;
    await look(name, { method, path: where, headers: body ? { "content-type": "application/json" } : {}, body }, "https://evil.example");
    await look(name, { method, path: where, headers: body ? json : bearer, body });
    if (method !== "GET") await look(name, { method, path: where, headers: { ...bearer, "content-type": "text/plain" }, body: "x" });
    await look(name, { method: "OPTIONS", path: where, headers: { "access-control-request-method": method } });
  }
  const is = async (status, name, request, origin) => assert.equal(await look(name, request, origin), status, name);
  await is(404, "no path", { path: "/v1/nothing", headers: bearer });
  await is(404, "no path for evil", { path: "/v1/nothing" }, "https://evil.example");
  await is(405, "another method", { method: "PUT", path: "/v1/tickets", headers: json, body: "{}" });
  await is(405, "TRACE", { method: "TRACE", path: "/v1/tickets", headers: bearer });
  await is(413, "too long", { method: "POST", path: "/v1/tickets", headers: json, body: JSON.stringify({ subject: "x".repeat(256 * 1024) }) });
  await is(415, "no JSON", { method: "POST", path: "/v1/tickets", headers: { ...bearer, "content-type": "text/plain" }, body: "{}" });
  await is(400, "broken JSON", { method: "POST", path: "/v1/tickets", headers: json, body: "{" });
  await is(401, "no token", { path: "/v1/me" });
  await is(200, "HEAD", { method: "HEAD", path: "/v1/me", headers: bearer });
  await is(404, "no link to opt out", { path: `/u/${workspaceId}/x` });
  await is(204, "a preflight", { method: "OPTIONS", path: "/v1/tickets", headers: { "access-control-request-method": "POST" } });
  for (const origin of ["null", "http://desk.example", `${DESK}:8443`, `${DESK}.evil.example`]) await is(200, origin, { path: "/v1/me", headers: bearer }, origin);
  t.diagnostic(`${asked} answers: ${[...statuses].sort().map(([status, count]) => `${count} of ${status}`).join(", ")}`);
  assert.deepEqual(wrong.slice(0, 40), []);
  for (const status of [200, 401, 403, 404, 415, 422]) assert.ok(statuses.get(status) > 0, `no ${status}`);
});

test("a fault has the headers too, and says nothing but that it is one", async (t) => {
  const { url, logText } = await productWorker(t, { vars: { ...PRODUCTION, SEND_MODE: "dyr" }, readyPath: "/docs" });
  for (const path of ["/", "/v1/me", `/u/${UNKNOWN}/x`]) {
    const answer = await send(url, { path });
    assert.equal(answer.status, 500, path);
    assert.deepEqual(faults(answer), []);
    assert.deepEqual({ ...JSON.parse(answer.text).error, requestId: "" }, { code: "internal", message: "internal error", requestId: "" });
    const { requestId } = JSON.parse(answer.text).error;
    const logged = () => lines(logText()).find((line) => line.event === "request_failed" && line.requestId === requestId);
    await until(() => logged()?.why.includes("SEND_MODE"), "the line that says why");
  }
});

test("elsewhere than on this machine, plain HTTP is refused and only the operator registers", async (t) => {
  const { url } = await productWorker(t, { vars: PRODUCTION });
  const { token } = await register(url, "Plain", { operator: VARS.ADMIN_TOKEN });
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await send(url, { path: "/v1/me", headers })).status, 200);
  for (const host of ["desk.example", "127.0.0.1.desk.example"]) {
    const answer = await send(url, { path: "/v1/me", headers: { ...headers, host } });
    assert.equal(answer.status, 403, answer.text);
    assert.equal(answer.headers.location, undefined, "a client that sends its token in the clear is to notice");
    assert.match(answer.text, /use https/);
    assert.deepEqual(faults(answer), []);
    const link = await send(url, { path: `/u/${UNKNOWN}/x`, headers: { host } });
    assert.equal(link.status, 404, "a link to opt out works as it was mailed");
  }
  const body = { name: "Stranger", ownerName: "Sam", ownerEmail: "sam@stranger.example", password: "correct horse battery staple" };
  const stranger = await call(url, "POST", "/v1/workspaces", { body });
  assert.equal(stranger.status, 403, JSON.stringify(stranger.body));
  assert.match(stranger.body.error.message, /ask the operator/);
  assert.equal((await call(url, "POST", "/v1/workspaces", { body, token })).status, 403, "nor an owner of another workspace");
  const open = await productWorker(t, { vars: { ...PRODUCTION, REGISTRATION: "open" } });
  assert.equal((await call(open.url, "POST", "/v1/workspaces", { body })).status, 201);
});

test("who tries links to opt out in a loop is stopped, and nobody else", { timeout: 120_000 }, async (t) => {
  const { url } = await productWorker(t);
  const { workspaceId } = await register(url, "Loop");
  const post = (from) => send(url, { method: "POST", path: `/u/${workspaceId}/none`, headers: { "cf-connecting-ip": from } });
  let passed = 0;
  let answer = await post("10.7.0.1");
  for (; answer.status === 404 && passed < 5_000; answer = await post("10.7.0.1")) passed += 1;
  assert.equal(answer.status, 429, answer.text);
  assert.ok(passed >= 120, `${passed} passed`);
  assert.ok(Number(answer.headers["retry-after"]) >= 1);
  assert.equal((await post("10.7.0.2")).status, 404, "another address");
  assert.equal((await send(url, { path: `/u/${workspaceId}/none`, headers: { "cf-connecting-ip": "10.7.0.1" } })).status, 404, "a look");
});

test("who guesses passwords gets ten tries of an account, from however many addresses, and of an address", { timeout: 120_000 }, async (t) => {
  const { url } = await productWorker(t);
  const owner = await register(url, "Guessed");
  const tries = (count, address, about) => Promise.all(Array.from({ length: count }, async (_, n) => {
    const body = { workspaceId: owner.workspaceId, password: `the wrong one ${n}`, email: owner.email, ...about(n) };
    return (await call(url, "POST", "/v1/auth/login", { body, headers: { "cf-connecting-ip": address(n) } })).status;
  }));
  const count = (list, status) => list.filter((one) => one === status).length;
  const account = await tries(60, (n) => `10.6.0.${n}`, () => ({}));
  assert.ok(count(account, 401) >= 10 && count(account, 401) <= 12, `${count(account, 401)} were checked`);
  assert.equal(count(account, 401) + count(account, 429), 60);
  // What is guessed right by then is not told from what is wrong.
  assert.equal((await tries(1, () => "10.6.1.1", () => ({ password: owner.password })))[0], 429);
  const address = await tries(60, () => "10.6.2.1", (n) => ({ email: `nobody${n}@guessed.example` }));
  assert.ok(count(address, 401) >= 10 && count(address, 401) <= 20, `${count(address, 401)} were checked`);
  assert.equal(count(address, 401) + count(address, 429), 60);
});

test("a password's hash of an older cost is renewed when its owner logs in", async (t) => {
  const { url } = await productWorker(t, { main: MAIL_ENTRY });
  const owner = await register(url, "Renewed");
  const hash = async (another = "") => {
    const query = new URLSearchParams({ workspace: owner.workspaceId, agent: owner.agentId });
    return (await fetch(`${url}/test/hash?${query}`, { method: "POST", body: another })).text();
  };
  const body = { workspaceId: owner.workspaceId, email: owner.email, password: owner.password };
  assert.ok((await hash(OLD_HASH)).startsWith(NEW_HASH));
  const wrong = await call(url, "POST", "/v1/auth/login", { body: { ...body, password: "not the password" } });
  assert.equal(wrong.status, 401);
  assert.equal(await hash(), OLD_HASH, "who does not know the password renews nothing");
  const keyed = { body, headers: { "idempotency-key": "once" } };
  const [first, again] = [await data(url, "POST", "/v1/auth/login", keyed), await data(url, "POST", "/v1/auth/login", keyed)];
  assert.equal(first.refreshToken, again.refreshToken, "one log-in, sent twice");
  const both = await Promise.all([1, 2].map(() => call(url, "POST", "/v1/auth/login", { body })));
  assert.deepEqual(both.map(({ status }) => status), [200, 200]);
  const renewed = await hash();
  assert.ok(renewed.startsWith(NEW_HASH), renewed);
  await data(url, "POST", "/v1/auth/login", { body });
  assert.equal(await hash(), renewed, "once");
});
