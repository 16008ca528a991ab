//! Texts with variables: which there are, and what stands in their place.
//!
//! The variables are a closed set: a text with another one is refused when it is saved, not when a
//! customer waits for it.

use super::{Item, Kind, store, usable};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::access::store::{agents, workspace};
use crate::workspace_room::{template, tickets};
use schema::ids::{AgentId, InboxId, ItemId};
use schema::room::access::Agent;
use schema::room::catalogue::{RenderCannedReply, RenderSignature, Rendered};
use schema::room::ticket::Ticket;
use schema::{Code, Permission, Reject};

/// Every variable.
pub const VARIABLES: [&str; 11] = [
    "user.name",
    "user.firstName",
    "user.email",
    "user.company",
    "ticket.number",
    "ticket.subject",
    "ticket.status",
    "agent.name",
    "agent.firstName",
    "agent.email",
    "workspace.name",
];
/// Refuses a text with a variable that there is not.
///
/// # Errors
/// `invalid_input` with the variable, and all there are, in `details`.
pub fn check(field: &str, text: &str) -> Result<(), Reject> {
    template::check(field, text, &VARIABLES)
}

/// A text with its variables filled in.
///
/// # Errors
/// `invalid_input` with `details.missing` where a variable without a default has no value.
pub fn fill(
    ctx: &Ctx<'_>,
    text: &str,
    ticket: &Ticket,
    agent: Option<AgentId>,
) -> Result<String, Reject> {
    let agent = agent.map(|id| agents::find(ctx.sql, id)).transpose()?.flatten();
    let agent = agent.map(|known| known.agent);
    template::fill("body", text, &VARIABLES, |name| value(ctx, name, ticket, agent.as_ref()))
}

fn value(
    ctx: &Ctx<'_>,
    name: &str,
    ticket: &Ticket,
    agent: Option<&Agent>,
) -> Result<Option<String>, Reject> {
    let first = |name: &str| name.split_whitespace().next().map(str::to_owned);
    Ok(match name {
        "user.name" => ticket.user_name.clone(),
        "user.firstName" => ticket.user_name.as_deref().and_then(first),
        "user.email" => ticket.user_email.clone(),
        "user.company" => ticket.company_name.clone(),
        "ticket.number" => Some(ticket.number.to_string()),
        "ticket.subject" => Some(ticket.subject.clone()),
        "ticket.status" => Some(status_name(ctx, ticket)?),
        "agent.name" => agent.map(|agent| agent.name.clone()),
        "agent.firstName" => agent.and_then(|agent| first(&agent.name)),
        "agent.email" => agent.map(|agent| agent.email.clone()),
        "workspace.name" => workspace::find(ctx.sql)?.map(|workspace| workspace.name),
        _ => None,
    })
}

fn status_name(ctx: &Ctx<'_>, ticket: &Ticket) -> Result<String, Reject> {
    let own = match ticket.custom_status_id {
        Some(id) => store::find(ctx.sql, Kind::Status, ItemId(id.0))?,
        None => None,
    };
    Ok(own.map_or_else(|| ticket.status.as_str().to_owned(), |item| item.name))
}

/// Fills in a canned reply.
///
/// # Errors
/// `not_found`; `conflict` where it is archived; `invalid_input` where a value is missing.
pub fn canned(ctx: &Ctx<'_>, input: &RenderCannedReply) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Read)?;
    let item = usable(ctx, Kind::Canned, member, input.id)?;
    let ticket = tickets::find(ctx, input.ticket_id)?;
    Reply::of(&rendered(ctx, &item, &ticket, member.agent)?)
}

/// Fills in the caller's signature: their own, or that of the inbox that the ticket answers
/// through, or of its team, or of the workspace.
///
/// # Errors
/// `not_found`; `invalid_input` where a value is missing.
pub fn signature(ctx: &Ctx<'_>, input: &RenderSignature) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Read)?;
    let ticket = tickets::find(ctx, input.ticket_id)?;
    let inbox = match ticket.inbox_id {
        Some(inbox) => Some(inbox),
        None => workspace::find(ctx.sql)?.and_then(|workspace| workspace.reply_inbox_id),
    };
    match nearest_signature(ctx, &ticket, member.agent, inbox)? {
        Some(item) => Reply::of(&rendered(ctx, &item, &ticket, member.agent)?),
        None => Reply::of(&Rendered { id: None, body: String::new() }),
    }
}

/// What stands below what an agent writes on a ticket and an inbox sends: their signature, filled
/// in; none where there is none, or a value is missing.
///
/// # Errors
/// A storage fault.
pub fn below(
    ctx: &Ctx<'_>,
    ticket: &Ticket,
    agent: AgentId,
    inbox: InboxId,
) -> Result<Option<String>, Reject> {
    let found = nearest_signature(ctx, ticket, Some(agent), Some(inbox))?;
    let Some(item) = found else { return Ok(None) };
    match rendered(ctx, &item, ticket, Some(agent)) {
        Ok(rendered) => Ok(Some(rendered.body)),
        Err(reject) if reject.code == Code::InvalidInput => Ok(None),
        Err(reject) => Err(reject),
    }
}

/// An agent's own signature, or that of the inbox, of the ticket's team, or the workspace's.
fn nearest_signature(
    ctx: &Ctx<'_>,
    ticket: &Ticket,
    agent: Option<AgentId>,
    inbox: Option<InboxId>,
) -> Result<Option<Item>, Reject> {
    let first = |team, agent| -> Result<Option<Item>, Reject> {
        Ok(store::of_scope(ctx.sql, Kind::Signature, team, agent)?.into_iter().next())
    };
    if let Some(own) = agent.map(|agent| first(None, Some(agent))).transpose()?.flatten() {
        return Ok(Some(own));
    }
    let all = store::of_scope(ctx.sql, Kind::Signature, None, None)?;
    let of = |inbox: Option<&str>| all.iter().find(|it| it.text("inboxId") == inbox).cloned();
    if let Some(found) = inbox.and_then(|inbox| of(Some(&inbox.to_string()))) {
        return Ok(Some(found));
    }
    let teams = ticket.team_id.map(|team| first(Some(team), None)).transpose()?.flatten();
    Ok(teams.or_else(|| of(None)))
}

fn rendered(
    ctx: &Ctx<'_>,
    item: &Item,
    ticket: &Ticket,
    agent: Option<AgentId>,
) -> Result<Rendered, Reject> {
    let body = fill(ctx, item.text("body").unwrap_or_default(), ticket, agent)?;
    Ok(Rendered { id: Some(item.id), body })
}
