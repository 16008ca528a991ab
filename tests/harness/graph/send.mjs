// Messages that leave: sendMail, reply, and the draft that is patched and then sent.
//
// What is taken for sending stands in `world.accepted`, by internetMessageId, whether the client
// got to know it or not. The draft becomes the copy in Sent, with the same immutable id and another
// mutable one; with the fault "late" it is nowhere until release(). Recipients that have a mailbox
// here receive the mail.

import { badRequest, Refusal } from "./answer.mjs";
import { maySendAs } from "./access.mjs";
import { newAttachments } from "./attachments.mjs";
import { continued } from "./mailbox.mjs";
import { plain, shownMessage, writtenMessage } from "./message.mjs";
import { draftFields, folderOf, messageOf, rawOf } from "./messages.mjs";

const RECIPIENTS_MAX = 500;

/** Lets a message leave, a draft or new: the copy in Sent, the account of it, the mail for whoever is here. */
function leave(call, { draft, fields = draft, via, save = true }) {
  const { world, mailbox } = call;
  const recipients = [...(fields.to ?? []), ...(fields.cc ?? []), ...(fields.bcc ?? [])];
  if (recipients.length === 0) throw badRequest("At least one recipient must be specified.", "ErrorInvalidRecipients");
  if (recipients.length > RECIPIENTS_MAX) throw new Refusal(413, "ErrorExceededMessageLimit", "Too many recipients."); // (mem)
  maySendAs(world, call.principal, mailbox, fields.from);
  call.throttle.send(mailbox.address);
  // Nothing is refused from here on.
  const message = draft ?? mailbox.add("outbox", { ...fields, isDraft: true, isHidden: true });
  const now = world.now();
  Object.assign(message, { sent: now, received: now });
  const raw = rawOf(message);
  mailbox.change(message, { isDraft: false, isRead: true, leftFromHere: true, raw });
  const addresses = recipients.map((one) => one.emailAddress.address.toLowerCase());
  world.accepted.push(account(message, { via, addresses, mailbox }));
  const settle = () => {
    message.isHidden = false;
    if (save) mailbox.move(message, "sentitems");
    else mailbox.remove(message);
    for (const address of new Set(addresses)) world.mailbox(address)?.receiveRaw(raw);
  };
  if (call.fault?.fault !== "late" && !call.fault?.late) settle();
  else {
    message.isHidden = true;
    if (draft) mailbox.move(message, "outbox");
    world.hold(settle);
  }
  return { status: 202 };
}

const account = (
  { internetMessageId, immutableId, sent, subject, inReplyTo, references = [], raw },
  { via, addresses, mailbox },
) => ({
  internetMessageId,
  immutableId,
  via,
  at: sent,
  mailbox: mailbox.address,
  recipients: addresses,
  subject,
  inReplyTo,
  references,
  raw,
});

export function sendMail(call) {
  if (/^text\/plain\b/.test(call.headers["content-type"] ?? ""))
    return leave(call, { fields: draftFields(call), via: "sendMail" });
  const { message, saveToSentItems: save = true, ...strange } = call.json();
  if (!message || Object.keys(strange).length > 0 || typeof save !== "boolean") {
    throw badRequest("The action takes 'message' and 'saveToSentItems'.", "RequestBodyRead");
  }
  return leave(call, { fields: draftFields(call, message), via: "sendMail", save });
}

export function sendDraft(call) {
  const message = messageOf(call);
  if (!message.isDraft) throw badRequest("The message is not a draft.", "ErrorInvalidOperation"); // (mem)
  if (call.body.length > 0) throw badRequest("The action takes no body.");
  return leave(call, { draft: message, via: "send" });
}

/** Creates the draft of an answer: Re:, the thread's headers, what is quoted, and the client's words. */
function answerTo(call, { all }) {
  const { mailbox } = call;
  const original = messageOf(call);
  const { message: written = {}, comment, ...strange } = call.body.length > 0 ? call.json() : {};
  if (Object.keys(strange).length > 0 || written === null) {
    throw badRequest("The action takes 'message' and 'comment'.", "RequestBodyRead");
  }
  if (comment !== undefined && written.body !== undefined) {
    throw badRequest("Either a comment or the body of the message can be given, not both.", "ErrorInvalidRequest"); // (mem)
  }
  const own = { emailAddress: { name: mailbox.name, address: mailbox.address } };
  const references = [
    ...(headerIds(original, "references") ?? headerIds(original, "in-reply-to") ?? []),
    original.internetMessageId,
  ];
  const quoted = `<hr><div id="divRplyFwdMsg">From: ${original.from?.emailAddress.address ?? ""}</div>${inHtml(original.body)}`;
  const isOther = ({ emailAddress: { address } }) => address.toLowerCase() !== mailbox.address;
  const to = original.replyTo.length > 0 ? original.replyTo : [original.from].filter(Boolean);
  return {
    from: own,
    sender: own,
    subject: /^re:/i.test(original.subject) ? original.subject : `RE: ${original.subject}`,
    internetMessageId: mailbox.world.messageId(),
    inReplyTo: original.internetMessageId,
    references: [...new Set(references)],
    ...continued(original),
    to: all ? [...to, ...original.to].filter(isOther) : to,
    cc: all ? original.cc.filter(isOther) : [],
    body: { contentType: "html", content: `<html><body>${comment ?? ""}${quoted}</body></html>` },
    ...writtenMessage(written, { isNew: true }),
    attachments: newAttachments(mailbox, written.attachments),
  };
}

const inHtml = (body) =>
  body.contentType === "html" ? body.content : `<pre>${plain(body).replaceAll("<", "&lt;")}</pre>`;

function headerIds(message, name) {
  if (name === "references" && message.references) return message.references;
  return message.headers.find((one) => one.name.toLowerCase() === name)?.value.match(/<[^<>\s]+>/g) ?? undefined;
}

export function createReply(call) {
  const { mailbox, prefer } = call;
  const fields = answerTo(call, { all: call.params.action === "createreplyall" });
  const message = mailbox.add(folderOf(mailbox, "drafts").id, { ...fields, isDraft: true, isRead: true });
  return { status: 201, body: shownMessage(message, { mailbox, prefer }) };
}

export function reply(call) {
  return leave(call, { fields: answerTo(call, { all: call.params.action === "replyall" }), via: "reply" });
}
