// What the pages of prospects' companies say, against sites that say what they were asked, and
// note what no well-behaved visitor does.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { data, register } from "../harness/api.mjs";
import { startHunter } from "../harness/providers/hunter.mjs";
import { bomb, charset, drip, endless, hostile, page, plain, redirect } from "../harness/providers/pages.mjs";
import { startSites } from "../harness/providers/sites.mjs";
import { until } from "../harness/until.mjs";
import { later, productWorker, VARS } from "../harness/worker.mjs";

const CORPUS = JSON.parse(readFileSync(join(ROOT, "tests", "corpus", "sites", "pages.json"), "utf8"));
const corpus = (name) => {
  const { type, body, encoding = "utf8" } = CORPUS.find((one) => one.name === name);
  return { status: 200, type, body: Buffer.from(body, encoding) };
};

/** A Worker, a workspace, and a server that has all companies' sites, each under its domain's name. */
async function scene(t, { pages = {}, robots, vars = {} } = {}) {
  const sites = await startSites();
  later(t, () => sites.stop());
  const site = sites.add("127.0.0.1", { robots, pages });
  // Somebody has to be asked, or nobody enters the pipeline; Hunter knows nobody.
  const hunter = await startHunter();
  later(t, () => hunter.stop());
  const { url } = await productWorker(t, {
    vars: { ...hunter.vars, SITE_FACTS: "on", SITES_URL: sites.origin, ...vars },
  });
  const team = (name) => register(url, name, { operator: VARS.ADMIN_TOKEN });
  const { token } = await team("Acme");
  const ask = (method, path, body, as = token) => data(url, method, path, { token: as, body });
  let count = 0;
  /** A prospect who works at a domain, once it is enriched. */
  const enriched = async (domain, as, more) => {
    count += 1;
    const row = { name: `Ann Ames${"abcdefghijklmnopqrstuvwxyz"[count]}`, domain, ...more };
    const { id } = await ask("POST", "/api/prospects", row, as);
    return until(async () => {
      const found = await ask("GET", `/api/prospects/${id}`, undefined, as);
      return !["new", "enriching"].includes(found.pipeline.state) && found;
    }, `${domain} is enriched`, 90_000);
  };
  const history = async ({ id }) =>
    (await ask("GET", `/api/prospects/${id}/history`)).filter(({ type }) => type.startsWith("site."));
  return { url, sites, site, team, ask, enriched, history };
}

const shown = ({ facts }) => facts.map(({ kind, value }) => `${kind} ${value}`);
const paths = (sites) => sites.asked("page").map(({ path }) => path);

