//! Mails that an inbox has already, and that shall not leave any more: it takes back what has not
//! begun to leave, and tells of it like of everything else.

use super::store::enrolments::{self, Enrolment};
use crate::kernel::actor::Settled;
use crate::kernel::{Ctx, Effect, Entry, Outcome};
use schema::codec::to_json;
use schema::ids::{InboxId, SendId};
use schema::inbox::{GetSend, InboxCommand};
use schema::{ActorKind, Code, Millis, Reject};

/// Asks the inbox; the key is `{inbox}/{send}`.
pub const OUTBOX: &str = "outreach.callOff";

/// How long until an inbox is asked again that did not hear, or is about to send.
const AGAIN_MS: Millis = 60_000;

/// Asks the inbox to take back the mail of an enrolment, where it has one.
///
/// # Errors
/// A storage fault.
pub fn ask(ctx: &mut Ctx<'_>, one: &Enrolment) -> Result<(), Reject> {
    match (one.inbox_id, one.send_id) {
        (Some(inbox), Some(send)) => ask_for(ctx, one.number, (inbox, send)),
        _ => Ok(()),
    }
}

/// Asks an inbox to take back a mail, of whatever step of an enrolment.
///
/// # Errors
/// A storage fault.
pub fn ask_for(
    ctx: &mut Ctx<'_>,
    number: i64,
    (inbox, send): (InboxId, SendId),
) -> Result<(), Reject> {
    Ok(ctx.outbox(OUTBOX, &format!("{inbox}/{send}"), number.to_string().as_bytes())?)
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

/// Takes note of the answer. A mail that has begun to leave may be put off by its server, and wait
/// again: the inbox is asked until it has told what became of it.
///
/// # Errors
/// A storage fault.
pub fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
    let again = Settled::Again(ctx.now + AGAIN_MS);
    match outcome {
        Outcome::Done(_) => Ok(Settled::Finished),
        Outcome::Rejected(reject) if reject.code == Code::Conflict => {
            let number = String::from_utf8_lossy(&entry.body).parse().unwrap_or_default();
            let one = enrolments::at(ctx.sql, number)?;
            let is_open = |one: &Enrolment| {
                let is_its = |send: SendId| entry.key.ends_with(&send.to_string());
                one.assigned_at.is_some() && one.send_id.is_some_and(is_its)
            };
            Ok(if one.as_ref().is_some_and(is_open) { again } else { Settled::Finished })
        }
        Outcome::Rejected(_) => Ok(Settled::Finished),
        _ => Ok(again),
    }
}
