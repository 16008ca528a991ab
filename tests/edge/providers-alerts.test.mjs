// The receiver of alerts: a signature is over the bytes, the time and the id, and counts once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { signatureOf, startAlerts, wrongIn } from "../harness/providers/alerts.mjs";
import { ask } from "../harness/providers/ask.mjs";
import { later } from "../harness/worker.mjs";

const START = Date.UTC(2026, 10, 2, 9);
const NOW_S = String(START / 1000);
const BODY = JSON.stringify({ type: "meeting.asked", data: { prospect: "ann" } });

async function standIn(t, options = {}) {
  const alerts = await startAlerts({ startMs: START, ...options });
  later(t, () => alerts.stop());
  /** Posts as Postroom should; `changes` are what is other: id, at, signature, sent, type. */
  const post = ({ id = "msg_1", at = NOW_S, signed = BODY, sent = signed, ...more } = {}) => {
    const { secret = alerts.secret, type = "application/json" } = more;
    const { signature = signatureOf(secret, id, at, signed) } = more;
    const headers = {
      "content-type": type,
      "webhook-id": id,
      "webhook-timestamp": at,
      "webhook-signature": signature,
    };
    return ask(alerts.url, { method: "POST", headers, body: sent });
  };
  return { alerts, post };
}

const KNOWN = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: "1614265330",
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

test("the specification's own example is right, and not with another byte", () => {
  const { secret, id, timestamp, body, signature } = KNOWN;
  assert.equal(signatureOf(secret, id, timestamp, body), signature);
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signature,
  };
  const given = { headers, secrets: [secret], now: Number(timestamp) * 1000 };
  assert.equal(wrongIn({ ...given, body: Buffer.from(body) }), undefined);
  assert.match(wrongIn({ ...given, body: Buffer.from(`${body} `) }), /signature/);
});

test("an alert that is signed is kept once, however often it comes", async (t) => {
  const { alerts, post } = await standIn(t);
  assert.deepEqual([(await post()).status, (await post()).status], [200, 200]);
  const [{ id, json, times }] = alerts.received;
  assert.deepEqual([alerts.received.length, id, json.type, times], [1, "msg_1", "meeting.asked", 2]);
  assert.equal((await post({ signed: '{"type":"other"}' })).status, 409, "the same id, another body");
  assert.equal((await post({ id: "msg_2" })).status, 200);
  assert.deepEqual([alerts.of("meeting.asked").length, alerts.of("other").length], [2, 0]);
});

test("what is not signed so is refused and not kept", async (t) => {
  const { alerts, post } = await standIn(t);
  const off = (seconds) => String(START / 1000 + seconds);
  for (const changes of [
    { sent: BODY.replace("ann", "bob") },
    { sent: JSON.stringify(JSON.parse(BODY), null, 1) },
    { secret: "whsec_AAAA" },
    { at: off(-301) },
    { at: off(301) },
    { at: "NaN" },
    { at: undefined, signature: "v1,AAAA" },
    { id: "msg.1" },
    { id: "" },
    { signature: "" },
    { signature: signatureOf(alerts.secret, "msg_1", NOW_S, BODY).replace("v1,", "") },
    { signature: signatureOf(alerts.secret, "msg_1", NOW_S, BODY).replace("v1,", "v1a,") },
    { signature: signatureOf(alerts.secret, "msg_2", NOW_S, BODY) },
    { signature: signatureOf(alerts.secret, "msg_1", off(1), BODY) },
  ]) {
    assert.equal((await post(changes)).status, 401, JSON.stringify(changes));
  }
  const bare = { "webhook-id": "msg_1", "webhook-timestamp": NOW_S };
  const unsigned = await ask(alerts.url, { method: "POST", json: {}, headers: bare });
  assert.deepEqual([unsigned.status, /is missing/.test(unsigned.json.message)], [401, true]);
  assert.equal((await post({ type: "text/plain" })).status, 400);
  assert.equal((await post({ signed: '{"data":{}}' })).status, 400);
  assert.equal((await post({ signed: "[]" })).status, 400);
  assert.equal((await ask(alerts.url)).status, 405);
  assert.deepEqual(alerts.received, []);
  for (const seconds of [-300, 300]) assert.equal((await post({ at: off(seconds) })).status, 200);
});

test("while a secret is replaced, one right signature of several is enough", async (t) => {
  const { alerts, post } = await standIn(t);
  const next = "whsec_bmV4dA==";
  const both = [next, alerts.secret].map((one) => signatureOf(one, "msg_1", NOW_S, BODY)).join(" ");
  assert.equal((await post({ signature: both })).status, 200);
  assert.equal((await post({ id: "msg_2", secret: next })).status, 401);
  alerts.secrets.push(next);
  assert.equal((await post({ id: "msg_2", secret: next })).status, 200);
});

test("its failures can be scripted, and a forged alert meets none", async (t) => {
  const { alerts, post } = await standIn(t);
  alerts.script({ on: "alert", fault: "gone" });
  assert.equal((await post({ secret: "whsec_AAAA" })).status, 401);
  assert.equal((await post()).status, 410);
  alerts.script({ fault: "throttled", retryAfter: 60 });
  assert.equal((await post()).headers.get("retry-after"), "60");
  alerts.script({ fault: "serverError" });
  alerts.script({ fault: "unauthorized", after: 1 });
  assert.deepEqual([(await post()).status, (await post()).status], [500, 401]);
  alerts.script({ fault: "redirected", to: "http://10.0.0.1/" });
  assert.equal((await post()).status, 302);
  assert.deepEqual(alerts.received, []);
  assert.equal((await post()).status, 200);
});
