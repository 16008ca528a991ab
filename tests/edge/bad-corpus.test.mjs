// The corpus of bad input, case by case: each gets its status or close code, and changes nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { call, data, join, register, session } from "../harness/api.mjs";
import { build, changed, dump, marks } from "../harness/bad_world.mjs";
import { cases, groups, player } from "../harness/corpus.mjs";
import { forgeries, open, sign } from "../harness/forge.mjs";
import { relay } from "../harness/relay.mjs";
import { dial, ticketFor } from "../harness/socket.mjs";
import { MAIL_ENTRY, productWorker, VARS } from "../harness/worker.mjs";

/** A file on a comment, and links to it: the owner's, what can be made of it, and those of agents who go. */
async function links(url, { owner, things }, { off, out, other }) {
  const headers = { authorization: `Bearer ${owner.token}` };
  const brought = await fetch(`${url}/v1/attachments?fileName=linked.txt`, { method: "POST", headers, body: "Linked." });
  const { id } = (await brought.json()).data;
  const body = { body: "See the file.", attachmentIds: [id] };
  await data(url, "POST", `/v1/tickets/${things.drafted}/comments`, { token: owner.token, body });
  const linkOf = async ({ token }) => new URL((await data(url, "GET", `/v1/attachments/${id}/link`, { token })).url).pathname;
  const link = await linkOf(owner);
  const [text, seal] = link.slice("/files/".length).split(".");
  const parts = Buffer.from(text, "base64url").toString().split("|");
  // workspace, file, agent, session, epoch, whether it is shown, until when
  const said = (at, value) => `/files/${Buffer.from(parts.with(at, String(value)).join("|")).toString("base64url")}.${seal}`;
  const switchedOff = await linkOf(off);
  return {
    linked: id, link, "link.later": said(6, Number(parts[6]) + 60_000), "link.earlier": said(6, Number(parts[6]) - 1_000),
    "link.otherFile": said(1, things.attachment), "link.otherWorkspace": said(0, other), "link.otherAgent": said(2, off.agentId),
    "link.inline": said(5, 1), "link.upper": `/files/${text.toUpperCase()}.${seal}`, "link.twice": `/files/${text}%252e${seal}`,
    "link.dot": `/files/${text}%2e${seal}`, "link.unsealed": `/files/${text}`, "link.mixed": `/files/${text}.${switchedOff.split(".")[1]}`,
    "link.capitals": link.replace("/files/", "/FILES/"), "link.switchedOff": switchedOff, "link.loggedOut": await linkOf(out),
  };
}

/** The endpoint of an inbox's relay, which has told of nothing under an id. */
async function endpoint(url, { owner: { token }, inbox }, id) {
  const made = await data(url, "POST", `/v1/inboxes/${inbox}/delivery-webhook`, { token });
  const { pathname: path } = new URL(made.url, url);
  assert.deepEqual(await relay(path, made.secret).tell(url, id, []), { status: 200, noted: 0, late: 0, ignored: 0, repeated: false });
  return { path, secret: made.secret };
}

/** A workspace that gets the mails, and answers some: its owner. A mail of another's came before. */
async function mailDesk(url, { mine }) {
  const desk = await register(url, "Mail", { operator: VARS.ADMIN_TOKEN });
  const deliver = async (to, subject, id) => {
    const query = new URLSearchParams({ from: "ann@customer.example", to: `${to}@in.example` });
    const body = `From: ann@customer.example\r\nSubject: ${subject}\r\nMessage-ID: <${id}>\r\n\r\nHello.`;
    assert.equal((await fetch(`${url}/test/email?${query}`, { method: "POST", body })).status, 200);
  };
  await deliver(mine.owner.workspaceId, "Of another", "first@other.example");
  await deliver(desk.workspaceId, "Of the desk", "first@desk.example");
  const conditions = { of: [{ field: "subject", op: "contains", values: ["answer me"] }] };
  const actions = [{ reply: { body: "We have it." } }];
  const body = { name: "Answers", trigger: { on: "ticketCreated" }, conditions, actions };
  await data(url, "POST", "/v1/automations", { token: desk.token, body });
  return desk;
}

