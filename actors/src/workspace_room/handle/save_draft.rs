//! Drafts: keeping, finding and throwing away what an agent has begun to write. None of it is an
//! event: a draft is nobody else's business until it is shared, and not history even then.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::{TOP, drafts};
use crate::workspace_room::{comments, cursor, tickets};
use schema::page::{self, Page};
use schema::room::comment::Visibility;
use schema::room::draft::{DRAFTS_MAX, Draft, ListDrafts, OwnDraft, SaveDraft};
use schema::{Permission, Reject};

/// Keeps the caller's draft on a ticket. No event.
///
/// # Errors
/// `not_found`, `invalid_input`, `too_large`, `version_mismatch`; `conflict` where the caller has
/// too many; `forbidden` for callers that are no agents.
pub fn save_draft(ctx: &mut Ctx<'_>, input: &SaveDraft) -> Result<Reply, Reject> {
    let (agent, ..) = authorise::require_agent(ctx, Permission::Work)?;
    let body = comments::body(&input.body)?;
    let ticket = tickets::standing(ctx, input.ticket_id)?;
    let before = drafts::find(ctx.sql, ticket.number, agent)?;
    let version = before.as_ref().map_or(0, |draft| draft.version);
    tickets::check_version(input.if_version, version)?;
    if before.is_none() && drafts::count(ctx.sql, agent)? >= DRAFTS_MAX {
        return Err(Reject::conflict(format!("you have {DRAFTS_MAX} drafts: throw some away")));
    }

    let draft = Draft {
        ticket_id: ticket.id,
        agent_id: agent,
        body,
        visibility: input.visibility.unwrap_or(Visibility::Public),
        shared: input.shared,
        created_at: before.map_or(ctx.now, |draft| draft.created_at),
        updated_at: ctx.now,
        version: version + 1,
    };
    drafts::put(ctx.sql, ticket.number, &draft)?;
    Reply::of(&draft)
}

/// Reads the caller's draft on a ticket.
///
/// # Errors
/// `not_found`; `forbidden` for callers that are no agents.
pub fn get_draft(ctx: &Ctx<'_>, input: &OwnDraft) -> Result<Reply, Reject> {
    let (agent, ..) = authorise::require_agent(ctx, Permission::Read)?;
    let ticket = tickets::standing(ctx, input.ticket_id)?;
    let draft = drafts::find(ctx.sql, ticket.number, agent)?;
    Reply::of(&draft.ok_or_else(|| Reject::not_found("draft"))?)
}

/// Lists drafts: the caller's own, or on a ticket the caller's own and those that are shared.
///
/// # Errors
/// `not_found`; `invalid_input` for a bad limit or cursor; `forbidden` for callers that are no
/// agents.
pub fn list_drafts(ctx: &Ctx<'_>, input: &ListDrafts) -> Result<Reply, Reject> {
    let (agent, ..) = authorise::require_agent(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let list = format!("drafts/{agent}/{:?}", input.ticket_id);
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?;
    if let Some(id) = input.ticket_id {
        let ticket = tickets::standing(ctx, id)?;
        let found = drafts::of_ticket(ctx.sql, ticket.number, agent)?;
        let items: Vec<Draft> = found.into_iter().map(|(_, draft)| draft).collect();
        return Reply::of(&Page { items, next_cursor: None });
    }
    let before = position.map_or(TOP, |(_, number)| number);
    let found = drafts::of_agent(ctx.sql, agent, before, limit + 1)?;
    let rows = found.into_iter().map(|(number, draft)| ((0, number), draft)).collect();
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}

/// Throws the caller's draft on a ticket away, if there is one. No event.
///
/// # Errors
/// `not_found` for an unknown ticket; `forbidden` for callers that are no agents.
pub fn delete_draft(ctx: &mut Ctx<'_>, input: &OwnDraft) -> Result<Reply, Reject> {
    let (agent, ..) = authorise::require_agent(ctx, Permission::Work)?;
    let ticket = tickets::standing(ctx, input.ticket_id)?;
    drafts::remove(ctx.sql, ticket.number, agent)?;
    Reply::of(&serde_json::json!({}))
}
