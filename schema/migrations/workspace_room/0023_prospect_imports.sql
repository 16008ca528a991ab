-- Imports of prospects from files: the newest hundred.
create table prospect_imports (
    id text primary key,
    state text not null check (state in ('reading', 'running', 'done', 'broken')),
    why text,
    -- How many parts and rows the file has, once it was read.
    parts integer,
    parts_done integer not null,
    rows integer,
    created integer not null,
    known integer not null,
    failed integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create index prospect_imports_by_time on prospect_imports (created_at);

-- The parts that were counted, until all are.
create table prospect_import_parts (
    import_id text not null,
    part integer not null,
    primary key (import_id, part)
) strict, without rowid;

-- What was wrong with rows, up to a thousand for each import.
create table prospect_import_errors (
    import_id text not null,
    row integer not null,
    reason text not null,
    primary key (import_id, row)
) strict, without rowid;
