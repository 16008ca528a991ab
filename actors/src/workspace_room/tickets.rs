//! How a ticket is opened and changes its status, whoever asks.

use super::store::tickets::Standing;
use super::store::{counts, reads, tickets};
use super::{access, status};
use crate::kernel::Ctx;
use schema::event::By;
use schema::ids::{AgentId, TicketId};
use schema::room::ticket::{
    Priority, SUBJECT_CHARS_MAX, Source, Status, TAG_CHARS_MAX, TAGS_MAX, Ticket, TicketBefore,
    TicketChanged, TicketEvent,
};
use schema::room::user::User;
use schema::summary::Table;
use schema::{Code, Reject, check};

/// A ticket that is about to be opened.
#[derive(Debug)]
pub struct Draft {
    /// What it is about.
    pub subject: String,
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// Its tags, as [`tags`] gives them.
    pub tags: Vec<String>,
    /// Who works on it.
    pub assignee: Option<AgentId>,
    /// Whose it is.
    pub user: Option<User>,
    /// How it came in.
    pub source: Source,
    /// The closed ticket before it.
    pub follows: Option<Standing>,
}

/// Opens a ticket: number, row, counts, event, D1.
///
/// # Errors
/// A storage fault.
pub fn open(ctx: &mut Ctx<'_>, by: &By, draft: Draft) -> Result<Ticket, Reject> {
    let number = counts::next_number(ctx.sql, ctx.now)?;
    let user = draft.user.as_ref();
    let mut ticket = Ticket {
        id: TicketId(ctx.uuid()),
        number,
        subject: draft.subject,
        status: draft.status,
        priority: draft.priority,
        tags: draft.tags,
        assignee_id: draft.assignee,
        user_id: user.map(|user| user.id),
        user_email: user.and_then(|user| user.email.clone()),
        user_name: user.and_then(|user| user.name.clone()),
        company_id: user.and_then(|user| user.company_id),
        company_name: user.and_then(|user| user.company_name.clone()),
        source: draft.source,
        follows_ticket_id: draft.follows.as_ref().map(|before| before.id),
        comments: 0,
        created_at: ctx.now,
        updated_at: ctx.now,
        last_comment_at: None,
        first_reply_at: None,
        solved_at: None,
        closed_at: None,
        version: 1,
        unread: None,
    };
    status::set(&mut ticket, draft.status, ctx.now);
    tickets::insert(ctx.sql, &ticket, draft.follows.map(|before| before.number))?;
    counts::opened(ctx.sql, ticket.status)?;
    summarise(ctx, ticket.id)?;
    let data = TicketEvent { ticket };
    ctx.event_by(by, "ticket.created", Some(data.ticket.id), &data)?;
    Ok(data.ticket)
}

/// Opens a ticket again that is pending, waiting, solved or closed: row, counts, event, D1.
///
/// # Errors
/// `not_found`, or a storage fault.
pub fn reopen(ctx: &mut Ctx<'_>, by: &By, id: TicketId) -> Result<Ticket, Reject> {
    let mut ticket = find(ctx, id)?;
    let before = ticket.status;
    status::set(&mut ticket, Status::Open, ctx.now);
    ticket.updated_at = ctx.now;
    ticket.version += 1;
    tickets::update(ctx.sql, &ticket)?;
    counts::moved(ctx.sql, before, ticket.status, ctx.now)?;
    summarise(ctx, id)?;
    let data = TicketEvent { ticket };
    ctx.event_by(by, "ticket.reopened", Some(id), &data)?;
    Ok(data.ticket)
}

/// Writes a ticket that was changed: row, tags, counts, event with the former values, D1; nothing
/// where nothing changed.
///
/// # Errors
/// A storage fault.
pub fn save(
    ctx: &mut Ctx<'_>,
    by: &By,
    before: &Ticket,
    mut ticket: Ticket,
) -> Result<Ticket, Reject> {
    if ticket == *before {
        return Ok(ticket);
    }
    ticket.updated_at = ctx.now;
    ticket.version += 1;
    tickets::update(ctx.sql, &ticket)?;
    if ticket.tags != before.tags {
        tickets::replace_tags(ctx.sql, &ticket, &before.tags)?;
    }
    if ticket.status != before.status {
        counts::moved(ctx.sql, before.status, ticket.status, ctx.now)?;
    }
    summarise(ctx, ticket.id)?;
    let data = TicketChanged { before: difference(before, &ticket), ticket };
    ctx.event_by(by, "ticket.changed", Some(data.ticket.id), &data)?;
    Ok(data.ticket)
}

