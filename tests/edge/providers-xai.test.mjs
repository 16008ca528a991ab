// The stand-in of xAI: where it is not OpenAI.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask } from "../harness/providers/ask.mjs";
import { startXai } from "../harness/providers/xai.mjs";
import { later } from "../harness/worker.mjs";

const START = Date.UTC(2026, 10, 2, 9);
const MESSAGES = [{ role: "user", content: "Write to Ann." }];

async function standIn(t, options = {}) {
  const xai = await startXai({ startMs: START, ...options });
  later(t, () => xai.stop());
  const chat = (changes = {}, headers = {}) =>
    ask(`${xai.url}/chat/completions`, {
      method: "POST",
      json: { model: "grok-for-tests", messages: MESSAGES, ...changes },
      headers: { authorization: `Bearer ${xai.key}`, ...headers },
    });
  return { xai, chat };
}

const refused = ({ status, json }, code, sentence) => {
  assert.equal(status, code, JSON.stringify(json));
  assert.deepEqual([Object.keys(json), typeof json.error], [["code", "error"], "string"]);
  if (sentence) assert.match(json.error, sentence);
};

test("an answer is OpenAI's, an error is two sentences, and a wrong key is 400", async (t) => {
  const { xai, chat } = await standIn(t);
  xai.reply("Hello Ann");
  const { status, json } = await chat({ max_tokens: 100 });
  assert.deepEqual([status, json.choices[0].message.content], [200, "Hello Ann"]);
  assert.equal(json.choices[0].finish_reason, "stop");
  refused(await chat({}, { authorization: "Bearer another" }), 400, /Incorrect API key/);
  refused(await chat({}, { authorization: undefined }), 401);
  refused(await chat({ model: "grok-of-yore" }), 404, /grok-of-yore/);
  refused(await chat({ messages: [] }), 400);
  refused(await chat({ max_tokens: 0 }), 400);
  refused(await ask(`${xai.url}/responses`, { method: "POST", json: {} }), 404);
});

test("a text longer than max_tokens is cut, and a schema answered by an example", async (t) => {
  const { xai, chat } = await standIn(t);
  xai.reply("One two three");
  const cut = (await chat({ max_tokens: 2 })).json.choices[0];
  assert.deepEqual([cut.finish_reason, cut.message.content], ["length", "One two "]);
  const schema = { type: "object", properties: { isReply: { type: "boolean" } } };
  const response_format = { type: "json_schema", json_schema: { name: "x", schema } };
  const { content } = (await chat({ response_format })).json.choices[0].message;
  assert.deepEqual(JSON.parse(content), { isReply: false });
});

test("requests of a second and tokens of a minute are counted for each model, without a header", async (t) => {
  const models = ["grok-for-tests", "grok-mini"];
  const { xai, chat } = await standIn(t, { perSecond: 2, tokensPerMinute: 100, models });
  xai.reply("a", "b", "c", "x".repeat(400));
  await chat();
  await chat();
  const third = await chat();
  refused(third, 429);
  const told = [...third.headers.keys()].filter((name) => /retry-after|ratelimit/.test(name));
  assert.deepEqual(told, []);
  assert.equal((await chat({ model: "grok-mini" })).status, 200);
  xai.advance(1000);
  assert.equal((await chat()).status, 200);
  xai.advance(1000);
  refused(await chat(), 429);
  xai.advance(60_000);
  assert.equal((await chat()).status, 200);
});

test("with tellsLimits it says what is left", async (t) => {
  const { xai, chat } = await standIn(t, { tokensPerMinute: 100, tellsLimits: true });
  xai.reply("x".repeat(40));
  const { headers } = await chat();
  const said = ["limit", "remaining"].map((one) => headers.get(`x-ratelimit-${one}-tokens`));
  assert.deepEqual(said, ["100", "86"]);
  assert.equal((await chat({ max_tokens: 1 })).status, 200);
  const free = await standIn(t, { tellsLimits: true });
  assert.equal((await free.chat()).headers.get("x-ratelimit-limit-tokens"), null);
});

test("its errors and ends can be scripted", async (t) => {
  const { xai, chat } = await standIn(t);
  for (const [fault, status] of [
    ["throttled", 429],
    ["usedUp", 429],
    ["wrongKey", 400],
    ["forbidden", 403],
    ["serverError", 500],
    ["overloaded", 503],
  ]) {
    xai.script({ on: "chat", fault });
    refused(await chat(), status);
  }
  xai.script({ on: "chat", fault: "throttled", retryAfter: 3 });
  assert.equal((await chat()).headers.get("retry-after"), "3");
  xai.script({ on: "chat", fault: "filtered" });
  assert.equal((await chat()).json.choices[0].finish_reason, "content_filter");
  assert.equal((await chat()).status, 200);
});
