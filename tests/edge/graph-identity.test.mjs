// The stand-in of Microsoft's identity platform: what it gives, and that it refuses what it should.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startGraph } from "../harness/graph.mjs";
import { ANN, askToken, authorize, authorizing, graphClient, logIn, refresh, verified } from "../harness/graph_client.mjs";
import { later } from "../harness/worker.mjs";

const MINUTE = 60_000;

/** A stand-in for the test, with Ann at the browser. */
async function standIn(t, options = {}) {
  const graph = await startGraph({
    mailboxes: [{ address: ANN, name: "Ann Ames" }, { address: "bo@contoso.test" }],
    ...options,
  });
  later(t, () => graph.stop());
  graph.signIn(ANN);
  return graph;
}

const refused = ({ status, body }, error, number) => {
  assert.deepEqual(
    [status, body.error, body.error_codes],
    [error === "invalid_client" ? 401 : 400, error, [number]],
    JSON.stringify(body),
  );
  assert.match(body.error_description, new RegExp(`^AADSTS${number}: `));
  for (const name of ["timestamp", "trace_id", "correlation_id"]) assert.equal(typeof body[name], "string", name);
  assert.equal(body.access_token, undefined);
};

test("a log-in gives tokens and an id_token that says who it is, for whom, and which nonce", async (t) => {
  const graph = await standIn(t);
  const { status, headers, body } = await logIn(graph);
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual([body.token_type, body.expires_in, headers.get("cache-control")], ["Bearer", 3599, "no-store"]);
  assert.deepEqual(body.scope.split(" ").sort(), [
    "email",
    "https://graph.microsoft.com/Mail.ReadWrite",
    "https://graph.microsoft.com/Mail.Send",
    "https://graph.microsoft.com/User.Read",
    "openid",
    "profile",
  ]);
  const claims = await verified(graph, body.id_token);
  assert.deepEqual(
    [claims.aud, claims.nonce, claims.tid, claims.preferred_username, claims.email, claims.name],
    [graph.client.id, "the nonce", graph.tenant.id, ANN, ANN, "Ann Ames"],
  );
  assert.equal(claims.iss, `${graph.loginUrl}/${graph.tenant.id}/v2.0`);
  const me = await graphClient(graph, body.access_token)("GET", "/me");
  assert.deepEqual([me.status, me.json.mail, me.json.id], [200, ANN, claims.oid]);
});

test("the state comes back as it was, and login_hint says who it is", async (t) => {
  const graph = await standIn(t);
  const { query } = authorizing(graph, { state: "a b+c&d=é", login_hint: "bo@contoso.test" });
  const { status, to } = await authorize(graph, query);
  assert.deepEqual([status, to.state], [302, "a b+c&d=é"]);
  const { body } = await logIn(graph, { login_hint: "bo@contoso.test" });
  assert.equal((await verified(graph, body.id_token)).email, "bo@contoso.test");
});

test("authorize leads nowhere that was not registered, and says what is wrong where it may", async (t) => {
  const graph = await standIn(t);
  const ask = (changes, tenant) => authorize(graph, authorizing(graph, changes).query, tenant);
  for (const [changes, number, tenant] of [
    [{ client_id: "another" }, 700016],
    [{ redirect_uri: `${graph.client.redirectUris[0]}/` }, 50011],
    [{ redirect_uri: "http://evil.test/" }, 50011],
    [{}, 90002, "elsewhere.test"],
    [{}, 90002, "consumers"],
  ]) {
    const { status, to, text } = await ask(changes, tenant);
    assert.deepEqual([status, to], [400, undefined]);
    assert.match(text, new RegExp(`AADSTS${number}`));
  }
  for (const [changes, error] of [
    [{ response_type: "token" }, "unsupported_response_type"],
    [{ response_mode: "fragment" }, "invalid_request"],
    [{ scope: "" }, "invalid_request"],
    [{ nonce: undefined }, "invalid_request"],
    [{ code_challenge: undefined }, "invalid_request"],
    [{ code_challenge: "short" }, "invalid_request"],
    [{ code_challenge_method: "plain" }, "invalid_request"],
    [{ prompt: "maybe" }, "invalid_request"],
    [{ prompt: "none" }, "interaction_required"],
  ]) {
    const { to } = await ask(changes);
    assert.deepEqual([to.error, to.state, to.code], [error, "the state", undefined], JSON.stringify(changes));
  }
  assert.deepEqual((await ask({ state: undefined })).to.error, "invalid_request");
  graph.script({ on: "authorize", fault: "denied" });
  assert.deepEqual((await ask({})).to.error, "access_denied");
  assert.equal(typeof (await ask({})).to.code, "string");
});

