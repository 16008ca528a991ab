-- Not begun to leave by then, a mail is taken back: the window that it was meant for is over.
alter table ledger add column leave_by integer;
