// Just enough MIME for a mailbox: a raw mail taken apart, and one written from its parts.
//
// It reads what well-behaved mail has (folded headers, encoded words, nested multiparts, base64,
// quoted-printable, any charset that TextDecoder knows) and takes the rest as text. It is no
// check of a mail: the product's own parser has its own corpora.

const CRLF = "\r\n";

/** { headers: [{ name, value }], text, html, attachments } of a raw mail. */
export function parseMail(raw) {
  const root = entity(Buffer.from(raw));
  const mail = { headers: root.headers, text: undefined, html: undefined, attachments: [] };
  collect(root, mail);
  return mail;
}

/** The first value of a header, unfolded, as it stands. */
export const header = (headers, name) => headers.find((one) => one.name.toLowerCase() === name.toLowerCase())?.value;

function entity(bytes) {
  const text = bytes.toString("latin1");
  const end = /\r?\n\r?\n/.exec(text);
  const head = end ? text.slice(0, end.index) : text;
  const body = end ? bytes.subarray(end.index + end[0].length) : Buffer.alloc(0);
  const lines = Buffer.from(head, "latin1")
    .toString("utf8")
    .replace(/\r?\n[ \t]+/g, " ")
    .split(/\r?\n/);
  const headers = lines.flatMap((line) => {
    const at = line.indexOf(":");
    return at > 0 ? [{ name: line.slice(0, at).trim(), value: line.slice(at + 1).trim() }] : [];
  });
  const type = withParameters(header(headers, "content-type") ?? "text/plain");
  return { headers, body, type };
}

function collect({ headers, body, type }, mail) {
  if (type.value.startsWith("multipart/") && type.boundary) {
    for (const part of parts(body, type.boundary)) collect(entity(part), mail);
    return;
  }
  const disposition = withParameters(header(headers, "content-disposition") ?? "");
  const contentId = header(headers, "content-id");
  const name = disposition.filename ?? type.name;
  const bytes = decoded(body, header(headers, "content-transfer-encoding"));
  const kind = { "text/plain": "text", "text/html": "html" }[type.value];
  if (kind && mail[kind] === undefined && disposition.value !== "attachment" && name === undefined) {
    mail[kind] = characters(bytes, type.charset);
    return;
  }
  const isItem = type.value === "message/rfc822";
  mail.attachments.push({
    kind: isItem ? "item" : "file",
    name: words(name ?? (isItem ? (header(entity(bytes).headers, "subject") ?? "message") : "attachment")),
    contentType: type.value,
    isInline: disposition.value === "inline" || (contentId !== undefined && disposition.value !== "attachment"),
    contentId: contentId?.replace(/^<|>$/g, ""),
    bytes,
  });
}

function parts(body, boundary) {
  const text = body.toString("latin1");
  const found = [];
  let from;
  for (let at = text.indexOf(`--${boundary}`); at >= 0; at = text.indexOf(`--${boundary}`, at + 2)) {
    if (at > 0 && text[at - 1] !== "\n") continue;
    if (from !== undefined) found.push(body.subarray(from, Math.max(from, at - (text[at - 2] === "\r" ? 2 : 1))));
    const after = at + boundary.length + 2;
    if (text.startsWith("--", after)) return found;
    const lineEnd = text.indexOf("\n", after);
    from = lineEnd < 0 ? text.length : lineEnd + 1;
  }
  return from === undefined ? found : [...found, body.subarray(from)];
}

function withParameters(text) {
  const [value, ...rest] = text.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/);
  const found = { value: value.trim().toLowerCase() };
  for (const one of rest) {
    const at = one.indexOf("=");
    if (at < 0) continue;
    const name = one.slice(0, at).trim().toLowerCase();
    const plain = one
      .slice(at + 1)
      .trim()
      .replace(/^"|"$/g, "");
    if (name.endsWith("*")) found[name.slice(0, -1)] = percentDecoded(plain.replace(/^[^']*'[^']*'/, ""));
    else found[name] ??= plain;
  }
  return found;
}

function percentDecoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // of another charset, or cut in two
  }
}

