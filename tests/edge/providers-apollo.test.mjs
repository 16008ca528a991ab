// The stand-in of Apollo: parameters in the query, ten at once, windows of a team and endpoint.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ask } from "../harness/providers/ask.mjs";
import { LOCKED, startApollo } from "../harness/providers/apollo.mjs";
import { later } from "../harness/worker.mjs";

const ANN = {
  first_name: "Ann",
  last_name: "Ames",
  title: "Head of Support",
  domain: "acme.test",
  organization_name: "Acme",
  email: "ann@acme.test",
  linkedin_url: "https://linkedin.test/in/ann",
  personal_email: "ann@home.test",
};
const WHO = { name: "Ann Ames", domain: "acme.test" };
const START = Date.UTC(2026, 10, 2, 9);

async function standIn(t, options = {}) {
  const apollo = await startApollo({ people: [ANN], startMs: START, ...options });
  later(t, () => apollo.stop());
  const post = (path, more) =>
    ask(`${apollo.url}/people/${path}`, {
      method: "POST",
      ...more,
      headers: { "x-api-key": apollo.key, ...more.headers },
    });
  const match = (query, more = {}) => post("match", { query, ...more });
  const bulk = (details, query = {}) => post("bulk_match", { query, json: { details } });
  return { apollo, match, bulk, post };
}

test("a person is matched by what the query says, and costs a credit", async (t) => {
  const { apollo, match } = await standIn(t, { credits: 9 });
  const hashed_email = createHash("sha256").update("ann@acme.test").digest("hex");
  let id;
  for (const query of [
    WHO,
    { first_name: "ann", last_name: "AMES", organization_name: "acme" },
    { email: "ann@acme.test" },
    { linkedin_url: ANN.linkedin_url },
    { hashed_email },
  ]) {
    const { status, json } = await match(query);
    const { person } = json;
    assert.deepEqual([status, person.email, person.email_status], [200, "ann@acme.test", "verified"]);
    assert.deepEqual([person.title, person.organization.name], ["Head of Support", "Acme"]);
    assert.equal(person.personal_emails, undefined);
    ({ id } = person);
  }
  assert.equal((await match({ id })).json.person.name, "Ann Ames");
  assert.equal(apollo.credits, 3);
  const nobody = await match({ ...WHO, name: "Bo Ames" });
  assert.deepEqual([nobody.status, nobody.json.person, apollo.credits], [200, null, 3]);
  const revealed = await match({ ...WHO, reveal_personal_emails: "true" });
  assert.deepEqual(revealed.json.person.personal_emails, ["ann@home.test"]);
});

test("an address that is not unlocked is a fixed text, which is nobody's", async (t) => {
  const { match } = await standIn(t, { people: [{ ...ANN, isLocked: true }] });
  assert.equal((await match(WHO)).json.person.email, LOCKED);
});

test("the key stands in its header and nowhere else", async (t) => {
  const { apollo, match } = await standIn(t);
  for (const key of [undefined, "another"]) {
    const { status, text, headers } = await match(WHO, { headers: { "x-api-key": key } });
    assert.deepEqual([status, headers.get("content-type")], [401, "text/plain"]);
    assert.equal(text, "Invalid access credentials.");
  }
  const inQuery = await match({ ...WHO, api_key: apollo.key });
  assert.deepEqual([inQuery.status, /X-Api-Key header/.test(inQuery.json.error)], [422, true]);
  assert.equal((await match(WHO, { json: { api_key: apollo.key } })).status, 422);
});

