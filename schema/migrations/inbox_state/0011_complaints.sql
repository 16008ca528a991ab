-- Since when too many people complain about mails of the inbox; null where they do not.
alter table inbox add column warned_at integer;

-- Whether it is paused for what came back or who complained: only the end of such a pause forgives.
alter table inbox add column paused_for_health integer not null default 0
    check (paused_for_health in (0, 1));

update inbox set paused_for_health = 1
    where paused_at is not null and pause_reason like 'by address, %';

-- The complaints that count against the inbox: about outreach, from who is known to say so. Those
-- from before are not in it: of them it is not known who said so, and they stop counting.
create table complaints (
    send_id text primary key,
    -- Who complained: the key of the address, without its tag.
    person text not null,
    -- When the mail left, or may have.
    left_at integer not null
) strict, without rowid;

create index complaints_by_leaving on complaints (left_at, person);

-- Their share is of outreach alone.
create index ledger_outreach on ledger (left_at)
    where left_at is not null and prospect_id is not null;
