// Do the comparators of `npm run bench` do the work that they are measured for?
//
// Run by hand, `node --test tests/bench/contract.test.mjs`; not a part of `npm test`, since it installs
// what the targets are written with. Without strace it cannot count fsyncs, and says so.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "../../gateway/dev/port.mjs";
import { pool, until } from "../harness/until.mjs";
import { folder, later } from "../harness/worker.mjs";
import { openers, sign } from "./clients.mjs";
import { targets } from "./targets/index.mjs";

const SECRET = "the secret of the bench's own tokens, long enough for HS256";
const WRITERS = 16;
const LIST_MAX = 100;
const seconds = (offset) => Math.floor(Date.now() / 1000) + offset;
const claims = { sub: "agent-1", exp: seconds(3600) };
const token = sign(claims, SECRET);
const bad = {
  "no token": null,
  "no token at all": "nonsense",
  "another key's": sign(claims, `${SECRET}!`),
  "an expired one": sign({ ...claims, exp: seconds(-10) }, SECRET),
  "one without an expiry": sign({ sub: "agent-1" }, SECRET),
  "one without a subject": sign({ exp: claims.exp }, SECRET),
  "an unsigned one": `${sign(claims, SECRET, { alg: "none" }).split(".", 2).join(".")}.`,
  "one of another algorithm": sign(claims, SECRET, { alg: "HS512" }),
};
const refusedBodies = {
  "an unknown field": '{"text":"a","more":1}',
  "no text": "{}",
  "an empty text": '{"text":""}',
  "a number": '{"text":5}',
  "null": '{"text":null}',
  "a text too long": JSON.stringify({ text: "a".repeat(65_537) }),
  "a list": '[{"text":"a"}]',
  "half a document": '{"text":"a"',
};

/** Starts a target for the test `t`, stopped after it. */
async function begin(t, target, options = {}) {
  const dataDir = options.dataDir ?? folder(t);
  const server = await target.start({ port: await freePort(), secret: SECRET, ...options, dataDir });
  later(t, () => server.kill9());
  return { ...server, dataDir };
}

