-- Up to which event the D1 rows of what the log alone says has changed are true, or asked for in the
-- outbox. Behind the truth after a crash: then rows are written again that need not be.
alter table head add column summarised integer not null default 0;

update head set summarised = max(seq, coalesce((select max(seq) from events), 0));
