//! Mail that is routed to the Worker: kept first, then read, then handed to the room.
//!
//! Once the raw mail is in storage it cannot be lost: where the room or a file's storage does not
//! answer, the queue tries again. Where the storage itself does not answer, the sender's server is
//! told to. A workspace that does not exist gets nothing, and nothing of it is kept.

use crate::charset;
use crate::d1;
use crate::gather::gather;
use crate::log;
use crate::media;
use crate::platform::{Platform, Point, StoredMail};
use crate::routes::inboxes::inbox_of;
use crate::token::sha256_hex;
use actors::mail::automatic::{self, AutomaticSign};
use actors::mail::bounce::{self, Reader, Report};
use actors::mail::inbound::{self, Attachment, InboundMail, MailName};
use actors::mail::{reply, token};
use schema::codec::to_json;
use schema::ids::{InboxId, WorkspaceId};
use schema::report::{MailReport, REPORT_INBOXES_MAX, RecordReport};
use schema::room::RoomCommand;
use schema::room::access::Authorise;
use schema::room::mail::{
    Automatic, AutomaticKind, MailAddress, MailAttachment, MailReceipt, ReceiveMail,
    ReportUnparseable,
};
use schema::sort::SortSmall;
use schema::{ActorKind, Answer, Code, Envelope, Permission, Principal, Reject, check};

/// The longest mail that is taken.
pub const MAIL_BYTES_MAX: usize = 25 * 1024 * 1024;

/// What the sender's server is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is ours now.
    Taken,
    /// There is nobody of this name, or it is too long: for good.
    Refused(String),
    /// It could not be kept: come back later.
    Later(String),
}

/// The workspace that a recipient names: `<workspace>@…` or `<workspace>+anything@…`.
#[must_use]
pub fn workspace_of(recipient: &str) -> Option<WorkspaceId> {
    let (local, domain) = recipient.trim().trim_matches(['<', '>']).rsplit_once('@')?;
    let name = local.split('+').next().unwrap_or_default();
    if domain.is_empty() {
        return None;
    }
    name.to_ascii_lowercase().parse().ok()
}

/// Takes a mail in, and counts it.
pub async fn receive<P: Platform>(platform: &P, from: &str, to: &str, raw: &[u8]) -> Verdict {
    let verdict = take(platform, from, to, raw).await;
    let fate = match &verdict {
        Verdict::Taken => "taken",
        Verdict::Refused(_) => "refused",
        Verdict::Later(_) => "later",
    };
    let numbers = [raw.len() as f64];
    platform.count(&Point { event: "mail.in", labels: &[fate], numbers: &numbers });
    verdict
}

async fn take<P: Platform>(platform: &P, from: &str, to: &str, raw: &[u8]) -> Verdict {
    let Some(workspace) = workspace_of(to) else {
        return Verdict::Refused("no such recipient".into());
    };
    if raw.len() > MAIL_BYTES_MAX {
        return Verdict::Refused("the mail is too long".into());
    }
    match exists(platform, workspace).await {
        Err(reject) if reject.code == Code::NotFound => {
            return Verdict::Refused("no such recipient".into());
        }
        Err(reject) => return Verdict::Later(reject.message),
        Ok(()) => {}
    }
    let raw_key = format!("mail/{workspace}/{}.eml", sha256_hex(raw));
    if let Err(reject) = platform.put_object(&raw_key, raw).await {
        return Verdict::Later(reject.message);
    }
    let mail = StoredMail { raw_key, workspace, from: from.into(), to: to.into() };
    let Err(reject) = file(platform, &mail, raw).await else { return Verdict::Taken };
    let fields = [("key", &*mail.raw_key), ("why", &reject.message)];
    log::error(platform, "mail_queued", &fields);
    match platform.enqueue(&mail).await {
        Ok(()) => Verdict::Taken,
        Err(reject) => Verdict::Later(reject.message),
    }
}

/// Refuses a workspace that was never registered. That one was, stays true for ever: it is kept.
/// That one was not may change with the next request, and is asked again each time.
async fn exists<P: Platform>(platform: &P, workspace: WorkspaceId) -> Result<(), Reject> {
    let key = format!("registered:{workspace}");
    if platform.kept(&key).await.is_some() {
        return Ok(());
    }
    let command = RoomCommand::Authorise(Authorise { permission: Permission::Read });
    ask(platform, workspace, None, &command).await?;
    platform.keep(&key, "1").await;
    Ok(())
}

