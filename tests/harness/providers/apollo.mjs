// A stand-in for Apollo's people enrichment (api.apollo.io/api/v1). Written from PROTOCOLS 3.8,
// docs.apollo.io and the OpenAPI document that PROTOCOLS names; what is marked (mem) is not.
//
//   const apollo = await startApollo({ people: [{ first_name, last_name, domain, email, … }] });
//   apollo.url, apollo.key     the base URL, and the key that it takes
//   apollo.vars                the settings of a Worker that asks it
//   apollo.add(person)         somebody whom it knows: also title, email_status, organization_name,
//                              linkedin_url, personal_email, isLocked
//   apollo.credits             what is left; a test may set it
//   apollo.script({ on: "match", fault: "throttled", retryAfter: 17 })
//
// It refuses: no or a wrong key (401, in plain text), a key in the query or the body (422), a
// body where parameters belong into the query, nobody meant, unknown or malformed parameters, more
// than ten people at once, a phone number or a waterfall without a webhook by https (all 422), more
// calls than the plan has for a team and endpoint: fixed windows that the first call opens (429).
// Every answer says the limits, what was used and what is left; a 429 says `retry-after` too.
// It does not have: search, organizations, contacts, the webhook calls themselves, OAuth.

import { createHash } from "node:crypto";
import { Fixed } from "./limits.mjs";
import { isAddress, isDomain, isJson, misnamed, objectOf, same } from "./params.mjs";
import { waiting } from "./script.mjs";
import { clockOf, Refused, startProvider } from "./server.mjs";

const words = (text) => text.split(" ");
const PERSON = words(
  "first_name last_name name email hashed_email organization_name domain id linkedin_url",
);
const FLAGS = words(
  "reveal_personal_emails reveal_phone_number run_waterfall_email run_waterfall_phone",
);
/** What Apollo gives instead of an address that the team has not unlocked. */
export const LOCKED = "email_not_unlocked@domain.com";
const WINDOWS = { minute: 60_000, hourly: 3_600_000, "24-hour": 86_400_000 };
const WORDS = { minute: "per minute", hourly: "per hour", "24-hour": "per day" };
const LIMITS = { minute: 50, hourly: 200, "24-hour": 600 }; // of the free plan

const unprocessable = (error) => ({ status: 422, body: { error } });
const no = (error) => {
  throw new Refused(unprocessable(error));
};
const unauthorized = () => ({
  status: 401,
  type: "text/plain",
  body: "Invalid access credentials.",
});
const throttled = (path, most, often, seconds) => ({
  status: 429,
  headers: waiting(seconds),
  body: {
    message:
      `The maximum number of api calls allowed for ${path.slice(1)} is ${most} times ${often}. ` +
      "Please upgrade your plan from https://app.apollo.io/#/settings/plans/upgrade.",
  },
});
const noCredits = () => unprocessable("You have insufficient credits."); // (mem)

const FAULTS = {
  throttled: ({ path }, { retryAfter }) => throttled(path, 200, "per hour", retryAfter),
  unauthorized,
  inaccessible: ({ path }) => ({
    status: 403,
    body: {
      error: `${path.slice(1)} is not accessible with this api_key`,
      error_code: "API_INACCESSIBLE",
    },
  }),
  usedUp: noCredits,
  unprocessable: () => unprocessable("The request could not be processed."),
  serverError: () => ({ status: 500, body: { error: "Internal server error" } }),
};

/**
 * Starts a stand-in.
 *
 * key      the key that it takes
 * people   those whom it knows
 * limits   what is other than the free plan's { minute: 50, hourly: 200, "24-hour": 600 }
 * credits  what the team has left (without end): one for each person that is found
 */
