//! Which step a waiting mail takes next, and how mails come to an end.

use super::microsoft::{self, Way};
use super::store::inbox::Inbox;
use super::store::ledger::{self, Send};
use super::{health, keep_inbox, keep_send, mailbox, outbox, registered, send_of, store};
use crate::kernel::Ctx;
use crate::kernel::store::timers;
use schema::codec::to_json;
use schema::ids::SendId;
use schema::inbox::{CAMPAIGN_KEY, COMMENT_KEY, SendState, TOO_LATE};
use schema::prospect::Fate;
use schema::warmup::ALLOWANCES;
use schema::{Millis, Reject};

/// The timer that looks after waiting mails.
pub const PUMP: &str = "pump";
/// The timer that takes a mail back which has not begun to leave in time.
pub const TAKE_BACK: &str = "take_back";
/// The timer that forgets what a mail said.
pub const FORGET: &str = "forget";

const AT_ONCE: i64 = 100;
const BODY_KEPT_MS: Millis = 30 * 24 * 60 * 60 * 1000;

/// Moves the waiting mails on, oldest first. Those that are not to be tried yet get a timer.
pub fn pump(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let Some(inbox) = store::inbox::load(ctx.sql)? else { return Ok(()) };
    if inbox.paused.is_some() {
        return Ok(());
    }
    let mut free = match microsoft::way(ctx)? {
        Way::Open(free) => free,
        Way::From(at) => return wake_at(ctx, at),
        Way::Shut => return Ok(()),
    };
    // No day allows more than the last figure: more questions than that at once are in vain.
    let mut questions = ALLOWANCES[ALLOWANCES.len() - 1] - ledger::asking(ctx.sql)?;
    let (mut moved, mut next, mut after) = (0, Millis::MAX, String::new());
    loop {
        let rows = ledger::idle(ctx.sql, &after, AT_ONCE)?;
        let Some((last, ..)) = rows.last() else { break };
        if free <= 0 {
            break;
        }
        if moved >= AT_ONCE {
            next = ctx.now + 1;
            break;
        }
        after = last.to_string();
        for (id, state, not_before) in rows {
            if not_before > ctx.now {
                next = next.min(not_before);
                continue;
            }
            if free <= 0 {
                // Whoever is under way looks after those that wait.
                break;
            }
            if state == SendState::Queued && inbox.warmup {
                if inbox.blocked_until > ctx.now {
                    next = next.min(inbox.blocked_until);
                    continue;
                }
                if questions <= 0 {
                    continue;
                }
                questions -= 1;
            }
            let mut send = send_of(ctx, id)?;
            advance(ctx, &inbox, &mut send)?;
            (moved, free) = (moved + 1, free - 1);
        }
    }
    if next < Millis::MAX { wake_at(ctx, next) } else { Ok(()) }
}

/// Takes up a mail that was just asked for; it waits where its turn has not come.
pub fn take_up(ctx: &mut Ctx<'_>, inbox: &Inbox, send: &mut Send) -> Result<(), Reject> {
    match microsoft::way(ctx)? {
        Way::Open(free) if free > 0 => {}
        Way::From(at) => {
            keep_send(ctx, send)?;
            return wake_at(ctx, at);
        }
        _ => return keep_send(ctx, send),
    }
    let most = ALLOWANCES[ALLOWANCES.len() - 1];
    let blocked = inbox.warmup && inbox.blocked_until > ctx.now;
    if inbox.paused.is_some() || blocked || (inbox.warmup && ledger::asking(ctx.sql)? >= most) {
        keep_send(ctx, send)?;
        return if blocked { wake_at(ctx, inbox.blocked_until) } else { Ok(()) };
    }
    advance(ctx, inbox, send)
}

