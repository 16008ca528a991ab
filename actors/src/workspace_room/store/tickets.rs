//! The tickets.

use crate::kernel::{Fault, Row, Sql, Value};
use schema::Millis;
use schema::codec::read_json;
use schema::ids::{InboxId, TicketId, UserId};
use schema::room::ticket::{Attributes, Claim, Priority, Snooze, Source, Status, Ticket};
use schema::view::Place;

/// What a new comment needs to know of its ticket, and changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The ticket.
    pub id: TicketId,
    /// Its number.
    pub number: i64,
    /// Where it stands.
    pub status: Status,
    /// How many comments it has.
    pub comments: i64,
    /// When something was last said.
    pub last_comment_at: Option<Millis>,
    /// When an agent first answered in public.
    pub first_reply_at: Option<Millis>,
    /// When it was last solved.
    pub solved_at: Option<Millis>,
    /// Its version.
    pub version: i64,
    /// Where it is put off: whether the customer's reply ends that.
    pub wakes_on_reply: Option<bool>,
    /// Who alone may answer, and until when.
    pub claim: Option<Claim>,
    /// The number of the ticket that its comments are in, since the two were merged.
    pub merged_into: Option<i64>,
    /// Whether it is deleted.
    pub deleted: bool,
    /// The inbox that its mail last came through.
    pub inbox_id: Option<InboxId>,
    /// The inbox that answers: that one, else the workspace's.
    pub answers_by: Option<InboxId>,
}

/// The columns that [`read_standing`] takes, or those that [`read`] does.
macro_rules! columns {
    (standing $rest:literal) => {
        concat!(
            "select id, number, status, comments, last_comment_at, first_reply_at, solved_at, \
             version, wakes_on_reply, claimed_by, claimed_until, merged_into, deleted_at, \
             inbox_id, coalesce(inbox_id, (select w.reply_inbox_id from workspace w \
             where w.id = 1)) \
             from tickets ",
            $rest
        )
    };
    ($from:literal, $rest:literal) => {
        concat!(
            "select t.number, t.id, t.subject, t.status, t.priority, t.tags, t.assignee_id, \
             t.user_id, u.email, u.name, u.company_id, c.name, t.source, f.id, t.comments, \
             t.created_at, t.updated_at, t.last_comment_at, t.first_reply_at, t.solved_at, \
             t.closed_at, t.version, t.team_id, t.category_id, t.custom_status_id, t.attributes, \
             t.snoozed_at, t.snoozed_until, t.wakes_on_reply, t.claimed_by, t.claimed_until, m.id, \
             t.deleted_at, t.inbox_id from ",
            $from,
            " left join users u on u.id = t.user_id \
             left join companies c on c.id = u.company_id \
             left join tickets f on f.number = t.follows \
             left join tickets m on m.number = t.merged_into ",
            $rest
        )
    };
}

pub(super) use columns;

const STANDING: &str = columns!(standing "where id = ?");

/// How a ticket stands, deleted or not: one row, nothing joined but the inbox that answers.
///
/// # Errors
/// A storage fault.
pub fn standing(sql: &dyn Sql, id: TicketId) -> Result<Option<Standing>, Fault> {
    sql.first(STANDING, &[id.to_string().into()])?.as_ref().map(read_standing).transpose()
}

const PLACE: &str = "select team_id, assignee_id from tickets where id = ?";

/// Where a ticket stands, for those who watch.
///
/// # Errors
/// A storage fault.
pub fn place(sql: &dyn Sql, id: TicketId) -> Result<Option<Place>, Fault> {
    let Some(row) = sql.first(PLACE, &[id.to_string().into()])? else { return Ok(None) };
    Ok(Some(Place { team: row.id_or_null(0)?, assignee: row.id_or_null(1)? }))
}

const STANDING_OF_NUMBER: &str = columns!(standing "where number = ?");

/// How the ticket of a number stands, deleted or not.
///
/// # Errors
/// A storage fault.
pub fn standing_of_number(sql: &dyn Sql, number: i64) -> Result<Option<Standing>, Fault> {
    sql.first(STANDING_OF_NUMBER, &[number.into()])?.as_ref().map(read_standing).transpose()
}

