//! The one way in for mail, however it came: kept, read, and handed to its room.
//!
//! Whoever calls has kept the raw mail already. What is done here may be done again: the room knows
//! the mails that it has.

use super::automatic::{self, AutomaticSign, LOOP_HEADER};
use super::bounce::{self, Reader, Reason, Recipient, Report};
use super::charset::Runtime;
use super::header::HeaderBlock;
use super::inbound::{self, Attachment, Envelope, InboundMail, MailName};
use super::{media, reply, token};
use crate::gather::gather;
use crate::inbox_state::identity::inbox_of;
use crate::kernel::engine::hex;
use schema::codec::{read_reply, to_json};
use schema::ids::{InboxId, SendId, WorkspaceId};
use schema::report::{MailReport, REPORT_INBOXES_MAX, RecordReport};
use schema::room::RoomCommand;
use schema::room::mail::{
    AuthResult, Automatic, AutomaticKind, GetMailThread, MailAddress, MailAttachment, MailOutcome,
    MailReceipt, MailThread, ReceiveMail, ReportUnparseable,
};
use schema::sort::SortSmall;
use schema::{Reject, check};
use sha2::{Digest, Sha256};

/// What filing leans on.
#[expect(async_fn_in_trait, reason = "one thread; no future of ours crosses one")]
pub trait Intake {
    /// Keeps an object.
    ///
    /// # Errors
    /// `unavailable` where the storage does not answer.
    async fn put_object(&self, key: &str, bytes: &[u8]) -> Result<(), Reject>;

    /// Asks a room as Postroom itself; gives its reply, JSON text, and whether it is the one that
    /// was given to the same command before.
    ///
    /// # Errors
    /// The room's refusals; `unavailable` where it does not answer.
    async fn ask_room(
        &self,
        workspace: WorkspaceId,
        key: String,
        command: &RoomCommand,
    ) -> Result<(Vec<u8>, bool), Reject>;

    /// The addresses that a workspace sends from. Not to know them loses no mail: only some of our
    /// own, come back, would not be known again.
    async fn addresses(&self, workspace: WorkspaceId) -> Vec<String>;

    /// By what a workspace knows its own mail again.
    async fn own(&self, workspace: WorkspaceId) -> Own {
        let addresses = self.addresses(workspace).await;
        let domain = |address: &String| Some(address.rsplit_once('@')?.1.to_owned());
        let mut domains: Vec<String> = addresses.iter().filter_map(domain).collect();
        domains.sort_small();
        domains.dedup();
        let emails = addresses.iter().filter_map(|address| check::email("email", address).ok());
        Own { domains, inboxes: emails.map(|email| inbox_of(workspace, &email)).collect() }
    }
}

/// By what a workspace knows its own mail again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// The domains that it sends from, each once.
    pub domains: Vec<String>,
    /// The inboxes that it sends from.
    pub inboxes: Vec<InboxId>,
}

/// A mail that has come and is kept.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The workspace that it is for.
    pub workspace: WorkspaceId,
    /// The inbox that read it; none where it was routed to the Worker.
    pub inbox: Option<InboxId>,
    /// Where it is kept.
    pub raw_key: &'a str,
    /// The envelope's sender, where it is known; empty for a mail system's.
    pub from: Option<&'a str>,
    /// The envelope's recipient, or whose mailbox it lay in.
    pub to: Option<&'a str>,
}

/// Where a mail is kept: by its content, so that it is kept once.
#[must_use]
pub fn raw_key(workspace: WorkspaceId, raw: &[u8]) -> String {
    format!("mail/{workspace}/{}.eml", sha256_hex(raw))
}

/// Hands a kept mail to its room: read, with its files kept, or reported as unreadable. Done twice,
/// it changes nothing.
///
/// # Errors
/// `unavailable` and the like, where it is to be tried again.
pub async fn file<I: Intake>(
    intake: &I,
    mail: &Arrival<'_>,
    own: &Own,
    raw: &[u8],
) -> Result<MailReceipt, Reject> {
    let own_inboxes: Vec<InboxId> = own.inboxes.iter().copied().chain(mail.inbox).collect();
    let envelope =
        Envelope { sender: mail.from, own_domains: &own.domains, own_inboxes: &own_inboxes };
    let command = match inbound::parse(raw, &envelope, &Runtime) {
        Ok(parsed) => {
            let files = keep(intake, mail.workspace, &parsed.attachments).await?;
            RoomCommand::ReceiveMail(Box::new(received(mail, raw, parsed, files)))
        }
        Err(why) => RoomCommand::ReportUnparseable(unreadable(mail, raw, why.to_string())),
    };
    hand_over(intake, mail.workspace, &command).await
}

