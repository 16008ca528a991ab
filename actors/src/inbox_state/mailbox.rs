//! When the mailbox is read, and what came of it.
//!
//! | after | the next reading |
//! | --- | --- |
//! | all was read | after the time that was chosen, a tenth more or less |
//! | there is more | at once |
//! | a failure | ever later, up to an hour; never never |
//!
//! A mail at which reading fails again and again is passed over, and so is one that ends the object
//! each time it is read: then mails are read one by one until it is found.

use super::store::mailbox::{self as store, Mailbox};
use super::{inbox_of, outbox, registered};
use crate::kernel::actor::Settled;
use crate::kernel::store::{outbox as entries, timers};
use crate::kernel::{Ctx, Effect, Entry, Outcome};
use crate::mail::mailbox::{GiveUp, MailboxJob, MailboxRead, ReadEnd};
use schema::mailbox::{MailboxState, MailboxView, NoteMailbox, STALLED_MS};
use schema::room::RoomCommand;
use schema::{ActorKind, Millis, Reject};

/// The timer of the next reading.
pub const TIMER: &str = "sync";
/// How long a reading may be under way: every way to end one is shorter.
pub const LEASE_MS: Millis = 3 * 60 * 1000;

const MINUTE_MS: Millis = 60_000;
const HOUR_MS: Millis = 60 * MINUTE_MS;
/// The most mails of one reading; each is some requests of the object's.
const MAILS_MAX: usize = 100;
/// After so many failures at one mail it is passed over.
const FAILURES_MAX: i64 = 8;
/// After so many readings without an end that was heard of, mails are read one by one.
const UNHEARD_MAX: i64 = 3;
/// After so many, the next mail is what ends the object: it is passed over.
const UNHEARD_END: i64 = 12;

/// Has the mailbox read at once.
pub fn ask(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    ctx.cancel_timer(TIMER, "")?;
    Ok(ctx.outbox(outbox::SYNC, "", &[])?)
}

/// Its time has come.
pub fn timer(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if store::load(ctx.sql)?.is_none() || is_asked(ctx)? {
        return Ok(());
    }
    ask(ctx)
}

/// Whether a reading waits or is under way.
pub fn is_asked(ctx: &Ctx<'_>) -> Result<bool, Reject> {
    Ok(entries::find(ctx.sql, outbox::SYNC, "")?.is_some())
}

/// Says what is to be read.
pub fn begin(ctx: &mut Ctx<'_>) -> Result<Effect, Reject> {
    let Some(mut mailbox) = store::load(ctx.sql)? else { return Ok(Effect::Nothing) };
    let inbox = inbox_of(ctx)?;
    let email = registered(ctx)?.email;
    mailbox.reading += 1;
    let is_careful = mailbox.unheard >= UNHEARD_MAX;
    let give_up = match mailbox.failing_uid {
        _ if mailbox.unheard >= UNHEARD_END => GiveUp::Next,
        Some(uid) if mailbox.failing_count >= FAILURES_MAX => GiveUp::At(uid),
        _ => GiveUp::Nothing,
    };
    mailbox.unheard += 1;
    look(ctx, &mut mailbox)?;
    store::save(ctx.sql, &mailbox)?;
    Ok(Effect::Mailbox(Box::new(MailboxJob {
        reading: mailbox.reading,
        workspace: ctx.principal.workspace,
        inbox,
        email,
        host: mailbox.host,
        port: mailbox.port,
        security: mailbox.security.as_str().to_owned(),
        username: mailbox.username,
        owner: ctx.instance.to_owned(),
        sealed_password: mailbox.sealed_password,
        cursor: mailbox.cursor,
        since: mailbox.since,
        mails_max: if is_careful { 1 } else { MAILS_MAX },
        give_up,
    })))
}

