// A stand-in for Anthropic's Messages API (api.anthropic.com/v1/messages). Written from PROTOCOLS
// 3.9 and the types and errors of anthropic-sdk-python; what is marked (mem) is from memory.
//
//   const anthropic = await startAnthropic({ perMinute: { requests: 5, inputTokens: 20_000 } });
//   anthropic.url, anthropic.key, anthropic.models
//   anthropic.vars              the settings of a Worker that asks it
//   anthropic.reply("Subject: …", { category: "interested" })   what it answers next: a text, or
//                              an object, which is given as the input of the tool that was chosen
//   anthropic.script({ on: "messages", fault: "stopped", reason: "refusal" })
//   anthropic.script({ on: "messages", fault: "overloaded" })
//
// It refuses: no or a wrong `x-api-key` (401); another `anthropic-version` than 2023-06-01 or none,
// a content type that is not JSON, unknown fields, wrong roles, empty contents, a temperature over
// 1, a prompt over the context window (400); an unknown model (404); over 32 MB (413); more
// requests, input or output tokens than a minute has (429). A tool that says it is strict must be:
// every object of its schema names what it has, and has nothing else. An answer longer than
// `max_tokens` is cut and says so; who has to use a tool gets no text, but an example of its input
// where no test says which. A token is four bytes.
// It does not have: streaming (400), images, documents, thinking, caching, batches.

import { cutTo, exampleOf, Quotas, repliesOf, textOf, tokensOf } from "./language.mjs";
import { isJson, objectOf } from "./params.mjs";
import { waiting } from "./script.mjs";
import { clockOf, Refused, startProvider } from "./server.mjs";

const VERSION = "2023-06-01";
const BODY_MAX = 32 * 1024 * 1024;
const FIELDS = {
  model: (one) => typeof one === "string",
  max_tokens: (one) => Number.isInteger(one) && one >= 1,
  messages: Array.isArray,
  system: (one) => typeof one === "string" || isTexts(one),
  temperature: (one) => typeof one === "number" && one >= 0 && one <= 1,
  top_p: (one) => typeof one === "number" && one >= 0 && one <= 1,
  top_k: (one) => Number.isInteger(one) && one >= 0,
  stop_sequences: (one) => Array.isArray(one) && one.every((text) => typeof text === "string"),
  metadata: (one) => Object.keys(one ?? { no: 1 }).every((name) => name === "user_id"),
  tools: (one) => Array.isArray(one) && one.every(isTool),
  tool_choice: isChoice,
  service_tier: (one) => ["auto", "standard_only"].includes(one),
  stream: (one) => one === false,
};
const STOPS =
  "end_turn max_tokens stop_sequence tool_use pause_turn refusal model_context_window_exceeded";

const isText = (block) =>
  block?.type === "text" && typeof block.text === "string" && block.text !== "";
const isTexts = (list) => Array.isArray(list) && list.length > 0 && list.every(isText);
const isTool = (tool) =>
  /^[\w-]{1,128}$/.test(tool?.name ?? "") && tool.input_schema?.type === "object" &&
  isOf(tool, { name: "string", description: "string", strict: "boolean", input_schema: "object" });
/** Whether an object has no fields but these, each of its type. */
const isOf = (one, types) =>
  Object.entries(one).every(([name, value]) => typeof value === types[name]);

function isChoice(one) {
  const types = { type: "string", name: "string", disable_parallel_tool_use: "boolean" };
  const isNamed = (one?.type === "tool") === (typeof one?.name === "string");
  return ["auto", "any", "tool", "none"].includes(one?.type) && isNamed && isOf(one, types);
}

/** What in a schema is open, though its tool says that it is strict: undefined if nothing. */
function openIn(schema) {
  if (schema.type === "object") {
    if (schema.additionalProperties !== false) {
      return "For 'object' type, 'additionalProperties' must be explicitly set to false";
    }
    const named = (schema.required ?? []).every((name) => schema.properties?.[name]);
    if (!named) return "'required' names what is no property";
    return Object.values(schema.properties ?? {}).map(openIn).find(Boolean);
  }
  return schema.items ? openIn(schema.items) : undefined;
}

const error = (status, type, message, headers) => ({
  status,
  headers,
  body: { type: "error", error: { type, message } },
});
const no = (message) => {
  throw new Refused(error(400, "invalid_request_error", message));
};
const unauthorized = () => error(401, "authentication_error", "invalid x-api-key");
const throttled = (name, headers) =>
  error(429, "rate_limit_error", `This request would exceed your rate limit of ${name}.`, headers);

/** Seconds as the API says them, and more exactly or against a retry where a test wants it. */
const waits = ({ retryAfter, retryAfterMs, shouldRetry }) => ({
  ...waiting(retryAfter),
  ...(retryAfterMs === undefined ? {} : { "retry-after-ms": String(retryAfterMs) }),
  ...(shouldRetry === undefined ? {} : { "x-should-retry": String(shouldRetry) }),
});

