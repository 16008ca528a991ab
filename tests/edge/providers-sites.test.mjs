// The sites of prospects' companies: pages, what robots.txt says, and pages that do harm.

import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { ask } from "../harness/providers/ask.mjs";
import * as pages from "../harness/providers/pages.mjs";
import { rulesFor } from "../harness/providers/robots.mjs";
import { startSites } from "../harness/providers/sites.mjs";
import { until } from "../harness/until.mjs";
import { later } from "../harness/worker.mjs";

const START = Date.UTC(2026, 10, 2, 9);
const AGENT = { "user-agent": "Postroom/1.0 (+https://postroom.test/bot)" };

async function standIn(t, about) {
  const sites = await startSites({ startMs: START });
  later(t, () => sites.stop());
  const acme = sites.add("acme.test", about);
  const get = (path, headers = AGENT) => ask(`${acme.url}${path}`, { headers });
  return { sites, acme, get };
}

/** Reads the bytes of a page as they come, up to `most`, then goes away; gives { status, bytes }. */
function readSome(url, most, headers = AGENT) {
  return new Promise((done, failed) => {
    const asked = request(url, { headers }, (response) => {
      const chunks = [];
      let bytes = 0;
      response.on("data", (chunk) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes >= most) response.destroy();
      });
      response.on("close", () => done({ response, bytes: Buffer.concat(chunks) }));
      response.on("error", () => {}); // it is this side that goes away
    });
    asked.on("error", failed);
    asked.end();
  });
}

test("a page has what a company says of itself, found by path or by Host", async (t) => {
  const { sites, acme, get } = await standIn(t, {
    pages: {
      "/": pages.page({
        title: "Acme & Sons",
        description: "Anvils",
        language: "de",
        emails: ["info@acme.test"],
        phones: ["+49 30 1234"],
      }),
    },
  });
  const { status, headers, text } = await get("/");
  assert.deepEqual([status, headers.get("content-type")], [200, "text/html; charset=utf-8"]);
  assert.match(text, /<html lang="de">[^]*<title>Acme &amp; Sons<\/title>/);
  assert.match(text, /<meta name="description" content="Anvils">/);
  assert.match(text, /mailto:info@acme.test[^]*tel:\+49301234/);
  const byHost = await readSome(`${sites.origin}/`, Infinity, { ...AGENT, host: "acme.test:8787" });
  assert.equal(byHost.bytes.toString(), text);
  const head = await fetch(`${acme.url}/`, { method: "HEAD", headers: AGENT });
  const length = String(Buffer.byteLength(text));
  assert.deepEqual([head.headers.get("content-length"), await head.text()], [length, ""]);
  assert.equal((await get("/nowhere")).status, 404);
  assert.equal((await ask(`${sites.origin}/other.test/`, { headers: AGENT })).status, 421);
  assert.equal((await ask(acme.url, { method: "POST", headers: AGENT })).status, 405);
});

test("who does not say who it is is turned away", async (t) => {
  const { get } = await standIn(t);
  for (const agent of ["", "node", "undici", "curl/8.0", "reqwest/0.12"]) {
    assert.equal((await get("/", { "user-agent": agent })).status, 403, agent);
  }
  assert.equal((await get("/")).status, 200);
});

test("a well-behaved visitor asks robots.txt first, keeps to it, and leaves no trace", async (t) => {
  const robots = "User-agent: *\nDisallow: /team\nAllow: /team/office$\nCrawl-delay: 2";
  const all = { "/": pages.page(), "/team/*": pages.page() };
  const { sites, get } = await standIn(t, { robots, pages: all });
  assert.equal((await get("/robots.txt")).text, robots);
  await get("/");
  sites.advance(2000);
  await get("/team/office");
  assert.deepEqual(sites.trespasses, []);
  await get("/team/ann?x=1");
  assert.deepEqual(sites.trespasses, [
    { domain: "acme.test", path: "/team/ann?x=1", reason: "robots.txt forbids it" },
    { domain: "acme.test", path: "/team/ann?x=1", reason: "the crawl-delay is not over" },
  ]);
  assert.deepEqual([sites.asked("robots").length, sites.asked("page").length], [1, 3]);
});

test("a page before robots.txt, or a day after, or although it fails, is a trespass", async (t) => {
  const { sites, acme, get } = await standIn(t);
  const reasons = () => sites.trespasses.splice(0).map((one) => one.reason);
  await get("/");
  assert.deepEqual(reasons(), ["robots.txt was not asked for"]);
  assert.equal((await get("/robots.txt")).status, 404, "there is none: everything is allowed");
  await get("/");
  assert.deepEqual(reasons(), []);
  await get("/", { "user-agent": "Another/2.0" });
  assert.deepEqual(reasons(), ["robots.txt was not asked for"], "each visitor asks for itself");
  sites.advance(24 * 3_600_000);
  await get("/");
  assert.deepEqual(reasons(), []);
  sites.advance(1);
  await get("/");
  assert.deepEqual(reasons(), ["robots.txt is older than a day"]);
  acme.robots = pages.plain("later", 500);
  assert.equal((await get("/robots.txt")).status, 500);
  await get("/");
  assert.deepEqual(reasons(), ["robots.txt cannot be had"]);
});

