// Every operation of the API's document, and a workspace that has what each is about: for tests that
// ask all of them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { call, data, register, session } from "./api.mjs";
import { least, UNKNOWN } from "./least.mjs";
import { oneOfEach } from "./one_of_each.mjs";
import { VARS } from "./worker.mjs";

const DOCUMENT = JSON.parse(readFileSync(join(ROOT, "gateway", "assets", "openapi.json"), "utf8"));

/** The roles, by how much they may. */
export const ROLES = ["viewer", "agent", "admin", "owner"];

/** Each operation of the document: { method, path, operationId, … }. */
export const operations = Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, ...operation })),
);

// Bodies, where the least one by the document is refused before it is seen what it is about.
const BODIES = { scheduleComment: { body: "Later.", holdSeconds: 30 } };

// What takes something away comes last, parts before what they are of, and then what ends a session.
const rank = (operation) => (/^logout/.test(operation.operationId) ? 2 : operation.method === "DELETE" ? 1 : 0);
const deep = ({ path }) => path.split("/").length;

/** The operations in an order in which none takes away what a later one is about; sockets apart. */
export const inOrder = [...operations]
  .sort((a, b) => rank(a) - rank(b) || (rank(a) === 1 ? deep(b) - deep(a) : 0))
  .filter((operation) => !/^realtime/.test(operation.operationId));

let questions = 0;

/** Asks an operation; gives { status, code, text }. */
export async function ask(url, operation, ids, token) {
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
export async function workspace(url, name) {
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
