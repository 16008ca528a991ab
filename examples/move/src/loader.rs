//! Sending rows, and remembering what became of them.

use crate::client::Desk;
use crate::digest::{self, Rows};
use crate::report::{Report, Table};
use anyhow::{Context, Result};
use schema::event::By;
use schema::room::transfer::{BYTES_MAX, ImportRow, ROWS_MAX, RowOutcome, RowResult};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::str::FromStr;

/// What a call may hold beside the rows.
const ROOM_FOR_THE_REST: usize = 1024;

/// Sends rows in batches.
pub struct Loader<'a> {
    /// The workspace.
    pub client: &'a mut dyn Desk,
    batch: Vec<(String, String, ImportRow)>,
    bytes: usize,
    tables: BTreeMap<String, (Table, Rows)>,
    order: Vec<String>,
    /// Ids of the source that stand for a thing that is here under another one.
    known: BTreeMap<String, String>,
    /// Ids of what was refused: what names it goes without.
    missing: BTreeSet<String>,
    head: i64,
}

impl<'a> Loader<'a> {
    /// Begins.
    ///
    /// # Errors
    /// Where the workspace does not answer.
    pub fn new(client: &'a mut dyn Desk) -> Result<Self> {
        let head = client.head()?;
        Ok(Self {
            client,
            batch: Vec::new(),
            bytes: 0,
            tables: BTreeMap::new(),
            order: Vec::new(),
            known: BTreeMap::new(),
            missing: BTreeSet::new(),
            head,
        })
    }

    /// What is known of a table.
    pub fn table(&mut self, name: &str) -> &mut Table {
        if !self.tables.contains_key(name) {
            self.order.push(name.to_owned());
        }
        &mut self.tables.entry(name.to_owned()).or_default().0
    }

    /// Takes a row of a table; `which` names it in the report.
    ///
    /// # Errors
    /// Where rows cannot be sent.
    pub fn push(&mut self, table: &str, which: &str, row: ImportRow) -> Result<()> {
        self.table(table).rows += 1;
        let bytes = serde_json::to_vec(&row)?.len() + 1;
        let full = self.batch.len() == ROWS_MAX;
        if full || self.bytes + bytes + ROOM_FOR_THE_REST > BYTES_MAX {
            self.flush()?;
        }
        self.bytes += bytes;
        self.batch.push((table.to_owned(), which.to_owned(), row));
        Ok(())
    }

