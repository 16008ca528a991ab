// Chat completions, as OpenAI made them and xAI took them over: checks of a request, and what an
// answer looks like. How errors are written and limits are told differs: openai.mjs, xai.mjs.
//
// `fail(status, message, { type, param, code })` gives a provider's error as an answer.

import { cutTo, exampleOf, textOf, tokensOf } from "./language.mjs";
import { isJson, objectOf } from "./params.mjs";
import { Refused } from "./server.mjs";

const isNumber = (least, most) => (one) =>
  typeof one === "number" && one >= least && one <= most;
const isCount = (one) => Number.isInteger(one) && one >= 1;
const isFlag = (one) => typeof one === "boolean";

/** The fields that both know, each with its check. */
const FIELDS = {
  model: (one) => typeof one === "string",
  messages: Array.isArray,
  max_completion_tokens: isCount,
  temperature: isNumber(0, 2),
  top_p: isNumber(0, 1),
  frequency_penalty: isNumber(-2, 2),
  presence_penalty: isNumber(-2, 2),
  n: (one) => one === 1,
  seed: Number.isInteger,
  stop: (one) => [one].flat().every((text) => typeof text === "string"),
  response_format: (one) => ["text", "json_object", "json_schema"].includes(one?.type),
  reasoning_effort: (one) => ["none", "minimal", "low", "medium", "high"].includes(one),
  store: isFlag,
  stream: (one) => one === false,
  user: (one) => typeof one === "string",
  metadata: (one) => typeof one === "object",
};
const ROLES = ["developer", "system", "user", "assistant"];

/** A chat with a provider's `fail`, its further `fields`, and its `models` by name. */
export class Chat {
  constructor({ fail, fields = {}, models, contextTokens = 128_000, replies }) {
    Object.assign(this, { fail, models, contextTokens, replies, count: 0 });
    this.fields = { ...FIELDS, ...fields };
  }

  no(status, message, about = {}) {
    throw new Refused(this.fail(status, message, { type: "invalid_request_error", ...about }));
  }

  /** Checks a request; gives { json, promptTokens }. */
  read({ headers, body }) {
    if (!isJson(headers)) this.no(400, "The content type must be application/json.");
    const json = objectOf(body);
    if (!json) this.no(400, "We could not parse the JSON body of your request.");
    this.checkFields(json);
    this.checkMessages(json.messages);
    if (!this.models.includes(json.model)) {
      const message = `The model \`${json.model}\` does not exist or you do not have access to it.`;
      this.no(404, message, { code: "model_not_found" });
    }
    this.checkFormat(json);
    const promptTokens = tokensOf(json.messages.map((one) => textOf(one.content)).join(""));
    const asked = promptTokens + (json.max_completion_tokens ?? json.max_tokens ?? 0);
    if (asked > this.contextTokens) {
      const message = `This model's maximum context length is ${this.contextTokens} tokens.`;
      this.no(400, message, { param: "messages", code: "context_length_exceeded" });
    }
    return { json, promptTokens };
  }

  checkFields(json) {
    for (const [name, value] of Object.entries(json)) {
      const check = this.fields[name];
      if (!check) this.no(400, `Unrecognized request argument supplied: ${name}`);
      if (typeof check === "object") this.no(400, check.message, { param: name, code: check.code });
      if (!check(value)) {
        this.no(400, `Invalid value for '${name}'.`, { param: name, code: "invalid_value" });
      }
    }
    for (const name of ["model", "messages"]) {
      if (json[name] !== undefined) continue;
      this.no(400, `Missing required parameter: '${name}'.`, {
        param: name,
        code: "missing_required_parameter",
      });
    }
  }

  checkMessages(messages) {
    const no = (param, message) => this.no(400, message, { param, code: "invalid_value" });
    if (messages.length === 0) no("messages", "Invalid 'messages': empty array.");
    messages.forEach(({ role, content, name, ...rest } = {}, n) => {
      const at = `messages[${n}]`;
      if (!ROLES.includes(role)) no(`${at}.role`, `Invalid value for '${at}.role'.`);
      if (Object.keys(rest).length > 0) no(at, `Unknown parameter in '${at}'.`);
      const isText = typeof content === "string" || isTexts(content);
      if (!isText) no(`${at}.content`, `Invalid type for '${at}.content'.`);
      const isNamed = name === undefined || /^[^\s<|\\/>]{1,64}$/.test(name);
      if (!isNamed) no(`${at}.name`, `Invalid '${at}.name'.`);
    });
  }

