-- A mailbox is at a server that speaks IMAP, or at Microsoft; its folders are read one by one.
alter table mailbox add column provider text not null default 'imap';
alter table mailbox drop column failing_uid;
-- The mail that reading fails at: folder/id.
alter table mailbox add column failing_mail text;

-- How far a folder was read: JSON text, by the provider.
create table mailbox_folders (
    folder text primary key,
    position text not null
) strict, without rowid;

insert into mailbox_folders (folder, position)
    select 'inbox',
        json_object('imap', json_object('uid_validity', uid_validity, 'uid_next', uid_next))
    from mailbox where uid_validity is not null and uid_next is not null;

alter table mailbox drop column uid_validity;
alter table mailbox drop column uid_next;

create table passed_over_mails (
    folder text not null,
    id text not null,
    reason text not null,
    raw_key text,
    at integer not null,
    primary key (folder, id)
) strict, without rowid;

insert into passed_over_mails (folder, id, reason, raw_key, at)
    select 'inbox', uid_validity || '/' || uid, reason, raw_key, at from passed_over;

drop table passed_over;
alter table passed_over_mails rename to passed_over;
create index passed_over_by_time on passed_over (at);

-- Mails that were under way when they were seen in the folder of sent mail.
create table sent_copies (
    send_id text primary key
) strict, without rowid;
