// Reading and changing messages: lists and search, one message, its raw form, drafts, moves.

import { badRequest, notFound } from "./answer.mjs";
import { newAttachments } from "./attachments.mjs";
import { header, parseMail, writeMail } from "./mime.mjs";
import { fieldsOf } from "./mailbox.mjs";
import { options, listOptions } from "./query.mjs";
import { plain, selected, shownMessage, unchanged, writtenMessage } from "./message.mjs";

const LIST_SIZE = 10;

export function getMe({ mailbox: { oid, name, address }, query }) {
  options(query, []);
  return { status: 200, body: { id: oid, displayName: name, mail: address, userPrincipalName: address } };
}

const shownFolder = (mailbox, folder) => {
  const inside = mailbox.in(folder.id);
  const counts = { totalItemCount: inside.length, unreadItemCount: inside.filter((m) => !m.isRead).length };
  return { id: folder.id, displayName: folder.displayName, ...counts };
};

export function listFolders({ mailbox, query }) {
  options(query, []);
  return { status: 200, body: { value: [...mailbox.folders.values()].map((folder) => shownFolder(mailbox, folder)) } };
}

export function getFolder({ mailbox, query, params }) {
  options(query, []);
  return { status: 200, body: shownFolder(mailbox, folderOf(mailbox, params.folder)) };
}

export function folderOf(mailbox, name) {
  const folder = mailbox.folder(name);
  if (!folder) throw notFound();
  return folder;
}

/** The message of a request's path. */
export function messageOf({ mailbox, params, prefer }) {
  const message = mailbox.find(params.message, prefer);
  const isThere = message && (!params.folder || message.folder === folderOf(mailbox, params.folder).id);
  if (!isThere) throw notFound();
  return message;
}

/** A list, of a folder or of the whole mailbox; what is held in the outbox is nowhere. */
export function listMessages({ world, mailbox, query, prefer, params, path }) {
  const asked = listOptions(query);
  const folder = params.folder && folderOf(mailbox, params.folder);
  const all = [...mailbox.messages.values()].filter((m) => !m.isHidden && (!folder || m.folder === folder.id));
  const found = all.filter(asked.matches).sort(asked.order);
  const size = asked.top ?? prefer.pageSize ?? LIST_SIZE;
  const page = found.slice(asked.skip, asked.skip + size);
  const body = { value: page.map((m) => shownMessage(m, { mailbox, prefer, select: asked.select })) };
  if (asked.skip + size < found.length) {
    const next = new URLSearchParams({ ...asked.raw, $skip: String(asked.skip + size) });
    body["@odata.nextLink"] = `${world.origin}${path}?${next}`;
  }
  return { status: 200, body };
}

export function getMessage(call) {
  const { $select } = options(call.query, ["$select"]);
  const select = selected($select);
  const { mailbox, prefer } = call;
  return { status: 200, body: shownMessage(messageOf(call), { mailbox, prefer, select }) };
}

/** The raw form, as it came, or written now. */
export function getMime(call) {
  options(call.query, []);
  return { status: 200, type: "text/plain", body: rawOf(messageOf(call)) };
}

/** The raw mail of a message: as transport brought it, else made of its parts. */
export function rawOf(message) {
  if (message.raw) return message.raw;
  const { contentType, content } = message.body;
  const own = message.headers.filter(({ name }) => /^x-/i.test(name)).map(({ name, value }) => [name, value]);
  const thread = [
    ["In-Reply-To", message.inReplyTo],
    ["References", message.references?.join("\r\n ")],
  ];
  const index = [
    ["Thread-Topic", message.subject.replace(/^(re|fw|fwd):\s*/i, "")],
    ["Thread-Index", message.conversationIndex],
  ];
  return writeMail({
    headers: [["Message-ID", message.internetMessageId], ...thread, ...index, ...own],
    from: message.from,
    sender: message.sender?.emailAddress.address === message.from?.emailAddress.address ? undefined : message.sender,
    to: message.to,
    cc: message.cc,
    replyTo: message.replyTo,
    subject: message.subject,
    date: message.sent,
    text: plain(message.body),
    html: contentType === "html" ? content : undefined,
    attachments: message.attachments,
    seed: message.key,
  });
}