/** What the cases may name, beside what the world has: tickets, tokens that were good once. */
async function fixtures(url, world) {
  const { mine, their, viewer } = world;
  const { owner } = mine;
  const asOwner = (method, path, body) => data(url, method, path, { token: owner.token, body });
  const leaver = await join(url, owner, "agent", "Lea");
  const off = await join(url, owner, "agent", "Olaf");
  const out = await join(url, owner, "agent", "Lou");
  const file = await links(url, mine, { off, out, other: their.owner.workspaceId });
  await asOwner("PATCH", `/v1/agents/${off.agentId}`, { active: false });
  await call(url, "POST", "/v1/auth/logout", { token: out.token, body: {} });
  const [first] = await asOwner("GET", `/v1/tickets/${mine.ticket}/comments`);
  const [otherComment] = await asOwner("GET", `/v1/tickets/${mine.things.drafted}/comments`);
  // It was the owner who wrote the first reply, so that reports name them.
  await asOwner("PATCH", `/v1/agents/${owner.agentId}`, { name: "=cmd|' /C calc'!A0" });
  const used = await ticketFor(url, owner.token);
  await (await dial(url, owner, { ticket: used })).close();
  const fresh = await ticketFor(url, owner.token);
  const { header, claims } = open(viewer.token);
  const relay = await endpoint(url, mine, "used");
  const theirRelay = await endpoint(url, their, "their-used");
  const secrets = { otherWorkspace: their.owner.workspaceId, otherAgent: viewer.agentId, refreshToken: owner.refreshToken, realtimeTicket: fresh };
  const names = {
    forged: Object.fromEntries(forgeries(owner.token, VARS.JWT_SECRET, secrets)),
    workspace: owner.workspaceId, ticket: mine.ticket, TICKET: mine.ticket.toUpperCase(), closed: mine.closed, comment: mine.comment,
    scheduled: mine.scheduled, invitation: mine.invitation, agent: owner.agentId, viewer: viewer.agentId, leaver: leaver.agentId,
    user: mine.user, inbox: mine.inbox, send: mine.send, prospect: mine.prospect, cursor: mine.cursor,
    changedCursor: changed(mine.cursor), missing: "0190f5fe-7c00-7a00-8000-0000000000ff",
    off: off.agentId, first: first.id, otherComment: otherComment.id, tomorrow: Date.now() + 24 * 3_600_000, ...mine.things, ...file,
    long: "a".repeat(3_000), fiveKilobytes: "a".repeat(5_000), tenKilobytes: "a".repeat(10_000), key256: "k".repeat(256),
    now: Date.now(), delivery: relay.path, deliverySecret: relay.secret, changedDelivery: changed(relay.path),
    "their.delivery": theirRelay.path, "their.deliverySecret": theirRelay.secret, "their.send": their.send,
    today: new Date().toISOString().slice(0, 10),
    "ticket.used": used, "token.owner": owner.token, "token.viewer": viewer.token, "token.refresh": owner.refreshToken,
    "token.switchedOff": off.token, "token.loggedOut": out.token, "token.promoted": sign(header, { ...claims, role: "owner" }, VARS.JWT_SECRET),
    "token.operatorCut": VARS.ADMIN_TOKEN.slice(0, -1), "token.operatorMore": `${VARS.ADMIN_TOKEN}x`,
    "their.workspace": their.owner.workspaceId, "their.ticket": their.ticket, "their.comment": their.comment, "their.agent": their.owner.agentId,
    "their.user": their.user, "their.inbox": their.inbox, "their.prospect": their.prospect, "their.cursor": their.cursor,
    "their.scheduled": their.scheduled, ...Object.fromEntries(Object.entries(their.things).map(([name, id]) => [`their.${name}`, id])),
    "their.realtimeTicket": await ticketFor(url, their.owner.token), "their.token": their.owner.token,
  };
  return { names, tokens: { owner: owner.token, viewer: viewer.token, leaver: leaver.token, their: their.owner.token, operator: VARS.ADMIN_TOKEN } };
}

test("the corpus of bad input", { timeout: 900_000 }, async (t) => {
  const worker = await productWorker(t, { main: MAIL_ENTRY, vars: { ENVIRONMENT: "production", CORS_ORIGINS: "https://desk.example", OPERATOR_WORKSPACES: "" } });
  const { url } = worker;
  const world = await build(url);
  const desk = await mailDesk(url, world);
  const { names, tokens } = await fixtures(url, world);
  Object.assign(names, { desk: desk.workspaceId, deskOwner: desk.email });
  const { play, quiet } = player({ url, names, tokens, desk, mark: () => marks(url, world) });
  const known = groups();
  assert.deepEqual(known, ["A", "C", "D", "G", "H", "L", "M", "O", "P", "Q", "R", "S", "T", "W"]);
  const mails = new Set(cases("M").map(({ file }) => Number.parseInt(file.slice(2), 10)));
  assert.deepEqual([...mails].sort(), Array.from({ length: 10 }, (_, n) => 43 + n), "every kind of bad mail");
  let played = 0;
  for (const group of known) {
    await t.test(`group ${group}`, async (t) => {
      const list = cases(group);
      assert.ok(list.length > 0, "there are cases");
      let before = await dump(url, world);
      for (const one of list) {
        await t.test(`${one.file.replace(/^.*?([^/-]+)-.*$/, "$1")} ${one.name}`, () => play(one));
        played += 1;
        if (one.meanwhile || one.events) before = await dump(url, world);
      }
      const after = await dump(url, world);
      const other = Object.keys(before).find((where) => !isDeepStrictEqual(after[where], before[where]));
      if (other) assert.deepEqual(after[other], before[other], `group ${group} changed ${other}`);
    });
  }
  await quiet();
  const log = worker.logText();
  // The handler takes it, and the queue tries again: what its room refuses would hide there.
  assert.ok(!log.includes("mail_queued"), "each mail was filed at once");
  assert.ok(!log.includes("RuntimeError") && !log.includes("unreachable"), "no trap in the log");
  t.diagnostic(`${played} cases, each with the database unchanged`);
});
