//! The directory: by what users are known, their companies, and what a workspace defines of both.
//!
//! | what | rule |
//! | --- | --- |
//! | handle | belongs to one user at most; the first of a kind is primary until another is |
//! | mail domain | belongs to one company at most, never one of free mail |
//! | new user | is of the company of their domain, which is made where there is none |
//! | domain given to a company | its users without a company follow, 200 at a time |
//! | merge | can be undone for 30 days; comments are read as the kept user's meanwhile |
//! | attribute | values are checked against the definition when they are written |

pub mod add_handle;
pub mod attributes;
pub mod change_company;
pub mod create_company;
pub mod define;
pub mod delete_company;
pub mod free_mail;
pub mod later;
pub mod merge;
pub mod read_companies;
pub mod remove_handle;
pub mod store;
pub mod undo_merge;
pub mod value;

#[cfg(test)]
mod tests;

use super::store::{companies, users};
use crate::kernel::Ctx;
use crate::kernel::unicode::domain_to_ascii;
use schema::ids::{CompanyId, UserId};
use schema::room::company::Company;
use schema::room::user::{HandleKind, User};
use schema::{Code, Reject, check};
use serde::Serialize;
use serde_json::{Map, Value};

/// A user who can be changed.
///
/// # Errors
/// `not_found`; `conflict` with `details.mergedInto` for one who was merged; `gone` for one who was
/// erased.
pub fn live(ctx: &Ctx<'_>, id: UserId) -> Result<User, Reject> {
    let user = users::find(ctx.sql, id)?.ok_or_else(|| Reject::not_found("user"))?;
    if let Some(kept) = user.merged_into {
        return Err(Reject::conflict("this user was merged into another")
            .with(serde_json::json!({ "mergedInto": kept })));
    }
    if user.erased_at.is_some() {
        return Err(Reject::new(Code::Gone, "everything about this user was erased"));
    }
    Ok(user)
}

/// A company.
///
/// # Errors
/// `not_found`.
pub fn company(ctx: &Ctx<'_>, id: CompanyId) -> Result<Company, Reject> {
    companies::find(ctx.sql, id)?.ok_or_else(|| Reject::not_found("company"))
}

/// The company that a field names.
///
/// # Errors
/// `invalid_input`.
pub fn named_company(ctx: &Ctx<'_>, id: CompanyId) -> Result<Company, Reject> {
    let found = companies::find(ctx.sql, id)?;
    found.ok_or_else(|| Reject::field("companyId", "is no company of this workspace"))
}

/// Refuses a handle that another user has.
///
/// # Errors
/// `conflict` with `details.userId`.
pub fn check_free(
    ctx: &Ctx<'_>,
    kind: HandleKind,
    value: &str,
    own: Option<UserId>,
) -> Result<(), Reject> {
    match store::handles::owner(ctx.sql, kind, value)? {
        Some(other) if Some(other) != own => {
            let why = match kind {
                HandleKind::Email => "there is another user with this address",
                _ => "there is another user with this handle",
            };
            Err(Reject::conflict(why).with(serde_json::json!({ "userId": other })))
        }
        _ => Ok(()),
    }
}

/// A mail domain as it is kept: in ASCII, so that it has one spelling.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn domain(field: &str, text: &str) -> Result<String, Reject> {
    let refuse = || Reject::field(field, "must be mail domains");
    let ascii = domain_to_ascii(text.trim()).ok_or_else(refuse)?;
    let is_label = |label: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        !label.is_empty() && label.trim_matches('-') == label && label.bytes().all(fits)
    };
    if !ascii.split('.').all(is_label) {
        return Err(refuse());
    }
    let address = check::email(field, &format!("x@{ascii}")).map_err(|_| refuse())?;
    // The last part of a name has a letter: what has none is an address of the net.
    let last = address.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse());
    }
    Ok(address[2..].to_owned())
}

/// The domain of an address, as [`domain`] spells it.
#[must_use]
pub fn domain_of(address: &str) -> Option<String> {
    let (_, domain) = address.rsplit_once('@')?;
    Some(domain_to_ascii(domain).unwrap_or_else(|| domain.to_owned()))
}

/// The fields of a thing that a change has changed, as they were before; its version and the time
/// of its change excepted.
#[must_use]
pub fn former<T: Serialize>(before: &T, after: &T) -> Map<String, Value> {
    difference(serde_json::to_value(before), serde_json::to_value(after))
}

type Json = Result<Value, serde_json::Error>;

fn difference(before: Json, after: Json) -> Map<String, Value> {
    let (Ok(Value::Object(before)), Ok(Value::Object(mut after))) = (before, after) else {
        return Map::new();
    };
    let mut changed = Map::new();
    for (name, value) in before {
        let same = after.remove(&name).is_some_and(|now| now == value);
        if !same && name != "version" && name != "updatedAt" {
            changed.insert(name, value);
        }
    }
    // What is there now and was not before.
    changed.extend(after.into_iter().map(|(name, _)| (name, Value::Null)));
    changed
}
