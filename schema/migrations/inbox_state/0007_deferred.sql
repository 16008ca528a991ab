-- The recipients that a server put off while it took the others: the mail is tried again for them.
alter table ledger add column deferred text not null default '[]';