/// Asks the next question about a mail, or lets it leave, and writes it down. Where it may leave
/// and its turn has not come, it waits: whoever is under way looks after it.
pub fn advance(ctx: &mut Ctx<'_>, inbox: &Inbox, send: &mut Send) -> Result<(), Reject> {
    if send.state == SendState::Queued && !inbox.warmup {
        send.state = SendState::Reserved;
        send.slot_until = None;
    }
    if send.state == SendState::Reserved && send.prospect.is_none() {
        send.state = SendState::Permitted;
    }
    let kind = match send.state {
        SendState::Queued => outbox::RESERVE,
        SendState::Reserved => outbox::PERMIT,
        SendState::Permitted if send.prospect.is_some() && !send.screened => outbox::SCREEN,
        SendState::Permitted if outbox::needs_draft(ctx, send.id)? => outbox::DRAFT,
        SendState::Permitted => outbox::MAIL,
        _ => return Ok(()),
    };
    if send.state == SendState::Permitted {
        send.asked = false;
        match microsoft::way_for(ctx, send.id)? {
            Way::Open(free) if free > 0 => {}
            Way::From(at) => {
                keep_send(ctx, send)?;
                return wake_at(ctx, at);
            }
            _ => return keep_send(ctx, send),
        }
    }
    send.asked = true;
    keep_send(ctx, send)?;
    let id = send.id.to_string();
    let key = if kind == outbox::SCREEN { outbox::screen_key(send) } else { id };
    let body = if kind == outbox::PERMIT { to_json(&ctx.now) } else { Vec::new() };
    Ok(ctx.outbox(kind, &key, &body)?)
}

/// Puts a mail back among the waiting ones, not to be tried before a time; one that should have
/// left by then is taken back.
pub fn put_back(ctx: &mut Ctx<'_>, send: &mut Send, not_before: Millis) -> Result<(), Reject> {
    if send.leave_by.is_some_and(|at| at <= not_before) && too_late(ctx, send)? {
        return Ok(());
    }
    send.asked = false;
    send.not_before = not_before;
    // A permission gets old: it is asked for again.
    if send.prospect.is_some() && send.state != SendState::Queued {
        send.state = SendState::Reserved;
    } else if send.state == SendState::Sending {
        send.state = SendState::Permitted;
    }
    keep_send(ctx, send)?;
    wake_at(ctx, not_before)
}

/// Sets the timer for waiting mails to a time, unless it goes off earlier.
pub fn wake_at(ctx: &mut Ctx<'_>, at: Millis) -> Result<(), Reject> {
    if timers::due_of(ctx.sql, PUMP, "")?.is_none_or(|due| at < due) {
        ctx.set_timer(PUMP, "", at, &[])?;
    }
    Ok(())
}

/// The mail has left, may have, or came back at once: its slot is used up, and health is judged.
pub fn left(ctx: &mut Ctx<'_>, send: &mut Send, state: SendState) -> Result<(), Reject> {
    let mut inbox = registered(ctx)?;
    send.left_at = Some(ctx.now);
    inbox.sent += 1;
    if send.bounced > 0 {
        inbox.bounced += 1;
    }
    finish(ctx, send, state)?;
    if send.slot_until.is_some() {
        ctx.outbox(outbox::COMMIT, &send.id.to_string(), &[])?;
    }
    health::judge(ctx, &mut inbox)?;
    keep_inbox(ctx, &mut inbox)
}

/// Nobody knows whether the mail has left: a person has to find out, unless it lies in the folder
/// of sent mail. That is looked at at once.
pub fn doubt(ctx: &mut Ctx<'_>, send: &mut Send) -> Result<(), Reject> {
    if store::mailbox::take_copy(ctx.sql, send.id)? {
        send.error = None;
        left(ctx, send, SendState::Sent)?;
        return record(ctx, send, Fate::Sent);
    }
    left(ctx, send, SendState::Unknown)?;
    if store::mailbox::load(ctx.sql)?.is_some() {
        mailbox::ask(ctx)?;
    }
    record(ctx, send, Fate::Unknown)
}

/// Whether a mail that shall not leave may have left before: then it comes to that end.
pub fn may_have_left(ctx: &mut Ctx<'_>, send: &mut Send) -> Result<bool, Reject> {
    if !store::microsoft::may_leave(ctx.sql, send.id)? {
        return Ok(false);
    }
    doubt(ctx, send)?;
    Ok(true)
}

