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

use super::alerts;
use super::microsoft::{self, Access};
use super::store::mailbox::{self as store, Mailbox};
use super::{flow, inbox_of, outbox, registered, store as stores};
use crate::kernel::actor::Settled;
use crate::kernel::store::{outbox as entries, timers};
use crate::kernel::{Ctx, Effect, Entry, Outcome};
use crate::mail::graph::GraphError;
use crate::mail::mailbox::{GiveUp, MailRef, MailboxJob, MailboxRead, ReadEnd, Source};
use schema::ids::SendId;
use schema::inbox::SendState;
use schema::mailbox::{MailFolder, MailboxProvider, MailboxState, MailboxView};
use schema::mailbox::{NoteMailbox, STALLED_MS};
use schema::prospect::Fate;
use schema::room::RoomCommand;
use schema::{ActorKind, Millis, Reject};

/// The timer of the next reading.
pub const TIMER: &str = "sync";
/// How long a reading may be under way: every way to end one is shorter.
pub const LEASE_MS: Millis = 3 * 60 * 1000;

const MINUTE_MS: Millis = 60_000;
const HOUR_MS: Millis = 60 * MINUTE_MS;
const ERROR_CHARS_MAX: usize = 500;
/// The most mails of one reading; each is some requests of the object's.
const MAILS_MAX: usize = 100;
/// After so many failures at one mail it is passed over.
const FAILURES_MAX: i64 = 8;
/// What was sent is read at its times, failing or not: it is tried more often.
const SENT_FAILURES_MAX: i64 = 60;
/// After so many readings without an end that was heard of, mails are read one by one.
const UNHEARD_MAX: i64 = 3;
/// After so many, the next mail is what ends the object: it is passed over.
const UNHEARD_END: i64 = 12;

const fn failures_max(mail: &MailRef) -> i64 {
    match mail.folder {
        MailFolder::Inbox => FAILURES_MAX,
        MailFolder::Sent => SENT_FAILURES_MAX,
    }
}

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

/// Whether the latest reading failed, or a mail keeps failing.
pub fn is_failing(ctx: &Ctx<'_>) -> Result<bool, Reject> {
    let mailbox = store::load(ctx.sql)?;
    Ok(mailbox.is_some_and(|mailbox| mailbox.failures > 0 || mailbox.failing_mail.is_some()))
}

/// Says what is to be read; at Microsoft, once that may be asked.
pub fn begin(ctx: &mut Ctx<'_>) -> Result<Effect, Reject> {
    let Some(mut mailbox) = store::load(ctx.sql)? else { return Ok(Effect::Nothing) };
    let Some(source) = source(ctx, &mut mailbox)? else {
        look(ctx, &mut mailbox)?;
        store::save(ctx.sql, &mailbox)?;
        return Ok(Effect::Nothing);
    };
    let inbox = inbox_of(ctx)?;
    let email = registered(ctx)?.email;
    mailbox.reading += 1;
    // Where a whole batch takes too long, one mail may not.
    let is_careful = mailbox.unheard >= UNHEARD_MAX || mailbox.failures > 0;
    let give_up = match &mailbox.failing_mail {
        _ if mailbox.unheard >= UNHEARD_END => GiveUp::Next,
        Some(mail) if mailbox.failing_count >= failures_max(mail) => GiveUp::At(mail.clone()),
        _ => GiveUp::Nothing,
    };
    mailbox.unheard += 1;
    look(ctx, &mut mailbox)?;
    store::save(ctx.sql, &mailbox)?;
    Ok(Effect::Mailbox(Box::new(MailboxJob {
        reading: mailbox.reading,
        began_at: ctx.now,
        workspace: ctx.principal.workspace,
        inbox,
        email,
        source,
        owner: ctx.instance.to_owned(),
        positions: store::positions(ctx.sql)?,
        since: mailbox.since,
        mails_max: if is_careful { 1 } else { MAILS_MAX },
        give_up,
    })))
}

