//! Workflows: named sequences of steps on a ticket, with waits that survive restarts.

use super::automation::{Action, ActionOutcome, Empty};
use super::condition::Conditions;
use crate::Millis;
use crate::ids::{TicketId, WorkflowId, WorkflowRunId};
use serde::{Deserialize, Serialize};

/// How many workflows a workspace has at most.
pub const WORKFLOWS_MAX: i64 = 100;
/// How many steps a workflow has at most.
pub const STEPS_MAX: usize = 30;
/// How many workflows may be under way on one ticket.
pub const RUNS_PER_TICKET_MAX: i64 = 10;

/// One step of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "WorkflowStep"))]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// Does something.
    Do(Action),
    /// Waits.
    Wait(Wait),
    /// Waits until business hours, if it is none now.
    UntilOpen(Empty),
    /// Goes on only where this holds; the run is done otherwise.
    OnlyIf(Conditions),
}

/// How long a workflow waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// 1 to 525,600.
    pub minutes: i64,
    /// Whether only minutes within business hours count.
    #[serde(default)]
    pub business_hours: bool,
}

/// What ends a workflow before its last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum StopOn {
    /// The ticket is solved.
    Solved,
    /// The ticket is closed.
    Closed,
    /// The customer writes.
    UserReply,
    /// An agent writes to the customer.
    AgentReply,
}

/// A workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Workflow {
    /// The workflow.
    pub id: WorkflowId,
    /// What it is called.
    pub name: String,
    /// Whether it can be started; what is under way goes on.
    pub enabled: bool,
    /// Its steps.
    pub steps: Vec<Step>,
    /// What ends it early.
    pub stop_on: Vec<StopOn>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

/// The data of `workflow.created` and `workflow.deleted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkflowEvent {
    /// The workflow after the change, or as it was.
    pub workflow: Workflow,
}

/// The data of `workflow.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkflowChanged {
    /// The workflow after the change.
    pub workflow: Workflow,
    /// The workflow before the change.
    pub before: Workflow,
}

/// Lists the workflows, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListWorkflows {
    /// Only those that can be started, or only those that cannot.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Reads a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetWorkflow {
    /// The workflow.
    pub workflow_id: WorkflowId,
}

/// Makes a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateWorkflow {
    /// What it is called: 1 to 100 characters.
    pub name: String,
    /// Whether it can be started; true where absent.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Its steps: 1 to 30.
    pub steps: Vec<Step>,
    /// What ends it early; nothing where absent.
    #[serde(default)]
    pub stop_on: Vec<StopOn>,
}

/// Changes a workflow; what is absent stays. What is under way goes on as it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeWorkflow {
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// The new name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it can be started.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Its steps.
    #[serde(default)]
    pub steps: Option<Vec<Step>>,
    /// What ends it early.
    #[serde(default)]
    pub stop_on: Option<Vec<StopOn>>,
    /// Change only what has this version.
    #[serde(default)]
    pub if_version: Option<i64>,
}

/// Deletes a workflow; what is under way is stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeleteWorkflow {
    /// The workflow.
    pub workflow_id: WorkflowId,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum RunState {
    /// It goes on.
    Running,
    /// It came to its end.
    Done,
    /// Something ended it early: `why` says what.
    Stopped,
}

impl RunState {
    /// Its name on the wire and in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Stopped => "stopped",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Running, Self::Done, Self::Stopped].into_iter().find(|one| one.as_str() == name)
    }
}

/// One run of a workflow on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkflowRun {
    /// The run.
    pub id: WorkflowRunId,
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// What the workflow was called.
    pub name: String,
    /// The ticket.
    pub ticket_id: TicketId,
    /// Where it stands.
    pub state: RunState,
    /// How many of its steps are behind it.
    pub step: i64,
    /// How many it has.
    pub steps: i64,
    /// When it goes on; absent once it has ended.
    pub resumes_at: Option<Millis>,
    /// When it began.
    pub started_at: Millis,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// What ended it early.
    pub why: Option<String>,
    /// What each step did, in order.
    pub results: Vec<StepResult>,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StepResult {
    /// Which step, from 0.
    pub step: i64,
    /// When.
    pub at: Millis,
    /// What became of it.
    pub outcome: ActionOutcome,
    /// What it did, or why not.
    pub detail: String,
}

/// The data of `workflow.started` and `workflow.ended`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkflowRunEvent {
    /// The run.
    pub run: WorkflowRun,
}

/// Starts a workflow on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StartWorkflow {
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// The ticket.
    pub ticket_id: TicketId,
}

/// Stops a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StopWorkflowRun {
    /// The run.
    pub run_id: WorkflowRunId,
}

/// Reads a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetWorkflowRun {
    /// The run.
    pub run_id: WorkflowRunId,
}

/// Lists runs, the latest first. Names a ticket, or a workflow, or neither. A run that ended more
/// than 90 days ago is forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ListWorkflowRuns {
    /// Only on this ticket.
    #[serde(default)]
    pub ticket_id: Option<TicketId>,
    /// Only of this workflow.
    #[serde(default)]
    pub workflow_id: Option<WorkflowId>,
    /// Only in this state.
    #[serde(default)]
    pub state: Option<RunState>,
    /// 1 to 100; 50 where absent.
    #[serde(default)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}
