-- One row: the zone, the first day of week 1, the open day and when it ends. Days are counted from
-- 1970-01-01. The open day only ever grows.
create table counter (
    id integer primary key check (id = 1),
    zone text not null,
    started_on integer not null,
    day integer not null,
    ends integer not null
) strict;

-- What each local day allowed and what became of it.
create table days (
    day integer primary key,
    week integer not null,
    allowance integer not null,
    reserved integer not null check (reserved >= 0),
    sent integer not null check (sent >= 0),
    version integer not null,
    updated_at integer not null
) strict;

-- Which mail has a slot of which day.
create table slots (
    send_id text primary key,
    day integer not null,
    state text not null check (state in ('reserved', 'sent', 'released'))
) strict, without rowid;

create index slots_by_day on slots (day);
