// Tokens as an attacker would make them.

import { createHmac } from "node:crypto";

const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString());

/** The parts of a token. */
export function open(token) {
  const [header, claims, signature] = token.split(".");
  return { header: decode(header), claims: decode(claims), signature };
}

/** A token of these parts, signed by `secret` with `hash`; parts may be texts that are no JSON. */
export function sign(header, claims, secret, hash = "sha256") {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest("base64url")}`;
}

/** The forged tokens of a good one, by name: none of them may open anything. */
export function forgeries(token, secret, { otherWorkspace, otherAgent, refreshToken, realtimeTicket }) {
  const { header, claims, signature } = open(token);
  const now = Math.floor(Date.now() / 1000);
  const plain = { alg: "HS256", typ: "JWT" };
  const right = (changes, head = header) => sign(head, { ...claims, ...changes }, secret);
  const without = (name) => {
    const rest = { ...claims };
    delete rest[name];
    return sign(header, rest, secret);
  };
  const unsigned = (alg) => `${encode({ ...plain, alg })}.${encode(claims)}.`;
  const [head, body] = token.split(".");
  const all = {
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg NONE": unsigned("NONE"),
    "alg empty": unsigned(""),
    "alg none with the old signature": `${encode({ ...plain, alg: "none" })}.${body}.${signature}`,
    "no signature": `${head}.${body}.`,
    "two parts": `${head}.${body}`,
    "four parts": `${token}.x`,
    "a signature of another text": `${head}.${encode({ ...claims, role: "owner", sub: otherAgent })}.${signature}`,
    "a signature cut in half": token.slice(0, -20),
    "a signature with padding": `${token}=`,
    "the signature's last bit changed": token.slice(0, -2) + (token.at(-2) === "A" ? "B" : "A") + token.at(-1),
    "another secret": sign(header, claims, "another secret of at least 32 bytes!"),
    "an empty secret": sign(header, claims, ""),
    "the secret decoded": sign(header, claims, Buffer.from(secret, "base64")),
    HS512: sign({ ...plain, alg: "HS512" }, claims, secret, "sha512"),
    HS384: sign({ ...plain, alg: "HS384" }, claims, secret, "sha384"),
    "RS256 signed by HMAC": sign({ ...plain, alg: "RS256" }, claims, secret),
    "a kid that is a path": right({}, { ...header, kid: "../../dev/null" }),
    "a kid that is SQL": right({}, { ...header, kid: "x' union select 'a" }),
    "a jku": right({}, { ...header, jku: "https://attacker.example/keys" }),
    "a jwk": right({}, { ...header, jwk: { kty: "oct", k: encode("x") } }),
    "an x5u": right({}, { ...header, x5u: "https://attacker.example/cert" }),
    "a crit": right({}, { ...header, crit: ["exp"] }),
    "another typ in the header": right({}, { ...header, typ: "at+jwt" }),
    "expired a second ago": right({ iat: now - 901, exp: now - 1 }),
    "expired 61 seconds ago": right({ iat: now - 900, exp: now - 61 }),
    "good for a year": right({ exp: now + 31_536_000 }),
    "not good yet": right({ nbf: now + 300 }),
    "made in the future": right({ iat: now + 3_600, exp: now + 4_000 }),
    "another issuer": right({ iss: "somebody" }),
    "for another audience": right({ aud: "somebody" }),
    "of type refresh": right({ typ: "refresh" }),
    "without exp": without("exp"),
    "without sub": without("sub"),
    "without ws": without("ws"),
    "without typ": without("typ"),
    "an exp that is a text": right({ exp: String(claims.exp) }),
    "an exp of 1e400": sign(header, JSON.stringify(claims).replace(/"exp":\d+/, '"exp":1e400'), secret),
    "sub twice": sign(header, JSON.stringify(claims).replace("{", `{"sub":"${otherAgent}",`), secret),
    "a role that is none": right({ role: "god" }),
    "another workspace's id": right({ ws: otherWorkspace }),
    "the nil workspace": right({ ws: "00000000-0000-0000-0000-000000000000" }),
    "another agent's id": right({ sub: otherAgent }),
    "an epoch of before": right({ ep: claims.ep - 1 }),
    "an epoch of later": right({ ep: claims.ep + 1 }),
    "a session that is none": right({ sid: claims.sub }),
    "a refresh token": refreshToken,
    "a realtime ticket": realtimeTicket,
    "claims that are no JSON": sign(header, "{", secret),
    "claims nested deeply": sign(header, "[".repeat(600), secret),
    "a header that is no JSON": sign("x", claims, secret),
    "three dots": "...",
    "a word": "token",
    "a long word": "x".repeat(8_000),
  };
  return Object.entries(all);
}
