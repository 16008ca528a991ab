-- Automatic mails to an address in the same hour, and whether those who manage were told of them.
alter table automatic_senders add column answers integer not null default 0;
alter table automatic_senders add column told integer not null default 0 check (told in (0, 1));
