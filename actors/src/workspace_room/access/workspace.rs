//! `getWorkspace` and `changeWorkspace`.
//!
//! Who: everybody sees it, who manages changes it. Event: `workspace.changed`.

use super::authorise::require;
use super::change_agent::must_be_seen;
use super::check;
use super::store::workspace;
use crate::kernel::{Ctx, Reply};
use crate::warmup_counter::zone::Zone;
use crate::workspace_room::store::replies;
use schema::room::access::{ChangeWorkspace, GetWorkspace, Workspace, WorkspaceEvent};
use schema::summary::Table;
use schema::{Permission, Reject};

/// Shows the workspace.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn get_workspace(ctx: &mut Ctx<'_>, _: &GetWorkspace) -> Result<Reply, Reject> {
    require(ctx, Permission::Read)?;
    Reply::of(&find(ctx)?)
}

/// Changes the workspace.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `version_mismatch`.
pub fn change_workspace(ctx: &mut Ctx<'_>, input: &ChangeWorkspace) -> Result<Reply, Reject> {
    require(ctx, Permission::Manage)?;
    let before = find(ctx)?;
    must_be_seen(before.version, input.if_version)?;
    let name = input.name.as_deref().map(|name| check::name("name", name)).transpose()?;
    let zone = input.time_zone.as_deref().map(Zone::named).transpose()?;
    let wanted = Workspace {
        name: name.unwrap_or_else(|| before.name.clone()),
        time_zone: zone.map_or_else(|| before.time_zone.clone(), |zone| zone.name().to_owned()),
        reply_inbox_id: input.reply_inbox_id.unwrap_or(before.reply_inbox_id),
        ..before.clone()
    };
    if wanted == before {
        return Reply::of(&before);
    }
    if let Some(inbox) = wanted.reply_inbox_id {
        replies::know_inbox(ctx.sql, inbox)?;
    }
    workspace::change(ctx.sql, &wanted, ctx.now)?;
    let after = find(ctx)?;
    ctx.event("workspace.changed", None, &WorkspaceEvent { workspace: after.clone() })?;
    ctx.summarise(Table::Workspaces, &after.id.to_string())?;
    Reply::of(&after)
}

fn find(ctx: &Ctx<'_>) -> Result<Workspace, Reject> {
    workspace::find(ctx.sql)?.ok_or_else(|| Reject::internal("members without a workspace"))
}
