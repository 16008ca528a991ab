// Who may do what: every operation of the API's document, asked by everybody. The rows are in
// tests/matrix.json; an operation without a row, and a row without an operation, fail.
//
// A row names the least role that may, or `anybody`, or `operator`. "May" means that no permission
// is missing: that what was asked also makes sense, and is the caller's own where only that may be
// changed, is tested elsewhere. What is asked about is there: what is not found tells nobody that
// they may not.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { call, data, register, session } from "../harness/api.mjs";
import { least, UNKNOWN } from "../harness/least.mjs";
import { oneOfEach } from "../harness/one_of_each.mjs";
import { MAIL_ENTRY, productWorker, VARS } from "../harness/worker.mjs";

const DOCUMENT = JSON.parse(readFileSync(join(ROOT, "gateway", "assets", "openapi.json"), "utf8"));
const ROWS = JSON.parse(readFileSync(join(ROOT, "tests", "matrix.json"), "utf8"));
const ROLES = ["viewer", "agent", "admin", "owner"];
// What is about a log-in is not for a program with a key, whatever its role.
const OF_SESSIONS = ["logout", "logoutEverywhere", "changePassword", "createRealtimeTicket", "createApiKey", "beginLinkIdentity", "linkIdentity", "unlinkIdentity"];
// What agents change of their own, a program with a key changes in its maker's name: not if it only reads.
const OF_ONESELF = ["changeNotificationSettings", "followTicket", "markRead", "readAllNotifications", "readNotification", "unfollowTicket"];

// Bodies, where the least one by the document is refused before it is seen what it is about.
const BODIES = { scheduleComment: { body: "Later.", holdSeconds: 30 } };

// What is about the deployment as a whole, and is not there.
const OF_DEPLOYMENT = ["deleteDeadLetter", "getDeadLetter", "liftSuppression"];

const operations = Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, ...operation })),
);

let questions = 0;

/** Asks an operation; gives { status, code, text }. */
async function ask(url, operation, ids, token) {
  const asked = operation.parameters.filter((parameter) => parameter.in === "query" && parameter.required);
  const query = new URLSearchParams(asked.map(({ name, schema }) => [name, least(schema, ids, name)]));
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => ids[name] ?? UNKNOWN) + (asked.length ? `?${query}` : "");
  const schema = operation.requestBody?.content["application/json"]?.schema;
  // Attempts are counted by address, before anything else: each question comes from another one.
  const from = `10.${[0, 8, 16].map((bits) => (questions >> bits) & 255).join(".")}`;
  questions += 1;
  const keyed = operation.method === "POST" ? { "idempotency-key": crypto.randomUUID() } : {};
  const headers = { "cf-connecting-ip": from, ...keyed };
  const body = schema ? BODIES[operation.operationId] ?? least(schema, ids) : operation.requestBody ? "x" : undefined;
  const { status, body: answer } = await call(url, operation.method, path, { token, body, headers });
  return { status, code: answer?.error?.code, text: JSON.stringify(answer) };
}

/** The comment that a mail with HTML becomes. */
async function receive(url, { token, workspaceId }, text) {
  const raw = `From: writer@writers.example\r\nSubject: Looks\r\nMessage-ID: <${workspaceId}@writers.example>\r\n`
    + `Content-Type: text/html\r\n\r\n<p>${text}</p>\r\n`;
  const query = new URLSearchParams({ from: "writer@writers.example", to: `${workspaceId}@in.example` });
  const answer = await fetch(`${url}/test/email?${query}`, { method: "POST", body: raw });
  assert.equal(answer.status, 200, await answer.text());
  const tickets = await data(url, "GET", "/v1/tickets?limit=100", { token });
  const { id } = tickets.find(({ subject }) => subject === "Looks");
  return (await data(url, "GET", `/v1/tickets/${id}/comments`, { token }))[0];
}

