//! What the directory does step by step, by timers: it may concern any number of users.

use super::store::{handles, merges};
use crate::kernel::{Ctx, Timer};
use crate::workspace_room::store::{companies, users};
use crate::workspace_room::{overview, people};
use schema::Reject;
use schema::ids::CompanyId;
use schema::room::user::UNDO_MS;

/// The timer that brings users of a mail domain to its company; its key is the domain.
pub const LINK: &str = "directory.link";
/// The timer that shows a company's new name; its key is the company.
pub const NAME: &str = "directory.name";
/// The timer after which a merge cannot be undone; its key is the merge.
pub const MERGE: &str = "directory.merge";

/// How many users one step brings to their company.
const LINKED: i64 = 200;
/// How many users one step looks at whose tickets show the name of a company.
const NAMED: i64 = 20;

/// Brings the users of a domain who have no company to the one that has the domain.
///
/// # Errors
/// A storage fault.
pub fn link(ctx: &mut Ctx<'_>, domain: &str) -> Result<(), Reject> {
    Ok(ctx.set_timer(LINK, domain, ctx.now, b"0")?)
}

/// Shows a company's new name wherever it is shown.
///
/// # Errors
/// A storage fault.
pub fn show_name(ctx: &mut Ctx<'_>, company: CompanyId) -> Result<(), Reject> {
    Ok(ctx.set_timer(NAME, &company.to_string(), ctx.now, b"0")?)
}

/// Does the next step.
///
/// # Errors
/// A storage fault.
pub fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let after = std::str::from_utf8(&timer.body).ok().and_then(|text| text.parse().ok());
    let after = after.unwrap_or(0);
    let next = match timer.kind.as_str() {
        LINK => link_step(ctx, &timer.key, after)?,
        NAME => name_step(ctx, &timer.key, after)?,
        _ => forget_merge(ctx, timer)?,
    };
    if let Some(next) = next {
        ctx.set_timer(&timer.kind, &timer.key, ctx.now, next.to_string().as_bytes())?;
    }
    Ok(())
}

fn link_step(ctx: &mut Ctx<'_>, domain: &str, after: i64) -> Result<Option<i64>, Reject> {
    let Some(company) = companies::find_by_domain(ctx.sql, domain)? else { return Ok(None) };
    let batch = handles::in_domain(ctx.sql, domain, after, LINKED)?;
    for (_, id) in &batch {
        let Some(before) = users::find(ctx.sql, *id)? else { continue };
        if before.company_id.is_none() {
            let mut user = before.clone();
            people::join(&mut user, Some(company.clone()));
            people::save(ctx, &before, user)?;
        }
    }
    Ok(next_after(&batch, LINKED))
}

fn name_step(ctx: &mut Ctx<'_>, company: &str, after: i64) -> Result<Option<i64>, Reject> {
    let Ok(company) = company.parse::<CompanyId>() else { return Ok(None) };
    // Those who are archived come after the others: below zero, from -1 downwards.
    let archived = after < 0;
    let number = if archived { -after - 1 } else { after };
    let batch = users::of_company_after(ctx.sql, company, archived, number, NAMED)?;
    for (_, id) in &batch {
        users::touch(ctx.sql, *id)?;
        overview::summarise_user(ctx, *id)?;
    }
    Ok(match (next_after(&batch, NAMED), archived) {
        (Some(next), true) => Some(-next - 1),
        (None, false) => Some(-1),
        (next, _) => next,
    })
}

fn next_after<T>(batch: &[(i64, T)], full: i64) -> Option<i64> {
    let last = batch.last().filter(|_| batch.len() as i64 == full);
    last.map(|(number, _)| *number)
}

fn forget_merge(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<Option<i64>, Reject> {
    if let Ok(id) = timer.key.parse()
        && merges::find(ctx.sql, id)?.is_some_and(|merge| merge.at + UNDO_MS <= ctx.now)
    {
        merges::remove(ctx.sql, id)?;
    }
    Ok(None)
}
