//! How an agent wants to be told, and what a workspace's notifications say.
//!
//! Who: every agent, their own settings; the templates are read by who works and changed by who
//! manages. Event: `notificationTemplates.changed`; of settings, which are one agent's own, none.

use super::{store, template};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise::{require, require_agent, require_self};
use crate::workspace_room::access::change_agent::must_be_seen;
use schema::ids::AgentId;
use schema::room::notification::{
    BODY_CHARS_MAX, ChangeNotificationSettings, ChangeNotificationTemplates,
    GetNotificationSettings, GetNotificationTemplates, KINDS, NotificationKind,
    NotificationSettings, NotificationTemplate, NotificationTemplates,
    NotificationTemplatesChanged, TITLE_CHARS_MAX,
};
use schema::sort::SortSmall;
use schema::{Permission, Reject, check};

/// Reads the caller's settings.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn get(ctx: &Ctx<'_>, _: &GetNotificationSettings) -> Result<Reply, Reject> {
    let (agent, ..) = require_agent(ctx, Permission::Read)?;
    Reply::of(&of(ctx, agent)?)
}

/// Changes the caller's settings.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn change(ctx: &mut Ctx<'_>, input: &ChangeNotificationSettings) -> Result<Reply, Reject> {
    let agent = require_self(ctx)?;
    let wanted = [
        input.assigned,
        input.mentioned,
        input.replied,
        input.sla_warning,
        input.automation,
        input.mail,
    ];
    for (kind, channel) in KINDS.into_iter().zip(wanted) {
        if let Some(channel) = channel {
            store::set_channel(ctx.sql, agent, kind, channel)?;
        }
    }
    Reply::of(&of(ctx, agent)?)
}

fn of(ctx: &Ctx<'_>, agent: AgentId) -> Result<NotificationSettings, Reject> {
    let channel = |kind| store::channel(ctx.sql, agent, kind);
    Ok(NotificationSettings {
        assigned: channel(NotificationKind::Assigned)?,
        mentioned: channel(NotificationKind::Mentioned)?,
        replied: channel(NotificationKind::Replied)?,
        sla_warning: channel(NotificationKind::SlaWarning)?,
        automation: channel(NotificationKind::Automation)?,
        mail: channel(NotificationKind::Mail)?,
    })
}

/// Reads the templates.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn get_templates(ctx: &Ctx<'_>, _: &GetNotificationTemplates) -> Result<Reply, Reject> {
    require(ctx, Permission::Work)?;
    Reply::of(&templates(ctx)?)
}

/// Changes the templates.
///
/// # Errors
/// `unauthorized`, `forbidden`, `version_mismatch`; `invalid_input`, also for a variable that there
/// is not.
pub fn change_templates(
    ctx: &mut Ctx<'_>,
    input: &ChangeNotificationTemplates,
) -> Result<Reply, Reject> {
    require(ctx, Permission::Manage)?;
    let before = templates(ctx)?;
    must_be_seen(before.version, input.if_version)?;
    check::items("templates", &input.templates, KINDS.len())?;
    check::items("reset", &input.reset, KINDS.len())?;
    let mut named: Vec<_> = input.reset.clone();
    let mut new = Vec::new();
    for it in &input.templates {
        named.push(it.kind);
        new.push(checked(it)?);
    }
    named.sort_small();
    if named.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Reject::field("templates", "must name each kind once"));
    }

    for kind in &input.reset {
        store::reset_template(ctx.sql, *kind)?;
    }
    for it in &new {
        store::set_template(ctx.sql, it)?;
    }
    let mut after = templates(ctx)?;
    after.inbox_id = input.inbox_id.unwrap_or(before.inbox_id);
    if after == before {
        return Reply::of(&before);
    }
    store::set_setup(ctx.sql, after.inbox_id)?;
    after.version += 1;
    let changed = NotificationTemplatesChanged { templates: after.clone(), before };
    ctx.event("notificationTemplates.changed", None, &changed)?;
    Reply::of(&after)
}

/// A template as it is kept.
///
/// # Errors
/// `invalid_input`, also for a variable that there is not.
pub fn checked(it: &NotificationTemplate) -> Result<NotificationTemplate, Reject> {
    let title = check::line("title", &it.title, TITLE_CHARS_MAX)?;
    let body = check::text("body", &it.body, BODY_CHARS_MAX)?;
    template::check("title", &title)?;
    template::check("body", &body)?;
    Ok(NotificationTemplate { kind: it.kind, title, body })
}

fn templates(ctx: &Ctx<'_>) -> Result<NotificationTemplates, Reject> {
    let (inbox_id, version) = store::setup(ctx.sql)?;
    let templates: Result<_, _> = KINDS.into_iter().map(|kind| template(ctx, kind)).collect();
    Ok(NotificationTemplates { inbox_id, templates: templates?, version })
}

/// What notifications of a kind say.
///
/// # Errors
/// A storage fault.
pub fn template(ctx: &Ctx<'_>, kind: NotificationKind) -> Result<NotificationTemplate, Reject> {
    Ok(store::template(ctx.sql, kind)?.unwrap_or_else(|| first(kind)))
}

/// What they say at first.
fn first(kind: NotificationKind) -> NotificationTemplate {
    let (title, body) = match kind {
        NotificationKind::Assigned => (
            "#{{ticket.number}} is yours: {{ticket.subject}}",
            "{{by.name}} gave you ticket #{{ticket.number}}, {{ticket.subject}}.",
        ),
        NotificationKind::Mentioned => (
            "{{by.name}} mentioned you in #{{ticket.number}}",
            "{{by.name}} mentioned you in ticket #{{ticket.number}}, {{ticket.subject}}.",
        ),
        NotificationKind::Replied => (
            "{{by.name}} commented on #{{ticket.number}}",
            "{{by.name}} commented on ticket #{{ticket.number}}, {{ticket.subject}}.",
        ),
        NotificationKind::SlaWarning => (
            "#{{ticket.number}}: {{text}}",
            "Ticket #{{ticket.number}}, {{ticket.subject}}: {{text}}.",
        ),
        NotificationKind::Automation => (
            "#{{ticket.number}}: {{text}}",
            "{{text}}\nTicket #{{ticket.number}}, {{ticket.subject}}.",
        ),
        NotificationKind::Mail => ("{{text}}", "{{text}}."),
    };
    NotificationTemplate { kind, title: title.into(), body: body.into() }
}