/// Has the room take a mail.
async fn hand_over<I: Intake>(
    intake: &I,
    workspace: WorkspaceId,
    command: &RoomCommand,
) -> Result<MailReceipt, Reject> {
    // The key is that of the command, which depends on more than the mail: on its recipient, and on
    // the inboxes that are known.
    let key = format!("mail:{}", sha256_hex(&to_json(command)));
    let (reply, is_replayed) = intake.ask_room(workspace, key, command).await?;
    let mut receipt: MailReceipt = read_reply(&reply)?;
    if is_replayed {
        receipt.outcome = MailOutcome::Duplicate;
    }
    Ok(receipt)
}

/// What a mail of the folder of sent mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentMail {
    /// One that this inbox sent for Postroom.
    Own(SendId),
    /// An answer to a mail of the room's, which is a comment now.
    Filed,
    /// It answers something that the room does not know.
    Unfound,
    /// Nothing of the room's, or nothing new.
    Elsewhere,
}

/// Hands a mail that was sent to its room, where it answers a mail that is there. Only then is it
/// kept: what else somebody writes from their mailbox is not ours. Done twice, it changes nothing.
///
/// # Errors
/// `unavailable` and the like, where it is to be tried again.
pub async fn file_sent<I: Intake>(
    intake: &I,
    mail: &Arrival<'_>,
    own: &Own,
    raw: &[u8],
) -> Result<SentMail, Reject> {
    let token = HeaderBlock::split(raw)
        .0
        .get(&LOOP_HEADER.to_ascii_lowercase())
        .and_then(|token| token::read(&token));
    if let Some((inbox, send)) = token
        && Some(inbox) == mail.inbox
    {
        return Ok(SentMail::Own(send));
    }
    let envelope =
        Envelope { sender: mail.from, own_domains: &own.domains, own_inboxes: &own.inboxes };
    let Ok(parsed) = inbound::parse(raw, &envelope, &Runtime) else {
        return Ok(SentMail::Elsewhere);
    };
    let answers = parsed.in_reply_to.iter().chain(parsed.references.iter().rev());
    let answers: Vec<String> = answers.cloned().collect();
    if token.is_some() || parsed.automatic.is_some() || answers.is_empty() {
        return Ok(SentMail::Elsewhere);
    }
    let message_id = parsed.message_id.clone();
    let get = RoomCommand::GetMailThread(GetMailThread { message_id, answers });
    let key = format!("thread:{}", sha256_hex(&to_json(&get)));
    let (reply, _) = intake.ask_room(mail.workspace, key, &get).await?;
    let thread: MailThread = read_reply(&reply)?;
    match thread {
        MailThread { is_known: true, .. } => return Ok(SentMail::Elsewhere),
        MailThread { ticket_id: None, .. } => return Ok(SentMail::Unfound),
        MailThread { ticket_id: Some(_), .. } => {}
    }
    intake.put_object(mail.raw_key, raw).await?;
    let files = keep(intake, mail.workspace, &parsed.attachments).await?;
    let received = ReceiveMail { was_sent: true, ..received(mail, raw, parsed, files) };
    let command = RoomCommand::ReceiveMail(Box::new(received));
    let receipt = hand_over(intake, mail.workspace, &command).await?;
    Ok(match receipt.outcome {
        MailOutcome::Commented => SentMail::Filed,
        _ => SentMail::Elsewhere,
    })
}

