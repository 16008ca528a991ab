//! The statements that only an import or export needs.

use crate::kernel::{Fault, Row, Sql};
use crate::workspace_room::store::tickets::Standing;
use schema::Millis;
use schema::ids::{AgentId, CompanyId};
use schema::room::ticket::Ticket;
use schema::room::transfer::MergeRow;

/// The seq before that of the first imported comment. Numbers from here up to zero take up four
/// bytes in an index, and there are more of them than a room can hold comments.
pub const BEFORE_IMPORTED: i64 = -(1 << 31);

const LAST_IMPORTED: &str = "select max(seq) from comments where seq < 0";

/// The seq of the last imported comment.
///
/// # Errors
/// A storage fault.
pub fn last_imported(sql: &dyn Sql) -> Result<i64, Fault> {
    let row = sql.first(LAST_IMPORTED, &[])?;
    Ok(row.map_or(Ok(None), |row| row.integer_or_null(0))?.unwrap_or(BEFORE_IMPORTED))
}

const TEAM_WAS: &str = "select 1 from teams where id = ?";
const COMMENT_WAS: &str = "select 1 from comments where id = ?";
const ATTACHMENT_WAS: &str = "select 1 from attachments where id = ?";

/// What may be deleted and keep its row, so that it is found no more and its id is used still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Was {
    /// A team.
    Team,
    /// A comment, of a ticket that is deleted.
    Comment,
    /// A file of such a comment.
    Attachment,
}

/// Whether a thing of an id has a row, deleted or not.
///
/// # Errors
/// A storage fault.
pub fn was_here(sql: &dyn Sql, what: Was, id: &impl ToString) -> Result<bool, Fault> {
    let statement = match what {
        Was::Team => TEAM_WAS,
        Was::Comment => COMMENT_WAS,
        Was::Attachment => ATTACHMENT_WAS,
    };
    Ok(sql.first(statement, &[id.to_string().into()])?.is_some())
}

const LAST_NUMBER: &str = "select last_number from desk where id = 1";

/// The last number that a ticket got.
///
/// # Errors
/// A storage fault.
pub fn last_number(sql: &dyn Sql) -> Result<i64, Fault> {
    sql.first(LAST_NUMBER, &[])?.map_or(Ok(0), |row| row.integer(0))
}

const SET_LAST_NUMBER: &str = "update desk set
    last_number = max(last_number, cast(? as integer)), changes = changes + 1, changed_at = ?
    where id = 1";

/// Lets numbers go on after one, and notes that there are other tickets than before.
///
/// # Errors
/// A storage fault.
pub fn set_last_number(sql: &dyn Sql, number: i64, now: Millis) -> Result<(), Fault> {
    sql.exec(SET_LAST_NUMBER, &[number.into(), now.into()]).map(drop)
}

const NUMBER_TAKEN: &str = "select 1 from tickets where number = ?";

/// Whether a ticket has a number.
///
/// # Errors
/// A storage fault.
pub fn number_taken(sql: &dyn Sql, number: i64) -> Result<bool, Fault> {
    Ok(sql.first(NUMBER_TAKEN, &[number.into()])?.is_some())
}

const SET_TICKET: &str = "update tickets set user_id = ?, first_reply_at = ? where number = ?";

/// Writes what of a ticket no command but an import sets.
///
/// # Errors
/// A storage fault.
pub fn set_ticket(sql: &dyn Sql, ticket: &Ticket) -> Result<(), Fault> {
    let user = ticket.user_id.map(|id| id.to_string());
    let params = [user.into(), ticket.first_reply_at.into(), ticket.number.into()];
    sql.exec(SET_TICKET, &params).map(drop)
}

const SET_COMMENTED: &str =
    "update tickets set comments = ?, last_comment_at = ?, version = ? where number = ?";

/// Writes what imported comments change of their ticket: not when it was last changed.
///
/// # Errors
/// A storage fault.
pub fn set_commented(sql: &dyn Sql, ticket: &Standing) -> Result<(), Fault> {
    let params = [
        ticket.comments.into(),
        ticket.last_comment_at.into(),
        ticket.version.into(),
        ticket.number.into(),
    ];
    sql.exec(SET_COMMENTED, &params).map(drop)
}

