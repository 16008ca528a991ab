//! `getWorkspace` and `changeWorkspace`.
//!
//! Who: everybody sees it, who manages changes it. Event: `workspace.changed`.

use super::PRICE_MARK;
use super::authorise::require;
use super::change_agent::must_be_seen;
use super::check;
use super::store::workspace;
use crate::kernel::{Ctx, Reply};
use crate::warmup_counter::zone::Zone;
use crate::workspace_room::signing;
use crate::workspace_room::store::replies;
use schema::room::access::{
    ChangeWorkspace, GetWorkspace, THREAD_DAYS_MAX, Workspace, WorkspaceEvent,
};
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
        reply_tokens: input.reply_tokens.unwrap_or(before.reply_tokens),
        thread_by_subject_days: days("threadBySubjectDays", input.thread_by_subject_days)?
            .unwrap_or(before.thread_by_subject_days),
        reopen_days: days("reopenDays", input.reopen_days)?.unwrap_or(before.reopen_days),
        new_subject_opens: input.new_subject_opens.unwrap_or(before.new_subject_opens),
        sign_replies: input.sign_replies.unwrap_or(before.sign_replies),
        server_timing: input.server_timing.unwrap_or(before.server_timing),
        ..before.clone()
    };
    if wanted == before {
        return Reply::of(&before);
    }
    if let Some(inbox) = wanted.reply_inbox_id {
        replies::know_inbox(ctx.sql, inbox)?;
    }
    workspace::change(ctx.sql, &wanted, ctx.now)?;
    ctx.mark(PRICE_MARK, wanted.server_timing);
    if wanted.reply_tokens {
        signing::key(ctx)?;
    }
    let after = find(ctx)?;
    ctx.event("workspace.changed", None, &WorkspaceEvent { workspace: after.clone() })?;
    ctx.summarise(Table::Workspaces, &after.id.to_string())?;
    Reply::of(&after)
}

fn days(field: &str, given: Option<Option<i64>>) -> Result<Option<Option<i64>>, Reject> {
    match given {
        Some(Some(days)) if !(1..=THREAD_DAYS_MAX).contains(&days) => {
            Err(Reject::field(field, format!("must be from 1 to {THREAD_DAYS_MAX}, or null")))
        }
        given => Ok(given),
    }
}

fn find(ctx: &Ctx<'_>) -> Result<Workspace, Reject> {
    workspace::find(ctx.sql)?.ok_or_else(|| Reject::internal("members without a workspace"))
}
