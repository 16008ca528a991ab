//! What a row about a person or a company becomes.

use super::import::{compare, deleted, known, plain, time};
use super::store::{self, Was};
use crate::kernel::Ctx;
use crate::workspace_room::access::store::agents;
use crate::workspace_room::access::{self, AGENTS_MAX};
use crate::workspace_room::directory::store::handles;
use crate::workspace_room::directory::{self, value};
use crate::workspace_room::store::{companies, users};
use crate::workspace_room::{people, teams};
use schema::room::access::Agent;
use schema::room::attribute::VALUES_BYTES_MAX;
use schema::room::company::{Company, DOMAINS_MAX};
use schema::room::team::{MEMBERS_MAX, TEAMS_MAX, Team};
use schema::room::transfer::{AgentRow, CompanyRow, RowOutcome, RowResult, TeamRow, UserRow};
use schema::room::user::{Handle, HandleKind, NAME_CHARS_MAX, User};
use schema::sort::SortSmall;
use schema::{Reject, check};
use serde_json::{Map, Value};

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
    member_ids.sort_small();
    member_ids.dedup();
    for member in &member_ids {
        if agents::find(ctx.sql, *member)?.is_none() {
            return Err(Reject::field("memberIds", "must be agents of this workspace"));
        }
    }
    let other = teams::store::id_of_name(ctx.sql, &key)?;
    let Some(here) = teams::store::find(ctx.sql, row.id)? else {
        if store::was_here(ctx.sql, Was::Team, &row.id)? {
            return Ok(deleted());
        }
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
    let given: Vec<&String> = row.domain.iter().chain(&row.domains).collect();
    check::items("domains", &given, DOMAINS_MAX + 1)?;
    let mut domains = Vec::with_capacity(given.len());
    for text in given {
        domains.push(directory::domain("domain", text)?);
    }
    domains.sort_small();
    domains.dedup();
    check_values(&row.attributes)?;
    time(ctx, "createdAt", row.created_at)?;
    let mut other = None;
    for domain in &domains {
        other = other.or(companies::find_by_domain(ctx.sql, domain)?.map(|other| other.id));
    }
    let Some(here) = companies::find(ctx.sql, row.id)? else {
        if let Some(other) = other {
            return Ok(known(other));
        }
        let (id, created_at, attributes) = (row.id, row.created_at, row.attributes.clone());
        let (users, updated_at, version, archived) = (0, created_at, 1, row.archived);
        let company = Company {
            id,
            name,
            domains,
            users,
            attributes,
            archived,
            created_at,
            updated_at,
            version,
        };
        companies::insert(ctx.sql, &company)?;
        companies::update(ctx.sql, &company, &company)?;
        return Ok(plain(RowOutcome::Created));
    };
    let same_but_name = domains == here.domains && row.created_at == here.created_at;
    let result = compare(
        &[
            ("name", name == here.name),
            ("domains", domains == here.domains),
            ("attributes", row.attributes == here.attributes),
            ("archived", row.archived == here.archived),
            ("createdAt", row.created_at == here.created_at),
        ],
        same_but_name && here.domains.contains(&here.name),
    );
    if result.outcome == RowOutcome::Updated {
        store::set_company_name(ctx.sql, row.id, &name)?;
    }
    Ok(result)
}

/// Refuses values of attributes that are too large.
fn check_values(values: &Map<String, Value>) -> Result<(), Reject> {
    if Value::Object(values.clone()).to_string().len() > VALUES_BYTES_MAX {
        let why = format!("must have at most {VALUES_BYTES_MAX} bytes as JSON");
        return Err(Reject::field("attributes", why));
    }
    Ok(())
}

/// Takes a user.
///
/// # Errors
/// `invalid_input`, also for a company that is not here.
pub fn user(ctx: &mut Ctx<'_>, row: &UserRow) -> Result<RowResult, Reject> {
    let asked = as_asked(ctx, row)?;
    let mut other = None;
    for handle in &asked.handles {
        let owner = handles::owner(ctx.sql, handle.kind, &handle.value)?;
        other = other.or(owner.filter(|owner| *owner != row.id));
    }
    let Some(here) = users::find(ctx.sql, row.id)? else {
        if let Some(other) = other {
            return Ok(known(other));
        }
        users::insert(ctx.sql, &asked)?;
        let bare = User { handles: Vec::new(), company_id: None, ..asked.clone() };
        people::write(ctx, &bare, &asked)?;
        return Ok(plain(RowOutcome::Created));
    };
    let result = compare(
        &[
            ("email", asked.email == here.email),
            ("handles", values_of(&asked) == values_of(&here)),
            ("name", asked.name == here.name),
            ("companyId", asked.company_id == here.company_id),
            ("attributes", asked.attributes == here.attributes),
            ("archived", asked.archived == here.archived),
            ("createdAt", row.created_at == here.created_at),
            ("updatedAt", row.updated_at == here.updated_at),
        ],
        row.updated_at > here.updated_at
            && row.created_at == here.created_at
            && here.merged_into.is_none()
            && here.erased_at.is_none()
            && other.is_none(),
    );
    if result.outcome == RowOutcome::Updated {
        let user = User { version: here.version + 1, ..asked };
        people::write(ctx, &here, &user)?;
    }
    Ok(result)
}

/// The user that a row tells of.
fn as_asked(ctx: &Ctx<'_>, row: &UserRow) -> Result<User, Reject> {
    let given = value::values(row.email.as_deref(), &row.handles)?;
    if given.is_empty() && !row.archived {
        return Err(Reject::field("email", "give an address or another handle"));
    }
    let name = row.name.as_deref().map(|name| check::line("name", name, NAME_CHARS_MAX));
    let name = name.transpose()?;
    check_values(&row.attributes)?;
    time(ctx, "createdAt", row.created_at)?;
    time(ctx, "updatedAt", row.updated_at)?;
    if let Some(company) = row.company_id
        && companies::find(ctx.sql, company)?.is_none()
    {
        return Err(Reject::field("companyId", "is no company of this workspace"));
    }
    let added_at = row.created_at;
    let handle = |(kind, value)| Handle { kind, value, primary: false, added_at };
    let mut user = User {
        id: row.id,
        email: None,
        name,
        handles: given.into_iter().map(handle).collect(),
        company_id: row.company_id,
        company_name: None,
        attributes: row.attributes.clone(),
        archived: row.archived,
        merged_into: None,
        erased_at: None,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: 1,
    };
    people::put_in_order(&mut user);
    Ok(user)
}

/// The handles of a user, in order of kind and value, and whether they are primary.
fn values_of(user: &User) -> Vec<(HandleKind, &str, bool)> {
    let mut values: Vec<_> =
        user.handles.iter().map(|it| (it.kind, it.value.as_str(), it.primary)).collect();
    values.sort_small();
    values
}
