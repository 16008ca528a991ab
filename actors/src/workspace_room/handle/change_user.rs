//! Changing a user.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::directory::{attributes, check_free, live, named_company};
use crate::workspace_room::{people, tickets};
use schema::room::attribute::Subject;
use schema::room::user::{ChangeUser, HandleKind, NAME_CHARS_MAX, User};
use schema::{Permission, Reject, check};

/// Changes a user; a new address moves them to its company. Event `user.changed`, none where
/// nothing changes.
///
/// # Errors
/// `not_found`, `invalid_input`, `version_mismatch`; `conflict` with `details.userId` where the
/// address is another user's.
pub fn change_user(ctx: &mut Ctx<'_>, input: &ChangeUser) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;

    let before = live(ctx, input.user_id)?;
    tickets::check_version(input.if_version, before.version)?;
    let mut user = before.clone();
    let email = input.email.as_deref().map(|email| check::email("email", email)).transpose()?;
    if let Some(email) = &email {
        check_free(ctx, HandleKind::Email, email, Some(user.id))?;
    }
    if let Some(name) = &input.name {
        let name = name.as_deref().map(|name| check::line("name", name, NAME_CHARS_MAX));
        user.name = name.transpose()?;
    }
    let company = match input.company_id {
        Some(Some(id)) => Some(Some(named_company(ctx, id)?)),
        Some(None) => Some(None),
        None => None,
    };
    attributes::apply(ctx, Subject::User, &mut user.attributes, &input.attributes)?;
    user.archived = input.archived.unwrap_or(user.archived);

    if let Some(email) = email {
        set_email(ctx, &mut user, email);
        if company.is_none() && domain(&user) != domain(&before) {
            let joined = user.email.clone().map(|email| people::company_of(ctx, &email));
            people::join(&mut user, joined.transpose()?.flatten());
        }
    }
    if let Some(company) = company {
        people::join(&mut user, company);
    }
    let user = people::save(ctx, &before, user)?;
    Reply::of(&user)
}

/// Makes an address the primary one: in the place of the one before, where it is new.
fn set_email(ctx: &Ctx<'_>, user: &mut User, email: String) {
    let is_mail = |kind: HandleKind| kind == HandleKind::Email;
    let known = user.handles.iter().any(|it| is_mail(it.kind) && it.value == email);
    if !known {
        user.handles.retain(|handle| !(is_mail(handle.kind) && handle.primary));
        user.handles.push(people::new_handle(ctx, HandleKind::Email, email.clone()));
    }
    for handle in user.handles.iter_mut().filter(|handle| is_mail(handle.kind)) {
        handle.primary = handle.value == email;
    }
    user.email = Some(email);
}

fn domain(user: &User) -> Option<&str> {
    user.email.as_deref()?.rsplit_once('@').map(|(_, domain)| domain)
}