const FOLLOWERS: &str =
    columns!(standing "where follows = ? and deleted_at is null order by number desc limit ?");

/// How the latest tickets that follow another stand, the latest first.
///
/// # Errors
/// A storage fault.
pub fn followers(sql: &dyn Sql, number: i64, limit: i64) -> Result<Vec<Standing>, Fault> {
    sql.exec(FOLLOWERS, &[number.into(), limit.into()])?.iter().map(read_standing).collect()
}

const SUBJECTS_OF_USER: &str = "select number, subject from tickets
    where user_id = ? and deleted_at is null
        and coalesce(last_comment_at, created_at) >= cast(? as integer)
    order by number desc limit ?";

/// The latest tickets of a user on which something was said since a time, the latest first: their
/// numbers and subjects.
///
/// # Errors
/// A storage fault.
pub fn subjects_of_user(
    sql: &dyn Sql,
    user: UserId,
    since: Millis,
    limit: i64,
) -> Result<Vec<(i64, String)>, Fault> {
    let params = [user.to_string().into(), since.into(), limit.into()];
    let rows = sql.exec(SUBJECTS_OF_USER, &params)?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.text(1)?))).collect()
}

fn read_standing(row: &Row) -> Result<Standing, Fault> {
    Ok(Standing {
        id: row.id(0)?,
        number: row.integer(1)?,
        status: word(row, 2, Status::parse)?,
        comments: row.integer(3)?,
        last_comment_at: row.integer_or_null(4)?,
        first_reply_at: row.integer_or_null(5)?,
        solved_at: row.integer_or_null(6)?,
        version: row.integer(7)?,
        wakes_on_reply: row.integer_or_null(8)?.map(|flag| flag == 1),
        claim: read_claim(row, 9)?,
        merged_into: row.integer_or_null(11)?,
        deleted: row.integer_or_null(12)?.is_some(),
        inbox_id: row.id_or_null(13)?,
        answers_by: row.id_or_null(14)?,
    })
}

/// The claim in two columns.
fn read_claim(row: &Row, column: usize) -> Result<Option<Claim>, Fault> {
    let agent = row.id_or_null(column)?;
    let until = row.integer_or_null(column + 1)?;
    Ok(agent.zip(until).map(|(agent_id, until)| Claim { agent_id, until }))
}

/// The word of a closed set in a column.
///
/// # Errors
/// A fault where the column holds another.
pub fn word<T>(row: &Row, column: usize, parse: fn(&str) -> Option<T>) -> Result<T, Fault> {
    let text = row.text(column)?;
    parse(&text).ok_or_else(|| Fault(format!("column {column} holds an unknown word: {text}")))
}

const COMMENTED: &str = "update tickets set comments = ?, updated_at = ?, last_comment_at = ?,
    first_reply_at = ?, version = ?, inbox_id = ? where number = ?";

/// Writes what a comment changes of its ticket.
///
/// # Errors
/// A storage fault.
pub fn commented(sql: &dyn Sql, ticket: &Standing, now: Millis) -> Result<(), Fault> {
    let params = [
        ticket.comments.into(),
        now.into(),
        ticket.last_comment_at.into(),
        ticket.first_reply_at.into(),
        ticket.version.into(),
        ticket.inbox_id.map(|id| id.to_string()).into(),
        ticket.number.into(),
    ];
    sql.exec(COMMENTED, &params).map(drop)
}

