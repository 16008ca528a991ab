//! A mail leaves, and what the transport says to it.

use super::{deferred, microsoft};
use crate::inbox_state::handle::{compose, message_id};
use crate::inbox_state::store::inbox::Inbox;
use crate::inbox_state::store::ledger::{self, Send};
use crate::inbox_state::{
    flow, health, inbox_of, keep_inbox, keep_send, registered, send_of, store,
};
use crate::kernel::actor::Settled;
use crate::kernel::drain::LEASE_MS;
use crate::kernel::{Ctx, Effect, JobFile, MailJob, MailOutcome, Outcome, RefusedRecipient};
use crate::mail::{bounce, token};
use schema::ids::SendId;
use schema::inbox::{MailFile, SendState};
use schema::prospect::Fate;
use schema::report::{ReportClass, ReportedRecipient, SendReport};
use schema::{Millis, Reject};
use std::collections::BTreeSet;

/// How often a mail is handed to the transport before it counts as failed.
pub const ATTEMPTS_MAX: i64 = 10;
/// How long a prospect's permission is good for.
const PERMIT_FRESH_MS: Millis = 5 * 60 * 1000;
/// How many mails of outreach may leave to one domain in that time: so many strangers at once look
/// like what its server is there to stop. Answers are not counted; they are waited for.
pub const OUTREACH_DOMAIN_MAX: i64 = 10;
const OUTREACH_DOMAIN_MS: Millis = 60_000;
const RETRY_MS: Millis = 60_000;
const RETRY_MS_MAX: Millis = 60 * 60 * 1000;
/// How long a mail waits at least for which there was no room.
const BUSY_MS: Millis = 5_000;
/// Reply codes by which a server refuses the log-in: the inbox is at fault, not the mail.
pub const LOGIN_REFUSED: [u16; 4] = [530, 534, 535, 538];

/// Lets the mail leave, unless the inbox was paused in the meantime, or its slot or permission got
/// old: then it goes back.
pub fn begin(ctx: &mut Ctx<'_>, id: SendId) -> Result<Effect, Reject> {
    let mut send = send_of(ctx, id)?;
    if !matches!(send.state, SendState::Permitted | SendState::Sending) {
        flow::there_is_room(ctx)?;
        return Ok(Effect::Nothing);
    }
    // What may have left as a draft leaves as that, though late.
    if flow::is_late(ctx, &send) && flow::too_late(ctx, &mut send)? {
        return Ok(Effect::Nothing);
    }
    let mut inbox = registered(ctx)?;
    if inbox.paused.is_some() {
        let now = ctx.now;
        flow::put_back(ctx, &mut send, now)?;
        return Ok(Effect::Nothing);
    }
    if inbox.warmup && send.slot_until.is_none_or(|until| ctx.now + LEASE_MS >= until) {
        // It must be certain to have left by midnight, for that is the day it counts for.
        let until = send.slot_until.unwrap_or(ctx.now);
        if until > ctx.now {
            inbox.blocked_until = inbox.blocked_until.max(until);
            keep_inbox(ctx, &mut inbox)?;
        }
        send.state = SendState::Queued;
        let at = until.max(ctx.now);
        flow::put_back(ctx, &mut send, at)?;
        return Ok(Effect::Nothing);
    }
    if send.prospect.is_some() && !(send.screened && is_permitted(ctx, &send)) {
        let now = ctx.now;
        flow::put_back(ctx, &mut send, now)?;
        return Ok(Effect::Nothing);
    }
    if let Some(at) = crowded_until(ctx, &send)? {
        flow::put_back(ctx, &mut send, at)?;
        return Ok(Effect::Nothing);
    }
    if store::microsoft::load(ctx.sql)?.is_some() {
        return microsoft::begin_send(ctx, send);
    }
    if store::microsoft::may_leave(ctx.sql, id)? {
        flow::doubt(ctx, &mut send)?;
        return Ok(Effect::Nothing);
    }
    // It leaves by SMTP, even where it has a draft from before.
    store::microsoft::forget_draft(ctx.sql, id)?;
    let message_id = message_id(&inbox, id)?;
    if send.message_id != message_id {
        ledger::rename(ctx.sql, id, &message_id)?;
        send.message_id = message_id;
    }
    send.state = SendState::Sending;
    send.attempts += 1;
    keep_send(ctx, &mut send)?;
    let to = send.recipients().cloned().collect();
    job(ctx, inbox, &send, to)
}

