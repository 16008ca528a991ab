//! The teams and who is in them.

use crate::kernel::{Fault, Row, Sql, Value};
use schema::Millis;
use schema::codec::read_json;
use schema::ids::{AgentId, TeamId};
use schema::room::team::Team;
use schema::sort::SortSmall;

/// A team and its place in the list.
pub type Numbered = (i64, Team);

/// The columns that [`read`] takes.
macro_rules! columns {
    ($from:literal) => {
        concat!(
            "select t.number, t.id, t.name, t.description, t.created_at, t.updated_at, t.version, \
             (select json_group_array(m.agent_id) from team_members m where m.team = t.number) \
             from ",
            $from
        )
    };
}

fn read(row: &Row) -> Result<Numbered, Fault> {
    let members = row.text(7)?;
    let mut member_ids: Vec<AgentId> = read_json(members.as_bytes())
        .map_err(|error| Fault(format!("members: {}", error.message)))?;
    member_ids.sort_small();
    let team = Team {
        id: row.id(1)?,
        name: row.text(2)?,
        description: row.text_or_null(3)?,
        member_ids,
        created_at: row.integer(4)?,
        updated_at: row.integer(5)?,
        version: row.integer(6)?,
    };
    Ok((row.integer(0)?, team))
}

const FIND: &str = columns!("teams t where t.id = ? and t.deleted_at is null");

/// A team that is not deleted.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: TeamId) -> Result<Option<Team>, Fault> {
    let row = sql.first(FIND, &[id.to_string().into()])?;
    row.map(|row| read(&row).map(|(_, team)| team)).transpose()
}

const ID_OF_NAME: &str = "select id from teams where name_key = ?";

/// The team of a name, lower-case.
///
/// # Errors
/// A storage fault.
pub fn id_of_name(sql: &dyn Sql, key: &str) -> Result<Option<TeamId>, Fault> {
    sql.first(ID_OF_NAME, &[key.into()])?.map(|row| row.id(0)).transpose()
}

const LIST: &str =
    columns!("teams t where t.deleted_at is null and t.number < ? order by t.number desc limit ?");

/// Teams, the latest first, before a place in the list.
///
/// # Errors
/// A storage fault.
pub fn list(sql: &dyn Sql, before: i64, limit: i64) -> Result<Vec<Numbered>, Fault> {
    sql.exec(LIST, &[before.into(), limit.into()])?.iter().map(read).collect()
}

const OF_AGENT: &str = columns!(
    "team_members o cross join teams t on t.number = o.team
    where o.agent_id = ? and o.team < ? order by o.team desc limit ?"
);

/// The teams that an agent is in, the latest first, before a place in the list.
///
/// # Errors
/// A storage fault.
pub fn of_agent(
    sql: &dyn Sql,
    agent: AgentId,
    before: i64,
    limit: i64,
) -> Result<Vec<Numbered>, Fault> {
    let params = [Value::Text(agent.to_string()), before.into(), limit.into()];
    sql.exec(OF_AGENT, &params)?.iter().map(read).collect()
}

const COUNT: &str = "select count(*) from teams where deleted_at is null";

/// How many teams there are.
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql) -> Result<i64, Fault> {
    sql.first(COUNT, &[])?.map_or(Ok(0), |row| row.integer(0))
}

const INSERT: &str = "insert into teams
    (id, name, name_key, description, version, created_at, updated_at)
    values (?, ?, ?, ?, ?, ?, ?)";

/// Adds a team, without its members.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, team: &Team, key: &str) -> Result<(), Fault> {
    let params = [
        team.id.to_string().into(),
        (&team.name).into(),
        key.into(),
        team.description.clone().into(),
        team.version.into(),
        team.created_at.into(),
        team.updated_at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const UPDATE: &str = "update teams
    set name = ?, name_key = ?, description = ?, version = ?, updated_at = ? where id = ?";

/// Writes what may change of a team, its members excepted.
///
/// # Errors
/// A storage fault.
pub fn update(sql: &dyn Sql, team: &Team, key: &str) -> Result<(), Fault> {
    let params = [
        (&team.name).into(),
        key.into(),
        team.description.clone().into(),
        team.version.into(),
        team.updated_at.into(),
        team.id.to_string().into(),
    ];
    sql.exec(UPDATE, &params).map(drop)
}

const DELETE: &str =
    "update teams set name_key = null, version = version + 1, deleted_at = ? where id = ?";

/// Marks a team as deleted.
///
/// # Errors
/// A storage fault.
pub fn delete(sql: &dyn Sql, id: TeamId, now: Millis) -> Result<(), Fault> {
    sql.exec(DELETE, &[now.into(), id.to_string().into()]).map(drop)
}

const ADD_MEMBERS: &str = "insert into team_members (team, agent_id)
    select t.number, j.value from teams t cross join json_each(?) j where t.id = ?
    on conflict (team, agent_id) do nothing";

/// Takes agents into a team.
///
/// # Errors
/// A storage fault.
pub fn add_members(sql: &dyn Sql, team: TeamId, agents: &[AgentId]) -> Result<(), Fault> {
    if agents.is_empty() {
        return Ok(());
    }
    sql.exec(ADD_MEMBERS, &[list_of(agents).into(), team.to_string().into()]).map(drop)
}

const REMOVE_MEMBERS: &str = "delete from team_members
    where team = (select number from teams where id = ?)
    and agent_id in (select value from json_each(?))";

/// Takes the agents of `before` who are not in `after` out of a team.
///
/// # Errors
/// A storage fault.
pub fn remove_members(
    sql: &dyn Sql,
    team: TeamId,
    before: &[AgentId],
    after: &[AgentId],
) -> Result<(), Fault> {
    let gone: Vec<AgentId> = before.iter().copied().filter(|id| !after.contains(id)).collect();
    if gone.is_empty() {
        return Ok(());
    }
    sql.exec(REMOVE_MEMBERS, &[team.to_string().into(), list_of(&gone).into()]).map(drop)
}

fn list_of(agents: &[AgentId]) -> String {
    let ids: Vec<String> = agents.iter().map(ToString::to_string).collect();
    serde_json::Value::from(ids).to_string()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[FIND, ID_OF_NAME, LIST, OF_AGENT, COUNT, INSERT, UPDATE, DELETE, ADD_MEMBERS, REMOVE_MEMBERS];
