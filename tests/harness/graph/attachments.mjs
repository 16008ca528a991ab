// Attachments: listed, read, added; small ones in one request, those above 3 MB by an upload session.
//
// The upload URL is no Graph address: it says by itself who may use it, an Authorization header is
// refused, ranges come in order and are at most 4 MB.

import { badRequest, notFound, Refusal } from "./answer.mjs";
import { messageOf } from "./messages.mjs";
import { options } from "./query.mjs";
import { MINUTE } from "./world.mjs";

const MB = 1024 * 1024;
const SESSION_MIN = 3_000_000;
const SESSION_MAX = 150 * MB;
const TYPES = {
  file: "#microsoft.graph.fileAttachment",
  item: "#microsoft.graph.itemAttachment",
  reference: "#microsoft.graph.referenceAttachment",
};

/** An attachment as JSON; the bytes of a file only where they are asked for. */
function shown(file, { withContent }) {
  const { id, kind, name, contentType = null, isInline = false, contentId = null, bytes } = file;
  const json = {
    "@odata.type": TYPES[kind],
    "@odata.mediaContentType": contentType,
    id,
    name,
    contentType,
    isInline,
    size: bytes?.length ?? 0,
  };
  if (kind !== "file") return json;
  return {
    ...json,
    contentId,
    contentLocation: null,
    ...(withContent ? { contentBytes: bytes.toString("base64") } : {}),
  };
}

/** What a client's JSON says an attachment should be. */
function newAttachment(mailbox, json) {
  const kind = Object.keys(TYPES).find((one) => TYPES[one] === json?.["@odata.type"]);
  if (!kind) throw badRequest("The '@odata.type' of an attachment is missing or not known.", "RequestBodyRead");
  if (kind !== "file") throw badRequest("Only files can be attached here.", "ErrorInvalidRequest"); // of the stand-in
  if (typeof json.name !== "string" || json.name === "")
    throw badRequest("Required property 'name' is missing.", "ErrorInvalidProperty");
  if (typeof json.contentBytes !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(json.contentBytes)) {
    throw badRequest("Cannot convert the value of 'contentBytes' to Edm.Binary.", "RequestBodyRead");
  }
  const bytes = Buffer.from(json.contentBytes, "base64");
  const { name, contentType = "application/octet-stream", isInline = false, contentId } = json;
  return { id: mailbox.attachmentId(), kind, name, contentType, isInline, contentId, bytes };
}

/** The attachments that a client's new message brings with it. */
export function newAttachments(mailbox, list = []) {
  if (!Array.isArray(list)) throw badRequest("'attachments' must be a list.", "RequestBodyRead");
  return list.map((file) => newAttachment(mailbox, file));
}

function attachmentOf(call) {
  const message = messageOf(call);
  const file = message.attachments.find((one) => one.id === call.params.attachment);
  if (!file) throw notFound();
  return { message, file };
}

export function listAttachments(call) {
  const { $select } = options(call.query, ["$select"]);
  const names = $select?.split(",").map((name) => name.trim());
  const one = (file) => {
    const json = shown(file, { withContent: !names || names.includes("contentBytes") });
    if (!names) return json;
    const kept = Object.entries(json).filter(([name]) => name.startsWith("@") || name === "id" || names.includes(name));
    return Object.fromEntries(kept);
  };
  return { status: 200, body: { value: messageOf(call).attachments.map(one) } };
}

export function getAttachment(call) {
  options(call.query, []);
  return { status: 200, body: shown(attachmentOf(call).file, { withContent: true }) };
}

/** The bytes of a file, the MIME of an item; a reference is only a link. */
export function getAttachmentValue(call) {
  const { file } = attachmentOf(call);
  if (file.kind === "reference") throw new Refusal(405, "ErrorInvalidRequest", "A reference attachment has no value."); // (mem)
  const type = file.kind === "item" ? "text/plain" : file.contentType;
  return { status: 200, type, body: file.bytes };
}

