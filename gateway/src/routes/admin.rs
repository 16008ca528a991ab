//! What operators and admins mend: D1 made again from the actors, outbox entries that were given
//! up.

use crate::app::Call;
use crate::auth;
use crate::d1;
use crate::gather::gather;
use crate::maintenance;
use crate::platform::Platform;
use crate::respond::Reply;
use schema::envelope::KernelCommand;
use schema::ids::{InboxId, ProspectId, WorkspaceId};
use schema::sort::SortSmall;
use schema::{ActorKind, Caller, Code, Permission, Principal, Reject};
use serde::{Deserialize, Serialize};

/// How many inboxes a workspace has at most, for what is done to all of them.
const INBOXES_MAX: i64 = 500;
/// How many prospects one request rebuilds.
const PROSPECTS_PER_CALL: i64 = 300;

/// `GET /api/admin/digest`: what operators are told each week, as of now.
///
/// # Errors
/// `unauthorized`, `forbidden`, `unavailable`.
pub async fn digest<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let workspace = call.may(Permission::Manage).await?.workspace;
    let digest = maintenance::digest(call.platform, workspace).await?;
    Reply::of(&digest.ok_or_else(|| Reject::not_found("workspace"))?)
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rebuild {
    #[serde(default)]
    workspace_id: Option<WorkspaceId>,
    /// Inboxes that D1 has forgotten.
    #[serde(default)]
    inbox_ids: Vec<InboxId>,
    /// Prospects that D1 has forgotten.
    #[serde(default)]
    prospect_ids: Vec<ProspectId>,
    /// Where the request before ended.
    #[serde(default)]
    after: Option<ProspectId>,
}

#[derive(Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rebuilt {
    rooms: usize,
    inboxes: usize,
    warmups: usize,
    prospects: usize,
    failed: usize,
    /// For the next request, where there are more prospects.
    after: Option<String>,
}

/// `POST /api/admin/rebuild-summaries`: each actor of the workspace writes its rows again.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `unavailable`.
pub async fn rebuild_summaries<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.principal()?;
    let input: Rebuild = call.body_or_empty(&[]).await?;
    let principal = workspace_of(&call, principal, input.workspace_id).await?;
    schema::check::items("inboxIds", &input.inbox_ids, 500)?;
    schema::check::items("prospectIds", &input.prospect_ids, 500)?;
    let workspace = principal.workspace;
    let mut inboxes: Vec<String> = input.inbox_ids.iter().map(ToString::to_string).collect();
    let known = d1::inboxes_of(call.platform, workspace, INBOXES_MAX).await?;
    inboxes.extend(known.into_iter().map(|known| known.id));
    inboxes.sort_small();
    inboxes.dedup();
    let after = input.after.map(|id| id.to_string()).unwrap_or_default();
    let known = d1::prospects_after(call.platform, workspace, &after, PROSPECTS_PER_CALL).await?;
    let full = known.len() as i64 == PROSPECTS_PER_CALL;
    let next = known.last().filter(|_| full).map(|known| known.id.clone());
    let mut prospects: Vec<String> = input.prospect_ids.iter().map(ToString::to_string).collect();
    prospects.extend(known.into_iter().map(|known| known.id));

    let mut rebuilt = Rebuilt { after: next, ..Rebuilt::default() };
    let room = vec![String::new()];
    let first = input.after.is_none();
    let none = Vec::new;
    let (room, inboxes) = if first { (room, inboxes) } else { (none(), none()) };
    let failed = &mut rebuilt.failed;
    rebuilt.rooms = again(&call, &principal, ActorKind::WorkspaceRoom, room, failed).await;
    let (inbox, warmup) = (ActorKind::InboxState, ActorKind::WarmupCounter);
    rebuilt.inboxes = again(&call, &principal, inbox, inboxes.clone(), failed).await;
    rebuilt.warmups = again(&call, &principal, warmup, inboxes, failed).await;
    let prospect = ActorKind::ProspectDedup;
    rebuilt.prospects = again(&call, &principal, prospect, prospects, failed).await;
    Reply::of(&rebuilt)
}

