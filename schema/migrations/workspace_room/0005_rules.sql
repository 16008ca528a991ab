-- What reacts by itself: automations, workflows, SLA policies, business hours, and their clocks.
-- Tickets are named by their number.

-- One row: how much there is that reacts, so that a workspace without rules reads no more than this.
create table rules_active (
    id integer primary key check (id = 1),
    -- Automations that act on events, and those that act on silence.
    automations integer not null,
    silences integer not null,
    policies integer not null,
    -- Workflow runs that go on.
    runs integer not null
) strict;

insert into rules_active (id, automations, silences, policies, runs) values (1, 0, 0, 0, 0);

-- Automations, workflows and SLA policies: at most a hundred of each, kept as the API gives them.
create table rules (
    number integer primary key,
    kind text not null check (kind in ('automation', 'workflow', 'slaPolicy')),
    id text not null unique,
    position integer not null,
    enabled integer not null check (enabled in (0, 1)),
    -- What sets an automation going.
    occasion text,
    json text not null
) strict;

create index rules_in_order on rules (kind, position);
create index rules_of_occasion on rules (occasion, position)
where enabled = 1 and occasion is not null;

-- Which automations were asked about one occasion, and what became of each, as JSON: one row however
-- many there are. Kept for 30 days.
create table automation_passes (
    number integer primary key,
    ticket integer not null,
    at integer not null,
    occasion text not null,
    -- The event; null where it was a silence.
    seq integer,
    round integer not null,
    fired integer not null,
    results text not null
) strict;

create index automation_passes_of_ticket on automation_passes (ticket, at);

-- Who has waited for whom since when; kept while there are automations that act on silence.
create table ticket_waits (
    ticket integer primary key,
    agent_since integer,
    user_since integer,
    unassigned_since integer,
    -- Which automations have acted on it, as a JSON array of texts: the id and the time it acted on.
    done text not null
) strict;

-- Whose turn it was last.
create table assign_turns (
    team text primary key,
    agent_id text not null
) strict, without rowid;

create table workflow_runs (
    number integer primary key,
    id text not null unique,
    workflow text not null,
    ticket integer not null,
    state text not null check (state in ('running', 'done', 'stopped')),
    ended_at integer,
    -- The run as the API gives it, and the workflow as it was when the run began.
    run text not null,
    workflow_json text not null
) strict;

create index workflow_runs_of_ticket on workflow_runs (ticket);
create index workflow_runs_of_workflow on workflow_runs (workflow);
create index workflow_runs_going on workflow_runs (ticket) where state = 'running';
create index workflow_runs_ended on workflow_runs (ended_at) where ended_at is not null;

-- The workspace's own, under the empty scope.
create table business_hours (
    scope text primary key,
    json text not null
) strict, without rowid;

-- What was promised for a ticket. The clocks of both promises run together; times are milliseconds
-- that count.
create table ticket_slas (
    ticket integer primary key,
    policy text not null,
    -- Null while they stand still.
    running_since integer,
    spent integer not null,
    first_target integer,
    first_due integer,
    first_met_at integer,
    first_warned_at integer,
    first_breached_at integer,
    resolution_target integer,
    resolution_due integer,
    resolution_met_at integer,
    resolution_warned_at integer,
    resolution_breached_at integer
) strict;

create index ticket_slas_of_policy on ticket_slas (policy);
