//! Companies: the firms that users belong to, by their mail domains or as an agent says.

use crate::Millis;
use crate::ids::CompanyId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How many mail domains a company may have.
pub const DOMAINS_MAX: usize = 50;
/// How many users may be left without a company at once, when theirs is deleted.
pub const UNLINKED_MAX: i64 = 1_000;
/// How many domains a workspace may add to those of free mail.
pub const FREE_DOMAINS_MAX: usize = 500;

/// A company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Company {
    /// The company.
    pub id: CompanyId,
    /// Its name: its first domain, until somebody knows better.
    pub name: String,
    /// Its mail domains, lower-case, sorted. No domain has two companies.
    pub domains: Vec<String>,
    /// How many users belong to it.
    pub users: i64,
    /// Values of the attributes that are defined for companies.
    #[serde(default)]
    pub attributes: Map<String, Value>,
    /// Whether it is hidden from lists.
    #[serde(default)]
    pub archived: bool,
    /// When it was first seen.
    pub created_at: Millis,
    /// When it was last changed; users who come and go do not count.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// The data of `company.created` and `company.deleted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CompanyEvent {
    /// After the change; of a company that was deleted, as it last was: its users have none now.
    pub company: Company,
}

/// The data of `company.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CompanyChanged {
    /// After the change.
    pub company: Company,
    /// The fields that have changed, as they were before.
    #[serde(default)]
    pub before: Map<String, Value>,
}

/// What companies can be sorted by; always the greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum CompanySort {
    /// When they were first seen.
    CreatedAt,
    /// How many users they have.
    Users,
}

/// Lists companies, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListCompanies {
    /// Only the one with this mail domain, archived or not.
    #[serde(default)]
    pub domain: Option<String>,
    /// Those that are archived, in place of those that are not.
    #[serde(default)]
    pub archived: Option<bool>,
    /// `createdAt` where absent.
    #[serde(default)]
    pub sort: Option<CompanySort>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Reads a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetCompany {
    /// The company.
    pub company_id: CompanyId,
}

/// Makes a company. Users with mail of its domains who have no company come to belong to it, soon
/// after. `conflict` with `details.companyId` where a domain is another's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateCompany {
    /// Its name: 1 to 200 characters.
    pub name: String,
    /// Its mail domains, at most 50; none of free mail.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Values of attributes that are defined for companies.
    #[serde(default)]
    pub attributes: Map<String, Value>,
}

/// Changes a company; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeCompany {
    /// The company.
    pub company_id: CompanyId,
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// The mail domains from now on. Users of a domain that is new come to belong to the company
    /// where they have none; users of one that is gone stay.
    #[serde(default)]
    pub domains: Option<Vec<String>>,
    /// New values of attributes; null removes one, those that are absent stay.
    #[serde(default)]
    pub attributes: Map<String, Value>,
    /// Whether it is hidden from lists.
    #[serde(default)]
    pub archived: Option<bool>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Deletes a company. `conflict` with `details.users` where it has users, unless they are to be
/// without a company from then on: at most 1,000.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeleteCompany {
    /// The company.
    pub company_id: CompanyId,
    /// Whether its users are to be without a company.
    #[serde(default)]
    pub unlink_users: bool,
    /// Delete only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Reads which domains of mail the workspace takes for free ones, beside those that everybody
/// knows. Reply: [`FreeMail`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetFreeMail {}

/// Says which those are. Companies that are there stay. Reply: [`FreeMail`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeFreeMail {
    /// The domains, at most 500.
    pub domains: Vec<String>,
}

/// Domains where everybody can have an address; also the data of `freeMail.changed`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FreeMail {
    /// Those that the workspace added, lower-case, sorted.
    pub domains: Vec<String>,
}
