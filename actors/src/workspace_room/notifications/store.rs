//! Notifications, and how they are wanted.

use crate::kernel::{Fault, Row, Sql};
use schema::event::By;
use schema::ids::{AgentId, InboxId, NotificationId, TicketId};
use schema::room::notification::{Channel, Notification, NotificationKind, NotificationTemplate};
use schema::{Millis, codec};

/// Every statement, for the test that none of them scans a table.
#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    INSERT,
    FIND,
    FORGET_OF_TICKET,
    LIST,
    LIST_UNREAD,
    LIST_READ,
    UNREAD,
    SET_READ,
    READ_ALL,
    NUMBER,
    OWNER,
    FORGET,
    FORGET_OF_USER,
    OLDEST,
    ASSIGNEE,
    CHANNEL,
    SET_CHANNEL,
    TEMPLATE,
    SET_TEMPLATE,
    RESET_TEMPLATE,
    SETUP,
    SET_SETUP,
];

const INSERT: &str = "insert into notifications
    (id, agent_id, kind, title, body, ticket_id, comment_id, by, at, read_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, null)";

/// Adds a notification of an agent's.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, agent: AgentId, it: &Notification) -> Result<(), Fault> {
    let by = codec::to_json(&it.by);
    let params = [
        it.id.to_string().into(),
        agent.to_string().into(),
        it.kind.as_str().into(),
        (&it.title).into(),
        (&it.body).into(),
        it.ticket_id.map(|id| id.to_string()).unwrap_or_default().into(),
        it.comment_id.map(|id| id.to_string()).into(),
        String::from_utf8_lossy(&by).into_owned().into(),
        it.at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

/// The columns that [`read`] takes.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select number, id, kind, title, body, ticket_id, comment_id, by, at, read_at \
             from notifications ",
            $rest
        )
    };
}

const FIND: &str = columns!("where id = ? and agent_id = ?");

/// A notification of an agent's.
///
/// # Errors
/// A storage fault.
pub fn find(
    sql: &dyn Sql,
    agent: AgentId,
    id: NotificationId,
) -> Result<Option<Notification>, Fault> {
    let row = sql.first(FIND, &[id.to_string().into(), agent.to_string().into()])?;
    row.as_ref().map(read).transpose()
}

const LIST: &str = columns!("where agent_id = ? and number < ? order by number desc limit ?");

const LIST_UNREAD: &str = columns!(
    "where agent_id = ? and read_at is null and number < ?
    order by number desc limit ?"
);

const LIST_READ: &str = columns!(
    "where agent_id = ? and read_at is not null and number < ?
    order by number desc limit ?"
);

/// An agent's notifications before a number, the latest first; all, or those that are unread or
/// read.
///
/// # Errors
/// A storage fault.
pub fn list(
    sql: &dyn Sql,
    agent: AgentId,
    unread: Option<bool>,
    before: i64,
    limit: i64,
) -> Result<Vec<(i64, Notification)>, Fault> {
    let statement = match unread {
        None => LIST,
        Some(true) => LIST_UNREAD,
        Some(false) => LIST_READ,
    };
    let rows = sql.exec(statement, &[agent.to_string().into(), before.into(), limit.into()])?;
    rows.iter().map(|row| Ok((row.integer(0)?, read(row)?))).collect()
}

fn read(row: &Row) -> Result<Notification, Fault> {
    let (kind, by) = (row.text(2)?, row.text(7)?);
    let by: By = codec::read_json(by.as_bytes())
        .map_err(|error| Fault(format!("a notification by whom? {}", error.message)))?;
    Ok(Notification {
        id: row.id(1)?,
        kind: NotificationKind::parse(&kind)
            .ok_or_else(|| Fault(format!("no kind of notification: {kind}")))?,
        title: row.text(3)?,
        body: row.text(4)?,
        ticket_id: if row.text(5)?.is_empty() { None } else { Some(row.id(5)?) },
        comment_id: row.id_or_null(6)?,
        by,
        at: row.integer(8)?,
        read_at: row.integer_or_null(9)?,
    })
}

const UNREAD: &str = "select count(*) from
    (select 1 from notifications where agent_id = ? and read_at is null limit 1000)";

/// How many an agent has not read, at most 1,000.
///
/// # Errors
/// A storage fault.
pub fn unread(sql: &dyn Sql, agent: AgentId) -> Result<i64, Fault> {
    sql.first(UNREAD, &[agent.to_string().into()])?.map_or(Ok(0), |row| row.integer(0))
}

const SET_READ: &str = "update notifications set read_at = ? where id = ?";

/// Notes when one was read, or that it is not.
///
/// # Errors
/// A storage fault.
pub fn set_read(sql: &dyn Sql, id: NotificationId, at: Option<Millis>) -> Result<(), Fault> {
    sql.exec(SET_READ, &[at.into(), id.to_string().into()]).map(drop)
}

const READ_ALL: &str = "update notifications set read_at = ?
    where agent_id = ? and read_at is null and number <= ?";

/// Notes that an agent has read all up to a number.
///
/// # Errors
/// A storage fault.
pub fn read_all(sql: &dyn Sql, agent: AgentId, upto: i64, now: Millis) -> Result<(), Fault> {
    sql.exec(READ_ALL, &[now.into(), agent.to_string().into(), upto.into()]).map(drop)
}

const NUMBER: &str = "select number from notifications where id = ? and agent_id = ?";

/// The number of a notification of an agent's.
///
/// # Errors
/// A storage fault.
pub fn number(sql: &dyn Sql, agent: AgentId, id: NotificationId) -> Result<Option<i64>, Fault> {
    let row = sql.first(NUMBER, &[id.to_string().into(), agent.to_string().into()])?;
    row.map(|row| row.integer(0)).transpose()
}

