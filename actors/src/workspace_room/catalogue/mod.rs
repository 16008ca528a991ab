//! What a team prepares for its work, kept in one table: categories, custom statuses, canned
//! replies, signatures, macros, views.
//!
//! All kinds are made, changed, listed and archived in the same way; a kind's own file checks what
//! only that kind has. What belongs to one agent is that agent's alone: nobody else finds it, and
//! no event tells of it.

pub mod categories;
pub mod macros;
pub mod render;
pub mod statuses;
pub mod store;
pub mod texts;
pub mod views;

#[cfg(test)]
mod tests;

use super::access::authorise::{self, Member};
use super::{cursor, tickets};
use crate::kernel::{Ctx, Reply};
use schema::ids::{AgentId, ItemId, TeamId};
use schema::page;
use schema::room::catalogue::{ArchiveItem, GetItem, ITEMS_MAX, ListItems, NAME_CHARS_MAX};
use schema::{Permission, Reject, check};
use serde_json::{Map, Value, json};

/// What only a kind has.
pub type Content = Map<String, Value>;

/// The kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What tickets are sorted by.
    Category,
    /// A status of the workspace's own.
    Status,
    /// A text to answer with.
    Canned,
    /// What stands below a reply.
    Signature,
    /// Several steps as one.
    Macro,
    /// A list of tickets by name.
    View,
}

impl Kind {
    /// Its name in SQL, in events and in the lists' cursors.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Status => "customStatus",
            Self::Canned => "cannedReply",
            Self::Signature => "signature",
            Self::Macro => "macro",
            Self::View => "view",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let all =
            [Self::Category, Self::Status, Self::Canned, Self::Signature, Self::Macro, Self::View];
        all.into_iter().find(|it| it.as_str() == name)
    }

    /// Its name in a sentence.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Status => "custom status",
            Self::Canned => "canned reply",
            Self::Signature => "signature",
            Self::Macro => "macro",
            Self::View => "view",
        }
    }

    /// Whether things of this kind can be for one team or agent.
    #[must_use]
    pub const fn is_scoped(self) -> bool {
        !matches!(self, Self::Category | Self::Status)
    }
}

/// A thing of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its place in the lists.
    pub number: i64,
    /// Which.
    pub id: ItemId,
    /// Its name.
    pub name: String,
    /// The team that it is for.
    pub team: Option<TeamId>,
    /// The agent whose own it is.
    pub agent: Option<AgentId>,
    /// What only its kind has.
    pub content: Content,
    /// Whether it is put away.
    pub archived: bool,
    /// When it was made.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// Grows with each change.
    pub version: i64,
}

impl Item {
    /// A text of its content.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.content.get(name).and_then(Value::as_str)
    }
}

/// A thing that is about to be made.
#[derive(Debug)]
pub struct Draft {
    /// Its name, not checked yet.
    pub name: String,
    /// The team that it is for.
    pub team: Option<TeamId>,
    /// Whether it is the caller's own.
    pub personal: bool,
}

/// A change of a thing; what is absent stays.
#[derive(Debug, Default)]
pub struct Change {
    /// The new name.
    pub name: Option<String>,
    /// Whether it is put away.
    pub archived: Option<bool>,
    /// Content that takes the place of what has the same name.
    pub content: Content,
    /// The version that it must have.
    pub if_version: Option<i64>,
}

/// A thing as the API shows it.
#[must_use]
pub fn view(kind: Kind, item: &Item) -> Value {
    let mut view = item.content.clone();
    view.insert("id".into(), json!(item.id));
    view.insert("name".into(), json!(item.name));
    if kind.is_scoped() {
        view.insert("teamId".into(), json!(item.team));
        view.insert("agentId".into(), json!(item.agent));
    }
    view.insert("archived".into(), json!(item.archived));
    view.insert("createdAt".into(), json!(item.created_at));
    view.insert("updatedAt".into(), json!(item.updated_at));
    view.insert("version".into(), json!(item.version));
    Value::Object(view)
}

/// Lists things of a kind.
///
/// # Errors
/// `invalid_input` for a bad limit or cursor.
pub fn list(ctx: &Ctx<'_>, kind: Kind, input: &ListItems) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let archived = input.archived.unwrap_or(false);
    let list = format!("{}/{archived}/{:?}", kind.as_str(), input.team_id);
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?;
    let after = position.map_or(0, |(_, number)| number);
    let seen = store::Seen { archived, team: input.team_id, agent: member.agent };
    let items = store::list(ctx.sql, kind, &seen, after, limit + 1)?;
    let rows = items.iter().map(|item| ((0, item.number), view(kind, item))).collect();
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}

/// Reads a thing.
///
/// # Errors
/// `not_found`, also for what is another agent's own.
pub fn get(ctx: &Ctx<'_>, kind: Kind, input: &GetItem) -> Result<Reply, Reject> {
    let member = authorise::require(ctx, Permission::Read)?;
    Reply::of(&view(kind, &find(ctx, kind, member, input.id)?))
}

/// Puts a thing away. Event `<kind>.changed`, unless it is somebody's own.
///
/// # Errors
/// `not_found`, `forbidden`, `version_mismatch`.
pub fn archive(ctx: &mut Ctx<'_>, kind: Kind, input: &ArchiveItem) -> Result<Reply, Reject> {
    let if_version = input.if_version;
    let change = Change { archived: Some(true), if_version, ..Change::default() };
    let item = alter(ctx, kind, input.id, |_, _| Ok(change))?;
    Reply::of(&view(kind, &item))
}

