//! The table of the catalogue.

use super::{Item, Kind};
use crate::kernel::{Fault, Row, Sql, Value};
use crate::workspace_room::store::tickets::word;
use schema::codec::read_json;
use schema::ids::{AgentId, ItemId, TeamId};

/// The columns that [`read`] takes.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select number, id, name, team_id, agent_id, content, archived, created_at, \
             updated_at, version from catalogue ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Item, Fault> {
    let content = row.text(5)?;
    Ok(Item {
        number: row.integer(0)?,
        id: row.id(1)?,
        name: row.text(2)?,
        team: row.id_or_null(3)?,
        agent: row.id_or_null(4)?,
        content: read_json(content.as_bytes())
            .map_err(|error| Fault(format!("content: {}", error.message)))?,
        archived: row.flag(6)?,
        created_at: row.integer(7)?,
        updated_at: row.integer(8)?,
        version: row.integer(9)?,
    })
}

const FIND: &str = columns!("where id = ? and kind = ?");

/// A thing of a kind.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, kind: Kind, id: ItemId) -> Result<Option<Item>, Fault> {
    let params = [id.to_string().into(), kind.as_str().into()];
    sql.first(FIND, &params)?.as_ref().map(read).transpose()
}

/// What a list shows.
#[derive(Debug)]
pub struct Seen {
    /// What is archived, or what is not.
    pub archived: bool,
    /// Without those for other teams than this.
    pub team: Option<TeamId>,
    /// With those of this agent.
    pub agent: Option<AgentId>,
}

/// What the list leaves out is bounded: there is a limit to each kind.
const LIST: &str = columns!(
    "where kind = ? and archived = ? and number > ?
    and (team_id is null or ? is null or team_id = ?) and (agent_id is null or agent_id = ?)
    order by number limit ?"
);

/// Things of a kind after a number, in the order of their making.
///
/// # Errors
/// A storage fault.
pub fn list(
    sql: &dyn Sql,
    kind: Kind,
    seen: &Seen,
    after: i64,
    limit: i64,
) -> Result<Vec<Item>, Fault> {
    let team = seen.team.map(|id| id.to_string());
    let params = [
        kind.as_str().into(),
        i64::from(seen.archived).into(),
        after.into(),
        team.clone().into(),
        team.into(),
        seen.agent.map(|id| id.to_string()).into(),
        limit.into(),
    ];
    sql.exec(LIST, &params)?.iter().map(read).collect()
}

const OF_NAME: &str = columns!("where kind = ? and name_key = ? and archived = 0");

/// The things of a kind with a name, which is in lower case; none that is archived.
///
/// # Errors
/// A storage fault.
pub fn of_name(sql: &dyn Sql, kind: Kind, name: &str) -> Result<Vec<Item>, Fault> {
    sql.exec(OF_NAME, &[kind.as_str().into(), name.into()])?.iter().map(read).collect()
}

/// What is looked through is bounded: there is a limit to each kind.
const OF_SCOPE: &str =
    columns!("where kind = ? and archived = 0 and team_id is ? and agent_id is ? order by number");

/// The things of a kind that are for a team, for an agent, or for all; none that is archived.
///
/// # Errors
/// A storage fault.
pub fn of_scope(
    sql: &dyn Sql,
    kind: Kind,
    team: Option<TeamId>,
    agent: Option<AgentId>,
) -> Result<Vec<Item>, Fault> {
    let (team, agent) = (team.map(|id| id.to_string()), agent.map(|id| id.to_string()));
    let params = [kind.as_str().into(), team.into(), agent.into()];
    sql.exec(OF_SCOPE, &params)?.iter().map(read).collect()
}

const COUNT: &str = "select count(*) from catalogue where kind = ? and archived = 0";

/// How many things of a kind there are that are not archived.
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql, kind: Kind) -> Result<i64, Fault> {
    sql.first(COUNT, &[kind.as_str().into()])?.map_or(Ok(0), |row| row.integer(0))
}

const KIND_OF: &str = "select kind from catalogue where id = ?";

/// The kind of whatever has an id.
///
/// # Errors
/// A storage fault.
pub fn kind_of(sql: &dyn Sql, id: ItemId) -> Result<Option<Kind>, Fault> {
    let row = sql.first(KIND_OF, &[id.to_string().into()])?;
    row.map(|row| word(&row, 0, Kind::parse)).transpose()
}

/// By the key, whatever index of the kind there is.
const AFTER: &str = "select number, id, name, team_id, agent_id, content, archived, created_at,
    updated_at, version, kind from catalogue
    where number > ? and (+kind = 'category') = cast(? as integer) order by number limit ?";

/// Which things a walk through all of them meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// Those of every other kind.
    Others,
    /// The categories.
    Categories,
}

/// Things after a number, archived or not and whosever they are, in the order of their making.
///
/// # Errors
/// A storage fault.
pub fn after(
    sql: &dyn Sql,
    walk: Walk,
    number: i64,
    limit: i64,
) -> Result<Vec<(Kind, Item)>, Fault> {
    let categories = i64::from(walk == Walk::Categories);
    let rows = sql.exec(AFTER, &[number.into(), categories.into(), limit.into()])?;
    rows.iter().map(|row| Ok((word(row, 10, Kind::parse)?, read(row)?))).collect()
}

const INSERT: &str = "insert into catalogue (id, kind, name, name_key, team_id, agent_id, content,
    archived, created_at, updated_at, version) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Adds a thing.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, kind: Kind, item: &Item) -> Result<(), Fault> {
    let params = [
        item.id.to_string().into(),
        kind.as_str().into(),
        (&item.name).into(),
        item.name.to_lowercase().into(),
        item.team.map(|id| id.to_string()).into(),
        item.agent.map(|id| id.to_string()).into(),
        content(item),
        i64::from(item.archived).into(),
        item.created_at.into(),
        item.updated_at.into(),
        item.version.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const UPDATE: &str = "update catalogue set name = ?, name_key = ?, content = ?, archived = ?,
    updated_at = ?, version = ? where id = ?";

/// Writes what may change of a thing.
///
/// # Errors
/// A storage fault.
pub fn update(sql: &dyn Sql, item: &Item) -> Result<(), Fault> {
    let params = [
        (&item.name).into(),
        item.name.to_lowercase().into(),
        content(item),
        i64::from(item.archived).into(),
        item.updated_at.into(),
        item.version.into(),
        item.id.to_string().into(),
    ];
    sql.exec(UPDATE, &params).map(drop)
}

fn content(item: &Item) -> Value {
    serde_json::Value::Object(item.content.clone()).to_string().into()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[FIND, LIST, OF_NAME, OF_SCOPE, COUNT, KIND_OF, AFTER, INSERT, UPDATE];
