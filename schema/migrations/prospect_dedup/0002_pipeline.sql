-- How far it has been found out who the person is. Empty where nobody wants to know.
create table pipeline (
    id integer primary key check (id = 1),
    state text not null,
    reason text,
    -- Since when the work is due, or the end reached.
    since integer not null,
    -- The address that is verified, or was.
    address text,
    -- Names the latest lease.
    attempt integer not null,
    -- How often this work was begun, and how often a verifier could not tell.
    tries integer not null,
    unknowns integer not null,
    -- Leased: when the lease is over. Due: not before this time.
    due_at integer not null,
    cost_micros integer not null
) strict;
