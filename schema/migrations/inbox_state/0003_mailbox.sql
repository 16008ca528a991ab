-- One row where a mailbox is read: how it is reached, how far it was read, how it is.
create table mailbox (
    id integer primary key check (id = 1),
    host text not null,
    port integer not null,
    security text not null,
    username text not null,
    sealed_password blob not null,
    every_minutes integer not null,
    -- Mail that the server got before is not taken.
    since integer not null,
    -- Everything of this generation of the folder below uid_next has been dealt with.
    uid_validity integer,
    uid_next integer,
    -- The reading that is under way, or was last: a late outcome of an earlier one changes nothing.
    reading integer not null,
    -- How often reading has begun without an end that was heard of.
    unheard integer not null,
    -- The mail that reading fails at, and how often it has.
    failing_uid integer,
    failing_count integer not null,
    failures integer not null,
    error text,
    last_sync_at integer,
    stalled_since integer,
    -- Since when the room believes that it is stalled, or is being told so.
    told_since integer,
    readings integer not null,
    taken integer not null,
    duplicates integer not null,
    connected_at integer not null
) strict;

-- Mails that could not be taken in; where the server gave them they are kept.
create table passed_over (
    uid_validity integer not null,
    uid integer not null,
    reason text not null,
    raw_key text,
    at integer not null,
    primary key (uid_validity, uid)
) strict, without rowid;

create index passed_over_by_time on passed_over (at);
