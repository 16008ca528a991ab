//! Deleting a company.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::overview;
use crate::workspace_room::store::{companies, users};
use crate::workspace_room::tickets::check_version;
use schema::room::company::{CompanyEvent, DeleteCompany, UNLINKED_MAX};
use schema::{Permission, Reject};

/// Deletes a company; its users, where it may have some, have none then. Event `company.deleted`.
///
/// # Errors
/// `not_found`, `version_mismatch`; `conflict` with `details.users` where it has users who are not
/// to be unlinked, or too many.
pub fn delete_company(ctx: &mut Ctx<'_>, input: &DeleteCompany) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;

    let company = super::company(ctx, input.company_id)?;
    check_version(input.if_version, company.version)?;
    let most = if input.unlink_users { UNLINKED_MAX } else { 0 };
    if company.users > most {
        let why = if input.unlink_users {
            format!("it has more than {UNLINKED_MAX} users: archive it")
        } else {
            "it has users: say unlinkUsers, or archive it".to_owned()
        };
        let details = serde_json::json!({ "users": company.users });
        return Err(Reject::conflict(why).with(details));
    }

    for user in users::unlink(ctx.sql, company.id, ctx.now)? {
        ctx.set_timer(overview::TIMER, &user.to_string(), ctx.now, b"0")?;
    }
    companies::remove(ctx.sql, &company)?;
    let data = CompanyEvent { company };
    ctx.event("company.deleted", None, &data)?;
    Reply::of(&data.company)
}
