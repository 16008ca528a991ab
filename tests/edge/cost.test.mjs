// The budgets of what is counted, not timed: requests, rows, crossings and fsyncs of a comment; and
// the `Server-Timing` header, which tells a workspace the same of its own requests.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { call, data, register } from "../harness/api.mjs";
import { BUDGET } from "../harness/budget.mjs";
import { fsyncsOf, missing } from "../harness/cost/fsyncs.mjs";
import { meter } from "../harness/cost/meter.mjs";
import { burst, perDelivery } from "../harness/cost/things.mjs";
import { dial } from "../harness/socket.mjs";
import { folder, later, VARS } from "../harness/worker.mjs";
import { startWorkerd } from "../harness/workerd.mjs";

const TIMES = 10;

/** A Worker behind the meter, and a workspace with a ticket in it. */
async function world(t) {
  const worker = await startWorkerd({ persistTo: folder(t), entry: join(ROOT, "tests", "harness", "cost-entry.js") });
  later(t, () => worker.stop());
  const owner = await register(worker.url, "Cost", { operator: VARS.ADMIN_TOKEN });
  const ask = (method, path, body, key) =>
    data(worker.url, method, path, { token: owner.token, body, headers: key ? { "idempotency-key": key } : {} });
  const ticket = await ask("POST", "/v1/tickets", { subject: "The door is stuck" });
  return { worker, url: worker.url, owner, ask, ticket, gauge: meter(worker.url) };
}

test("a comment keeps to its budget of requests, rows and crossings", { timeout: 120_000 }, async (t) => {
  const { url, owner, ask, ticket, gauge } = await world(t);
  const socket = await dial(url, owner, { bearer: true });
  later(t, () => socket.close());
  const comment = (n) => ask("POST", `/v1/tickets/${ticket.id}/comments`, { body: `Comment ${n}` });
  const underKey = (n) => ask("POST", `/v1/tickets/${ticket.id}/comments`, { body: `Comment ${n}` }, `c-${n}`);
  await underKey("warm");
  const keyed = await gauge.measure(underKey, { times: TIMES });
  const { answered, inAll } = await gauge.measure(comment, { times: TIMES });
  t.diagnostic(`answered: ${answered.rowsWritten} rows written, ${answered.rowsRead} read, ${answered.crossings} crossings; in all: ${inAll.rowsWritten} written`);
  t.diagnostic(`under an idempotency key: ${keyed.answered.rowsWritten} rows written, ${keyed.answered.crossings} crossings`);
  assert.ok(answered.crossings <= BUDGET.comment.crossings, `${answered.crossings} crossings`);
  assert.ok(keyed.inAll.rowsWritten <= BUDGET.comment.rowsInAll + BUDGET.rowsOfKey, `${keyed.inAll.rowsWritten} rows under a key`);
  assert.equal(inAll.calls + inAll.joins, BUDGET.comment.calls);
  assert.ok(inAll.alarms <= BUDGET.comment.alarms, `${inAll.alarms} alarms`);
  assert.ok(answered.rowsWritten > 0, "rows are counted");
  assert.ok(answered.rowsWritten <= BUDGET.comment.rowsAnswered, `${answered.rowsWritten} rows`);
  assert.ok(inAll.rowsWritten <= BUDGET.comment.rowsInAll, `${inAll.rowsWritten} rows in all`);
  const heard = await perDelivery(url, gauge, { owner, ticket });
  assert.ok(heard.few > 0, "crossings are counted");
  assert.ok(heard.each <= BUDGET.crossingsPerDelivery, `${heard.each} crossings a delivery: ${heard.few}, then ${heard.many}`);
});

test("sixteen writers share their commits", { timeout: 120_000 }, async (t) => {
  const why = missing();
  if (why) return t.skip(`fsyncs are NOT counted: ${why}`);
  const { worker, url, owner, ticket } = await world(t);
  await burst(url, { owner, ticket }, 16, 2);
  let acknowledged;
  const { of } = await fsyncsOf(worker.pid, async () => (acknowledged = await burst(url, { owner, ticket }, 16, 50)));
  const each = (of.WorkspaceRoom ?? 0) / acknowledged;
  t.diagnostic(`${each.toFixed(3)} fsyncs of the room for each of ${acknowledged} comments; all files: ${JSON.stringify(of)}`);
  assert.ok(each > 0, "they were counted");
  assert.ok(each <= BUDGET.fsyncsAt16, `${each} fsyncs a comment`);
});

test("a response says what it cost where its workspace asks for it, to nobody else", { timeout: 120_000 }, async (t) => {
  const { url, owner, ask, ticket, gauge } = await world(t);
  const other = await register(url, "Other", { operator: VARS.ADMIN_TOKEN });
  const priceOf = async (method, path, options) => (await call(url, method, path, options)).headers.get("server-timing");
  const mine = { token: owner.token };
  assert.equal(await priceOf("GET", "/v1/tickets", mine), null, "off as it comes");

  assert.equal((await ask("PATCH", "/v1/workspace", { serverTiming: true })).serverTiming, true);
  assert.equal((await ask("PATCH", "/v1/workspace", { name: "Renamed" })).serverTiming, true, "what is absent stays");

  const comment = { ...mine, body: { body: "Priced." }, headers: { "idempotency-key": "priced" } };
  const { given, answered } = await gauge.measure(() => priceOf("POST", `/v1/tickets/${ticket.id}/comments`, comment));
  const [, read, written, calls] = /^rowsRead;desc="(\d+)", rowsWritten;desc="(\d+)", calls;desc="(\d+)"$/.exec(given) ?? [];
  assert.ok(Number(read) > 0, String(given));
  assert.equal(Number(calls), answered.calls);
  // The meter may have seen the outbox already, and counts alarms too.
  assert.ok(Number(written) > 0 && Number(written) <= answered.rowsWritten, `${given}, ${JSON.stringify(answered)}`);
  assert.match(await priceOf("GET", `/v1/tickets/${crypto.randomUUID()}`, mine), /rowsWritten;desc="0"/, "a refusal has a price");

  for (const [who, options] of [["another workspace", { token: other.token }], ["nobody", {}], ["a bad token", { token: `${owner.token}x` }]]) {
    assert.equal(await priceOf("GET", `/v1/tickets/${ticket.id}`, options), null, who);
  }
  const { token } = owner;
  const file = { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "text/plain" }, body: "Pull." };
  const brought = (await (await fetch(`${url}/v1/attachments?fileName=manual.txt`, file)).json()).data;
  const { url: link } = await ask("GET", `/v1/attachments/${brought.id}/link`);
  const linked = await fetch(link);
  assert.deepEqual([await linked.text(), linked.headers.get("server-timing")], ["Pull.", null], "whoever has a link");
  assert.equal(await priceOf("POST", "/v1/auth/logout", { token, body: {} }).then(() => priceOf("GET", "/v1/tickets", { token })), null, "who has logged out");
});
