//! The deployment's suppression list: the addresses, and the domains, to which no workspace sends
//! outreach.
//!
//! Only the object of the name [`NAME`] is asked this. It keeps each in the form by which prospects
//! are known, and brings what it is asked into that form too, so that no spelling gets past; nor
//! does a tag, at whatever provider: it reaches the same person. An inbox asks about each mail when
//! it is about to leave, and its answer is for that mail alone: what comes on the list, and what is
//! lifted, holds from the next question on.

mod store;
#[cfg(test)]
mod tests;

use crate::kernel::{Ctx, Reply};
use crate::mail::identity::{email_key, person};
use schema::ids::SuppressionId;
use schema::suppression::{
    AddSuppression, AskSuppressed, ENTRIES_MAX, LiftSuppression, ListSuppressions, NAME,
    NOTE_CHARS_MAX, Suppressed, SuppressionEntries, SuppressionEntry, SuppressionsCommand,
};
use schema::{Permission, Reject, check};

/// How many entries a page has at most.
const PAGE_MAX: i64 = 100;

/// Answers what only this object knows.
///
/// # Errors
/// `forbidden` for anybody but who operates the deployment, and about an address for anybody but
/// Postroom itself; `not_found` for another object, and for an entry that is none; `invalid_input`,
/// also where the list is full.
pub fn handle(ctx: &mut Ctx<'_>, command: SuppressionsCommand) -> Result<Reply, Reject> {
    ctx.require(Permission::Manage)?;
    if ctx.instance.split_once('/').map(|(_, name)| name) != Some(NAME) {
        return Err(Reject::not_found("limiter"));
    }
    match command {
        SuppressionsCommand::Add(input) => Reply::of(&add(ctx, &input)?),
        SuppressionsCommand::List(input) => Reply::of(&list(ctx, &input)?),
        SuppressionsCommand::Lift(input) => Reply::of(&lift(ctx, &input)?),
        SuppressionsCommand::Ask(input) => Reply::of(&ask(ctx, &input)?),
    }
}

/// Puts an address or a domain on the list; one that is on it stays as it is.
fn add(ctx: &mut Ctx<'_>, input: &AddSuppression) -> Result<SuppressionEntry, Reject> {
    let value = normal("value", &input.value)?;
    let note = input.note.as_ref().map(|note| check::text("note", note, NOTE_CHARS_MAX));
    let note = note.transpose()?;
    if let Some(known) = store::of_value(ctx.sql, &value)? {
        return Ok(known);
    }
    let count = store::count(ctx.sql)?;
    if count >= ENTRIES_MAX {
        let full = format!("the list has {ENTRIES_MAX} entries, as many as it may: lift others");
        return Err(Reject::field("value", full));
    }
    let entry = SuppressionEntry { id: SuppressionId(ctx.uuid()), value, note, at: ctx.now };
    store::insert(ctx.sql, &entry)?;
    store::set_count(ctx.sql, count + 1)?;
    Ok(entry)
}

/// A page of the list, or the one entry that is asked for.
fn list(ctx: &Ctx<'_>, input: &ListSuppressions) -> Result<SuppressionEntries, Reject> {
    if let Some(q) = &input.q {
        let found = store::of_value(ctx.sql, &normal("q", q)?)?;
        return Ok(SuppressionEntries { items: found.into_iter().collect(), next_cursor: None });
    }
    let limit = input.limit.clamp(1, PAGE_MAX);
    let mut items = store::before(ctx.sql, input.cursor, limit + 1)?;
    let has_more = items.len() as i64 > limit;
    if has_more {
        items.pop();
    }
    let next_cursor = items.last().filter(|_| has_more).map(|last| last.id);
    Ok(SuppressionEntries { items, next_cursor })
}

/// Takes an entry off the list; gives it as it was.
fn lift(ctx: &Ctx<'_>, input: &LiftSuppression) -> Result<SuppressionEntry, Reject> {
    let entry = store::find(ctx.sql, input.id)?;
    let entry = entry.ok_or_else(|| Reject::not_found("suppression"))?;
    store::remove(ctx.sql, entry.id)?;
    store::set_count(ctx.sql, store::count(ctx.sql)? - 1)?;
    Ok(entry)
}

/// Says whether an address, with its tag or without, or its domain, is on the list. The very first
/// question writes a row: an object that has kept nothing makes its tables anew each time.
fn ask(ctx: &Ctx<'_>, input: &AskSuppressed) -> Result<Suppressed, Reject> {
    ctx.require_system()?;
    let address = email_key(&input.address);
    let address = address.map_err(|error| Reject::field("address", error.to_string()))?;
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    let untagged = person(&address);
    let values = [address.as_str(), untagged.as_str(), domain];
    let (is_begun, suppressed) = store::has(ctx.sql, values)?;
    if !is_begun {
        store::set_count(ctx.sql, 0)?;
    }
    Ok(Suppressed { suppressed })
}

/// An address, or a domain, in the form by which prospects are known. One word is a company's name,
/// or an address cut short: as a domain it would hold nobody.
fn normal(field: &str, text: &str) -> Result<String, Reject> {
    if let Ok(address) = email_key(text) {
        return Ok(address);
    }
    let of_domain = email_key(&format!("x@{}", text.trim().trim_start_matches('@')));
    let domain = of_domain.ok().and_then(|key| Some(key.strip_prefix("x@")?.to_owned()));
    let domain = domain.filter(|domain| domain.contains('.'));
    domain.ok_or_else(|| Reject::field(field, "must be an e-mail address, or a domain"))
}
