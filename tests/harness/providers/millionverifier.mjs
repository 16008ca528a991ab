// A stand-in for MillionVerifier's single API (api.millionverifier.com/api/v3/). Written from
// PROTOCOLS 3.8 and developer.millionverifier.com.
//
//   const verifier = await startMillionVerifier({ verdicts: { "ann@acme.test": "ok" } });
//   verifier.url, verifier.key      …/api/v3/ and the key that it takes
//   verifier.vars                   the settings of a Worker that asks it
//   verifier.verdict("bo@…", "catch_all", { role: true, takesSeconds: 30 })
//   verifier.credits                what is left; a test may set it
//   verifier.script({ on: "verify", fault: "internalError" })
//
// The trap of this provider: a key that is not known, credits that are used up, a blocked address
// and its own mistakes are all HTTP 200 with `result: "error"` and a sentence in `error`. Only
// "Apikey not found" is verbatim; the other sentences are from memory, clients read `result`.
// It refuses so: no key, no address, a wrong key, no credits. Stricter than the real one: a
// timeout that is not a whole number from 2 to 60, an unknown parameter, one twice is HTTP 400.
// It does not have: the bulk API, the demo keys.

import { isAddress, isWhole, misnamed } from "./params.mjs";
import { clockOf, Refused, startProvider } from "./server.mjs";

/** Result → its code and quality, as third-party clients know them. */
export const RESULTS = {
  ok: { resultcode: 1, quality: "good" },
  catch_all: { resultcode: 2, quality: "" },
  unknown: { resultcode: 3, quality: "" },
  error: { resultcode: 4, quality: "" },
  disposable: { resultcode: 5, quality: "bad" },
  invalid: { resultcode: 6, quality: "bad" },
};
const SENTENCES = {
  unknownKey: "Apikey not found",
  noKey: "No apikey specified",
  noEmail: "No email specified",
  usedUp: "Insufficient credits",
  blocked: "IP address blocked",
  internalError: "Internal error",
};
const FREE = ["gmail.com", "outlook.com", "yahoo.com", "web.de"];
const ROLES = ["info", "sales", "support", "office", "admin", "contact"];

const plain = (status, body) => ({ status, type: "text/plain", body });
const failed = (which, email = "") => ({
  status: 200,
  body: { ...outcome(email, "error"), error: SENTENCES[which] },
});

function outcome(email, result, more = {}) {
  const [local, domain] = email.split("@");
  const { resultcode, quality } = RESULTS[result];
  return {
    email,
    quality,
    result,
    resultcode,
    subresult: more.subresult ?? result,
    free: FREE.includes(domain),
    role: more.role ?? ROLES.includes(local),
    didyoumean: more.didyoumean ?? "",
    credits: 0,
    executiontime: more.takesSeconds ?? 1,
    error: "",
    livemode: true,
  };
}

const FAULTS = {
  ...Object.fromEntries(
    ["unknownKey", "usedUp", "blocked", "internalError"].map((name) => [
      name,
      ({ input }) => failed(name, input.email),
    ]),
  ),
  throttled: () => plain(429, "Too Many Requests"), // (mem)
  serverError: () => plain(500, "Internal Server Error"),
};

/**
 * Starts a stand-in.
 *
 * key        the key that it takes
 * verdicts   address → result; an address that is not there gets `otherwise` ("ok")
 * credits    how many verifications are left (1 000 000); unknown and error cost nothing
 */
export async function startMillionVerifier(options = {}) {
  const { key = "millionverifier-key-of-the-tests", otherwise = "ok", credits = 1e6 } = options;
  const world = { key, otherwise, verdicts: new Map() };
  const verdict = (email, result, more = {}) => {
    if (!RESULTS[result]) throw new Error(`no result "${result}"`);
    world.verdicts.set(email.toLowerCase(), { result, ...more });
  };
  Object.entries(options.verdicts ?? {}).forEach(([email, result]) => verdict(email, result));
  const handle = await startProvider({
    clock: clockOf(options),
    faults: FAULTS,
    routes: [
      {
        op: "verify",
        method: "GET",
        path: "/api/v3/",
        read: (call) => verifyInput(world, call),
        answer: ({ input }) => verify(world, handle, input),
      },
      {
        op: "credits",
        method: "GET",
        path: "/api/v3/credits",
        read: (call) => creditsInput(world, call),
        answer: () => ({ status: 200, body: balance(handle.credits) }),
      },
    ],
    says: {
      path: () => plain(404, "404 page not found"),
      method: () => plain(405, "Method Not Allowed"),
      tooLarge: () => plain(413, "Request Entity Too Large"),
    },
  });
  const url = `${handle.origin}/api/v3/`;
  const vars = { MILLIONVERIFIER_URL: url, MILLIONVERIFIER_API_KEY: key };
  return Object.assign(handle, { key, url, vars, verdict, credits });
}

const balance = (credits) => ({ credits, bulk_credits: credits, renewing_credits: 0, plan: 0 });

function checkNames(query, known) {
  const bad = misnamed(query, known);
  if (bad) throw new Refused(plain(400, bad));
}

function checkKey(world, query, email) {
  const key = query.get("api");
  if (!key) throw new Refused(failed("noKey", email));
  if (key !== world.key) throw new Refused(failed("unknownKey", email));
}

function verifyInput(world, { query }) {
  checkNames(query, ["api", "email", "timeout"]);
  const email = query.get("email") ?? "";
  const timeout = query.get("timeout") ?? "20";
  if (!isWhole(timeout, 2, 60)) throw new Refused(plain(400, "The timeout is from 2 to 60."));
  checkKey(world, query, email);
  if (!email) throw new Refused(failed("noEmail"));
  return { email, timeout: Number(timeout) };
}

function creditsInput(world, { query }) {
  checkNames(query, ["api"]);
  checkKey(world, query, "");
}

/** What is found out within the timeout; what takes longer is unknown. Nobody waits for it. */
function verify(world, handle, { email, timeout }) {
  if (handle.credits < 1) return failed("usedUp", email);
  const body = found(world, email, timeout);
  if (!["unknown", "error"].includes(body.result)) handle.credits -= 1;
  return { status: 200, body: { ...body, credits: handle.credits } };
}

function found(world, email, timeout) {
  if (!isAddress(email)) return outcome(email, "invalid", { subresult: "invalid_syntax" });
  const known = world.verdicts.get(email.toLowerCase()) ?? { result: world.otherwise };
  if (known.takesSeconds > timeout) {
    return outcome(email, "unknown", { subresult: "timeout", takesSeconds: timeout });
  }
  return outcome(email, known.result, known);
}
