// A stand-in for OpenAI's chat completions (api.openai.com/v1/chat/completions). Written from
// PROTOCOLS 3.9 and openai-openapi; sentences are near the real ones, clients read type and code.
//
//   const openai = await startOpenAi({ perMinute: { requests: 3, tokens: 10_000 } });
//   openai.url, openai.key, openai.models
//   openai.vars              the settings of a Worker that asks it
//   openai.reply("Subject: …", { category: "interested" })     what it answers next
//   openai.script({ on: "chat", fault: "quota" })              429 that must not be tried again
//
// It refuses: no or a wrong bearer token (401), arguments that are not known, values out of range,
// `max_tokens`, a JSON mode that no message names, a strict schema that is not strict, a prompt
// over the context (400), an unknown model (404), more requests or tokens than a minute has (429,
// `rate_limit_exceeded`). Its headers tell the limits, resets as durations ("1s", "6m0s").
// Without a scripted reply it answers an example of the schema that was asked for.
// It does not have: streaming (400), tools, images, several choices, /responses.

import { CHAT_FAULTS, Chat, fitting } from "./chat.mjs";
import { Quotas, repliesOf } from "./language.mjs";
import { bearerOf } from "./params.mjs";
import { waiting } from "./script.mjs";
import { clockOf, Refused, startProvider } from "./server.mjs";

const error = (status, message, { type, param = null, code = null, headers } = {}) => ({
  status,
  headers,
  body: { error: { message, type, param, code } },
});
const invalid = "invalid_request_error";
const unauthorized = (message = "Incorrect API key provided.") =>
  error(401, message, { type: invalid, code: "invalid_api_key" });

const WORDS = { requests: "requests per min (RPM)", tokens: "tokens per min (TPM)" };

function throttled(name, most, ms) {
  const again = ms === undefined ? "" : ` Please try again in ${duration(ms)}.`;
  const message = `Rate limit reached on ${WORDS[name]}: Limit ${most}.${again}`;
  const seconds = ms === undefined ? undefined : Math.ceil(ms / 1000);
  const headers = {
    ...waiting(seconds),
    ...(ms === undefined ? {} : { "retry-after-ms": String(ms) }),
  };
  return error(429, message, { type: name, code: "rate_limit_exceeded", headers });
}

const FAULTS = {
  ...CHAT_FAULTS,
  throttled: (_, { retryAfter }) =>
    throttled("requests", 500, retryAfter === undefined ? undefined : retryAfter * 1000),
  quota: () =>
    error(429, "You exceeded your current quota, please check your plan and billing details.", {
      type: "insufficient_quota",
      code: "insufficient_quota",
    }),
  unauthorized: () => unauthorized(),
  country: () =>
    error(403, "Country, region, or territory not supported", {
      type: "request_forbidden",
      code: "unsupported_country_region_territory",
    }),
  serverError: () => error(500, "The server had an error.", { type: "server_error" }),
  overloaded: (_, { retryAfter }) =>
    error(503, "The engine is currently overloaded, please try again later", {
      type: "server_error",
      headers: waiting(retryAfter),
    }),
};

/** A time as the headers say it: 120 → "120ms", 1000 → "1s", 61_500 → "1m1.5s". */
export function duration(ms) {
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = `${(ms % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

const MAX_TOKENS = {
  code: "unsupported_parameter",
  message: "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
};

/**
 * Starts a stand-in.
 *
 * key, models    the key that it takes, and the models that it has
 * perMinute      { requests, tokens }: not limited where missing
 * contextTokens  the longest prompt and answer (128 000)
 * replies, otherwise  what it answers: see language.mjs
 */
export async function startOpenAi(options = {}) {
  const { key = "openai-key-of-the-tests", models = ["gpt-for-tests"] } = options;
  const clock = clockOf(options);
  const none = { requests: Infinity, tokens: Infinity };
  const quotas = new Quotas(clock.now, { ...none, ...options.perMinute });
  const replies = repliesOf({ otherwise: fitting("Subject: Hello\n\nHello"), ...options });
  const { contextTokens } = options;
  const fields = { max_tokens: MAX_TOKENS };
  const chat = new Chat({ fail: error, fields, models, contextTokens, replies });
  const handle = await startProvider({
    clock,
    bodyMax: 16 * 1024 * 1024,
    faults: FAULTS,
    authorize: (call) => authorize(key, call),
    finish: (call, answer) => finish(quotas, chat, answer),
    routes: [
      {
        op: "chat",
        method: "POST",
        path: "/v1/chat/completions",
        read: (call) => read(chat, quotas, call),
        answer: (call) => call.complete(),
      },
    ],
    says: {
      path: ({ method, path }) =>
        error(404, `Invalid URL (${method} ${path})`, { type: invalid }),
      method: ({ method, path }) =>
        error(405, `Not allowed to ${method} on ${path}.`, { type: invalid }),
      tooLarge: () => error(413, "The request is too large.", { type: invalid }),
    },
  });
  const url = `${handle.origin}/v1`;
  const vars = { OPENAI_URL: url, OPENAI_API_KEY: key, OPENAI_MODEL: models[0] };
  return Object.assign(handle, { key, models, url, vars, reply: replies.add });
}

function authorize(key, { headers }) {
  const given = bearerOf(headers);
  if (given === key) return;
  throw new Refused(
    given ? unauthorized() : error(401, "You didn't provide an API key.", { type: invalid }),
  );
}

/** Checks, then takes a request and the prompt; the answer's tokens are taken when it is made. */
function read(chat, quotas, call) {
  const input = chat.read(call);
  const amounts = { requests: 1, tokens: input.promptTokens };
  const lack = quotas.lacking(amounts);
  if (lack) {
    const ms = Number.isFinite(lack.waitMs) ? lack.waitMs : undefined;
    throw new Refused(throttled(lack.name, lack.most, ms));
  }
  quotas.take(amounts);
  call.complete = (how) => {
    const answer = chat.complete(input, how);
    quotas.take({ tokens: answer.tokens - input.promptTokens });
    return answer;
  };
  return input;
}

function finish(quotas, chat, answer) {
  const headers = {
    "x-request-id": `req_${String(chat.count).padStart(12, "0")}`,
    "openai-version": "2020-10-01",
    "openai-processing-ms": "12",
  };
  // Who has no quota, or no key, is told of no limits.
  if (answer.status === 401 || answer.body?.error?.code === "insufficient_quota") return headers;
  for (const name of ["requests", "tokens"]) {
    const state = quotas.state(name);
    if (!state) continue;
    headers[`x-ratelimit-limit-${name}`] = String(state.limit);
    headers[`x-ratelimit-remaining-${name}`] = String(state.left);
    headers[`x-ratelimit-reset-${name}`] = duration(state.resetMs);
  }
  return headers;
}
