// Files on the real storage: brought whole and in parts, kept once, given back by parts, linked to.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { call, data, join, register } from "../harness/api.mjs";
import { send } from "../harness/raw.mjs";
import { productWorker, VARS } from "../harness/worker.mjs";

const MiB = 1024 * 1024;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** A PNG of no more than its first header, which says that it is so wide and high. */
function png(width, height, more = 0) {
  const bytes = Buffer.alloc(33 + more);
  Buffer.from("89504e470d0a1a0a0000000d49484452", "hex").copy(bytes);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

test("files", { timeout: 240_000 }, async (t) => {
  const { url } = await productWorker(t);
  const owner = await register(url, "Files", { operator: VARS.ADMIN_TOKEN });
  const ada = await join(url, owner, "agent", "Ada");
  const viewer = await join(url, owner, "viewer", "Vic");
  const other = await register(url, "Elsewhere", { operator: VARS.ADMIN_TOKEN });

  /** Brings bytes; gives { status, body }. */
  const bring = async (bytes, { name = "a.bin", type = "application/octet-stream", token = ada.token, query = {} } = {}) => {
    const search = new URLSearchParams({ ...(name === null ? {} : { fileName: name }), ...query });
    const headers = { authorization: `Bearer ${token}`, ...(type ? { "content-type": type } : {}) };
    const answer = await fetch(`${url}/v1/attachments?${search}`, { method: "POST", headers, body: bytes });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  };
  const brought = async (...args) => {
    const { status, body } = await bring(...args);
    assert.equal(status, 201, JSON.stringify(body));
    return body.data;
  };
  /** Gets the bytes of a path; gives { status, headers, bytes }. */
  const get = async (path, { token = ada.token, headers = {}, method = "GET" } = {}) => {
    const all = { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers };
    const answer = await fetch(url + path, { method, headers: all });
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  const content = (file, options) => get(`/v1/attachments/${file.id}/content`, options);
  const linkOf = async (file, query = "") => (await data(url, "GET", `/v1/attachments/${file.id}/link${query}`, { token: ada.token })).url;
  const ticket = await data(url, "POST", "/v1/tickets", { token: ada.token, body: { subject: "Files" } });
  const comment = (ids) => data(url, "POST", `/v1/tickets/${ticket.id}/comments`, { token: ada.token, body: { body: "See.", attachmentIds: ids } });

  await t.test("a file comes back as it went in, whole and by parts", async () => {
    const bytes = randomBytes(3_000);
    const file = await brought(bytes, { name: "plan.bin" });
    assert.deepEqual([file.bytesCount, file.sha256], [3_000, sha256(bytes)]);
    const posted = await comment([file.id]);
    assert.equal(posted.attachments[0].id, file.id);
    const whole = await content(file, { token: viewer.token });
    assert.ok(whole.bytes.equals(bytes));
    assert.equal(whole.headers.get("content-type"), "application/octet-stream");
    assert.match(whole.headers.get("content-disposition"), /^attachment; filename="plan.bin"/);
    const part = await content(file, { headers: { range: "bytes=1000-1999" } });
    assert.deepEqual([part.status, part.headers.get("content-range")], [206, "bytes 1000-1999/3000"]);
    assert.ok(part.bytes.equals(bytes.subarray(1_000, 2_000)));
    const end = await content(file, { headers: { range: "bytes=-10" } });
    assert.ok(end.bytes.equals(bytes.subarray(-10)));
    const beyond = await content(file, { headers: { range: "bytes=3000-" } });
    assert.deepEqual([beyond.status, beyond.headers.get("content-range")], [416, "bytes */3000"]);
    const etag = whole.headers.get("etag");
    assert.equal((await content(file, { headers: { range: "bytes=0-1", "if-range": etag } })).status, 206);
    assert.equal((await content(file, { headers: { range: "bytes=0-1", "if-range": "\"x\"" } })).status, 200);
    const head = await content(file, { method: "HEAD" });
    assert.deepEqual([head.status, head.bytes.length, head.headers.get("etag")], [200, 0, etag]);
  });

  await t.test("a long file goes through in parts, and one that is too long leaves nothing", async () => {
    const bytes = randomBytes(12 * MiB + 17);
    const file = await brought(bytes, { name: "long.bin" });
    assert.deepEqual([file.bytesCount, file.sha256], [bytes.length, sha256(bytes)]);
    const back = await content(file);
    assert.equal(sha256(back.bytes), file.sha256);
    const across = await content(file, { headers: { range: `bytes=${5 * MiB - 5}-${5 * MiB + 4}` } });
    assert.ok(across.bytes.equals(bytes.subarray(5 * MiB - 5, 5 * MiB + 5)));
    const most = await brought(Buffer.alloc(25 * MiB, 7), { name: "most.bin" });
    assert.equal(most.bytesCount, 25 * MiB);
    const tooLong = await bring(Buffer.alloc(25 * MiB + 1), { name: "too-long.bin" });
    assert.deepEqual([tooLong.status, tooLong.body.error.code], [413, "too_large"]);
    const stream = new ReadableStream({
      start: (to) => to.enqueue(Buffer.alloc(26 * MiB)) ?? to.close(),
    });
    const headers = { authorization: `Bearer ${ada.token}`, "content-type": "application/octet-stream" };
    const chunked = await fetch(`${url}/v1/attachments?fileName=x`, { method: "POST", headers, body: stream, duplex: "half" });
    assert.equal(chunked.status, 413);
    await chunked.arrayBuffer();
  });

  await t.test("the same content is kept once, whoever brings it, and goes with its last holder", async () => {
    const bytes = randomBytes(500);
    const [one, two] = [await brought(bytes, { name: "one" }), await brought(bytes, { name: "two", token: owner.token })];
    assert.notEqual(one.id, two.id);
    assert.equal(one.key, two.key);
    const elsewhere = await brought(bytes, { name: "three", token: other.token });
    assert.notEqual(elsewhere.key, one.key, "nothing is shared between workspaces");
    await data(url, "DELETE", `/v1/attachments/${one.id}`, { token: ada.token });
    assert.equal((await content(one)).status, 404);
    const left = await content(two, { token: owner.token });
    assert.ok(left.bytes.equals(bytes));
  });

  await t.test("a form with one file is taken, and any other form refused", async () => {
    const bytes = randomBytes(100_000);
    const form = new FormData();
    form.append("file", new Blob([bytes], { type: "text/plain" }), "räksmörgås.txt");
    const file = await brought(form, { name: null, type: null });
    assert.deepEqual([file.fileName, file.sha256, file.contentType], ["räksmörgås.txt", sha256(bytes), "text/plain"]);
    const two = new FormData();
    two.append("a", new Blob(["a"]), "a.txt");
    two.append("b", new Blob(["b"]), "b.txt");
    assert.equal((await bring(two, { name: null, type: null })).status, 422);
    assert.equal((await bring("--x\r\n\r\nnever ends", { name: null, type: "multipart/form-data; boundary=x" })).status, 422);
    assert.equal((await bring("x", { name: null, type: "multipart/form-data" })).status, 400);
  });

  await t.test("what is no good is refused with its reason", async () => {
    const cases = [
      ["a program", Buffer.from("MZ\x90\0 and so on"), {}, 415, "unsupported_media_type"],
      ["a script", Buffer.from("#!/bin/sh\n"), {}, 415, "unsupported_media_type"],
      ["SVG that says it is PNG", Buffer.from("<svg onload=alert(1)>"), { type: "image/png" }, 415, "unsupported_media_type"],
      ["HTML that says it is PNG", Buffer.from("<!doctype html><script>1</script>"), { type: "image/png" }, 415, "unsupported_media_type"],
      ["a PNG of 50,000 by 50,000", png(50_000, 50_000), { type: "image/png" }, 422, "invalid_input"],
      ["nothing", Buffer.alloc(0), {}, 422, "invalid_input"],
      ["no name", Buffer.from("x"), { name: null }, 422, "invalid_input"],
      ["a parameter that is unknown", Buffer.from("x"), { query: { as: "you" } }, 422, "invalid_input"],
      ["a viewer", Buffer.from("x"), { token: viewer.token }, 403, "forbidden"],
    ];
    for (const [name, bytes, options, status, code] of cases) {
      const { status: got, body } = await bring(bytes, options);
      assert.deepEqual([got, body.error.code], [status, code], `${name}: ${JSON.stringify(body)}`);
    }
  });

  await t.test("bad names are stored under our own, and given back harmless", async () => {
    for (const [given, kept] of [["../../x", "x"], ["a\u202egnp.exe", "agnp.exe"], ["..", "attachment"]]) {
      const file = await brought(randomBytes(9), { name: given });
      assert.equal(file.fileName, kept, JSON.stringify(given));
      assert.match(file.key, /^uploads\/[0-9a-f-]{36}\/[0-9a-f]{64}$/);
      const back = await content(file);
      assert.match(back.headers.get("content-disposition"), /^attachment; filename="[\w.-]+"; filename\*=UTF-8''[\w.%-]+$/);
    }
    assert.equal((await bring("x", { name: "a.pdf\0.exe" })).status, 422);
    const form = new FormData();
    form.append("file", new Blob(["a NUL in its name"]), "a.pdf\0.exe");
    assert.equal((await brought(form, { name: null, type: null })).fileName, "a.pdf .exe");
    const long = await brought(randomBytes(9), { name: "n".repeat(300) });
    assert.equal(long.fileName.length, 255);
  });

  await t.test("only an image that shows itself to be one is shown, by a link that asks for it", async () => {
    const image = await brought(png(10, 10, 50), { name: "a.png", type: "image/png", query: { contentId: "<logo@here>" } });
    assert.deepEqual([image.media, image.inline, image.contentId], ["image/png", true, "logo@here"]);
    const inline = await fetch(await linkOf(image, "?inline=true"));
    assert.deepEqual([inline.status, inline.headers.get("content-type")], [200, "image/png"]);
    assert.match(inline.headers.get("content-disposition"), /^inline/);
    assert.match(inline.headers.get("content-security-policy"), /sandbox/);
    assert.equal((await inline.arrayBuffer()).byteLength, 83);
    const saved = await fetch(await linkOf(image));
    assert.match(saved.headers.get("content-disposition"), /^attachment/);
    await saved.arrayBuffer();
    const svg = await brought("<svg onload=alert(1)></svg>", { name: "a.svg", type: "image/svg+xml" });
    const shown = await fetch(await linkOf(svg, "?inline=true"));
    assert.equal(shown.headers.get("content-type"), "application/octet-stream");
    assert.match(shown.headers.get("content-disposition"), /^attachment/);
    await shown.arrayBuffer();
  });

  await t.test("a link gives its file and part of it, and nothing when it is altered", async () => {
    const bytes = randomBytes(2_000);
    const file = await brought(bytes, { name: "linked.bin" });
    await comment([file.id]);
    const address = await linkOf(file);
    const { pathname } = new URL(address);
    const good = await get(pathname, { token: null });
    assert.ok(good.bytes.equals(bytes));
    const part = await get(pathname, { token: null, headers: { range: "bytes=5-9" } });
    assert.deepEqual([part.status, part.bytes.equals(bytes.subarray(5, 10))], [206, true]);
    const [text, mac] = pathname.slice("/files/".length).split(".");
    const said = Buffer.from(text, "base64url").toString();
    const later = said.replace(/\d+$/, (until) => String(Number(until) + 60_000));
    const resaid = (words) => `/files/${Buffer.from(words).toString("base64url")}.${mac}`;
    const altered = [
      ["its end moved", resaid(later)],
      ["its file another", resaid(said.replace(file.id, file.id.replace(/.$/, (c) => (c === "0" ? "1" : "0"))))],
      ["its case changed", `/FILES/${text}.${mac}`, "GET", [401, 403, 404]],
      ["its text's case changed", `/files/${text.toUpperCase()}.${mac}`],
      ["a query", `${pathname}?download=1`],
      ["an empty query", `${pathname}?`, "GET", [200, 403]],
      ["HEAD", pathname, "HEAD"],
      ["PUT", pathname, "PUT"],
      ["POST", pathname, "POST"],
      ["encoded twice", `/files/${text}%252e${mac}`],
      ["its dot encoded", `/files/${text}%2e${mac}`],
      ["without a seal", `/files/${text}`],
      ["nothing", "/files/"],
    ];
    for (const [name, path, method = "GET", status = [403]] of altered) {
      const answer = await send(url, { method, path });
      assert.ok([status].flat().includes(answer.status), `${name}: ${answer.status} ${answer.text}`);
    }
    const stranger = await call(url, "GET", `/v1/attachments/${file.id}/link`, { token: other.token });
    assert.equal(stranger.status, 404);
    // It is Ada's: it ends with her.
    await data(url, "PATCH", `/v1/agents/${ada.agentId}`, { token: owner.token, body: { active: false } });
    const gone = await get(pathname, { token: null });
    assert.equal(gone.status, 403);
  });
});
