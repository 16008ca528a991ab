//! Changing a company.

use super::create_company::domains;
use super::{attributes, former, later};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::store::companies;
use crate::workspace_room::tickets::check_version;
use schema::room::attribute::Subject;
use schema::room::company::{ChangeCompany, CompanyChanged};
use schema::room::user::NAME_CHARS_MAX;
use schema::{Permission, Reject, check};

/// Changes a company. Event `company.changed`, none where nothing changes; users of a domain that
/// is new follow, as `user.changed`.
///
/// # Errors
/// `not_found`, `invalid_input`, `version_mismatch`; `conflict` with `details.companyId` where a
/// domain is another's.
pub fn change_company(ctx: &mut Ctx<'_>, input: &ChangeCompany) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;

    let before = super::company(ctx, input.company_id)?;
    check_version(input.if_version, before.version)?;
    let mut company = before.clone();
    if let Some(name) = &input.name {
        company.name = check::line("name", name, NAME_CHARS_MAX)?;
    }
    if let Some(list) = &input.domains {
        company.domains = domains(ctx, list, Some(&before))?;
    }
    attributes::apply(ctx, Subject::Company, &mut company.attributes, &input.attributes)?;
    company.archived = input.archived.unwrap_or(company.archived);
    if company == before {
        return Reply::of(&company);
    }

    company.updated_at = ctx.now;
    company.version += 1;
    companies::update(ctx.sql, &before, &company)?;
    for domain in company.domains.iter().filter(|domain| !before.domains.contains(domain)) {
        later::link(ctx, domain)?;
    }
    if company.name != before.name {
        later::show_name(ctx, company.id)?;
    }
    let data = CompanyChanged { before: former(&before, &company), company };
    ctx.event("company.changed", None, &data)?;
    Reply::of(&data.company)
}
