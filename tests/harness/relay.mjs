// A relay that tells what became of the mail that it was handed, signed as Standard Webhooks have it.

import { createHmac } from "node:crypto";

/** The headers that sign a body. */
export function signed(secret, id, body, at = Date.now()) {
  const timestamp = String(Math.floor(at / 1_000));
  const mac = createHmac("sha256", Buffer.from(secret.replace("whsec_", ""), "base64")).update(`${id}.${timestamp}.${body}`);
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${mac.digest("base64")}` };
}

/** A relay that has the path of an endpoint and its secret. */
export function relay(path, secret) {
  /** Posts events; gives the status, and what came of them or the code of the refusal. */
  async function tell(url, id, events) {
    const body = JSON.stringify({ type: "mail.events", events });
    const headers = { "content-type": "application/json; charset=utf-8", ...signed(secret, id, body) };
    const answer = await fetch(new URL(path, url), { method: "POST", headers, body });
    const { data, error } = await answer.json();
    return { status: answer.status, ...(data ?? { code: error.code }) };
  }
  return { tell };
}
