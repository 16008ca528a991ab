//! The prospect as others see it: over HTTP, and in D1.

use super::store::fields::{self, ATTRIBUTE};
use super::store::me::{self, Me};
use super::store::{identities, suppressions};
use super::{person, pipeline, site};
use crate::kernel::Ctx;
use schema::Reject;
use schema::prospect::Prospect;
use schema::sort::collect_small;
use schema::summary::{Cell, Summary, Table, columns};
use std::collections::BTreeMap;

/// The prospect, as the HTTP API shows it.
///
/// # Errors
/// A storage fault.
pub fn prospect(ctx: &Ctx<'_>, me: Me) -> Result<Prospect, Reject> {
    let id = person::own_id(ctx)?;
    let mut known = known(ctx)?;
    let attributes = collect_small(known.iter().filter_map(|(name, value)| {
        Some((name.strip_prefix(ATTRIBUTE)?.to_owned(), value.clone()))
    }));
    let mut identities_known = identities::all(ctx.sql)?;
    identities_known.retain(|row| row.id != id);
    Ok(Prospect {
        id,
        version: me.version,
        email: known.remove("email"),
        name: known.remove("name"),
        company: known.remove("company"),
        domain: known.remove("domain"),
        title: known.remove("title"),
        linkedin: known.remove("linkedin"),
        source: known.remove("source"),
        attributes,
        stage: me.stage,
        suppression: suppressions::strongest(ctx.sql)?,
        unsettled: identities::any_pending(ctx.sql)?,
        identities: identities_known,
        imports: identities::imports(ctx.sql)?,
        created_at: me.created_at,
        updated_at: me.updated_at,
        last_contact_at: me.last_contact_at,
        follow_up_at: me.follow_up_at,
        follow_up_note: me.follow_up_note,
        follow_up_due: me.follow_up_due,
        pipeline: pipeline::shown(ctx)?,
        site: site::shown(ctx)?,
    })
}

/// The fields that are not empty.
fn known(ctx: &Ctx<'_>) -> Result<BTreeMap<String, String>, Reject> {
    let all = fields::all(ctx.sql)?;
    let known = all.into_iter().filter(|f| !f.value.is_empty());
    Ok(collect_small(known.map(|f| (f.name, f.value))))
}

/// The row in D1: of an alias, and of an erased person, only that it is gone.
///
/// # Errors
/// A storage fault.
pub fn summary(ctx: &Ctx<'_>, table: Table, id: &str) -> Result<Option<Summary>, Reject> {
    let Some(me) = me::load(ctx.sql)? else { return Ok(None) };
    if table != Table::Prospects || person::own_id(ctx)?.to_string() != id {
        return Ok(None);
    }
    let deleted = me.alias_of.is_some() || me.erased;
    let cells = if deleted { vec![Cell::Null; columns(table).len()] } else { cells(ctx, &me)? };
    Ok(Some(Summary {
        table,
        workspace: ctx.principal.workspace.to_string(),
        id: id.to_owned(),
        version: me.version,
        updated_at: me.updated_at,
        deleted,
        cells,
    }))
}

/// In the order of the table's columns.
fn cells(ctx: &Ctx<'_>, me: &Me) -> Result<Vec<Cell>, Reject> {
    let mut known = known(ctx)?;
    let mut text = |name: &str| known.remove(name).map_or(Cell::Null, Cell::Text);
    let suppression = suppressions::strongest(ctx.sql)?;
    Ok(vec![
        text("email"),
        text("name"),
        text("company"),
        text("domain"),
        Cell::Text(me.stage.as_str().to_owned()),
        suppression.map_or(Cell::Null, |reason| Cell::Text(reason.as_str().to_owned())),
        text("source"),
        Cell::Integer(me.created_at),
        me.last_contact_at.map_or(Cell::Null, Cell::Integer),
    ])
}

/// Asks for the row in D1 to be written again.
///
/// # Errors
/// A storage fault.
pub fn summarise_all(ctx: &mut Ctx<'_>) -> Result<i64, Reject> {
    if me::load(ctx.sql)?.is_none() {
        return Ok(0);
    }
    let id = person::own_id(ctx)?.to_string();
    ctx.summarise(Table::Prospects, &id)?;
    Ok(1)
}
