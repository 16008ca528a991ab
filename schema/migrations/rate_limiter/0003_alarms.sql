-- What operators were told of each workspace, by whoever told it: that it stands, or is over.
create table alarms (
    workspace_id text not null,
    type text not null,
    -- The inbox that told it; empty where the workspace did.
    source text not null,
    at integer not null,
    stands integer not null check (stands in (0, 1)),
    primary key (workspace_id, type, source)
) strict, without rowid;
