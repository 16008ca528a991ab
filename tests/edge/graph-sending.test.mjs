// The stand-in of Graph's mail: drafts, replies, sending, and what may not be written.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ANN, BO, graphClient, is, MAIL, recipients, standIn } from "../harness/graph_client.mjs";
import { header, parseMail } from "../harness/graph/mime.mjs";

test("a reply is a draft with its ids, then patched, then in Sent and with the one it goes to", async (t) => {
  const { graph, ann, ask } = await standIn(t);
  const first = ann.receive({ ...MAIL, messageId: "<1@customer.test>", headers: { References: "<0@customer.test>" } });
  const draft = await ask("POST", `/me/messages/${first.immutableId}/createReply`);
  assert.equal(draft.status, 201);
  const { id, internetMessageId, conversationId, isDraft, subject, toRecipients } = draft.json;
  assert.deepEqual([isDraft, subject, conversationId], [true, `RE: ${MAIL.subject}`, first.conversationId]);
  assert.deepEqual(
    toRecipients.map((one) => one.emailAddress.address),
    ["cara@customer.test"],
  );
  assert.deepEqual(
    ann.in("drafts").map((one) => one.immutableId),
    [id],
  );
  const body = { contentType: "HTML", content: "<p>Try again.</p>" };
  const patched = await ask("PATCH", `/me/messages/${id}`, { body: { body, ccRecipients: recipients(BO) } });
  assert.deepEqual([patched.status, patched.json.body.content], [200, body.content]);
  const sent = await ask("POST", `/me/messages/${id}/send`);
  assert.deepEqual([sent.status, sent.bytes.length], [202, 0]);

  const after = await ask(
    "GET",
    `/me/messages/${id}?$select=parentFolderId,isDraft,internetMessageId,internetMessageHeaders`,
  );
  assert.equal(after.json.parentFolderId, ann.folder("sentitems").id);
  assert.deepEqual([after.json.isDraft, after.json.internetMessageId], [false, internetMessageId]);
  assert.deepEqual(after.json.internetMessageHeaders, []); // of what was sent here they are not all known
  const taken = graph.accepted[0];
  assert.deepEqual(
    [taken.internetMessageId, taken.via, taken.recipients],
    [internetMessageId, "send", ["cara@customer.test", BO]],
  );
  const { headers, html } = parseMail(taken.raw);
  assert.equal(header(headers, "message-id"), internetMessageId);
  assert.equal(header(headers, "in-reply-to"), "<1@customer.test>");
  assert.deepEqual(header(headers, "references").split(" "), ["<0@customer.test>", "<1@customer.test>"]);
  assert.equal(html, body.content);
  const [got] = graph.mailbox(BO).in("inbox");
  assert.deepEqual([got.internetMessageId, got.raw.equals(taken.raw)], [internetMessageId, true]);

  is(await ask("POST", `/me/messages/${id}/send`), 400, "ErrorInvalidOperation");
  is(await ask("PATCH", `/me/messages/${id}`, { body: { subject: "other" } }), 400, "ErrorInvalidPropertySet");
  assert.equal(graph.acceptedCount(internetMessageId), 1);
  const back = ann.receive({ ...MAIL, headers: { "In-Reply-To": internetMessageId } });
  assert.equal(back.conversationId, conversationId);
});

test("what may not be written is refused, and nothing is left of it", async (t) => {
  const { graph, ann, ask } = await standIn(t);
  const mail = ann.receive(MAIL);
  const send = (message, more = {}) =>
    ask("POST", "/me/sendMail", {
      body: { message: { subject: "x", toRecipients: recipients(BO), ...message }, ...more },
    });
  const own = (name) => ({ internetMessageHeaders: [{ name, value: "v" }] });
  is(await send(own("In-Reply-To")), 400, "InvalidInternetMessageHeader");
  is(
    await send({ internetMessageHeaders: [{ name: "x-a", value: "v\r\nBcc: e@vil.test" }] }),
    400,
    "InvalidInternetMessageHeader",
  );
  is(
    await send({ internetMessageHeaders: Array(6).fill({ name: "x-a", value: "v" }) }),
    400,
    "InvalidInternetMessageHeaderCollection",
  );
  is(await send({ toRecipients: [] }), 400, "ErrorInvalidRecipients");
  is(await send({ toRecipients: recipients("nobody") }), 400, "ErrorInvalidRecipients");
  is(await send({ toRecipients: BO }), 400, "RequestBodyRead");
  is(await send({ betreff: "x" }), 400, "RequestBodyRead");
  is(await send({ body: { contentType: "markdown", content: "x" } }), 400, "RequestBodyRead");
  is(await send({ subject: 7 }), 400, "RequestBodyRead");
  is(await send({ attachments: {} }), 400, "RequestBodyRead");
  is(await send({ internetMessageHeaders: [null] }), 400, "InvalidInternetMessageHeader");
  is(await send({ conversationId: "x" }), 400, "ErrorInvalidPropertySet");
  is(await send({}, { saveToSent: true }), 400, "RequestBodyRead");
  is(await send({ from: recipients(BO)[0] }), 403, "ErrorSendAsDenied");
  is(
    await ask("POST", "/me/sendMail", { body: "{", headers: { "content-type": "application/json" } }),
    400,
    "BadRequest",
  );
  is(
    await ask("POST", "/me/sendMail", { body: '{"message":{}}', headers: { "content-type": "application/xml" } }),
    400,
    "BadRequest",
  );
  const both = { comment: "x", message: { body: { contentType: "text", content: "y" } } };
  is(await ask("POST", `/me/messages/${mail.immutableId}/reply`, { body: both }), 400, "ErrorInvalidRequest");
  is(await ask("PATCH", `/me/messages/${mail.immutableId}`, { body: { isRead: "yes" } }), 400, "RequestBodyRead");
  is(
    await ask("PATCH", `/me/messages/${mail.immutableId}`, {
      body: { isRead: true },
      headers: { "if-match": 'W/"old"' },
    }),
    412,
    "ErrorIrresolvableConflict",
  );
  assert.deepEqual(
    [graph.accepted.length, ann.in("sentitems").length, ann.in("drafts").length, mail.isRead],
    [0, 0, 0, false],
  );
});

