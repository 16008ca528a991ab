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
pub use reason::Reason;

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
    /// The server that reports, as it names itself.
    pub reporting_mta: Option<String>,
    /// What ties the report to a send.
    pub trace: Trace,
}

/// The fate of a mail at one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The address that failed, or that complains.
    pub address: String,
    /// The address that was written to, where the mail was forwarded from there.
    pub original_address: Option<String>,
    /// What it means for the address and for the inbox.
    pub class: Class,
    /// Why.
    pub reason: Reason,
    /// The enhanced status code (RFC 3463), `5.1.1`: the most telling of those that were given.
    pub status: Option<String>,
    /// The SMTP reply code, 400 to 599.
    pub reply_code: Option<u16>,
    /// What the refusing server said, one line, at most [`DIAGNOSTIC_BYTES_MAX`] bytes.
    pub diagnostic: String,
}

/// What is to be done about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The address is bad for good: nothing is sent to it again.
    Hard,
    /// This mail did not arrive; another may.
    Soft,
    /// The sender, its server or the content was refused: counts for the inbox, not the address.
    Block,
    /// The reader calls the mail spam, or wants no more of them.
    Complaint,
    /// The server still tries.
    Delayed,
    /// About a mail, but neither a failure nor a complaint: an authentication report.
    Notice,
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
    /// `Original-Envelope-Id`: what we gave as `ENVID` (RFC 3461).
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
        keep(&mut self.envelope_id, other.envelope_id);
    }
}

impl Report {
    fn new(reader: Reader) -> Report {
        Report {
            reader,
            recipients: Vec::new(),
            is_cut: false,
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
