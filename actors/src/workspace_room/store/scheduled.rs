//! The comments that wait to be published.

use super::comments::{mentions_json, read_mentions};
use super::tickets::word;
use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::ids::CommentId;
use schema::room::comment::Visibility;
use schema::room::schedule::ScheduledComment;

/// A comment that waits, and its place in the list.
pub type Numbered = (i64, ScheduledComment);

/// The columns that [`read`] takes.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select s.number, s.id, t.id, s.author_id, s.visibility, s.body, s.publish_at, \
             s.created_at, s.updated_at, s.version, s.cancel_on_reply, s.held, s.mentions \
             from scheduled_comments s ",
            $rest
        )
    };
}

const FIND: &str = columns!("join tickets t on t.number = s.ticket where s.id = ?");

/// A comment that waits; none once it is published or cancelled.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: CommentId) -> Result<Option<ScheduledComment>, Fault> {
    let row = sql.first(FIND, &[id.to_string().into()])?;
    row.map(|row| read(&row).map(|(_, comment)| comment)).transpose()
}

const LIST: &str = columns!(
    "cross join tickets t on t.number = s.ticket
    where (s.publish_at, s.number) > (?, ?) and t.deleted_at is null
    order by s.publish_at, s.number limit ?"
);

/// The comments that wait, but for those on deleted tickets, the next one first, after a position.
///
/// # Errors
/// A storage fault.
pub fn list(
    sql: &dyn Sql,
    (publish_at, number): (Millis, i64),
    limit: i64,
) -> Result<Vec<Numbered>, Fault> {
    let params = [publish_at.into(), number.into(), limit.into()];
    sql.exec(LIST, &params)?.iter().map(read).collect()
}

const OF_TICKET: &str = columns!(
    "cross join tickets t on t.number = s.ticket
    where s.ticket = ? and (s.publish_at, s.number) > (?, ?)
    order by s.publish_at, s.number limit ?"
);

/// The comments that wait on a ticket, the next one first, after a position.
///
/// # Errors
/// A storage fault.
pub fn of_ticket(
    sql: &dyn Sql,
    ticket: i64,
    (publish_at, number): (Millis, i64),
    limit: i64,
) -> Result<Vec<Numbered>, Fault> {
    let params = [ticket.into(), publish_at.into(), number.into(), limit.into()];
    sql.exec(OF_TICKET, &params)?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Numbered, Fault> {
    let comment = ScheduledComment {
        id: row.id(1)?,
        ticket_id: row.id(2)?,
        author_id: row.id(3)?,
        visibility: word(row, 4, Visibility::parse)?,
        body: row.text(5)?,
        publish_at: row.integer(6)?,
        created_at: row.integer(7)?,
        updated_at: row.integer(8)?,
        version: row.integer(9)?,
        cancel_on_reply: row.flag(10)?,
        held: row.flag(11)?,
        mentions: read_mentions(row, 12)?,
    };
    Ok((row.integer(0)?, comment))
}

const CANCELLED_BY_REPLY: &str = "select id from scheduled_comments
    where ticket = ? and cancel_on_reply = 1";
const JOINED: &str = "select number from tickets where merged_into = ?";

/// The comments that wait on a ticket, or on one that was merged into it, only as long as its
/// customer is silent.
///
/// # Errors
/// A storage fault.
pub fn cancelled_by_reply(sql: &dyn Sql, ticket: i64) -> Result<Vec<CommentId>, Fault> {
    let (mut found, mut tickets) = (Vec::new(), vec![ticket]);
    while let Some(ticket) = tickets.pop() {
        for row in sql.exec(CANCELLED_BY_REPLY, &[ticket.into()])? {
            found.push(row.id(0)?);
        }
        for row in sql.exec(JOINED, &[ticket.into()])? {
            tickets.push(row.integer(0)?);
        }
    }
    Ok(found)
}

const COUNT: &str = "select count(*) from scheduled_comments where ticket = ?";

/// How many comments wait on a ticket.
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql, ticket: i64) -> Result<i64, Fault> {
    sql.first(COUNT, &[ticket.into()])?.map_or(Ok(0), |row| row.integer(0))
}

const INSERT: &str = "insert into scheduled_comments (id, ticket, author_id, visibility, body,
    publish_at, created_at, updated_at, version, cancel_on_reply, held, mentions)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Adds a comment that waits on the ticket of a number.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, ticket: i64, comment: &ScheduledComment) -> Result<(), Fault> {
    let params = [
        comment.id.to_string().into(),
        ticket.into(),
        comment.author_id.to_string().into(),
        comment.visibility.as_str().into(),
        (&comment.body).into(),
        comment.publish_at.into(),
        comment.created_at.into(),
        comment.updated_at.into(),
        comment.version.into(),
        i64::from(comment.cancel_on_reply).into(),
        i64::from(comment.held).into(),
        mentions_json(&comment.mentions),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const UPDATE: &str = "update scheduled_comments
    set visibility = ?, body = ?, publish_at = ?, updated_at = ?, version = ?, cancel_on_reply = ?,
    held = ? where id = ?";

/// Writes what may change of a comment that waits.
///
/// # Errors
/// A storage fault.
pub fn update(sql: &dyn Sql, comment: &ScheduledComment) -> Result<(), Fault> {
    let params = [
        comment.visibility.as_str().into(),
        (&comment.body).into(),
        comment.publish_at.into(),
        comment.updated_at.into(),
        comment.version.into(),
        i64::from(comment.cancel_on_reply).into(),
        i64::from(comment.held).into(),
        comment.id.to_string().into(),
    ];
    sql.exec(UPDATE, &params).map(drop)
}

const REMOVE: &str = "delete from scheduled_comments where id = ?";

/// Removes a comment that waits: it is published, or will never be.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, id: CommentId) -> Result<(), Fault> {
    sql.exec(REMOVE, &[id.to_string().into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[FIND, LIST, OF_TICKET, CANCELLED_BY_REPLY, JOINED, COUNT, INSERT, UPDATE, REMOVE];
