//! What the room makes of a mail that the gateway has read: every field of it is a stranger's, so
//! each is cut to size and cleaned before it is kept.

use crate::kernel::engine::hex;
use crate::kernel::{Ctx, Fault};
use crate::workspace_room::{reply_text, uploads};
use schema::ids::{AttachmentId, CommentId, TicketId};
use schema::room::comment::{Attachment, BODY_BYTES_MAX};
use schema::room::mail::{
    AuthResult, Authenticity, Automatic, AutomaticKind, MailAddress, MailAttachment, MailFacts,
    MailOutcome, MailReceipt, ReceiveMail, ThreadedBy,
};
use schema::room::ticket::SUBJECT_CHARS_MAX;
use schema::room::user::NAME_CHARS_MAX;
use sha2::{Digest, Sha256};

/// How many automatic mails of one address are taken in an hour; the rest is part of a loop.
pub const AUTOMATIC_PER_HOUR_MAX: i64 = 20;
/// What a ticket is called whose mail has no subject.
pub const NO_SUBJECT: &str = "(no subject)";
/// How many ids of the thread before a mail are looked up.
pub const THREAD_IDS_MAX: usize = 60;
/// How many files of a mail are listed with its comment.
pub const ATTACHMENTS_MAX: usize = 100;

const ADDRESSES_MAX: usize = 100;
/// The longest address that is kept.
pub const ADDRESS_CHARS_MAX: usize = 320;
const ID_BYTES_MAX: usize = 500;
const REASON_CHARS_MAX: usize = 300;
const FILE_NAME_CHARS_MAX: usize = 255;

/// The reply to a mail.
#[must_use]
pub fn receipt(outcome: MailOutcome, kept: Option<(TicketId, CommentId)>) -> MailReceipt {
    let (ticket_id, comment_id) = kept.unzip();
    MailReceipt { outcome, ticket_id, comment_id }
}

/// Whether the server that took a mail in says that its sender is not who it says.
#[must_use]
pub fn is_forged(authenticity: Option<&Authenticity>) -> bool {
    authenticity.is_some_and(|it| it.dmarc == Some(AuthResult::Fail))
}

/// Whether a mail may say who else is written to. One that its server says is forged may not, nor
/// may one that nothing but its subject brought to its ticket: anybody can write both that and a
/// sender.
#[must_use]
pub fn is_believed(facts: &MailFacts) -> bool {
    !is_forged(facts.authenticity.as_ref()) && facts.threaded_by.is_none_or(ThreadedBy::is_proof)
}

/// One line of visible text, at most `chars_max` long.
#[must_use]
pub fn trim(text: &str, chars_max: usize) -> String {
    let spaced: String = text
        .chars()
        .filter(|c| !is_trick(*c))
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .collect();
    let words: Vec<&str> = spaced.split(' ').filter(|word| !word.is_empty()).collect();
    let line: String = words.join(" ").chars().take(chars_max).collect();
    line.trim_end().to_owned()
}

/// Characters that change how the text around them is shown.
const fn is_trick(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// What a mail is known by: its `Message-ID` as [`key_of`] gives it, or where it is kept.
#[must_use]
pub fn key(mail: &ReceiveMail) -> String {
    known_by(mail.message_id.as_deref(), &mail.raw_key)
}

/// What a mail with this `Message-ID` that is kept there is known by.
#[must_use]
pub fn known_by(message_id: Option<&str>, raw_key: &str) -> String {
    let key = message_id.map(key_of).filter(|key| !key.is_empty());
    key.unwrap_or_else(|| format!("raw:{raw_key}"))
}

/// What a mail is known by, as far as its comment remembers it.
#[must_use]
pub fn key_of_facts(mail: &MailFacts) -> String {
    known_by(mail.message_id.as_deref(), &mail.raw_key)
}

/// By what it is known that a mail was erased, once nothing else of it is: a hash, so that it does
/// not come in again where its mailbox is read anew.
#[must_use]
pub fn tombstone(room: &str, key: &str) -> String {
    format!("gone:{}", hex(&Sha256::digest(format!("{room}\n{key}"))))
}

/// The keys of the mails before a mail, the nearest first.
#[must_use]
pub fn thread_keys(mail: &ReceiveMail) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    let reported = mail.report.as_ref().and_then(|report| report.report.message_id.as_ref());
    for id in mail.in_reply_to.iter().chain(mail.references.iter().rev()).chain(reported) {
        let key = key_of(id);
        if !key.is_empty() && !keys.contains(&key) {
            keys.push(key);
        }
        if keys.len() == THREAD_IDS_MAX {
            break;
        }
    }
    keys
}

