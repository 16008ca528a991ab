//! An inbox: its transport, its send ledger, its health.
//!
//! It promises that a mail leaves at most once for its idempotency key, for ever; that a mail of
//! which nobody knows whether it left is held for a person; and that over 5 % of bounces, or
//! 0.3 % of complaints, pause the inbox until a person resumes it.
//!
//! | state | what it waits for | next |
//! | --- | --- | --- |
//! | queued | a slot of the warm-up, or the end of a pause | reserved, cancelled |
//! | reserved | its prospect's permission, where it is outreach | permitted, refused, cancelled |
//! | permitted | operators' suppression list, where it is outreach | refused; it may leave |
//! | and may leave | the transport | sending; back, where slot or permission got old; cancelled |
//! | sending | the transport's answer | sent, bounced, failed, unknown; back, where nothing left |
//! | unknown | a person, or a bounce | sent, failed, bounced |
//! | sent | nothing; it may still come back | bounced |
//!
//! Each waiting mail has at most one outbox entry ([`outbox`]); [`flow`] decides which comes next.
//! A slot is for its local day: a mail that could not be certain to have left by midnight is not
//! begun, and asks for a slot of the next day.
//!
//! A mail has left once its server took it for somebody; whom the server put off, it is tried again
//! for, and for nobody else.
//!
//! A mail leaves by SMTP, or as a draft through a mailbox at Microsoft ([`microsoft`]).
//!
//! It may read a mailbox, too ([`mailbox`]): each mail in it becomes one comment of the room, once,
//! wherever reading is interrupted.

mod alerts;
mod flow;
mod handle;
mod health;
pub mod identity;
mod mailbox;
mod microsoft;
mod outbox;
mod store;
mod subscription;
#[cfg(target_arch = "wasm32")]
pub mod transport;
mod view;

#[cfg(test)]
mod mailbox_test;

use crate::kernel::actor::Settled;
use crate::kernel::drain::LEASE_MS;
use crate::kernel::{
    Actor, Ctx, Delivery, Effect, Entry, Migration, Outcome, Reply, Timer, migration,
};
use schema::ids::{InboxId, SendId};
use schema::inbox::{InboxCommand, SendState};
use schema::summary::{Summary, Table};
use schema::{ActorKind, Reject};
use store::inbox::Inbox;
use store::ledger::Send;

/// The core.
pub enum Core {}

