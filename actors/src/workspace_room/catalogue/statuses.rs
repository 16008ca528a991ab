//! The workspace's own statuses: each is another name for a part of one of the five.

use super::{Change, Content, Draft, Item, Kind, alter, make, store, view};
use crate::kernel::{Ctx, Reply};
use schema::Reject;
use schema::ids::{CustomStatusId, ItemId};
use schema::room::catalogue::{ChangeCustomStatus, CreateCustomStatus};
use schema::room::ticket::Status;
use schema::sort::collect_small;
use serde_json::json;

/// Makes a status. Event `customStatus.created`.
///
/// # Errors
/// `forbidden`, `invalid_input`; `conflict` where the name is another's.
pub fn create(ctx: &mut Ctx<'_>, input: &CreateCustomStatus) -> Result<Reply, Reject> {
    let draft = Draft { name: input.name.clone(), team: None, personal: false };
    let item = make(ctx, Kind::Status, draft, |_| Ok(content(input.status)))?;
    Reply::of(&view(Kind::Status, &item))
}

/// What only a status has.
#[must_use]
pub fn content(status: Status) -> Content {
    collect_small([("status".to_owned(), json!(status))])
}

/// Changes a status. Event `customStatus.changed`.
///
/// # Errors
/// `forbidden`, `not_found`, `invalid_input`, `version_mismatch`; `conflict` where the name is
/// another's.
pub fn change(ctx: &mut Ctx<'_>, input: &ChangeCustomStatus) -> Result<Reply, Reject> {
    let change = Change {
        name: input.name.clone(),
        archived: input.archived,
        if_version: input.if_version,
        content: Content::new(),
    };
    let item = alter(ctx, Kind::Status, input.id, |_, _| Ok(change))?;
    Reply::of(&view(Kind::Status, &item))
}

/// The status of the five that one of the workspace's own belongs to.
///
/// # Errors
/// `invalid_input` where a ticket cannot be given it.
pub fn status_of(ctx: &Ctx<'_>, id: CustomStatusId) -> Result<Status, Reject> {
    let found = store::find(ctx.sql, Kind::Status, ItemId(id.0))?;
    found.filter(|item| !item.archived).and_then(|item| belongs_to(&item)).ok_or_else(|| {
        Reject::field("customStatusId", "must be a custom status that is not archived")
    })
}

/// The status of the five that a thing belongs to.
#[must_use]
pub fn belongs_to(item: &Item) -> Option<Status> {
    item.text("status").and_then(Status::parse)
}
