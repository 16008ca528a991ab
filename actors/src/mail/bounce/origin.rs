//! The mail that a report returns: as a part, or copied below the report's words.

use super::Trace;
use super::scan::{self, has_any};
use crate::mail::header::HeaderBlock;
use crate::mail::inbound::Attachment;

/// What is known of the returned mail.
#[derive(Debug, Default)]
pub(super) struct Original {
    trace: Trace,
    /// Whom it was written to.
    pub(super) to: Vec<String>,
}

/// The most recipients of a returned mail that are of use.
const TO_MAX: usize = 20;
const TYPES: [&str; 4] =
    ["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"];

impl Original {
    /// Reads it from the part that holds it, else from the copy in the text.
    pub(super) fn of(attachments: &[Attachment], copy: &str) -> Original {
        let part = attachments.iter().find(|file| TYPES.contains(&file.content_type.as_str()));
        match part {
            Some(part) => Original::parse(&part.bytes),
            None => Original::parse(undented(copy).as_bytes()),
        }
    }

    fn parse(raw: &[u8]) -> Original {
        let (headers, _) = HeaderBlock::split(raw);
        let id = headers.get("message-id").unwrap_or_default();
        let id = id.trim_start_matches('<').split(['>', ' ']).next().unwrap_or_default();
        let known =
            |value: &str| (!value.is_empty() && value.len() <= 998).then(|| value.to_string());
        let from = headers.get("from").unwrap_or_default();
        let to = headers.get("to").unwrap_or_default();
        let to = scan::addresses(&to).map(|found| found.address.to_string());
        Original {
            to: to.take(TO_MAX).collect(),
            trace: Trace {
                message_id: known(id),
                loop_token: known(&headers.get("x-postroom-loop").unwrap_or_default()),
                from: scan::addresses(&from).last().map(|found| found.address.to_string()),
                envelope_id: None,
            },
        }
    }

    pub(super) fn trace(&self) -> Trace {
        self.trace.clone()
    }
}

/// A copy as it stood before it was indented.
fn undented(copy: &str) -> String {
    let lines = copy.lines().skip_while(|line| line.trim().is_empty());
    let mut lines = lines.peekable();
    let indent = lines.peek().map_or(0, |line| line.len() - line.trim_start().len());
    let mut out = String::with_capacity(copy.len());
    for line in lines {
        let blank = line.bytes().take(indent).take_while(|b| *b == b' ' || *b == b'\t').count();
        out.push_str(line.get(blank..).unwrap_or(line));
        out.push('\n');
    }
    out
}

/// What mail systems write above the copy of a mail.
const DIVIDERS: [&str; 26] = [
    "original message",
    "original mail",
    "original headers",
    "message headers follow",
    "message header follow",
    "message text follows",
    "returned message",
    "copy of the message",
    "copy of your message",
    "copy of the original",
    "header of the original",
    "headers of the original",
    "header of your message",
    "below is a copy",
    "unsent message",
    "undelivered message",
    "content of the message",
    "the message that was sent",
    "your message follows",
    "message follows",
    "message header",
    "mail header",
    "returned mail follows",
    "non-delivered mail",
    "your original",
    "original text",
];
/// Fields that begin the head of a returned mail, and that no report writes about itself.
const HEADS: [&str; 5] =
    ["received:", "return-path:", "x-received:", "delivered-to:", "dkim-signature:"];

/// Cuts a text where the copy of a mail begins: at a line that announces it, or at its first
/// field.
pub(super) fn split(text: &str) -> (&str, &str) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let begin = line.trim_start();
        let is_head = HEADS.iter().any(|head| starts_with(begin, head));
        if is_head {
            return text.split_at(at);
        }
        at += line.len();
        if is_divider(line) {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// A short line, without an address, that says that a mail follows.
fn is_divider(line: &str) -> bool {
    let line = line.trim();
    if line.len() > 100 || line.contains('@') || line.is_empty() {
        return false;
    }
    let is_ruled = line.starts_with("--") || line.starts_with("==") || line.starts_with('|');
    let is_said = line.ends_with([':', '.', '-', '=', '|']);
    let plain = scan::plain(line);
    // "The original message was received at…" begins sendmail's reports; "delete your own text from
    // the attached returned message" stands before what Postfix has to say.
    const TOLD: [&str; 7] =
        ["was received", "was not", "could not", "has been", "unable", "attached", "delete"];
    let is_told = has_any(&plain, &TOLD);
    (is_ruled || is_said) && !is_told && has_any(&plain, &DIVIDERS)
}

/// Whether a text begins with some letters, whatever their case.
pub(super) fn starts_with(text: &str, beginning: &str) -> bool {
    let begin = text.as_bytes().get(..beginning.len());
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(beginning.as_bytes()))
}
