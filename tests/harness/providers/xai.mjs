// A stand-in for xAI's chat completions (api.x.ai/v1/chat/completions). Written from PROTOCOLS 3.9
// and what clients of others report of its errors; what is marked (mem) is from memory.
//
//   const xai = await startXai({ perSecond: 2, tokensPerMinute: 10_000 });
//   xai.url, xai.key, xai.models
//   xai.vars                                        the settings of a Worker that asks it
//   xai.reply("Subject: …")                         what it answers next
//   xai.script({ on: "chat", fault: "throttled" })
//
// Shaped like OpenAI's, and not: an error is { code, error } with a sentence each and no object, a
// wrong key is 400, `max_tokens` is known, and limits (requests in a second, tokens in a minute, of
// a team and model) are told by a 429 without any header. With `tellsLimits` it sends
// `x-ratelimit-*` as a client may meet them.
// It refuses else what chat.mjs refuses. It does not have: /responses, search, tools, streaming.

import { CHAT_FAULTS, Chat, fitting } from "./chat.mjs";
import { Quotas, repliesOf } from "./language.mjs";
import { Sliding } from "./limits.mjs";
import { bearerOf } from "./params.mjs";
import { waiting } from "./script.mjs";
import { clockOf, Refused, startProvider } from "./server.mjs";

const CODES = {
  400: "Client specified an invalid argument",
  401: "The caller does not have valid authentication credentials", // (mem)
  403: "The caller does not have permission to execute the specified operation",
  404: "Some requested entity was not found", // (mem)
  429: "Some resource has been exhausted",
  500: "Internal error", // (mem)
  503: "The service is currently unavailable", // (mem)
};

const error = (status, message, { headers } = {}) => ({
  status,
  headers,
  body: { code: CODES[status] ?? String(status), error: message },
});
const wrongKey = () =>
  error(400, "Incorrect API key provided. You can obtain an API key from https://console.x.ai.");
const throttled = (retryAfter) =>
  error(429, "Too many requests for team and model.", { headers: waiting(retryAfter) });

const FAULTS = {
  ...CHAT_FAULTS,
  throttled: (_, { retryAfter }) => throttled(retryAfter),
  wrongKey,
  usedUp: () => error(429, "Your team has used all available credits."), // (mem)
  forbidden: () => error(403, "Content violates usage guidelines."), // (mem)
  serverError: () => error(500, "Internal error"),
  overloaded: () => error(503, "The model is at capacity."), // (mem)
};

/**
 * Starts a stand-in.
 *
 * key, models      the key that it takes, and the models that it has
 * perSecond        requests of one model in a second (not limited)
 * tokensPerMinute  tokens of one model in a minute (not limited)
 * tellsLimits      whether it sends `x-ratelimit-*` (false)
 * replies, otherwise, contextTokens   see language.mjs and chat.mjs
 */
export async function startXai(options = {}) {
  const { key = "xai-key-of-the-tests", models = ["grok-for-tests"], contextTokens } = options;
  const clock = clockOf(options);
  const replies = repliesOf({ otherwise: fitting("Subject: Hello\n\nHello"), ...options });
  const fields = { max_tokens: (one) => Number.isInteger(one) && one >= 1 };
  const chat = new Chat({ fail: error, fields, models, contextTokens, replies });
  const limits = limitsOf(clock, options);
  const handle = await startProvider({
    clock,
    faults: FAULTS,
    bodyMax: 16 * 1024 * 1024,
    authorize: (call) => authorize(key, call),
    finish: (call) => (options.tellsLimits ? limits.headers(call) : {}),
    routes: [
      {
        op: "chat",
        method: "POST",
        path: "/v1/chat/completions",
        read: (call) => read(chat, limits, call),
        answer: (call) => call.complete(),
      },
    ],
    says: {
      path: () => error(404, "Not found"),
      method: () => ({ status: 405 }),
      tooLarge: () => error(413, "The request is too large."),
    },
  });
  const url = `${handle.origin}/v1`;
  const vars = { XAI_URL: url, XAI_API_KEY: key, XAI_MODEL: models[0] };
  return Object.assign(handle, { key, models, url, vars, reply: replies.add });
}

function authorize(key, { headers }) {
  const given = bearerOf(headers);
  if (!given) throw new Refused(error(401, "No API key was provided.")); // (mem)
  if (given !== key) throw new Refused(wrongKey());
}

/** Requests in a second and tokens in a minute, of each model. */
function limitsOf({ now }, { perSecond = Infinity, tokensPerMinute = Infinity }) {
  const models = new Map();
  const of = (model) => {
    const made = () => ({
      seconds: new Sliding(now, perSecond, 1000),
      quotas: new Quotas(now, { tokens: tokensPerMinute }),
    });
    if (!models.has(model)) models.set(model, made());
    return models.get(model);
  };
  return {
    admit(model, tokens) {
      const { seconds, quotas } = of(model);
      if (!seconds.hasRoom || quotas.lacking({ tokens })) throw new Refused(throttled());
      seconds.take();
      quotas.take({ tokens });
    },
    spend: (model, tokens) => of(model).quotas.take({ tokens }),
    headers({ input }) {
      const state = input && of(input.json.model).quotas.state("tokens");
      if (!state) return {};
      return {
        "x-ratelimit-limit-tokens": String(state.limit),
        "x-ratelimit-remaining-tokens": String(state.left),
      };
    },
  };
}

function read(chat, limits, call) {
  const input = chat.read(call);
  const { model } = input.json;
  limits.admit(model, input.promptTokens);
  call.complete = (how) => {
    const answer = chat.complete(input, how);
    limits.spend(model, answer.tokens - input.promptTokens);
    return answer;
  };
  return input;
}
