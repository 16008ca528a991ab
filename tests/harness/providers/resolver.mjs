// A resolver of DNS over HTTPS in its JSON form, as Cloudflare (/dns-query) and Google (/resolve)
// serve it. Written from developers.cloudflare.com/1.1.1.1 (dns-json) and Google's documentation;
// what is marked (mem) is from memory.
//
//   const resolver = await startResolver({ records: {
//     "acme.test": { MX: ["10 mx.acme.test."], TXT: ["v=spf1 include:_spf.acme.test -all"] },
//     "_dmarc.acme.test": { TXT: ["v=DMARC1; p=none"] },
//     "s1._domainkey.acme.test": { CNAME: ["s1.keys.test."] },
//     "s1.keys.test": { TXT: ["v=DKIM1; p=…"] },
//   } });
//   resolver.url, resolver.googleUrl
//   resolver.set("acme.test", { MX: [] })      replaces what a name has; undefined: it is not there
//   resolver.fail("acme.test", "SERVFAIL")     an RCODE for a name and all below it
//   resolver.script({ on: "query", fault: "truncatedAnswer" })
//
// It refuses: a missing name, a name that is none, an unknown type, a flag that is none, an unknown
// parameter (400); at Cloudflare's also to answer whoever does not accept application/dns-json.
// Where the two differ it does too: Cloudflare gives every text in quotes, a long one in pieces of
// 255 bytes, and names without the last full stop; Google gives texts joined and without quotes,
// names with it. CNAMEs are followed and stand before what they lead to.
// It does not have: wire format, DNSSEC data, wildcards, ECS.

import { misnamed } from "./params.mjs";
import { waiting } from "./script.mjs";
import { clockOf, Refused, startProvider } from "./server.mjs";

const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, CAA: 257 };
const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };
const PIECE_BYTES = 255; // of one character-string in a TXT record
const CHAIN_MAX = 8; // CNAMEs that are followed
const FLAGS = ["", "0", "1", "false", "true"];

/** What differs between the two. `isPlain`: texts joined and without quotes. */
const CLOUDFLARE = {
  type: "application/dns-json",
  isPlain: false,
  parameters: ["name", "type", "do", "cd"],
  comment: (text) => [text],
};
const GOOGLE = {
  type: "application/json; charset=UTF-8",
  isPlain: true,
  parameters: ["name", "type", "do", "cd", "ct", "edns_client_subnet", "random_padding"],
  comment: (text) => text,
};

const badRequest = (error) => ({ status: 400, body: { error } });
const no = (error) => {
  throw new Refused(badRequest(error));
};

const status = (name, about = {}) => (call) => answered(call, { rcode: RCODES[name], ...about });
const FAULTS = {
  servfail: status("SERVFAIL", { comment: "EDE(22): No Reachable Authority" }),
  nxdomain: status("NXDOMAIN"),
  refused: status("REFUSED"),
  /** TC: there is more than is given. */
  truncatedAnswer: status("NOERROR", { isTruncated: true }),
  throttled: (_, { retryAfter }) => ({ status: 429, headers: waiting(retryAfter) }),
};

/** Starts a resolver; `records`: name → { type: [data] }, data as in a zone file. */
export async function startResolver({ records = {}, ...options } = {}) {
  const world = { names: new Map(), failing: new Map() };
  const set = (name, has) => {
    const unknown = Object.keys(has ?? {}).find((type) => !TYPES[type]);
    if (unknown) throw new Error(`no type "${unknown}"`);
    if (has) world.names.set(bare(name), has);
    else world.names.delete(bare(name));
  };
  Object.entries(records).forEach(([name, has]) => set(name, has));
  const route = (path, dialect) => ({
    op: "query",
    method: "GET",
    path,
    read: (call) => read(dialect, call),
    answer: (call) => resolve(world, call),
  });
  const handle = await startProvider({
    clock: clockOf(options),
    faults: FAULTS,
    routes: [route("/dns-query", CLOUDFLARE), route("/resolve", GOOGLE)],
    says: {
      path: () => ({ status: 404, type: "text/plain", body: "Not Found" }),
      method: () => ({ status: 405, type: "text/plain", body: "Method Not Allowed" }),
      tooLarge: () => ({ status: 413, type: "text/plain", body: "Payload Too Large" }),
    },
  });
  const fail = (name, rcode) => {
    if (RCODES[rcode] === undefined) throw new Error(`no code "${rcode}"`);
    world.failing.set(bare(name), rcode);
  };
  const { origin } = handle;
  return Object.assign(handle, {
    url: `${origin}/dns-query`,
    googleUrl: `${origin}/resolve`,
    set,
    fail,
    recover: (name) => world.failing.delete(bare(name)),
  });
}

