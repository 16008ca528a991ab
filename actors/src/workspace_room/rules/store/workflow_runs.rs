//! The runs of workflows.

use crate::kernel::{Fault, Row, Sql, Value};
use schema::Millis;
use schema::codec::{read_json, to_json};
use schema::ids::{WorkflowId, WorkflowRunId};
use schema::room::workflow::{RunState, Workflow, WorkflowRun};

/// A run and its place in the list.
pub type Numbered = (i64, WorkflowRun);

fn read(row: &Row) -> Result<Numbered, Fault> {
    let json = row.text(1)?;
    let run = read_json(json.as_bytes())
        .map_err(|error| Fault(format!("workflow run: {}", error.message)))?;
    Ok((row.integer(0)?, run))
}

const FIND: &str = "select number, run from workflow_runs where id = ?";

/// A run.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: WorkflowRunId) -> Result<Option<WorkflowRun>, Fault> {
    let row = sql.first(FIND, &[id.to_string().into()])?;
    row.map(|row| read(&row).map(|(_, run)| run)).transpose()
}

const WORKFLOW_OF: &str = "select workflow_json from workflow_runs where id = ?";

/// The workflow of a run, as it was when the run began.
///
/// # Errors
/// A storage fault.
pub fn workflow_of(sql: &dyn Sql, id: WorkflowRunId) -> Result<Option<Workflow>, Fault> {
    let Some(row) = sql.first(WORKFLOW_OF, &[id.to_string().into()])? else { return Ok(None) };
    let json = row.text(0)?;
    read_json(json.as_bytes())
        .map(Some)
        .map_err(|error| Fault(format!("workflow of a run: {}", error.message)))
}

const LIST: &str =
    "select number, run from workflow_runs where number < ? order by number desc limit ?";
const OF_TICKET: &str = "select number, run from workflow_runs
    where ticket = ? and number < ? order by number desc limit ?";
const OF_WORKFLOW: &str = "select number, run from workflow_runs
    where workflow = ? and number < ? order by number desc limit ?";

/// Which runs are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// All of them.
    All,
    /// Those on the ticket of a number.
    Ticket(i64),
    /// Those of a workflow.
    Workflow(WorkflowId),
}

/// Runs before a number, the latest first.
///
/// # Errors
/// A storage fault.
pub fn list(sql: &dyn Sql, walk: Walk, before: i64, limit: i64) -> Result<Vec<Numbered>, Fault> {
    let rest: [Value; 2] = [before.into(), limit.into()];
    let (statement, first) = match walk {
        Walk::All => (LIST, None),
        Walk::Ticket(number) => (OF_TICKET, Some(Value::from(number))),
        Walk::Workflow(id) => (OF_WORKFLOW, Some(Value::Text(id.to_string()))),
    };
    let params: Vec<Value> = first.into_iter().chain(rest).collect();
    sql.exec(statement, &params)?.iter().map(read).collect()
}

const GOING: &str = "select number, run from workflow_runs
    where ticket = ? and state = 'running' order by number";

/// The runs that go on on the ticket of a number.
///
/// # Errors
/// A storage fault.
pub fn going(sql: &dyn Sql, ticket: i64) -> Result<Vec<WorkflowRun>, Fault> {
    let rows = sql.exec(GOING, &[ticket.into()])?;
    rows.iter().map(|row| read(row).map(|(_, run)| run)).collect()
}

const INSERT: &str = "insert into workflow_runs (id, workflow, ticket, state, run, workflow_json)
    values (?, ?, ?, ?, ?, ?)";

/// Adds a run on the ticket of a number.
///
/// # Errors
/// A storage fault.
pub fn insert(
    sql: &dyn Sql,
    ticket: i64,
    run: &WorkflowRun,
    workflow: &Workflow,
) -> Result<(), Fault> {
    let params = [
        run.id.to_string().into(),
        run.workflow_id.to_string().into(),
        ticket.into(),
        run.state.as_str().into(),
        String::from_utf8_lossy(&to_json(run)).into_owned().into(),
        String::from_utf8_lossy(&to_json(workflow)).into_owned().into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const UPDATE: &str = "update workflow_runs set state = ?, ended_at = ?, run = ? where id = ?";

/// Writes where a run stands.
///
/// # Errors
/// A storage fault.
pub fn update(sql: &dyn Sql, run: &WorkflowRun) -> Result<(), Fault> {
    let params = [
        run.state.as_str().into(),
        run.ended_at.into(),
        String::from_utf8_lossy(&to_json(run)).into_owned().into(),
        run.id.to_string().into(),
    ];
    sql.exec(UPDATE, &params).map(drop)
}

const OF_DELETED: &str = "select number, run from workflow_runs
    where workflow = ? and state = 'running' order by number limit ?";

/// Runs of a workflow that go on.
///
/// # Errors
/// A storage fault.
pub fn going_of_workflow(
    sql: &dyn Sql,
    workflow: &str,
    limit: i64,
) -> Result<Vec<WorkflowRun>, Fault> {
    let rows = sql.exec(OF_DELETED, &[workflow.into(), limit.into()])?;
    rows.iter().map(|row| read(row).map(|(_, run)| run)).collect()
}

const FORGET: &str = "delete from workflow_runs where number in
    (select number from workflow_runs where ended_at < ? order by ended_at limit ?)";

/// Forgets runs that ended before a time.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, before: Millis, limit: i64) -> Result<(), Fault> {
    sql.exec(FORGET, &[before.into(), limit.into()]).map(drop)
}

const ANY: &str = "select 1 from workflow_runs limit 1";

/// Whether there is any run.
///
/// # Errors
/// A storage fault.
pub fn any(sql: &dyn Sql) -> Result<bool, Fault> {
    Ok(sql.first(ANY, &[])?.is_some())
}

/// The state of a run, where it is there.
///
/// # Errors
/// A storage fault.
pub fn is_going(sql: &dyn Sql, id: WorkflowRunId) -> Result<bool, Fault> {
    Ok(find(sql, id)?.is_some_and(|run| run.state == RunState::Running))
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    FIND,
    WORKFLOW_OF,
    LIST,
    OF_TICKET,
    OF_WORKFLOW,
    GOING,
    INSERT,
    UPDATE,
    OF_DELETED,
    FORGET,
    ANY,
];
