// What the stand-in says no with: Graph's error body, and the identity platform's.
//
// A handler throws a Refusal; the server writes it. Codes and sentences marked (mem) are from
// memory, not from the documentation: clients must not branch on those sentences.

import { randomUUID } from "node:crypto";

/** A request that is answered with an error: HTTP status, code, sentence, further headers. */
export class Refusal extends Error {
  constructor(status, code, message, headers = {}) {
    super(message);
    Object.assign(this, { status, code, headers });
  }

  /** The answer as Graph writes it. */
  asGraph({ requestId, clientRequestId, now }) {
    const date = new Date(now).toISOString().slice(0, 19);
    const innerError = { date, "request-id": requestId, "client-request-id": clientRequestId ?? requestId };
    const body = { error: { code: this.code, message: this.message, innerError } };
    return { status: this.status, headers: this.headers, body };
  }
}

/** A refusal of the token endpoint: `error` is what clients branch on, `number` the AADSTS code. */
export class TokenRefusal extends Error {
  constructor(error, number, message, status = 400, headers = {}) {
    super(message);
    Object.assign(this, { error, number, status, headers });
  }

  /** The answer as the identity platform writes it. */
  asIdentity({ now, correlationId }) {
    const timestamp = new Date(now).toISOString().slice(0, 19).replace("T", " ") + "Z";
    const trace = randomUUID();
    const said = `AADSTS${this.number}: ${this.message} Trace ID: ${trace} Timestamp: ${timestamp}`;
    const body = {
      error: this.error,
      error_description: said,
      error_codes: [this.number],
      timestamp,
      trace_id: trace,
      correlation_id: correlationId ?? randomUUID(),
    };
    return { status: this.status, headers: { "cache-control": "no-store", ...this.headers }, body };
  }
}

export const badRequest = (message, code = "BadRequest") => new Refusal(400, code, message);
export const malformedId = () => new Refusal(400, "ErrorInvalidIdMalformed", "Id is malformed.");
export const notFound = (message = "The specified object was not found in the store.") =>
  new Refusal(404, "ErrorItemNotFound", message);
export const denied = (message = "Access is denied. Check credentials and try again.") =>
  new Refusal(403, "ErrorAccessDenied", message);
export const unauthorized = (message) =>
  new Refusal(401, "InvalidAuthenticationToken", message, {
    "www-authenticate": 'Bearer realm="", error="invalid_token"',
  });

/** 429 as Exchange gives it; `retryAfter` in seconds, left out where undefined. */
export const throttled = (limit, retryAfter) =>
  new Refusal(429, "ApplicationThrottled", `Application is over its ${limit} limit.`, waiting(retryAfter));

export const unavailable = (retryAfter) =>
  new Refusal(503, "ServiceUnavailable", "The service is unavailable.", waiting(retryAfter));

/** The header that says how long to wait, where it is said at all. */
export const waiting = (seconds) => (seconds === undefined ? {} : { "retry-after": String(seconds) });
