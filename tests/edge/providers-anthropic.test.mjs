// The stand-in of Anthropic: what it refuses, how an answer ends, and limits by requests and tokens.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startAnthropic } from "../harness/providers/anthropic.mjs";
import { ask } from "../harness/providers/ask.mjs";
import { later } from "../harness/worker.mjs";

const START = Date.UTC(2026, 10, 2, 9);
const ASKED = {
  model: "claude-for-tests",
  max_tokens: 500,
  system: "Write short mails.",
  messages: [{ role: "user", content: "Write to Ann." }],
};
const TOOL = { name: "classify", input_schema: { type: "object", properties: {} } };

async function standIn(t, options = {}) {
  const anthropic = await startAnthropic({ startMs: START, ...options });
  later(t, () => anthropic.stop());
  const say = (changes = {}, headers = {}) =>
    ask(`${anthropic.url}/messages`, {
      method: "POST",
      json: { ...ASKED, ...changes },
      headers: { "x-api-key": anthropic.key, "anthropic-version": "2023-06-01", ...headers },
    });
  return { anthropic, say };
}

const refused = ({ status, json, headers }, code, type, sentence) => {
  assert.equal(status, code, JSON.stringify(json));
  assert.deepEqual([json.type, json.error.type], ["error", type]);
  assert.equal(json.request_id, headers.get("request-id"));
  if (sentence) assert.match(json.error.message, sentence);
};
const INVALID = "invalid_request_error";

test("a message is answered with its content, stop reason and usage", async (t) => {
  const { anthropic, say } = await standIn(t);
  anthropic.reply("Hello Ann", ({ system, messages }) => `${system} ${messages.length}`);
  const { status, json, headers } = await say();
  assert.equal(status, 200);
  assert.deepEqual([json.type, json.role, json.model], ["message", "assistant", ASKED.model]);
  assert.deepEqual(json.content, [{ type: "text", text: "Hello Ann" }]);
  assert.deepEqual([json.stop_reason, json.stop_sequence], ["end_turn", null]);
  assert.deepEqual([json.usage.input_tokens, json.usage.output_tokens], [8, 3]);
  assert.match(headers.get("request-id"), /^req_/);
  assert.equal((await say()).json.content[0].text, "Write short mails. 1");
  assert.match((await say()).json.content[0].text, /^Subject: /);
  assert.equal(anthropic.requests[0].input.json.system, "Write short mails.");
});

test("a text is cut at max_tokens or a stop sequence, and says which", async (t) => {
  const { anthropic, say } = await standIn(t);
  anthropic.reply("One two three END four", "One two three END four", "END");
  const short = (await say({ max_tokens: 2 })).json;
  assert.deepEqual([short.content[0].text, short.stop_reason], ["One two ", "max_tokens"]);
  const stopped = (await say({ stop_sequences: ["END"] })).json;
  assert.deepEqual(
    [stopped.content[0].text, stopped.stop_reason, stopped.stop_sequence],
    ["One two three ", "stop_sequence", "END"],
  );
  assert.equal((await say({ stop_sequences: ["END"] })).json.stop_reason, "stop_sequence");
});

test("an object is the input of the tool that was chosen", async (t) => {
  const { anthropic, say } = await standIn(t);
  anthropic.reply({ category: "interested" });
  const { json } = await say({ tools: [TOOL], tool_choice: { type: "tool", name: "classify" } });
  const [{ type, name, input }] = json.content;
  assert.deepEqual([type, name, input], ["tool_use", "classify", { category: "interested" }]);
  assert.equal(json.stop_reason, "tool_use");
});

test("who has to use a tool gets no text, and a strict tool has to be strict", async (t) => {
  const { anthropic, say } = await standIn(t);
  const properties = { category: { type: "string", enum: ["other", "interested"] } };
  const input_schema = { type: "object", properties, required: ["category"], additionalProperties: false };
  const strict = { ...TOOL, strict: true, input_schema };
  const tool_choice = { type: "tool", name: TOOL.name, disable_parallel_tool_use: true };
  anthropic.reply("interested, I say");
  const { content, stop_reason } = (await say({ tools: [strict], tool_choice })).json;
  assert.deepEqual([content.length, content[0].input, stop_reason], [1, { category: "other" }, "tool_use"]);
  const open = { ...input_schema, additionalProperties: undefined };
  for (const [tool, sentence] of [
    [{ ...strict, input_schema: open }, /additionalProperties/],
    [{ ...strict, input_schema: { ...input_schema, required: ["kind"] } }, /required/],
    [{ ...strict, input_schema: { ...input_schema, properties: { category: open } } }, /additionalProperties/],
    [{ ...strict, strict: "yes" }, /tools/],
    [{ ...strict, parameters: {} }, /tools/],
  ]) {
    refused(await say({ tools: [tool] }), 400, INVALID, sentence);
  }
  for (const choice of [{ type: "tool" }, { type: "auto", name: TOOL.name }, { ...tool_choice, strict: true }]) {
    refused(await say({ tools: [strict], tool_choice: choice }), 400, INVALID, /tool_choice/);
  }
});

