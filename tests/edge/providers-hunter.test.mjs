// The stand-in of Hunter, and what every stand-in of a provider does alike: faults, records, the end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { ask } from "../harness/providers/ask.mjs";
import { startHunter } from "../harness/providers/hunter.mjs";
import { later } from "../harness/worker.mjs";

const ANN = {
  first_name: "Ann",
  last_name: "Ames",
  domain: "acme.test",
  company: "Acme",
  email: "ann@acme.test",
  linkedin_handle: "annames",
  position: "Head of Support",
  department: "support",
  score: 93,
  status: "valid",
};
const WHO = { domain: "acme.test", first_name: "Ann", last_name: "Ames" };
const START = Date.UTC(2026, 10, 2, 9);

async function standIn(t, options = {}) {
  const hunter = await startHunter({ people: [ANN], startMs: START, ...options });
  later(t, () => hunter.stop());
  const headers = { "x-api-key": hunter.key };
  const get = (path, query, more = headers) => ask(`${hunter.url}${path}`, { query, headers: more });
  return { hunter, get };
}

const refused = ({ status, json }, code, id) => {
  assert.equal(status, code, JSON.stringify(json));
  assert.deepEqual(Object.keys(json), ["errors"]);
  assert.deepEqual([json.errors.length, json.errors[0].code], [1, code]);
  if (id) assert.equal(json.errors[0].id, id);
  assert.equal(typeof json.errors[0].details, "string");
};

test("the finder gives an address with its score and verification, and says what was asked", async (t) => {
  const { hunter, get } = await standIn(t);
  const { status, json } = await get("/email-finder", { ...WHO, max_duration: "20" });
  assert.equal(status, 200);
  const { email, score, domain, accept_all, position, company, sources, verification } = json.data;
  assert.deepEqual(
    [email, score, domain, accept_all, position, company, verification.status],
    ["ann@acme.test", 93, "acme.test", false, "Head of Support", "Acme", "valid"],
  );
  assert.equal(sources[0].domain, "acme.test");
  assert.deepEqual(json.meta.params, { ...WHO, max_duration: "20" });
  assert.deepEqual([hunter.requests[0].op, hunter.requests[0].keyIn], ["emailFinder", "header"]);
});

test("a person is found by full name, company or handle, and whom it does not know has no address", async (t) => {
  const { get } = await standIn(t);
  for (const query of [
    { company: "acme", full_name: "ann ames" },
    { linkedin_handle: "annames" },
    { domain: "ACME.test", first_name: "ANN", last_name: "ames" },
  ]) {
    assert.equal((await get("/email-finder", query)).json.data.email, "ann@acme.test");
  }
  const { status, json } = await get("/email-finder", { ...WHO, first_name: "Bo" });
  assert.deepEqual([status, json.data.email, json.data.score], [200, null, null]);
});

test("a key is given once, and must be the right one", async (t) => {
  const { hunter, get } = await standIn(t);
  const { key } = hunter;
  refused(await get("/email-finder", WHO, {}), 401, "authentication_failed");
  refused(await get("/email-finder", WHO, { "x-api-key": "another" }), 401);
  refused(await get("/email-finder", WHO, { authorization: "Bearer another" }), 401);
  refused(await get("/email-finder", { ...WHO, api_key: key }), 401);
  assert.equal((await get("/email-finder", WHO, { authorization: `Bearer ${key}` })).status, 200);
  const inQuery = await get("/email-finder", { ...WHO, api_key: key }, {});
  assert.deepEqual([inQuery.status, inQuery.json.meta.params.api_key], [200, undefined]);
  const where = hunter.requests.map((one) => one.keyIn);
  assert.deepEqual(where, [undefined, undefined, undefined, undefined, "bearer", "query"]);
});

test("parameters that miss, are malformed, twice or misspelt are refused", async (t) => {
  const { hunter, get } = await standIn(t);
  for (const [path, query, id] of [
    ["/email-finder", { first_name: "Ann", last_name: "Ames" }, "wrong_params"],
    ["/email-finder", { domain: "acme.test", first_name: "Ann" }, "wrong_params"],
    ["/email-finder", { ...WHO, domain: "https://acme.test" }, "invalid_domain"],
    ["/email-finder", { ...WHO, max_duration: "2" }, "invalid_max_duration"],
    ["/email-finder", { ...WHO, max_duration: "21" }, "invalid_max_duration"],
    ["/email-finder", { ...WHO, firstname: "Ann" }, "wrong_params"],
    ["/email-finder?domain=acme.test", WHO, "wrong_params"],
    ["/email-verifier", {}, "wrong_params"],
    ["/email-verifier", { email: "ann" }, "invalid_email"],
    ["/email-verifier", { email: "ann@acme.test", timeout: "20" }, "wrong_params"],
    ["/domain-search", {}, "wrong_params"],
    ["/domain-search", { domain: "acme.test", page: "2" }, "wrong_params"],
    ["/domain-search", { domain: "acme.test", limit: "101" }, "pagination_error"],
    ["/domain-search", { domain: "acme.test", offset: "-1" }, "pagination_error"],
    ["/domain-search", { domain: "acme.test", type: "private" }, "invalid_type"],
    ["/domain-search", { domain: "acme.test", department: "support,cooks" }, "invalid_department"],
  ]) {
    refused(await get(path, query), 400, id);
    hunter.advance(1000);
  }
  refused(await get("/email-guesser", WHO), 404);
  refused(await ask(`${hunter.url}/email-finder`, { method: "POST", json: WHO }), 405);
  assert.ok(hunter.requests.every((one) => one.refused));
});