fn difference(before: &Ticket, after: &Ticket) -> TicketBefore {
    TicketBefore {
        subject: (before.subject != after.subject).then(|| before.subject.clone()),
        status: (before.status != after.status).then_some(before.status),
        priority: (before.priority != after.priority).then_some(before.priority),
        assignee_id: (before.assignee_id != after.assignee_id).then_some(before.assignee_id),
        tags: (before.tags != after.tags).then(|| before.tags.clone()),
    }
}

/// A ticket, whole.
///
/// # Errors
/// `not_found`.
pub fn find(ctx: &Ctx<'_>, id: TicketId) -> Result<Ticket, Reject> {
    tickets::find(ctx.sql, id)?.ok_or_else(|| Reject::not_found("ticket"))
}

/// Asks for the D1 rows of a ticket and of the workspace, whose counts it is in.
///
/// # Errors
/// A storage fault.
pub fn summarise(ctx: &mut Ctx<'_>, id: TicketId) -> Result<(), Reject> {
    ctx.summarise(Table::Tickets, &id.to_string())?;
    let workspace = ctx.principal.workspace.to_string();
    Ok(ctx.summarise(Table::Workspaces, &workspace)?)
}

/// Tells an agent how much of each ticket they have not read.
///
/// # Errors
/// A storage fault.
pub fn with_unread(
    ctx: &Ctx<'_>,
    agent: Option<AgentId>,
    list: &mut [Ticket],
) -> Result<(), Reject> {
    let Some(agent) = agent.filter(|_| !list.is_empty()) else { return Ok(()) };
    let numbers: Vec<i64> = list.iter().map(|ticket| ticket.number).collect();
    let unread = reads::unread(ctx.sql, agent, &numbers)?;
    for ticket in list {
        ticket.unread = unread.get(&ticket.number).copied().or(Some(0));
    }
    Ok(())
}

/// Refuses a change of something that has another version than the client saw.
///
/// # Errors
/// `version_mismatch`.
pub fn check_version(expected: Option<i64>, version: i64) -> Result<(), Reject> {
    match expected {
        Some(expected) if expected != version => {
            let why = format!("it has version {version} now: read it again");
            Err(Reject::new(Code::VersionMismatch, why)
                .with(serde_json::json!({ "version": version })))
        }
        _ => Ok(()),
    }
}

/// Refuses anybody as assignee but an active agent of the workspace who may work.
///
/// # Errors
/// `invalid_input`.
pub fn check_assignee(ctx: &Ctx<'_>, id: AgentId) -> Result<(), Reject> {
    let known = access::store::agents::find(ctx.sql, id)?;
    let able = known
        .is_some_and(|known| known.agent.active && known.agent.role.may(schema::Permission::Work));
    if able {
        return Ok(());
    }
    Err(Reject::field("assigneeId", "must be an active agent who may work on tickets"))
}

/// A subject as it will be kept.
///
/// # Errors
/// `invalid_input`.
pub fn subject(subject: &str) -> Result<String, Reject> {
    check::line("subject", subject, SUBJECT_CHARS_MAX)
}

/// Tags as they will be kept: lower-case, sorted, each once.
///
/// # Errors
/// `invalid_input`: too many, an empty or long one.
pub fn tags(tags: &[String]) -> Result<Vec<String>, Reject> {
    check::items("tags", tags, TAGS_MAX)?;
    let mut kept = Vec::with_capacity(tags.len());
    for tag in tags {
        kept.push(self::tag("tags", tag)?);
    }
    kept.sort_unstable();
    kept.dedup();
    Ok(kept)
}

/// A tag as it is kept.
///
/// # Errors
/// `invalid_input`.
pub fn tag(field: &str, tag: &str) -> Result<String, Reject> {
    check::line(field, &tag.to_lowercase(), TAG_CHARS_MAX)
}
