// Who may do what: the bearer token, its scopes, and whose mailbox is meant.
//
// `/me` is the user's own. `/users/{address or id}` is the same mailbox, or another's that the user
// was given full access to (`graph.grant`), which needs the `.Shared` scopes; or any that the
// application's access policy allows, for a token of the application itself.

import { badRequest, denied, Refusal, unauthorized } from "./answer.mjs";

const READ = ["mail.read", "mail.readwrite"];
const WRITE = ["mail.readwrite"];
const SEND = ["mail.send"];

/** One of these scopes each operation needs. */
export const SCOPES = {
  me: ["user.read"],
  folders: READ,
  folder: READ,
  list: READ,
  search: READ,
  get: READ,
  mime: READ,
  delta: READ,
  attachments: READ,
  attachment: READ,
  attachmentValue: READ,
  createDraft: WRITE,
  patch: WRITE,
  remove: WRITE,
  move: WRITE,
  createReply: WRITE,
  attach: WRITE,
  detach: WRITE,
  createUploadSession: WRITE,
  send: SEND,
  sendMail: SEND,
  reply: SEND,
  subscribe: READ,
  subscriptions: READ,
  renew: READ,
  reauthorize: READ,
  unsubscribe: READ,
};

/** The holder of a request's token: { user?, scopes, kind }. */
export function principalOf(world, identity, authorization) {
  const [, scheme, token] = /^(\S+)\s+(\S+)$/.exec(authorization ?? "") ?? [];
  if (!token || scheme.toLowerCase() !== "bearer") throw unauthorized("Access token is empty.");
  const found = identity.accessTokens.get(token);
  if (!found) throw unauthorized("Access token validation failure. Invalid audience.");
  if (world.now() >= found.until) throw unauthorized("Lifetime validation failed, the token is expired.");
  if (found.revoked) throw unauthorized("Continuous access evaluation resulted in challenge: the token was revoked.");
  return found;
}

/** The mailbox that `owner` ("me", an address or an object id) means for a principal, with rights checked. */
export function mailboxOf(world, identity, principal, owner, op) {
  const needed = SCOPES[op];
  const has = (scopes) => scopes.some((scope) => principal.scopes.includes(scope));
  if (principal.kind === "application") {
    if (owner === "me") throw badRequest("/me request is only valid with delegated authentication flow.");
    const mailbox = existing(world, owner);
    const policy = identity.client.policy;
    if (!has(needed) || (policy && !policy.includes(mailbox.address))) throw denied();
    return mailbox;
  }
  const mailbox = owner === "me" ? principal.user : existing(world, owner);
  if (mailbox === principal.user) {
    if (!has(needed)) throw denied();
    return mailbox;
  }
  const shared = needed.map((scope) => `${scope}.shared`);
  if (!has(shared) || !world.may(principal.user, mailbox, "fullAccess")) throw denied();
  return mailbox;
}

function existing(world, owner) {
  const mailbox = world.mailbox(owner);
  if (!mailbox) throw new Refusal(404, "ErrorInvalidUser", `The requested user '${owner}' is invalid.`);
  return mailbox;
}

/** Refuses to send as somebody whom the sender may not send as. */
export function maySendAs(world, principal, mailbox, from) {
  const address = from?.emailAddress.address.toLowerCase();
  if (!address || address === mailbox.address || principal.kind === "application") return;
  const other = world.mailbox(address);
  const right = other && ["sendAs", "sendOnBehalf"].some((one) => world.may(principal.user, other, one));
  if (!right || !principal.scopes.includes("mail.send.shared")) {
    throw new Refusal(
      403,
      "ErrorSendAsDenied",
      "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.",
    );
  }
}