test("the verifier has a word for every address, and the test says which", async (t) => {
  const { hunter, get } = await standIn(t);
  const of = async (email) => (await get("/email-verifier", { email })).json.data;
  assert.deepEqual([(await of("Ann@Acme.test")).status, (await of("bo@x.test")).status], ["valid", "unknown"]);
  for (const status of ["valid", "invalid", "accept_all", "webmail", "disposable", "unknown"]) {
    hunter.verdict("bo@x.test", status);
    const data = await of("bo@x.test");
    assert.equal(data.status, status);
    assert.deepEqual(
      [data.accept_all, data.webmail, data.disposable],
      [status === "accept_all", status === "webmail", status === "disposable"],
    );
    assert.equal(data.smtp_check, ["valid", "webmail", "accept_all"].includes(status));
  }
  assert.throws(() => hunter.verdict("bo@x.test", "fine"), /no status/);
});

test("a domain's addresses are filtered and given in pages", async (t) => {
  const more = ["Bo", "Cy"].map((name) => ({
    ...ANN,
    first_name: name,
    email: `${name.toLowerCase()}@acme.test`,
    department: "sales",
  }));
  const info = { domain: "acme.test", company: "Acme", email: "info@acme.test", type: "generic" };
  const { get } = await standIn(t, { people: [ANN, ...more, info] });
  const of = async (query) => {
    const { json } = await get("/domain-search", { domain: "acme.test", ...query });
    return [json.data.emails.map((one) => one.value.split("@")[0]).join(" "), json.meta.results];
  };
  assert.deepEqual(await of({}), ["ann bo cy info", 4]);
  assert.deepEqual(await of({ limit: "1", offset: "1" }), ["bo", 4]);
  assert.deepEqual(await of({ department: "sales" }), ["bo cy", 2]);
  assert.deepEqual(await of({ type: "generic" }), ["info", 1]);
});

test("the sixteenth call in a second is 403, the eleventh to the verifier, and the minute counts too", async (t) => {
  const { hunter, get } = await standIn(t, { limits: { domainSearch: { perMinute: 17 } } });
  const search = () => get("/domain-search", { domain: "acme.test" });
  const times = async (count, call) => {
    for (let n = 0; n < count; n += 1) assert.equal((await call()).status, 200, `call ${n}`);
  };
  await times(15, search);
  refused(await search(), 403);
  await times(10, () => get("/email-verifier", { email: "ann@acme.test" }));
  refused(await get("/email-verifier", { email: "ann@acme.test" }), 403);
  hunter.advance(1000);
  await times(2, search);
  refused(await search(), 403);
  hunter.advance(59_000);
  assert.equal((await search()).status, 200);
});

test("a plan that is used up is 429, and who asked not to be processed 451, at every endpoint", async (t) => {
  const { hunter, get } = await standIn(t, { credits: { verifications: 1, searches: 1 } });
  assert.equal((await get("/domain-search", { domain: "acme.test" })).status, 200);
  refused(await get("/domain-search", { domain: "acme.test" }), 429);
  refused(await get("/email-finder", WHO), 429);
  assert.equal((await get("/email-verifier", { email: "ann@acme.test" })).status, 200);
  refused(await get("/email-verifier", { email: "ann@acme.test" }), 429);
  hunter.refuse("Ann@acme.test");
  refused(await get("/email-verifier", { email: "ann@acme.test" }), 451, "claimed_email");
  refused(await get("/email-finder", WHO), 451);
  assert.deepEqual((await get("/domain-search", { domain: "acme.test" })).json.data.emails, []);
});

