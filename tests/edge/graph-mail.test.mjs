// The stand-in of Graph's mail: reading, changing, sending, attachments, and what it refuses.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ANN, BO, graphClient, IMMUTABLE, is, standIn } from "../harness/graph_client.mjs";
import { header, parseMail } from "../harness/graph/mime.mjs";

const TEXT = 'IdType="ImmutableId", outlook.body-content-type="text"';
const MB = 1024 * 1024;

const MAIL = {
  from: "Cara Cole <cara@customer.test>",
  subject: "Grüße: it broke",
  text: "It broke.\r\n\r\n> you said",
};
const recipients = (...list) => list.map((address) => ({ emailAddress: { address } }));

test("no token, a wrong one, one that has run out: 401 with Graph's body", async (t) => {
  const { graph, ask, token } = await standIn(t);
  const bare = await ask("GET", "/me/messages", { bearer: null, headers: { "client-request-id": "my-own-id" } });
  is(bare, 401, "InvalidAuthenticationToken");
  assert.match(bare.headers.get("www-authenticate"), /^Bearer/);
  assert.equal(bare.headers.get("client-request-id"), "my-own-id");
  const { innerError } = bare.json.error;
  assert.deepEqual(
    [innerError["client-request-id"], innerError["request-id"]],
    ["my-own-id", bare.headers.get("request-id")],
  );
  assert.match(innerError.date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  is(await ask("GET", "/me/messages", { bearer: "made-up" }), 401, "InvalidAuthenticationToken");
  is(
    await ask("GET", "/me/messages", { bearer: null, headers: { authorization: `Basic ${token}` } }),
    401,
    "InvalidAuthenticationToken",
  );
  is(await ask("GET", "/me/messages"), 200, undefined);
  graph.advance(3599_000);
  is(await ask("GET", "/me/messages"), 401, "InvalidAuthenticationToken");
});

test("every call needs its scope", async (t) => {
  const { graph, ann } = await standIn(t);
  const mail = ann.receive(MAIL);
  const at = `/me/messages/${mail.immutableId}`;
  const calls = {
    "User.Read": [["GET", "/me"]],
    "Mail.Read": [
      ["GET", "/me/messages"],
      ["GET", at],
      ["GET", `${at}/$value`],
      ["GET", `${at}/attachments`],
      ["GET", "/me/mailFolders"],
      ["GET", "/me/mailFolders/inbox/messages/delta"],
      ["GET", "/subscriptions"],
    ],
    "Mail.ReadWrite": [
      ["POST", `${at}/createReply`],
      ["PATCH", at, { isRead: true }],
      ["POST", "/me/messages", { subject: "x" }],
    ],
    "Mail.Send": [["POST", "/me/sendMail", { message: { subject: "x", toRecipients: recipients(BO) } }]],
  };
  for (const [scope, list] of Object.entries(calls)) {
    const others = Object.keys(calls).filter(
      (one) => one !== scope && !(scope === "Mail.Read" && one === "Mail.ReadWrite"),
    );
    const without = graphClient(graph, graph.tokensFor(ANN, others).accessToken);
    const having = graphClient(graph, graph.tokensFor(ANN, [scope]).accessToken);
    for (const [method, path, body] of list) {
      is(await without(method, path, { body }), 403, "ErrorAccessDenied");
      const { status } = await having(method, path, { body });
      assert.ok(status < 300, `${scope} is enough for ${method} ${path}: ${status}`);
    }
  }
});

test("a message as Graph has it: what is there always, what by $select alone, text or HTML", async (t) => {
  const { ann, ask } = await standIn(t);
  const auth = "spf=pass smtp.mailfrom=customer.test; dkim=none";
  const mail = ann.receive({
    ...MAIL,
    to: `Ann <${ANN}>, ${BO}`,
    cc: "Dee <dee@customer.test>",
    headers: { "Authentication-Results": auth },
  });
  const at = `/me/messages/${mail.immutableId}`;
  const { json } = await ask("GET", at);
  assert.deepEqual(
    [json.id, json.subject, json.internetMessageId],
    [mail.immutableId, MAIL.subject, mail.internetMessageId],
  );
  assert.deepEqual(json.from, { emailAddress: { name: "Cara Cole", address: "cara@customer.test" } });
  assert.deepEqual(
    json.toRecipients.map((one) => one.emailAddress.address),
    [ANN, BO],
  );
  assert.deepEqual(json.ccRecipients, [{ emailAddress: { name: "Dee", address: "dee@customer.test" } }]);
  assert.deepEqual(
    [json.isRead, json.isDraft, json.hasAttachments, json.body.contentType],
    [false, false, false, "html"],
  );
  assert.deepEqual([json.uniqueBody, json.internetMessageHeaders], [undefined, undefined]);
  assert.match(json.receivedDateTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.ok(json.bodyPreview.startsWith("It broke."));

  const chosen = await ask("GET", `${at}?$select=uniqueBody,internetMessageHeaders`, { prefer: TEXT });
  assert.deepEqual(Object.keys(chosen.json).sort(), ["@odata.etag", "id", "internetMessageHeaders", "uniqueBody"]);
  assert.deepEqual(chosen.json.uniqueBody, { contentType: "text", content: "It broke.\r\n\r\n" });
  assert.equal(chosen.headers.get("preference-applied"), TEXT);
  assert.equal(header(chosen.json.internetMessageHeaders, "authentication-results"), auth);
  is(await ask("GET", `${at}?$select=sujet`), 400, "RequestBroker--ParseUri");
  is(await ask("GET", `${at}?$expand=attachments`), 400, "ErrorInvalidUrlQuery");

  const mime = await ask("GET", `${at}/$value`);
  assert.ok(mime.bytes.equals(mail.raw));
  assert.match(mime.headers.get("content-type"), /^text\/plain/);
  is(await ask("GET", "/me/messages/AAkA-no-such"), 404, "ErrorItemNotFound");
  is(await ask("GET", "/me/nothing"), 400, "BadRequest");
  is(await ask("GET", "/me/messages/%E0"), 400, "BadRequest");
});

test("a raw mail is shown with its words, names and parts decoded, and given back as it came", async (t) => {
  const { ann, ask } = await standIn(t);
  const raw = Buffer.from(
    [
      'From: "Cole, Cara" <cara@customer.test>',
      "To: =?iso-8859-1?Q?Andr=E9?= <andre@contoso.test>,",
      `\t${ANN}`,
      "Subject: =?utf-8?B?R3LDvMOf?=",
      " =?utf-8?Q?e_!?=",
      "Message-ID: <raw@customer.test>",
      'Content-Type: multipart/mixed; boundary="a;b"',
      "",
      "preamble",
      "--a;b",
      "Content-Type: text/plain; charset=iso-8859-1",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      "Sch=F6n=",
      "e Zeit",
      "--a;b",
      "Content-Disposition: attachment; filename*=utf-8''caf%C3%A9.bin",
      "",
      "bytes",
      "--a;b",
      "Content-Disposition: attachment; filename*=x''%E9",
      "",
      "--a;b--",
      "epilogue",
    ].join("\r\n"),
  );
  const mail = ann.receiveRaw(raw);
  const { json } = await ask("GET", `/me/messages/${mail.immutableId}`, { prefer: TEXT });
  assert.deepEqual(
    [json.subject, json.body.content, json.internetMessageId],
    ["Grüße !", "Schöne Zeit", "<raw@customer.test>"],
  );
  assert.deepEqual(json.from.emailAddress, { name: "Cole, Cara", address: "cara@customer.test" });
  assert.deepEqual(
    json.toRecipients.map((one) => one.emailAddress.name),
    ["André", ANN],
  );
  const files = await ask("GET", `/me/messages/${mail.immutableId}/attachments`);
  assert.deepEqual(
    files.json.value.map((one) => one.name),
    ["café.bin", "%E9"],
  );
  assert.equal(Buffer.from(files.json.value[0].contentBytes, "base64").toString(), "bytes");
  assert.ok((await ask("GET", `/me/messages/${mail.immutableId}/$value`)).bytes.equals(raw));
  const nameless = ann.receiveRaw("Subject: no id\r\n\r\nx");
  assert.match(nameless.internetMessageId, /^<.+@.+>$/); // Exchange gives it one
});

test("ids are immutable where that is asked for; others end when the message is moved", async (t) => {
  const { ann, ask } = await standIn(t);
  const mail = ann.receive(MAIL);
  const mutable = (await ask("GET", "/me/messages", { prefer: null })).json.value[0].id;
  assert.notEqual(mutable, mail.immutableId);
  is(await ask("GET", `/me/messages/${mutable}`, { prefer: null }), 200, undefined);
  is(await ask("GET", `/me/messages/${mail.immutableId}`, { prefer: null }), 404, "ErrorItemNotFound");
  const moved = await ask("POST", `/me/messages/${mail.immutableId}/move`, { body: { destinationId: "archive" } });
  assert.deepEqual([moved.status, moved.json.id], [201, mail.immutableId]);
  is(await ask("GET", `/me/messages/${mutable}`, { prefer: null }), 404, "ErrorItemNotFound");
  const { json } = await ask("GET", `/me/messages('${mail.immutableId}')`);
  assert.equal(json.parentFolderId, ann.folder("archive").id);
  is(await ask("GET", `/me/mailFolders('inbox')/messages/${mail.immutableId}`), 404, "ErrorItemNotFound");
  await ask("POST", `/me/messages/${mail.immutableId}/move`, { body: { destinationId: "inbox" } });
  is(await ask("GET", `/me/messages/${mutable}`, { prefer: null }), 404, "ErrorItemNotFound"); // not even back there
});

test("a preference that is misspelt, wrong or doubled is refused", async (t) => {
  const { ask } = await standIn(t);
  for (const prefer of [
    "IdType=ImmutableIds",
    'IdType="immutableid"',
    "odata.maxpagesize=0",
    "odata.maxpagesize=1001",
    "odata.maxpagesize=ten",
    'outlook.body-content-type="plain"',
    `${IMMUTABLE}, ${IMMUTABLE}`,
    "IdTyp=ImmutableId",
    "respond-async",
  ]) {
    is(await ask("GET", "/me/messages", { prefer }), 400, "ErrorInvalidRequest");
  }
  is(await ask("GET", "/me/messages", { prefer: `odata.maxpagesize=1000, ${TEXT}` }), 200, undefined);
});

test("a search by internetMessageId finds it in whatever folder; a list is filtered, ordered and paged", async (t) => {
  const { graph, ann, ask } = await standIn(t);
  const id = "<it's+a&b=c@customer.test>";
  const mail = ann.receive({ ...MAIL, messageId: id });
  ann.move(mail, "archive");
  const start = Date.parse("2026-01-01T00:00:00Z");
  for (let n = 0; n < 5; n += 1) ann.receive({ ...MAIL, subject: `s${n}`, received: start + n * 60_000 });
  const search = (text) => ask("GET", `/me/messages?${new URLSearchParams({ $filter: text })}`);
  const found = await search(`internetMessageId eq '${id.replaceAll("'", "''")}'`);
  assert.deepEqual(
    found.json.value.map((one) => one.id),
    [mail.immutableId],
  );
  assert.deepEqual((await search("internetMessageId eq '<none@x.test>'")).json.value, []);
  assert.equal(graph.asked("search").length, 2);
  // A plus sign that was not encoded is a blank.
  const raw = await ask("GET", `/me/messages?$filter=internetMessageId eq '<it''s+a%26b%3Dc@customer.test>'`);
  assert.deepEqual(raw.json.value, []);
  for (const text of [
    "internetMessageId eq <x>",
    "internetMessageId like 'x'",
    "nothing eq 'x'",
    "isRead eq 'true'",
    "receivedDateTime ge '2026-01-01'",
    "",
  ]) {
    is(await search(text), 400, "BadRequest");
  }
  const when = "receivedDateTime ge 2026-01-01T00:01:00Z and receivedDateTime lt 2026-01-01T00:04:00Z";
  const list = (more) =>
    ask("GET", `/me/mailFolders/inbox/messages?${new URLSearchParams({ $filter: when, $select: "subject", ...more })}`);
  const ordered = await list({ $orderby: "receivedDateTime asc", $top: "2" });
  assert.deepEqual(
    ordered.json.value.map((one) => one.subject),
    ["s1", "s2"],
  );
  const next = await ask("GET", ordered.json["@odata.nextLink"]);
  assert.deepEqual([next.json.value.map((one) => one.subject), next.json["@odata.nextLink"]], [["s3"], undefined]);
  is(await list({ $orderby: "subject asc" }), 400, "InefficientFilter");
  is(await ask("GET", "/me/messages?$search=%22x%22"), 400, "ErrorInvalidUrlQuery");
  is(await ask("GET", "/me/messages?$top=1&$top=2"), 400, "BadRequest");
  is(await ask("GET", "/me/mailFolders/nowhere/messages"), 404, "ErrorItemNotFound");
});

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

test("attachments: files with their bytes, a mail within the mail, inline ones that do not count", async (t) => {
  const { ann, ask } = await standIn(t);
  const bytes = randomBytes(5_000);
  const inner = Buffer.from("Subject: Inner\r\nFrom: e@x.test\r\n\r\nInside\r\n");
  const mail = ann.receive({
    ...MAIL,
    attachments: [
      { name: "plan.bin", bytes },
      { kind: "item", name: "inner.eml", contentType: "message/rfc822", bytes: inner },
    ],
  });
  mail.attachments.push({ id: "AAMkATref", kind: "reference", name: "link" });
  const at = `/me/messages/${mail.immutableId}/attachments`;
  const { json } = await ask("GET", at);
  assert.deepEqual(
    json.value.map((one) => one["@odata.type"].split(".")[2]),
    ["fileAttachment", "itemAttachment", "referenceAttachment"],
  );
  const [file, item] = json.value;
  assert.deepEqual([file.name, file.size, file.isInline], ["plan.bin", 5_000, false]);
  assert.ok(Buffer.from(file.contentBytes, "base64").equals(bytes));
  assert.ok((await ask("GET", `${at}/${file.id}/$value`)).bytes.equals(bytes));
  assert.match((await ask("GET", `${at}/${item.id}/$value`)).bytes.toString(), /^Subject: Inner/);
  assert.equal((await ask("GET", `${at}/AAMkATref/$value`)).status, 405);
  is(await ask("GET", `${at}/AAMkATnone`), 404, "ErrorItemNotFound");
  const brief = await ask("GET", `${at}?$select=name`);
  assert.deepEqual([brief.json.value[0].contentBytes, brief.json.value[0].name], [undefined, "plan.bin"]);
  const inline = ann.receive({
    ...MAIL,
    html: '<img src="cid:a@b">',
    attachments: [{ name: "a.png", contentType: "image/png", isInline: true, contentId: "a@b", bytes }],
  });
  const shown = await ask("GET", `/me/messages/${inline.immutableId}`);
  assert.equal(shown.json.hasAttachments, false);
  const [picture] = (await ask("GET", `/me/messages/${inline.immutableId}/attachments`)).json.value;
  assert.deepEqual([picture.isInline, picture.contentId], [true, "a@b"]);
});

test("a file below 3 MB is added in one request, a larger one by ranges in order", async (t) => {
  const { graph, ann, ask, token } = await standIn(t);
  const { json: draft } = await ask("POST", "/me/messages", {
    body: { subject: "Files", toRecipients: recipients(BO) },
  });
  const at = `/me/messages/${draft.id}/attachments`;
  const attach = (more) =>
    ask("POST", at, {
      body: { "@odata.type": "#microsoft.graph.fileAttachment", name: "a.txt", contentBytes: "aGk=", ...more },
    });
  assert.equal((await attach({})).status, 201);
  is(await attach({ "@odata.type": undefined }), 400, "RequestBodyRead");
  is(await attach({ contentBytes: "%%" }), 400, "RequestBodyRead");
  is(await attach({ contentBytes: Buffer.alloc(3 * MB).toString("base64") }), 413, "RequestEntityTooLarge");
  const fits = await attach({ contentBytes: Buffer.alloc(3 * MB - 120).toString("base64") });
  assert.equal(fits.status, 201, "what fits into 4 MiB is taken");
  await ask("DELETE", `${at}/${fits.json.id}`);

  const open = (size, more = {}) =>
    ask("POST", `${at}/createUploadSession`, {
      body: { AttachmentItem: { attachmentType: "file", name: "big.bin", size, ...more } },
    });
  is(await open(2_999_999), 400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize");
  is(await open(151 * MB), 413, "ErrorAttachmentSizeLimitExceeded");
  const bytes = randomBytes(3 * MB + 5);
  const session = await open(bytes.length);
  assert.deepEqual([session.status, session.json.nextExpectedRanges], [201, ["0-"]]);
  const put = (from, to, { total = bytes.length, bearer = null, url = session.json.uploadUrl } = {}) =>
    ask("PUT", url, {
      bearer,
      prefer: null,
      body: bytes.subarray(from, to),
      headers: { "content-type": "application/octet-stream", "content-range": `bytes ${from}-${to - 1}/${total}` },
    });
  is(await put(0, MB, { bearer: token }), 401, "InvalidAudience");
  is(await put(MB, 2 * MB), 416, "InvalidRange");
  is(await put(0, MB, { total: 4 * MB }), 400, "InvalidContentRange");
  is(await put(0, MB, { url: `${session.json.uploadUrl}x` }), 401, "InvalidAuthenticationToken");
  const first = await put(0, 2 * MB);
  assert.deepEqual([first.status, first.json.nextExpectedRanges], [200, [`${2 * MB}-`]]);
  is(await put(0, 2 * MB), 416, "InvalidRange"); // it was taken already
  assert.deepEqual((await ask("GET", session.json.uploadUrl, { bearer: null, prefer: null })).json.nextExpectedRanges, [
    `${2 * MB}-`,
  ]);
  const last = await put(2 * MB, bytes.length);
  assert.equal(last.status, 201);
  const [, id] = /Attachments\('(.+)'\)$/.exec(last.headers.get("location"));
  assert.ok((await ask("GET", `${at}/${id}/$value`)).bytes.equals(bytes));
  is(await put(2 * MB, bytes.length), 401, "InvalidAuthenticationToken");
  const late = await open(bytes.length);
  graph.advance(60 * 60_000);
  is(await put(0, MB, { url: late.json.uploadUrl }), 401, "InvalidAuthenticationToken");

  const again = graphClient(graph, graph.tokensFor(ANN).accessToken);
  assert.equal((await again("DELETE", `${at}/${id}`)).status, 204);
  assert.equal((await again("POST", `/me/messages/${draft.id}/send`)).status, 202);
  assert.deepEqual(
    parseMail(graph.accepted[0].raw).attachments.map((one) => one.name),
    ["a.txt"],
  );
  is(await again("POST", at, { body: {} }), 400, "ErrorInvalidOperation");
  assert.equal(ann.in("sentitems").length, 1);
});

test("uploads have their limit in time", async (t) => {
  const { graph, ask } = await standIn(t, { limits: { uploadBytesPerFiveMinutes: 4 * MB } });
  const { json: draft } = await ask("POST", "/me/messages", { body: { subject: "Files" } });
  const item = { AttachmentItem: { attachmentType: "file", name: "big.bin", size: 6 * MB } };
  const { json } = await ask("POST", `/me/messages/${draft.id}/attachments/createUploadSession`, { body: item });
  const put = (from) => {
    const headers = { "content-range": `bytes ${from}-${from + 3 * MB - 1}/${6 * MB}` };
    return ask("PUT", json.uploadUrl, { bearer: null, prefer: null, body: Buffer.alloc(3 * MB), headers });
  };
  is(await put(0), 200, undefined);
  is(await put(3 * MB), 429, "ApplicationThrottled");
  graph.advance(5 * 60_000);
  is(await put(3 * MB), 201, undefined);
});

test("what another client of the mailbox has sent stands in Sent, its headers incomplete", async (t) => {
  const { ann, ask } = await standIn(t);
  const mail = ann.receive({
    from: ANN,
    to: "cara@customer.test",
    subject: "By phone",
    text: "Yes.",
    folder: "sentitems",
  });
  const { json } = await ask(
    "GET",
    "/me/mailFolders/sentitems/messages?$select=internetMessageId,internetMessageHeaders",
  );
  assert.deepEqual(
    json.value.map((one) => [one.id, one.internetMessageId, one.internetMessageHeaders]),
    [[mail.immutableId, mail.internetMessageId, []]],
  );
  assert.ok((await ask("GET", `/me/messages/${mail.immutableId}/$value`)).bytes.equals(mail.raw));
});

test("a draft that is deleted goes to Deleted Items, and from there for good", async (t) => {
  const { ann, ask } = await standIn(t);
  const mail = ann.receive(MAIL);
  assert.equal((await ask("DELETE", `/me/messages/${mail.immutableId}`)).status, 204);
  assert.deepEqual(ann.in("deleteditems"), [mail]);
  assert.equal((await ask("DELETE", `/me/messages/${mail.immutableId}`)).status, 204);
  is(await ask("GET", `/me/messages/${mail.immutableId}`), 404, "ErrorItemNotFound");
});
