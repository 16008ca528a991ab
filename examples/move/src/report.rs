//! What is told at the end: how many rows of each table there were, what became of them, and
//! whether Postroom has what the source has.

use schema::room::transfer::RowOutcome;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How many examples of a reason are told.
const EXAMPLES_MAX: usize = 3;

/// What became of the rows of one table.
#[derive(Debug, Default, Clone)]
pub struct Table {
    /// How many rows the source has.
    pub source: u64,
    /// How many rows of Postroom were made of them: a long text becomes several comments.
    pub rows: u64,
    /// How many had each outcome.
    pub outcomes: BTreeMap<RowOutcome, u64>,
    /// Why rows were not taken: how many, and which for example.
    pub reasons: BTreeMap<String, (u64, Vec<String>)>,
    /// What was changed on the way, and how often.
    pub notes: BTreeMap<&'static str, u64>,
    /// The columns that nothing was made of.
    pub passed_over: BTreeSet<String>,
    /// The checksum of the rows that were taken, as they were made from the source.
    pub sent: String,
    /// The checksum of the same rows, as Postroom gives them back.
    pub kept: String,
}

impl Table {
    /// Notes that a row was not taken.
    pub fn refuse(&mut self, outcome: RowOutcome, reason: &str, which: &str) {
        let (count, examples) = self.reasons.entry(format!("{outcome:?}: {reason}")).or_default();
        *count += 1;
        if examples.len() < EXAMPLES_MAX {
            examples.push(which.to_owned());
        }
    }

    fn count(&self, outcome: RowOutcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }

    fn complete(&self) -> bool {
        self.sent == self.kept
            && self.count(RowOutcome::Refused) + self.count(RowOutcome::Conflict) == 0
    }
}

/// What became of everything.
#[derive(Debug, Default)]
pub struct Report {
    /// By table, in the order in which they were moved.
    pub tables: Vec<(String, Table)>,
    /// Tables of the source that nothing was made of.
    pub left: Vec<String>,
    /// What is to be looked at.
    pub warnings: Vec<String>,
    /// The number of the last event before and after.
    pub heads: (i64, i64),
}

impl Report {
    /// Whether all rows of the source are in Postroom, as they were made from it.
    pub fn complete(&self) -> bool {
        self.tables.iter().all(|(_, table)| table.complete())
    }

    /// The same for a program.
    pub fn json(&self) -> String {
        let table = |(name, table): &(String, Table)| {
            serde_json::json!({
                "table": name, "source": table.source, "rows": table.rows,
                "created": table.count(RowOutcome::Created),
                "updated": table.count(RowOutcome::Updated),
                "unchanged": table.count(RowOutcome::Unchanged),
                "known": table.count(RowOutcome::Known),
                "conflict": table.count(RowOutcome::Conflict),
                "refused": table.count(RowOutcome::Refused),
                "reasons": table.reasons, "notes": table.notes,
                "passedOver": table.passed_over,
                "sha256Sent": table.sent, "sha256Kept": table.kept,
            })
        };
        let tables: Vec<_> = self.tables.iter().map(table).collect();
        let report = serde_json::json!({
            "tables": tables, "left": self.left, "complete": self.complete(),
            "warnings": self.warnings,
            "headBefore": self.heads.0, "headAfter": self.heads.1,
        });
        format!("{report:#}\n")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<16}{:>9}{:>9}{:>9}{:>9}{:>10}{:>7}{:>9}{:>9}  sha-256",
            "table",
            "source",
            "rows",
            "created",
            "updated",
            "unchanged",
            "known",
            "conflict",
            "refused"
        )?;
        for (name, table) in &self.tables {
            let of = |outcome| table.count(outcome);
            let equal = if table.sent == table.kept { "equal" } else { "DIFFERENT" };
            writeln!(
                f,
                "{name:<16}{:>9}{:>9}{:>9}{:>9}{:>10}{:>7}{:>9}{:>9}  {} {equal}",
                table.source,
                table.rows,
                of(RowOutcome::Created),
                of(RowOutcome::Updated),
                of(RowOutcome::Unchanged),
                of(RowOutcome::Known),
                of(RowOutcome::Conflict),
                of(RowOutcome::Refused),
                table.sent.get(..16).unwrap_or_default(),
            )?;
            for (note, count) in &table.notes {
                writeln!(f, "    {count} {note}")?;
            }
            if !table.passed_over.is_empty() {
                let names: Vec<&str> = table.passed_over.iter().map(String::as_str).collect();
                writeln!(f, "    columns passed over: {}", names.join(", "))?;
            }
            for (reason, (count, examples)) in &table.reasons {
                writeln!(f, "    {count} × {reason} (such as {})", examples.join(", "))?;
            }
        }
        if !self.left.is_empty() {
            writeln!(f, "left where they are: {}", self.left.join(", "))?;
        }
        for warning in &self.warnings {
            writeln!(f, "note: {warning}")?;
        }
        let (before, after) = self.heads;
        writeln!(f, "the log of the workspace went from event {before} to event {after}")?;
        let whole = "everything is in Postroom, and equal";
        let parts = "NOT everything is in Postroom: see the lines above";
        writeln!(f, "{}", if self.complete() { whole } else { parts })
    }
}
