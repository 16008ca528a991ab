//! Notifications that leave by mail, through the inbox that the workspace has named.
//!
//! The inbox sends a mail of one key once, however often it is asked; so it is the one that was
//! named when the notification was made, whichever is named since. What was read meanwhile, or
//! is of somebody who has left, does not leave; nor does anything once no inbox is named.

use super::store;
use crate::kernel::sql::Fault;
use crate::kernel::{Ctx, Effect, Entry};
use crate::workspace_room::access::store::agents;
use schema::ids::{InboxId, NotificationId};
use schema::inbox::{InboxCommand, NewMail, SendMail};
use schema::{ActorKind, Reject, codec};

/// The outbox entries; their key is the notification.
pub const OUTBOX: &str = "notifications.mail";
/// How often an inbox that does not answer is asked.
pub const ATTEMPTS_MAX: i64 = 20;

/// Wants a notification mailed by an inbox.
///
/// # Errors
/// A storage fault.
pub fn enqueue(ctx: &mut Ctx<'_>, id: NotificationId, inbox: InboxId) -> Result<(), Fault> {
    ctx.outbox(OUTBOX, &id.to_string(), inbox.to_string().as_bytes())
}

/// The inbox of an entry; none where an earlier build made it.
fn inbox_of(entry: &Entry) -> Option<InboxId> {
    std::str::from_utf8(&entry.body).ok()?.parse().ok()
}

/// What an entry wants from the inbox.
///
/// # Errors
/// `internal` where its key is no notification's.
pub fn begin(ctx: &Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let id: NotificationId =
        entry.key.parse().map_err(|_| Reject::internal(format!("mail of what? {}", entry.key)))?;
    let Some(agent) = store::owner(ctx.sql, id)? else { return Ok(Effect::Nothing) };
    let Some(notification) = store::find(ctx.sql, agent, id)? else { return Ok(Effect::Nothing) };
    let known = agents::find(ctx.sql, agent)?.filter(|known| known.agent.active);
    let (Some(known), (Some(named), _)) = (known, store::setup(ctx.sql)?) else {
        return Ok(Effect::Nothing);
    };
    if notification.read_at.is_some() {
        return Ok(Effect::Nothing);
    }
    let inbox = inbox_of(entry).unwrap_or(named);
    let key = format!("notification:{id}");
    let mail = NewMail {
        to: vec![known.agent.email],
        cc: Vec::new(),
        subject: notification.title,
        text: notification.body,
        html: None,
        in_reply_to: None,
        references: Vec::new(),
        prospect: None,
        automatic: true,
        files: Vec::new(),
        reply_tag: None,
        leave_by: None,
        opt_out_url: None,
    };
    Ok(Effect::Call {
        actor: ActorKind::InboxState,
        instance: format!("{}/{inbox}", ctx.instance),
        key: key.clone(),
        command: codec::to_json(&InboxCommand::Send(SendMail { key, mail })),
    })
}
