//! What the mails say.

use crate::kernel::{Fault, Sql};
use schema::ids::SendId;

const PUT: &str = "insert into bodies (send_id, json) values (?, ?)";

/// Keeps what a mail says.
///
/// # Errors
/// A storage fault.
pub fn put(sql: &dyn Sql, id: SendId, json: &str) -> Result<(), Fault> {
    sql.exec(PUT, &[id.to_string().into(), json.into()]).map(drop)
}

const GET: &str = "select json from bodies where send_id = ?";

/// What a mail says; none where it was forgotten.
///
/// # Errors
/// A storage fault.
pub fn get(sql: &dyn Sql, id: SendId) -> Result<Option<String>, Fault> {
    sql.first(GET, &[id.to_string().into()])?.map(|row| row.text(0)).transpose()
}

const FORGET: &str = "delete from bodies where send_id = ?";

/// Forgets what a mail says.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, id: &str) -> Result<(), Fault> {
    sql.exec(FORGET, &[id.into()]).map(drop)
}
