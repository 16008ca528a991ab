//! Comments that went from one ticket to another, and back.

use super::tickets::word;
use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::ids::MoveId;
use schema::room::mail::MailFacts;
use schema::room::moves::{MoveKind, TicketMove, UNDO_MS_MAX};
use schema::room::ticket::Ticket;
use schema::sort::SortSmall;

/// A merge or split, with what it takes to undo it.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Its number.
    pub number: i64,
    /// The merge or split.
    pub moved: TicketMove,
    /// How both tickets were, as JSON.
    pub before: String,
}

/// The columns that [`read`] takes.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select v.number, v.id, v.kind, s.id, t.id, v.comments, v.agent_id, v.created_at, \
             v.undone_at, v.before from moves v cross join tickets s on s.number = v.source \
             cross join tickets t on t.number = v.target ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Known, Fault> {
    let created_at = row.integer(7)?;
    Ok(Known {
        number: row.integer(0)?,
        moved: TicketMove {
            id: row.id(1)?,
            kind: word(row, 2, MoveKind::parse)?,
            source_id: row.id(3)?,
            target_id: row.id(4)?,
            comments: row.integer(5)?,
            agent_id: row.id_or_null(6)?,
            created_at,
            undo_until: created_at + UNDO_MS_MAX,
            undone_at: row.integer_or_null(8)?,
        },
        before: row.text(9)?,
    })
}

const FIND: &str = columns!("where v.id = ?");

/// A merge or split.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: MoveId) -> Result<Option<Known>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.as_ref().map(read).transpose()
}

const FROM: &str = columns!("where v.source = ? order by v.number desc limit 100");
const INTO: &str = columns!("where v.target = ? order by v.number desc limit 100");

/// The merges and splits that a ticket was part of, the latest first, at most a hundred.
///
/// # Errors
/// A storage fault.
pub fn of_ticket(sql: &dyn Sql, ticket: i64) -> Result<Vec<TicketMove>, Fault> {
    let mut rows = sql.exec(FROM, &[ticket.into()])?;
    rows.extend(sql.exec(INTO, &[ticket.into()])?);
    let known: Result<Vec<Known>, Fault> = rows.iter().map(read).collect();
    let mut known = known?;
    known.sort_small_by_key(|known| std::cmp::Reverse(known.number));
    known.truncate(100);
    Ok(known.into_iter().map(|known| known.moved).collect())
}

const INSERT: &str = "insert into moves (id, kind, source, target, comments, before, agent_id,
    created_at) values (?, ?, ?, ?, ?, ?, ?, ?) returning number";

/// Adds a merge or split between the tickets of two numbers; says its own.
///
/// # Errors
/// A storage fault.
pub fn insert(
    sql: &dyn Sql,
    moved: &TicketMove,
    (source, target): (i64, i64),
    before: &str,
) -> Result<i64, Fault> {
    let params = [
        moved.id.to_string().into(),
        moved.kind.as_str().into(),
        source.into(),
        target.into(),
        moved.comments.into(),
        before.into(),
        moved.agent_id.map(|id| id.to_string()).into(),
        moved.created_at.into(),
    ];
    let row = sql.first(INSERT, &params)?;
    row.ok_or_else(|| Fault("the move has no number".into()))?.integer(0)
}

const NOTE_ALL: &str = "insert into moved_comments (move, comment)
    select cast(? as integer), seq from comments where ticket = ?";
const NOTE_SOME: &str = "insert into moved_comments (move, comment)
    select cast(? as integer), value from json_each(?)";

/// Notes which comments go: some, by their seqs, or all of a ticket.
///
/// # Errors
/// A storage fault.
pub fn note(sql: &dyn Sql, number: i64, ticket: i64, seqs: Option<&[i64]>) -> Result<(), Fault> {
    match seqs {
        Some(seqs) => sql.exec(NOTE_SOME, &[number.into(), json(seqs).into()]),
        None => sql.exec(NOTE_ALL, &[number.into(), ticket.into()]),
    }
    .map(drop)
}

const CARRY_ALL: &str = "update comments set ticket = ? where ticket = ?";

/// Carries all comments of a ticket to another.
///
/// # Errors
/// A storage fault.
pub fn carry_all(sql: &dyn Sql, from: i64, to: i64) -> Result<(), Fault> {
    sql.exec(CARRY_ALL, &[to.into(), from.into()]).map(drop)
}

const CARRY_NOTED: &str = "update comments set ticket = ?
    where seq in (select comment from moved_comments where move = ?)";

/// Carries the comments of a merge or split to a ticket.
///
/// # Errors
/// A storage fault.
pub fn carry_noted(sql: &dyn Sql, number: i64, to: i64) -> Result<(), Fault> {
    sql.exec(CARRY_NOTED, &[to.into(), number.into()]).map(drop)
}

const ELSEWHERE: &str = "select count(*) from moved_comments m
    left join comments c on c.seq = m.comment where m.move = ? and c.ticket is not ?";

