//! A mail of which a server took some recipients and put the others off: it is handed over again,
//! to those alone.
//!
//! It has left, and counts so; whom it still has to reach is in the ledger, and only becomes less.
//! They are tried as often as any mail is. Given up, they came back; where an answer is lost,
//! nobody knows of them, and a person has to find out.

use super::mail::{ATTEMPTS_MAX, LOGIN_REFUSED};
use super::mail::{brief, busy_ms, job, keep_refusal, refusal, wait_ms};
use crate::inbox_state::store::ledger::{self, Send};
use crate::inbox_state::{flow, health, keep_inbox, keep_send, outbox, registered, send_of, store};
use crate::kernel::actor::Settled;
use crate::kernel::{Ctx, Effect, MailOutcome, Outcome, RefusedRecipient};
use schema::ids::SendId;
use schema::inbox::SendState;
use schema::report::{ReportClass, ReportReason, ReportedRecipient};
use schema::{Millis, Reject};

/// How long they wait while the inbox is paused.
const PAUSED_MS: Millis = 60 * 60 * 1000;

/// Of the recipients that a server would not take: those that it put off, for the next try, and the
/// gravest refusal of the others. Those that were put off too often are among the others.
pub fn sorted<'r>(
    send: &Send,
    refused: &'r [RefusedRecipient],
) -> (Vec<&'r RefusedRecipient>, Option<ReportedRecipient>) {
    let is_off = |one: &&RefusedRecipient| one.code < 500 && send.attempts < ATTEMPTS_MAX;
    let (off, gone): (Vec<_>, Vec<_>) = refused.iter().partition(is_off);
    let gravest = gone.into_iter().map(refusal).max_by_key(|told| told.class.weight());
    (off, gravest.filter(|told| told.class.weight() > 0))
}

/// Notes whom a mail has still to reach, and tries again later. The caller writes the mail down.
pub fn put_off(
    ctx: &mut Ctx<'_>,
    send: &mut Send,
    off: &[&RefusedRecipient],
) -> Result<(), Reject> {
    let whom: Vec<String> = off.iter().map(|one| one.address.clone()).collect();
    match off.first() {
        None => Ok(ledger::set_deferred(ctx.sql, send.id, &[])?),
        Some(one) => wait(ctx, send, &whom, &said(one)),
    }
}

fn said(RefusedRecipient { code, enhanced, text, .. }: &RefusedRecipient) -> String {
    format!("{code} {} {text}", enhanced.as_deref().unwrap_or_default())
}

fn wait(ctx: &mut Ctx<'_>, send: &mut Send, whom: &[String], why: &str) -> Result<(), Reject> {
    ledger::set_deferred(ctx.sql, send.id, whom)?;
    send.error = Some(brief(&format!("tried again for {}: {why}", whom.join(", "))));
    let wait = wait_ms(ctx, send.attempts);
    come_again(ctx, send.id, wait)
}

fn come_again(ctx: &mut Ctx<'_>, id: SendId, wait: Millis) -> Result<(), Reject> {
    Ok(ctx.set_timer(outbox::DEFERRED, &id.to_string(), ctx.now + wait, &[])?)
}

/// Hands the mail over again, to those whom it has still to reach.
pub fn begin(ctx: &mut Ctx<'_>, id: SendId) -> Result<Effect, Reject> {
    let mut send = send_of(ctx, id)?;
    let whom = ledger::deferred(ctx.sql, id)?;
    if whom.is_empty() || !has_left(&send) {
        return Ok(Effect::Nothing);
    }
    let inbox = registered(ctx)?;
    let end = if store::microsoft::load(ctx.sql)?.is_some() {
        // Through it, the mail would go to everybody once more.
        Some("the inbox sends through Microsoft by now")
    } else if store::bodies::get(ctx.sql, id)?.is_none() {
        Some("what it said is not kept any more")
    } else {
        None
    };
    if let Some(why) = end {
        come_back(ctx, &mut send, given_up(&whom, why))?;
        return Ok(Effect::Nothing);
    }
    if inbox.paused.is_some() {
        come_again(ctx, id, PAUSED_MS)?;
        return Ok(Effect::Nothing);
    }
    send.attempts += 1;
    keep_send(ctx, &mut send)?;
    job(ctx, inbox, &send, whom)
}

const fn has_left(send: &Send) -> bool {
    matches!(send.state, SendState::Sent | SendState::Bounced)
}