const FAULTS = {
  throttled: (_, fault) => throttled("requests per minute", waits(fault)),
  overloaded: (_, fault) => error(529, "overloaded_error", "Overloaded", waits(fault)),
  unauthorized,
  forbidden: () => error(403, "permission_error", "Your key may not use this resource."),
  tooLarge: () => error(413, "request_too_large", "Request exceeds the maximum size"),
  /** (mem) It must not be tried again, though it looks like a mistake of the request. */
  noCredit: () => error(400, "invalid_request_error", "Your credit balance is too low."),
  serverError: () => error(500, "api_error", "Internal server error"),
  timedOut: () => error(504, "timeout_error", "The request timed out."), // (mem)
  /** The answer ends for `reason` after `text`, which is empty for a refusal if not given. */
  stopped: (call, { reason, text }) => {
    if (!STOPS.split(" ").includes(reason)) throw new Error(`no stop reason "${reason}"`);
    return call.say({ text: text ?? (reason === "refusal" ? "" : "Subject: Hal"), reason });
  },
  /** An answer without any content. */
  contentless: (call) => call.say({ text: "", reason: "end_turn" }),
};

/**
 * Starts a stand-in.
 *
 * key        the key that it takes
 * models     those that it has
 * perMinute  { requests, inputTokens, outputTokens }: not limited where missing
 * contextTokens  the longest prompt and answer (200 000)
 * bodyMax    bytes of a request (32 MB)
 * replies, otherwise  what it answers: see language.mjs
 */
export async function startAnthropic(options = {}) {
  const { key = "anthropic-key-of-the-tests", contextTokens = 200_000 } = options;
  const { models = ["claude-for-tests"], bodyMax = BODY_MAX } = options;
  const clock = clockOf(options);
  const none = { requests: Infinity, inputTokens: Infinity, outputTokens: Infinity };
  const quotas = new Quotas(clock.now, { ...none, ...options.perMinute });
  const replies = repliesOf(options);
  const world = { key, models, contextTokens, quotas, replies, clock, count: 0 };
  const handle = await startProvider({
    clock,
    bodyMax,
    faults: FAULTS,
    authorize: (call) => authorize(world, call),
    finish: (call, answer) => finish(world, answer),
    routes: [
      {
        op: "messages",
        method: "POST",
        path: "/v1/messages",
        read: (call) => read(world, call),
        answer: (call) => answer(world, call),
      },
    ],
    says: {
      path: () => error(404, "not_found_error", "Not Found"),
      method: () => error(405, "invalid_request_error", "Method Not Allowed"), // (mem)
      tooLarge: () => error(413, "request_too_large", "Request exceeds the maximum size"),
    },
  });
  const url = `${handle.origin}/v1`;
  const vars = { ANTHROPIC_URL: url, ANTHROPIC_API_KEY: key, ANTHROPIC_MODEL: models[0] };
  return Object.assign(handle, { key, models, url, vars, reply: replies.add });
}

function authorize({ key }, { headers }) {
  if (headers["x-api-key"] !== key) throw new Refused(unauthorized());
}

/** The id of the request, in the header and in an error's body, and the limits. */
function finish(world, answer) {
  world.count += 1;
  const id = `req_${String(world.count).padStart(24, "0")}`;
  if (answer.body?.type === "error") answer.body.request_id = id;
  const { quotas } = world;
  const tokens = ["inputTokens", "outputTokens"].map((one) => quotas.state(one)).filter(Boolean);
  const least = tokens.sort((a, b) => a.left - b.left)[0];
  return {
    "request-id": id,
    ...limitHeaders(world, "requests", quotas.state("requests")),
    ...limitHeaders(world, "tokens", least),
    ...limitHeaders(world, "input-tokens", quotas.state("inputTokens")),
    ...limitHeaders(world, "output-tokens", quotas.state("outputTokens")),
  };
}

function limitHeaders({ clock }, name, state) {
  if (!state) return {};
  const reset = new Date(clock.now() + state.resetMs).toISOString().replace(/\.\d+Z$/, "Z");
  const said = { limit: state.limit, remaining: state.left, reset };
  const named = Object.entries(said).map(([what, value]) => [
    `anthropic-ratelimit-${name}-${what}`,
    String(value),
  ]);
  return Object.fromEntries(named);
}

/** Checks a request; gives { json, inputTokens }, and takes what it costs. */
function read(world, call) {
  const { headers, body } = call;
  if (headers["anthropic-version"] === undefined) no("anthropic-version: header is required");
  if (headers["anthropic-version"] !== VERSION) no("anthropic-version: is not a valid version");
  if (!isJson(headers)) no("content-type: must be application/json"); // (mem)
  const json = objectOf(body);
  if (!json) no("The request body is not valid JSON.");
  checkFields(json);
  checkMessages(json.messages);
  if (!world.models.includes(json.model)) {
    throw new Refused(error(404, "not_found_error", `model: ${json.model}`));
  }
  const inputTokens = costOf(json);
  if (inputTokens + json.max_tokens > world.contextTokens) {
    no(`prompt is too long: ${inputTokens} tokens > ${world.contextTokens} maximum`);
  }
  admit(world, inputTokens);
  call.say = (reply) => say(world, json, inputTokens, reply);
  return { json, inputTokens };
}

