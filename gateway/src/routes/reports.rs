//! Reports as files.

use crate::answer;
use crate::app::{Call, read};
use crate::platform::Platform;
use crate::table::{Line, Param, ROOM};
use schema::room::RoomCommand;
use schema::room::report::{self, Report};
use schema::{Reject, codec};

/// What a report is asked for with.
pub(crate) const REPORT: &[Param] = &[
    Param::Text("from"),
    Param::Text("to"),
    Param::Text("by"),
    Param::Text("agentId"),
    Param::Text("teamId"),
    Param::Text("categoryId"),
    Param::Text("source"),
];

/// `GET /v1/reports/csv`: the report of `GET /v1/reports` as a file: its name and text.
///
/// # Errors
/// The room's.
pub async fn csv<P: Platform>(call: Call<'_, P>) -> Result<(String, String), Reject> {
    let line = report_line()?;
    let input = answer::fields_of(line, &call)?.to_string();
    let command: RoomCommand = codec::command_from_json(line.command, input.as_bytes())?;
    let report: Report = read(&call.room(&command).await?)?;
    let name = format!("{}-{}-by-{}.csv", report.from, report.to, report.by.as_str());
    Ok((name, report::csv(&report)))
}

fn report_line() -> Result<&'static Line, Reject> {
    let mut lines = ROOM.iter();
    lines.find(|line| line.command == "getReport").ok_or_else(|| Reject::not_found("page"))
}
