-- One row: the inbox, its transport, its health.
create table inbox (
    id integer primary key check (id = 1),
    email text not null,
    display_name text not null,
    host text not null,
    port integer not null,
    security text not null,
    username text not null,
    sealed_password blob not null,
    warmup integer not null check (warmup in (0, 1)),
    zone text not null,
    paused_at integer,
    pause_reason text,
    -- Only mails that left later count for health: the time of the last resume.
    window_from integer not null,
    -- No slot is asked for before: the warm-up said so.
    blocked_until integer not null,
    sent integer not null,
    bounced integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

-- Every mail that was ever asked for. The key is unique for ever: it leaves once.
create table ledger (
    id text primary key,
    key text not null unique,
    hash text not null,
    message_id text not null unique,
    recipients text not null,
    copies text not null,
    subject text not null,
    prospect_id text,
    campaign text,
    step integer,
    queued_at integer not null,
    state text not null,
    version integer not null,
    -- Whether an outbox entry of it is under way.
    asked integer not null check (asked in (0, 1)),
    -- How many questions about it were answered; numbers the keys of the next ones.
    answers integer not null,
    -- The prospect that owns the person, where it is another than the one that was named.
    owner_id text,
    slot_until integer,
    permitted_at integer,
    attempts integer not null,
    not_before integer not null,
    error text,
    left_at integer,
    -- 0: no; 1: came back; 2: came back for good
    bounced integer not null check (bounced in (0, 1, 2)),
    settled_at integer,
    updated_at integer not null
) strict, without rowid;

create index ledger_by_state on ledger (state, id);
create index ledger_idle on ledger (id)
    where asked = 0 and state in ('queued', 'reserved', 'permitted');
create index ledger_asking on ledger (id) where asked = 1 and state = 'queued';
create index ledger_by_leaving on ledger (left_at, bounced) where left_at is not null;

-- What the mails say; forgotten a while after they came to an end.
create table bodies (
    send_id text primary key,
    json text not null
) strict, without rowid;