test("headers are checked", async (t) => {
  const { anthropic, say } = await standIn(t);
  refused(await say({}, { "x-api-key": undefined }), 401, "authentication_error");
  refused(await say({}, { "x-api-key": "another" }), 401, "authentication_error");
  const bearer = { "x-api-key": undefined, authorization: `Bearer ${anthropic.key}` };
  refused(await say({}, bearer), 401, "authentication_error");
  refused(await say({}, { "anthropic-version": undefined }), 400, INVALID, /header is required/);
  refused(await say({}, { "anthropic-version": "2024-01-01" }), 400, INVALID, /valid version/);
  refused(await say({}, { "content-type": "text/plain" }), 400, INVALID, /content-type/);
});

test("a body that is not as documented is refused", async (t) => {
  const { anthropic, say } = await standIn(t, { contextTokens: 1000, bodyMax: 10_000 });
  const user = (content) => ({ role: "user", content });
  for (const [changes, sentence] of [
    [{ model: undefined }, /model: Field required/],
    [{ max_tokens: undefined }, /max_tokens: Field required/],
    [{ max_tokens: 0 }, /max_tokens/],
    [{ temperature: 1.5 }, /temperature/],
    [{ max_completion_tokens: 5 }, /Extra inputs are not permitted/],
    [{ stream: true }, /stream/],
    [{ system: "x", messages: [] }, /at least one message/],
    [{ messages: [{ role: "assistant", content: "Hello" }] }, /"user" role/],
    [{ messages: [user("Hi"), { role: "system", content: "Be brief" }] }, /messages.1.role/],
    [{ messages: [user("")] }, /non-empty/],
    [{ messages: [user([{ type: "text", text: "" }])] }, /non-empty/],
    [{ messages: [user([])] }, /non-empty/],
    [{ top_p: -0.1 }, /top_p/],
    [{ top_k: -1 }, /top_k/],
    [{ tool_choice: { type: "auto" } }, /only be given with tools/],
    [{ messages: [{ ...user("Hi"), name: "ann" }] }, /messages.0.name: Extra inputs/],
    [{ messages: [user("Hi"), { role: "assistant", content: "{ " }] }, /trailing whitespace/],
    [{ tool_choice: { type: "tool", name: "classify" } }, /tools/],
    [{ tools: [TOOL], tool_choice: { type: "tool", name: "other" } }, /not found/],
    [{ messages: [user("x".repeat(4000))] }, /prompt is too long/],
  ]) {
    refused(await say(changes), 400, INVALID, sentence);
  }
  refused(await say({ model: "claude-of-yore" }), 404, "not_found_error", /claude-of-yore/);
  const tooLarge = await say({ messages: [user("x".repeat(20_000))] });
  assert.deepEqual([tooLarge.status, tooLarge.json.error.type], [413, "request_too_large"]);
  assert.equal((await say({ messages: [user([{ type: "text", text: "Hi" }])] })).status, 200);
  const least = { max_tokens: 1, temperature: 0, top_p: 0, top_k: 0 };
  assert.equal((await say(least)).status, 200);
  assert.equal((await say({ temperature: 1, top_p: 1 })).status, 200);
  const headers = {
    "x-api-key": anthropic.key,
    "anthropic-version": "2023-06-01",
    "content-type": "application/json",
  };
  const half = { method: "POST", headers, body: '{"model":' };
  refused(await ask(`${anthropic.url}/messages`, half), 400, INVALID, /not valid JSON/);
  const elsewhere = await ask(`${anthropic.url}/complete`, { method: "POST", json: {} });
  assert.deepEqual([elsewhere.status, (await ask(`${anthropic.url}/messages`)).status], [404, 405]);
});

