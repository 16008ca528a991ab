// What people write stays out of the log, whichever field they write it in: every operation of the
// API's document is asked with marked texts in all its fields, in its path, query and headers, and
// the whole log is looked through, what the runtime itself wrote included.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, data, join, register } from "../harness/api.mjs";
import { forgeries } from "../harness/forge.mjs";
import { until } from "../harness/until.mjs";
import { lines } from "../harness/log.mjs";
import { productWorker, VARS } from "../harness/worker.mjs";

const MARK = "canary7f3a";
const DEPTH_MAX = 6;
// These end the session that asks, or are no HTTP.
const NOT = ["logout", "logoutEverywhere", "realtime", "realtimeToo"];

/** A value of a schema in which every text that may be any text is marked. */
function marked(schema, all, name, depth = 0) {
  if (schema?.$ref) return marked(all[schema.$ref.split("/").at(-1)], all, name, depth + 1);
  const choice = (schema?.oneOf ?? schema?.anyOf)?.find((one) => one.type !== "null");
  if (choice) return marked(choice, all, name, depth + 1);
  if (schema?.const !== undefined) return schema.const;
  if (schema?.enum) return schema.enum[0];
  const type = [schema?.type].flat().find((one) => one !== "null");
  if (depth > DEPTH_MAX) return null;
  if (type === "object") {
    const fields = Object.entries(schema.properties ?? { [`${MARK}-key`]: { type: "string" } });
    return Object.fromEntries(fields.map(([field, of]) => [field, marked(of, all, `${name}-${field}`, depth + 1)]));
  }
  if (type === "array") return [marked(schema.items, all, name, depth + 1)];
  if (type === "integer" || type === "number") return schema.minimum ?? 1;
  if (type === "boolean") return true;
  if (schema?.format === "uuid") return crypto.randomUUID();
  return /email/i.test(name) ? `${MARK}-${name}@people.example`.toLowerCase() : `${MARK}-${name}`;
}

/** Every operation of the document: { id, method, path, parameters, body }. */
function operations(document) {
  const of = ([path, methods]) =>
    Object.entries(methods).map(([method, { operationId: id, parameters = [], requestBody }]) => {
      const body = requestBody?.content?.["application/json"]?.schema;
      return { id, method: method.toUpperCase(), path, parameters, body };
    });
  return Object.entries(document.paths).flatMap(of).filter(({ id }) => !NOT.includes(id));
}

// The development server tells of each request, with its address: that is not in production.
const isOfServer = (line) => /^\s*\[wrangler:\w+\] (GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /.test(line);

test("no field of any request is in the log", { timeout: 300_000 }, async (t) => {
  const { url, logText } = await productWorker(t, { vars: { LOG: "requests" } });
  const owner = await register(url, "Canary", { operator: VARS.ADMIN_TOKEN });
  const helper = await join(url, owner, "agent", "Hal");
  const ticket = await data(url, "POST", "/v1/tickets", { token: owner.token, body: { subject: `${MARK} subject`, userEmail: `${MARK}@people.example` } });
  const document = await (await fetch(`${url}/openapi.json`)).json();
  const all = document.components.schemas;
  const asked = operations(document);
  let taken = 0;
  for (const { id, method, path, parameters, body } of asked) {
    const query = new URLSearchParams(parameters.filter((one) => one.in === "query").map(({ name }) => [name, name === "wait" ? "0" : `${MARK}-${id}-${name}`]));
    const headers = { "user-agent": `${MARK}-agent`, "x-request-id": `${MARK}-request`, cookie: `session=${MARK}-cookie`, referer: `https://${MARK}.example/` };
    if (method !== "GET") headers["idempotency-key"] = `${MARK}-${id}-key`;
    // Once as it is meant, with its query and path in order; once with marks in these as well.
    const value = body && method !== "GET" ? marked(body, all, id) : undefined;
    const right = path.replaceAll(/\{\w+\}/g, ticket.id);
    const wrong = path.replaceAll(/\{(\w+)\}/g, (_, name) => `${MARK}-${name}`);
    for (const where of [right, `${wrong}${query.size > 0 ? `?${query}` : ""}`]) {
      const answer = await call(url, method, where, { token: owner.token, body: value, headers });
      assert.ok(answer.status < 500 || answer.body?.error?.code === "unavailable", `${id}: ${answer.status} ${JSON.stringify(answer.body)}`);
      taken += answer.status < 300 ? 1 : 0;
    }
    if (value) await call(url, method, right, { token: owner.token, body: `${JSON.stringify(value).slice(0, -1)},${MARK}`, headers });
  }
  assert.ok(asked.length > 150, `${asked.length} operations`);
  assert.ok(taken > 40, `${taken} requests were taken`);
  const others = { otherWorkspace: crypto.randomUUID(), otherAgent: helper.agentId, refreshToken: owner.refreshToken, realtimeTicket: "none" };
  const forged = Object.values(Object.fromEntries(forgeries(owner.token, VARS.JWT_SECRET, others)));
  assert.ok(forged.length >= 20, `${forged.length} forged tokens`);
  for (const token of forged) assert.equal((await call(url, "GET", "/v1/me", { token })).status, 401, token);

  const last = await call(url, "GET", "/v1/me", { token: owner.token });
  const id = last.headers.get("x-request-id");
  await until(() => lines(logText()).some(({ requestId }) => requestId === id), "the line of the last request");
  const written = logText().replaceAll(/\x1b\[[0-9;]*m/g, "").split("\n").filter((line) => !isOfServer(line));
  assert.ok(written.length > asked.length, `${written.length} lines`);
  const secrets = [MARK, "@people", owner.token, owner.refreshToken, owner.password, VARS.JWT_SECRET, VARS.SECRETS_KEY, VARS.ADMIN_TOKEN, ...forged.filter((token) => token.length > 100)];
  for (const line of written) {
    const secret = secrets.find((one) => line.includes(one));
    assert.ok(!secret, `the log has ${secret}: ${line.slice(0, 500)}`);
  }
});
