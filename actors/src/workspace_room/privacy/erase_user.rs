//! `eraseUser` and `getErasure`.
//!
//! Who: who manages. The user's own row is blank at once; the rest follows by [`walk`]. Events:
//! `user.erased` with what is left of the user. It cannot be undone.

use super::blank::Needles;
use super::store::{self, Running};
use super::walk;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::directory::store::merges;
use crate::workspace_room::store::users;
use crate::workspace_room::{mail_reports, people};
use schema::ids::UserId;
use schema::room::privacy::{EraseUser, Erasure, GetErasure};
use schema::room::user::{Handle, HandleKind, User, UserEvent};
use schema::{Permission, Reject};
use serde_json::Map;

/// Erases everything about a person.
///
/// # Errors
/// `forbidden`, `not_found`; `conflict` with `details.mergedInto` for a part of another person.
pub fn erase_user(ctx: &mut Ctx<'_>, input: &EraseUser) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Manage)?;

    if let Some(running) = store::find(ctx.sql, input.user_id)? {
        return Reply::of(&running.erasure);
    }
    let user = crate::workspace_room::directory::live(ctx, input.user_id)?;
    let parts = users::merged_into(ctx.sql, user.id)?;

    let needles = needles(ctx, &user, &parts)?;
    for part in parts.iter().chain([&user]) {
        merges::remove_of(ctx.sql, part.id)?;
        tombstone(ctx, part)?;
    }
    let reports = mail_reports::forget(ctx, |report| needles.names(report))?;
    let erasure = Erasure {
        user_id: user.id,
        by_agent: member.agent,
        at: ctx.now,
        finished_at: None,
        upto: ctx.seq(),
        tickets: 0,
        comments: 0,
        files: 0,
        objects: 0,
        events: 0,
        others: reports,
        found: 0,
    };
    let running = Running { erasure, needles, stage: walk::TICKETS.into(), position: 0 };
    store::save(ctx.sql, &running)?;
    ctx.set_timer(walk::TIMER, &user.id.to_string(), ctx.now, &[])?;
    let left = users::find(ctx.sql, user.id)?.ok_or_else(|| Reject::not_found("user"))?;
    ctx.event("user.erased", None, &UserEvent { user: left })?;
    Reply::of(&running.erasure)
}

/// Says how far an erasure has come.
///
/// # Errors
/// `forbidden`, `not_found`.
pub fn get_erasure(ctx: &Ctx<'_>, input: &GetErasure) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let running = store::find(ctx.sql, input.user_id)?;
    Reply::of(&running.ok_or_else(|| Reject::not_found("erasure"))?.erasure)
}

/// Leaves of a user the id and the times.
fn tombstone(ctx: &mut Ctx<'_>, user: &User) -> Result<(), Reject> {
    let after = User {
        email: None,
        name: None,
        handles: Vec::new(),
        company_id: None,
        company_name: None,
        attributes: Map::new(),
        archived: true,
        erased_at: Some(ctx.now),
        updated_at: ctx.now,
        version: user.version + 1,
        ..user.clone()
    };
    people::write(ctx, user, &after)
}

/// By what the person is found: their ids, and the addresses and numbers that they have, and that
/// those had who were merged into them. Names of other kinds can be words, and are left in texts.
fn needles(ctx: &Ctx<'_>, user: &User, parts: &[User]) -> Result<Needles, Reject> {
    let ids: Vec<UserId> = parts.iter().map(|part| part.id).chain([user.id]).collect();
    let mut handles: Vec<String> = Vec::new();
    let mut add = |handle: &Handle| {
        let telling = matches!(handle.kind, HandleKind::Email | HandleKind::Phone);
        if telling && !handles.contains(&handle.value) {
            handles.push(handle.value.clone());
        }
    };
    user.handles.iter().for_each(&mut add);
    for merge in merges::into(ctx.sql, user.id)? {
        merge.moved.handles.iter().for_each(&mut add);
    }
    let ids = ids.iter().map(ToString::to_string).collect();
    Ok(Needles { ids, handles, lent: Vec::new() })
}