/// Whether its prospect's permission is good still.
pub fn is_permitted(ctx: &Ctx<'_>, send: &Send) -> bool {
    send.permitted_at.is_some_and(|at| ctx.now - at <= PERMIT_FRESH_MS)
}

/// The hand-over of a mail to some of its recipients, to each once.
pub fn job(
    ctx: &Ctx<'_>,
    inbox: Inbox,
    send: &Send,
    mut to: Vec<String>,
) -> Result<Effect, Reject> {
    let id = send.id;
    let Some(json) = store::bodies::get(ctx.sql, id)? else {
        return Err(Reject::internal(format!("send {id} has no body")));
    };
    let (composed, files) = compose(inbox_of(ctx)?, &inbox, send, &json)?;
    let envelope_id = token::of(inbox_of(ctx)?, id);
    // Named twice, an address could be taken once and put off once.
    let mut known = BTreeSet::new();
    to.retain(|address| known.insert(address.to_ascii_lowercase()));
    Ok(Effect::Mail(Box::new(MailJob {
        send_id: id.to_string(),
        host: inbox.smtp.host,
        port: inbox.smtp.port,
        security: inbox.smtp.security.as_str().to_owned(),
        username: inbox.smtp.username,
        owner: ctx.instance.to_owned(),
        sealed_password: inbox.smtp.sealed_password,
        from: inbox.email,
        to,
        envelope_id,
        content: composed.content,
        files: job_files(composed.files, files),
        end: composed.end,
    })))
}

/// When a mail of outreach may leave, where its domain has got many lately.
pub fn crowded_until(ctx: &mut Ctx<'_>, send: &Send) -> Result<Option<Millis>, Reject> {
    let domain = send.sole_recipient().and_then(|to| to.rsplit_once('@'));
    let Some((_, domain)) = domain.filter(|_| send.prospect.is_some()) else { return Ok(None) };
    let after = ctx.now - OUTREACH_DOMAIN_MS;
    let (count, first) = ledger::outreach_to(ctx.sql, domain, after)?;
    if count < OUTREACH_DOMAIN_MAX {
        return Ok(None);
    }
    let free = first.unwrap_or(ctx.now) + OUTREACH_DOMAIN_MS;
    Ok(Some(free + 1 + ctx.random_below(RETRY_MS / 10)))
}

/// The files of a mail, each with what stands before it.
pub fn job_files(heads: Vec<Vec<u8>>, files: Vec<MailFile>) -> Vec<JobFile> {
    let file = |(head, file): (Vec<u8>, MailFile)| JobFile {
        head,
        name: file.file_name,
        key: file.key,
        bytes_count: file.bytes_count,
    };
    heads.into_iter().zip(files).map(file).collect()
}

/// Takes note of what the transport knows.
pub fn settle(ctx: &mut Ctx<'_>, id: SendId, outcome: &Outcome) -> Result<Settled, Reject> {
    let mut send = send_of(ctx, id)?;
    if send.state != SendState::Sending {
        return Ok(Settled::Finished);
    }
    // Begun as a draft, it ends as one, however the inbox sends by now.
    if store::microsoft::draft(ctx.sql, id)?.is_some() {
        return microsoft::sent(ctx, send, outcome);
    }
    match outcome {
        Outcome::Mail(MailOutcome::Accepted { refused, .. }) => {
            send.error = None;
            let (off, gravest) = deferred::sorted(&send, refused);
            let is_bounced = gravest.is_some();
            if let Some(told) = gravest {
                keep_refusal(ctx, &mut send, told);
            }
            deferred::put_off(ctx, &mut send, &off)?;
            let state = if is_bounced { SendState::Bounced } else { SendState::Sent };
            flow::left(ctx, &mut send, state)?;
            flow::record(ctx, &send, Fate::Sent)?;
        }
        Outcome::Mail(MailOutcome::Refused { code, enhanced, text, permanent, recipient }) => {
            let status = enhanced.as_deref().unwrap_or_default();
            send.error = Some(brief(&format!("{code} {status} {text}")));
            match (*permanent, *recipient) {
                (true, true) => bounce(ctx, &mut send, *code, enhanced.as_deref(), text)?,
                (true, false) if LOGIN_REFUSED.contains(code) => {
                    health::log_in_refused(ctx, *code)?;
                    let now = ctx.now;
                    flow::put_back(ctx, &mut send, now)?;
                }
                (true, false) => fail(ctx, &mut send)?,
                (false, _) => retry(ctx, &mut send)?,
            }
        }
        Outcome::Mail(MailOutcome::Busy { why }) => {
            send.attempts -= 1;
            send.error = Some(brief(why));
            let at = ctx.now + busy_ms(ctx);
            flow::put_back(ctx, &mut send, at)?;
        }
        Outcome::Mail(MailOutcome::NotSent { why }) | Outcome::Failed { why } => {
            send.error = Some(brief(why));
            retry(ctx, &mut send)?;
        }
        Outcome::Mail(MailOutcome::Unmade { why }) => {
            send.error = Some(brief(why));
            fail(ctx, &mut send)?;
        }
        Outcome::Rejected(reject) => {
            send.error = Some(brief(&reject.message));
            fail(ctx, &mut send)?;
        }
        Outcome::Mail(MailOutcome::Unknown { why })
        | Outcome::Unknown { why }
        | Outcome::GaveUp { why } => {
            send.error = Some(brief(why));
            flow::doubt(ctx, &mut send)?;
        }
        Outcome::Done(_) | Outcome::Posted(_) | Outcome::Mailbox(_) | Outcome::Microsoft(_) => {
            return Err(Reject::internal("a mail is answered by what its transport knows"));
        }
    }
    Ok(Settled::Finished)
}

