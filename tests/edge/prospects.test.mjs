// One person is one prospect: a thousand imports of fifty people written in many ways.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { isDeepStrictEqual, promisify } from "node:util";
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

  await t.test("an admin lifts a suppression with a word that is kept, and no complaint; who is suppressed is listed", async () => {
    const desk = await outreach(url, "Second Thoughts");
    const { ask, listed } = desk;
    const { token: ada } = await joinAs(url, desk, "agent", "Ada");
    const [ann, bob, cy] = [await desk.make("ann@acme.example"), await desk.make("bob@acme.example"), await desk.make("cy@acme.example")];
    for (const [id, reason] of [[ann, "optOut"], [bob, "optOut"], [bob, "complained"]]) {
      assert.equal((await ask("POST", `/${id}/suppress`, { reason })).status, 200);
    }
    await listed("suppressed=true", [ann, bob]);
    await listed("suppressed=false", [cy]);
    await listed("suppression=optOut", [ann]);
    await listed("suppression=complained", [bob]);
    const lift = (id, reason, headers, token) => ask("POST", `/${id}/unsuppress`, { reason, note: "asked by phone" }, { headers, ...(token ? { token } : {}) });
    assert.equal((await lift(ann, "optOut", {}, ada)).status, 403);
    assert.equal((await lift(bob, "complained")).status, 409);
    assert.equal((await lift(cy, "manual")).status, 409);
    const key = { "idempotency-key": "second-thought" };
    for (const answer of [await lift(ann, "optOut", key), await lift(ann, "optOut", key)]) {
      assert.deepEqual([answer.status, answer.body.data.suppression], [200, null], JSON.stringify(answer.body));
    }
    assert.equal((await lift(ann, "optOut")).status, 409);
    const [{ type, detail, agentId }] = (await ask("GET", `/${ann}/history`)).body.data;
    assert.deepEqual([type, detail, agentId], ["suppression.lifted", "optOut: asked by phone", desk.agentId]);
    // A complaint stays in force, whatever else is lifted.
    assert.equal((await lift(bob, "optOut")).body.data.suppression, "complained");
    await listed("suppressed=true", [bob]);
    await listed("suppressed=false", [ann, cy]);
  });

  await t.test("two prospects that an agent links are one, whatever either had; whom nobody knows is not linked", async () => {
    const { ask, make, listed, joined } = await outreach(url, "Same Person");
    const [work, home] = [await make("ann@acme.example"), await make("ann@home.example")];
    await ask("POST", `/${home}/suppress`, { reason: "optOut" });
    assert.equal((await ask("POST", `/${work}/link`, { to: randomUUID() })).status, 404);
    assert.equal((await ask("POST", `/${work}/link`, { to: work })).status, 422);
    assert.equal((await ask("GET", `/${work}`)).body.data.identities.length, 0);
    const key = { headers: { "idempotency-key": "same-person" } };
    const linked = await ask("POST", `/${work}/link`, { to: home }, key);
    assert.deepEqual([linked.status, linked.body.data.unsettled], [200, true], JSON.stringify(linked.body));
    const person = await joined(work, home);
    assert.equal(person.suppression, "optOut");
    await listed("suppressed=true", [person.id]);
    await listed("stage=new", [person.id]);
    // The request comes again, late: it gets its answer, and nothing is done.
    const again = await ask("POST", `/${work}/link`, { to: home }, key);
    assert.deepEqual([again.status, again.body.data], [200, linked.body.data]);
  });

  await t.test("stage and follow-up are set and cleared by who may work, and the list goes by the stage", async () => {
    const desk = await outreach(url, "Follow Ups");
    const { ask, listed } = desk;
    const { token: vic } = await joinAs(url, desk, "viewer", "Vic");
    const [ann, bob] = [await desk.make("ann@acme.example"), await desk.make("bob@acme.example")];
    assert.equal((await ask("PUT", `/${ann}/stage`, { stage: "meeting" }, { token: vic })).status, 403);
    const moved = await ask("PUT", `/${ann}/stage`, { stage: "meeting" });
    assert.deepEqual([moved.status, moved.body.data.stage], [200, "meeting"]);
    assert.equal(moved.headers.get("etag"), `"${moved.body.data.version}"`);
    await listed("stage=meeting", [ann]);
    await listed("stage=new", [bob]);
    const at = Date.now() + 3_600_000;
    const shown = async (body) => {
      const { status, body: answer } = await ask("PUT", `/${ann}/follow-up`, body);
      assert.equal(status, 200, JSON.stringify(answer));
      return [answer.data.followUpAt, answer.data.followUpNote, answer.data.followUpDue];
    };
    assert.deepEqual(await shown({ at, note: "call" }), [at, "call", false]);
    assert.deepEqual(await shown({ at: at + 1 }), [at + 1, null, false]);
    assert.deepEqual(await shown({}), [null, null, false]);
    await shown({ at: Date.now() + 1_000, note: "now" });
    await until(async () => (await ask("GET", `/${ann}`)).body.data.followUpDue, "its time has come", 30_000);
  });

  await t.test("rows that D1 lost come back from the actors, the same", async () => {
    // What a room knows comes back without its id: the inbox that answers, and who is in a campaign,
    // also by an id that is an alias since.
    const lost = await outreach(url, "Lost");
    const post = (path, body) => data(url, "POST", path, { token: lost.token, body });
    const inbox = await post("/v1/inboxes", {
      email: "desk@lost.example", smtp: { host: "127.0.0.1", port: 9, security: "plain", password: "x" }, warmup: false,
    });
    await data(url, "PATCH", "/v1/workspace", { token: lost.token, body: { replyInboxId: inbox.id } });
    const campaign = await post("/v1/campaigns", {
      name: "Spring", inboxIds: [inbox.id], footer: "Us, here", steps: [{ subject: "Doors", text: "Dear {{name|you}}, a door?" }],
    });
    const pair = [await lost.make("ann@lost.example"), await lost.make("ann@home.example")];
    await lost.ask("POST", `/${pair[0]}/link`, { to: pair[1] });
    const ann = (await lost.joined(...pair)).id;
    await post(`/v1/campaigns/${campaign.id}/enrolments`, { prospectIds: pair.filter((id) => id !== ann) });

    const ticket = await data(url, "POST", "/v1/tickets", { token, body: { subject: "Also in D1" } });
    const ids = rows.map(({ id }) => id);
    const tickets = () => sql(persistTo, "select id, subject, status, version from tickets");
    await until(async () => (await tickets()).length === 1, "the ticket in D1");
    const [before] = await tickets();
    await worker.stop();
    await sql(persistTo, "delete from prospects; delete from inboxes; delete from tickets; delete from workspaces");
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

    const found = await data(again.url, "POST", "/api/admin/rebuild-summaries", { token: lost.token });
    assert.deepEqual([found.rooms, found.inboxes, found.prospects, found.failed], [1, 1, 2, 0]);
    for (const [where, id] of [["/api/prospects", ann], ["/v1/inboxes", inbox.id]]) {
      const ids = async () => (await all(again.url, where, { token: lost.token })).map(({ id }) => id);
      await until(async () => isDeepStrictEqual(await ids(), [id]), `the row of ${where}`, 30_000);
    }
  });
});

