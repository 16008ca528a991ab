// Cases of bad input, one a file: read, filled in, sent. tests/corpus/bad/README.md says how they are
// written.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { postman } from "./corpus_mail.mjs";
import { bytes, send } from "./raw.mjs";
import { Socket } from "./socket.mjs";

const FOLDER = join(ROOT, "tests", "corpus", "bad");
const FIELDS = new Set(["name", "as", "method", "path", "headers", "json", "text", "base64", "parts", "raw", "times", "status", "code",
  "atMost", "answer", "contains", "lacks", "like", "socket", "sockets", "meanwhile", "frames", "close", "acks", "frame", "events", "signed", "counts",
  "mail", "becomes", "reason", "ticket", "comment", "html", "answered"]);

/** The groups that there are. */
export const groups = () => readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();

/** The cases of a group, in the order of their numbers. */
export function cases(group) {
  const folder = join(FOLDER, group);
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")).sort() : [];
  return files.map((file) => {
    const one = JSON.parse(readFileSync(join(folder, file), "utf8"));
    for (const field of Object.keys(one)) assert.ok(FIELDS.has(field), `${group}/${file}: what is ${field}?`);
    const expected = one.status ?? one.close ?? one.acks ?? one.frame ?? one.becomes;
    assert.ok(one.name && expected, `${group}/${file}: nothing is expected`);
    return { ...one, file: `${group}/${file}` };
  });
}

/** A text again and again; where it counts, by {n} from 0 upwards or by {-n} down to 0. */
function repeated({ repeat, times }) {
  if (!/\{-?n\}/.test(repeat)) return repeat.repeat(times);
  const counted = (n) => repeat.replaceAll("{n}", String(n)).replaceAll("{-n}", String(times - 1 - n));
  return Array.from({ length: times }, (_, n) => counted(n)).join("");
}

/** An answer without the id of its request. */
const unnamed = (text) => text.replace(/"requestId":"[^"]+"/, "");

/**
 * Runs cases against a Worker.
 *
 * names    what {…} stands for
 * tokens   whose token `as` is
 * desk     a session of the workspace that mails are for
 * mark     gives what must not change; taken before and after each case
 */
