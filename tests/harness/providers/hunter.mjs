// A stand-in for Hunter (api.hunter.io/v2): finder, verifier, domain search. Written from
// PROTOCOLS 3.8 and the OpenAPI documents that it names; ids of errors marked (mem) are from
// memory: clients branch on the status.
//
//   const hunter = await startHunter({ people: [{ first_name, last_name, domain, email, … }] });
//   hunter.url, hunter.key                the base URL, and the key that it takes
//   hunter.vars                           the settings of a Worker that asks it
//   hunter.add(person)                    somebody whom it knows
//   hunter.verdict("ann@…", "disposable") what the verifier says of an address
//   hunter.refuse("ann@…")                this person asked not to be processed: 451 from then on
//   hunter.script({ on: "emailVerifier", fault: "running", times: 2 })
//
// It refuses: no key, a wrong one or two of them (401); missing or malformed parameters (400); more
// than 15 calls a second or 500 a minute to the finder and the search, 10 and 300 to the verifier
// (403); more than the plan has (429); a person who asked for it (451). Stricter than the real one:
// a parameter that it does not know, or twice, is 400 too.
// It does not have: the key `test-api-key`, /account, enrichment, leads, campaigns.

import { Sliding } from "./limits.mjs";
import { bearerOf, isAddress, isDomain, isWhole, misnamed, same } from "./params.mjs";
import { clockOf, Refused, startProvider } from "./server.mjs";

export const STATUSES = ["valid", "invalid", "accept_all", "webmail", "disposable", "unknown"];
const DEPARTMENTS =
  "executive it finance management sales legal support hr marketing communication education" +
  " design health operations";
const LISTS = {
  type: ["personal", "generic"],
  seniority: ["junior", "senior", "executive"],
  department: DEPARTMENTS.split(" "),
};
const LIMITS = {
  emailFinder: { perSecond: 15, perMinute: 500 },
  emailVerifier: { perSecond: 10, perMinute: 300 },
  domainSearch: { perSecond: 15, perMinute: 500 },
};
const FINDER = "domain company first_name last_name full_name linkedin_handle max_duration api_key";
const SEARCH = "domain company limit offset type seniority department required_field api_key";

const error = (status, id, details) => ({
  status,
  body: { errors: [{ id, code: status, details }] },
});
const no = (...about) => {
  throw new Refused(error(...about));
};
const wrong = (details) => no(400, "wrong_params", details);
const overLimit = () => error(403, "forbidden", "You have reached the rate limit.");
const overPlan = () =>
  error(429, "too_many_requests", "You've reached your usage limit. Upgrade your plan if needed.");
const claimed = () => error(451, "claimed_email", "The person asked us to stop."); // (mem)

const FAULTS = {
  running: ({ query }) => ({ status: 202, body: { meta: { params: shown(query) } } }), // (mem)
  remote: () => error(222, "smtp_error", "The remote server gave an unexpected answer."), // (mem)
  throttled: overLimit,
  usedUp: overPlan,
  claimed,
  notFound: () => error(404, "not_found", "Nothing was found."),
  unauthorized: () => unauthorized(),
  serverError: () => error(500, "internal_error", "Something went wrong."), // (mem)
};

const ROUTES = [
  { op: "emailFinder", path: "/v2/email-finder", read: finderInput, answer: find },
  { op: "emailVerifier", path: "/v2/email-verifier", read: verifierInput, answer: verify },
  { op: "domainSearch", path: "/v2/domain-search", read: searchInput, answer: search },
].map((route) => ({ method: "GET", ...route }));

const unauthorized = () =>
  error(401, "authentication_failed", "No user found for the API key supplied");

/** The parameters as `meta` gives them back: without the key. */
function shown(query) {
  return Object.fromEntries([...query].filter(([name]) => name !== "api_key"));
}

/**
 * Starts a stand-in.
 *
 * key      the key that it takes
 * people   those whom it knows: first_name, last_name, domain, email; score, status, position, …
 * limits   what is other than the documented ones, e.g. { emailFinder: { perMinute: 20 } }
 * credits  { searches, verifications } that the plan still has (without end)
 * otherwise  what the verifier says of an address that it does not know ("unknown")
 */
