//! Mails of all inboxes in one list, and the one that a person writes to a prospect.

use super::campaigns::public_url;
use super::prospects;
use crate::app::{Call, read};
use crate::cursor::Cursor;
use crate::d1::emails::{EmailFilter, emails};
use crate::platform::Platform;
use crate::respond::Reply;
use schema::ids::{CampaignId, InboxId, ProspectId};
use schema::inbox::{GetInbox, InboxCommand, InboxView, SendState};
use schema::room::RoomCommand;
use schema::room::by_hand::{EmailTaken, SendEmail};
use schema::warmup::{GetWarmup, WarmupCommand, WarmupStatus};
use schema::{ActorKind, Code, Permission, Reject};
use serde::{Deserialize, Serialize};

/// `GET /api/emails`: from D1.
///
/// # Errors
/// `unauthorized`, `invalid_input`, `unavailable`.
pub async fn list<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let known = ["state", "inboxId", "prospectId", "campaignId", "limit", "cursor"];
    let query = call.query(&known)?;
    let (limit, keys) = (query.limit()?, &call.config.keys);
    let filters = [
        query.name::<SendState>("state")?.map(EmailFilter::State),
        query.parse::<InboxId>("inboxId", "an inbox's id")?.map(EmailFilter::Inbox),
        query.parse::<ProspectId>("prospectId", "a prospect's id")?.map(EmailFilter::Prospect),
        query.parse::<CampaignId>("campaignId", "a campaign's id")?.map(EmailFilter::Campaign),
    ];
    let mut filters = filters.into_iter().flatten();
    let filter = filters.next().unwrap_or(EmailFilter::All);
    if filters.next().is_some() {
        let why = "cannot stand together: one of state, inboxId, prospectId, campaignId";
        return Err(Reject::field("query", why));
    }
    let cursor = query.cursor()?;
    let principal = call.may(Permission::Read).await?;
    let list = format!("emails|{}|{filter:?}", principal.workspace);
    let after = cursor.map(|text| Cursor::open(keys, &list, &text)).transpose()?;
    let workspace = principal.workspace;
    let mut rows = emails(call.platform, workspace, &filter, after.as_ref(), limit + 1).await?;
    let next = Cursor::cut(&mut rows, limit, |row| (row.queued_at.unwrap_or(0), row.id));
    Reply::list(&rows, next.map(|cursor| cursor.seal(keys, &list)))
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewEmail {
    /// The inbox that sends it.
    inbox_id: InboxId,
    /// Whom it is for.
    prospect_id: ProspectId,
    /// One line of at most 200 characters, with the variables that campaigns have.
    subject: String,
    /// Plain text of at most 20,000 characters, with variables.
    text: String,
    /// What stands below it, before the way to opt out: who writes, and their address.
    footer: String,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct EmailQueued<'a> {
    /// The campaign that mails written by hand belong to.
    campaign_id: CampaignId,
    /// Whom it is for.
    prospect_id: ProspectId,
    /// The inbox that sends it.
    inbox_id: InboxId,
    /// Numbers the mails that were written to the prospect by hand, from 1.
    step: i64,
    /// `live`; or `dry`, where all is recorded and nothing leaves.
    send_mode: &'a str,
}

/// `POST /api/send-email`: one mail to a prospect, now; the idempotency key names it for ever.
///
/// # Errors
/// `invalid_input`, `unauthorized`, `forbidden`; the prospect's, the inbox's, the room's.
pub async fn send<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    call.principal()?;
    let key = call.key()?;
    let key = key.ok_or_else(|| Reject::field("Idempotency-Key", "must be there"))?;
    let principal = call.may(Permission::Work).await?;
    let NewEmail { inbox_id, prospect_id, subject, text, footer } = call.body(&[]).await?;
    let prospect = prospects::found(&call, &principal, prospect_id).await?;
    let instance = format!("{}/{inbox_id}", principal.workspace);
    let status = InboxCommand::Status(GetInbox {});
    let (inbox, who) = (ActorKind::InboxState, principal.clone());
    let inbox: InboxView = read(&call.ask(inbox, instance.clone(), who, None, &status).await?)?;
    let warmup: Option<WarmupStatus> = if inbox.warmup {
        let status = WarmupCommand::Status(GetWarmup { days: Some(0) });
        let (warmup, who) = (ActorKind::WarmupCounter, principal.clone());
        match call.ask(warmup, instance, who, None, &status).await {
            Ok(reply) => Some(read(&reply)?),
            // It has not begun yet: the inbox waits for it.
            Err(reject) if reject.code == Code::Conflict => None,
            Err(reject) => return Err(reject),
        }
    } else {
        None
    };
    let public_url = public_url(&call);
    let email =
        SendEmail { key, prospect_id, prospect, inbox, warmup, subject, text, footer, public_url };
    let command = RoomCommand::SendEmail(Box::new(email));
    // What prospect and inbox say differs from one try to the next: the room knows the key itself.
    let taken: EmailTaken = call.room_reads(principal, &command).await?;
    let EmailTaken { campaign_id, prospect_id, inbox_id, step } = taken;
    let send_mode = call.config.send_mode.as_str();
    let queued = EmailQueued { campaign_id, prospect_id, inbox_id, step, send_mode };
    Ok(Reply { status: 202, ..Reply::of(&queued)? })
}