const bare = (name) => name.toLowerCase().replace(/\.$/, "");

function isName(name) {
  const labels = name.split(".");
  const isLabel = (one) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(one);
  return name.length <= 253 && labels.every(isLabel);
}

function read(dialect, { query, headers }) {
  const accepts = (headers.accept ?? "").split(",").map((one) => one.trim().split(";")[0]);
  if (dialect === CLOUDFLARE && !accepts.includes("application/dns-json")) {
    no("Accept application/dns-json: the wire format is not served here.");
  }
  const bad = misnamed(query, dialect.parameters);
  if (bad) no(bad);
  const name = bare(query.get("name") ?? "");
  if (!isName(name)) no("Invalid query name.");
  const given = (query.get("type") ?? "A").toUpperCase();
  const type = TYPES[given] ?? Object.values(TYPES).find((one) => String(one) === given);
  if (!type) no("Invalid query type.");
  for (const flag of ["do", "cd"]) {
    if (!FLAGS.includes(query.get(flag) ?? "")) no(`Invalid ${flag}.`);
  }
  return { dialect, name, type };
}

/** Follows CNAMEs from the name to what was asked for. */
function resolve(world, call) {
  const { name, type } = call.input;
  const found = [];
  let at = name;
  for (let step = 0; step <= CHAIN_MAX; step += 1) {
    const rcode = failureOf(world, at);
    if (rcode) return answered(call, { rcode: RCODES[rcode], comment: "EDE(22)" });
    const has = world.names.get(at);
    const rcodeOfNothing = isParent(world, at) ? RCODES.NOERROR : RCODES.NXDOMAIN;
    if (!has) return answered(call, { rcode: rcodeOfNothing, found, at });
    const target = type === TYPES.CNAME ? undefined : has.CNAME?.[0];
    if (!target) return answered(call, { found: [...found, ...recordsOf(call, at, has)], at });
    found.push({ name: at, type: TYPES.CNAME, TTL: 300, data: target });
    at = bare(target);
  }
  return answered(call, { rcode: RCODES.SERVFAIL, comment: "a loop of CNAMEs" }); // (mem)
}

/** The code that a name fails with, because of itself or of one above it. */
function failureOf({ failing }, name) {
  const above = name.split(".").map((_, n, labels) => labels.slice(n).join("."));
  return above.map((one) => failing.get(one)).find(Boolean);
}

/** A name that has nothing but names below it is there, and empty. */
const isParent = ({ names }, name) => [...names.keys()].some((one) => one.endsWith(`.${name}`));

function recordsOf({ input: { type, dialect } }, name, has) {
  const word = Object.keys(TYPES).find((one) => TYPES[one] === type);
  const shown = (data) => (word === "TXT" ? textOf(data, dialect) : data);
  return (has[word] ?? []).map((data) => ({ name, type, TTL: 300, data: shown(data) }));
}

function textOf(text, { isPlain }) {
  if (isPlain) return text;
  const bytes = Buffer.from(text);
  const pieces = [];
  for (let at = 0; at === 0 || at < bytes.length; at += PIECE_BYTES) {
    pieces.push(bytes.subarray(at, at + PIECE_BYTES).toString());
  }
  return pieces.map((one) => `"${one.replace(/["\\]/g, "\\$&")}"`).join(" ");
}

/** An answer as JSON; who is given nothing is shown the zone's SOA. */
function answered({ input }, { rcode = 0, found = [], comment, isTruncated = false, at }) {
  const { dialect, name, type } = input;
  const dotted = dialect.isPlain ? (one) => `${one}.` : (one) => one;
  const isEmpty = !found.some((one) => one.type === type);
  const soa = `ns1.${at}. hostmaster.${at}. 1 7200 3600 1209600 300`;
  const authority = { name: dotted(at ?? name), type: TYPES.SOA, TTL: 300, data: soa };
  const answers = found.map((one) => ({ ...one, name: dotted(one.name) }));
  const body = {
    Status: rcode,
    TC: isTruncated,
    RD: true,
    RA: true,
    AD: false,
    CD: false,
    Question: [{ name: dotted(name), type }],
    ...(found.length > 0 ? { Answer: answers } : {}),
    ...(isEmpty && at ? { Authority: [authority] } : {}),
    ...(comment ? { Comment: dialect.comment(comment) } : {}),
  };
  return { status: 200, type: dialect.type, body };
}