export async function startHunter(options = {}) {
  const { key = "hunter-key-of-the-tests", people = [], otherwise = "unknown" } = options;
  const clock = clockOf(options);
  const credits = { searches: Infinity, verifications: Infinity, ...options.credits };
  const known = { people: [...people], verdicts: new Map(), refused: new Set() };
  const world = { key, credits, otherwise, ...known };
  const provider = await startProvider({
    clock,
    faults: FAULTS,
    authorize: (call) => authorize(world, call),
    admit: limiter(clock, options.limits),
    routes: ROUTES.map((one) => ({ ...one, answer: (call) => one.answer(world, call) })),
    says: {
      path: () => error(404, "not_found", "There is nothing at this address."),
      method: () => error(405, "method_not_allowed", "This is only asked with GET."),
      tooLarge: () => error(413, "too_large", "The request is too large."),
    },
  });
  const url = `${provider.origin}/v2`;
  return Object.assign(provider, {
    key,
    credits,
    url,
    vars: { HUNTER_URL: url, HUNTER_API_KEY: key },
    add: (person) => world.people.push(person),
    verdict: (email, status) => {
      if (!STATUSES.includes(status)) throw new Error(`no status "${status}"`);
      world.verdicts.set(email.toLowerCase(), status);
    },
    refuse: (email) => world.refused.add(email.toLowerCase()),
  });
}

/** One key, in the header, as bearer, or in the query; the record says where it was. */
function authorize({ key }, { headers, query, record }) {
  const found = {
    header: headers["x-api-key"],
    bearer: bearerOf(headers),
    query: query.get("api_key") ?? undefined,
  };
  const given = Object.entries(found).filter(([, value]) => value !== undefined);
  if (given.length !== 1 || given[0][1] !== key) throw new Refused(unauthorized());
  record.keyIn = given[0][0];
}

/** Counts what passes; a refused call counts no further. */
function limiter({ now }, changes = {}) {
  const windows = new Map();
  for (const [op, limits] of Object.entries(LIMITS)) {
    const { perSecond, perMinute } = { ...limits, ...changes[op] };
    windows.set(op, [new Sliding(now, perSecond, 1000), new Sliding(now, perMinute, 60_000)]);
  }
  return ({ op }) => {
    const both = windows.get(op);
    if (!both.every((one) => one.hasRoom)) throw new Refused(overLimit());
    both.forEach((one) => one.take());
  };
}

function finderInput({ query }) {
  const bad = misnamed(query, FINDER.split(" "));
  if (bad) wrong(bad);
  const given = shown(query);
  const { domain, company, first_name: first, last_name: last } = given;
  const { full_name: full, linkedin_handle: handle, max_duration: seconds } = given;
  if (!domain && !company && !handle) wrong("You must provide a domain, a company or a handle.");
  checkDomain(domain);
  if (!(first && last) && !full && !handle) wrong("You must provide first_name and last_name.");
  if (seconds !== undefined && !isWhole(seconds, 3, 20)) {
    no(400, "invalid_max_duration", "max_duration must be from 3 to 20.");
  }
  return given;
}

function checkDomain(domain) {
  if (domain !== undefined && !isDomain(domain)) no(400, "invalid_domain", "It is no domain.");
}

/** Whether a person is the one that a finder call means. */
function isMeant(person, { domain, company, first_name, last_name, full_name, linkedin_handle }) {
  if (linkedin_handle) return same(person.linkedin_handle, linkedin_handle);
  const name = `${person.first_name} ${person.last_name}`;
  const works = domain ? same(person.domain, domain) : same(person.company, company);
  return works && same(name, full_name ?? `${first_name} ${last_name}`);
}

function find(world, { input, query }) {
  const person = world.people.find((one) => isMeant(one, input));
  if (person && isRefused(world, person)) return claimed();
  const isFound = person?.email !== undefined;
  if (isFound && !spend(world, "searches")) return overPlan();
  const data = {
    first_name: person?.first_name ?? input.first_name ?? null,
    last_name: person?.last_name ?? input.last_name ?? null,
    email: person?.email ?? null,
    score: isFound ? (person.score ?? 90) : null,
    domain: person?.domain ?? input.domain ?? null,
    accept_all: isFound ? person.status === "accept_all" : null,
    position: person?.position ?? null,
    twitter: null,
    linkedin_url: null,
    phone_number: null,
    company: person?.company ?? input.company ?? null,
    sources: isFound ? sourcesOf(person) : [],
    verification: { date: null, status: person?.status ?? null },
  };
  return { status: 200, body: { data, meta: { params: shown(query) } } };
}

const isRefused = ({ refused }, { email }) => refused.has(email?.toLowerCase());

