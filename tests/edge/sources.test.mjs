// Feeds that prospects are read from, against a server that says what it was asked, and notes
// what no well-behaved visitor does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { all, call, data, register } from "../harness/api.mjs";
import { atom, BAD, jsonFeed, rss, startFeeds } from "../harness/providers/feeds.mjs";
import { bomb, endless, plain, redirect } from "../harness/providers/pages.mjs";
import { until } from "../harness/until.mjs";
import { later, MAIL_ENTRY, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;

/** A Worker, a workspace in it, and a server of feeds. */
async function scene(t, options = {}) {
  // By its address alone: then its robots.txt is at the root, as a browser has it.
  const feeds = await startFeeds({ domain: "127.0.0.1", ...options });
  later(t, () => feeds.stop());
  const { url } = await productWorker(t, { main: MAIL_ENTRY });
  const { token } = await register(url, "Acme", { operator });
  const ask = (method, path, body) => data(url, method, path, { token, body });
  const source = (path, more) => ask("POST", "/v1/sources", { name: path, url: `${feeds.origin}${path}`, ...more });
  /** Has a source read; gives the import once it is over. */
  const reading = async ({ id }) => {
    const [{ importId, sourceId }] = await ask("POST", "/api/admin/trigger-scrape", { sourceId: id });
    assert.equal(sourceId, id);
    return until(async () => {
      const found = await ask("GET", `/api/prospects/imports/${importId}`);
      return ["done", "broken"].includes(found.state) && found;
    }, `a reading of ${id}`, 60_000);
  };
  const people = () => all(url, "/api/prospects", { token });
  return { feeds, url, token, ask, source, reading, people };
}

const counts = ({ state, rows, created, known, failed }) => [state, rows, created, known, failed];

test("items of a feed become prospects, each once", { timeout: 240_000 }, async (t) => {
  const { feeds, url, token, ask, source, reading, people } = await scene(t, { robots: "user-agent: *\ndisallow: /secret" });
  const list = [
    { mail: "Ann@Acme.example", who: { name: "Ann Lee" }, site: "https://www.acme.example/about", colour: "green" },
    { mail: "ann@acme.example", who: { name: "Ann" } },
    { who: { name: "Bob Ray" }, site: "https://smithy.example/" },
    { who: { name: "Nobody" } },
  ];
  feeds.put("/people.json", jsonFeed({ data: { people: list } }));
  const mapping = { items: "data.people", email: "mail", name: "who.name", domain: "site", attributes: { colour: "colour" } };
  const directory = await source("/people.json", { kind: "json", mapping });

  await t.test("JSON: what is wrong with an item is said of it, and all others are there", async () => {
    const first = await reading(directory);
    assert.deepEqual(counts(first), ["done", 4, 2, 1, 1], JSON.stringify(first));
    assert.equal(first.errors[0].row, 4);
    const found = await until(async () => (await people()).length === 2 && people(), "both prospects");
    assert.deepEqual(found.map(({ source }) => source), ["/people.json", "/people.json"]);
    const ann = await ask("GET", `/api/prospects/${found.find(({ email }) => email).id}`);
    assert.deepEqual([ann.email.toLowerCase(), ann.domain, ann.attributes.colour], ["ann@acme.example", "acme.example", "green"]);
    const shown = await ask("GET", `/v1/sources/${directory.id}`);
    assert.deepEqual([shown.lastImportId, shown.version], [first.id, 1]);
  });

  await t.test("what has not changed is not given again, and what was seen makes nobody", async () => {
    assert.deepEqual(counts(await reading(directory)), ["done", 0, 0, 0, 0]);
    list.push({ mail: "cy@acme.example" });
    feeds.put("/people.json", jsonFeed({ data: { people: list } }));
    assert.deepEqual(counts(await reading(directory)), ["done", 5, 1, 3, 1]);
    await ask("PATCH", `/v1/sources/${directory.id}`, { mapping: { ...mapping, title: "job" } });
    assert.deepEqual(counts(await reading(directory)), ["done", 5, 0, 4, 1], "all is read anew");
    await until(async () => (await people()).length === 3, "three prospects");
  });

  await t.test("RSS and Atom", async () => {
    feeds.put("/news.xml", rss([{ title: "Dee Moe", author: "dee@florist.example (Dee)", link: "https://florist.example/" }]));
    feeds.put("/log.xml", atom([{ title: "Eve", link: "https://bakery.example/x", author: { name: "Eve Fox", email: "eve@bakery.example" } }]));
    const news = await source("/news.xml", { kind: "feed", mapping: { email: "author", name: "title", domain: "link" } });
    const log = await source("/log.xml", { kind: "feed", mapping: { email: "author/email", name: "author/name", domain: "link@href" } });
    assert.deepEqual(counts(await reading(news)), ["done", 1, 1, 0, 0]);
    assert.deepEqual(counts(await reading(log)), ["done", 1, 1, 0, 0]);
    const found = await until(async () => (await people()).length === 5 && people(), "five prospects");
    const eve = found.find(({ email }) => email === "eve@bakery.example");
    assert.deepEqual([eve.name, eve.domain], ["Eve Fox", "bakery.example"]);
  });

  await t.test("robots.txt is obeyed", async () => {
    feeds.put("/secret/people.json", jsonFeed([{ mail: "fay@acme.example" }]));
    const secret = await source("/secret/people.json", { kind: "json", mapping: { email: "mail" } });
    const { state, why } = await reading(secret);
    assert.equal(state, "broken");
    assert.match(why, /robots\.txt forbids/);
  });

  await t.test("each morning what is active is read, once however often the trigger goes off", async () => {
    for (const one of await ask("GET", "/v1/sources")) if (one.id !== directory.id) await ask("DELETE", `/v1/sources/${one.id}`);
    const before = (await ask("GET", `/v1/sources/${directory.id}`)).lastImportId;
    const cron = () => fetch(`${url}/test/scheduled?cron=${encodeURIComponent("0 7 * * *")}`, { method: "POST" });
    const last = async () => (await ask("GET", `/v1/sources/${directory.id}`)).lastImportId;
    await until(async () => {
      await cron();
      return (await last()) !== before;
    }, "the morning's reading", 60_000);
    const asked = feeds.asked("page").length;
    const morning = await last();
    await cron();
    await new Promise((done) => setTimeout(done, 3_000));
    assert.deepEqual([await last(), feeds.asked("page").length], [morning, asked]);
  });

  await t.test("one that is gone is not found, and not active ones are left alone", async () => {
    await ask("PATCH", `/v1/sources/${directory.id}`, { active: false });
    assert.deepEqual(await ask("POST", "/api/admin/trigger-scrape"), []);
    await ask("DELETE", `/v1/sources/${directory.id}`);
    const { status } = await call(url, "POST", "/api/admin/trigger-scrape", { token, body: { sourceId: directory.id } });
    assert.equal(status, 404);
  });
  assert.deepEqual(feeds.trespasses, []);
});

test("no feed does harm, and what is wrong with it is said", { timeout: 300_000 }, async (t) => {
  const { feeds, source, reading, people, ask } = await scene(t);
  const bad = {
    ...BAD,
    inside: redirect("http://169.254.169.254/latest/meta-data?secret"),
    // As a tree of values it is a hundred megabytes.
    jsonTree: jsonFeed({ people: [{ x: Array.from({ length: 250_000 }, () => ({ "": 0 })) }] }),
    round: redirect("/round"),
    bomb: bomb(),
    endless: endless(),
    gone: plain("Gone", 410),
    trouble: plain("Trouble", 500),
    // Nothing was said to be known.
    unasked: { status: 304 },
  };
  // These say nothing that is wrong, or nothing at all: they are read, and nobody is in them.
  const harmless = ["jsonTree", "bareAmpersand", "unknownEntity", "jsonWithMark", "jsonNumber", "jsonTwice", "jsonPrototype"];
  for (const [name, page] of Object.entries(bad)) {
    feeds.put(`/${name}`, page);
    const kind = name.startsWith("json") ? "json" : "feed";
    const mapping = kind === "json" ? { items: "people", email: "mail" } : { email: "title" };
    const one = await source(`/${name}`, { kind, mapping });
    const { state, why, created } = await reading(one);
    assert.equal(created, 0, name);
    const expected = harmless.includes(name) ? ["done", "undefined"] : ["broken", "string"];
    assert.deepEqual([state, typeof why], expected, `${name}: ${why}`);
    assert.doesNotMatch(why ?? "", /secret/, name);
    await ask("DELETE", `/v1/sources/${one.id}`);
  }
  assert.deepEqual(await people(), []);
  assert.deepEqual(feeds.trespasses, []);
});

test("a site that cannot say what it allows is left alone", { timeout: 120_000 }, async (t) => {
  const { feeds, source, reading } = await scene(t, { robots: plain("Trouble", 503) });
  feeds.put("/people.json", jsonFeed([{ mail: "ann@acme.example" }]));
  const one = await source("/people.json", { kind: "json", mapping: { email: "mail" } });
  const { state, why } = await reading(one);
  assert.equal(state, "broken");
  assert.match(why, /robots\.txt.*503/);
  assert.deepEqual([feeds.asked("page").length, feeds.trespasses], [0, []]);
});

test("a server that is busy for a moment is asked again", { timeout: 180_000 }, async (t) => {
  const { feeds, source, ask, people } = await scene(t);
  const feed = jsonFeed([{ mail: "ann@acme.example" }]);
  let calls = 0;
  feeds.put("/busy.json", (asked) => {
    calls += 1;
    return calls === 1 ? plain("Busy", 503) : feed(asked);
  });
  const one = await source("/busy.json", { kind: "json", mapping: { email: "mail" } });
  const [{ importId }] = await ask("POST", "/api/admin/trigger-scrape", { sourceId: one.id });
  const found = (state) =>
    until(async () => {
      const found = await ask("GET", `/api/prospects/imports/${importId}`);
      return found.state === state && found;
    }, `an import that is ${state}`, 90_000);
  assert.match((await found("broken")).why, /503/);
  assert.deepEqual([...counts(await found("done")), calls], ["done", 1, 1, 0, 0, 2]);
  await until(async () => (await people()).length === 1, "the prospect");
});
