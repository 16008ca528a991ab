//! What is remembered of mails: their ids, those that could not be read, machines that write much.

use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::codec::read_json;
use schema::ids::{CommentId, TicketId};
use schema::room::mail::UnparseableMail;

/// A mail that is known: its ticket and comment, none where it was stopped.
pub type Known = (Option<TicketId>, Option<CommentId>);

const FIND: &str = "select t.id, m.comment_id
    from mail_ids m left join tickets t on t.number = m.ticket where m.message_id = ?";

/// What became of a mail.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, message_id: &str) -> Result<Option<Known>, Fault> {
    let row = sql.first(FIND, &[message_id.into()])?;
    row.map(|row| Ok((row.id_or_null(0)?, row.id_or_null(1)?))).transpose()
}

const THREADS: &str = "select j.key, m.ticket,
        (select json_extract(c.mail, '$.threadedBy') from comments c where c.id = m.comment_id)
    from json_each(?) j cross join mail_ids m on m.message_id = j.value
    where m.ticket is not null";

/// A ticket that a mail names by other mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Its number.
    pub ticket: i64,
    /// Whether one of those mails is there by more than its subject: then who names it has seen
    /// something of the ticket's.
    pub is_proof: bool,
}

/// The ticket of the first of these mails that has one.
///
/// # Errors
/// A storage fault.
pub fn thread(sql: &dyn Sql, message_ids: &[String]) -> Result<Option<Named>, Fault> {
    if message_ids.is_empty() {
        return Ok(None);
    }
    let list = serde_json::Value::from(message_ids).to_string();
    let rows = sql.exec(THREADS, &[list.into()])?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let by_subject = matches!(row.text_or_null(2)?.as_deref(), Some("tag" | "subject"));
        found.push((row.integer(0)?, row.integer(1)?, !by_subject));
    }
    let Some((_, ticket, _)) = found.iter().min().copied() else { return Ok(None) };
    let is_proof = found.iter().any(|(_, its, is_proof)| *its == ticket && *is_proof);
    Ok(Some(Named { ticket, is_proof }))
}

const REMEMBER: &str =
    "insert into mail_ids (message_id, ticket, comment_id, at) values (?, ?, ?, ?)";

/// Remembers a mail.
///
/// # Errors
/// A storage fault.
pub fn remember(
    sql: &dyn Sql,
    message_id: &str,
    kept: Option<(i64, CommentId)>,
    now: Millis,
) -> Result<(), Fault> {
    let ticket = kept.map(|(ticket, _)| ticket);
    let comment = kept.map(|(_, comment)| comment.to_string());
    sql.exec(REMEMBER, &[message_id.into(), ticket.into(), comment.into(), now.into()]).map(drop)
}

const BURY: &str = "insert or ignore into mail_ids (message_id, at) values (?, ?)";

/// Remembers of a mail nothing but that it was here.
///
/// # Errors
/// A storage fault.
pub fn bury(sql: &dyn Sql, tombstone: &str, now: Millis) -> Result<(), Fault> {
    sql.exec(BURY, &[tombstone.into(), now.into()]).map(drop)
}

const REMEMBER_OWN: &str = "insert into mail_ids (message_id, ticket, comment_id, at)
    values (?, ?, ?, ?)
    on conflict (message_id) do update set
        ticket = excluded.ticket, comment_id = excluded.comment_id";

/// Remembers a mail of the team's, also where it has come back already.
///
/// # Errors
/// A storage fault.
pub fn remember_own(
    sql: &dyn Sql,
    message_id: &str,
    (ticket, comment): (i64, CommentId),
    now: Millis,
) -> Result<(), Fault> {
    let params = [message_id.into(), ticket.into(), comment.to_string().into(), now.into()];
    sql.exec(REMEMBER_OWN, &params).map(drop)
}

const SET_BEFORE: &str = "update mail_ids set thread = ? where message_id = ?";

