//! The mails that a workspace's inboxes were asked to send.

use super::{from, text};
use crate::cursor::Cursor;
use crate::platform::Platform;
use schema::ids::{CampaignId, InboxId, ProspectId, SendId, WorkspaceId};
use schema::inbox::SendState;
use schema::summary::Cell;
use schema::{Millis, Reject};
use serde::{Deserialize, Serialize};

/// A mail in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct EmailRow {
    /// The mail.
    pub id: SendId,
    /// The inbox that sends it.
    #[serde(rename(serialize = "inboxId"))]
    pub inbox_id: InboxId,
    /// Of outreach: whom it is for.
    #[serde(rename(serialize = "prospectId"))]
    pub prospect_id: Option<ProspectId>,
    /// Of outreach: its campaign.
    #[serde(rename(serialize = "campaignId"))]
    pub campaign_id: Option<CampaignId>,
    /// Of outreach: its step, from 1.
    pub step: Option<i64>,
    /// Addresses, with commas between.
    pub recipient: Option<String>,
    /// One line.
    pub subject: Option<String>,
    /// Where it is.
    pub state: SendState,
    /// The message id in its header, without angle brackets.
    #[serde(rename(serialize = "messageId"))]
    pub message_id: Option<String>,
    /// Why it does not leave, or what went wrong last.
    pub error: Option<String>,
    /// When it was asked for.
    #[serde(rename(serialize = "queuedAt"))]
    pub queued_at: Option<Millis>,
    /// When it came to an end.
    #[serde(rename(serialize = "settledAt"))]
    pub settled_at: Option<Millis>,
    /// When it last changed.
    #[serde(rename(serialize = "updatedAt"))]
    pub updated_at: Millis,
}

/// What the list may be narrowed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailFilter {
    /// Nothing.
    All,
    /// Those in a state.
    State(SendState),
    /// Those of an inbox.
    Inbox(InboxId),
    /// Those to a prospect.
    Prospect(ProspectId),
    /// Those of a campaign.
    Campaign(CampaignId),
}

/// The list, of those for which one thing more holds.
macro_rules! emails {
    ($which:literal) => {
        concat!(
            "select id, inbox_id, prospect_id, campaign_id, step, recipient, subject, state, \
            message_id, error, queued_at, settled_at, updated_at from email_log \
            where workspace_id = ?1 and deleted = 0 and (queued_at, id) < (?2, ?3) ",
            $which,
            "order by queued_at desc, id desc limit cast(?4 as integer)"
        )
    };
}

const EMAILS: &str = emails!("");
const EMAILS_OF_STATE: &str = emails!("and state = ?5 ");
const EMAILS_OF_INBOX: &str = emails!("and inbox_id = ?5 ");
const EMAILS_OF_PROSPECT: &str = emails!("and prospect_id = ?5 ");
const EMAILS_OF_CAMPAIGN: &str = emails!("and campaign_id = ?5 ");

/// The statements, for the test of their plans.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 5] =
    [EMAILS, EMAILS_OF_STATE, EMAILS_OF_INBOX, EMAILS_OF_PROSPECT, EMAILS_OF_CAMPAIGN];

/// A workspace's mails, the latest first.
///
/// # Errors
/// `unavailable`.
pub async fn emails<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
    filter: &EmailFilter,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<EmailRow>, Reject> {
    let (at, id) = from(after);
    let (statement, which) = match filter {
        EmailFilter::All => (EMAILS, None),
        EmailFilter::State(state) => (EMAILS_OF_STATE, Some(text(state.as_str()))),
        EmailFilter::Inbox(id) => (EMAILS_OF_INBOX, Some(text(id))),
        EmailFilter::Prospect(id) => (EMAILS_OF_PROSPECT, Some(text(id))),
        EmailFilter::Campaign(id) => (EMAILS_OF_CAMPAIGN, Some(text(id))),
    };
    let mut params = vec![text(workspace), at, id, Cell::Integer(limit)];
    params.extend(which);
    platform.rows(statement, &params).await
}
