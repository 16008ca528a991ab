// The gateway's hot path on the JavaScript side: what would be a crossing for each header, or for each
// step to a stub, is one.

const KEPT_MAX = 64;
const kept = new Map(); // lines that most responses have in common -> Headers

/** Sets headers: name and value in turn, each with a line end. */
function set(headers, lines) {
  const words = lines.split("\n");
  for (let index = 0; index + 1 < words.length; index += 2) headers.set(words[index], words[index + 1]);
  return headers;
}

/**
 * A response. Of its headers, those in `shared` are the same for most: the runtime copies them faster
 * than it reads them.
 */
export function respond(status, shared, own, body) {
  let headers = kept.get(shared);
  if (headers === undefined) {
    headers = set(new Headers(), shared);
    if (kept.size === KEPT_MAX) kept.clear();
    kept.set(shared, headers);
  }
  // A copy: what is sent must not change with the memory of the wasm.
  const response = new Response(status === 204 ? null : body.slice(), { status, headers });
  set(response.headers, own);
  return response;
}

/** Asks an actor, by its binding and its name; a promise of the answer's bytes. */
export function ask(env, binding, name, envelope) {
  return env[binding].getByName(name).call(envelope.slice());
}

/** Hands a WebSocket to an actor, which reads `connect`; a promise of its response. */
export function join(env, binding, name, connect, protocol) {
  const headers = { upgrade: "websocket", "x-postroom-connect": btoa(String.fromCharCode(...connect)) };
  if (protocol) headers["sec-websocket-protocol"] = protocol;
  return env[binding].getByName(name).fetch("https://room/", { headers });
}