/// How many comments of a merge or split are not in a ticket.
///
/// # Errors
/// A storage fault.
pub fn elsewhere(sql: &dyn Sql, number: i64, ticket: i64) -> Result<i64, Fault> {
    let row = sql.first(ELSEWHERE, &[number.into(), ticket.into()])?;
    row.map_or(Ok(0), |row| row.integer(0))
}

const MAILS: &str = "select c.mail from moved_comments m cross join comments c on c.seq = m.comment
    where m.move = ? and c.mail is not null";

/// What is remembered of the mails among the comments of a merge or split.
///
/// # Errors
/// A storage fault.
pub fn mails(sql: &dyn Sql, number: i64) -> Result<Vec<MailFacts>, Fault> {
    let rows = sql.exec(MAILS, &[number.into()])?;
    let read = |row: &Row| {
        schema::codec::read_json(row.text(0)?.as_bytes())
            .map_err(|error| Fault(format!("mail facts: {}", error.message)))
    };
    rows.iter().map(read).collect()
}

const THREAD: &str = "update mail_ids set ticket = ?
    where message_id in (select value from json_each(?)) and ticket is not null";

/// Lets answers to mails go to a ticket.
///
/// # Errors
/// A storage fault.
pub fn thread(sql: &dyn Sql, message_ids: &[String], ticket: i64) -> Result<(), Fault> {
    if message_ids.is_empty() {
        return Ok(());
    }
    let list = serde_json::Value::from(message_ids).to_string();
    sql.exec(THREAD, &[ticket.into(), list.into()]).map(drop)
}

const UNDONE: &str = "update moves set undone_at = ?, before = '' where number = ?";

/// Notes that a merge or split is undone.
///
/// # Errors
/// A storage fault.
pub fn undone(sql: &dyn Sql, number: i64, now: Millis) -> Result<(), Fault> {
    sql.exec(UNDONE, &[now.into(), number.into()])?;
    sql.exec(FORGET, &[number.into()]).map(drop)
}

const SETTLED: &str = "update moves set before = '' where number = ?";
const FORGET: &str = "delete from moved_comments where move = ?";

/// Forgets what it takes to undo a merge or split.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, number: i64) -> Result<(), Fault> {
    sql.exec(SETTLED, &[number.into()])?;
    sql.exec(FORGET, &[number.into()]).map(drop)
}

const MERGED: &str = "update tickets set merged_into = ? where number = ?";

/// Writes which ticket another's comments are in.
///
/// # Errors
/// A storage fault.
pub fn set_merged(sql: &dyn Sql, ticket: i64, into: Option<i64>) -> Result<(), Fault> {
    sql.exec(MERGED, &[into.into(), ticket.into()]).map(drop)
}

const LAST_AT: &str = "select created_at from comments where ticket = ? order by seq desc limit 1";

/// When something was last said in a ticket.
///
/// # Errors
/// A storage fault.
pub fn last_comment_at(sql: &dyn Sql, ticket: i64) -> Result<Option<Millis>, Fault> {
    sql.first(LAST_AT, &[ticket.into()])?.map(|row| row.integer(0)).transpose()
}

/// What an agent said as they opened the ticket answers nobody.
const FIRST_REPLY_AT: &str = "select created_at from comments where ticket = ?
    and visibility = 'public' and author_kind = 'agent' and created_at > ? order by seq limit 1";

/// When an agent first answered in public, by what stands in a ticket.
///
/// # Errors
/// A storage fault.
pub fn first_reply_at(sql: &dyn Sql, ticket: &Ticket) -> Result<Option<Millis>, Fault> {
    let params = [ticket.number.into(), ticket.created_at.into()];
    sql.first(FIRST_REPLY_AT, &params)?.map(|row| row.integer(0)).transpose()
}

const JOINED: &str = "select 1 from tickets where merged_into = ? limit 1";

/// Whether another ticket is merged into a ticket.
///
/// # Errors
/// A storage fault.
pub fn is_joined(sql: &dyn Sql, ticket: i64) -> Result<bool, Fault> {
    Ok(sql.first(JOINED, &[ticket.into()])?.is_some())
}

const COUNT: &str = "select count(*) from comments where ticket = ?";

/// How many comments a ticket has.
///
/// # Errors
/// A storage fault.
pub fn comments(sql: &dyn Sql, ticket: i64) -> Result<i64, Fault> {
    sql.first(COUNT, &[ticket.into()])?.map_or(Ok(0), |row| row.integer(0))
}

fn json(seqs: &[i64]) -> String {
    serde_json::Value::from(seqs).to_string()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    FIND,
    FROM,
    INTO,
    INSERT,
    NOTE_ALL,
    NOTE_SOME,
    CARRY_ALL,
    CARRY_NOTED,
    ELSEWHERE,
    MAILS,
    THREAD,
    UNDONE,
    SETTLED,
    FORGET,
    MERGED,
    LAST_AT,
    FIRST_REPLY_AT,
    JOINED,
    COUNT,
];
