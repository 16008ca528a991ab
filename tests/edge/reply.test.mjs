// An agent's answer leaves as mail, and the customer's answer to it comes back to its ticket.

import assert from "node:assert/strict";
import { test } from "node:test";
import { all, call, data, register } from "../harness/api.mjs";
import { opened } from "../harness/mail.mjs";
import { startSmtpServer } from "../harness/smtp_server.mjs";
import { dial } from "../harness/socket.mjs";
import { until } from "../harness/until.mjs";
import { later, MAIL_ENTRY, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;

const mail = (headers, body = "Hello.") =>
  [...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), "", body].join("\r\n");

/** The parts of a multipart mail, opened. */
function parts({ header, body }) {
  const boundary = /boundary="?([^";]+)"?/.exec(header["content-type"])[1];
  return body.split(`--${boundary}`).slice(1, -1).map((part) => opened(part.replace(/^\n/, "")));
}

test("replies out", { timeout: 180_000 }, async (t) => {
  const server = await startSmtpServer({ others: ["bob"] });
  later(t, () => server.stop());
  const { host, ports, user: username, password } = server;
  const { url } = await productWorker(t, { main: MAIL_ENTRY, env: { NODE_EXTRA_CA_CERTS: server.caFile } });
  const owner = await register(url, "Replies", { operator });
  const { token } = owner;
  const routed = `${owner.workspaceId}@in.example`;
  const take = async (raw) => {
    const query = new URLSearchParams({ from: "ann@desk.test", to: routed });
    const answer = await fetch(`${url}/test/email?${query}`, { method: "POST", body: raw });
    assert.ok(answer.ok, await answer.text());
  };
  const smtp = { host, port: ports.starttls, security: "starttls", username, password };
  const inbox = await data(url, "POST", "/v1/inboxes", { token, body: { email: "help@desk.test", displayName: "Acme Help", smtp, warmup: false } });
  const workspace = await data(url, "PATCH", "/v1/workspace", { token, body: { replyInboxId: inbox.id } });
  assert.equal(workspace.replyInboxId, inbox.id);
  const ann = { From: "Ann <ann@desk.test>", To: "help@desk.test" };
  await take(mail({ ...ann, Cc: `Bob <bob@desk.test>, ${routed}`, Subject: "The door", "Message-ID": "<2@desk.test>",
    "In-Reply-To": "<1@desk.test>", References: "<0@desk.test> <1@desk.test>" }, "It is stuck."));
  const [ticket] = await all(url, "/v1/tickets", { token });
  const path = `/v1/tickets/${ticket.id}/comments`;
  const post = (key, body) => data(url, "POST", path, { token, headers: { "idempotency-key": key }, body });
  const socket = await dial(url, owner);
  let sent;

  await t.test("an answer arrives once at all whom the customer wrote to, in their thread, with its file", async () => {
    const content = Buffer.from(Array.from({ length: 5_000 }, (_, n) => (n * 7) % 256));
    const name = encodeURIComponent("Anleitung \u00fc.bin");
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" };
    const uploaded = await fetch(`${url}/v1/attachments?fileName=${name}`, { method: "POST", headers, body: content });
    assert.equal(uploaded.status, 201);
    const file = (await uploaded.json()).data;
    const note = await post("note", { body: "psst, a secret note", visibility: "private" });
    assert.equal(note.delivery, undefined);
    const answer = { body: "Have you tried to pull? <Pull> & hold.\nGr\u00fc\u00dfe", attachmentIds: [file.id] };
    const posted = await Promise.all([1, 2, 3].map(() => post("answer", answer)));
    assert.equal(new Set(posted.map(({ id }) => id)).size, 1);
    assert.deepEqual([posted[0].delivery.state, posted[0].mail.cc.map(({ address }) => address)], ["queued", ["bob@desk.test"]]);
    const told = await socket.until(() => socket.events.find(({ type }) => type === "comment.delivery"), "the delivery", 30_000);
    assert.deepEqual([told.data.commentId, told.data.delivery.state, told.ticketId], [posted[0].id, "sent", ticket.id]);
    sent = await data(url, "GET", `/v1/comments/${posted[0].id}`, { token });
    assert.equal(sent.delivery.state, "sent");
    // One for Ann, one for Bob: Exim has taken both; it puts them into the mailbox in its own time.
    const mails = await until(() => server.mailbox().length >= 2 && server.mailbox().map(opened), "the mailbox");
    assert.deepEqual(mails.map(({ header }) => header["envelope-to"]).sort(), ["ann@desk.test", "bob@desk.test"]);
    for (const { header, body } of mails) {
      assert.equal(header["message-id"], `<${sent.mail.messageId}>`);
      assert.equal(header.from, "Acme Help <help@desk.test>");
      assert.deepEqual([header.to, header.cc, header.subject], ["<ann@desk.test>", "<bob@desk.test>", "Re: The door"]);
      assert.deepEqual([header["in-reply-to"], header.references], ["<2@desk.test>", "<0@desk.test> <1@desk.test> <2@desk.test>"]);
      assert.equal(header["auto-submitted"], undefined);
      const [texts, attached] = parts({ header, body });
      const [plain, html] = parts(texts);
      const decode = ({ header, body }) => header["content-transfer-encoding"] === "base64" ? Buffer.from(body, "base64")
        : Buffer.from(body.replaceAll("=\n", "").replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), "latin1");
      assert.equal(decode(plain).toString().trim(), answer.body);
      assert.match(html.header["content-type"], /^text\/html/);
      assert.match(decode(html).toString(), /tried to pull\? &lt;Pull&gt; &amp; hold\.<br>/);
      assert.match(attached.header["content-disposition"], /filename\*=utf-8''Anleitung%20%C3%BC\.bin/);
      assert.match(attached.header["content-type"], /^application\/octet-stream/);
      assert.ok(decode(attached).equals(content), "the file, byte for byte");
    }
  });

  await t.test("the customer's answer to it lands on the same ticket", async () => {
    const id = `<${sent.mail.messageId}>`;
    await take(mail({ ...ann, Subject: "RE: The door", "Message-ID": "<3@desk.test>", "In-Reply-To": id, References: id }, "Pulling helps."));
    const tickets = await all(url, "/v1/tickets", { token });
    assert.deepEqual(tickets.map(({ id }) => id), [ticket.id]);
    const bodies = (await all(url, path, { token })).map(({ body }) => body);
    assert.deepEqual([bodies[0], bodies.at(-1), bodies.length], ["It is stuck.", "Pulling helps.", 4]);
  });

  await t.test("a note never leaves, the same key sends once, and a second answer answers the latest mail", async () => {
    assert.equal((await post("answer", { body: "Have you tried to pull? <Pull> & hold.\nGr\u00fc\u00dfe", attachmentIds: sent.attachments.map(({ id }) => id) })).id, sent.id);
    const last = await post("last", { body: "Good.", cc: [] });
    await until(async () => (await data(url, "GET", `/v1/comments/${last.id}`, { token })).delivery.state === "sent", "the second", 30_000);
    const mails = await until(() => server.mailbox().length >= 3 && server.mailbox(), "the mailbox");
    assert.equal(mails.length, 3);
    assert.ok(mails.every((raw) => !raw.includes("secret note")));
    const { header } = opened(mails.at(-1));
    assert.deepEqual([header["in-reply-to"], header.references], ["<3@desk.test>", `<${sent.mail.messageId}> <3@desk.test>`]);
  });

  await t.test("nobody but Postroom itself sends comments or files", async () => {
    const body = { to: ["ann@desk.test"], subject: "x", text: "x" };
    const ask = (key, more) => call(url, "POST", `/v1/inboxes/${inbox.id}/sends`, { token, headers: { "idempotency-key": key }, body: { ...body, ...more } });
    const files = [{ fileName: "x", contentType: "a/b", bytesCount: 1, key: "mail/x" }];
    for (const answer of [await ask(`comment:${sent.id}`, {}), await ask("files", { files })]) {
      assert.ok([403, 422].includes(answer.status), JSON.stringify(answer.body));
    }
  });
  await socket.close();
});
