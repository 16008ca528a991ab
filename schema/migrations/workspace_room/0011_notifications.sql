-- What one agent should look at, and how they want to be told.

create table notifications (
    number integer primary key,
    id text not null unique,
    agent_id text not null,
    kind text not null,
    title text not null,
    body text not null,
    ticket_id text not null,
    comment_id text,
    -- Who caused it, as JSON.
    by text not null,
    at integer not null,
    read_at integer
) strict;

create index notifications_of_agent on notifications (agent_id, number);
create index notifications_unread on notifications (agent_id, number) where read_at is null;
-- Where a person is erased, what tells of their tickets goes.
create index notifications_of_ticket on notifications (ticket_id);

-- What differs from the default.
create table notification_settings (
    agent_id text not null,
    kind text not null,
    channel text not null check (channel in ('none', 'inApp', 'mail')),
    primary key (agent_id, kind)
) strict, without rowid;

create table notification_templates (
    kind text primary key,
    title text not null,
    body text not null
) strict, without rowid;

create table notification_setup (
    id integer primary key check (id = 1),
    inbox_id text,
    version integer not null
) strict;

insert into notification_setup (id, inbox_id, version) values (1, null, 1);
