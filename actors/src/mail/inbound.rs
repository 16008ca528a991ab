//! Raw bytes of a received mail to a plain struct, for any bytes whatever.
//!
//! Nothing that arrives may be lost because it is odd: a mail becomes a ticket wherever a sender
//! can be known, and what is wrong with it is flagged. Everything in the struct is bounded and
//! free of control characters, but it is still the sender's text: escape it where it is shown.
//! Who may post to which thread is decided elsewhere; `from` proves nothing.

use mail_parser::{Addr, HeaderName, HeaderValue, Message};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::authenticity;
use super::automatic::{self, Automatic};
use super::charset::Charsets;
use super::conversation;
use super::header::{self, HeaderBlock};
use super::safe_html::TooLong;
use super::structure::{self, Form, cut_at_char};
use super::{address, address::is_invisible};
use schema::ids::InboxId;
use schema::room::mail::Authenticity;

/// The most text that is taken from one mail, in bytes.
pub const TEXT_BYTES_MAX: usize = 256 * 1024;
const SUBJECT_CHARS_MAX: usize = 998;
const NAME_CHARS_MAX: usize = 200;
const ID_BYTES_MAX: usize = 998;
const REFERENCES_MAX: usize = 100;
const RECIPIENTS_MAX: usize = 200;

/// A received mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InboundMail {
    /// Without angle brackets; `sha256:<hex>` of the raw bytes where the mail has none.
    pub message_id: String,
    /// The ids that the mail says it answers.
    pub in_reply_to: Vec<String>,
    /// The ids of the thread, oldest first, at most 100 (the first and the latest are kept).
    pub references: Vec<String>,
    /// The conversation that it is of, as [`conversation::read`] gives it.
    pub conversation: Option<String>,
    /// Who wrote.
    pub from: MailName,
    /// Where answers are asked to go, if elsewhere.
    pub reply_to: Option<MailName>,
    /// The visible recipients, at most 200.
    pub to: Vec<MailName>,
    /// The visible further recipients, at most 200.
    pub cc: Vec<MailName>,
    /// Decoded, one line, at most 998 characters.
    pub subject: String,
    /// The mail's own date, Unix milliseconds; `None` where it has none that makes sense.
    pub date_ms: Option<i64>,
    /// What people read, at most [`TEXT_BYTES_MAX`] bytes.
    pub text: String,
    /// There was more text than is kept.
    pub text_truncated: bool,
    /// Nested too deeply or in too many parts: some parts were left out.
    pub too_complex: bool,
    /// Whether, and why, no person is behind it.
    pub automatic: Option<Automatic>,
    /// What the server that took it in says about who sent it.
    pub authenticity: Option<Authenticity>,
    /// Files, and nested messages unopened.
    pub attachments: Vec<Attachment>,
}

/// A name and an address, as received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailName {
    /// The display name, if any.
    pub name: Option<String>,
    /// One `@`, no controls; the domain in lower-case A-labels. Perhaps not writable to:
    /// [`super::address::Address::parse`] decides.
    pub address: String,
}

/// A file that came with a mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// Without path, controls or direction tricks; 1 to 255 bytes.
    pub file_name: String,
    /// As declared by the sender: lower case, syntactically valid, not to be trusted.
    pub content_type: String,
    /// Without angle brackets, for `cid:` links.
    pub content_id: Option<String>,
    /// Meant to be seen within the text.
    pub inline: bool,
    /// The decoded contents.
    pub bytes: Vec<u8>,
}

/// What the transport knows about a mail besides its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Envelope<'x> {
    /// The address of `MAIL FROM`: `Some("")` for `<>`, `None` if it is not known.
    pub sender: Option<&'x str>,
    /// The domains that the workspace sends from, to know its own mail again.
    pub own_domains: &'x [String],
    /// The inboxes that it sends from.
    pub own_inboxes: &'x [InboxId],
}

