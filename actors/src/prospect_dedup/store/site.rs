//! The one row of what the pages of the person's company say.

use crate::kernel::{Fault, Sql};
use schema::codec::{read_json, to_json};
use schema::prospect::SiteFacts;

const LOAD: &str = "select facts from site";

/// Reads the row; none where no page was read.
///
/// # Errors
/// A storage fault.
pub fn load(sql: &dyn Sql) -> Result<Option<SiteFacts>, Fault> {
    let Some(row) = sql.first(LOAD, &[])? else { return Ok(None) };
    let site = read_json(row.text(0)?.as_bytes());
    site.map(Some).map_err(|error| Fault(format!("no facts of a site: {}", error.message)))
}

const SAVE: &str = "insert or replace into site (id, facts) values (1, ?)";

/// Writes the row.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, site: &SiteFacts) -> Result<(), Fault> {
    let json = String::from_utf8_lossy(&to_json(site)).into_owned();
    sql.exec(SAVE, &[json.into()]).map(drop)
}

const CLEAR: &str = "delete from site";

/// Forgets the row.
///
/// # Errors
/// A storage fault.
pub fn clear(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(CLEAR, &[]).map(drop)
}