/// Takes note of how far a reading has got.
pub fn settle(ctx: &mut Ctx<'_>, outcome: &Outcome) -> Result<Settled, Reject> {
    let Some(mut mailbox) = store::load(ctx.sql)? else { return Ok(Settled::Finished) };
    let settled = match outcome {
        Outcome::Mailbox(read) if read.reading == mailbox.reading => {
            mailbox.unheard = 0;
            advance(ctx, &mut mailbox, read)?;
            end(ctx, &mut mailbox, &read.end)?
        }
        // It is of another mailbox, or of a reading that was given up.
        Outcome::Mailbox(_) => return Ok(Settled::Again(ctx.now)),
        Outcome::Unknown { why } | Outcome::Failed { why } | Outcome::GaveUp { why } => {
            failed(ctx, &mut mailbox, why, false)?
        }
        _ => return Err(Reject::internal("a reading is answered by how far it has got")),
    };
    look(ctx, &mut mailbox)?;
    store::save(ctx.sql, &mailbox)?;
    Ok(settled)
}

/// Counts what was dealt with, and goes behind it.
fn advance(ctx: &mut Ctx<'_>, mailbox: &mut Mailbox, read: &MailboxRead) -> Result<(), Reject> {
    mailbox.taken += read.taken;
    mailbox.duplicates += read.duplicates;
    for mail in &read.passed_over {
        let uid_validity = read.cursor.map_or(0, |cursor| cursor.uid_validity);
        let mail = schema::mailbox::PassedOver { at: ctx.now, ..mail.clone() };
        store::pass_over(ctx.sql, uid_validity, &mail)?;
    }
    if mailbox.cursor != read.cursor {
        mailbox.cursor = read.cursor;
        (mailbox.failing_uid, mailbox.failing_count) = (None, 0);
    }
    Ok(())
}

fn end(ctx: &mut Ctx<'_>, mailbox: &mut Mailbox, end: &ReadEnd) -> Result<Settled, Reject> {
    match end {
        ReadEnd::More => return Ok(Settled::Again(ctx.now)),
        ReadEnd::AllRead => {
            mailbox.readings += 1;
            (mailbox.failures, mailbox.error) = (0, None);
            (mailbox.failing_uid, mailbox.failing_count) = (None, 0);
            mailbox.last_sync_at = Some(ctx.now);
            mailbox.stalled_since = None;
            let every = mailbox.every_minutes * MINUTE_MS;
            let wait = every - every / 10 + ctx.random_below(every / 5);
            let at = ctx.now + wait;
            come_back(ctx, at)?;
        }
        ReadEnd::Failed { why, for_good, uid } => {
            if uid.is_some() && *uid == mailbox.failing_uid {
                mailbox.failing_count += 1;
            } else {
                (mailbox.failing_uid, mailbox.failing_count) = (*uid, i64::from(uid.is_some()));
            }
            failed(ctx, mailbox, why, *for_good)?;
        }
    }
    Ok(Settled::Finished)
}

/// A reading failed: the next one comes ever later.
fn failed(
    ctx: &mut Ctx<'_>,
    mailbox: &mut Mailbox,
    why: &str,
    for_good: bool,
) -> Result<Settled, Reject> {
    mailbox.readings += 1;
    mailbox.failures += 1;
    mailbox.error = Some(why.chars().filter(|c| !c.is_control()).take(500).collect());
    let doublings = u32::try_from((mailbox.failures - 1).clamp(0, 10)).unwrap_or(10);
    let wait = if for_good { HOUR_MS } else { (MINUTE_MS << doublings).min(HOUR_MS) };
    if for_good {
        mailbox.stalled_since.get_or_insert(ctx.now);
    }
    let at = ctx.now + wait / 2 + ctx.random_below(wait / 2);
    come_back(ctx, at)?;
    Ok(Settled::Finished)
}

fn come_back(ctx: &mut Ctx<'_>, at: Millis) -> Result<(), Reject> {
    Ok(ctx.set_timer(TIMER, "", at, &[])?)
}

/// Looks whether the mailbox is stalled, or works again, and has the room told.
fn look(ctx: &mut Ctx<'_>, mailbox: &mut Mailbox) -> Result<(), Reject> {
    let long = STALLED_MS.max(3 * mailbox.every_minutes * MINUTE_MS);
    if mailbox.error.is_some() && lag_ms(mailbox, ctx.now) >= long {
        mailbox.stalled_since.get_or_insert(ctx.now);
    }
    if mailbox.stalled_since.is_some() != mailbox.told_since.is_some() {
        ctx.outbox(outbox::NOTE, "", &[])?;
    }
    Ok(())
}

