//! The `WorkspaceRoom` actor: one per workspace.
//!
//! It owns the workspace's agents, users, tickets and comments, the event log, and the sockets of
//! everybody who watches. It promises that events have no gap, that a committed change reaches
//! every socket of the room in order, and that a scheduled comment is published once.
//!
//! | part | what it holds |
//! | --- | --- |
//! | [`dispatch`] | which function answers which command |
//! | [`access`] | the account half: agents, sessions, invitations, whether a caller may |
//! | [`handle`] | the desk half: one command a file |
//! | [`tickets`], [`comments`], [`status`], [`people`] | what several of those commands do |
//! | [`directory`] | handles, companies, attributes, merged users |
//! | [`teams`] | groups of agents |
//! | [`places`] | where tickets stand, for those who watch a team's |
//! | [`privacy`] | all of one person, given or erased |
//! | [`notifications`] | what one agent should look at |
//! | [`keys`] | API keys |
//! | [`audit`] | who did what beside the daily work |
//! | [`catalogue`] | what the team prepares: categories, statuses, canned replies, macros, views |
//! | [`changes`] | how a ticket changes, whoever asks |
//! | [`attention`], [`removal`], [`moves`] | snoozing, claims; what is deleted; merge, split |
//! | [`prospect_imports`] | how far imports of prospects are |
//! | [`sources`] | feeds that prospects are read from |
//! | [`publish`] | scheduled comments |
//! | [`mail`] | what is made of a mail's fields |
//! | [`threads`], [`topic`] | which ticket a mail is brought to |
//! | [`loops`] | how much automatic mail an address sends and gets |
//! | [`replies`], [`reply_text`], [`reply_token`] | comments that leave as mail, and what of them does |
//! | [`mail_reports`] | what reports say of mails that left |
//! | [`uploads`] | files that are brought for a comment |
//! | [`signing`] | what the workspace gives away and must know again |
//! | [`template`] | texts with variables |
//! | [`outreach`] | campaigns: who is written to by themselves |
//! | [`cursor`] | where the next page of a list begins |
//! | [`transfer`] | rows from elsewhere, and all rows of the workspace |
//! | [`overview`] | what D1 shows |
//! | [`search`] | the index over texts |
//! | [`reports`] | figures by day, counted from the log |
//! | [`derived`] | when index and figures are brought up to date |
//! | [`rules`] | automations, workflows, SLA: what reacts to all of it |
//! | [`webhooks`] | events told to servers that an admin names |
//! | [`store`] | every statement |

pub mod access;
pub mod attention;
pub mod audit;
pub mod catalogue;
pub mod changes;
pub mod comments;
pub mod cursor;
pub mod derived;
pub mod directory;
pub mod dispatch;
pub mod handle;
pub mod keys;
pub mod loops;
pub mod mail;
pub mod mail_reports;
pub mod moves;
pub mod notifications;
pub mod outreach;
pub mod overview;
pub mod people;
pub mod places;
pub mod privacy;
pub mod prospect_imports;
pub mod publish;
pub mod removal;
pub mod replies;
pub mod reply_text;
pub mod reply_token;
pub mod reports;
pub mod rules;
pub mod search;
pub mod signing;
pub mod sources;
pub mod status;
pub mod store;
pub mod teams;
pub mod template;
pub mod threads;
pub mod tickets;
pub mod topic;
pub mod transfer;
pub mod uploads;
pub mod webhooks;

#[cfg(test)]
pub(in crate::workspace_room) mod tests;

use crate::alert;
use crate::kernel::actor::{Settled, Welcome};
use crate::kernel::{
    Actor, Ctx, Delivery, Effect, Entry, Fault, Migration, Outcome, Reply, Sql, Timer, migration,
};
use schema::frame::Connect;
use schema::ids::TicketId;
use schema::room::RoomCommand;
use schema::summary::{Summary, Table};
use schema::view::Place;
use schema::{ActorKind, Millis, Permission, Principal, Reject};
use serde_json::value::RawValue;

/// The actor.
pub enum Core {}

