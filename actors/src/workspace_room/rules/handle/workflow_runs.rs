//! Runs of workflows: start, stop, get, list.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::rules::store::workflow_runs::{self as store, Walk};
use crate::workspace_room::rules::workflows;
use crate::workspace_room::store::{TOP, tickets as tickets_store};
use crate::workspace_room::{cursor, tickets};
use schema::page::{self, Page};
use schema::room::workflow::{
    GetWorkflowRun, ListWorkflowRuns, RunState, StartWorkflow, StopWorkflowRun,
};
use schema::{Permission, Reject};

/// How many runs are read for one page; a page can be short, and go on behind its cursor.
const READ_MAX: i64 = 300;

/// Starts a workflow on a ticket. Event `workflow.started`.
///
/// # Errors
/// `not_found`; `conflict` where it is switched off, or under way on the ticket, or too many others
/// are.
pub fn start(ctx: &mut Ctx<'_>, input: &StartWorkflow) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    let ticket = tickets::changeable(ctx, input.ticket_id)?;
    let workflow = workflows::startable(ctx, input.workflow_id, ticket.number)?;
    let by = ctx.by();
    Reply::of(&workflows::start(ctx, &by, &workflow, &ticket)?)
}

/// Stops a run. Event `workflow.ended`.
///
/// # Errors
/// `not_found`; `conflict` where it has ended.
pub fn stop(ctx: &mut Ctx<'_>, input: &StopWorkflowRun) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    let run = store::find(ctx.sql, input.run_id)?;
    let run = run.ok_or_else(|| Reject::not_found("workflow run"))?;
    if run.state != RunState::Running {
        return Err(Reject::conflict("the run has ended"));
    }
    let by = ctx.by();
    let why = Some("somebody stopped it".into());
    Reply::of(&workflows::end(ctx, &by, run, RunState::Stopped, why)?)
}

/// Reads a run.
///
/// # Errors
/// `not_found`.
pub fn get(ctx: &Ctx<'_>, input: &GetWorkflowRun) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    let run = store::find(ctx.sql, input.run_id)?;
    Reply::of(&run.ok_or_else(|| Reject::not_found("workflow run"))?)
}

/// Lists runs, the latest first.
///
/// # Errors
/// `not_found` for an unknown ticket; `invalid_input` for a bad limit or cursor.
pub fn list(ctx: &Ctx<'_>, input: &ListWorkflowRuns) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    let limit = page::limit(input.limit)?;
    let mut filter = input.clone();
    (filter.limit, filter.cursor) = (None, None);
    let name = format!("workflowRuns/{filter:?}");
    let from = cursor::read(ctx, &name, input.cursor.as_deref())?;
    let walk = match (input.ticket_id, input.workflow_id) {
        (Some(id), _) => {
            let ticket = tickets_store::standing(ctx.sql, id)?;
            Walk::Ticket(ticket.ok_or_else(|| Reject::not_found("ticket"))?.number)
        }
        (None, Some(id)) => Walk::Workflow(id),
        (None, None) => Walk::All,
    };
    let mut last = from.map_or(TOP, |(_, number)| number);
    let found = store::list(ctx.sql, walk, last, READ_MAX)?;
    let more = found.len() as i64 == READ_MAX;
    let mut items = Vec::new();
    for (number, run) in found {
        if items.len() as i64 == limit {
            let next_cursor = Some(cursor::write(ctx, &name, (0, last)));
            return Reply::of(&Page { items, next_cursor });
        }
        last = number;
        let fits = input.workflow_id.is_none_or(|id| run.workflow_id == id)
            && input.state.is_none_or(|state| run.state == state);
        if fits {
            items.push(run);
        }
    }
    let next_cursor = more.then(|| cursor::write(ctx, &name, (0, last)));
    Reply::of(&Page { items, next_cursor })
}
