//! What the team prepared: categories and canned replies.

use super::Move;
use crate::convert::{self, note};
use crate::report::Table;
use anyhow::Result;
use schema::Millis;
use schema::ids::{AgentId, CategoryId, ItemId, TeamId};
use schema::room::transfer::{ImportRow, ItemRow};
use std::collections::{BTreeMap, BTreeSet};

/// A category as the source has it.
struct Category {
    number: i64,
    parent: Option<i64>,
    name: String,
    times: (Millis, Millis),
}

impl Move<'_, '_> {
    /// Categories, each after the one that it is part of.
    pub(super) fn categories(&mut self) -> Result<()> {
        let dump = self.dump;
        self.loader.table("categories");
        let mut waiting: Vec<Category> = Vec::new();
        dump.each("categories", |row| {
            if !self.mine(&row)? {
                return Ok(());
            }
            let parent = row.number(&["parent_id"])?;
            let (number, since) = (self.begin("categories", &row)?, self.since);
            let table = self.loader.table("categories");
            let times = convert::times(&row, since, table);
            let name = row.text(&["name", "title"]);
            let name = convert::item_name(name, &format!("category {number}"), table);
            waiting.push(Category { number, parent, name, times });
            Ok(())
        })?;
        let mut placed: BTreeSet<i64> = BTreeSet::new();
        while !waiting.is_empty() {
            let ready = |it: &Category| it.parent.is_none_or(|parent| placed.contains(&parent));
            let (mut next, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(ready);
            waiting = rest;
            if next.is_empty() {
                // What they are part of is not there, or they are part of each other.
                next = std::mem::take(&mut waiting);
                for category in &mut next {
                    let table = self.loader.table("categories");
                    note(table, "part of what the workspace does not have: without it");
                    category.parent = None;
                }
            }
            for category in next {
                placed.insert(category.number);
                self.category(category)?;
            }
            self.loader.flush()?;
        }
        Ok(())
    }

    fn category(&mut self, category: Category) -> Result<()> {
        let (created_at, updated_at) = category.times;
        let parent_id = category.parent.map(|parent| CategoryId(self.id("categories", parent)));
        let row = ItemRow {
            parent_id,
            ..bare(ItemId(self.id("categories", category.number)), category.name, created_at)
        };
        let row = ImportRow::Category(ItemRow { updated_at, ..row });
        self.loader.push("categories", &category.number.to_string(), row)
    }

    pub(super) fn canned_replies(&mut self) -> Result<()> {
        const NAME: &str = "canned_replies";
        let dump = self.dump;
        let Some(table) = dump.table(&[NAME, "canned_responses"]) else { return Ok(()) };
        self.loader.table(NAME);
        let mut names = Names::default();
        dump.each(table, |row| {
            if !self.mine(&row)? {
                return Ok(());
            }
            let team = self.one(NAME, &row, &["team_id"], "teams")?;
            let agent = self.one(NAME, &row, &["agent_id"], "agents")?;
            let (number, since) = (self.begin(NAME, &row)?, self.since);
            let html = self.wanted.html;
            let table = self.loader.table(NAME);
            let (created_at, updated_at) = convert::times(&row, since, table);
            if agent.is_some() && team.is_some() {
                note(table, "an agent's own and for a team: the agent's own");
            }
            let name = row.text(&["title", "name", "shortcut", "short_code"]);
            let name = convert::item_name(name, &format!("reply {number}"), table);
            let name = names.unique((team.filter(|_| agent.is_none()), agent), name, number, table);
            let body = row.text(&["content", "body", "text"]);
            let body = convert::reply(body.unwrap_or_default(), html, table);
            let team_id = team.filter(|_| agent.is_none());
            let reply = ItemRow {
                team_id: team_id.map(|team| TeamId(self.id("teams", team))),
                agent_id: agent.map(|agent| AgentId(self.id("agents", agent))),
                body: Some(body),
                updated_at,
                ..bare(ItemId(self.id(NAME, number)), name, created_at)
            };
            self.loader.push(NAME, &number.to_string(), ImportRow::CannedReply(reply))
        })?;
        self.loader.flush()
    }
}

/// A thing of the catalogue that has nothing but a name.
fn bare(id: ItemId, name: String, created_at: Millis) -> ItemRow {
    ItemRow {
        id,
        name,
        team_id: None,
        agent_id: None,
        parent_id: None,
        status: None,
        body: None,
        actions: None,
        filter: None,
        archived: false,
        created_at,
        updated_at: created_at,
    }
}

/// For whom a thing is: a team, an agent, or all.
type Scope = (Option<i64>, Option<i64>);

/// The names that things have so far: two of one name are two things in the source, and no two of
/// one team or agent in Postroom have the same.
#[derive(Default)]
struct Names(BTreeMap<Scope, BTreeSet<String>>);

impl Names {
    fn unique(&mut self, scope: Scope, name: String, number: i64, table: &mut Table) -> String {
        let taken = self.0.entry(scope).or_default();
        if taken.insert(name.to_lowercase()) {
            return name;
        }
        note(table, "of a name that an earlier one has: their number stands behind it");
        let behind = format!(" ({number})");
        let short: String = name.chars().take(convert::ITEM_CHARS_MAX - behind.len()).collect();
        let name = format!("{}{behind}", short.trim_end());
        taken.insert(name.to_lowercase());
        name
    }
}
