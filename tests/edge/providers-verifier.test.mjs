// The stand-in of MillionVerifier: that nearly everything is 200, whatever it means.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask } from "../harness/providers/ask.mjs";
import { RESULTS, startMillionVerifier } from "../harness/providers/millionverifier.mjs";
import { later } from "../harness/worker.mjs";

async function standIn(t, options) {
  const verifier = await startMillionVerifier(options);
  later(t, () => verifier.stop());
  const verify = (query) => ask(verifier.url, { query: { api: verifier.key, ...query } });
  return { verifier, verify };
}

const failed = ({ status, json }, error) => {
  assert.deepEqual([status, json.result, json.resultcode, json.quality], [200, "error", 4, ""]);
  assert.ok(json.error.length > 0);
  if (error) assert.equal(json.error, error);
};

test("each result has its code and quality, and the credits that are left", async (t) => {
  const { verifier, verify } = await standIn(t, { credits: 10 });
  const quality = { ok: "good", disposable: "bad", invalid: "bad" };
  const codes = [];
  for (const result of Object.keys(RESULTS)) {
    verifier.verdict("ann@acme.test", result);
    const { status, json } = await verify({ email: "Ann@acme.test", timeout: "20" });
    assert.deepEqual([status, json.result, json.quality], [200, result, quality[result] ?? ""]);
    assert.deepEqual([json.email, json.error, json.livemode], ["Ann@acme.test", "", true]);
    codes.push(json.resultcode);
  }
  assert.deepEqual(codes, [1, 2, 3, 4, 5, 6]);
  assert.equal(verifier.credits, 6, "unknown and error cost nothing");
  const credits = await ask(`${verifier.url}credits`, { query: { api: verifier.key } });
  assert.deepEqual([credits.status, credits.json.credits], [200, 6]);
  assert.throws(() => verifier.verdict("bo@acme.test", "good"), /no result/);
});

test("a key that is not known is 200 with an error, and so is a missing one", async (t) => {
  const { verifier, verify } = await standIn(t);
  failed(await verify({ email: "ann@acme.test", api: "another" }), "Apikey not found");
  const missing = await verify({ email: "ann@acme.test", api: undefined });
  failed(missing);
  assert.notEqual(missing.json.error, "Apikey not found");
  failed(await verify({}));
  failed(await ask(`${verifier.url}credits`, { query: { api: "another" } }), "Apikey not found");
  assert.equal(verifier.credits, 1e6);
});

test("credits that are used up are 200 with an error", async (t) => {
  const { verifier, verify } = await standIn(t, { credits: 1 });
  assert.equal((await verify({ email: "ann@acme.test" })).json.credits, 0);
  failed(await verify({ email: "ann@acme.test" }));
  verifier.credits = 1;
  assert.equal((await verify({ email: "ann@acme.test" })).json.result, "ok");
});

test("the timeout is from 2 to 60 seconds, and what takes longer is unknown", async (t) => {
  const { verifier, verify } = await standIn(t);
  for (const timeout of ["1", "61", "", "x", "2.5"]) {
    assert.equal((await verify({ email: "ann@acme.test", timeout })).status, 400, timeout);
  }
  verifier.verdict("ann@acme.test", "ok", { takesSeconds: 30 });
  const of = async (timeout) => (await verify({ email: "ann@acme.test", timeout })).json;
  assert.deepEqual([(await of("2")).result, (await of("2")).subresult], ["unknown", "timeout"]);
  assert.deepEqual([(await of(undefined)).result, (await of("60")).result], ["unknown", "ok"]);
  assert.ok(verifier.requests.slice(0, 5).every((one) => one.refused));
});

test("an address that is not encoded is not the address that was meant", async (t) => {
  const { verifier, verify } = await standIn(t);
  assert.equal((await verify({ email: "ann+x@acme.test" })).json.result, "ok");
  const raw = await ask(`${verifier.url}?api=${verifier.key}&email=ann+x@acme.test`);
  assert.deepEqual([raw.json.email, raw.json.result], ["ann x@acme.test", "invalid"]);
});

test("other paths, methods and parameters are refused", async (t) => {
  const { verifier, verify } = await standIn(t);
  const url = verifier.url.replace(/\/$/, "");
  assert.equal((await ask(url, { query: { api: verifier.key, email: "a@b.test" } })).status, 404);
  assert.equal((await ask(verifier.url, { method: "POST", json: {} })).status, 405);
  assert.equal((await verify({ email: "ann@acme.test", time_out: "20" })).status, 400);
  const twice = `${verifier.url}?email=bo@acme.test`;
  const query = { api: verifier.key, email: "ann@acme.test" };
  assert.equal((await ask(twice, { query })).status, 400);
});

test("its failures can be scripted", async (t) => {
  const { verifier, verify } = await standIn(t);
  const answer = () => verify({ email: "ann@acme.test" });
  for (const fault of ["unknownKey", "usedUp", "blocked", "internalError"]) {
    verifier.script({ on: "verify", fault });
    failed(await answer());
    assert.equal((await answer()).json.result, "ok");
  }
  verifier.script({ fault: "throttled" });
  verifier.script({ fault: "serverError", after: 1 });
  assert.deepEqual([(await answer()).status, (await answer()).status], [429, 500]);
});
