-- The inbox that the ticket's mail last came through; none where none read any.
alter table tickets add column inbox_id text;
