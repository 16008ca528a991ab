//! The header block of a message or of a part, with bounds.
//!
//! `mail-parser` allocates for every field it meets, so a mail of a million one-letter headers
//! would exhaust a Worker's memory. This splitter keeps only fields that Postroom reads, a few
//! of each, and hands `mail-parser` that clean block. It also reads unlabelled 8-bit headers as
//! windows-1252 where they are not UTF-8, which is what they are in practice.

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;
use mail_parser::{Header, HeaderName, HeaderValue, Message, MessagePart};

use super::charset::{self, Charsets};

/// The fields that Postroom reads, in lower case. All others are skipped unseen.
const WANTED: [&str; 33] = [
    "from",
    "sender",
    "reply-to",
    "return-path",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "thread-index",
    "content-type",
    "content-disposition",
    "content-id",
    "content-transfer-encoding",
    "authentication-results",
    "auto-submitted",
    "precedence",
    "list-id",
    "list-unsubscribe",
    "list-post",
    "feedback-id",
    "delivered-to",
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-failed-recipients",
    "x-postroom-loop",
    "x-ms-exchange-message-is-ndr",
    "x-auto-response-suppress",
    "content-location",
];
const REPEATS_MAX: usize = 8;
const FIELD_BYTES_MAX: usize = 64 * 1024;
const BLOCK_BYTES_MAX: usize = 512 * 1024;

/// The kept fields of one header block, in order.
#[derive(Debug, Default)]
pub(super) struct HeaderBlock {
    fields: Vec<Field>,
    bytes_count: usize,
}

#[derive(Debug)]
struct Field {
    name: &'static str,
    /// The value as it stood, folding included, as UTF-8.
    value: String,
}

impl HeaderBlock {
    /// Splits a message or a part into its kept fields and the offset at which its body begins.
    pub(super) fn split(raw: &[u8]) -> (HeaderBlock, usize) {
        HeaderBlock::split_after(raw, false)
    }

    /// The same for a part inside a multipart, which may have no field at all (RFC 2046 §5.1).
    pub(super) fn split_part(raw: &[u8]) -> (HeaderBlock, usize) {
        HeaderBlock::split_after(raw, true)
    }

    fn split_after(raw: &[u8], mut has_seen_field: bool) -> (HeaderBlock, usize) {
        let mut block = HeaderBlock::default();
        let mut is_open = false;
        let mut at = 0;
        while at < raw.len() {
            let end = line_end(raw, at);
            let line = trim_line(&raw[at..end]);
            at = end;
            if line.is_empty() {
                if has_seen_field {
                    return (block, at);
                }
                continue; // blank lines before the first field
            }
            if matches!(line[0], b' ' | b'\t') {
                if is_open {
                    block.continue_field(line);
                }
                continue;
            }
            // A line that is no field (an mbox "From " line, rubbish) is skipped, not an end.
            let colon = line.iter().position(|&b| b == b':');
            let Some((name, value)) = colon.map(|at| (&line[..at], &line[at + 1..])) else {
                is_open = false;
                continue;
            };
            has_seen_field |= is_field_name(name);
            is_open = block.open_field(name, value);
        }
        (block, raw.len())
    }

    /// Whether no field that Postroom knows was found.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The first field of that name (lower case), unfolded and trimmed, with encoded words as
    /// they stand.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        Some(field.value.replace(['\r', '\n'], " ").trim().to_string())
    }

    /// The block with one field of each name, the first, so that what is read is the same
    /// whatever order a parser prefers (two `From` fields are a known trick).
    pub(super) fn to_bytes(&self, charsets: &dyn Charsets) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes_count + 64);
        for (at, field) in self.fields.iter().enumerate() {
            if self.fields[..at].iter().any(|earlier| earlier.name == field.name) {
                continue;
            }
            bytes.extend_from_slice(field.name.as_bytes());
            bytes.extend_from_slice(b":");
            bytes.extend_from_slice(charset::field_to_utf8(&field.value, charsets).as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }

    fn open_field(&mut self, name: &[u8], value: &[u8]) -> bool {
        let name = name.trim_ascii();
        let Some(name) = WANTED.iter().find(|w| name.eq_ignore_ascii_case(w.as_bytes())) else {
            return false;
        };
        let repeats = self.fields.iter().filter(|field| field.name == *name).count();
        if repeats >= REPEATS_MAX || self.bytes_count >= BLOCK_BYTES_MAX {
            return false;
        }
        self.fields.push(Field { name, value: String::new() });
        self.push_text(value);
        true
    }

    fn continue_field(&mut self, line: &[u8]) {
        let length = self.fields.last().map_or(0, |field| field.value.len());
        if length < FIELD_BYTES_MAX && self.bytes_count < BLOCK_BYTES_MAX {
            if let Some(field) = self.fields.last_mut() {
                field.value.push_str("\r\n");
            }
            self.push_text(line);
        }
    }

    fn push_text(&mut self, bytes: &[u8]) {
        let text = text_of(&bytes[..bytes.len().min(FIELD_BYTES_MAX)]);
        self.bytes_count += text.len();
        if let Some(field) = self.fields.last_mut() {
            field.value.push_str(&text);
        }
    }
}