fn unreadable(mail: &Arrival<'_>, raw: &[u8], reason: String) -> ReportUnparseable {
    let some = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    ReportUnparseable {
        raw_key: mail.raw_key.to_owned(),
        reason,
        inbox_id: mail.inbox,
        envelope_from: some(mail.from),
        envelope_to: some(mail.to),
        bytes_count: i64::try_from(raw.len()).unwrap_or(i64::MAX),
    }
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Keeps the files of a mail, each under its hash.
async fn keep<I: Intake>(
    intake: &I,
    workspace: WorkspaceId,
    attachments: &[Attachment],
) -> Result<Vec<MailAttachment>, Reject> {
    let kept = gather(attachments.iter().collect(), |attachment| async move {
        let sha256 = sha256_hex(&attachment.bytes);
        let key = format!("attachments/{workspace}/{sha256}");
        // Even where it is: what is there may be about to be forgotten with somebody else's mail.
        intake.put_object(&key, &attachment.bytes).await?;
        Ok(MailAttachment {
            file_name: attachment.file_name.clone(),
            content_type: attachment.content_type.clone(),
            bytes_count: i64::try_from(attachment.bytes.len()).unwrap_or(i64::MAX),
            sha256,
            key,
            content_id: attachment.content_id.clone(),
            inline: attachment.inline,
            media: Some(media::of(&attachment.bytes).to_owned()),
        })
    });
    kept.await.into_iter().collect()
}

fn received(
    mail: &Arrival<'_>,
    raw: &[u8],
    parsed: InboundMail,
    attachments: Vec<MailAttachment>,
) -> ReceiveMail {
    let read = bounce::read(raw, &parsed);
    let automatic = automatic_of(&parsed, read.as_ref());
    let report = read.and_then(|read| report(mail.workspace, &parsed, read));
    ReceiveMail {
        raw_key: mail.raw_key.to_owned(),
        inbox_id: mail.inbox,
        message_id: Some(parsed.message_id),
        in_reply_to: parsed.in_reply_to,
        references: parsed.references,
        conversation: parsed.conversation,
        from: Some(address(parsed.from)),
        to: parsed.to.into_iter().map(address).collect(),
        cc: parsed.cc.into_iter().map(address).collect(),
        subject: parsed.subject,
        visible_text: visible(&parsed.text, automatic.as_ref()),
        text: parsed.text,
        text_truncated: parsed.text_truncated,
        automatic,
        authenticity: parsed.authenticity,
        report,
        attachments,
        sent_at: parsed.date_ms,
        was_sent: false,
    }
}

fn address(name: MailName) -> MailAddress {
    MailAddress { name: name.name, address: name.address }
}

/// What of a text to show first, where that is not all of it; all of what a mail system says.
fn visible(text: &str, automatic: Option<&Automatic>) -> Option<String> {
    if automatic.is_some_and(|automatic| automatic.kind == AutomaticKind::Bounce) {
        return None;
    }
    let visible = reply::visible(text);
    (visible.trim() != text.trim()).then(|| visible.into_owned())
}

/// What a report says, for the inboxes that may have sent the mail it is about: the one that the
/// mail's token names, else those of the addresses that the mail was from and the report came to.
fn report(workspace: WorkspaceId, parsed: &InboundMail, read: Report) -> Option<MailReport> {
    let tokens = [&read.trace.loop_token, &read.trace.envelope_id];
    let known = tokens.into_iter().flatten().find_map(|token| token::read(token));
    let names = parsed.to.iter().chain(&parsed.cc).map(|name| &name.address);
    let addresses = read.trace.from.iter().chain(names);
    let mut inboxes: Vec<InboxId> = known.iter().map(|(inbox, _)| *inbox).collect();
    for email in addresses.filter_map(|address| check::email("email", address).ok()) {
        let inbox = inbox_of(workspace, &email);
        if known.is_none() && !inboxes.contains(&inbox) && inboxes.len() < REPORT_INBOXES_MAX {
            inboxes.push(inbox);
        }
    }
    let mut recipients = read.recipients;
    if recipients.is_empty() && read.is_complaint {
        recipients.push(bounce::silent_complaint());
    }
    let dmarc = parsed.authenticity.as_ref().and_then(|said| said.dmarc);
    // Providers sign their feedback; mail systems do not sign their bounces, nor people's programs
    // all that they ask for.
    let is_forged = |recipient: &Recipient| {
        recipient.reason == Reason::Feedback && dmarc == Some(AuthResult::Fail)
    };
    recipients.retain(|recipient| recipient.class.weight() > 0 && !is_forged(recipient));
    let (send_id, message_id) = (known.map(|(_, send)| send), read.trace.message_id);
    let can_count = !recipients.is_empty() && (send_id.is_some() || message_id.is_some());
    // It tells whose domain says so, and a stranger's own passes, too; where the server writes no
    // such field, the topmost is the sender's. Hence no single domain stops an inbox.
    let is_proven = dmarc == Some(AuthResult::Pass);
    let report = RecordReport { send_id, message_id, recipients, is_proven };
    can_count.then_some(MailReport { inboxes, report })
}

/// That no person wrote a mail; a report is a mail system's, whatever else it has the signs of. Who
/// asks to get no more mail is no mail system.
fn automatic_of(parsed: &InboundMail, read: Option<&Report>) -> Option<Automatic> {
    let known = parsed.automatic.map(automatic);
    let is_loop = known.as_ref().is_some_and(|known| known.kind == AutomaticKind::OwnLoop);
    let is_system = read.is_some_and(|read| read.reader != Reader::Unsubscribe);
    if !is_system || is_loop {
        return known;
    }
    let (kind, reason) = (automatic::AutomaticKind::Bounce, AutomaticSign::Report);
    let bounce = known.filter(|known| known.kind == AutomaticKind::Bounce);
    Some(bounce.unwrap_or_else(|| automatic(automatic::Automatic { kind, reason })))
}

fn automatic(sign: automatic::Automatic) -> Automatic {
    let kind = match sign.kind {
        automatic::AutomaticKind::OwnLoop => AutomaticKind::OwnLoop,
        automatic::AutomaticKind::Bounce => AutomaticKind::Bounce,
        automatic::AutomaticKind::AutoReply => AutomaticKind::AutoReply,
        automatic::AutomaticKind::List => AutomaticKind::List,
    };
    let reason = serde_json::to_value(sign.reason).ok();
    let reason = reason.as_ref().and_then(|reason| reason.as_str()).unwrap_or_default();
    let weak = sign.reason == automatic::AutomaticSign::SubjectPrefix;
    Automatic { kind, reason: reason.to_owned(), weak }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    /// A feedback report (RFC 5965) about a mail to Bob, as it lies in the mailbox.
    fn feedback(head: &str) -> String {
        format!(
            "{head}From: fbl@provider.example\r\nTo: ann@desk.example\r\nSubject: complaint\r\n\
             Message-ID: <1@provider.example>\r\nMIME-Version: 1.0\r\nContent-Type: \
             multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\
             Content-Type: text/plain\r\n\r\nspam\r\n--b\r\n\
             Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\
             Original-Rcpt-To: bob@example.org\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\
             \r\nMessage-ID: <sent@desk.example>\r\nFrom: ann@desk.example\r\n\
             To: bob@example.org\r\n\r\nHello.\r\n--b--\r\n"
        )
    }

    #[test]
    fn a_complaint_is_proven_by_dmarc_and_a_forged_one_is_dropped() {
        for (head, proven) in [
            ("Authentication-Results: mx.test; dmarc=pass\r\n", Some(true)),
            ("Authentication-Results: mx.test; spf=pass; dmarc=none\r\n", Some(false)),
            ("", Some(false)),
            ("Authentication-Results: mx.test; spf=pass; dmarc=fail\r\n", None),
            // Only the topmost is the server's own.
            (
                "Authentication-Results: mx.test; dmarc=fail\r\n\
                 Authentication-Results: mx.test; dmarc=pass\r\n",
                None,
            ),
        ] {
            let raw = feedback(head);
            let envelope = Envelope { sender: None, own_domains: &[], own_inboxes: &[] };
            let parsed = inbound::parse(raw.as_bytes(), &envelope, &Runtime).expect("a mail");
            let read = bounce::read(raw.as_bytes(), &parsed).expect("a report");
            let found = report(WorkspaceId(Uuid::from_u128(1)), &parsed, read);
            let found = found.map(|found| found.report);
            assert_eq!(found.as_ref().map(|report| report.is_proven), proven, "{head}");
            let id = found.and_then(|report| report.message_id);
            assert_eq!(id.as_deref(), proven.map(|_| "sent@desk.example"));
        }
    }
}
