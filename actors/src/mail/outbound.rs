//! A mail of ours, from a plain struct to the bytes that go to a server.
//!
//! The same struct always gives the same bytes (the boundary is derived from the send id), so a
//! retry sends what was recorded. Every value is checked before it is written: a line break in a
//! header is refused, not repaired. Bodies leave as 7-bit text, quoted-printable or base64, so no
//! server on the way can damage them. DKIM signing is the server's business.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::slice;
use time::OffsetDateTime;

use super::address::Address;
use super::automatic::LOOP_HEADER;
use super::structure::safe_file_name;
use super::write::Writer;
pub use check::{ComposeError, Field};
use check::{check, is_media_type};

mod check;

/// The most recipients of one mail, To and Cc together.
pub const RECIPIENTS_MAX: usize = 50;
const REFERENCES_MAX: usize = 100;

/// A mail that Postroom sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutboundMail {
    /// Names the attempt to tell somebody something, over all retries; becomes the Message-ID.
    pub send_id: String,
    /// The author.
    pub from: Mailbox,
    /// Where answers shall go, if elsewhere.
    pub reply_to: Option<Mailbox>,
    /// The recipients.
    pub to: Vec<Mailbox>,
    /// Further visible recipients.
    pub cc: Vec<Mailbox>,
    /// When it was written, Unix milliseconds.
    pub date_ms: i64,
    /// One line.
    pub subject: String,
    /// The plain text; line breaks of any kind.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// The Message-ID that this answers, without brackets.
    pub in_reply_to: Option<String>,
    /// The thread's Message-IDs, oldest first, without brackets.
    pub references: Vec<String>,
    /// Says that no person wrote it.
    pub auto_submitted: Option<AutoSubmitted>,
    /// The value of [`LOOP_HEADER`]: opaque, must not tell whose workspace it is.
    pub loop_token: String,
    /// How to get no more of these.
    pub list_unsubscribe: Option<ListUnsubscribe>,
    /// Files; their contents are put in later.
    pub attachments: Vec<OutboundAttachment>,
}

/// A display name and an address that may be written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// The display name, if any.
    pub name: Option<String>,
    /// The address.
    pub address: Address,
}

/// The two kinds of automatic mail that Postroom sends (RFC 3834 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoSubmitted {
    /// Written by a program of its own accord.
    Generated,
    /// Answers a mail by itself.
    Replied,
}

/// The unsubscribe headers of bulk mail (RFC 2369, RFC 8058).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListUnsubscribe {
    /// The one HTTPS address; with it goes `List-Unsubscribe-Post: List-Unsubscribe=One-Click`.
    pub https: String,
    /// A mailbox that does the same.
    pub mailto: Option<Address>,
}

/// A file to send along.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutboundAttachment {
    /// Its name; paths and controls are removed.
    pub file_name: String,
    /// Its media type, `type/subtype`.
    pub content_type: String,
}

/// A mail that is written but for the contents of its files: `content`, then each of `files`
/// followed by that file as [`super::attach::Base64Lines`], then `end`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Composed {
    /// All before the files.
    pub content: Vec<u8>,
    /// What stands before each file.
    pub files: Vec<Vec<u8>>,
    /// What stands after the last one; empty where there is none.
    pub end: Vec<u8>,
}

/// A media type that a file may have in a mail: the one given, or one that says nothing where that
/// is none, or one whose content must not be base64 (RFC 2045 §6.4).
#[must_use]
pub fn file_type(given: &str) -> String {
    let kind = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let composite = ["multipart/", "message/"].iter().any(|start| kind.starts_with(start));
    if is_media_type(&kind) && !composite { kind } else { "application/octet-stream".into() }
}

/// A name that a file may have in a mail: the one that is given, made safe.
#[must_use]
pub fn file_name(given: &str) -> String {
    safe_file_name(given).unwrap_or_else(|| "attachment".to_string())
}

/// The Message-ID of a send, without brackets; [`super::automatic`] knows it again.
pub fn message_id(send_id: &str, from: &Address) -> String {
    format!("{send_id}@{}", from.domain())
}

