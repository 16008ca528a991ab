// The identity platform: authorize, token, refresh, discovery, keys.
//
// Codes are good once, for ten minutes, for the same client, redirect_uri and PKCE verifier.
// Every refresh gives a new refresh token; the old one works for a grace that a test sets
// (`refreshGraceMs`), then no more. Nobody is asked anything: who logs in is `signIn(address)`
// or the request's login_hint, and a user consents to all but `withholds`.
//
// Stricter than the real one: state, nonce (with openid) and PKCE with S256 must be there, since
// Postroom has to send them; a parameter may stand once only.

import { createHash, timingSafeEqual } from "node:crypto";
import { TokenRefusal, waiting } from "./answer.mjs";
import { Keys } from "./keys.mjs";
import { DAY, MINUTE } from "./world.mjs";

const OPENID = ["openid", "profile", "email", "offline_access"];
const GRAPH = "https://graph.microsoft.com/";
const PROMPTS = ["login", "none", "consent", "select_account"];
const CODE_MS = 10 * MINUTE;
const IDLE_MS = 90 * DAY; // after which an unused refresh token is dead

export const scopeName = (word) =>
  (word.toLowerCase().startsWith(GRAPH) ? word.slice(GRAPH.length) : word).toLowerCase();
const scopeList = (text) => (text ?? "").split(" ").filter(Boolean).map(scopeName);

