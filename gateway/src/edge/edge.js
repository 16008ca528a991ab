// The gateway's hot path on the JavaScript side: what would be a crossing for each header, or for each
// step to a stub, is one.

const ONE_OF_ITS_OWN = "\nx-request-id\n";
const KEPT_MAX = 64;
const kept = new Map(); // lines that most responses have in common -> Headers

/** Headers of lines: name and value in turn. */
function read(lines) {
  const words = lines.split("\n");
  const headers = new Headers();
  for (let index = 0; index + 1 < words.length; index += 2) headers.set(words[index], words[index + 1]);
  return headers;
}

/**
 * A response; `lines` has the headers, name and value in turn, each on a line of its own. Those before
 * the request's name are the same for most: the runtime copies them faster than it reads them.
 */
export function respond(status, lines, body) {
  const own = lines.indexOf(ONE_OF_ITS_OWN);
  const shared = lines.slice(0, Math.max(own, 0));
  let headers = kept.get(shared);
  if (headers === undefined) {
    headers = read(shared);
    if (kept.size === KEPT_MAX) kept.clear();
    kept.set(shared, headers);
  }
  // A copy: what is sent must not change with the memory of the wasm.
  const response = new Response(status === 204 ? null : body.slice(), { status, headers });
  const words = lines.slice(own + 1).split("\n");
  for (let index = 0; index < words.length; index += 2) response.headers.set(words[index], words[index + 1]);
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
