-- The desk: companies, users, tickets, comments, what is scheduled, who has read what, mail.
-- Tickets are keyed by their number and comments by the number of their event, both whole numbers
-- in the order of their making: indexes stay small, and a page needs no sorting.

create table companies (
    number integer primary key,
    id text not null unique,
    name text not null,
    domain text not null unique,
    users integer not null,
    created_at integer not null
) strict;

create table users (
    number integer primary key,
    id text not null unique,
    email text not null unique,
    name text,
    company_id text references companies (id),
    created_at integer not null,
    updated_at integer not null,
    version integer not null
) strict;

create index users_of_company on users (company_id) where company_id is not null;

-- How many tickets there are of each status; kept by hand, because counting reads every row.
create table ticket_counts (
    status text primary key,
    tickets integer not null
) strict, without rowid;

insert into ticket_counts (status, tickets)
values ('open', 0), ('pending', 0), ('waiting', 0), ('solved', 0), ('closed', 0);

-- One row: the last number that a ticket got, and how often the counts above have changed.
create table desk (
    id integer primary key check (id = 1),
    last_number integer not null,
    changes integer not null,
    changed_at integer not null
) strict;

insert into desk (id, last_number, changes, changed_at) values (1, 0, 0, 0);

create table tickets (
    number integer primary key,
    id text not null unique,
    subject text not null,
    status text not null check (status in ('open', 'pending', 'waiting', 'solved', 'closed')),
    priority text not null check (priority in ('low', 'normal', 'high', 'urgent')),
    -- A JSON array; the rows of ticket_tags are for finding.
    tags text not null,
    assignee_id text,
    user_id text references users (id),
    source text not null check (source in ('agent', 'mail', 'schedule')),
    -- The closed ticket before this one.
    follows integer,
    comments integer not null,
    created_at integer not null,
    updated_at integer not null,
    last_comment_at integer,
    first_reply_at integer,
    solved_at integer,
    closed_at integer,
    version integer not null
) strict;

-- Every comment rewrites the entries of a ticket in the indexes that hold updated_at: there are two
-- of them, and only assigned tickets are in the second.
create index tickets_by_status on tickets (status, updated_at);
create index tickets_of_assignee on tickets (assignee_id, status, updated_at)
where assignee_id is not null;
create index tickets_of_user on tickets (user_id) where user_id is not null;
create index tickets_following on tickets (follows) where follows is not null;

create table ticket_tags (
    tag text not null,
    ticket integer not null references tickets (number),
    primary key (tag, ticket)
) strict, without rowid;

create table comments (
    -- The number of its comment.created event.
    seq integer primary key,
    id text not null unique,
    ticket integer not null references tickets (number),
    author_kind text not null check (author_kind in ('agent', 'user', 'system')),
    author_id text,
    visibility text not null check (visibility in ('public', 'private')),
    body text not null,
    source text not null check (source in ('agent', 'mail', 'schedule')),
    automatic integer not null check (automatic in (0, 1)),
    attachments integer not null,
    -- What the mail said about itself, as JSON.
    mail text,
    created_at integer not null
) strict;

create index comments_of_ticket on comments (ticket);

create table attachments (
    id text primary key,
    comment integer not null references comments (seq),
    position integer not null,
    file_name text not null,
    content_type text not null,
    bytes_count integer not null,
    sha256 text not null,
    key text not null,
    content_id text,
    inline integer not null check (inline in (0, 1))
) strict, without rowid;

create index attachments_of_comment on attachments (comment, position);

create table scheduled_comments (
    number integer primary key,
    id text not null unique,
    ticket integer not null references tickets (number),
    author_id text not null,
    visibility text not null check (visibility in ('public', 'private')),
    body text not null,
    publish_at integer not null,
    created_at integer not null,
    updated_at integer not null,
    version integer not null
) strict;

create index scheduled_by_time on scheduled_comments (publish_at);
create index scheduled_of_ticket on scheduled_comments (ticket, publish_at);

-- How far an agent has read a ticket: comments up to this seq.
create table reads (
    agent_id text not null,
    ticket integer not null references tickets (number),
    seq integer not null,
    primary key (agent_id, ticket)
) strict, without rowid;

-- Every mail that came in or was stopped, by Message-ID: for threading and against duplicates.
create table mail_ids (
    message_id text primary key,
    ticket integer references tickets (number),
    comment_id text,
    at integer not null
) strict, without rowid;

create table unparseable_mails (
    number integer primary key,
    raw_key text not null unique,
    reason text not null,
    envelope_from text,
    envelope_to text,
    bytes_count integer not null,
    received_at integer not null
) strict;

-- Automatic mails of an address in the hour that began with the first of them.
create table automatic_senders (
    address text primary key,
    since integer not null,
    mails integer not null
) strict, without rowid;

create index automatic_senders_by_age on automatic_senders (since);
