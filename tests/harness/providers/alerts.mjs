// A receiver of alerts, as whoever stands behind ALERT_WEBHOOK_URL should be. Written from
// PROTOCOLS 3.14 and the specification of Standard Webhooks.
//
//   const alerts = await startAlerts();
//   alerts.url, alerts.secret      where to post to, and the `whsec_…` that signs
//   alerts.vars                    the settings of a Worker that posts to it
//   alerts.received                each alert once: { id, json, at, times }
//   startAlerts({ told: (json) => … }) is told of each when it comes
//   alerts.secrets.push("whsec_…") a further secret that is good, while one is replaced
//   alerts.script({ on: "alert", fault: "gone" })
//
// It refuses: another method than POST (405); a missing or malformed header, a time more than five
// minutes off, a signature over other bytes or by another secret (401); a content type that is not
// JSON, a body that is no JSON object with a `type` (400); a known id with another body (409).
// A known id with the same body is 200 and counted: who sends at least once may repeat.
// `v1a` signatures (ed25519) are passed over, as the specification says of unknown ones.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { isJson, objectOf } from "./params.mjs";
import { waiting } from "./script.mjs";
import { clockOf, Refused, startProvider } from "./server.mjs";

const TOLERANCE_S = 5 * 60;

const says = (status, message, headers) => ({ status, headers, body: { message } });
const no = (status, message) => {
  throw new Refused(says(status, message));
};

const FAULTS = {
  gone: () => says(410, "This address is no more."),
  throttled: (_, { retryAfter }) => says(429, "Too many.", waiting(retryAfter)),
  unauthorized: () => says(401, "The signature is not right."),
  serverError: () => says(500, "Something went wrong."),
};

/** The signature of a delivery: `v1,` and Base64. */
export function signatureOf(secret, id, timestamp, body) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body);
  return `v1,${mac.digest("base64")}`;
}

/** What is wrong with the signature of a delivery; undefined if nothing. `now` in ms. */
export function wrongIn({ headers, body, secrets, now }) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"]?.split(" ") ?? [];
  if (!id || id.includes(".")) return "webhook-id is missing or has a full stop.";
  if (!/^\d{1,12}$/.test(timestamp ?? "")) return "webhook-timestamp is no number of seconds.";
  if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_S) return "webhook-timestamp is off.";
  if (signatures.length === 0) return "webhook-signature is missing.";
  const good = secrets.map((secret) => signatureOf(secret, id, timestamp, body));
  const isGood = signatures.some((given) => good.some((one) => isSame(given, one)));
  return isGood ? undefined : "No signature is right.";
}

const isSame = (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** Starts a receiver; `secret` is made up where it is not given. */
export async function startAlerts(options = {}) {
  const { secret = `whsec_${randomBytes(24).toString("base64")}`, told = () => {} } = options;
  const clock = clockOf(options);
  const secrets = [secret];
  const received = [];
  const handle = await startProvider({
    clock,
    faults: FAULTS,
    authorize: ({ headers, body }) => {
      const wrong = wrongIn({ headers, body, secrets, now: clock.now() });
      if (wrong) no(401, wrong);
    },
    routes: [
      {
        op: "alert",
        method: "POST",
        path: "/alerts",
        read,
        answer: (call) => keep(received, call, told),
      },
    ],
    says: {
      path: () => says(404, "Nothing is here."),
      method: () => says(405, "Alerts are posted."),
      tooLarge: () => says(413, "The alert is too large."),
    },
  });
  const of = (type) => received.filter((one) => one.json.type === type);
  const url = `${handle.origin}/alerts`;
  const vars = { ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_SECRET: secret };
  return Object.assign(handle, { secret, secrets, received, of, url, vars });
}

function read({ headers, body }) {
  if (!isJson(headers)) no(400, "The content type must be application/json.");
  const json = objectOf(body);
  if (!json || typeof json.type !== "string") no(400, "The body must be an object with a type.");
  return json;
}

function keep(received, { headers, body, input, now }, told) {
  const id = headers["webhook-id"];
  const known = received.find((one) => one.id === id);
  if (known && known.body !== body.toString()) return says(409, "This id had another body.");
  if (known) known.times += 1;
  else {
    received.push({ id, json: input, body: body.toString(), at: now(), times: 1 });
    told(input);
  }
  return { status: 200, body: { ok: true } };
}