export async function startApollo(options = {}) {
  const { key = "apollo-key-of-the-tests", people = [], credits = Infinity } = options;
  const clock = clockOf(options);
  const limits = windowsOf(clock.now, { ...LIMITS, ...options.limits });
  const world = { key, people: [...people] };
  const handle = await startProvider({
    clock,
    faults: FAULTS,
    authorize: (call) => authorize(world, call),
    admit: limits.admit,
    finish: limits.headers,
    routes: [
      {
        op: "match",
        method: "POST",
        path: "/api/v1/people/match",
        read: matchInput,
        answer: ({ input }) => match(world, handle, input),
      },
      {
        op: "bulkMatch",
        method: "POST",
        path: "/api/v1/people/bulk_match",
        read: bulkInput,
        answer: ({ input }) => bulkMatch(world, handle, input),
      },
    ],
    says: {
      path: () => ({ status: 404, body: { error: "Not Found" } }),
      method: () => ({ status: 404, body: { error: "Not Found" } }),
      tooLarge: () => ({ status: 413, type: "text/plain", body: "Request Entity Too Large" }),
    },
  });
  const add = (person) => world.people.push(person);
  const url = `${handle.origin}/api/v1`;
  const vars = { APOLLO_URL: url, APOLLO_API_KEY: key };
  return Object.assign(handle, { key, url, vars, add, credits });
}

function authorize({ key }, { headers, query, body }) {
  if (query.has("api_key") || objectOf(body)?.api_key !== undefined) {
    no("API key must be passed in the X-Api-Key header for security reasons");
  }
  if (headers["x-api-key"] !== key) throw new Refused(unauthorized());
}

/** The three windows of each endpoint: `admit` counts a call, `headers` says how it stands. */
function windowsOf(now, limits) {
  const endpoints = new Map();
  const of = (op) => {
    const made = () =>
      Object.entries(WINDOWS).map(([name, ms]) => [name, new Fixed(now, limits[name], ms)]);
    if (!endpoints.has(op)) endpoints.set(op, made());
    return endpoints.get(op);
  };
  const admit = ({ op, path }) => {
    for (const [name, window] of of(op)) {
      if (window.take()) continue;
      const seconds = Math.ceil((window.until - now()) / 1000);
      throw new Refused(throttled(path, window.most, WORDS[name], seconds));
    }
  };
  const headers = ({ op }) =>
    Object.fromEntries(
      of(op).flatMap(([name, window]) => [
        [`x-rate-limit-${name}`, String(window.most)],
        [`x-${name}-usage`, String(window.used)],
        [`x-${name}-requests-left`, String(window.left)],
      ]),
    );
  return { admit, headers };
}

/** The flags and the webhook, which stand in the query of both calls. */
function options(query) {
  const flags = {};
  for (const name of FLAGS) {
    const value = query.get(name) ?? "false";
    if (!["true", "false"].includes(value)) no(`${name} must be true or false`);
    flags[name] = value === "true";
  }
  const webhook = query.get("webhook_url");
  const { reveal_phone_number: phone, run_waterfall_email, run_waterfall_phone } = flags;
  if (phone || run_waterfall_email || run_waterfall_phone) {
    if (!/^https:\/\/./.test(webhook ?? "")) no("Please add a valid 'webhook_url' by https");
  } else if (webhook !== null) no("'webhook_url' is only for phone numbers and waterfalls");
  return flags;
}

/** What is wrong with who is meant. */
function checkWho(who) {
  for (const [name, value] of Object.entries(who)) {
    if (!PERSON.includes(name)) no(`'${name}' is not known`);
    if (typeof value !== "string" || value === "") no(`'${name}' must be a text`);
  }
  const { first_name: first, last_name: last, name, email, hashed_email: hash, domain } = who;
  if (email !== undefined && !isAddress(email)) no("'email' is not valid");
  if (hash !== undefined && !/^([0-9a-f]{32}|[0-9a-f]{64})$/.test(hash)) {
    no("'hashed_email' must be MD5 or SHA-256");
  }
  const isBare = domain === undefined || (isDomain(domain) && !/^www\./i.test(domain));
  if (!isBare) no("'domain' must not have www., @ or the like");
  const isNamed = name ?? (first && last);
  if (!isNamed && !email && !hash && !who.id && !who.linkedin_url) no("nobody is meant");
}

function matchInput({ query, body }) {
  const bad = misnamed(query, [...PERSON, ...FLAGS, "webhook_url"]);
  if (bad) no(bad);
  if (body.length > 0 && Object.keys(objectOf(body) ?? { bad }).length > 0) {
    no("the parameters belong into the query");
  }
  const flags = options(query);
  const who = Object.fromEntries([...query].filter(([name]) => PERSON.includes(name)));
  checkWho(who);
  return { who, flags };
}

