// How much the gateway takes at once.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { failed, Gate, passes, tooMuch } from "../../gateway/gate.js";

test("so many are under way at once, and one that ends makes room for one", () => {
  const gate = new Gate(2);
  const [first, second] = [gate.admit(0), gate.admit(1)];
  assert.notEqual(first, second);
  assert.equal(gate.admit(2), undefined);
  gate.leave(first);
  gate.leave(first);
  assert.notEqual(gate.admit(3), undefined);
  assert.equal(gate.admit(4), undefined, "who leaves twice makes room once");
});

test("whoever hung up and was never heard of again makes room after a minute", () => {
  const gate = new Gate(3);
  gate.admit(0);
  gate.admit(10_000);
  const stays = gate.admit(30_000);
  assert.equal(gate.admit(59_999), undefined);
  assert.notEqual(gate.admit(60_000), undefined);
  assert.equal(gate.admit(60_001), undefined, "the second is not a minute old");
  gate.leave(stays);
  assert.notEqual(gate.admit(60_002), undefined);
});

test("long polls and the question whether it is there pass, and nothing that only looks like them", () => {
  for (const path of ["/v1/events?wait=25", "/v1/events?after=7&wait=1", "/healthz", "/healthz?x"]) {
    assert.ok(passes(`https://desk.example${path}`), path);
  }
  for (const path of [
    "/v1/events", "/v1/events?after=0", "/v1/events?wait=0", "/v1/events?await=25", "/v1/tickets?a=/v1/events?wait=25",
    "/v1/tickets?/healthz", "/u/x/healthz", "/v1/events/?wait=25", "?/healthz", "/",
  ]) assert.ok(!passes(`https://desk.example${path}`), path);
});

test("who is refused learns when to come back", async () => {
  const answer = tooMuch();
  assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "1"]);
  const { success, error } = await answer.json();
  assert.deepEqual([success, error.code, error.details.retryAfterMs], [false, "unavailable", 1_000]);
});

test("what is answered without the wasm has the headers of every answer, and a name", async () => {
  // As respond.rs has them.
  const source = readFileSync(join(ROOT, "gateway", "src", "respond.rs"), "utf8");
  for (const answer of [tooMuch(), failed(500, { code: "internal", message: "internal error" })]) {
    const { headers } = answer;
    for (const name of ["cache-control", "x-content-type-options", "strict-transport-security", "content-security-policy", "referrer-policy", "vary"]) {
      assert.ok(source.includes(`("${name}", `), name);
      assert.ok(source.includes(`"${headers.get(name)}"`), `${name}: ${headers.get(name)}`);
    }
    const { error } = await answer.json();
    assert.match(error.requestId, /^[0-9a-f-]{36}$/);
    assert.equal(headers.get("x-request-id"), error.requestId);
  }
});