/** A workspace with an agent of each role, one who was switched off, and things to ask for. */
async function workspace(url, name) {
  const owner = await register(url, name, { operator: VARS.ADMIN_TOKEN });
  const agents = { owner };
  for (const role of ["admin", "agent", "viewer", "revoked", "colleague"]) {
    const rank = { revoked: "admin", colleague: "viewer" }[role] ?? role;
    const body = { email: `${role}@${name.toLowerCase()}.example`, role: rank };
    const { token } = await data(url, "POST", "/v1/invitations", { token: owner.token, body });
    const accepted = { token, password: "correct horse battery staple", name: role };
    agents[role] = session(await data(url, "POST", "/v1/invitations/accept", { body: accepted }));
  }
  const asOwner = (method, path, body) => data(url, method, path, { token: owner.token, body });
  await asOwner("PATCH", `/v1/agents/${agents.revoked.agentId}`, { active: false });
  const targets = [{ priority: "normal", resolutionMinutes: 600 }];
  await asOwner("POST", "/v1/sla-policies", { name: "For all", businessHours: false, targets });
  const subject = `Secret of ${name}`;
  const ticket = await asOwner("POST", "/v1/tickets", { subject, body: subject, userEmail: `user@${name}.example` });
  const [comment] = await asOwner("GET", `/v1/tickets/${ticket.id}/comments`);
  const mailed = await receive(url, owner, subject);
  const later = { body: "Later", publishAt: Date.now() + 86_400_000 };
  const waiting = await asOwner("POST", `/v1/tickets/${ticket.id}/scheduled-comments`, later);
  const invited = await asOwner("POST", "/v1/invitations", { email: `new@${name}.example`, role: "viewer" });
  const inbox = await asOwner("POST", "/v1/inboxes", {
    email: `inbox@${name}.example`, displayName: name, smtp: { host: "127.0.0.1", port: 2525, security: "plain", password: "x" },
  });
  await asOwner("POST", `/v1/inboxes/${inbox.id}/pause`, { reason: "so that nothing moves" });
  const send = await data(url, "POST", `/v1/inboxes/${inbox.id}/sends`, {
    token: owner.token, headers: { "idempotency-key": "one" }, body: { to: ["a@b.example"], subject: "x", text: "x" },
  });
  const prospect = await asOwner("POST", "/api/prospects", { email: `lead@${name}.example`, name: "Lead" });
  const file = { method: "POST", headers: { authorization: `Bearer ${owner.token}`, "content-type": "text/csv" }, body: "email\n" };
  const imported = (await (await fetch(`${url}/api/prospects/import`, file)).json()).data;
  const things = await oneOfEach(url, owner, agents.admin, ticket.id);
  await asOwner("POST", `/v1/campaigns/${things.campaign}/enrolments`, { prospectIds: [prospect.id] });
  const brought = await fetch(`${url}/v1/attachments?fileName=a`, { method: "POST", headers: { authorization: `Bearer ${owner.token}` }, body: "x" });
  const said = (await brought.json()).data;
  await asOwner("POST", `/v1/tickets/${ticket.id}/comments`, { body: "See.", attachmentIds: [said.id] });
  const keys = {};
  for (const role of [...ROLES, "revoked"]) {
    const made = await asOwner("POST", "/v1/api-keys", { name: role, role: role === "revoked" ? "owner" : role });
    keys[role] = made.key;
    if (role === "revoked") await asOwner("DELETE", `/v1/api-keys/${made.apiKey.id}`);
  }
  const ids = {
    workspaceId: owner.workspaceId, agentId: agents.colleague.agentId, invitationId: invited.invitation.id, apiKeyId: things.apiKey,
    ticketId: ticket.id, commentId: comment.id, moveId: things.ticketMove, attachmentId: said.id,
    intoId: things.merged, otherId: things.goneUser, to: prospect.id,
    userId: ticket.userId, mergeId: things.userMerge, companyId: things.company, teamId: things.team, attributeId: things.attribute,
    automationId: things.automation, workflowId: things.workflow, runId: things.run, slaPolicyId: things.slaPolicy,
    webhookId: things.webhook, notificationId: things.notification, inboxId: inbox.id, sendId: send.id, prospectId: prospect.id, campaignId: things.campaign, sourceId: things.source, importId: imported.id,
  };
  // What is called by another name, or is there for some operations only.
  const others = [
    [/scheduled-comments\/\{/, { commentId: waiting.id }],
    [/\/comments\/\{commentId\}\/html$/, { commentId: mailed.id }],
    [/\/categories\/\{/, { id: things.category }],
    [/\/custom-statuses\/\{/, { id: things.customStatus }],
    [/\/canned-replies\/\{/, { id: things.cannedReply }],
    [/\/signatures\/\{/, { id: things.signature }],
    [/\/macros\/\{/, { id: things.macro }],
    [/\/views\/\{/, { id: things.view }],
    [/\/members\//, { agentId: agents.admin.agentId }],
    [/\/draft$/, { ticketId: things.drafted }],
    [/\/restore$/, { ticketId: things.deleted }],
    [/\/eras(e|ure)$/, { userId: things.otherUser }],
    [/^DELETE .*\/attachments\//, { attachmentId: things.attachment }],
  ];
  const of = ({ method, path }) => Object.assign({}, ids, ...others.filter(([where]) => where.test(`${method} ${path}`)).map(([, more]) => more));
  return { agents, keys, of };
}

test("every operation has a row in tests/matrix.json, and every row an operation", () => {
  const known = operations.map((operation) => operation.operationId).sort();
  assert.deepEqual(Object.keys(ROWS).sort(), known);
  const words = [...ROLES, "anybody", "operator"];
  for (const [id, row] of Object.entries(ROWS)) assert.ok(words.includes(row), `${id}: ${row}`);
});

test("everybody may do what their row says, and nothing else", { timeout: 600_000 }, async (t) => {
  const { url } = await productWorker(t, { main: MAIL_ENTRY, vars: { OPEN_REGISTRATION: "true" } });
  const [ours, theirs] = [await workspace(url, "Ours"), await workspace(url, "Theirs")];
  const wrong = [];
  let asked = 0;
  const expect = (who, operation, answer, right) => {
    asked += 1;
    if (!right || answer.status >= 500) wrong.push(`${who} ${operation.operationId}: ${answer.status} ${answer.text.slice(0, 300)}`);
  };
  const refused = ({ status, text }) => status === 401 || (status === 403 && /needs the permission/.test(text));
  // What takes something away comes last, parts before what they are of, and then what ends a session.
  const order = (operation) => (/^logout/.test(operation.operationId) ? 2 : operation.method === "DELETE" ? 1 : 0);
  const lastWords = { logout: ["viewer", "agent"], logoutEverywhere: ["admin", "owner"] };
  const deep = ({ path }) => path.split("/").length;
  const sorted = [...operations].sort((a, b) => order(a) - order(b) || (order(a) === 1 ? deep(b) - deep(a) : 0)).filter((operation) => !/^realtime/.test(operation.operationId));
  for (const operation of sorted) {
    const row = ROWS[operation.operationId];
    const ids = ours.of(operation);
    const open = row === "anybody";
    if (!open) {
      for (const [who, token] of [["anonymous", undefined], ["revoked", ours.agents.revoked.token], ["revoked key", ours.keys.revoked]]) {
        const answer = await ask(url, operation, ids, token);
        expect(who, operation, answer, answer.status === 401);
      }
    }
    const stranger = await ask(url, operation, ids, theirs.agents.owner.token);
    const foreign = Object.keys(ids).some((name) => operation.path.includes(`{${name}}`));
    expect("other workspace", operation, stranger, !stranger.text.includes("Secret of Ours") && (!foreign || open || stranger.status === 404));
    const found = [];
    for (const [level, role] of ROLES.entries()) {
      if (lastWords[operation.operationId]?.includes(role) === false) continue;
      const may = open || (row !== "operator" && level >= ROLES.indexOf(row));
      const answer = await ask(url, operation, ids, ours.agents[role].token);
      const right = may ? open || !refused(answer) : answer.status === 403;
      expect(role, operation, answer, right);
      if (may) found.push(answer.status);
      const byKey = await ask(url, operation, ids, ours.keys[role]);
      if (may) found.push(byKey.status);
      const reads = role === "viewer" && OF_ONESELF.includes(operation.operationId);
      const mayByKey = may && !reads && !OF_SESSIONS.includes(operation.operationId);
      expect(`key of a ${role}`, operation, byKey, mayByKey ? open || !refused(byKey) : open || byKey.status === 403);
    }
    // Where nothing is found, nobody is told that they may not: what is asked about must be there.
    const there = !operation.path.includes("{") || row === "operator" || OF_DEPLOYMENT.includes(operation.operationId) || found.some((status) => status !== 404);
    if (!there) wrong.push(`${operation.operationId}: what it is about is not there`);
  }
  t.diagnostic(`${asked} questions by 12 kinds of callers, ${wrong.length} wrong answers`);
  assert.deepEqual(wrong, []);
});
