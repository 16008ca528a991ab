//! Workflows under way: what starts a run, takes it on, and ends it.
//!
//! A run is a row with the number of the steps behind it, and a timer. The timer's step does what
//! comes next, up to the next wait, and moves the number on in the same transaction: a step is done
//! once, whatever crashes. A run keeps the workflow as it was when it began.

use super::actions::{Doer, Mode};
use super::facts::{Facts, Happening};
use super::store::{active, definitions, workflow_runs as store};
use super::{conditions, hours, sweep};
use crate::kernel::{Ctx, Timer};
use crate::workspace_room::store::{TOP, tickets as tickets_store};
use crate::workspace_room::tickets;
use schema::event::By;
use schema::ids::{TicketId, WorkflowId, WorkflowRunId};
use schema::room::automation::{ActionOutcome, Occasion};
use schema::room::ticket::{Status, Ticket};
use schema::room::workflow::{
    RUNS_PER_TICKET_MAX, RunState, Step, StepResult, StopOn, Workflow, WorkflowRun,
    WorkflowRunEvent,
};
use schema::{Millis, Reject};

/// How many runs may begin on a ticket within [`HOUR_MS`]: two workflows that start each other end
/// there.
pub const STARTS_MAX: i64 = 20;
const HOUR_MS: Millis = 60 * 60 * 1000;

/// The timer of a run; its key is the run.
pub const TIMER: &str = "workflow";

/// Why a run ends whose ticket does.
/// Why the runs of a workflow that was deleted end.
pub const DELETED: &str = "the workflow was deleted";
const GONE: &str = "the ticket is deleted, or merged into another";

/// Refuses a workflow that an action names and that is not there.
///
/// # Errors
/// `invalid_input`.
pub fn check_named(ctx: &Ctx<'_>, id: WorkflowId) -> Result<(), Reject> {
    match definitions::find::<Workflow>(ctx.sql, &id.to_string())? {
        Some(_) => Ok(()),
        None => Err(Reject::field("startWorkflow", "must be a workflow of the workspace")),
    }
}

/// A workflow that can be started on the ticket of a number.
///
/// # Errors
/// `not_found`; `conflict` where it is switched off, or under way there, or too many others are.
pub fn startable(ctx: &Ctx<'_>, id: WorkflowId, ticket: i64) -> Result<Workflow, Reject> {
    let workflow = definitions::find::<Workflow>(ctx.sql, &id.to_string())?;
    let workflow = workflow.ok_or_else(|| Reject::not_found("workflow"))?;
    if !workflow.enabled {
        return Err(Reject::conflict("the workflow is switched off"));
    }
    let going = store::going(ctx.sql, ticket)?;
    if going.iter().any(|run| run.workflow_id == id) {
        return Err(Reject::conflict("the workflow is under way on this ticket"));
    }
    if going.len() as i64 >= RUNS_PER_TICKET_MAX {
        let why = format!("at most {RUNS_PER_TICKET_MAX} workflows run on a ticket");
        return Err(Reject::conflict(why));
    }
    let latest = store::list(ctx.sql, store::Walk::Ticket(ticket), TOP, STARTS_MAX)?;
    let earliest = latest.get(STARTS_MAX as usize - 1);
    if earliest.is_some_and(|(_, run)| run.started_at > ctx.now - HOUR_MS) {
        let why = format!("at most {STARTS_MAX} workflows begin on a ticket within an hour");
        return Err(Reject::conflict(why));
    }
    Ok(workflow)
}

/// Starts a workflow; its first step follows at once, in a transaction of its own. Event
/// `workflow.started`.
///
/// # Errors
/// A storage fault.
pub fn start(
    ctx: &mut Ctx<'_>,
    by: &By,
    workflow: &Workflow,
    ticket: &Ticket,
) -> Result<WorkflowRun, Reject> {
    let run = WorkflowRun {
        id: WorkflowRunId(ctx.uuid()),
        workflow_id: workflow.id,
        name: workflow.name.clone(),
        ticket_id: ticket.id,
        state: RunState::Running,
        step: 0,
        steps: workflow.steps.len() as i64,
        resumes_at: Some(ctx.now),
        started_at: ctx.now,
        ended_at: None,
        why: None,
        results: Vec::new(),
    };
    store::insert(ctx.sql, ticket.number, &run, workflow)?;
    active::count_run(ctx.sql, 1)?;
    ctx.set_timer(TIMER, &run.id.to_string(), ctx.now, &[])?;
    sweep::arm(ctx)?;
    let data = WorkflowRunEvent { run };
    ctx.event_by(by, "workflow.started", Some(ticket.id), &data)?;
    Ok(data.run)
}

/// Ends a run. Event `workflow.ended`.
///
/// # Errors
/// A storage fault.
pub fn end(
    ctx: &mut Ctx<'_>,
    by: &By,
    mut run: WorkflowRun,
    state: RunState,
    why: Option<String>,
) -> Result<WorkflowRun, Reject> {
    run.state = state;
    run.why = why;
    run.resumes_at = None;
    run.ended_at = Some(ctx.now);
    store::update(ctx.sql, &run)?;
    active::count_run(ctx.sql, -1)?;
    ctx.cancel_timer(TIMER, &run.id.to_string())?;
    let data = WorkflowRunEvent { run };
    ctx.event_by(by, "workflow.ended", Some(data.run.ticket_id), &data)?;
    Ok(data.run)
}

