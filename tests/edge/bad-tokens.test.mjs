// Tokens that nobody can guess: those of the Worker as it runs are all different, and long enough.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { data, register } from "../harness/api.mjs";
import { ticketFor } from "../harness/socket.mjs";
import { productWorker, VARS } from "../harness/worker.mjs";

const EACH = 40;
/** Two secrets of 256 random bits differ in 128, give or take 8; by so much more or less they never do. */
const FAR = 64;

/** The bytes of a token that are secret: what follows the workspace's id. */
const secretOf = (token) => Buffer.from(token.split(".").at(-1).replace(/^whsec_/, ""), "base64");

/** In how many bits two secrets differ. */
function apart(one, other) {
  let count = 0;
  for (const [n, byte] of one.entries()) for (let bits = byte ^ other[n]; bits; bits &= bits - 1) count += 1;
  return count;
}

test("tokens of one agent that are asked for alike are random, of 256 bits", { timeout: 120_000 }, async (t) => {
  const { url } = await productWorker(t);
  const owner = await register(url, "Random", { operator: VARS.ADMIN_TOKEN });
  const { token } = owner;
  const post = (path, body) => data(url, "POST", path, { token, body });
  let last = owner.refreshToken;
  const kinds = {
    refresh: async () => (last = (await data(url, "POST", "/v1/auth/refresh", { body: { refreshToken: last } })).refreshToken),
    ticket: () => ticketFor(url, token),
    key: async () => (await post("/v1/api-keys", { name: "Same", role: "viewer" })).key,
  };
  const secrets = [];
  for (const [kind, make] of Object.entries(kinds)) {
    for (let n = 0; n < EACH; n += 1) {
      const secret = secretOf(await make());
      assert.equal(secret.length, 32, `${kind}: 256 bits`);
      for (const other of secrets) assert.ok(Math.abs(apart(secret, other) - 128) < FAR, `${kind}: like another`);
      secrets.push(secret);
    }
  }
  assert.equal(secrets.length, EACH * Object.keys(kinds).length);
  // They are sealed, so that what they are made of cannot be seen in them: the platform's randomness.
  const source = (name) => readFileSync(join(ROOT, "gateway", "src", name), "utf8");
  assert.match(source("edge/bindings.rs"), /js_namespace = crypto, js_name = getRandomValues[^\n]*\n\s*fn fill_random/);
  assert.match(source("edge/bindings.rs"), /let mut bytes = \[0; 32\];\s*fill_random\(&mut bytes\)/);
  assert.match(source("app.rs"), /None => crate::token::hex\(&self\.platform\.random\(\)\)/);
});
