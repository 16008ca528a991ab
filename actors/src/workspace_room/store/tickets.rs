//! The tickets.

use crate::kernel::{Fault, Row, Sql, Value};
use schema::Millis;
use schema::codec::read_json;
use schema::ids::{AgentId, TicketId, UserId};
use schema::room::ticket::{Priority, Source, Status, Ticket};

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
}

const STANDING: &str = "select id, number, status, comments, last_comment_at, first_reply_at,
    solved_at, version from tickets where id = ?";

/// How a ticket stands: one row, nothing joined.
///
/// # Errors
/// A storage fault.
pub fn standing(sql: &dyn Sql, id: TicketId) -> Result<Option<Standing>, Fault> {
    sql.first(STANDING, &[id.to_string().into()])?.as_ref().map(read_standing).transpose()
}

const STANDING_OF_NUMBER: &str = "select id, number, status, comments, last_comment_at,
    first_reply_at, solved_at, version from tickets where number = ?";

/// How the ticket of a number stands.
///
/// # Errors
/// A storage fault.
pub fn standing_of_number(sql: &dyn Sql, number: i64) -> Result<Option<Standing>, Fault> {
    sql.first(STANDING_OF_NUMBER, &[number.into()])?.as_ref().map(read_standing).transpose()
}

const FOLLOWER: &str = "select id, number, status, comments, last_comment_at, first_reply_at,
    solved_at, version from tickets where follows = ? order by number desc limit 1";

/// How the latest ticket that follows a closed one stands.
///
/// # Errors
/// A storage fault.
pub fn follower(sql: &dyn Sql, number: i64) -> Result<Option<Standing>, Fault> {
    sql.first(FOLLOWER, &[number.into()])?.as_ref().map(read_standing).transpose()
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
    })
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
    first_reply_at = ?, version = ? where number = ?";

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
        ticket.number.into(),
    ];
    sql.exec(COMMENTED, &params).map(drop)
}

/// The columns that [`read`] takes.
macro_rules! columns {
    ($from:literal, $rest:literal) => {
        concat!(
            "select t.number, t.id, t.subject, t.status, t.priority, t.tags, t.assignee_id, \
             t.user_id, u.email, u.name, u.company_id, c.name, t.source, f.id, t.comments, \
             t.created_at, t.updated_at, t.last_comment_at, t.first_reply_at, t.solved_at, \
             t.closed_at, t.version from ",
            $from,
            " left join users u on u.id = t.user_id \
             left join companies c on c.id = u.company_id \
             left join tickets f on f.number = t.follows ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Ticket, Fault> {
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
        unread: None,
    })
}

const FIND: &str = columns!("tickets t", "where t.id = ?");

/// A ticket, whole.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: TicketId) -> Result<Option<Ticket>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.as_ref().map(read).transpose()
}

/// A place in a list: the key it is sorted by (0 where that is the number alone), and the number.
pub type Position = (Millis, i64);

/// Which index a list of tickets walks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Walk {
    /// Tickets of a status, what changed last first.
    Status(Status),
    /// An agent's tickets of a status, what changed last first.
    Assignee(AgentId, Status),
    /// All tickets, the latest first.
    All,
    /// A user's tickets, the latest first.
    User(UserId),
    /// The tickets with a tag, the latest first.
    Tag(String),
}

impl Walk {
    /// Whether it is sorted by the time of the last change.
    #[must_use]
    pub const fn by_change(&self) -> bool {
        matches!(self, Self::Status(_) | Self::Assignee(..))
    }
}

const BY_STATUS: &str = columns!(
    "tickets t",
    "where t.status = ? and (t.updated_at, t.number) < (?, ?)
    order by t.updated_at desc, t.number desc limit ?"
);

const OF_ASSIGNEE: &str = columns!(
    "tickets t",
    "where t.assignee_id = ? and t.status = ? and (t.updated_at, t.number) < (?, ?)
    order by t.updated_at desc, t.number desc limit ?"
);

const ALL: &str = columns!("tickets t", "where t.number < ? order by t.number desc limit ?");

const OF_USER: &str =
    columns!("tickets t", "where t.user_id = ? and t.number < ? order by t.number desc limit ?");

const TAGGED: &str = columns!(
    "ticket_tags g cross join tickets t on t.number = g.ticket",
    "where g.tag = ? and g.ticket < ? order by g.ticket desc limit ?"
);

/// The tickets of a walk after a position, at most `limit`.
///
/// # Errors
/// A storage fault.
pub fn list(
    sql: &dyn Sql,
    walk: &Walk,
    (changed, number): Position,
    limit: i64,
) -> Result<Vec<Ticket>, Fault> {
    let end = [changed.into(), number.into(), limit.into()];
    let [_, number, limit] = end.clone();
    let rows = match walk {
        Walk::Status(status) => sql.exec(BY_STATUS, &prepend([status.as_str().into()], end))?,
        Walk::Assignee(agent, status) => {
            let key = [agent.to_string().into(), status.as_str().into()];
            sql.exec(OF_ASSIGNEE, &prepend(key, end))?
        }
        Walk::All => sql.exec(ALL, &[number, limit])?,
        Walk::User(user) => sql.exec(OF_USER, &[user.to_string().into(), number, limit])?,
        Walk::Tag(tag) => sql.exec(TAGGED, &[tag.into(), number, limit])?,
    };
    rows.iter().map(read).collect()
}

fn prepend<const N: usize>(key: [Value; N], end: [Value; 3]) -> Vec<Value> {
    key.into_iter().chain(end).collect()
}

const INSERT: &str = "insert into tickets (number, id, subject, status, priority, tags,
    assignee_id, user_id, source, follows, comments, created_at, updated_at, version,
    solved_at, closed_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 1, ?, ?)";

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
    ];
    sql.exec(INSERT, &params)?;
    insert_tags(sql, ticket)
}

const UPDATE: &str = "update tickets set subject = ?, status = ?, priority = ?, tags = ?,
    assignee_id = ?, updated_at = ?, solved_at = ?, closed_at = ?, version = ? where number = ?";

/// Writes what may change of a ticket, its tags excepted.
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
        ticket.number.into(),
    ];
    sql.exec(UPDATE, &params).map(drop)
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
    STANDING_OF_NUMBER,
    FOLLOWER,
    COMMENTED,
    FIND,
    BY_STATUS,
    OF_ASSIGNEE,
    ALL,
    OF_USER,
    TAGGED,
    INSERT,
    UPDATE,
    INSERT_TAGS,
    REMOVE_TAGS,
    IDS_AFTER,
    IDS_OF_USER,
];
