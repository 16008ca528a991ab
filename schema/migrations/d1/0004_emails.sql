-- Which prospect, campaign and step a mail of outreach is for; and the lists of mails by these, and
-- by where they are.
alter table email_log add column prospect_id text;
alter table email_log add column campaign_id text;
alter table email_log add column step integer;

create index email_log_by_state on email_log (workspace_id, state, queued_at, id)
    where deleted = 0;
create index email_log_of_prospect on email_log (workspace_id, prospect_id, queued_at, id)
    where deleted = 0 and prospect_id is not null;
create index email_log_of_campaign on email_log (workspace_id, campaign_id, queued_at, id)
    where deleted = 0 and campaign_id is not null;

-- What was written before has none of these: a rebuild of the summaries writes each row again.
update email_log set version = 0;
