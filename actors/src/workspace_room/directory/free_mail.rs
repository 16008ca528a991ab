//! Free mail: domains where everybody can have an address. Who writes from there belongs to no
//! company. The commonest are known ([`crate::mail::free_mail`]); a workspace adds its own.

use super::domain;
use super::store::free_mail;
use crate::kernel::{Ctx, Reply};
use crate::mail::free_mail::is_known;
use crate::workspace_room::access::authorise;
use schema::room::company::{ChangeFreeMail, FREE_DOMAINS_MAX, FreeMail, GetFreeMail};
use schema::sort::SortSmall;
use schema::{Permission, Reject, check};

/// Whether everybody can have an address of a domain.
///
/// # Errors
/// A storage fault.
pub fn is_free(ctx: &Ctx<'_>, domain: &str) -> Result<bool, Reject> {
    Ok(is_known(domain) || free_mail::has(ctx.sql, domain)?)
}

/// Reads what the workspace added.
///
/// # Errors
/// `unauthorized`.
pub fn get_free_mail(ctx: &Ctx<'_>, _: &GetFreeMail) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    Reply::of(&FreeMail { domains: free_mail::list(ctx.sql)? })
}

/// Says what the workspace adds. Event `freeMail.changed`, none where nothing changes.
///
/// # Errors
/// `forbidden`; `invalid_input` for too many, and for what is no domain.
pub fn change_free_mail(ctx: &mut Ctx<'_>, input: &ChangeFreeMail) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;

    let after = FreeMail { domains: checked(&input.domains)? };
    if free_mail::list(ctx.sql)? == after.domains {
        return Reply::of(&after);
    }

    free_mail::replace(ctx.sql, &after.domains)?;
    ctx.event("freeMail.changed", None, &after)?;
    Reply::of(&after)
}

/// Domains as they are kept: sorted, each once.
///
/// # Errors
/// `invalid_input` for too many, and for what is no domain.
pub fn checked(given: &[String]) -> Result<Vec<String>, Reject> {
    check::items("domains", given, FREE_DOMAINS_MAX)?;
    let mut domains = Vec::with_capacity(given.len());
    for text in given {
        domains.push(domain("domains", text)?);
    }
    domains.sort_small();
    domains.dedup();
    Ok(domains)
}
