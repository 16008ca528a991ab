//! A mail leaves through a mailbox at Microsoft: as a draft, whose id is kept before the draft is
//! sent, so that after an answer that was lost it can be looked up.
//!
//! A draft leaves once. What nobody knows of is looked up; still a draft, it is sent again, the
//! same draft; nowhere to be found for hours, it is for a person to find out. Exchange may be slow:
//! what may leave there yet leaves no other way, even where the inbox sends otherwise by now.

use super::mail::{brief, fail, job_files, retry};
use crate::inbox_state::handle::{compose, compose_apart};
use crate::inbox_state::microsoft::Way;
use crate::inbox_state::store::ledger::{self, Send};
use crate::inbox_state::store::microsoft as store;
use crate::inbox_state::{
    flow, inbox_of, keep_send, microsoft, outbox, registered, send_of, store as stores,
};
use crate::kernel::actor::Settled;
use crate::kernel::{Ctx, Effect, Outcome};
use crate::mail::graph::{Draft, DraftFile, Fate as DraftFate, GraphError, MicrosoftOutcome, Task};
use crate::mail::outbound;
use schema::ids::SendId;
use schema::inbox::{MailFile, SendState};
use schema::prospect::Fate;
use schema::{Millis, Reject};

/// What the files of a mail may have together to be made part of it: a draft is made in one request
/// of 4 MB, in which they are base64 twice. Others are added to the draft.
const FILES_BYTES_MAX: i64 = 2 * 1024 * 1024;
/// How often it is looked what became of a draft before a person has to.
const LOOKS_MAX: i64 = 12;
/// How long a look waits for another one.
const BUSY_MS: Millis = 2_000;
const LOOK_MS: Millis = 60_000;
const LOOK_MS_MAX: Millis = 60 * 60 * 1000;

/// Whether a mail has to become a draft before it can leave.
pub fn needs_draft(ctx: &Ctx<'_>, id: SendId) -> Result<bool, Reject> {
    Ok(store::load(ctx.sql)?.is_some() && store::draft(ctx.sql, id)?.is_none())
}

/// Puts a mail into Drafts.
pub fn begin_draft(ctx: &mut Ctx<'_>, id: SendId) -> Result<Effect, Reject> {
    let mut send = send_of(ctx, id)?;
    if send.state != SendState::Permitted {
        flow::there_is_room(ctx)?;
        return Ok(Effect::Nothing);
    }
    let inbox = registered(ctx)?;
    let Some(json) = stores::bodies::get(ctx.sql, id)? else {
        return Err(Reject::internal(format!("send {id} has no body")));
    };
    let (composed, files) = compose(inbox_of(ctx)?, &inbox, &send, &json)?;
    let bytes: i64 = files.iter().map(|file| file.bytes_count).sum();
    if bytes > FILES_BYTES_MAX {
        let (content, files) = compose_apart(inbox_of(ctx)?, &inbox, &send, &json)?;
        let files = files.into_iter().map(draft_file).collect();
        return task(ctx, &mut send, Task::LargeDraft { content, files });
    }
    let (content, files, end) = (composed.content, job_files(composed.files, files), composed.end);
    task(ctx, &mut send, Task::Draft { content, files, end })
}

fn draft_file(file: MailFile) -> DraftFile {
    let (key, bytes_count) = (file.key, file.bytes_count);
    let name = outbound::file_name(&file.file_name);
    DraftFile { name, content_type: outbound::file_type(&file.content_type), key, bytes_count }
}

/// Has the draft of a mail leave.
pub fn begin_send(ctx: &mut Ctx<'_>, mut send: Send) -> Result<Effect, Reject> {
    let Some((draft, _)) = store::draft(ctx.sql, send.id)? else {
        let now = ctx.now;
        flow::put_back(ctx, &mut send, now)?;
        return Ok(Effect::Nothing);
    };
    let effect = task(ctx, &mut send, Task::Send(draft))?;
    if effect != Effect::Nothing {
        store::set_may_leave(ctx.sql, send.id, true)?;
        send.state = SendState::Sending;
        send.attempts += 1;
        keep_send(ctx, &mut send)?;
    }
    Ok(effect)
}

/// A task for a mail; where Graph cannot be asked now, the mail goes back.
fn task(ctx: &mut Ctx<'_>, send: &mut Send, task: Task) -> Result<Effect, Reject> {
    if let Some(effect) = microsoft::job(ctx, task)? {
        return Ok(effect);
    }
    let now = ctx.now;
    flow::put_back(ctx, send, now)?;
    Ok(Effect::Nothing)
}

