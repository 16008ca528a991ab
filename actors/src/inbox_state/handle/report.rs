//! A mail came back, or its reader complained.
//!
//! A report counts where it names a mail of this inbox that left, and an address that this mail
//! went to: one about anybody else was forged, or is about another mail. Only who was written to
//! can forge one that counts: against their own address, and once for each person against the
//! inbox.
//!
//! A complaint counts against the inbox where the mail was outreach and it is known who says so
//! ([`RecordReport::is_proven`]). Without proof it holds for whoever complains, and for nobody
//! else; one that failed DMARC never comes here. What proves one by mail is weak: hence no single
//! domain stops an inbox ([`health`]). A wish to get no more mail is no complaint.
//!
//! | report | the mail | the inbox's health | the prospect |
//! | --- | --- | --- | --- |
//! | hard | bounced | counts | suppressed, where the mail went to nobody else |
//! | soft, block | bounced | counts | may be written to |
//! | complaint | stays as it is | counts, as above | suppressed, where it went to nobody else |
//! | delayed, notice | stays as it is | – | – |
//! | one of several refused, in the dialogue | bounced | counts | may be written to |
//!
//! A mail that was given up after it was handed to a server, or that a person found not to have
//! left, did leave after all, if somebody reports on it: its ids are nobody's else to know.

use crate::inbox_state::store::inbox::Inbox;
use crate::inbox_state::store::ledger::{self, Send};
use crate::inbox_state::store::{complaints, deliveries};
use crate::inbox_state::{flow, health, keep_inbox, keep_send, registered, send_of};
use crate::kernel::Ctx;
use crate::mail::identity::person;
use schema::delivery::DeliveryKind;
use schema::ids::SendId;
use schema::inbox::{COMPLAINT_WINDOW_MS, SendState};
use schema::prospect::Fate;
use schema::report::{
    RecordReport, ReportClass, ReportNoted, ReportReason, ReportedRecipient, SendReport,
};
use schema::{Code, Reject};

const STATUS_CHARS_MAX: usize = 20;
const DIAGNOSTIC_CHARS_MAX: usize = 500;

/// Takes note of a report, and judges the inbox's health. For Postroom itself. A mail counts once,
/// however many reports it gets; a soft bounce may become a hard one.
///
/// # Errors
/// `forbidden`; `not_found` where it is about no mail of this inbox, or about none that left;
/// `unavailable` where the mail is under way.
pub fn record_report(ctx: &mut Ctx<'_>, input: &RecordReport) -> Result<ReportNoted, Reject> {
    ctx.require_system()?;
    let mut inbox = registered(ctx)?;
    let send = find(ctx, input.send_id, input.message_id.as_deref())?;
    let send_id = send.id;
    let Noted { report, concerns_inbox, .. } = note(ctx, &mut inbox, send, input)?;
    if concerns_inbox {
        health::judge(ctx, &mut inbox)?;
        keep_inbox(ctx, &mut inbox)?;
    }
    Ok(ReportNoted { send_id, report })
}

/// What came of a report.
pub struct Noted {
    /// What it changed of the mail as a whole.
    pub report: Option<SendReport>,
    /// Whether it changed anything.
    pub is_new: bool,
    /// Whether the inbox is to be judged and written down.
    pub concerns_inbox: bool,
}

/// Takes note of a report about a mail, from wherever it comes. The caller judges the inbox's
/// health and writes it down, once for however many reports it has.
///
/// # Errors
/// `not_found` where it is about none of the mail's recipients.
pub fn note(
    ctx: &mut Ctx<'_>,
    inbox: &mut Inbox,
    mut send: Send,
    input: &RecordReport,
) -> Result<Noted, Reject> {
    let about = input.recipients.iter().filter_map(|told| report(ctx, &send, told));
    let about: Vec<SendReport> = about.collect();
    let gravest = about.iter().max_by_key(|report| report.class.weight()).cloned();
    let report = gravest.ok_or_else(|| Reject::not_found("recipient"))?;
    let is_complaint = report.class == ReportClass::Complaint;
    let is_known =
        if is_complaint { send.complained } else { send.bounced >= report.class.weight() };
    let counts = input.is_proven && is_held_against(ctx, &send, &report)?;
    let has_moved = come_so_far(ctx, send.id, &about)?;
    if is_known && !counts {
        if has_moved {
            keep_send(ctx, &mut send)?;
        }
        return Ok(Noted { report: None, is_new: has_moved, concerns_inbox: false });
    }
    it_left(inbox, &mut send);
    if counts {
        let left_at = send.left_at.unwrap_or(ctx.now);
        complaints::insert(ctx.sql, send.id, &person(&report.address), left_at)?;
    }
    match (is_complaint, is_known) {
        (true, false) => complain(ctx, &mut send, &report)?,
        (true, true) => keep_send(ctx, &mut send)?,
        (false, _) => {
            inbox.bounced += i64::from(send.bounced == 0);
            bounce(ctx, &mut send, &report)?;
        }
    }
    let report = Some(report).filter(|_| !is_known);
    Ok(Noted { report, is_new: true, concerns_inbox: true })
}

