-- The erasure of people.

-- People about whom everything is, or is being, erased.
create table erasures (
    user_id text primary key,
    -- What they were known by, as JSON; nothing once all is done.
    needles text not null,
    -- The last event and comment that were there; what came later is of somebody else.
    upto integer not null,
    stage text not null,
    position integer not null,
    tickets integer not null,
    comments integer not null,
    files integer not null,
    objects integer not null,
    events integer not null,
    others integer not null,
    -- What the second look still found.
    found integer not null,
    by_agent text,
    at integer not null,
    finished_at integer
) strict, without rowid;

create index attachments_by_key on attachments (key);
