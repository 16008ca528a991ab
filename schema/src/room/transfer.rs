//! Moving in and out: rows that come from elsewhere, and all rows of a workspace as one file.
//!
//! A line of an export is an [`ImportRow`], so what one workspace gives another one takes. Rows
//! carry no secret: no password, no token, no address of a stored file.

use super::attribute::{AttributeType, Subject};
use super::catalogue::MacroActions;
use super::comment::Visibility;
use super::company::FreeMail;
use super::mail::MailFacts;
use super::notification::NotificationTemplate;
use super::ticket::{Attributes, ListTickets, Priority, Source, Status};
use super::user::NewHandle;
use crate::event::By;
use crate::ids::{
    AgentId, AttachmentId, AttributeId, CategoryId, CommentId, CompanyId, CustomStatusId, ItemId,
    TeamId, TicketId, UserId, WebhookId,
};
use crate::{Millis, Role};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How many rows one call takes.
pub const ROWS_MAX: usize = 100;
/// The longest call, in bytes of JSON.
pub const BYTES_MAX: usize = 512 * 1024;
/// The version of the file that an export is.
pub const EXPORT_VERSION: i64 = 1;
/// The highest number that a ticket may bring along.
pub const NUMBER_MAX: i64 = 1 << 40;

/// A row of an import or export: `{"user":{…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ImportRow {
    /// A person of the team. They come without a password and inactive: invite them at their
    /// address, and what they wrote is theirs again.
    Agent(AgentRow),
    /// A team. Where another one has the name: `known`.
    Team(TeamRow),
    /// What tickets are sorted by. Where another one has the name: `known`.
    Category(ItemRow),
    /// A status of the workspace's own. Where another one has the name and the `status`: `known`.
    CustomStatus(ItemRow),
    /// A text to answer with. Where another one has the name and the text: `known`.
    CannedReply(ItemRow),
    /// What stands below a reply. Where another one has the name and the text: `known`.
    Signature(ItemRow),
    /// Several steps as one. Where another one has the name and does the same: `known`.
    Macro(ItemRow),
    /// A list of tickets by name. Where another one has the name and lists the same: `known`.
    View(ItemRow),
    /// The definition of an attribute. Where another one has the key and the type: `known`.
    Attribute(AttributeRow),
    /// When the team is there, as `GET /v1/business-hours` gives it, without `version`.
    BusinessHours(Map<String, Value>),
    /// The domains that the workspace takes for free mail.
    FreeMail(FreeMail),
    /// What notifications of a kind say.
    NotificationTemplate(NotificationTemplate),
    /// Somebody else's server that is told of events.
    Webhook(WebhookRow),
    /// A promise, as `GET /v1/sla-policies/{slaPolicyId}` gives it, without `position` and
    /// `version`. It counts for a ticket from its next change.
    SlaPolicy(Map<String, Value>),
    /// A workflow, as `GET /v1/workflows/{workflowId}` gives it, without `version`.
    Workflow(Map<String, Value>),
    /// A rule, as `GET /v1/automations/{automationId}` gives it, without `position` and `version`.
    /// It acts on what happens from then on.
    Automation(Map<String, Value>),
    /// A company. Where another one has the domain: `known`.
    Company(CompanyRow),
    /// A customer. Where another one has the address: `known`.
    User(UserRow),
    /// A ticket, without its comments.
    Ticket(TicketRow),
    /// A ticket that is merged into another.
    Merge(MergeRow),
    /// An entry of a ticket that is there already.
    Comment(Box<CommentRow>),
    /// A file of a comment that is there already; its content has been uploaded before.
    Attachment(AttachmentRow),
}

