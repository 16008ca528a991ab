//! Searching a workspace.

use super::comment::Visibility;
use super::ticket::Status;
use crate::Millis;
use crate::event::By;
use crate::ids::{AgentId, CommentId, CompanyId, TicketId, UserId};
use serde::{Deserialize, Serialize};

/// The longest query, in characters.
pub const QUERY_CHARS_MAX: usize = 300;
/// How many different words of a query are looked for; further ones are not.
pub const QUERY_WORDS_MAX: usize = 12;
/// Stands before a word that was found, in a snippet. No text of Postroom's contains it.
pub const MARK_BEGIN: char = '\u{2}';
/// Stands behind it.
pub const MARK_END: char = '\u{3}';

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum HitKind {
    /// A ticket, by its number, subject and tags.
    Ticket,
    /// A comment, by its body.
    Comment,
    /// A user, by name, addresses and company.
    User,
}

/// Searches. Every word of the query must be there; the last one may be the beginning of a word.
/// Case, accents and punctuation do not matter, and no character has a meaning of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Search {
    /// What to look for, at most 300 characters. Without any letter or digit nothing is found. The
    /// newest 200 comments, tickets and users that match are ranked together; `nextCursor` leads on
    /// to those before them. A page can be short or empty and still have one: where a filter, or
    /// several common words together, take little of what a page looks through.
    pub query: String,
    /// Any of these; all where empty.
    #[serde(default)]
    pub kind: Vec<HitKind>,
    /// Only tickets in one of these states, and their comments.
    #[serde(default)]
    pub status: Vec<Status>,
    /// Only tickets of this assignee, and their comments.
    #[serde(default)]
    pub assignee_id: Option<AgentId>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Something that was found. Which of `ticket`, `comment` and `user` are there depends on `kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// What it is.
    pub kind: HitKind,
    /// Part of its text: plain text, to be escaped like any other, in which U+0002 stands before
    /// and U+0003 behind each word that was found.
    pub snippet: String,
    /// How well it fits, above 0; only hits of one page may be compared.
    pub score: f64,
    /// The ticket, or that of the comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<HitTicket>,
    /// The comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<HitComment>,
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<HitUser>,
}

/// A ticket, as a hit shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HitTicket {
    /// The ticket.
    pub id: TicketId,
    /// Its number.
    pub number: i64,
    /// What it is about.
    pub subject: String,
    /// Where it stands.
    pub status: Status,
    /// Who works on it.
    pub assignee_id: Option<AgentId>,
    /// When it last changed.
    pub updated_at: Millis,
}

/// A comment, as a hit shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HitComment {
    /// The comment.
    pub id: CommentId,
    /// Its number in the event log.
    pub seq: i64,
    /// Who said it.
    pub author: By,
    /// Who may see it.
    pub visibility: Visibility,
    /// When it was taken in.
    pub created_at: Millis,
}

/// A user, as a hit shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HitUser {
    /// The user.
    pub id: UserId,
    /// The primary address, where one is known.
    pub email: Option<String>,
    /// How the user signs.
    pub name: Option<String>,
    /// The company.
    pub company_id: Option<CompanyId>,
    /// The company's name.
    pub company_name: Option<String>,
}
