//! Reports about the fate of mail: bounces, delays, complaints (RFC 3464, RFC 5965).
//!
//! What a report says is read in the order in which it can be trusted: the fields of a
//! `message/delivery-status` or a `message/feedback-report` part ([`fields`]), the same fields
//! written into the text, `X-Failed-Recipients`, and last what mail systems write for people
//! ([`text`]). Why an address was refused, and whether it is bad for good, is told from the
//! diagnostic and its codes ([`reason`]).
//!
//! Anybody can write a bounce. The textual forms are read only where a mail system seems to have
//! written, so that a person who quotes or forwards one reports nothing; and even then a
//! [`Report`] proves nothing until its [`Trace`] meets a mail that was really sent.

mod evidence;
mod fields;
mod origin;
mod reason;
mod scan;
mod text;

#[cfg(test)]
mod bounce_test;

use serde::{Deserialize, Serialize};

use super::header::HeaderBlock;
use super::inbound::InboundMail;
use evidence::Evidence;
use reason::{Facts, Source};
pub use schema::report::{
    ReportClass as Class, ReportReason as Reason, ReportedRecipient as Recipient,
};

/// The most recipients that are read from one report.
pub const RECIPIENTS_MAX: usize = 200;
/// The most bytes of a diagnostic that are kept.
pub const DIAGNOSTIC_BYTES_MAX: usize = 1_000;

/// What a mail system, or a mailbox provider on behalf of a reader, says about mail of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How it was said.
    pub reader: Reader,
    /// Whom it is about, each once, at most [`RECIPIENTS_MAX`]. Empty where the report does not
    /// tell: providers black the address out of complaints.
    pub recipients: Vec<Recipient>,
    /// There were more recipients than are kept.
    pub is_cut: bool,
    /// Whether a reader complains, whomever it names.
    pub is_complaint: bool,
    /// The server that reports, as it names itself.
    pub reporting_mta: Option<String>,
    /// What ties the report to a send.
    pub trace: Trace,
}

/// The form in which a report was written, the most trusted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// A feedback report (RFC 5965).
    Feedback,
    /// A delivery status part (RFC 3464).
    DeliveryStatus,
    /// The fields of a delivery status within the text.
    StatusText,
    /// The JSON of Amazon's notifications.
    Notification,
    /// `X-Failed-Recipients`.
    FailedRecipients,
    /// An address at the head of its own lines: qmail, Postfix, Exim and most others.
    Listing,
    /// An SMTP dialogue: sendmail and its kin.
    Transcript,
    /// A sentence that names the address.
    Prose,
    /// Nothing but the returned mail tells the address.
    Original,
    /// A program's request to unsubscribe (RFC 2369).
    Unsubscribe,
}

/// What ties a report to a send. The return path of the envelope, where it was made for one
/// recipient (VERP), is the caller's to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The Message-ID of the returned mail, without brackets.
    pub message_id: Option<String>,
    /// The value of [`super::automatic::LOOP_HEADER`] in the returned mail.
    pub loop_token: Option<String>,
    /// The address that the returned mail is from.
    pub from: Option<String>,
    /// `Original-Envelope-Id`: what was given as `ENVID` (RFC 3461).
    pub envelope_id: Option<String>,
}

/// Reads a received mail as a report; `None` if it is none.
///
/// `raw` are the bytes that `mail` was parsed from.
pub fn read(raw: &[u8], mail: &InboundMail) -> Option<Report> {
    let (headers, _) = HeaderBlock::split(raw);
    let evidence = Evidence::of(&headers, mail);
    if fields::is_success(&evidence) {
        return None;
    }
    let mut report = fields::feedback(&evidence)
        .or_else(|| fields::delivery_status(&evidence))
        .or_else(|| text::notification(&evidence))
        .or_else(|| text::unsubscribe(&evidence))
        .or_else(|| text::prose(&evidence))
        .or_else(|| fields::nested(&evidence))
        .or_else(|| text::guess(&evidence))?;
    report.trace.merge(evidence.original.trace());
    Some(report)
}

/// Reads what a server said when it refused a recipient for good in an SMTP dialogue: whose word it
/// is, and that it answered `RCPT`, is certain here.
pub fn refusal(address: &str, code: u16, status: Option<&str>, said: &str) -> Recipient {
    let facts = Facts {
        status,
        diagnostic: &format!("{code} {} {said}", status.unwrap_or_default()),
        context: "rcpt",
        is_delayed: false,
        source: Source::Fields,
    };
    let mut recipient = reason::judge(address.to_string(), &facts);
    // RFC 5321 §4.2.3: what these mean where nothing more is said.
    let is_bare = recipient.status.is_none() && recipient.reason == Reason::Unknown;
    if is_bare && matches!(code, 550 | 553) {
        (recipient.class, recipient.reason) = (Class::Hard, Reason::UserUnknown);
    }
    recipient
}

/// Reads what a relay says of a recipient whom it could not reach. Its codes decide: what is for
/// now (4.x.x) is never for good, and security or policy (5.7.x) never blames the recipient. Where
/// codes and words tell no reason, its own word for good counts (`is_hard`, where it says); what it
/// calls soft itself is.
pub fn relayed(
    address: &str,
    is_hard: Option<bool>,
    status: Option<&str>,
    said: &str,
) -> Recipient {
    // Relays write a reply code there, too, as a word or as a number.
    let bare = status.filter(|text| scan::statuses(text).next().is_none());
    let facts = Facts {
        status,
        diagnostic: said,
        context: bare.unwrap_or_default(),
        is_delayed: false,
        source: Source::Fields,
    };
    let mut recipient = reason::judge(address.to_string(), &facts);
    let status = recipient.status.as_deref();
    recipient.class = match recipient.class {
        _ if reason::is_temporary(status, recipient.reply_code) => Class::Soft,
        _ if status.is_some_and(|status| status.starts_with("5.7.")) => Class::Block,
        Class::Soft if is_hard == Some(true) && recipient.reason == Reason::Unknown => Class::Hard,
        Class::Hard if is_hard == Some(false) => Class::Soft,
        // It says itself that this is a bounce.
        Class::Complaint => Class::Block,
        class => class,
    };
    recipient
}

/// A complaint that does not tell who complains.
pub fn silent_complaint() -> Recipient {
    reason::recipient(String::new(), Class::Complaint, Reason::Feedback, "")
}

impl Trace {
    /// Fills in what is not known yet.
    fn merge(&mut self, other: Trace) {
        let keep = |mine: &mut Option<String>, theirs: Option<String>| {
            if mine.is_none() {
                *mine = theirs;
            }
        };
        keep(&mut self.message_id, other.message_id);
        keep(&mut self.loop_token, other.loop_token);
        keep(&mut self.from, other.from);
        keep(&mut self.envelope_id, other.envelope_id);
    }
}

impl Report {
    fn new(reader: Reader) -> Report {
        Report {
            reader,
            recipients: Vec::new(),
            is_cut: false,
            is_complaint: false,
            reporting_mta: None,
            trace: Trace::default(),
        }
    }

    /// Adds a recipient, each address once.
    fn push(&mut self, recipient: Recipient) {
        let same = |known: &Recipient| known.address.eq_ignore_ascii_case(&recipient.address);
        if self.recipients.iter().any(same) {
            return;
        }
        match self.recipients.len() < RECIPIENTS_MAX {
            true => self.recipients.push(recipient),
            false => self.is_cut = true,
        }
    }
}
