// What a relay tells of mail that it was handed: by signed webhooks, each event once, in any order.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, data, join, register } from "../harness/api.mjs";
import { lines } from "../harness/log.mjs";
import { relay } from "../harness/relay.mjs";
import { startSlowSmtp } from "../harness/slow_smtp.mjs";
import { dial } from "../harness/socket.mjs";
import { until } from "../harness/until.mjs";
import { later, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;

test("a relay tells what became of mail", { timeout: 180_000 }, async (t) => {
  const smtp = await startSlowSmtp();
  later(t, () => smtp.stop());
  const { url, logText } = await productWorker(t, { vars: { LOG: "requests" } });
  const owner = await register(url, "Relayed", { operator });
  const { token } = owner;
  const stranger = await register(url, "Other", { operator });
  const ask = (method, path, body, headers) => call(url, method, path, { token, body, headers });
  const get = (path) => data(url, "GET", path, { token });

  /** An inbox with an endpoint, and so many mails that left, each to somebody else: at one domain, or outreach to many. */
  async function inbox(name, count, { outreach = false, of = owner } = {}) {
    const { token } = of;
    const get = (path) => data(url, "GET", path, { token });
    const made = await data(url, "POST", "/v1/inboxes", { token, body: { email: `${name}@acme.example`, smtp: smtp.way, warmup: false } });
    const endpoint = await data(url, "POST", `/v1/inboxes/${made.id}/delivery-webhook`, { token });
    const sends = await Promise.all(Array.from({ length: count }, async (_, n) => {
      const to = outreach ? `${name}${n}@d${n}.example` : `${name}${n}@prospect.example`;
      const body = { to: [to], subject: `${n}`, text: "Hello." };
      if (outreach) body.prospect = { prospectId: (await data(url, "POST", "/api/prospects", { token, body: { email: to } })).id, campaign: "spring", step: 1 };
      return data(url, "POST", `/v1/inboxes/${made.id}/sends`, { token, headers: { "idempotency-key": `${name}-${n}` }, body });
    }));
    const path = `/v1/inboxes/${made.id}`;
    const send = (n) => get(`${path}/sends/${sends[n].id}`);
    await until(async () => (await Promise.all(sends.map((_, n) => send(n)))).every(({ state }) => state === "sent"), "all have left", 60_000);
    return { path, endpoint, sends, send, relay: relay(new URL(endpoint.url).pathname, endpoint.secret), view: () => get(path) };
  }
  /** Why the person of an address is not written to. */
  async function reason(email) {
    const { id } = await data(url, "POST", "/api/prospects", { token, body: { email } });
    return (await get(`/api/prospects/${id}`)).suppression ?? null;
  }
  const bounced = (about, bounce) => ({ event: "bounced", ...about, bounce });

  await t.test("events count once, in whatever order they come, and what bounced is suppressed", async () => {
    const { sends, send, relay, view } = await inbox("order", 4);
    const [first, second, third, fourth] = sends.map(({ id }) => ({ sendId: id }));
    const one = [{ event: "delivered", ...first }, { event: "accepted", ...first }, bounced(second, { type: "hard", status: "5.1.1" })];
    assert.deepEqual(await relay.tell(url, "one", one), { status: 200, repeated: false, noted: 2, late: 1, ignored: 0 });
    assert.deepEqual(await relay.tell(url, "one", [{ event: "complained", ...first }]), { status: 200, repeated: true, noted: 0, late: 0, ignored: 0 });
    const { messageId } = await send(2);
    const two = [bounced({ messageId: `<${messageId}>` }, { type: "hard", status: "5.7.1", diagnostic: "550 5.7.1 blocked" }),
      { event: "delivered", ...third }, { event: "opened", ...third }, { event: "bounced" }, null, { event: 7, ...first },
      { event: "complained", ...first, recipient: ["order0@prospect.example"] }];
    assert.deepEqual(await relay.tell(url, "two", two), { status: 200, repeated: false, noted: 1, late: 1, ignored: 5 });
    const found = await Promise.all([0, 1, 2].map(send));
    assert.deepEqual(found.map(({ state, deliveries: [one], report }) => [state, one.state, report?.class ?? null]),
      [["sent", "delivered", null], ["bounced", "bounced", "hard"], ["bounced", "bounced", "block"]]);
    assert.equal((await view()).health.bounced, 2);
    const named = { ...fourth, recipient: "Four <ORDER3@prospect.example>" };
    const many = await Promise.all(Array.from({ length: 10 }, () => relay.tell(url, "three", [{ event: "accepted", ...named }])));
    assert.deepEqual(many.map(({ status, repeated, noted }) => [status, repeated, noted]).sort(), [[200, false, 1], ...Array(9).fill([200, true, 0])]);
    assert.equal((await relay.tell(url, "four", [bounced(named, { type: "hard", status: "4.2.2" })])).noted, 1);
    const { state, deliveries, report } = await send(3);
    assert.deepEqual([state, report.class, deliveries.map(({ recipient, state }) => [recipient, state])], ["bounced", "soft", [["order3@prospect.example", "bounced"]]]);
    await until(async () => (await reason("order1@prospect.example")) === "bounced", "the address is suppressed");
    assert.equal(await reason("order2@prospect.example"), null, "a block does not blame the address");
    assert.equal(await reason("order3@prospect.example"), null, "what is for now does not, whatever the relay calls it");
  });

  await t.test("who manages sees the secret once, rotates it and takes the endpoint away", async () => {
    const { path, endpoint, relay: old, sends } = await inbox("keys", 1);
    const where = `${path}/delivery-webhook`;
    const agent = await join(url, owner, "agent", "Ada");
    for (const [method, more] of [["POST", ""], ["POST", "/rotate-secret"], ["DELETE", ""]]) {
      const { status } = await call(url, method, where + more, { token: agent.token });
      assert.equal(status, 403, method + more);
    }
    assert.equal((await ask("POST", where)).status, 409, "there is one");
    const key = { "idempotency-key": "again" };
    const [once, twice] = [await ask("POST", `${where}/rotate-secret`, { keepPreviousMs: 86_400_000 }, key), await ask("POST", `${where}/rotate-secret`, { keepPreviousMs: 86_400_000 }, key)];
    assert.equal(once.status, 200);
    assert.deepEqual([twice.body.data.secret, twice.body.data.url], [once.body.data.secret, endpoint.url], "the same secret, and where it was");
    const fresh = relay(new URL(endpoint.url).pathname, once.body.data.secret);
    const event = [{ event: "accepted", sendId: sends[0].id }];
    assert.deepEqual([(await old.tell(url, "a", event)).noted, (await fresh.tell(url, "b", event)).late], [1, 1], "both are good");
    assert.equal((await ask("POST", `${where}/rotate-secret`, { keepPreviousMs: 0 })).status, 200);
    assert.deepEqual(await old.tell(url, "c", event), { status: 401, code: "unauthorized" });
    assert.deepEqual(await fresh.tell(url, "d", event), { status: 401, code: "unauthorized" });
    const shown = JSON.stringify(await get(path));
    assert.ok(shown.includes("deliveryWebhook") && !shown.includes("whsec_"), shown);
    assert.equal((await ask("DELETE", where)).status, 200);
    assert.deepEqual(await fresh.tell(url, "e", event), { status: 404, code: "not_found" });
    assert.ok(!logText().includes(endpoint.secret.slice(6)));
    // The runtime of a laptop names each path; the Worker itself does not.
    const own = JSON.stringify(lines(logText()));
    assert.ok(own.includes('"event":"request"') && !own.includes(new URL(endpoint.url).pathname), "nor is its address");
  });

  await t.test("an endpoint tells of its own inbox's mails alone", async () => {
    const mine = await inbox("mine", 1);
    const others = [await inbox("other", 1, { outreach: true }), await inbox("their", 1, { outreach: true, of: stranger })];
    for (const [n, other] of others.entries()) {
      const event = [{ event: "complained", sendId: other.sends[0].id }];
      assert.deepEqual(await mine.relay.tell(url, `a${n}`, event), { status: 200, repeated: false, noted: 0, late: 0, ignored: 1 });
      assert.deepEqual([(await other.send(0)).deliveries ?? null, (await other.view()).health.complained], [null, 0]);
      assert.equal((await other.relay.tell(url, "a", event)).noted, 1, "from its own it is noted");
      assert.equal((await other.view()).health.complained, 1);
    }
  });

  await t.test("a complaint warns, the second stops the inbox, and only an admin resumes it", async () => {
    const { path, sends, relay, view } = await inbox("spam", 45, { outreach: true });
    const socket = await dial(url, owner);
    const resume = { inboxId: path.split("/").pop() };
    const complain = (n) => relay.tell(url, `c${n}`, [{ event: "complained", sendId: sends[n].id }]);
    await complain(0);
    const warned = await view();
    assert.deepEqual([warned.status, warned.health.complaints.people, warned.health.complaints.rateBp], ["active", 1, 222]);
    assert.ok(warned.health.complaints.warnedAt, "it is shown");
    await ask("POST", `${path}/pause`, { reason: "lunch" });
    const back = (await ask("POST", "/api/admin/resume-inbox", resume)).body.data;
    assert.deepEqual([back.status, back.health.complaints.people], ["active", 1], "a pause by hand forgives nothing");
    await complain(1);
    const stopped = await view();
    for (const n of [0, 1]) {
      const event = await socket.until(() => socket.events.find(({ type, data }) => type === "mail.complained" && data.sendId === sends[n].id), "the room hears of it");
      assert.deepEqual([event.data.inboxId, event.data.report.class, event.data.report.address], [resume.inboxId, "complaint", `spam${n}@d${n}.example`]);
    }
    const told = socket.events.filter(({ type, data }) => type === "mail.complained" && data.inboxId === resume.inboxId);
    assert.equal(told.length, 2, "each once");
    await socket.close();
    assert.deepEqual([stopped.status, stopped.pauseReason], ["paused", "2 people complained about the last 45 mails of outreach"]);
    const agent = await join(url, owner, "agent", "Abe");
    assert.equal((await call(url, "POST", "/api/admin/resume-inbox", { token: agent.token, body: resume })).status, 403);
    assert.equal((await ask("POST", "/api/admin/resume-inbox", resume)).body.data.status, "active");
    await until(async () => (await reason("spam0@d0.example")) === "complained", "who complained is never written to again");
  });
});
