// A bare client of the stand-in of graph.mjs, for its own tests: it shows every answer as it is.

import assert from "node:assert/strict";
import { createHash, createPublicKey, createVerify, randomBytes } from "node:crypto";
import { startGraph } from "./graph.mjs";
import { later } from "./worker.mjs";

export const ANN = "ann@contoso.test";
export const BO = "bo@contoso.test";
export const SCOPE = "openid profile email offline_access User.Read Mail.ReadWrite Mail.Send";
export const IMMUTABLE = 'IdType="ImmutableId"';
export const TEXT = `${IMMUTABLE}, outlook.body-content-type="text"`;
export const MB = 1024 * 1024;

/** A customer's mail, with a name that needs encoding and a line that is quoted. */
export const MAIL = {
  from: "Cara Cole <cara@customer.test>",
  subject: "Grüße: it broke",
  text: "It broke.\r\n\r\n> you said",
};

/** Recipients as Graph has them. */
export const recipients = (...list) => list.map((address) => ({ emailAddress: { address } }));

/** A stand-in for the test `t`, with Ann's and Bo's mailboxes, and a client that has Ann's token. */
export async function standIn(t, options = {}, scopes = undefined) {
  const graph = await startGraph({ mailboxes: [{ address: ANN, name: "Ann" }, { address: BO }], ...options });
  later(t, () => graph.stop());
  const { accessToken } = graph.tokensFor(ANN, scopes);
  return { graph, ann: graph.mailbox(ANN), token: accessToken, ask: graphClient(graph, accessToken) };
}

/** Brings `count` mails with the subjects `from`, `from + 1`, ... */
export const bring = (mailbox, count, from = 0) =>
  Array.from({ length: count }, (_, n) =>
    mailbox.receive({ from: "cara@customer.test", subject: String(from + n), text: "Hello" }),
  );

/** Says that an answer has this status and this code. */
export const is = ({ status, code }, ...expected) => assert.deepEqual([status, code], expected);

/** The parameters of an authorize, and the verifier that belongs to them. */
export function authorizing(graph, changes = {}) {
  const verifier = randomBytes(32).toString("base64url");
  const query = new URLSearchParams({
    client_id: graph.client.id,
    response_type: "code",
    redirect_uri: graph.client.redirectUris[0],
    response_mode: "query",
    scope: SCOPE,
    state: "the state",
    nonce: "the nonce",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) query.delete(name);
    else query.set(name, value);
  }
  return { verifier, query };
}

/** Asks authorize; gives { status, to (the parameters of where it leads), text }. */
export async function authorize(graph, query, tenant = "common") {
  const answer = await fetch(`${graph.loginUrl}/${tenant}/oauth2/v2.0/authorize?${query}`, { redirect: "manual" });
  const location = answer.headers.get("location");
  const to = location === null ? undefined : Object.fromEntries(new URL(location).searchParams);
  return { status: answer.status, to, text: await answer.text() };
}

/** Asks the token endpoint; parameters that are undefined are left out. */
export async function askToken(graph, form, tenant = "common") {
  const all = { client_id: graph.client.id, client_secret: graph.client.secret, ...form };
  const body = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== undefined));
  const answer = await fetch(`${graph.loginUrl}/${tenant}/oauth2/v2.0/token`, { method: "POST", body });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

export const refresh = (graph, token, more = {}) =>
  askToken(graph, { grant_type: "refresh_token", refresh_token: token, ...more });

/** Logs in with a browser's round trip; gives the answer of the token endpoint, and the code and verifier. */
export async function logIn(graph, changes = {}, tokenChanges = {}) {
  const { verifier, query } = authorizing(graph, changes);
  const { to } = await authorize(graph, query);
  const form = {
    grant_type: "authorization_code",
    code: to.code,
    redirect_uri: graph.client.redirectUris[0],
    code_verifier: verifier,
  };
  const answer = await askToken(graph, { ...form, ...tokenChanges });
  return { ...answer, form };
}

/** The claims of an id_token, if a published key has signed it with RS256. */
export async function verified(graph, idToken, tenant = "common") {
  const configuration = await (await fetch(`${graph.loginUrl}/${tenant}/v2.0/.well-known/openid-configuration`)).json();
  const { keys } = await (await fetch(configuration.jwks_uri)).json();
  const [head, claims, signature] = idToken.split(".");
  const read = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
  const jwk = keys.find((key) => key.kid === read(head).kid);
  if (read(head).alg !== "RS256" || !jwk) return undefined;
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const isTrue = createVerify("RSA-SHA256").update(`${head}.${claims}`).verify(key, signature, "base64url");
  return isTrue ? read(claims) : undefined;
}

/** A client of Graph with a token: ask(method, path or whole link, { body, prefer, headers, token }). */
export function graphClient(graph, token) {
  return async (method, path, { body, prefer = IMMUTABLE, headers = {}, bearer = token } = {}) => {
    const isRaw = body === undefined || typeof body === "string" || Buffer.isBuffer(body);
    const all = {
      ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
      ...(prefer ? { prefer } : {}),
      ...(isRaw ? {} : { "content-type": "application/json" }),
      ...headers,
    };
    const url = /^https?:/.test(path) ? path : graph.graphUrl + path;
    const answer = await fetch(url, {
      method,
      headers: all,
      body: isRaw ? body : JSON.stringify(body),
      redirect: "manual",
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const isJson = /^application\/json/.test(answer.headers.get("content-type") ?? "");
    const json = isJson && bytes.length > 0 ? JSON.parse(bytes.toString()) : undefined;
    return { status: answer.status, headers: answer.headers, bytes, json, code: json?.error?.code };
  };
}

/** Follows a round of delta from a path or link to its deltaLink; gives { items, pages, deltaLink }. */
export async function round(ask, from, options) {
  const items = [];
  const pages = [];
  for (let at = from; ;) {
    const { status, json } = await ask("GET", at, options);
    if (status !== 200) throw new Error(`delta: ${status} ${JSON.stringify(json)}`);
    items.push(...json.value);
    pages.push(json.value.length);
    if (json["@odata.deltaLink"]) return { items, pages, deltaLink: json["@odata.deltaLink"] };
    at = json["@odata.nextLink"];
  }
}
