// Mail that comes back: a report finds its send, tells the room, and keeps the person from more mail;
// a forged one changes nothing. And what of a reply its writer wrote.

import assert from "node:assert/strict";
import { test } from "node:test";
import { all, call, data, register } from "../harness/api.mjs";
import { startSlowSmtp } from "../harness/slow_smtp.mjs";
import { dial } from "../harness/socket.mjs";
import { until } from "../harness/until.mjs";
import { later, MAIL_ENTRY, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const crlf = (text) => text.replaceAll(/\r?\n/g, "\r\n");
/** The head of a mail that a server took; without the lines that `drop` matches. */
const head = (raw, drop = /$^/) =>
  raw.split("\r\n\r\n")[0].replaceAll(/\r\n[ \t]+/g, " ").split("\r\n").filter((line) => !drop.test(line)).join("\n");

let made = 0;
/** A delivery status (RFC 3464) about one address, with the head of the mail that it returns. */
const bounce = (address, returned, { status = "5.1.1", said = "550 5.1.1 no such user", to = "desk@acme.example" } = {}) => crlf(`From: Mail Delivery System <mailer-daemon@mx.them.example>
To: ${to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce${(made += 1)}@mx.them.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain

Your mail could not be delivered.
--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.them.example

Final-Recipient: rfc822; ${address}
Action: failed
Status: ${status}
Diagnostic-Code: smtp; ${said}

--cut
Content-Type: text/rfc822-headers

${returned}

--cut--
`);
/** A complaint (RFC 5965) that does not tell who complains. */
const complaint = (returned) => crlf(`From: feedback <fbl@them.example>
To: abuse@acme.example
Subject: Abuse report
Message-ID: <complaint${(made += 1)}@them.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="cut"

--cut
Content-Type: text/plain

This is a report.
--cut
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: them/1
Version: 1

--cut
Content-Type: text/rfc822-headers

${returned}

--cut--
`);

test("mail that comes back", { timeout: 180_000 }, async (t) => {
  const slow = await startSlowSmtp();
  later(t, () => slow.stop());
  const { url } = await productWorker(t, { main: MAIL_ENTRY });
  const take = async (to, raw) => {
    const query = new URLSearchParams({ from: "", to });
    const answer = await fetch(`${url}/test/email?${query}`, { method: "POST", body: raw });
    assert.ok(answer.ok, await answer.text());
  };
  const desk = async (name) => {
    const owner = await register(url, name, { operator });
    const { token, workspaceId } = owner;
    const body = { email: "desk@acme.example", displayName: "Acme", smtp: slow.way, warmup: false };
    const inbox = await data(url, "POST", "/v1/inboxes", { token, body });
    const get = ({ id }) => data(url, "GET", `/v1/inboxes/${inbox.id}/sends/${id}`, { token });
    const prospect = ({ id }) => data(url, "GET", `/api/prospects/${id}`, { token });
    /** Imports a person. */
    const person = (email) => data(url, "POST", "/api/prospects", { token, body: { email } });
    /** Writes a step to a person; gives the send as it ended, and the mail where it left. */
    const write = async (to, { id }, step) => {
      const mail = { to: [to], subject: `Step ${step}`, text: "Hello.", prospect: { prospectId: id, campaign: "spring", step } };
      const headers = { "idempotency-key": `${id}-${step}` };
      const asked = await call(url, "POST", `/v1/inboxes/${inbox.id}/sends`, { token, headers, body: mail });
      assert.equal(asked.status, 202, JSON.stringify(asked.body));
      const send = await until(async () => {
        const now = await get(asked.body.data);
        return ["sent", "refused"].includes(now.state) && now;
      }, "the end of a send");
      return { send, raw: slow.mails.find(({ raw }) => raw.includes(send.messageId))?.raw };
    };
    const address = `${workspaceId}@in.example`;
    return { owner, token, inbox, get, prospect, person, write, address };
  };
  /** A person to whom a mail has left. */
  const written = async (room, email) => {
    const person = await room.person(email);
    return { person, email, ...(await room.write(email, person, 1)) };
  };
  /** Writes the next step; it must not leave. */
  const refused = async (room, { email, person }) => {
    const before = slow.mails.length;
    const { send, raw } = await room.write(email, person, 2);
    assert.deepEqual([send.state, raw, slow.mails.length], ["refused", undefined, before]);
  };

  await t.test("a hard bounce is in the ledger, in the room and at the person, to whom no more mail leaves", async () => {
    const room = await desk("Hard");
    const socket = await dial(url, room.owner);
    const bob = await written(room, "bob@them.example");
    await take(room.address, bounce("Bob@them.example", head(bob.raw)));
    const event = await socket.until(() => socket.events.find(({ type }) => type === "mail.bounced"), "its event");
    assert.deepEqual([event.data.sendId, event.data.inboxId, event.data.report.class, event.data.report.reason],
      [bob.send.id, room.inbox.id, "hard", "userUnknown"]);
    const [ticket] = await all(url, "/v1/tickets", { token: room.token });
    assert.deepEqual([event.ticketId, ticket.tags], [ticket.id, ["automatic"]]);
    const send = await room.get(bob.send);
    assert.deepEqual([send.state, send.report.class, send.report.address, send.report.status],
      ["bounced", "hard", "bob@them.example", "5.1.1"]);
    await until(async () => (await room.prospect(bob.person)).suppression === "bounced", "the suppression");
    await refused(room, bob);
    const { bounced, health } = await data(url, "GET", `/v1/inboxes/${room.inbox.id}`, { token: room.token });
    assert.deepEqual([bounced, health.bounced, health.complained], [1, 1, 0]);
    // Another copy of it changes nothing.
    await take(room.address, bounce("bob@them.example", head(bob.raw)));
    await until(async () => (await all(url, "/v1/tickets", { token: room.token })).length === 2, "its ticket");
    assert.equal((await room.get(bob.send)).version, send.version);
    await socket.close();
  });

  await t.test("a mail is known by its Message-ID alone, and a soft bounce lets the next step leave", async () => {
    const room = await desk("Soft");
    const bob = await written(room, "bob@them.example");
    const full = { status: "5.2.2", said: "552 5.2.2 mailbox full" };
    await take(room.address, bounce("bob@them.example", head(bob.raw, /^(x-postroom|from)/i), full));
    await until(async () => (await room.get(bob.send)).state === "bounced", "the bounce");
    assert.equal((await room.get(bob.send)).report.class, "soft");
    assert.equal((await room.prospect(bob.person)).suppression ?? null, null);
    assert.equal((await room.write(bob.email, bob.person, 2)).send.state, "sent");
  });

  await t.test("a complaint leaves the mail sent, and stops all that would follow", async () => {
    const room = await desk("Complaint");
    const bob = await written(room, "bob@them.example");
    const socket = await dial(url, room.owner);
    await take(room.address, complaint(head(bob.raw, /^(x-postroom|to)/i)));
    await socket.until(() => socket.events.find(({ type }) => type === "mail.complained"), "its event");
    assert.deepEqual([(await room.get(bob.send)).state, (await room.get(bob.send)).report.class], ["sent", "complaint"]);
    await until(async () => (await room.prospect(bob.person)).suppression === "complained", "the suppression");
    await refused(room, bob);
    await socket.close();
  });

  await t.test("a complaint counts against the inbox where it passed DMARC, and a forged one changes nothing", async () => {
    const room = await desk("Feedback");
    const [ann, bob, eve] = [await written(room, "ann@one.example"), await written(room, "bob@two.example"), await written(room, "eve@three.example")];
    const plain = ({ raw }) => complaint(head(raw, /^(x-postroom|to)/i));
    const judged = (dmarc, mail) => `Authentication-Results: mx.acme.example; dmarc=${dmarc}\r\n${plain(mail)}`;
    await take(room.address, judged("fail", ann));
    await take(room.address, plain(bob));
    await take(room.address, judged("pass", eve));
    for (const { person } of [bob, eve]) await until(async () => (await room.prospect(person)).suppression === "complained", "the suppression");
    const { health } = await data(url, "GET", `/v1/inboxes/${room.inbox.id}`, { token: room.token });
    assert.equal(health.complained, 1, "Eve's alone");
    assert.equal((await room.get(ann.send)).version, ann.send.version);
    assert.equal((await room.prospect(ann.person)).suppression ?? null, null);
  });

  await t.test("a forged bounce changes nothing", async () => {
    const room = await desk("Forged");
    const other = await desk("Other");
    const [bob, eve] = [await written(room, "bob@them.example"), await written(room, "eve@them.example")];
    const socket = await dial(url, room.owner);
    // Eve knows her own mail, and that Bob is written to.
    await take(room.address, bounce("bob@them.example", head(eve.raw)));
    await take(room.address, bounce("bob@them.example", head(bob.raw).replace(bob.send.messageId, "made-up@acme.example").replace(/X-Postroom-Loop: .*/i, `X-Postroom-Loop: ${"0".repeat(64)}`)));
    await take(room.address, bounce("bob@them.example", `To: bob@them.example\nFrom: desk@acme.example`));
    await take(room.address, bounce("eve@them.example", `Message-ID: <>\nFrom: desk@acme.example\nTo: eve@them.example`));
    // A person writes about a bounce.
    await take(room.address, bounce("bob@them.example", head(bob.raw)).replace(/multipart\/report; report-type=delivery-status/, "multipart/mixed").replace("mailer-daemon@mx", "mallory@x").replace("Undelivered", "Look: undelivered").replace("Message-ID: <b", "In-Reply-To: <x@y>\r\nMessage-ID: <b"));
    // The right report, to a workspace that did not send the mail.
    await take(other.address, bounce("bob@them.example", head(bob.raw)));
    for (const { send, person, email } of [bob, eve]) {
      assert.equal((await room.get(send)).version, send.version, email);
      assert.equal((await room.prospect(person)).suppression ?? null, null, email);
    }
    // What is true comes after all of it, and is told.
    await take(room.address, bounce("eve@them.example", head(eve.raw)));
    await socket.until(() => socket.events.some(({ type }) => type === "mail.bounced"), "its event");
    assert.deepEqual(socket.events.filter(({ type }) => type.startsWith("mail.")).map(({ data }) => data.sendId), [eve.send.id]);
    assert.equal((await room.get(bob.send)).version, bob.send.version);
    assert.equal((await room.write(bob.email, bob.person, 2)).send.state, "sent");
    await socket.close();
  });

  await t.test("a refusal in the dialogue is told apart as a report is", async () => {
    const room = await desk("Refused");
    const person = await room.person("nobody@them.example");
    const headers = { "idempotency-key": "refused" };
    const body = { to: ["nobody@them.example"], subject: "x", text: "y", prospect: { prospectId: person.id, campaign: "spring", step: 1 } };
    const asked = await call(url, "POST", `/v1/inboxes/${room.inbox.id}/sends`, { token: room.token, headers, body });
    const send = await until(async () => {
      const now = await room.get(asked.body.data);
      return now.state === "bounced" && now;
    }, "the refusal");
    assert.deepEqual([send.report.class, send.report.reason, send.report.status], ["hard", "userUnknown", "5.1.1"]);
    await until(async () => (await room.prospect(person)).suppression === "bounced", "the suppression");
  });

  await t.test("a comment has beside its whole body what its writer wrote", async () => {
    const { token, address } = await desk("Replies");
    const mail = (id, text) => crlf(`From: Ann <ann@them.example>\nTo: desk@acme.example\nSubject: Hi\nMessage-ID: <${id}@them.example>\n\n${text}\n`);
    await take(address, mail("a", "Just this."));
    const reply = "Yes, please.\n\nOn Mon, 2 Mar 2026 at 10:00, Desk <desk@acme.example> wrote:\n> Shall we?\n";
    await take(address, mail("b", reply));
    const bodies = [];
    for (const ticket of await all(url, "/v1/tickets", { token })) {
      bodies.push(...(await all(url, `/v1/tickets/${ticket.id}/comments`, { token })).map((comment) => [comment.body, comment.visibleBody]));
    }
    assert.deepEqual(bodies.sort(), [["Just this.", undefined], [reply.trim(), "Yes, please."]]);
  });
});