function bulkInput({ query, headers, body }) {
  const bad = misnamed(query, [...FLAGS, "webhook_url"]);
  if (bad) no(bad);
  if (!isJson(headers)) no("the content type must be application/json");
  const { details, ...rest } = objectOf(body) ?? {};
  if (Object.keys(rest).length > 0) no("only 'details' is known in the body");
  if (!Array.isArray(details) || details.length === 0) no("'details' must be a list");
  if (details.length > 10) no("'details' may have 10 people at most");
  details.forEach((who) => checkWho(who ?? {}));
  return { details, flags: options(query) };
}

const hashOf = (kind, text) => createHash(kind).update(text).digest("hex");

function isMeant(person, who) {
  const { email = "" } = person;
  if (who.id !== undefined) return who.id === idOf(person);
  if (who.email !== undefined) return same(who.email, email);
  if (who.hashed_email) {
    return [hashOf("md5", email), hashOf("sha256", email)].includes(who.hashed_email);
  }
  if (who.linkedin_url) return same(who.linkedin_url, person.linkedin_url);
  const isNamed = same(
    who.name ?? `${who.first_name} ${who.last_name}`,
    `${person.first_name} ${person.last_name}`,
  );
  if (who.domain) return isNamed && same(who.domain, person.domain);
  return isNamed && same(who.organization_name, person.organization_name);
}

/** An id of 24 hexadecimal digits that stays the same for the same person. */
const idOf = (person) =>
  person.id ??
  hashOf("sha256", [person.first_name, person.last_name, person.domain].join(" ")).slice(0, 24);

/** A person as JSON. The address is Apollo's fixed text where the team has not unlocked it. */
function shown(person, { reveal_personal_emails: isPersonal }) {
  const { first_name, last_name, title = null, linkedin_url = null, domain } = person;
  const { email = null, email_status = email ? "verified" : "unavailable", isLocked } = person;
  const name = `${first_name} ${last_name}`;
  const organizationId = hashOf("sha256", domain ?? "").slice(0, 24);
  return {
    id: idOf(person),
    first_name,
    last_name,
    name,
    linkedin_url,
    title,
    email_status,
    photo_url: null,
    headline: title,
    email: isLocked ? LOCKED : email,
    extrapolated_email_confidence: null,
    organization_id: organizationId,
    employment_history: [],
    city: person.city ?? null,
    country: person.country ?? null,
    ...(isPersonal ? { personal_emails: [person.personal_email].filter(Boolean) } : {}),
    organization: {
      id: organizationId,
      name: person.organization_name ?? null,
      website_url: domain ? `http://www.${domain}` : null,
      primary_domain: domain ?? null,
      industry: person.industry ?? null,
      estimated_num_employees: person.employees ?? null,
    },
    seniority: person.seniority ?? null,
    departments: [],
  };
}

/** The person and what it costs: nothing if nobody is found. */
function foundBy(world, handle, who, flags) {
  const person = world.people.find((one) => isMeant(one, who));
  if (!person) return null;
  if (handle.credits < 1) throw new Refused(noCredits());
  handle.credits -= 1;
  return shown(person, flags);
}

const waterfall = ({ run_waterfall_email: email, run_waterfall_phone: phone }) =>
  email || phone ? { waterfall: { status: "accepted" }, request_id: 1 } : {};

function match(world, handle, { who, flags }) {
  const person = foundBy(world, handle, who, flags);
  return { status: 200, body: { person, ...waterfall(flags) } };
}

function bulkMatch(world, handle, { details, flags }) {
  const matches = details.map((who) => foundBy(world, handle, who, flags));
  const found = matches.filter(Boolean);
  const body = {
    status: "success",
    error_code: null,
    error_message: null,
    total_requested_enrichments: details.length,
    unique_enriched_records: new Set(found.map((one) => one.id)).size,
    missing_records: details.length - found.length,
    credits_consumed: found.length,
    matches,
    ...waterfall(flags),
  };
  return { status: 200, body };
}
