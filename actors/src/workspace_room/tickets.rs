//! How a ticket is opened and found, and what may stand in its fields, whoever asks.

use super::directory::attributes::check_defined;
use super::store::tickets::Standing;
use super::store::{counts, reads, tickets};
use super::{access, changes, status, teams};
use schema::sort::SortSmall;

pub use super::changes::save;
use crate::kernel::Ctx;
use schema::event::By;
use schema::ids::{AgentId, CategoryId, CustomStatusId, InboxId, TeamId, TicketId};
use schema::room::attribute::Subject;
use schema::room::ticket::{
    ATTRIBUTE_CHARS_MAX, ATTRIBUTE_NAME_CHARS_MAX, ATTRIBUTES_MAX, Attributes, Priority,
    SUBJECT_CHARS_MAX, Source, Status, TAG_CHARS_MAX, TAGS_MAX, Ticket, TicketEvent,
};
use schema::room::user::User;
use schema::summary::Table;
use schema::{Code, Reject, check};
use serde_json::Value;

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
    /// The team that it is for.
    pub team: Option<TeamId>,
    /// Its category.
    pub category: Option<CategoryId>,
    /// The status of the workspace's own that `status` goes with.
    pub custom_status: Option<CustomStatusId>,
    /// Its attributes.
    pub attributes: Attributes,
    /// Whose it is.
    pub user: Option<User>,
    /// How it came in.
    pub source: Source,
    /// The inbox that its mail comes through.
    pub inbox: Option<InboxId>,
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
        team_id: draft.team,
        category_id: draft.category,
        custom_status_id: None,
        attributes: draft.attributes,
        user_id: user.map(|user| user.id),
        user_email: user.and_then(|user| user.email.clone()),
        user_name: user.and_then(|user| user.name.clone()),
        company_id: user.and_then(|user| user.company_id),
        company_name: user.and_then(|user| user.company_name.clone()),
        source: draft.source,
        follows_ticket_id: draft.follows.as_ref().map(|before| before.id),
        merged_into_id: None,
        snooze: None,
        claim: None,
        comments: 0,
        created_at: ctx.now,
        updated_at: ctx.now,
        last_comment_at: None,
        first_reply_at: None,
        solved_at: None,
        closed_at: None,
        deleted_at: None,
        inbox_id: draft.inbox,
        version: 1,
        unread: None,
    };
    status::set(&mut ticket, draft.status, ctx.now);
    ticket.custom_status_id = draft.custom_status;
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
    let before = find(ctx, id)?;
    let mut ticket = before.clone();
    status::set(&mut ticket, Status::Open, ctx.now);
    ticket.snooze = None;
    changes::write(ctx, &before, &mut ticket)?;
    let data = TicketEvent { ticket };
    ctx.event_by(by, "ticket.reopened", Some(id), &data)?;
    Ok(data.ticket)
}

/// A ticket, whole.
///
/// # Errors
/// `not_found`, also where it is deleted.
pub fn find(ctx: &Ctx<'_>, id: TicketId) -> Result<Ticket, Reject> {
    tickets::find(ctx.sql, id)?
        .filter(|ticket| ticket.deleted_at.is_none())
        .ok_or_else(|| Reject::not_found("ticket"))
}

/// A ticket, whole, that is neither deleted nor merged into another.
///
/// # Errors
/// A storage fault.
pub fn in_work(ctx: &Ctx<'_>, id: TicketId) -> Result<Option<Ticket>, Reject> {
    let found = tickets::find(ctx.sql, id)?;
    Ok(found.filter(Ticket::is_in_work))
}

/// A ticket, whole, that somebody wants to change.
///
/// # Errors
/// `not_found`; `conflict` where it is merged into another: its fields stay as they are, so that
/// the merge can be undone.
pub fn changeable(ctx: &Ctx<'_>, id: TicketId) -> Result<Ticket, Reject> {
    let ticket = find(ctx, id)?;
    match ticket.merged_into_id {
        Some(into) => Err(merged(into)),
        None => Ok(ticket),
    }
}

/// The refusal of a change of a ticket that is merged into another.
#[must_use]
pub fn merged(into: TicketId) -> Reject {
    Reject::conflict("the ticket is merged into another: change that one, or undo the merge")
        .with(serde_json::json!({ "mergedIntoId": into }))
}

/// How a ticket stands, one that is not deleted.
///
/// # Errors
/// `not_found`.
pub fn standing(ctx: &Ctx<'_>, id: TicketId) -> Result<Standing, Reject> {
    tickets::standing(ctx.sql, id)?
        .filter(|ticket| !ticket.deleted)
        .ok_or_else(|| Reject::not_found("ticket"))
}

/// How many tickets that are merged into each other are followed.
const MERGES_MAX: usize = 100;

/// The ticket that a ticket's comments are in: itself, or the one it is merged into.
///
/// # Errors
/// A storage fault.
pub fn follow_merge(ctx: &Ctx<'_>, mut ticket: Standing) -> Result<Standing, Reject> {
    for _ in 0..MERGES_MAX {
        let Some(into) = ticket.merged_into else { break };
        let next = tickets::standing_of_number(ctx.sql, into)?;
        ticket = next.ok_or_else(|| Reject::internal(format!("no ticket {into}")))?;
    }
    Ok(ticket)
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

/// A ticket, with how much of it the agent has not read.
///
/// # Errors
/// A storage fault.
pub fn shown_to(
    ctx: &Ctx<'_>,
    agent: Option<AgentId>,
    mut ticket: Ticket,
) -> Result<Ticket, Reject> {
    with_unread(ctx, agent, std::slice::from_mut(&mut ticket))?;
    Ok(ticket)
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
    kept.sort_small();
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

/// Refuses what is no team that a ticket can be for.
///
/// # Errors
/// `invalid_input`.
pub fn check_team(ctx: &Ctx<'_>, id: TeamId) -> Result<(), Reject> {
    teams::check_named(ctx, "teamId", id)
}

/// Refuses attributes that are too many, have no good name, or are no texts, numbers or booleans;
/// null is taken for one that is to go.
///
/// # Errors
/// `invalid_input` naming the attribute.
pub fn attributes(attributes: &Attributes) -> Result<(), Reject> {
    if attributes.len() > ATTRIBUTES_MAX {
        let why = format!("must have at most {ATTRIBUTES_MAX} attributes");
        return Err(Reject::field("attributes", why));
    }
    for (name, value) in attributes {
        let kept = check::line("attributes", name, ATTRIBUTE_NAME_CHARS_MAX)?;
        if kept != *name {
            return Err(Reject::field("attributes", "names must not begin or end in white space"));
        }
        let field = format!("attributes.{name}");
        match value {
            Value::String(text) => drop(check::text(&field, text, ATTRIBUTE_CHARS_MAX)?),
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
            _ => return Err(Reject::field(&field, "must be a text, a number or a boolean")),
        }
    }
    Ok(())
}

/// The same, and that those which the workspace has defined for tickets are what they must be.
///
/// # Errors
/// `invalid_input` naming the attribute.
pub fn check_attributes(ctx: &Ctx<'_>, values: &Attributes) -> Result<(), Reject> {
    attributes(values)?;
    check_defined(ctx, Subject::Ticket, values.iter())
}
