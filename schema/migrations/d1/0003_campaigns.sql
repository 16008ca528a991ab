-- How many campaigns of a workspace send: its room is woken for them, whenever it changed last.
alter table workspaces add column active_campaigns integer;

create index workspaces_with_campaigns on workspaces (id, workspace_id)
    where active_campaigns > 0 and deleted = 0;
