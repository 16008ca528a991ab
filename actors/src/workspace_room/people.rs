//! Finding or making the user of an address, and the company of a mail domain.

use super::overview;
use super::store::{companies, users};
use crate::kernel::Ctx;
use schema::Reject;
use schema::ids::{CompanyId, UserId};
use schema::room::user::{Company, CompanyEvent, User, UserEvent};

/// Domains where everybody can have an address: who writes from there belongs to no company.
const FREE_MAIL: &[&str] = &[
    "126.com",
    "163.com",
    "alice.it",
    "aol.com",
    "aol.de",
    "arcor.de",
    "bigpond.com",
    "bluewin.ch",
    "bol.com.br",
    "btinternet.com",
    "comcast.net",
    "cox.net",
    "duck.com",
    "email.com",
    "fastmail.com",
    "fastmail.fm",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "hotmail.it",
    "hushmail.com",
    "icloud.com",
    "inbox.lv",
    "interia.pl",
    "laposte.net",
    "libero.it",
    "list.ru",
    "live.co.uk",
    "live.com",
    "live.fr",
    "live.nl",
    "mac.com",
    "mail.com",
    "mail.ru",
    "mailbox.org",
    "me.com",
    "msn.com",
    "naver.com",
    "o2.pl",
    "online.de",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rediffmail.com",
    "rocketmail.com",
    "seznam.cz",
    "sfr.fr",
    "sky.com",
    "t-online.de",
    "tuta.com",
    "tutanota.com",
    "uol.com.br",
    "verizon.net",
    "virgilio.it",
    "wanadoo.fr",
    "web.de",
    "wp.pl",
    "yahoo.co.in",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yahoo.es",
    "yahoo.fr",
    "yahoo.it",
    "yandex.com",
    "yandex.ru",
    "ymail.com",
    "zoho.com",
];

/// The user of an address, made where there is none. A known user keeps their name, or takes the
/// one given where they have none.
///
/// # Errors
/// A storage fault.
pub fn find_or_make(ctx: &mut Ctx<'_>, email: &str, name: Option<String>) -> Result<User, Reject> {
    let Some(mut user) = users::find_by_email(ctx.sql, email)? else {
        return make(ctx, email, name);
    };
    if user.name.is_none() && name.is_some() {
        user.name = name;
        save(ctx, &mut user)?;
    }
    Ok(user)
}

/// Writes a user that was changed: row, event, the D1 rows of their tickets.
///
/// # Errors
/// A storage fault.
pub fn save(ctx: &mut Ctx<'_>, user: &mut User) -> Result<(), Reject> {
    user.updated_at = ctx.now;
    user.version += 1;
    users::update(ctx.sql, user)?;
    overview::summarise_user(ctx, user.id)?;
    ctx.event("user.changed", None, &UserEvent { user: user.clone() }).map(drop)
}

/// Makes the user of an address that is not known.
///
/// # Errors
/// A storage fault, also where the address is known.
pub fn make(ctx: &mut Ctx<'_>, email: &str, name: Option<String>) -> Result<User, Reject> {
    let company = join_company(ctx, email)?;
    let user = User {
        id: UserId(ctx.uuid()),
        email: email.to_owned(),
        name,
        company_id: company.as_ref().map(|company| company.id),
        company_name: company.map(|company| company.name),
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    users::insert(ctx.sql, &user)?;
    let data = UserEvent { user };
    ctx.event("user.created", None, &data)?;
    Ok(data.user)
}

/// Counts one more user in the company of an address, found or made; none for free mail.
///
/// # Errors
/// A storage fault.
pub fn join_company(ctx: &mut Ctx<'_>, email: &str) -> Result<Option<Company>, Reject> {
    let Some(domain) = company_domain(email) else { return Ok(None) };
    if let Some(mut company) = companies::find_by_domain(ctx.sql, domain)? {
        company.users += 1;
        companies::count(ctx.sql, company.id, 1)?;
        return Ok(Some(company));
    }
    let company = Company {
        id: CompanyId(ctx.uuid()),
        name: domain.to_owned(),
        domain: domain.to_owned(),
        users: 1,
        created_at: ctx.now,
    };
    companies::insert(ctx.sql, &company)?;
    ctx.event("company.created", None, &CompanyEvent { company: company.clone() })?;
    Ok(Some(company))
}

fn company_domain(email: &str) -> Option<&str> {
    let (_, domain) = email.rsplit_once('@')?;
    (FREE_MAIL.binary_search(&domain).is_err()).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domains_of_free_mail_are_sorted_so_that_they_are_found() {
        assert!(FREE_MAIL.is_sorted());
        assert_eq!(company_domain("ann@gmail.com"), None);
        assert_eq!(company_domain("ann@zoho.com"), None);
        assert_eq!(company_domain("ann@acme.example"), Some("acme.example"));
    }
}