function sameSecret(a, b) {
  const hash = (text) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

export class Identity {
  constructor(world, faults, { client, accessTokenSeconds = 3599, refreshGraceMs = MINUTE }) {
    Object.assign(this, { world, faults, client, accessTokenSeconds, refreshGraceMs });
    this.keys = new Keys();
    this.codes = new Map();
    this.refreshTokens = new Map();
    this.accessTokens = new Map();
    this.refreshCount = 0; // refreshes that were carried out
  }

  /** Who is at the browser when the next authorize comes. */
  signIn(address) {
    this.user = this.world.mailbox(address);
  }

  /**
   * Takes back every token of a user, as a new password or an administrator does. With
   * `{ refreshOnly: true }` access tokens live on to their end, as they mostly do.
   */
  revoke(address, { refreshOnly = false } = {}) {
    const { oid } = this.world.mailbox(address);
    const access = refreshOnly ? [] : this.accessTokens.values();
    for (const token of [...access, ...this.refreshTokens.values()]) {
      if (token.user?.oid === oid) token.revoked = true;
    }
  }

  /** Answers a request to the login host, or gives undefined where nothing lives. */
  answer(method, path, query, form, headers) {
    const [, tenant, ...rest] = path.split("/");
    const place = rest.join("/");
    if (method === "GET" && place === "oauth2/v2.0/authorize") return this.authorize(tenant, query);
    if (place === "oauth2/v2.0/token") return this.token(tenant, method, form, headers);
    if (method === "GET" && place === "discovery/v2.0/keys") return { status: 200, body: this.keys.jwks() };
    if (method === "GET" && place === "v2.0/.well-known/openid-configuration") {
      return { status: 200, body: this.configuration(tenant) };
    }
    return undefined;
  }

  issuer(tenant) {
    return `${this.world.origin}/${tenant}/v2.0`;
  }

  configuration(tenant) {
    const at = `${this.world.origin}/${tenant}`;
    const shared = ["common", "organizations", "consumers"].includes(tenant);
    return {
      issuer: this.issuer(shared ? "{tenantid}" : this.world.tenant.id),
      authorization_endpoint: `${at}/oauth2/v2.0/authorize`,
      token_endpoint: `${at}/oauth2/v2.0/token`,
      jwks_uri: `${at}/discovery/v2.0/keys`,
      response_modes_supported: ["query"],
      response_types_supported: ["code"],
      subject_types_supported: ["pairwise"],
      id_token_signing_alg_values_supported: ["RS256"],
      token_endpoint_auth_methods_supported: ["client_secret_post"],
      scopes_supported: OPENID,
    };
  }

  isTenant(name) {
    return ["common", "organizations", this.world.tenant.id, this.world.tenant.domain].includes(name);
  }

  /** 302 to the application, with a code or an error; a page where it cannot be trusted with one. */
  authorize(tenant, query) {
    const page = (number, message) => ({
      status: 400,
      body: Buffer.from(`<p>AADSTS${number}: ${message}</p>`),
      type: "text/html",
    });
    if (!this.isTenant(tenant)) return page(90002, `Tenant '${tenant}' not found.`);
    if (query.get("client_id") !== this.client.id) return page(700016, "Application was not found in the directory.");
    const redirectUri = query.get("redirect_uri");
    if (!this.client.redirectUris.includes(redirectUri)) return page(50011, "The redirect URI does not match.");
    const to = (more) => {
      const url = new URL(redirectUri);
      const state = query.get("state");
      for (const [name, value] of Object.entries({ ...more, ...(state === null ? {} : { state }) }))
        url.searchParams.set(name, value);
      return { status: 302, headers: { location: url.href, "cache-control": "no-store" } };
    };
    const no = (error, description) => to({ error, error_description: description });
    const wrong = this.wrongIn(query);
    if (wrong) return no(...wrong);
    const fault = this.faults.take("authorize");
    if (fault?.fault === "denied") return no("access_denied", "AADSTS65004: User declined to consent.");
    const user = this.world.mailbox(query.get("login_hint") ?? "") ?? this.user;
    if (!user || query.get("prompt") === "none")
      return no("interaction_required", "AADSTS16000: The user must choose an account.");
    const code = this.world.opaque("0.A");
    const asked = scopeList(query.get("scope"));
    const scopes = asked.filter((scope) => !user.withholds.includes(scope));
    this.codes.set(code, {
      user,
      scopes,
      redirectUri,
      nonce: query.get("nonce") ?? undefined,
      challenge: query.get("code_challenge"),
      until: this.world.now() + CODE_MS,
    });
    return to({ code, session_state: this.world.opaque().slice(0, 32) });
  }

  /** What is wrong with the parameters of authorize: [error, description]. */
  wrongIn(query) {
    const invalid = (message) => ["invalid_request", `AADSTS900144: ${message}`];
    for (const name of query.keys()) if (query.getAll(name).length > 1) return invalid(`'${name}' stands twice.`);
    if (query.get("response_type") !== "code")
      return ["unsupported_response_type", "AADSTS700054: only 'code' is enabled."];
    if (query.get("response_mode") !== "query") return invalid("'response_mode' must be 'query'.");
    if (!query.get("scope")) return invalid("The request must contain 'scope'.");
    if (!query.get("state")) return invalid("The request must contain 'state'.");
    if (scopeList(query.get("scope")).includes("openid") && !query.get("nonce"))
      return invalid("The request must contain 'nonce'.");
    if (query.get("code_challenge_method") !== "S256") return invalid("'code_challenge_method' must be 'S256'.");
    if (!/^[\w-]{43}$/.test(query.get("code_challenge") ?? "")) return invalid("'code_challenge' is malformed.");
    if (query.has("prompt") && !PROMPTS.includes(query.get("prompt"))) return invalid("'prompt' is not known.");
    return undefined;
  }

  token(tenant, method, form, headers) {
    const fault = this.faults.take(form.get("grant_type") === "refresh_token" ? "refresh" : "token");
    const answered = { fault };
    if (fault?.fault === "cut") return answered; // nothing is done, and the server cuts the connection
    try {
      return Object.assign(answered, { status: 200, ...this.grant(tenant, method, form, headers, fault) });
    } catch (refusal) {
      if (!(refusal instanceof TokenRefusal)) throw refusal;
      const correlationId = headers["client-request-id"];
      return Object.assign(answered, refusal.asIdentity({ now: this.world.now(), correlationId }));
    }
  }

  grant(tenant, method, form, headers, fault) {
    if (method !== "POST")
      throw new TokenRefusal("invalid_request", 900561, "The endpoint only accepts POST requests.");
    if (!/^application\/x-www-form-urlencoded\b/.test(headers["content-type"] ?? "")) {
      throw new TokenRefusal("invalid_request", 900144, "The request body must be a form.");
    }
    if (!this.isTenant(tenant)) throw new TokenRefusal("invalid_request", 90002, `Tenant '${tenant}' not found.`);
    for (const name of form.keys()) {
      if (form.getAll(name).length > 1) throw new TokenRefusal("invalid_request", 900144, `'${name}' stands twice.`);
    }
    this.authenticate(form);
    this.refuseBy(fault, form);
    switch (form.get("grant_type")) {
      case "authorization_code":
        return this.redeem(form, fault);
      case "refresh_token":
        return this.refresh(form, fault);
      case "client_credentials":
        return this.appOnly(tenant, form);
      default:
        throw new TokenRefusal("unsupported_grant_type", 70003, "The grant type is not supported.");
    }
  }

  authenticate(form) {
    if (form.get("client_id") !== this.client.id) {
      throw new TokenRefusal("unauthorized_client", 700016, "Application was not found in the directory.");
    }
    if (!form.get("client_secret")) {
      throw new TokenRefusal("invalid_client", 7000218, "The request body must contain 'client_secret'.", 401);
    }
    if (!sameSecret(form.get("client_secret"), this.client.secret)) {
      throw new TokenRefusal("invalid_client", 7000215, "Invalid client secret provided.", 401);
    }
  }

  refuseBy(fault, form) {
    switch (fault?.fault) {
      case "temporarily_unavailable":
        throw new TokenRefusal(
          "temporarily_unavailable",
          90033,
          "A transient error has occurred. Please try again.",
          503,
        );
      case "throttled":
        throw new TokenRefusal(
          "temporarily_unavailable",
          90055,
          "The tenant is over its limit of requests.",
          429,
          waiting(fault.retryAfter),
        );
      case "unavailable":
        throw new TokenRefusal(
          "temporarily_unavailable",
          90033,
          "The service is unavailable.",
          503,
          waiting(fault.retryAfter),
        );
      case "refused":
        throw new TokenRefusal(
          fault.code ?? "server_error",
          fault.number ?? 90000,
          fault.message ?? "Refused by the script.",
          fault.status,
        );
      case "interaction_required":
        throw new TokenRefusal("interaction_required", 50076, "The user must use multi-factor authentication.");
      case "revoked": {
        const owner = this.refreshTokens.get(form.get("refresh_token"))?.user;
        if (owner) this.revoke(owner.address);
        throw new TokenRefusal("invalid_grant", 50173, "The provided grant has expired due to it being revoked.");
      }
      case "invalid_grant":
        throw new TokenRefusal("invalid_grant", 50173, "The provided grant has expired due to it being revoked.");
      default:
    }
  }

  redeem(form, fault) {
    const code = this.codes.get(form.get("code"));
    if (!code)
      throw new TokenRefusal("invalid_grant", 70000, "The provided value for the 'code' parameter is not valid.");
    if (code.used) throw new TokenRefusal("invalid_grant", 54005, "OAuth2 Authorization code was already redeemed.");
    if (this.world.now() >= code.until)
      throw new TokenRefusal("invalid_grant", 70008, "The provided authorization code has expired.");
    if (form.get("redirect_uri") !== code.redirectUri) {
      throw new TokenRefusal("invalid_grant", 50011, "The redirect URI does not match that of the code.");
    }
    const verifier = form.get("code_verifier") ?? "";
    const isShaped = /^[\w.~-]{43,128}$/.test(verifier);
    if (!isShaped || createHash("sha256").update(verifier).digest("base64url") !== code.challenge) {
      throw new TokenRefusal("invalid_grant", 501481, "The Code_Verifier does not match the code_challenge.");
    }
    const scopes = this.narrowed(form, code.scopes, code.user);
    code.used = true;
    return this.tokens(code.user, code.scopes, scopes, { nonce: code.nonce, fault });
  }

  refresh(form, fault) {
    const token = this.refreshTokens.get(form.get("refresh_token"));
    const now = this.world.now();
    if (!token) throw new TokenRefusal("invalid_grant", 9002313, "The provided refresh token is malformed.");
    if (token.revoked)
      throw new TokenRefusal("invalid_grant", 50173, "The provided grant has expired due to it being revoked.");
    if (token.replacedAt !== undefined && now - token.replacedAt >= this.refreshGraceMs) {
      throw new TokenRefusal("invalid_grant", 70000, "The provided refresh token was replaced by another.");
    }
    if (now - token.at >= IDLE_MS)
      throw new TokenRefusal("invalid_grant", 700082, "The refresh token has expired due to inactivity.");
    const scopes = this.narrowed(form, token.granted, token.user);
    token.replacedAt ??= now;
    this.refreshCount += 1;
    return this.tokens(token.user, token.granted, scopes, { fault });
  }

  /** The scopes that are asked for, all of which the user must have granted. */
  narrowed(form, granted, user) {
    if (!form.has("scope")) return granted;
    const asked = scopeList(form.get("scope"));
    // What the user withheld is left out without a word; what was never asked for is refused.
    const strange = asked.filter((scope) => !granted.includes(scope) && !user.withholds.includes(scope));
    if (strange.length > 0) {
      throw new TokenRefusal("invalid_grant", 65001, `The user has not consented to '${strange.join(" ")}'.`);
    }
    return asked.filter((scope) => granted.includes(scope));
  }

  tokens(user, granted, scopes, { nonce, fault } = {}) {
    const { world } = this;
    const now = world.now();
    const accessToken = world.opaque("EwB");
    const until = now + this.accessTokenSeconds * 1000;
    this.accessTokens.set(accessToken, { user, scopes, until, kind: "delegated" });
    const body = {
      token_type: "Bearer",
      scope: scopes
        .filter((scope) => scope !== "offline_access")
        .map(shown)
        .join(" "),
      expires_in: this.accessTokenSeconds,
      ext_expires_in: this.accessTokenSeconds,
      access_token: accessToken,
    };
    if (scopes.includes("offline_access")) {
      body.refresh_token = world.opaque("1.A");
      this.refreshTokens.set(body.refresh_token, { user, granted, at: now });
    }
    if (scopes.includes("openid")) {
      const forged = fault?.fault === "forged" ? fault : {};
      const { tenant } = world;
      body.id_token = this.keys.idToken({
        issuer: this.issuer(tenant.id),
        tenant,
        client: this.client,
        user,
        nonce,
        scopes,
        now,
        forged,
      });
    }
    return { headers: { "cache-control": "no-store", pragma: "no-cache" }, body };
  }

  /** The application by itself, with the roles that an administrator gave it. */
  appOnly(tenant, form) {
    if (["common", "organizations"].includes(tenant)) {
      throw new TokenRefusal("invalid_request", 50194, "Use a tenant-specific endpoint.");
    }
    if (form.get("scope") !== `${GRAPH}.default`) {
      throw new TokenRefusal("invalid_scope", 1002012, "The provided value for scope is not valid: use /.default.");
    }
    const accessToken = this.world.opaque("EwB");
    const until = this.world.now() + this.accessTokenSeconds * 1000;
    const scopes = this.client.roles.map(scopeName);
    this.accessTokens.set(accessToken, { scopes, until, kind: "application" });
    const body = {
      token_type: "Bearer",
      expires_in: this.accessTokenSeconds,
      ext_expires_in: this.accessTokenSeconds,
      access_token: accessToken,
    };
    return { headers: { "cache-control": "no-store" }, body };
  }
}

const KNOWN = [
  "User.Read",
  "Mail.Read",
  "Mail.ReadWrite",
  "Mail.Send",
  "Mail.Read.Shared",
  "Mail.ReadWrite.Shared",
  "Mail.Send.Shared",
];

/** A scope as the token endpoint writes it. */
const shown = (scope) => {
  const known = KNOWN.find((name) => name.toLowerCase() === scope);
  return known ? GRAPH + known : scope;
};
