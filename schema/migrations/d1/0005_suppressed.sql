-- The lists of prospects to whom no automated mail may leave: all of them, and those of one reason.
create index prospects_suppressed on prospects (workspace_id, created_at, id)
    where deleted = 0 and suppression is not null;
create index prospects_by_suppression on prospects (workspace_id, suppression, created_at, id)
    where deleted = 0 and suppression is not null;