  checkFormat({ response_format: format, messages }) {
    const no = (message) => this.no(400, message, { param: "response_format" });
    const all = messages.map((one) => textOf(one.content)).join(" ");
    if (format?.type === "json_object" && !/json/i.test(all)) {
      no("'messages' must contain the word 'json' to use 'response_format' of type 'json_object'.");
    }
    if (format?.type !== "json_schema") return;
    const { name, schema, strict = false, ...rest } = format.json_schema ?? {};
    if (!/^[\w-]{1,64}$/.test(name ?? "")) no("Invalid 'response_format.json_schema.name'.");
    const more = Object.keys(rest).filter((one) => one !== "description");
    if (more.length > 0) no(`Unknown parameter: 'response_format.json_schema.${more[0]}'.`);
    if (schema?.type !== "object") no(`Invalid schema for response_format '${name}'.`);
    const bad = strict ? looseIn(schema) : undefined;
    if (bad) no(`Invalid schema for response_format '${name}': ${bad}`);
  }

  /** The answer to a request that was read; `how` is what a fault says of it. */
  complete({ json, promptTokens }, how = {}) {
    this.count += 1;
    const { content, refusal = null, reason } = this.said(json, how);
    const completionTokens = how.spends ?? tokensOf(content ?? refusal ?? "");
    const body = {
      id: `chatcmpl-${String(this.count).padStart(8, "0")}`,
      object: "chat.completion",
      created: 1_793_600_000,
      model: json.model,
      choices: [
        {
          index: 0,
          message: { role: "assistant", content, refusal },
          logprobs: null,
          finish_reason: reason,
        },
      ],
      usage: {
        prompt_tokens: promptTokens,
        completion_tokens: completionTokens,
        total_tokens: promptTokens + completionTokens,
      },
    };
    return { status: 200, body, tokens: promptTokens + completionTokens };
  }

  said(json, { text, refusal, reason }) {
    if (refusal !== undefined) return { content: null, refusal, reason: "stop" };
    if (reason) return { content: text ?? "Subject: Hal", reason };
    const schema = json.response_format?.json_schema?.schema;
    const reply = this.replies.next({ messages: json.messages, json, schema });
    const whole = typeof reply === "string" ? reply : JSON.stringify(reply);
    const most = json.max_completion_tokens ?? json.max_tokens ?? Infinity;
    if (tokensOf(whole) > most) return { content: cutTo(whole, most), reason: "length" };
    return { content: whole, reason: "stop" };
  }
}

/** What a chat answers where no test says: an example of the schema, an empty object, or `mail`. */
export const fitting = (mail) => ({ json, schema }) => {
  if (schema) return exampleOf(schema);
  return json.response_format?.type === "json_object" ? {} : mail;
};

const isTexts = (list) =>
  Array.isArray(list) &&
  list.length > 0 &&
  list.every((one) => one?.type === "text" && typeof one.text === "string");

/** What is not strict in a schema, with its place; undefined if nothing. */
function looseIn(schema, at = []) {
  const where = `In context=(${at.map((one) => `'${one}'`).join(", ")}), `;
  if (schema.type === "object") {
    const names = Object.keys(schema.properties ?? {});
    if (schema.additionalProperties !== false) {
      return `${where}'additionalProperties' is required to be supplied and to be false.`;
    }
    const missing = names.find((name) => !schema.required?.includes(name));
    if (missing) return `${where}'required' must name every property. Missing '${missing}'.`;
    const inside = names.map((name) => looseIn(schema.properties[name], [...at, name]));
    return inside.find(Boolean);
  }
  return schema.items ? looseIn(schema.items, [...at, "items"]) : undefined;
}

/** The faults of the answers, which both can make. */
export const CHAT_FAULTS = {
  refusal: (call) => call.complete({ refusal: "I'm sorry, I cannot help with that." }),
  filtered: (call) => call.complete({ reason: "content_filter", text: "" }),
  cutOff: (call, { text }) => call.complete({ reason: "length", text }),
  /** Everything that was allowed went into reasoning: no text at all. */
  spent: (call) => call.complete({ reason: "length", text: "", spends: 500 }),
  toolCalls: (call) => call.complete({ reason: "tool_calls", text: "" }),
  choiceless: (call) => {
    const answer = call.complete();
    return { ...answer, body: { ...answer.body, choices: [] } };
  },
};