function decoded(body, encoding = "") {
  if (/^base64$/i.test(encoding)) return Buffer.from(body.toString("latin1"), "base64");
  if (!/^quoted-printable$/i.test(encoding)) return body;
  const text = body.toString("latin1").replace(/=[ \t]*\r?\n/g, "");
  return Buffer.from(
    text.replace(/=([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
    "latin1",
  );
}

function characters(bytes, charset = "utf-8") {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString("latin1"); // a charset that nobody knows
  }
}

/** Encoded words (RFC 2047) read. */
export function words(text = "") {
  const joined = text.replace(/(\?=)\s+(=\?)/g, "$1$2");
  return joined.replace(/=\?([^?*]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/gi, (_, charset, encoding, data) => {
    const q = () => decoded(Buffer.from(data.replaceAll("_", " ")), "quoted-printable");
    return characters(/b/i.test(encoding) ? Buffer.from(data, "base64") : q(), charset);
  });
}

/** The addresses of a header as Graph has them: [{ emailAddress: { name, address } }]. */
export function addresses(value = "") {
  const list = value
    .split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .map((one) => one.trim())
    .filter(Boolean);
  return list.map((one) => {
    const [, name, address] = /^(.*?)<([^<>]*)>\s*$/.exec(one) ?? [null, "", one];
    const shown = words(
      name
        .trim()
        .replace(/^"(.*)"$/, "$1")
        .replace(/\\(.)/g, "$1"),
    );
    return { emailAddress: { name: shown || address.trim(), address: address.trim() } };
  });
}

const isPlain = (text) => /^[\x20-\x7e]*$/.test(text);
const word = (text) => (isPlain(text) ? text : `=?utf-8?B?${Buffer.from(text).toString("base64")}?=`);
const written = ({ emailAddress: { name, address } }) =>
  !name || name === address
    ? address
    : `${isPlain(name) ? `"${name.replace(/["\\]/g, "\\$&")}"` : word(name)} <${address}>`;
const base64Lines = (bytes) => bytes.toString("base64").replace(/.{76}(?=.)/g, `$&${CRLF}`);

/** Writes a mail: `headers` are [name, value] pairs, `to` and the like lists of Graph's recipients. */
export function writeMail({
  headers = [],
  from,
  sender,
  to = [],
  cc = [],
  replyTo = [],
  subject = "",
  date,
  text,
  html,
  attachments = [],
  seed = "1",
}) {
  const line = (name, value) => (value ? [`${name}: ${value}`] : []);
  const list = (recipients) => recipients.map(written).join(`,${CRLF} `);
  const head = [
    ...line("From", from && written(from)),
    ...line("Sender", sender && written(sender)),
    ...line("To", list(to)),
    ...line("Cc", list(cc)),
    ...line("Reply-To", list(replyTo)),
    `Subject: ${word(subject)}`,
    `Date: ${new Date(date).toUTCString().replace("GMT", "+0000")}`,
    ...headers.flatMap(([name, value]) => line(name, value)),
    "MIME-Version: 1.0",
  ];
  return Buffer.from([...head, ...mixed({ text, html, attachments, seed })].join(CRLF) + CRLF);
}

function mixed({ text, html, attachments, seed }) {
  const one = (type, value) => [
    `Content-Type: ${type}; charset=utf-8`,
    "Content-Transfer-Encoding: base64",
    "",
    base64Lines(Buffer.from(value)),
  ];
  const multi = (kind, list) => {
    const boundary = `=_${kind}_${seed}`;
    const inner = list.flatMap((lines) => [`--${boundary}`, ...lines]);
    return [`Content-Type: multipart/${kind}; boundary="${boundary}"`, "", ...inner, `--${boundary}--`];
  };
  const both = [
    ...(text === undefined ? [] : [one("text/plain", text)]),
    ...(html === undefined ? [] : [one("text/html", html)]),
  ];
  const body = both.length === 2 ? multi("alternative", both) : (both[0] ?? one("text/plain", ""));
  const files = attachments
    .filter((file) => file.bytes)
    .map((file) => [
      `Content-Type: ${file.contentType}; name="${word(file.name)}"`,
      `Content-Disposition: ${file.isInline ? "inline" : "attachment"}; filename="${word(file.name)}"`,
      ...(file.contentId ? [`Content-ID: <${file.contentId}>`] : []),
      // RFC 2045, 6.4: a mail within a mail is never base64.
      ...(file.kind === "item"
        ? ["", file.bytes.toString("utf8")]
        : ["Content-Transfer-Encoding: base64", "", base64Lines(file.bytes)]),
    ]);
  return files.length > 0 ? multi("mixed", [body, ...files]) : body;
}