/// Writes a mail. It ends with a line break and holds no bare CR or LF.
///
/// Ids of the thread that are not printable ASCII (customers' programs make all sorts) are left
/// out, because a header with them could not be sent; with a line break they are refused.
///
/// # Errors
/// [`ComposeError`]: a value that must not reach a header.
pub fn compose(mail: &OutboundMail) -> Result<Composed, ComposeError> {
    check(mail)?;
    let mut out = Writer::default();
    let id = message_id(&mail.send_id, &mail.from.address);
    out.plain("Message-ID", &format!("<{id}>"));
    out.plain("Date", &date(mail.date_ms).ok_or(ComposeError::Invalid(Field::Date))?);
    for (name, people) in [
        ("From", slice::from_ref(&mail.from)),
        ("Reply-To", mail.reply_to.as_slice()),
        ("To", &mail.to),
        ("Cc", &mail.cc),
    ] {
        if !people.is_empty() {
            let mut field = out.field(name);
            field.mailboxes(people);
            field.end();
        }
    }
    let mut subject = out.field("Subject");
    subject.text(&mail.subject);
    subject.end();
    if let Some(id) = mail.in_reply_to.as_deref().filter(|id| is_sendable_id(id)) {
        out.plain("In-Reply-To", &format!("<{id}>"));
    }
    let references: Vec<&str> =
        mail.references.iter().map(String::as_str).filter(|id| is_sendable_id(id)).collect();
    if !references.is_empty() {
        let surplus = references.len().saturating_sub(REFERENCES_MAX);
        let kept = references.iter().enumerate().filter(|(at, _)| *at == 0 || *at > surplus);
        let ids: Vec<String> = kept.map(|(_, id)| format!("<{id}>")).collect();
        out.plain("References", &ids.join(" "));
    }
    for (name, value) in extra_headers(mail) {
        out.plain(name, &value);
    }
    out.plain("MIME-Version", "1.0");
    Ok(body(out, mail))
}

/// `Tue, 01 Jul 2025 08:00:00 +0000` (RFC 5322 §3.3).
fn date(ms: i64) -> Option<String> {
    let at = OffsetDateTime::from_unix_timestamp(ms / 1000).ok()?;
    let (weekday, month) = (at.weekday().to_string(), at.month().to_string());
    let (weekday, day, month, year) = (&weekday[..3], at.day(), &month[..3], at.year());
    let (hour, minute, second) = at.to_hms();
    Some(format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000"))
}

fn extra_headers(mail: &OutboundMail) -> Vec<(&'static str, String)> {
    let mut headers = vec![(LOOP_HEADER, mail.loop_token.clone())];
    if let Some(auto) = mail.auto_submitted {
        let value = match auto {
            AutoSubmitted::Generated => "auto-generated",
            AutoSubmitted::Replied => "auto-replied",
        };
        headers.push(("Auto-Submitted", value.to_string()));
        headers.push(("X-Auto-Response-Suppress", "All".to_string()));
    }
    if let Some(list) = &mail.list_unsubscribe {
        let mailto = list.mailto.as_ref();
        let mailto = mailto.map(|a| format!(", <mailto:{a}?subject=unsubscribe>"));
        let value = format!("<{}>{}", list.https, mailto.unwrap_or_default());
        headers.push(("List-Unsubscribe", value));
        headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_string()));
    }
    headers
}

fn body(mut out: Writer, mail: &OutboundMail) -> Composed {
    let hash: String =
        Sha256::digest(&mail.send_id).iter().take(12).map(|b| format!("{b:02x}")).collect();
    // "=_" stands in no quoted-printable or base64 body (RFC 2045 §6.7).
    let [texts, files] = [1, 2].map(|level| format!("=_{hash}{level}"));
    if mail.attachments.is_empty() {
        text(&mut out, mail, &texts);
        return Composed { content: out.into_bytes(), ..Composed::default() };
    }
    out.multipart("multipart/mixed", &files);
    out.next_part(&files);
    text(&mut out, mail, &texts);
    let head = |file: &OutboundAttachment| {
        let name = file_name(&file.file_name);
        let mut head = Writer::default();
        head.next_part(&files);
        head.file(&file.content_type, &name);
        head.into_bytes()
    };
    let heads = mail.attachments.iter().map(head).collect();
    let mut end = Writer::default();
    end.last_part(&files);
    Composed { content: out.into_bytes(), files: heads, end: end.into_bytes() }
}

