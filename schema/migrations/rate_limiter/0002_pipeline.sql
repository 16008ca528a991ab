-- What the deployment's one object `pipeline` knows; nothing in all others.

-- What came of the messages of each queue.
create table queues (
    queue text primary key,
    done integer not null,
    again integer not null,
    buried integer not null,
    consumed_at integer not null,
    failed_at integer,
    error text
) strict;

-- The dead letters whose texts are in storage. Their ids are in the order of time.
create table letters (
    id text primary key,
    queue text,
    reason text not null,
    attempts integer not null,
    sent_at integer not null,
    died_at integer not null
) strict;

create index letters_by_queue on letters (queue);

-- One row: when it rang for dead letters, whether they have been told that there are some, how many
-- came since, and where to ring.
create table alert (
    id integer primary key check (id = 1),
    rung_at integer not null,
    told integer not null check (told in (0, 1)),
    unheard integer not null check (unheard >= 0),
    -- Empty where there is none.
    url text not null,
    sealed_secret blob not null
) strict;
