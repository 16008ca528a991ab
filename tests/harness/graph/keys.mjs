// The identity platform's signing keys, and the id_tokens they sign (RS256).
//
// A "forged" id_token, for clients that must see through it, by the fault's words:
//   claims   takes the place of true claims, e.g. { nonce: "another" }, { aud: "another app" }
//   alg      "none": no signature; "HS256": signed with the public key as if it were a secret
//   key      "unknown": by a key that is not published; "swapped": says the kid of the published one

import { createHash, createHmac, createSign, generateKeyPairSync, randomUUID } from "node:crypto";

const base64url = (value) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

const made = new Map(); // key pairs take long to make: every stand-in of a process has the same ones

/** The key pair with a name, made when it is first asked for. */
function signingKey(name) {
  if (!made.has(name)) made.set(name, newKey());
  return made.get(name);
}

function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { n, e } = publicKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(n).digest("base64url").slice(0, 27);
  const pem = publicKey.export({ type: "spki", format: "pem" });
  return { privateKey, pem, jwk: { kty: "RSA", use: "sig", kid, x5t: kid, n, e } };
}

export class Keys {
  constructor() {
    this.count = 1;
    this.published = [signingKey(1)];
  }

  /** Signs with a new key from now on; the old one is published on, unless it is dropped. */
  rotate({ drop = false } = {}) {
    this.count += 1;
    this.published = [signingKey(this.count), ...(drop ? [] : this.published)];
  }

  jwks() {
    return { keys: this.published.map(({ jwk }) => jwk) };
  }

  /** The id_token of a user for an application. */
  idToken({ issuer, tenant, client, user, nonce, scopes, now, forged = {} }) {
    const at = Math.floor(now / 1000);
    const profile = scopes.includes("profile")
      ? { name: user.name, preferred_username: user.address, oid: user.oid }
      : {};
    const claims = {
      ver: "2.0",
      iss: issuer,
      sub: createHash("sha256").update(`${client.id} ${user.oid}`).digest("base64url"), // another for each application
      aud: client.id,
      exp: at + 3600,
      iat: at,
      nbf: at,
      tid: tenant.id,
      uti: randomUUID(),
      ...profile,
      ...(scopes.includes("email") ? { email: user.address } : {}),
      ...(nonce === undefined ? {} : { nonce }),
      ...forged.claims,
    };
    return this.sign(claims, forged);
  }

  sign(claims, { alg = "RS256", key } = {}) {
    const signer = key === undefined ? this.published[0] : signingKey("unknown");
    const kid = key === "swapped" ? this.published[0].jwk.kid : signer.jwk.kid;
    const signed = `${base64url({ typ: "JWT", alg, kid })}.${base64url(claims)}`;
    if (alg === "none") return `${signed}.`;
    if (alg === "HS256") return `${signed}.${createHmac("sha256", signer.pem).update(signed).digest("base64url")}`;
    return `${signed}.${createSign("RSA-SHA256").update(signed).sign(signer.privateKey, "base64url")}`;
  }
}
