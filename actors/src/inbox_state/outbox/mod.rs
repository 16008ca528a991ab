//! What the inbox wants from the world, and what came of it.
//!
//! The key of each call holds the number of answers so far: a lost answer is asked for again under
//! the same key, while a new question never gets an old answer back.

mod calls;
mod deferred;
mod mail;
mod microsoft;
mod screen;

pub use deferred::{come_back, given_up};
pub use mail::brief;
pub use microsoft::needs_draft;
pub use screen::key_of as screen_key;

use super::store::ledger::Send;
use super::{inbox_of, mailbox, microsoft as tokens, registered, send_of, subscription};
use crate::alert;
use crate::kernel::actor::Settled;
use crate::kernel::{Ctx, Effect, Entry, Outcome};
use crate::prospect_dedup::identity::Identity;
use schema::codec::to_json;
use schema::ids::{InboxId, SendId};
use schema::inbox::{CAMPAIGN_KEY, COMMENT_KEY, SendState};
use schema::prospect::{Fate, Permit, ProspectCommand, Record, Suppress};
use schema::report::{MailReported, SendReport};
use schema::room::RoomCommand;
use schema::room::delivery::NoteDelivery;
use schema::room::enrolment::NoteOutreach;
use schema::warmup::{ReserveSlot, SetZone, SettleSlot, StartWarmup, WarmupCommand};
use schema::{ActorKind, Millis, Reject};

/// Begins the warm-up.
pub const START: &str = "start";
/// Moves the warm-up to another zone.
pub const ZONE: &str = "zone";
/// Asks for a slot.
pub const RESERVE: &str = "reserve";
/// Asks the prospect.
pub const PERMIT: &str = "permit";
/// Asks the deployment's suppression list.
pub const SCREEN: &str = "screen";
/// Hands a mail to the transport.
pub const MAIL: &str = "mail";
/// Hands a mail to the transport again, for those whom its server put off.
pub const DEFERRED: &str = "deferred";
/// The slot is used up.
pub const COMMIT: &str = "commit";
/// The slot is free again.
pub const RELEASE: &str = "release";
/// Tells the prospect what came of a mail.
pub const RECORD: &str = "record";
/// Tells the room what came of the mail that a comment is.
pub const DELIVERY: &str = "delivery";
/// Tells the room what a relay reported of a mail.
pub const REPORT: &str = "report";
/// Reads the mailbox.
pub const SYNC: &str = "sync";
/// Tells the room that the mailbox has stalled, or works again.
pub const NOTE: &str = "note";

/// Renews the tokens of the mailbox at Microsoft.
pub const TOKEN: &str = "token";
/// Puts a mail into Drafts at Microsoft.
pub const DRAFT: &str = "draft";
/// Finds out what became of a draft.
pub const LOOK: &str = "look";

/// Has Graph tell of new mail.
pub const SUBSCRIBE: &str = "subscribe";

