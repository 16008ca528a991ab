// One mailbox: folders, messages, ids, and the log of changes that delta and notifications read.
//
// A message has two ids: an immutable one, and one that changes whenever it is moved. A request
// gets the immutable ones only where it says `Prefer: IdType="ImmutableId"`.

import { createHash, randomUUID } from "node:crypto";
import { addresses, header, parseMail, words, writeMail } from "./mime.mjs";
import { scopeName } from "./identity.mjs";

const FOLDERS = {
  inbox: "Inbox",
  sentitems: "Sent Items",
  drafts: "Drafts",
  deleteditems: "Deleted Items",
  archive: "Archive",
  outbox: "Outbox",
};

const digest = (...parts) => createHash("sha512").update(parts.join("\n")).digest("base64url");

export class Mailbox {
  constructor(world, { address, name = address.split("@")[0], withholds = [] }) {
    this.world = world;
    this.address = address.toLowerCase();
    this.name = name;
    this.withholds = withholds.map(scopeName); // scopes that its user does not consent to
    this.oid = randomUUID();
    this.folders = new Map();
    this.messages = new Map(); // by key
    this.keys = new Map(); // id of either kind → key
    this.log = []; // { seq, folder, key, type: created|updated|deleted, immutableId, mutableId }
    this.listeners = []; // told of every entry of the log
    for (const [wellKnown, displayName] of Object.entries(FOLDERS)) this.addFolder(displayName, wellKnown);
  }

  addFolder(displayName, wellKnown) {
    const id = `AQMkA${digest("folder", this.oid, displayName).slice(0, 60)}AAAA`;
    const folder = { id, displayName, wellKnown };
    this.folders.set(id, folder);
    return folder;
  }

  /** A folder by id or well-known name; undefined if there is none. */
  folder(name) {
    return this.folders.get(name) ?? [...this.folders.values()].find((f) => f.wellKnown === String(name).toLowerCase());
  }

  in(name) {
    const { id } = this.folder(name);
    return [...this.messages.values()].filter((message) => message.folder === id && !message.isHidden);
  }

  /** The message with an id; `immutable` says which kind the request speaks. */
  find(id, { immutable }) {
    const message = this.messages.get(this.keys.get(id));
    // Exchange knows an id of the immutable kind by itself. Here it must be asked for, so that a
    // client that forgets the header is found out before a message moves.
    if (message?.isHidden || (message && id === message.immutableId && !immutable)) return undefined;
    return message;
  }

  byMessageId(id) {
    return [...this.messages.values()].filter((message) => message.internetMessageId === id);
  }

  idOf(message, { immutable }) {
    return immutable ? message.immutableId : message.mutableId;
  }

  /** Puts a new message into a folder. */
  add(folder, fields) {
    const now = this.world.now();
    const key = randomUUID();
    const message = {
      key,
      folder: this.folder(folder).id,
      immutableId: `AAkALg${digest("immutable", this.oid, key)}AA=`,
      mutableId: undefined,
      moves: 0,
      revision: 0,
      subject: "",
      body: { contentType: "text", content: "" },
      to: [],
      cc: [],
      bcc: [],
      replyTo: [],
      headers: [],
      attachments: [],
      categories: [],
      isRead: false,
      isDraft: false,
      importance: "normal",
      received: now,
      sent: now,
      created: now,
      modified: now,
      ...fields,
    };
    message.conversationId ??= `AAQk${digest("conversation", this.oid, key).slice(0, 48)}AAAA=`;
    message.conversationIndex ??= Buffer.concat([
      Buffer.from([1]),
      createHash("sha1").update(key).digest(),
      Buffer.alloc(1),
    ]).toString("base64");
    this.messages.set(key, message);
    this.keys.set(message.immutableId, key);
    this.label(message);
    this.write(message, "created");
    return message;
  }

  /** Gives a message the mutable id of the place where it now is. */
  label(message) {
    if (message.mutableId) this.keys.delete(message.mutableId);
    message.mutableId = `AAMkAD${digest("mutable", this.oid, message.key, message.folder, message.moves)}AAA=`;
    this.keys.set(message.mutableId, message.key);
  }