/// Why no ticket can be made of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unparseable {
    /// There are no bytes.
    #[error("the mail is empty")]
    Empty,
    /// Not one header field that a mail has.
    #[error("this is not a mail")]
    NotMail,
    /// Neither the headers nor the envelope tell whom it is from.
    #[error("the mail has no sender")]
    NoSender,
}

/// Reads a mail, with the charsets that the runtime knows.
///
/// # Errors
/// [`Unparseable`]: the mail cannot be attributed to anybody. Never panics.
pub fn parse(
    raw: &[u8],
    envelope: &Envelope<'_>,
    charsets: &dyn Charsets,
) -> Result<InboundMail, Unparseable> {
    if raw.is_empty() {
        return Err(Unparseable::Empty);
    }
    let (headers, body_at) = HeaderBlock::split(raw);
    let header_bytes = headers.to_bytes(charsets);
    let fields = header::parsed(&header_bytes).filter(|_| !headers.is_empty());
    let fields = fields.ok_or(Unparseable::NotMail)?;

    let from = sender(&headers, &fields, envelope).ok_or(Unparseable::NoSender)?;
    let message_id = ids(&headers, "message-id").into_iter().next();
    let message_id = message_id.unwrap_or_else(|| content_id(raw));
    let subject = one_line(fields.subject().unwrap_or_default(), SUBJECT_CHARS_MAX);
    let automatic = automatic::classify(
        &headers,
        &automatic::Facts {
            message_id: &message_id,
            from_address: &from.address,
            subject: &subject,
            is_envelope_null: envelope.sender.is_some_and(|s| matches!(s.trim(), "" | "<>")),
            own_domains: envelope.own_domains,
            own_inboxes: envelope.own_inboxes,
        },
    );
    let found = structure::walk(&headers, &raw[body_at..], charsets, Form::Text);
    let text = clean_text(&found.text);

    Ok(InboundMail {
        in_reply_to: related(&headers, "in-reply-to", &message_id),
        references: related(&headers, "references", &message_id),
        conversation: headers.get("thread-index").as_deref().and_then(conversation::read),
        message_id,
        reply_to: names(&fields, HeaderName::ReplyTo).into_iter().next(),
        to: names(&fields, HeaderName::To),
        cc: names(&fields, HeaderName::Cc),
        from,
        subject,
        date_ms: date_ms(&fields),
        text_truncated: found.is_text_cut || text.len() > TEXT_BYTES_MAX,
        text: cut_at_char(&text, TEXT_BYTES_MAX).to_string(),
        too_complex: found.is_too_complex,
        automatic,
        authenticity: headers.get("authentication-results").as_deref().and_then(authenticity::read),
        attachments: found.attachments,
    })
}

/// What people read of a mail as HTML, as it was sent: **not to be shown**, but for
/// [`super::safe_html`] to read. None where the mail has no HTML.
///
/// # Errors
/// [`TooLong`]: a part of it is longer than is read.
pub fn html(raw: &[u8], charsets: &dyn Charsets) -> Result<Option<String>, TooLong> {
    let (headers, body_at) = HeaderBlock::split(raw);
    let found = structure::walk(&headers, &raw[body_at..], charsets, Form::Html);
    if found.is_text_cut {
        return Err(TooLong);
    }
    Ok(found.has_html.then_some(found.text))
}

/// From, else Sender, else Reply-To (in each, whatever looks like an address once the proper
/// reading has failed), else Return-Path, else the envelope, else a bare name, else a null sender.
fn sender(
    headers: &HeaderBlock,
    fields: &Message<'_>,
    envelope: &Envelope<'_>,
) -> Option<MailName> {
    let shown = listed(fields, HeaderName::From).into_iter().find_map(name_of);
    let order = [
        ("from", HeaderName::From),
        ("sender", HeaderName::Sender),
        ("reply-to", HeaderName::ReplyTo),
    ];
    for (field, name) in order {
        if let Some(found) = names(fields, name).into_iter().next() {
            let name = found.name.or(shown);
            return Some(MailName { name, ..found });
        }
        let raw = headers.get(field).unwrap_or_default();
        if let Some(address) = address_within(&raw) {
            return Some(MailName { name: shown, address });
        }
    }
    let return_path = headers.get("return-path").and_then(|raw| address_within(&raw));
    let enveloped = || envelope.sender.and_then(address::received);
    let bare = || listed(fields, HeaderName::From).into_iter().find_map(unqualified);
    // A null sender is a mail system's (RFC 5321 §4.5.5).
    let is_null = |field| headers.get(field).is_some_and(|value| value == "<>");
    let daemon = || {
        let is_daemon = is_null("from") || is_null("return-path") || envelope.sender == Some("");
        is_daemon.then(|| "mailer-daemon@unqualified.invalid".to_string())
    };
    let address = return_path.or_else(enveloped).or_else(bare).or_else(daemon)?;
    Some(MailName { name: shown, address })
}

