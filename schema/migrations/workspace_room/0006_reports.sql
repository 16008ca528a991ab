-- Reports: what happened on each local day, counted from the event log. See reports/mod.rs.

-- The IANA name of the zone whose days the reports have.
alter table workspace add column time_zone text not null default 'UTC';

-- One row: up to which event has been counted, and in which zone.
create table report_state (
    id integer primary key check (id = 1),
    seq integer not null,
    time_zone text not null
) strict;

insert into report_state (id, seq, time_zone) values (1, 0, 'UTC');

-- Times are sums of milliseconds; an empty text stands for nobody, no team, no category.
create table report_days (
    -- Days since 1970-01-01 in that zone.
    day integer not null,
    agent text not null,
    team text not null,
    category text not null,
    source text not null,
    created integer not null,
    first_replies integer not null,
    first_reply_ms integer not null,
    solved integer not null,
    resolution_ms integer not null,
    reopened integer not null,
    -- By how many the tickets that are not done became more.
    backlog integer not null,
    primary key (day, agent, team, category, source)
) strict, without rowid;
