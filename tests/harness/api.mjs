// The HTTP API as tests and examples call it: one function a call, the envelope opened.

/** Calls the API; gives { status, headers, body } where body is the parsed envelope, or its text. */
export async function call(url, method, path, { token, body, headers = {} } = {}) {
  const answer = await fetch(url + path, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    redirect: "manual",
  });
  const text = await answer.text();
  let parsed = text;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Not JSON: the caller sees the text.
  }
  return { status: answer.status, headers: answer.headers, body: parsed };
}

/** The data of a call that must succeed. */
export async function data(url, method, path, options) {
  const { status, body } = await call(url, method, path, options);
  if (!body.success) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
  return body.data;
}

/** Every item of a list, page by page. */
export async function all(url, path, options) {
  const items = [];
  for (let cursor; ; ) {
    const query = new URLSearchParams({ limit: "100", ...(cursor ? { cursor } : {}) });
    const { status, body } = await call(url, "GET", `${path}${path.includes("?") ? "&" : "?"}${query}`, options);
    if (!body.success) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    items.push(...body.data);
    cursor = body.meta?.nextCursor;
    if (!cursor) return items;
  }
}

/**
 * A new workspace with its owner: { workspaceId, token, refreshToken, agentId, email, password }.
 * With `operator`, the operator's token, no limit on registrations applies.
 */
export async function register(url, name = "Acme", { operator } = {}) {
  const email = `owner@${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.example`;
  const password = "correct horse battery staple";
  const body = { name, ownerName: "Olive Owner", ownerEmail: email, password };
  const made = await data(url, "POST", "/v1/workspaces", { body, token: operator });
  return { ...session(made), email, password };
}

/** What tests keep of an answer that opens a session. */
export const session = (made) => ({
  workspaceId: made.workspace.id,
  agentId: made.agent.id,
  token: made.accessToken,
  refreshToken: made.refreshToken,
});

/** A further agent of `owner`'s workspace, invited and accepted. */
export async function join(url, owner, role = "agent", name = "Ada") {
  const email = `${name.toLowerCase()}@agents.example`;
  const invited = await data(url, "POST", "/v1/invitations", { token: owner.token, body: { email, name, role } });
  const password = `${name}'s own long pass phrase`;
  const body = { token: invited.token, password };
  return { ...session(await data(url, "POST", "/v1/invitations/accept", { body })), email, password };
}