test("the faults of Hunter come as scripted, then no more", async (t) => {
  const { hunter, get } = await standIn(t);
  const find = () => get("/email-finder", WHO);
  hunter.script({ on: "emailFinder", fault: "running", after: 1, times: 2 });
  assert.equal((await get("/email-verifier", { email: "ann@acme.test" })).status, 200);
  const running = [await find(), await find(), await find(), await find()];
  assert.deepEqual(running.map((one) => one.status), [200, 202, 202, 200]);
  assert.equal(running[1].json.data, undefined);
  assert.ok(hunter.scriptIsSpent);
  for (const [fault, status] of [
    ["remote", 222],
    ["throttled", 403],
    ["usedUp", 429],
    ["claimed", 451],
    ["notFound", 404],
    ["unauthorized", 401],
    ["serverError", 500],
  ]) {
    hunter.script({ on: "emailFinder", fault });
    refused(await find(), status);
    assert.equal((await find()).status, 200);
    hunter.advance(1000);
  }
  assert.throws(() => hunter.script({ on: "guess", fault: "cut" }), /no operation/);
  assert.throws(() => hunter.script({ fault: "tired" }), /no fault/);
});

test("what goes wrong on the wire can be scripted for any provider", async (t) => {
  const { hunter, get } = await standIn(t);
  const find = () => get("/email-finder", WHO);
  for (const fault of ["cut", "lost", "truncated"]) {
    hunter.script({ fault });
    await assert.rejects(find, undefined, fault);
  }
  hunter.script({ fault: "unavailable", retryAfter: 7 });
  const away = await find();
  assert.deepEqual([away.status, away.headers.get("retry-after")], [503, "7"]);
  hunter.script({ fault: "proxy" });
  assert.equal((await find()).headers.get("content-type"), "text/html");
  hunter.script({ fault: "garbled" });
  const garbled = await find();
  assert.deepEqual([garbled.status, garbled.json, garbled.text.length > 0], [200, undefined, true]);
  hunter.script({ fault: "blank" });
  assert.equal((await find()).text, "");
  hunter.script({ fault: "redirected", to: "http://169.254.169.254/" });
  assert.equal((await find()).headers.get("location"), "http://169.254.169.254/");
  hunter.script({ fault: "answered", status: 200, body: { data: null } });
  assert.deepEqual((await find()).json, { data: null });
  hunter.script({ fault: "huge", bytes: 1_000_000 });
  const huge = await find();
  assert.ok(huge.text.length > 1_000_000 && huge.json.data.email === "ann@acme.test");
});

test("a slow answer waits until it is let go, and one that was lost was carried out", async (t) => {
  const { hunter, get } = await standIn(t, { credits: { searches: 2 } });
  hunter.script({ fault: "slow" });
  const slow = get("/email-finder", WHO);
  const first = await Promise.race([slow, wait(50, "still waiting")]);
  assert.equal(first, "still waiting");
  const other = await get("/email-verifier", { email: "ann@acme.test" });
  assert.deepEqual([other.status, hunter.requests[0].status], [200, undefined]);
  hunter.release();
  assert.equal((await slow).status, 200);
  hunter.script({ fault: "lost" });
  await assert.rejects(get("/email-finder", WHO));
  assert.equal(hunter.credits.searches, 0);
});

test("a line of the script may be for some requests only", async (t) => {
  const { hunter, get } = await standIn(t);
  hunter.script({ fault: "claimed", times: Infinity, when: ({ query }) => query.get("domain") === "x.test" });
  assert.equal((await get("/email-finder", WHO)).status, 200);
  refused(await get("/email-finder", { ...WHO, domain: "x.test" }), 451);
  refused(await get("/email-finder", { ...WHO, domain: "x.test" }), 451);
  assert.deepEqual(hunter.faults, [1, 2].map(() => ({ op: "emailFinder", fault: "claimed" })));
});

test("an answer may wait for so many milliseconds", async (t) => {
  const { hunter, get } = await standIn(t);
  hunter.script({ fault: "slow", ms: 60 });
  const began = performance.now();
  assert.equal((await get("/email-finder", WHO)).status, 200);
  assert.ok(performance.now() - began >= 55);
});

test("a request that is refused anyway meets no fault", async (t) => {
  const { hunter, get } = await standIn(t);
  hunter.script({ fault: "blank" });
  refused(await get("/email-finder", { domain: "acme.test" }), 400);
  assert.deepEqual([hunter.scriptIsSpent, hunter.faults], [false, []]);
  assert.equal((await get("/email-finder", WHO)).text, "");
});

test("a stand-in that makes a mistake itself says so when it is stopped", async () => {
  const hunter = await startHunter({ people: [{ ...ANN, domain: 7 }] });
  await assert.rejects(ask(`${hunter.url}/email-finder`, { query: WHO, headers: { "x-api-key": hunter.key } }));
  await assert.rejects(hunter.stop(), TypeError);
});
