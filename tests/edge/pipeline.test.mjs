// The way of prospects through the pipeline: enriched, found and verified by stand-ins of the
// providers, which lose, refuse and garble.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { call, data, register } from "../harness/api.mjs";
import { startApollo } from "../harness/providers/apollo.mjs";
import { startHunter } from "../harness/providers/hunter.mjs";
import { startMillionVerifier } from "../harness/providers/millionverifier.mjs";
import { until } from "../harness/until.mjs";
import { later, productWorker, VARS } from "../harness/worker.mjs";

const ENDS = ["verified", "catchAll", "invalid", "notFound", "givenUp"];
const COSTS = "hunter.find=34000,hunter.search=10000,hunter.verify=1700,apollo.match=20000,millionverifier.verify=500";

/** The stand-ins, and the variables that lead the Worker to them. */
async function standIns(t) {
  const [hunter, apollo, verifier] = await Promise.all([
    startHunter(),
    startApollo(),
    startMillionVerifier({ otherwise: "invalid" }),
  ]);
  for (const one of [hunter, apollo, verifier]) later(t, () => one.stop());
  const vars = { ...hunter.vars, ...apollo.vars, ...verifier.vars, PROVIDER_COSTS: COSTS };
  return { hunter, apollo, verifier, vars };
}

/** Person n: who knows them, and how they end. */
function person(n) {
  const first = `Ann${"abcdefghij"[n % 10]}`, last = `Ames${"abc"[Math.floor(n / 10)]}`;
  const domain = `company${n % 6}.test`;
  const pattern = `${first}.${last}@${domain}`.toLowerCase();
  const known = { first_name: first, last_name: last, domain, company: `Company ${n % 6}` };
  const row = { name: `${first} ${last}`, domain };
  const found = { ...known, email: `a${n}@${domain}`, score: 90 };
  const whole = { n, row, known, pattern };
  if (n < 10) return { ...whole, hunter: found, email: found.email, says: "ok", end: "verified" };
  if (n < 15) return { ...whole, hunter: found, email: found.email, says: "catch_all", end: "catchAll" };
  if (n < 18) return { ...whole, hunter: found, email: found.email, says: "invalid", end: "invalid" };
  const atApollo = { ...found, organization_name: known.company, title: "Head of Support" };
  if (n < 21) return { ...whole, apollo: atApollo, email: found.email, says: "ok", end: "verified" };
  if (n < 24) return { ...whole, email: pattern, says: "ok", end: "verified" };
  if (n < 26) return { ...whole, end: "notFound" };
  if (n < 27) return { ...whole, hunter: found, refuses: true, end: "givenUp" };
  return { ...whole, row: { ...row, email: `given${n}@${domain}` }, email: `given${n}@${domain}`, says: "ok", end: "verified" };
}

