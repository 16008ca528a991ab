// A message as Graph writes it, and what a client may write into one.

import { badRequest, Refusal } from "./answer.mjs";

const emailOf = (recipient) => recipient && { emailAddress: { ...recipient.emailAddress } };
const emails = (list) => list.map(emailOf);
const iso = (ms) => new Date(ms).toISOString().slice(0, 19) + "Z";

/** Every property, and what it is of a message; `ask` is { prefer, mailbox }. */
const PROPERTIES = {
  createdDateTime: (m) => iso(m.created),
  lastModifiedDateTime: (m) => iso(m.modified),
  changeKey: (m) => changeKey(m),
  categories: (m) => m.categories,
  receivedDateTime: (m) => iso(m.received),
  sentDateTime: (m) => iso(m.sent),
  hasAttachments: (m) => m.attachments.some((file) => !file.isInline), // false for inline ones alone
  internetMessageId: (m) => m.internetMessageId,
  subject: (m) => m.subject,
  bodyPreview: (m) => plain(m.body).replace(/\s+/g, " ").trim().slice(0, 255),
  importance: (m) => m.importance,
  parentFolderId: (m) => m.folder,
  conversationId: (m) => m.conversationId,
  conversationIndex: (m) => m.conversationIndex,
  isRead: (m) => m.isRead,
  isDraft: (m) => m.isDraft,
  body: (m, ask) => inType(m.body, ask.prefer.bodyType),
  sender: (m) => emailOf(m.sender),
  from: (m) => emailOf(m.from),
  toRecipients: (m) => emails(m.to),
  ccRecipients: (m) => emails(m.cc),
  bccRecipients: (m) => emails(m.bcc),
  replyTo: (m) => emails(m.replyTo),
  uniqueBody: (m, ask) => inType(unique(m.body), ask.prefer.bodyType),
  internetMessageHeaders: (m) => headersOf(m),
};

const BY_SELECT_ALONE = ["uniqueBody", "internetMessageHeaders"];
const ALWAYS = Object.keys(PROPERTIES).filter((name) => !BY_SELECT_ALONE.includes(name));

const changeKey = (m) => Buffer.from(`${m.key.slice(0, 16)}${String(m.revision).padStart(8, "0")}`).toString("base64");
export const etag = (m) => `W/"${changeKey(m)}"`;

/** The names in a $select, each of which must be a property of a message. */
export function selected(text) {
  if (text === undefined) return undefined;
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) {
    if (name !== "id" && !(name in PROPERTIES)) {
      const said = `Could not find a property named '${name}' on type 'Microsoft.OutlookServices.Message'.`;
      throw badRequest(said, "RequestBroker--ParseUri");
    }
  }
  return names.filter((name) => name !== "id");
}

/** A message as JSON; the id is there whether it is selected or not. */
export function shownMessage(message, { mailbox, prefer, select }) {
  const ask = { mailbox, prefer };
  const json = { "@odata.etag": etag(message), id: mailbox.idOf(message, prefer) };
  for (const name of select ?? ALWAYS) {
    const value = PROPERTIES[name](message, ask);
    if (value !== undefined) json[name] = value;
  }
  return json;
}

