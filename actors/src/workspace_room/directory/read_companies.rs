//! Reading and listing companies.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::cursor;
use crate::workspace_room::store::{TOP, companies};
use schema::page::{self, Page};
use schema::room::company::{Company, CompanySort, GetCompany, ListCompanies};
use schema::{Permission, Reject};

/// Reads a company.
///
/// # Errors
/// `not_found`.
pub fn get_company(ctx: &Ctx<'_>, input: &GetCompany) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    Reply::of(&super::company(ctx, input.company_id)?)
}

/// Lists companies; with `domain`, the one of that domain.
///
/// # Errors
/// `invalid_input` for a bad limit, cursor or domain.
pub fn list_companies(ctx: &Ctx<'_>, input: &ListCompanies) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let archived = input.archived.unwrap_or(false);
    let sort = input.sort.unwrap_or(CompanySort::CreatedAt);
    let list = format!("companies/{archived}/{sort:?}");
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?;

    if let Some(text) = &input.domain {
        let domain = super::domain("domain", text)?;
        let found = companies::find_by_domain(ctx.sql, &domain)?;
        let items: Vec<Company> = found.into_iter().collect();
        return Reply::of(&Page { items, next_cursor: None });
    }
    let rows = match sort {
        CompanySort::CreatedAt => {
            let before = position.map_or(TOP, |(_, number)| number);
            companies::list(ctx.sql, archived, before, limit + 1)?
        }
        CompanySort::Users => {
            companies::by_users(ctx.sql, archived, position.unwrap_or((TOP, TOP)), limit + 1)?
        }
    };
    let key = |company: &Company| if sort == CompanySort::Users { company.users } else { 0 };
    let rows = rows.into_iter().map(|(number, it)| ((key(&it), number), it)).collect();
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}
