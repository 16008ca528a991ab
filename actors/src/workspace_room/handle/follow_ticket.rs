//! Following a ticket.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::followers;
use crate::workspace_room::tickets;
use schema::room::attention::{FollowTicket, Followers};
use schema::{Permission, Reject};

/// Makes the caller a follower. Event `ticket.followed`, none where they are one.
///
/// # Errors
/// `not_found`; `forbidden` for callers that are no agents, and for an API key that only reads.
pub fn follow_ticket(ctx: &mut Ctx<'_>, input: &FollowTicket) -> Result<Reply, Reject> {
    let agent = authorise::require_self(ctx)?;
    let ticket = tickets::standing(ctx, input.ticket_id)?;

    let mut state = read(ctx, input, ticket.number)?;
    if state.followers.iter().all(|follower| follower.agent_id != agent) {
        followers::insert(ctx.sql, ticket.number, agent, ctx.now)?;
        state = read(ctx, input, ticket.number)?;
        ctx.event("ticket.followed", Some(ticket.id), &state)?;
    }
    Reply::of(&state)
}

/// Makes the caller no follower. Event `ticket.unfollowed`, none where they are none.
///
/// # Errors
/// `not_found`; `forbidden` for callers that are no agents, and for an API key that only reads.
pub fn unfollow_ticket(ctx: &mut Ctx<'_>, input: &FollowTicket) -> Result<Reply, Reject> {
    let agent = authorise::require_self(ctx)?;
    let ticket = tickets::standing(ctx, input.ticket_id)?;

    let mut state = read(ctx, input, ticket.number)?;
    if state.followers.iter().any(|follower| follower.agent_id == agent) {
        followers::remove(ctx.sql, ticket.number, agent)?;
        state = read(ctx, input, ticket.number)?;
        ctx.event("ticket.unfollowed", Some(ticket.id), &state)?;
    }
    Reply::of(&state)
}

/// Lists the followers of a ticket.
///
/// # Errors
/// `not_found`.
pub fn list_followers(ctx: &Ctx<'_>, input: &FollowTicket) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let ticket = tickets::standing(ctx, input.ticket_id)?;
    Reply::of(&read(ctx, input, ticket.number)?)
}

fn read(ctx: &Ctx<'_>, input: &FollowTicket, number: i64) -> Result<Followers, Reject> {
    let followers = followers::of_ticket(ctx.sql, number)?;
    Ok(Followers { ticket_id: input.ticket_id, followers })
}
