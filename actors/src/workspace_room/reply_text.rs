//! The parts of a mail that a comment becomes: subject, HTML, the thread before it.

use schema::inbox::{BODY_BYTES_MAX, REFERENCES_MAX};
use schema::room::mail::MailFacts;
use schema::room::ticket::SUBJECT_CHARS_MAX;

/// What mail programs put before the subject of an answer.
const ANSWERS: [&str; 6] = ["re:", "aw:", "antw:", "sv:", "vs:", "rif:"];
/// The longest id that a header is given (RFC 5322 §2.1.1 bounds its line).
const ID_BYTES_MAX: usize = 900;

/// The subject: that of the mail that is answered, so that mail programs keep the thread, with one
/// `Re:`; else the ticket's.
#[must_use]
pub fn subject(parent: Option<&MailFacts>, ticket: &str) -> String {
    let Some(parent) = parent else { return ticket.to_owned() };
    let subject = if parent.subject.is_empty() { ticket } else { &parent.subject };
    let lower = subject.to_lowercase();
    if ANSWERS.iter().any(|answer| lower.starts_with(answer)) {
        return subject.to_owned();
    }
    format!("Re: {subject}").chars().take(SUBJECT_CHARS_MAX).collect()
}

/// A text with a signature below it, behind the line that mail programs know it by (RFC 3676 §4.3);
/// without, where it holds that already.
#[must_use]
pub fn signed(text: &str, signature: &str) -> String {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let signature = signature.trim();
    if signature.is_empty() || words(text).contains(&words(signature)) {
        return text.to_owned();
    }
    let line = if signature.starts_with("--") { "" } else { "-- \n" };
    format!("{}\n\n{line}{signature}", text.trim_end())
}

/// A text as HTML: its lines, nothing of it a tag; none where a mail has no room for both.
#[must_use]
pub fn html(text: &str) -> Option<String> {
    let mut html = String::with_capacity(text.len() + text.len() / 8 + 16);
    html.push_str("<div>");
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("<br>\n"),
            c => html.push(c),
        }
    }
    html.push_str("</div>");
    Some(html).filter(|html| html.len() + text.len() <= BODY_BYTES_MAX)
}

/// The thread of an answer (RFC 5322 §3.6.4): what the mail answered says was before it, then that
/// mail; the first and the latest where those are too many.
#[must_use]
pub fn references(before: Vec<String>, answered: Option<&str>) -> Vec<String> {
    let all = before.into_iter().chain(answered.map(str::to_owned));
    let mut ids: Vec<String> = Vec::new();
    for id in all.filter(|id| is_sendable(id)) {
        ids.retain(|known| *known != id);
        ids.push(id);
    }
    bounded(ids)
}

/// The first and the latest of some ids.
#[must_use]
pub fn bounded(mut ids: Vec<String>) -> Vec<String> {
    let surplus = ids.len().saturating_sub(REFERENCES_MAX);
    if surplus > 0 {
        ids.drain(1..=surplus);
    }
    ids
}

/// Whether an id can stand in a header and is one that its writer knows: not what stands for one
/// that is missing or too long.
#[must_use]
pub fn is_sendable(id: &str) -> bool {
    let graphic = |b: u8| b.is_ascii_graphic() && b != b'<' && b != b'>';
    let hash = id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit());
    let made = hash || ["sha256:", "raw:"].iter().any(|start| id.starts_with(start));
    (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(graphic) && !made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_gets_one_re() {
        let facts = |subject: &str| {
            let json = serde_json::json!({ "rawKey": "k", "subject": subject });
            serde_json::from_value::<MailFacts>(json).expect("facts")
        };
        assert_eq!(subject(None, "Door"), "Door");
        for (given, becomes) in [
            ("Door", "Re: Door"),
            ("RE: Door", "RE: Door"),
            ("Aw: Tür", "Aw: Tür"),
            ("", "Re: The ticket"),
            ("Reply", "Re: Reply"),
        ] {
            assert_eq!(subject(Some(&facts(given)), "The ticket"), becomes, "{given}");
        }
        let long = subject(Some(&facts(&"x".repeat(SUBJECT_CHARS_MAX))), "t");
        assert_eq!(long.chars().count(), SUBJECT_CHARS_MAX);
    }

    #[test]
    fn a_signature_stands_below_a_text_once() {
        for (text, signature, becomes) in [
            ("Hello\n", "Olga\nAcme ", "Hello\n\n-- \nOlga\nAcme"),
            ("Hello", "-- Acme", "Hello\n\n-- Acme"),
            ("Hello\n\n--\nOlga\n Acme", "Olga\nAcme", "Hello\n\n--\nOlga\n Acme"),
            ("Hello", " \n", "Hello"),
        ] {
            assert_eq!(signed(text, signature), becomes);
        }
    }

    #[test]
    fn html_is_the_text_and_never_a_tag() {
        let made = html("a <b>\n\"c\" & d").expect("there is room");
        assert_eq!(made, "<div>a &lt;b&gt;<br>\n&quot;c&quot; &amp; d</div>");
        assert_eq!(html(&"<".repeat(65_536)), None, "no room for both");
    }

    #[test]
    fn references_are_the_first_and_the_latest_and_end_with_what_is_answered() {
        let ids = |range: std::ops::Range<usize>| range.map(|n| format!("{n}@x")).collect();
        assert_eq!(references(ids(0..2), Some("a@x")), ["0@x", "1@x", "a@x"]);
        assert_eq!(references(ids(0..2), Some("0@x")), ["1@x", "0@x"]);
        let many = references(ids(0..80), Some("a@x"));
        assert_eq!(many.len(), REFERENCES_MAX);
        assert_eq!((&*many[0], &*many[1], &*many[49]), ("0@x", "32@x", "a@x"));
        let odd = ["", "a b@x", "<a@x>", "sha256:00", "raw:mail/k", &"a".repeat(64), "ü@x"];
        let odd = odd.map(str::to_owned).to_vec();
        assert!(references(odd, None).is_empty());
    }
}
