// The API's document against the Worker that serves it: schemathesis makes requests of it, good and
// bad, and checks every answer.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { call, data, register } from "../harness/api.mjs";
import { schemathesis } from "../harness/schemathesis.mjs";
import { folder, productWorker, VARS } from "../harness/worker.mjs";

const CASES_MIN = 5_000;
const CONFIG = join(ROOT, "tests", "harness", "schemathesis.toml");
// These end the session that makes the requests, are no HTTP, or take what schemathesis cannot make;
// they are tried elsewhere.
const NOT = ["logout", "logoutEverywhere", "realtime", "realtimeToo", "importProspectFile"];

test("no request that the document allows, and none that it forbids, finds a fault", { timeout: 900_000 }, async (t) => {
  const worker = await productWorker(t);
  const { token } = await register(worker.url, "Openapi", { operator: VARS.ADMIN_TOKEN });
  for (let n = 0; n < 60; n++) {
    const body = { subject: `Ticket ${n}`, body: "It does not open.", userEmail: `user${n}@customer.example` };
    await data(worker.url, "POST", "/v1/tickets", { token, body });
  }
  const args = ["--config-file", CONFIG, "run", `${worker.url}/openapi.json`, "--header", `Authorization: Bearer ${token}`];
  args.push("--checks", "all", "--workers", "2", "--continue-on-failure", "--suppress-health-check", "all", "--no-color");
  args.push("--max-examples", process.env.SCHEMATHESIS_EXAMPLES ?? "8", "--seed", process.env.SCHEMATHESIS_SEED ?? "1");
  for (const id of NOT) args.push("--exclude-operation-id", id);
  const { code, output } = await schemathesis(args, { cwd: folder(t) });
  const failures = output.slice(output.indexOf("=== FAILURES"));
  const [, cases] = /(\d+) generated/.exec(output) ?? [0, 0];
  t.diagnostic(`${cases} cases; ${/(\d+) passed/.exec(output)?.[1] ?? 0} passed`);
  assert.equal(code, 0, failures.slice(0, 20_000));
  assert.ok(Number(cases) >= CASES_MIN, `${cases} cases`);
});

test("the document and its viewer are served by the Worker itself, under a strict policy", async (t) => {
  const worker = await productWorker(t);
  for (const [path, type] of [
    ["/openapi.json", "application/json"],
    ["/docs", "text/html"],
    ["/docs/show.js", "text/javascript"],
    ["/docs/swagger-ui-bundle.js", "text/javascript"],
    ["/docs/swagger-ui.css", "text/css"],
  ]) {
    const { status, headers } = await call(worker.url, "GET", path);
    assert.equal(status, 200, path);
    assert.ok(headers.get("content-type").startsWith(type), `${path}: ${headers.get("content-type")}`);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.ok(headers.get("strict-transport-security"), path);
    const policy = headers.get("content-security-policy");
    assert.ok(policy.startsWith("default-src 'none'") && !policy.includes("http"), `${path}: ${policy}`);
    assert.ok(!/script-src[^;]*(unsafe|\*|data:)/.test(policy), `${path}: ${policy}`);
  }
});