function draftOf(call) {
  const message = messageOf(call);
  if (!message.isDraft) throw badRequest("Attachments can be changed on drafts only.", "ErrorInvalidOperation"); // (mem)
  return message;
}

export function attach(call) {
  const message = draftOf(call);
  const file = newAttachment(call.mailbox, call.json());
  call.mailbox.change(message, { attachments: [...message.attachments, file] });
  return { status: 201, body: shown(file, { withContent: true }) };
}

export function detach(call) {
  const { message, file } = attachmentOf(call);
  call.mailbox.change(message, { attachments: message.attachments.filter((one) => one !== file) });
  return { status: 204 };
}

const rangesOf = (session) => ({
  expirationDateTime: new Date(session.until).toISOString(),
  nextExpectedRanges: [`${session.bytes}-`],
});

export function createUploadSession(call) {
  const message = draftOf(call);
  const { AttachmentItem: item, attachmentItem = item } = call.json();
  const {
    attachmentType,
    name,
    size,
    contentType = "application/octet-stream",
    isInline = false,
    contentId,
  } = attachmentItem ?? {};
  if (attachmentType !== "file" || typeof name !== "string" || !Number.isInteger(size)) {
    throw badRequest("'AttachmentItem' needs attachmentType, name and size.", "RequestBodyRead");
  }
  if (size < SESSION_MIN) {
    throw badRequest(
      "Attachment size must be greater than the minimum size.",
      "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
    );
  }
  if (size > SESSION_MAX) throw new Refusal(413, "ErrorAttachmentSizeLimitExceeded", "The attachment is too large."); // (mem)
  const { world, mailbox } = call;
  const token = world.opaque();
  const file = { kind: "file", name, contentType, isInline, contentId };
  const session = { mailbox, message, file, size, chunks: [], bytes: 0, until: world.now() + 60 * MINUTE };
  call.uploads.set(token, session);
  const uploadUrl = `${world.origin}/upload/AttachmentSessions?authtoken=${token}`;
  return { status: 201, body: { uploadUrl, ...rangesOf(session) } };
}

/** The session of an upload URL, for the server to know whose mailbox it is. */
export function sessionOf(world, uploads, query, headers) {
  const session = uploads.get(query.get("authtoken"));
  if (headers.authorization !== undefined) {
    throw new Refusal(401, "InvalidAudience", "The audience of the token is not this one: send no Authorization here.");
  }
  if (!session || world.now() >= session.until)
    throw new Refusal(401, "InvalidAuthenticationToken", "The upload session is over.");
  return session;
}

/** One range of an upload; the last one makes the attachment. */
export function putRange({ world, throttle, session, headers, body, uploads, query }) {
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers["content-range"] ?? "");
  if (!range) throw badRequest("The Content-Range header is missing or malformed.", "InvalidContentRange");
  const [from, to, total] = range.slice(1).map(Number);
  if (total !== session.size || to >= total || to - from + 1 !== body.length) {
    throw badRequest("The Content-Range does not fit the file or the body.", "InvalidContentRange");
  }
  if (from !== session.bytes)
    throw new Refusal(416, "InvalidRange", `The next expected range starts at ${session.bytes}.`);
  throttle.upload(session.mailbox.address, body.length);
  session.chunks.push(body);
  session.bytes += body.length;
  if (session.bytes < session.size) return { status: 200, body: rangesOf(session) };
  const { mailbox, message } = session;
  const file = { id: mailbox.attachmentId(), ...session.file, bytes: Buffer.concat(session.chunks) };
  mailbox.change(message, { attachments: [...message.attachments, file], raw: undefined });
  uploads.delete(query.get("authtoken"));
  const location = `${world.origin}/upload/Users('${mailbox.oid}')/Messages('${message.immutableId}')/Attachments('${file.id}')`;
  return { status: 201, headers: { location } };
}

/** Where an upload stands, for a client that does not know. */
export const getRanges = ({ session }) => ({ status: 200, body: rangesOf(session) });

export function cancelUpload({ uploads, query }) {
  uploads.delete(query.get("authtoken"));
  return { status: 204 };
}
