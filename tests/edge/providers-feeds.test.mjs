// The server of feeds: what is good is given once to who remembers it, what is bad is really bad.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask } from "../harness/providers/ask.mjs";
import { atom, BAD, jsonFeed, rss, startFeeds } from "../harness/providers/feeds.mjs";
import { bomb, endless, redirect } from "../harness/providers/pages.mjs";
import { later } from "../harness/worker.mjs";

const AGENT = { "user-agent": "Postroom/1.0" };

async function standIn(t, options) {
  const feeds = await startFeeds(options);
  later(t, () => feeds.stop());
  const get = (path, headers = {}) => ask(`${feeds.url}${path}`, { headers: { ...AGENT, ...headers } });
  return { feeds, get };
}

test("a feed of JSON is given, and not again to who has it", async (t) => {
  const { feeds, get } = await standIn(t);
  const people = [{ name: "Ann", mail: "ann@acme.test" }];
  feeds.put("/people.json", jsonFeed({ people }));
  const { status, headers, json } = await get("/people.json");
  assert.deepEqual([status, json.people], [200, people]);
  const etag = headers.get("etag");
  const modified = headers.get("last-modified");
  const again = async (more) => (await get("/people.json", more)).status;
  assert.equal(await again({ "if-none-match": etag }), 304);
  assert.equal(await again({ "if-none-match": `"x", W/${etag}` }), 304);
  assert.equal(await again({ "if-none-match": '"x"' }), 200);
  assert.equal(await again({ "if-modified-since": modified }), 304);
  assert.equal(await again({ "if-modified-since": "Sun, 01 Nov 2026 00:00:00 GMT" }), 200);
  assert.equal(await again({ "if-none-match": '"x"', "if-modified-since": modified }), 200);
  feeds.put("/people.json", jsonFeed({ people: [] }));
  assert.equal(await again({ "if-none-match": etag }), 200, "another body has another tag");
  assert.equal((await get("/people.json", { "if-none-match": etag })).text, '{"people":[]}');
});

test("RSS and Atom say what the items are, escaped", async (t) => {
  const { feeds, get } = await standIn(t);
  const item = { title: "Acme & Sons", link: "https://acme.test/?a=1&b=2", html: "<b>Anvils</b>" };
  feeds.put("/rss", rss([{ ...item, more: { "dc:creator": "Ann" } }, { title: "Two" }]));
  const news = await get("/rss");
  assert.match(news.headers.get("content-type"), /^application\/rss\+xml/);
  assert.equal(news.text.match(/<item>/g).length, 2);
  for (const part of [
    "<title>Acme &amp; Sons</title>",
    "<link>https://acme.test/?a=1&amp;b=2</link>",
    "<![CDATA[<b>Anvils</b>]]>",
    "<dc:creator>Ann</dc:creator>",
    "<pubDate>Sun, 01 Nov 2026 00:00:00 GMT</pubDate>",
  ]) {
    assert.ok(news.text.includes(part), part);
  }
  const author = { name: "Ann", email: "ann@acme.test" };
  feeds.put("/atom", atom([{ title: "One", link: "https://acme.test/1", author }]));
  const { text, headers } = await get("/atom");
  assert.match(headers.get("content-type"), /^application\/atom\+xml/);
  assert.match(text, /<entry><id>https:\/\/acme.test\/1<\/id><title>One<\/title>/);
  assert.match(text, /<link rel="alternate" href="https:\/\/acme.test\/1"\/>/);
  assert.match(text, /<author><name>Ann<\/name><email>ann@acme.test<\/email><\/author>/);
});

test("each bad feed is served as it is, and is as bad as it says", async (t) => {
  const { feeds, get } = await standIn(t);
  for (const [name, feed] of Object.entries(BAD)) {
    feeds.put(`/${name}`, feed);
    assert.equal((await get(`/${name}`)).status, 200, name);
  }
  const text = async (name) => (await get(`/${name}`)).text;
  const laughs = await text("billionLaughs");
  assert.deepEqual([laughs.match(/<!ENTITY/g).length, laughs.match(/&l8;/g).length], [10, 10]);
  assert.ok(laughs.length < 2000);
  assert.match(await text("fileEntity"), /SYSTEM "file:\/\/\/etc\/passwd"[^]*&x;/);
  assert.equal((await text("quadratic")).match(/&a;/g).length, 20_000);
  assert.throws(() => JSON.parse(BAD.jsonHalf.body));
  assert.throws(() => JSON.parse(BAD.jsonLines.body));
  assert.ok(BAD.latin1.body.includes(0xfc));
});

test("a feed is a page: robots.txt holds for it, and all that can go wrong with a page", async (t) => {
  const { feeds, get } = await standIn(t, { robots: "User-agent: *\nDisallow: /closed" });
  feeds.put("/closed", jsonFeed([]));
  feeds.put("/moved", redirect("http://169.254.169.254/"));
  feeds.put("/bomb", bomb(1024 * 1024));
  feeds.put("/endless", endless);
  await get("/robots.txt");
  await get("/closed");
  assert.deepEqual(feeds.trespasses.map((one) => one.reason), ["robots.txt forbids it"]);
  assert.equal((await get("/moved")).headers.get("location"), "http://169.254.169.254/");
  assert.ok((await get("/bomb")).text.length > 1024 * 1024);
  const abort = new AbortController();
  const response = await fetch(`${feeds.url}/endless`, { headers: AGENT, signal: abort.signal });
  const { value } = await response.body.getReader().read();
  abort.abort();
  assert.ok(value.length > 0);
  feeds.script({ on: "page", fault: "unavailable", retryAfter: 30 });
  assert.equal((await get("/closed")).headers.get("retry-after"), "30");
});