/// Keeps the ids of a draft, and lets it leave.
pub fn drafted(ctx: &mut Ctx<'_>, id: SendId, outcome: &Outcome) -> Result<Settled, Reject> {
    let mut send = send_of(ctx, id)?;
    if send.state != SendState::Permitted {
        return pump_soon(ctx);
    }
    match outcome {
        Outcome::Microsoft(MicrosoftOutcome::Drafted(draft)) => {
            microsoft::answers(ctx)?;
            store::keep_draft(ctx.sql, id, draft, 0)?;
            // What answers it names the id that it has there.
            if !draft.message_id.is_empty() && draft.message_id != send.message_id {
                ledger::rename(ctx.sql, id, &draft.message_id)?;
                send.message_id.clone_from(&draft.message_id);
            }
            let inbox = registered(ctx)?;
            flow::advance(ctx, &inbox, &mut send)?;
            return Ok(Settled::Finished);
        }
        Outcome::Microsoft(MicrosoftOutcome::Failed(error)) => {
            send.error = Some(words(error));
            send.attempts += 1;
            failed(ctx, &mut send, error)?;
        }
        Outcome::Microsoft(MicrosoftOutcome::NotTried { why }) => held_up(ctx, &mut send, why)?,
        Outcome::Microsoft(MicrosoftOutcome::Unmade { why }) => {
            send.error = Some(brief(why));
            fail(ctx, &mut send)?;
        }
        other => {
            send.error = Some(why(other));
            send.attempts += 1;
            retry(ctx, &mut send)?;
        }
    }
    pump_soon(ctx)
}

/// Takes note of what Graph said to a draft that was to leave; where that is not certain, it is
/// looked up.
pub fn sent(ctx: &mut Ctx<'_>, mut send: Send, outcome: &Outcome) -> Result<Settled, Reject> {
    match outcome {
        Outcome::Microsoft(MicrosoftOutcome::Sent) => leave(ctx, &mut send)?,
        Outcome::Microsoft(MicrosoftOutcome::Failed(error)) => {
            send.error = Some(words(error));
            // It may be no draft any more, because it was sent.
            if is_doubtful(error) || !error.is_without_effect() {
                microsoft::note(ctx, error)?;
                take_back(&mut send, error);
                look_up(ctx, &mut send)?;
            } else {
                store::set_may_leave(ctx.sql, send.id, false)?;
                failed(ctx, &mut send, error)?;
            }
        }
        Outcome::Microsoft(MicrosoftOutcome::NotTried { why }) => {
            send.attempts -= 1;
            store::set_may_leave(ctx.sql, send.id, false)?;
            held_up(ctx, &mut send, why)?;
        }
        Outcome::Failed { why } => {
            send.error = Some(brief(why));
            retry(ctx, &mut send)?;
        }
        other => {
            send.error = Some(why(other));
            look_up(ctx, &mut send)?;
        }
    }
    pump_soon(ctx)
}

/// Whether a refusal may mean that it has left before.
fn is_doubtful(error: &GraphError) -> bool {
    let GraphError::Refused { status: 400 | 404 | 409, code, .. } = error else { return false };
    code != "ErrorInvalidRecipients"
}

/// Nothing has left: the mail is tried again, unless Graph does not want it.
fn failed(ctx: &mut Ctx<'_>, send: &mut Send, error: &GraphError) -> Result<(), Reject> {
    microsoft::note(ctx, error)?;
    take_back(send, error);
    match error {
        GraphError::Refused { status: 403, .. } => {
            microsoft::stop(ctx, &format!("Microsoft does not let it send: {}", words(error)))?;
            let now = ctx.now;
            flow::put_back(ctx, send, now)
        }
        // Nothing is begun before the time that was noted.
        GraphError::Throttled { .. } => {
            let now = ctx.now;
            flow::put_back(ctx, send, now)
        }
        GraphError::Unauthorized if send.attempts <= 2 => {
            let now = ctx.now;
            flow::put_back(ctx, send, now)
        }
        error if error.retry_helps() => retry(ctx, send),
        _ => fail(ctx, send),
    }
}

/// Who was told to come back later has not tried: an attempt that was counted does not count.
fn take_back(send: &mut Send, error: &GraphError) {
    send.attempts -= i64::from(matches!(error, GraphError::Throttled { .. }));
}

/// Nothing was asked of Microsoft, through no fault of the mail.
fn held_up(ctx: &mut Ctx<'_>, send: &mut Send, why: &str) -> Result<(), Reject> {
    microsoft::hold_up(ctx, why)?;
    send.error = Some(brief(why));
    let now = ctx.now;
    flow::put_back(ctx, send, now)
}

fn look_up(ctx: &mut Ctx<'_>, send: &mut Send) -> Result<(), Reject> {
    keep_send(ctx, send)?;
    Ok(ctx.outbox(outbox::LOOK, &send.id.to_string(), &[])?)
}

