//! The tables of the helpdesk, as `README.md` describes them, and the order in which they move.
//!
//! The dump is read once for each table; in memory stay the numbers of its rows and, for a ticket,
//! when it was first answered. What a row names and the workspace does not have is left out of the
//! row, and counted; a row that belongs to what is not there is refused, and told.

mod catalogue;
mod desk;
mod people;

use crate::client::Desk;
use crate::convert::{self, note};
use crate::dump::{Dump, Record, bad};
use crate::ids;
use crate::loader::Loader;
use crate::report::Report;
use anyhow::{Context, Result, bail};
use schema::Millis;
use schema::room::transfer::RowOutcome;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The tables that are known, and under which name the report has them.
const TABLES: &[(&str, &str)] = &[
    ("agents", "agents"),
    ("teams", "teams"),
    ("categories", "categories"),
    ("canned_replies", "canned_replies"),
    ("canned_responses", "canned_replies"),
    ("companies", "companies"),
    ("users", "users"),
    ("tickets", "tickets"),
    ("ticket_bodies", "ticket_bodies"),
    ("comments", "comments"),
    ("attachments", "attachments"),
    ("ticket_attachments", "attachments"),
];
/// The tables that are read for what the others name.
const READ: [&str; 2] = ["workspaces", "team_members"];

/// What is asked for.
pub struct Wanted {
    /// The workspace in the dump; needed where it has several.
    pub workspace: Option<i64>,
    /// Where the contents of attachments are.
    pub files: Option<PathBuf>,
    /// Whether bodies are HTML, to be made text.
    pub html: bool,
}

/// What the next tables need of those before.
struct Move<'a, 'c> {
    dump: &'a Dump<'a>,
    loader: Loader<'c>,
    wanted: &'a Wanted,
    /// The number of the workspace in the dump, and those of all.
    workspace: i64,
    workspaces: BTreeMap<i64, Millis>,
    /// When the workspace was made, for what has no time of its own.
    since: Millis,
    /// The numbers of the rows that were taken so far, by table.
    taken: BTreeMap<&'static str, BTreeSet<i64>>,
    tickets: BTreeMap<i64, Asked>,
    /// The tickets and comments of other workspaces.
    others: [BTreeSet<i64>; 2],
}

const TICKETS: usize = 0;
const COMMENTS: usize = 1;

/// What is known of a ticket.
#[derive(Clone, Copy)]
struct Asked {
    user: Option<i64>,
    created_at: Millis,
}

/// Loads a dump.
///
/// # Errors
/// Where it cannot be read, is not whole, or the workspace does not take it.
pub fn load(client: &mut dyn Desk, path: &Path, wanted: &Wanted) -> Result<Report> {
    let dump = Dump::open(path)?;
    let workspaces = workspaces(&dump)?;
    let workspace = chosen(&workspaces, wanted.workspace)?;
    let mut it = Move {
        dump: &dump,
        loader: Loader::new(client)?,
        wanted,
        workspace,
        since: workspaces.get(&workspace).copied().unwrap_or(0),
        workspaces,
        taken: BTreeMap::new(),
        tickets: BTreeMap::new(),
        others: Default::default(),
    };
    it.agents()?;
    it.teams()?;
    it.categories()?;
    it.canned_replies()?;
    it.companies()?;
    it.users()?;
    it.tickets()?;
    it.bodies()?;
    it.comments()?;
    it.attachments()?;
    it.tell();
    let moved = |table: &str| READ.contains(&table) || TABLES.iter().any(|(it, _)| *it == table);
    let left = dump.tables().filter(|table| !moved(table)).map(str::to_owned).collect();
    let mut report = it.loader.finish(left)?;
    if !dump.sealed {
        let why = "the dump does not say where it ends: whether it is whole cannot be seen";
        report.warnings.push(why.into());
    }
    Ok(report)
}

/// The workspaces of a dump, and when each was made.
fn workspaces(dump: &Dump<'_>) -> Result<BTreeMap<i64, Millis>> {
    let mut found = BTreeMap::new();
    dump.each("workspaces", |row| {
        let since = row.text(&["created_at"]).and_then(convert::millis).unwrap_or(0);
        found.insert(row.id()?, since.max(0));
        Ok(())
    })?;
    Ok(found)
}

/// The workspace that is to move.
fn chosen(found: &BTreeMap<i64, Millis>, wanted: Option<i64>) -> Result<i64> {
    match (wanted, found.len()) {
        (Some(number), _) if found.contains_key(&number) => Ok(number),
        (Some(number), _) => bail!("there is no workspace {number} in the dump"),
        (None, 1) => found.keys().next().copied().context("one workspace"),
        (None, 0) => bail!("there is no workspace in the dump"),
        (None, _) => {
            let all: Vec<String> = found.keys().map(i64::to_string).collect();
            bail!("name one of its workspaces with --source-workspace: {}", all.join(", "));
        }
    }
}

impl Move<'_, '_> {
    fn id(&self, table: &str, number: i64) -> Uuid {
        ids::of(self.loader.client.workspace(), table, number, 0)
    }

    /// Whether a row belongs to the workspace that moves.
    fn mine(&self, row: &Record) -> Result<bool> {
        match row.number(&["workspace_id"])? {
            Some(number) if number == self.workspace => Ok(true),
            Some(number) if self.workspaces.contains_key(&number) => Ok(false),
            Some(_) => bad("its workspace is not there"),
            None if self.workspaces.len() == 1 && !row.has("workspace_id") => Ok(true),
            None => bad("it belongs to no workspace"),
        }
    }

    /// Counts a row of the source, once all that could be wrong with it was looked at; gives its
    /// number.
    fn begin(&mut self, table: &'static str, row: &Record) -> Result<i64> {
        let number = row.id()?;
        if !self.taken.entry(table).or_default().insert(number) {
            return bad("an earlier row has its id");
        }
        self.loader.table(table).source += 1;
        Ok(number)
    }

    fn has(&self, table: &str, number: i64) -> bool {
        self.taken.get(table).is_some_and(|numbers| numbers.contains(&number))
    }

    /// The number in a column, where the workspace has such a thing. Where it has not, the row
    /// goes without, and it is counted.
    fn one(
        &mut self,
        table: &str,
        row: &Record,
        names: &[&str],
        of: &'static str,
    ) -> Result<Option<i64>> {
        let Some(number) = row.number(names)? else { return Ok(None) };
        let known = self.has(of, number);
        if !known {
            note(self.loader.table(table), "naming what the workspace does not have: without it");
        }
        Ok(known.then_some(number))
    }

    /// Puts rows that could not be moved, and columns that nothing was made of, into the report.
    fn tell(&mut self) {
        for (name, told) in TABLES {
            if self.dump.table(&[name]).is_none() {
                continue;
            }
            let table = self.loader.table(told);
            for (which, why) in self.dump.bad(name) {
                table.source += 1;
                *table.outcomes.entry(RowOutcome::Refused).or_default() += 1;
                table.refuse(RowOutcome::Refused, &why, &which);
            }
            table.passed_over.extend(self.dump.passed_over(name));
        }
    }
}
