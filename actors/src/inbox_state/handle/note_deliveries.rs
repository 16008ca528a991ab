//! A relay tells what became of mails that it was handed.
//!
//! What it tells is what reports and servers tell, too: a mail counts once, however many ways it is
//! told, and the room hears of it once, from whoever was first. Events come in any order, and
//! again; each is about one recipient, and how far a mail has come there only ever moves on:
//!
//! | event | after, at this recipient | the mail |
//! | --- | --- | --- |
//! | accepted, deferred, delivered | nothing that comes later in this order | did leave, if that was in doubt |
//! | bounced | all but a complaint | as a report of a bounce has it |
//! | complained | all | as a report of a complaint has it |
//!
//! Anything else is late. A soft bounce may become a hard one. What does not say whom it is about,
//! of a mail that went to several, is ignored.

use super::report::{find, it_left, note as note_report};
use crate::inbox_state::store::ledger::{self, Send};
use crate::inbox_state::store::{deliveries, inbox::Inbox};
use crate::inbox_state::{flow, health, keep_inbox, keep_send, outbox, registered};
use crate::kernel::Ctx;
use crate::mail::bounce;
use crate::mail::identity::bare_address;
use schema::codec::to_json;
use schema::delivery::{
    DeliveriesNoted, DeliveryEvent, DeliveryKind, EVENTS_MAX, NoteDeliveries, POST_ID_CHARS_MAX,
    POST_KEPT_MS,
};
use schema::inbox::SendState;
use schema::prospect::Fate;
use schema::report::{RecordReport, ReportedRecipient};
use schema::{Code, Reject, check};

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Noted,
    Late,
    Ignored,
}

/// What the events of a post change of the inbox, which is judged and written down once.
struct Post {
    inbox: Inbox,
    concerns_inbox: bool,
}

/// Takes note of what a relay tells, once for each id of a post. For Postroom itself.
///
/// # Errors
/// `forbidden`; `not_found` where there is no endpoint; `invalid_input`; `unavailable` where a mail
/// is under way: then nothing is noted, and the same post may come again.
pub fn note_deliveries(
    ctx: &mut Ctx<'_>,
    input: &NoteDeliveries,
) -> Result<DeliveriesNoted, Reject> {
    ctx.require_system()?;
    let inbox = registered(ctx)?;
    if deliveries::load(ctx.sql)?.is_none() {
        return Err(Reject::not_found("delivery webhook"));
    }
    let id = check::line("postId", &input.post_id, POST_ID_CHARS_MAX)?;
    check::items("events", &input.events, EVENTS_MAX)?;

    deliveries::forget_posts(ctx.sql, ctx.now - POST_KEPT_MS)?;
    let mut noted = DeliveriesNoted::default();
    if !deliveries::note_post(ctx.sql, &id, ctx.now)? {
        return Ok(DeliveriesNoted { repeated: true, ..noted });
    }
    let mut post = Post { inbox, concerns_inbox: false };
    for event in &input.events {
        match one(ctx, &mut post, event)? {
            Came::Noted => noted.noted += 1,
            Came::Late => noted.late += 1,
            Came::Ignored => noted.ignored += 1,
        }
    }
    if post.concerns_inbox {
        health::judge(ctx, &mut post.inbox)?;
        keep_inbox(ctx, &mut post.inbox)?;
    }
    Ok(noted)
}

fn one(ctx: &mut Ctx<'_>, post: &mut Post, event: &DeliveryEvent) -> Result<Came, Reject> {
    let send = match find(ctx, event.send_id, event.message_id.as_deref()) {
        Err(reject) if reject.code == Code::NotFound => return Ok(Came::Ignored),
        found => found?,
    };
    let Some(recipient) = recipient(&send, event) else { return Ok(Came::Ignored) };
    let known = deliveries::at(ctx.sql, send.id, &recipient)?;
    if known > Some(event.event) {
        return Ok(Came::Late);
    }
    match event.event {
        DeliveryKind::Bounced | DeliveryKind::Complained => {
            report(ctx, post, send, recipient, event)
        }
        _ if known == Some(event.event) => Ok(Came::Late),
        _ => arrive(ctx, post, send, &recipient, event.event),
    }
}

/// Whom an event is about, as the mail has them.
fn recipient(send: &Send, event: &DeliveryEvent) -> Option<String> {
    let Some(told) = &event.recipient else { return send.sole_recipient().cloned() };
    send.recipient(&bare_address(told).ok()?).cloned()
}

/// A bounce or a complaint, as a mail would report it.
fn report(
    ctx: &mut Ctx<'_>,
    post: &mut Post,
    send: Send,
    address: String,
    event: &DeliveryEvent,
) -> Result<Came, Reject> {
    let told = match event.event {
        DeliveryKind::Complained => ReportedRecipient { address, ..bounce::silent_complaint() },
        _ => {
            let status = event.status.as_deref();
            bounce::relayed(&address, event.is_hard, status, &event.diagnostic)
        }
    };
    // Who has the secret of the endpoint is trusted.
    let (send_id, recipients) = (send.id, vec![told]);
    let input = RecordReport { recipients, is_proven: true, ..RecordReport::default() };
    let noted = note_report(ctx, &mut post.inbox, send, &input)?;
    post.concerns_inbox |= noted.concerns_inbox;
    // Where a mail reports, the room has asked, and tells by itself.
    if let Some(report) = &noted.report {
        let key = format!("{send_id}/{}", report.class.as_str());
        ctx.outbox(outbox::REPORT, &key, &to_json(report))?;
    }
    Ok(if noted.is_new { Came::Noted } else { Came::Late })
}

/// The mail is at the relay, or further: it left, whatever was believed of it.
fn arrive(
    ctx: &mut Ctx<'_>,
    post: &mut Post,
    mut send: Send,
    recipient: &str,
    state: DeliveryKind,
) -> Result<Came, Reject> {
    deliveries::advance(ctx.sql, send.id, recipient, state, ctx.now)?;
    let is_doubted = matches!(send.state, SendState::Unknown | SendState::Failed);
    // Those whom its server put off may be the ones whom the doubt is about.
    if !is_doubted || !ledger::deferred(ctx.sql, send.id)?.is_empty() {
        keep_send(ctx, &mut send)?;
        return Ok(Came::Noted);
    }
    it_left(&mut post.inbox, &mut send);
    post.concerns_inbox = true;
    send.error = None;
    flow::finish(ctx, &mut send, SendState::Sent)?;
    flow::record(ctx, &send, Fate::Sent)?;
    Ok(Came::Noted)
}
