// Cron triggers: what they ask for, and that a trigger that is told twice runs once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { data, register } from "../harness/api.mjs";
import { startSlowSmtp } from "../harness/slow_smtp.mjs";
import { until } from "../harness/until.mjs";
import { later, MAIL_ENTRY, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const EVENING = { timeZone: "UTC", week: [{ day: "sunday", from: "00:00", to: "00:01" }] };

test("each trigger does its work, once where it is told twice", { timeout: 120_000 }, async (t) => {
  const slow = await startSlowSmtp();
  later(t, () => slow.stop());
  const { url } = await productWorker(t, { main: MAIL_ENTRY, vars: { PUBLIC_URL: "https://mail.acme.example" } });
  const { token } = await register(url, "Acme", { operator });
  await register(url, "Idle", { operator });
  const ask = (method, path, body) => data(url, method, path, { token, body });
  const inbox = await ask("POST", "/v1/inboxes", { email: "sales@acme.example", displayName: "Acme", smtp: slow.way });
  const campaign = await ask("POST", "/v1/campaigns", {
    name: "Doors", inboxIds: [inbox.id], footer: "Acme Ltd", window: EVENING, steps: [{ subject: "Doors", text: "A door?" }],
  });
  await ask("POST", `/v1/campaigns/${campaign.id}/start`);
  const trigger = async (cron) => {
    const answer = await fetch(`${url}/test/scheduled?cron=${encodeURIComponent(cron)}`, { method: "POST" });
    assert.equal(answer.status, 200, `${cron}: ${await answer.text()}`);
  };
  const done = async (name) => (await data(url, "GET", "/api/status/queues", { token: operator })).find((one) => one.queue === name)?.done ?? 0;
  const turns = async () => (await ask("GET", `/v1/campaigns/${campaign.id}/turns`)).reduce((sum, { turns }) => sum + turns, 0);

  const send = "*/5 8-18 * * MON-SAT";
  // Until the room's summary is in D1, by which the trigger finds it.
  const before = await turns();
  await until(async () => {
    await trigger(send);
    return (await done("send-queue")) > 0;
  }, "the workspace whose campaign sends is asked to", 90_000);
  assert.ok((await turns()) > before, "a turn was taken");
  // Half a minute later, told four times within a second: it is asked once more.
  await new Promise((later) => setTimeout(later, 31_000));
  const asked = 1 + (await done("send-queue"));
  await Promise.all([trigger(send), trigger(send), trigger(send), trigger(send)]);
  for (const cron of ["* * * * *", "0 6 * * SUN", "0 6 * * SUN", "0 7 * * *", "0 7 * * *", "1 1 1 1 *"]) await trigger(cron);
  await until(async () => (await done("send-queue")) >= asked + 4, "both workspaces are asked to put old decisions away, and how their week was");
  await until(async () => (await done("prospect-queue")) >= 2, "both workspaces are asked about their prospects");
  await new Promise((later) => setTimeout(later, 3_000));
  assert.deepEqual([await done("send-queue"), await done("prospect-queue")], [asked + 4, 2]);
});