fn listed<'x>(fields: &'x Message<'_>, name: HeaderName<'static>) -> Vec<&'x Addr<'x>> {
    match fields.header(name) {
        Some(HeaderValue::Address(list)) => list.iter().take(10 * RECIPIENTS_MAX).collect(),
        _ => Vec::new(),
    }
}

fn names(fields: &Message<'_>, name: HeaderName<'static>) -> Vec<MailName> {
    let named = |addr: &Addr<'_>| {
        let address = address::received(addr.address()?)?;
        Some(MailName { name: name_of(addr), address })
    };
    listed(fields, name).into_iter().filter_map(named).take(RECIPIENTS_MAX).collect()
}

fn name_of(addr: &Addr<'_>) -> Option<String> {
    let name = one_line(addr.name()?, NAME_CHARS_MAX);
    (!name.is_empty()).then_some(name)
}

/// Old systems sign as `MAILER-DAEMON` alone, or with a name and no address: a sender, though one
/// that nobody can write to (`.invalid` is reserved for that, RFC 2606).
fn unqualified(addr: &Addr<'_>) -> Option<String> {
    let word = addr.address().or_else(|| addr.name())?.trim();
    let at_nowhere = |local: &str| address::received(&format!("{local}@unqualified.invalid"));
    at_nowhere(word).or_else(|| at_nowhere("unknown"))
}

/// The first run of characters around an `@` that is an address.
fn address_within(text: &str) -> Option<String> {
    let is_edge = |c: char| c.is_whitespace() || "<>,;:()[]\"'".contains(c);
    text.split(is_edge).filter(|piece| piece.contains('@')).find_map(address::received)
}

/// All ids of a field: what stands in angle brackets, or else the words.
fn ids(headers: &HeaderBlock, field: &str) -> Vec<String> {
    let raw = headers.get(field).unwrap_or_default();
    let clean = |id: &str| -> Option<String> {
        let id: String = id
            .chars()
            .filter(|c| !c.is_whitespace() && !c.is_control() && !"<>".contains(*c))
            .collect();
        (!id.is_empty() && id.len() <= ID_BYTES_MAX).then_some(id)
    };
    let bracketed = raw.split('<').skip(1).filter_map(|piece| piece.split_once('>'));
    let ids: Vec<String> = bracketed.filter_map(|(id, _)| clean(id)).collect();
    if ids.is_empty() { raw.split_whitespace().filter_map(clean).collect() } else { ids }
}

fn related(headers: &HeaderBlock, field: &str, own: &str) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    let mut ids = ids(headers, field);
    ids.retain(|id| id != own && seen.insert(id.clone()));
    let surplus = ids.len().saturating_sub(REFERENCES_MAX);
    if surplus > 0 {
        ids.drain(1..=surplus);
    }
    ids
}

fn content_id(raw: &[u8]) -> String {
    use std::fmt::Write;
    let mut id = String::from("sha256:");
    for byte in Sha256::digest(raw).iter() {
        let _ = write!(id, "{byte:02x}"); // writing to a String cannot fail
    }
    id
}

fn date_ms(fields: &Message<'_>) -> Option<i64> {
    let date = fields.date().filter(|date| date.is_valid())?;
    (1970..2200).contains(&date.year).then(|| date.to_timestamp() * 1000)
}

