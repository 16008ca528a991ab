//! What erasing and exporting a person reads and writes, and the log backwards.

use super::blank::Needles;
use crate::kernel::{Fault, Row, Sql};
use crate::workspace_room::store::users::json;
use schema::ids::{CommentId, UserId};
use schema::room::privacy::Erasure;

/// An erasure that goes on.
#[derive(Debug, Clone)]
pub struct Running {
    /// What is told of it.
    pub erasure: Erasure,
    /// By what the person is found.
    pub needles: Needles,
    /// What is being done.
    pub stage: String,
    /// How far that has come.
    pub position: i64,
}

const FIND: &str = "select user_id, needles, upto, stage, position, tickets, comments, files,
    objects, events, others, found, by_agent, at, finished_at from erasures where user_id = ?";

/// An erasure.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, user: UserId) -> Result<Option<Running>, Fault> {
    let Some(row) = sql.first(FIND, &[user.to_string().into()])? else { return Ok(None) };
    let text = row.text(1)?;
    // One that an earlier build began has no third part.
    let before = || json(&text).map(|(ids, handles)| (ids, handles, Vec::new()));
    let (ids, handles, lent) = json(&text).or_else(|_| before())?;
    let erasure = Erasure {
        user_id: row.id(0)?,
        upto: row.integer(2)?,
        tickets: row.integer(5)?,
        comments: row.integer(6)?,
        files: row.integer(7)?,
        objects: row.integer(8)?,
        events: row.integer(9)?,
        others: row.integer(10)?,
        found: row.integer(11)?,
        by_agent: row.id_or_null(12)?,
        at: row.integer(13)?,
        finished_at: row.integer_or_null(14)?,
    };
    let needles = Needles { ids, handles, lent };
    Ok(Some(Running { erasure, needles, stage: row.text(3)?, position: row.integer(4)? }))
}

