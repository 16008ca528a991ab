//! What a row about a person or a company becomes.

use super::import::{compare, known, plain, time};
use super::store;
use crate::kernel::Ctx;
use crate::workspace_room::access::store::agents;
use crate::workspace_room::access::{self, AGENTS_MAX};
use crate::workspace_room::overview;
use crate::workspace_room::store::{companies, users};
use crate::workspace_room::teams;
use schema::room::access::Agent;
use schema::room::team::{MEMBERS_MAX, TEAMS_MAX, Team};
use schema::room::transfer::{AgentRow, CompanyRow, RowOutcome, RowResult, TeamRow, UserRow};
use schema::room::user::{Company, NAME_CHARS_MAX, User};
use schema::{Reject, check};

/// Takes an agent: inactive, and without a password.
///
/// # Errors
/// `invalid_input`; `conflict` where there are too many.
pub fn agent(ctx: &mut Ctx<'_>, row: &AgentRow) -> Result<RowResult, Reject> {
    let email = check::email("email", &row.email)?;
    let name = access::check::name("name", &row.name)?;
    time(ctx, "createdAt", row.created_at)?;
    time(ctx, "updatedAt", row.updated_at)?;
    let other = agents::find_by_email(ctx.sql, &email)?.map(|other| other.agent.id);
    let Some(here) = agents::find(ctx.sql, row.id)? else {
        if let Some(other) = other {
            return Ok(known(other));
        }
        if agents::count(ctx.sql)? >= AGENTS_MAX {
            return Err(Reject::conflict(format!("a workspace has at most {AGENTS_MAX} agents")));
        }
        let agent = Agent {
            id: row.id,
            email,
            name,
            role: row.role,
            active: false,
            version: 1,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        let password_hash = String::new();
        agents::insert(ctx.sql, &agents::Known { agent, password_hash, epoch: 1 })?;
        return Ok(plain(RowOutcome::Created));
    };
    let guest = here.password_hash.is_empty();
    let newer = row.updated_at > here.agent.updated_at;
    let result = compare(
        &[
            ("email", email == here.agent.email),
            ("name", name == here.agent.name),
            ("role", row.role == here.agent.role),
            ("createdAt", row.created_at == here.agent.created_at),
            ("updatedAt", row.updated_at == here.agent.updated_at),
        ],
        guest && newer && other.is_none_or(|other| other == row.id),
    );
    if result.outcome == RowOutcome::Updated {
        let version = here.agent.version + 1;
        let updated_at = row.updated_at;
        let agent = Agent { name, role: row.role, version, updated_at, ..here.agent };
        agents::update(ctx.sql, &agent)?;
        store::set_agent(ctx.sql, row.id, &email, row.created_at)?;
    }
    Ok(result)
}

/// Takes a team.
///
/// # Errors
/// `invalid_input`, also for a member who is not here; `conflict` where there are too many.
pub fn team(ctx: &mut Ctx<'_>, row: &TeamRow) -> Result<RowResult, Reject> {
    let name = teams::name(&row.name)?;
    let description = teams::description(row.description.as_deref())?;
    let key = teams::key(&name);
    time(ctx, "createdAt", row.created_at)?;
    time(ctx, "updatedAt", row.updated_at)?;
    check::items("memberIds", &row.member_ids, MEMBERS_MAX)?;
    let mut member_ids = row.member_ids.clone();
    member_ids.sort_unstable();
    member_ids.dedup();
    for member in &member_ids {
        if agents::find(ctx.sql, *member)?.is_none() {
            return Err(Reject::field("memberIds", "must be agents of this workspace"));
        }
    }
    let other = teams::store::id_of_name(ctx.sql, &key)?;
    let Some(here) = teams::store::find(ctx.sql, row.id)? else {
        if let Some(other) = other {
            return Ok(known(other));
        }
        if teams::store::count(ctx.sql)? >= TEAMS_MAX {
            return Err(Reject::conflict(format!("a workspace has at most {TEAMS_MAX} teams")));
        }
        let (id, created_at, updated_at) = (row.id, row.created_at, row.updated_at);
        let team = Team { id, name, description, member_ids, created_at, updated_at, version: 1 };
        teams::store::insert(ctx.sql, &team, &key)?;
        teams::store::add_members(ctx.sql, team.id, &team.member_ids)?;
        return Ok(plain(RowOutcome::Created));
    };
    let result = compare(
        &[
            ("name", name == here.name),
            ("description", description == here.description),
            ("memberIds", member_ids == here.member_ids),
            ("createdAt", row.created_at == here.created_at),
            ("updatedAt", row.updated_at == here.updated_at),
        ],
        row.updated_at > here.updated_at
            && row.created_at == here.created_at
            && other.is_none_or(|other| other == row.id),
    );
    if result.outcome == RowOutcome::Updated {
        let (version, updated_at) = (here.version + 1, row.updated_at);
        let before = here.member_ids.clone();
        let team = Team { name, description, member_ids, version, updated_at, ..here };
        teams::store::update(ctx.sql, &team, &key)?;
        teams::store::remove_members(ctx.sql, team.id, &before, &team.member_ids)?;
        teams::store::add_members(ctx.sql, team.id, &team.member_ids)?;
    }
    Ok(result)
}

/// Takes a company. A name is written over where it is only the domain.
///
/// # Errors
/// `invalid_input`.
pub fn company(ctx: &mut Ctx<'_>, row: &CompanyRow) -> Result<RowResult, Reject> {
    let name = check::line("name", &row.name, NAME_CHARS_MAX)?;
    let domain = check::email("domain", &format!("x@{}", row.domain))
        .map_err(|_| Reject::field("domain", "must be a mail domain"))?
        .split_off(2);
    time(ctx, "createdAt", row.created_at)?;
    let other = companies::find_by_domain(ctx.sql, &domain)?;
    let Some(here) = store::company(ctx.sql, row.id)? else {
        if let Some(other) = other {
            return Ok(known(other.id));
        }
        let (id, created_at) = (row.id, row.created_at);
        companies::insert(ctx.sql, &Company { id, name, domain, users: 0, created_at })?;
        return Ok(plain(RowOutcome::Created));
    };
    let same_but_name = domain == here.domain && row.created_at == here.created_at;
    let result = compare(
        &[
            ("name", name == here.name),
            ("domain", domain == here.domain),
            ("createdAt", row.created_at == here.created_at),
        ],
        same_but_name && here.name == here.domain,
    );
    if result.outcome == RowOutcome::Updated {
        store::set_company_name(ctx.sql, row.id, &name)?;
    }
    Ok(result)
}

/// Takes a user.
///
/// # Errors
/// `invalid_input`, also for a company that is not here.
pub fn user(ctx: &mut Ctx<'_>, row: &UserRow) -> Result<RowResult, Reject> {
    let email = check::email("email", &row.email)?;
    let name = row.name.as_deref().map(|name| check::line("name", name, NAME_CHARS_MAX));
    let name = name.transpose()?;
    time(ctx, "createdAt", row.created_at)?;
    time(ctx, "updatedAt", row.updated_at)?;
    if let Some(company) = row.company_id
        && store::company(ctx.sql, company)?.is_none()
    {
        return Err(Reject::field("companyId", "is no company of this workspace"));
    }
    let other = users::find_by_email(ctx.sql, &email)?.map(|other| other.id);
    let Some(here) = users::find(ctx.sql, row.id)? else {
        if let Some(other) = other {
            return Ok(known(other));
        }
        let user = User {
            id: row.id,
            email,
            name,
            company_id: row.company_id,
            company_name: None,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: 1,
        };
        users::insert(ctx.sql, &user)?;
        move_company(ctx, None, &user)?;
        return Ok(plain(RowOutcome::Created));
    };
    let result = compare(
        &[
            ("email", email == here.email),
            ("name", name == here.name),
            ("companyId", row.company_id == here.company_id),
            ("createdAt", row.created_at == here.created_at),
            ("updatedAt", row.updated_at == here.updated_at),
        ],
        row.updated_at > here.updated_at
            && row.created_at == here.created_at
            && other.is_none_or(|other| other == row.id),
    );
    if result.outcome == RowOutcome::Updated {
        let (version, updated_at) = (here.version + 1, row.updated_at);
        let before = here.clone();
        let company_id = row.company_id;
        let user = User { email, name, company_id, version, updated_at, ..here };
        users::update(ctx.sql, &user)?;
        move_company(ctx, Some(&before), &user)?;
        overview::summarise_user(ctx, user.id)?;
    }
    Ok(result)
}

fn move_company(ctx: &Ctx<'_>, before: Option<&User>, after: &User) -> Result<(), Reject> {
    let left = before.and_then(|user| user.company_id);
    if left == after.company_id {
        return Ok(());
    }
    if let Some(left) = left {
        companies::count(ctx.sql, left, -1)?;
    }
    if let Some(joined) = after.company_id {
        companies::count(ctx.sql, joined, 1)?;
    }
    Ok(())
}