/// Remembers what a mail says was before it, oldest first.
///
/// # Errors
/// A storage fault.
pub fn set_before(sql: &dyn Sql, message_id: &str, thread: &[String]) -> Result<(), Fault> {
    let list = serde_json::Value::from(thread).to_string();
    sql.exec(SET_BEFORE, &[list.into(), message_id.into()]).map(drop)
}

const SET_CONVERSATION: &str = "update mail_ids set conversation = ? where message_id = ?";

/// Remembers the conversation that a mail is of.
///
/// # Errors
/// A storage fault.
pub fn set_conversation(sql: &dyn Sql, message_id: &str, conversation: &str) -> Result<(), Fault> {
    sql.exec(SET_CONVERSATION, &[conversation.into(), message_id.into()]).map(drop)
}

const OF_CONVERSATION: &str = "select distinct ticket from mail_ids
    where conversation = ? and ticket is not null order by ticket desc limit ?";

/// The numbers of the latest tickets that have mails of a conversation, the latest first.
///
/// # Errors
/// A storage fault.
pub fn of_conversation(sql: &dyn Sql, conversation: &str, limit: i64) -> Result<Vec<i64>, Fault> {
    let rows = sql.exec(OF_CONVERSATION, &[conversation.into(), limit.into()])?;
    rows.iter().map(|row| row.integer(0)).collect()
}

const BEFORE: &str = "select thread from mail_ids where message_id = ?";

/// What a mail says was before it, oldest first.
///
/// # Errors
/// A storage fault.
pub fn before(sql: &dyn Sql, message_id: &str) -> Result<Vec<String>, Fault> {
    let Some(row) = sql.first(BEFORE, &[message_id.into()])? else { return Ok(Vec::new()) };
    let Some(list) = row.text_or_null(0)? else { return Ok(Vec::new()) };
    read_json(list.as_bytes()).map_err(|error| Fault(format!("thread: {}", error.message)))
}

const FORGET_SENDERS: &str = "delete from automatic_senders where since <= ?";
const COUNT_SENDER: &str = "insert into automatic_senders (address, since, mails) values (?, ?, 1)
    on conflict (address) do update set mails = mails + 1 returning mails, answers, told";
const COUNT_ANSWER: &str = "insert into automatic_senders (address, since, mails, answers)
    values (?, ?, 0, 1)
    on conflict (address) do update set answers = answers + 1 returning mails, answers, told";

/// What was sent automatically in an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// How many mails of an address.
    pub mails: i64,
    /// How many to it.
    pub answers: i64,
    /// Whether those who manage were told that this is a loop.
    pub told: bool,
}

/// Counts an automatic mail of an address; says how many there are in the hour, with it. Hours that
/// began at `until` or before are over.
///
/// # Errors
/// A storage fault.
pub fn count_automatic(
    sql: &dyn Sql,
    address: &str,
    now: Millis,
    until: Millis,
) -> Result<Traffic, Fault> {
    count(sql, COUNT_SENDER, address, (now, until))
}

/// Counts an automatic mail to an address, likewise.
///
/// # Errors
/// A storage fault.
pub fn count_answer(
    sql: &dyn Sql,
    address: &str,
    now: Millis,
    until: Millis,
) -> Result<Traffic, Fault> {
    count(sql, COUNT_ANSWER, address, (now, until))
}

fn count(
    sql: &dyn Sql,
    statement: &str,
    address: &str,
    (now, until): (Millis, Millis),
) -> Result<Traffic, Fault> {
    sql.exec(FORGET_SENDERS, &[until.into()])?;
    let row = sql.first(statement, &[address.into(), now.into()])?;
    let row = row.ok_or_else(|| Fault("nothing is counted".into()))?;
    Ok(Traffic { mails: row.integer(0)?, answers: row.integer(1)?, told: row.flag(2)? })
}

const SET_TOLD: &str = "update automatic_senders set told = 1 where address = ?";

/// Those who manage are told of the automatic mails of an address, and to it.
///
/// # Errors
/// A storage fault.
pub fn set_told(sql: &dyn Sql, address: &str) -> Result<(), Fault> {
    sql.exec(SET_TOLD, &[address.into()]).map(drop)
}

