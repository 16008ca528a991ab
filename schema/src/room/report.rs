//! Reports: how much came in, how fast it was answered and solved, how much is left.
//!
//! A report counts the event log, by these rules. A ticket is *done* while it is solved, closed or
//! deleted. It is *created* by its `ticket.created` event, *solved* when it becomes solved or
//! closed and was not done (one that is merged into another is not), *reopened* when it was done
//! and is no longer. The *first reply* is the first public comment by an agent that was not part
//! of the ticket's making. The *backlog* is how many tickets are not done. A ticket that was
//! imported is counted from its first change here on: its history is not in the log.
//!
//! What is counted goes to the agent, team, category and source of the ticket at that moment; a
//! first reply to the agent who wrote it; a solution of a ticket that is nobody's, to the agent who
//! solved it.

use super::ticket::{Source, Status};
use crate::Millis;
use crate::event::By;
use crate::ids::{AgentId, CategoryId, TeamId, TicketId};
use serde::{Deserialize, Serialize};

/// The longest range, in days.
pub const DAYS_MAX: i64 = 366;

/// What the rows of a report are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ReportBy {
    /// Days; each of the range has one.
    Day,
    /// Agents.
    Agent,
    /// Teams.
    Team,
    /// Categories.
    Category,
    /// How tickets came in.
    Source,
}

impl ReportBy {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Agent => "agent",
            Self::Team => "team",
            Self::Category => "category",
            Self::Source => "source",
        }
    }
}

/// Reports on a range of days. Reply: [`Report`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetReport {
    /// The first day, as `YYYY-MM-DD` in the workspace's time zone.
    pub from: String,
    /// The last day; at most 366 days in all.
    pub to: String,
    /// What the rows are; days where absent.
    #[serde(default)]
    pub by: Option<ReportBy>,
    /// Only what is counted for this agent.
    #[serde(default)]
    pub agent_id: Option<AgentId>,
    /// Only what is counted for this team.
    #[serde(default)]
    pub team_id: Option<TeamId>,
    /// Only what is counted for this category.
    #[serde(default)]
    pub category_id: Option<CategoryId>,
    /// Only tickets that came in this way.
    #[serde(default)]
    pub source: Option<Source>,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The zone of its days.
    pub time_zone: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// What the rows are.
    pub by: ReportBy,
    /// Up to which event it counts.
    pub seq: i64,
    /// Whether that is the whole log; `false` while a long log is being counted, which goes on by
    /// itself.
    pub complete: bool,
    /// The rows: days in their order, others by their key.
    pub rows: Vec<ReportRow>,
    /// The whole range.
    pub total: Figures,
}

/// A row of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReportRow {
    /// A day as `YYYY-MM-DD`, an id, or the name of a source; null for tickets without.
    pub key: Option<String>,
    /// What the agent or team is called.
    pub name: Option<String>,
    /// Its figures.
    pub figures: Figures,
}

/// What is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Tickets that were created.
    pub created: i64,
    /// Tickets that were first replied to.
    pub first_replies: i64,
    /// From a ticket's creation to its first reply: the mean, in milliseconds; absent without any.
    pub first_reply_ms: Option<i64>,
    /// Tickets that were solved or closed, each time anew.
    pub solved: i64,
    /// From a ticket's creation to its solution: the mean, in milliseconds; absent without any.
    pub resolution_ms: Option<i64>,
    /// Tickets that were done and were opened again.
    pub reopened: i64,
    /// Tickets that were not done at the end of the row's days.
    pub backlog: i64,
}

/// What the report reads of an event.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// When.
    pub at: Millis,
    /// What.
    #[serde(rename = "type")]
    pub kind: String,
    /// Who.
    pub by: By,
    /// The ticket it concerns.
    #[serde(default)]
    pub ticket_id: Option<TicketId>,
    /// The rest.
    pub data: CountedData,
}

/// What the report reads of an event's data.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CountedData {
    /// The ticket, or what a comment changes about it.
    #[serde(default)]
    pub ticket: Option<CountedTicket>,
}

/// What the report reads of a ticket.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CountedTicket {
    /// The ticket.
    pub id: TicketId,
    /// Where it stands.
    pub status: Status,
    /// When an agent first answered in public.
    #[serde(default)]
    pub first_reply_at: Option<Millis>,
    /// How it came in. Absent in what a comment changes, like all that follows.
    #[serde(default)]
    pub source: Option<Source>,
    /// When it was opened.
    #[serde(default)]
    pub created_at: Option<Millis>,
    /// Who works on it.
    #[serde(default)]
    pub assignee_id: Option<AgentId>,
    /// Its team.
    #[serde(default)]
    pub team_id: Option<TeamId>,
    /// Its category.
    #[serde(default)]
    pub category_id: Option<CategoryId>,
    /// The ticket that it was merged into.
    #[serde(default)]
    pub merged_into_id: Option<TicketId>,
    /// When it was deleted.
    #[serde(default)]
    pub deleted_at: Option<Millis>,
}

/// A report as CSV by RFC 4180, with a line of names. A cell that a spreadsheet would take for a
/// formula gets an apostrophe in front.
#[must_use]
pub fn csv(report: &Report) -> String {
    let names = "name,created,firstReplies,firstReplyMs,solved,resolutionMs,reopened,backlog";
    let mut text = format!("{},{names}\r\n", report.by.as_str());
    for row in &report.rows {
        cell(&mut text, row.key.as_deref().unwrap_or_default());
        text.push(',');
        cell(&mut text, row.name.as_deref().unwrap_or_default());
        let figures = &row.figures;
        for number in [
            Some(figures.created),
            Some(figures.first_replies),
            figures.first_reply_ms,
            Some(figures.solved),
            figures.resolution_ms,
            Some(figures.reopened),
            Some(figures.backlog),
        ] {
            text.push(',');
            text.push_str(&number.map(|number| number.to_string()).unwrap_or_default());
        }
        text.push_str("\r\n");
    }
    text
}

fn cell(text: &mut String, value: &str) {
    let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = formula || value.contains([',', '"', '\n', '\r']);
    if quoted {
        text.push('"');
    }
    if formula {
        text.push('\'');
    }
    text.push_str(&value.replace('"', "\"\""));
    if quoted {
        text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_every_cell_can_be_read_back() {
        for (value, expected) in [
            ("Ann", "Ann"),
            ("=1+1", "\"'=1+1\""),
            ("+49 30", "\"'+49 30\""),
            ("-2", "\"'-2\""),
            ("@sum", "\"'@sum\""),
            ("\t=1", "\"'\t=1\""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("", ""),
        ] {
            let mut text = String::new();
            cell(&mut text, value);
            assert_eq!(text, expected, "{value:?}");
        }
    }
}
