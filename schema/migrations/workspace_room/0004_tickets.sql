-- What a team does with tickets: sort them, put them off, claim, join, part and delete them; and
-- what agents prepare: drafts, canned replies, signatures, macros, views.

alter table tickets add column team_id text;
alter table tickets add column category_id text;
-- A status of the workspace's own, of the state that is in status.
alter table tickets add column custom_status_id text;
-- A flat JSON object; null where there are none.
alter table tickets add column attributes text;
-- Null where it is not put off.
alter table tickets add column snoozed_at integer;
alter table tickets add column snoozed_until integer;
alter table tickets add column wakes_on_reply integer check (wakes_on_reply in (0, 1));
alter table tickets add column claimed_by text;
alter table tickets add column claimed_until integer;
-- The ticket that this one's comments are in now.
alter table tickets add column merged_into integer;
-- The row of a deleted ticket stays: its number is used, and its mail is known.
alter table tickets add column deleted_at integer;

-- Lists never meet a deleted ticket.
drop index tickets_by_status;
drop index tickets_of_assignee;
create index tickets_by_status on tickets (status, updated_at) where deleted_at is null;
create index tickets_of_assignee on tickets (assignee_id, status, updated_at)
where assignee_id is not null and deleted_at is null;

-- None of these holds updated_at: a comment rewrites none of them.
create index tickets_by_creation on tickets (created_at) where deleted_at is null;
create index tickets_of_team on tickets (team_id, status)
where team_id is not null and deleted_at is null;
create index tickets_of_category on tickets (category_id, status)
where category_id is not null and deleted_at is null;
create index tickets_of_custom_status on tickets (custom_status_id)
where custom_status_id is not null and deleted_at is null;

-- A JSON array of agents; null where nobody is mentioned.
alter table comments add column mentions text;

alter table scheduled_comments add column cancel_on_reply integer not null default 0
check (cancel_on_reply in (0, 1));
-- Whether it waits only so that it can be taken back.
alter table scheduled_comments add column held integer not null default 0 check (held in (0, 1));
alter table scheduled_comments add column mentions text;

-- What a team prepares: categories, custom statuses, canned replies, signatures, macros, views.
create table catalogue (
    number integer primary key,
    id text not null unique,
    kind text not null check (
        kind in ('category', 'customStatus', 'cannedReply', 'signature', 'macro', 'view')
    ),
    name text not null,
    -- The name in lower case.
    name_key text not null,
    -- For one team, for one agent, or, where both are null, for all.
    team_id text,
    agent_id text,
    -- What only this kind has, as a JSON object.
    content text not null,
    archived integer not null check (archived in (0, 1)),
    created_at integer not null,
    updated_at integer not null,
    version integer not null
) strict;

create index catalogue_of_kind on catalogue (kind, archived);
create index catalogue_by_name on catalogue (kind, name_key) where archived = 0;

create table drafts (
    ticket integer not null references tickets (number),
    agent_id text not null,
    body text not null,
    visibility text not null check (visibility in ('public', 'private')),
    shared integer not null check (shared in (0, 1)),
    created_at integer not null,
    updated_at integer not null,
    version integer not null,
    primary key (ticket, agent_id)
) strict, without rowid;

create index drafts_of_agent on drafts (agent_id, ticket);

create table followers (
    ticket integer not null references tickets (number),
    agent_id text not null,
    since integer not null,
    primary key (ticket, agent_id)
) strict, without rowid;

-- Comments that went from one ticket to another, with what it takes to bring them back.
create table moves (
    number integer primary key,
    id text not null unique,
    kind text not null check (kind in ('merge', 'split')),
    source integer not null references tickets (number),
    target integer not null references tickets (number),
    comments integer not null,
    -- How both tickets were, as JSON; empty once it cannot be undone any more.
    before text not null,
    agent_id text,
    created_at integer not null,
    undone_at integer
) strict;

create index moves_of_source on moves (source);
create index moves_of_target on moves (target);

create table moved_comments (
    move integer not null references moves (number),
    comment integer not null,
    primary key (move, comment)
) strict, without rowid;