test("a code is good once, for ten minutes, with its own verifier and redirect_uri", async (t) => {
  const graph = await standIn(t);
  const { status, form } = await logIn(graph);
  assert.equal(status, 200);
  refused(await askToken(graph, form), "invalid_grant", 54005);
  refused(await askToken(graph, { ...form, code: "made-up" }), "invalid_grant", 70000);
  refused(await logIn(graph, {}, { code_verifier: "x".repeat(43) }), "invalid_grant", 501481);
  refused(await logIn(graph, {}, { code_verifier: undefined }), "invalid_grant", 501481);
  refused(await logIn(graph, {}, { redirect_uri: "http://127.0.0.1/" }), "invalid_grant", 50011);
  const { verifier, query } = authorizing(graph);
  const { to } = await authorize(graph, query);
  graph.advance(10 * MINUTE);
  refused(await askToken(graph, { ...form, code: to.code, code_verifier: verifier }), "invalid_grant", 70008);
});

test("a refused attempt does not use the code up", async (t) => {
  const graph = await standIn(t);
  const { form, status } = await logIn(graph, {}, { client_secret: "wrong" });
  assert.equal(status, 401);
  assert.equal((await askToken(graph, form)).status, 200);
});

test("the client must prove itself, in a form, to its own tenant", async (t) => {
  const graph = await standIn(t);
  refused(await logIn(graph, {}, { client_secret: "wrong" }), "invalid_client", 7000215);
  refused(await logIn(graph, {}, { client_secret: undefined }), "invalid_client", 7000218);
  refused(await logIn(graph, {}, { client_id: "another" }), "unauthorized_client", 700016);
  refused(await logIn(graph, {}, { grant_type: "password" }), "unsupported_grant_type", 70003);
  refused(await askToken(graph, { grant_type: "refresh_token" }, "elsewhere.test"), "invalid_request", 90002);
  const url = `${graph.loginUrl}/common/oauth2/v2.0/token`;
  const headers = { "content-type": "application/json" };
  const json = await fetch(url, { method: "POST", headers, body: "{}" });
  assert.deepEqual([json.status, (await json.json()).error], [400, "invalid_request"]);
  const twice = await fetch(url, {
    method: "POST",
    body: new URLSearchParams([
      ["client_id", "a"],
      ["client_id", "b"],
    ]),
  });
  assert.deepEqual([twice.status, (await twice.json()).error], [400, "invalid_request"]);
});

test("no refresh token without offline_access, no id_token without openid", async (t) => {
  const graph = await standIn(t);
  const { body } = await logIn(graph, { scope: "Mail.Read", nonce: undefined });
  assert.deepEqual([body.refresh_token, body.id_token, typeof body.access_token], [undefined, undefined, "string"]);
});

test("a scope that was not asked for cannot be had later; one that was withheld is missing", async (t) => {
  const graph = await standIn(t, { mailboxes: [{ address: ANN, withholds: ["Mail.Send"] }] });
  const { body } = await logIn(graph);
  assert.doesNotMatch(body.scope, /Mail\.Send/);
  assert.match(body.scope, /Mail\.ReadWrite/);
  refused(await refresh(graph, body.refresh_token, { scope: "Calendars.Read" }), "invalid_grant", 65001);
  const less = await refresh(graph, body.refresh_token, { scope: "https://graph.microsoft.com/User.Read" });
  assert.equal(less.body.scope, "https://graph.microsoft.com/User.Read");
});

test("a refresh gives a new token; the old one works through its grace and no longer", async (t) => {
  const graph = await standIn(t, { refreshGraceMs: 60 * MINUTE });
  const { body } = await logIn(graph);
  const second = await refresh(graph, body.refresh_token);
  assert.equal(second.status, 200);
  assert.notEqual(second.body.refresh_token, body.refresh_token);
  graph.advance(58 * MINUTE);
  assert.equal((await refresh(graph, body.refresh_token)).status, 200);
  graph.advance(2 * MINUTE);
  refused(await refresh(graph, body.refresh_token), "invalid_grant", 70000);
  assert.equal((await refresh(graph, second.body.refresh_token)).status, 200);
  refused(await refresh(graph, "made-up"), "invalid_grant", 9002313);
  assert.equal(graph.refreshCount, 3);
  assert.equal(graph.asked("refresh").length, 5);
});

test("fifty that refresh at once are seen as fifty, and one alone goes on", async (t) => {
  const graph = await standIn(t, { refreshGraceMs: 0 });
  const { body } = await logIn(graph);
  const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(graph, body.refresh_token)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.deepEqual([graph.refreshCount, graph.asked("refresh").length], [1, 50]);
});

test("a refresh token that nobody used for ninety days is dead", async (t) => {
  const graph = await standIn(t);
  const { body } = await logIn(graph);
  graph.advance(89 * 24 * 60 * MINUTE);
  const second = await refresh(graph, body.refresh_token);
  assert.equal(second.status, 200);
  graph.advance(90 * 24 * 60 * MINUTE);
  refused(await refresh(graph, second.body.refresh_token), "invalid_grant", 700082);
});

test("tokens that are taken back end at once, and those of a new log-in work", async (t) => {
  const graph = await standIn(t);
  const { body } = await logIn(graph);
  const other = await logIn(graph, { login_hint: "bo@contoso.test" });
  graph.revoke(ANN);
  const me = (token) => graphClient(graph, token)("GET", "/me");
  assert.deepEqual((({ status, code }) => [status, code])(await me(body.access_token)), [
    401,
    "InvalidAuthenticationToken",
  ]);
  refused(await refresh(graph, body.refresh_token), "invalid_grant", 50173);
  assert.equal((await me(other.body.access_token)).status, 200);
  const again = await logIn(graph);
  assert.equal((await me(again.body.access_token)).status, 200);
  graph.revoke(ANN, { refreshOnly: true });
  assert.equal((await me(again.body.access_token)).status, 200);
  refused(await refresh(graph, again.body.refresh_token), "invalid_grant", 50173);
});