/// Asks what became of a draft.
pub fn begin_look(ctx: &mut Ctx<'_>, id: SendId) -> Result<Effect, Reject> {
    let mut send = send_of(ctx, id)?;
    let Some((draft, _)) = store::draft(ctx.sql, id)? else { return Ok(Effect::Nothing) };
    if send.state != SendState::Sending {
        return Ok(Effect::Nothing);
    }
    if store::load(ctx.sql)?.is_none() {
        // The inbox sends another way by now: nobody can look there any more.
        flow::doubt(ctx, &mut send)?;
        return Ok(Effect::Nothing);
    }
    let is_busy = store::is_looking(ctx.sql)?;
    if !is_busy && let Some(effect) = microsoft::job(ctx, Task::Look(draft))? {
        return Ok(effect);
    }
    let wait = match microsoft::way(ctx)? {
        _ if is_busy => BUSY_MS,
        Way::From(at) => at - ctx.now,
        _ if microsoft::is_gone(ctx)? => LOOK_MS_MAX,
        _ => LOOK_MS,
    };
    let at = ctx.now + wait;
    ctx.set_timer(outbox::LOOK, &id.to_string(), at, &[])?;
    Ok(Effect::Nothing)
}

/// Takes note of what became of a draft.
pub fn looked(ctx: &mut Ctx<'_>, id: SendId, outcome: &Outcome) -> Result<Settled, Reject> {
    let mut send = send_of(ctx, id)?;
    let Some((draft, looks)) = store::draft(ctx.sql, id)? else { return Ok(Settled::Finished) };
    if send.state != SendState::Sending {
        return Ok(Settled::Finished);
    }
    let looks = looks + i64::from(is_answer(outcome));
    if matches!(outcome, Outcome::Microsoft(MicrosoftOutcome::Found(_))) {
        microsoft::answers(ctx)?;
    }
    match outcome {
        // Its copy was read meanwhile.
        _ if stores::mailbox::take_copy(ctx.sql, id)? => leave(ctx, &mut send)?,
        Outcome::Microsoft(MicrosoftOutcome::Found(DraftFate::Sent)) => leave(ctx, &mut send)?,
        // What was asked may still be under way: a draft is believed to be one after a while.
        Outcome::Microsoft(MicrosoftOutcome::Found(DraftFate::Draft)) if looks > 1 => {
            store::keep_draft(ctx.sql, id, &draft, 0)?;
            retry(ctx, &mut send)?;
        }
        _ if looks >= LOOKS_MAX => {
            flow::doubt(ctx, &mut send)?;
        }
        other => return again(ctx, id, &draft, looks, other),
    }
    pump_soon(ctx)
}

/// Whether it was looked. Who was told to come back later, or could not ask, has not.
fn is_answer(outcome: &Outcome) -> bool {
    !matches!(
        outcome,
        Outcome::Microsoft(
            MicrosoftOutcome::NotTried { .. }
                | MicrosoftOutcome::Failed(GraphError::Throttled { .. })
        )
    )
}

fn again(
    ctx: &mut Ctx<'_>,
    id: SendId,
    draft: &Draft,
    looks: i64,
    outcome: &Outcome,
) -> Result<Settled, Reject> {
    match outcome {
        Outcome::Microsoft(MicrosoftOutcome::Failed(error)) => microsoft::note(ctx, error)?,
        Outcome::Microsoft(MicrosoftOutcome::NotTried { why }) => microsoft::hold_up(ctx, why)?,
        _ => {}
    }
    store::keep_draft(ctx.sql, id, draft, looks)?;
    let doublings = u32::try_from((looks - 1).clamp(0, 10)).unwrap_or(10);
    let wait = (LOOK_MS << doublings).min(LOOK_MS_MAX);
    Ok(Settled::Again(ctx.now + wait + ctx.random_below(wait / 4)))
}

fn leave(ctx: &mut Ctx<'_>, send: &mut Send) -> Result<(), Reject> {
    microsoft::works(ctx)?;
    send.error = None;
    flow::left(ctx, send, SendState::Sent)?;
    flow::record(ctx, send, Fate::Sent)
}

/// There is room for the next mail.
fn pump_soon(ctx: &mut Ctx<'_>) -> Result<Settled, Reject> {
    let now = ctx.now;
    flow::wake_at(ctx, now)?;
    Ok(Settled::Finished)
}

fn words(error: &GraphError) -> String {
    brief(&error.to_string())
}

fn why(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed { why } | Outcome::Unknown { why } | Outcome::GaveUp { why } => brief(why),
        Outcome::Rejected(reject) => brief(&reject.message),
        Outcome::Microsoft(MicrosoftOutcome::NotTried { why }) => brief(why),
        _ => "an answer to another question".to_owned(),
    }
}
