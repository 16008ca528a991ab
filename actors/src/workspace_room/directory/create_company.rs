//! Making a company.

use super::{attributes, free_mail, later};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::companies;
use schema::ids::CompanyId;
use schema::room::attribute::Subject;
use schema::room::company::{Company, CompanyEvent, CreateCompany, DOMAINS_MAX};
use schema::room::user::NAME_CHARS_MAX;
use schema::sort::SortSmall;
use schema::{Permission, Reject, check};
use serde_json::Map;

/// Makes a company. Event `company.created`; users of its domains follow, as `user.changed`.
///
/// # Errors
/// `invalid_input`; `conflict` with `details.companyId` where a domain is another's.
pub fn create_company(ctx: &mut Ctx<'_>, input: &CreateCompany) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;

    let name = check::line("name", &input.name, NAME_CHARS_MAX)?;
    let domains = domains(ctx, &input.domains, None)?;
    let mut values = Map::new();
    attributes::apply(ctx, Subject::Company, &mut values, &input.attributes)?;

    let company = Company {
        id: CompanyId(ctx.uuid()),
        name,
        domains,
        users: 0,
        attributes: values,
        archived: false,
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    companies::insert(ctx.sql, &company)?;
    for domain in &company.domains {
        later::link(ctx, domain)?;
    }
    let data = CompanyEvent { company };
    ctx.event("company.created", None, &data)?;
    Reply::of(&data.company)
}

/// Mail domains as they are kept: sorted, each once.
///
/// # Errors
/// `invalid_input`: too many, a bad one, one of free mail; `conflict` with `details.companyId`.
pub fn domains(
    ctx: &Ctx<'_>,
    given: &[String],
    own: Option<&Company>,
) -> Result<Vec<String>, Reject> {
    check::items("domains", given, DOMAINS_MAX)?;
    let mut kept = Vec::with_capacity(given.len());
    for text in given {
        kept.push(super::domain("domains", text)?);
    }
    kept.sort_small();
    kept.dedup();
    for domain in &kept {
        if own.is_some_and(|own| own.domains.contains(domain)) {
            continue;
        }
        if free_mail::is_free(ctx, domain)? {
            return Err(Reject::field("domains", format!("{domain} is one of free mail")));
        }
        if let Some(other) = companies::find_by_domain(ctx.sql, domain)? {
            return Err(Reject::conflict(format!("{domain} belongs to another company"))
                .with(serde_json::json!({ "companyId": other.id })));
        }
    }
    Ok(kept)
}
