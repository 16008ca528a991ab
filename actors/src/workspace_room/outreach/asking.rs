//! How inboxes are: asked of themselves and of their warm-up, because what they say of one moment
//! is all that the room knows.

use super::store::inboxes::{self, Known};
use super::{caps, turn};
use crate::kernel::actor::Settled;
use crate::kernel::{Ctx, Effect, Entry, Outcome};
use schema::codec::{read_reply, to_json};
use schema::ids::InboxId;
use schema::inbox::{GetInbox, InboxCommand, InboxStatus, InboxView};
use schema::warmup::{GetWarmup, WarmupCommand, WarmupStatus};
use schema::{ActorKind, Code, Millis, Reject};

/// Asks an inbox how it is; the key is the inbox.
pub const INBOX: &str = "outreach.inbox";
/// Asks its warm-up what it has left.
pub const WARMUP: &str = "outreach.warmup";

/// How long until one that did not answer well is asked again.
const AGAIN_MS: Millis = 60_000;

/// Asks an inbox, unless it is being asked, or what it said still holds.
///
/// # Errors
/// A storage fault.
pub fn ask(ctx: &mut Ctx<'_>, known: &mut Known) -> Result<(), Reject> {
    if known.asked || !known.is_stale(ctx.now, caps::FRESH_MS) {
        return Ok(());
    }
    known.asked = true;
    inboxes::put(ctx.sql, known)?;
    Ok(ctx.outbox(INBOX, &known.id.to_string(), &[])?)
}

/// What an entry asks.
///
/// # Errors
/// `internal` where its key is no inbox.
pub fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let id = id_of(entry)?;
    let (actor, command) = if entry.kind == INBOX {
        (ActorKind::InboxState, to_json(&InboxCommand::Status(GetInbox {})))
    } else {
        let days = Some(0);
        (ActorKind::WarmupCounter, to_json(&WarmupCommand::Status(GetWarmup { days })))
    };
    let instance = format!("{}/{id}", ctx.instance);
    Ok(Effect::Call { actor, instance, key: String::new(), command })
}

fn id_of(entry: &Entry) -> Result<InboxId, Reject> {
    entry.key.parse().map_err(|_| Reject::internal(format!("no inbox is {}", entry.key)))
}

/// Takes note of what an inbox, or its warm-up, said of itself.
///
/// # Errors
/// `internal` where it says something else; a storage fault.
pub fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
    let mut known = inboxes::find(ctx.sql, id_of(entry)?)?;
    match outcome {
        Outcome::Done(json) if entry.kind == INBOX => {
            let view: InboxView = read_reply(json)?;
            hear(&mut known, &view);
            if view.warmup && known.paused.is_none() {
                inboxes::put(ctx.sql, &known)?;
                ctx.outbox(WARMUP, &entry.key, &[])?;
                return Ok(Settled::Finished);
            }
        }
        Outcome::Done(json) => {
            hear_warmup(&mut known, &read_reply(json)?);
        }
        Outcome::Rejected(reject) if entry.kind == INBOX && reject.code == Code::NotFound => {
            known.paused = Some("there is no such inbox".into());
        }
        _ => {
            known.paused = Some("it does not say how it is".into());
            known.known_at = ctx.now - caps::FRESH_MS + AGAIN_MS;
            known.asked = false;
            inboxes::put(ctx.sql, &known)?;
            let at = ctx.now + AGAIN_MS;
            turn::at_latest(ctx, at)?;
            return Ok(Settled::Finished);
        }
    }
    known.known_at = ctx.now;
    known.asked = false;
    inboxes::put(ctx.sql, &known)?;
    let now = ctx.now;
    turn::at_latest(ctx, now)?;
    Ok(Settled::Finished)
}

/// What an inbox says of itself.
pub fn hear(known: &mut Known, view: &InboxView) {
    known.domain = view.email.rsplit_once('@').map_or("", |(_, it)| it).to_lowercase();
    known.paused = match view.status {
        InboxStatus::Paused => Some(view.pause_reason.clone().unwrap_or_default()),
        InboxStatus::Active => view.transport_error.clone(),
    };
    known.warmup_left = None;
    known.warmup_until = None;
}

/// What its warm-up says.
pub fn hear_warmup(known: &mut Known, status: &WarmupStatus) {
    known.warmup_left = Some(status.today.left.max(0));
    known.warmup_until = Some(status.resets_at);
}