test("thirty prospects walk to their ends, and what goes wrong at providers costs time only", { timeout: 300_000 }, async (t) => {
  const { hunter, apollo, verifier, vars } = await standIns(t);
  const people = Array.from({ length: 30 }, (_, n) => person(n));
  for (const one of people) {
    if (one.hunter) hunter.add(one.hunter);
    if (one.apollo) apollo.add(one.apollo);
    if (one.refuses) hunter.refuse(one.hunter.email);
    if (!one.says) continue;
    verifier.verdict(one.email, one.says);
    hunter.verdict(one.email, { ok: "valid", catch_all: "accept_all", invalid: "invalid" }[one.says]);
  }
  for (const [fault, after, more] of [["running", 2], ["cut", 4], ["throttled", 6], ["garbled", 9], ["usedUp", 12], ["truncated", 15], ["proxy", 18]]) {
    hunter.script({ on: "emailFinder", fault, after, ...more });
  }
  hunter.script({ on: "domainSearch", fault: "blank", after: 1 });
  for (const [fault, after, more] of [["throttled", 3, { retryAfter: 2 }], ["unauthorized", 8], ["lost", 14], ["serverError", 20], ["huge", 24, { bytes: 1024 * 1024 }]]) {
    apollo.script({ on: "match", fault, after, ...more });
  }
  // Last what has it left alone for ten seconds: meanwhile others answer.
  for (const [fault, after] of [["unknownKey", 2], ["internalError", 5], ["garbled", 8], ["cut", 11], ["redirected", 14], ["throttled", 17]]) {
    verifier.script({ on: "verify", fault, after, to: "/api/v3/elsewhere" });
  }
  const { url } = await productWorker(t, { vars });
  const { token } = await register(url, "Pipeline", { operator: VARS.ADMIN_TOKEN });

  const bulk = await data(url, "POST", "/api/prospects", { token, body: { prospects: people.map(({ row }) => row) } });
  assert.deepEqual([bulk.imported, bulk.created], [30, 30]);
  const ids = bulk.results.map(({ data: { id } }) => id);
  const get = (id) => data(url, "GET", `/api/prospects/${id}`, { token });
  const prospects = await until(async () => {
    await wait(500); // what is asked too often is slow for all
    const all = await Promise.all(ids.map(get));
    return all.every(({ pipeline }) => ENDS.includes(pipeline.state)) && all;
  }, "all are at their ends", 240_000);

  for (const [n, { end, email }] of people.entries()) {
    const { pipeline, ...prospect } = prospects[n];
    assert.equal(pipeline.state, end, `${n}: ${JSON.stringify(pipeline)}`);
    assert.ok(pipeline.reason && Math.abs(pipeline.since - Date.now()) < 300_000);
    if (end !== "givenUp") assert.equal(prospect.email, email ?? null, `${n}`);
  }
  assert.match(prospects[22].pipeline.reason, /^pattern, score/);
  assert.deepEqual([prospects[19].title, prospects[19].company], ["Head of Support", "Company 1"]);
  assert.equal(prospects[26].suppression, "optOut");
  assert.ok(prospects.every(({ unsettled }) => !unsettled));

  // Nothing was asked that a provider refuses, and each fault was met.
  for (const one of [hunter, apollo, verifier]) {
    assert.deepEqual(one.requests.filter(({ refused }) => refused).map(({ path, query, status }) => [path, String(query), status]), []);
    assert.ok(one.scriptIsSpent, JSON.stringify(one.faults));
  }
  // What is shown as paid was paid: an answer that was lost may have been paid once more.
  const paid = prospects.reduce((sum, { pipeline }) => sum + pipeline.costMicros, 0);
  const price = Object.fromEntries(COSTS.split(",").map((item) => item.split("=")));
  const most = hunter.asked("emailFinder").length * price["hunter.find"] + hunter.asked("domainSearch").length * price["hunter.search"] +
    hunter.asked("emailVerifier").length * price["hunter.verify"] + apollo.asked("match").length * price["apollo.match"] +
    verifier.asked("verify").length * price["millionverifier.verify"];
  assert.ok(paid >= 18 * price["hunter.find"] + 3 * price["apollo.match"] && paid <= most, `${paid} of ${most}`);
  // Hunter is asked where the other verifier is silent, and paid once for an address.
  const verified = hunter.asked("emailVerifier").map(({ query }) => query.get("email"));
  assert.equal(new Set(verified).size, verified.length, `${verified}`);
  // Companies are asked about once for all who work there, bar what went wrong and what came at once.
  assert.ok(hunter.asked("domainSearch").length <= 12, `${hunter.asked("domainSearch").length} searches`);

  const history = await data(url, "GET", `/api/prospects/${ids[0]}/history`, { token });
  const told = history.map(({ type }) => type).filter((type) => type.startsWith("pipeline."));
  assert.deepEqual(told, ["pipeline.verified", "pipeline.found", "pipeline.enriched"]);
});

test("without an account anywhere nobody enters the pipeline, and a key that is wrong for good is waited out", { timeout: 120_000 }, async (t) => {
  const bare = await productWorker(t);
  const quiet = await register(bare.url, "Quiet", { operator: VARS.ADMIN_TOKEN });
  const row = { name: "Ann Ames", domain: "acme.test" };
  const { id } = await data(bare.url, "POST", "/api/prospects", { token: quiet.token, body: row });
  assert.equal((await data(bare.url, "GET", `/api/prospects/${id}`, { token: quiet.token })).pipeline, null);

  const { hunter, verifier, vars } = await standIns(t);
  const { APOLLO_URL, APOLLO_API_KEY, ...others } = vars;
  const key = `wrong-key-${randomUUID()}`;
  const { url, logText } = await productWorker(t, { vars: { ...others, MILLIONVERIFIER_API_KEY: key } });
  const { token } = await register(url, "Wrong", { operator: VARS.ADMIN_TOKEN });
  hunter.verdict("ann@acme.test", "unknown");
  const made = await data(url, "POST", "/api/prospects", { token, body: { ...row, email: "ann@acme.test" } });
  const waiting = await until(async () => {
    const { pipeline } = await data(url, "GET", `/api/prospects/${made.id}`, { token });
    return pipeline.reason?.includes("millionverifier") && pipeline;
  }, "the verifier refuses", 30_000);
  assert.deepEqual([waiting.state, waiting.reason], ["found", "hunter: unknown; millionverifier does not take the key"]);
  assert.ok(verifier.asked("verify").every(({ refused }) => refused));
  // Who could not tell is paid once an hour at most, and four times in all.
  await wait(15_000);
  assert.equal(hunter.asked("emailVerifier").length, 1);
  const { pipeline } = await data(url, "GET", `/api/prospects/${made.id}`, { token });
  assert.equal(pipeline.costMicros, 1_700);
  // The key is nowhere to be read.
  const { status, body } = await call(url, "GET", `/api/prospects/${made.id}/history`, { token });
  assert.equal(status, 200);
  const letters = await call(url, "GET", "/api/admin/dead-letters", { token: VARS.ADMIN_TOKEN });
  assert.equal(letters.status, 200);
  assert.ok(verifier.requests.some(({ query }) => String(query).includes(key)), "it was used");
  const log = logText();
  assert.match(log, /does not take the key/);
  for (const text of [JSON.stringify(body), JSON.stringify(letters.body), log]) assert.ok(!text.includes(key));
});
