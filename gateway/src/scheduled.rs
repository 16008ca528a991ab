//! The watchdog: every few minutes it wakes what changed lately, what reads a mailbox, and where a
//! campaign sends. An object that is awake arms its alarm again, so a wake-up that the platform has
//! dropped is made good.

use crate::d1::{self, Known};
use crate::gather::gather;
use crate::log;
use crate::platform::{Platform, Point};
use schema::envelope::KernelCommand;
use schema::ids::WorkspaceId;
use schema::{ActorKind, Answer, Envelope, Millis, Principal, Reject};

/// How far back a change counts as lately.
const WINDOW_MS: Millis = 24 * 60 * 60 * 1000;
/// How many objects of a kind are woken at most.
const WAKES_MAX: i64 = 200;

/// Wakes what changed lately.
pub async fn watch<P: Platform>(platform: &P) {
    let since = platform.now() - WINDOW_MS;
    let rooms = d1::workspaces_since(platform, since, WAKES_MAX).await;
    wake(platform, ActorKind::WorkspaceRoom, rooms).await;
    let inboxes = d1::inboxes_since(platform, since, WAKES_MAX).await;
    wake(platform, ActorKind::WarmupCounter, inboxes.clone()).await;
    wake(platform, ActorKind::InboxState, inboxes).await;
    wake(platform, ActorKind::InboxState, some(platform, d1::INBOXES_THAT_READ).await).await;
    let sending = some(platform, d1::WORKSPACES_WITH_CAMPAIGNS).await;
    wake(platform, ActorKind::WorkspaceRoom, sending).await;
}

/// Some of those that work by themselves: others each time, where there are many. Nothing of them
/// changes while nothing is due.
async fn some<P: Platform>(platform: &P, which: &str) -> Result<Vec<Known>, Reject> {
    let somewhere = crate::token::hex(&platform.random()[..4]);
    let mut known = d1::after(platform, which, &somewhere, WAKES_MAX).await?;
    if (known.len() as i64) < WAKES_MAX {
        let rest = WAKES_MAX - known.len() as i64;
        let first = d1::after(platform, which, "", rest).await?;
        known.extend(first.into_iter().filter(|one| one.id <= somewhere));
    }
    Ok(known)
}

async fn wake<P: Platform>(platform: &P, kind: ActorKind, known: Result<Vec<Known>, Reject>) {
    let known = match known {
        Ok(known) => known,
        Err(reject) => {
            let fields = [("actor", kind.binding()), ("why", &reject.message)];
            log::error(platform, "watchdog", &fields);
            return;
        }
    };
    let asked = gather(known, |known| async move {
        let instance = instance(kind, known.workspace_id, &known.id);
        let principal = Principal::system(known.workspace_id);
        let envelope = Envelope::kernel(instance, principal, &KernelCommand::Wake);
        platform.call(kind, &envelope).await
    });
    let trouble = asked.await.into_iter().filter_map(|answer| match answer {
        Err(reject) | Ok(Answer::Rejected(reject)) => Some(reject),
        Ok(Answer::Done { .. }) => None,
    });
    let trouble: Vec<Reject> =
        trouble.filter(|reject| reject.code != schema::Code::NotFound).collect();
    if let Some(first) = trouble.first() {
        let count = trouble.len().to_string();
        let fields = [("actor", kind.binding()), ("failed", &count), ("why", &first.message)];
        log::error(platform, "watchdog", &fields);
        let numbers = [trouble.len() as f64];
        let labels = [kind.binding()];
        platform.count(&Point { event: "watchdog", labels: &labels, numbers: &numbers });
    }
}

fn instance(kind: ActorKind, workspace: WorkspaceId, id: &str) -> String {
    match kind {
        ActorKind::WorkspaceRoom => workspace.to_string(),
        _ => format!("{workspace}/{id}"),
    }
}