export function player({ url, names, tokens, desk, mark }) {
  const fillText = (text) => text.replaceAll(/\{([a-zA-Z0-9.]+(?::[^}]*)?)\}/g, (whole, name) => {
    if (name.startsWith("forged:")) {
      const found = names.forged?.[name.slice(7)];
      assert.ok(found !== undefined, `no forgery is called ${name.slice(7)}`);
      return found;
    }
    return Object.hasOwn(names, name) ? String(names[name]) : whole;
  });
  const fill = (value) => {
    if (typeof value === "string") return fillText(value);
    if (Array.isArray(value)) return value.map(fill);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fill(inner)]));
  };
  const bearer = (as = "owner") => {
    if (as === "nobody") return {};
    return { authorization: `Bearer ${tokens[as] ?? fill(as)}` };
  };

  /** The bytes of a body or a frame; a text where it is one. */
  function content(one) {
    if ("json" in one) return JSON.stringify(fill(one.json));
    if (one.text !== undefined) return fill(one.text);
    if (one.base64 !== undefined) return Buffer.from(one.base64, "base64");
    if (!one.parts) return undefined;
    const parts = one.parts.map((part) => {
      if (typeof part === "string") return Buffer.from(fill(part));
      if (part.base64 !== undefined) return Buffer.from(part.base64, "base64");
      return Buffer.from(repeated(part));
    });
    const all = Buffer.concat(parts);
    return one.parts.some((part) => part.base64 !== undefined) ? all : all.toString();
  }

  /** The headers of Standard Webhooks, over the body or over what `of` says instead. */
  function signature({ id, secret = "{deliverySecret}", seconds = 0, timestamp, version = "v1", of, ofId, ofSeconds = 0 }, body) {
    const key = Buffer.from(fillText(secret).replace("whsec_", ""), "base64");
    const at = Math.floor(Date.now() / 1_000) + seconds;
    const stands = timestamp === undefined ? String(at) : fillText(timestamp);
    const signed = ofSeconds ? String(at + ofSeconds) : stands;
    const mac = createHmac("sha256", key).update(`${fillText(ofId ?? id)}.${signed}.`).update(of === undefined ? body ?? "" : fillText(of));
    return { "webhook-id": fillText(id), "webhook-timestamp": stands, "webhook-signature": `${version},${mac.digest("base64")}` };
  }

  async function request(one) {
    const body = content(one);
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const given = Object.fromEntries(Object.entries(fill(one.headers ?? {})).map(([name, value]) => [name.toLowerCase(), value]));
    const headers = { ...bearer(one.as), ...type, ...(one.signed ? signature(one.signed, body) : {}), ...given };
    for (const name of Object.keys(headers)) if (headers[name] === null) delete headers[name];
    return send(url, { method: one.method, path: fill(one.path), headers, body });
  }

  async function overHttp(one) {
    const wanted = [one.status].flat();
    if (one.raw !== undefined) {
      const { status, ours } = await bytes(url, fill(one.raw));
      // What is no HTTP is refused by the runtime, locally with a 500 too: it never reaches the Worker.
      assert.ok(wanted.includes(status) || (status === 500 && !ours), `${one.file}: ${status} instead of ${wanted}`);
      return;
    }
    const answers = await Promise.all(Array.from({ length: one.times ?? 1 }, () => request(one)));
    const counts = {};
    for (const { status, headers, text } of answers) {
      assert.ok(wanted.includes(status), `${one.file}: ${status} instead of ${wanted}: ${text.slice(0, 300)}`);
      counts[status] = (counts[status] ?? 0) + 1;
      if (!headers["x-request-id"]) continue; // refused by the runtime
      assert.equal(headers["x-content-type-options"], "nosniff", one.file);
      if (status < 400 || status === 416 || one.method === "HEAD") continue; // without a body of ours
      const body = JSON.parse(text);
      assert.equal(body.success, false, one.file);
      if (one.code) assert.ok([one.code].flat().includes(body.error.code), `${one.file}: ${text}`);
    }
    for (const [status, most] of Object.entries(one.atMost ?? {})) {
      assert.ok((counts[status] ?? 0) <= most, `${one.file}: ${JSON.stringify(counts)}, at most ${most} of ${status}`);
    }
    const refused = answers.find(({ status }) => status === wanted.at(-1)) ?? answers[0];
    for (const [name, pattern] of Object.entries(one.answer ?? {})) {
      assert.match(String(refused.headers[name]), new RegExp(pattern), `${one.file}: the header ${name}`);
    }
    if (one.like) {
      const { text } = await request({ ...one, path: one.like });
      assert.equal(unnamed(refused.text), unnamed(text), `${one.file}: it is told apart from ${one.like}`);
    }
    for (const [words, count] of Object.entries(one.counts ?? {})) {
      assert.equal(answers.filter(({ text }) => text.includes(words)).length, count, `${one.file}: answers with ${words}`);
    }
    for (const words of one.contains ?? []) assert.ok(refused.text.includes(fill(words)), `${one.file}: ${words} is not in ${refused.text.slice(0, 500)}`);
    for (const words of one.lacks ?? []) assert.ok(!refused.text.includes(fill(words)), `${one.file}: ${words} is in it`);
  }

  function open({ query = "workspaceId={workspace}", codec = "json", protocol, headers = {}, as } = {}) {
    const address = `${url.replace(/^http/, "ws")}/v1/realtime?${fill(query)}`;
    return new Socket(address, protocol ?? `postroom.v1.${codec}`, { ...bearer(as), ...fill(headers) }, codec);
  }

  /** Talks over sockets; `settled` is awaited when they are open and `meanwhile` is done. */
  async function overSocket(one, settled) {
    const sockets = Array.from({ length: one.sockets ?? 1 }, () => open(one.socket));
    try {
      for (const socket of sockets) await socket.until((s) => s.over || s.frames.length > 0, `${one.file}: a hello or an end`);
      for (const step of one.meanwhile ?? []) {
        const { status, text } = await request(step);
        assert.equal(status, step.status ?? 200, `${one.file}, meanwhile: ${text}`);
      }
      await settled();
      for (const frame of one.frames ?? []) {
        for (let n = 0; n < (frame.times ?? 1); n += 1) for (const { ws } of sockets) ws.send(content(frame));
      }
      for (const socket of sockets) await end(one, socket);
    } finally {
      for (const socket of sockets) socket.ws.terminate();
    }
  }

  async function end(one, socket) {
    if (one.close !== undefined) {
      await socket.until((s) => s.over, `${one.file}: the end`);
      const { code, reason } = socket.over;
      assert.ok([one.close].flat().includes(code), `${one.file}: ${code} ${reason} instead of ${one.close}`);
      // A close code says it all; the reason tells nothing of what is inside.
      assert.ok(!/panick|sqlite|argon2|\.rs:/i.test(String(reason)), `${one.file}: ${reason}`);
    }
    if (one.frame) await socket.frame(one.frame);
    if (!one.acks) return;
    const found = () => socket.frames.filter(({ type }) => type === "ack");
    await socket.until(() => found().length >= one.acks.length, `${one.file}: ${one.acks.length} acks`);
    found().forEach((ack, n) => {
      const { success, code } = one.acks[n] ?? {};
      assert.equal(ack.success, success, `${one.file}: ${JSON.stringify(ack)}`);
      if (code) assert.ok([code].flat().includes(ack.error.code), `${one.file}: ${JSON.stringify(ack)}`);
    });
    assert.equal(socket.over, undefined, `${one.file}: the connection goes on`);
  }

  const mails = postman({ url, desk, fill, content });
  // What was there after one case is there before the next.
  let last;

  /** Plays a case, and checks that nothing has changed but for the events that it may add. */
  async function play(one) {
    let before = last ?? (await mark());
    if (one.mail) await mails.play(one);
    else if (one.socket || one.frames) await overSocket(one, async () => (before = await mark()));
    else await overHttp(one);
    const after = await mark();
    last = after;
    if (one.events) {
      assert.equal(after[0].head - before[0].head, one.events, `${one.file}: new events`);
      assert.deepEqual(after[1], before[1], `${one.file}: it changed the other workspace`);
    } else {
      assert.deepEqual(after, before, `${one.file}: it changed something`);
    }
  }

  return { play, quiet: mails.quiet };
}