/// A thing that a member may see.
///
/// # Errors
/// `not_found`.
pub fn find(ctx: &Ctx<'_>, kind: Kind, member: Member, id: ItemId) -> Result<Item, Reject> {
    store::find(ctx.sql, kind, id)?
        .filter(|item| item.agent.is_none() || item.agent == member.agent)
        .ok_or_else(|| Reject::not_found(kind.noun()))
}

/// A thing that a member may use.
///
/// # Errors
/// `not_found`; `conflict` where it is archived.
pub fn usable(ctx: &Ctx<'_>, kind: Kind, member: Member, id: ItemId) -> Result<Item, Reject> {
    let item = find(ctx, kind, member, id)?;
    if item.archived {
        return Err(Reject::conflict(format!("the {} is archived", kind.noun())));
    }
    Ok(item)
}

/// Makes a thing; `content` checks and gives what only its kind has, once it is known that the
/// caller may. Event `<kind>.created`, unless it is somebody's own.
///
/// # Errors
/// `invalid_input`; `conflict` where there are too many, or one of this name; `forbidden`.
pub fn make(
    ctx: &mut Ctx<'_>,
    kind: Kind,
    draft: Draft,
    content: impl FnOnce(&Ctx<'_>) -> Result<Content, Reject>,
) -> Result<Item, Reject> {
    let agent = if draft.personal {
        Some(authorise::require_agent(ctx, Permission::Work)?.0)
    } else {
        authorise::require(ctx, Permission::Manage)?;
        None
    };
    if let Some(team) = draft.team {
        if draft.personal {
            return Err(Reject::field("teamId", "what is the caller's own is for no team"));
        }
        tickets::check_team(ctx, team)?;
    }
    if store::count(ctx.sql, kind)? >= ITEMS_MAX {
        return Err(Reject::conflict(format!("there are {ITEMS_MAX} already: archive some")));
    }
    let item = Item {
        number: 0,
        id: ItemId(ctx.uuid()),
        name: check::line("name", &draft.name, NAME_CHARS_MAX)?,
        team: draft.team,
        agent,
        content: content(ctx)?,
        archived: false,
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    check_unique(ctx, kind, &item)?;

    store::insert(ctx.sql, kind, &item)?;
    if item.agent.is_none() {
        let data = json!({ kind.as_str(): view(kind, &item) });
        ctx.event(&format!("{}.created", kind.as_str()), None, &data)?;
    }
    Ok(item)
}

/// Changes a thing; `plan` checks what only its kind has. Event `<kind>.changed` with the thing
/// after and before, none where nothing changes or it is somebody's own.
///
/// # Errors
/// `not_found`, `forbidden`, `invalid_input`, `version_mismatch`; `conflict` where another has the
/// name.
pub fn alter(
    ctx: &mut Ctx<'_>,
    kind: Kind,
    id: ItemId,
    plan: impl FnOnce(&Ctx<'_>, &Item) -> Result<Change, Reject>,
) -> Result<Item, Reject> {
    let least = if kind.is_scoped() { Permission::Work } else { Permission::Manage };
    let member = authorise::require(ctx, least)?;
    let before = find(ctx, kind, member, id)?;
    if before.agent.is_none() {
        authorise::require(ctx, Permission::Manage)?;
    }
    let change = plan(ctx, &before)?;
    tickets::check_version(change.if_version, before.version)?;
    let mut item = before.clone();
    if let Some(name) = &change.name {
        item.name = check::line("name", name, NAME_CHARS_MAX)?;
    }
    item.archived = change.archived.unwrap_or(item.archived);
    item.content.extend(change.content);
    if item == before {
        return Ok(item);
    }
    if !item.archived {
        check_unique(ctx, kind, &item)?;
    }

    item.updated_at = ctx.now;
    item.version += 1;
    store::update(ctx.sql, &item)?;
    if item.agent.is_none() {
        let data = json!({ kind.as_str(): view(kind, &item), "before": view(kind, &before) });
        ctx.event(&format!("{}.changed", kind.as_str()), None, &data)?;
    }
    Ok(item)
}

/// Refuses a name that another of the same kind, team and agent has; and a second signature of a
/// team, of an agent, of an inbox or of the workspace.
fn check_unique(ctx: &Ctx<'_>, kind: Kind, item: &Item) -> Result<(), Reject> {
    let Some(other) = twin(ctx, kind, item)? else { return Ok(()) };
    let why = if other.name.to_lowercase() == item.name.to_lowercase() {
        format!("there is a {} of this name", kind.noun())
    } else {
        "there is a signature for the same already: change it".to_owned()
    };
    Err(Reject::conflict(why).with(json!({ "id": other.id })))
}

/// What an item cannot stand beside: another of the same kind, team and agent with its name; or,
/// of a signature, that of the same team, agent or inbox, or of the workspace.
///
/// # Errors
/// A storage fault.
pub fn twin(ctx: &Ctx<'_>, kind: Kind, item: &Item) -> Result<Option<Item>, Reject> {
    let same =
        |other: &Item| other.id != item.id && other.team == item.team && other.agent == item.agent;
    let named = store::of_name(ctx.sql, kind, &item.name.to_lowercase())?;
    if let Some(other) = named.into_iter().find(same) {
        return Ok(Some(other));
    }
    if kind == Kind::Signature {
        let others = store::of_scope(ctx.sql, kind, item.team, item.agent)?;
        let inbox = item.text("inboxId");
        return Ok(others.into_iter().find(|other| same(other) && other.text("inboxId") == inbox));
    }
    Ok(None)
}
