-- How often in a row Graph wanted to be left alone, or was not asked: each wait is longer.
alter table microsoft add column waits integer not null default 0;

-- What keeps mail from leaving, in words, and since when; null while it leaves.
alter table microsoft add column error text;
alter table microsoft add column error_since integer;
