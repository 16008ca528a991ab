// Operators are told of what begins and ends in a workspace, each once, and of how its week was.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, data, register } from "../harness/api.mjs";
import { startAlerts } from "../harness/providers/alerts.mjs";
import { startAnthropic } from "../harness/providers/anthropic.mjs";
import { startSlowSmtp } from "../harness/slow_smtp.mjs";
import { until } from "../harness/until.mjs";
import { ALWAYS } from "../harness/window.mjs";
import { later, MAIL_ENTRY, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;

test("pauses, texts that wait and weeks ring once each, and so do their ends", { timeout: 240_000 }, async (t) => {
  const [alerts, anthropic, slow] = await Promise.all([
    startAlerts(), startAnthropic({ otherwise: "Your doors are the best in town. Shall we talk?" }), startSlowSmtp(),
  ]);
  for (const one of [alerts, anthropic, slow]) later(t, () => one.stop());
  const vars = { PUBLIC_URL: "https://mail.acme.example", ...alerts.vars, ...anthropic.vars };
  const { url } = await productWorker(t, { main: MAIL_ENTRY, vars });
  const { token, workspaceId } = await register(url, "Acme", { operator });
  const ask = (method, path, body) => data(url, method, path, { token, body });
  const inbox = await ask("POST", "/v1/inboxes", { email: "sales@acme.example", displayName: "Acme", smtp: slow.way, warmup: false });
  const rung = async (type, count) => {
    await until(() => alerts.of(type).length >= count, `${type} rings`, 60_000);
    return alerts.of(type).map(({ json }) => json);
  };

  // A pause, which is asked for twice, and its end.
  const pause = () => ask("POST", `/v1/inboxes/${inbox.id}/pause`, { reason: "holiday" });
  const { pausedAt } = await pause();
  await pause();
  const of = { type: "inboxPaused", workspaceId, inboxId: inbox.id, email: "sales@acme.example" };
  assert.deepEqual(await rung("inboxPaused", 1), [{ ...of, state: "raised", at: pausedAt, reason: "holiday", number: 1 }]);
  const digest = () => ask("GET", "/api/admin/digest");
  const trouble = { inboxId: inbox.id, email: "sales@acme.example", paused: "holiday", unknown: 0 };
  await until(async () => (await digest()).inboxes.length === 1, "D1 knows the inbox");
  assert.deepEqual((await digest()).inboxes, [trouble]);
  await ask("POST", "/api/admin/resume-inbox", { inboxId: inbox.id });
  const [, resumed] = await rung("inboxPaused", 2);
  assert.deepEqual(resumed, { ...of, state: "recovered", at: resumed.at, number: 2 });

  // Two texts wait for approval.
  const steps = [{ subject: "Doors", text: "Dear {{firstName}},\n\n{{ai}}", ai: { prompt: "Praise their doors." } }];
  const campaign = await ask("POST", "/v1/campaigns", {
    name: "Doors", inboxIds: [inbox.id], footer: "Acme Ltd, 1 Road, Town", window: ALWAYS, spacingS: 0, steps, aiRules: { approval: true },
  });
  const path = `/v1/campaigns/${campaign.id}`;
  await ask("POST", `${path}/start`);
  const prospectIds = [];
  for (const name of ["ann", "bob"]) {
    prospectIds.push((await ask("POST", "/api/prospects", { email: `${name}@customer.example`, name })).id);
  }
  await ask("POST", `${path}/enrolments`, { prospectIds });
  const waiting = () => ask("GET", `${path}/texts?state=awaitingApproval`);
  await until(async () => (await waiting()).length === 2, "both are written", 60_000);
  const [raised] = await rung("reviewNeeded", 1);
  const review = { type: "reviewNeeded", workspaceId };
  assert.deepEqual(raised, { ...review, state: "raised", at: raised.at, reason: "a text waits for approval", number: 3 });
  assert.equal((await digest()).outreach.textsWaiting, 2);
  for (const { prospectId, version } of await waiting()) {
    assert.equal(alerts.of("reviewNeeded").length, 1);
    await ask("POST", `${path}/texts/${prospectId}`, { step: 1, verdict: "approve", ifVersion: version });
  }
  const [, judged] = await rung("reviewNeeded", 2);
  assert.deepEqual(judged, { ...review, state: "recovered", at: judged.at, number: 4 });
  await until(async () => (await digest()).outreach.sent === 2, "both have left", 60_000);

  // Sunday comes twice.
  const queue = async () => (await data(url, "GET", "/api/status/queues", { token: operator })).find((one) => one.queue === "send-queue");
  const work = JSON.stringify({ v: 1, kind: "archiveOutreach", workspaceId });
  const before = (await queue()).done;
  for (let n = 0; n < 3; n++) {
    const answer = await fetch(`${url}/test/enqueue?queue=send-queue`, { method: "POST", body: work });
    assert.equal(answer.status, 200);
  }
  const [week] = await rung("digest", 1);
  await until(async () => (await queue()).done >= before + 6, "all three are archived and told", 60_000);
  const outreach = { sent: 2, replied: 0, meetings: 0, optedOut: 0, bounced: 0, complained: 0, textsWaiting: 0 };
  assert.deepEqual(week.digest, { from: week.at - 7 * 86_400_000, to: week.at, outreach, inboxes: [] });
  assert.deepEqual([week.type, week.state, week.workspaceId, week.deadLetters, week.number], ["digest", "raised", workspaceId, 0, 5]);
  assert.equal((await call(url, "GET", "/api/admin/digest")).status, 401);

  // A pause so soon after the last does not ring; that of another inbox does, after all else.
  await pause();
  const other = await ask("POST", "/v1/inboxes", { email: "desk@acme.example", displayName: "Desk", smtp: slow.way, warmup: false });
  await ask("POST", `/v1/inboxes/${other.id}/pause`, { reason: "holiday" });
  assert.equal((await rung("inboxPaused", 3))[2].inboxId, other.id);
  const all = alerts.received.map(({ json, times }) => `${json.type} ${json.state} ${times}`);
  assert.deepEqual(all, [
    "inboxPaused raised 1", "inboxPaused recovered 1", "reviewNeeded raised 1", "reviewNeeded recovered 1", "digest raised 1",
    "inboxPaused raised 1",
  ]);
});
