//! What a mail has to say, sorted: its signs of a machine, its report parts, its words, the mail
//! that it returns.

use super::origin::{self, Original};
use super::scan;
use crate::mail::header::HeaderBlock;
use crate::mail::inbound::{Attachment, InboundMail};

/// The most bytes of a report part that are read; real ones have a few kilobytes.
const PART_BYTES_MAX: usize = 256 * 1024;

/// The sorted mail.
pub(super) struct Evidence<'x> {
    pub(super) mail: &'x InboundMail,
    /// `X-Failed-Recipients`, as it stands.
    pub(super) failed_recipients: Option<String>,
    /// What the report says in its own words, before the copy of the returned mail.
    pub(super) words: &'x str,
    /// The copy of the returned mail below them.
    pub(super) copy: &'x str,
    pub(super) original: Original,
    /// Whether a mail system seems to have written this.
    pub(super) is_machine: bool,
    /// Whether its type says that it is a report.
    pub(super) is_report: bool,
    /// Whether a program says that it wrote this.
    pub(super) is_submitted_by_program: bool,
}

impl<'x> Evidence<'x> {
    pub(super) fn of(headers: &HeaderBlock, mail: &'x InboundMail) -> Evidence<'x> {
        let (words, copy) = origin::split(&mail.text);
        let submitted = headers.get("auto-submitted").unwrap_or_default().to_ascii_lowercase();
        Evidence {
            mail,
            failed_recipients: headers.get("x-failed-recipients"),
            words,
            copy,
            original: Original::of(&mail.attachments, copy),
            is_machine: is_machine(headers, mail),
            is_report: is_report(headers),
            is_submitted_by_program: submitted.starts_with("auto-"),
        }
    }

    /// The text of the first part of one of some media types.
    pub(super) fn part(&self, types: &[&str]) -> Option<String> {
        let is_type = |file: &&Attachment| types.contains(&file.content_type.as_str());
        self.mail.attachments.iter().find(is_type).map(|file| text_of(&file.bytes))
    }

    /// Whether this is a complaint in the form that Hotmail's had before RFC 5965: a subject, and
    /// the mail.
    pub(super) fn is_old_complaint(&self) -> bool {
        self.mail.subject.starts_with("complaint about message from ")
            && self.part(&["message/rfc822"]).is_some()
    }

    /// Whether an address is one that the report went to: hardly one that failed.
    pub(super) fn is_own(&self, address: &str) -> bool {
        let same = |name: &str| name.eq_ignore_ascii_case(address);
        self.mail.to.iter().any(|to| same(&to.address)) || same(&self.mail.from.address)
    }
}

/// The beginning of a part as text.
pub(super) fn text_of(bytes: &[u8]) -> String {
    crate::mail::header::text_of(bytes.get(..PART_BYTES_MAX).unwrap_or(bytes))
}

/// Subjects of mail systems, in the languages that they speak.
const SUBJECTS: [&str; 34] = [
    "undeliver",
    "returned mail",
    "returned to sender",
    "returning message",
    "returning to sender",
    "delivery status",
    "delivery fail",
    "delivery has failed",
    "delivery error",
    "delivery problem",
    "delivery notification",
    "delivery report",
    "failed delivery",
    "failed to deliver",
    "failure notice",
    "failure notification",
    "failure delivery",
    "mail failed",
    "mail failure",
    "mail system error",
    "mail error",
    "message has failed",
    "message delivery",
    "message could not be delivered",
    "mail could not be delivered",
    "could not deliver",
    "cannot be delivered",
    "not delivered",
    "nondeliver",
    "non-deliver",
    "non remis",
    "unzustellbar",
    "delayed mail",
    "no entregado",
];
/// Names of the programs that write bounces.
const DAEMONS: [&str; 4] = ["mailer-daemon", "mailer_daemon", "post_master", "mail.delivery"];

/// Whether a mail system seems to have written this: by the type of the mail, by fields that only
/// mail systems set, or by a daemon's name or an empty return path together with a subject or
/// words of a bounce. A person who quotes, answers or forwards a bounce has none of these.
fn is_machine(headers: &HeaderBlock, mail: &InboundMail) -> bool {
    let value = |name| headers.get(name).unwrap_or_default().to_ascii_lowercase();
    let is_marked = headers.get("x-failed-recipients").is_some()
        || headers.get("x-ms-exchange-message-is-ndr").is_some();
    if is_report(headers) || is_marked {
        return true;
    }
    let subject = scan::plain(&mail.subject);
    let is_answer = ["re: ", "aw: ", "fw: ", "fwd: ", "wg: ", "sv: ", "tr: "]
        .iter()
        .any(|beginning| subject.starts_with(beginning));
    let is_person = !mail.in_reply_to.is_empty() && is_answer;
    let local = mail.from.address.to_ascii_lowercase();
    let local = local.split('@').next().unwrap_or_default();
    let is_daemon = DAEMONS.iter().any(|name| local.starts_with(name));
    let is_postmaster = local.starts_with("postmaster"); // often a person
    let return_path = value("return-path");
    let is_returnless = return_path == "<>" || return_path.contains("mailer-daemon");
    let is_bounce_like = scan::has_any(&subject, &SUBJECTS);
    !is_answer
        && !is_person
        && (is_daemon
            || is_postmaster && (is_returnless || is_bounce_like)
            || is_returnless && (is_bounce_like || tells_a_failure(&mail.text)))
}

/// `multipart/report`, but for a receipt or a complaint.
fn is_report(headers: &HeaderBlock) -> bool {
    let kind = headers.get("content-type").unwrap_or_default().to_ascii_lowercase();
    kind.starts_with("multipart/report")
        && !scan::has_any(&kind, &["disposition-notification", "feedback-report"])
}

/// Whether a text begins as bounces do.
fn tells_a_failure(text: &str) -> bool {
    let beginning: String = text.chars().take(600).collect();
    scan::has_any(
        &scan::plain(&beginning),
        &["could not be delivered", "unable to deliver", "delivery failed", "not be delivered to"],
    )
}