/// Takes note of what became of them.
pub fn settle(ctx: &mut Ctx<'_>, id: SendId, outcome: &Outcome) -> Result<Settled, Reject> {
    let mut send = send_of(ctx, id)?;
    let whom = ledger::deferred(ctx.sql, id)?;
    if whom.is_empty() || !has_left(&send) {
        return Ok(Settled::Finished);
    }
    match outcome {
        Outcome::Mail(MailOutcome::Accepted { refused, .. }) => {
            taken(ctx, &mut send, refused)?;
        }
        Outcome::Mail(MailOutcome::Refused { code, enhanced, text, permanent, recipient }) => {
            let address = whom.first().cloned().unwrap_or_default();
            let (code, enhanced, text) = (*code, enhanced.clone(), text.clone());
            let refused = RefusedRecipient { address, code, enhanced, text };
            match (*permanent, *recipient) {
                (false, _) => again(ctx, &mut send, &whom, refusal(&refused))?,
                (true, true) => come_back(ctx, &mut send, refusal(&refused))?,
                (true, false) if LOGIN_REFUSED.contains(&code) => {
                    health::log_in_refused(ctx, code)?;
                    send.attempts -= 1;
                    again(ctx, &mut send, &whom, refusal(&refused))?;
                }
                (true, false) => come_back(ctx, &mut send, given_up(&whom, &said(&refused)))?,
            }
        }
        Outcome::Mail(MailOutcome::Busy { .. }) => {
            send.attempts -= 1;
            keep_send(ctx, &mut send)?;
            let wait = busy_ms(ctx);
            come_again(ctx, id, wait)?;
        }
        Outcome::Mail(MailOutcome::NotSent { why }) | Outcome::Failed { why } => {
            again(ctx, &mut send, &whom, given_up(&whom, why))?;
        }
        Outcome::Mail(MailOutcome::Unmade { why }) => {
            come_back(ctx, &mut send, given_up(&whom, why))?;
        }
        Outcome::Rejected(reject) => {
            come_back(ctx, &mut send, given_up(&whom, &reject.message))?;
        }
        Outcome::Mail(MailOutcome::Unknown { why })
        | Outcome::Unknown { why }
        | Outcome::GaveUp { why } => {
            send.error = Some(brief(&format!("unknown for {}: {why}", whom.join(", "))));
            flow::finish(ctx, &mut send, SendState::Unknown)?;
        }
        Outcome::Done(_) | Outcome::Posted(_) | Outcome::Mailbox(_) | Outcome::Microsoft(_) => {
            return Err(Reject::internal("a mail is answered by what its transport knows"));
        }
    }
    Ok(Settled::Finished)
}

/// The server took the mail for those of them that it did not refuse.
fn taken(ctx: &mut Ctx<'_>, send: &mut Send, refused: &[RefusedRecipient]) -> Result<(), Reject> {
    let (off, gravest) = sorted(send, refused);
    send.error = None;
    if let Some(report) = send.report.clone() {
        send.keep_report(&report);
    }
    if let Some(told) = gravest {
        bounced(ctx, send, told)?;
    }
    put_off(ctx, send, &off)?;
    keep_send(ctx, send)?;
    flow::tell(ctx, send)
}

/// Tries again later, unless they were tried too often.
fn again(
    ctx: &mut Ctx<'_>,
    send: &mut Send,
    whom: &[String],
    told: ReportedRecipient,
) -> Result<(), Reject> {
    if send.attempts >= ATTEMPTS_MAX {
        return come_back(ctx, send, told);
    }
    wait(ctx, send, whom, &told.diagnostic)?;
    keep_send(ctx, send)
}

/// What is said of recipients of whom no server said anything.
pub fn given_up(whom: &[String], why: &str) -> ReportedRecipient {
    ReportedRecipient {
        address: whom.first().cloned().unwrap_or_default(),
        original_address: None,
        class: ReportClass::Soft,
        reason: ReportReason::Expired,
        status: None,
        reply_code: None,
        diagnostic: why.to_owned(),
    }
}

/// The mail will not reach those whom it has still to reach.
pub fn come_back(
    ctx: &mut Ctx<'_>,
    send: &mut Send,
    told: ReportedRecipient,
) -> Result<(), Reject> {
    let whom = ledger::deferred(ctx.sql, send.id)?;
    ledger::set_deferred(ctx.sql, send.id, &[])?;
    let error = brief(&format!("not to {}: {}", whom.join(", "), told.diagnostic));
    bounced(ctx, send, told)?;
    send.error = Some(error);
    keep_send(ctx, send)
}

/// Some of its recipients came back: it counts once against the inbox.
fn bounced(ctx: &mut Ctx<'_>, send: &mut Send, mut told: ReportedRecipient) -> Result<(), Reject> {
    let mut inbox = registered(ctx)?;
    inbox.bounced += i64::from(send.bounced == 0);
    if told.class.weight() == 0 {
        told.class = ReportClass::Soft;
    }
    if told.class.weight() > send.bounced {
        keep_refusal(ctx, send, told);
    }
    flow::finish(ctx, send, SendState::Bounced)?;
    health::judge(ctx, &mut inbox)?;
    keep_inbox(ctx, &mut inbox)
}
