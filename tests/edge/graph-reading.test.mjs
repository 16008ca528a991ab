// The stand-in of Graph's mail: who may, reading, searching, and what it refuses there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ANN, BO, graphClient, IMMUTABLE, is, MAIL, recipients, standIn, TEXT } from "../harness/graph_client.mjs";
import { header } from "../harness/graph/mime.mjs";

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
