// The resolver of DNS over HTTPS: records of a sending domain, and the ways in which there are none.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask } from "../harness/providers/ask.mjs";
import { startResolver } from "../harness/providers/resolver.mjs";
import { later } from "../harness/worker.mjs";

const SPF = "v=spf1 include:_spf.acme.test -all";
const DKIM = `v=DKIM1; k=rsa; p=${"A".repeat(400)}`;
const RECORDS = {
  "acme.test": { MX: ["10 mx.acme.test.", "20 mx2.acme.test."], TXT: [SPF, 'says "hi"'] },
  "_dmarc.acme.test": { TXT: ["v=DMARC1; p=none"] },
  "s1._domainkey.acme.test": { CNAME: ["S1.keys.test."] },
  "s1.keys.test": { TXT: [DKIM] },
  "null.test": { MX: ["0 ."] },
  "a.loop.test": { CNAME: ["b.loop.test."] },
  "b.loop.test": { CNAME: ["a.loop.test."] },
  "dead.test": { CNAME: ["gone.test."] },
};

async function standIn(t) {
  const resolver = await startResolver({ records: RECORDS });
  later(t, () => resolver.stop());
  const headers = { accept: "application/dns-json" };
  const look = (name, type, more) =>
    ask(resolver.url, { query: { name, type, ...more }, headers });
  const google = (name, type) => ask(resolver.googleUrl, { query: { name, type } });
  const data = async (name, type) => (await look(name, type)).json.Answer?.map((one) => one.data);
  return { resolver, look, google, data };
}

test("records come with name, type and life, by the type's word or number, in any case", async (t) => {
  const { look } = await standIn(t);
  const { status, headers, json } = await look("ACME.test.", "mx");
  assert.deepEqual([status, headers.get("content-type")], [200, "application/dns-json"]);
  assert.deepEqual([json.Status, json.TC, json.RD, json.RA], [0, false, true, true]);
  assert.deepEqual(json.Question, [{ name: "acme.test", type: 15 }]);
  assert.deepEqual(json.Answer[0], { name: "acme.test", type: 15, TTL: 300, data: "10 mx.acme.test." });
  assert.equal(json.Answer.length, 2);
  assert.deepEqual((await look("acme.test", "15")).json.Answer, json.Answer);
});

test("a text is quoted, a long one comes in pieces, and a CNAME stands before it", async (t) => {
  const { data, look } = await standIn(t);
  assert.deepEqual(await data("acme.test", "TXT"), [`"${SPF}"`, '"says \\"hi\\""']);
  assert.deepEqual(await data("_dmarc.acme.test", "TXT"), ['"v=DMARC1; p=none"']);
  const { json } = await look("s1._domainkey.acme.test", "TXT");
  assert.deepEqual(json.Answer.map((one) => one.type), [5, 16]);
  assert.equal(json.Answer[0].data, "S1.keys.test.", "as it stands in the zone");
  const pieces = json.Answer[1].data.match(/"[^"]*"/g).map((one) => one.slice(1, -1));
  assert.deepEqual([pieces.length, pieces[0].length, pieces.join("")], [2, 255, DKIM]);
  assert.deepEqual(await data("s1._domainkey.acme.test", "CNAME"), ["S1.keys.test."]);
});

test("the limits of names, texts and chains are met exactly", async (t) => {
  const { resolver, look, data } = await standIn(t);
  const label = "a".repeat(63);
  const longest = [label, label, label, "a".repeat(61)].join(".");
  assert.equal(longest.length, 253);
  resolver.set(longest, { TXT: ["x".repeat(255)] });
  assert.deepEqual(await data(longest, "TXT"), [`"${"x".repeat(255)}"`]);
  assert.equal((await look(`a.${longest.slice(0, -1)}`, "TXT")).status, 400);
  for (let n = 0; n < 9; n += 1) resolver.set(`c${n}.test`, { CNAME: [`c${n + 1}.test.`] });
  resolver.set("c9.test", { TXT: ["the end"] });
  assert.equal((await data("c1.test", "TXT")).length, 9);
  assert.equal((await look("c0.test", "TXT")).json.Status, 2);
});

