-- What every actor has, whatever else it owns. Times are milliseconds since 1970.

-- One row: the last event's number, the latest time this object has seen, the armed alarm.
create table head (
    id integer primary key check (id = 1),
    instance text not null,
    seq integer not null,
    clock integer not null,
    alarm integer
) strict;

-- The event log: numbered 1, 2, 3… without a gap; never changed, never deleted.
create table events (
    seq integer primary key,
    at integer not null,
    ticket_id text,
    json text not null
) strict;

create index events_of_ticket on events (ticket_id, seq) where ticket_id is not null;

-- Answers to commands that carried an idempotency key, for 24 hours.
create table idempotency (
    key text primary key,
    hash text not null,
    reply blob not null,
    at integer not null
) strict, without rowid;

-- What this object will do at a time. All timers share the object's one alarm.
create table timers (
    kind text not null,
    key text not null,
    due integer not null,
    attempts integer not null,
    body blob not null,
    primary key (kind, key)
) strict, without rowid;

create index timers_by_due on timers (due);

-- What this object wants done outside itself, until it is settled.
create table outbox (
    kind text not null,
    key text not null,
    -- Starts anywhere; grows when the entry is asked for again while it waits or is under way.
    version integer not null,
    attempts integer not null,
    -- When the alarm takes care of it, if nobody has before.
    due integer not null,
    -- waiting; leased (under way, must not be repeated); dead (given up, kept for a person)
    state text not null check (state in ('waiting', 'leased', 'dead')),
    body blob not null,
    error text,
    primary key (kind, key)
) strict, without rowid;

create index outbox_by_due on outbox (due) where state <> 'dead';