async function ask(server, room, { method = "GET", query = "", body, as = token } = {}) {
  const headers = as === null ? {} : { authorization: `Bearer ${as}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  const address = `${server.url}/v1/tickets/${room}/comments${query}`;
  const answer = await fetch(address, { method, headers, body });
  const text = await answer.text();
  return { status: answer.status, body: answer.ok ? JSON.parse(text) : text };
}

/** Writes a comment, which must be accepted; gives the answer. */
async function post(server, room, text) {
  const { status, body } = await ask(server, room, { method: "POST", body: JSON.stringify({ text }) });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

const listed = async (server, room, query) => (await ask(server, room, { query })).body.items;
const upTo = (count) => Array.from({ length: count }, (_, at) => at + 1);
const bySeq = (events) => events.toSorted((a, b) => a.seq - b.seq);

async function open(t, target, server, room, as = token) {
  const socket = await openers[target.wire](server.url, room, as);
  later(t, () => socket.close());
  return socket;
}

for (const target of targets) {
  test(`${target.name} keeps the contract`, { timeout: 600_000 }, async (t) => {
    await target.prepare();
    const check = (what, work) => t.test(what, { timeout: 120_000 }, work);

    await check("its health is a small constant", async (t) => {
      const server = await begin(t, target);
      const texts = await pool(upTo(3), 1, async () => (await fetch(`${server.url}/health`)).text());
      assert.deepEqual(texts, Array(3).fill('{"ok":true}'));
    });
    if (!target.wire) return; // the bare runtime can do no more

    await check("a comment is written and listed as it was answered", async (t) => {
      const server = await begin(t, target);
      const before = Date.now();
      const texts = upTo(60).map((n) => `word ${n} "\\ ☎ \u{1f600}`);
      const written = await pool(texts, 1, (text) => post(server, "one", text));
      for (const [at, { id, createdAt, ...rest }] of written.entries()) {
        assert.deepEqual(rest, { seq: at + 1, ticketId: "one", authorId: "agent-1", text: texts[at] });
        assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        assert.ok(createdAt >= before && createdAt <= Date.now(), `${createdAt}`);
      }
      const newest = written.toReversed();
      assert.deepEqual(await listed(server, "one"), newest.slice(0, 50), "fifty unless told");
      assert.deepEqual(await listed(server, "one", "?limit=50"), newest.slice(0, 50));
      assert.deepEqual(await listed(server, "one", "?limit=3"), newest.slice(0, 3));
      assert.deepEqual(await listed(server, "two"), [], "another room has its own");
      const longest = await post(server, "two", "a".repeat(65_536));
      assert.equal(longest.seq, 1);
      for (const limit of ["0", "101", "x"]) {
        const { status } = await ask(server, "one", { query: `?limit=${limit}` });
        assert.ok(status === 400 || status === 422, `limit=${limit}: ${status}`);
      }
    });

    await check("bad tokens and bad bodies are refused, and leave nothing", async (t) => {
      const server = await begin(t, target);
      for (const [what, as] of Object.entries(bad)) {
        const write = await ask(server, "one", { method: "POST", body: '{"text":"a"}', as });
        assert.equal(write.status, 401, `POST with ${what}`);
        assert.equal((await ask(server, "one", { as })).status, 401, `GET with ${what}`);
        await assert.rejects(openers[target.wire](server.url, "one", as), `a socket with ${what}`);
      }
      for (const [what, body] of Object.entries(refusedBodies)) {
        const { status } = await ask(server, "one", { method: "POST", body });
        assert.ok(status === 400 || status === 422, `${what}: ${status}`);
      }
      assert.deepEqual(await listed(server, "one"), []);
    });

    await check("sixteen writers at once: no gap, and three sockets see every event in order", async (t) => {
      const server = await begin(t, target);
      const sockets = await Promise.all(upTo(3).map(() => open(t, target, server, "busy")));
      const elsewhere = await open(t, target, server, "quiet");
      const written = await pool(upTo(400), WRITERS, (n) => post(server, "busy", `word ${n}`));
      assert.deepEqual(bySeq(written).map(({ seq }) => seq), upTo(400));
      assert.equal(new Set(written.map(({ id }) => id)).size, 400);
      for (const { events } of sockets) {
        await until(() => events.length >= 400, `${events.length} of 400 events`);
        assert.deepEqual(events, bySeq(written), "in order, each once, as it was answered");
      }
      assert.deepEqual(elsewhere.events, []);
    });

    await check("a comment over a socket is acknowledged, told and listed", async (t) => {
      const server = await begin(t, target);
      const writer = await open(t, target, server, "live");
      const reader = await open(t, target, server, "live");
      const acks = await Promise.all(upTo(40).map((n) => writer.comment(`mine-${n}`, `word ${n}`)));
      assert.deepEqual(acks, upTo(40).map((n) => ({ id: `mine-${n}`, seq: n })));
      await until(() => writer.events.length >= 40 && reader.events.length >= 40, "forty events each");
      const heard = reader.events.map(({ seq, text, authorId }) => ({ seq, text, authorId }));
      const said = upTo(40).map((n) => ({ seq: n, text: `word ${n}`, authorId: "agent-1" }));
      assert.deepEqual(heard, said);
      assert.deepEqual(writer.events, reader.events);
      assert.deepEqual((await listed(server, "live")).reverse(), reader.events);
      const [noText, noId] = [{ id: "a", text: "" }, { id: 1, text: "b" }];
      const refused = [noText, noId, { id: "a" }, { id: "a", text: "b", more: 1 }];
      for (const frame of refused) writer.raw(frame);
      await until(() => writer.errors.length >= refused.length, `${refused.length} refusals`);
      assert.equal((await writer.comment("last", "word")).seq, 41, "what is refused leaves nothing");
    });

    await check("what was acknowledged outlives kill -9", async (t) => {
      const dataDir = folder(t);
      const server = await begin(t, target, { dataDir });
      const acknowledged = [];
      await pool(upTo(LIST_MAX), WRITERS, async (n) => {
        const done = await post(server, "deep", `word ${n}`).catch(() => undefined); // it was killed
        if (done) acknowledged.push(done);
        if (acknowledged.length === 60) await server.kill9();
      });
      assert.ok(acknowledged.length >= 60 && acknowledged.length < LIST_MAX, `${acknowledged.length}`);
      const again = await begin(t, target, { dataDir });
      const found = (await listed(again, "deep", `?limit=${LIST_MAX}`)).reverse();
      assert.deepEqual(found.map(({ seq }) => seq), upTo(found.length), "no gap after the kill either");
      for (const comment of acknowledged) assert.deepEqual(found[comment.seq - 1], comment);
      assert.equal((await post(again, "deep", "after")).seq, found.length + 1);
    });

    await check("every acknowledged POST has paid its fsync", async (t) => {
      if (spawnSync("strace", ["-V"]).status !== 0) {
        t.diagnostic("NOT CHECKED: strace is missing (`apt-get install strace`)");
        return t.skip("strace is missing");
      }
      const trace = join(folder(t), "fsyncs");
      // -D: strace stands aside, and the server is the process that was started.
      const calls = ["-e", "trace=fsync,fdatasync"];
      const wrap = ["strace", "-D", "-f", "-q", "-ttt", ...calls, "-o", trace];
      const server = await begin(t, target, { wrap });
      await post(server, "deep", "creates the room");
      const count = async (posts, atOnce) => {
        const from = Date.now();
        await pool(upTo(posts), atOnce, (n) => post(server, "deep", `word ${n}`));
        return { posts, from, to: Date.now() };
      };
      const spans = [await count(50, 1), await count(200, WRITERS)];
      await server.kill9();
      // What strace has seen of the server's end is the last that it writes.
      await until(() => readFileSync(trace, "utf8").includes("killed by SIGKILL"), "the end of the trace");
      const began = /^\d+ +(\d+\.\d+) (?:fsync|fdatasync)\(/gm;
      const times = [...readFileSync(trace, "utf8").matchAll(began)].map(([, at]) => Number(at) * 1000);
      const ratios = spans.map(({ posts, from, to }) => {
        return times.filter((at) => at >= from && at <= to).length / posts;
      });
      t.diagnostic(`${target.name}: ${ratios[0]} fsyncs a POST by one writer, ${ratios[1]} by ${WRITERS}`);
      assert.ok(ratios[0] >= 1, `${ratios[0]} fsyncs a POST: an acknowledged one was not durable`);
    });
  });
}
