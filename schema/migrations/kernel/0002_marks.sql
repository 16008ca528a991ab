-- A few bits of the actor's own, read with the head at every step: whether there is anybody who
-- listens to events, without a look at the table of those who do.
alter table head add column marks integer not null default 0;