impl Actor for Core {
    const KIND: ActorKind = ActorKind::InboxState;
    const MIGRATIONS: &'static [Migration] = &[
        migration!("inbox_state/0001_inbox"),
        migration!("inbox_state/0002_reports"),
        migration!("inbox_state/0003_mailbox"),
        migration!("inbox_state/0004_microsoft"),
        migration!("inbox_state/0005_held_up"),
        migration!("inbox_state/0006_asked_drafts"),
        migration!("inbox_state/0007_deferred"),
        migration!("inbox_state/0008_folders"),
        migration!("inbox_state/0009_subscription"),
        migration!("inbox_state/0010_leave_by"),
        migration!("inbox_state/0011_complaints"),
        migration!("inbox_state/0012_delivery_webhook"),
        migration!("inbox_state/0013_alerts"),
        migration!("inbox_state/0014_screened"),
    ];
    type Command = InboxCommand;

    fn handle(ctx: &mut Ctx<'_>, command: InboxCommand) -> Result<Reply, Reject> {
        match command {
            InboxCommand::Register(input) => Reply::of(&handle::register(ctx, input)?),
            InboxCommand::ConnectMicrosoft(input) => {
                Reply::of(&handle::connect_microsoft(ctx, input)?)
            }
            InboxCommand::Configure(input) => Reply::of(&handle::configure(ctx, input)?),
            InboxCommand::Send(input) => Reply::of(&handle::send(ctx, input)?),
            InboxCommand::GetSend(input) => Reply::of(&handle::get_send(ctx, &input)?),
            InboxCommand::ListSends(input) => Reply::of(&handle::list_sends(ctx, &input)?),
            InboxCommand::CancelSend(input) => Reply::of(&handle::cancel_send(ctx, &input)?),
            InboxCommand::ResolveUnknown(input) => Reply::of(&handle::resolve(ctx, &input)?),
            InboxCommand::NoteChange(input) => Reply::of(&subscription::note(ctx, &input)?),
            InboxCommand::RecordReport(input) => Reply::of(&handle::record_report(ctx, &input)?),
            InboxCommand::Pause(input) => Reply::of(&handle::pause(ctx, &input)?),
            InboxCommand::Resume(_) => Reply::of(&handle::resume(ctx)?),
            InboxCommand::Status(_) => Reply::of(&handle::status(ctx)?),
            InboxCommand::ConnectMailbox(input) => Reply::of(&handle::connect(ctx, input)?),
            InboxCommand::DisconnectMailbox(_) => Reply::of(&handle::disconnect(ctx)?),
            InboxCommand::ForgetPassedOver(input) => {
                Reply::of(&handle::forget_passed_over(ctx, &input)?)
            }
            InboxCommand::SyncMailbox(_) => Reply::of(&handle::sync(ctx)?),
            InboxCommand::MakeDeliveryWebhook(_) => Reply::of(&handle::make_delivery_webhook(ctx)?),
            InboxCommand::RotateDeliverySecret(input) => {
                Reply::of(&handle::rotate_delivery_secret(ctx, &input)?)
            }
            InboxCommand::DeleteDeliveryWebhook(_) => {
                Reply::of(&handle::delete_delivery_webhook(ctx)?)
            }
            InboxCommand::GetDeliveryKeys(_) => Reply::of(&handle::delivery_keys(ctx)?),
            InboxCommand::NoteDeliveries(input) => {
                Reply::of(&handle::note_deliveries(ctx, &input)?)
            }
        }
    }

    fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
        match timer.kind.as_str() {
            flow::PUMP => flow::pump(ctx),
            mailbox::TIMER => mailbox::timer(ctx),
            kind @ (outbox::LOOK | outbox::DEFERRED) => Ok(ctx.outbox(kind, &timer.key, &[])?),
            subscription::TIMER => Ok(ctx.outbox(outbox::SUBSCRIBE, "", &[])?),
            health::TIMER => health::look_again(ctx),
            flow::TAKE_BACK => flow::take_back(ctx, &timer.key),
            flow::FORGET => Ok(store::bodies::forget(ctx.sql, &timer.key)?),
            other => Err(Reject::internal(format!("no timer of kind {other}"))),
        }
    }

    fn delivery(kind: &str) -> Delivery {
        match kind {
            outbox::MAIL | outbox::DEFERRED => Delivery::AtMostOnce,
            outbox::SYNC => Delivery::Slow(mailbox::LEASE_MS),
            outbox::TOKEN => Delivery::Slow(microsoft::TOKEN_LEASE_MS),
            outbox::DRAFT => Delivery::Slow(LEASE_MS),
            outbox::LOOK | outbox::SUBSCRIBE => Delivery::Slow(microsoft::LOOK_LEASE_MS),
            _ => Delivery::AtLeastOnce,
        }
    }

    fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
        outbox::begin(ctx, entry)
    }

    fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
        outbox::settle(ctx, entry, outcome)
    }

    fn summary(ctx: &mut Ctx<'_>, table: Table, id: &str) -> Result<Option<Summary>, Reject> {
        view::summary(ctx, table, id)
    }

    fn summarise_all(ctx: &mut Ctx<'_>) -> Result<i64, Reject> {
        if store::inbox::load(ctx.sql)?.is_none() {
            return Ok(0);
        }
        let inbox = inbox_of(ctx)?.to_string();
        ctx.summarise(Table::Inboxes, &inbox)?;
        let (mut rows, mut before) = (1, "g".to_owned());
        loop {
            let page = store::ledger::page(ctx.sql, None, &before, 500)?;
            let Some(last) = page.last() else { return Ok(rows) };
            before = last.to_string();
            for id in page {
                ctx.summarise(Table::EmailLog, &id.to_string())?;
                rows += 1;
            }
        }
    }
}

/// The inbox that this object is.
fn inbox_of(ctx: &Ctx<'_>) -> Result<InboxId, Reject> {
    let name = ctx.instance.split_once('/').map(|(_, inbox)| inbox);
    name.and_then(|inbox| inbox.parse().ok()).ok_or_else(|| Reject::not_found("inbox"))
}

/// The inbox's row, refused where it was not registered.
fn registered(ctx: &Ctx<'_>) -> Result<Inbox, Reject> {
    store::inbox::load(ctx.sql)?.ok_or_else(|| Reject::not_found("inbox"))
}

/// A mail's row.
fn send_of(ctx: &Ctx<'_>, id: SendId) -> Result<Send, Reject> {
    store::ledger::get(ctx.sql, id)?.ok_or_else(|| Reject::not_found("send"))
}

/// Writes the inbox down, as a new version.
fn keep_inbox(ctx: &mut Ctx<'_>, inbox: &mut Inbox) -> Result<(), Reject> {
    inbox.version += 1;
    inbox.updated_at = ctx.now;
    let before = store::inbox::load(ctx.sql)?;
    store::inbox::save(ctx.sql, inbox)?;
    alerts::changed(ctx, before.as_ref(), inbox)?;
    let id = inbox_of(ctx)?.to_string();
    Ok(ctx.summarise(Table::Inboxes, &id)?)
}

/// Writes a mail down, as a new version.
fn keep_send(ctx: &mut Ctx<'_>, send: &mut Send) -> Result<(), Reject> {
    send.version += 1;
    send.updated_at = ctx.now;
    store::ledger::save(ctx.sql, send)?;
    let is_unknown = send.state == SendState::Unknown;
    let was_unknown = std::mem::replace(&mut send.was_unknown, is_unknown);
    alerts::settled(ctx, was_unknown, is_unknown)?;
    Ok(ctx.summarise(Table::EmailLog, &send.id.to_string())?)
}
