-- The inbox that read a mail which could not be read; absent where it was routed here.
alter table unparseable_mails add column inbox_id text;
