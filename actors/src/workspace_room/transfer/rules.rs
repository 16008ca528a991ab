//! What a row about what reacts by itself becomes: automations, workflows, SLA policies.
//!
//! What they name is not looked up: it may be inactive here still, and they ask again when they
//! act. Nothing that is here is looked at because of a row: a rule acts on what happens from then
//! on.

use super::import::{compare, plain, time};
use crate::kernel::{Ctx, Fault};
use crate::workspace_room::rules::handle::{automations, next_place, sla_policies, workflows};
use crate::workspace_room::rules::sla;
use crate::workspace_room::rules::store::active;
use crate::workspace_room::rules::store::definitions::{self, Definition};
use schema::Reject;
use schema::codec::from_json;
use schema::room::automation::AUTOMATIONS_MAX;
use schema::room::sla::POLICIES_MAX;
use schema::room::transfer::{ImportRow, RowOutcome, RowResult};
use schema::room::workflow::WORKFLOWS_MAX;
use serde_json::{Map, Value};

/// A definition as the API gives it.
type Fields = Map<String, Value>;

/// What a definition has only where it is.
const OF_THE_ROOM: [&str; 2] = ["position", "version"];

/// Takes an automation.
///
/// # Errors
/// `invalid_input`, `too_large`; `conflict` where there are too many.
pub fn automation(ctx: &mut Ctx<'_>, fields: &Fields) -> Result<RowResult, Reject> {
    let (result, _) = take(ctx, fields, &OF_THE_ROOM, AUTOMATIONS_MAX, automations::shape)?;
    Ok(result)
}

/// Takes a workflow.
///
/// # Errors
/// `invalid_input`, `too_large`; `conflict` where there are too many.
pub fn workflow(ctx: &mut Ctx<'_>, fields: &Fields) -> Result<RowResult, Reject> {
    let (result, _) = take(ctx, fields, &OF_THE_ROOM[1..], WORKFLOWS_MAX, workflows::shape)?;
    Ok(result)
}

/// Takes an SLA policy. One that changes sets the clocks of its tickets anew.
///
/// # Errors
/// `invalid_input`; `conflict` where there are too many.
pub fn sla_policy(ctx: &mut Ctx<'_>, fields: &Fields) -> Result<RowResult, Reject> {
    let (result, id) = take(ctx, fields, &OF_THE_ROOM, POLICIES_MAX, sla_policies::shape)?;
    if result.outcome == RowOutcome::Updated {
        sla::again(ctx, &id)?;
    }
    Ok(result)
}

/// Takes a definition; gives its id too. `of_the_room` are the fields that a row does not have.
fn take<T: Definition>(
    ctx: &mut Ctx<'_>,
    fields: &Fields,
    of_the_room: &[&str],
    most: i64,
    shape: fn(&mut T) -> Result<(), Reject>,
) -> Result<(RowResult, String), Reject> {
    let mut asked: T = from_json(&completed(ctx, fields, of_the_room)?)?;
    shape(&mut asked)?;
    let id = asked.id();
    let Some(here) = definitions::find::<T>(ctx.sql, &id)? else {
        if definitions::kind_of(ctx.sql, &id)?.is_some() {
            return Err(Reject::field("id", "is the id of something else"));
        }
        let position = next_place::<T>(ctx, most)?;
        definitions::insert(ctx.sql, &asked, position)?;
        active::recount(ctx.sql)?;
        return Ok((plain(RowOutcome::Created), id));
    };
    let (result, version) = against(&definitions::json(&asked), &definitions::json(&here))?;
    if result.outcome == RowOutcome::Updated {
        asked.renew(version);
        definitions::update(ctx.sql, &asked)?;
        active::recount(ctx.sql)?;
    }
    Ok((result, id))
}

/// The JSON of a definition, with what only one of this room has.
fn completed(ctx: &Ctx<'_>, fields: &Fields, of_the_room: &[&str]) -> Result<Vec<u8>, Reject> {
    for name in ["createdAt", "updatedAt"] {
        let at = fields.get(name).and_then(Value::as_i64);
        time(ctx, name, at.unwrap_or(-1))?;
    }
    let mut fields = fields.clone();
    for name in of_the_room {
        if fields.insert((*name).to_owned(), Value::from(1)).is_some() {
            return Err(Reject::field(name, "is given here, not brought"));
        }
    }
    Ok(Value::Object(fields).to_string().into_bytes())
}

/// What becomes of a definition that is here, and which version it has if it is written.
fn against(asked: &str, here: &str) -> Result<(RowResult, i64), Reject> {
    let (asked, here) = (read(asked)?, read(here)?);
    let number = |of: &Fields, name: &str| of.get(name).and_then(Value::as_i64).unwrap_or(0);
    let mut fields: Vec<(&str, bool)> = Vec::new();
    for name in asked.keys().chain(here.keys().filter(|name| !asked.contains_key(*name))) {
        if !OF_THE_ROOM.contains(&name.as_str()) {
            fields.push((name, asked.get(name) == here.get(name)));
        }
    }
    let newer = number(&asked, "updatedAt") > number(&here, "updatedAt")
        && asked.get("createdAt") == here.get("createdAt");
    Ok((compare(&fields, newer), number(&here, "version") + 1))
}

fn read(json: &str) -> Result<Fields, Reject> {
    Ok(serde_json::from_slice(json.as_bytes())
        .map_err(|error| Fault(format!("a definition: {error}")))?)
}

/// A definition as a row, between its position and its length in bytes.
pub type Rule = (i64, ImportRow, usize);

/// The first definition after a position as a row, and its own position.
///
/// # Errors
/// A storage fault.
pub fn next<T: Definition>(
    ctx: &Ctx<'_>,
    after: i64,
    row: fn(Fields) -> ImportRow,
) -> Result<Option<Rule>, Reject> {
    let Some((position, one)) = definitions::next::<T>(ctx.sql, after)? else { return Ok(None) };
    let json = definitions::json(&one);
    let mut fields = read(&json)?;
    fields.retain(|name, _| !OF_THE_ROOM.contains(&name.as_str()));
    Ok(Some((position, row(fields), json.len())))
}