/// Whether a report is a complaint that counts against the inbox, and does not yet.
fn is_held_against(ctx: &Ctx<'_>, send: &Send, report: &SendReport) -> Result<bool, Reject> {
    let is_complaint = report.class == ReportClass::Complaint;
    let is_feedback = is_complaint && report.reason == ReportReason::Feedback;
    // What is behind the window is forgotten, and would look new each time that it is told.
    let is_late = send.left_at.is_some_and(|at| at <= ctx.now - COMPLAINT_WINDOW_MS);
    let may_count = is_feedback && send.prospect.is_some() && !is_late;
    Ok(may_count && !complaints::is_known(ctx.sql, send.id)?)
}

/// Notes what happened at each recipient; says whether any of it is new.
fn come_so_far(ctx: &Ctx<'_>, id: SendId, about: &[SendReport]) -> Result<bool, Reject> {
    let mut has_moved = false;
    for one in about {
        let state = match one.class {
            ReportClass::Complaint => DeliveryKind::Complained,
            _ => DeliveryKind::Bounced,
        };
        has_moved |= deliveries::advance(ctx.sql, id, &one.address, state, ctx.now)?;
    }
    Ok(has_moved)
}

/// A mail of which it was believed that it did not leave counts as one that did.
pub fn it_left(inbox: &mut Inbox, send: &mut Send) {
    if send.state == SendState::Failed {
        send.left_at = send.settled_at;
        inbox.sent += 1;
    }
}

/// The mail that somebody tells of, which left, or may have.
///
/// # Errors
/// `not_found`; `unavailable` where the mail is under way.
pub fn find(
    ctx: &Ctx<'_>,
    send_id: Option<SendId>,
    message_id: Option<&str>,
) -> Result<Send, Reject> {
    let unknown = || Reject::not_found("send");
    let id = match (send_id, message_id) {
        (Some(id), _) => Some(id),
        (None, Some(message_id)) => ledger::by_message_id(ctx.sql, message_id)?,
        (None, None) => None,
    };
    let send = send_of(ctx, id.ok_or_else(unknown)?)?;
    match send.state {
        SendState::Sent | SendState::Unknown | SendState::Bounced => Ok(send),
        SendState::Failed if send.attempts > 0 => Ok(send),
        // A server may report before the answer with which it took the mail is written down.
        SendState::Sending => Err(Reject::new(Code::Unavailable, "the mail is under way")),
        _ => Err(unknown()),
    }
}

/// What is said about one recipient, as the ledger keeps it, where the mail went to it and it
/// changes anything.
fn report(ctx: &Ctx<'_>, send: &Send, told: &ReportedRecipient) -> Option<SendReport> {
    let went_to = |address: &String| send.recipient(address);
    let is_silent = told.class == ReportClass::Complaint && told.address.is_empty();
    let address = match &told.original_address {
        _ if told.class.weight() == 0 => None,
        _ if is_silent => send.sole_recipient(),
        Some(original) => went_to(original).or_else(|| went_to(&told.address)),
        None => went_to(&told.address),
    };
    let line = |text: &str, chars_max| {
        text.chars().filter(|c| !c.is_control()).take(chars_max).collect::<String>()
    };
    Some(SendReport {
        class: told.class,
        reason: told.reason,
        address: address?.clone(),
        status: told.status.as_deref().map(|status| line(status, STATUS_CHARS_MAX)),
        diagnostic: line(&told.diagnostic, DIAGNOSTIC_CHARS_MAX),
        at: ctx.now,
    })
}

fn bounce(ctx: &mut Ctx<'_>, send: &mut Send, report: &SendReport) -> Result<(), Reject> {
    send.bounced = report.class.weight();
    send.keep_report(report);
    if send.state == SendState::Bounced {
        keep_send(ctx, send)?;
    } else {
        flow::finish(ctx, send, SendState::Bounced)?;
    }
    if report.class == ReportClass::Hard {
        flow::record(ctx, send, Fate::HardBounced)?;
    }
    Ok(())
}

/// Who complains has got the mail: it left.
fn complain(ctx: &mut Ctx<'_>, send: &mut Send, report: &SendReport) -> Result<(), Reject> {
    send.complained = true;
    send.keep_report(report);
    if matches!(send.state, SendState::Unknown | SendState::Failed) {
        flow::finish(ctx, send, SendState::Sent)?;
    } else {
        keep_send(ctx, send)?;
    }
    flow::record(ctx, send, Fate::Complained)
}
