//! Views: lists of tickets by name.

use super::{Change, Content, Draft, Item, Kind, alter, find, make, view};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::handle::list_tickets::{self, Query};
use schema::codec::read_json;
use schema::room::catalogue::{ChangeView, CreateView, ListViewTickets};
use schema::room::ticket::ListTickets;
use schema::sort::collect_small;
use schema::{Permission, Reject};
use serde_json::{Value, json};

/// Makes a view. Event `view.created`, unless it is the caller's own.
///
/// # Errors
/// `forbidden`; `invalid_input` for a filter that is none; `conflict` where the name is another's.
pub fn create(ctx: &mut Ctx<'_>, input: &CreateView) -> Result<Reply, Reject> {
    let draft = Draft { name: input.name.clone(), team: input.team_id, personal: input.personal };
    let item = make(ctx, Kind::View, draft, |_| content(&input.filter))?;
    Reply::of(&view(Kind::View, &item))
}

/// Changes a view. Event `view.changed`, unless it is the caller's own.
///
/// # Errors
/// `forbidden`, `not_found`, `version_mismatch`; `invalid_input` for a filter that is none;
/// `conflict` where the name is another's.
pub fn change(ctx: &mut Ctx<'_>, input: &ChangeView) -> Result<Reply, Reject> {
    let item = alter(ctx, Kind::View, input.id, |_, _| {
        Ok(Change {
            name: input.name.clone(),
            archived: input.archived,
            if_version: input.if_version,
            content: input.filter.as_ref().map(content).transpose()?.unwrap_or_default(),
        })
    })?;
    Reply::of(&view(Kind::View, &item))
}

/// What only a view has.
///
/// # Errors
/// `invalid_input` for a filter that is none.
pub fn content(filter: &ListTickets) -> Result<Content, Reject> {
    for (field, given) in
        [("filter.limit", filter.limit.is_some()), ("filter.cursor", filter.cursor.is_some())]
    {
        if given {
            return Err(Reject::field(field, "belongs to the page, not to the view"));
        }
    }
    Query::of(filter)?;
    Ok(collect_small([("filter".to_owned(), json!(filter))]))
}

/// Lists the tickets of a view.
///
/// # Errors
/// `not_found`; `invalid_input` for a bad limit or cursor.
pub fn tickets(ctx: &Ctx<'_>, input: &ListViewTickets) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Read)?;
    let item = find(ctx, Kind::View, member, input.id)?;
    let (limit, cursor) = (input.limit, input.cursor.clone());
    list_tickets::list_tickets(ctx, &ListTickets { limit, cursor, ..filter(&item)? })
}

/// Which tickets a view lists.
///
/// # Errors
/// `internal` where it is not what this build writes.
pub fn filter(item: &Item) -> Result<ListTickets, Reject> {
    let json = item.content.get("filter").unwrap_or(&Value::Null).to_string();
    read_json(json.as_bytes())
        .map_err(|error| Reject::internal(format!("view {}: {}", item.id, error.message)))
}