/// What a mail says was before it, oldest first: its references, else what it answers.
#[must_use]
pub fn before(mail: &ReceiveMail) -> Vec<String> {
    let known = if mail.references.is_empty() { &mail.in_reply_to } else { &mail.references };
    let keys = known.iter().map(|id| key_of(id));
    reply_text::bounded(keys.filter(|id| reply_text::is_sendable(id)).collect())
}

/// The number of the ticket that a subject names: `[#12]`.
#[must_use]
pub fn tag(subject: &str) -> Option<i64> {
    let (_, rest) = subject.split_once("[#")?;
    let (digits, _) = rest.split_once(']')?;
    let plain = (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// An id without its brackets, as one line.
fn bare(id: &str) -> String {
    let bracket = |c: char| c.is_whitespace() || matches!(c, '<' | '>');
    trim(id, usize::MAX).trim_matches(bracket).to_owned()
}

/// The key of a mail whose `Message-ID` is known: the id itself, a very long one's hash. The key of
/// a key is the same.
#[must_use]
pub fn key_of(message_id: &str) -> String {
    let id = bare(message_id);
    if id.len() <= ID_BYTES_MAX { id } else { hex(&Sha256::digest(&id)) }
}

/// A mail that a machine wrote for no one to answer: an auto-reply or a bounce.
#[must_use]
pub fn is_quiet(mail: &ReceiveMail) -> bool {
    let sure = mail.automatic.as_ref().filter(|automatic| !automatic.weak);
    let kind = sure.map(|automatic| automatic.kind);
    matches!(kind, Some(AutomaticKind::AutoReply | AutomaticKind::Bounce))
}

/// The subject of the ticket that a mail opens.
#[must_use]
pub fn subject(mail: &ReceiveMail) -> String {
    let subject = trim(&mail.subject, SUBJECT_CHARS_MAX);
    if subject.is_empty() { NO_SUBJECT.into() } else { subject }
}

/// The text of a mail as a comment keeps it, and whether something of it is missing.
#[must_use]
pub fn body(mail: &ReceiveMail) -> (String, bool) {
    let (text, cut) = kept(&mail.text);
    (text, cut || mail.text_truncated)
}

/// What to show first of the body of a mail, where that is not all of it.
#[must_use]
pub fn visible_body(mail: &ReceiveMail, body: &str) -> Option<String> {
    let (visible, _) = kept(mail.visible_text.as_deref()?);
    Some(visible).filter(|visible| !visible.is_empty() && visible != body)
}

/// A text as it is kept, and whether that is only its beginning.
fn kept(text: &str) -> (String, bool) {
    let mut text: String =
        text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let cut = text.len() > BODY_BYTES_MAX;
    if cut {
        let end = (0..=BODY_BYTES_MAX).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
    }
    (text.trim().to_owned(), cut)
}

/// What a comment remembers of a mail.
#[must_use]
pub fn facts(mail: &ReceiveMail) -> MailFacts {
    let omitted = mail.attachments.len().saturating_sub(ATTACHMENTS_MAX);
    MailFacts {
        raw_key: mail.raw_key.clone(),
        message_id: mail.message_id.as_deref().map(key_of),
        from: mail.from.as_ref().map(address),
        to: mail.to.iter().take(ADDRESSES_MAX).map(address).collect(),
        cc: mail.cc.iter().take(ADDRESSES_MAX).map(address).collect(),
        subject: trim(&mail.subject, SUBJECT_CHARS_MAX),
        text_truncated: body(mail).1,
        automatic: mail.automatic.as_ref().map(|automatic| Automatic {
            kind: automatic.kind,
            reason: trim(&automatic.reason, REASON_CHARS_MAX),
            weak: automatic.weak,
        }),
        authenticity: mail.authenticity.clone(),
        threaded_by: None,
        attachments_omitted: i64::try_from(omitted).unwrap_or(i64::MAX),
        sent_at: mail.sent_at,
        was_sent: mail.was_sent,
    }
}

fn address(from: &MailAddress) -> MailAddress {
    MailAddress { name: name(from), address: trim(&from.address, ADDRESS_CHARS_MAX) }
}

/// The name before an address, where there is one.
#[must_use]
pub fn name(from: &MailAddress) -> Option<String> {
    let name = trim(from.name.as_deref()?, NAME_CHARS_MAX);
    Some(name).filter(|name| !name.is_empty())
}

/// The files of a mail as its comment lists them.
///
/// # Errors
/// A storage fault.
pub fn attachments(ctx: &mut Ctx<'_>, mail: &ReceiveMail) -> Result<Vec<Attachment>, Fault> {
    let mut files = Vec::new();
    for file in mail.attachments.iter().take(ATTACHMENTS_MAX) {
        let file = attachment(ctx, file);
        uploads::store::hold_at(ctx.sql, &file.sha256, &file.key)?;
        files.push(file);
    }
    Ok(files)
}

fn attachment(ctx: &mut Ctx<'_>, file: &MailAttachment) -> Attachment {
    let content_type = trim(&file.content_type, FILE_NAME_CHARS_MAX);
    let typed = content_type.contains('/');
    Attachment {
        id: AttachmentId(ctx.uuid()),
        file_name: file_name(&file.file_name),
        content_type: if typed { content_type } else { "application/octet-stream".into() },
        bytes_count: file.bytes_count.max(0),
        sha256: file.sha256.clone(),
        key: file.key.clone(),
        content_id: file.content_id.as_deref().map(|id| trim(&bare(id), ID_BYTES_MAX)),
        inline: file.inline,
        media: file.media.clone(),
    }
}

/// The last part of what the sender called a file: never a path.
#[must_use]
pub fn file_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = trim(name, FILE_NAME_CHARS_MAX);
    if name.trim_matches('.').is_empty() { "attachment".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_never_called_by_a_path_or_a_trick() {
        for (given, kept) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\x\\y.pdf", "y.pdf"),
            ("a\u{202e}fdp.exe", "afdp.exe"),
            ("..", "attachment"),
            ("", "attachment"),
            ("a\r\nb\0.txt", "a b .txt"),
        ] {
            assert_eq!(file_name(given), kept, "{given:?}");
        }
        assert_eq!(file_name(&"ä".repeat(400)).chars().count(), 255);
    }

    #[test]
    fn a_mail_is_known_by_the_same_key_everywhere() {
        let short = ["<1@x>", " < 1@x > ", "a\u{202e}b  c@x"].map(str::to_owned);
        let long = ["x".repeat(501), "ä".repeat(251), format!("<{}@x>", "y".repeat(900))];
        for id in short.into_iter().chain(long) {
            let key = key_of(&id);
            assert!(!key.is_empty() && key.len() <= ID_BYTES_MAX, "{id:?}");
            assert_eq!(key_of(&key), key, "{id:?}");
            assert_eq!(known_by(Some(&key), "raw"), known_by(Some(&id), "raw"), "{id:?}");
        }
        assert_eq!(key_of("<1@x>"), "1@x");
        for id in [None, Some(""), Some(" <> ")] {
            assert_eq!(known_by(id, "k"), "raw:k");
        }
    }

    #[test]
    fn a_subject_with_a_header_in_it_becomes_one_line() {
        assert_eq!(trim("Hi\r\nBcc: x@y.z \u{0} there", 100), "Hi Bcc: x@y.z there");
        assert_eq!(trim("  abcdef", 3), "abc");
    }
}
