// One person is one prospect: a thousand imports of fifty people written in many ways.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { nodeBin, ROOT } from "../../gateway/dev/tools.mjs";
import { all, call, data, join as joinAs, register } from "../harness/api.mjs";
import { pool, seeded, until } from "../harness/until.mjs";
import { folder, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const FIRST = ["Jane", "Jos\u00e9", "Zo\u00eb", "Max", "Li", "Ana", "Bj\u00f8rn", "Omar", "Ivy", "Noa"];
const LAST = ["Doe", "M\u00fcller", "Garc\u00eda", "O'Neill", "Smith-Jones"];
const ascii = (text) => text.normalize("NFD").replaceAll(/[\u0300-\u036f]/g, "").replaceAll("\u00f8", "o").replaceAll(/[^A-Za-z]/g, "");

/** Fifty people: half with mail at Gmail, half at a company of their own. */
const PEOPLE = FIRST.flatMap((first, f) =>
  LAST.map((last, l) => {
    const number = f * LAST.length + l;
    const local = `${ascii(first)}.${ascii(last)}`.toLowerCase();
    const domain = number % 2 === 0 ? "gmail.com" : `firm${number}.example`;
    return { first, last, name: `${first} ${last}`, local, domain };
  }),
);

/** One of many ways in which a list may have a person. */
function spelling(person, random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const { first, last, name, local } = person;
  const gmail = person.domain === "gmail.com";
  let { domain } = person;
  let box = local;
  if (gmail) {
    domain = pick(["gmail.com", "googlemail.com", "GMAIL.com", "gmail.com."]);
    box = pick([local, local.replace(".", ""), `${local}+crm`, `${local.split("").join(".")}+x.y`]);
  } else {
    domain = pick([domain, domain.toUpperCase(), `${domain}.`]);
  }
  if (random() < 0.3) box = box.toUpperCase();
  const address = `${box}@${domain}`;
  const email = pick([address, ` ${address} `, `${name} <${address}>`, `mailto:${address}?subject=hi`]);
  const called = pick([name, name.toUpperCase(), `Dr. ${name}`, `${last}, ${first}`, ` ${first}  ${last} `, undefined]);
  const row = { email, ...(called ? { name: called } : {}), source: pick(["crm", "fair", "csv"]) };
  if (gmail) return row;
  return pick([row, row, { name: `${first} ${last}`, domain: pick([person.domain, `https://www.${person.domain}/team`]), source: "linkedin" }]);
}

test("prospects", { timeout: 180_000 }, async (t) => {
  const persistTo = folder(t);
  const worker = await productWorker(t, { persistTo });
  const { url } = worker;
  const owner = await register(url, "Outreach", { operator });
  const { token } = owner;
  const list = () => all(url, "/api/prospects", { token });
  const shown = (rows) => rows.map((row) => ({ ...row, updatedAt: 0 })).sort((a, b) => (a.id < b.id ? -1 : 1));
  let rows;

  await t.test("a thousand concurrent imports of fifty people give fifty prospects", async () => {
    const random = seeded(7);
    // The first row of each person ties the address to the name; what follows has either.
    const known = PEOPLE.map((person) => ({ email: `${person.local}@${person.domain}`, name: person.name }));
    const others = Array.from({ length: 950 }, (_, n) => spelling(PEOPLE[n % 50], random));
    const imports = [...known, ...others].map((row) => ({ row, at: random() })).sort((a, b) => a.at - b.at).map(({ row }) => row);
    const single = imports.slice(0, 500).map((row) => [row]);
    const bulks = Array.from({ length: 10 }, (_, n) => imports.slice(500 + n * 50, 550 + n * 50));
    const calls = [...single, ...bulks].map((rows, n) => ({ rows, key: `import-${n}` })).sort((a, b) => a.rows.length - b.rows.length);
    await pool(calls, 60, async ({ rows, key }) => {
      const body = rows.length === 1 ? rows[0] : { prospects: rows };
      const answer = await call(url, "POST", "/api/prospects", { token, body, headers: { "idempotency-key": key } });
      assert.ok([200, 201].includes(answer.status), JSON.stringify([body, answer.body]));
      if (rows.length > 1) assert.equal(answer.body.data.failed, 0, JSON.stringify(answer.body.data.results.find((r) => !r.success)));
    });
    // Two identities that were found to be one person are put together in the background.
    rows = await until(async () => {
      const found = await list();
      return found.length === 50 && found;
    }, "fifty", 60_000).catch(async (error) => {
      const found = await list();
      throw new Error(`${error.message}: ${found.length}: ${JSON.stringify(found.map(({ email, name }) => [email, name]))}`);
    });
    assert.equal(new Set(rows.map(({ email }) => email?.toLowerCase())).size, 50);
    const details = await pool(rows, 10, ({ id }) => data(url, "GET", `/api/prospects/${id}`, { token }));
    assert.ok(details.every(({ unsettled }) => !unsettled));
    t.diagnostic(`1000 imports, ${rows.length} prospects`);
  });

  await t.test("the same import again, with its key, changes nothing; without, it still is the same person", async () => {
    const body = { email: "jane.doe+again@googlemail.com", name: "Jane Doe" };
    const again = await call(url, "POST", "/api/prospects", { token, body });
    assert.deepEqual([again.status, again.body.data.created], [200, false]);
    const bulk = await data(url, "POST", "/api/prospects", { token, body: { prospects: [body, { email: "no address" }, { nme: "x" }] } });
    assert.deepEqual([bulk.imported, bulk.created, bulk.failed], [1, 0, 2]);
    assert.deepEqual(bulk.results.map(({ success }) => success), [true, false, false]);
    assert.equal((await list()).length, 50);
  });

  await t.test("a profile at LinkedIn is a person, however its address is pasted, and whoever has it is the same", async () => {
    const { token } = await register(url, "Profiles", { operator });
    const send = (body) => call(url, "POST", "/api/prospects", { token, body });
    const first = await send({ linkedin: "https://www.linkedin.com/in/J%C3%B6rg-Lee-1/?utm=x", title: "CTO" });
    assert.deepEqual([first.status, first.body.data.created], [201, true], JSON.stringify(first.body));
    for (const linkedin of ["linkedin.com/in/jörg-lee-1", "https://de.linkedin.com/in/J%c3%96RG-LEE-1/en", "in/j%C3%B6rg-lee-1"]) {
      const again = await send({ linkedin });
      assert.deepEqual([again.status, again.body.data.id, again.body.data.created], [200, first.body.data.id, false], linkedin);
    }
    // The row that ties it to an address: who was known by the profile is found under the address.
    const tied = await send({ email: "joerg@acme.example", name: "Jörg Lee", linkedin: "m.linkedin.com/in/jörg-lee-1" });
    const person = await until(async () => {
      const found = await data(url, "GET", `/api/prospects/${tied.body.data.id}`, { token });
      return !found.unsettled && found;
    }, "one person", 30_000);
    assert.deepEqual([person.email, person.title], ["joerg@acme.example", "CTO"]);
    const known = person.identities.map(({ identity, state, certain }) => [identity, state, certain]).sort();
    assert.deepEqual(known, [["l:jörg-lee-1", "linked", true], ["n:jorg lee@acme.example", "linked", false]]);
    await until(async () => (await all(url, "/api/prospects", { token })).length === 1, "one row", 30_000);
    const late = await send({ linkedin: "https://uk.linkedin.com/in/jörg-lee-1" });
    assert.deepEqual([late.status, late.body.data.id], [200, person.id]);
    // A company's page is a field, and nobody by itself.
    const page = { linkedin: "https://www.linkedin.com/company/acme" };
    assert.equal((await send(page)).status, 422);
    const two = [{ ...page, email: "eve@acme.example" }, { ...page, email: "fay@acme.example" }];
    const bulk = await send({ prospects: two });
    assert.deepEqual([bulk.body.data.created, bulk.body.data.failed], [2, 0]);
    await data(url, "DELETE", `/api/prospects/${person.id}`, { token });
    const erased = await until(async () => {
      const answer = await send({ linkedin: "linkedin.com/in/jörg-lee-1" });
      return answer.status === 410 && answer;
    }, "the erased person stays erased");
    assert.ok(!JSON.stringify(erased.body).includes("rg-lee"));
  });

  await t.test("filters find by stage, whole address and domain", async () => {
    const find = async (query) => (await all(url, `/api/prospects?${query}`, { token })).length;
    assert.equal(await find("stage=new"), 50);
    assert.equal(await find("stage=won"), 0);
    const plain = rows.find(({ email }) => /^[a-z.]+@firm\d+\.example$/.test(email));
    assert.equal(await find(`q=${encodeURIComponent(plain.email)}`), 1);
    assert.equal(await find("q=nobody@firm1.example"), 0);
    assert.equal((await call(url, "GET", "/api/prospects?q=%25", { token })).status, 422);
  });

  await t.test("another workspace sees none of them, and its own person of the same address is another", async () => {
    const stranger = await register(url, "Strangers", { operator });
    assert.deepEqual(await all(url, "/api/prospects", { token: stranger.token }), []);
    const [first] = rows;
    for (const [method, path] of [["GET", ""], ["DELETE", ""], ["GET", "/history"]]) {
      const answer = await call(url, method, `/api/prospects/${first.id}${path}`, { token: stranger.token });
      assert.equal(answer.status, 404, `${method} ${path}`);
    }
    const own = await data(url, "POST", "/api/prospects", { token: stranger.token, body: { email: first.email } });
    assert.notEqual(own.id, first.id);
    assert.equal(own.created, true);
  });

  await t.test("a person who said no is suppressed; a deleted one is gone, and not written to when imported again", async () => {
    const [first, second] = rows;
    await data(url, "POST", `/api/prospects/${first.id}/suppress`, { token, body: { reason: "optOut" } });
    assert.equal((await data(url, "GET", `/api/prospects/${first.id}`, { token })).suppression, "optOut");
    const ada = await joinAs(url, owner, "agent", "Ada");
    assert.equal((await call(url, "DELETE", `/api/prospects/${second.id}`, { token: ada.token })).status, 403);
    await data(url, "DELETE", `/api/prospects/${second.id}`, { token });
    const gone = await call(url, "GET", `/api/prospects/${second.id}`, { token });
    assert.ok([404, 410].includes(gone.status), JSON.stringify(gone.body));
    rows = await until(async () => { const found = await list(); return found.length === 49 && found; }, "forty-nine");
    await data(url, "POST", "/api/prospects", { token, body: { email: first.email } });
    assert.equal((await data(url, "GET", `/api/prospects/${first.id}`, { token })).suppression, "optOut");
    rows = await until(async () => {
      const found = await list();
      return found.some(({ suppression }) => suppression === "optOut") && found;
    }, "the row says so");
  });

  await t.test("rows that D1 lost come back from the actors, the same", async () => {
    const ticket = await data(url, "POST", "/v1/tickets", { token, body: { subject: "Also in D1" } });
    const ids = rows.map(({ id }) => id);
    const tickets = () => sql(persistTo, "select id, subject, status, version from tickets");
    await until(async () => (await tickets()).length === 1, "the ticket in D1");
    const [before] = await tickets();
    await worker.stop();
    await sql(persistTo, "delete from prospects; delete from tickets; delete from workspaces");
    const again = await productWorker(t, { persistTo });
    const listed = () => all(again.url, "/api/prospects", { token });
    assert.deepEqual(await listed(), []);
    // D1 has forgotten who there was: the ids come from an export, as after a real loss.
    await data(again.url, "POST", "/api/admin/rebuild-summaries", { token, body: { prospectIds: ids } });
    const rebuilt = await until(async () => { const found = await listed(); return found.length === ids.length && found; }, "all rows", 30_000);
    assert.deepEqual(shown(rebuilt), shown(rows));
    await until(async () => (await tickets()).length === 1, "the ticket's row");
    assert.deepEqual((await tickets())[0], before);
    assert.equal(before.id, ticket.id);
    const once = await data(again.url, "POST", "/api/admin/rebuild-summaries", { token });
    assert.deepEqual([once.rooms, once.prospects, once.failed], [1, ids.length, 0]);
    assert.deepEqual(shown(await listed()), shown(rows), "rebuilding again changes nothing");
  });
});

/** Runs SQL on the local D1 database; gives the rows of the last statement. */
async function sql(persistTo, command) {
  const args = ["d1", "execute", "DB", "--local", "--json", "--persist-to", persistTo, "--command", command];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", CI: "true" };
  const { stdout } = await promisify(execFile)(nodeBin("wrangler"), args, { cwd: ROOT, env });
  return JSON.parse(stdout.slice(stdout.indexOf("["))).at(-1).results;
}