test("a company's pages are read once for all who work there, and are nobody's fields", { timeout: 240_000 }, async (t) => {
  const { sites, ask, team, enriched, history } = await scene(t, {
    robots: "user-agent: *\ndisallow: /closed.test\ndisallow: /acme.test/secret",
    pages: {
      "/acme.test/": page({ title: "Acme & Sons", description: "Doors since 1950", language: "en-GB", links: ["/acme.test/about", "/acme.test/secret-contact", "/acme.test/contact", "https://www.linkedin.com/company/acme/"] }),
      "/acme.test/contact": page({ title: "Contact", emails: ["ann.ames@acme.test", "info@acme.test"], phones: ["+44 20 7946 0000"] }),
      "/acme.test/about": page({ title: "About", emails: ["press@acme.test"] }),
      "/closed.test/": page({ title: "Closed" }),
      "/umlaut.test/": charset({ is: "latin1", inHeader: "ISO-8859-1", title: "Zürich" }),
      "/broken.test/": corpus("broken: nothing is closed"),
      "/hostile.test/": hostile,
    },
  });

  const ann = await enriched("www.acme.test");
  await t.test("facts stand with their page and time, and the address there is not the person's", async () => {
    assert.equal(ann.email, null);
    const expected = ["language en-GB", "title Acme & Sons", "description Doors since 1950", "linkedin https://www.linkedin.com/company/acme", "email info@acme.test", "phone +442079460000"];
    assert.deepEqual(shown(ann.site), expected);
    assert.equal(ann.site.domain, "acme.test");
    assert.ok(Math.abs(ann.site.readAt - Date.now()) < 120_000);
    const sources = Object.fromEntries(ann.site.facts.map(({ kind, source }) => [kind, source]));
    assert.deepEqual([sources.title, sources.email], [`${sites.origin}/acme.test/`, `${sites.origin}/acme.test/contact`]);
    // One of the two further pages is forbidden.
    assert.match(ann.site.trouble, /secret-contact: the site's robots\.txt forbids it/);
    assert.deepEqual((await history(ann)).map(({ type }) => type), ["site.trouble"]);
    assert.deepEqual([...new Set(paths(sites))].sort(), ["/acme.test/", "/acme.test/contact"]);
  });

  await t.test("a colleague costs no reading, another workspace reads for itself", async () => {
    const asked = paths(sites).length;
    const bob = await enriched("acme.test");
    assert.deepEqual([bob.site, paths(sites).length], [ann.site, asked]);
    const { token } = await team("Other");
    assert.deepEqual(shown((await enriched("acme.test", token)).site), shown(ann.site));
    assert.equal(paths(sites).length, 2 * asked);
  });

  await t.test("what robots.txt forbids is not asked for, and the walk goes on", async () => {
    const closed = await enriched("closed.test");
    assert.deepEqual([closed.site.facts, closed.site.trouble], [[], "the site's robots.txt forbids it"]);
    const [entry] = await history(closed);
    assert.deepEqual([entry.type, entry.detail], ["site.trouble", "closed.test: the site's robots.txt forbids it"]);
    assert.ok(!paths(sites).some((path) => path.startsWith("/closed.test")));
  });

  await t.test("other charsets, broken and hostile pages", async () => {
    assert.deepEqual(shown((await enriched("umlaut.test")).site), ["title Zürich"]);
    assert.equal(shown((await enriched("broken.test")).site)[1], "title Acme");
    const { site, email } = await enriched("hostile.test");
    assert.equal(email, null);
    const text = JSON.stringify(site.facts);
    assert.doesNotMatch(text, /[\u0000-\u001f\u202e]|\\u0000|\\r|\\n|bcc=/);
    assert.deepEqual(site.facts.filter(({ kind }) => kind === "email").map(({ value }) => value), ["info@acme.test"], text);
  });

  await t.test("who is erased leaves nothing of it", async () => {
    await ask("DELETE", `/api/prospects/${ann.id}`);
    await assert.rejects(ask("GET", `/api/prospects/${ann.id}`));
  });
  assert.deepEqual(sites.trespasses, []);
});

test("a site that leads astray, never ends or does not answer is a reason, and the walk goes on", { timeout: 300_000 }, async (t) => {
  const { sites, enriched, history } = await scene(t, {
    pages: {
      "/private.test/": redirect("http://10.0.0.1/"),
      "/metadata.test/": redirect("https://169.254.169.254/latest/meta-data/"),
      "/elsewhere.test/": redirect("file:///etc/passwd"),
      "/circle.test/": redirect("/circle.test/"),
      "/endless.test/": endless,
      "/bomb.test/": bomb(),
      "/slow.test/": drip(2_000),
      "/text.test/": plain("Acme"),
      "/trouble.test/": plain("Trouble", 503),
      "/moved.test/": redirect("/moved.test/home"),
      "/moved.test/home": page({ title: "At last" }),
    },
  });
  for (const [domain, why] of [
    ["private.test", /must begin with https/],
    ["metadata.test", /private one/],
    ["elsewhere.test", /the address must/],
    ["circle.test", /too often/],
    ["endless.test", /more than 1048576 bytes/],
    ["bomb.test", /more than 1048576 bytes/],
    ["slow.test", /does not answer|takes too long/],
    ["text.test", /not HTML/],
    ["trouble.test", /answers with 503/],
    ["missing.test", /answers with 404/],
  ]) {
    const found = await enriched(domain);
    assert.deepEqual(found.site?.facts, [], domain);
    assert.match(found.site.trouble, why, domain);
    assert.equal((await history(found)).length, 1, domain);
  }
  assert.deepEqual(shown((await enriched("moved.test")).site), ["title At last"]);
  const nobody = await enriched("gmail.com", undefined, { email: "ann.ames@gmail.com" });
  assert.equal(nobody.site, null);
  assert.deepEqual(sites.trespasses, []);
});

test("names below one domain are visited as often as one company may be", { timeout: 300_000 }, async (t) => {
  const domains = Array.from({ length: 24 }, (_, at) => `a${at}.many.test`);
  const pages = Object.fromEntries(domains.map((domain) => [`/${domain}/`, page({ title: domain })]));
  const { sites, enriched } = await scene(t, { pages });
  const people = await Promise.all(domains.map((domain) => enriched(domain, undefined, { name: "Ann Ames" })));
  const visited = new Set(paths(sites)).size;
  // There is room for 20 in an hour: one comes back each three minutes.
  assert.ok(20 <= visited && visited < 24, `${visited} sites were visited`);
  const known = people.filter(({ site }) => site);
  assert.equal(known.length, visited);
  assert.ok(known.every(({ site, domain }) => shown(site).includes(`title ${domain}`)));
  // Another company's room is its own, and what is known is not read again.
  assert.deepEqual((await enriched("other.test", undefined, { name: "Ann Ames" })).site.facts, []);
  const asked = paths(sites).length;
  const again = await enriched(known[0].domain, undefined, { name: "Bob Ray" });
  assert.deepEqual([again.site, paths(sites).length], [known[0].site, asked]);
});

test("where it is switched off no page is read", { timeout: 120_000 }, async (t) => {
  const { sites, enriched } = await scene(t, {
    pages: { "/acme.test/": page({ title: "Acme" }) },
    vars: { SITE_FACTS: "off" },
  });
  assert.equal((await enriched("acme.test")).site, null);
  assert.equal(sites.requests.length, 0);
});
