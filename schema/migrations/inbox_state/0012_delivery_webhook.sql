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

-- How far a relay says that a mail has come, and since when that is known.
alter table ledger add column delivery text;
alter table ledger add column delivery_at integer;
