//! Takes a mail to send.

use crate::inbox_state::store::inbox::Inbox;
use crate::inbox_state::store::ledger::{self, Send};
use crate::inbox_state::{flow, inbox_of, registered, send_of, store, view};
use crate::kernel::Ctx;
use crate::kernel::engine::hex;
use crate::mail::address::Address;
use crate::mail::outbound::{
    self, AutoSubmitted, Composed, ListUnsubscribe, Mailbox, OutboundAttachment, OutboundMail,
};
use crate::mail::token;
use schema::codec::{read_json, to_json};
use schema::ids::{InboxId, SendId};
use schema::inbox::{
    BODY_BYTES_MAX, CAMPAIGN_KEY, COMMENT_KEY, FILES_BYTES_MAX, MailFile, NewMail, RECIPIENTS_MAX,
    REFERENCES_MAX, SUBJECT_CHARS_MAX, SendMail, SendState, SendView,
};
use schema::{Code, Permission, Reject, check};
use sha2::{Digest, Sha256};

/// How long what stands before the `@` may be (RFC 5321 §4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;

/// Takes a mail to send. Permission: work. The key names the mail in this inbox for ever: the same
/// key with the same mail gives the mail as it is now, with another it is refused; but what a
/// comment says is whatever its room first asked for. A paused inbox takes mails too; they wait.
///
/// # Errors
/// `forbidden`, also for a key of a comment's, for files and for a tag, by anybody but Postroom
/// itself; `not_found` where there is no inbox; `invalid_input`; `too_large`; `key_reused`.
pub fn send(ctx: &mut Ctx<'_>, input: SendMail) -> Result<SendView, Reject> {
    ctx.require(Permission::Work)?;
    let inbox = registered(ctx)?;
    let key = check::line("key", &input.key, 255)?;
    let of_comment = key.starts_with(COMMENT_KEY);
    let of_campaign = key.starts_with(CAMPAIGN_KEY);
    let mail = &input.mail;
    let own = [&mail.reply_tag, &mail.opt_out_url].into_iter().any(Option::is_some);
    if of_comment || of_campaign || own || mail.leave_by.is_some() || !mail.files.is_empty() {
        ctx.require_system()?;
    }
    let hash = hex(&Sha256::digest(to_json(&input.mail)));
    if let Some(id) = ledger::by_key(ctx.sql, &key)? {
        let known = send_of(ctx, id)?;
        if known.hash != hash && !of_comment {
            return Err(Reject::new(Code::KeyReused, "this key was used with another mail"));
        }
        return view::send(ctx, &known);
    }
    let mail = checked(input.mail)?;
    let id = SendId(ctx.uuid());
    let mut send = Send {
        id,
        key,
        hash,
        message_id: message_id(&inbox, id)?,
        to: mail.to.clone(),
        cc: mail.cc.clone(),
        subject: mail.subject.clone(),
        prospect: mail.prospect.clone(),
        leave_by: mail.leave_by,
        queued_at: ctx.now,
        state: SendState::Queued,
        was_unknown: false,
        version: 0,
        asked: false,
        answers: 0,
        owner: None,
        slot_until: None,
        permitted_at: None,
        screened: false,
        attempts: 0,
        not_before: 0,
        error: None,
        left_at: None,
        bounced: 0,
        complained: false,
        report: None,
        settled_at: None,
        updated_at: ctx.now,
    };
    let json =
        serde_json::to_string(&mail).map_err(|error| Reject::internal(format!("mail: {error}")))?;
    // What could not be composed later is refused.
    composed(inbox_of(ctx)?, &inbox, &send, mail)?;
    ledger::insert(ctx.sql, &send)?;
    store::bodies::put(ctx.sql, id, &json)?;
    if let Some(at) = send.leave_by {
        ctx.set_timer(flow::TAKE_BACK, &id.to_string(), at, &[])?;
    }
    flow::take_up(ctx, &inbox, &mut send)?;
    view::send(ctx, &send)
}

/// The Message-ID that a mail is written with, without brackets.
pub fn message_id(inbox: &Inbox, id: SendId) -> Result<String, Reject> {
    Ok(outbound::message_id(&id.to_string(), &address("email", &inbox.email)?))
}

/// The mail as it goes over the wire, but for the contents of its files, and those; the same rows
/// always give the same bytes.
pub fn compose(
    inbox_id: InboxId,
    inbox: &Inbox,
    send: &Send,
    json: &str,
) -> Result<(Composed, Vec<MailFile>), Reject> {
    composed(inbox_id, inbox, send, kept(send, json)?)
}

/// The mail as it goes over the wire without its files, and those.
pub fn compose_apart(
    inbox_id: InboxId,
    inbox: &Inbox,
    send: &Send,
    json: &str,
) -> Result<(Vec<u8>, Vec<MailFile>), Reject> {
    let mut mail = kept(send, json)?;
    let files = std::mem::take(&mut mail.files);
    Ok((composed(inbox_id, inbox, send, mail)?.0.content, files))
}