/** The fields of a message that a client brings as MIME: base64 of RFC 5322, as text/plain. */
export function mimeFields(body) {
  const text = body.toString("latin1").trim();
  if (text === "" || !/^[A-Za-z0-9+/\s]*={0,2}$/.test(text)) {
    throw badRequest("Invalid base64 string for MIME content.", "ErrorMimeContentInvalidBase64String");
  }
  const raw = Buffer.from(text, "base64");
  const mail = parseMail(raw);
  if (!header(mail.headers, "from") && !header(mail.headers, "to") && !header(mail.headers, "subject")) {
    throw badRequest("Invalid MIME content.", "ErrorMimeContentInvalid"); // (mem)
  }
  return { fields: fieldsOf(mail), mail, raw };
}

/** A draft of a client's, as JSON or as MIME. */
export function createDraft(call) {
  const { mailbox, prefer } = call;
  const folder = folderOf(mailbox, call.params.folder ?? "drafts");
  const message = mailbox.add(folder.id, { ...draftFields(call), isDraft: true, isRead: true });
  return { status: 201, body: shownMessage(message, { mailbox, prefer }) };
}

/** What a new message of a client is: its own words, and the sender. */
export function draftFields(call, json) {
  const { mailbox } = call;
  const own = { emailAddress: { name: mailbox.name, address: mailbox.address } };
  const internetMessageId = mailbox.world.messageId();
  if (json === undefined && /^text\/plain\b/.test(call.headers["content-type"] ?? "")) {
    const { fields, mail, raw } = mimeFields(call.body);
    const brought = header(mail.headers, "message-id");
    const kept = mailbox.world.keepsMessageIds ? brought : undefined;
    const attachments = mail.attachments.map((file) => ({ id: mailbox.attachmentId(), ...file }));
    const thread = {
      inReplyTo: header(mail.headers, "in-reply-to"),
      references: header(mail.headers, "references")?.match(/<[^<>\s]+>/g),
    };
    const same = kept ? raw : undefined; // with another Message-ID it is written anew
    return {
      from: own,
      sender: own,
      internetMessageId: kept ?? internetMessageId,
      headers: mail.headers,
      ...thread,
      ...fields,
      from: fields.from ?? own,
      attachments,
      raw: same,
      ...mailbox.conversationOf(mail.headers),
    };
  }
  const given = json ?? call.json();
  const attachments = newAttachments(mailbox, given.attachments);
  return { from: own, sender: own, internetMessageId, attachments, ...writtenMessage(given, { isNew: true }) };
}

export function patchMessage(call) {
  const { mailbox, prefer } = call;
  const message = messageOf(call);
  unchanged(message, call.headers["if-match"]);
  const fields = writtenMessage(call.json(), { isNew: false, isDraft: message.isDraft });
  mailbox.change(message, { ...fields, ...(message.isDraft ? { raw: undefined } : {}) });
  return { status: 200, body: shownMessage(message, { mailbox, prefer }) };
}

/** A message that a client deletes goes to Deleted Items, and from there for good. */
export function removeMessage(call) {
  const { mailbox } = call;
  const message = messageOf(call);
  if (message.folder === mailbox.folder("deleteditems").id) mailbox.remove(message);
  else mailbox.move(message, "deleteditems");
  return { status: 204 };
}

export function moveMessage(call) {
  const { mailbox, prefer } = call;
  const message = messageOf(call);
  const folder = folderOf(mailbox, call.json().destinationId);
  mailbox.move(message, folder.id);
  return { status: 201, body: shownMessage(message, { mailbox, prefer }) };
}