/// Hands a stored mail to its room: read, with its files kept, or reported as unreadable. Done
/// twice, it changes nothing.
///
/// # Errors
/// `unavailable` and the like, where it is to be tried again.
pub async fn file<P: Platform>(
    platform: &P,
    mail: &StoredMail,
    raw: &[u8],
) -> Result<MailReceipt, Reject> {
    let domains = own_domains(platform, mail.workspace).await;
    let envelope = inbound::Envelope { sender: Some(&mail.from), own_domains: &domains };
    let command = match inbound::parse(raw, &envelope, &charset::Runtime) {
        Ok(parsed) => {
            let files = keep(platform, mail.workspace, &parsed.attachments).await?;
            RoomCommand::ReceiveMail(Box::new(received(mail, raw, parsed, files)))
        }
        Err(why) => RoomCommand::ReportUnparseable(ReportUnparseable {
            raw_key: mail.raw_key.clone(),
            reason: why.to_string(),
            envelope_from: some(&mail.from),
            envelope_to: some(&mail.to),
            bytes_count: i64::try_from(raw.len()).unwrap_or(i64::MAX),
        }),
    };
    // The key is that of the command, which depends on more than the mail: on its recipient, and on
    // the domains that are known.
    let key = Some(format!("mail:{}", sha256_hex(&to_json(&command))));
    ask(platform, mail.workspace, key, &command).await?.reply()
}

/// The domains that the workspace sends from. Not to know them loses no mail: only some of our own,
/// come back, would not be known again.
async fn own_domains<P: Platform>(platform: &P, workspace: WorkspaceId) -> Vec<String> {
    let addresses = d1::addresses(platform, workspace).await.unwrap_or_else(|reject| {
        let workspace = workspace.to_string();
        let fields = [("workspace", &*workspace), ("why", &reject.message)];
        log::error(platform, "own_domains", &fields);
        Vec::new()
    });
    let domain = |address: &String| Some(address.rsplit_once('@')?.1.to_owned());
    let mut domains: Vec<String> = addresses.iter().filter_map(domain).collect();
    domains.sort_small();
    domains.dedup();
    domains
}

/// Keeps the files of a mail, each under its hash.
async fn keep<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
    attachments: &[Attachment],
) -> Result<Vec<MailAttachment>, Reject> {
    let kept = gather(attachments.iter().collect(), |attachment| async move {
        let sha256 = sha256_hex(&attachment.bytes);
        let key = format!("attachments/{workspace}/{sha256}");
        // Even where it is: what is there may be about to be forgotten with somebody else's mail.
        platform.put_object(&key, &attachment.bytes).await?;
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
    mail: &StoredMail,
    raw: &[u8],
    parsed: InboundMail,
    attachments: Vec<MailAttachment>,
) -> ReceiveMail {
    let read = bounce::read(raw, &parsed);
    let automatic = automatic_of(&parsed, read.as_ref());
    let report = read.and_then(|read| report(mail.workspace, &parsed, read));
    ReceiveMail {
        raw_key: mail.raw_key.clone(),
        inbox_id: None,
        message_id: Some(parsed.message_id),
        in_reply_to: parsed.in_reply_to,
        references: parsed.references,
        from: Some(address(parsed.from)),
        to: parsed.to.into_iter().map(address).collect(),
        cc: parsed.cc.into_iter().map(address).collect(),
        subject: parsed.subject,
        visible_text: visible(&parsed.text, automatic.as_ref()),
        text: parsed.text,
        text_truncated: parsed.text_truncated,
        automatic,
        report,
        attachments,
        sent_at: parsed.date_ms,
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
    recipients.retain(|recipient| recipient.class.weight() > 0);
    let (send_id, message_id) = (known.map(|(_, send)| send), read.trace.message_id);
    let can_count = !recipients.is_empty() && (send_id.is_some() || message_id.is_some());
    let report = RecordReport { send_id, message_id, recipients };
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

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

async fn ask<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
    key: Option<String>,
    command: &RoomCommand,
) -> Result<Answer, Reject> {
    let principal = Principal::system(workspace);
    let envelope = Envelope::new(workspace.to_string(), principal, key, command);
    match platform.call(ActorKind::WorkspaceRoom, &envelope).await? {
        Answer::Rejected(reject) => Err(reject),
        done => Ok(done),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_names_its_workspace_strictly() {
        let id = "0190f5fe-7c00-7a00-8000-000000000001";
        let workspace = Some(id.parse().expect("an id"));
        for good in [
            format!("{id}@in.example.com"),
            format!("<{id}@in.example.com>"),
            format!("{}@in.example.com", id.to_uppercase()),
            format!("{id}+orders+2@in.example.com"),
        ] {
            assert_eq!(workspace_of(&good), workspace, "{good}");
        }
        for bad in [
            "",
            "@",
            "support@in.example.com",
            id,
            &format!("{id}@"),
            &format!("{id}x@in.example.com"),
            &format!("{}@in.example.com", id.replace('-', "")),
            &format!("+{id}@in.example.com"),
            &format!("\"{id}\"@in.example.com"),
        ] {
            assert_eq!(workspace_of(bad), None, "{bad}");
        }
    }
}