const OWNER: &str = "select agent_id from notifications where id = ?";

/// Whose a notification is.
///
/// # Errors
/// A storage fault.
pub fn owner(sql: &dyn Sql, id: NotificationId) -> Result<Option<AgentId>, Fault> {
    sql.first(OWNER, &[id.to_string().into()])?.map(|row| row.id(0)).transpose()
}

const FORGET: &str = "delete from notifications
    where at <= ? and number <= (select min(number) + ? from notifications)";

/// Forgets the oldest, those from before a time, at most so many.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, until: Millis, limit: i64) -> Result<(), Fault> {
    sql.exec(FORGET, &[until.into(), limit.into()]).map(drop)
}

const FORGET_OF_USER: &str = "delete from notifications where ticket_id in
    (select id from tickets where user_id = ?)";

/// Forgets what tells of a user's tickets.
///
/// # Errors
/// A storage fault.
pub fn forget_of_user(sql: &dyn Sql, user: &str) -> Result<(), Fault> {
    sql.exec(FORGET_OF_USER, &[user.into()]).map(drop)
}

const FORGET_OF_TICKET: &str = "delete from notifications where ticket_id = ?";

/// Forgets what tells of a ticket.
///
/// # Errors
/// A storage fault.
pub fn forget_of_ticket(sql: &dyn Sql, ticket: TicketId) -> Result<(), Fault> {
    sql.exec(FORGET_OF_TICKET, &[ticket.to_string().into()]).map(drop)
}

const OLDEST: &str = "select at from notifications order by number limit 1";

/// When the oldest was made.
///
/// # Errors
/// A storage fault.
pub fn oldest(sql: &dyn Sql) -> Result<Option<Millis>, Fault> {
    sql.first(OLDEST, &[])?.map(|row| row.integer(0)).transpose()
}

const ASSIGNEE: &str = "select assignee_id from tickets where id = ?";

/// Whose a ticket is.
///
/// # Errors
/// A storage fault.
pub fn assignee(sql: &dyn Sql, ticket: TicketId) -> Result<Option<AgentId>, Fault> {
    sql.first(ASSIGNEE, &[ticket.to_string().into()])?.map_or(Ok(None), |row| row.id_or_null(0))
}

const CHANNEL: &str = "select channel from notification_settings where agent_id = ? and kind = ?";

/// How an agent is told of a kind.
///
/// # Errors
/// A storage fault.
pub fn channel(sql: &dyn Sql, agent: AgentId, kind: NotificationKind) -> Result<Channel, Fault> {
    let row = sql.first(CHANNEL, &[agent.to_string().into(), kind.as_str().into()])?;
    let Some(row) = row else { return Ok(Channel::InApp) };
    let name = row.text(0)?;
    Channel::parse(&name).ok_or_else(|| Fault(format!("no channel: {name}")))
}

const SET_CHANNEL: &str = "insert into notification_settings (agent_id, kind, channel)
    values (?, ?, ?) on conflict (agent_id, kind) do update set channel = excluded.channel";

/// Writes how an agent is told of a kind.
///
/// # Errors
/// A storage fault.
pub fn set_channel(
    sql: &dyn Sql,
    agent: AgentId,
    kind: NotificationKind,
    channel: Channel,
) -> Result<(), Fault> {
    let params = [agent.to_string().into(), kind.as_str().into(), channel.as_str().into()];
    sql.exec(SET_CHANNEL, &params).map(drop)
}

const TEMPLATE: &str = "select title, body from notification_templates where kind = ?";

/// The text of a kind, where the workspace has its own.
///
/// # Errors
/// A storage fault.
pub fn template(
    sql: &dyn Sql,
    kind: NotificationKind,
) -> Result<Option<NotificationTemplate>, Fault> {
    let Some(row) = sql.first(TEMPLATE, &[kind.as_str().into()])? else { return Ok(None) };
    Ok(Some(NotificationTemplate { kind, title: row.text(0)?, body: row.text(1)? }))
}

const SET_TEMPLATE: &str = "insert into notification_templates (kind, title, body)
    values (?, ?, ?)
    on conflict (kind) do update set title = excluded.title, body = excluded.body";

/// Writes the text of a kind.
///
/// # Errors
/// A storage fault.
pub fn set_template(sql: &dyn Sql, it: &NotificationTemplate) -> Result<(), Fault> {
    let params = [it.kind.as_str().into(), (&it.title).into(), (&it.body).into()];
    sql.exec(SET_TEMPLATE, &params).map(drop)
}

const RESET_TEMPLATE: &str = "delete from notification_templates where kind = ?";

/// Gives a kind back the text that it had at first.
///
/// # Errors
/// A storage fault.
pub fn reset_template(sql: &dyn Sql, kind: NotificationKind) -> Result<(), Fault> {
    sql.exec(RESET_TEMPLATE, &[kind.as_str().into()]).map(drop)
}

const SETUP: &str = "select inbox_id, version from notification_setup where id = 1";

/// The inbox that sends, and the version.
///
/// # Errors
/// A storage fault.
pub fn setup(sql: &dyn Sql) -> Result<(Option<InboxId>, i64), Fault> {
    let row = sql.first(SETUP, &[])?;
    row.map_or(Ok((None, 1)), |row| Ok((row.id_or_null(0)?, row.integer(1)?)))
}

const SET_SETUP: &str =
    "update notification_setup set inbox_id = ?, version = version + 1 where id = 1";

/// Writes the inbox that sends; the version grows.
///
/// # Errors
/// A storage fault.
pub fn set_setup(sql: &dyn Sql, inbox: Option<InboxId>) -> Result<(), Fault> {
    sql.exec(SET_SETUP, &[inbox.map(|id| id.to_string()).into()]).map(drop)
}