const ATTACH: &str = "update comments set attachments = attachments + 1
    where seq = ? and attachments < ? returning attachments - 1";

/// Counts one more file of a comment; gives its position, none where there are too many.
///
/// # Errors
/// A storage fault.
pub fn attach(sql: &dyn Sql, comment: i64, files_max: i64) -> Result<Option<i64>, Fault> {
    let row = sql.first(ATTACH, &[comment.into(), files_max.into()])?;
    row.map(|row| row.integer(0)).transpose()
}

const SET_AGENT: &str = "update agents set email = ?, created_at = ? where id = ?";

/// Writes what of an agent no command but an import sets.
///
/// # Errors
/// A storage fault.
pub fn set_agent(sql: &dyn Sql, id: AgentId, email: &str, created: Millis) -> Result<(), Fault> {
    sql.exec(SET_AGENT, &[email.into(), created.into(), id.to_string().into()]).map(drop)
}

const COMPANY_IDS: &str =
    "select number, id from companies where number > ? order by number limit ?";

/// Companies after a place, in the order in which they came: place and id.
///
/// # Errors
/// A storage fault.
pub fn company_ids(sql: &dyn Sql, after: i64, limit: i64) -> Result<Vec<(i64, String)>, Fault> {
    ids(sql.exec(COMPANY_IDS, &[after.into(), limit.into()])?)
}

const SET_COMPANY_NAME: &str = "update companies set name = ? where id = ?";

/// Names a company.
///
/// # Errors
/// A storage fault.
pub fn set_company_name(sql: &dyn Sql, id: CompanyId, name: &str) -> Result<(), Fault> {
    sql.exec(SET_COMPANY_NAME, &[name.into(), id.to_string().into()]).map(drop)
}

const USER_IDS: &str = "select number, id from users
    where number > ? and merged_into is null order by number limit ?";

/// Users after a place, those who are part of another excepted, in the order in which they came:
/// place and id.
///
/// # Errors
/// A storage fault.
pub fn user_ids(sql: &dyn Sql, after: i64, limit: i64) -> Result<Vec<(i64, String)>, Fault> {
    ids(sql.exec(USER_IDS, &[after.into(), limit.into()])?)
}

/// By the key, although there is an index of those that are merged: that has another order.
const MERGES: &str = "select s.number, s.id, t.id from tickets s not indexed
    cross join tickets t on t.number = s.merged_into
    where s.number > ? and s.merged_into is not null and s.deleted_at is null
    and t.deleted_at is null order by s.number limit ?";

/// Merged tickets after a number, in order: number, id, and the id of the one with its comments.
///
/// # Errors
/// A storage fault.
pub fn merges(sql: &dyn Sql, after: i64, limit: i64) -> Result<Vec<(i64, MergeRow)>, Fault> {
    let rows = sql.exec(MERGES, &[after.into(), limit.into()])?;
    let read = |row: &Row| Ok((row.integer(0)?, MergeRow { id: row.id(1)?, into_id: row.id(2)? }));
    rows.iter().map(read).collect()
}

const COMMENT_IDS: &str = "select seq, id from comments where seq > ? order by seq limit ?";

/// Comments after a seq, in their order: seq and id.
///
/// # Errors
/// A storage fault.
pub fn comment_ids(sql: &dyn Sql, after: i64, limit: i64) -> Result<Vec<(i64, String)>, Fault> {
    ids(sql.exec(COMMENT_IDS, &[after.into(), limit.into()])?)
}

fn ids(rows: Vec<Row>) -> Result<Vec<(i64, String)>, Fault> {
    rows.iter().map(|row| Ok((row.integer(0)?, row.text(1)?))).collect()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    LAST_IMPORTED,
    TEAM_WAS,
    COMMENT_WAS,
    ATTACHMENT_WAS,
    LAST_NUMBER,
    SET_LAST_NUMBER,
    NUMBER_TAKEN,
    SET_TICKET,
    SET_COMMENTED,
    ATTACH,
    SET_AGENT,
    COMPANY_IDS,
    SET_COMPANY_NAME,
    USER_IDS,
    MERGES,
    COMMENT_IDS,
];
