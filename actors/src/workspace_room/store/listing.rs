//! The lists of tickets: which index each walks.

use super::tickets::{columns, read};
use crate::kernel::{Fault, Sql, Value};
use schema::Millis;
use schema::ids::{AgentId, CategoryId, CustomStatusId, TeamId, UserId};
use schema::room::ticket::{Status, Ticket};

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
    /// All tickets by the time at which they were opened, the latest first.
    Created,
    /// A team's tickets of a status, the latest first.
    Team(TeamId, Status),
    /// The tickets of a category and a status, the latest first.
    Category(CategoryId, Status),
    /// The tickets of a status of the workspace's own, the latest first.
    Custom(CustomStatusId),
    /// A user's tickets, the latest first.
    User(UserId),
    /// The tickets with a tag, the latest first.
    Tag(String),
}

impl Walk {
    /// Where a ticket stands in it.
    #[must_use]
    pub const fn position(&self, ticket: &Ticket) -> Position {
        match self {
            Self::Status(_) | Self::Assignee(..) => (ticket.updated_at, ticket.number),
            Self::Created => (ticket.created_at, ticket.number),
            _ => (0, ticket.number),
        }
    }
}

const BY_STATUS: &str = columns!(
    "tickets t",
    "where t.status = ? and t.deleted_at is null and (t.updated_at, t.number) < (?, ?)
    order by t.updated_at desc, t.number desc limit ?"
);

const OF_ASSIGNEE: &str = columns!(
    "tickets t",
    "where t.assignee_id = ? and t.status = ? and t.deleted_at is null
    and (t.updated_at, t.number) < (?, ?)
    order by t.updated_at desc, t.number desc limit ?"
);

const ALL: &str = columns!(
    "tickets t",
    "where t.deleted_at is null and t.number < ? order by t.number desc limit ?"
);

const BY_CREATION: &str = columns!(
    "tickets t",
    "where t.deleted_at is null and (t.created_at, t.number) < (?, ?)
    order by t.created_at desc, t.number desc limit ?"
);

const OF_USER: &str = columns!(
    "tickets t",
    "where t.user_id = ? and t.deleted_at is null and t.number < ?
    order by t.number desc limit ?"
);

const OF_TEAM: &str = columns!(
    "tickets t",
    "where t.team_id = ? and t.status = ? and t.deleted_at is null and t.number < ?
    order by t.number desc limit ?"
);

const OF_CATEGORY: &str = columns!(
    "tickets t",
    "where t.category_id = ? and t.status = ? and t.deleted_at is null and t.number < ?
    order by t.number desc limit ?"
);

const OF_CUSTOM_STATUS: &str = columns!(
    "tickets t",
    "where t.custom_status_id = ? and t.deleted_at is null and t.number < ?
    order by t.number desc limit ?"
);

/// A deleted ticket has no rows of tags.
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
        Walk::Created => sql.exec(BY_CREATION, &end)?,
        Walk::Team(team, status) => {
            let key = [team.to_string().into(), status.as_str().into()];
            sql.exec(OF_TEAM, &prepend(key, [number, limit]))?
        }
        Walk::Category(category, status) => {
            let key = [category.to_string().into(), status.as_str().into()];
            sql.exec(OF_CATEGORY, &prepend(key, [number, limit]))?
        }
        Walk::Custom(id) => sql.exec(OF_CUSTOM_STATUS, &[id.to_string().into(), number, limit])?,
        Walk::User(user) => sql.exec(OF_USER, &[user.to_string().into(), number, limit])?,
        Walk::Tag(tag) => sql.exec(TAGGED, &[tag.into(), number, limit])?,
    };
    rows.iter().map(read).collect()
}

fn prepend<const N: usize, const M: usize>(key: [Value; N], end: [Value; M]) -> Vec<Value> {
    key.into_iter().chain(end).collect()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    BY_STATUS,
    OF_ASSIGNEE,
    ALL,
    BY_CREATION,
    OF_USER,
    OF_TEAM,
    OF_CATEGORY,
    OF_CUSTOM_STATUS,
    TAGGED,
];
