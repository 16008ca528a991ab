//! Workflows: list, get, create, change, delete.

use super::{find, name, next_place, page_of};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::rules::store::{definitions, workflow_runs};
use crate::workspace_room::rules::{actions, conditions, workflows};
use crate::workspace_room::tickets;
use schema::ids::WorkflowId;
use schema::room::automation::{Empty, MINUTES_MAX};
use schema::room::workflow::{
    ChangeWorkflow, CreateWorkflow, DeleteWorkflow, GetWorkflow, ListWorkflows, RunState,
    STEPS_MAX, Step, StopOn, WORKFLOWS_MAX, Workflow, WorkflowChanged, WorkflowEvent,
};
use schema::sort::SortSmall;
use schema::{Permission, Reject, check};

/// How many runs a deletion stops at most; others find out when they go on.
const STOPPED_MAX: i64 = 500;

/// Lists the workflows, the oldest first.
///
/// # Errors
/// `invalid_input` for a bad limit or cursor.
pub fn list(ctx: &Ctx<'_>, input: &ListWorkflows) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    let list = format!("workflows/{:?}", input.enabled);
    let page = page_of(ctx, &list, (input.limit, input.cursor.as_deref()), |it: &Workflow| {
        input.enabled.is_none_or(|enabled| it.enabled == enabled)
    })?;
    Reply::of(&page)
}

/// Reads a workflow.
///
/// # Errors
/// `not_found`.
pub fn get(ctx: &Ctx<'_>, input: &GetWorkflow) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    Reply::of(&find::<Workflow>(ctx, &input.workflow_id.to_string(), "workflow")?)
}

/// Makes a workflow. Event `workflow.created`.
///
/// # Errors
/// `invalid_input`, `too_large`; `conflict` where there are too many.
pub fn create(ctx: &mut Ctx<'_>, input: &CreateWorkflow) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let position = next_place::<Workflow>(ctx, WORKFLOWS_MAX)?;
    let workflow = Workflow {
        id: WorkflowId(ctx.uuid()),
        name: name(&input.name)?,
        enabled: input.enabled.unwrap_or(true),
        steps: check_steps(ctx, &input.steps)?,
        stop_on: sorted(&input.stop_on),
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };

    definitions::insert(ctx.sql, &workflow, position)?;
    let data = WorkflowEvent { workflow };
    ctx.event("workflow.created", None, &data)?;
    Reply::of(&data.workflow)
}

/// Checks a workflow, whether or not what it names is there, and brings it into the form that is
/// kept.
///
/// # Errors
/// `invalid_input`, `too_large`.
pub fn shape(workflow: &mut Workflow) -> Result<(), Reject> {
    workflow.name = name(&workflow.name)?;
    workflow.steps = shape_steps(&workflow.steps)?;
    workflow.stop_on = sorted(&workflow.stop_on);
    Ok(())
}

fn check_steps(ctx: &Ctx<'_>, steps: &[Step]) -> Result<Vec<Step>, Reject> {
    let steps = shape_steps(steps)?;
    for step in &steps {
        if let Step::Do(action) = step {
            actions::check_named(ctx, action)?;
        }
    }
    Ok(steps)
}

fn shape_steps(steps: &[Step]) -> Result<Vec<Step>, Reject> {
    check::items("steps", steps, STEPS_MAX)?;
    if steps.is_empty() {
        return Err(Reject::field("steps", "must not be empty"));
    }
    let one = |step: &Step| match step {
        Step::Do(action) => actions::shape_one(action).map(Step::Do),
        Step::Wait(wait) if !(1..=MINUTES_MAX).contains(&wait.minutes) => {
            Err(Reject::field("minutes", format!("must be 1 to {MINUTES_MAX}")))
        }
        Step::OnlyIf(only) => conditions::check(only).map(|()| step.clone()),
        Step::Wait(_) | Step::UntilOpen(_) => Ok(step.clone()),
    };
    steps.iter().map(one).collect()
}

fn sorted(stop_on: &[StopOn]) -> Vec<StopOn> {
    let mut sorted = stop_on.to_vec();
    sorted.sort_small();
    sorted.dedup();
    sorted
}

/// Changes a workflow; what is under way goes on as it began. Event `workflow.changed`, none where
/// nothing changes.
///
/// # Errors
/// `not_found`, `invalid_input`, `too_large`, `version_mismatch`.
pub fn change(ctx: &mut Ctx<'_>, input: &ChangeWorkflow) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let before: Workflow = find(ctx, &input.workflow_id.to_string(), "workflow")?;
    tickets::check_version(input.if_version, before.version)?;
    let mut workflow = before.clone();
    if let Some(new) = &input.name {
        workflow.name = name(new)?;
    }
    if let Some(enabled) = input.enabled {
        workflow.enabled = enabled;
    }
    if let Some(steps) = &input.steps {
        workflow.steps = check_steps(ctx, steps)?;
    }
    if let Some(stop_on) = &input.stop_on {
        workflow.stop_on = sorted(stop_on);
    }
    if workflow == before {
        return Reply::of(&workflow);
    }

    workflow.updated_at = ctx.now;
    workflow.version += 1;
    definitions::update(ctx.sql, &workflow)?;
    let data = WorkflowChanged { workflow, before };
    ctx.event("workflow.changed", None, &data)?;
    Reply::of(&data.workflow)
}

/// Deletes a workflow, and stops what is under way: so many at once, the others when they would
/// go on. Events `workflow.ended`, `workflow.deleted`.
///
/// # Errors
/// `not_found`.
pub fn delete(ctx: &mut Ctx<'_>, input: &DeleteWorkflow) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let id = input.workflow_id.to_string();
    let workflow: Workflow = find(ctx, &id, "workflow")?;

    definitions::remove(ctx.sql, &id)?;
    let by = ctx.by();
    for run in workflow_runs::going_of_workflow(ctx.sql, &id, STOPPED_MAX)? {
        let why = Some(workflows::DELETED.into());
        workflows::end(ctx, &by, run, RunState::Stopped, why)?;
    }
    ctx.event("workflow.deleted", None, &WorkflowEvent { workflow })?;
    Reply::of(&Empty {})
}