    /// Sends what waits. To be called between tables: rows of the next may lean on it.
    ///
    /// # Errors
    /// Where rows cannot be sent.
    pub fn flush(&mut self) -> Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let mut batch = std::mem::take(&mut self.batch);
        for (_, _, row) in &mut batch {
            self.rename(row)?;
        }
        let rows: Vec<ImportRow> = batch.iter().map(|(_, _, row)| row.clone()).collect();
        let results = self.client.import(&rows)?;
        for ((table, which, row), result) in batch.into_iter().zip(results) {
            self.settle(&table, &which, row, &result)?;
        }
        Ok(())
    }

    fn settle(
        &mut self,
        table: &str,
        which: &str,
        mut row: ImportRow,
        result: &RowResult,
    ) -> Result<()> {
        let (report, rows) = self.tables.entry(table.to_owned()).or_default();
        *report.outcomes.entry(result.outcome).or_default() += 1;
        match result.outcome {
            RowOutcome::Created | RowOutcome::Updated | RowOutcome::Unchanged => {
                if let ImportRow::Ticket(ticket) = &mut row
                    && result.number.is_some()
                    && ticket.number != result.number
                {
                    *report.notes.entry("got another number, theirs was taken").or_default() += 1;
                    ticket.number = result.number;
                }
                let text = digest::canonical(&row)?;
                let value: Value = serde_json::from_str(&text)?;
                rows.insert(digest::name(&value)?, &text);
            }
            RowOutcome::Known => {
                let value = serde_json::to_value(&row)?;
                let existing = result.existing_id.clone().context("known, but as what?")?;
                self.known.insert(digest::name(&value)?.1.to_owned(), existing);
            }
            RowOutcome::Conflict | RowOutcome::Refused => {
                if result.outcome == RowOutcome::Refused {
                    let value = serde_json::to_value(&row)?;
                    self.missing.insert(digest::name(&value)?.1.to_owned());
                }
                report.refuse(result.outcome, result.reason.as_deref().unwrap_or("?"), which);
            }
        }
        Ok(())
    }

    /// Lets a row name what is here by the id that it has here.
    fn rename(&self, row: &mut ImportRow) -> Result<()> {
        if self.known.is_empty() && self.missing.is_empty() {
            return Ok(());
        }
        match row {
            ImportRow::User(user) => self.one(&mut user.company_id),
            ImportRow::Team(team) => {
                team.member_ids.retain(|member| !self.lacks(*member));
                for member in &mut team.member_ids {
                    *member = self.of(*member);
                }
                team.member_ids.sort_unstable();
                team.member_ids.dedup();
            }
            ImportRow::Category(item)
            | ImportRow::CustomStatus(item)
            | ImportRow::CannedReply(item)
            | ImportRow::Signature(item)
            | ImportRow::Macro(item)
            | ImportRow::View(item) => {
                self.one(&mut item.team_id);
                self.one(&mut item.agent_id);
                self.one(&mut item.parent_id);
                self.inside(&mut item.actions)?;
                self.inside(&mut item.filter)?;
            }
            ImportRow::Ticket(ticket) => {
                self.one(&mut ticket.user_id);
                self.one(&mut ticket.assignee_id);
                self.one(&mut ticket.team_id);
                self.one(&mut ticket.category_id);
                self.one(&mut ticket.custom_status_id);
            }
            ImportRow::Comment(comment) => {
                comment.author = match comment.author {
                    By::Agent { id } if !self.lacks(id) => By::Agent { id: self.of(id) },
                    By::User { id } if !self.lacks(id) => By::User { id: self.of(id) },
                    _ => By::System,
                };
            }
            ImportRow::SlaPolicy(rule)
            | ImportRow::Workflow(rule)
            | ImportRow::Automation(rule) => {
                rule.values_mut().for_each(|field| self.exchange(field));
            }
            ImportRow::Agent(_)
            | ImportRow::Attribute(_)
            | ImportRow::BusinessHours(_)
            | ImportRow::FreeMail(_)
            | ImportRow::NotificationTemplate(_)
            | ImportRow::Webhook(_)
            | ImportRow::Company(_)
            | ImportRow::Merge(_)
            | ImportRow::Attachment(_) => {}
        }
        Ok(())
    }

    /// The same for the ids in whatever a thing is made of.
    fn inside<T: Serialize + DeserializeOwned>(&self, part: &mut Option<T>) -> Result<()> {
        if let Some(found) = part {
            let mut value = serde_json::to_value(&*found)?;
            self.exchange(&mut value);
            *found = serde_json::from_value(value)?;
        }
        Ok(())
    }

    fn exchange(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(known) = self.known.get(text.as_str()) {
                    text.clone_from(known);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.exchange(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.exchange(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn one<T: Copy + ToString + FromStr>(&self, id: &mut Option<T>) {
        *id = id.filter(|id| !self.lacks(*id)).map(|id| self.of(id));
    }

    fn lacks(&self, id: impl ToString) -> bool {
        self.missing.contains(&id.to_string())
    }

    fn of<T: Copy + ToString + FromStr>(&self, id: T) -> T {
        let known = self.known.get(&id.to_string());
        known.and_then(|known| known.parse().ok()).unwrap_or(id)
    }

    /// Sends what is left, reads all back, and compares.
    ///
    /// # Errors
    /// Where the workspace does not answer, or what it gives is not whole.
    pub fn finish(mut self, left: Vec<String>) -> Result<Report> {
        self.flush()?;
        let mut kept: BTreeMap<String, Rows> = BTreeMap::new();
        let mut seal = crate::export::Seal::default();
        for line in self.client.export()?.lines() {
            let line = line?;
            let Some(value) = seal.take(&line)? else { continue };
            let name = digest::name(&value)?;
            for (table, (_, rows)) in &self.tables {
                if rows.has(name) {
                    kept.entry(table.clone()).or_default().insert(name, &line);
                }
            }
        }
        seal.whole()?;
        let head = self.client.head()?;
        let mut tables = Vec::new();
        for name in self.order {
            let (mut table, rows) = self.tables.remove(&name).unwrap_or_default();
            let kept = kept.remove(&name).unwrap_or_default();
            table.sent = rows.checksum();
            table.kept = kept.checksum();
            if kept.len() != rows.len() {
                let lost = format!("{} of {} were given back", kept.len(), rows.len());
                table.refuse(RowOutcome::Conflict, &lost, "-");
            }
            tables.push((name, table));
        }
        Ok(Report { tables, left, warnings: Vec::new(), heads: (self.head, head) })
    }
}
