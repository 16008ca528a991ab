-- Which inboxes read a mailbox: the watchdog wakes them, whenever they changed last.
alter table inboxes add column reads_mailbox integer;

create index inboxes_that_read on inboxes (id, workspace_id)
    where reads_mailbox = 1 and deleted = 0;