/// One line without controls and without what is invisible.
fn one_line(text: &str, chars_max: usize) -> String {
    let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let clean: String =
        spaced.filter(|c| !c.is_control() && !is_invisible(*c)).take(chars_max).collect();
    clean.trim().to_string()
}

/// Many lines without controls.
fn clean_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let clean: String = text.chars().filter(kept).collect();
    clean.trim_matches(['\n', '\u{feff}']).trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::charset::Native;
    use schema::room::mail::AuthResult;

    fn read(raw: &str) -> InboundMail {
        parse(raw.as_bytes(), &Envelope::default(), &Native).expect("it has a sender")
    }

    #[test]
    fn only_the_topmost_server_says_who_sent_a_mail() {
        let mail = read(
            "Authentication-Results: mx.desk.test;\r\n dmarc=fail header.from=a.b\r\n\
             From: a@a.b\r\nAuthentication-Results: mx.desk.test; dmarc=pass\r\n\r\nx",
        );
        let said = mail.authenticity.expect("a server");
        assert_eq!((&*said.server, said.dmarc), ("mx.desk.test", Some(AuthResult::Fail)));
    }

    #[test]
    fn a_plain_mail_is_read() {
        let mail = read(
            "Message-ID: <m1@x>\r\nFrom: =?utf-8?q?J=C3=B6rg?= <J@B\u{fc}cher.example>\r\n\
             To: Desk <help@desk.test>, b@c.d\r\nDate: Tue, 1 Jul 2025 10:00:00 +0200\r\n\
             Subject: =?utf-8?q?a=0D=0ABcc:_x?=\r\nIn-Reply-To: <a@b>\r\n\
             References: <a@b> <m1@x>\r\n <a@b> <c@d> <>\r\n\
             Thread-Index: AQIDBAUGBwgJCgsMDQ4PEBESExQVFhc=\r\n\r\nHello\r\n\r\n",
        );
        assert_eq!(mail.message_id, "m1@x");
        assert_eq!(mail.from.name.as_deref(), Some("Jörg"));
        assert_eq!(mail.from.address, "J@xn--bcher-kva.example");
        assert_eq!(mail.subject, "a  Bcc: x");
        assert_eq!(
            (mail.in_reply_to, mail.references),
            (vec!["a@b".into()], vec!["a@b".to_string(), "c@d".into()])
        );
        let conversation = "0102030405060708090a0b0c0d0e0f10111213141516";
        assert_eq!(mail.conversation.as_deref(), Some(conversation));
        assert_eq!(mail.to.len(), 2);
        assert_eq!(mail.date_ms, Some(1_751_356_800_000));
        assert_eq!(mail.text, "Hello");
        assert_eq!((mail.automatic, mail.authenticity), (None, None));
    }

    #[test]
    fn a_sender_is_found_wherever_there_is_one() {
        assert_eq!(read("From: x\r\nSender: s@t.u\r\n\r\n").from.address, "s@t.u");
        let daemon = read("From: Mail System <MAILER-DAEMON>\r\n\r\n");
        assert_eq!(daemon.from.address, "MAILER-DAEMON@unqualified.invalid");
        assert!(daemon.automatic.is_some());
        assert_eq!(read("From: Ann\r\nReturn-Path: <a@t.u>\r\n\r\n").from.address, "a@t.u");
        assert!(read("From: <>\r\n\r\n").from.address.starts_with("mailer-daemon@"));
        assert_eq!(read("From: A@B@c <>\r\nReply-To: r@t.u\r\n\r\n").from.address, "r@t.u");
        assert_eq!(read("From: a@b.c\r\nFrom: d@e.f\r\n\r\n").from.address, "a@b.c");
        let raw = b"Subject: x\r\n\r\nhi";
        assert_eq!(parse(raw, &Envelope::default(), &Native), Err(Unparseable::NoSender));
        let envelope = Envelope { sender: Some("e@f.g"), ..Envelope::default() };
        assert_eq!(parse(raw, &envelope, &Native).map(|m| m.from.address), Ok("e@f.g".to_string()));
        assert_eq!(parse(b"", &envelope, &Native), Err(Unparseable::Empty));
        assert_eq!(parse(b"\x89PNG\r\n\x1a\n", &envelope, &Native), Err(Unparseable::NotMail));
    }

    #[test]
    fn the_better_alternative_is_the_text_and_files_are_attachments() {
        let raw = "From: a@b.c\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\
            Content-Type: multipart/alternative; boundary=\"m-a\"\r\n\r\n--m-a\r\n\r\nplain\r\n\
            --m-a\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--m-a--\r\n--m\r\n\
            Content-Type: image/png; name=\"../x.png\"\r\nContent-Transfer-Encoding: base64\r\n\
            Content-ID: <c1>\r\nContent-Disposition: inline\r\n\r\naGk=\r\n--m--\r\n";
        let mail = read(raw);
        assert_eq!(mail.text, "plain");
        let file = &mail.attachments[0];
        assert_eq!((file.file_name.as_str(), file.bytes.as_slice()), ("x.png", b"hi".as_slice()));
        assert_eq!((file.content_id.as_deref(), file.inline), (Some("c1"), true));
        assert_eq!(html(raw.as_bytes(), &Native), Ok(Some("<p>html</p>".into())));
        let html_only = raw.replace("\r\nplain", "\r\n \t");
        assert_eq!(read(&html_only).text, "html");
        let mixed = raw.replace("alternative", "mixed").replace("plain", "a < b");
        let both = "<pre>a &lt; b</pre>\n<p>html</p>";
        assert_eq!(html(mixed.as_bytes(), &Native), Ok(Some(both.into())));
        assert_eq!(html(raw.replace("text/html", "text/x").as_bytes(), &Native), Ok(None));
        let long = format!("Content-Type: text/html\r\n\r\n{}", "a".repeat(3_000_000));
        assert!(html(long.as_bytes(), &Native).is_err());
        // None of many parts is too long, but all of them are; of alternatives, one counts.
        let of = |kind: &str, part: &str| {
            let part = format!("--m\r\nContent-Type: text/{kind}\r\n\r\n{part}\r\n");
            let parts = part.repeat(12);
            let end = "--m\r\nContent-Type: text/html\r\n\r\n<p>x\r\n--m--\r\n";
            move |how: &str| {
                format!("Content-Type: multipart/{how}; boundary=m\r\n\r\n{parts}{end}")
            }
        };
        for kind in ["html", "plain"] {
            let many = of(kind, &"a b ".repeat(100_000));
            assert!(html(many("mixed").as_bytes(), &Native).is_err(), "{kind}");
            let last = html(many("alternative").as_bytes(), &Native);
            assert_eq!(last, Ok(Some("<p>x".into())), "{kind}");
        }
        // Escaped, it would be five times as long.
        let escaped = of("plain", &"&".repeat(1_000_000))("mixed");
        assert!(html(escaped.as_bytes(), &Native).is_err());
        let encoded = "PHA+eDwvcD4K".repeat(200_000);
        let encoded = format!(
            "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}"
        );
        let decoded = html(encoded.as_bytes(), &Native).expect("1.8 MB").expect("HTML");
        assert_eq!(decoded.len(), 9 * 200_000);
    }

    #[test]
    fn bounds_hold_and_are_told() {
        let ids: String = (0..500).map(|n| format!(" <{n}@x>\r\n")).collect();
        let mail = read(&format!("From: a@b.c\r\nReferences:{ids}\r\n{}", "ä".repeat(200_000)));
        assert_eq!(mail.references.len(), REFERENCES_MAX);
        assert_eq!((mail.references[0].as_str(), mail.references[99].as_str()), ("0@x", "499@x"));
        assert!(mail.text_truncated && mail.text.len() <= TEXT_BYTES_MAX);
        assert!(mail.message_id.starts_with("sha256:") && mail.message_id.len() == 71);
    }
}
