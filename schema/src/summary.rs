//! Rows of D1: what others may find and list of what an actor owns.
//!
//! A summary is keyed by what it describes and carries the actor's version of it, so that writing
//! one twice, or an older one after a newer one, changes nothing.

use crate::Millis;
use serde::{Deserialize, Serialize};

/// The tables of D1 that hold summaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// One row per workspace.
    Workspaces,
    /// One row per ticket.
    Tickets,
    /// One row per inbox.
    Inboxes,
    /// One row per inbox and local day.
    WarmupDays,
    /// One row per prospect.
    Prospects,
    /// One row per mail that an inbox was asked to send.
    EmailLog,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Workspaces,
        Self::Tickets,
        Self::Inboxes,
        Self::WarmupDays,
        Self::Prospects,
        Self::EmailLog,
    ];
}

/// The value of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// No value.
    Null,
    /// A whole number below 2^53.
    Integer(i64),
    /// A text.
    Text(String),
}

/// One row, whole: the columns in the order of [`columns`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Its table.
    pub table: Table,
    /// The tenant; part of the primary key of every table.
    pub workspace: String,
    /// What it describes, unique in workspace and table.
    pub id: String,
    /// Grows with each change; a row is never overwritten by one of a lower version.
    pub version: i64,
    /// The time of the change.
    pub updated_at: Millis,
    /// Whether the thing is gone: the row stays, so that an older write cannot bring it back.
    pub deleted: bool,
    /// The values of [`columns`], in their order.
    pub cells: Vec<Cell>,
}

/// The columns of a table beside `workspace_id, id, version, updated_at, deleted`.
#[must_use]
pub const fn columns(table: Table) -> &'static [&'static str] {
    match table {
        Table::Workspaces => {
            &["name", "created_at", "agents", "tickets", "open_tickets", "active_campaigns"]
        }
        Table::Tickets => &[
            "number",
            "subject",
            "status",
            "priority",
            "assignee_id",
            "user_id",
            "user_email",
            "company",
            "tags",
            "comments",
            "created_at",
            "last_comment_at",
        ],
        Table::Inboxes => &[
            "email",
            "display_name",
            "transport",
            "status",
            "pause_reason",
            "sent",
            "bounced",
            "bounce_rate_bp",
            "created_at",
            "reads_mailbox",
        ],
        Table::WarmupDays => &["inbox_id", "day", "week", "allowance", "reserved", "sent"],
        Table::Prospects => &[
            "email",
            "name",
            "company",
            "domain",
            "stage",
            "suppression",
            "source",
            "created_at",
            "last_contact_at",
        ],
        Table::EmailLog => &[
            "inbox_id",
            "recipient",
            "subject",
            "state",
            "message_id",
            "error",
            "queued_at",
            "settled_at",
            "prospect_id",
            "campaign_id",
            "step",
        ],
    }
}

/// The name of a table in D1.
#[must_use]
pub const fn table_name(table: Table) -> &'static str {
    match table {
        Table::Workspaces => "workspaces",
        Table::Tickets => "tickets",
        Table::Inboxes => "inboxes",
        Table::WarmupDays => "warmup_days",
        Table::Prospects => "prospects",
        Table::EmailLog => "email_log",
    }
}

/// The upsert for a table: a newer version replaces, an equal or older one changes nothing.
/// Parameters: workspace, id, version, updated_at, deleted (0/1), then the cells.
#[must_use]
pub fn upsert_sql(table: Table) -> String {
    let columns = columns(table);
    let marks = vec!["?"; columns.len() + 5].join(", ");
    let sets: Vec<String> = ["version", "updated_at", "deleted"]
        .iter()
        .chain(columns)
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    format!(
        "insert into {table} (workspace_id, id, version, updated_at, deleted, {names}) \
         values ({marks}) on conflict (workspace_id, id) do update set {sets} \
         where excluded.version > {table}.version",
        table = table_name(table),
        names = columns.join(", "),
        sets = sets.join(", "),
    )
}

/// Whether D1 was there and refuses the row itself, by what it says: then it will refuse it again.
/// That a table or column is not there is no such thing: a migration is still to come.
#[must_use]
pub fn is_refusal(error: &str) -> bool {
    ["SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "D1_TYPE_ERROR"]
        .iter()
        .any(|code| error.contains(code))
}

/// The addresses that a workspace sends from. Parameter: the workspace.
pub const ADDRESSES: &str = "select distinct email from inboxes \
    where workspace_id = ?1 and deleted = 0 and email is not null limit 1000";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_d1_refuses_is_told_from_what_it_could_not_do() {
        for error in [
            "D1: D1Error { cause: Error: CHECK constraint failed: deleted in (0, 1): \
             SQLITE_CONSTRAINT }",
            "cannot store TEXT value in INTEGER column tickets.number: SQLITE_MISMATCH",
            "D1_TYPE_ERROR: Type 'undefined' not supported for value 'undefined'",
        ] {
            assert!(is_refusal(error), "{error}");
        }
        for error in [
            "no answer in time",
            "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
            "no such column: mailbox: SQLITE_ERROR",
            "D1_ERROR: Network connection lost.",
            "database is locked: SQLITE_BUSY",
        ] {
            assert!(!is_refusal(error), "{error}");
        }
    }
}