/// Ends the runs on a ticket that are to end on what happened.
///
/// # Errors
/// A storage fault.
pub fn heed(ctx: &mut Ctx<'_>, happening: &Happening) -> Result<(), Reject> {
    if happening.quiet {
        return heed_gone(ctx, happening.ticket);
    }
    let in_person = happening.said.as_ref().is_none_or(|said| !said.automatic);
    let standing = tickets_store::standing(ctx.sql, happening.ticket)?;
    let Some(standing) = standing else { return Ok(()) };
    let (on, why) = match (happening.on, standing.status) {
        (Occasion::CommentByUser, _) if in_person => (StopOn::UserReply, "the customer wrote"),
        (Occasion::CommentByAgent, _) => (StopOn::AgentReply, "an agent wrote"),
        (Occasion::TicketChanged, Status::Solved) => (StopOn::Solved, "the ticket was solved"),
        (Occasion::TicketChanged, Status::Closed) => (StopOn::Closed, "the ticket was closed"),
        _ => return Ok(()),
    };
    for run in store::going(ctx.sql, standing.number)? {
        let workflow = store::workflow_of(ctx.sql, run.id)?;
        if workflow.is_some_and(|workflow| workflow.stop_on.contains(&on)) {
            end(ctx, &By::System, run, RunState::Stopped, Some(why.into()))?;
        }
    }
    Ok(())
}

/// Ends the runs on a ticket that is gone.
fn heed_gone(ctx: &mut Ctx<'_>, id: TicketId) -> Result<(), Reject> {
    let found = tickets_store::find(ctx.sql, id)?;
    let Some(ticket) = found.filter(|ticket| !ticket.is_in_work()) else { return Ok(()) };
    for run in store::going(ctx.sql, ticket.number)? {
        end(ctx, &By::System, run, RunState::Stopped, Some(GONE.into()))?;
    }
    Ok(())
}

/// Takes a run on, up to its next wait or its end.
///
/// # Errors
/// A storage fault; the timer comes back.
pub fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let Ok(id) = timer.key.parse::<WorkflowRunId>() else { return Ok(()) };
    let found = store::find(ctx.sql, id)?.filter(|run| run.state == RunState::Running);
    let Some(mut run) = found else { return Ok(()) };
    if let Some(at) = run.resumes_at.filter(|at| *at > ctx.now) {
        return Ok(ctx.set_timer(TIMER, &timer.key, at, &[])?);
    }
    if definitions::find::<Workflow>(ctx.sql, &run.workflow_id.to_string())?.is_none() {
        // There were more of its runs than were stopped when it was deleted.
        return end(ctx, &By::System, run, RunState::Stopped, Some(DELETED.into())).map(drop);
    }
    let ticket = tickets::in_work(ctx, run.ticket_id)?;
    let (Some(workflow), Some(ticket)) = (store::workflow_of(ctx.sql, id)?, ticket) else {
        return end(ctx, &By::System, run, RunState::Stopped, Some(GONE.into())).map(drop);
    };
    let mut doer = Doer::new(Mode::Real, &workflow.name, ticket);
    let mut after = After::Next;
    while let (After::Next, Some(step)) = (&after, workflow.steps.get(run.step as usize)) {
        let (outcome, detail, then) = take(ctx, &mut doer, step)?;
        run.results.push(StepResult { step: run.step, at: ctx.now, outcome, detail });
        run.step += 1;
        after = then;
    }
    doer.finish(ctx)?;
    match after {
        After::Wait(at) => {
            run.resumes_at = Some(at);
            store::update(ctx.sql, &run)?;
            Ok(ctx.set_timer(TIMER, &timer.key, at, &[])?)
        }
        After::Next => end(ctx, &By::System, run, RunState::Done, None).map(drop),
        After::End(why) => end(ctx, &By::System, run, RunState::Done, Some(why)).map(drop),
    }
}

/// What follows a step.
enum After {
    Next,
    Wait(Millis),
    End(String),
}

fn take(
    ctx: &mut Ctx<'_>,
    doer: &mut Doer<'_>,
    step: &Step,
) -> Result<(ActionOutcome, String, After), Reject> {
    let until = |ctx: &Ctx<'_>, at: Option<Millis>| match at {
        Some(at) if at <= ctx.now => (ActionOutcome::Unneeded, "no wait".into(), After::Next),
        Some(at) => (ActionOutcome::Done, format!("waits until {at}"), After::Wait(at)),
        None => {
            let why = "business hours never come";
            (ActionOutcome::Refused, why.into(), After::End(why.into()))
        }
    };
    match step {
        Step::Do(action) => {
            let result = doer.act(ctx, action)?;
            let detail = format!("{}: {}", result.action, result.detail);
            Ok((result.outcome, detail, After::Next))
        }
        Step::Wait(wait) => {
            let calendar = hours::calendar(ctx, wait.business_hours.into())?;
            let at = calendar.add(ctx.now, hours::millis(wait.minutes))?;
            Ok(until(ctx, at))
        }
        Step::UntilOpen(_) => {
            let at = hours::calendar(ctx, hours::Business::Yes)?.next(ctx.now)?;
            Ok(until(ctx, at))
        }
        Step::OnlyIf(only) => {
            let facts = Facts::of(doer.ticket(), ctx.now, None);
            Ok(match conditions::unmet(ctx, &facts, only)? {
                None => (ActionOutcome::Done, "it holds".into(), After::Next),
                Some(why) => (ActionOutcome::Done, "it ends here".into(), After::End(why)),
            })
        }
    }
}
