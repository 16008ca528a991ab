-- Whether answers say what they cost, in rows and calls.
alter table workspace add column server_timing integer not null default 0
    check (server_timing in (0, 1));
