-- Whether a draft was asked to leave and nobody knows for certain that it did not.
alter table drafts add column may_leave integer not null default 0 check (may_leave in (0, 1));
