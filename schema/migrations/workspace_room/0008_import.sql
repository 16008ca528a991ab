-- Imported comments have a seq below zero, in the order in which they come: up to which one the
-- search index has come. The number is that before the first.
alter table search_state add column imported integer not null default -2147483648;
