// What tests of bad input share: two workspaces with one of everything, and all that they show.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join as path } from "node:path";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { all, call, data, join, register } from "./api.mjs";
import { oneOfEach } from "./one_of_each.mjs";
import { until } from "./until.mjs";
import { VARS } from "./worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const DOCUMENT = JSON.parse(readFileSync(path(ROOT, "gateway", "assets", "openapi.json"), "utf8"));

/** Two workspaces with one of everything, and a viewer in the first. */
export async function build(url) {
  const one = async (name) => {
    const owner = await register(url, name, { operator });
    const { token } = owner;
    const post = (where, body, headers) => data(url, "POST", where, { token, body, headers });
    const ticket = await post("/v1/tickets", { subject: "Open", userEmail: "ann@customer.example", body: "Hello." });
    const closed = await post("/v1/tickets", { subject: "Closed", status: "closed" });
    const comment = await post(`/v1/tickets/${ticket.id}/comments`, { body: "Said." }, { "idempotency-key": "used" });
    const publishAt = Date.now() + 24 * 3_600_000;
    const scheduled = await post(`/v1/tickets/${ticket.id}/scheduled-comments`, { body: "Later.", publishAt });
    const { invitation } = await post("/v1/invitations", { email: "open@agents.example", role: "agent" });
    const smtp = { host: "mail.acme.example", port: 465, password: "x" };
    const inbox = await post("/v1/inboxes", { email: "desk@acme.example", smtp, warmup: false });
    await post(`/v1/inboxes/${inbox.id}/pause`, { reason: "so that nothing moves" });
    const send = await post(`/v1/inboxes/${inbox.id}/sends`, { to: ["a@b.example"], subject: "x", text: "x" }, { "idempotency-key": "one" });
    const prospect = await post("/api/prospects", { email: "pat@prospect.example" });
    const things = await oneOfEach(url, owner, await join(url, owner, "agent", "Ada"), ticket.id);
    const { body } = await call(url, "GET", "/v1/tickets?limit=1", { token });
    assert.ok(body.meta.nextCursor);
    return { things, owner, ticket: ticket.id, closed: closed.id, comment: comment.id, scheduled: scheduled.id, invitation: invitation.id,
      user: ticket.userId, inbox: inbox.id, send: send.id, prospect: prospect.id, cursor: body.meta.nextCursor };
  };
  const [mine, their] = [await one("Bad"), await one("Other")];
  const viewer = await join(url, mine.owner, "viewer", "Vic");
  const settled = async ({ owner: { token } }) =>
    (await all(url, "/api/prospects", { token })).length === 1 && (await all(url, "/api/emails", { token })).length === 1 && (await all(url, "/v1/inboxes", { token }))[0]?.status === "paused";
  await until(async () => (await settled(mine)) && (await settled(their)), "the summaries");
  return { mine, their, viewer };
}

/** What is not the same twice, or not JSON. */
const ELSEWHERE = new Set(["/", "/healthz", "/readyz", "/realtime", "/v1/realtime", "/v1/poll", "/v1/reports/csv",
  "/api/admin/dead-entries", "/api/admin/digest", "/api/admin/dead-letters", "/api/admin/suppressions", "/api/status/queues", "/api/status/rate-limits"]);

/** Every operation that reads without being told what: those of the document. */
const READS = Object.entries(DOCUMENT.paths).filter(([where, item]) => {
  const needs = (item.get?.parameters ?? []).some(({ required }) => required);
  const json = item.get?.responses?.["200"]?.content?.["application/json"];
  return json && !needs && !where.includes("{") && !ELSEWHERE.has(where);
}).map(([where]) => where);

/** Everything that both workspaces show, without the time of asking. */
export async function dump(url, { mine, their }) {
  const found = {};
  for (const { owner, ticket, inbox, prospect, send, things } of [mine, their]) {
    const { token } = owner;
    const single = [`/v1/tickets/${ticket}`, `/v1/inboxes/${inbox}`, `/v1/inboxes/${inbox}/sends/${send}`, `/api/prospects/${prospect}`];
    const lists = [`/v1/tickets/${ticket}/comments`, `/v1/tickets/${ticket}/activities`, `/v1/tickets/${ticket}/followers`, `/v1/tickets/${ticket}/moves`,
      `/v1/tickets/${ticket}/sla`, `/v1/tickets/${things.deleted}`, `/v1/tickets/${things.merged}`, `/v1/tickets/${things.claimed}`,
      `/v1/tickets/${things.drafted}/draft`, `/v1/users/${things.otherUser}/merges`, `/v1/webhooks/${things.webhook}/deliveries`,
      `/v1/inboxes/${inbox}/sends`, `/api/prospects/${prospect}/history`];
    const read = async (where) => {
      const { status, body } = await call(url, "GET", where, { token });
      assert.ok([200, 404, 409, 422].includes(status), `GET ${where}: ${status} ${JSON.stringify(body)}`);
      return body.meta?.nextCursor ? all(url, where, { token }) : body.data ?? body.error.code;
    };
    for (const where of [...READS, ...single, ...lists]) found[owner.workspaceId + where] = timeless(await read(where));
  }
  return found;
}

/** How far each room is, and how much it holds: quicker than all of it. */
export async function marks(url, { mine, their }) {
  const found = [];
  for (const { owner } of [mine, their]) found.push(timeless(await data(url, "GET", "/v1/snapshot", { token: owner.token })));
  return found;
}

/** A value without what only says when it was asked for. */
const timeless = (value) =>
  JSON.parse(JSON.stringify(value ?? null, (name, inner) => (["now", "since", "generatedAt"].includes(name) ? undefined : inner)));

/** A cursor with one letter of its middle changed. */
export function changed(cursor) {
  const at = Math.floor(cursor.length / 2);
  return cursor.slice(0, at) + (cursor[at] === "A" ? "B" : "A") + cursor.slice(at + 1);
}
