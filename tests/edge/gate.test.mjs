// How much the gateway takes at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate, tooMuch } from "../../gateway/gate.js";

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

test("who is refused learns when to come back", async () => {
  const answer = tooMuch();
  assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "1"]);
  const { success, error } = await answer.json();
  assert.deepEqual([success, error.code, error.details.retryAfterMs], [false, "unavailable", 1_000]);
});
