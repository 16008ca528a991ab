-- One identity of one person: it owns the prospect, or is an alias of the identity that does.

create table me (
    id integer primary key check (id = 1),
    kind text not null check (kind in ('email', 'name')),
    -- Null once the person was erased.
    identity text,
    -- Null for the owner. An alias points to a stronger identity and stays an alias for ever.
    alias_of text,
    erased integer not null check (erased in (0, 1)),
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    stage text not null,
    stage_at integer not null,
    last_contact_at integer,
    follow_up_at integer,
    follow_up_note text,
    follow_up_due integer not null check (follow_up_due in (0, 1))
) strict;

-- What is known of the person; a field written by hand wins over imported ones.
create table fields (
    name text primary key,
    value text not null,
    by_hand integer not null check (by_hand in (0, 1)),
    at integer not null
) strict, without rowid;

-- Other identities, this one included: of another person, claimed, or of this person.
create table identities (
    id text primary key,
    identity text,
    state text not null check (state in ('conflict', 'pending', 'linked')),
    certain integer not null check (certain in (0, 1)),
    imports integer not null
) strict, without rowid;

create index identities_pending on identities (id) where state = 'pending';

-- Why no automated mail may leave to the person. A row is lifted, never deleted.
create table suppressions (
    id text primary key,
    reason text not null,
    at integer not null,
    note text,
    lifted_at integer
) strict, without rowid;

create index suppressions_active on suppressions (reason) where lifted_at is null;

-- Which send has, had, or spent which step of which campaign.
create table permits (
    campaign text not null,
    step integer not null,
    send_id text not null,
    -- How often it was given to this send; with the state it orders what two actors know of it.
    round integer not null,
    state text not null check (state in ('granted', 'free', 'spent')),
    began integer not null check (began in (0, 1)),
    until integer,
    at integer not null,
    primary key (campaign, step, send_id)
) strict, without rowid;

-- What happened to the person, the latest entries.
create table history (
    id text primary key,
    at integer not null,
    kind text not null,
    agent_id text,
    detail text
) strict, without rowid;