/// Says what an entry wants.
pub fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    match entry.kind.as_str() {
        START => {
            let time_zone = registered(ctx)?.zone;
            let key = format!("start:{time_zone}");
            warmup(ctx, key, &WarmupCommand::Start(StartWarmup { time_zone, started_on: None }))
        }
        ZONE => {
            let inbox = registered(ctx)?;
            let key = format!("zone:{}", inbox.version);
            warmup(ctx, key, &WarmupCommand::SetZone(SetZone { time_zone: inbox.zone }))
        }
        RESERVE => {
            let send = send_of(ctx, id_of(entry)?)?;
            if send.state != SendState::Queued {
                return Ok(Effect::Nothing);
            }
            let key = format!("reserve:{}:{}", send.id, send.answers);
            warmup(ctx, key, &WarmupCommand::Reserve(ReserveSlot { send_id: send.id }))
        }
        PERMIT => permit(ctx, id_of(entry)?),
        SCREEN => screen::begin(ctx, entry),
        MAIL => mail::begin(ctx, id_of(entry)?),
        DEFERRED => deferred::begin(ctx, id_of(entry)?),
        TOKEN => tokens::begin_token(ctx),
        DRAFT => microsoft::begin_draft(ctx, id_of(entry)?),
        LOOK => microsoft::begin_look(ctx, id_of(entry)?),
        SUBSCRIBE => subscription::begin(ctx),
        COMMIT => {
            let send_id = id_of(entry)?;
            let key = format!("commit:{send_id}");
            warmup(ctx, key, &WarmupCommand::Commit(SettleSlot { send_id }))
        }
        RELEASE => {
            let send_id = id_of(entry)?;
            let key = format!("release:{send_id}");
            warmup(ctx, key, &WarmupCommand::Release(SettleSlot { send_id }))
        }
        RECORD => record(ctx, entry),
        SYNC => mailbox::begin(ctx),
        NOTE => mailbox::begin_note(ctx),
        DELIVERY => delivery(ctx, id_of(entry)?),
        alert::OUTBOX => alert::begin(entry),
        REPORT => report(ctx, entry),
        other => Err(Reject::internal(format!("no outbox entry of kind {other}"))),
    }
}

/// Takes note of what came of an entry.
pub fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
    match entry.kind.as_str() {
        RESERVE => calls::reserved(ctx, id_of(entry)?, outcome),
        PERMIT => calls::permitted(ctx, entry, outcome),
        SCREEN => screen::settle(ctx, entry, outcome),
        MAIL => mail::settle(ctx, id_of(entry)?, outcome),
        DEFERRED => deferred::settle(ctx, id_of(entry)?, outcome),
        TOKEN => tokens::settle_token(ctx, entry, outcome),
        DRAFT => microsoft::drafted(ctx, id_of(entry)?, outcome),
        LOOK => microsoft::looked(ctx, id_of(entry)?, outcome),
        SUBSCRIBE => subscription::settle(ctx, outcome),
        RELEASE => calls::released(ctx),
        SYNC => mailbox::settle(ctx, outcome),
        NOTE => mailbox::settle_note(ctx, entry),
        START => calls::started(ctx, outcome),
        ZONE => calls::moved(ctx, outcome),
        _ => Ok(Settled::Finished),
    }
}

fn id_of(entry: &Entry) -> Result<SendId, Reject> {
    let id = entry.key.split('/').next().and_then(|id| id.parse().ok());
    id.ok_or_else(|| Reject::internal(format!("{} of what? {}", entry.kind, entry.key)))
}

fn warmup(ctx: &Ctx<'_>, key: String, command: &WarmupCommand) -> Result<Effect, Reject> {
    Ok(Effect::Call {
        actor: ActorKind::WarmupCounter,
        instance: ctx.instance.to_owned(),
        key,
        command: to_json(command),
    })
}

fn permit(ctx: &Ctx<'_>, id: SendId) -> Result<Effect, Reject> {
    let send = send_of(ctx, id)?;
    let Some(outreach) = send.prospect.filter(|_| send.state == SendState::Reserved) else {
        return Ok(Effect::Nothing);
    };
    let owner = send.owner.unwrap_or(outreach.prospect_id);
    let command = ProspectCommand::Permit(Permit {
        send_id: id.to_string(),
        campaign: outreach.campaign,
        step: outreach.step,
        to: send.to.iter().chain(&send.cc).next().cloned(),
        // It holds until it is recorded; and a record always follows.
        hold_ms: None,
    });
    Ok(Effect::Call {
        actor: ActorKind::ProspectDedup,
        instance: format!("{}/{owner}", ctx.principal.workspace),
        key: format!("permit:{id}:{}", send.answers),
        command: to_json(&command),
    })
}