/// Where the mailbox is read; none where it cannot be now: then it comes back.
fn source(ctx: &mut Ctx<'_>, mailbox: &mut Mailbox) -> Result<Option<Source>, Reject> {
    if mailbox.provider == MailboxProvider::Imap {
        return Ok(Some(Source::Imap {
            host: mailbox.host.clone(),
            port: mailbox.port,
            security: mailbox.security.as_str().to_owned(),
            username: mailbox.username.clone(),
            sealed_password: mailbox.sealed_password.clone(),
        }));
    }
    match microsoft::access(ctx)? {
        Access::Token(sealed_token) => return Ok(Some(Source::Microsoft { sealed_token })),
        Access::From(at) => {
            wait_for_microsoft(ctx, mailbox)?;
            come_back(ctx, at)?;
        }
        // With the token it is read at once.
        Access::Renewing => {
            wait_for_microsoft(ctx, mailbox)?;
            let at = ctx.now + mailbox.every_minutes * MINUTE_MS;
            come_back(ctx, at)?;
        }
        Access::Gone => drop(failed(ctx, mailbox, microsoft::GONE, true)?),
    }
    Ok(None)
}

/// Nothing is read now. Where that lasts, it shows why.
fn wait_for_microsoft(ctx: &Ctx<'_>, mailbox: &mut Mailbox) -> Result<(), Reject> {
    if lag_ms(mailbox, ctx.now) < STALLED_MS {
        return Ok(());
    }
    let why = microsoft::trouble(ctx)?.or_else(|| mailbox.error.take());
    mailbox.error = Some(why.unwrap_or_else(|| "Microsoft is not asked now".to_owned()));
    Ok(())
}

/// Has the mailbox at Microsoft read, where there is one.
pub fn ask_microsoft(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let mailbox = store::load(ctx.sql)?;
    match mailbox.is_some_and(|it| it.provider == MailboxProvider::Microsoft) {
        true => ask(ctx),
        false => Ok(()),
    }
}

