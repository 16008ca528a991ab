//! What is stored of one person, and its erasure.

use super::comment::Comment;
use super::ticket::Ticket;
use super::user::User;
use crate::Millis;
use crate::ids::{AgentId, UserId};
use serde::{Deserialize, Serialize};

/// Gives everything that is stored of a person, page by page. Reply: a page of [`Stored`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ExportUser {
    /// The person.
    pub user_id: UserId,
    /// How many tickets or comments a page has at most: 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Something that is stored of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Stored {
    /// The person, and users who were merged into them.
    User(Box<User>),
    /// A ticket of theirs.
    Ticket(Box<Ticket>),
    /// A comment of theirs, or on a ticket of theirs.
    Comment(Box<Comment>),
}

/// Erases everything about a person, for ever: handles, names, attributes, the subjects of their
/// tickets, their comments with mail headers and files, and the same in the event log, whose
/// numbers stay. It begins at once and goes on by itself. Reply: [`Erasure`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EraseUser {
    /// The person.
    pub user_id: UserId,
}

/// Says how far an erasure has come. Reply: [`Erasure`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetErasure {
    /// The person.
    pub user_id: UserId,
}

/// An erasure: what was blanked. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// The person, of whom only the id is left.
    pub user_id: UserId,
    /// Who asked for it; nobody where the operator did.
    pub by_agent: Option<AgentId>,
    /// When.
    pub at: Millis,
    /// When all was done and looked at again; absent while it goes on.
    pub finished_at: Option<Millis>,
    /// The last event that was there: later ones are not of this person.
    pub upto: i64,
    /// How many tickets lost their subject.
    pub tickets: i64,
    /// How many comments lost body and mail headers, or an address in them.
    pub comments: i64,
    /// How many files went.
    pub files: i64,
    /// How many objects storage was told to forget.
    pub objects: i64,
    /// How many events lost what was of the person.
    pub events: i64,
    /// How many other rows went: mails that could not be read, remembered ids, stored answers.
    pub others: i64,
    /// How many comments and events the second look still found something in: none, or this is a
    /// fault to report.
    pub found: i64,
}
