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

/** A gate that is full in a busy isolate: 100 under way, one refused, and a turn of the loop that took long. */
function full() {
  const gate = new Gate(100);
  const numbers = Array.from({ length: 100 }, () => gate.admit(0));
  assert.equal(gate.looks(0), false, "nobody was refused: there is nothing to look at");
  assert.equal(gate.admit(0), undefined);
  assert.ok(gate.looks(0));
  gate.looked(0, 21);
  return { gate, numbers };
}

test("a gate full of requests that wait for something else stays wide", () => {
  const gate = new Gate(100);
  const numbers = Array.from({ length: 100 }, () => gate.admit(0));
  assert.equal(gate.admit(0), undefined);
  assert.ok(gate.looks(0));
  gate.looked(0, 2);
  gate.leave(numbers[0]);
  gate.leave(numbers[1]);
  assert.notEqual(gate.admit(3), undefined);
});

/** How many may be under way at `now`, by trying. */
function room(gate, now) {
  const numbers = [];
  for (let number = gate.admit(now); number !== undefined; number = gate.admit(now)) numbers.push(number);
  for (const number of numbers) gate.leave(number);
  return numbers.length;
}

test("a gate that was full and busy lets few in until most of them have left", () => {
  const { gate, numbers } = full();
  for (const number of numbers.slice(16)) {
    assert.equal(gate.admit(1), undefined);
    gate.leave(number);
  }
  assert.equal(gate.admit(1), undefined, "sixteen are under way");
  gate.leave(numbers[0]);
  assert.notEqual(gate.admit(1), undefined);
});

test("it widens while turns of the loop are short, and narrows where one is long", () => {
  const { gate, numbers } = full();
  for (const number of numbers) gate.leave(number);
  const turn = (now, lag) => {
    assert.ok(gate.looks(now));
    assert.equal(gate.looks(now), false, "one look at a time");
    gate.looked(now, now + lag);
    return room(gate, now + lag);
  };
  assert.equal(turn(50, 2), 16, "not so soon");
  let [now, before] = [0, 16];
  for (let n = 0; n < 10; n++) {
    const wide = turn((now += 200), 2);
    assert.ok(wide > before && wide <= Math.ceil(before * 1.05), `${before}, then ${wide}`);
    before = wide;
  }
  assert.equal(turn((now += 200), 21), Math.floor(before * 0.7));
  for (let n = 0; n < 10; n++) turn((now += 200), 500);
  assert.equal(room(gate, now + 500), 16, "so many are always let in");
});

test("two seconds after the last refusal everybody is let in again", () => {
  const { gate, numbers } = full();
  for (const number of numbers) gate.leave(number);
  gate.leave(gate.admit(1_999));
  assert.equal(room(gate, 2_000), 16);
  gate.leave(gate.admit(3_900));
  assert.equal(room(gate, 4_001), 100);
});

test("a look that was never ended does not keep others from looking", () => {
  const { gate } = full();
  assert.ok(gate.looks(1_000));
  assert.equal(gate.looks(5_999), false);
  assert.ok(gate.looks(6_000));
  gate.looked(1_000, 6_001);
  assert.equal(gate.looks(6_002), false, "the later look has not ended");
  gate.looked(6_000, 6_003);
  assert.ok(gate.looks(6_004));
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

/** A request, from a page of this origin. */
const asked = (origin) => new Request("https://desk.example/", { headers: origin ? { origin } : {} });

test("a page reads that it is refused where it may read answers", () => {
  const page = "https://app.example";
  const readable = (vars, origin = page) => {
    const { headers } = tooMuch(asked(origin), vars);
    assert.equal(headers.has("access-control-expose-headers"), headers.has("access-control-allow-origin"));
    return headers.get("access-control-allow-origin");
  };
  for (const vars of [
    { CORS_ORIGINS: "*" }, { CORS_ORIGINS: " https://app.example/ " }, { CORS_ORIGINS: "https://b.example, https://app.example" },
    { ENVIRONMENT: "local" }, { ENVIRONMENT: "local", CORS_ORIGINS: " " },
  ]) assert.equal(readable(vars), page, JSON.stringify(vars));
  for (const vars of [
    {}, { CORS_ORIGINS: "" }, { CORS_ORIGINS: "https://b.example" }, { CORS_ORIGINS: "https://app.example.org" },
    { ENVIRONMENT: "local", CORS_ORIGINS: "https://b.example" }, { ENVIRONMENT: "production" },
  ]) assert.equal(readable(vars), null, JSON.stringify(vars));
  assert.equal(readable({ CORS_ORIGINS: "*" }, null), null, "no page asked");
});

test("who is refused learns when to come back", async () => {
  const answer = tooMuch(asked(), {});
  assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "1"]);
  const { success, error } = await answer.json();
  assert.deepEqual([success, error.code, error.details.retryAfterMs], [false, "unavailable", 1_000]);
});

test("what is answered without the wasm has the headers of every answer, and a name", async () => {
  // As respond.rs has them.
  const source = readFileSync(join(ROOT, "gateway", "src", "respond.rs"), "utf8");
  for (const answer of [tooMuch(asked(), {}), failed(asked(), {}, 500, { code: "internal", message: "internal error" })]) {
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
