// Checks a JSON Web Token (HS256) with what the runtime has; the key is imported once.

const decoder = new TextDecoder();
const encoder = new TextEncoder();
let key; // a promise of the imported secret

function bytes(base64url) {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

const json = (base64url) => JSON.parse(decoder.decode(bytes(base64url)));

function importKey(secret) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["verify"]);
}

/** The subject of a valid token that has not expired, or undefined. */
export async function subject(token, secret) {
  const [header, payload, signature, ...rest] = token?.split(".") ?? [];
  if (!signature || rest.length > 0) return undefined;
  try {
    if (json(header).alg !== "HS256") return undefined;
    key ??= importKey(secret);
    const signed = encoder.encode(`${header}.${payload}`);
    if (!(await crypto.subtle.verify("HMAC", await key, bytes(signature), signed))) return undefined;
    const { sub, exp } = json(payload);
    const alive = typeof exp === "number" && exp * 1000 > Date.now();
    return alive && typeof sub === "string" && sub !== "" ? sub : undefined;
  } catch {
    return undefined; // not base64, or not JSON
  }
}
