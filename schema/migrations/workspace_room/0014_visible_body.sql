-- The body of a mail without quotes and signatures, where it has any; those that came before have
-- none.
alter table comments add column visible_body text;
