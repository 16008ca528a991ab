//! Notifications: what one agent should look at.
//!
//! They come of events ([`react`]), of rules and of what is with the mail, and are rows of their
//! own: the log, which everybody replays, has none of them. The agent's own connections are told,
//! and a mail leaves where the agent wants one and the workspace has named an inbox for it.

pub mod handle;
pub mod mail;
pub mod react;
pub mod settings;
pub mod store;
pub mod template;

#[cfg(test)]
mod tests;

use super::access::store::{agents, workspace};
use super::store::users;
use crate::kernel::store::timers;
use crate::kernel::{Ctx, Ear, Migration, migration};
use schema::event::By;
use schema::frame::ServerFrame;
use schema::ids::{AgentId, CommentId, NotificationId};
use schema::room::notification::{Channel, Notification, NotificationKind};
use schema::room::ticket::Ticket;
use schema::{Millis, Permission, Reject};

/// The tables of notifications.
pub const MIGRATION: Migration = migration!("workspace_room/0011_notifications");

/// The timer that forgets.
pub const TIMER: &str = "notifications.forget";
/// How long one is kept.
pub const KEPT_MS: Millis = 90 * 24 * 60 * 60 * 1000;
/// How many are forgotten in one go.
const FORGOTTEN_AT_ONCE: i64 = 500;

/// Somebody is to be told of something.
#[derive(Debug, Clone)]
pub struct News<'a> {
    /// Why.
    pub kind: NotificationKind,
    /// Of which ticket, where of one.
    pub ticket: Option<&'a Ticket>,
    /// Of which comment.
    pub comment: Option<CommentId>,
    /// Who caused it.
    pub by: &'a By,
    /// What a rule says, which promise is at stake, or what is with the mail.
    pub text: &'a str,
}

/// Tells an agent, as they want to be told; who is not active is told nothing.
///
/// # Errors
/// A storage fault.
pub fn tell(ctx: &mut Ctx<'_>, agent: AgentId, news: &News<'_>) -> Result<(), Reject> {
    let channel = store::channel(ctx.sql, agent, news.kind)?;
    if channel == Channel::None {
        return Ok(());
    }
    let Some(known) = agents::find(ctx.sql, agent)?.filter(|known| known.agent.active) else {
        return Ok(());
    };
    let words = template::Words {
        agent: known.agent.name,
        by: name_of(ctx, news.by)?,
        workspace: workspace::find(ctx.sql)?.map(|it| it.name).unwrap_or_default(),
        ticket: news.ticket,
        text: news.text,
    };
    let template = settings::template(ctx, news.kind)?;
    let notification = Notification {
        id: NotificationId(ctx.uuid()),
        kind: news.kind,
        title: template::line(&template.title, &words),
        body: template::fill(&template.body, &words),
        ticket_id: news.ticket.map(|ticket| ticket.id),
        comment_id: news.comment,
        by: news.by.clone(),
        at: ctx.now,
        read_at: None,
    };
    store::insert(ctx.sql, agent, &notification)?;
    if timers::due_of(ctx.sql, TIMER, "")?.is_none() {
        ctx.set_timer(TIMER, "", ctx.now + KEPT_MS, &[])?;
    }
    let unread = store::unread(ctx.sql, agent)?;
    let frame = ServerFrame::Notification { notification: Some(&notification), unread };
    ctx.cast(Ear::Agent(agent), &frame)?;
    if channel == Channel::Mail
        && let (Some(inbox), _) = store::setup(ctx.sql)?
    {
        mail::enqueue(ctx, notification.id, inbox)?;
    }
    Ok(())
}

/// Tells those who manage something about the workspace's mail.
///
/// # Errors
/// A storage fault.
pub fn tell_managers(ctx: &mut Ctx<'_>, ticket: Option<&Ticket>, text: &str) -> Result<(), Reject> {
    let (kind, by) = (NotificationKind::Mail, &By::System);
    for agent in agents::list(ctx.sql)? {
        if agent.active && agent.role.may(Permission::Manage) {
            tell(ctx, agent.id, &News { kind, ticket, comment: None, by, text })?;
        }
    }
    Ok(())
}

fn name_of(ctx: &Ctx<'_>, by: &By) -> Result<String, Reject> {
    Ok(match by {
        By::Agent { id } => {
            agents::find(ctx.sql, *id)?.map_or_else(|| "Somebody".into(), |known| known.agent.name)
        }
        By::User { id } => users::find(ctx.sql, *id)?
            .and_then(|user| user.name.or(user.email))
            .unwrap_or_else(|| "A customer".into()),
        By::System => "Postroom".into(),
    })
}

/// Forgets what is old, a bounded number, and comes back.
///
/// # Errors
/// A storage fault.
pub fn timer(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    store::forget(ctx.sql, ctx.now - KEPT_MS, FORGOTTEN_AT_ONCE)?;
    if let Some(oldest) = store::oldest(ctx.sql)? {
        ctx.set_timer(TIMER, "", (oldest + KEPT_MS).max(ctx.now), &[])?;
    }
    Ok(())
}