/// The server refused the recipient for good: the mail came back before it left. Whether the
/// address is at fault is in what it said; a server may refuse by policy, too.
fn bounce(
    ctx: &mut Ctx<'_>,
    send: &mut Send,
    code: u16,
    status: Option<&str>,
    said: &str,
) -> Result<(), Reject> {
    let address = send.to.first().cloned().unwrap_or_default();
    let error = send.error.take();
    let told = bounce::refusal(&address, code, status, said);
    let is_gone = told.class == ReportClass::Hard;
    keep_refusal(ctx, send, told);
    send.error = error;
    flow::left(ctx, send, SendState::Bounced)?;
    flow::record(ctx, send, if is_gone { Fate::HardBounced } else { Fate::Failed })
}

/// What a refusal says of its recipient.
pub fn refusal(refused: &RefusedRecipient) -> ReportedRecipient {
    let RefusedRecipient { address, code, enhanced, text } = refused;
    bounce::refusal(address, *code, enhanced.as_deref(), text)
}

/// What a server said of a recipient, kept as the report that another server would have sent.
pub fn keep_refusal(ctx: &Ctx<'_>, send: &mut Send, told: ReportedRecipient) {
    send.bounced = if told.class == ReportClass::Hard { 2 } else { 1 };
    let ReportedRecipient { class, reason, address, status, .. } = told;
    let diagnostic = brief(&told.diagnostic);
    send.keep_report(&SendReport { class, reason, address, status, diagnostic, at: ctx.now });
}

/// The mail could not be sent.
pub fn fail(ctx: &mut Ctx<'_>, send: &mut Send) -> Result<(), Reject> {
    if flow::may_have_left(ctx, send)? {
        return Ok(());
    }
    flow::not_left(ctx, send, SendState::Failed)?;
    flow::record(ctx, send, Fate::Failed)
}

/// The mail is tried again later, unless it was tried too often.
pub fn retry(ctx: &mut Ctx<'_>, send: &mut Send) -> Result<(), Reject> {
    if send.attempts >= ATTEMPTS_MAX {
        return fail(ctx, send);
    }
    let at = ctx.now + wait_ms(ctx, send.attempts);
    flow::put_back(ctx, send, at)
}

/// How long a mail waits after so many attempts.
pub fn wait_ms(ctx: &mut Ctx<'_>, attempts: i64) -> Millis {
    let doublings = u32::try_from((attempts - 1).clamp(0, 10)).unwrap_or(10);
    let wait = (RETRY_MS << doublings).min(RETRY_MS_MAX);
    wait / 2 + ctx.random_below(wait / 2)
}

/// How long a mail waits for room.
pub fn busy_ms(ctx: &mut Ctx<'_>) -> Millis {
    BUSY_MS + ctx.random_below(BUSY_MS)
}

/// A reason of somebody else's, as it is kept.
pub fn brief(why: &str) -> String {
    why.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}
