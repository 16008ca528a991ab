//! The comments.

use super::replies;
use super::tickets::word;
use crate::kernel::{Fault, Row, Sql, Value};
use schema::codec::read_json;
use schema::event::By;
use schema::ids::{AgentId, CommentId, UserId};
use schema::room::comment::{Comment, Visibility};
use schema::room::ticket::Source;

const INSERT: &str = "insert into comments (seq, id, ticket, author_kind, author_id, visibility,
    body, source, automatic, attachments, mail, created_at, mentions, visible_body)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Adds a comment to the ticket of a number, its attachments excepted.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, ticket: i64, comment: &Comment) -> Result<(), Fault> {
    let (kind, author) = author_columns(&comment.author);
    let mail = comment.mail.as_ref().map(serde_json::to_string).transpose();
    let params = [
        comment.seq.into(),
        comment.id.to_string().into(),
        ticket.into(),
        kind.into(),
        author.into(),
        comment.visibility.as_str().into(),
        (&comment.body).into(),
        comment.source.as_str().into(),
        i64::from(comment.automatic).into(),
        (comment.attachments.len() as i64).into(),
        mail.map_err(|error| Fault(format!("mail facts: {error}")))?.into(),
        comment.created_at.into(),
        mentions_json(&comment.mentions),
        comment.visible_body.clone().into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

/// The agents who are mentioned, as a column keeps them.
#[must_use]
pub fn mentions_json(mentions: &[AgentId]) -> Value {
    (!mentions.is_empty()).then(|| serde_json::json!(mentions).to_string()).into()
}

/// The agents in a column.
///
/// # Errors
/// A fault where the column holds something else.
pub fn read_mentions(row: &Row, column: usize) -> Result<Vec<AgentId>, Fault> {
    let Some(json) = row.text_or_null(column)? else { return Ok(Vec::new()) };
    read_json(json.as_bytes()).map_err(|error| Fault(format!("mentions: {}", error.message)))
}

fn author_columns(author: &By) -> (&'static str, Option<String>) {
    match author {
        By::Agent { id } => ("agent", Some(id.to_string())),
        By::User { id } => ("user", Some(id.to_string())),
        By::System => ("system", None),
    }
}

const FIND: &str = "select c.seq, c.id, t.id, c.author_kind,
    coalesce((select p.merged_into from users p where p.id = c.author_id), c.author_id),
    c.visibility, c.body, c.source, c.automatic, c.attachments, c.mail, c.created_at, c.mentions,
    c.visible_body, r.inbox_id, r.state, r.send_id, r.error, r.at
    from comments c join tickets t on t.number = c.ticket
    left join replies r on r.comment_id = c.id
    where c.id = ? and t.deleted_at is null";

/// A comment, unless its ticket is deleted, by the user that its author is part of now; of its
/// attachments, only how many there are.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: CommentId) -> Result<Option<(Comment, i64)>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.as_ref().map(read).transpose()
}

const OF_TICKET: &str = "select c.seq, c.id, t.id, c.author_kind,
    coalesce((select p.merged_into from users p where p.id = c.author_id), c.author_id),
    c.visibility, c.body, c.source, c.automatic, c.attachments, c.mail, c.created_at, c.mentions,
    c.visible_body, r.inbox_id, r.state, r.send_id, r.error, r.at
    from tickets t cross join comments c on c.ticket = t.number
    left join replies r on r.comment_id = c.id
    where t.number = ? and c.seq > ? order by c.seq limit ?";

/// The comments of a ticket after a seq, oldest first; of their attachments, only how many there
/// are.
///
/// # Errors
/// A storage fault.
pub fn of_ticket(
    sql: &dyn Sql,
    ticket: i64,
    after: i64,
    limit: i64,
) -> Result<Vec<(Comment, i64)>, Fault> {
    let rows = sql.exec(OF_TICKET, &[ticket.into(), after.into(), limit.into()])?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<(Comment, i64), Fault> {
    let mail = row.text_or_null(10)?.map(|json| read_json(json.as_bytes())).transpose();
    let author = match row.text(3)?.as_str() {
        "agent" => By::Agent { id: row.id(4)? },
        "user" => By::User { id: row.id(4)? },
        _ => By::System,
    };
    let comment = Comment {
        seq: row.integer(0)?,
        id: row.id(1)?,
        ticket_id: row.id(2)?,
        author,
        visibility: word(row, 5, Visibility::parse)?,
        body: row.text(6)?,
        visible_body: row.text_or_null(13)?,
        source: word(row, 7, Source::parse)?,
        automatic: row.flag(8)?,
        attachments: Vec::new(),
        mail: mail.map_err(|error| Fault(format!("mail facts: {}", error.message)))?,
        created_at: row.integer(11)?,
        mentions: read_mentions(row, 12)?,
        delivery: replies::read(row, 14)?,
    };
    Ok((comment, row.integer(9)?))
}

const WROTE: &str = "select 1 from comments where ticket = ? and author_id = ?
    and author_kind = 'user' limit 1";

/// Whether a user has written on a ticket.
///
/// # Errors
/// A storage fault.
pub fn wrote(sql: &dyn Sql, ticket: i64, user: UserId) -> Result<bool, Fault> {
    Ok(sql.first(WROTE, &[ticket.into(), user.to_string().into()])?.is_some())
}

const LAST_SEQ: &str = "select max(seq) from comments where ticket = ?";

/// The seq of a ticket's last comment; 0 without any.
///
/// # Errors
/// A storage fault.
pub fn last_seq(sql: &dyn Sql, ticket: i64) -> Result<i64, Fault> {
    let row = sql.first(LAST_SEQ, &[ticket.into()])?;
    Ok(row.map_or(Ok(None), |row| row.integer_or_null(0))?.unwrap_or(0))
}

const LAST: &str = "select body, automatic from comments
    where ticket = ? and visibility = 'public' and author_kind <> 'system'
    order by seq desc limit 1";

/// What a person said last in public on a ticket, and whether a machine wrote it for them.
///
/// # Errors
/// A storage fault.
pub fn last(sql: &dyn Sql, ticket: i64) -> Result<Option<(String, bool)>, Fault> {
    let row = sql.first(LAST, &[ticket.into()])?;
    row.map(|row| Ok((row.text(0)?, row.flag(1)?))).transpose()
}

// LOGGED_MAX of them: twice as many as one drain begins, since talks go back and forth.
const SAID: &str = "select c.seq, t.id from comments c cross join tickets t on t.number = c.ticket
    where c.seq > ? order by c.seq limit 32";

/// The first comments after a seq, with the tickets that they are on.
///
/// # Errors
/// A storage fault.
pub fn said(sql: &dyn Sql, after: i64) -> Result<Vec<(i64, String)>, Fault> {
    let rows = sql.exec(SAID, &[after.into()])?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.text(1)?))).collect()
}

const MAILS: &str = "select mail from comments where ticket = ? order by seq limit ?";
const REMOVE: &str = "delete from comments where seq in
    (select seq from comments where ticket = ? order by seq limit ?) returning seq";

/// What the first `limit` comments of a ticket remember of mails, as JSON.
///
/// # Errors
/// A storage fault.
pub fn mails_of_ticket(sql: &dyn Sql, ticket: i64, limit: i64) -> Result<Vec<String>, Fault> {
    let rows = sql.exec(MAILS, &[ticket.into(), limit.into()])?;
    let mails = rows.iter().map(|row| row.text_or_null(0));
    mails.filter_map(Result::transpose).collect()
}

/// Removes the first `limit` comments of a ticket; says how many. Their files are gone already.
///
/// # Errors
/// A storage fault.
pub fn remove_of_ticket(sql: &dyn Sql, ticket: i64, limit: i64) -> Result<i64, Fault> {
    Ok(sql.exec(REMOVE, &[ticket.into(), limit.into()])?.len() as i64)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[INSERT, FIND, OF_TICKET, WROTE, LAST_SEQ, LAST, SAID, MAILS, REMOVE];
