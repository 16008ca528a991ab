// Logging in with an account at Microsoft: it opens what the agent who has linked it may, in one
// browser, once, and nobody else gets in by what they forge, replay or steal. Microsoft is the strict
// stand-in.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, data, join, register, session } from "../harness/api.mjs";
import { startGraph } from "../harness/graph.mjs";
import { later, productWorker, VARS } from "../harness/worker.mjs";

const operator = VARS.ADMIN_TOKEN;
const [ANN, BO, CY] = ["ann@contoso.test", "bo@contoso.test", "cy@contoso.test"];

/** A stand-in with three people, a Worker that has its application, and the owner of a workspace. */
async function scene(t) {
  const graph = await startGraph({ mailboxes: [ANN, BO, CY].map((address) => ({ address })) });
  later(t, () => graph.stop());
  const { url, logText } = await productWorker(t, { vars: graph.vars });
  return { graph, url, logText, owner: await register(url, "Acme", { operator }) };
}

/** What attempts are counted by is another one each time, but where a test wants it to count. */
let asked = 0;
const from = () => ({ "cf-connecting-ip": `10.9.${(asked += 1) >> 8}.${asked & 255}` });

/** Logs somebody in at Microsoft; gives what their browser comes back with. */
async function away(graph, to, address) {
  graph.signIn(address);
  const answer = await fetch(to, { redirect: "manual" });
  assert.equal(answer.status, 302, await answer.text());
  const { code, state } = Object.fromEntries(new URL(answer.headers.get("location")).searchParams);
  return { code, state };
}

const beginLogin = (url, workspaceId) => data(url, "GET", `/v1/auth/microsoft/login?workspaceId=${workspaceId}`);
const finishLogin = (url, body, headers = from()) => call(url, "POST", "/v1/auth/microsoft/login", { body, headers });

/** The whole way of a browser. */
async function logIn({ graph, url }, workspaceId, address) {
  const { url: to, secret } = await beginLogin(url, workspaceId);
  return finishLogin(url, { ...(await away(graph, to, address)), secret });
}

const beginLink = (url, token) => data(url, "GET", "/v1/auth/microsoft/link", { token });
const finishLink = (url, token, body) => call(url, "POST", "/v1/auth/microsoft/link", { token, body, headers: from() });

async function link({ graph, url }, agent, address) {
  const back = await away(graph, (await beginLink(url, agent.token)).url, address);
  return finishLink(url, agent.token, { ...back, currentPassword: agent.password });
}

test("an agent links their account, logs in by it, and undoes that", { timeout: 180_000 }, async (t) => {
  const all = await scene(t);
  const { graph, url, owner, logText } = all;
  const ada = await join(url, owner, "agent", "Ada");
  const linked = await link(all, ada, ANN);
  assert.equal(linked.status, 200, JSON.stringify(linked.body));
  const { oid } = graph.mailbox(ANN);
  assert.equal(linked.body.data.userId, oid);
  const me = await data(url, "GET", "/v1/me", { token: ada.token });
  assert.deepEqual(me.identity, linked.body.data);

  const { status, body, headers } = await logIn(all, owner.workspaceId, ANN);
  assert.equal(status, 200, JSON.stringify(body));
  assert.match(headers.get("cache-control"), /no-store/);
  const opened = session(body.data);
  assert.equal(opened.agentId, ada.agentId);
  await data(url, "POST", "/v1/tickets", { token: opened.token, body: { subject: "By Ada" } });
  assert.equal((await call(url, "GET", "/v1/audit", { token: opened.token })).status, 403, "no more than Ada may");
  await data(url, "POST", "/v1/auth/refresh", { body: { refreshToken: opened.refreshToken } });

  // Who asks is to say who they are, and nothing else is asked of Microsoft.
  assert.deepEqual(graph.asked("authorize").map(({ query }) => query.get("scope")), ["openid profile", "openid profile"]);
  assert.ok(graph.asked("token").every(({ body: form }) => form.get("scope") === "openid profile"));
  const kinds = async () => (await data(url, "GET", "/v1/audit?kind=identity,session", { token: owner.token })).map(({ type }) => type);
  assert.deepEqual((await kinds()).slice(0, 2), ["session.opened", "identity.linked"]);
  for (const { body: form } of graph.asked("token")) {
    for (const secret of [form.get("code"), form.get("code_verifier")]) assert.ok(!logText().includes(secret));
  }
  await data(url, "DELETE", "/v1/auth/microsoft/link", { token: ada.token });
  assert.equal((await data(url, "GET", "/v1/me", { token: ada.token })).identity, undefined);
  assert.equal((await logIn(all, owner.workspaceId, ANN)).status, 401);
  assert.equal((await kinds())[0], "identity.unlinked");
});

