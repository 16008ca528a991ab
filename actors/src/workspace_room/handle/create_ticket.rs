//! Opening a ticket.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::catalogue::{categories, statuses};
use crate::workspace_room::rules::react;
use crate::workspace_room::store::users;
use crate::workspace_room::{comments, people, tickets};
use schema::ids::CommentId;
use schema::room::comment::Visibility;
use schema::room::ticket::{CreateTicket, Priority, Source, Status};
use schema::room::user::{NAME_CHARS_MAX, User};
use schema::{Permission, Reject, check};

/// Opens a ticket, with its first comment where there is a body. That comment tells what the ticket
/// is about: it does not count as the first reply. Events `ticket.created`, `comment.created`, and
/// those of a user and company that are new.
///
/// # Errors
/// `invalid_input`: a bad field, an unknown user, an assignee who may not work; `too_large`.
pub fn create_ticket(ctx: &mut Ctx<'_>, input: &CreateTicket) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Work)?;

    let subject = tickets::subject(&input.subject)?;
    let body = input.body.as_deref().map(comments::body).transpose()?;
    let tags = tickets::tags(&input.tags)?;
    if let Some(assignee) = input.assignee_id {
        tickets::check_assignee(ctx, assignee)?;
    }
    if let Some(team) = input.team_id {
        tickets::check_team(ctx, team)?;
    }
    if let Some(category) = input.category_id {
        categories::check_usable(ctx, category)?;
    }
    tickets::check_attributes(ctx, &input.attributes)?;
    if input.attributes.values().any(serde_json::Value::is_null) {
        return Err(Reject::field("attributes", "must be texts, numbers or booleans"));
    }
    let status = status(ctx, input)?;
    if status == Status::Closed && body.is_some() {
        return Err(Reject::field("status", "a closed ticket takes no comment"));
    }
    let user = find_user(ctx, input)?;

    let by = ctx.by();
    let ticket = tickets::open(
        ctx,
        &by,
        tickets::Draft {
            subject,
            status,
            priority: input.priority.unwrap_or(Priority::Normal),
            tags,
            assignee: input.assignee_id,
            team: input.team_id,
            category: input.category_id,
            custom_status: input.custom_status_id,
            attributes: input.attributes.clone(),
            user,
            source: Source::Agent,
            inbox: None,
            follows: None,
        },
    )?;
    if let Some(body) = body {
        let mut standing = comments::writable(ctx, ticket.id)?;
        let id = CommentId(ctx.uuid());
        let visibility = input.visibility.unwrap_or(Visibility::Public);
        let draft = comments::Draft::of_team(id, by, visibility, body);
        comments::add(ctx, &mut standing, draft)?;
    }
    react::react(ctx)?;
    let ticket = tickets::find(ctx, ticket.id)?;
    Reply::of(&tickets::shown_to(ctx, member.agent, ticket)?)
}

/// The status that the input names, plainly or by one of the workspace's own.
fn status(ctx: &Ctx<'_>, input: &CreateTicket) -> Result<Status, Reject> {
    let Some(custom) = input.custom_status_id else {
        return Ok(input.status.unwrap_or(Status::Open));
    };
    let own = statuses::status_of(ctx, custom)?;
    if input.status.is_some_and(|status| status != own) {
        let why = format!("belongs to the status {}", own.as_str());
        return Err(Reject::field("customStatusId", why));
    }
    Ok(own)
}

/// The user that the input names; made last of all checks, where only the address is known.
fn find_user(ctx: &mut Ctx<'_>, input: &CreateTicket) -> Result<Option<User>, Reject> {
    let name = input.user_name.as_deref();
    let name = name.map(|name| check::line("userName", name, NAME_CHARS_MAX)).transpose()?;
    match (input.user_id, &input.user_email) {
        (Some(_), Some(_)) => Err(Reject::field("userEmail", "give userId or userEmail, not both")),
        (Some(id), None) => {
            let mut user = users::find(ctx.sql, id)?;
            if let Some(kept) = user.as_ref().and_then(|user| user.merged_into) {
                user = users::find(ctx.sql, kept)?;
            }
            let user =
                user.ok_or_else(|| Reject::field("userId", "is no user of this workspace"))?;
            if user.erased_at.is_some() {
                return Err(Reject::field("userId", "is of somebody whose data was erased"));
            }
            Ok(Some(user))
        }
        (None, Some(email)) => {
            let email = check::email("userEmail", email)?;
            people::find_or_make(ctx, &email, name).map(Some)
        }
        (None, None) if name.is_some() => {
            Err(Reject::field("userName", "needs userEmail beside it"))
        }
        (None, None) => Ok(None),
    }
}