test("Google joins a text, leaves the quotes off, and ends names with a full stop", async (t) => {
  const { google } = await standIn(t);
  const { headers, json } = await google("s1._domainkey.acme.test", "TXT");
  assert.match(headers.get("content-type"), /^application\/json/);
  assert.deepEqual([json.Answer[1].name, json.Answer[1].data], ["s1.keys.test.", DKIM]);
});

test("no such name, no such record, no mail and no answer are four things", async (t) => {
  const { resolver, look, google, data } = await standIn(t);
  const of = async (name, type) => {
    const { json } = await look(name, type);
    return [json.Status, json.Answer?.length, json.Authority?.[0].type];
  };
  assert.deepEqual(await of("nobody.test", "MX"), [3, undefined, 6]);
  assert.deepEqual(await of("acme.test", "AAAA"), [0, undefined, 6]);
  assert.deepEqual(await of("_domainkey.acme.test", "TXT"), [0, undefined, 6], "only names below");
  assert.deepEqual(await of("dead.test", "TXT"), [3, 1, 6]);
  assert.deepEqual(await data("null.test", "MX"), ["0 ."]);
  assert.equal((await of("a.loop.test", "TXT"))[0], 2);
  resolver.fail("acme.test", "SERVFAIL");
  assert.deepEqual(await of("_dmarc.acme.test", "TXT"), [2, undefined, undefined]);
  assert.equal(typeof (await google("acme.test", "MX")).json.Comment, "string");
  assert.ok(Array.isArray((await look("acme.test", "MX")).json.Comment));
  resolver.recover("acme.test");
  assert.equal((await of("acme.test", "MX"))[1], 2);
  resolver.set("acme.test", undefined);
  assert.deepEqual((await of("acme.test", "MX"))[0], 0, "there are names below it");
});

test("what it cannot be asked is 400", async (t) => {
  const { resolver, look } = await standIn(t);
  for (const [name, type, more] of [
    [undefined, "MX"],
    ["acme..test", "MX"],
    ["https://acme.test", "MX"],
    [`${"a".repeat(64)}.test`, "MX"],
    ["acme.test", "SPAM"],
    ["acme.test", "99"],
    ["acme.test", "MX", { do: "maybe" }],
    ["acme.test", "MX", { typ: "MX" }],
  ]) {
    const { status, json } = await look(name, type, more);
    assert.deepEqual([status, typeof json.error], [400, "string"], `${name} ${type}`);
  }
  const query = { name: "acme.test", type: "MX" };
  const headers = { accept: "application/dns-message" };
  assert.equal((await ask(resolver.url, { query, headers })).status, 400);
  assert.equal((await ask(resolver.url, { query })).status, 400);
  assert.equal((await ask(resolver.url, { method: "POST", query })).status, 405);
  assert.throws(() => resolver.fail("acme.test", "BROKEN"), /no code/);
  assert.throws(() => resolver.set("acme.test", { SPF: [] }), /no type/);
});

test("its failures can be scripted", async (t) => {
  const { resolver, look } = await standIn(t);
  for (const [fault, code] of [
    ["servfail", 2],
    ["nxdomain", 3],
    ["refused", 5],
  ]) {
    resolver.script({ on: "query", fault });
    const { json } = await look("acme.test", "MX");
    assert.deepEqual([json.Status, json.Answer], [code, undefined]);
  }
  resolver.script({ fault: "truncatedAnswer" });
  assert.equal((await look("acme.test", "MX")).json.TC, true);
  resolver.script({ fault: "throttled", retryAfter: 5 });
  const throttled = await look("acme.test", "MX");
  assert.deepEqual([throttled.status, throttled.headers.get("retry-after")], [429, "5"]);
  assert.equal((await look("acme.test", "MX")).json.Answer.length, 2);
});