/// The columns that [`read_unparseable`] takes.
macro_rules! unparseable {
    ($rest:literal) => {
        concat!(
            "select number, raw_key, reason, envelope_from, envelope_to, bytes_count, \
             received_at, inbox_id \
             from unparseable_mails ",
            $rest
        )
    };
}

const UNPARSEABLE: &str = unparseable!("where raw_key = ?");

/// A mail that could not be read, by where it is kept.
///
/// # Errors
/// A storage fault.
pub fn unparseable(sql: &dyn Sql, raw_key: &str) -> Result<Option<UnparseableMail>, Fault> {
    sql.first(UNPARSEABLE, &[raw_key.into()])?.as_ref().map(read_unparseable).transpose()
}

const UNPARSEABLE_OF_NUMBER: &str = unparseable!("where number = ?");

/// A mail that could not be read, by its number.
///
/// # Errors
/// A storage fault.
pub fn unparseable_of_number(sql: &dyn Sql, number: i64) -> Result<Option<UnparseableMail>, Fault> {
    sql.first(UNPARSEABLE_OF_NUMBER, &[number.into()])?.as_ref().map(read_unparseable).transpose()
}

const FORGET_UNPARSEABLE: &str = "delete from unparseable_mails where raw_key = ?";

/// A mail can be read after all.
///
/// # Errors
/// A storage fault.
pub fn forget_unparseable(sql: &dyn Sql, raw_key: &str) -> Result<(), Fault> {
    sql.exec(FORGET_UNPARSEABLE, &[raw_key.into()]).map(drop)
}

const LIST_UNPARSEABLE: &str = unparseable!("where number < ? order by number desc limit ?");

/// The mails that could not be read, the latest first, before a number.
///
/// # Errors
/// A storage fault.
pub fn list_unparseable(
    sql: &dyn Sql,
    before: i64,
    limit: i64,
) -> Result<Vec<UnparseableMail>, Fault> {
    let rows = sql.exec(LIST_UNPARSEABLE, &[before.into(), limit.into()])?;
    rows.iter().map(read_unparseable).collect()
}

fn read_unparseable(row: &Row) -> Result<UnparseableMail, Fault> {
    Ok(UnparseableMail {
        number: row.integer(0)?,
        raw_key: row.text(1)?,
        reason: row.text(2)?,
        envelope_from: row.text_or_null(3)?,
        envelope_to: row.text_or_null(4)?,
        bytes_count: row.integer(5)?,
        received_at: row.integer(6)?,
        inbox_id: row.id_or_null(7)?,
    })
}

const INSERT_UNPARSEABLE: &str = "insert into unparseable_mails
    (raw_key, reason, envelope_from, envelope_to, bytes_count, received_at, inbox_id)
    values (?, ?, ?, ?, ?, ?, ?) returning number";

/// Adds a mail that could not be read; says its number.
///
/// # Errors
/// A storage fault.
pub fn insert_unparseable(sql: &dyn Sql, mail: &UnparseableMail) -> Result<i64, Fault> {
    let params = [
        (&mail.raw_key).into(),
        (&mail.reason).into(),
        mail.envelope_from.clone().into(),
        mail.envelope_to.clone().into(),
        mail.bytes_count.into(),
        mail.received_at.into(),
        mail.inbox_id.map(|id| id.to_string()).into(),
    ];
    let row = sql.first(INSERT_UNPARSEABLE, &params)?;
    row.ok_or_else(|| Fault("the row has no number".into()))?.integer(0)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    FIND,
    THREADS,
    REMEMBER,
    BURY,
    REMEMBER_OWN,
    SET_BEFORE,
    SET_CONVERSATION,
    OF_CONVERSATION,
    BEFORE,
    FORGET_SENDERS,
    COUNT_SENDER,
    COUNT_ANSWER,
    SET_TOLD,
    UNPARSEABLE,
    LIST_UNPARSEABLE,
    UNPARSEABLE_OF_NUMBER,
    FORGET_UNPARSEABLE,
    INSERT_UNPARSEABLE,
];