function checkFields(json) {
  for (const [name, value] of Object.entries(json)) {
    if (!FIELDS[name]) no(`${name}: Extra inputs are not permitted`);
    if (!FIELDS[name](value)) no(`${name}: Input is not valid`);
  }
  for (const name of ["model", "max_tokens", "messages"]) {
    if (json[name] === undefined) no(`${name}: Field required`);
  }
  const { tools = [], tool_choice: choice } = json;
  const open = tools.map((one, n) => [n, one.strict && openIn(one.input_schema)]);
  for (const [n, why] of open) if (why) no(`tools.${n}.custom: ${why}`);
  if (choice && tools.length === 0) no("tool_choice: may only be given with tools");
  if (choice?.type === "tool" && !tools.some((one) => one.name === choice.name)) {
    no(`tool_choice: Tool '${choice.name}' not found in provided tools`);
  }
}

function checkMessages(messages) {
  if (messages.length === 0) no("messages: at least one message is required");
  if (messages[0]?.role !== "user") no("messages: first message must use the \"user\" role");
  messages.forEach(({ role, content, ...rest } = {}, n) => {
    const extra = Object.keys(rest)[0];
    if (extra) no(`messages.${n}.${extra}: Extra inputs are not permitted`);
    if (!["user", "assistant"].includes(role)) no(`messages.${n}.role: Input is not valid`);
    const isGiven = typeof content === "string" ? content !== "" : isTexts(content);
    if (!isGiven) no(`messages.${n}: text content must be non-empty`);
  });
  const last = messages.at(-1);
  if (last.role === "assistant" && /\s$/.test(textOf(last.content))) {
    no("messages: final assistant content cannot end with trailing whitespace");
  }
}

const costOf = ({ system, messages, tools }) =>
  tokensOf(textOf(system) + messages.map((one) => textOf(one.content)).join("")) +
  (tools ? tokensOf(JSON.stringify(tools)) : 0);

/** Takes a request and its input tokens; an answer may begin while any output token is left. */
function admit({ quotas }, inputTokens) {
  const lack = quotas.lacking({ requests: 1, inputTokens, outputTokens: 1 });
  if (!lack) return quotas.take({ requests: 1, inputTokens });
  const seconds = Number.isFinite(lack.waitMs) ? Math.ceil(lack.waitMs / 1000) : undefined;
  const name = `${lack.most} ${lack.name.replace("T", " t")} per minute`;
  throw new Refused(throttled(name, waiting(seconds)));
}

function answer(world, call) {
  const { json } = call.input;
  const system = textOf(json.system);
  const reply = world.replies.next({ system, messages: json.messages, json });
  if (typeof reply !== "string") return call.say({ input: reply, reason: "tool_use" });
  if (["any", "tool"].includes(json.tool_choice?.type)) {
    const { name } = json.tool_choice;
    const tool = json.tools.find((one) => name === undefined || one.name === name);
    return call.say({ input: exampleOf(tool.input_schema), reason: "tool_use" });
  }
  return call.say(ended(reply, json));
}

/** A text up to the first stop sequence, or to `max_tokens`. */
function ended(text, { stop_sequences: sequences = [], max_tokens: most }) {
  const places = sequences.map((one) => ({ one, at: text.indexOf(one) }));
  const first = places.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at)[0];
  const said = first ? text.slice(0, first.at) : text;
  if (tokensOf(said) > most) return { text: cutTo(said, most), reason: "max_tokens" };
  if (first) return { text: said, reason: "stop_sequence", sequence: first.one };
  return { text: said, reason: "end_turn" };
}

/** A message as JSON, and what it cost taken. */
function say(world, json, inputTokens, { text, input, reason, sequence = null }) {
  const tool = json.tool_choice?.name ?? json.tools?.[0]?.name;
  if (input && !tool) throw new Error("an object is answered to who gave a tool only");
  const id = String(world.count + 1).padStart(24, "0");
  const block = input ? { type: "tool_use", id: `toolu_${id}`, name: tool, input } : undefined;
  const outputTokens = tokensOf(input ? JSON.stringify(input) : text);
  world.quotas.take({ outputTokens });
  const texts = text ? [{ type: "text", text }] : [];
  const body = {
    id: `msg_${id}`,
    type: "message",
    role: "assistant",
    model: json.model,
    content: block ? [block] : texts,
    stop_reason: reason,
    stop_sequence: sequence,
    usage: {
      input_tokens: inputTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: outputTokens,
      service_tier: "standard",
    },
  };
  return { status: 200, body };
}