/// The ticket in a row.
///
/// # Errors
/// A fault where the row is none.
pub(super) fn read(row: &Row) -> Result<Ticket, Fault> {
    let tags = row.text(5)?;
    Ok(Ticket {
        number: row.integer(0)?,
        id: row.id(1)?,
        subject: row.text(2)?,
        status: word(row, 3, Status::parse)?,
        priority: word(row, 4, Priority::parse)?,
        tags: read_json(tags.as_bytes())
            .map_err(|error| Fault(format!("tags: {}", error.message)))?,
        assignee_id: row.id_or_null(6)?,
        user_id: row.id_or_null(7)?,
        user_email: row.text_or_null(8)?,
        user_name: row.text_or_null(9)?,
        company_id: row.id_or_null(10)?,
        company_name: row.text_or_null(11)?,
        source: word(row, 12, Source::parse)?,
        follows_ticket_id: row.id_or_null(13)?,
        comments: row.integer(14)?,
        created_at: row.integer(15)?,
        updated_at: row.integer(16)?,
        last_comment_at: row.integer_or_null(17)?,
        first_reply_at: row.integer_or_null(18)?,
        solved_at: row.integer_or_null(19)?,
        closed_at: row.integer_or_null(20)?,
        version: row.integer(21)?,
        team_id: row.id_or_null(22)?,
        category_id: row.id_or_null(23)?,
        custom_status_id: row.id_or_null(24)?,
        attributes: read_attributes(row.text_or_null(25)?)?,
        snooze: read_snooze(row, 26)?,
        claim: read_claim(row, 29)?,
        merged_into_id: row.id_or_null(31)?,
        deleted_at: row.integer_or_null(32)?,
        inbox_id: row.id_or_null(33)?,
        unread: None,
    })
}

fn read_attributes(json: Option<String>) -> Result<Attributes, Fault> {
    let Some(json) = json else { return Ok(Attributes::new()) };
    read_json(json.as_bytes()).map_err(|error| Fault(format!("attributes: {}", error.message)))
}

fn read_snooze(row: &Row, column: usize) -> Result<Option<Snooze>, Fault> {
    let Some(since) = row.integer_or_null(column)? else { return Ok(None) };
    let until = row.integer_or_null(column + 1)?;
    let on_reply = row.integer_or_null(column + 2)? == Some(1);
    Ok(Some(Snooze { since, until, on_reply }))
}

const FIND: &str = columns!("tickets t", "where t.id = ?");

/// A ticket, whole, deleted or not.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: TicketId) -> Result<Option<Ticket>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.as_ref().map(read).transpose()
}

const INSERT: &str = "insert into tickets (number, id, subject, status, priority, tags,
    assignee_id, user_id, source, follows, comments, created_at, updated_at, version,
    solved_at, closed_at, team_id, category_id, custom_status_id, attributes, inbox_id)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)";

/// Adds a ticket without comments; `follows` is the number of the ticket before it.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, ticket: &Ticket, follows: Option<i64>) -> Result<(), Fault> {
    let params = [
        ticket.number.into(),
        ticket.id.to_string().into(),
        (&ticket.subject).into(),
        ticket.status.as_str().into(),
        ticket.priority.as_str().into(),
        tags_json(&ticket.tags).into(),
        ticket.assignee_id.map(|id| id.to_string()).into(),
        ticket.user_id.map(|id| id.to_string()).into(),
        ticket.source.as_str().into(),
        follows.into(),
        ticket.created_at.into(),
        ticket.updated_at.into(),
        ticket.solved_at.into(),
        ticket.closed_at.into(),
        ticket.team_id.map(|id| id.to_string()).into(),
        ticket.category_id.map(|id| id.to_string()).into(),
        ticket.custom_status_id.map(|id| id.to_string()).into(),
        attributes_json(ticket),
        ticket.inbox_id.map(|id| id.to_string()).into(),
    ];
    sql.exec(INSERT, &params)?;
    insert_tags(sql, ticket)
}

const UPDATE: &str = "update tickets set subject = ?, status = ?, priority = ?, tags = ?,
    assignee_id = ?, updated_at = ?, solved_at = ?, closed_at = ?, version = ?, team_id = ?,
    category_id = ?, custom_status_id = ?, attributes = ?, snoozed_at = ?, snoozed_until = ?,
    wakes_on_reply = ?, deleted_at = ?, inbox_id = ? where number = ?";

