//! The one row of the subscription by which Graph tells of new mail.

use crate::kernel::{Fault, Sql};
use schema::Millis;

/// The row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// As Graph names it.
    pub id: String,
    /// When it was made.
    pub since: Millis,
}

const LOAD: &str = "select subscription_id, since from subscription";

/// The subscription; none where Graph tells nothing.
///
/// # Errors
/// A storage fault.
pub fn load(sql: &dyn Sql) -> Result<Option<Subscription>, Fault> {
    let Some(row) = sql.first(LOAD, &[])? else { return Ok(None) };
    Ok(Some(Subscription { id: row.text(0)?, since: row.integer(1)? }))
}

const SAVE: &str =
    "insert or replace into subscription (id, subscription_id, since) values (1, ?, ?)";

/// Writes the subscription.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, subscription: &Subscription) -> Result<(), Fault> {
    sql.exec(SAVE, &[(&subscription.id).into(), subscription.since.into()]).map(drop)
}

const REMOVE: &str = "delete from subscription";

/// Forgets the subscription.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(REMOVE, &[]).map(drop)
}
