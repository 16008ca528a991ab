-- Who works here, and by what they are known. Every secret is kept as a hash only: a password as
-- an Argon2id PHC string, a token or ticket as its SHA-256 in hexadecimal.

-- One row, made when the workspace is registered.
create table workspace (
    id integer primary key check (id = 1),
    workspace_id text not null,
    name text not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create table agents (
    id text primary key,
    email text not null unique,
    name text not null,
    role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
    active integer not null check (active in (0, 1)),
    password_hash text not null,
    -- Grows when every token of the agent is to be worth nothing.
    epoch integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict, without rowid;

create table sessions (
    id text primary key,
    agent_id text not null references agents (id),
    created_at integer not null,
    -- Moves on with each refresh.
    expires_at integer not null
) strict, without rowid;

create index sessions_of_agent on sessions (agent_id, created_at, id);
create index sessions_by_expiry on sessions (expires_at);

-- The refresh tokens of a session: the one that counts, and those that it replaced. One of those
-- coming back means that somebody has a copy.
create table refresh_tokens (
    hash text primary key,
    session_id text not null references sessions (id) on delete cascade,
    rotated_at integer
) strict, without rowid;

create index refresh_tokens_of_session on refresh_tokens (session_id, rotated_at);

-- One-use tickets for a WebSocket.
create table realtime_tickets (
    hash text primary key,
    session_id text not null references sessions (id) on delete cascade,
    expires_at integer not null
) strict, without rowid;

create index realtime_tickets_of_session on realtime_tickets (session_id, expires_at);

create table invitations (
    id text primary key,
    email text not null,
    name text,
    role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
    token_hash text not null unique,
    state text not null check (state in ('open', 'accepted', 'revoked')),
    -- Null where the operator invited.
    invited_by text references agents (id),
    created_at integer not null,
    expires_at integer not null
) strict, without rowid;

create unique index invitations_open on invitations (email) where state = 'open';
create index invitations_by_expiry on invitations (expires_at);
