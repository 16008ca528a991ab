// Moving in from a real MariaDB, twice; out into a file, and into another workspace.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT, run } from "../../gateway/dev/tools.mjs";
import { all, call, data, register } from "../harness/api.mjs";
import { startMariaDb } from "../harness/mariadb.mjs";
import { filled, SCHEMA } from "../harness/old_helpdesk.mjs";
import { folder, later, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Runs the program as an operator would; gives { code, log, report }. */
async function move(t, url, who, ...words) {
  const report = join(folder(t), "report.json");
  const env = { POSTROOM_URL: url, POSTROOM_WORKSPACE: who.workspaceId, POSTROOM_EMAIL: who.email, POSTROOM_PASSWORD: who.password };
  const withReport = ["load", "restore"].includes(words[0]) ? ["--report", report] : [];
  const args = ["run", "-q", "-p", "postroom-move", "--", ...words, ...withReport];
  const ran = await run("postroom-move", "cargo", args, { env: { CARGO_TERM_COLOR: "never", ...env } });
  const log = readFileSync(ran.log, "utf8");
  assert.notEqual(ran.code, 1, log);
  return { code: ran.code, log, report: withReport.length ? JSON.parse(readFileSync(report, "utf8")) : undefined };
}

const table = (report, name) => report.tables.find((one) => one.table === name);

test("moving", { timeout: 900_000 }, async (t) => {
  const db = await startMariaDb();
  later(t, () => db.stop());
  db.run("create database desk character set utf8mb4");
  db.run(SCHEMA, "desk");
  db.run(filled(), "desk");
  const dir = folder(t);
  const dump = join(dir, "desk.sql");
  db.dump("desk", dump);
  // Some of the contents are in a folder, as a copy of a bucket would be.
  const contents = join(dir, "files");
  mkdirSync(join(contents, "att"), { recursive: true });
  for (let n = 3; n <= 60; n += 3) if (n % 2) writeFileSync(join(contents, "att", `${n}.bin`), `content of ${n}`);

  const { url } = await productWorker(t);
  const owner = await register(url, "New desk", { operator });
  const { token } = owner;
  const load = ["load", dump, "--source-workspace", "1", "--files", contents];
  const head = async () => (await data(url, "GET", "/v1/snapshot", { token })).head;
  const count = (sql) => Number(db.run(`select count(*) from ${sql}`, "desk").split("\n")[1]);

  const first = await move(t, url, owner, ...load);

  await t.test("every row is counted, and what Postroom has is what the dump has", () => {
    console.log(first.log);
    // Ours, and what belongs to a ticket that is not there: that is nobody's, and told.
    const nobodys = "ticket_id not in (select id from tickets)";
    const ours = `(ticket_id in (select id from tickets where workspace_id = 1) or ${nobodys})`;
    for (const [name, from] of [
      ["agents", "agents where workspace_id = 1"],
      ["teams", "teams where workspace_id = 1"],
      ["categories", "categories where workspace_id = 1"],
      ["canned_replies", "canned_replies where workspace_id = 1"],
      ["companies", "companies where workspace_id = 1"],
      ["users", "users where workspace_id = 1"],
      ["tickets", "tickets where workspace_id = 1"],
      ["ticket_bodies", `ticket_bodies where ${ours}`],
      ["comments", `comments where ${ours}`],
      ["attachments", `attachments where comment_id in (select id from comments where ${ours})`],
    ]) {
      const row = table(first.report, name);
      assert.equal(row.source, count(from), name);
      assert.ok(row.source > 0, name);
      assert.equal(row.sha256Sent, row.sha256Kept, `${name}: what was sent and what is kept`);
      assert.equal(row.created + row.known + row.refused + row.conflict + row.updated + row.unchanged, row.rows + row.refused, name);
      assert.equal(row.conflict, 0, name);
    }
    const total = first.report.tables.reduce((sum, row) => sum + row.source, 0);
    assert.ok(total >= 4_500, `${total} rows of this workspace`);
    assert.ok(count("comments") + count("tickets") + count("users") >= 5_000);
    // What cannot move says why, and nothing else is left behind.
    for (const name of ["agents", "teams", "categories", "canned_replies", "companies", "users", "tickets", "ticket_bodies"]) assert.equal(table(first.report, name).refused, 0, name);
    assert.deepEqual(table(first.report, "comments").reasons["Refused: its ticket is not there"]?.[0], count(`comments where ${nobodys}`));
    assert.equal(table(first.report, "comments").refused, count(`comments where ${nobodys}`));
    assert.deepEqual(table(first.report, "agents").passedOver, ["is_active", "password"]);
    assert.deepEqual(first.report.warnings, []);
    assert.deepEqual(first.report.left, ["audit_log"]);
    assert.equal(first.code, 2, "files without content are told by the exit code");
  });

  await t.test("texts, times and numbers are those of the database, asked of it directly", async () => {
    const source = db.rows("select json_object('id', id, 'title', title, 'at', date_format(created_at, '%Y-%m-%dT%H:%i:%s.%f')) from tickets where workspace_id = 1 order by id", "desk");
    const tickets = new Map((await all(url, "/v1/tickets?sort=createdAt", { token })).map((ticket) => [ticket.number, ticket]));
    assert.equal(tickets.size, source.length);
    const line = (text) => (text ?? "").replaceAll(/[\x00-\x1f\x7f]/g, " ").trim() || "(no subject)";
    for (const { id, title, at } of source) {
      const ticket = tickets.get(id);
      assert.equal(ticket.subject, line(title));
      assert.equal(ticket.createdAt, Date.parse(`${at.slice(0, 23)}Z`), at);
    }
    // The comments of a few tickets, word for word: among them the longest text of the dump.
    const long = count("comments where id = 77") && Number(db.run("select ticket_id from comments where id = 77", "desk").split("\n")[1]);
    const some = [...tickets.keys()].filter((number) => number % 17 === 0 || number === long || number === 15);
    const clean = (text) => (text ?? "").replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, "").trim();
    let compared = 0;
    for (const number of some) {
      const expected = db.rows(
        `select json_object('text', email_body, 'private', 0) from ticket_bodies where ticket_id = ${number} union all
         (select json_object('text', content, 'private', is_private) from comments where ticket_id = ${number} order by id)`, "desk");
      const found = await all(url, `/v1/tickets/${tickets.get(number).id}/comments`, { token });
      const text = expected.map(({ text }) => clean(text).replaceAll(/\s+/g, " ")).join("|");
      const visible = (body) => (body === "(no text)" ? "" : body);
      assert.equal(found.filter(({ visibility }) => visibility === "private").length > 0, expected.some((it) => it.private === 1));
      if (expected.every((it) => it.text !== null && it.text.length < 60_000 && clean(it.text).replaceAll(/[\s\u200b]/g, ""))) {
        assert.equal(found.map(({ body }) => visible(body).replaceAll(/\s+/g, " ")).join("|"), text);
        compared += found.length;
      } else if (number === long || number === 15) {
        const whole = found.map(({ body }) => visible(body)).join("").replaceAll(/[\s\u200b]+/g, "");
        assert.equal(whole, expected.map((it) => clean(it.text)).join("").replaceAll(/[\s\u200b]+/g, ""));
        compared += found.length;
      }
    }
    assert.ok(compared > 200, `${compared} comments`);
  });

  await t.test("tickets are of the teams and categories that they were of, and replies of whom they were", async () => {
    const names = async (path, key) => new Map((await all(url, path, { token })).map((one) => [one.id, one[key]]));
    const [teams, categories] = [await names("/v1/teams", "name"), await names("/v1/categories", "name")];
    const source = db.rows(
      `select json_object('id', t.id, 'team', g.name, 'category', c.name) from tickets t
       left join teams g on g.id = t.team_id and g.workspace_id = 1 left join categories c on c.id = t.category_id and c.workspace_id = 1
       where t.workspace_id = 1`, "desk");
    const tickets = new Map((await all(url, "/v1/tickets?sort=createdAt", { token })).map((ticket) => [ticket.number, ticket]));
    let sorted = 0;
    for (const { id, team, category } of source) {
      const ticket = tickets.get(id);
      assert.equal(teams.get(ticket.teamId) ?? null, team, `${id}`);
      assert.equal((categories.get(ticket.categoryId) ?? null)?.toLowerCase(), category?.toLowerCase(), `${id}`);
      assert.ok(!ticket.tags.some((tag) => /^(team|category) /.test(tag)), ticket.tags.join());
      sorted += (team !== null) + (category !== null);
    }
    assert.ok(sorted > 300, `${sorted}`);
    const tree = await all(url, "/v1/categories", { token });
    const parents = db.rows("select json_object('name', c.name, 'parent', p.name) from categories c join categories p on p.id = c.parent_id where c.workspace_id = 1", "desk");
    assert.ok(parents.length > 1);
    for (const { name, parent } of parents) assert.equal(categories.get(tree.find((one) => one.name === name).parentId).toLowerCase(), parent.toLowerCase());
    assert.equal(table(first.report, "categories").known, 1, "one has the name of another");

    // What is an agent's own is not in anybody else's list; the export has it.
    const lines = (await (await fetch(`${url}/v1/workspace/export`, { headers: { authorization: `Bearer ${token}` } })).text()).trim().split("\n").map((it) => JSON.parse(it));
    const of = (kind) => lines.filter((it) => it[kind]).map((it) => it[kind]);
    const agents = new Map(of("agent").map((one) => [one.id, one.email]));
    const replies = db.rows(
      `select json_object('text', r.content, 'team', if(a.id is null, g.name, null), 'agent', lower(a.email)) from canned_replies r
       left join teams g on g.id = r.team_id and g.workspace_id = 1 left join agents a on a.id = r.agent_id and a.workspace_id = 1
       where r.workspace_id = 1`, "desk");
    const line = ({ text, team, agent }) => JSON.stringify([text.replaceAll(/\s+/g, " ").trim(), team ?? null, agent ?? null]);
    const expected = replies.map((one) => line({ ...one, text: one.text.replace("{{contact.id}}", "{contact.id}") }));
    const found = of("cannedReply").map((one) => line({ text: one.body, team: teams.get(one.teamId), agent: agents.get(one.agentId) }));
    assert.deepEqual(found.sort(), expected.sort());
    assert.ok(found.some((it) => !it.endsWith("null,null]")));
  });

  await t.test("contents of files arrive, byte for byte, under harmless names", async () => {
    const row = table(first.report, "attachments");
    assert.ok(row.created > 10 && row.refused > 0, JSON.stringify(row));
    const lines = (await (await fetch(`${url}/v1/workspace/export`, { headers: { authorization: `Bearer ${token}` } })).text()).trim().split("\n").map((it) => JSON.parse(it));
    const attachments = lines.filter((it) => it.attachment).map((it) => it.attachment);
    assert.equal(attachments.length, row.created);
    for (const one of attachments) {
      assert.ok(!/[\\/]/.test(one.fileName), one.fileName);
      const answer = await fetch(`${url}/v1/attachments/${one.id}/content`, { headers: { authorization: `Bearer ${token}` } });
      const bytes = Buffer.from(await answer.arrayBuffer());
      assert.equal(sha256(bytes), one.sha256);
    }
  });

  await t.test("the second time nothing changes, and nothing is written", async () => {
    const before = await head();
    const second = await move(t, url, owner, ...load);
    assert.equal(await head(), before);
    assert.deepEqual([second.report.headBefore, second.report.headAfter], [before, before]);
    for (const row of second.report.tables) {
      const earlier = table(first.report, row.table);
      assert.deepEqual([row.created, row.updated, row.conflict], [0, 0, 0], row.table);
      assert.equal(row.unchanged, earlier.created, row.table);
      assert.equal(row.sha256Sent, earlier.sha256Sent, row.table);
    }
  });

  await t.test("a row that changed in the source changes here, and one that changed here stays", async () => {
    db.run("update tickets set title = 'Mended; it''s', updated_at = '2025-06-01 00:00:00' where id in (3, 6)", "desk");
    const tickets = await all(url, "/v1/tickets?sort=createdAt", { token });
    const ours = tickets.find(({ number }) => number === 6);
    await data(url, "PATCH", `/v1/tickets/${ours.id}`, { token, body: { subject: "Ours now" } });
    db.dump("desk", dump, ["--skip-extended-insert"]); // another shape of the same dump
    const third = await move(t, url, owner, ...load);
    const row = table(third.report, "tickets");
    assert.deepEqual([row.updated, row.conflict, row.created], [1, 1, 0]);
    const after = await all(url, "/v1/tickets?sort=createdAt", { token });
    assert.equal(after.find(({ number }) => number === 3).subject, "Mended; it's");
    assert.equal(after.find(({ number }) => number === 6).subject, "Ours now");
  });

  await t.test("a workspace goes into a file and out of it into another, equal", async () => {
    // What a team sets up, and two tickets that are one.
    const make = (path, body) => data(url, "POST", path, { token, body });
    const me = (await data(url, "GET", "/v1/agents", { token })).find(({ email }) => email === owner.email);
    const [team] = await all(url, "/v1/teams", { token });
    await make("/v1/attributes", { subject: "ticket", key: "plan", label: "Plan", type: "text" });
    await make("/v1/custom-statuses", { name: "Parts ordered", status: "waiting" });
    await make("/v1/signatures", { name: "All", body: "{{workspace.name}}" });
    await make("/v1/macros", { name: "Mine", actions: { reply: "On it.", change: { assigneeId: me.id } } });
    await make("/v1/views", { name: "Open", filter: { status: ["open"] } });
    await make("/v1/sla-policies", { name: "Soon", targets: [{ priority: "urgent", firstReplyMinutes: 30 }] });
    await make("/v1/workflows", { name: "Later", steps: [{ wait: { minutes: 5 } }] });
    await make("/v1/automations", { name: "Note", trigger: { on: "noteAdded" }, actions: [{ assignTeam: team.id }, { assignAgent: me.id }] });
    await make("/v1/webhooks", { url: "https://hooks.example.com/in?key=hunter2", kinds: ["ticket.*"] });
    await data(url, "PUT", "/v1/business-hours", { token, body: { timeZone: "Europe/Berlin", week: [{ day: "monday", from: "09:00", to: "17:00" }], holidays: [] } });
    const [source, target] = [await make("/v1/tickets", { subject: "One", attributes: { plan: "gold" } }), await make("/v1/tickets", { subject: "Two" })];
    await make(`/v1/tickets/${source.id}/merge`, { intoId: target.id });
    const file = join(dir, "desk.ndjson");
    const kept = join(dir, "kept");
    await move(t, url, owner, "export", file, "--files", kept);
    const checked = await move(t, url, owner, "check", file);
    const other = await register(url, "Restored", { operator });
    const restored = await move(t, url, other, "restore", file, "--files", kept);
    console.log(restored.log);
    assert.equal(restored.code, 0, restored.log);
    for (const row of restored.report.tables) {
      assert.equal(row.created + row.known, row.source, row.table);
      assert.equal(row.sha256Sent, row.sha256Kept, row.table);
    }
    // And that workspace gives the same file again, but for the two owners and who names them.
    const again = join(dir, "again.ndjson");
    await move(t, url, other, "export", again);
    const of = (path, kind) => readFileSync(path, "utf8").trim().split("\n").map((it) => JSON.parse(it)[kind]).filter(Boolean);
    const them = of(again, "agent").find(({ email }) => email === other.email);
    assert.notEqual(them.id, me.id);
    const ours = new RegExp(`${me.id}|${them.id}`, "g");
    const lines = (path) => readFileSync(path, "utf8").trim().split("\n").slice(1, -1).filter((it) => !it.startsWith('{"agent"')).map((it) => it.replaceAll(ours, "owner"));
    for (const kind of ["category", "customStatus", "cannedReply", "signature", "macro", "view", "attribute", "slaPolicy", "workflow", "automation", "webhook", "businessHours", "merge"]) {
      assert.ok(of(file, kind).length > 0, kind);
      assert.equal(of(again, kind).length, of(file, kind).length, kind);
    }
    const [hook] = await data(url, "GET", "/v1/webhooks", { token: other.token });
    assert.deepEqual([hook.active, hook.url], [false, "https://hooks.example.com/in"]);
    const moved = (await all(url, "/v1/tickets?sort=createdAt", { token: other.token })).find(({ subject }) => subject === "One");
    assert.deepEqual([moved.mergedIntoId, moved.attributes.plan], [target.id, "gold"]);
    assert.deepEqual(lines(again).length, lines(file).length);
    assert.equal(sha256(lines(again).join("\n")), sha256(lines(file).join("\n")));
    const sums = (path) => JSON.parse(readFileSync(path, "utf8").trim().split("\n").at(-1)).end;
    const { agent: a, macro: c, automation: e, ...one } = sums(file).sha256;
    const { agent: b, macro: d, automation: f, ...two } = sums(again).sha256;
    assert.deepEqual(two, one);
    // A second restore changes nothing.
    const once = (await data(url, "GET", "/v1/snapshot", { token: other.token })).head;
    const twice = await move(t, url, other, "restore", file, "--files", kept);
    assert.equal(twice.code, 0, twice.log);
    assert.deepEqual([twice.report.headBefore, twice.report.headAfter], [once, once]);
    for (const row of twice.report.tables) {
      assert.deepEqual([row.created, row.updated, row.conflict, row.refused], [0, 0, 0, 0], row.table);
      assert.equal(row.sha256Sent, row.sha256Kept, row.table);
    }
    assert.equal(sums(file).ofOneMoment, true);
    assert.ok(checked.log.includes(one.comment), checked.log);
    const text = readFileSync(file, "utf8");
    for (const word of ["argon2", "$2b$", "password", "tokenHash", "hunter2", "sealed", "whsec"]) assert.ok(!text.includes(word), word);
  });

  await t.test("who may not gets nothing, and a file that is altered is not loaded", async () => {
    for (const [method, path] of [["GET", "/v1/workspace/export"], ["POST", "/v1/import"], ["POST", "/v1/import/files"]]) {
      const { status } = await call(url, method, path, { body: method === "GET" ? undefined : { rows: [] } });
      assert.equal(status, 401, path);
    }
    const wrong = await call(url, "POST", "/v1/import/files", { token, body: {} });
    assert.equal(wrong.status, 415);
    const file = join(dir, "desk.ndjson");
    const altered = join(dir, "altered.ndjson");
    writeFileSync(altered, readFileSync(file, "utf8").replace("Mended", "Mendid"));
    await assert.rejects(move(t, url, owner, "check", altered), /not those that were exported/);
    writeFileSync(altered, readFileSync(file, "utf8").split("\n").slice(0, -2).join("\n"));
    await assert.rejects(move(t, url, owner, "restore", altered), /broke off/);
  });
});