/// The mail will not leave: its slot is free again.
pub fn not_left(ctx: &mut Ctx<'_>, send: &mut Send, state: SendState) -> Result<(), Reject> {
    finish(ctx, send, state)?;
    if send.slot_until.is_some() {
        ctx.outbox(outbox::RELEASE, &send.id.to_string(), &[])?;
    }
    Ok(())
}

/// The mail comes to an end. What nobody knows yet is kept until somebody does.
pub fn finish(ctx: &mut Ctx<'_>, send: &mut Send, state: SendState) -> Result<(), Reject> {
    send.state = state;
    send.asked = false;
    send.settled_at = Some(ctx.now);
    if state != SendState::Unknown {
        ctx.set_timer(FORGET, &send.id.to_string(), ctx.now + BODY_KEPT_MS, &[])?;
    }
    tell(ctx, send)?;
    store::mailbox::take_copy(ctx.sql, send.id)?;
    store::microsoft::forget_draft(ctx.sql, send.id)?;
    there_is_room(ctx)?;
    keep_send(ctx, send)
}

/// Takes a mail back that has not begun to leave, where its time is over.
pub fn take_back(ctx: &mut Ctx<'_>, key: &str) -> Result<(), Reject> {
    let Ok(id) = key.parse::<SendId>() else { return Ok(()) };
    let mut send = send_of(ctx, id)?;
    if is_late(ctx, &send) { too_late(ctx, &mut send).map(drop) } else { Ok(()) }
}

/// Whether a mail waits that should have left by now.
pub fn is_late(ctx: &Ctx<'_>, send: &Send) -> bool {
    send.state.waits() && send.leave_by.is_some_and(|at| at <= ctx.now)
}

/// Takes a mail back whose time is over before it began to leave; says whether it could.
pub fn too_late(ctx: &mut Ctx<'_>, send: &mut Send) -> Result<bool, Reject> {
    let before = send.error.replace(TOO_LATE.to_owned());
    let taken_back = cancel(ctx, send)?;
    if !taken_back {
        send.error = before;
    }
    Ok(taken_back)
}

/// Takes a mail back that has not begun to leave; says whether it could.
pub fn cancel(ctx: &mut Ctx<'_>, send: &mut Send) -> Result<bool, Reject> {
    if store::microsoft::may_leave(ctx.sql, send.id)? {
        return Ok(false);
    }
    not_left(ctx, send, SendState::Cancelled)?;
    if send.permitted_at.is_some() {
        record(ctx, send, Fate::Released)?;
    }
    Ok(true)
}

/// Tells the room of a mail that is a comment or a campaign's, once it is written down.
pub fn tell(ctx: &mut Ctx<'_>, send: &Send) -> Result<(), Reject> {
    if send.key.starts_with(COMMENT_KEY) || send.key.starts_with(CAMPAIGN_KEY) {
        ctx.outbox(outbox::DELIVERY, &send.id.to_string(), &[])?;
    }
    Ok(())
}

/// Others may wait until fewer are under way.
pub fn there_is_room(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if store::microsoft::load(ctx.sql)?.is_some() {
        let now = ctx.now;
        wake_at(ctx, now)?;
    }
    Ok(())
}

/// Tells the prospect what came of the mail, where it is outreach; and of any mail that went to one
/// address, whoever has that address, where nothing may be sent to it any more.
pub fn record(ctx: &mut Ctx<'_>, send: &Send, fate: Fate) -> Result<(), Reject> {
    let suppresses = fate.suppresses().is_some() && send.sole_recipient().is_some();
    if send.prospect.is_none() && !suppresses {
        return Ok(());
    }
    let name =
        serde_json::to_string(&fate).map_err(|error| Reject::internal(format!("fate: {error}")))?;
    let key = format!("{}/{}", send.id, name.trim_matches('"'));
    Ok(ctx.outbox(outbox::RECORD, &key, &schema::codec::to_json(&(fate, ctx.now)))?)
}
