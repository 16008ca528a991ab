// The stand-in of OpenAI's chat completions: strict schemas, ends that are no success, two kinds of 429.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask } from "../harness/providers/ask.mjs";
import { duration, startOpenAi } from "../harness/providers/openai.mjs";
import { later } from "../harness/worker.mjs";

const START = Date.UTC(2026, 10, 2, 9);
const ASKED = {
  model: "gpt-for-tests",
  max_completion_tokens: 500,
  messages: [
    { role: "developer", content: "Write short mails." },
    { role: "user", content: "Write to Ann." },
  ],
};
const SCHEMA = {
  type: "object",
  additionalProperties: false,
  required: ["category", "score", "tags"],
  properties: {
    category: { type: "string", enum: ["interested", "not_now"] },
    score: { type: "integer", minimum: 0 },
    tags: { type: "array", items: { type: "string" } },
  },
};
const format = (schema, more = {}) => ({
  response_format: { type: "json_schema", json_schema: { name: "reply", strict: true, schema, ...more } },
});

async function standIn(t, options = {}) {
  const openai = await startOpenAi({ startMs: START, ...options });
  later(t, () => openai.stop());
  const chat = (changes = {}, headers = {}) =>
    ask(`${openai.url}/chat/completions`, {
      method: "POST",
      json: { ...ASKED, ...changes },
      headers: { authorization: `Bearer ${openai.key}`, ...headers },
    });
  return { openai, chat };
}

const refused = ({ status, json }, code, about = {}) => {
  assert.equal(status, code, JSON.stringify(json));
  assert.deepEqual(Object.keys(json.error), ["message", "type", "param", "code"]);
  for (const [name, value] of Object.entries(about)) assert.equal(json.error[name], value, json.error.message);
};

test("a chat is answered with one choice and what it cost", async (t) => {
  const { openai, chat } = await standIn(t);
  openai.reply("Hello Ann", ({ messages }) => messages.at(-1).content);
  const { status, json, headers } = await chat();
  assert.equal(status, 200);
  assert.deepEqual([json.object, json.model, json.choices.length], ["chat.completion", ASKED.model, 1]);
  const [{ index, message, finish_reason }] = json.choices;
  assert.deepEqual([index, finish_reason], [0, "stop"]);
  assert.deepEqual(message, { role: "assistant", content: "Hello Ann", refusal: null });
  assert.deepEqual(json.usage, { prompt_tokens: 8, completion_tokens: 3, total_tokens: 11 });
  assert.match(headers.get("x-request-id"), /^req_/);
  assert.equal((await chat()).json.choices[0].message.content, "Write to Ann.");
});

test("a schema is answered by an example of it, or by what the test says", async (t) => {
  const { openai, chat } = await standIn(t);
  const content = async (changes) => JSON.parse((await chat(changes)).json.choices[0].message.content);
  assert.deepEqual(await content(format(SCHEMA)), { category: "interested", score: 0, tags: ["text"] });
  const kinds = { a: { const: "x" }, b: { anyOf: [{ type: "boolean" }, { type: "null" }] } };
  const odd = { ...SCHEMA, properties: kinds, required: ["a", "b"] };
  assert.deepEqual(await content(format(odd)), { a: "x", b: false });
  openai.reply({ category: "not_now", score: 3, tags: [] });
  assert.equal((await content(format(SCHEMA))).category, "not_now");
  const messages = [{ role: "user", content: "Answer in JSON." }];
  assert.deepEqual(await content({ messages, response_format: { type: "json_object" } }), {});
});

test("a schema that is not strict is refused where it says that it is", async (t) => {
  const { chat } = await standIn(t);
  const { additionalProperties, ...open } = SCHEMA;
  assert.equal(additionalProperties, false);
  const nested = { ...SCHEMA, properties: { ...SCHEMA.properties, score: { type: "object" } } };
  for (const changes of [
    format(open),
    format({ ...SCHEMA, required: ["category"] }),
    format(nested),
    format(SCHEMA, { name: "a reply" }),
    format(SCHEMA, { stict: true }),
    format({ type: "string" }),
    { response_format: { type: "json_object" } },
  ]) {
    refused(await chat(changes), 400, { type: "invalid_request_error", param: "response_format" });
  }
  assert.equal((await chat(format(open, { strict: false }))).status, 200);
});