/// Writes what may change of a ticket, but for its tags, its claim and what it is merged into.
///
/// # Errors
/// A storage fault.
pub fn update(sql: &dyn Sql, ticket: &Ticket) -> Result<(), Fault> {
    let params = [
        (&ticket.subject).into(),
        ticket.status.as_str().into(),
        ticket.priority.as_str().into(),
        tags_json(&ticket.tags).into(),
        ticket.assignee_id.map(|id| id.to_string()).into(),
        ticket.updated_at.into(),
        ticket.solved_at.into(),
        ticket.closed_at.into(),
        ticket.version.into(),
        ticket.team_id.map(|id| id.to_string()).into(),
        ticket.category_id.map(|id| id.to_string()).into(),
        ticket.custom_status_id.map(|id| id.to_string()).into(),
        attributes_json(ticket),
        ticket.snooze.map(|snooze| snooze.since).into(),
        ticket.snooze.and_then(|snooze| snooze.until).into(),
        ticket.snooze.map(|snooze| i64::from(snooze.on_reply)).into(),
        ticket.deleted_at.into(),
        ticket.inbox_id.map(|id| id.to_string()).into(),
        ticket.number.into(),
    ];
    sql.exec(UPDATE, &params).map(drop)
}

fn attributes_json(ticket: &Ticket) -> Value {
    let some = !ticket.attributes.is_empty();
    some.then(|| serde_json::json!(ticket.attributes).to_string()).into()
}

const INSERT_TAGS: &str =
    "insert into ticket_tags (tag, ticket) select value, cast(? as integer) from json_each(?)";

fn insert_tags(sql: &dyn Sql, ticket: &Ticket) -> Result<(), Fault> {
    if ticket.tags.is_empty() {
        return Ok(());
    }
    sql.exec(INSERT_TAGS, &[ticket.number.into(), tags_json(&ticket.tags).into()]).map(drop)
}

const REMOVE_TAGS: &str = "delete from ticket_tags
    where ticket = ? and tag in (select value from json_each(?))";

/// Puts a ticket's tags, as they are now, in the place of others.
///
/// # Errors
/// A storage fault.
pub fn replace_tags(sql: &dyn Sql, ticket: &Ticket, before: &[String]) -> Result<(), Fault> {
    if !before.is_empty() {
        sql.exec(REMOVE_TAGS, &[ticket.number.into(), tags_json(before).into()])?;
    }
    insert_tags(sql, ticket)
}

/// Removes the rows of a ticket's tags; what the ticket says its tags are stays.
///
/// # Errors
/// A storage fault.
pub fn remove_tags(sql: &dyn Sql, ticket: &Ticket) -> Result<(), Fault> {
    sql.exec(REMOVE_TAGS, &[ticket.number.into(), tags_json(&ticket.tags).into()]).map(drop)
}

const FORGET_USER: &str = "update tickets set user_id = null where number = ?";

/// Takes a ticket from its user.
///
/// # Errors
/// A storage fault.
pub fn forget_user(sql: &dyn Sql, ticket: i64) -> Result<(), Fault> {
    sql.exec(FORGET_USER, &[ticket.into()]).map(drop)
}

fn tags_json(tags: &[String]) -> String {
    serde_json::Value::from(tags).to_string()
}

const IDS_AFTER: &str = "select number, id from tickets where number > ? order by number limit ?";

/// Tickets after a number, in order: number and id.
///
/// # Errors
/// A storage fault.
pub fn ids_after(sql: &dyn Sql, number: i64, limit: i64) -> Result<Vec<(i64, String)>, Fault> {
    let rows = sql.exec(IDS_AFTER, &[number.into(), limit.into()])?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.text(1)?))).collect()
}

const IDS_OF_USER: &str =
    "select number, id from tickets where user_id = ? and number > ? order by number limit ?";

/// A user's tickets after a number, in order: number and id.
///
/// # Errors
/// A storage fault.
pub fn ids_of_user(
    sql: &dyn Sql,
    user: UserId,
    number: i64,
    limit: i64,
) -> Result<Vec<(i64, String)>, Fault> {
    let rows = sql.exec(IDS_OF_USER, &[user.to_string().into(), number.into(), limit.into()])?;
    rows.iter().map(|row| Ok((row.integer(0)?, row.text(1)?))).collect()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    STANDING,
    PLACE,
    STANDING_OF_NUMBER,
    FOLLOWERS,
    SUBJECTS_OF_USER,
    COMMENTED,
    FIND,
    INSERT,
    UPDATE,
    INSERT_TAGS,
    REMOVE_TAGS,
    FORGET_USER,
    IDS_AFTER,
    IDS_OF_USER,
];
