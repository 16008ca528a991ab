//! Teams: groups of agents that tickets can be given to.

use crate::Millis;
use crate::ids::{AgentId, TeamId};
use serde::{Deserialize, Serialize};

/// The longest name of a team, in characters.
pub const NAME_CHARS_MAX: usize = 100;
/// The longest description of a team, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 1_000;
/// How many teams a workspace may have.
pub const TEAMS_MAX: i64 = 500;
/// How many members a team may have.
pub const MEMBERS_MAX: usize = 200;

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Team {
    /// The team.
    pub id: TeamId,
    /// What it is called; no other team of the workspace is called so, in upper or lower case.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// Who is in it, those too who are inactive at the moment.
    pub member_ids: Vec<AgentId>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// The data of `team.created` and `team.deleted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TeamEvent {
    /// After the change; of a team that was deleted, as it last was.
    pub team: Team,
}

/// The data of `team.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TeamChanged {
    /// After the change.
    pub team: Team,
    /// What was different before.
    pub before: TeamBefore,
}

/// The fields of a team that a change has changed, as they were before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TeamBefore {
    /// The former name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The former description; null where there was none.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub description: Option<Option<String>>,
    /// The former members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_ids: Option<Vec<AgentId>>,
}

/// Lists teams, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListTeams {
    /// Only those that this agent is in.
    #[serde(default)]
    pub agent_id: Option<AgentId>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Reads a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetTeam {
    /// The team.
    pub team_id: TeamId,
}

/// Makes a team. `conflict` with `details.teamId` where another one has the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateTeam {
    /// What it is called: 1 to 100 characters.
    pub name: String,
    /// What it does: up to 1,000 characters.
    #[serde(default)]
    pub description: Option<String>,
    /// Who is in it: at most 200 active agents.
    #[serde(default)]
    pub member_ids: Vec<AgentId>,
}

/// Changes a team; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeTeam {
    /// The team.
    pub team_id: TeamId,
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// The new description; null removes it.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    pub description: Option<Option<String>>,
    /// Who is in it from now on: at most 200. Who is new must be active.
    #[serde(default)]
    pub member_ids: Option<Vec<AgentId>>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Deletes a team. Tickets keep it in what has happened to them, and no longer belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeleteTeam {
    /// The team.
    pub team_id: TeamId,
    /// Delete only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Takes an active agent into a team; nothing happens where they are in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AddTeamMember {
    /// The team.
    pub team_id: TeamId,
    /// Who.
    pub agent_id: AgentId,
}

/// Takes an agent out of a team; nothing happens where they are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RemoveTeamMember {
    /// The team.
    pub team_id: TeamId,
    /// Who.
    pub agent_id: AgentId,
}