impl Actor for Core {
    const KIND: ActorKind = ActorKind::WorkspaceRoom;
    // In the order in which they ran on rooms that are there already: add below.
    const MIGRATIONS: &'static [Migration] = &[
        access::MIGRATION,
        DESK,
        PEOPLE,
        search::MIGRATION,
        transfer::MIGRATION,
        webhooks::MIGRATION,
        reports::MIGRATION,
        rules::MIGRATION,
        privacy::MIGRATION,
        keys::MIGRATION,
        TICKETS,
        notifications::MIGRATION,
        CLAIMS,
        MERGED,
        VISIBLE,
        INBOX,
        REPLIES,
        THREADS,
        LOOPS,
        SIGN,
        UNPARSEABLE_INBOX,
        access::IDENTITIES,
        outreach::MIGRATION,
        prospect_imports::MIGRATION,
        outreach::ANSWERS,
        outreach::TEXTS,
        outreach::BY_HAND,
        sources::MIGRATION,
        prospect_imports::DIGESTS,
        outreach::ALERTS,
        outreach::CLASSIFIED,
        access::SERVER_TIMING,
        //
    ];
    const PRICE_MARK: Option<u32> = Some(access::PRICE_MARK);
    type Command = RoomCommand;

    fn handle(ctx: &mut Ctx<'_>, command: RoomCommand) -> Result<Reply, Reject> {
        let before = ctx.seq();
        let reply = dispatch::dispatch(ctx, command)?;
        rules::react::react(ctx)?;
        derived::note(ctx, before)?;
        Ok(reply)
    }

    fn identify(sql: &dyn Sql, caller: Principal, now: Millis) -> Result<Principal, Reject> {
        keys::identify(sql, caller, now)
    }

    fn authorise(ctx: &mut Ctx<'_>, permission: Permission) -> Result<(), Reject> {
        access::authorise::require(ctx, permission).map(drop)
    }

    fn connect(ctx: &mut Ctx<'_>, connect: &Connect) -> Result<Welcome, Reject> {
        access::connect::connect(ctx, connect)
    }

    fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
        match timer.kind.as_str() {
            access::sweep::SWEEP => access::sweep::sweep(ctx),
            publish::TIMER => publish::timer(ctx, timer),
            overview::TIMER => overview::timer(ctx, timer),
            derived::TIMER => derived::timer(ctx),
            uploads::SWEEP => uploads::sweep(ctx),
            webhooks::TIMER => webhooks::flow::timer(ctx, timer),
            webhooks::TRIM => webhooks::handle::delete_webhook::trim(ctx, timer),
            notifications::TIMER => notifications::timer(ctx),
            privacy::walk::TIMER => privacy::walk::timer(ctx, timer),
            attention::WAKE => attention::timer(ctx, timer),
            attention::UNCLAIM => attention::unclaim(ctx, timer),
            removal::TIMER => removal::timer(ctx, timer),
            outreach::TIMER => outreach::turn::take(ctx).map(drop),
            outreach::texts::review::TIMER => outreach::texts::review::timer(ctx),
            moves::TIMER => moves::timer(ctx, timer),
            directory::later::LINK | directory::later::NAME | directory::later::MERGE => {
                directory::later::timer(ctx, timer)
            }
            other => rules::timer(ctx, timer)
                .unwrap_or_else(|| Err(Reject::internal(format!("no timer of kind {other}")))),
        }?;
        rules::react::react(ctx)
    }

    fn from_socket(command: &RoomCommand) -> bool {
        !matches!(
            command,
            RoomCommand::CreateApiKey(_)
                | RoomCommand::CreateWebhook(_)
                | RoomCommand::ChangeWebhook(_)
                | RoomCommand::RotateWebhookSecret(_)
                | RoomCommand::ChangeNotificationTemplates(_)
                | RoomCommand::StartCampaign(_)
                | RoomCommand::SendEmail(_)
                | RoomCommand::CreateSource(_)
                | RoomCommand::ChangeSource(_)
                | RoomCommand::BeginUpload(_)
                | RoomCommand::FinishUpload(_)
                | RoomCommand::BeginProspectImport(_)
        )
    }

    fn audience(kind: &str) -> Option<Permission> {
        schema::audience::of(kind)
    }

    fn place(ctx: &Ctx<'_>, ticket: TicketId) -> Result<Option<Place>, Reject> {
        places::now(ctx, ticket)
    }

    fn places_told(event: &RawValue) -> Vec<Place> {
        places::told(event)
    }

    fn appended(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
        audit::appended(ctx)?;
        notifications::react::appended(ctx)?;
        webhooks::flow::appended(ctx)
    }

    fn delivery(kind: &str) -> Delivery {
        match kind {
            webhooks::OUTBOX => Delivery::Slow(webhooks::LEASE_MS),
            _ => Delivery::AtLeastOnce,
        }
    }

    fn attempts_max(kind: &str) -> i64 {
        match kind {
            notifications::mail::OUTBOX => notifications::mail::ATTEMPTS_MAX,
            _ => i64::MAX,
        }
    }

    fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
        match entry.kind.as_str() {
            uploads::FORGET => uploads::forget(ctx, entry),
            webhooks::OUTBOX => webhooks::flow::begin(ctx, entry),
            notifications::mail::OUTBOX => notifications::mail::begin(ctx, entry),
            mail_reports::OUTBOX => mail_reports::begin(ctx, entry),
            replies::OUTBOX => replies::begin(ctx, entry),
            outreach::asking::INBOX | outreach::asking::WARMUP => {
                outreach::asking::begin(ctx, entry)
            }
            outreach::person::OUTBOX => outreach::person::begin(ctx, entry),
            outreach::post::OUTBOX => outreach::post::begin(ctx, entry),
            outreach::calling_off::OUTBOX => outreach::calling_off::begin(ctx, entry),
            outreach::opt_out::OUTBOX => outreach::opt_out::begin(ctx, entry),
            outreach::answers::OUTBOX => outreach::answers::begin(ctx, entry),
            alert::OUTBOX => alert::begin(entry),
            outreach::texts::OUTBOX => outreach::texts::begin(ctx, entry),
            privacy::walk::OUTBOX => privacy::walk::begin(ctx, entry),
            other => Err(Reject::internal(format!("no outbox entry of kind {other}"))),
        }
    }

    fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
        match entry.kind.as_str() {
            webhooks::OUTBOX => webhooks::flow::settle(ctx, entry, outcome),
            mail_reports::OUTBOX => mail_reports::settle(ctx, entry, outcome),
            replies::OUTBOX => replies::settle(ctx, entry, outcome),
            outreach::asking::INBOX | outreach::asking::WARMUP => {
                outreach::asking::settle(ctx, entry, outcome)
            }
            outreach::person::OUTBOX => outreach::person::settle(ctx, entry, outcome),
            outreach::post::OUTBOX => outreach::post::settle(ctx, entry, outcome),
            outreach::calling_off::OUTBOX => outreach::calling_off::settle(ctx, entry, outcome),
            outreach::opt_out::OUTBOX => outreach::opt_out::settle(ctx, entry, outcome),
            _ => Ok(Settled::Finished),
        }
    }

    fn logged(sql: &dyn Sql, after: i64) -> Result<Vec<(i64, String)>, Fault> {
        store::comments::said(sql, after)
    }

    fn summary(ctx: &mut Ctx<'_>, table: Table, id: &str) -> Result<Option<Summary>, Reject> {
        overview::summary(ctx, table, id)
    }

    fn summarise_all(ctx: &mut Ctx<'_>) -> Result<i64, Reject> {
        overview::summarise_all(ctx)
    }
}