/// Takes note of how far a reading has got.
pub fn settle(ctx: &mut Ctx<'_>, outcome: &Outcome) -> Result<Settled, Reject> {
    let Some(mut mailbox) = store::load(ctx.sql)? else { return Ok(Settled::Finished) };
    let settled = match outcome {
        Outcome::Mailbox(read) if read.reading == mailbox.reading => {
            mailbox.unheard = 0;
            advance(ctx, &mut mailbox, read)?;
            heed_graph(ctx, &mailbox, read)?;
            end(ctx, &mut mailbox, &read.end)?
        }
        // There was nothing to be read, or no way to.
        Outcome::Done(_) => return Ok(Settled::Finished),
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

/// Takes note of what a reading says about Microsoft. Where the token is over, it is read at once
/// with another one.
fn heed_graph(ctx: &mut Ctx<'_>, mailbox: &Mailbox, read: &MailboxRead) -> Result<(), Reject> {
    if mailbox.provider != MailboxProvider::Microsoft {
        return Ok(());
    }
    match (&read.graph, &read.end) {
        // What is wrong with one mail to be read is no reason to let none leave.
        (Some(GraphError::Throttled { status: 503 | 504, retry_after_ms: None }), _) => Ok(()),
        (Some(error), _) => {
            microsoft::note(ctx, error)?;
            microsoft::access(ctx).map(drop)
        }
        (None, ReadEnd::Failed { .. } | ReadEnd::SentFailed { .. }) => Ok(()),
        (None, _) => microsoft::answers(ctx),
    }
}

/// Counts what was dealt with, and goes behind it.
fn advance(ctx: &mut Ctx<'_>, mailbox: &mut Mailbox, read: &MailboxRead) -> Result<(), Reject> {
    mailbox.taken += read.taken;
    mailbox.duplicates += read.duplicates;
    for mail in &read.passed_over {
        let mail = schema::mailbox::PassedOver { at: ctx.now, ..mail.clone() };
        store::pass_over(ctx.sql, &mail)?;
    }
    for send in &read.left {
        seen(ctx, *send)?;
    }
    let before = store::positions(ctx.sql)?;
    for folder in [MailFolder::Inbox, MailFolder::Sent] {
        let now = read.positions.of(folder);
        if let Some(position) = now.as_ref().filter(|_| now != before.of(folder)) {
            store::keep_position(ctx.sql, folder, position)?;
            if mailbox.failing_mail.as_ref().is_some_and(|mail| mail.folder == folder) {
                (mailbox.failing_mail, mailbox.failing_count) = (None, 0);
            }
        }
    }
    Ok(())
}

/// A mail of ours lies in the folder of sent mail, so it has left: nobody has to find that out. One
/// that is under way is settled by its transport, which may not know.
fn seen(ctx: &mut Ctx<'_>, id: SendId) -> Result<(), Reject> {
    let Some(mut send) = stores::ledger::get(ctx.sql, id)? else { return Ok(()) };
    if !stores::ledger::deferred(ctx.sql, id)?.is_empty() {
        // It may be of the time before, when it left for others.
        return Ok(());
    }
    match send.state {
        SendState::Sending => Ok(store::see_copy(ctx.sql, id)?),
        SendState::Permitted | SendState::Reserved
            if stores::microsoft::may_leave(ctx.sql, id)? =>
        {
            Ok(store::see_copy(ctx.sql, id)?)
        }
        SendState::Unknown => {
            send.error = None;
            flow::finish(ctx, &mut send, SendState::Sent)?;
            flow::record(ctx, &send, Fate::Sent)
        }
        _ => Ok(()),
    }
}

fn end(ctx: &mut Ctx<'_>, mailbox: &mut Mailbox, end: &ReadEnd) -> Result<Settled, Reject> {
    match end {
        ReadEnd::More => {
            // It has got somewhere.
            (mailbox.failures, mailbox.error) = (0, None);
            return Ok(Settled::Again(ctx.now));
        }
        ReadEnd::AllRead => {
            (mailbox.failing_mail, mailbox.failing_count) = (None, 0);
            all_read(ctx, mailbox, None)?;
        }
        ReadEnd::SentFailed { why, mail } => {
            failed_at(mailbox, mail.as_ref());
            all_read(ctx, mailbox, Some(brief(&format!("what was sent is not read: {why}"))))?;
        }
        ReadEnd::Failed { why, for_good, mail } => {
            failed_at(mailbox, mail.as_ref());
            failed(ctx, mailbox, why, *for_good)?;
        }
    }
    Ok(Settled::Finished)
}

/// All that has arrived is read.
fn all_read(ctx: &mut Ctx<'_>, mailbox: &mut Mailbox, error: Option<String>) -> Result<(), Reject> {
    mailbox.readings += 1;
    (mailbox.failures, mailbox.error) = (0, error);
    mailbox.last_sync_at = Some(ctx.now);
    mailbox.stalled_since = None;
    let every = mailbox.every_minutes * MINUTE_MS;
    let wait = every - every / 10 + ctx.random_below(every / 5);
    let at = ctx.now + wait;
    come_back(ctx, at)
}

/// Counts how often reading has failed at the same mail.
fn failed_at(mailbox: &mut Mailbox, mail: Option<&MailRef>) {
    if mail.is_some() && mail == mailbox.failing_mail.as_ref() {
        mailbox.failing_count += 1;
    } else {
        mailbox.failing_count = i64::from(mail.is_some());
        mailbox.failing_mail = mail.cloned();
    }
}

fn brief(why: &str) -> String {
    why.chars().filter(|c| !c.is_control()).take(ERROR_CHARS_MAX).collect()
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
    mailbox.error = Some(brief(why));
    let doublings = u32::try_from((mailbox.failures - 1).clamp(0, 10)).unwrap_or(10);
    let wait = if for_good { HOUR_MS } else { (MINUTE_MS << doublings).min(HOUR_MS) };
    if for_good {
        mailbox.stalled_since.get_or_insert(ctx.now);
    }
    let at = ctx.now + wait / 2 + ctx.random_below(wait / 2);
    let at = at.max(microsoft::quiet_until(ctx)?);
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
            if told.is_none() {
                alerts::stalled(ctx, mailbox.error.clone())?;
            }
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
    if is_latest && mailbox.stalled_since.is_none() && mailbox.told_since.take().is_some() {
        store::save(ctx.sql, &mailbox)?;
        alerts::reads_again(ctx)?;
    }
    Ok(Settled::Finished)
}

/// The mailbox as the API shows it.
pub fn view(ctx: &Ctx<'_>) -> Result<Option<MailboxView>, Reject> {
    let Some(mailbox) = store::load(ctx.sql)? else { return Ok(None) };
    let next = timers::due_of(ctx.sql, TIMER, "")?;
    Ok(Some(MailboxView {
        provider: mailbox.provider,
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
pub fn unread(ctx: &Ctx<'_>, mailbox: &mut Mailbox) -> Result<(), Reject> {
    (mailbox.failing_mail, mailbox.failing_count, mailbox.unheard) = (None, 0, 0);
    Ok(store::forget_positions(ctx.sql)?)
}
