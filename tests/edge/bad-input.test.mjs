// Bad input: each gets its 4xx or its close code, never a 5xx, and nothing changes.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join as path } from "node:path";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { call, data } from "../harness/api.mjs";
import { build, changed, dump } from "../harness/bad_world.mjs";
import { forgeries } from "../harness/forge.mjs";
import { least } from "../harness/least.mjs";
import { bytes, send } from "../harness/raw.mjs";
import { dial, Socket, ticketFor } from "../harness/socket.mjs";
import { pool, until } from "../harness/until.mjs";
import { productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const MiB = 1024 * 1024;

/** Bodies of routes, where the least one by the document would not do. */
const BODIES = {
  "POST /v1/workspaces": { name: "New", ownerName: "O", ownerEmail: "o@new.example", password: "a long pass phrase" },
  "PATCH /v1/workspace": { name: "Changed" },
  "PATCH /v1/workspaces/{}": { name: "Changed" },
  "POST /v1/auth/login": { workspaceId: "{workspace}", email: "owner@bad.example", password: "wrong wrong wrong" },
  "POST /v1/auth/refresh": { refreshToken: "x" },
  "POST /v1/auth/logout": {},
  "POST /v1/auth/logout-everywhere": {},
  "POST /v1/auth/password": { currentPassword: "wrong wrong wrong", newPassword: "another long phrase" },
  "POST /v1/auth/microsoft/login": { code: "x", state: "x", secret: "x" },
  "POST /v1/auth/microsoft/link": { code: "x", state: "x", currentPassword: "wrong wrong wrong" },
  "PATCH /v1/agents/{}": { name: "Changed" },
  "POST /v1/invitations": { email: "new@agents.example", role: "agent" },
  "POST /v1/invitations/accept": { token: "x", password: "a long pass phrase" },
  "POST /v1/users": { email: "new@customer.example" },
  "PATCH /v1/users/{}": { name: "Changed" },
  "POST /v1/users/{}/handles": { kind: "x", value: "ann" },
  "POST /v1/users/{}/merge": { otherId: "{missing}" },
  "POST /v1/merges/{}/undo": {},
  "POST /v1/users/{}/erase": {},
  "POST /v1/teams": { name: "New" },
  "PATCH /v1/teams/{}": { name: "Changed" },
  "POST /v1/companies": { name: "New" },
  "PATCH /v1/companies/{}": { name: "Changed" },
  "PUT /v1/settings/free-mail": { domains: ["free.example"] },
  "POST /v1/attributes": { subject: "user", key: "plan", label: "Plan", type: "text" },
  "PATCH /v1/attributes/{}": { label: "Changed" },
  "POST /v1/tickets": { subject: "New" },
  "PATCH /v1/tickets/{}": { priority: "urgent" },
  "POST /v1/tickets/{}/reopen": {},
  "POST /v1/tickets/{}/read": {},
  "POST /v1/tickets/{}/comments": { body: "New." },
  "POST /v1/tickets/{}/scheduled-comments": { body: "Later.", publishAt: Date.now() + 3_600_000 },
  "PATCH /v1/scheduled-comments/{}": { body: "Changed." },
  "POST /v1/realtime/tickets": {},
  "POST /v1/inboxes": { email: "new@acme.example", smtp: { host: "127.0.0.1", port: 9, security: "plain", password: "x" } },
  "PATCH /v1/inboxes/{}": { displayName: "Changed" },
  "POST /v1/inboxes/{}/pause": { reason: "changed" },
  "PUT /v1/inboxes/{}/mailbox": { host: "127.0.0.1", port: 9, security: "plain", password: "x" },
  "POST /v1/admin/sync-emails": {},
  "POST /v1/unparseable-mails/retry": { number: 1 },
  "POST /v1/inboxes/{}/mailbox/retry": { id: "7/1" },
  "POST /v1/inboxes/{}/sends": { to: ["a@b.example"], subject: "x", text: "x" },
  "POST /v1/inboxes/{}/sends/{}/resolve": { outcome: "sent" },
  "POST /api/admin/initialize-inboxes": {},
  "POST /api/admin/resume-inbox": { inboxId: "{missing}" },
  "POST /api/admin/rebuild-summaries": {},
  "POST /api/admin/retry-dead": {},
  "POST /api/prospects": { email: "new@prospect.example" },
  "PATCH /api/prospects/{}": { name: "Changed" },
  "POST /api/prospects/{}/suppress": { reason: "manual" },
  "POST /api/prospects/{}/unsuppress": { reason: "manual", note: "asked by phone" },
  "POST /api/prospects/{}/link": { to: "{missing}" },
  "PUT /api/prospects/{}/stage": { stage: "won" },
  "PUT /api/prospects/{}/follow-up": { at: Date.now() + 3_600_000, note: "call" },
};
/** Routes for everybody. */
const OPEN = new Set(["GET /", "GET /healthz", "GET /readyz", "POST /v1/workspaces", "POST /v1/auth/login", "POST /v1/auth/refresh",
  "GET /v1/auth/microsoft/login", "POST /v1/auth/microsoft/login", "POST /v1/invitations/accept", "GET /v1/realtime", "GET /realtime"]);
/** Routes that count attempts by address before they read a body: the bad bodies go there once. */
const LIMITED = new Set(["POST /v1/auth/login", "POST /v1/auth/password", "POST /v1/auth/microsoft/login", "POST /v1/auth/microsoft/link"]);

/** What is the deployment's, not a workspace's: no other workspace has any. */
const OF_DEPLOYMENT = ["dead-letters", "suppressions"];
/** What a team of one's own says to an agent that there is not: they need not leave it, and may not join. */
const MEMBERS = { "DELETE /v1/teams/{}/members/{}": 200, "PUT /v1/teams/{}/members/{}": 422 };

/** What a workspace has of each kind, by what stands before its id in paths. */
const idsOf = ({ things, owner, ...it }, imports) => ({
  workspaces: owner.workspaceId, agents: owner.agentId, invitations: it.invitation, users: it.user, tickets: it.ticket,
  comments: it.comment, attachments: things.attachment, "scheduled-comments": it.scheduled, inboxes: it.inbox,
  sends: it.send, prospects: it.prospect, imports, teams: things.team, members: owner.agentId, companies: things.company,
  attributes: things.attribute, merges: things.userMerge, "ticket-moves": things.ticketMove, categories: things.category,
  "custom-statuses": things.customStatus, "canned-replies": things.cannedReply, signatures: things.signature,
  macros: things.macro, views: things.view, automations: things.automation, workflows: things.workflow,
  "workflow-runs": things.run, "sla-policies": things.slaPolicy, webhooks: things.webhook, "api-keys": things.apiKey,
  notifications: things.notification, campaigns: things.campaign, enrolments: it.prospect, texts: it.prospect,
  sources: things.source,
});
/** The kinds of the ids in a path: what stands before each. */
const kindsIn = (pattern) => [...pattern.matchAll(/([^/]+)\/\{\}/g)].map(([, kind]) => kind);

/** An answer without the id of its request. */
const unnamed = (text) => text.replace(/"requestId":"[^"]+"/, "");

/** An import of somebody whom a workspace has: when it is done, nobody is new. */
async function imported(url, { token }) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "text/csv" };
  const body = "email\npat@prospect.example\n";
  const answer = await fetch(`${url}/api/prospects/import`, { method: "POST", headers, body });
  const { id } = (await answer.json()).data;
  const state = async () => (await data(url, "GET", `/api/prospects/imports/${id}`, { token })).state;
  await until(async () => (await state()) === "done", "the import");
  return id;
}

