//! Undoing a merge: everything that went over comes back, unless it went on to somebody else.

use super::later;
use super::merge::{follow, shown};
use super::store::{handles, merges};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::people;
use crate::workspace_room::store::users;
use schema::ids::UserId;
use schema::room::user::{Handle, ListMerges, Merge, UNDO_MS, UndoMerge, User};
use schema::{Code, Permission, Reject};

/// Undoes a merge. Event `user.unmerged`.
///
/// # Errors
/// `not_found` for one that is not there (any more); `gone` after 30 days; `conflict` with
/// `details.mergedInto` where the kept user was merged into another since: that goes first.
pub fn undo_merge(ctx: &mut Ctx<'_>, input: &UndoMerge) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;

    let found = merges::find(ctx.sql, input.merge_id)?;
    let mut record = found.ok_or_else(|| Reject::not_found("merge"))?;
    if record.at + UNDO_MS <= ctx.now {
        return Err(Reject::new(Code::Gone, "a merge can be undone for 30 days"));
    }
    let kept = super::live(ctx, record.kept)?;
    let other = user(ctx, record.merged)?;

    let (after, back) = part(ctx, &kept, &other, &record)?;
    let tickets = merges::move_back(ctx.sql, &record.moved.tickets, kept.id, other.id)?;
    let mut followers = Vec::new();
    for id in &record.moved.followers {
        followers.extend(users::find(ctx.sql, *id)?.filter(|it| it.merged_into == Some(kept.id)));
    }
    follow(ctx, &followers, other.id)?;
    people::write(ctx, &kept, &after)?;
    people::write(ctx, &other, &back)?;
    merges::remove(ctx.sql, record.id)?;
    ctx.cancel_timer(later::MERGE, &record.id.to_string())?;
    record.moved.handles.clone_from(&back.handles);
    record.moved.tickets = tickets;
    let data = shown(record, after, back);
    ctx.event("user.unmerged", None, &data)?;
    Reply::of(&data)
}

fn user(ctx: &Ctx<'_>, id: UserId) -> Result<User, Reject> {
    users::find(ctx.sql, id)?.ok_or_else(|| Reject::internal("a merge of nobody"))
}

/// The two users after the undoing.
fn part(
    ctx: &Ctx<'_>,
    kept: &User,
    other: &User,
    record: &merges::Kept,
) -> Result<(User, User), Reject> {
    let version = kept.version.max(other.version) + 1;
    let (mut after, mut back) = (kept.clone(), other.clone());
    for handle in &record.moved.handles {
        let owner = handles::owner(ctx.sql, handle.kind, &handle.value)?;
        if owner.is_none_or(|owner| owner == kept.id) {
            let same = |own: &Handle| own.kind == handle.kind && own.value == handle.value;
            after.handles.retain(|own| !same(own));
            back.handles.push(handle.clone());
        }
    }
    people::put_in_order(&mut after);
    people::put_in_order(&mut back);
    if record.moved.name.is_some() && after.name == record.moved.name {
        after.name = None;
    }
    back.archived = false;
    back.merged_into = None;
    for user in [&mut after, &mut back] {
        user.updated_at = ctx.now;
        user.version = version;
    }
    Ok((after, back))
}

/// Lists the merges into a user that can be undone.
///
/// # Errors
/// `not_found`.
pub fn list_merges(ctx: &Ctx<'_>, input: &ListMerges) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let kept = users::find(ctx.sql, input.user_id)?.ok_or_else(|| Reject::not_found("user"))?;

    let mut items: Vec<Merge> = Vec::new();
    for record in merges::into(ctx.sql, kept.id)? {
        if record.at + UNDO_MS > ctx.now {
            let other = user(ctx, record.merged)?;
            items.push(shown(record, kept.clone(), other));
        }
    }
    Reply::of(&items)
}
