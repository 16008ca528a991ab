-- Feeds that prospects are read from: what is known of each, and how far it was read.
create table sources (
    number integer primary key,
    id text not null unique,
    -- Name, address, kind, mapping, as JSON.
    json text not null,
    version integer not null,
    -- What the server said of what was read last: who has it already need not be given it again.
    etag text,
    last_modified text,
    -- The import that has it: until all of it has arrived, the server is not told that we have it.
    import_id text
) strict;