/** The operations of the API's document, each id in a path as {}. */
function routes() {
  const { paths } = JSON.parse(readFileSync(path(ROOT, "gateway", "assets", "openapi.json"), "utf8"));
  const lines = Object.entries(paths).flatMap(([where, item]) =>
    Object.entries(item).map(([method, operation]) => {
      const pattern = where.replaceAll(/\{\w+\}/g, "{}");
      const name = `${method.toUpperCase()} ${pattern}`;
      const schema = operation.requestBody?.content["application/json"]?.schema;
      return { method: method.toUpperCase(), pattern, name, has: BODIES[name] ?? (schema && least(schema, {})) };
    }),
  );
  assert.ok(lines.length > 60, "the routes were found");
  return lines;
}

test("bad input", { timeout: 300_000 }, async (t) => {
  const worker = await productWorker(t, { vars: { CORS_ORIGINS: "https://desk.example", OPERATOR_WORKSPACES: "" } });
  const { url } = worker;
  let cases = 0;

  const world = await build(url);
  const { mine, their, viewer } = world;
  const theirImport = await imported(url, their.owner);
  const before = await dump(url, world);
  const names = {
    workspace: mine.owner.workspaceId, ticket: mine.ticket, TICKET: mine.ticket.toUpperCase(), closed: mine.closed,
    comment: mine.comment, agent: mine.owner.agentId, viewer: viewer.agentId, user: mine.user, inbox: mine.inbox,
    prospect: mine.prospect, cursor: mine.cursor, changedCursor: changed(mine.cursor), missing: randomUUID(),
    long: "a".repeat(3_000), key256: "k".repeat(256), "their.workspace": their.owner.workspaceId, "their.ticket": their.ticket,
    "their.agent": their.owner.agentId, "their.user": their.user, "their.inbox": their.inbox, "their.cursor": their.cursor,
  };
  const fill = (text) => text.replaceAll(/\{([a-zA-Z0-9.]+)\}/g, (whole, name) => names[name] ?? whole);
  const tokens = { owner: mine.owner.token, viewer: viewer.token };
  const bearer = (as) => (as === "nobody" ? {} : { authorization: `Bearer ${tokens[as ?? "owner"] ?? as}` });
  const TYPE = { "content-type": "application/json" };

  /** Sends a request; checks its status and that a refusal is one of ours. */
  const refused = async (name, request, expected, code) => {
    cases += 1;
    const answer = await send(url, request);
    const wanted = [expected].flat();
    assert.ok(wanted.includes(answer.status), `${name}: ${answer.status} instead of ${wanted}: ${answer.text.slice(0, 300)}`);
    if (answer.headers["x-request-id"]) {
      const body = JSON.parse(answer.text);
      assert.equal(body.success, false, name);
      assert.equal(answer.headers["x-content-type-options"], "nosniff", name);
      if (code) assert.equal(body.error.code, code, name);
    }
    return answer;
  };
  const unchanged = async (after) => {
    const now = await dump(url, world);
    const other = Object.keys(before).find((where) => !isDeepStrictEqual(now[where], before[where]));
    if (other) assert.deepEqual(now[other], before[other], `${after} changed ${other}`);
  };

  await t.test("forged tokens open nothing", async () => {
    const realtimeTicket = await ticketFor(url, mine.owner.token);
    const secrets = { otherWorkspace: their.owner.workspaceId, otherAgent: viewer.agentId, refreshToken: mine.owner.refreshToken, realtimeTicket };
    for (const [name, token] of forgeries(mine.owner.token, VARS.JWT_SECRET, secrets)) {
      const body = JSON.stringify({ subject: "forged" });
      await refused(`POST with ${name}`, { method: "POST", path: "/v1/tickets", headers: { ...bearer(token), ...TYPE }, body }, 401);
    }
    await unchanged("a forged token");
  });

  await t.test("no route but the open ones answers without a token", async () => {
    for (const { method, pattern, name, has } of routes()) {
      if (OPEN.has(name)) continue;
      const body = has && fill(JSON.stringify(has));
      const where = pattern.replaceAll("{}", mine.ticket);
      await refused(`${name} without a token`, { method, path: where, headers: body ? TYPE : {}, body }, 401, "unauthorized");
      await refused(`${name} with a wrong token`, { method, path: where, headers: { ...bearer("x.y.z"), ...TYPE }, body: body ?? "" }, 401);
    }
    await unchanged("a request without a token");
  });

  await t.test("another workspace's ids read as if they did not exist, on every route", async () => {
    const foreign = idsOf(their, theirImport);
    for (const [kind, id] of Object.entries(foreign)) assert.ok(id, `a foreign one of ${kind}`);
    const own = idsOf(mine);
    for (const { method, pattern, name, has } of routes().filter(({ pattern }) => pattern.includes("{}"))) {
      // What is to be removed is named in the query.
      if (name === "DELETE /v1/users/{}/handles") continue;
      const kinds = kindsIn(pattern);
      const body = has && fill(JSON.stringify(has));
      const headers = { ...bearer("owner"), ...(body ? TYPE : {}) };
      const put = (ids) => {
        const rest = [...ids];
        return pattern.replaceAll("{}", () => rest.shift());
      };
      const ask = async (ids, number) => {
        const key = { "idempotency-key": `${name.replaceAll(" ", "-")}${number}` };
        const request = { method, path: put(ids), headers: { ...headers, ...key }, body };
        const other = ids[0] === own[kinds[0]] && MEMBERS[name];
        if (!other) return unnamed((await refused(`${name} of another`, request, 404, "not_found")).text);
        const { status, text } = await send(url, request);
        assert.equal(status, other, `${name}: ${text}`);
        return unnamed(text);
      };
      for (const kind of kinds) {
        assert.ok(foreign[kind] ?? OF_DEPLOYMENT.includes(kind), `${name}: nothing foreign is known of ${kind}`);
      }
      const theirs = kinds.map((kind) => foreign[kind] ?? randomUUID());
      const missing = kinds.map(() => randomUUID());
      assert.equal(await ask(theirs, 1), await ask(missing, 0), name);
      if (kinds.length === 1) continue;
      const parent = own[kinds[0]];
      assert.ok(parent, `${name}: no ${kinds[0]} of my own is known`);
      // A send of my own inbox that is not there is a missing send; of a foreign one, a missing inbox.
      const [foreignOne, missingOne] = [await ask([parent, theirs[1]], 3), await ask([parent, missing[1]], 2)];
      assert.equal(foreignOne, missingOne, `${name}, of my own ${kinds[0]}`);
    }
    await unchanged("another's id");
  });

  await t.test("GET of every route changes nothing", async () => {
    const own = idsOf(mine);
    let found = 0;
    for (const { method, pattern, name } of routes()) {
      // That somebody exported is written down in the audit, which is what it is for.
      if (method !== "GET" || pattern.endsWith("/export")) continue;
      const rest = kindsIn(pattern).map((kind) => own[kind] ?? randomUUID());
      const where = pattern.replaceAll("{}", () => rest.shift());
      const { status, text } = await send(url, { path: where, headers: bearer() });
      assert.ok(status < 500, `${name}: ${status} ${text.slice(0, 300)}`);
      cases += 1;
      if (status === 200) found += 1;
    }
    assert.ok(found > 60, `${found} were answered`);
    await unchanged("GET");
  });

  await t.test("every route that takes a body refuses what is no body of its own", async () => {
    const known = routes().filter(({ has }) => has && Object.keys(has).length >= 0);
    const names = known.map(({ name }) => name);
    for (const name of Object.keys(BODIES)) assert.ok(names.includes(name), `${name} is no route`);
    const deep = (n) => `${'{"a":'.repeat(n)}1${"}".repeat(n)}`;
    for (const { method, pattern, name, has } of known) {
      const ids = { tickets: mine.ticket, agents: viewer.agentId, users: mine.user, inboxes: mine.inbox, prospects: mine.prospect,
        workspaces: mine.owner.workspaceId, "scheduled-comments": mine.scheduled };
      const rest = [ids[pattern.split("/")[2]] ?? randomUUID(), mine.send];
      const where = pattern.replaceAll("{}", () => rest.shift());
      const good = fill(JSON.stringify(has));
      const token = name === "POST /v1/workspaces" ? operator : "owner";
      const headers = { ...bearer(token), ...TYPE, "idempotency-key": `bad-${name.replaceAll(/\W+/g, "-")}` };
      const ask = (what, body, expected, more = {}) =>
        refused(`${name}: ${what}`, { method, path: where, headers: { ...headers, ...more }, body }, expected);
      const comma = good === "{}" ? "" : ",";
      await ask("an unknown field", `{"__proto__":{"role":"owner"}${comma}${good.slice(1)}`, 422);
      await ask("a list", `[${good}]`, 400);
      if (LIMITED.has(name)) continue;
      await ask("another type", good, 415, { "content-type": "text/html" });
      await ask("cut off", good.slice(0, -1), 400);
      await ask("no UTF-8", Buffer.concat([Buffer.from(`{"\xff":1${comma}`, "latin1"), Buffer.from(good.slice(1))]), 400);
      await ask("10,000 deep", `{"deep":${deep(10_000)}${comma}${good.slice(1)}`, [400, 422]);
      await ask("10 MB", `{"long":"${"x".repeat(10 * MiB)}"${comma}${good.slice(1)}`, 413);
      await refused(`${name}: a query`, { method, path: `${where}?x=1`, headers, body: good }, 422);
      const first = /^\{("[a-zA-Z]+"):/.exec(good)?.[1];
      if (first) await ask("a key twice", `${good.slice(0, -1)},${first}:null}`, 400);
      if (first) await ask("a wrong type", good.replace(/^(\{"[a-zA-Z]+":).*$/, "$1{\"a\":[1]}}"), 422);
    }
    await unchanged("a bad body");
  });

  await t.test("sizes: the byte after the last is refused", async () => {
    const comment = (body) => ({ method: "POST", path: `/v1/tickets/${mine.ticket}/comments`, headers: { ...bearer(), ...TYPE }, body });
    await refused("a comment of 65,537 bytes", comment(JSON.stringify({ body: "x".repeat(65_537) })), [413, 422]);
    await refused("a request of 256 KiB and a byte", comment(JSON.stringify({ body: "x".repeat(256 * 1024) })), 413);
    await refused("a subject of 301 characters", { ...comment(JSON.stringify({ subject: "\u00e4".repeat(301) })), path: "/v1/tickets" }, 422);
    await refused("a name of 201 characters", { ...comment(JSON.stringify({ name: "x".repeat(201) })), method: "PATCH", path: "/v1/workspace" }, 422);
    const password = (length) => JSON.stringify({ ...BODIES["POST /v1/workspaces"], password: "x\u00e4".repeat(length) });
    for (const length of [3, 65, 100_000]) {
      await refused(`a password of ${2 * length} characters`, { ...comment(password(length)), path: "/v1/workspaces", headers: { ...bearer(operator), ...TYPE } }, [413, 422]);
    }
    for (const known of ["password1", "12345678", "aaaaaaaaaaaa", "Qwertyuiop1"]) {
      const body = JSON.stringify({ ...BODIES["POST /v1/workspaces"], password: known });
      await refused(`the password ${known}`, { ...comment(body), path: "/v1/workspaces", headers: { ...bearer(operator), ...TYPE } }, 422);
    }
    const rows = JSON.stringify({ prospects: Array.from({ length: 501 }, (_, n) => ({ email: `n${n}@many.example` })) });
    await refused("501 prospects", { ...comment(rows), path: "/api/prospects" }, 422);
    const big = JSON.stringify({ prospects: [{ email: "x".repeat(6 * MiB) }] });
    await refused("an import of 6 MB", { ...comment(big), path: "/api/prospects" }, 413);
    await unchanged("a size");
  });

  await t.test("tricks with paths find nothing and wake no actor", async () => {
    const objects = () => readdirSync(path(worker.persistTo, "v3", "do"), { recursive: true }).filter((f) => f.endsWith(".sqlite")).length;
    const awake = objects();
    const tricks = [
      "//", "//v1/tickets", "/v1//tickets", "/v1/tickets/", "/v1/tickets//", "/V1/tickets", "/v1/Tickets", "/v1/%74ickets",
      "/v1/tickets%2f", "/v1/tickets%00", "/v1/tickets/%2e%2e/%2e%2e/healthz/x", "/v1/tickets;x=1", "/v1/tickets/{}", "/v1/tickets/null",
      "/v1/tickets/undefined", "/v1/tickets/0", "/v1/tickets/-1", "/v1/tickets/*", `/v1/tickets/%7B${mine.ticket}%7D`,
      `/v1/tickets/${mine.ticket.replaceAll("-", "")}`, `/v1/tickets/urn:uuid:${mine.ticket}`, `/v1/tickets/${mine.ticket}/x`,
      `/v1/tickets/${mine.ticket}%20`, `/v1/tickets/%20${mine.ticket}`, `/v1/tickets/${mine.ticket}.json`, "/.env", "/.git/config", "/api/admin",
      "/api", "/v1", "/v2/tickets", "/admin", "/metrics", "/debug", "/test/email", "/test/cost", "/wp-login.php", "/v1/tickets%0d%0aX: y",
      `/${"a/".repeat(3_000)}`, `/v1/tickets/${"a".repeat(7_000)}`, "/v1/tickets/\u202e",
    ];
    for (const trick of tricks) await refused(`the path ${trick.slice(0, 40)}`, { path: trick.replaceAll(/[^!-~]/g, encodeURIComponent), headers: bearer() }, [400, 404, 414]);
    for (const dots of ["/v1/tickets/..", "/v1/tickets/../../etc/passwd", "/v1/./tickets/.", "/..%2f..%2fetc/passwd", "/v1/tickets/%2e%2e"]) {
      await refused(`the path ${dots}`, { path: dots, headers: bearer() }, [400, 404]);
    }
    assert.equal(objects(), awake, "no actor was woken");
    const auth = `authorization: Bearer ${mine.owner.token}`;
    const raw = async (name, text, expected) => {
      cases += 1;
      const { status, ours } = await bytes(url, text);
      // What is no HTTP is refused by the runtime, locally with a 500 too: it never reaches the Worker.
      assert.ok(expected.includes(status) || (status === 500 && !ours), `${name}: ${status}`);
    };
    const post = `POST /v1/tickets HTTP/1.1\r\nhost: x\r\n${auth}\r\ncontent-type: application/json\r\n`;
    await raw("two content-lengths", `${post}content-length: 15\r\ncontent-length: 3\r\n\r\n{"subject":"x"}`, [400, 0]);
    await raw("a content-length that is none", `${post}content-length: abc\r\n\r\n{"subject":"x"}`, [400, 0]);
    await raw("a negative content-length", `${post}content-length: -1\r\n\r\n{"subject":"x"}`, [400, 0]);
    await raw("length and chunks", `${post}content-length: 15\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, [400, 0]);
    await raw("a body shorter than said", `${post}content-length: 9000\r\nconnection: close\r\n\r\n{"subject":"x"}`, [400, 408, 0]);
    await raw("a NUL in a header", `GET /v1/me HTTP/1.1\r\nhost: x\r\nx: a\0b\r\n${auth}\r\n\r\n`, [400, 0]);
    await raw("no HTTP", "\x16\x03\x01\x02\x00\x01\x00", [400, 0]);
    await raw("a header of 1 MB", `GET /v1/me HTTP/1.1\r\nhost: x\r\nx: ${"a".repeat(MiB)}\r\n\r\n`, [400, 413, 431, 0]);
    await unchanged("a path");
  });

  await t.test("pages of other origins get no permission", async () => {
    for (const origin of ["https://evil.example", "null", "https://desk.example.evil.example", "http://desk.example", "https://desk.example:8443"]) {
      cases += 1;
      const answer = await send(url, { path: "/v1/me", headers: { ...bearer(), origin } });
      assert.equal(answer.headers["access-control-allow-origin"], undefined, origin);
      const preflight = await send(url, { method: "OPTIONS", path: "/v1/tickets", headers: { origin, "access-control-request-method": "POST" } });
      assert.equal(preflight.headers["access-control-allow-origin"], undefined, origin);
    }
    const ours = await send(url, { path: "/v1/me", headers: { ...bearer(), origin: "https://desk.example" } });
    assert.equal(ours.headers["access-control-allow-origin"], "https://desk.example");
  });

  /** Checks that a connection ends with one of these codes. */
  const closes = async (name, socket, codes) => {
    cases += 1;
    const { code, reason } = await Promise.race([
      socket.closed,
      socket.until((s) => s.over, `${name}: the end`, 15_000).then(() => socket.over),
    ]);
    assert.ok([codes].flat().includes(code), `${name}: ${code} ${reason} instead of ${codes}`);
  };

  await t.test("100,000 lists in each other are no MessagePack", async () => {
    const socket = await dial(url, mine.owner, { bearer: true, codec: "msgpack" });
    socket.ws.send(Buffer.alloc(100_000, 0x91));
    await closes("100,000 lists in each other", socket, 4400);
    await unchanged("a frame");
  });

  await t.test("commands that are not for agents are refused on a socket too, and tell no secret", async () => {
    const socket = await dial(url, mine.owner, { bearer: true });
    const hash = "0".repeat(64);
    const commands = {
      beginLogin: { email: mine.owner.email },
      login: { agentId: mine.owner.agentId, passwordHash: "$argon2id$x", refreshHash: hash },
      register: { name: "x", ownerEmail: "x@y.example", ownerName: "x", passwordHash: "$argon2id$x", refreshHash: hash },
      refresh: { tokenHash: hash, nextHash: "1".repeat(64) },
      acceptInvitation: { tokenHash: hash, passwordHash: "$argon2id$x", refreshHash: hash },
      receiveMail: { rawKey: "x", subject: "x", text: "x" },
      reportUnparseable: { rawKey: "x", reason: "x" },
      noteDelivery: { commentId: their.ticket, inboxId: their.ticket, sendId: their.ticket, version: 9, messageId: "x", state: "sent" },
      changePassword: { currentHash: "$argon2id$wrong", newHash: "$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA" },
      getTicket: { ticketId: their.ticket },
      changeTicket: { ticketId: mine.ticket, assigneeId: their.owner.agentId },
    };
    for (const [name, input] of Object.entries(commands)) {
      cases += 1;
      const ack = await socket.command(`x-${name}`, { [name]: input });
      assert.equal(ack.success, false, `${name}: ${JSON.stringify(ack)}`);
      assert.ok(!JSON.stringify(ack).includes("argon2id"), name);
      assert.ok(!["internal", "unavailable"].includes(ack.error.code), `${name}: ${JSON.stringify(ack.error)}`);
    }
    await socket.close();
    const weak = await dial(url, viewer, { bearer: true });
    for (const command of [{ postComment: { ticketId: mine.ticket, body: "x" } }, { createTicket: { subject: "x" } }]) {
      cases += 1;
      assert.equal((await weak.command(`w-${Object.keys(command)}`, command)).error.code, "forbidden");
    }
    await weak.close();
    await unchanged("a command");
  });

  await t.test("who sends too fast is dropped, and the others go on", async () => {
    const calm = await dial(url, mine.owner, { bearer: true });
    const hasty = await dial(url, mine.owner, { bearer: true });
    for (let n = 0; n < 1_000; n += 1) hasty.ws.send(JSON.stringify({ type: "ping" }));
    await closes("1,000 frames at once", hasty, 4429);
    calm.send({ type: "ping" });
    await calm.frame("pong");
    await calm.close();
  });

  await t.test("of 1,000 sockets of one client a hundred stay, and the room answers", async () => {
    const ws = url.replace(/^http/, "ws");
    const address = `${ws}/v1/realtime?workspaceId=${mine.owner.workspaceId}`;
    const sockets = await pool(Array.from({ length: 1_000 }, (_, n) => n), 50, async (n) => {
      const socket = new Socket(address, n % 2 ? "postroom.v1.msgpack" : "postroom.v1.json", bearer(), n % 2 ? "msgpack" : "json");
      await socket.until((s) => s.over || s.frames.some(({ type }) => type === "hello"), "a hello or an end", 60_000);
      return socket;
    });
    const refusedOnes = sockets.filter(({ over }) => over);
    assert.deepEqual(new Set(refusedOnes.map(({ over }) => over.code)), new Set([4429]));
    // A connection that has just ended may still have its seat.
    assert.ok(refusedOnes.length >= 900 && refusedOnes.length <= 910, `${refusedOnes.length} refused`);
    cases += refusedOnes.length > 0 ? 1 : 0;
    const other = await dial(url, viewer, { bearer: true });
    other.send({ type: "ping" });
    await other.frame("pong");
    for (const socket of sockets) socket.ws.terminate();
    await until(async () => {
      const again = await dial(url, mine.owner, { bearer: true });
      if (again.over) return false;
      await again.close();
      return true;
    }, "room for others");
    await other.close();
    await unchanged("a thousand sockets");
  });

  const log = worker.logText();
  assert.ok(!log.includes("RuntimeError") && !log.includes("unreachable"), "no trap in the log");
  assert.ok(cases >= 150);
  t.diagnostic(`${cases} cases of bad input were tried`);
});
