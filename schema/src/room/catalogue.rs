//! What a team prepares for its work: categories, custom statuses, canned replies, signatures,
//! macros, views. They are made, changed, listed and archived in the same way.

use super::comment::{Comment, Visibility};
use super::ticket::{ListTickets, Status, Ticket, TicketChange};
use crate::Millis;
use crate::ids::{AgentId, CategoryId, CustomStatusId, InboxId, ItemId, TeamId, TicketId};
use serde::{Deserialize, Serialize};

/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 100;
/// The longest text of a canned reply, signature or macro, in characters.
pub const TEXT_CHARS_MAX: usize = 20_000;
/// How many of one kind there are at most that are not archived.
pub const ITEMS_MAX: i64 = 1_000;
/// How many categories there are at most from one without a parent to the innermost.
pub const CATEGORY_DEPTH_MAX: usize = 5;

/// What tickets are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// The category.
    pub id: CategoryId,
    /// Its name: no other category has it.
    pub name: String,
    /// The category that it is part of.
    pub parent_id: Option<CategoryId>,
    /// Whether no ticket can be given it any more.
    pub archived: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// A status of the workspace's own: another name for a part of one of the five.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CustomStatus {
    /// The status.
    pub id: CustomStatusId,
    /// Its name: no other custom status has it.
    pub name: String,
    /// The status that it belongs to, for good: the steps between statuses are those of this one.
    pub status: Status,
    /// Whether no ticket can be given it any more.
    pub archived: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// A text to answer with. Its variables are `{{user.name}}`, `{{user.firstName}}`,
/// `{{user.email}}`, `{{user.company}}`, `{{ticket.number}}`, `{{ticket.subject}}`,
/// `{{ticket.status}}`, `{{agent.name}}`, `{{agent.firstName}}`, `{{agent.email}}`,
/// `{{workspace.name}}`; `{{user.name|there}}` has a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CannedReply {
    /// The reply.
    pub id: ItemId,
    /// Its name: no other with the same team or agent has it.
    pub name: String,
    /// The text, with variables.
    pub body: String,
    /// The team that it is for; absent for all.
    pub team_id: Option<TeamId>,
    /// The agent whose own it is; nobody else sees it.
    pub agent_id: Option<AgentId>,
    /// Whether it is put away.
    pub archived: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// What stands below a reply: an agent's own, that of the inbox that the reply leaves through, that
/// of the ticket's team, or the workspace's. Its
/// variables are those of a [`CannedReply`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// The signature.
    pub id: ItemId,
    /// Its name.
    pub name: String,
    /// The text, with variables.
    pub body: String,
    /// The team that it is for. A team has one, and so has an agent, an inbox, and the workspace.
    pub team_id: Option<TeamId>,
    /// The agent whose own it is.
    pub agent_id: Option<AgentId>,
    /// The inbox that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// Whether it is put away.
    pub archived: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// What a macro does, all of it or nothing: first the reply, then the change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MacroActions {
    /// The text of a comment, with the variables of a [`CannedReply`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// Who may see the comment; public where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Whether whoever applies it becomes the assignee.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub assign_to_me: bool,
    /// What it changes of the ticket.
    #[serde(default)]
    pub change: TicketChange,
}

/// Several steps as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Macro {
    /// The macro.
    pub id: ItemId,
    /// Its name: no other with the same team or agent has it.
    pub name: String,
    /// What it does.
    pub actions: MacroActions,
    /// The team that it is for; absent for all.
    pub team_id: Option<TeamId>,
    /// The agent whose own it is; nobody else sees it.
    pub agent_id: Option<AgentId>,
    /// Whether it is put away.
    pub archived: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// A list of tickets by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// The view.
    pub id: ItemId,
    /// Its name: no other with the same team or agent has it.
    pub name: String,
    /// Which tickets, and in which order; without limit and cursor.
    pub filter: ListTickets,
    /// The team that it is for; absent for all.
    pub team_id: Option<TeamId>,
    /// The agent whose own it is; nobody else sees it.
    pub agent_id: Option<AgentId>,
    /// Whether it is put away.
    pub archived: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// Lists things of a kind in the order of their making: those for all, and the caller's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListItems {
    /// Without those for other teams.
    #[serde(default)]
    pub team_id: Option<TeamId>,
    /// Those that are archived instead of those that are not.
    #[serde(default)]
    pub archived: Option<bool>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Reads one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetItem {
    /// Which.
    pub id: ItemId,
}