/** Headers as transport brought them; of what was sent from here only the client's own are known. */
function headersOf(message) {
  const own = message.headers.filter(({ name }) => /^x-/i.test(name));
  return message.raw && !message.leftFromHere ? message.headers : own;
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00a0", "#39": "'" };

/** The text of a body. */
export function plain({ contentType, content }) {
  if (contentType === "text") return content;
  const lines = content
    .replace(/<(style|script|head)\b[\s\S]*?<\/\1>/gi, "")
    .replace(/<(br|\/p|\/div|hr)\b[^>]*>/gi, "\r\n");
  return lines.replace(/<[^>]*>/g, "").replace(/&(#39|\w+);/g, (all, name) => ENTITIES[name] ?? all);
}

/** A body as text or as HTML: Graph makes the one from the other. */
function inType(body, contentType) {
  if (body.contentType === contentType) return { ...body };
  if (contentType === "text") return { contentType, content: plain(body) };
  return {
    contentType,
    content: `<html><head></head><body><div class="PlainText">${escaped(body.content)}</div></body></html>`,
  };
}

/** The part of a body before what it quotes, roughly. */
function unique({ contentType, content }) {
  const quote =
    contentType === "html"
      ? /<(hr|blockquote|div id="(appendonsend|divRplyFwdMsg)")/i
      : /^(>|On .*wrote:$|-----Original)/m;
  const at = content.search(quote);
  return { contentType, content: at < 0 ? content : content.slice(0, at) };
}

const WRITABLE = {
  subject: "subject",
  body: "body",
  toRecipients: "to",
  ccRecipients: "cc",
  bccRecipients: "bcc",
  replyTo: "replyTo",
  from: "from",
  sender: "sender",
  importance: "importance",
  categories: "categories",
  isRead: "isRead",
  internetMessageId: "internetMessageId",
  internetMessageHeaders: "headers",
};
const ALWAYS_WRITABLE = ["isRead", "categories", "importance"];
const OWN_HEADERS_MAX = 5;

/** What a client's JSON says a message should be: the fields of ours that it sets. */
export function writtenMessage(json, { isNew, isDraft = true }) {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw badRequest("A message was expected.");
  const fields = {};
  for (const [name, value] of Object.entries(json)) {
    if (name.startsWith("@odata.") || name === "attachments") continue;
    const field = WRITABLE[name];
    if (!field && !(name in PROPERTIES)) {
      const said = `The property '${name}' does not exist on type 'microsoft.graph.message'. Make sure to only use property names that are defined by the type.`;
      throw badRequest(said, "RequestBodyRead");
    }
    if (!field || (!isDraft && !ALWAYS_WRITABLE.includes(name)) || (!isNew && name === "internetMessageHeaders")) {
      throw badRequest(`Set action is invalid for property '${name}'.`, "ErrorInvalidPropertySet"); // (mem)
    }
    fields[field] = checked(name, value);
  }
  return fields;
}

function checked(name, value) {
  if (name.endsWith("Recipients") || name === "replyTo") {
    if (!Array.isArray(value)) throw badRequest(`'${name}' must be a list.`, "RequestBodyRead");
    return value.map(recipient);
  }
  if (name === "from" || name === "sender") return recipient(value);
  if (name === "body") return body(value);
  if (name === "internetMessageHeaders") return ownHeaders(value);
  const kind = { isRead: "boolean", categories: "object" }[name] ?? "string";
  if (typeof value !== kind) throw badRequest(`'${name}' must be a ${kind}.`, "RequestBodyRead");
  if (name === "subject" && /[\r\n]/.test(value)) return value.replace(/[\r\n]+/g, " ");
  return value;
}

function recipient(value) {
  const address = value?.emailAddress?.address;
  if (typeof address !== "string") throw badRequest("A recipient has no address.", "RequestBodyRead");
  if (!/^[^\s@<>,;]+@[^\s@<>,;]+$/.test(address)) {
    throw badRequest("At least one recipient isn't valid., Recipient address is not valid.", "ErrorInvalidRecipients");
  }
  return { emailAddress: { name: value.emailAddress.name ?? address, address } };
}

function body(value) {
  const contentType = value?.contentType?.toLowerCase?.();
  if (!["text", "html"].includes(contentType) || typeof value.content !== "string") {
    throw badRequest("'body' needs a contentType of text or html, and a content.", "RequestBodyRead");
  }
  return { contentType, content: value.content };
}

function ownHeaders(list) {
  if (!Array.isArray(list)) throw badRequest("'internetMessageHeaders' must be a list.", "RequestBodyRead");
  if (list.length > OWN_HEADERS_MAX) {
    const said = `Maximum number of headers in one message should be less than or equal to ${OWN_HEADERS_MAX}.`;
    throw badRequest(said, "InvalidInternetMessageHeaderCollection"); // (mem)
  }
  for (const one of list) {
    const { name, value } = one ?? {};
    if (!/^x-/i.test(name ?? "")) {
      throw badRequest(
        `The internet message header name '${name}' should start with 'x-' or 'X-'.`,
        "InvalidInternetMessageHeader",
      );
    }
    if (typeof value !== "string" || /[\r\n\0]/.test(value))
      throw badRequest("A header's value is not valid.", "InvalidInternetMessageHeader");
  }
  return list.map(({ name, value }) => ({ name, value }));
}

/** Says no to a change of another version than the client knows. */
export function unchanged(message, ifMatch) {
  if (ifMatch === undefined || ifMatch === "*" || ifMatch === etag(message)) return;
  throw new Refusal(
    412,
    "ErrorIrresolvableConflict",
    "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
  );
}
