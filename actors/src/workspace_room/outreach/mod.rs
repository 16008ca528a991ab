//! Outreach: campaigns write to prospects, slowly, from the workspace's own inboxes.
//!
//! The room alone decides who is written to next, and from which inbox; it asks the others by its
//! outbox:
//!
//! ```text
//! waiting ── turn: window open, limits leave room, an inbox is free ──▶ sending
//!    ▲          │ asks the prospect (its fields, whether it may be written to)
//!    │          │ asks the inbox to send; the inbox asks the warm-up and the prospect, and sends
//!    │          ▼
//!    └── the inbox tells what became of it: the next step is due, or the last one was sent
//! ```
//!
//! | part | what it does |
//! | --- | --- |
//! | [`handle`] | the commands |
//! | [`plan`] | what a campaign may be |
//! | [`caps`] | how many mails may leave now, and what binds |
//! | [`turn`] | who is written to now |
//! | [`asking`] | how inboxes are |
//! | [`person`] | a prospect's fields, and the mail that is made of them |
//! | [`post`] | mails on their way, and what becomes of them |
//! | [`texts`] | what models write |
//! | [`calling_off`] | mails that shall not leave any more |
//! | [`by_hand`] | mails that a person writes |
//! | [`answers`] | who writes back |
//! | [`classify`] | what they say |
//! | [`opt_out`] | links to opt out |
//! | [`store`] | every statement |
//!
//! What protects the person is not here: the prospect permits each step once, in the transaction
//! that also knows of every opt-out, bounce and answer, and the inbox asks it before a mail leaves.
//! What the room knows of a person only saves it the asking.

pub mod answers;
pub mod asking;
pub mod by_hand;
pub mod calling_off;
pub mod caps;
pub mod classify;
pub mod handle;
pub mod opt_out;
pub mod person;
pub mod plan;
pub mod post;
pub mod site;
pub mod store;
pub mod texts;
pub mod turn;

#[cfg(test)]
mod tests;

use crate::kernel::{Ctx, Fault, Migration, migration};
use schema::Reject;
use schema::ids::CampaignId;
use schema::room::campaign::{CampaignEvent, CampaignMark};
use schema::room::enrolment::{Decision, EnrolmentState, OutreachEvent};
use schema::summary::Table;
use store::campaigns::Campaign;
use store::enrolments::Enrolment;
use store::{campaigns, decisions, enrolments};

/// The tables of outreach.
pub const MIGRATION: Migration = migration!("workspace_room/0022_outreach");

/// What came back.
pub const ANSWERS: Migration = migration!("workspace_room/0024_answers");

/// What models write.
pub const TEXTS: Migration = migration!("workspace_room/0025_texts");

/// Mails that a person writes.
pub const BY_HAND: Migration = migration!("workspace_room/0026_by_hand");

/// What operators are told of, and how a week was.
pub const ALERTS: Migration = migration!("workspace_room/0029_alerts");
/// Answers that models read.
pub const CLASSIFIED: Migration = migration!("workspace_room/0030_classified");

/// The timer of the next turn.
pub const TIMER: &str = "outreach";

/// A campaign.
///
/// # Errors
/// `not_found`.
fn campaign(ctx: &Ctx<'_>, id: CampaignId) -> Result<Campaign, Reject> {
    campaigns::find(ctx.sql, id)?.ok_or_else(|| Reject::not_found("campaign"))
}

/// Makes a campaign; gives it with its number. Event `campaign.created`.
fn make(ctx: &mut Ctx<'_>, draft: &Campaign) -> Result<Campaign, Reject> {
    campaigns::insert(ctx.sql, draft)?;
    ctx.event("campaign.created", None, &mark(draft))?;
    ctx.summarise(Table::Workspaces, &ctx.principal.workspace.to_string())?;
    campaign(ctx, draft.id)
}

/// Writes an enrolment.
fn keep(ctx: &Ctx<'_>, one: &mut Enrolment) -> Result<(), Fault> {
    one.updated_at = ctx.now;
    enrolments::save(ctx.sql, one)
}

/// Writes down what was decided about an enrolment.
fn decide(ctx: &Ctx<'_>, one: &Enrolment, what: &str, why: Option<&str>) -> Result<(), Fault> {
    let (what, why) = (what.to_owned(), why.map(str::to_owned));
    let decision = Decision { at: ctx.now, step: one.step, what, why };
    decisions::insert(ctx.sql, one.number, &decision)
}

/// An enrolment comes to a state in which nothing is sent by itself. Event `outreach.stopped`,
/// `outreach.blocked` or `outreach.finished`.
fn end(
    ctx: &mut Ctx<'_>,
    one: &mut Enrolment,
    state: EnrolmentState,
    why: Option<&str>,
) -> Result<(), Reject> {
    one.state = state;
    one.reason = why.map(str::to_owned);
    decide(ctx, one, state.as_str(), why)?;
    keep(ctx, one)?;
    let kind = match state {
        EnrolmentState::Blocked => "outreach.blocked",
        EnrolmentState::Finished => "outreach.finished",
        _ => "outreach.stopped",
    };
    tell(ctx, kind, one)
}

/// What is said of a reason where it is kept for long: the word of ours that it begins with, or an
/// id, and not what a server or a template says of somebody.
fn word_of(reason: &str) -> Option<&str> {
    let word = reason.split(": ").next().unwrap_or_default();
    word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-').then_some(word)
}

/// Tells of an enrolment; the log is not where what others say of a person is kept.
fn tell(ctx: &mut Ctx<'_>, kind: &str, one: &Enrolment) -> Result<(), Reject> {
    let data = OutreachEvent {
        campaign_id: campaigns::id(ctx.sql, one.campaign)?,
        prospect_id: one.prospect_id,
        step: one.step,
        reason: one.reason.as_deref().and_then(word_of).map(str::to_owned),
    };
    ctx.event(kind, None, &data).map(drop)
}

/// A campaign as events name it.
fn mark(campaign: &Campaign) -> CampaignEvent {
    let Campaign { id, name, status, version, .. } = campaign;
    let campaign = CampaignMark { id: *id, name: name.clone(), status: *status, version: *version };
    CampaignEvent { campaign }
}
