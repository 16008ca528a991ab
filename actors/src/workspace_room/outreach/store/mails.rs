//! The mails of campaigns: what an inbox is asked to send, and what was sent.

use crate::kernel::{Fault, Sql};
use schema::Millis;

const PUT: &str = "insert into outreach_mails (enrolment, json) values (?, ?)
    on conflict (enrolment) do update set json = excluded.json";

/// Keeps the mail that an enrolment's inbox is to be asked to send.
///
/// # Errors
/// A storage fault.
pub fn put(sql: &dyn Sql, enrolment: i64, json: &str) -> Result<(), Fault> {
    sql.exec(PUT, &[enrolment.into(), json.into()]).map(drop)
}

const GET: &str = "select json from outreach_mails where enrolment = ?";

/// That mail.
///
/// # Errors
/// A storage fault.
pub fn get(sql: &dyn Sql, enrolment: i64) -> Result<Option<String>, Fault> {
    sql.first(GET, &[enrolment.into()])?.map(|row| row.text(0)).transpose()
}

const FORGET: &str = "delete from outreach_mails where enrolment = ?";

/// Forgets it: the inbox has it, or nothing comes of it.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, enrolment: i64) -> Result<(), Fault> {
    sql.exec(FORGET, &[enrolment.into()]).map(drop)
}

const REMEMBER: &str = "insert into outreach_sends (message_key, enrolment, step, at)
    values (?, ?, ?, ?)
    on conflict (message_key) do nothing";

/// Remembers a mail that left.
///
/// # Errors
/// A storage fault.
pub fn remember(
    sql: &dyn Sql,
    message_key: &str,
    (enrolment, step): (i64, i64),
    at: Millis,
) -> Result<(), Fault> {
    let params = [message_key.into(), enrolment.into(), step.into(), at.into()];
    sql.exec(REMEMBER, &params).map(drop)
}

const FIND: &str = "select enrolment from outreach_sends
    where message_key in (select value from json_each(?)) limit 1";

/// The enrolment of the first of these mails that is a campaign's.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, message_keys: &[String]) -> Result<Option<i64>, Fault> {
    let keys = serde_json::Value::from(message_keys).to_string();
    sql.first(FIND, &[keys.into()])?.map(|row| row.integer(0)).transpose()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[PUT, GET, FORGET, REMEMBER, FIND];