  write(message, type, folder = message.folder) {
    message.revision += 1;
    message.modified = this.world.now();
    const { key, immutableId, mutableId } = message;
    const entry = { seq: this.log.length + 1, folder, key, type, immutableId, mutableId };
    this.log.push(entry);
    for (const listener of this.listeners) listener(entry, message);
  }

  change(message, fields) {
    Object.assign(message, fields);
    this.write(message, "updated");
  }

  move(message, folder) {
    this.write(message, "deleted");
    message.folder = this.folder(folder).id;
    message.moves += 1;
    this.label(message);
    this.write(message, "created");
  }

  /** Takes a message out for good. */
  remove(message) {
    this.write(message, "deleted");
    this.messages.delete(message.key);
    this.keys.delete(message.immutableId);
    this.keys.delete(message.mutableId);
  }

  /** Brings a raw mail into a folder, as transport does. */
  receiveRaw(raw, { folder = "inbox", received = this.world.now(), isRead = false } = {}) {
    const mail = parseMail(raw);
    const of = (name) => header(mail.headers, name);
    const fields = fieldsOf(mail);
    const own = `<${randomUUID()}@missing.outlook.test>`;
    return this.add(folder, {
      ...fields,
      internetMessageId: of("message-id") ?? own, // Exchange gives one to a mail that has none
      ...this.conversationOf(mail.headers),
      attachments: mail.attachments.map((file) => ({ id: this.attachmentId(), ...file })),
      headers: mail.headers,
      isRead,
      leftFromHere: this.folder(folder).wellKnown === "sentitems", // sent by another client of this mailbox
      received,
      created: received,
      sent: Date.parse(of("date") ?? "") || received,
      raw: Buffer.from(raw),
    });
  }

  /** Writes a mail from parts and brings it: { from, to, cc, subject, text, html, headers, attachments, ... }. */
  receive({
    from,
    to = this.address,
    cc = "",
    replyTo = "",
    headers = {},
    messageId,
    folder,
    received,
    isRead,
    ...rest
  }) {
    const id = messageId ?? `<${randomUUID()}@mail.test>`;
    const given = Object.entries(headers);
    const raw = writeMail({
      ...rest,
      from: addresses(from)[0],
      to: addresses(to),
      cc: addresses(cc),
      replyTo: addresses(replyTo),
      date: rest.date ?? received ?? this.world.now(),
      headers: [["Message-ID", id], ...given],
      attachments: (rest.attachments ?? []).map((file) => ({
        kind: "file",
        contentType: "application/octet-stream",
        ...file,
      })),
    });
    return this.receiveRaw(raw, { folder, received, isRead });
  }

  attachmentId() {
    return `AAMkAT${this.world.opaque()}AAA=`;
  }

  /** The conversation of a mail that answers another one here. */
  conversationOf(headers) {
    const named =
      `${header(headers, "references") ?? ""} ${header(headers, "in-reply-to") ?? ""}`.match(/<[^<>\s]+>/g) ?? [];
    const known = named.flatMap((id) => this.byMessageId(id)).at(-1);
    return known ? continued(known) : {};
  }
}

/** The conversation, one step further. */
export function continued({ conversationId, conversationIndex }) {
  const step = Buffer.concat([Buffer.from(conversationIndex, "base64"), Buffer.from([0, 0, 0, 0, 16])]);
  return { conversationId, conversationIndex: step.toString("base64") };
}

/** What Graph shows of a parsed mail's head and body. */
export function fieldsOf(mail) {
  const of = (name) => header(mail.headers, name);
  return {
    subject: words(of("subject")),
    from: addresses(of("from"))[0],
    sender: addresses(of("sender") ?? of("from"))[0],
    to: addresses(of("to")),
    cc: addresses(of("cc")),
    bcc: addresses(of("bcc")),
    replyTo: addresses(of("reply-to")),
    importance: /^(1|high|urgent)/i.test(of("importance") ?? of("x-priority") ?? "") ? "high" : "normal",
    body:
      mail.html === undefined
        ? { contentType: "text", content: mail.text ?? "" }
        : { contentType: "html", content: mail.html },
  };
}
