//! The answers of the warm-up counter and of prospects.

use super::{RELEASE, START, id_of};
use crate::inbox_state::store::ledger::Send;
use crate::inbox_state::{flow, keep_inbox, keep_send, registered, send_of};
use crate::kernel::actor::Settled;
use crate::kernel::{Ctx, Entry, Outcome};
use schema::codec::{read_json, read_reply};
use schema::ids::SendId;
use schema::inbox::SendState;
use schema::prospect::{Fate, PermitReply, moved_to};
use schema::warmup::ReserveReply;
use schema::{Code, Millis, Reject};

/// When a question is asked again that had no answer.
pub const AGAIN_MS: Millis = 5_000;

/// The warm-up began, or had with another zone: then it is moved.
pub fn started(ctx: &mut Ctx<'_>, outcome: &Outcome) -> Result<Settled, Reject> {
    if matches!(outcome, Outcome::Rejected(reject) if reject.code == Code::Conflict) {
        ctx.outbox(super::ZONE, "", &[])?;
    }
    flow::pump(ctx)?;
    Ok(Settled::Finished)
}

/// The warm-up moved; where it had not begun, it begins.
pub fn moved(ctx: &mut Ctx<'_>, outcome: &Outcome) -> Result<Settled, Reject> {
    if matches!(outcome, Outcome::Rejected(reject) if reject.code == Code::Conflict) {
        ctx.outbox(START, "", &[])?;
    }
    Ok(Settled::Finished)
}

/// The warm-up's answer to a question for a slot.
pub fn reserved(ctx: &mut Ctx<'_>, id: SendId, outcome: &Outcome) -> Result<Settled, Reject> {
    let mut send = send_of(ctx, id)?;
    let reply: ReserveReply = match outcome {
        Outcome::Done(json) => read_reply(json)?,
        Outcome::Rejected(reject) => {
            if reject.code == Code::Conflict {
                ctx.outbox(START, "", &[])?;
            }
            return Ok(Settled::Again(ctx.now + AGAIN_MS));
        }
        _ => return Ok(Settled::Again(ctx.now + AGAIN_MS)),
    };
    if send.state != SendState::Queued {
        if reply.granted && send.state == SendState::Cancelled {
            ctx.outbox(RELEASE, &id.to_string(), &[])?;
        }
        return Ok(Settled::Finished);
    }
    send.answers += 1;
    send.asked = false;
    let mut inbox = registered(ctx)?;
    if reply.granted {
        send.state = SendState::Reserved;
        send.slot_until = Some(reply.ends_at);
        send.not_before = 0;
        if inbox.paused.is_none() {
            flow::advance(ctx, &inbox, &mut send)?;
        } else {
            keep_send(ctx, &mut send)?;
        }
        flow::pump(ctx)?;
    } else {
        inbox.blocked_until = reply.retry_at.unwrap_or(reply.ends_at);
        keep_send(ctx, &mut send)?;
        keep_inbox(ctx, &mut inbox)?;
        flow::wake_at(ctx, inbox.blocked_until)?;
    }
    Ok(Settled::Finished)
}

/// A slot is free again: today may go on.
pub fn released(ctx: &mut Ctx<'_>) -> Result<Settled, Reject> {
    let mut inbox = registered(ctx)?;
    if inbox.blocked_until > ctx.now {
        inbox.blocked_until = 0;
        keep_inbox(ctx, &mut inbox)?;
    }
    flow::pump(ctx)?;
    Ok(Settled::Finished)
}

/// The prospect's answer. One that was lost is told again from its key, however long ago it was
/// given: a permission is as old as its question.
pub fn permitted(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
    let mut send = send_of(ctx, id_of(entry)?)?;
    let reply = match outcome {
        Outcome::Done(json) => read_reply(json)?,
        Outcome::Rejected(reject) => match moved_to(reject) {
            Some(to) => PermitReply::Moved { to },
            None => {
                if send.state == SendState::Reserved {
                    send.error = Some(reject.message.clone());
                    refuse(ctx, &mut send)?;
                }
                return Ok(Settled::Finished);
            }
        },
        _ => return Ok(Settled::Again(ctx.now + AGAIN_MS)),
    };
    if send.state != SendState::Reserved {
        if matches!(reply, PermitReply::Granted { .. }) && send.state == SendState::Cancelled {
            flow::record(ctx, &send, Fate::Released)?;
        }
        return Ok(Settled::Finished);
    }
    send.answers += 1;
    send.asked = false;
    match reply {
        PermitReply::Granted { .. } => {
            send.state = SendState::Permitted;
            // An entry of before has no time in it: how old its question is, nobody knows.
            send.permitted_at = Some(read_json(&entry.body).unwrap_or_default());
            send.screened = false;
            let inbox = registered(ctx)?;
            flow::advance(ctx, &inbox, &mut send)?;
        }
        PermitReply::Moved { to } => {
            send.owner = Some(to);
            // After the entry that is being settled, which has the same key.
            let soon = ctx.now + 1;
            flow::put_back(ctx, &mut send, soon)?;
        }
        PermitReply::Denied { reason, retry_after_ms } => {
            let word = serde_json::to_value(reason).ok();
            send.error = word.and_then(|word| word.as_str().map(str::to_owned));
            if let Some(wait) = retry_after_ms {
                let at = ctx.now + wait.max(1);
                flow::put_back(ctx, &mut send, at)?;
            } else {
                refuse(ctx, &mut send)?;
            }
        }
    }
    Ok(Settled::Finished)
}

/// The mail must not leave; a permission that it has, or had for an earlier try, is given back.
pub fn refuse(ctx: &mut Ctx<'_>, send: &mut Send) -> Result<(), Reject> {
    if flow::may_have_left(ctx, send)? {
        return Ok(());
    }
    flow::not_left(ctx, send, SendState::Refused)?;
    if send.permitted_at.is_some() {
        flow::record(ctx, send, Fate::Released)?;
    }
    Ok(())
}
