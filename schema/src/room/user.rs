//! Users (customers) and the companies they belong to.

use crate::Millis;
use crate::ids::{CompanyId, UserId};
use serde::{Deserialize, Serialize};

/// The longest name of a user or company, in characters.
pub const NAME_CHARS_MAX: usize = 200;

/// A customer. There is one user per e-mail address in a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user.
    pub id: UserId,
    /// The address, lower-case.
    pub email: String,
    /// How the user signs, where known.
    pub name: Option<String>,
    /// The company, by the mail domain or as an agent said.
    pub company_id: Option<CompanyId>,
    /// The company's name.
    pub company_name: Option<String>,
    /// When the user was first seen.
    pub created_at: Millis,
    /// When the user was last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// A company: all users of one mail domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Company {
    /// The company.
    pub id: CompanyId,
    /// Its name: the domain, until somebody knows better.
    pub name: String,
    /// Its mail domain.
    pub domain: String,
    /// How many users belong to it.
    pub users: i64,
    /// When it was first seen.
    pub created_at: Millis,
}

/// The data of `user.created` and `user.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserEvent {
    /// The user after the change.
    pub user: User,
}

/// The data of `company.created`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CompanyEvent {
    /// The company.
    pub company: Company,
}

/// Makes a user. `conflict` with `details.userId` where the address is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateUser {
    /// The address.
    pub email: String,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
}

/// Reads a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetUser {
    /// The user.
    pub user_id: UserId,
}

/// Lists users, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListUsers {
    /// Only the one with this address.
    #[serde(default)]
    pub email: Option<String>,
    /// Only those of this company.
    #[serde(default)]
    pub company_id: Option<CompanyId>,
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
    /// The new address.
    #[serde(default)]
    pub email: Option<String>,
    /// The new name; null removes it.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub name: Option<Option<String>>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Lists companies, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListCompanies {
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}
