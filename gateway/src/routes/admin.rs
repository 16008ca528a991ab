//! What operators and admins mend: D1 made again from the actors, outbox entries that were given
//! up.

use crate::app::Call;
use crate::auth;
use crate::d1;
use crate::gather::gather;
use crate::maintenance;
use crate::platform::Platform;
use crate::respond::Reply;
use crate::routes::prospects;
use schema::envelope::KernelCommand;
use schema::ids::{InboxId, ProspectId, WorkspaceId};
use schema::room::RoomCommand;
use schema::room::known::{INBOXES_MAX, Known, ListKnown, PROSPECTS_MAX};
use schema::sort::SortSmall;
use schema::{ActorKind, Caller, Code, Permission, Principal, Reject};
use serde::{Deserialize, Serialize};

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
    /// Inboxes that D1 has forgotten, and that the room does not know.
    #[serde(default)]
    inbox_ids: Vec<InboxId>,
    /// Prospects that D1 has forgotten, and that the room does not know.
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

/// `POST /api/admin/rebuild-summaries`: each actor of the workspace writes its rows again. Which
/// there are is what D1 has, what its room knows, and what the request names.
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
    let command = RoomCommand::ListKnown(ListKnown { after: input.after });
    let known: Known = call.room_reads(principal.clone(), &command).await?;
    let after = input.after.map(|id| id.to_string()).unwrap_or_default();
    let listed = d1::prospects_after(call.platform, workspace, &after, PROSPECTS_MAX).await?;
    let listed: Vec<String> = listed.into_iter().map(|row| row.id).collect();
    let (mut prospects, next) = page(&listed, &known.prospect_ids);
    prospects.extend(input.prospect_ids.iter().map(ToString::to_string));

    let mut rebuilt = Rebuilt { after: next, ..Rebuilt::default() };
    if input.after.is_none() {
        let named = [input.inbox_ids, known.inbox_ids].concat();
        room_and_inboxes(&call, &principal, named, &mut rebuilt).await?;
    }
    let failed = &mut rebuilt.failed;
    let unlisted = prospects.iter().filter(|id| !listed.contains(*id)).cloned().collect();
    prospects.extend(owners(&call, &principal, unlisted, failed).await);
    prospects.sort_small();
    prospects.dedup();
    let prospect = ActorKind::ProspectDedup;
    rebuilt.prospects = again(&call, &principal, prospect, prospects, failed).await;
    Reply::of(&rebuilt)
}

async fn room_and_inboxes<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    named: Vec<InboxId>,
    rebuilt: &mut Rebuilt,
) -> Result<(), Reject> {
    let listed = d1::inboxes_of(call.platform, principal.workspace, INBOXES_MAX).await?;
    let mut ids: Vec<String> = named.iter().map(ToString::to_string).collect();
    ids.extend(listed.into_iter().map(|row| row.id));
    ids.sort_small();
    ids.dedup();
    let (room, failed) = (vec![String::new()], &mut rebuilt.failed);
    rebuilt.rooms = again(call, principal, ActorKind::WorkspaceRoom, room, failed).await;
    let (inbox, warmup) = (ActorKind::InboxState, ActorKind::WarmupCounter);
    rebuilt.inboxes = again(call, principal, inbox, ids.clone(), failed).await;
    rebuilt.warmups = again(call, principal, warmup, ids, failed).await;
    Ok(())
}

/// The prospects that D1 lists or the room knows, as many as one request rebuilds, and where the
/// next one goes on. Both begin after one id, in the order of their ids.
fn page(listed: &[String], known: &[ProspectId]) -> (Vec<String>, Option<String>) {
    let known = known.iter().map(ToString::to_string);
    let mut ids: Vec<String> = listed.iter().cloned().chain(known).collect();
    ids.sort_small();
    ids.dedup();
    let full = ids.len() as i64 >= PROSPECTS_MAX;
    ids.truncate(usize::try_from(PROSPECTS_MAX).unwrap_or(0));
    let next = ids.last().filter(|_| full).cloned();
    (ids, next)
}

/// Under which ids persons are by now: who is known by an id that D1 has not may have another one
/// since, which D1 has not either.
async fn owners<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    ids: Vec<String>,
    failed: &mut usize,
) -> Vec<String> {
    let ids: Vec<ProspectId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    let found = gather(ids, |id| prospects::found(call, principal, id)).await;
    let mut owners = Vec::new();
    for person in found {
        match person {
            Ok(person) => owners.push(person.id.to_string()),
            Err(reject) if matches!(reject.code, Code::NotFound | Code::Gone) => {}
            Err(reject) => {
                *failed += 1;
                failure(call, &reject);
            }
        }
    }
    owners
}

fn failure<P: Platform>(call: &Call<'_, P>, reject: &Reject) {
    let fields = [("requestId", &*call.request_id), ("why", &reject.message)];
    crate::log::error(call.platform, "rebuild_failed", &fields);
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
                failure(call, &reject);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: i64) -> ProspectId {
        ProspectId(uuid::Uuid::from_u128(number.unsigned_abs().into()))
    }

    fn texts(numbers: impl IntoIterator<Item = i64>) -> Vec<String> {
        numbers.into_iter().map(|number| id(number).to_string()).collect()
    }

    #[test]
    fn a_page_has_everybody_whom_either_knows_and_the_next_one_goes_on_behind_it() {
        let (ids, next) = page(&texts([1, 3]), &[2, 3].map(id));
        assert_eq!((ids, next), (texts([1, 2, 3]), None));
        assert_eq!(page(&[], &[]), (Vec::new(), None));
        // Each gives a whole page: what does not fit into one together comes with the next.
        let listed = texts((0..PROSPECTS_MAX).map(|n| 2 * n + 1));
        let known: Vec<_> = (0..PROSPECTS_MAX).map(|n| id(2 * n)).collect();
        let (ids, next) = page(&listed, &known);
        assert_eq!(ids, texts(0..PROSPECTS_MAX));
        assert_eq!(next, Some(id(PROSPECTS_MAX - 1).to_string()));
        // One that is just full may be the last one.
        let (ids, next) = page(&texts(0..PROSPECTS_MAX), &[]);
        assert_eq!((ids.last(), ids.len() as i64), (next.as_ref(), PROSPECTS_MAX));
    }
}
