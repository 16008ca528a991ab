//! What a row about a thing of the catalogue becomes.
//!
//! What the actions of a macro and the filter of a view name is not looked up: it may be inactive
//! here still, and whoever uses them asks again.

use super::import::{compare, known, plain, time};
use crate::kernel::{Ctx, Fault};
use crate::workspace_room::access::store::agents;
use crate::workspace_room::catalogue::store;
use crate::workspace_room::catalogue::{
    self, Content, Item, Kind, categories, macros, statuses, texts, views,
};
use crate::workspace_room::{teams, tickets};
use schema::ids::TeamId;
use schema::room::catalogue::{ITEMS_MAX, NAME_CHARS_MAX};
use schema::room::transfer::{ItemRow, RowOutcome, RowResult};
use schema::{Reject, check};

/// How many categories are followed from one to the outermost.
const ABOVE_MAX: usize = 100;

/// Takes a thing of a kind.
///
/// # Errors
/// `invalid_input`, also for a team, agent or parent that is not here; `conflict` where there are
/// too many, or another one of the name that is not the same.
pub fn item(ctx: &mut Ctx<'_>, kind: Kind, row: &ItemRow) -> Result<RowResult, Reject> {
    let asked = as_asked(ctx, kind, row)?;
    let twin = if asked.archived { None } else { catalogue::twin(ctx, kind, &asked)? };
    let Some(here) = store::find(ctx.sql, kind, row.id)? else {
        return create(ctx, kind, &asked, twin);
    };
    let result = compare(
        &[
            ("name", asked.name == here.name),
            ("teamId", asked.team == here.team),
            ("agentId", asked.agent == here.agent),
            (key(kind), asked.content == here.content),
            ("archived", asked.archived == here.archived),
            ("createdAt", asked.created_at == here.created_at),
            ("updatedAt", asked.updated_at == here.updated_at),
        ],
        asked.updated_at > here.updated_at
            && asked.created_at == here.created_at
            && (asked.team, asked.agent) == (here.team, here.agent)
            // What is an agent's own is changed by nobody else.
            && (asked.agent.is_none() || asked.agent == ctx.principal.agent())
            && twin.is_none(),
    );
    if result.outcome == RowOutcome::Updated {
        store::update(ctx.sql, &Item { version: here.version + 1, ..asked })?;
    }
    Ok(result)
}

fn create(
    ctx: &Ctx<'_>,
    kind: Kind,
    asked: &Item,
    twin: Option<Item>,
) -> Result<RowResult, Reject> {
    if let Some(other) = store::kind_of(ctx.sql, asked.id)? {
        return Err(Reject::field("id", format!("is that of a {}", other.noun())));
    }
    if let Some(twin) = twin {
        // A category is its name; everything else is more than that.
        if kind == Kind::Category || twin.content == asked.content {
            return Ok(known(twin.id));
        }
        let why = format!("another {} stands in its place, which is not the same", kind.noun());
        return Err(Reject::conflict(why));
    }
    if !asked.archived && store::count(ctx.sql, kind)? >= ITEMS_MAX {
        return Err(Reject::conflict(format!("there are {ITEMS_MAX} already: archive some")));
    }
    store::insert(ctx.sql, kind, asked)?;
    Ok(plain(RowOutcome::Created))
}

/// The team that a thing is for, unless that is deleted: then nothing names it elsewhere.
///
/// # Errors
/// A storage fault.
pub fn live_team(ctx: &Ctx<'_>, team: Option<TeamId>) -> Result<Option<TeamId>, Fault> {
    let Some(team) = team else { return Ok(None) };
    Ok(teams::store::find(ctx.sql, team)?.map(|team| team.id))
}

/// The thing that a row tells of.
fn as_asked(ctx: &Ctx<'_>, kind: Kind, row: &ItemRow) -> Result<Item, Reject> {
    let name = check::line("name", &row.name, NAME_CHARS_MAX)?;
    time(ctx, "createdAt", row.created_at)?;
    time(ctx, "updatedAt", row.updated_at)?;
    if row.team_id.is_some() && row.agent_id.is_some() {
        return Err(Reject::field("teamId", "what is an agent's own is for no team"));
    }
    if !kind.is_scoped() && (row.team_id.is_some() || row.agent_id.is_some()) {
        return Err(Reject::field("teamId", format!("a {} is for all", kind.noun())));
    }
    if let Some(team) = row.team_id {
        tickets::check_team(ctx, team)?;
    }
    if let Some(agent) = row.agent_id
        && agents::find(ctx.sql, agent)?.is_none()
    {
        return Err(Reject::field("agentId", "is no agent of this workspace"));
    }
    Ok(Item {
        number: 0,
        id: row.id,
        name,
        team: row.team_id,
        agent: row.agent_id,
        content: content(ctx, kind, row)?,
        archived: row.archived,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: 1,
    })
}

/// The field that only a kind has.
const fn key(kind: Kind) -> &'static str {
    match kind {
        Kind::Category => "parentId",
        Kind::Status => "status",
        Kind::Canned | Kind::Signature => "body",
        Kind::Macro => "actions",
        Kind::View => "filter",
    }
}

fn content(ctx: &Ctx<'_>, kind: Kind, row: &ItemRow) -> Result<Content, Reject> {
    let own = key(kind);
    let given = [
        ("parentId", row.parent_id.is_some()),
        ("status", row.status.is_some()),
        ("body", row.body.is_some()),
        ("actions", row.actions.is_some()),
        ("filter", row.filter.is_some()),
    ];
    if let Some((field, _)) = given.iter().find(|(field, given)| *given && *field != own) {
        return Err(Reject::field(field, format!("is nothing that a {} has", kind.noun())));
    }
    let missing = || Reject::field(own, "must be there");
    match kind {
        Kind::Category => {
            if let Some(parent) = row.parent_id {
                categories::above(ctx, Some(row.id), parent, ABOVE_MAX)?;
            }
            Ok(categories::content(row.parent_id))
        }
        Kind::Status => row.status.map(statuses::content).ok_or_else(missing),
        Kind::Canned | Kind::Signature => texts::content(row.body.as_deref().ok_or_else(missing)?),
        Kind::Macro => macros::content(row.actions.as_deref().ok_or_else(missing)?),
        Kind::View => views::content(row.filter.as_deref().ok_or_else(missing)?),
    }
}

/// A thing as a row.
///
/// # Errors
/// `internal` where it is not what this build writes; a storage fault.
pub fn row(ctx: &Ctx<'_>, kind: Kind, item: Item) -> Result<ItemRow, Reject> {
    // What was for a team that is deleted comes put away: it cannot stand beside what is for all.
    let team = live_team(ctx, item.team)?;
    // So does what is for an inbox: inboxes do not move.
    let orphan = team != item.team || item.text("inboxId").is_some();
    let text = matches!(kind, Kind::Canned | Kind::Signature);
    let body = item.text("body").filter(|_| text).map(str::to_owned);
    let actions = if kind == Kind::Macro { Some(macros::actions(&item)?) } else { None };
    let filter = if kind == Kind::View { Some(views::filter(&item)?) } else { None };
    Ok(ItemRow {
        id: item.id,
        parent_id: item.text("parentId").and_then(|id| id.parse().ok()),
        status: statuses::belongs_to(&item),
        body,
        actions: actions.map(Box::new),
        filter: filter.map(Box::new),
        name: item.name,
        team_id: team,
        agent_id: item.agent,
        archived: item.archived || orphan,
        created_at: item.created_at,
        updated_at: item.updated_at,
    })
}