/** A workspace, and short ways to ask for its prospects. */
async function outreach(url, name) {
  const owner = await register(url, name, { operator });
  const { token } = owner;
  const ask = (method, path, body, more = {}) => call(url, method, `/api/prospects${path}`, { token, body, ...more });
  const make = async (email) => (await data(url, "POST", "/api/prospects", { token, body: { email } })).id;
  // Rows come to D1 in the background.
  const listed = async (query, ids) => {
    let found;
    const expected = [...ids].sort();
    const same = async () => {
      found = (await all(url, `/api/prospects?${query}`, { token })).map(({ id }) => id).sort();
      return isDeepStrictEqual(found, expected);
    };
    await until(same, `those of ${query}`, 30_000).catch((error) => {
      throw new Error(`${error.message}: ${found} instead of ${expected}`);
    });
  };
  /** The person that two ids are of, once that is settled. */
  const joined = (...ids) =>
    until(async () => {
      const [one, other] = await Promise.all(ids.map(async (id) => (await ask("GET", `/${id}`)).body.data));
      return one && one.id === other?.id && !one.unsettled && one;
    }, "one person", 30_000);
  return { ...owner, ask, make, listed, joined };
}

/** Runs SQL on the local D1 database; gives the rows of the last statement. */
async function sql(persistTo, command) {
  const args = ["d1", "execute", "DB", "--local", "--json", "--persist-to", persistTo, "--command", command];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", CI: "true" };
  const { stdout } = await promisify(execFile)(nodeBin("wrangler"), args, { cwd: ROOT, env });
  return JSON.parse(stdout.slice(stdout.indexOf("["))).at(-1).results;
}
