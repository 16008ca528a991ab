-- What outreach as a whole may do; no row where nobody has set it.
create table outreach_settings (
    id integer primary key check (id = 1),
    daily_max integer not null,
    domain_daily_max integer not null,
    inbox_daily_max integer not null,
    version integer not null
) strict;

create table campaigns (
    number integer primary key,
    id text not null unique,
    name text not null,
    status text not null,
    -- Inboxes, steps, window, limits, footer.
    plan text not null,
    -- How links to opt out begin; set when it is started.
    public_url text not null default '',
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;

create index campaigns_by_status on campaigns (status, number);

-- A prospect in a campaign.
create table enrolments (
    number integer primary key,
    campaign integer not null,
    prospect_id text not null,
    state text not null,
    reason text,
    -- The step that comes next, or is under way, from 1.
    step integer not null,
    due_at integer not null,
    inbox_id text,
    -- When the step that is under way was assigned: the day that it counts for.
    assigned_at integer,
    -- Numbers the tries of the step: each is a mail of its own, of which the person permits one.
    attempt integer not null,
    failures integer not null,
    -- The mail that the inbox was last asked to send, and its version there.
    send_id text,
    send_version integer not null,
    -- The thread: its subject, and the ids of its mails, oldest first.
    subject text,
    message_ids text not null,
    sent integer not null,
    last_sent_at integer,
    created_at integer not null,
    updated_at integer not null,
    unique (campaign, prospect_id)
) strict;

create index enrolments_by_campaign on enrolments (campaign, number);
create index enrolments_by_state on enrolments (campaign, state, number);
create index enrolments_due on enrolments (campaign, due_at, number) where state = 'waiting';
create index enrolments_by_prospect on enrolments (prospect_id);

-- The mail that an enrolment's inbox is asked to send, until it has it.
create table outreach_mails (
    enrolment integer primary key,
    json text not null
) strict;

-- What was sent of it: answers and reports name it.
create table outreach_sends (
    message_key text primary key,
    enrolment integer not null,
    step integer not null,
    at integer not null
) strict, without rowid;

-- How many mails were assigned on a day: by the workspace, a campaign, a domain, an inbox.
create table outreach_days (
    scope text not null,
    day integer not null,
    used integer not null,
    primary key (scope, day)
) strict, without rowid;

-- What is known of the inboxes that campaigns send from.
create table outreach_inboxes (
    inbox_id text primary key,
    domain text not null,
    -- Why it cannot send; null where it can.
    paused text,
    -- How many slots its warm-up has left; null where it is under none.
    warmup_left integer,
    warmup_until integer,
    -- Not before then the next mail.
    next_at integer not null,
    -- The enrolment whose mail is under way.
    enrolment integer,
    -- When it was last asked how it is; 0 where that is to be done anew.
    known_at integer not null,
    asked integer not null check (asked in (0, 1))
) strict, without rowid;

-- What was decided about an enrolment.
create table outreach_decisions (
    number integer primary key,
    enrolment integer not null,
    at integer not null,
    step integer not null,
    what text not null,
    why text
) strict;

create index outreach_decisions_by_enrolment on outreach_decisions (enrolment, number);

-- How a campaign's turns ended; those in a row that ended alike are one.
create table outreach_turns (
    number integer primary key,
    campaign integer not null,
    from_at integer not null,
    to_at integer not null,
    turns integer not null,
    why text not null,
    until integer,
    assigned integer not null
) strict;

create index outreach_turns_by_campaign on outreach_turns (campaign, number);
