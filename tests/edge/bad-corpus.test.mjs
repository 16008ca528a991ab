// The corpus of bad input, case by case: each gets its status or close code, and changes nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { call, data, join, session } from "../harness/api.mjs";
import { build, changed, dump, marks } from "../harness/bad_world.mjs";
import { cases, groups, player } from "../harness/corpus.mjs";
import { forgeries, open, sign } from "../harness/forge.mjs";
import { dial, ticketFor } from "../harness/socket.mjs";
import { productWorker, VARS } from "../harness/worker.mjs";

/** What the cases may name, beside what the world has: tickets, tokens that were good once. */
async function fixtures(url, world) {
  const { mine, their, viewer } = world;
  const { owner } = mine;
  const asOwner = (method, path, body) => data(url, method, path, { token: owner.token, body });
  const leaver = await join(url, owner, "agent", "Lea");
  const off = await join(url, owner, "agent", "Olaf");
  await asOwner("PATCH", `/v1/agents/${off.agentId}`, { active: false });
  const out = await join(url, owner, "agent", "Lou");
  await call(url, "POST", "/v1/auth/logout", { token: out.token, body: {} });
  const team = await asOwner("POST", "/v1/teams", { name: "Team" });
  // It was the owner who wrote the first reply, so that reports name them.
  await asOwner("PATCH", `/v1/agents/${owner.agentId}`, { name: "=cmd|' /C calc'!A0" });
  const used = await ticketFor(url, owner.token);
  await (await dial(url, owner, { ticket: used })).close();
  const fresh = await ticketFor(url, owner.token);
  const { header, claims } = open(viewer.token);
  const secrets = { otherWorkspace: their.owner.workspaceId, otherAgent: viewer.agentId, refreshToken: owner.refreshToken, realtimeTicket: fresh };
  const names = {
    forged: Object.fromEntries(forgeries(owner.token, VARS.JWT_SECRET, secrets)),
    workspace: owner.workspaceId, ticket: mine.ticket, TICKET: mine.ticket.toUpperCase(), closed: mine.closed, comment: mine.comment,
    scheduled: mine.scheduled, invitation: mine.invitation, agent: owner.agentId, viewer: viewer.agentId, leaver: leaver.agentId,
    user: mine.user, inbox: mine.inbox, send: mine.send, prospect: mine.prospect, cursor: mine.cursor,
    changedCursor: changed(mine.cursor), missing: "0190f5fe-7c00-7a00-8000-0000000000ff", team: team.id,
    long: "a".repeat(3_000), fiveKilobytes: "a".repeat(5_000), tenKilobytes: "a".repeat(10_000), key256: "k".repeat(256),
    today: new Date().toISOString().slice(0, 10),
    "ticket.used": used, "token.owner": owner.token, "token.viewer": viewer.token, "token.refresh": owner.refreshToken,
    "token.switchedOff": off.token, "token.loggedOut": out.token, "token.promoted": sign(header, { ...claims, role: "owner" }, VARS.JWT_SECRET),
    "token.operatorCut": VARS.ADMIN_TOKEN.slice(0, -1), "token.operatorMore": `${VARS.ADMIN_TOKEN}x`,
    "their.workspace": their.owner.workspaceId, "their.ticket": their.ticket, "their.comment": their.comment, "their.agent": their.owner.agentId,
    "their.user": their.user, "their.inbox": their.inbox, "their.prospect": their.prospect, "their.cursor": their.cursor,
    "their.realtimeTicket": await ticketFor(url, their.owner.token), "their.token": their.owner.token,
  };
  return { names, tokens: { owner: owner.token, viewer: viewer.token, leaver: leaver.token, their: their.owner.token } };
}

test("the corpus of bad input", { timeout: 300_000 }, async (t) => {
  const worker = await productWorker(t, { vars: { CORS_ORIGINS: "https://desk.example", OPERATOR_WORKSPACES: "" } });
  const { url } = worker;
  const world = await build(url);
  const { names, tokens } = await fixtures(url, world);
  const play = player({ url, names, tokens, mark: () => marks(url, world) });
  const known = groups();
  assert.ok(["A", "C", "L", "W"].every((group) => known.includes(group)), `groups: ${known}`);
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
  const log = worker.logText();
  assert.ok(!log.includes("RuntimeError") && !log.includes("unreachable"), "no trap in the log");
  t.diagnostic(`${played} cases, each with the database unchanged`);
});
