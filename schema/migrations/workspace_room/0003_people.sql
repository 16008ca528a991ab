-- Teams.

create table teams (
    number integer primary key,
    id text not null unique,
    name text not null,
    -- The name in lower case; null once the team is deleted, so that the name is free again.
    name_key text unique,
    description text,
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    -- The row of a deleted team stays, for the tickets that it had.
    deleted_at integer
) strict;

create index teams_live on teams (number) where deleted_at is null;

create table team_members (
    team integer not null references teams (number),
    agent_id text not null references agents (id),
    primary key (team, agent_id)
) strict, without rowid;

create index team_members_of_agent on team_members (agent_id, team);

-- Companies: several mail domains each.

-- What was the one domain could not be null: the column stays for its uniqueness, with the id.
alter table companies rename column domain to own_key;
alter table companies add column attributes text not null default '{}';
alter table companies add column archived integer not null default 0
    check (archived in (0, 1));
alter table companies add column updated_at integer not null default 0;
alter table companies add column version integer not null default 1;

create index companies_by_standing on companies (archived);
create index companies_by_users on companies (archived, users);

create table company_domains (
    domain text primary key,
    company integer not null references companies (number)
) strict, without rowid;

create index domains_of_company on company_domains (company);

insert into company_domains (domain, company) select own_key, number from companies;
update companies set own_key = id, updated_at = created_at;

-- Domains that the workspace takes for free mail, beside those that everybody knows.
create table free_mail (
    domain text primary key
) strict, without rowid;

-- Users: several handles each. The primary mail address stays in their own row too.

alter table users rename column email to own_key;
alter table users add column email text;
alter table users add column attributes text not null default '{}';
-- 2: no user of the list any more, because it was merged or erased.
alter table users add column archived integer not null default 0
    check (archived in (0, 1, 2));
alter table users add column merged_into text references users (id);
alter table users add column erased_at integer;

create index users_by_standing on users (archived);
create index users_by_change on users (archived, updated_at);
create index users_merged on users (merged_into) where merged_into is not null;
drop index users_of_company;
create index users_of_company on users (company_id, archived) where company_id is not null;

create table handles (
    kind text not null check (kind in ('email', 'phone', 'telegram', 'slack', 'x', 'other')),
    -- In the one form in which such a thing is kept.
    value text not null,
    user integer not null references users (number),
    main integer not null check (main in (0, 1)),
    -- That of a mail address.
    domain text,
    added_at integer not null,
    primary key (kind, value)
) strict, without rowid;

create index handles_of_user on handles (user);
create index handles_by_domain on handles (domain, user) where domain is not null;

insert into handles (kind, value, user, main, domain, added_at)
select 'email', own_key, number, 1, substr(own_key, instr(own_key, '@') + 1), created_at
from users;
update users set email = own_key;
update users set own_key = id;

-- Merges of two users, for as long as they can be undone.
create table user_merges (
    id text primary key,
    kept text not null references users (id),
    merged text not null references users (id),
    -- What went over, as JSON.
    moved text not null,
    at integer not null
) strict, without rowid;

create index user_merges_of_kept on user_merges (kept, at);
create index user_merges_of_merged on user_merges (merged);

-- Attributes that the workspace defines.
create table attributes (
    number integer primary key,
    id text not null unique,
    subject text not null check (subject in ('user', 'company', 'ticket')),
    key text not null,
    label text not null,
    kind text not null check (kind in ('text', 'number', 'boolean', 'date', 'list')),
    -- A JSON array.
    options text not null,
    created_at integer not null,
    updated_at integer not null,
    version integer not null,
    unique (subject, key)
) strict;