/// The tables of the desk.
const DESK: Migration = migration!("workspace_room/0002_desk");

/// The tables of teams, and what people are known by.
const PEOPLE: Migration = migration!("workspace_room/0003_people");

/// What the desk does with tickets beside, and what its agents prepare.
const TICKETS: Migration = migration!("workspace_room/0004_tickets");

/// Who has claimed what.
const CLAIMS: Migration = migration!("workspace_room/0012_claims");

/// What was merged into a ticket.
const MERGED: Migration = migration!("workspace_room/0013_merged");

/// The inbox that a ticket's mail comes through.
const INBOX: Migration = migration!("workspace_room/0015_ticket_inbox");

/// How far comments have come that leave as mail.
const REPLIES: Migration = migration!("workspace_room/0016_replies");

/// What else brings a mail to its ticket.
const THREADS: Migration = migration!("workspace_room/0017_threads");

/// What stands below comments that leave as mail.
const SIGN: Migration = migration!("workspace_room/0019_sign");

/// The inbox that read a mail which could not be read.
const UNPARSEABLE_INBOX: Migration = migration!("workspace_room/0020_unparseable_inbox");

/// What machines are sent.
const LOOPS: Migration = migration!("workspace_room/0018_loops");

/// What of a mail's text its writer wrote.
const VISIBLE: Migration = migration!("workspace_room/0014_visible_body");
