-- One row: the mailbox at Microsoft that the inbox sends through; none where it sends by SMTP.
create table microsoft (
    id integer primary key check (id = 1),
    user_id text not null,
    sealed_access blob not null,
    sealed_refresh blob not null,
    -- From then on the access token is not used.
    access_until integer not null,
    -- Whether only a new log-in helps.
    is_gone integer not null check (is_gone in (0, 1)),
    -- Until then Graph wants to be left alone.
    quiet_until integer not null,
    connected_at integer not null
) strict;

-- Mails that have a draft at Microsoft, until they come to an end.
create table drafts (
    send_id text primary key,
    draft_id text not null,
    message_id text not null,
    -- How often it was looked what became of it.
    looks integer not null
) strict, without rowid;
