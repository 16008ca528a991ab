//! Categories: a tree of a few levels.

use super::store::Seen;
use super::{Change, Content, Draft, Item, Kind, alter, make, store, view};
use crate::kernel::{Ctx, Reply};
use schema::Reject;
use schema::ids::{CategoryId, ItemId};
use schema::room::catalogue::{CATEGORY_DEPTH_MAX, ChangeCategory, CreateCategory, ITEMS_MAX};
use schema::sort::collect_small;
use serde_json::json;

/// Makes a category. Event `category.created`.
///
/// # Errors
/// `forbidden`, `invalid_input`; `conflict` where the name is another's.
pub fn create(ctx: &mut Ctx<'_>, input: &CreateCategory) -> Result<Reply, Reject> {
    let draft = Draft { name: input.name.clone(), team: None, personal: false };
    let item = make(ctx, Kind::Category, draft, |ctx| {
        if let Some(parent) = input.parent_id {
            check_parent(ctx, None, parent)?;
        }
        Ok(content(input.parent_id))
    })?;
    Reply::of(&view(Kind::Category, &item))
}

/// Changes a category. Event `category.changed`.
///
/// # Errors
/// `forbidden`, `not_found`, `invalid_input`, `version_mismatch`; `conflict` where the name is
/// another's.
pub fn change(ctx: &mut Ctx<'_>, input: &ChangeCategory) -> Result<Reply, Reject> {
    let item = alter(ctx, Kind::Category, input.id, |ctx, item| {
        let mut change = Change {
            name: input.name.clone(),
            archived: input.archived,
            if_version: input.if_version,
            content: Content::new(),
        };
        if let Some(parent) = input.parent_id {
            if let Some(parent) = parent {
                check_parent(ctx, Some(item), parent)?;
            }
            change.content = content(parent);
        }
        Ok(change)
    })?;
    Reply::of(&view(Kind::Category, &item))
}

/// What only a category has.
#[must_use]
pub fn content(parent: Option<CategoryId>) -> Content {
    collect_small([("parentId".to_owned(), json!(parent))])
}

fn check_parent(ctx: &Ctx<'_>, item: Option<&Item>, parent: CategoryId) -> Result<(), Reject> {
    let above = above(ctx, item.map(|item| item.id), parent, CATEGORY_DEPTH_MAX)?;
    if above.iter().any(|item| item.archived) {
        return Err(Reject::field("parentId", "is archived, or a part of what is"));
    }
    let below = item.map_or(Ok(1), |item| levels(ctx, item.id))?;
    if above.len() + below > CATEGORY_DEPTH_MAX {
        let why = format!("there are at most {CATEGORY_DEPTH_MAX} levels");
        return Err(Reject::field("parentId", why));
    }
    Ok(())
}

/// The categories that one is part of if this is its parent, from the inside out.
///
/// # Errors
/// `invalid_input` where one of them is not there, or is the category itself, or there would be
/// more levels than so many.
pub fn above(
    ctx: &Ctx<'_>,
    item: Option<ItemId>,
    parent: CategoryId,
    most: usize,
) -> Result<Vec<Item>, Reject> {
    let refuse = |why: &str| Err(Reject::field("parentId", why));
    let mut above = Vec::new();
    let mut next = Some(ItemId(parent.0));
    while let Some(id) = next {
        if above.len() + 2 > most {
            return refuse(&format!("there are at most {most} levels"));
        }
        if item.is_some_and(|item| item == id) {
            return refuse("must not be the category itself or a part of it");
        }
        let Some(found) = store::find(ctx.sql, Kind::Category, id)? else {
            return refuse("is no category of this workspace");
        };
        next = parent_of(&found);
        above.push(found);
    }
    Ok(above)
}

/// The category that one is part of.
#[must_use]
pub fn parent_of(item: &Item) -> Option<ItemId> {
    item.text("parentId").and_then(|id| id.parse().ok())
}

/// How many levels there are from a category down to its innermost part, archived ones too: they
/// may come back.
fn levels(ctx: &Ctx<'_>, id: ItemId) -> Result<usize, Reject> {
    let mut all = Vec::new();
    for archived in [false, true] {
        let seen = Seen { archived, team: None, agent: None };
        all.extend(store::list(ctx.sql, Kind::Category, &seen, 0, ITEMS_MAX)?);
    }
    let mut level = vec![id];
    let mut levels = 0;
    while !level.is_empty() && levels < CATEGORY_DEPTH_MAX {
        levels += 1;
        let parts = all.iter().filter(|item| parent_of(item).is_some_and(|it| level.contains(&it)));
        level = parts.map(|item| item.id).collect();
    }
    Ok(levels)
}

/// Refuses what is no category that a ticket can be given.
///
/// # Errors
/// `invalid_input`.
pub fn check_usable(ctx: &Ctx<'_>, id: CategoryId) -> Result<(), Reject> {
    let found = store::find(ctx.sql, Kind::Category, ItemId(id.0))?;
    if found.is_some_and(|item| !item.archived) {
        return Ok(());
    }
    Err(Reject::field("categoryId", "must be a category that is not archived"))
}
