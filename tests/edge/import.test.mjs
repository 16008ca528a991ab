// Files of prospects: read as they come, imported from the queue, counted once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { all, call, data, join as enter, register } from "../harness/api.mjs";
import { people, spellings } from "../harness/prospects.mjs";
import { until } from "../harness/until.mjs";
import { MAIL_ENTRY, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;

async function start(t, name) {
  const { url } = await productWorker(t, { main: MAIL_ENTRY });
  const owner = await register(url, name, { operator });
  const { token, workspaceId } = owner;
  const send = async (body, { type = "text/csv", key, as = token } = {}) => {
    const headers = { authorization: `Bearer ${as}`, "content-type": type, ...(key ? { "idempotency-key": key } : {}) };
    const answer = await fetch(`${url}/api/prospects/import`, { method: "POST", headers, body });
    return { status: answer.status, location: answer.headers.get("location"), body: await answer.json() };
  };
  const read = (id) => data(url, "GET", `/api/prospects/imports/${id}`, { token });
  /** Imports a file; gives the import when all of it is done. */
  const bring = async (body, options) => {
    const { status, location, body: answer } = await send(body, options);
    assert.equal(status, 202, JSON.stringify(answer));
    assert.equal(location, `/api/prospects/imports/${answer.data.id}`);
    await until(async () => (await read(answer.data.id)).state === "done", "the import", 120_000);
    return read(answer.data.id);
  };
  const persons = () => all(url, "/api/prospects", { token });
  return { url, owner, token, workspaceId, send, read, bring, persons };
}

test("six hundred rows with people in several spellings are as many prospects as there are people", { timeout: 240_000 }, async (t) => {
  const { bring, persons, read, send } = await start(t, "Many");
  const rows = spellings(people(420), 600);
  const file = `\ufeffE-Mail,Full Name,Company,Colour\r\n${rows.map((row) => row.join(",")).join("\r\n")}\r\n`;
  const done = await bring(file, { key: "file" });
  assert.deepEqual([done.rows, done.created, done.known, done.failed, done.errors], [600, 420, 180, 0, []]);
  await until(async () => (await persons()).length === 420, "the summaries", 60_000);
  // The same request once more is the same import; the same file under another key makes nobody.
  const again = await send(file, { key: "file" });
  assert.deepEqual([again.status, again.body.data], [202, await read(done.id)]);
  // Another file under that key is refused, and nobody of it is imported.
  const other = await send("email\nsomebody@else.example\n", { key: "file" });
  assert.deepEqual([other.status, other.body.error?.code], [409, "key_reused"]);
  assert.deepEqual(await read(done.id), again.body.data);
  const twice = await bring(file, { key: "another" });
  assert.deepEqual([twice.rows, twice.created, twice.known], [600, 0, 600]);
  assert.equal((await persons()).length, 420);
});

test("what is wrong with a row is said of that row, and all others are imported", { timeout: 120_000 }, async (t) => {
  const { url, token, bring, persons, send, owner } = await start(t, "Ragged");
  const file = [
    "email;first name;last name;domain;job title;Shoe size",
    "ann@acme.example;Ann;Lee;;CTO;38",
    "bob@acme.example;Bob",
    "c\"y@acme.example;Cy;;;;",
    `dan@acme.example;${"x".repeat(1024 * 1024)};;;;`,
    `eve@acme.example${";".repeat(1_000_000)}`,
    "not an address;;;;;",
    ";;;;;",
    ";Flo;Moe;acme.example;;",
    '"gus@acme.example";"Gus";"Ray ""the"" Roe";;;"4;1"',
    '"hal@acme.example;never closed',
  ].join("\r\n");
  const done = await bring(file);
  const errors = Object.fromEntries(done.errors.map(({ row, reason }) => [row, reason]));
  assert.deepEqual([done.rows, done.created, done.known, done.failed], [10, 3, 0, 7]);
  assert.equal(errors[3], "has 2 fields, and there are 6 columns");
  assert.equal(errors[4], "has a quote in a field that does not begin with one");
  assert.equal(errors[5], "has more than 16 kB");
  assert.equal(errors[6], "has more than 1000 fields");
  for (const row of [7, 8]) assert.match(errors[row], /email|name/);
  assert.equal(errors[11], "has a quote that is never closed");
  await until(async () => (await persons()).length === 3, "the summaries");
  const found = await all(url, "/api/prospects?q=ann@acme.example", { token });
  const ann = await data(url, "GET", `/api/prospects/${found[0].id}`, { token });
  assert.deepEqual([ann.name, ann.title, ann.attributes["Shoe size"]], ["Ann Lee", "CTO", "38"]);

  const lines = ['{"email":"ida@acme.example","attributes":{"colour":"red"}}', "", '{"email":"ANN@acme.example"}', '{"mail":"x"}', "{"].join("\n");
  const read = await bring(lines, { type: "application/x-ndjson" });
  assert.deepEqual([read.rows, read.created, read.known, read.failed, read.errors.map(({ row }) => row)], [4, 1, 1, 2, [4, 5]]);

  // An empty file is done at once; a viewer may look, and not import.
  assert.deepEqual((({ state, rows }) => [state, rows])((await send("email\n")).body.data), ["done", 0]);
  const viewer = await enter(url, owner, "viewer", "Vic");
  assert.equal((await send("email\n", { as: viewer.token })).status, 403);
  assert.equal((await call(url, "GET", `/api/prospects/imports/${done.id}`, { token: viewer.token })).status, 200);
});

test("a file of too many rows breaks off, and says so", { timeout: 240_000 }, async (t) => {
  const { send, bring, persons } = await start(t, "Long");
  const long = `email\n${"x\n".repeat(100_001)}`;
  const { status, body } = await send(long, { key: "long" });
  assert.deepEqual([status, body.error?.code], [413, "too_large"]);
  assert.match(body.error.message, /at most 100000 rows/);
  // Of another file under that key nobody is imported; a file of two rows under its own is.
  const other = "email\nann@acme.example\nbob@acme.example\n";
  const refused = await send(other, { key: "long" });
  assert.deepEqual([refused.status, refused.body.error?.code], [409, "key_reused"]);
  const done = await bring("email\ncy@acme.example\n");
  assert.deepEqual([done.rows, done.created], [1, 1]);
  await until(async () => (await persons()).length > 0, "the summary");
  assert.deepEqual((await persons()).map(({ email }) => email), ["cy@acme.example"]);
});

test("a file of which a part was lost may be sent again, and no other under its key", { timeout: 240_000 }, async (t) => {
  const { url, workspaceId, send, read, bring, persons } = await start(t, "Lost");
  // Longer than what a file is known by before it is read, and in one part nevertheless.
  const head = `email,note\nann@acme.example,${"-".repeat(70 * 1024)}\nbob@acme.example,\n`;
  const file = `${head}cy@acme.example,\n`;
  const done = await bring(file, { key: "file" });
  assert.deepEqual([done.rows, done.created, done.failed], [3, 2, 1]);
  const lost = await fetch(`${url}/test/lose?workspace=${workspaceId}&import=${done.id}`, { method: "POST" });
  assert.equal(await lost.json(), 1);
  const broken = await read(done.id);
  assert.deepEqual([broken.state, broken.why, broken.rows], ["broken", "a part of the file may be lost: send it again", 3]);
  // One that differs from its beginning on, one that only ends otherwise.
  for (const other of ["email\ndan@acme.example\n", `${head}eve@acme.example,\n`]) {
    const refused = await send(other, { key: "file" });
    assert.deepEqual([refused.status, refused.body.error?.code], [409, "key_reused"]);
    assert.deepEqual(await read(done.id), broken, "nothing is counted anew");
  }
  const again = await bring(file, { key: "file" });
  assert.deepEqual([again.id, again.rows, again.created + again.known, again.failed], [done.id, 3, 2, 1]);
  assert.deepEqual(again.errors, done.errors);
  // Whoever was on the queue before is there by now: nobody of the others was.
  await bring("email\nflo@acme.example\n");
  await until(async () => (await persons()).some(({ email }) => email === "flo@acme.example"), "the summaries");
  assert.deepEqual((await persons()).map(({ email }) => email).sort(), ["bob@acme.example", "cy@acme.example", "flo@acme.example"]);
});

test("a part that comes twice is counted once, and one that nobody can take waits as a dead letter", { timeout: 120_000 }, async (t) => {
  const { url, token, workspaceId, send, read } = await start(t, "Twice");
  const door = async (query, text) => (await fetch(`${url}/test/queue?${query}`, { method: "POST", body: text })).status;
  const { data: import_ } = (await send("email\nzoe@acme.example\n")).body;
  await until(async () => (await read(import_.id)).state === "done", "the import");
  const part = (rows, id = import_.id) => JSON.stringify({ v: 1, kind: "importRows", workspaceId, importId: id, part: 0, rows });
  for (let n = 0; n < 3; n++) assert.equal(await door("queue=prospect-queue", part([{ row: 2, prospect: { email: "zoe@acme.example" } }])), 200);
  assert.deepEqual((({ created, known }) => [created, known])(await read(import_.id)), [1, 0]);
  assert.equal(await door("queue=prospect-queue", part([], "0190f5fe-7c00-7a00-8000-0000000000ff")), 200, "an import that is gone");
  assert.equal(await door("queue=send-queue", part([])), 422);
  assert.equal(await door("queue=prospect-queue", part([{ row: "2" }])), 422);
  assert.equal((await call(url, "GET", "/api/prospects/imports/0190f5fe-7c00-7a00-8000-0000000000ff", { token })).status, 404);
});