test("sendMail gives no id: 202 and nothing; the copy in Sent only where it is wanted", async (t) => {
  const { graph, ann, ask } = await standIn(t);
  const message = {
    subject: "Hi",
    body: { contentType: "text", content: "Hello" },
    toRecipients: recipients(BO),
    internetMessageHeaders: [{ name: "X-Postroom", value: "1" }],
  };
  for (const saveToSentItems of [true, false]) {
    const sent = await ask("POST", "/me/sendMail", { body: { message, saveToSentItems } });
    assert.deepEqual([sent.status, sent.bytes.length, sent.headers.get("location")], [202, 0, null]);
  }
  assert.deepEqual([graph.accepted.length, ann.in("sentitems").length, ann.in("drafts").length], [2, 1, 0]);
  assert.equal(header(parseMail(graph.accepted[1].raw).headers, "x-postroom"), "1");
  const { json } = await ask(
    "GET",
    `/me/messages/${ann.in("sentitems")[0].immutableId}?$select=internetMessageHeaders`,
  );
  assert.deepEqual(json.internetMessageHeaders, [{ name: "X-Postroom", value: "1" }]);
});

test("a mail sent as MIME: base64 or nothing; its Message-ID stays only where Exchange lets it", async (t) => {
  const raw = `From: ${ANN}\r\nTo: ${BO}\r\nSubject: Raw\r\nMessage-ID: <own@contoso.test>\r\n\r\nHello\r\n`;
  const headers = { "content-type": "text/plain" };
  for (const keepsMessageIds of [true, false]) {
    const { graph, ask } = await standIn(t, { keepsMessageIds });
    is(await ask("POST", "/me/sendMail", { body: raw, headers }), 400, "ErrorMimeContentInvalidBase64String");
    is(await ask("POST", "/me/sendMail", { body: Buffer.from(raw).toString("base64"), headers }), 202, undefined);
    const [{ internetMessageId, raw: taken, recipients: to }] = graph.accepted;
    assert.deepEqual([internetMessageId === "<own@contoso.test>", to], [keepsMessageIds, [BO]]);
    assert.equal(header(parseMail(taken).headers, "message-id"), internetMessageId);
    assert.equal(parseMail(taken).text.trim(), "Hello");
  }
});

test("a shared mailbox needs the shared scopes and full access; another's name needs Send As", async (t) => {
  const { graph, ask } = await standIn(t);
  graph.mailbox(BO).receive(MAIL);
  const shared = graphClient(
    graph,
    graph.tokensFor(ANN, ["Mail.Read.Shared", "Mail.Send", "Mail.Send.Shared"]).accessToken,
  );
  const path = `/users/${BO}/mailFolders/inbox/messages`;
  const from = recipients(BO)[0];
  const message = { subject: "x", toRecipients: recipients("cara@customer.test"), from };
  is(await shared("GET", path), 403, "ErrorAccessDenied");
  is(await shared("POST", "/me/sendMail", { body: { message } }), 403, "ErrorSendAsDenied");
  graph.grant(ANN, BO, ["fullAccess", "sendAs"]);
  assert.equal((await shared("GET", path)).json.value.length, 1);
  is(await shared("POST", "/me/sendMail", { body: { message } }), 202, undefined);
  is(await ask("GET", path), 403, "ErrorAccessDenied"); // Mail.Read is of one's own
  is(await ask("GET", `/users/${ANN}/messages`), 200, undefined);
  is(await ask("GET", "/users/nobody@contoso.test/messages"), 404, "ErrorInvalidUser");
});

test("a draft that is deleted goes to Deleted Items, and from there for good", async (t) => {
  const { ann, ask } = await standIn(t);
  const mail = ann.receive(MAIL);
  assert.equal((await ask("DELETE", `/me/messages/${mail.immutableId}`)).status, 204);
  assert.deepEqual(ann.in("deleteditems"), [mail]);
  assert.equal((await ask("DELETE", `/me/messages/${mail.immutableId}`)).status, 204);
  is(await ask("GET", `/me/messages/${mail.immutableId}`), 404, "ErrorItemNotFound");
});