test("requests of a minute are counted, told, and given back as time goes", async (t) => {
  const { anthropic, say } = await standIn(t, { perMinute: { requests: 2 } });
  const { headers } = await say();
  const said = (what) => headers.get(`anthropic-ratelimit-requests-${what}`);
  assert.deepEqual([said("limit"), said("remaining")], ["2", "1"]);
  assert.equal(said("reset"), "2026-11-02T09:00:30Z");
  assert.equal(headers.get("anthropic-ratelimit-tokens-limit"), null);
  await say();
  const third = await say();
  refused(third, 429, "rate_limit_error");
  assert.equal(third.headers.get("retry-after"), "30");
  anthropic.advance(29_000);
  refused(await say(), 429, "rate_limit_error");
  anthropic.advance(1000);
  assert.equal((await say()).status, 200);
});

test("tokens of a minute are counted by what was asked and answered", async (t) => {
  const { anthropic, say } = await standIn(t, { perMinute: { inputTokens: 600, outputTokens: 100 } });
  const long = { messages: [{ role: "user", content: "x".repeat(2200) }] };
  anthropic.reply("y".repeat(400), "z");
  const first = await say(long);
  const left = (name) => first.headers.get(`anthropic-ratelimit-${name}-remaining`);
  assert.deepEqual([left("input-tokens"), left("output-tokens"), left("tokens")], ["45", "0", "0"]);
  const byInput = await say(long);
  refused(byInput, 429, "rate_limit_error", /600 input tokens/);
  assert.equal(byInput.headers.get("retry-after"), "51");
  const byOutput = await say();
  refused(byOutput, 429, "rate_limit_error", /100 output tokens/);
  assert.equal(byOutput.headers.get("retry-after"), "1");
  anthropic.advance(1000);
  assert.equal((await say()).status, 200);
  const never = await say({ messages: [{ role: "user", content: "x".repeat(2404) }] });
  refused(never, 429, "rate_limit_error");
  assert.equal(never.headers.get("retry-after"), null, "a minute never has so many");
});

test("every reason to stop can be scripted, also those that are no success", async (t) => {
  const { anthropic, say } = await standIn(t);
  for (const reason of [
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
  ]) {
    anthropic.script({ on: "messages", fault: "stopped", reason });
    const { status, json } = await say();
    assert.deepEqual([status, json.stop_reason], [200, reason]);
    assert.equal(json.content.length, reason === "refusal" ? 0 : 1);
  }
  anthropic.script({ fault: "contentless" });
  assert.deepEqual((await say()).json.content, []);
});

test("its errors can be scripted, with or without how long to wait", async (t) => {
  const { anthropic, say } = await standIn(t);
  for (const [fault, status, type] of [
    ["throttled", 429, "rate_limit_error"],
    ["overloaded", 529, "overloaded_error"],
    ["unauthorized", 401, "authentication_error"],
    ["forbidden", 403, "permission_error"],
    ["tooLarge", 413, "request_too_large"],
    ["noCredit", 400, "invalid_request_error"],
    ["serverError", 500, "api_error"],
    ["timedOut", 504, "timeout_error"],
  ]) {
    anthropic.script({ on: "messages", fault });
    const answer = await say();
    refused(answer, status, type);
    assert.equal(answer.headers.get("retry-after"), null);
  }
  anthropic.script({ fault: "overloaded", retryAfter: 9, retryAfterMs: 8500, shouldRetry: false });
  const { headers } = await say();
  const said = ["retry-after", "retry-after-ms", "x-should-retry"].map((name) => headers.get(name));
  assert.deepEqual(said, ["9", "8500", "false"]);
  assert.equal((await say()).status, 200);
});

test("a test that asks for what there is not hears so when the stand-in is stopped", async () => {
  for (const prepare of [
    (one) => one.script({ fault: "stopped", reason: "boredom" }),
    (one) => one.reply({ category: "interested" }), // an object, where no tool is given
  ]) {
    const anthropic = await startAnthropic();
    prepare(anthropic);
    const headers = { "x-api-key": anthropic.key, "anthropic-version": "2023-06-01" };
    const asked = ask(`${anthropic.url}/messages`, { method: "POST", json: ASKED, headers });
    await assert.rejects(asked);
    await assert.rejects(anthropic.stop(), /no stop reason|who gave a tool/);
  }
});