fn record(ctx: &Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let id = id_of(entry)?;
    let send = send_of(ctx, id)?;
    let (fate, at): (Fate, Millis) = schema::codec::read_json(&entry.body)
        .map_err(|error| Reject::internal(format!("record {id}: {}", error.message)))?;
    let Some(outreach) = &send.prospect else { return suppress(ctx, entry, &send, fate) };
    let owner = send.owner.unwrap_or(outreach.prospect_id);
    let command = ProspectCommand::Record(Record {
        send_id: id.to_string(),
        campaign: outreach.campaign.clone(),
        step: outreach.step,
        fate,
        at: Some(at),
        note: send.error.map(|error| error.chars().take(500).collect()),
    });
    Ok(Effect::Call {
        actor: ActorKind::ProspectDedup,
        instance: format!("{}/{owner}", ctx.principal.workspace),
        key: format!("record:{}", entry.key),
        command: to_json(&command),
    })
}

/// Tells of a mail as it is now, so that what is told late is still true.
fn delivery(ctx: &Ctx<'_>, id: SendId) -> Result<Effect, Reject> {
    let send = send_of(ctx, id)?;
    let command = if send.key.starts_with(CAMPAIGN_KEY) {
        let inbox_id = inbox_of(ctx)?;
        Some(RoomCommand::NoteOutreach(outreach_of(inbox_id, &send)))
    } else {
        delivery_of_comment(ctx, &send)?
    };
    let Some(command) = command else { return Ok(Effect::Nothing) };
    Ok(Effect::Call {
        actor: ActorKind::WorkspaceRoom,
        instance: ctx.principal.workspace.to_string(),
        key: format!("delivery:{id}:{}", send.version),
        command: to_json(&command),
    })
}

/// Tells the room of a report that no mail of its own brought: the body is the report.
fn report(ctx: &Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let report: SendReport = schema::codec::read_json(&entry.body)
        .map_err(|error| Reject::internal(format!("report {}: {}", entry.key, error.message)))?;
    let (inbox_id, send_id) = (inbox_of(ctx)?, id_of(entry)?);
    let told = MailReported { inbox_id, send_id, report, comment_id: None };
    Ok(Effect::Call {
        actor: ActorKind::WorkspaceRoom,
        instance: ctx.principal.workspace.to_string(),
        key: format!("report:{}", entry.key),
        command: to_json(&RoomCommand::NoteReport(told)),
    })
}

fn outreach_of(inbox_id: InboxId, send: &Send) -> NoteOutreach {
    NoteOutreach {
        key: send.key.clone(),
        inbox_id,
        send_id: send.id,
        version: send.version,
        message_id: send.message_id.clone(),
        state: send.state,
        error: send.error.clone(),
        left_at: send.left_at,
    }
}

fn delivery_of_comment(ctx: &Ctx<'_>, send: &Send) -> Result<Option<RoomCommand>, Reject> {
    let comment = send.key.strip_prefix(COMMENT_KEY).and_then(|id| id.parse().ok());
    let Some(comment_id) = comment else { return Ok(None) };
    Ok(Some(RoomCommand::NoteDelivery(NoteDelivery {
        comment_id,
        inbox_id: inbox_of(ctx)?,
        send_id: send.id,
        version: send.version,
        message_id: send.message_id.clone(),
        state: send.state,
        error: send.error.clone(),
    })))
}

/// Says to whoever has the one address of a mail that was no outreach that none may go there.
fn suppress(ctx: &Ctx<'_>, entry: &Entry, send: &Send, fate: Fate) -> Result<Effect, Reject> {
    let to = send.sole_recipient().and_then(|to| Identity::email("to", to).ok());
    let (Some(identity), Some(reason)) = (to, fate.suppresses()) else {
        return Ok(Effect::Nothing);
    };
    let workspace = ctx.principal.workspace;
    let instance = format!("{workspace}/{}", identity.id(workspace));
    let command = ProspectCommand::Suppress(Suppress {
        reason,
        note: send.error.clone(),
        identity: Some(identity.text),
        id: Some(entry.key.clone()),
    });
    Ok(Effect::Call {
        actor: ActorKind::ProspectDedup,
        instance,
        key: format!("record:{}", entry.key),
        command: to_json(&command),
    })
}
