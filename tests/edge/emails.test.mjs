// A mail that a person writes to a prospect: it leaves once, or it is said why not; and the list of
// all mails.

import assert from "node:assert/strict";
import { test } from "node:test";
import { all, call, data, join, register } from "../harness/api.mjs";
import { startSlowSmtp } from "../harness/slow_smtp.mjs";
import { until } from "../harness/until.mjs";
import { folder, later, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const PUBLIC_URL = "https://mail.acme.example";
const TEXT = { subject: "A word, {{firstName}}", text: "Dear {{firstName}},\n\na word?", footer: "Acme Ltd, 1 Road, Town" };

/** A workspace with inboxes and prospects, and short ways to ask it. */
async function scene(url, slow, name) {
  const owner = await register(url, name, { operator });
  const { token } = owner;
  const ask = (method, path, body) => data(url, method, path, { token, body });
  const domain = `${name.toLowerCase()}.example`;
  const inbox = (box, more) => ask("POST", "/v1/inboxes", { email: `${box}@${domain}`, displayName: name, smtp: slow.way, warmup: false, ...more });
  const person = (first, last = "Lee") => ask("POST", "/api/prospects", { email: `${first.toLowerCase()}@customer.example`, name: `${first} ${last}` });
  const write = async (key, inbox, prospect, more = {}, by = token) => {
    const headers = key ? { "idempotency-key": key } : {};
    const body = { inboxId: inbox.id, prospectId: prospect.id, ...TEXT, ...more };
    const answer = await call(url, "POST", "/api/send-email", { token: by, headers, body });
    return { status: answer.status, ...answer.body };
  };
  const emails = (query = "") => all(url, `/api/emails${query}`, { token });
  const email = (prospect, state) =>
    until(async () => (await emails(`?prospectId=${prospect.id}`)).find((mail) => mail.state === state), `a mail that is ${state}`, 60_000);
  return { owner, token, ask, inbox, person, write, emails, email };
}

test("a person writes to a prospect", { timeout: 300_000 }, async (t) => {
  const slow = await startSlowSmtp();
  later(t, () => slow.stop());
  const { url } = await productWorker(t, { vars: { PUBLIC_URL }, persistTo: folder(t) });
  const { owner, token, ask, inbox, person, write, emails, email } = await scene(url, slow, "Acme");
  const [sales, help] = [await inbox("sales"), await inbox("help")];
  const [ann, bob] = [await person("Ann"), await person("Bob")];
  const to = (who) => slow.to(`${who}@customer.example`);
  let campaignId;

  await t.test("the mail leaves once, whoever asks how often", async () => {
    const agent = await join(url, owner, "agent", "Ada");
    const answers = await Promise.all(Array.from({ length: 4 }, () => write("one", sales, ann, {}, agent.token)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [202], JSON.stringify(answers));
    assert.deepEqual(new Set(answers.map(({ data }) => JSON.stringify(data))).size, 1);
    const [{ data: taken }] = answers;
    campaignId = taken.campaignId;
    assert.deepEqual([taken.prospectId, taken.inboxId, taken.step, taken.sendMode], [ann.id, sales.id, 1, "live"]);
    const sent = await email(ann, "sent");
    assert.deepEqual([sent.inboxId, sent.campaignId, sent.step, sent.recipient], [sales.id, campaignId, 1, "ann@customer.example"]);
    assert.ok(sent.queuedAt > 0 && sent.settledAt >= sent.queuedAt && sent.messageId.endsWith("@acme.example"));
    const [raw, ...more] = to("ann");
    assert.equal(more.length, 0);
    assert.match(raw, /^Subject: A word, Ann\r$/m);
    assert.match(raw, /Dear Ann,[^]*Acme Ltd, 1 Road, Town[^]*No more mails: https:\/\/mail\.acme\.example\/u\//);
    assert.match(raw, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
    const other = await write("one", sales, ann, { text: "Another" });
    assert.deepEqual([other.status, other.error.code], [409, "key_reused"]);
    const enrolment = `/v1/campaigns/${campaignId}/enrolments/${ann.id}`;
    await until(async () => (await ask("GET", enrolment)).state === "finished", "the room is told");
    const decisions = await ask("GET", `${enrolment}/decisions`);
    assert.deepEqual(decisions.map(({ what }) => what), ["finished", "sent", "assigned", "written"]);
    assert.equal(decisions[3].why, agent.agentId);
  });

  await t.test("where it may not leave, it is said why, and until when", async () => {
    const refused = async (why, ...args) => {
      const { status, error } = await write(...args);
      assert.deepEqual([status, error.code, error.details.why], [409, "conflict", why], JSON.stringify(error));
      return error.details.until;
    };
    assert.ok((await refused("spacing", "two", sales, bob)) > Date.now(), "a minute between two mails of an inbox");
    const young = await inbox("young", { warmup: true });
    await ask("PATCH", "/v1/settings/outreach", { dailyMax: 1 });
    assert.ok((await refused("workspace", "three", young, bob)) > Date.now());
    await ask("PATCH", "/v1/settings/outreach", { dailyMax: 1000 });
    await ask("POST", `/v1/inboxes/${young.id}/pause`, { reason: "for a while" });
    assert.equal(await refused("paused", "four", young, bob), null);
    await ask("POST", `/api/prospects/${bob.id}/suppress`, { reason: "manual" });
    assert.equal(await refused("manual", "five", help, bob), null);
    const link = /No more mails: (\S+)/.exec(to("ann")[0])[1];
    const clicked = await fetch(`${url}${new URL(link).pathname}`, { method: "POST", body: "List-Unsubscribe=One-Click" });
    assert.equal(clicked.status, 200);
    assert.equal(await refused("optOut", "six", help, ann), null);
    assert.deepEqual([to("ann").length, to("bob").length], [1, 0]);
  });

  await t.test("what is wrong with it is named, and nothing leaves", async () => {
    const cy = await person("Cy");
    const missing = await write("seven", help, cy, { text: "Your job: {{title}}" });
    assert.deepEqual([missing.status, missing.error.details.missing], [422, ["title"]]);
    assert.equal((await write(undefined, help, cy)).status, 422);
    const viewer = await join(url, owner, "viewer", "Vic");
    assert.equal((await write("eight", help, cy, {}, viewer.token)).status, 403);
    // The same key, once it is put right.
    assert.equal((await write("seven", help, cy)).status, 202);
    await email(cy, "sent");
    assert.equal(to("cy").length, 1);
  });

  await t.test("the warm-up counts them, and holds what is over it", async () => {
    const young = await inbox("new", { warmup: true });
    const dee = await person("Dee");
    assert.equal((await write("nine", young, dee)).status, 202);
    await email(dee, "sent");
    const [status] = await all(url, `/api/status/warmup?inboxId=${young.id}`, { token });
    assert.deepEqual([status.today.sent, status.today.left], [1, 4]);
  });

  await t.test("the list shows the mails of all inboxes, page by page, and of one thing only", async () => {
    const key = { "idempotency-key": "plain" };
    const body = { to: ["desk@customer.example"], subject: "Plain", text: "No outreach." };
    await data(url, "POST", `/v1/inboxes/${help.id}/sends`, { token, headers: key, body });
    await until(async () => (await emails("?state=sent")).length === 4, "all have left", 60_000);
    const list = await emails();
    assert.deepEqual(list.map(({ subject }) => subject), ["Plain", "A word, Dee", "A word, Cy", "A word, Ann"]);
    assert.deepEqual([list[0].prospectId, list[0].campaignId, list[0].step], [null, null, null]);
    assert.deepEqual(list.map(({ queuedAt }) => queuedAt), list.map(({ queuedAt }) => queuedAt).sort((a, b) => b - a));
    const pages = [];
    for (let cursor = ""; cursor !== null;) {
      const { body } = await call(url, "GET", `/api/emails?limit=1${cursor && `&cursor=${cursor}`}`, { token });
      pages.push(...body.data);
      cursor = body.meta.nextCursor;
    }
    assert.deepEqual(pages, list);
    const count = async (query) => (await emails(query)).length;
    assert.deepEqual([await count(`?inboxId=${help.id}`), await count(`?campaignId=${campaignId}`)], [2, 3]);
    assert.deepEqual([await count(`?prospectId=${bob.id}`), await count("?state=queued")], [0, 0]);
    const theirs = await register(url, "Other", { operator });
    assert.deepEqual(await all(url, `/api/emails?inboxId=${help.id}`, { token: theirs.token }), []);
    const { body: page } = await call(url, "GET", "/api/emails?limit=1", { token });
    const stolen = await call(url, "GET", `/api/emails?limit=1&cursor=${page.meta.nextCursor}`, { token: theirs.token });
    assert.equal(stolen.status, 422);
  });
});

test("a dry Worker says so, records the mail and sends nothing", { timeout: 120_000 }, async (t) => {
  const slow = await startSlowSmtp();
  later(t, () => slow.stop());
  const { url } = await productWorker(t, { vars: { PUBLIC_URL, SEND_MODE: "dry" } });
  const { inbox, person, write, email } = await scene(url, slow, "Dry");
  const ann = await person("Ann");
  const taken = await write("one", await inbox("sales"), ann);
  assert.deepEqual([taken.status, taken.data.sendMode], [202, "dry"]);
  await email(ann, "sent");
  assert.equal(slow.mails.length, 0);
});
