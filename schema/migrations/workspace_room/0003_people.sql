-- Teams.

create table teams (
    number integer primary key,
    id text not null unique,
    name text not null,
    -- The name in lower case; null once the team is deleted, so that the name is free again.
    name_key text unique,
    description text,
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    -- The row of a deleted team stays, for the tickets that it had.
    deleted_at integer
) strict;

create index teams_live on teams (number) where deleted_at is null;

create table team_members (
    team integer not null references teams (number),
    agent_id text not null references agents (id),
    primary key (team, agent_id)
) strict, without rowid;

create index team_members_of_agent on team_members (agent_id, team);
