//! The caller's own notifications: list, count, read. Who: any agent, theirs alone; of another's
//! nothing can be found. No events: the caller's open connections hear of the count.

use super::store;
use crate::kernel::{Ctx, Ear, Reply};
use crate::workspace_room::access::authorise::{require_agent, require_self};
use crate::workspace_room::cursor;
use crate::workspace_room::store::TOP;
use schema::frame::ServerFrame;
use schema::ids::AgentId;
use schema::room::notification::{
    CountUnread, ListNotifications, Notification, ReadAllNotifications, ReadNotification, Unread,
};
use schema::{Permission, Reject, page};

/// Lists them, the latest first.
///
/// # Errors
/// `unauthorized`, `forbidden`; `invalid_input` for a bad limit or cursor.
pub fn list(ctx: &Ctx<'_>, input: &ListNotifications) -> Result<Reply, Reject> {
    let (agent, ..) = require_agent(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let list = format!("notifications/{agent}/{:?}", input.unread);
    let before = cursor::read(ctx, &list, input.cursor.as_deref())?;
    let before = before.map_or(TOP, |(_, number)| number);
    let found = store::list(ctx.sql, agent, input.unread, before, limit + 1)?;
    let rows = found.into_iter().map(|(number, it)| ((0, number), it)).collect();
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}

/// Counts those that are not read.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn count(ctx: &Ctx<'_>, _: &CountUnread) -> Result<Reply, Reject> {
    let (agent, ..) = require_agent(ctx, Permission::Read)?;
    Reply::of(&Unread { unread: store::unread(ctx.sql, agent)? })
}

/// Marks one.
///
/// # Errors
/// `unauthorized`, `forbidden`, `not_found`.
pub fn read(ctx: &mut Ctx<'_>, input: &ReadNotification) -> Result<Reply, Reject> {
    let agent = require_self(ctx)?;
    let found = store::find(ctx.sql, agent, input.notification_id)?;
    let mut notification = found.ok_or_else(|| Reject::not_found("notification"))?;
    let read = input.read.unwrap_or(true);
    if read != notification.read_at.is_some() {
        notification.read_at = read.then_some(ctx.now);
        store::set_read(ctx.sql, notification.id, notification.read_at)?;
        hear(ctx, agent, Some(&notification))?;
    }
    Reply::of(&notification)
}

/// Marks all, or all up to one.
///
/// # Errors
/// `unauthorized`, `forbidden`, `not_found`.
pub fn read_all(ctx: &mut Ctx<'_>, input: &ReadAllNotifications) -> Result<Reply, Reject> {
    let agent = require_self(ctx)?;
    let upto = match input.until {
        None => TOP,
        Some(id) => {
            store::number(ctx.sql, agent, id)?.ok_or_else(|| Reject::not_found("notification"))?
        }
    };
    if store::unread(ctx.sql, agent)? > 0 {
        store::read_all(ctx.sql, agent, upto, ctx.now)?;
        hear(ctx, agent, None)?;
    }
    Reply::of(&Unread { unread: store::unread(ctx.sql, agent)? })
}

fn hear(
    ctx: &mut Ctx<'_>,
    agent: AgentId,
    notification: Option<&Notification>,
) -> Result<(), Reject> {
    let unread = store::unread(ctx.sql, agent)?;
    ctx.cast(Ear::Agent(agent), &ServerFrame::Notification { notification, unread })
}
