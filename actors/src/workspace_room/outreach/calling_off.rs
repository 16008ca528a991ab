//! Mails that an inbox has already, and that shall not leave any more: it takes back what has not
//! begun to leave, and tells of it like of everything else.

use super::store::enrolments::Enrolment;
use crate::kernel::actor::Settled;
use crate::kernel::{Ctx, Effect, Entry, Outcome};
use schema::codec::to_json;
use schema::ids::{InboxId, SendId};
use schema::inbox::{GetSend, InboxCommand};
use schema::{ActorKind, Millis, Reject};

/// Asks the inbox; the key is `{inbox}/{send}`.
pub const OUTBOX: &str = "outreach.callOff";

/// How long until an inbox that did not hear is asked again.
const AGAIN_MS: Millis = 60_000;

/// Asks the inbox to take back the mail of an enrolment, where it has one.
///
/// # Errors
/// A storage fault.
pub fn ask(ctx: &mut Ctx<'_>, one: &Enrolment) -> Result<(), Reject> {
    match (one.inbox_id, one.send_id) {
        (Some(inbox), Some(send)) => Ok(ctx.outbox(OUTBOX, &format!("{inbox}/{send}"), &[])?),
        _ => Ok(()),
    }
}

/// What an entry asks.
///
/// # Errors
/// `internal` where its key names no mail.
pub fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let parts = entry.key.split_once('/');
    let parts = parts.and_then(|(inbox, send)| Some((inbox.parse().ok()?, send.parse().ok()?)));
    let (inbox, send_id): (InboxId, SendId) =
        parts.ok_or_else(|| Reject::internal(format!("no mail is {}", entry.key)))?;
    Ok(Effect::Call {
        actor: ActorKind::InboxState,
        instance: format!("{}/{inbox}", ctx.instance),
        key: format!("{OUTBOX}:{send_id}"),
        command: to_json(&InboxCommand::CancelSend(GetSend { send_id })),
    })
}

/// Takes note of the answer: a mail that has begun to leave is told of when it has left.
///
/// # Errors
/// None.
pub fn settle(ctx: &mut Ctx<'_>, outcome: &Outcome) -> Result<Settled, Reject> {
    Ok(match outcome {
        Outcome::Done(_) | Outcome::Rejected(_) => Settled::Finished,
        _ => Settled::Again(ctx.now + AGAIN_MS),
    })
}
