-- One row: the subscription by which Graph tells of new mail; none where it tells nothing.
create table subscription (
    id integer primary key check (id = 1),
    subscription_id text not null,
    -- When it was made.
    since integer not null
) strict;