/// Asks each to write its rows again; gives how many will. One that was never there counts for
/// nothing.
async fn again<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    kind: ActorKind,
    ids: Vec<String>,
    failed: &mut usize,
) -> usize {
    let asked = gather(ids, |id| {
        let instance = instance(principal.workspace, &id);
        call.ask_kernel(kind, instance, principal.clone(), &KernelCommand::Summarise)
    });
    let mut done = 0;
    for reply in asked.await {
        match reply {
            Ok(_) => done += 1,
            Err(reject) if reject.code == Code::NotFound => {}
            Err(reject) => {
                *failed += 1;
                let fields = [("requestId", &*call.request_id), ("why", &reject.message)];
                crate::log::error(call.platform, "rebuild_failed", &fields);
            }
        }
    }
    done
}

fn instance(workspace: WorkspaceId, id: &str) -> String {
    if id.is_empty() { workspace.to_string() } else { format!("{workspace}/{id}") }
}

/// The caller as an admin of the workspace that is meant: their own, or any for the operator.
async fn workspace_of<P: Platform>(
    call: &Call<'_, P>,
    mut principal: Principal,
    named: Option<WorkspaceId>,
) -> Result<Principal, Reject> {
    if let Some(workspace) = named {
        if principal.caller != Caller::Operator && principal.workspace != workspace {
            return Err(Reject::not_found("workspace"));
        }
        principal.workspace = workspace;
    }
    if principal.workspace == auth::DEPLOYMENT {
        return Err(Reject::field("workspaceId", "must be there"));
    }
    auth::may(call, principal, Permission::Manage).await
}

/// The actors that have an outbox, as clients name them.
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) enum Owner {
    Room,
    Inbox,
    Warmup,
    Prospect,
}

impl Owner {
    const fn kind(self) -> ActorKind {
        match self {
            Self::Room => ActorKind::WorkspaceRoom,
            Self::Inbox => ActorKind::InboxState,
            Self::Warmup => ActorKind::WarmupCounter,
            Self::Prospect => ActorKind::ProspectDedup,
        }
    }
}

/// The object that is meant: the room has no id, all others have one.
fn object(owner: Owner, id: Option<uuid::Uuid>) -> Result<String, Reject> {
    match (owner, id) {
        (Owner::Room, None) => Ok(String::new()),
        (Owner::Room, Some(_)) => Err(Reject::field("id", "must not be there for the room")),
        (_, Some(id)) => Ok(id.hyphenated().to_string()),
        (_, None) => Err(Reject::field("id", "must be there")),
    }
}

/// `GET /api/admin/dead-entries`: outbox entries that an actor gave up.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`.
pub async fn dead_entries<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let query = call.query(&["actor", "id"])?;
    let owner = query.name("actor")?.unwrap_or(Owner::Room);
    let id: Option<InboxId> = query.parse("id", "an id")?;
    let id = object(owner, id.map(|id| id.0))?;
    let principal = workspace_of(&call, call.principal()?, None).await?;
    let instance = instance(principal.workspace, &id);
    call.ask_kernel(owner.kind(), instance, principal, &KernelCommand::DeadEntries).await
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct Retry {
    #[serde(default)]
    actor: Option<Owner>,
    #[serde(default)]
    id: Option<InboxId>,
}

/// `POST /api/admin/retry-dead`: tries them once more.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`.
pub async fn retry_dead<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.principal()?;
    let input: Retry = call.body_or_empty(&[]).await?;
    let owner = input.actor.unwrap_or(Owner::Room);
    let id = object(owner, input.id.map(|id| id.0))?;
    let principal = workspace_of(&call, principal, None).await?;
    let instance = instance(principal.workspace, &id);
    call.ask_kernel(owner.kind(), instance, principal, &KernelCommand::RetryDead).await
}