const SAVE: &str = "insert or replace into erasures
    (user_id, needles, upto, stage, position, tickets, comments, files, objects, events, others,
        found, by_agent, at, finished_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Writes an erasure.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, running: &Running) -> Result<(), Fault> {
    let Running { erasure, needles, stage, position } = running;
    let needles = serde_json::json!([needles.ids, needles.handles, needles.lent]).to_string();
    let params = [
        erasure.user_id.to_string().into(),
        needles.into(),
        erasure.upto.into(),
        stage.into(),
        (*position).into(),
        erasure.tickets.into(),
        erasure.comments.into(),
        erasure.files.into(),
        erasure.objects.into(),
        erasure.events.into(),
        erasure.others.into(),
        erasure.found.into(),
        erasure.by_agent.map(|id| id.to_string()).into(),
        erasure.at.into(),
        erasure.finished_at.into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

const SETTLE_MOVES: &str = "update moves set before = '' where source = ? or target = ?1";

/// Forgets how a ticket was before it was merged or split, so that this is not undone any more.
///
/// # Errors
/// A storage fault.
pub fn settle_moves(sql: &dyn Sql, ticket: i64) -> Result<(), Fault> {
    sql.exec(SETTLE_MOVES, &[ticket.into()]).map(drop)
}

const MOVES: &str = "select number, before from moves where source = ?1
    union all select number, before from moves where target = ?1";
const SET_MOVE: &str = "update moves set before = ? where number = ?";

/// Writes anew how a ticket was before merges and splits, where `each` gives another JSON.
///
/// # Errors
/// A storage fault.
pub fn rewrite_moves(
    sql: &dyn Sql,
    ticket: i64,
    each: impl Fn(&str) -> Option<String>,
) -> Result<(), Fault> {
    for row in sql.exec(MOVES, &[ticket.into()])? {
        if let Some(before) = each(&row.text(1)?) {
            sql.exec(SET_MOVE, &[before.into(), row.integer(0)?.into()])?;
        }
    }
    Ok(())
}

const SCHEDULED: &str = "select number, body from scheduled_comments where ticket = ?";
const SET_SCHEDULED: &str = "update scheduled_comments set body = ? where number = ?";
const DRAFTS: &str = "select agent_id, body from drafts where ticket = ?";
const SET_DRAFT: &str = "update drafts set body = ? where ticket = ? and agent_id = ?";

/// Writes anew what scheduled comments and drafts of a ticket say, where `each` gives another text.
///
/// # Errors
/// A storage fault.
pub fn rewrite(
    sql: &dyn Sql,
    ticket: i64,
    each: impl Fn(&str) -> Option<String>,
) -> Result<(), Fault> {
    for row in sql.exec(SCHEDULED, &[ticket.into()])? {
        if let Some(body) = each(&row.text(1)?) {
            sql.exec(SET_SCHEDULED, &[body.into(), row.integer(0)?.into()])?;
        }
    }
    for row in sql.exec(DRAFTS, &[ticket.into()])? {
        if let Some(body) = each(&row.text(1)?) {
            sql.exec(SET_DRAFT, &[body.into(), ticket.into(), row.text(0)?.into()])?;
        }
    }
    Ok(())
}

/// A comment as an erasure sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its place.
    pub seq: i64,
    /// The comment.
    pub id: CommentId,
    /// The author, where there is one.
    pub author: Option<String>,
    /// What was said.
    pub body: String,
    /// What of it is shown first.
    pub visible_body: Option<String>,
    /// What the mail said about itself, as JSON.
    pub mail: Option<String>,
}

const COMMENTS: &str = "select seq, id, author_id, body, mail, visible_body from comments
    where seq > ? and seq <= ? order by seq limit ?";

/// Comments after a place, in their order.
///
/// # Errors
/// A storage fault.
pub fn comments(sql: &dyn Sql, after: i64, upto: i64, limit: i64) -> Result<Vec<Seen>, Fault> {
    let rows = sql.exec(COMMENTS, &[after.into(), upto.into(), limit.into()])?;
    let read = |row: &Row| {
        Ok(Seen {
            seq: row.integer(0)?,
            id: row.id(1)?,
            author: row.text_or_null(2)?,
            body: row.text(3)?,
            mail: row.text_or_null(4)?,
            visible_body: row.text_or_null(5)?,
        })
    };
    rows.iter().map(read).collect()
}

const SET_COMMENT: &str = "update comments set body = ?, visible_body = ?, mail = ? where seq = ?";

/// Writes what an erasure leaves of a comment.
///
/// # Errors
/// A storage fault.
pub fn set_comment(sql: &dyn Sql, left: Seen) -> Result<(), Fault> {
    let Seen { seq, body, visible_body, mail, .. } = left;
    sql.exec(SET_COMMENT, &[body.into(), visible_body.into(), mail.into(), seq.into()]).map(drop)
}

const NO_FILES: &str = "update comments set attachments = 0 where seq = ?";
const REMOVE_FILES: &str = "delete from attachments where comment = ? returning key, sha256";

/// Removes the files of a comment; gives where each was kept, and its hash.
///
/// # Errors
/// A storage fault.
pub fn remove_files(sql: &dyn Sql, comment: i64) -> Result<Vec<(String, String)>, Fault> {
    let rows = sql.exec(REMOVE_FILES, &[comment.into()])?;
    if !rows.is_empty() {
        sql.exec(NO_FILES, &[comment.into()])?;
    }
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

const FORGET_MAIL: &str = "delete from mail_ids where message_id = ?";

/// Forgets that a mail came.
///
/// # Errors
/// A storage fault.
pub fn forget_mail(sql: &dyn Sql, message_id: &str) -> Result<(), Fault> {
    sql.exec(FORGET_MAIL, &[message_id.into()]).map(drop)
}

const FORGET_SENDER: &str = "delete from automatic_senders where address = ?";
const FORGET_ANSWERS: &str = "update idempotency set reply = x''
    where instr(cast(reply as text), ?) > 0 returning 1";
const FORGET_UNREAD: &str = "delete from unparseable_mails
    where envelope_from = ? collate nocase returning raw_key";

/// Forgets a machine that wrote much.
///
/// # Errors
/// A storage fault.
pub fn forget_sender(sql: &dyn Sql, address: &str) -> Result<(), Fault> {
    sql.exec(FORGET_SENDER, &[address.into()]).map(drop)
}

/// Empties stored answers that hold a text; says how many. There are those of a day. That they were
/// given stays known, so that nothing is done twice.
///
/// # Errors
/// A storage fault.
pub fn forget_answers(sql: &dyn Sql, text: &str) -> Result<i64, Fault> {
    Ok(sql.exec(FORGET_ANSWERS, &[text.into()])?.len() as i64)
}

/// Forgets mails of an address that could not be read; says where they are kept.
///
/// # Errors
/// A storage fault.
pub fn forget_unread(sql: &dyn Sql, address: &str) -> Result<Vec<String>, Fault> {
    let rows = sql.exec(FORGET_UNREAD, &[address.into()])?;
    rows.iter().map(|row| row.text(0)).collect()
}

const SET_EVENT: &str = "update events set json = ? where seq = ?";

/// Writes what an erasure leaves of an event: the one way in which an event ever changes.
///
/// # Errors
/// A storage fault.
pub fn set_event(sql: &dyn Sql, seq: i64, json: &str) -> Result<(), Fault> {
    sql.exec(SET_EVENT, &[json.into(), seq.into()]).map(drop)
}

const LAST_COMMENT: &str = "select seq from
    (select seq from comments where seq > ? order by seq limit ?) order by seq desc limit 1";

/// The place of the last of some comments after a place; none where there are no more.
///
/// # Errors
/// A storage fault.
pub fn last_comment(sql: &dyn Sql, after: i64, limit: i64) -> Result<Option<i64>, Fault> {
    let row = sql.first(LAST_COMMENT, &[after.into(), limit.into()])?;
    row.map(|row| row.integer(0)).transpose()
}

const OF_PERSON: &str = "select c.id from comments c join tickets t on t.number = c.ticket
    where c.seq > ? and c.seq <= ?
    and (c.author_id in (select value from json_each(?3))
        or t.user_id in (select value from json_each(?3)))
    order by c.seq limit ?4";

/// The first comments between two places that are by some users, or on tickets of theirs.
///
/// # Errors
/// A storage fault.
pub fn of_person(
    sql: &dyn Sql,
    after: i64,
    upto: i64,
    users: &[String],
    limit: i64,
) -> Result<Vec<CommentId>, Fault> {
    let list = serde_json::Value::from(users).to_string();
    let rows = sql.exec(OF_PERSON, &[after.into(), upto.into(), list.into(), limit.into()])?;
    rows.iter().map(|row| row.id(0)).collect()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    FIND,
    SAVE,
    SETTLE_MOVES,
    MOVES,
    SET_MOVE,
    SCHEDULED,
    SET_SCHEDULED,
    DRAFTS,
    SET_DRAFT,
    COMMENTS,
    SET_COMMENT,
    NO_FILES,
    REMOVE_FILES,
    FORGET_MAIL,
    FORGET_SENDER,
    FORGET_ANSWERS,
    FORGET_UNREAD,
    SET_EVENT,
    LAST_COMMENT,
    OF_PERSON,
];
