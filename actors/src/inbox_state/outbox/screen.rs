//! The deployment's suppression list is asked about each mail of outreach, between its prospect's
//! permission and the transport.
//!
//! An answer is good for one permission, and gets old with it. While the list cannot be asked the
//! mail waits: it is asked again, and once the permission got old, so is the prospect.

use super::{calls, mail};
use crate::inbox_state::store::ledger::Send;
use crate::inbox_state::{flow, registered, send_of};
use crate::kernel::actor::Settled;
use crate::kernel::{Ctx, Effect, Entry, Outcome};
use schema::codec::{read_reply, to_json};
use schema::inbox::SendState;
use schema::limiter::LimiterCommand;
use schema::suppression::{
    AskSuppressed, SUPPRESSED_BY_OPERATOR, Suppressed, SuppressionsCommand, instance,
};
use schema::{ActorKind, Reject};

/// The key of the question about a mail as it is: an answer to an earlier one is not taken for it.
pub fn key_of(send: &Send) -> String {
    format!("{}/{}", send.id, send.answers)
}

/// Whether an entry is the question that a mail waits for.
fn is_of(entry: &Entry, send: &Send) -> bool {
    send.state == SendState::Permitted && !send.screened && entry.key == key_of(send)
}

/// Asks the list whether it has whom the mail goes to; where the mail could not leave yet, it goes
/// back instead.
pub fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let mut send = send_of(ctx, super::id_of(entry)?)?;
    if !is_of(entry, &send) {
        return Ok(Effect::Nothing);
    }
    if !mail::is_permitted(ctx, &send) {
        let now = ctx.now;
        flow::put_back(ctx, &mut send, now)?;
        return Ok(Effect::Nothing);
    }
    // It could not leave yet, and would be asked about once more when it can: the list is one for
    // all workspaces, and not to be asked in vain by one.
    if let Some(at) = mail::crowded_until(ctx, &send)? {
        flow::put_back(ctx, &mut send, at)?;
        return Ok(Effect::Nothing);
    }
    let address = send.sole_recipient().cloned().unwrap_or_default();
    let ask = SuppressionsCommand::Ask(AskSuppressed { address });
    Ok(Effect::Call {
        actor: ActorKind::RateLimiter,
        instance: instance(),
        key: String::new(),
        command: to_json(&LimiterCommand::Suppressions(ask)),
    })
}

/// Lets the mail leave, unless the list has whom it goes to: then it is refused for good.
pub fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
    let mut send = send_of(ctx, super::id_of(entry)?)?;
    if !is_of(entry, &send) {
        return Ok(Settled::Finished);
    }
    let Outcome::Done(json) = outcome else {
        return Ok(Settled::Again(ctx.now + calls::AGAIN_MS));
    };
    let Suppressed { suppressed } = read_reply(json)?;
    send.answers += 1;
    send.asked = false;
    if suppressed {
        send.error = Some(SUPPRESSED_BY_OPERATOR.to_owned());
        calls::refuse(ctx, &mut send)?;
        return Ok(Settled::Finished);
    }
    send.screened = true;
    let inbox = registered(ctx)?;
    flow::advance(ctx, &inbox, &mut send)?;
    Ok(Settled::Finished)
}