const sourcesOf = ({ domain }) => [
  {
    domain,
    uri: `http://${domain}/team`,
    extracted_on: "2026-01-15",
    last_seen_on: "2026-10-01",
    still_on_page: true,
  },
];

/** Takes one credit; gives whether there was one. */
function spend({ credits }, kind) {
  if (credits[kind] < 1) return false;
  credits[kind] -= 1;
  return true;
}

function verifierInput({ query }) {
  const bad = misnamed(query, ["email", "api_key"]);
  if (bad) wrong(bad);
  const email = query.get("email");
  if (!email) wrong("You must provide an email.");
  if (!isAddress(email)) no(400, "invalid_email", "The email is invalid.");
  return { email: email.toLowerCase() };
}

function verify(world, { input: { email }, query }) {
  if (world.refused.has(email)) return claimed();
  if (!spend(world, "verifications")) return overPlan();
  const person = world.people.find((one) => same(one.email, email));
  const status = world.verdicts.get(email) ?? person?.status ?? world.otherwise;
  return { status: 200, body: { data: verified(email, status), meta: { params: shown(query) } } };
}

const SCORES = { valid: 97, accept_all: 70, webmail: 75, unknown: 40, disposable: 0, invalid: 0 };
const RESULTS = { valid: "deliverable", invalid: "undeliverable", disposable: "undeliverable" };

function verified(email, status) {
  const isThere = status !== "invalid";
  return {
    status,
    result: RESULTS[status] ?? "risky",
    _deprecation_notice: "Using result is deprecated, use status instead",
    score: SCORES[status],
    email,
    regexp: true,
    gibberish: false,
    disposable: status === "disposable",
    webmail: status === "webmail",
    mx_records: isThere,
    smtp_server: isThere,
    smtp_check: ["valid", "webmail", "accept_all"].includes(status),
    accept_all: status === "accept_all",
    block: status === "unknown",
    sources: [],
  };
}

function searchInput({ query }) {
  const bad = misnamed(query, SEARCH.split(" "));
  if (bad) wrong(bad);
  const { domain, company, limit = "10", offset = "0", ...rest } = shown(query);
  if (!domain && !company) wrong("You must provide a domain or a company.");
  checkDomain(domain);
  if (!isWhole(limit, 1, 100) || !isWhole(offset, 0, 1e9)) {
    no(400, "pagination_error", "The limit is from 1 to 100, the offset from 0.");
  }
  for (const [name, known] of Object.entries(LISTS)) {
    const words = rest[name]?.split(",") ?? [];
    if (!words.every((word) => known.includes(word)) || (name === "type" && words.length > 1)) {
      no(400, `invalid_${name}`, `The ${name} is one of ${known.join(", ")}.`);
    }
  }
  return { domain, company, limit: Number(limit), offset: Number(offset), ...rest };
}

function search(world, { input, query }) {
  const works = ({ domain, company }) =>
    input.domain ? same(domain, input.domain) : same(company, input.company);
  const fits = (one, name) => !input[name] || input[name].split(",").includes(one[name]);
  const all = world.people.filter((one) => one.email && works(one) && !isRefused(world, one));
  const matching = all.filter((one) =>
    Object.keys(LISTS).every((name) => fits({ type: "personal", ...one }, name)),
  );
  const emails = matching.slice(input.offset, input.offset + input.limit).map(listed);
  if (emails.length > 0 && !spend(world, "searches")) return overPlan();
  const data = {
    domain: input.domain ?? all[0]?.domain ?? null,
    disposable: false,
    webmail: false,
    accept_all: all.some((one) => one.status === "accept_all"),
    pattern: all.find((one) => one.pattern)?.pattern ?? null,
    organization: all[0]?.company ?? null,
    country: null,
    emails,
    linked_domains: [],
  };
  const { limit, offset } = input;
  const meta = { results: matching.length, limit, offset, params: shown(query) };
  return { status: 200, body: { data, meta } };
}

function listed(person) {
  const { email, type = "personal", score = 90, status = null } = person;
  const { first_name = null, last_name = null, position = null } = person;
  const { seniority = null, department = null } = person;
  return {
    value: email,
    type,
    confidence: score,
    sources: sourcesOf(person),
    first_name,
    last_name,
    position,
    seniority,
    department,
    linkedin: null,
    twitter: null,
    phone_number: null,
    verification: { date: null, status },
  };
}
