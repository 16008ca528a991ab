-- What leaves the workspace, and what is brought to it: webhooks and uploads.

create table webhooks (
    number integer primary key,
    id text not null unique,
    url text not null,
    description text not null,
    -- A JSON array.
    kinds text not null,
    active integer not null check (active in (0, 1)),
    disabled_reason text,
    sealed_secret blob not null,
    sealed_previous blob,
    previous_until integer,
    -- The last event that was looked at: the log itself is the queue.
    cursor integer not null,
    -- How many of its deliveries wait.
    waiting integer not null,
    -- How many requests have failed in a row, since when, and until when nothing new is sent.
    failures integer not null,
    failing_since integer,
    hold_until integer not null,
    created_at integer not null,
    updated_at integer not null,
    version integer not null
) strict;

-- One row for each event that was sent to a webhook; only those that wait are in the index.
create table webhook_deliveries (
    webhook integer not null,
    seq integer not null,
    kind text not null,
    state text not null check (state in ('waiting', 'delivered', 'failed')),
    -- How often it has been tried since it was sent or replayed.
    attempts integer not null,
    due integer,
    -- A JSON array of the last tries.
    tries text not null,
    answer text not null,
    created_at integer not null,
    primary key (webhook, seq)
) strict, without rowid;

create index webhook_deliveries_due on webhook_deliveries (webhook, due) where state = 'waiting';

-- Contents that were uploaded: one for each hash, with how many uploads and attachments have it.
create table files (
    sha256 text primary key,
    key text not null,
    bytes_count integer not null,
    -- What the content itself shows that it is.
    media text not null,
    holders integer not null
) strict, without rowid;

-- Files that belong to no comment yet.
create table uploads (
    id text primary key,
    file_name text not null,
    content_type text not null,
    -- Where its content is being put, or is.
    key text not null,
    content_id text,
    agent_id text,
    -- Null until all of its content is there.
    sha256 text,
    media text,
    bytes_count integer,
    created_at integer not null
) strict, without rowid;

create index uploads_by_age on uploads (created_at);

-- What the content of a file itself shows that it is; null where nobody has looked.
alter table attachments add column media text;
