//! How far the comments have come that leave as mail, and what they are made of.

use super::tickets::word;
use crate::kernel::{Fault, Row, Sql};
use schema::codec::read_json;
use schema::ids::{CommentId, InboxId, UserId};
use schema::inbox::SendState;
use schema::room::delivery::Delivery;
use schema::room::mail::MailFacts;

/// How far a comment has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// What is told of it.
    pub delivery: Delivery,
    /// The send's version when its inbox last told of it.
    pub version: i64,
}

const INSERT: &str =
    "insert into replies (comment_id, inbox_id, state, send_id, version, error, at)
    values (?, ?, ?, null, 0, ?, ?)";

/// A comment is to leave.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, comment: CommentId, delivery: &Delivery) -> Result<(), Fault> {
    let params = [
        comment.to_string().into(),
        delivery.inbox_id.to_string().into(),
        delivery.state.as_str().into(),
        delivery.error.clone().into(),
        delivery.at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const FIND: &str = "select inbox_id, state, send_id, error, at, version from replies
    where comment_id = ?";

/// How far a comment has come; none where it leaves as no mail.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, comment: CommentId) -> Result<Option<Leaving>, Fault> {
    let Some(row) = sql.first(FIND, &[comment.to_string().into()])? else { return Ok(None) };
    let Some(delivery) = read(&row, 0)? else { return Ok(None) };
    Ok(Some(Leaving { delivery, version: row.integer(5)? }))
}

/// What five columns say of a delivery: inbox, state, send, error, time; none where they are null.
///
/// # Errors
/// A fault where they hold something else.
pub fn read(row: &Row, column: usize) -> Result<Option<Delivery>, Fault> {
    let Some(inbox_id) = row.id_or_null(column)? else { return Ok(None) };
    Ok(Some(Delivery {
        inbox_id,
        state: word(row, column + 1, SendState::parse)?,
        send_id: row.id_or_null(column + 2)?,
        error: row.text_or_null(column + 3)?,
        at: row.integer(column + 4)?,
    }))
}

const SAVE: &str = "update replies set state = ?, send_id = ?, version = ?, error = ?, at = ?
    where comment_id = ?";

/// Writes how far a comment has come.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, comment: CommentId, leaving: &Leaving) -> Result<(), Fault> {
    let Leaving { delivery, version } = leaving;
    let params = [
        delivery.state.as_str().into(),
        delivery.send_id.map(|id| id.to_string()).into(),
        (*version).into(),
        delivery.error.clone().into(),
        delivery.at.into(),
        comment.to_string().into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

const SET_MESSAGE_ID: &str = "update comments set mail = json_set(mail, '$.messageId', ?)
    where id = ? and mail is not null";

/// Notes the `Message-ID` under which a comment leaves.
///
/// # Errors
/// A storage fault.
pub fn set_message_id(sql: &dyn Sql, comment: CommentId, id: &str) -> Result<(), Fault> {
    sql.exec(SET_MESSAGE_ID, &[id.into(), comment.to_string().into()]).map(drop)
}

/// Whose a ticket is, and what it is about.
#[derive(Debug, Clone, Default)]
pub struct Whose {
    /// The user.
    pub user: Option<UserId>,
    /// The user's address.
    pub email: Option<String>,
    /// What the ticket is about.
    pub subject: String,
}

const WHOSE: &str = "select t.user_id, u.email, t.subject
    from tickets t left join users u on u.id = t.user_id where t.number = ?";

/// Whose the ticket of a number is, and what it is about.
///
/// # Errors
/// A storage fault.
pub fn whose(sql: &dyn Sql, ticket: i64) -> Result<Whose, Fault> {
    let Some(row) = sql.first(WHOSE, &[ticket.into()])? else { return Ok(Whose::default()) };
    Ok(Whose { user: row.id_or_null(0)?, email: row.text_or_null(1)?, subject: row.text(2)? })
}

const OF_CUSTOMERS: &str = "select c.mail,
        coalesce((select p.merged_into from users p where p.id = c.author_id), c.author_id)
    from comments c where c.ticket = ? and c.seq < ? and c.mail is not null
    and c.author_kind = 'user' and c.automatic = 0 order by c.seq desc limit ?";

/// What the latest mails of customers on a ticket, before a place, say about themselves, the latest
/// first, and whose they are.
///
/// # Errors
/// A storage fault.
pub fn of_customers(
    sql: &dyn Sql,
    ticket: i64,
    before: i64,
    limit: i64,
) -> Result<Vec<(MailFacts, Option<UserId>)>, Fault> {
    let rows = sql.exec(OF_CUSTOMERS, &[ticket.into(), before.into(), limit.into()])?;
    rows.iter().map(|row| Ok((facts(row)?, row.id_or_null(1)?))).collect()
}

const OF_TEAM: &str = "select c.mail from comments c where c.ticket = ? and c.seq < ?
    and c.mail is not null and c.author_kind <> 'user' and c.source <> 'mail'
    order by c.seq desc limit 1";

/// What the latest mail of the team's on a ticket, before a place, says about itself.
///
/// # Errors
/// A storage fault.
pub fn of_team(sql: &dyn Sql, ticket: i64, before: i64) -> Result<Option<MailFacts>, Fault> {
    sql.first(OF_TEAM, &[ticket.into(), before.into()])?.as_ref().map(facts).transpose()
}

fn facts(row: &Row) -> Result<MailFacts, Fault> {
    read_json(row.text(0)?.as_bytes())
        .map_err(|error| Fault(format!("mail facts: {}", error.message)))
}

const KNOW: &str = "insert or ignore into inboxes (id) values (?)";

/// An inbox is the workspace's.
///
/// # Errors
/// A storage fault.
pub fn know_inbox(sql: &dyn Sql, inbox: InboxId) -> Result<(), Fault> {
    sql.exec(KNOW, &[inbox.to_string().into()]).map(drop)
}

const KNOWN: &str = "select i.id from json_each(?) j cross join inboxes i on i.id = j.value";

/// Those of some inboxes that are known to be the workspace's.
///
/// # Errors
/// A storage fault.
pub fn known_inboxes(sql: &dyn Sql, inboxes: &[InboxId]) -> Result<Vec<InboxId>, Fault> {
    let list = serde_json::json!(inboxes).to_string();
    sql.exec(KNOWN, &[list.into()])?.iter().map(|row| row.id(0)).collect()
}

const ALL_KNOWN: &str = "select id from inboxes order by id limit ?";

/// The inboxes that are known to be the workspace's.
///
/// # Errors
/// A storage fault.
pub fn all_inboxes(sql: &dyn Sql, limit: i64) -> Result<Vec<InboxId>, Fault> {
    sql.exec(ALL_KNOWN, &[limit.into()])?.iter().map(|row| row.id(0)).collect()
}

const REMOVE: &str = "delete from replies where comment_id in
    (select id from comments where ticket = ? order by seq limit ?)";

/// Forgets how far the first `limit` comments of a ticket have come.
///
/// # Errors
/// A storage fault.
pub fn remove_of_ticket(sql: &dyn Sql, ticket: i64, limit: i64) -> Result<(), Fault> {
    sql.exec(REMOVE, &[ticket.into(), limit.into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    INSERT,
    FIND,
    SAVE,
    SET_MESSAGE_ID,
    WHOSE,
    OF_CUSTOMERS,
    OF_TEAM,
    KNOW,
    KNOWN,
    ALL_KNOWN,
    REMOVE,
];
