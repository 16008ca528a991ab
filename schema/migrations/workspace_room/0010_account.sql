-- What programs call with, and who did what.

-- API keys, of which only the SHA-256 is kept. One that is revoked is deleted.
create table api_keys (
    number integer primary key,
    id text not null unique,
    agent_id text not null references agents (id),
    name text not null,
    role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
    hash text not null unique,
    created_at integer not null,
    expires_at integer,
    -- Written at most once an hour.
    last_used_at integer
) strict;

-- What was done beside the daily work on tickets. Its event tells what; `json` does where it has
-- none.
create table audit (
    number integer primary key,
    at integer not null,
    kind text not null,
    agent_id text,
    session_id text,
    api_key_id text,
    address text,
    seq integer,
    json text
) strict;

create index audit_of_agent on audit (agent_id, number);
