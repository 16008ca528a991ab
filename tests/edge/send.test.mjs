// Mail out: a real Exim over STARTTLS and TLS; and a server that a test can hold while power is cut.

import assert from "node:assert/strict";
import { test } from "node:test";
import { all, call, data, register } from "../harness/api.mjs";
import { startSlowSmtp } from "../harness/slow_smtp.mjs";
import { startSmtpServer } from "../harness/smtp_server.mjs";
import { pool, until } from "../harness/until.mjs";
import { folder, later, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const DONE = new Set(["sent", "refused", "failed", "unknown", "bounced", "cancelled"]);

/** A time zone in which it is about noon, so that no midnight falls into a test. */
function noon() {
  const ahead = 12 - new Date().getUTCHours();
  return ahead === 0 ? "UTC" : `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
}

/** Calls about one workspace's inboxes. */
function mailroom(url, { token }) {
  const register = (email, smtp, more = {}) =>
    data(url, "POST", "/v1/inboxes", { token, body: { email, displayName: "Acme", smtp, warmup: false, ...more } });
  const ask = (inbox, key, mail) =>
    call(url, "POST", `/v1/inboxes/${inbox.id}/sends`, {
      token, headers: key ? { "idempotency-key": key } : {}, body: { subject: `Mail ${key}`, text: "Hello.", ...mail },
    });
  const send = async (...args) => {
    const { status, body } = await ask(...args);
    assert.equal(status, 202, JSON.stringify(body));
    return body.data;
  };
  const get = (send) => data(url, "GET", `/v1/inboxes/${send.inboxId}/sends/${send.id}`, { token });
  const end = (send) =>
    until(async () => { const now = await get(send); return DONE.has(now.state) && now; }, `the end of ${send.subject}`, 40_000);
  const view = (inbox) => data(url, "GET", `/v1/inboxes/${inbox.id}`, { token });
  const list = (inbox, query = "") => all(url, `/v1/inboxes/${inbox.id}/sends${query}`, { token });
  return { register, ask, send, get, end, view, list };
}

test("a dry Worker records what it would send, and sends nothing", { timeout: 120_000 }, async (t) => {
  const slow = await startSlowSmtp();
  later(t, () => slow.stop());
  const persistTo = folder(t);
  for (const [mode, taken] of [["dry", 0], ["live", 1]]) {
    const { url, stop } = await productWorker(t, { vars: { SEND_MODE: mode }, persistTo });
    assert.equal((await data(url, "GET", "/healthz")).sendMode, mode);
    const room = mailroom(url, await register(url, `Mode ${mode}`, { operator }));
    const inbox = await room.register(`${mode}@acme.example`, slow.way);
    const sent = await room.end(await room.send(inbox, mode, { to: ["ann@desk.test"] }));
    assert.deepEqual([sent.state, sent.attempts, (await room.view(inbox)).sent], ["sent", 1, 1]);
    assert.equal(slow.mails.length, taken, mode);
    await stop();
  }
});

test("mail out over a real SMTP server", { timeout: 180_000 }, async (t) => {
  const server = await startSmtpServer();
  later(t, () => server.stop());
  const { host, ports, user, password, address, unknownAddress } = server;
  const slow = await startSlowSmtp();
  later(t, () => slow.stop());
  const vars = {
    SMTP_INBOX_1: `first@acme.example|pass|word|127.0.0.1|${slow.port}|Acme First`,
    SMTP_INBOX_2: "this is no secret of the right form",
    SMTP_INBOX_3: `third@acme.example|password|127.0.0.1|${slow.port}|Acme Third`,
  };
  const { url, logText } = await productWorker(t, { vars, env: { NODE_EXTRA_CA_CERTS: server.caFile } });
  const starttls = { host, port: ports.starttls, security: "starttls", username: user, password };
  const arrived = (subject) => server.mailbox().filter((raw) => raw.includes(`Subject: ${subject}\n`) || raw.includes(`Subject: ${subject}\r\n`));

  for (const security of ["starttls", "implicit_tls"]) {
    await t.test(`${security}: a mail arrives once, as it was written`, async () => {
      const room = mailroom(url, await register(url, `Ways ${security}`, { operator }));
      const port = security === "starttls" ? ports.starttls : ports.tls;
      const inbox = await room.register(address, { ...starttls, port, security });
      const key = `once-${security}`;
      const text = "Gr\u00fc\u00dfe,\n.a dot first\n..two\nFrom here\n";
      const sent = await room.end(await room.send(inbox, key, { to: [address], text }));
      assert.deepEqual([sent.state, sent.attempts, sent.error ?? null], ["sent", 1, null]);
      // Exim has taken it; it puts it into the mailbox in its own time.
      const mails = await until(() => arrived(`Mail ${key}`).length > 0 && arrived(`Mail ${key}`), "the mailbox");
      assert.equal(mails.length, 1);
      const raw = mails[0].toString("utf8");
      assert.ok(raw.includes(`<${sent.messageId.replace(/[<>]/g, "")}>`), "its Message-ID");
      assert.match(raw, /^From: "?Acme"? <ann@desk\.test>/m);
      assert.match(raw, /^Return-path: <ann@desk\.test>/im);
      assert.equal(raw.toLowerCase().includes("password") || raw.includes(password), false);
      const body = raw.replaceAll("\r\n", "\n").split("\n\n").slice(1).join("\n\n");
      assert.ok(/quoted-printable/i.test(raw) || body.startsWith(text), body);
    });
  }

  await t.test("the same Idempotency-Key is one mail, whoever asks how often", async () => {
    const room = mailroom(url, await register(url, "Once", { operator }));
    const inbox = await room.register(address, starttls);
    const answers = await Promise.all(Array.from({ length: 8 }, () => room.ask(inbox, "same", { to: [address] })));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
    assert.equal(new Set(answers.map(({ body }) => body.data.id)).size, 1);
    await room.end(answers[0].body.data);
    const late = await room.ask(inbox, "same", { to: [address] });
    assert.equal(late.body.data.id, answers[0].body.data.id);
    const other = await room.ask(inbox, "same", { to: [address], subject: "Other" });
    assert.deepEqual([other.status, other.body.error.code], [409, "key_reused"]);
    assert.equal((await room.ask(inbox, undefined, { to: [address] })).status, 422);
    await until(() => arrived("Mail same").length > 0, "the mailbox");
    // A later mail arrives too: a second copy would have been before it.
    await room.end(await room.send(inbox, "after", { to: [address] }));
    await until(() => arrived("Mail after").length > 0, "the mailbox");
    assert.equal(arrived("Mail same").length, 1);
  });

  await t.test("a wrong password sends nothing, and is said", async () => {
    const room = mailroom(url, await register(url, "Wrong", { operator }));
    const inbox = await room.register(address, { ...starttls, password: "wrong" });
    const send = await room.send(inbox, "wrong-password", { to: [address] });
    const now = await until(async () => {
      const found = await room.get(send);
      return (found.error || DONE.has(found.state)) && found;
    }, "the failure");
    assert.notEqual(now.state, "sent");
    assert.match(now.error, /auth|535|credential|password/i);
    assert.equal(arrived("Mail wrong-password").length, 0);
    assert.equal(logText().includes(starttls.password), false, "no password in the log");
  });

  await t.test("an unknown recipient is refused and counts as a bounce", async () => {
    const room = mailroom(url, await register(url, "Unknown", { operator }));
    const inbox = await room.register(address, starttls);
    const end = await room.end(await room.send(inbox, "unknown", { to: [unknownAddress] }));
    assert.equal(end.state, "bounced");
    assert.match(end.error, /550|no such mailbox/);
    const view = await room.view(inbox);
    assert.deepEqual([view.bounced, view.health.bounced, view.status], [1, 1, "active"]);
    assert.equal("password" in view || JSON.stringify(view).includes(password), false);
  });

  await t.test("the commands go in one flight, and a late bounce names the mail by its token", async () => {
    const room = mailroom(url, await register(url, "Late", { operator }));
    const inbox = await room.register(address, starttls);
    const send = await room.end(await room.send(inbox, "late", { to: [server.lateAddress] }));
    assert.equal(send.state, "sent", "the server took it");
    const token = `${inbox.id}${send.id}`.replaceAll("-", "");
    const report = (raw) => new RegExp(`^Original-Envelope-Id: ${token}\\r?$`, "im").test(raw.toString("latin1"));
    const bounce = await until(() => server.mailbox().find(report), "the bounce");
    assert.match(bounce.toString("latin1"), /^Final-Recipient: rfc822;\s?late@desk\.test/im);
    assert.match(server.log(), /<= ann@desk\.test .* L[.*]? /, "Exim saw pipelining");
  });

  await t.test("an address that is not ASCII gets its mail; where it cannot, the mail fails at once", async () => {
    const room = mailroom(url, await register(url, "Utf8", { operator }));
    const inbox = await room.register(address, starttls);
    const sent = await room.end(await room.send(inbox, "utf8", { to: [server.utf8Address] }));
    assert.deepEqual([sent.state, sent.error ?? null], ["sent", null]);
    const [raw] = await until(() => arrived("Mail utf8").length > 0 && arrived("Mail utf8"), "the mailbox");
    assert.ok(raw.toString("utf8").includes(`To: <${server.utf8Address}>`));
    const old = await room.register("old@acme.example", slow.way);
    const failed = await room.end(await room.send(old, "utf8-old", { to: [server.utf8Address] }));
    assert.deepEqual([failed.state, failed.attempts], ["failed", 1]);
    assert.match(failed.error, /553 5\.6\.7 the server takes no address that is not ASCII/);
  });

  await t.test("a mail that is larger than the server takes fails at once, and says so", async () => {
    const small = await startSlowSmtp({ offer: ["PIPELINING", "SIZE 1000"] });
    later(t, () => small.stop());
    const room = mailroom(url, await register(url, "Size", { operator }));
    const inbox = await room.register("small@acme.example", small.way);
    const failed = await room.end(await room.send(inbox, "large", { to: ["ann@desk.test"], text: "Hello. ".repeat(300) }));
    assert.deepEqual([failed.state, failed.attempts], ["failed", 1]);
    assert.match(failed.error, /552 5\.3\.4 the server takes mails of at most 1000 bytes/);
    assert.equal((await room.end(await room.send(inbox, "short", { to: ["ann@desk.test"] }))).state, "sent");
    assert.equal(small.mails.length, 1);
  });

  await t.test("one of several who is refused is reported, and the others have the mail", async () => {
    const room = mailroom(url, await register(url, "Several", { operator }));
    const inbox = await room.register(address, starttls);
    const send = await room.end(await room.send(inbox, "several", { to: [address], cc: [unknownAddress] }));
    assert.deepEqual([send.state, send.report?.class, send.report?.address], ["bounced", "hard", unknownAddress]);
    await until(() => arrived("Mail several").length > 0, "the mailbox");
    assert.equal((await room.view(inbox)).health.bounced, 1);
  });

  await t.test("over five per cent of bounces pause the inbox; what waits leaves when a person resumes it", async () => {
    const owner = await register(url, "Bounces", { operator });
    const room = mailroom(url, owner);
    const inbox = await room.register(address, slow.way);
    const { sendsMin } = (await room.view(inbox)).health;
    assert.equal(sendsMin, 20);
    const good = Array.from({ length: sendsMin - 1 }, (_, n) => `good-${n}`);
    await pool(good, 5, async (key) => room.end(await room.send(inbox, key, { to: ["ann@desk.test"] })));
    const one = await room.end(await room.send(inbox, "bad-1", { to: ["nobody@desk.test"] }));
    assert.equal(one.state, "bounced");
    assert.equal((await room.view(inbox)).status, "active", "one of twenty is not over five per cent");
    await room.end(await room.send(inbox, "bad-2", { to: ["nobody@desk.test"] }));
    assert.equal((await room.view(inbox)).status, "active", "an address counts once");
    await room.end(await room.send(inbox, "bad-3", { to: ["nobody-else@desk.test"] }));
    const paused = await room.view(inbox);
    assert.equal(paused.status, "paused");
    assert.match(paused.pauseReason, /2 of the last 22/);
    const before = slow.mails.length;
    const waits = await room.send(inbox, "waits", { to: ["ann@desk.test"] });
    assert.equal((await room.get(waits)).state, "queued");
    const { body } = await call(url, "GET", "/api/status/inboxes", { token: owner.token });
    assert.deepEqual(body.data.map(({ status, waiting }) => [status, waiting]), [["paused", 1]]);
    assert.equal((await room.get(waits)).state, "queued");
    assert.equal(slow.mails.length, before);
    await data(url, "POST", "/api/admin/resume-inbox", { token: owner.token, body: { inboxId: inbox.id } });
    assert.equal((await room.end(waits)).state, "sent");
    assert.equal(slow.mails.length, before + 1);
    assert.equal((await room.view(inbox)).status, "active");
  });

  await t.test("initialize-inboxes registers what the secrets name, and says which it could not read", async () => {
    const owner = await register(url, "Secrets", { operator });
    const { token, workspaceId } = owner;
    const results = await data(url, "POST", "/api/admin/initialize-inboxes", { token, body: { warmup: false } });
    assert.deepEqual(results.map(({ secret, success }) => [secret, success]),
      [["SMTP_INBOX_1", true], ["SMTP_INBOX_2", false], ["SMTP_INBOX_3", true]]);
    assert.equal(results[0].inbox.email, "first@acme.example");
    assert.equal(JSON.stringify(results).includes("pass|word"), false);
    const again = await data(url, "POST", "/api/admin/initialize-inboxes", { token: operator, body: { workspaceId, warmup: false } });
    assert.equal(again[0].inbox.id, results[0].inbox.id, "repeated, it registers nothing twice");
    const listed = await until(async () => {
      const found = await all(url, "/v1/inboxes", { token });
      return found.length === 2 && found;
    }, "the list");
    assert.deepEqual(listed.map(({ email }) => email).sort(), ["first@acme.example", "third@acme.example"]);
    const room = mailroom(url, owner);
    const send = await room.end(await room.send(results[0].inbox, "from-a-secret", { to: ["ann@desk.test"] }));
    assert.equal(send.state, "sent");
  });

  await t.test("500 sends at once in the first week of warm-up: five leave today", async () => {
    const owner = await register(url, "Warmup", { operator });
    const room = mailroom(url, owner);
    const inbox = await room.register("warm@acme.example", slow.way, { warmup: true, timeZone: noon() });
    const mine = () => slow.mails.filter(({ from }) => from === "warm@acme.example").length;
    const keys = Array.from({ length: 500 }, (_, n) => `warm-${n}`);
    await pool(keys, 50, (key) => room.send(inbox, key, { to: ["ann@desk.test"] }));
    await until(async () => mine() === 5 && (await room.list(inbox, "?state=sent")).length === 5, "five mails", 60_000);
    const { body } = await call(url, "GET", `/api/status/warmup?inboxId=${inbox.id}`, { token: owner.token });
    const [{ today }] = body.data;
    assert.deepEqual([today.week, today.allowance, today.reserved, today.sent, today.left], [1, 5, 0, 5, 0]);
    const view = await room.view(inbox);
    assert.deepEqual([view.waiting, view.sent], [495, 5]);
    const waiting = await room.list(inbox, "?state=queued");
    assert.equal(waiting.length, 495);
    assert.equal(mine(), 5);
    t.diagnostic("500 reservations asked for, 5 granted, 5 mails arrived");
  });

  await t.test("what the operator and admins look at answers", async () => {
    const owner = await register(url, "Status", { operator });
    for (const path of ["/api/status/inboxes", "/api/status/warmup"]) {
      assert.deepEqual((await call(url, "GET", path, { token: owner.token })).body.data, []);
    }
    const limits = await data(url, "GET", "/api/status/rate-limits", { token: owner.token });
    assert.ok(limits.kinds.some(({ kind }) => kind === "login"));
    assert.equal((await call(url, "GET", "/api/status/inboxes")).status, 401);
  });
});

test("power is cut while a mail is handed over: it is not sent again, and a person is asked", { timeout: 90_000 }, async (t) => {
  const server = await startSlowSmtp({ hold: "data" });
  later(t, () => server.stop());
  const persistTo = folder(t);
  const first = await productWorker(t, { persistTo });
  const owner = await register(first.url, "Cut");
  const before = mailroom(first.url, owner);
  const inbox = await before.register("ann@acme.example", server.way);
  const taken = server.next();
  const send = await before.send(inbox, "cut", { to: ["bo@desk.test"] });
  await taken; // the server has the mail; its answer never comes
  await first.kill9();
  server.release();

  const second = await productWorker(t, { persistTo });
  const after = mailroom(second.url, owner);
  // A second mail goes all the way: whatever would send the first again has had its turn.
  const other = await after.end(await after.send(inbox, "other", { to: ["bo@desk.test"] }));
  assert.equal(other.state, "sent");
  const parked = await after.end(send);
  assert.deepEqual([parked.state, parked.attempts], ["unknown", 1]);
  const again = await after.ask(inbox, "cut", { to: ["bo@desk.test"] });
  assert.equal(again.body.data.id, send.id, "the same key is still the same mail");
  assert.deepEqual(server.mails.map(({ raw }) => /^Subject: (.*)$/m.exec(raw)[1].trim()), ["Mail cut", "Mail other"]);
  assert.equal((await after.view(inbox)).unknown, 1);
  const resolved = await data(second.url, "POST", `/v1/inboxes/${inbox.id}/sends/${send.id}/resolve`, {
    token: owner.token, body: { outcome: "sent" },
  });
  assert.equal(resolved.state, "sent");
  assert.equal(server.mails.length, 2);
});
