// Which path is which operation, and what carries it out.
//
// Segments may be written `messages('id')` or `messages/id`, and their names in any case.

import { badRequest } from "./answer.mjs";
import { SCOPES } from "./access.mjs";
import * as attachments from "./attachments.mjs";
import * as messages from "./messages.mjs";
import * as send from "./send.mjs";

const M = "{message}";
const MESSAGE_ROUTES = [
  ["GET", M, "get", messages.getMessage],
  ["PATCH", M, "patch", messages.patchMessage],
  ["DELETE", M, "remove", messages.removeMessage],
  ["GET", `${M}/$value`, "mime", messages.getMime],
  ["POST", `${M}/createreply`, "createReply", send.createReply],
  ["POST", `${M}/createreplyall`, "createReply", send.createReply],
  ["POST", `${M}/reply`, "reply", send.reply],
  ["POST", `${M}/replyall`, "reply", send.reply],
  ["POST", `${M}/send`, "send", send.sendDraft],
  ["POST", `${M}/move`, "move", messages.moveMessage],
  ["GET", `${M}/attachments`, "attachments", attachments.listAttachments],
  ["POST", `${M}/attachments`, "attach", attachments.attach],
  ["POST", `${M}/attachments/createuploadsession`, "createUploadSession", attachments.createUploadSession],
  ["GET", `${M}/attachments/{attachment}`, "attachment", attachments.getAttachment],
  ["DELETE", `${M}/attachments/{attachment}`, "detach", attachments.detach],
  ["GET", `${M}/attachments/{attachment}/$value`, "attachmentValue", attachments.getAttachmentValue],
];

/** The delta of a folder, for the call's own Delta. */
const delta = (call) => {
  const { mailbox, prefer, query, path, fault } = call;
  return call.delta.answer({
    mailbox,
    folder: messages.folderOf(mailbox, call.params.folder),
    prefer,
    query,
    path,
    fault,
  });
};

const ROUTES = [
  ["GET", "", "me", messages.getMe],
  ["POST", "sendmail", "sendMail", send.sendMail],
  ["GET", "mailfolders", "folders", messages.listFolders],
  ["GET", "mailfolders/{folder}", "folder", messages.getFolder],
  ["GET", "mailfolders/{folder}/messages/delta", "delta", delta],
  ...["messages", "mailfolders/{folder}/messages"].flatMap((at) => [
    ["GET", at, "list", messages.listMessages],
    ["POST", at, "createDraft", messages.createDraft],
    ...MESSAGE_ROUTES.map(([method, path, op, run]) => [method, `${at}/${path}`, op, run]),
  ]),
].map(([method, path, op, run]) => ({ method, path: path === "" ? [] : path.split("/"), op, run }));

const SUBSCRIPTION_ROUTES = [
  ["POST", [], "subscribe", (call) => call.subscriptions.create(call)],
  ["GET", [], "subscriptions", (call) => call.subscriptions.list(call)],
  ["GET", ["{subscription}"], "subscriptions", (call) => call.subscriptions.get(call)],
  ["PATCH", ["{subscription}"], "renew", (call) => call.subscriptions.renew(call)],
  ["DELETE", ["{subscription}"], "unsubscribe", (call) => call.subscriptions.remove(call)],
  ["POST", ["{subscription}", "reauthorize"], "reauthorize", (call) => call.subscriptions.reauthorize(call)],
].map(([method, path, op, run]) => ({ method, path, op, run }));

/** Every operation that a script can name. "search" is a list by internetMessageId, "upload" a range. */
export const OPERATIONS = [...Object.keys(SCOPES), "upload"];

/** The segments of a path: `a('b')/c` is a, b, c. */
function segmentsOf(path) {
  const parts = path.split("/").filter(Boolean);
  return parts.flatMap((part) => {
    const text = decoded(part);
    const [, name, key] = /^([^(']+)\('(.*)'\)$/.exec(text) ?? [null, text];
    return key === undefined ? [name] : [name, key.replaceAll("''", "'")];
  });
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest("The path is not well encoded.");
  }
}

function match(routes, method, segments) {
  for (const route of routes) {
    const params = {};
    const fits = (word, at) => {
      const name = /^\{(\w+)\}$/.exec(word)?.[1];
      if (!name) return word === segments[at].toLowerCase();
      params[name] = segments[at];
      return true;
    };
    if (route.method !== method || route.path.length !== segments.length || !route.path.every(fits)) continue;
    return { op: route.op, run: route.run, params: { ...params, action: segments.at(-1)?.toLowerCase() } };
  }
  return undefined;
}

/** { op, run, params, owner } of a request to `/v1.0`: owner is "me", an address or an object id. */
export function routeOf(method, path, query) {
  const [version, root, ...rest] = segmentsOf(path);
  const nothing = () => badRequest(`Resource not found for the segment '${rest.at(-1) ?? root ?? version}'.`);
  if (version !== "v1.0") throw badRequest("Invalid version.");
  const kind = root?.toLowerCase();
  if (kind === "subscriptions") {
    const route = match(SUBSCRIPTION_ROUTES, method, rest);
    if (!route) throw nothing();
    return { ...route, owner: undefined };
  }
  const owner = kind === "me" ? "me" : kind === "users" ? rest.shift() : undefined;
  const route = owner && match(ROUTES, method, rest);
  if (!route) throw nothing();
  const isSearch = route.op === "list" && /\binternetMessageId\b/.test(query.get("$filter") ?? "");
  return { ...route, owner, op: isSearch ? "search" : route.op };
}

/** What a subscription's resource means: { owner, folder? }. */
export function targetOf(resource) {
  const [root, ...rest] = segmentsOf(String(resource ?? ""));
  const owner = root?.toLowerCase() === "me" ? "me" : root?.toLowerCase() === "users" ? rest.shift() : undefined;
  const names = rest.map((name) => name.toLowerCase());
  if (owner && names.length === 1 && names[0] === "messages") return { owner };
  if (owner && names.length === 3 && names[0] === "mailfolders" && names[2] === "messages")
    return { owner, folder: rest[1] };
  throw badRequest(`Resource '${resource}' is not supported.`, "ExtensionError");
}
