-- Since when too many people complain about mails of the inbox; null where they do not.
alter table inbox add column warned_at integer;

create index ledger_complained on ledger (left_at, id) where complained = 1;
