// Mail in, through the Worker's email entry point: threads, copies, loops, files, what cannot be read.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { all, call, data, register } from "../harness/api.mjs";
import { dial } from "../harness/socket.mjs";
import { until } from "../harness/until.mjs";
import { MAIL_ENTRY, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;

/** A mail as text with CRLF; header names as given. */
const mail = (headers, body = "Hello.") =>
  [...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), "", body].join("\n").replaceAll(/\r?\n/g, "\r\n");
const ann = { From: "Ann Example <ann@customer.example>", To: "support@acme.example" };

test("mail in", { timeout: 120_000 }, async (t) => {
  const { url } = await productWorker(t, { main: MAIL_ENTRY });
  /** Delivers by the stand-in of mail routing ("routed") or straight to the handler; gives { ok, text }. */
  const deliver = async (to, raw, { from = "ann@customer.example", routed = false } = {}) => {
    const path = routed ? "/cdn-cgi/handler/email" : "/test/email";
    const query = new URLSearchParams({ from, to });
    const answer = await fetch(`${url}${path}?${query}`, { method: "POST", body: raw });
    return { ok: answer.ok, text: await answer.text() };
  };
  const desk = async (name) => {
    const owner = await register(url, name, { operator });
    const { token, workspaceId } = owner;
    const address = `${workspaceId}@in.example`;
    const take = async (raw, options) => {
      const taken = await deliver(address, raw, options);
      assert.ok(taken.ok, taken.text);
    };
    const tickets = () => all(url, "/v1/tickets?sort=createdAt", { token });
    const comments = (ticket) => all(url, `/v1/tickets/${ticket.id}/comments`, { token });
    return { owner, token, address, take, tickets, comments };
  };

  await t.test("the first mail of a customer opens a ticket, with its user and company", async () => {
    const { owner, token, take, tickets, comments } = await desk("First");
    const socket = await dial(url, owner);
    await take(mail({ ...ann, Subject: "The door", "Message-ID": "<1@customer.example>" }, "It is stuck."), { routed: true });
    await socket.until(() => socket.events.some(({ type }) => type === "comment.created"), "the room hears of it");
    const [ticket] = await tickets();
    assert.deepEqual([ticket.subject, ticket.source, ticket.userEmail, ticket.userName, ticket.comments],
      ["The door", "mail", "ann@customer.example", "Ann Example", 1]);
    assert.equal(ticket.companyName, "customer.example");
    const [comment] = await comments(ticket);
    assert.deepEqual([comment.body, comment.source, comment.author.kind, comment.visibility],
      ["It is stuck.", "mail", "user", "public"]);
    assert.equal(comment.mail.messageId, "1@customer.example");
    const users = await all(url, "/v1/users", { token });
    assert.deepEqual(users.map(({ email }) => email), ["ann@customer.example"]);
    await socket.close();
  });

  await t.test("answers join their ticket by In-Reply-To or References, and reopen what was solved", async () => {
    const { token, take, tickets, comments } = await desk("Threads");
    await take(mail({ ...ann, Subject: "One", "Message-ID": "<a@x.example>" }));
    await take(mail({ ...ann, Subject: "Two", "Message-ID": "<b@x.example>" }));
    await take(mail({ ...ann, Subject: "Re: One", "Message-ID": "<c@x.example>", "In-Reply-To": "<a@x.example>" }, "by reply"));
    const one = (await tickets()).find(({ subject }) => subject === "One");
    await data(url, "PATCH", `/v1/tickets/${one.id}`, { token, body: { status: "solved" } });
    const references = "<nobody@knows.example>\n <c@x.example>";
    await take(mail({ ...ann, Subject: "other words", "Message-ID": "<d@x.example>", References: references }, "by references"));
    assert.equal((await tickets()).length, 2);
    const bodies = (await comments(one)).map(({ body }) => body);
    assert.deepEqual(bodies, ["Hello.", "by reply", "by references"]);
    assert.equal((await data(url, "GET", `/v1/tickets/${one.id}`, { token })).status, "open");
  });

  await t.test("an answer to a closed ticket opens one that follows it", async () => {
    const { token, take, tickets } = await desk("Follows");
    await take(mail({ ...ann, Subject: "Done", "Message-ID": "<a@x.example>" }));
    const [closed] = await tickets();
    await data(url, "PATCH", `/v1/tickets/${closed.id}`, { token, body: { status: "closed" } });
    await take(mail({ ...ann, Subject: "Re: Done", "Message-ID": "<b@x.example>", "In-Reply-To": "<a@x.example>" }));
    await take(mail({ ...ann, Subject: "Re: Done", "Message-ID": "<c@x.example>", "In-Reply-To": "<a@x.example>" }));
    const found = await tickets();
    assert.equal(found.length, 2);
    const follows = found.find(({ id }) => id !== closed.id);
    assert.deepEqual([follows.followsTicketId, follows.comments], [closed.id, 2]);
  });

  await t.test("a Message-ID counts once, also when its copies come at the same time with other texts", async () => {
    const { take, tickets } = await desk("Copies");
    const copy = (n) => mail({ ...ann, Subject: "Copy", "Message-ID": "<same@x.example>" }, `copy ${n}`);
    await Promise.all(Array.from({ length: 8 }, (_, n) => take(copy(n))));
    await take(copy(0), { routed: true });
    const found = await tickets();
    assert.deepEqual(found.map(({ comments }) => comments), [1]);
  });

  await t.test("a thread of another workspace is not joined", async () => {
    const here = await desk("Here");
    const there = await desk("There");
    await here.take(mail({ ...ann, Subject: "Ours", "Message-ID": "<secret@x.example>" }));
    await there.take(mail({ ...ann, Subject: "Theirs", "Message-ID": "<e@x.example>", "In-Reply-To": "<secret@x.example>" }));
    assert.deepEqual((await here.tickets()).map(({ comments }) => comments), [1]);
    assert.deepEqual((await there.tickets()).map(({ subject }) => subject), ["Theirs"]);
  });

  await t.test("an auto-reply is kept and marked, but reopens nothing; our own mail is stopped", async () => {
    const { owner, token, take, tickets, comments } = await desk("Loops");
    await take(mail({ ...ann, Subject: "Ask", "Message-ID": "<a@x.example>" }));
    const [ticket] = await tickets();
    await data(url, "PATCH", `/v1/tickets/${ticket.id}`, { token, body: { status: "solved" } });
    const away = { ...ann, Subject: "Away", "Message-ID": "<b@x.example>", "In-Reply-To": "<a@x.example>", "Auto-Submitted": "auto-replied" };
    await take(mail(away, "I am away."));
    const last = (await comments(ticket)).at(-1);
    assert.deepEqual([last.body, last.automatic, last.mail.automatic.kind], ["I am away.", true, "autoReply"]);
    assert.equal((await data(url, "GET", `/v1/tickets/${ticket.id}`, { token })).status, "solved");
    const smtp = { host: "127.0.0.1", port: 2525, security: "plain", password: "x" };
    const body = { email: "support@acme.example", displayName: "Acme", smtp, warmup: false };
    const inbox = await data(url, "POST", "/v1/inboxes", { token, body });
    await until(async () => (await all(url, "/v1/inboxes", { token })).length === 1, "the inbox is listed");
    const socket = await dial(url, owner);
    const mark = `${inbox.id.replaceAll("-", "")}${"0".repeat(32)}`;
    await take(mail({ ...ann, Subject: "Loop", "Message-ID": "<c@x.example>", "X-Postroom-Loop": mark }));
    const stopped = await socket.until(() => socket.events.find(({ type }) => type === "mail.stopped"), "its event");
    assert.equal(stopped.data.mail.automatic.kind, "ownLoop");
    assert.equal((await tickets()).length, 1);
    // Another team that uses Postroom writes to this one.
    await take(mail({ ...ann, Subject: "Theirs", "Message-ID": "<d@x.example>", "X-Postroom-Loop": "1".repeat(64) }));
    assert.deepEqual((await tickets()).map(({ subject }) => subject), ["Theirs", "Ask"]);
    await socket.close();
  });

  await t.test("an auto-responder that answers all the time is stopped", async () => {
    const { take, tickets } = await desk("Storm");
    for (let n = 0; n < 25; n += 1) {
      await take(mail({ ...ann, Subject: `Away ${n}`, "Message-ID": `<s${n}@x.example>`, "Auto-Submitted": "auto-replied" }));
    }
    assert.equal((await tickets()).length, 20);
  });

  await t.test("files are kept in R2 and come back byte for byte, as downloads", async () => {
    const { token, take, tickets, comments } = await desk("Files");
    const bytes = Buffer.from(Array.from({ length: 3_000 }, (_, n) => (n * 7) % 256));
    const raw = mail({
      ...ann, Subject: "With a file", "Message-ID": "<f@x.example>", "MIME-Version": "1.0",
      "Content-Type": 'multipart/mixed; boundary="cut"',
    }, [
      "--cut", "Content-Type: text/plain; charset=utf-8", "", "See the file.",
      "--cut", 'Content-Type: application/pdf; name="x.pdf"',
      'Content-Disposition: attachment; filename="../../etc/Plan \u00dc.pdf"',
      "Content-Transfer-Encoding: base64", "", bytes.toString("base64").replaceAll(/(.{76})/g, "$1\n"),
      "--cut--", "",
    ].join("\n"));
    await take(raw, { routed: true });
    const [comment] = await comments((await tickets())[0]);
    assert.equal(comment.body, "See the file.");
    const [file] = comment.attachments;
    const { bytesCount, sha256, fileName } = file;
    assert.deepEqual([bytesCount, sha256], [bytes.length, createHash("sha256").update(bytes).digest("hex")]);
    assert.ok(!fileName.includes("/") && !fileName.includes(".."), fileName);
    const answer = await fetch(`${url}/v1/attachments/${file.id}/content`, { headers: { authorization: `Bearer ${token}` } });
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), bytes);
    assert.match(answer.headers.get("content-disposition"), /^attachment; /);
    assert.equal(answer.headers.get("content-type"), "application/octet-stream");
    const stranger = await register(url, "Stranger", { operator });
    const foreign = await call(url, "GET", `/v1/attachments/${file.id}/content`, { token: stranger.token });
    assert.equal(foreign.status, 404);
  });

  await t.test("what cannot be read is kept and reported, once", async () => {
    const { owner, token, take, tickets } = await desk("Unreadable");
    const socket = await dial(url, owner);
    const raw = Buffer.from("no header here, only words\r\n".repeat(3));
    await take(raw, { from: "" });
    await take(raw, { from: "" });
    const listed = await all(url, "/v1/unparseable-mails", { token });
    assert.equal(listed.length, 1);
    assert.equal(listed[0].bytesCount, raw.length);
    assert.ok(listed[0].reason.length > 0);
    await socket.until(() => socket.events.some(({ type }) => type === "mail.unparseable"), "its event");
    assert.equal((await tickets()).length, 0);
    const retry = (number) => call(url, "POST", "/v1/unparseable-mails/retry", { token, body: { number } });
    const again = await retry(listed[0].number);
    assert.deepEqual([again.status, again.body.data.outcome], [200, "unparseable"]);
    assert.deepEqual(await all(url, "/v1/unparseable-mails", { token }), listed);
    assert.equal((await retry(99)).status, 404);
    await socket.close();
  });

  await t.test("mail to nobody is refused, and leaves nothing", async () => {
    const { address } = await desk("Nobody");
    const raw = mail({ ...ann, Subject: "x", "Message-ID": "<n@x.example>" });
    for (const to of ["support@in.example", "", "@in.example", address.replace(/^./, (c) => (c === "0" ? "1" : "0"))]) {
      const refused = await deliver(to, raw);
      assert.deepEqual([refused.ok, refused.text], [false, "no such recipient"], to);
    }
    const tagged = await deliver(address.replace("@", "+anything@").toUpperCase(), raw);
    assert.ok(tagged.ok, tagged.text);
  });

  await t.test("nasty mail is taken or reported, and never shows what it wants", async () => {
    const { take, tickets, comments, token } = await desk("Nasty");
    const id = (n) => ({ "Message-ID": `<nasty${n}@x.example>` });
    const nested = (depth) => {
      const open = Array.from({ length: depth }, (_, n) => `Content-Type: multipart/mixed; boundary="b${n}"\n\n--b${n}`);
      const close = Array.from({ length: depth }, (_, n) => `--b${depth - 1 - n}--`);
      return [...open, "Content-Type: text/plain\n\ndeep", ...close].join("\n");
    };
    const parts = Array.from({ length: 10_000 }, (_, n) => `--p\nContent-Type: text/plain\n\npart ${n}`).join("\n");
    const mails = [
      mail({ From: "a@b@c", Subject: "two at signs", ...id(1) }),
      mail({ From: `${"a".repeat(2_000)}@x.example`, Subject: "a long address", ...id(2) }),
      mail({ Subject: "no From", ...id(3) }),
      mail({ From: "a@x.example\nFrom: b@x.example", Subject: "two Froms", ...id(4) }),
      mail({ ...ann, Subject: "=?utf-8?Q?Hi=0D=0ABcc:_all@x.example?=", ...id(5) }),
      mail({ ...ann, Subject: "<script>alert(1)</script>", ...id(6) }),
      `From: ann@customer.example\nMessage-ID: <nasty7@x.example>\nSubject: deep\n${nested(200)}`,
      mail({ ...ann, Subject: "many parts", "Content-Type": 'multipart/mixed; boundary="p"', ...id(8) }, `${parts}\n--p--`),
      mail({ ...ann, Subject: "no boundary", "Content-Type": "multipart/mixed", ...id(9) }),
      mail({ ...ann, Subject: "utf-7", "Content-Type": "text/plain; charset=utf-7", ...id(10) }, "+ADw-script+AD4-"),
      mail({ ...ann, Subject: "unknown charset", "Content-Type": "text/plain; charset=x-unknown", ...id(11) }, "caf\u00e9"),
      Buffer.from(mail({ ...ann, Subject: "wrong charset", "Content-Type": "text/plain; charset=utf-8", ...id(12) }, "caf\u00e9"), "latin1"),
      mail({ ...ann, Subject: "html", "Content-Type": "text/html", ...id(13) },
        '<svg onload=alert(1)></svg><base href="//x"><p style="position:fixed">Hello</p><a href="java\tscript:alert(1)">x</a>'),
      mail({ ...ann, Subject: "nul \0 byte", ...id(14) }, "a\0b"),
      Buffer.alloc(100_000, "a"),
      Buffer.alloc(0),
      Buffer.from([0xff, 0xfe, 0x00, 0x01, 0x0a, 0x0a]),
    ];
    const reports = () => all(url, "/v1/unparseable-mails", { token });
    for (const [n, raw] of mails.entries()) {
      await take(raw);
      // The last three are no mails.
      const reported = Math.max(0, n + 4 - mails.length);
      const became = [(await tickets()).length, (await reports()).length];
      assert.deepEqual(became, [n + 1 - reported, reported], `mail ${n + 1}: a ticket, or a report`);
    }
    const [found, reported] = [await tickets(), await reports()];
    for (const ticket of found) {
      assert.ok(!/[\r\n\0]/.test(ticket.subject), JSON.stringify(ticket.subject));
      for (const { body } of await comments(ticket)) {
        assert.ok(!body.includes("\0"));
        assert.ok(!/<svg|<base|onload|position:fixed/i.test(body), body);
      }
    }
    t.diagnostic(`${found.length} tickets, ${reported.length} reports`);
  });

  await t.test("a mail of more than 25 MiB is refused", async () => {
    const { address } = await desk("Big");
    const big = Buffer.concat([Buffer.from(mail({ ...ann, Subject: "big", "Message-ID": "<big@x.example>" })), Buffer.alloc(26 * 1024 * 1024, "a\n")]);
    const refused = await deliver(address, big);
    assert.deepEqual([refused.ok, refused.text], [false, "the mail is too long"]);
  });
});