/// Says what the room is to be told: that the mailbox has stalled, or works again. Told twice, it
/// is told under one key.
pub fn begin_note(ctx: &mut Ctx<'_>) -> Result<Effect, Reject> {
    let Some(mut mailbox) = store::load(ctx.sql)? else { return Ok(Effect::Nothing) };
    let key = match (mailbox.stalled_since, mailbox.told_since) {
        (None, None) => return Ok(Effect::Nothing),
        (None, Some(since)) => format!("recovered:{since}"),
        (Some(since), told) => {
            mailbox.told_since = Some(since);
            store::save(ctx.sql, &mailbox)?;
            if told.is_some_and(|told| told != since) {
                // It worked again and stalled again before anybody was told: nothing is new.
                return Ok(Effect::Nothing);
            }
            format!("stalled:{since}")
        }
    };
    let inbox_id = inbox_of(ctx)?;
    let note = NoteMailbox {
        inbox_id,
        email: registered(ctx)?.email,
        stalled_since: mailbox.stalled_since,
        error: mailbox.error.filter(|_| mailbox.stalled_since.is_some()),
    };
    Ok(Effect::Call {
        actor: ActorKind::WorkspaceRoom,
        instance: ctx.principal.workspace.to_string(),
        key: format!("mailbox:{inbox_id}:{key}"),
        command: schema::codec::to_json(&RoomCommand::NoteMailbox(note)),
    })
}

/// The room was told.
pub fn settle_note(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Settled, Reject> {
    let Some(mut mailbox) = store::load(ctx.sql)? else { return Ok(Settled::Finished) };
    // Asked for again meanwhile, there is something else to tell.
    let current = entries::find(ctx.sql, &entry.kind, &entry.key)?;
    let is_latest = current.is_some_and(|current| current.version == entry.version);
    if is_latest && mailbox.stalled_since.is_none() {
        mailbox.told_since = None;
        store::save(ctx.sql, &mailbox)?;
    }
    Ok(Settled::Finished)
}

/// The mailbox as the API shows it.
pub fn view(ctx: &Ctx<'_>) -> Result<Option<MailboxView>, Reject> {
    let Some(mailbox) = store::load(ctx.sql)? else { return Ok(None) };
    let next = timers::due_of(ctx.sql, TIMER, "")?;
    Ok(Some(MailboxView {
        state: state(&mailbox),
        lag_ms: lag_ms(&mailbox, ctx.now),
        host: mailbox.host,
        port: mailbox.port,
        security: mailbox.security,
        username: mailbox.username,
        every_minutes: mailbox.every_minutes,
        since: mailbox.since,
        last_sync_at: mailbox.last_sync_at,
        stalled_since: mailbox.stalled_since,
        error: mailbox.error,
        failures: mailbox.failures,
        next_sync_at: next,
        readings: mailbox.readings,
        taken: mailbox.taken,
        duplicates: mailbox.duplicates,
        passed_over: store::passed_over(ctx.sql)?,
    }))
}

const fn state(mailbox: &Mailbox) -> MailboxState {
    match (mailbox.stalled_since, &mailbox.error, mailbox.last_sync_at) {
        (Some(_), _, _) => MailboxState::Stalled,
        (None, Some(_), _) => MailboxState::Failing,
        (None, None, None) => MailboxState::Pending,
        (None, None, Some(_)) => MailboxState::Active,
    }
}

fn lag_ms(mailbox: &Mailbox, now: Millis) -> Millis {
    now - mailbox.last_sync_at.unwrap_or(mailbox.connected_at)
}

/// A mailbox that nothing has been read of yet.
pub const fn unread(mailbox: &mut Mailbox) {
    mailbox.cursor = None;
    (mailbox.failing_uid, mailbox.failing_count, mailbox.unheard) = (None, 0, 0);
}