test("what is not meant so is refused", async (t) => {
  const { apollo, match, bulk, post } = await standIn(t);
  for (const query of [
    {},
    { domain: "acme.test" },
    { first_name: "Ann", domain: "acme.test" },
    { ...WHO, domain: "www.acme.test" },
    { ...WHO, domain: "@acme.test" },
    { ...WHO, nickname: "Annie" },
    { ...WHO, email: "ann" },
    { ...WHO, title: "" },
    { ...WHO, linkedin_url: "" },
    { ...WHO, hashed_email: "abc" },
    { ...WHO, reveal_personal_emails: "yes" },
    { ...WHO, reveal_phone_number: "true" },
    { ...WHO, run_waterfall_email: "true", webhook_url: "http://acme.test/" },
    { ...WHO, webhook_url: "https://acme.test/" },
  ]) {
    const { status, json } = await match(query);
    assert.deepEqual([status, Object.keys(json)], [422, ["error"]], JSON.stringify(query));
  }
  assert.equal((await match(WHO, { json: { email: "ann@acme.test" } })).status, 422, "in the body");
  assert.equal((await match(WHO, { body: "email=ann@acme.test" })).status, 422, "a form");
  assert.equal((await match(WHO, { json: {} })).status, 200, "an empty object is no parameter");
  assert.equal((await bulk([])).status, 422);
  assert.equal((await bulk({ length: 1, forEach: null })).status, 422);
  assert.equal((await bulk([{ ...WHO, domain: 7 }])).status, 422);
  const more = { details: [WHO], reveal_personal_emails: true };
  assert.equal((await post("bulk_match", { json: more })).status, 422, "flags belong into the query");
  assert.equal((await bulk([{ ...WHO, nickname: "Annie" }])).status, 422);
  assert.equal((await bulk([WHO], { name: "Ann Ames" })).status, 422);
  assert.equal((await post("bulk_match", { body: JSON.stringify({ details: [WHO] }) })).status, 422);
  assert.equal((await ask(`${apollo.url}/people/match`)).status, 404, "GET");
  assert.equal((await post("find", {})).status, 404);
});

test("ten people are matched at once, each in its place, and eleven are refused", async (t) => {
  const { apollo, bulk } = await standIn(t, { credits: 100 });
  const details = Array.from({ length: 10 }, (_, n) => (n === 3 ? WHO : { name: `No ${n}` }));
  const { status, json } = await bulk(details);
  assert.deepEqual([status, json.matches.length, json.status], [200, 10, "success"]);
  assert.deepEqual(json.matches.map((one) => one?.email ?? null).indexOf("ann@acme.test"), 3);
  const { total_requested_enrichments, missing_records, credits_consumed } = json;
  assert.deepEqual([total_requested_enrichments, missing_records, credits_consumed], [10, 9, 1]);
  assert.equal(apollo.credits, 99);
  assert.equal((await bulk([...details, WHO])).status, 422);
});

test("a window opens with the first call, counts for its endpoint, and ends", async (t) => {
  const { apollo, match, bulk } = await standIn(t, { limits: { minute: 2, hourly: 3 } });
  const first = await match(WHO);
  const said = (name) => ["x-rate-limit-", "x-"].map((start, n) =>
    first.headers.get(n === 0 ? `${start}${name}` : `${start}${name}-requests-left`));
  assert.deepEqual([said("minute"), said("hourly"), said("24-hour")], [["2", "1"], ["3", "2"], ["600", "599"]]);
  assert.equal(first.headers.get("x-minute-usage"), "1");
  apollo.advance(30_000);
  assert.equal((await match(WHO)).status, 200);
  const third = await match(WHO);
  assert.deepEqual([third.status, third.headers.get("retry-after")], [429, "30"]);
  assert.match(third.json.message, /api\/v1\/people\/match is 2 times per minute/);
  assert.equal(third.headers.get("x-minute-requests-left"), "0");
  assert.equal((await bulk([WHO])).status, 200, "another endpoint has its own");
  apollo.advance(29_999);
  assert.equal((await match(WHO)).headers.get("retry-after"), "1", "rounded up");
  apollo.advance(1);
  assert.equal((await match(WHO)).status, 200);
  const hour = await match(WHO);
  assert.deepEqual([hour.status, hour.headers.get("retry-after")], [429, "3540"]);
});

test("its failures can be scripted, and a team without credits is refused", async (t) => {
  const { apollo, match } = await standIn(t, { credits: 20 });
  for (const [fault, status] of [
    ["throttled", 429],
    ["unauthorized", 401],
    ["inaccessible", 403],
    ["usedUp", 422],
    ["unprocessable", 422],
    ["serverError", 500],
  ]) {
    apollo.script({ on: "match", fault, retryAfter: 17 });
    const answer = await match(WHO);
    assert.equal(answer.status, status, fault);
    if (fault === "throttled") assert.equal(answer.headers.get("retry-after"), "17");
    if (fault === "inaccessible") assert.equal(answer.json.error_code, "API_INACCESSIBLE");
  }
  apollo.script({ on: "match", fault: "throttled" });
  assert.equal((await match(WHO)).headers.get("retry-after"), null);
  assert.equal(apollo.credits, 20);
  apollo.credits = 0;
  assert.equal((await match(WHO)).status, 422);
});
