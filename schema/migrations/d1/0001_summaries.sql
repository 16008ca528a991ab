-- Summaries of what the actors own, for lists. Written by their outboxes, whole, by `upsert_sql` of
-- schema/src/summary.rs; can be made again from the actors. Times are milliseconds since 1970.
--
-- A row of something that is gone stays with `deleted = 1`, so that a late write cannot bring it back.

create table workspaces (
    workspace_id text not null,
    id text not null,
    version integer not null,
    updated_at integer not null,
    deleted integer not null check (deleted in (0, 1)),
    name text,
    created_at integer,
    agents integer,
    tickets integer,
    open_tickets integer,
    primary key (workspace_id, id)
) strict, without rowid;

create index workspaces_by_update on workspaces (updated_at, workspace_id) where deleted = 0;

create table tickets (
    workspace_id text not null,
    id text not null,
    version integer not null,
    updated_at integer not null,
    deleted integer not null check (deleted in (0, 1)),
    number integer,
    subject text,
    status text,
    priority text,
    assignee_id text,
    user_id text,
    user_email text,
    company text,
    -- JSON array of texts
    tags text,
    comments integer,
    created_at integer,
    last_comment_at integer,
    primary key (workspace_id, id)
) strict, without rowid;

create index tickets_by_update on tickets (workspace_id, updated_at, id) where deleted = 0;

create table inboxes (
    workspace_id text not null,
    id text not null,
    version integer not null,
    updated_at integer not null,
    deleted integer not null check (deleted in (0, 1)),
    email text,
    display_name text,
    transport text,
    status text,
    pause_reason text,
    sent integer,
    bounced integer,
    -- hundredths of a per cent
    bounce_rate_bp integer,
    created_at integer,
    primary key (workspace_id, id)
) strict, without rowid;

create index inboxes_by_creation on inboxes (workspace_id, created_at, id) where deleted = 0;
create index inboxes_by_update on inboxes (updated_at, workspace_id, id) where deleted = 0;

create table warmup_days (
    workspace_id text not null,
    -- {inbox}/{day}
    id text not null,
    version integer not null,
    updated_at integer not null,
    deleted integer not null check (deleted in (0, 1)),
    inbox_id text,
    -- YYYY-MM-DD, local to the inbox
    day text,
    week integer,
    allowance integer,
    reserved integer,
    sent integer,
    primary key (workspace_id, id)
) strict, without rowid;

create index warmup_days_of_inbox on warmup_days (workspace_id, inbox_id, day) where deleted = 0;

create table prospects (
    workspace_id text not null,
    id text not null,
    version integer not null,
    updated_at integer not null,
    deleted integer not null check (deleted in (0, 1)),
    email text,
    name text,
    company text,
    domain text,
    stage text,
    suppression text,
    source text,
    created_at integer,
    last_contact_at integer,
    primary key (workspace_id, id)
) strict, without rowid;

create index prospects_by_creation on prospects (workspace_id, created_at, id) where deleted = 0;
create index prospects_by_stage on prospects (workspace_id, stage, created_at, id)
where deleted = 0;
create index prospects_by_email on prospects (workspace_id, email, created_at, id)
where deleted = 0;
create index prospects_by_domain on prospects (workspace_id, domain, created_at, id)
where deleted = 0;

create table email_log (
    workspace_id text not null,
    id text not null,
    version integer not null,
    updated_at integer not null,
    deleted integer not null check (deleted in (0, 1)),
    inbox_id text,
    recipient text,
    subject text,
    state text,
    message_id text,
    error text,
    queued_at integer,
    settled_at integer,
    primary key (workspace_id, id)
) strict, without rowid;

create index email_log_by_queue on email_log (workspace_id, queued_at, id) where deleted = 0;
create index email_log_of_inbox on email_log (workspace_id, inbox_id, queued_at, id)
where deleted = 0;
