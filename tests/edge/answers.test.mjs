// What comes back from campaigns: classified, shown, and operators are told of who wants to meet.

import assert from "node:assert/strict";
import { test } from "node:test";
import { data, register } from "../harness/api.mjs";
import { startAlerts } from "../harness/providers/alerts.mjs";
import { startSlowSmtp } from "../harness/slow_smtp.mjs";
import { until } from "../harness/until.mjs";
import { later, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const ALWAYS = { timeZone: "UTC", week: DAYS.map((day) => ({ day, from: "00:00", to: "24:00" })) };
const ANSWERS = {
  ann: ["Let's meet on Tuesday.", "meeting", "stopped replied"],
  bob: ["Klingt gut, schicken Sie mir mehr Informationen.", "interested", "stopped replied"],
  cleo: ["Pas pour le moment, merci.", "notNow", "waiting notNow"],
  dirk: ["Graag geen mails meer.", "optOut", "stopped optOut"],
  eva: ["We moved to a tent.", "other", "stopped replied"],
};

test("answers are told apart, and who wants to meet rings once", { timeout: 180_000 }, async (t) => {
  const [slow, alerts] = await Promise.all([startSlowSmtp(), startAlerts()]);
  for (const one of [slow, alerts]) later(t, () => one.stop());
  const vars = { PUBLIC_URL: "https://mail.acme.example", ALERT_WEBHOOK_URL: alerts.url, ALERT_WEBHOOK_SECRET: alerts.secret };
  const { url } = await productWorker(t, { vars });
  const { token, workspaceId } = await register(url, "Acme", { operator });
  const ask = (method, path, body) => data(url, method, path, { token, body });
  const smtp = { host: "127.0.0.1", port: slow.port, security: "plain", password: "x" };
  const inbox = await ask("POST", "/v1/inboxes", { email: "sales@acme.example", displayName: "Acme", smtp, warmup: false });
  const ids = {};
  for (const name of Object.keys(ANSWERS)) {
    ids[name] = (await ask("POST", "/api/prospects", { email: `${name}@customer.example`, name })).id;
  }
  const campaign = await ask("POST", "/v1/campaigns", {
    name: "Doors", inboxIds: [inbox.id], footer: "Acme Ltd, 1 Road, Town", window: ALWAYS, spacingS: 0, notNowDays: 30,
    steps: [{ subject: "Doors", text: "A door, {{name}}? Let's meet." }, { text: "Still no door?", delayDays: 3 }],
  });
  const path = `/v1/campaigns/${campaign.id}`;
  await ask("POST", `${path}/enrolments`, { prospectIds: Object.values(ids) });
  await ask("POST", `${path}/start`);
  await until(() => slow.mails.length === 5, "all have the first step", 90_000);
  const one = (name) => ask("GET", `${path}/enrolments/${ids[name]}`);
  const write = async (name, text, n = 0) => {
    await until(async () => (await one(name)).sent === 1, `${name}'s mail has left`, 30_000);
    const raw = `From: ${name}@customer.example\r\nTo: sales@acme.example\r\nSubject: Re: Doors\r\nMessage-ID: <${name}${n}@customer.example>\r\n` +
      `Content-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n\r\nOn Monday Acme wrote:\r\n> A door, ${name}? Let's meet.\r\n`;
    const query = `from=${name}@customer.example&to=${workspaceId}@in.example`;
    const told = await fetch(`${url}/cdn-cgi/handler/email?${query}`, { method: "POST", body: raw });
    assert.equal(told.status, 200, await told.text());
  };
  for (const [name, [text, kind, stands]] of Object.entries(ANSWERS)) {
    await write(name, text);
    const found = await until(async () => {
      const found = await one(name);
      return found.answer && found;
    }, `${name} is heard`, 30_000);
    assert.deepEqual([found.answer.kind, `${found.state} ${found.reason}`], [kind, stands], name);
    const ticket = await ask("GET", `/v1/tickets/${found.answer.ticketId}`);
    assert.equal(ticket.subject, "Re: Doors");
  }
  await until(() => alerts.received.length === 1, "operators are told", 60_000);
  const { answer } = await one("ann");
  assert.deepEqual(alerts.received[0].json, {
    type: "meeting", state: "raised", at: answer.at, workspaceId, campaignId: campaign.id,
    prospectId: ids.ann, ticketId: answer.ticketId,
  });
  await write("ann", "Call me, please.", 1);
  await until(async () => (await one("ann")).answer.at > answer.at, "Ann is heard again", 30_000);
  // Somebody else is told of later than she would be.
  await write("bob", "Book a call with me.", 1);
  await until(() => alerts.received.length === 2, "and again", 60_000);
  assert.deepEqual(alerts.received.map(({ json, times }) => [json.prospectId, times]), [[ids.ann, 1], [ids.bob, 1]]);
  assert.equal(slow.mails.length, 5);
});
