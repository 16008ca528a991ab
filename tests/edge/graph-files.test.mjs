// The stand-in of Graph's mail: attachments, and uploads by ranges.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ANN, BO, graphClient, is, MAIL, MB, recipients, standIn } from "../harness/graph_client.mjs";
import { parseMail } from "../harness/graph/mime.mjs";

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
