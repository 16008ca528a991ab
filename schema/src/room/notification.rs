//! Notifications: what one agent should look at. They are that agent's alone: no event tells of
//! them, and no other agent can read them.

use crate::Millis;
use crate::event::By;
use crate::ids::{AgentId, CommentId, InboxId, NotificationId, TicketId};
use serde::{Deserialize, Serialize};

/// The most characters of a title.
pub const TITLE_CHARS_MAX: usize = 200;
/// The most characters of a text.
pub const BODY_CHARS_MAX: usize = 5_000;

/// Why somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum NotificationKind {
    /// A ticket was given to them.
    Assigned,
    /// A comment mentions them.
    Mentioned,
    /// Somebody commented on a ticket of theirs.
    Replied,
    /// A promise about a ticket of theirs is about to be broken, or is.
    SlaWarning,
    /// A rule says so.
    Automation,
    /// Mail of the workspace's does not come in, or does again, or goes in circles: for those who
    /// manage.
    Mail,
}

/// All of them.
pub const KINDS: [NotificationKind; 6] = [
    NotificationKind::Assigned,
    NotificationKind::Mentioned,
    NotificationKind::Replied,
    NotificationKind::SlaWarning,
    NotificationKind::Automation,
    NotificationKind::Mail,
];

impl NotificationKind {
    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Mentioned => "mentioned",
            Self::Replied => "replied",
            Self::SlaWarning => "slaWarning",
            Self::Automation => "automation",
            Self::Mail => "mail",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How an agent is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// Not at all.
    None,
    /// In their list, and on their open connections.
    InApp,
    /// There, and by mail.
    Mail,
}

impl Channel {
    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::InApp => "inApp",
            Self::Mail => "mail",
        }
    }

    /// The channel of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::None, Self::InApp, Self::Mail].into_iter().find(|one| one.as_str() == name)
    }
}

/// A notification. It is forgotten after 90 days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// The notification.
    pub id: NotificationId,
    /// Why.
    pub kind: NotificationKind,
    /// One line, made by the workspace's template.
    pub title: String,
    /// The text, made by the workspace's template.
    pub body: String,
    /// About which ticket; absent where none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<TicketId>,
    /// About which comment; null where none.
    pub comment_id: Option<CommentId>,
    /// Who caused it.
    pub by: By,
    /// When.
    pub at: Millis,
    /// When it was read; null while it is not.
    pub read_at: Option<Millis>,
}

/// How many notifications the caller has not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Unread {
    /// At most 1,000 are counted.
    pub unread: i64,
}

/// Lists the caller's notifications, the latest first. Reply: a page of [`Notification`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListNotifications {
    /// Only those that are not read, or only those that are.
    #[serde(default)]
    pub unread: Option<bool>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Counts what the caller has not read. Reply: [`Unread`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CountUnread {}

/// Marks a notification of the caller's as read, or as not read. Reply: [`Notification`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReadNotification {
    /// The notification.
    pub notification_id: NotificationId,
    /// Whether it is read; true where absent.
    #[serde(default)]
    pub read: Option<bool>,
}

/// Marks all notifications of the caller's as read. Reply: [`Unread`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReadAllNotifications {
    /// Only this one and what came before it: the latest that was shown.
    #[serde(default)]
    pub until: Option<NotificationId>,
}

/// How the caller wants to be told, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NotificationSettings {
    /// A ticket was given to them.
    pub assigned: Channel,
    /// A comment mentions them.
    pub mentioned: Channel,
    /// Somebody commented on a ticket of theirs.
    pub replied: Channel,
    /// A promise about a ticket of theirs is about to be broken, or is.
    pub sla_warning: Channel,
    /// A rule says so.
    pub automation: Channel,
    /// Mail does not come in, does again, or goes in circles: for those who manage.
    pub mail: Channel,
}

/// Reads the caller's settings. Reply: [`NotificationSettings`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetNotificationSettings {}

/// Changes the caller's settings; what is absent stays. Reply: [`NotificationSettings`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeNotificationSettings {
    /// A ticket was given to them.
    #[serde(default)]
    pub assigned: Option<Channel>,
    /// A comment mentions them.
    #[serde(default)]
    pub mentioned: Option<Channel>,
    /// Somebody commented on a ticket of theirs.
    #[serde(default)]
    pub replied: Option<Channel>,
    /// A promise about a ticket of theirs is about to be broken, or is.
    #[serde(default)]
    pub sla_warning: Option<Channel>,
    /// A rule says so.
    #[serde(default)]
    pub automation: Option<Channel>,
    /// Mail does not come in, does again, or goes in circles: for those who manage.
    #[serde(default)]
    pub mail: Option<Channel>,
}

/// What notifications of a kind say. Variables: `{{agent.name}}` (who is told), `{{by.name}}`,
/// `{{ticket.id}}`, `{{ticket.number}}`, `{{ticket.subject}}`, `{{ticket.status}}`,
/// `{{ticket.priority}}`, `{{workspace.name}}`, and `{{text}}`: what a rule says, which promise is
/// at stake, or what is with the mail. Those of a ticket are empty where it is about none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NotificationTemplate {
    /// Of which kind.
    pub kind: NotificationKind,
    /// One line, the subject of the mail: 1 to 200 characters.
    pub title: String,
    /// The text: 1 to 5,000 characters.
    pub body: String,
}

/// What a workspace's notifications say, and from where their mails leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NotificationTemplates {
    /// The inbox that sends them; null, as at first: then none are sent by mail.
    pub inbox_id: Option<InboxId>,
    /// One for each kind.
    pub templates: Vec<NotificationTemplate>,
    /// Grows with each change.
    pub version: i64,
}

/// The data of `notificationTemplates.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NotificationTemplatesChanged {
    /// What they are now.
    pub templates: NotificationTemplates,
    /// What they were.
    pub before: NotificationTemplates,
}

/// Reads the templates. Reply: [`NotificationTemplates`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetNotificationTemplates {}

/// Changes the templates; what is absent stays. Reply: [`NotificationTemplates`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeNotificationTemplates {
    /// The inbox that sends them; null for none.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<Option<InboxId>>,
    /// New texts, at most one for each kind.
    #[serde(default)]
    pub templates: Vec<NotificationTemplate>,
    /// Kinds that get back the text they had at first.
    #[serde(default)]
    pub reset: Vec<NotificationKind>,
    /// Refuse where the templates have another version than this.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Whom a rule tells, and what: the assignee, agents, a team; each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// Whether the ticket's assignee is told.
    #[serde(default)]
    pub assignee: bool,
    /// Agents who are told: at most 20.
    #[serde(default)]
    pub agent_ids: Vec<AgentId>,
    /// The team whose members are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<crate::ids::TeamId>,
    /// What they are told: 1 to 500 characters.
    pub text: String,
}

/// How many agents a rule names at most.
pub const NOTICE_AGENTS_MAX: usize = 20;
/// The most characters of what a rule tells.
pub const NOTICE_CHARS_MAX: usize = 500;
