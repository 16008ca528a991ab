// The API's document against the Worker that serves it: schemathesis makes requests of it, good and
// bad, and checks every answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../harness/api.mjs";
import { breakIn, told } from "../harness/openapi.mjs";
import { folder, productWorker } from "../harness/worker.mjs";

const CASES_MIN = 5_000;

test("no request that the document allows, and none that it forbids, finds a fault", { timeout: 900_000 }, async (t) => {
  const worker = await productWorker(t);
  const [examples, seed] = [process.env.SCHEMATHESIS_EXAMPLES ?? 8, process.env.SCHEMATHESIS_SEED ?? 1];
  const { code, output } = await breakIn(worker.url, { cwd: folder(t), examples, seed });
  const { cases, faults, failures } = told(output);
  t.diagnostic(`${cases} cases; ${faults} server errors`);
  assert.equal(code, 0, failures.slice(0, 20_000));
  assert.ok(cases >= CASES_MIN, `${cases} cases`);
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
