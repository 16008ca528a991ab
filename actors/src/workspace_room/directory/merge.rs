//! Making one person of two users.
//!
//! | what of the other | becomes |
//! | --- | --- |
//! | handles, tickets | the kept user's |
//! | name | the kept user's, where they have none |
//! | comments | theirs too, for whoever reads them: the rows stay, the author is looked up |
//! | attributes, company | stay with the other, who leaves the lists |
//! | users merged into the other before | are now merged into the kept user |

use super::later;
use super::store::merges::{self, Kept, Moved};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::people;
use crate::workspace_room::store::users;
use schema::ids::{MergeId, UserId};
use schema::room::user::{HANDLES_MAX, MERGE_TICKETS_MAX, Merge, MergeUsers, UNDO_MS, User};
use schema::{Permission, Reject};

/// Makes one person of two users. Event `user.merged`.
///
/// # Errors
/// `not_found`; `invalid_input` for one user twice; `conflict` where one of them is merged already,
/// or together they have too many handles, or the other too many tickets.
pub fn merge_users(ctx: &mut Ctx<'_>, input: &MergeUsers) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;

    if input.user_id == input.other_id {
        return Err(Reject::field("otherId", "must be another user"));
    }
    let kept = super::live(ctx, input.user_id)?;
    let other = super::live(ctx, input.other_id)?;
    if kept.handles.len() + other.handles.len() > HANDLES_MAX {
        let why = format!("together they have more than {HANDLES_MAX} handles");
        return Err(Reject::conflict(why));
    }
    if merges::count_tickets(ctx.sql, other.id, MERGE_TICKETS_MAX + 1)? > MERGE_TICKETS_MAX {
        let why = format!("the other has more than {MERGE_TICKETS_MAX} tickets: keep that one");
        return Err(Reject::conflict(why));
    }

    let tickets = merges::move_all(ctx.sql, other.id, kept.id)?;
    let followers = follow(ctx, &users::merged_into(ctx.sql, other.id)?, kept.id)?;
    let (after, gone) = join(ctx, &kept, &other);
    people::write(ctx, &other, &gone)?;
    people::write(ctx, &kept, &after)?;
    let name = after.name.clone().filter(|_| kept.name.is_none());
    let moved = Moved { handles: other.handles, tickets, name, followers };
    let record =
        Kept { id: MergeId(ctx.uuid()), kept: kept.id, merged: gone.id, moved, at: ctx.now };
    merges::insert(ctx.sql, &record)?;
    ctx.set_timer(later::MERGE, &record.id.to_string(), ctx.now + UNDO_MS, &[])?;
    let data = shown(record, after, gone);
    ctx.event("user.merged", None, &data)?;
    Reply::of(&data)
}

/// The two users after the merge. What D1 shows of a ticket has the versions of ticket and user
/// together, so neither user's may fall.
fn join(ctx: &Ctx<'_>, kept: &User, other: &User) -> (User, User) {
    let version = kept.version.max(other.version) + 1;
    let (mut after, mut gone) = (kept.clone(), other.clone());
    for handle in gone.handles.drain(..) {
        let has = after.handles.iter().any(|own| own.kind == handle.kind && own.primary);
        after
            .handles
            .push(schema::room::user::Handle { primary: handle.primary && !has, ..handle });
    }
    people::put_in_order(&mut after);
    after.name = after.name.or_else(|| other.name.clone());
    gone.email = None;
    gone.archived = true;
    gone.merged_into = Some(kept.id);
    for user in [&mut after, &mut gone] {
        user.updated_at = ctx.now;
        user.version = version;
    }
    (after, gone)
}

/// Says of users that they are part of another one; says who they are.
///
/// # Errors
/// A storage fault.
pub fn follow(ctx: &mut Ctx<'_>, group: &[User], kept: UserId) -> Result<Vec<UserId>, Reject> {
    for user in group {
        let mut after = user.clone();
        after.merged_into = Some(kept);
        after.version += 1;
        users::update(ctx.sql, &after)?;
    }
    Ok(group.iter().map(|user| user.id).collect())
}

/// A merge as the API shows it.
#[must_use]
pub fn shown(record: Kept, user: User, other: User) -> Merge {
    Merge {
        id: record.id,
        user,
        other,
        handles: record.moved.handles,
        tickets: record.moved.tickets,
        merged_at: record.at,
        undo_until: record.at + UNDO_MS,
    }
}
