-- How far the comments have come that leave as mail.
create table replies (
    comment_id text primary key,
    inbox_id text not null,
    state text not null,
    -- The mail in the inbox's ledger, once the inbox has taken it.
    send_id text,
    -- The send's version when its inbox last told of it: what is older counts no more.
    version integer not null,
    error text,
    at integer not null
) strict, without rowid;

-- The inbox that answers where a ticket has none of its own.
alter table workspace add column reply_inbox_id text;

-- The inboxes that are known to be the workspace's: nobody is copied in at their addresses.
create table inboxes (
    id text primary key
) strict, without rowid;

-- What a mail says was before it, as a JSON list of ids, oldest first; absent where nothing was.
alter table mail_ids add column thread text;
