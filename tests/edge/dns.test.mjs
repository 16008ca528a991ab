// The DNS of a sending domain, looked up over HTTPS: what is right, what is wrong, what nobody knows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, data, register } from "../harness/api.mjs";
import { startResolver } from "../harness/providers/resolver.mjs";
import { later, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const KEY = Buffer.alloc(294, 7).toString("base64");
const many = (count) => Array.from({ length: count }, (_, n) => `include:i${n}.many.test`).join(" ");
const right = (name) => ({
  [name]: { MX: [`10 mx.${name}.`], TXT: ["another text", "v=spf1 include:_spf.right.test -all"] },
  [`s1._domainkey.${name}`]: { CNAME: ["s1.keys.test."] },
  [`_dmarc.${name}`]: { TXT: [`v=DMARC1; p=reject; rua=mailto:dmarc@${name}`] },
});
const RECORDS = {
  ...right("right.test"),
  "_spf.right.test": { TXT: ["v=spf1 ip4:192.0.2.0/24 -all"] },
  // A long key comes in pieces, by way of an alias.
  "s1.keys.test": { TXT: [`v=DKIM1; k=rsa; p=${KEY}`] },
  ...right("two.test"), "two.test": { MX: ["10 mx.two.test."], TXT: ["v=spf1 -all", "v=spf1 ~all"] },
  ...right("many.test"), "many.test": { MX: ["10 mx.many.test."], TXT: [`v=spf1 ${many(11)} -all`] },
  ...right("none.test"), "_dmarc.none.test": { TXT: ["v=DMARC1; p=none; rua=mailto:dmarc@none.test"] },
  ...right("loop.test"), "s1._domainkey.loop.test": { CNAME: ["a.loop.test."] },
  "a.loop.test": { CNAME: ["b.loop.test."] }, "b.loop.test": { CNAME: ["a.loop.test."] },
  ...right("broken.test"), ...right("slow.test"),
};

test("the DNS of a sending domain", { timeout: 180_000 }, async (t) => {
  const resolver = await startResolver({ records: RECORDS });
  later(t, () => resolver.stop());
  resolver.fail("broken.test", "SERVFAIL");
  const { url } = await productWorker(t, { vars: { DNS_URL: resolver.url } });
  const { token } = await register(url, "Domains", { operator });
  const inbox = async (domain) => {
    const body = { email: `desk@${domain}`, smtp: { host: "127.0.0.1", port: 2525, security: "plain", password: "x" }, warmup: false };
    return (await data(url, "POST", "/v1/inboxes", { token, body })).id;
  };
  const check = async (domain, query = "?selectors=s1") => data(url, "GET", `/v1/inboxes/${await inbox(domain)}/dns${query}`, { token });
  const grades = ({ grade, spf, dkim, dmarc, mx }) => [grade, spf.grade, dkim.grade, dmarc.grade, mx.grade];
  const words = (one) => one.advice.join(" ");

  await t.test("one that is right passes, with its records as they stand", async () => {
    const found = await check("right.test");
    assert.deepEqual(grades(found), ["pass", "pass", "pass", "pass", "pass"], JSON.stringify(found));
    assert.deepEqual(found.spf.records, ["v=spf1 include:_spf.right.test -all"]);
    assert.deepEqual(found.dkim.records, [`s1: v=DKIM1; k=rsa; p=${KEY}`], "in one piece");
    assert.equal(found.domain, "right.test");
  });

  await t.test("it is asked once in a while only", async () => {
    const before = resolver.requests.length;
    const found = [];
    for (let n = 0; n < 5; n += 1) found.push((await check("right.test")).grade);
    assert.deepEqual(found, Array(5).fill("pass"));
    // One check has five questions; one may fall on the turn of five minutes.
    assert.ok(resolver.requests.length - before <= 5, `${resolver.requests.length - before} questions`);
  });

  for (const [name, domain, wanted, part, said] of [
    ["two SPF records", "two.test", ["fail", "fail", "pass", "pass", "pass"], "spf", /2 SPF records/],
    ["more than ten look-ups", "many.test", ["fail", "fail", "pass", "pass", "pass"], "spf", /more than 10 look-ups/],
    ["p=none", "none.test", ["warn", "pass", "pass", "warn", "pass"], "dmarc", /p=quarantine/],
    ["a loop of aliases", "loop.test", ["warn", "pass", "warn", "pass", "pass"], "dkim", /could not be looked up/],
    ["a domain that is not there", "nowhere.test", ["fail", "fail", "fail", "fail", "fail"], "mx", /no MX record/],
    ["a server that fails", "broken.test", ["warn", "warn", "warn", "warn", "warn"], "spf", /SERVFAIL/],
  ]) {
    await t.test(`${name} is said, with what to change`, async () => {
      const found = await check(domain);
      assert.deepEqual(grades(found), wanted, JSON.stringify(found));
      assert.match(words(found[part]), said);
    });
  }

  await t.test("what could not be looked up is looked up again", async () => {
    resolver.recover("broken.test");
    assert.deepEqual(grades(await check("broken.test")), ["pass", "pass", "pass", "pass", "pass"]);
  });

  await t.test("without selectors those of common providers are looked at, and wrong ones are refused", async () => {
    const found = await check("right.test", "");
    assert.equal(found.dkim.grade, "pass", "s1 is a common one");
    const path = `/v1/inboxes/${await inbox("right.test")}/dns`;
    for (const wrong of ["", "a,,b", "a%20b", "a,b,c,d,e,f,g,h,i,j,k", "x".repeat(64)]) {
      const { status } = await call(url, "GET", `${path}?selectors=${wrong}`, { token });
      assert.equal(status, 422, wrong);
    }
    const stranger = await register(url, "Strangers", { operator });
    assert.equal((await call(url, "GET", path, { token: stranger.token })).status, 404);
  });

  await t.test("a resolver that does not answer in time is a warning, and no failure", async () => {
    resolver.script({ on: "query", fault: "slow", times: Infinity });
    const began = Date.now();
    const found = await check("slow.test");
    assert.equal(found.grade, "warn", JSON.stringify(found));
    assert.match(words(found.spf), /took too long/);
    assert.ok(Date.now() - began < 60_000, "it ends");
  });
});
