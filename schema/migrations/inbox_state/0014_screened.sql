-- Whether the deployment's suppression list let a mail pass since its prospect permitted it last.
alter table ledger add column screened integer not null default 0 check (screened in (0, 1));