/// Puts a thing away: it stays where it is used, but cannot be used anew. A change with
/// `archived: false` brings it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ArchiveItem {
    /// Which.
    pub id: ItemId,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Makes a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateCategory {
    /// Its name: 1 to [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// The category that it is part of.
    #[serde(default)]
    pub parent_id: Option<CategoryId>,
}

/// Changes a category; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeCategory {
    /// Which.
    pub id: ItemId,
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// The new parent; null for none. Never one of its own parts.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<Option<CategoryId>>,
    /// Whether it is put away.
    #[serde(default)]
    pub archived: Option<bool>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Makes a status of the workspace's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateCustomStatus {
    /// Its name: 1 to [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// The status that it belongs to, for good.
    pub status: Status,
}

/// Changes a status of the workspace's own; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeCustomStatus {
    /// Which.
    pub id: ItemId,
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it is put away.
    #[serde(default)]
    pub archived: Option<bool>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Makes a canned reply or a signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateText {
    /// Its name: 1 to [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// The text, with variables: 1 to [`TEXT_CHARS_MAX`] characters.
    pub body: String,
    /// The team that it is for.
    #[serde(default)]
    pub team_id: Option<TeamId>,
    /// Whether it is the caller's own. What is not is made by who manages the workspace.
    #[serde(default)]
    pub personal: bool,
    /// The inbox that a signature is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
}

/// Changes a canned reply or a signature; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeText {
    /// Which.
    pub id: ItemId,
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// The new text.
    #[serde(default)]
    pub body: Option<String>,
    /// Whether it is put away.
    #[serde(default)]
    pub archived: Option<bool>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Makes a macro.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateMacro {
    /// Its name: 1 to [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// What it does.
    pub actions: MacroActions,
    /// The team that it is for.
    #[serde(default)]
    pub team_id: Option<TeamId>,
    /// Whether it is the caller's own.
    #[serde(default)]
    pub personal: bool,
}

/// Changes a macro; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeMacro {
    /// Which.
    pub id: ItemId,
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// What it does instead, all of it.
    #[serde(default)]
    pub actions: Option<MacroActions>,
    /// Whether it is put away.
    #[serde(default)]
    pub archived: Option<bool>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Makes a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateView {
    /// Its name: 1 to [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// Which tickets, and in which order.
    pub filter: ListTickets,
    /// The team that it is for.
    #[serde(default)]
    pub team_id: Option<TeamId>,
    /// Whether it is the caller's own.
    #[serde(default)]
    pub personal: bool,
}

/// Changes a view; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeView {
    /// Which.
    pub id: ItemId,
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// The new filter, all of it.
    #[serde(default)]
    pub filter: Option<ListTickets>,
    /// Whether it is put away.
    #[serde(default)]
    pub archived: Option<bool>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Lists the tickets of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListViewTickets {
    /// The view.
    pub id: ItemId,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Fills in the variables of a canned reply for a ticket and the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RenderCannedReply {
    /// Which.
    pub id: ItemId,
    /// The ticket.
    pub ticket_id: TicketId,
}

/// Fills in the variables of the signature that the caller has on a ticket: their own, or its
/// team's, or the workspace's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RenderSignature {
    /// The ticket.
    pub ticket_id: TicketId,
}

/// A text whose variables are filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Rendered {
    /// What it was made from; absent where there is no signature.
    pub id: Option<ItemId>,
    /// The text; empty where there is no signature.
    pub body: String,
}

/// Applies a macro to a ticket: all of it, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ApplyMacro {
    /// The macro.
    pub id: ItemId,
    /// The ticket.
    pub ticket_id: TicketId,
    /// Change only a ticket that has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// What a macro did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MacroApplied {
    /// The ticket after it.
    pub ticket: Ticket,
    /// The comment that it wrote.
    pub comment: Option<Comment>,
}
