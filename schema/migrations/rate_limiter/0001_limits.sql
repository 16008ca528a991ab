-- The state of each bucket: the theoretical arrival time of GCRA, nanoseconds since 1970 as text,
-- because whole numbers beyond 2^53 do not survive JavaScript.
create table buckets (
    bucket integer primary key,
    arrival text not null
) strict;

-- One row where a provider has failed: how it is and until when it is left alone.
create table provider (
    id integer primary key check (id = 1),
    circuit text not null check (circuit in ('closed', 'open', 'halfOpen')),
    failures integer not null check (failures >= 0),
    -- How often the circuit opened since it was last closed.
    opened integer not null check (opened >= 0),
    blocked_until integer not null,
    -- The number of the probe that is under way or was the last; and until when it is waited for.
    probe integer not null,
    probe_until integer not null
) strict;