test("keys, paths and bodies are checked", async (t) => {
  const { openai, chat } = await standIn(t, { contextTokens: 1000 });
  refused(await chat({}, { authorization: undefined }), 401, { code: null });
  refused(await chat({}, { authorization: "Bearer another" }), 401, { code: "invalid_api_key" });
  refused(await chat({}, { authorization: openai.key }), 401);
  refused(await chat({}, { "content-type": "text/plain" }), 400);
  for (const [changes, about] of [
    [{ max_tokens: 5 }, { param: "max_tokens", code: "unsupported_parameter" }],
    [{ max_output_tokens: 5 }, { code: null, param: null }],
    [{ model: undefined }, { param: "model", code: "missing_required_parameter" }],
    [{ messages: undefined }, { param: "messages" }],
    [{ messages: [] }, { param: "messages" }],
    [{ messages: [{ role: "robot", content: "Hi" }] }, { param: "messages[0].role" }],
    [{ messages: [{ role: "user", content: null }] }, { param: "messages[0].content" }],
    [{ messages: [{ role: "user", content: "Hi", to: "x" }] }, { param: "messages[0]" }],
    [{ messages: [{ role: "user", content: [] }] }, { param: "messages[0].content" }],
    [{ messages: [{ role: "user", content: "Hi", name: "a b" }] }, { param: "messages[0].name" }],
    [{ top_p: -0.5 }, { param: "top_p" }],
    [{ max_completion_tokens: 0 }, { param: "max_completion_tokens" }],
    [{ temperature: 2.5 }, { param: "temperature", code: "invalid_value" }],
    [{ stream: true }, { param: "stream" }],
    [{ n: 2 }, { param: "n" }],
    [{ max_completion_tokens: 999 }, { code: "context_length_exceeded" }],
  ]) {
    refused(await chat(changes), 400, { type: "invalid_request_error", ...about });
  }
  const headers = {
    authorization: `Bearer ${openai.key}`,
    "content-type": "application/json",
  };
  const half = { method: "POST", headers, body: '{"model":' };
  refused(await ask(`${openai.url}/chat/completions`, half), 400, { param: null });
  assert.equal((await chat({ max_completion_tokens: 1, temperature: 0, top_p: 1 })).status, 200);
  refused(await chat({ model: "gpt-of-yore" }), 404, { code: "model_not_found" });
  refused(await ask(`${openai.url}/completions`, { method: "POST", json: {} }), 404);
  refused(await ask(`${openai.url}/chat/completions`), 405);
});

test("every end that is no success can be met", async (t) => {
  const { openai, chat } = await standIn(t);
  const ended = async (changes) => {
    const { json } = await chat(changes);
    const [{ finish_reason, message }] = json.choices;
    return [finish_reason, message.content, typeof message.refusal, json.usage.completion_tokens];
  };
  openai.reply("One two three");
  assert.deepEqual(await ended({ max_completion_tokens: 2 }), ["length", "One two ", "object", 2]);
  openai.script({ on: "chat", fault: "cutOff", text: "Half a" });
  assert.deepEqual((await ended()).slice(0, 2), ["length", "Half a"]);
  openai.script({ on: "chat", fault: "filtered" });
  assert.deepEqual((await ended()).slice(0, 2), ["content_filter", ""]);
  openai.script({ on: "chat", fault: "refusal" });
  assert.deepEqual((await ended()).slice(0, 3), ["stop", null, "string"]);
  openai.script({ on: "chat", fault: "spent" });
  assert.deepEqual(await ended(), ["length", "", "object", 500]);
  openai.script({ on: "chat", fault: "toolCalls" });
  assert.equal((await ended())[0], "tool_calls");
  openai.script({ on: "chat", fault: "choiceless" });
  assert.deepEqual((await chat()).json.choices, []);
});

test("limits are told as durations, and a 429 says when to come again", async (t) => {
  const { openai, chat } = await standIn(t, { perMinute: { requests: 2, tokens: 1000 } });
  openai.reply("x".repeat(368), "y", "z");
  const { headers } = await chat();
  const of = (from, what) => ["limit", "remaining", "reset"].map((one) => from.get(`x-ratelimit-${one}-${what}`));
  assert.deepEqual(of(headers, "requests"), ["2", "1", "30s"]);
  assert.deepEqual(of(headers, "tokens"), ["1000", "900", "6s"]);
  await chat();
  const third = await chat();
  refused(third, 429, { type: "requests", code: "rate_limit_exceeded" });
  assert.deepEqual(
    [third.headers.get("retry-after"), third.headers.get("retry-after-ms"), of(third.headers, "requests")[2]],
    ["30", "30000", "1m0s"],
  );
  openai.advance(29_500);
  const soon = (await chat()).headers;
  assert.deepEqual([soon.get("retry-after"), soon.get("retry-after-ms")], ["1", "500"], "rounded up");
  openai.advance(60_000);
  const long = { messages: [{ role: "user", content: "x".repeat(3990) }], max_completion_tokens: 20 };
  assert.equal((await chat(long)).status, 200);
  refused(await chat(long), 429, { type: "tokens" });
  assert.deepEqual(
    [1, 999, 1000, 1500, 60_000, 61_500, 360_000, 3_660_000].map(duration),
    ["1ms", "999ms", "1s", "1.5s", "1m0s", "1m1.5s", "6m0s", "1h1m0s"],
  );
});

test("a quota that is used up, or a wrong key, is told of no limits", async (t) => {
  const { openai, chat } = await standIn(t, { perMinute: { requests: 50 } });
  openai.script({ on: "chat", fault: "quota" });
  const answer = await chat();
  refused(answer, 429, { type: "insufficient_quota", code: "insufficient_quota" });
  const told = ({ headers }) => [...headers.keys()].filter((name) => /^(retry-after|x-rate)/.test(name));
  assert.deepEqual(told(answer), []);
  assert.deepEqual(told(await chat({}, { authorization: "Bearer another" })), []);
  assert.equal(told(await chat()).length, 3);
});

test("its errors can be scripted", async (t) => {
  const { openai, chat } = await standIn(t);
  for (const [fault, status] of [
    ["throttled", 429],
    ["unauthorized", 401],
    ["country", 403],
    ["serverError", 500],
    ["overloaded", 503],
  ]) {
    openai.script({ on: "chat", fault, retryAfter: fault === "overloaded" ? 4 : undefined });
    const answer = await chat();
    refused(answer, status);
    assert.equal(answer.headers.get("retry-after"), fault === "overloaded" ? "4" : null);
  }
  assert.equal((await chat()).status, 200);
});
