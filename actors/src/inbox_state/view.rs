//! How the API and D1 show the inbox and its mails.

use super::store::deliveries::Webhook;
use super::store::inbox::Inbox;
use super::store::ledger::{self, Send};
use super::{health, inbox_of, mailbox, store};
use crate::kernel::Ctx;
use crate::kernel::Fault;
use schema::Reject;
use schema::delivery::DeliveryWebhook;
use schema::ids::CampaignId;
use schema::inbox::{InboxStatus, InboxView, SendState, SendView};
use schema::summary::{Cell, Summary, Table};

const WAITING: [SendState; 3] = [SendState::Queued, SendState::Reserved, SendState::Permitted];

/// The inbox, without its password.
pub fn inbox(ctx: &Ctx<'_>, inbox: &Inbox) -> Result<InboxView, Reject> {
    let error = store::microsoft::load(ctx.sql)?.and_then(|microsoft| microsoft.error);
    Ok(InboxView {
        id: inbox_of(ctx)?,
        version: inbox.version,
        email: inbox.email.clone(),
        display_name: inbox.display_name.clone(),
        transport: transport(ctx)?.to_owned(),
        host: inbox.smtp.host.clone(),
        port: inbox.smtp.port,
        security: inbox.smtp.security,
        username: inbox.smtp.username.clone(),
        warmup: inbox.warmup,
        time_zone: inbox.zone.clone(),
        status: status(inbox),
        pause_reason: inbox.paused.as_ref().map(|(_, reason)| reason.clone()),
        paused_at: inbox.paused.as_ref().map(|(at, _)| *at),
        transport_error_since: error.as_ref().map(|(_, since)| *since),
        transport_error: error.map(|(text, _)| text),
        health: health::look(ctx, inbox, ctx.now)?,
        waiting: ledger::count(ctx.sql, &WAITING)?,
        unknown: ledger::count(ctx.sql, &[SendState::Unknown])?,
        sent: inbox.sent,
        bounced: inbox.bounced,
        mailbox: mailbox::view(ctx)?,
        delivery_webhook: store::deliveries::load(ctx.sql)?.map(|one| delivery_webhook(ctx, &one)),
        created_at: inbox.created_at,
    })
}

/// The endpoint of its relay, without the secret.
pub fn delivery_webhook(ctx: &Ctx<'_>, webhook: &Webhook) -> DeliveryWebhook {
    let until = webhook.previous_until;
    DeliveryWebhook {
        key_id: webhook.key_id,
        created_at: webhook.created_at,
        previous_secret_until: (until > ctx.now).then_some(until),
    }
}

/// How it sends, by name.
fn transport(ctx: &Ctx<'_>) -> Result<&'static str, Fault> {
    let microsoft = store::microsoft::load(ctx.sql)?;
    Ok(microsoft.map_or("smtp", |_| "microsoft"))
}

/// A mail, without its body.
pub fn send(ctx: &Ctx<'_>, send: &Send) -> Result<SendView, Reject> {
    let later = send.state.waits().then_some(send.not_before).filter(|at| *at > ctx.now);
    Ok(SendView {
        id: send.id,
        inbox_id: inbox_of(ctx)?,
        state: send.state,
        version: send.version,
        message_id: send.message_id.clone(),
        to: send.to.clone(),
        cc: send.cc.clone(),
        subject: send.subject.clone(),
        prospect: send.prospect.clone(),
        attempts: send.attempts,
        error: send.error.clone(),
        not_before: later,
        queued_at: send.queued_at,
        left_at: send.left_at,
        settled_at: send.settled_at,
        report: send.report.clone(),
        deliveries: store::deliveries::of_send(ctx.sql, send.id)?,
    })
}

/// A row for D1.
pub fn summary(ctx: &Ctx<'_>, table: Table, id: &str) -> Result<Option<Summary>, Reject> {
    let (version, updated_at, cells) = match table {
        Table::Inboxes => {
            let Some(inbox) = store::inbox::load(ctx.sql)? else { return Ok(None) };
            (inbox.version, inbox.updated_at, inbox_cells(ctx, &inbox)?)
        }
        Table::EmailLog => {
            let id = id.parse().map_err(|_| Reject::internal(format!("no send is {id}")))?;
            let Some(send) = ledger::get(ctx.sql, id)? else { return Ok(None) };
            (send.version, send.updated_at, send_cells(ctx, &send)?)
        }
        _ => return Ok(None),
    };
    Ok(Some(Summary {
        table,
        workspace: ctx.principal.workspace.to_string(),
        id: id.to_owned(),
        version,
        updated_at,
        deleted: false,
        cells,
    }))
}

fn inbox_cells(ctx: &Ctx<'_>, inbox: &Inbox) -> Result<Vec<Cell>, Reject> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let reason = inbox.paused.as_ref().map(|(_, reason)| reason.clone());
    Ok(vec![
        text(&inbox.email),
        text(&inbox.display_name),
        text(transport(ctx)?),
        text(status(inbox).as_str()),
        reason.map_or(Cell::Null, Cell::Text),
        Cell::Integer(inbox.sent),
        Cell::Integer(inbox.bounced),
        // As of the row's version: D1 keeps the first row of a version, whenever it is written.
        Cell::Integer(health::bounce_rate_bp(ctx, inbox, inbox.updated_at)?),
        Cell::Integer(inbox.created_at),
        Cell::Integer(i64::from(store::mailbox::load(ctx.sql)?.is_some())),
    ])
}

fn send_cells(ctx: &Ctx<'_>, send: &Send) -> Result<Vec<Cell>, Reject> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let prospect = send.prospect.as_ref();
    let campaign = prospect.and_then(|one| one.campaign.parse::<CampaignId>().ok());
    Ok(vec![
        Cell::Text(inbox_of(ctx)?.to_string()),
        Cell::Text(send.to.join(", ")),
        text(&send.subject),
        text(send.state.as_str()),
        text(&send.message_id),
        send.error.clone().map_or(Cell::Null, Cell::Text),
        Cell::Integer(send.queued_at),
        send.settled_at.map_or(Cell::Null, Cell::Integer),
        prospect.map_or(Cell::Null, |one| text(&send.owner.unwrap_or(one.prospect_id).to_string())),
        // What a client says of itself may be called as it likes.
        campaign.map_or(Cell::Null, |id| text(&id.to_string())),
        prospect.map_or(Cell::Null, |one| Cell::Integer(one.step)),
    ])
}

const fn status(inbox: &Inbox) -> InboxStatus {
    if inbox.paused.is_some() { InboxStatus::Paused } else { InboxStatus::Active }
}