test("what is forged, replayed, stolen or another's opens nothing, and all of it looks the same", { timeout: 180_000 }, async (t) => {
  const all = await scene(t);
  const { graph, url, owner } = all;
  const other = await register(url, "Other", { operator });
  assert.equal((await link(all, owner, ANN)).status, 200);
  assert.equal((await link(all, other, BO)).status, 200);

  const answers = [];
  const refused = (name, { status, body }) => {
    assert.equal(status, 401, `${name}: ${JSON.stringify(body)}`);
    answers.push(JSON.stringify({ ...body.error, requestId: "" }));
  };
  const tokens = () => graph.asked("token").length;

  const mine = await beginLogin(url, owner.workspaceId);
  const back = await away(graph, mine.url, ANN);
  const before = tokens();
  const forged = `${back.state.slice(0, -2)}${back.state.endsWith("AA") ? "BB" : "AA"}`;
  refused("a forged state", await finishLogin(url, { ...back, state: forged, secret: mine.secret }));
  refused("no state of ours", await finishLogin(url, { ...back, state: "x", secret: mine.secret }));
  refused("a stolen way back, without the secret", await finishLogin(url, { ...back, secret: "x" }));
  refused("an empty secret", await finishLogin(url, { ...back, secret: "" }));
  // Somebody sends Ann to the address that they began with, and her page brings what it keeps.
  const thief = await beginLogin(url, owner.workspaceId);
  const lured = await away(graph, thief.url, ANN);
  refused("another browser's log-in", await finishLogin(url, { ...lured, secret: mine.secret }));
  const linking = await beginLink(url, owner.token);
  const linked = await away(graph, linking.url, ANN);
  refused("the state of a linking", await finishLogin(url, { ...linked, secret: mine.secret }));
  const mailbox = await data(url, "GET", "/v1/auth/microsoft", { token: owner.token });
  const manager = await away(graph, mailbox.url, ANN);
  refused("the state of a mailbox", await finishLogin(url, { ...manager, secret: mine.secret }));
  assert.equal(tokens(), before, "nothing of that reaches Microsoft");

  // A code of another log-in: PKCE binds it to the one that it was given for.
  refused("another log-in's code", await finishLogin(url, { code: lured.code, state: back.state, secret: mine.secret }));
  const opened = await finishLogin(url, { ...back, secret: mine.secret });
  assert.equal(opened.status, 200, JSON.stringify(opened.body));
  refused("a code that was used", await finishLogin(url, { ...back, secret: mine.secret }));

  refused("an account that nobody has linked", await logIn(all, owner.workspaceId, CY));
  refused("an account that is linked in another workspace", await logIn(all, owner.workspaceId, BO));
  refused("a workspace that is none", await logIn(all, "0190f5fe-7c00-7a00-8000-0000000000ff", ANN));
  const colleague = await join(url, owner, "admin", "Bea");
  assert.equal((await link(all, colleague, CY)).status, 200);
  assert.equal((await logIn(all, owner.workspaceId, CY)).status, 200);
  await data(url, "PATCH", `/v1/agents/${colleague.agentId}`, { token: owner.token, body: { active: false } });
  refused("an agent who was switched off", await logIn(all, owner.workspaceId, CY));
  assert.equal(new Set(answers).size, 1, [...new Set(answers)].join("\n"));

  for (const claims of [{ nonce: "another" }, { aud: "another app" }, { iss: "https://evil.test/v2.0" }, { exp: 1 }, { tid: "elsewhere" }]) {
    graph.script({ on: "token", fault: "forged", claims });
    assert.equal((await logIn(all, owner.workspaceId, ANN)).status, 503, JSON.stringify(claims));
  }
  for (const fault of ["cut", "throttled"]) {
    graph.script({ on: "token", fault });
    assert.equal((await logIn(all, owner.workspaceId, ANN)).status, 503, fault);
  }
  assert.ok(graph.scriptIsSpent);
});

test("an account is linked by who is logged in, knows the password and has it, and to one agent", { timeout: 180_000 }, async (t) => {
  const all = await scene(t);
  const { graph, url, owner } = all;
  const ada = await join(url, owner, "viewer", "Ada");
  assert.equal((await call(url, "GET", "/v1/auth/microsoft/link")).status, 401);
  const { key } = await data(url, "POST", "/v1/api-keys", { token: owner.token, body: { name: "robot", role: "owner" } });
  assert.equal((await call(url, "GET", "/v1/auth/microsoft/link", { token: key })).status, 403);

  const back = await away(graph, (await beginLink(url, ada.token)).url, ANN);
  const attempt = (token, changes) => finishLink(url, token, { ...back, currentPassword: ada.password, ...changes });
  assert.equal((await attempt(undefined, {})).status, 401);
  const wrong = await attempt(ada.token, { currentPassword: "not Ada's pass phrase" });
  assert.deepEqual([wrong.status, wrong.body.error.message], [403, "the current password is wrong"]);
  const another = await attempt(owner.token, { currentPassword: owner.password });
  assert.deepEqual([another.status, another.body.error.details.field], [422, "state"]);
  const login = await beginLogin(url, owner.workspaceId);
  const stray = await attempt(ada.token, await away(graph, login.url, ANN));
  assert.deepEqual([stray.status, stray.body.error.details.field], [422, "state"]);
  assert.equal(graph.asked("token").length, 0, "nothing of that reaches Microsoft");
  assert.equal((await attempt(ada.token, {})).status, 200);
  const replayed = await attempt(ada.token, {});
  assert.deepEqual([replayed.status, replayed.body.error.details.field], [422, "code"]);

  assert.equal((await link(all, owner, ANN)).status, 409, "it is Ada's");
  assert.equal((await link(all, ada, BO)).status, 409, "Ada has one");
  assert.equal((await link(all, ada, ANN)).status, 200, "as it was");
  assert.equal((await logIn(all, owner.workspaceId, BO)).status, 401);

  const attempts = [];
  const headers = from();
  while (attempts.length < 30 && attempts.at(-1) !== 429) attempts.push((await finishLogin(url, { code: "x", state: "x", secret: "x" }, headers)).status);
  assert.equal(attempts.at(-1), 429, "attempts are counted by address");
});
