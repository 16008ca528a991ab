-- The suppression list that the deployment's one object `suppressions` keeps; nothing in all others.
create table suppressions (
    -- In the order of time.
    id text primary key,
    -- An address, or a domain, which has no `@`; in the form by which prospects are known.
    value text not null unique,
    note text,
    at integer not null
) strict, without rowid;

-- How many there are: one row, from the first question on.
create table suppression_count (
    id integer primary key check (id = 1),
    entries integer not null check (entries >= 0)
) strict;