fn text(out: &mut Writer, mail: &OutboundMail, boundary: &str) {
    let Some(html) = &mail.html else {
        return out.text("text/plain", &normal_lines(&mail.text));
    };
    out.multipart("multipart/alternative", boundary);
    for (kind, text) in [("text/plain", &mail.text), ("text/html", html)] {
        out.next_part(boundary);
        out.text(kind, &normal_lines(text));
    }
    out.last_part(boundary);
}

/// CRLF line ends, a final one, and no NUL.
fn normal_lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
    let mut lines = text.trim_end_matches('\n').replace('\n', "\r\n");
    lines.push_str("\r\n");
    lines
}

/// `sha256:…` names a mail that came without an id; nobody else knows it.
fn is_sendable_id(id: &str) -> bool {
    let is_printable = |b: u8| b.is_ascii_graphic() && b != b'<' && b != b'>';
    !id.is_empty() && id.len() <= 900 && id.bytes().all(is_printable) && !id.starts_with("sha256:")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::attach::Base64Lines;
    use crate::mail::charset::Native;
    use crate::mail::inbound::{Envelope, parse};

    fn mailbox(name: Option<&str>, address: &str) -> Mailbox {
        let address = Address::parse(address).expect("a valid address");
        Mailbox { name: name.map(str::to_string), address }
    }

    /// The mail as it goes over the wire, with the contents of its files.
    fn whole(mail: &OutboundMail, files: &[&[u8]]) -> Result<Vec<u8>, ComposeError> {
        let Composed { content: mut raw, files: heads, end } = compose(mail)?;
        assert_eq!(heads.len(), files.len());
        for (head, bytes) in heads.iter().zip(files) {
            raw.extend_from_slice(head);
            let mut lines = Base64Lines::default();
            lines.push(bytes, &mut raw);
            lines.end(&mut raw);
        }
        raw.extend_from_slice(&end);
        Ok(raw)
    }

    fn mail() -> OutboundMail {
        OutboundMail {
            send_id: "0190a0b0-1234-7abc-8def-0123456789ab".into(),
            from: mailbox(Some("Jörg, \"Desk\" <x@y>"), "help@desk.test"),
            reply_to: None,
            to: vec![mailbox(Some("Ann"), "ann@example.com"), mailbox(None, "b@c.d")],
            cc: vec![],
            date_ms: 1_751_356_800_000,
            subject: "Grüße =?x?= 日本".into(),
            text: "Hello\n.\n..x\nFrom me\n".into(),
            html: None,
            in_reply_to: Some("m1@x".into()),
            references: vec!["m0@x".into(), "m1@x".into(), "bad id".into(), "sha256:00".into()],
            auto_submitted: None,
            loop_token: "t1".into(),
            list_unsubscribe: None,
            attachments: vec![],
        }
    }

    #[test]
    fn what_is_composed_reads_back_the_same() {
        let mut mail = mail();
        mail.html = Some(format!("<p>Grüße {}</p>", "long ".repeat(400)));
        mail.attachments.push(OutboundAttachment {
            file_name: "../rechnung ä.pdf".into(),
            content_type: "application/pdf".into(),
        });
        let files: &[&[u8]] = &[&[0, 13, 10, 46, 255]];
        let raw = whole(&mail, files).expect("valid");
        assert_eq!(Ok(raw.clone()), whole(&mail, files), "the same bytes again");
        let read = parse(&raw, &Envelope::default(), &Native).expect("it has a sender");
        assert_eq!(read.message_id, "0190a0b0-1234-7abc-8def-0123456789ab@desk.test");
        assert_eq!((read.from.name, read.from.address), (mail.from.name, "help@desk.test".into()));
        assert_eq!(read.subject, mail.subject);
        assert_eq!(read.date_ms, Some(mail.date_ms));
        assert_eq!(read.text, "Hello\n.\n..x\nFrom me");
        assert_eq!((read.in_reply_to.len(), read.references.len(), read.to.len()), (1, 2, 2));
        assert_eq!(read.attachments[0].file_name, "rechnung ä.pdf");
        assert_eq!(read.attachments[0].bytes, [0, 13, 10, 46, 255]);
    }

    #[test]
    fn the_bytes_are_seven_bit_short_lines_with_crlf() {
        let mut mail = mail();
        for text in ["ä".repeat(5000), "x".repeat(5000), "a\rb\nc\r\n\0d ".into(), String::new()] {
            mail.text = text;
            let raw = whole(&mail, &[]).expect("valid");
            assert!(raw.ends_with(b"\r\n") && raw.is_ascii() && !raw.contains(&0));
            let lines = raw.strip_suffix(b"\r\n").unwrap_or(&raw).split(|b| *b == b'\n');
            assert!(lines.clone().all(|line| line.len() <= 999));
            let breaks = raw.iter().filter(|b| **b == b'\n').count();
            assert_eq!(breaks, raw.windows(2).filter(|w| w == b"\r\n").count());
            assert_eq!(breaks, raw.iter().filter(|b| **b == b'\r').count());
        }
    }

    #[test]
    fn line_breaks_in_header_values_are_refused() {
        let bad = "x\r\nBcc: evil@x.y";
        type Change = fn(&mut OutboundMail, String);
        let cases: [(Change, Field); 7] = [
            (|m, v| m.subject = v, Field::Subject),
            (|m, v| m.from.name = Some(v), Field::Name),
            (|m, v| m.to[0].name = Some(v), Field::Name),
            (|m, v| m.in_reply_to = Some(v), Field::InReplyTo),
            (|m, v| m.references = vec![v], Field::References),
            (|m, v| m.loop_token = v, Field::LoopToken),
            (
                |m, v| m.list_unsubscribe = Some(ListUnsubscribe { https: v, mailto: None }),
                Field::Unsubscribe,
            ),
        ];
        for (change, field) in cases {
            for value in [bad, "a\nb", "a\0b", "a\u{85}b", "a\rb"] {
                let mut mail = mail();
                change(&mut mail, value.to_string());
                assert_eq!(compose(&mail), Err(ComposeError::Control(field)));
            }
        }
        let mut mail = mail();
        mail.send_id = bad.into();
        assert_eq!(compose(&mail), Err(ComposeError::Invalid(Field::SendId)));
    }

    #[test]
    fn a_file_has_a_type_that_mail_can_carry() {
        for (given, kept) in [
            ("image/PNG", "image/png"),
            ("text/plain; charset=utf-8", "text/plain"),
            ("message/rfc822", "application/octet-stream"),
            ("multipart/mixed", "application/octet-stream"),
            ("text/pla in", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(file_type(given), kept, "{given}");
        }
    }

    #[test]
    fn bulk_and_automatic_mail_say_so() {
        let mut mail = mail();
        mail.auto_submitted = Some(AutoSubmitted::Replied);
        let https = format!("https://u.test/{}", "a".repeat(200));
        let mailto = Address::parse("un@desk.test").ok();
        mail.list_unsubscribe = Some(ListUnsubscribe { https: https.clone(), mailto });
        let raw = String::from_utf8(whole(&mail, &[]).expect("valid")).expect("ASCII");
        let unfolded = raw.replace("\r\n ", " ");
        let list =
            format!("List-Unsubscribe: <{https}>, <mailto:un@desk.test?subject=unsubscribe>");
        for line in [
            "Auto-Submitted: auto-replied",
            "X-Postroom-Loop: t1",
            &list,
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ] {
            assert!(unfolded.lines().any(|l| l.replace(":  ", ": ") == line), "{line}\n{raw}");
        }
        mail.list_unsubscribe = Some(ListUnsubscribe { https: "http://u".into(), mailto: None });
        assert_eq!(compose(&mail), Err(ComposeError::Invalid(Field::Unsubscribe)));
    }
}
