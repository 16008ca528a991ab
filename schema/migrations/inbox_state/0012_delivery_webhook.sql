-- One row: the endpoint by which a relay tells what became of mail; none where nobody tells.
create table delivery_webhook (
    id integer primary key check (id = 1),
    -- Names of secrets: these are made from them, and are nowhere.
    key_id text not null,
    -- The one before the last rotation; null where there was none.
    previous_id text,
    previous_until integer not null,
    created_at integer not null
) strict;

-- Posts that were taken note of, until their signatures are long no good any more.
create table delivery_posts (
    id text primary key,
    at integer not null
) strict, without rowid;

create index delivery_posts_by_time on delivery_posts (at);

-- How far a mail has come at each of its recipients, and since when that is known.
create table deliveries (
    send_id text not null,
    -- As the mail has it.
    recipient text not null,
    state text not null,
    at integer not null,
    primary key (send_id, recipient)
) strict, without rowid;