test("scripted troubles of the token endpoint: passing ones pass, others stay", async (t) => {
  const graph = await standIn(t, { refreshGraceMs: 0 });
  const { body } = await logIn(graph);
  const token = body.refresh_token;
  graph.script({ on: "refresh", fault: "temporarily_unavailable" });
  graph.script({ on: "refresh", fault: "throttled" });
  graph.script({ on: "refresh", fault: "interaction_required" });
  graph.script({ on: "refresh", fault: "unavailable", retryAfter: 7 });
  const busy = await refresh(graph, token);
  assert.deepEqual([busy.status, busy.body.error], [503, "temporarily_unavailable"]);
  const throttled = await refresh(graph, token);
  assert.deepEqual([throttled.status, throttled.headers.get("retry-after")], [429, null]);
  refused(await refresh(graph, token), "interaction_required", 50076);
  assert.equal((await refresh(graph, token)).headers.get("retry-after"), "7");
  assert.equal(graph.refreshCount, 0);
  graph.script({ on: "refresh", fault: "cut" });
  await assert.rejects(refresh(graph, token), TypeError);
  const good = await refresh(graph, token);
  assert.equal(good.status, 200); // the cut one was not carried out
  graph.script({ on: "refresh", fault: "lost" });
  await assert.rejects(refresh(graph, good.body.refresh_token), TypeError);
  refused(await refresh(graph, good.body.refresh_token), "invalid_grant", 70000); // the lost one was
  assert.equal(graph.refreshCount, 2);
  const fresh = await logIn(graph);
  graph.script({ on: "refresh", fault: "revoked" });
  refused(await refresh(graph, fresh.body.refresh_token), "invalid_grant", 50173);
  refused(await refresh(graph, fresh.body.refresh_token), "invalid_grant", 50173);
});

test("an id_token that is forged by script does not verify, or does not say what it should", async (t) => {
  const graph = await standIn(t);
  /** { alg, kid, isSigned, claims }: claims only where a published key has signed them. */
  const forged = async (how) => {
    graph.script({ on: "token", fault: "forged", ...how });
    const idToken = (await logIn(graph)).body.id_token;
    const [head, , signature] = idToken.split(".");
    const { alg, kid } = JSON.parse(Buffer.from(head, "base64url"));
    return { alg, kid, isSigned: signature !== "", claims: await verified(graph, idToken) };
  };
  const { alg, kid, isSigned, claims } = await forged({ claims: { nonce: "another" } });
  assert.deepEqual([alg, isSigned, claims.nonce], ["RS256", true, "another"]);
  assert.deepEqual(await forged({ alg: "none" }), { alg: "none", kid, isSigned: false, claims: undefined });
  assert.deepEqual(await forged({ alg: "HS256" }), { alg: "HS256", kid, isSigned: true, claims: undefined });
  assert.deepEqual(await forged({ key: "swapped" }), { alg, kid, isSigned: true, claims: undefined });
  const unknown = await forged({ key: "unknown" });
  assert.notEqual(unknown.kid, kid);
  assert.equal(unknown.claims, undefined);
  assert.equal((await verified(graph, (await logIn(graph)).body.id_token)).nonce, "the nonce");
});

test("keys are rotated: the old one is published on, until it is dropped", async (t) => {
  const graph = await standIn(t);
  const old = (await logIn(graph)).body.id_token;
  graph.rotateKeys();
  assert.notEqual(await verified(graph, old), undefined);
  assert.notEqual(await verified(graph, (await logIn(graph)).body.id_token), undefined);
  graph.rotateKeys({ drop: true });
  assert.equal(await verified(graph, old), undefined);
});

test("the application alone: its roles, its mailboxes, no /me", async (t) => {
  const graph = await standIn(t, { client: { roles: ["Mail.Read"], policy: [ANN] } });
  const form = { grant_type: "client_credentials", scope: "https://graph.microsoft.com/.default" };
  refused(await askToken(graph, form), "invalid_request", 50194);
  refused(await askToken(graph, { ...form, scope: "Mail.Read" }, graph.tenant.id), "invalid_scope", 1002012);
  const { body } = await askToken(graph, form, graph.tenant.id);
  assert.equal(body.refresh_token, undefined);
  const ask = graphClient(graph, body.access_token);
  assert.equal((await ask("GET", `/users/${ANN}/messages`)).status, 200);
  assert.equal((await ask("GET", "/users/bo@contoso.test/messages")).code, "ErrorAccessDenied");
  assert.equal((await ask("POST", `/users/${ANN}/sendMail`, { body: {} })).code, "ErrorAccessDenied");
  assert.equal((await ask("GET", "/me/messages")).status, 400);
});
