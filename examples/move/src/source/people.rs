//! Who is there: agents, teams, companies, users.

use super::Move;
use crate::convert;
use anyhow::Result;
use schema::ids::{AgentId, CompanyId, TeamId, UserId};
use schema::room::transfer::{AgentRow, CompanyRow, ImportRow, TeamRow, UserRow};
use schema::room::user::{HandleKind, NewHandle};
use serde_json::Map;
use std::collections::BTreeMap;

impl Move<'_, '_> {
    pub(super) fn agents(&mut self) -> Result<()> {
        let dump = self.dump;
        self.loader.table("agents");
        dump.each("agents", |row| {
            if !self.mine(&row)? {
                return Ok(());
            }
            let (number, since) = (self.begin("agents", &row)?, self.since);
            let table = self.loader.table("agents");
            let (created_at, updated_at) = convert::times(&row, since, table);
            let email = convert::address(row.text(&["email"]), "agent", number, table);
            let name = convert::name(row.text(&["name", "full_name"]), &email, table);
            let role = convert::role(row.text(&["role"]));
            let id = AgentId(self.id("agents", number));
            let agent = AgentRow { id, email, name, role, created_at, updated_at };
            self.loader.push("agents", &number.to_string(), ImportRow::Agent(agent))
        })?;
        self.loader.flush()
    }

    pub(super) fn teams(&mut self) -> Result<()> {
        let dump = self.dump;
        let mut members: BTreeMap<i64, Vec<AgentId>> = BTreeMap::new();
        dump.each("team_members", |row| {
            let (Some(team), Some(agent)) = (row.number(&["team_id"])?, row.number(&["agent_id"])?)
            else {
                return Ok(());
            };
            if self.has("agents", agent) {
                members.entry(team).or_default().push(AgentId(self.id("agents", agent)));
            }
            Ok(())
        })?;
        self.loader.table("teams");
        dump.each("teams", |row| {
            if !self.mine(&row)? {
                return Ok(());
            }
            let (number, since) = (self.begin("teams", &row)?, self.since);
            let table = self.loader.table("teams");
            let (created_at, updated_at) = convert::times(&row, since, table);
            let name = convert::name(row.text(&["name"]), &format!("team {number}"), table);
            let name: String = name.chars().take(100).collect();
            let description =
                row.text(&["description"]).and_then(|text| convert::line(text, 1_000, table));
            let mut member_ids = members.remove(&number).unwrap_or_default();
            member_ids.sort_unstable();
            member_ids.dedup();
            let id = TeamId(self.id("teams", number));
            let name = name.trim_end().to_owned();
            let team = TeamRow { id, name, description, member_ids, created_at, updated_at };
            self.loader.push("teams", &number.to_string(), ImportRow::Team(team))
        })?;
        self.loader.flush()
    }

    pub(super) fn companies(&mut self) -> Result<()> {
        let dump = self.dump;
        self.loader.table("companies");
        dump.each("companies", |row| {
            if !self.mine(&row)? {
                return Ok(());
            }
            let (number, since) = (self.begin("companies", &row)?, self.since);
            let table = self.loader.table("companies");
            let domain = row.text(&["email_domain", "domain"]).unwrap_or_default().trim();
            let domain = Some(domain.trim_start_matches('@').to_lowercase());
            let domain = domain.filter(|domain| !domain.is_empty());
            let (created_at, _) = convert::times(&row, since, table);
            let instead = domain.clone().unwrap_or_else(|| format!("company {number}"));
            let name = convert::name(row.text(&["name"]), &instead, table);
            let id = CompanyId(self.id("companies", number));
            let company = CompanyRow {
                id,
                name,
                domain,
                domains: Vec::new(),
                attributes: Map::new(),
                archived: false,
                created_at,
            };
            self.loader.push("companies", &number.to_string(), ImportRow::Company(company))
        })?;
        self.loader.flush()
    }

    pub(super) fn users(&mut self) -> Result<()> {
        let dump = self.dump;
        self.loader.table("users");
        dump.each("users", |row| {
            if !self.mine(&row)? {
                return Ok(());
            }
            let company = self.one("users", &row, &["company_id"], "companies")?;
            let (number, since) = (self.begin("users", &row)?, self.since);
            let table = self.loader.table("users");
            let (created_at, updated_at) = convert::times(&row, since, table);
            let phone = row.text(&["phone"]).and_then(|text| convert::phone(text, table));
            let email = match row.text(&["email"]) {
                None if phone.is_some() => None,
                email => Some(convert::address(email, "user", number, table)),
            };
            let handles = phone.map(|value| NewHandle { kind: HandleKind::Phone, value });
            let name = row.text(&["name", "full_name"]);
            let name = name.and_then(|name| convert::line(name, 200, table));
            let id = UserId(self.id("users", number));
            let company_id = company.map(|company| CompanyId(self.id("companies", company)));
            let user = UserRow {
                id,
                email,
                handles: handles.into_iter().collect(),
                name,
                company_id,
                attributes: Map::new(),
                archived: false,
                created_at,
                updated_at,
            };
            self.loader.push("users", &number.to_string(), ImportRow::User(user))
        })?;
        self.loader.flush()
    }
}
