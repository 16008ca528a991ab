// Outreach, from a campaign to a mail that has left: who gets what, who is left alone, who opts out
// by a link, and whom operators suppress for all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { all, call, data, register } from "../harness/api.mjs";
import { startSlowSmtp } from "../harness/slow_smtp.mjs";
import { until } from "../harness/until.mjs";
import { ALWAYS } from "../harness/window.mjs";
import { folder, later, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const PUBLIC_URL = "https://mail.acme.example";
/** A workspace that there is not: locally every workspace's admins are operators unless some are named. */
const NOBODY = "00000000-0000-4000-8000-000000000000";

test("a campaign writes to prospects, each step once, until they say no", { timeout: 180_000 }, async (t) => {
  const slow = await startSlowSmtp();
  later(t, () => slow.stop());
  const persistTo = folder(t);
  const { url } = await productWorker(t, { vars: { PUBLIC_URL }, persistTo });
  const { token, workspaceId } = await register(url, "Acme", { operator });
  const ask = (method, path, body) => data(url, method, path, { token, body });
  const inbox = await ask("POST", "/v1/inboxes", { email: "sales@acme.example", displayName: "Acme", smtp: slow.way, warmup: true });
  const people = [];
  for (const name of ["Ann Lee", "Bob Ray", "Cy", "Dee Dow"]) {
    const email = `${name.split(" ")[0].toLowerCase()}@customer.example`;
    people.push(await ask("POST", "/api/prospects", { email, name, company: name === "Cy" ? "" : "Customer Ltd" }));
  }
  const [ann, bob, cy, dee] = people.map(({ id }) => id);
  await ask("POST", `/api/prospects/${dee}/suppress`, { reason: "manual" });

  const campaign = await ask("POST", "/v1/campaigns", {
    name: "Doors", inboxIds: [inbox.id], footer: "Acme Ltd, 1 Road, Town", window: ALWAYS, spacingS: 0,
    steps: [
      { subject: "Doors for {{company}}", text: "Dear {{firstName}},\n\na door?" },
      { text: "Dear {{firstName}}, still no door?", delayDays: 0 },
    ],
  });
  assert.equal(campaign.status, "draft");
  const path = `/v1/campaigns/${campaign.id}`;
  const enrolled = await ask("POST", `${path}/enrolments`, { prospectIds: [bob, cy, dee] });
  assert.deepEqual(enrolled, { enrolled: 3, known: 0 });
  assert.equal((await ask("POST", `${path}/start`)).status, "active");
  const stands = async (id) => {
    const { state, reason } = await ask("GET", `${path}/enrolments/${id}`);
    return `${state} ${reason ?? ""}`.trim();
  };
  await until(async () => (await stands(bob)) === "finished", "Bob has both steps", 60_000);
  assert.equal(await stands(cy), "blocked text: has no value for company".replace("text", "subject"));
  assert.equal(await stands(dee), "stopped manual");
  const to = (who) => slow.to(`${who}@customer.example`);
  assert.deepEqual([to("bob").length, slow.mails.length], [2, 2]);
  const [first, second] = to("bob");
  assert.match(first, /^Subject: Doors for Customer Ltd\r$/m);
  assert.match(first, /Dear Bob,/);
  assert.match(first, /Acme Ltd, 1 Road, Town/);
  const link = /^List-Unsubscribe: <(\S+)>, <mailto:sales@acme.example\?subject=unsubscribe>\r$/m.exec(first)[1];
  assert.match(first, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
  assert.ok(link.startsWith(`${PUBLIC_URL}/u/${workspaceId}/`) && first.includes(`No more mails: ${link}`));
  const messageId = /^Message-ID: (\S+)\r$/m.exec(first)[1];
  assert.match(second, new RegExp(`^In-Reply-To: ${messageId.replaceAll(".", "\\.")}\r$`, "m"));
  assert.match(second, /^Subject: Re: Doors for Customer Ltd\r$/m);

  await t.test("the ledger says why", async () => {
    const decisions = await ask("GET", `${path}/enrolments/${bob}/decisions`);
    assert.deepEqual(decisions.map(({ what }) => what), ["finished", "sent", "assigned", "sent", "assigned", "enrolled"]);
    const [cap] = await ask("GET", `${path}/caps`);
    assert.deepEqual([cap.inboxId, cap.limits.some(({ limit }) => limit === "warmup"), cap.used], [inbox.id, true, 2]);
    const turns = await ask("GET", `${path}/turns`);
    assert.ok(turns.length > 0 && turns.every(({ why, turns }) => why && turns > 0));
  });

  await t.test("a look at the link changes nothing, and one click opts out", async () => {
    const here = `${url}${new URL(link).pathname}`;
    const state = async () => (await ask("GET", `/api/prospects/${bob}`)).suppression;
    for (const method of ["GET", "HEAD"]) {
      const looked = await fetch(here, { method });
      assert.equal(looked.status, 200);
      assert.match(looked.headers.get("content-type"), /^text\/html/);
      assert.match(looked.headers.get("content-security-policy"), /default-src 'none'/);
    }
    assert.equal(await state(), null);
    const twice = [];
    for (let at = 0; at < 2; at += 1) {
      // As RFC 8058 has it: a form, no cookies, and under a key that is nobody's.
      const headers = { "content-type": "application/x-www-form-urlencoded", "idempotency-key": "x" };
      const done = await fetch(here, { method: "POST", headers, body: "List-Unsubscribe=One-Click" });
      assert.equal(done.status, 200, await done.clone().text());
      twice.push(await done.text());
      assert.equal(await state(), "optOut", "at once");
    }
    assert.equal(twice[0], twice[1]);
    const flipped = here.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    const other = (await register(url, "Other", { operator })).workspaceId;
    for (const wrong of [flipped, here.replace(workspaceId, other), `${here}0`, here.toUpperCase()]) {
      const refused = await fetch(wrong, { method: "POST" });
      assert.equal(refused.status, 404, wrong);
    }
  });

  await t.test("a link opts out also from an address from which too many links were tried", async () => {
    // As the servers of a mail program do it for all who read there.
    const post = (path) => fetch(url + path, { method: "POST", headers: { "cf-connecting-ip": "10.9.0.1" } });
    let status = 404;
    for (let n = 0; status === 404 && n < 5_000; n += 1) ({ status } = await post(`/u/${workspaceId}/none`));
    assert.equal(status, 429);
    assert.equal((await post(new URL(link).pathname)).status, 200);
  });

  await t.test("who opted out is enrolled elsewhere and gets nothing", async () => {
    const { steps, window, footer } = campaign;
    const next = await ask("POST", "/v1/campaigns", { name: "Windows", inboxIds: [inbox.id], steps, window, footer, spacingS: 0 });
    await ask("POST", `/v1/campaigns/${next.id}/enrolments`, { prospectIds: [bob, ann] });
    await ask("POST", `/v1/campaigns/${next.id}/start`);
    const where = async (id) => (await ask("GET", `/v1/campaigns/${next.id}/enrolments/${id}`));
    await until(async () => (await where(ann)).state === "finished", "Ann has both", 60_000);
    await until(async () => (await where(bob)).state === "stopped", "Bob is left alone", 30_000);
    assert.equal((await where(bob)).reason, "optOut");
    assert.deepEqual([to("bob").length, to("ann").length], [2, 2]);
  });

  await t.test("the warm-up binds, and says until when", async () => {
    const some = [];
    for (let at = 0; at < 4; at += 1) {
      some.push((await ask("POST", "/api/prospects", { email: `p${at}@customer.example`, name: `P ${at}`, company: "C" })).id);
    }
    await ask("POST", `${path}/enrolments`, { prospectIds: some });
    const cap = await until(async () => {
      const [cap] = await ask("GET", `${path}/caps`);
      return cap.binding === "warmup" && cap.left === 0 && cap;
    }, "five a day", 60_000);
    assert.ok(cap.until > Date.now());
    assert.equal(slow.mails.length, 5);
    const { status, body } = await call(url, "POST", "/api/admin/trigger-send", { token });
    assert.deepEqual([status, body.data.assigned], [200, 0]);
    assert.equal(slow.mails.length, 5, "nor by hand");
  });
});

test("whom operators suppress gets no workspace's outreach, until they lift it", { timeout: 180_000 }, async (t) => {
  const slow = await startSlowSmtp();
  later(t, () => slow.stop());
  const { url } = await productWorker(t, { vars: { PUBLIC_URL, OPERATOR_WORKSPACES: NOBODY } });
  const LIST = "/api/admin/suppressions";
  const asOperator = (method, path, body, headers) => data(url, method, path, { token: operator, body, headers });
  const to = (address) => slow.mails.filter((mail) => mail.to.includes(address)).length;
  const campaign = { footer: "Acme Ltd, 1 Road, Town", window: ALWAYS, spacingS: 0, steps: [{ subject: "Doors", text: "A door?" }] };

  /** A workspace with an inbox and three prospects, and what becomes of all in a campaign. */
  const workspace = async (name) => {
    const { token } = await register(url, name, { operator });
    const ask = (method, path, body) => data(url, method, path, { token, body });
    const smtp = { host: "127.0.0.1", port: slow.port, security: "plain", password: "x" };
    const inbox = (box) => ask("POST", "/v1/inboxes", { email: `${box}@${name.toLowerCase()}.example`, displayName: name, smtp, warmup: false });
    const sales = await inbox("sales");
    const people = {};
    for (const email of ["ann@customer.example", "bob@customer.example", "cay@blocked.example"]) {
      const one = email.slice(0, 3);
      people[one] = (await ask("POST", "/api/prospects", { email, name: `${one} Lee` })).id;
    }
    const write = async (...who) => {
      const { id } = await ask("POST", "/v1/campaigns", { ...campaign, name: who.join(), inboxIds: [sales.id] });
      await ask("POST", `/v1/campaigns/${id}/enrolments`, { prospectIds: who.map((one) => people[one]) });
      await ask("POST", `/v1/campaigns/${id}/start`);
      const ended = async (one) => {
        const path = `/v1/campaigns/${id}/enrolments/${people[one]}`;
        const { state, reason } = await until(async () => {
          const enrolment = await ask("GET", path);
          return ["finished", "stopped", "blocked"].includes(enrolment.state) && enrolment;
        }, `what becomes of ${one}`, 60_000);
        return [one, `${state} ${reason ?? ""}`.trim(), (await ask("GET", `${path}/decisions`))[0].why];
      };
      return Promise.all(who.map(ended));
    };
    return { token, ask, inbox, people, write };
  };
  const spaces = [await workspace("Acme"), await workspace("Bolt")];

  const key = { "idempotency-key": "ann" };
  const ann = await asOperator("POST", LIST, { value: " ANN@Customer.EXAMPLE ", note: "By letter." }, key);
  assert.deepEqual([ann.value, ann.note, ann.at > 0], ["ann@customer.example", "By letter.", true]);
  const blocked = await asOperator("POST", LIST, { value: "@Blocked.example" });
  assert.equal(blocked.value, "blocked.example");

  await t.test("the list is the operators' alone, and each is on it once", async () => {
    assert.deepEqual(await asOperator("POST", LIST, { value: " ANN@Customer.EXAMPLE ", note: "By letter." }, key), ann);
    assert.deepEqual(await asOperator("POST", LIST, { value: "ann@customer.example" }), ann);
    const reused = await call(url, "POST", LIST, { token: operator, body: { value: "eve@customer.example" }, headers: key });
    assert.deepEqual([reused.status, reused.body.error.code], [409, "key_reused"]);
    assert.deepEqual(await all(url, LIST, { token: operator }), [blocked, ann]);
    const page = await call(url, "GET", `${LIST}?limit=1`, { token: operator });
    const next = await asOperator("GET", `${LIST}?limit=1&cursor=${page.body.meta.nextCursor}`);
    assert.deepEqual([page.body.data, next], [[blocked], [ann]]);
    assert.deepEqual(await asOperator("GET", `${LIST}?q=Ann%40CUSTOMER.example`), [ann]);
    assert.deepEqual(await asOperator("GET", `${LIST}?q=customer.example`), []);
    const { token } = spaces[0];
    for (const [method, path] of [["GET", LIST], ["POST", LIST], ["DELETE", `${LIST}/${ann.id}`]]) {
      const body = method === "POST" ? { value: "bob@customer.example" } : undefined;
      assert.equal((await call(url, method, path, { token, body })).status, 403, method);
    }
  });

  await t.test("no campaign of any workspace writes to them, and decisions say why", async () => {
    const no = "suppressedByOperator";
    const wanted = [["ann", `stopped ${no}`, no], ["bob", "finished", null], ["cay", `stopped ${no}`, no]];
    for (const { write } of spaces) {
      const found = await write("ann", "bob", "cay");
      assert.deepEqual(found.map(([one, stands, why]) => [one, stands, why ?? null]), wanted);
    }
    assert.deepEqual([to("bob@customer.example"), slow.mails.length], [2, 2]);
  });

  await t.test("nor does an agent by hand", async () => {
    const { token, inbox, people } = spaces[0];
    const help = await inbox("help");
    const body = { inboxId: help.id, prospectId: people.cay, subject: "A word", text: "A word?", footer: "Acme Ltd" };
    const taken = await call(url, "POST", "/api/send-email", { token, body, headers: { "idempotency-key": "by-hand" } });
    assert.equal(taken.status, 202, JSON.stringify(taken.body));
    const mail = await until(async () => {
      const mails = await all(url, `/api/emails?prospectId=${people.cay}`, { token });
      return mails.find(({ inboxId, state }) => inboxId === help.id && state === "refused");
    }, "the mail is refused", 60_000);
    assert.deepEqual([mail.error, to("cay@blocked.example")], ["suppressed_by_operator", 0]);
  });

  await t.test("who is lifted gets the next mail", async () => {
    assert.deepEqual(await asOperator("DELETE", `${LIST}/${ann.id}`), ann);
    const again = await call(url, "DELETE", `${LIST}/${ann.id}`, { token: operator });
    assert.deepEqual([again.status, again.body.error.code], [404, "not_found"]);
    assert.deepEqual((await spaces[1].write("ann", "cay")).map(([one, stands]) => [one, stands]), [["ann", "finished"], ["cay", "stopped suppressedByOperator"]]);
    assert.deepEqual([to("ann@customer.example"), slow.mails.length], [1, 3]);
  });
});