/// Lets `mail-parser` read the fields that have a syntax, of a block that
/// [`HeaderBlock::to_bytes`] made; none of a block without fields. Its own loop over them would
/// bring the readers of all other fields, and of bodies.
pub(super) fn parsed(bytes: &[u8]) -> Option<Message<'_>> {
    let mut stream = MessageStream::new(bytes);
    let mut headers = Vec::new();
    while let Some(&&next) = stream.peek() {
        if next == b'\n' {
            break;
        } else if next.is_ascii_whitespace() {
            stream.next();
        } else if let Some(name) = stream.parse_header_name() {
            let value = value_of(&name, &mut stream);
            headers.push(Header { name, value, offset_field: 0, offset_start: 0, offset_end: 0 });
        }
    }
    let has_field = !headers.is_empty();
    let part = MessagePart { headers, ..MessagePart::default() };
    has_field.then(|| Message { parts: vec![part], ..Message::default() })
}

/// The others are read from the block as they stand.
fn value_of<'x>(name: &HeaderName<'_>, stream: &mut MessageStream<'x>) -> HeaderValue<'x> {
    match name {
        HeaderName::Subject => stream.parse_unstructured(),
        HeaderName::From
        | HeaderName::Sender
        | HeaderName::ReplyTo
        | HeaderName::To
        | HeaderName::Cc => stream.parse_address(),
        HeaderName::Date => stream.parse_date(),
        HeaderName::ContentId => stream.parse_id(),
        HeaderName::ContentType | HeaderName::ContentDisposition => stream.parse_content_type(),
        _ => {
            stream.parse_and_ignore();
            HeaderValue::Empty
        }
    }
}

/// UTF-8 where it is, otherwise windows-1252: what unlabelled 8-bit text turns out to be.
pub(super) fn text_of(bytes: &[u8]) -> String {
    match (std::str::from_utf8(bytes), charset_decoder(b"windows-1252")) {
        (Ok(text), _) => text.to_string(),
        (Err(_), Some(decode)) => decode(bytes),
        (Err(_), None) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The offset just after the line that begins at `at`.
pub(super) fn line_end(raw: &[u8], at: usize) -> usize {
    raw[at..].iter().position(|&b| b == b'\n').map_or(raw.len(), |length| at + length + 1)
}

/// A line without its line break.
pub(super) fn trim_line(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn is_field_name(name: &[u8]) -> bool {
    let name = name.trim_ascii_end();
    (1..=76).contains(&name.len()) && name.iter().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_and_the_body_offset_is_right() {
        let raw = b"From me Mon\r\nX: y\r\nSubject: a\r\n b\r\nFrom: x@y\n\nbody";
        let (block, body) = HeaderBlock::split(raw);
        assert_eq!(block.get("subject").as_deref(), Some("a   b"));
        assert_eq!(&raw[body..], b"body");
    }

    /// What is read of a mail, as `mail-parser` reads all of it.
    #[test]
    fn the_fields_that_are_read_are_those_of_the_whole_parser() {
        let block = "subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_dir?=\r\n\
            from: \"A, B\" <a@b.c>, group: d@e.f;\r\nsender:\r\nreply-to: <x\r\n\
            to: \"open <a@b.c>\r\ncc: a@b.c (note\r\n more\r\n\
            date: Sat, 21 Nov 2026 10:00:00 +0100\r\nmessage-id: <m@x>\r\n\
            content-type: text/plain; charset=utf-8; name*0=a; name*1=b\r\n\
            content-disposition: attachment; filename*=utf-8''%e2%82%ac\r\n\
            content-id: <c@x>\r\nno colon\r\nreceived: from a by b; odd\r\n\r\nbody: no";
        let whole = mail_parser::MessageParser::default().parse_headers(block).expect("fields");
        let read = parsed(block.as_bytes()).expect("fields");
        let names = [
            HeaderName::Subject,
            HeaderName::From,
            HeaderName::Sender,
            HeaderName::ReplyTo,
            HeaderName::To,
            HeaderName::Cc,
            HeaderName::Date,
            HeaderName::ContentType,
            HeaderName::ContentDisposition,
            HeaderName::ContentId,
        ];
        for name in names {
            let value = whole.header(name.clone()).expect("it is there");
            assert_eq!(read.header(name.clone()), Some(value), "{name:?}");
        }
        let count = |message: &Message<'_>| message.parts[0].headers.len();
        assert_eq!(count(&read), count(&whole));
        assert!(parsed(b"\r\n").is_none());
    }

    #[test]
    fn a_bomb_of_headers_costs_little() {
        let mut raw = b"From: a@b.c\n".to_vec();
        raw.extend(b"a:\n".repeat(1_000_000));
        raw.extend(b"to: b@c.d\n".repeat(100_000));
        let (block, _) = HeaderBlock::split(&raw);
        assert_eq!(block.fields.len(), 1 + REPEATS_MAX);
    }
}
