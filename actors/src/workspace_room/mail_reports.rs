//! Mail that reports about mail of ours: handed to the inbox that may have sent it, and told to the
//! room where that inbox knows it.
//!
//! The room knows no sends, so it believes nothing: only what an inbox finds in its ledger becomes
//! an event. An inbox that does not know the mail says so, and nothing changes. What a relay
//! reports comes from its inbox unasked, and no mail of the room shows it.

use super::store::tickets;
use crate::kernel::actor::Settled;
use crate::kernel::store::outbox;
use crate::kernel::{Ctx, Effect, Entry, Fault, Outcome, Reply};
use crate::workspace_room::access::authorise;
use schema::codec::{read_json, read_reply, to_json};
use schema::ids::{CommentId, InboxId, TicketId};
use schema::inbox::InboxCommand;
use schema::report::{
    MailReport, MailReported, REPORT_INBOXES_MAX, RecordReport, ReportClass, ReportNoted,
};
use schema::{ActorKind, Permission, Reject};

/// The outbox entries; the key is a new id and the place of the inbox among those asked.
pub const OUTBOX: &str = "mail.report";

/// What an entry holds: whom to ask, what, and where the report is shown.
type Question = (InboxId, RecordReport, Option<(TicketId, CommentId)>);

/// Asks the inboxes that may have sent the mail that is reported on.
///
/// # Errors
/// A storage fault.
pub fn pass_on(
    ctx: &mut Ctx<'_>,
    report: &MailReport,
    shown: Option<(TicketId, CommentId)>,
) -> Result<(), Reject> {
    let name = ctx.uuid();
    for (place, inbox) in report.inboxes.iter().take(REPORT_INBOXES_MAX).enumerate() {
        let question: Question = (*inbox, report.report.clone(), shown);
        ctx.outbox(OUTBOX, &format!("{name}/{place}"), &to_json(&question))?;
    }
    Ok(())
}

/// What an entry wants from its inbox.
///
/// # Errors
/// `internal` where its body is none of ours.
pub fn begin(ctx: &Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let (inbox, report, _) = question(entry)?;
    Ok(Effect::Call {
        actor: ActorKind::InboxState,
        instance: format!("{}/{inbox}", ctx.instance),
        key: format!("report:{}", entry.key),
        command: to_json(&InboxCommand::RecordReport(report)),
    })
}

/// Tells the room what an inbox took note of. Events `mail.bounced`, `mail.complained`.
///
/// # Errors
/// `internal` where the inbox answers something else; a storage fault.
pub fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
    let Outcome::Done(json) = outcome else { return Ok(Settled::Finished) };
    let noted: ReportNoted = read_reply(json)?;
    let Some(report) = noted.report else { return Ok(Settled::Finished) };
    let (inbox_id, _, shown) = question(entry)?;
    let (ticket, comment_id) = match shown {
        Some((ticket, comment)) if tickets::find(ctx.sql, ticket)?.is_some() => {
            (Some(ticket), Some(comment))
        }
        _ => (None, None),
    };
    tell(ctx, ticket, &MailReported { inbox_id, send_id: noted.send_id, report, comment_id })?;
    Ok(Settled::Finished)
}

/// Tells what an inbox took note of without being asked. Events `mail.bounced`, `mail.complained`.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself.
pub fn note_report(ctx: &mut Ctx<'_>, input: &MailReported) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Work)?;
    tell(ctx, None, input)?;
    Reply::of(&serde_json::json!({}))
}

fn tell(ctx: &mut Ctx<'_>, ticket: Option<TicketId>, told: &MailReported) -> Result<(), Reject> {
    match told.report.class {
        ReportClass::Complaint => ctx.event("mail.complained", ticket, told)?,
        _ => ctx.event("mail.bounced", ticket, told)?,
    };
    Ok(())
}

/// Drops the questions whose reports a test picks, before an answer becomes an event; says how
/// many.
///
/// # Errors
/// A storage fault.
pub fn forget(ctx: &mut Ctx<'_>, names: impl Fn(&str) -> bool) -> Result<i64, Fault> {
    let mut dropped = 0;
    for entry in outbox::of_kind(ctx.sql, OUTBOX)? {
        if names(&String::from_utf8_lossy(&entry.body)) {
            outbox::remove(ctx.sql, &entry)?;
            dropped += 1;
        }
    }
    Ok(dropped)
}

fn question(entry: &Entry) -> Result<Question, Reject> {
    read_json(&entry.body).map_err(|error| Reject::internal(format!("report: {}", error.message)))
}
