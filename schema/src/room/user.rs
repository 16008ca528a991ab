//! Users (customers): who they are, by what they are known, which two of them are one person.

use crate::Millis;
use crate::ids::{CompanyId, MergeId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The longest name of a user or company, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// How many handles a user may have.
pub const HANDLES_MAX: usize = 50;
/// How many tickets a user may have who is merged into another.
pub const MERGE_TICKETS_MAX: i64 = 5_000;
/// How long a merge can be undone.
pub const UNDO_MS: Millis = 30 * 24 * 60 * 60 * 1000;

/// A customer. Every handle belongs to one user of the workspace at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user.
    pub id: UserId,
    /// The primary mail address, lower-case; absent where none is known.
    pub email: Option<String>,
    /// How the user signs, where known.
    pub name: Option<String>,
    /// By what the user is known, by kind; the primary one of each kind first.
    #[serde(default)]
    pub handles: Vec<Handle>,
    /// The company, by the mail domain or as an agent said.
    pub company_id: Option<CompanyId>,
    /// The company's name.
    pub company_name: Option<String>,
    /// Values of the attributes that are defined for users.
    #[serde(default)]
    pub attributes: Map<String, Value>,
    /// Whether the user is hidden from lists. Who writes again is no longer.
    #[serde(default)]
    pub archived: bool,
    /// The user that this one was merged into; it has the handles and tickets now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<UserId>,
    /// When everything about this person was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Millis>,
    /// When the user was first seen.
    pub created_at: Millis,
    /// When the user was last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// The kinds of handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum HandleKind {
    /// A mail address; kept in lower case.
    Email,
    /// A telephone number; kept as E.164: `+` and 7 to 15 digits.
    Phone,
    /// A Telegram id or user name; kept in lower case, without `@`.
    Telegram,
    /// A Slack id, `U…` or `T…/U…`; kept in upper case.
    Slack,
    /// An X user name; kept in lower case, without `@`.
    X,
    /// Anything else; kept as it is.
    Other,
}

impl HandleKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Email, Self::Phone, Self::Telegram, Self::Slack, Self::X, Self::Other];

    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Telegram => "telegram",
            Self::Slack => "slack",
            Self::X => "x",
            Self::Other => "other",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Something that a user is known by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Handle {
    /// What kind of thing.
    pub kind: HandleKind,
    /// The thing, in the one form in which it is kept.
    pub value: String,
    /// Whether it is the first choice among those of its kind.
    pub primary: bool,
    /// When it was added.
    pub added_at: Millis,
}

/// A handle as it is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewHandle {
    /// What kind of thing.
    pub kind: HandleKind,
    /// The thing, however it is written.
    pub value: String,
}

/// The data of `user.created`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserEvent {
    /// The user after the change.
    pub user: User,
}

/// The data of `user.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserChanged {
    /// The user after the change.
    pub user: User,
    /// The fields that have changed, as they were before.
    #[serde(default)]
    pub before: Map<String, Value>,
}

/// Makes a user, known by a mail address or by handles. `conflict` with `details.userId` where one
/// of them is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateUser {
    /// The mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// The name: 1 to 200 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// Further handles; with `email`, at most 50. The first of a kind is its primary one.
    #[serde(default)]
    pub handles: Vec<NewHandle>,
    /// The company; by the mail domain where absent.
    #[serde(default)]
    pub company_id: Option<CompanyId>,
    /// Values of attributes that are defined for users.
    #[serde(default)]
    pub attributes: Map<String, Value>,
}

/// Reads a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetUser {
    /// The user.
    pub user_id: UserId,
}

/// What users can be sorted by; always the greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum UserSort {
    /// When they were first seen.
    CreatedAt,
    /// When they were last changed.
    UpdatedAt,
}

/// Lists users, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListUsers {
    /// Only the one with this mail address, primary or not, archived or not.
    #[serde(default)]
    pub email: Option<String>,
    /// Only the one with this handle; needs `handleKind`.
    #[serde(default)]
    pub handle: Option<String>,
    /// The kind of `handle`.
    #[serde(default)]
    pub handle_kind: Option<HandleKind>,
    /// Only those of this company.
    #[serde(default)]
    pub company_id: Option<CompanyId>,
    /// Those who are archived, in place of those who are not.
    #[serde(default)]
    pub archived: Option<bool>,
    /// `createdAt` where absent; lists by company have no other.
    #[serde(default)]
    pub sort: Option<UserSort>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Changes a user; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeUser {
    /// The user.
    pub user_id: UserId,
    /// The new primary address. Where it is none of the user's yet, it takes the place of the one
    /// before; an address of another domain moves the user to its company.
    #[serde(default)]
    pub email: Option<String>,
    /// The new name; null removes it.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub name: Option<Option<String>>,
    /// The new company; null leaves the one there is.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub company_id: Option<Option<CompanyId>>,
    /// New values of attributes; null removes one, those that are absent stay.
    #[serde(default)]
    pub attributes: Map<String, Value>,
    /// Whether the user is hidden from lists.
    #[serde(default)]
    pub archived: Option<bool>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Gives a user one more handle, or makes one of theirs the primary one. `conflict` with
/// `details.userId` where it is another user's. Reply: [`User`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AddHandle {
    /// The user.
    pub user_id: UserId,
    /// What kind of thing.
    pub kind: HandleKind,
    /// The thing: at most 254 bytes.
    pub value: String,
    /// Whether it is to be the primary one of its kind. The first always is.
    #[serde(default)]
    pub primary: bool,
}

/// Takes a handle from a user; the oldest of its kind is the primary one then. `conflict` for the
/// last of all. Reply: [`User`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RemoveHandle {
    /// The user.
    pub user_id: UserId,
    /// What kind of thing.
    pub kind: HandleKind,
    /// The thing.
    pub value: String,
}

/// Makes one person of two users: the one that is kept gets the handles and tickets of the other,
/// whose comments count as theirs. It can be undone for 30 days. Reply: [`Merge`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MergeUsers {
    /// The user that is kept.
    pub user_id: UserId,
    /// The user that becomes part of it.
    pub other_id: UserId,
}

/// Undoes a merge: handles, tickets and comments are the other user's again. What came in since
/// stays. Reply: [`Merge`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UndoMerge {
    /// The merge.
    pub merge_id: MergeId,
}

/// Lists the merges into a user that can be undone, the latest first, at most 100. Reply: a list of
/// [`Merge`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListMerges {
    /// The user that was kept.
    pub user_id: UserId,
}

/// Two users that are one person; the data of `user.merged` and `user.unmerged`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Merge {
    /// The merge.
    pub id: MergeId,
    /// The user that is kept, after the change.
    pub user: User,
    /// The other, after the change.
    pub other: User,
    /// The handles that went over, or came back.
    pub handles: Vec<Handle>,
    /// The numbers of the tickets that went over, or came back.
    pub tickets: Vec<i64>,
    /// When the users were merged.
    pub merged_at: Millis,
    /// Until when it can be undone.
    pub undo_until: Millis,
}