test("robots.txt is read as RFC 9309 says", () => {
  const allows = (text, path, token = "postroom") => rulesFor(text, token).allows(path);
  const own = "User-agent: *\nDisallow: /\n\nUser-Agent: PostRoom # us\nuser-agent: other\nDisallow: /a";
  assert.deepEqual([allows(own, "/"), allows(own, "/a"), allows(own, "/", "bot")], [true, false, false]);
  const of = (...rules) => ["User-agent: *", ...rules].join("\r\n");
  for (const [text, path, expected] of [
    ["", "/", true],
    [of("Disallow:"), "/", true],
    [of("Disallow: /"), "/x", false],
    [of("Disallow: /a", "Allow: /a"), "/a", true],
    [of("Allow: /a", "Disallow: /ab"), "/abc", false],
    [of("Disallow: /*.pdf$"), "/x.pdf", false],
    [of("Disallow: /*.pdf$"), "/x.pdf?y", true],
    [of("Disallow: /a*b"), "/axxb", false],
    [of("Disallow: /a.b"), "/axb", true],
    [of("Disallow: /%7Eann"), "/~ann", false],
    [of("Sitemap: /x", "Disallow: /a"), "/a", false],
    ["Disallow: /", "/", true],
  ]) {
    assert.equal(allows(text, path), expected, `${text} ${path}`);
  }
  assert.equal(rulesFor("User-agent: *\nCrawl-delay: 2.5", "x").delayMs, 2500);
});

test("redirects lead within the site, elsewhere, in circles and to private addresses", async (t) => {
  const { acme, get } = await standIn(t);
  acme.put("/old", pages.redirect("/", 301));
  acme.put("/hop/*", pages.hops);
  acme.put("/round", pages.hops);
  const to = async (path) => (await get(path)).headers.get("location");
  assert.equal(await to("/old"), "/acme.test/");
  assert.equal(await to("/hop/2"), "/acme.test/hop/1");
  assert.match((await get("/hop/0")).text, /At last/);
  assert.equal(await to("/round"), "/acme.test/round");
  for (const [n, target] of pages.PRIVATE.entries()) {
    acme.put(`/private/${n}`, pages.redirect(target));
    assert.equal(await to(`/private/${n}`), target);
  }
  acme.put("/refresh", pages.refresh("http://127.0.0.1/"));
  assert.match((await get("/refresh")).text, /http-equiv="refresh"/);
});

test("a body that never ends is sent until the client goes, which the record says", async (t) => {
  const { sites, acme } = await standIn(t, { pages: { "/": pages.endless } });
  const { bytes } = await readSome(acme.url, 1_000_000);
  assert.ok(bytes.length >= 1_000_000);
  const [record] = sites.requests;
  await until(() => record.wasLeft, "the stand-in sees that the client went");
  assert.ok(record.sentBytes >= 1_000_000);
  acme.put("/", pages.long(100_000));
  const whole = await readSome(acme.url, Infinity);
  assert.ok(whole.bytes.length > 100_000 && whole.bytes.length < 100_100);
  assert.equal(sites.requests[1].wasLeft, false);
});

test("a slow page comes byte by byte, and a silent one when it is let go", async (t) => {
  const { sites, acme, get } = await standIn(t, { pages: { "/": pages.drip(1, { title: "S" }) } });
  assert.equal((await get("/")).text, pages.htmlOf({ title: "S" }));
  acme.put("/", pages.drip(60_000));
  assert.equal((await readSome(acme.url, 1)).bytes.length, 1);
  acme.put("/", pages.page({ title: "Late" }));
  sites.script({ on: "page", fault: "slow" });
  const late = get("/");
  await until(() => sites.faults.length === 1);
  sites.release();
  assert.match((await late).text, /Late/);
});

test("gzip is sent as such, and a bomb is small on the wire and large after", async (t) => {
  const { acme, get } = await standIn(t, { pages: { "/": pages.gzipped({ title: "Zip" }) } });
  assert.match((await get("/")).text, /Zip/);
  acme.put("/bomb", pages.bomb(16 * 1024 * 1024));
  const { bytes, response } = await readSome(`${acme.url}/bomb`, Infinity);
  assert.equal(response.headers["content-encoding"], "gzip");
  assert.ok(bytes.length < 64 * 1024, `${bytes.length} bytes`);
  const blown = gunzipSync(bytes);
  assert.ok(blown.length > 16 * 1024 * 1024);
  assert.match(blown.subarray(0, 100).toString(), /<title>Small/);
});

test("a charset may be said rightly, wrongly, twice or not at all", async (t) => {
  const { acme } = await standIn(t);
  const bytesOf = async (about) => {
    acme.put("/", pages.charset({ title: "Zürich", ...about }));
    const { response, bytes } = await readSome(acme.url, Infinity);
    return [response.headers["content-type"], bytes];
  };
  const [wrong, latin] = await bytesOf({ is: "latin1", inHeader: "utf-8", inPage: "utf-8" });
  assert.equal(wrong, "text/html; charset=utf-8");
  assert.ok(latin.includes(0xfc) && latin.toString().includes("\ufffd"));
  const [none, plain] = await bytesOf({ is: "utf8" });
  assert.deepEqual([none, plain.includes("charset")], ["text/html", false]);
  const [, wide] = await bytesOf({ is: "utf16le", inPage: "utf-16" });
  assert.match(wide.toString("utf16le"), /charset="utf-16"[^]*Zürich/);
});

test("what is no page, or a page that does harm, can be served", async (t) => {
  const { acme, get } = await standIn(t, {
    pages: { "/pdf": pages.binary(), "/lie": pages.binary("text/html"), "/bad": pages.hostile },
  });
  acme.put("/deep", pages.deep(50_000));
  const types = await Promise.all(["/pdf", "/lie"].map(async (path) => (await get(path)).headers.get("content-type")));
  assert.deepEqual(types, ["application/pdf", "text/html"]);
  const { text } = await get("/bad");
  assert.ok(text.includes("Bcc: all@acme.test") && text.includes("{{constructor}}"));
  assert.ok(!text.includes("<script>"), "a title is escaped: it is the reader that must not undo it");
  assert.equal((await get("/deep")).text.match(/<div>/g).length, 50_000);
});
