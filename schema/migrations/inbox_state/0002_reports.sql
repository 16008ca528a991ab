-- What was reported of a mail last, as JSON; absent where nothing was.
alter table ledger add column report text;

alter table ledger add column complained integer not null default 0 check (complained in (0, 1));

-- Health counts what came back and what was complained about, from the index alone.
drop index ledger_by_leaving;

create index ledger_by_leaving on ledger (left_at, bounced, complained)
    where left_at is not null;
