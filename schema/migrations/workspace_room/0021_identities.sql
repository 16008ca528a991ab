-- The account at Microsoft by which an agent logs in beside the password: one each.
create table identities (
    agent_id text primary key references agents (id),
    -- The directory, and the account in it.
    tenant_id text not null,
    user_id text not null,
    linked_at integer not null,
    unique (tenant_id, user_id)
) strict, without rowid;
