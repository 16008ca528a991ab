//! Macros: several steps as one, all of them or none.

use super::{Change, Content, Draft, Item, Kind, alter, make, render, usable, view};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise::{self, Member};
use crate::workspace_room::rules::react;
use crate::workspace_room::{attention, changes, comments, tickets};
use schema::codec::read_json;
use schema::ids::CommentId;
use schema::room::catalogue::{
    ApplyMacro, ChangeMacro, CreateMacro, MacroActions, MacroApplied, TEXT_CHARS_MAX,
};
use schema::room::comment::Visibility;
use schema::room::ticket::{Ticket, TicketChange};
use schema::sort::collect_small;
use schema::{Permission, Reject, check};
use serde_json::{Value, json};

/// Makes a macro. Event `macro.created`, unless it is the caller's own.
///
/// # Errors
/// `forbidden`; `invalid_input`, also for one that does nothing; `conflict` where the name is
/// another's.
pub fn create(ctx: &mut Ctx<'_>, input: &CreateMacro) -> Result<Reply, Reject> {
    let draft = Draft { name: input.name.clone(), team: input.team_id, personal: input.personal };
    let item = make(ctx, Kind::Macro, draft, |ctx| named(ctx, &input.actions))?;
    Reply::of(&view(Kind::Macro, &item))
}

/// Changes a macro. Event `macro.changed`, unless it is the caller's own.
///
/// # Errors
/// `forbidden`, `not_found`, `version_mismatch`; `invalid_input`, also for one that does nothing;
/// `conflict` where the name is another's.
pub fn change(ctx: &mut Ctx<'_>, input: &ChangeMacro) -> Result<Reply, Reject> {
    let item = alter(ctx, Kind::Macro, input.id, |ctx, _| {
        let actions = input.actions.as_ref().map(|actions| named(ctx, actions)).transpose()?;
        Ok(Change {
            name: input.name.clone(),
            archived: input.archived,
            if_version: input.if_version,
            content: actions.unwrap_or_default(),
        })
    })?;
    Reply::of(&view(Kind::Macro, &item))
}

/// What can be checked without a ticket. Whether an assignee may still work, and a category is
/// still there, is asked again when the macro is applied.
fn named(ctx: &Ctx<'_>, actions: &MacroActions) -> Result<Content, Reject> {
    let content = content(actions)?;
    changes::check_named(ctx, &actions.change)?;
    Ok(content)
}

/// What only a macro has, whether or not what it names is there.
///
/// # Errors
/// `invalid_input`, also for one that does nothing.
pub fn content(actions: &MacroActions) -> Result<Content, Reject> {
    let idle = actions.reply.is_none() && !actions.assign_to_me;
    if idle && actions.change == TicketChange::default() {
        return Err(Reject::field("actions", "must do something"));
    }
    if let Some(reply) = &actions.reply {
        check::text("actions.reply", reply, TEXT_CHARS_MAX)?;
        render::check("actions.reply", reply)?;
    }
    if actions.assign_to_me && actions.change.assignee_id.is_some() {
        let why = "must not be given beside change.assigneeId";
        return Err(Reject::field("actions.assignToMe", why));
    }
    changes::check(&actions.change)?;
    Ok(collect_small([("actions".to_owned(), json!(actions))]))
}

/// What a macro does.
///
/// # Errors
/// `internal` where it is not what this build writes.
pub fn actions(item: &Item) -> Result<MacroActions, Reject> {
    let json = item.content.get("actions").unwrap_or(&Value::Null).to_string();
    read_json(json.as_bytes())
        .map_err(|error| Reject::internal(format!("macro {}: {}", item.id, error.message)))
}

/// Applies a macro: first its reply, then its change. Events `comment.created`, `ticket.changed`.
///
/// # Errors
/// `not_found`, `version_mismatch`; `invalid_input` where a variable has no value; `conflict`
/// where the ticket takes no comment or the step between statuses is not legal, or another agent
/// has claimed it. Nothing is done then.
pub fn apply(ctx: &mut Ctx<'_>, input: &ApplyMacro) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Work)?;
    let item = usable(ctx, Kind::Macro, member, input.id)?;
    let actions = actions(&item)?;

    let before = tickets::changeable(ctx, input.ticket_id)?;
    tickets::check_version(input.if_version, before.version)?;
    let change = change_of(member, &actions)?;
    changes::apply(ctx, &change, &mut before.clone())?;

    let comment = match &actions.reply {
        Some(reply) => Some(answer(ctx, member, &before, reply, actions.visibility)?),
        None => None,
    };
    // The comment has changed the ticket: its version, its first reply.
    let before = if comment.is_some() { tickets::find(ctx, before.id)? } else { before };
    let mut ticket = before.clone();
    changes::apply(ctx, &change, &mut ticket)?;
    let by = ctx.by();
    let ticket = changes::save(ctx, &by, &before, ticket)?;
    let ticket = react::settle(ctx, ticket)?;
    let ticket = tickets::shown_to(ctx, member.agent, ticket)?;
    Reply::of(&MacroApplied { ticket, comment })
}

fn change_of(member: Member, actions: &MacroActions) -> Result<TicketChange, Reject> {
    let mut change = actions.change.clone();
    if actions.assign_to_me {
        if member.agent.is_none() {
            return Err(Reject::forbidden("this macro is for agents"));
        }
        change.assignee_id = Some(member.agent);
    }
    Ok(change)
}

fn answer(
    ctx: &mut Ctx<'_>,
    member: Member,
    ticket: &Ticket,
    reply: &str,
    visibility: Option<Visibility>,
) -> Result<schema::room::comment::Comment, Reject> {
    let visibility = visibility.unwrap_or(Visibility::Public);
    let body = comments::body(&render::fill(ctx, reply, ticket, member.agent)?)?;
    let mut standing = comments::writable(ctx, ticket.id)?;
    attention::check_claim(ctx, &standing, visibility)?;
    let id = CommentId(ctx.uuid());
    let draft = comments::Draft {
        answers: true,
        ..comments::Draft::of_team(id, ctx.by(), visibility, body)
    };
    comments::add(ctx, &mut standing, draft)
}