/// A person of the team. What stands here never changes somebody who has a password already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AgentRow {
    /// The agent.
    pub id: AgentId,
    /// The address.
    pub email: String,
    /// What they are called: 1 to 200 characters.
    pub name: String,
    /// What they were; what they will be is in their invitation.
    pub role: Role,
    /// When they joined.
    pub created_at: Millis,
    /// When they were last changed.
    pub updated_at: Millis,
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TeamRow {
    /// The team.
    pub id: TeamId,
    /// What it is called: 1 to 100 characters.
    pub name: String,
    /// What it does: up to 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who is in it: at most 200 agents who are there already, active or not.
    #[serde(default)]
    pub member_ids: Vec<AgentId>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// A thing of the catalogue, with what its kind has; ids of other things in its `actions` or
/// `filter` are not looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ItemRow {
    /// The thing.
    pub id: ItemId,
    /// Its name: 1 to 100 characters.
    pub name: String,
    /// The team that it is for, which is there already; of no category and no custom status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// The agent whose own it is, who is there already; of no category and no custom status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// Of a category: the one that it is part of, which is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<CategoryId>,
    /// Of a custom status: the one of the five that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Of a canned reply or signature: the text, with variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Of a macro: what it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Box<MacroActions>>,
    /// Of a view: which tickets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Box<ListTickets>>,
    /// Whether it is put away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// The definition of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AttributeRow {
    /// The definition.
    pub id: AttributeId,
    /// What has it.
    pub subject: Subject,
    /// Its name in `attributes`: 1 to 50 of a-z, 0-9 and _, a letter first.
    pub key: String,
    /// Its name for people: 1 to 100 characters.
    pub label: String,
    /// What values it takes.
    #[serde(rename = "type")]
    pub kind: AttributeType,
    /// The values that a list takes: at most 200.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// When it was defined.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// Somebody else's server that is told of events. Its secret does not move, nor what stands behind
/// the `?` of its address, which may be one: it comes switched off, and can be switched on once it
/// has a new secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WebhookRow {
    /// The webhook.
    pub id: WebhookId,
    /// Where requests go.
    pub url: String,
    /// What it is for: up to 200 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Which events: 1 to 50 types such as `ticket.created`, `ticket.*` or `*`.
    pub kinds: Vec<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// A company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CompanyRow {
    /// The company.
    pub id: CompanyId,
    /// What it is called: 1 to 200 characters.
    pub name: String,
    /// Its mail domain, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// All its mail domains, where it has several: at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
    /// Values of attributes; they are not checked against what is defined.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub attributes: Map<String, Value>,
    /// Whether it is hidden from lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// When it was first seen.
    pub created_at: Millis,
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserRow {
    /// The user.
    pub id: UserId,
    /// The primary address, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Further handles: with `email`, at most 50. The first of a kind is its primary one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handles: Vec<NewHandle>,
    /// The name: 1 to 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The company, which is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<CompanyId>,
    /// Values of attributes; they are not checked against what is defined.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub attributes: Map<String, Value>,
    /// Whether the user is hidden from lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// When the user was first seen.
    pub created_at: Millis,
    /// When the user was last changed.
    pub updated_at: Millis,
}

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketRow {
    /// The ticket.
    pub id: TicketId,
    /// Its number. Kept where no other ticket has it; else, and where absent, the ticket gets the
    /// next number, which the answer tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// What it is about: 1 to 300 characters.
    pub subject: String,
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// Its tags: at most 30 of at most 50 characters.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Who works on it: an agent who is there already, active or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<AgentId>,
    /// The team that it is for, which is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// Its category, which is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    /// A status of the workspace's own, which is there already and belongs to `status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_status_id: Option<CustomStatusId>,
    /// Values of attributes; they are not checked against what is defined.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// Whose it is: a user who is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// How it came in.
    pub source: Source,
    /// The closed ticket before it, which is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows_ticket_id: Option<TicketId>,
    /// When it was opened.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// When an agent first answered in public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_reply_at: Option<Millis>,
    /// When it was solved; of a ticket that is, `updatedAt` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solved_at: Option<Millis>,
    /// When it was closed; of a ticket that is, `updatedAt` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Millis>,
}

/// A ticket whose comments are in another one. Where it came from the merge can be undone, here it
/// cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MergeRow {
    /// The ticket: it is there already, closed, and without a comment.
    pub id: TicketId,
    /// The one that has its comments, which is there already.
    pub into_id: TicketId,
}

/// An entry of a ticket. Comments stand in the order in which they are imported, before all that
/// were written here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CommentRow {
    /// The comment.
    pub id: CommentId,
    /// Its ticket.
    pub ticket_id: TicketId,
    /// Who said it: an agent or a user who is there already.
    pub author: By,
    /// Who may see it.
    pub visibility: Visibility,
    /// What was said: 1 to 65,536 bytes of plain text.
    pub body: String,
    /// The body of a mail without the quotes and signatures in it, where it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_body: Option<String>,
    /// How it came in.
    pub source: Source,
    /// Whether a machine said it.
    #[serde(default)]
    pub automatic: bool,
    /// What the mail said about itself; its `rawKey` is not kept. An answer to its `messageId`
    /// finds the ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailFacts>,
    /// When it was said.
    pub created_at: Millis,
}

/// A file of a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AttachmentRow {
    /// The file.
    pub id: AttachmentId,
    /// Its comment.
    pub comment_id: CommentId,
    /// What its sender called it: 1 to 255 characters.
    pub file_name: String,
    /// What its sender says it is.
    pub content_type: String,
    /// Its size.
    pub bytes_count: i64,
    /// SHA-256 of its content, hexadecimal, lower-case.
    pub sha256: String,
    /// Its `Content-ID`, where the text points to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// Whether it is part of the text.
    #[serde(default)]
    pub inline: bool,
}

/// Takes rows from elsewhere. They are history: nothing is sent, no rule runs, nobody is notified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImportRows {
    /// 1 to 100 rows, of at most 512 KiB as JSON; each may lean on those before it.
    pub rows: Vec<ImportRow>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RowOutcome {
    /// It is new here.
    Created,
    /// It was here, older: `updatedAt` of the row is later. It is now as the row says.
    Updated,
    /// It was here, and the same.
    Unchanged,
    /// It is here under another id (`existingId`): let later rows name that one.
    Known,
    /// It was here, not the same, and not older: what is here stays.
    Conflict,
    /// It cannot be taken: `reason` says why.
    Refused,
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RowResult {
    /// What.
    pub outcome: RowOutcome,
    /// The number of a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// The id of a `known` thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing_id: Option<String>,
    /// Why it was refused, or in what it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of the rows, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RowsImported {
    /// One for each row.
    pub results: Vec<RowResult>,
}

/// The data of `workspace.imported`: one event for all rows of a call, none where none changed
/// anything. Who shows tickets fetches them again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceImported {
    /// How many rows were created.
    pub created: i64,
    /// How many rows were updated.
    pub updated: i64,
}

/// Reads rows of the whole workspace, page by page: what leans on a row comes after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportRows {
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// A page of an export. Its rows have sorted keys: as text they are what a checksum goes over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportPage {
    /// The number of the last event when the page was read. The pages of an export are of one
    /// moment where all have the same.
    pub head: i64,
    /// The rows, each an [`ImportRow`].
    pub rows: Vec<serde_json::Value>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