fn kept(send: &Send, json: &str) -> Result<NewMail, Reject> {
    read_json(json.as_bytes())
        .map_err(|error| Reject::internal(format!("body of {}: {}", send.id, error.message)))
}

fn composed(
    inbox_id: InboxId,
    inbox: &Inbox,
    send: &Send,
    mail: NewMail,
) -> Result<(Composed, Vec<MailFile>), Reject> {
    let attachment = |file: &MailFile| OutboundAttachment {
        file_name: file.file_name.clone(),
        content_type: outbound::file_type(&file.content_type),
    };
    let mailbox = |text: &String| Ok(Mailbox { name: None, address: address("to", text)? });
    let list = |texts: &[String]| texts.iter().map(mailbox).collect::<Result<Vec<_>, Reject>>();
    let send_id = send.id.to_string();
    let from = Mailbox {
        name: Some(inbox.display_name.clone()).filter(|name| !name.is_empty()),
        address: address("email", &inbox.email)?,
    };
    let reply_to = mail.reply_tag.as_deref().and_then(|tag| tagged(&from, tag));
    let composed = outbound::compose(&OutboundMail {
        send_id,
        list_unsubscribe: opt_out(mail.opt_out_url, &from),
        from,
        reply_to,
        to: list(&mail.to)?,
        cc: list(&mail.cc)?,
        date_ms: send.queued_at,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        in_reply_to: mail.in_reply_to,
        references: mail.references,
        auto_submitted: mail.automatic.then_some(AutoSubmitted::Generated),
        loop_token: token::of(inbox_id, send.id),
        attachments: mail.files.iter().map(attachment).collect(),
    });
    let composed = composed.map_err(|error| Reject::new(Code::InvalidInput, error.to_string()))?;
    Ok((composed, mail.files))
}

/// The header by which mail programs opt out; they take an address with TLS alone.
fn opt_out(url: Option<String>, from: &Mailbox) -> Option<ListUnsubscribe> {
    let https = url.filter(|url| url.starts_with("https://"))?;
    Some(ListUnsubscribe { https, mailto: Some(from.address.clone()) })
}

/// A mailbox's address with a tag; none where it has no room for one.
fn tagged(mailbox: &Mailbox, tag: &str) -> Option<Mailbox> {
    let (local, domain) = mailbox.address.as_str().rsplit_once('@')?;
    let local = format!("{local}+{tag}");
    let address = Address::parse(&format!("{local}@{domain}")).ok()?;
    let has_room = local.len() <= LOCAL_BYTES_MAX;
    has_room.then(|| Mailbox { name: mailbox.name.clone(), address })
}

fn checked(mail: NewMail) -> Result<NewMail, Reject> {
    if mail.to.is_empty() {
        return Err(Reject::field("to", "must have at least one address"));
    }
    if mail.to.len() + mail.cc.len() > RECIPIENTS_MAX {
        return Err(Reject::field("to", format!("and cc: at most {RECIPIENTS_MAX} addresses")));
    }
    let bytes = mail.text.len() + mail.html.as_ref().map_or(0, String::len);
    if bytes > BODY_BYTES_MAX {
        let why = format!("text and html may have at most {BODY_BYTES_MAX} bytes together");
        return Err(Reject::new(Code::TooLarge, why));
    }
    if mail.files.iter().map(|file| file.bytes_count.max(0)).sum::<i64>() > FILES_BYTES_MAX {
        let why = format!("the files may have at most {FILES_BYTES_MAX} bytes together");
        return Err(Reject::new(Code::TooLarge, why));
    }
    let body = if mail.text.trim().is_empty() { mail.html.as_deref() } else { Some(&*mail.text) };
    check::text("text", body.unwrap_or_default(), BODY_BYTES_MAX)?;
    check::items("references", &mail.references, REFERENCES_MAX)?;
    let addresses = |field: &str, list: &[String]| {
        list.iter()
            .map(|text| Ok(address(field, text)?.as_str().to_owned()))
            .collect::<Result<Vec<_>, Reject>>()
    };
    let bare = |id: &str| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
    let message_id = |field: &str, id: &str| check::line(field, &bare(id), 900);
    if let Some(prospect) = &mail.prospect {
        check::line("prospect.campaign", &prospect.campaign, 100)?;
        if !(0..=10_000).contains(&prospect.step) {
            return Err(Reject::field("prospect.step", "must be from 0 to 10,000"));
        }
        if mail.to.len() + mail.cc.len() != 1 {
            return Err(Reject::field("to", "outreach has one recipient"));
        }
    }
    let references: Result<Vec<_>, Reject> =
        mail.references.iter().map(|id| message_id("references", id)).collect();
    Ok(NewMail {
        to: addresses("to", &mail.to)?,
        cc: addresses("cc", &mail.cc)?,
        subject: check::line("subject", &mail.subject, SUBJECT_CHARS_MAX)?,
        in_reply_to: mail.in_reply_to.map(|id| message_id("inReplyTo", &id)).transpose()?,
        references: references?,
        ..mail
    })
}

fn address(field: &str, text: &str) -> Result<Address, Reject> {
    Address::parse(text).map_err(|_| Reject::field(field, "must be e-mail addresses"))
}
