//! Finding or making the user of an address, and the company of a mail domain.

use super::directory::store::handles;
use super::directory::{domain_of, former, free_mail};
use super::overview;
use super::store::{companies, users};
use crate::kernel::Ctx;
use schema::Reject;
use schema::ids::{CompanyId, UserId};
use schema::room::company::{Company, CompanyEvent};
use schema::room::user::{Handle, HandleKind, User, UserChanged, UserEvent};
use serde_json::{Map, Value};

/// A user who is about to be made.
#[derive(Debug, Default)]
pub struct Draft {
    /// By what they are known, in the form in which it is kept; the first of a kind is primary.
    pub handles: Vec<(HandleKind, String)>,
    /// How they sign.
    pub name: Option<String>,
    /// Their company; by the mail domain where none is given.
    pub company: Option<Company>,
    /// Values of attributes, checked.
    pub attributes: Map<String, Value>,
}

/// The user of an address, made where there is none. A known user keeps their name, or takes the
/// one given where they have none; who was archived is no longer.
///
/// # Errors
/// A storage fault.
pub fn find_or_make(ctx: &mut Ctx<'_>, email: &str, name: Option<String>) -> Result<User, Reject> {
    let Some(before) = users::find_by_email(ctx.sql, email)? else {
        let handles = vec![(HandleKind::Email, email.to_owned())];
        return make(ctx, Draft { handles, name, ..Draft::default() });
    };
    let mut user = before.clone();
    user.name = user.name.or(name);
    user.archived = false;
    save(ctx, &before, user)
}

/// Writes a user that may have changed: row, handles, counts of companies, event, the D1 rows of
/// their tickets. Nothing where nothing has changed.
///
/// # Errors
/// A storage fault.
pub fn save(ctx: &mut Ctx<'_>, before: &User, user: User) -> Result<User, Reject> {
    let mut user = user;
    put_in_order(&mut user);
    if user == *before {
        return Ok(user);
    }
    user.updated_at = ctx.now;
    user.version += 1;
    write(ctx, before, &user)?;
    let data = UserChanged { before: former(before, &user), user };
    ctx.event("user.changed", None, &data)?;
    Ok(data.user)
}

/// As [`save`], without an event and with the version as it is.
///
/// # Errors
/// A storage fault.
pub fn write(ctx: &mut Ctx<'_>, before: &User, user: &User) -> Result<(), Reject> {
    handles::replace(ctx.sql, user.id, &before.handles, &user.handles)?;
    users::update(ctx.sql, user)?;
    let (left, joined) = (company_counted(before), company_counted(user));
    if left != joined {
        if let Some(left) = left {
            companies::count(ctx.sql, left, -1)?;
        }
        if let Some(joined) = joined {
            companies::count(ctx.sql, joined, 1)?;
        }
    }
    overview::summarise_user(ctx, user.id)
}

/// The company in whose number of users a user is.
fn company_counted(user: &User) -> Option<CompanyId> {
    user.company_id.filter(|_| user.merged_into.is_none())
}

/// Makes a user none of whose handles is known. Events `company.created` where their domain is
/// new, `user.created`.
///
/// # Errors
/// A storage fault, also where a handle is known.
pub fn make(ctx: &mut Ctx<'_>, draft: Draft) -> Result<User, Reject> {
    let handles = draft.handles.into_iter().map(|(kind, value)| new_handle(ctx, kind, value));
    let mut user = User {
        id: UserId(uuid::Uuid::nil()),
        email: None,
        name: draft.name,
        handles: handles.collect(),
        company_id: None,
        company_name: None,
        attributes: draft.attributes,
        archived: false,
        merged_into: None,
        erased_at: None,
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    put_in_order(&mut user);
    let company = match (draft.company, &user.email) {
        (Some(company), _) => Some(company),
        (None, Some(email)) => company_of(ctx, email)?,
        (None, None) => None,
    };
    user.id = UserId(ctx.uuid());
    join(&mut user, company);
    users::insert(ctx.sql, &user)?;
    handles::replace(ctx.sql, user.id, &[], &user.handles)?;
    if let Some(company) = user.company_id {
        companies::count(ctx.sql, company, 1)?;
    }
    let data = UserEvent { user };
    ctx.event("user.created", None, &data)?;
    Ok(data.user)
}

/// A handle that is added now.
#[must_use]
pub fn new_handle(ctx: &Ctx<'_>, kind: HandleKind, value: String) -> Handle {
    Handle { kind, value, primary: false, added_at: ctx.now }
}

/// Puts the handles in their order, makes one of each kind the primary one, and notes the address.
pub fn put_in_order(user: &mut User) {
    for kind in HandleKind::ALL {
        let mut own = user.handles.iter_mut().filter(|handle| handle.kind == kind);
        let Some(first) = own.next() else { continue };
        if !first.primary && !own.any(|handle| handle.primary) {
            first.primary = true;
        }
    }
    users::sort(&mut user.handles);
    let email = user.handles.iter().find(|it| it.kind == HandleKind::Email && it.primary);
    user.email = email.map(|handle| handle.value.clone());
}

/// Says that a user is of a company, or of none.
pub fn join(user: &mut User, company: Option<Company>) {
    user.company_id = company.as_ref().map(|company| company.id);
    user.company_name = company.map(|company| company.name);
}

/// The company of an address, found or made; none for free mail.
///
/// # Errors
/// A storage fault.
pub fn company_of(ctx: &mut Ctx<'_>, email: &str) -> Result<Option<Company>, Reject> {
    let Some(domain) = domain_of(email) else { return Ok(None) };
    if free_mail::is_free(ctx, &domain)? {
        return Ok(None);
    }
    if let Some(company) = companies::find_by_domain(ctx.sql, &domain)? {
        return Ok(Some(company));
    }
    let company = Company {
        id: CompanyId(ctx.uuid()),
        name: domain.clone(),
        domains: vec![domain],
        users: 0,
        attributes: Map::new(),
        archived: false,
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    companies::insert(ctx.sql, &company)?;
    let data = CompanyEvent { company };
    ctx.event("company.created", None, &data)?;
    Ok(Some(data.company))
}
