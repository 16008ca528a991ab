-- What troubles each workspace, by whoever tells it: that it stands, or is over.
create table alarms (
    workspace_id text not null,
    type text not null,
    -- The inbox that told it; empty where the workspace did.
    source text not null,
    at integer not null,
    stands integer not null check (stands in (0, 1)),
    primary key (workspace_id, type, source)
) strict, without rowid;

-- What operators are told of it: of a person who is needed one for the workspace, whoever tells it.
create table notices (
    workspace_id text not null,
    type text not null,
    -- The inbox; empty where it is of the workspace.
    source text not null,
    -- Which alert is the latest, whether it says that something stands, and, until it is taken, it.
    number integer not null,
    stands integer not null check (stands in (0, 1)),
    body blob not null,
    -- Which alert was taken last, 0 before the first, and whether it said that something stands.
    heard integer not null,
    told integer not null check (told in (0, 1)),
    -- How many requests there were since of which nobody knows whether they were taken.
    open integer not null check (open >= 0),
    -- When it last rang; 0 before.
    rung_at integer not null,
    -- Whether there was nowhere to ring.
    mute integer not null check (mute in (0, 1)),
    primary key (workspace_id, type, source)
) strict;

create index notices_by_ring on notices (workspace_id, rung_at);
create index notices_mute on notices (number) where mute = 1;

-- The number of the latest alert.
alter table alert add column number integer not null default 0;
