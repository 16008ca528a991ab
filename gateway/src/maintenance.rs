//! What cron has `send-queue` ask for, workspace by workspace: turns, archives, and once a week how
//! it went.

use crate::dead_letters;
use crate::gather::gather;
use crate::platform::Platform;
use crate::system::{ask, ask_room};
use crate::{d1, d1::InboxRow, log};
use schema::alert::{self, Alert, AlertKind, AlertState, Digest, InboxTrouble, OutreachCounts};
use schema::codec::to_json;
use schema::ids::{InboxId, WorkspaceId};
use schema::inbox::{GetInbox, InboxCommand, InboxView};
use schema::pipeline::{OfWorkspace, Work};
use schema::room::RoomCommand;
use schema::room::enrolment::{
    ArchiveOutreach, ArchivedDecisions, CountOutreach, TakeTurns, TurnsTaken,
};
use schema::{ActorKind, Millis, Reject};

/// How long decisions are kept in the room.
const KEPT_MS: Millis = 90 * DAY_MS;
/// How many batches one message puts away; for the rest it asks anew.
const BATCHES_MAX: usize = 5;
const DAY_MS: Millis = 24 * 60 * 60 * 1000;
const WEEK_MS: Millis = 7 * DAY_MS;
/// How many inboxes a digest asks: ten of them may share one invocation, which may ask for 1,000
/// things.
const INBOXES_MAX: i64 = 80;

/// The campaigns of a workspace take their turns.
///
/// # Errors
/// `unavailable` and the like, where the message is to come again.
pub async fn take_turns<P: Platform>(platform: &P, workspace: WorkspaceId) -> Result<(), Reject> {
    let command = RoomCommand::TakeTurns(TakeTurns {});
    ask_room::<_, TurnsTaken>(platform, workspace, &command).await.map(drop)
}

/// Puts into storage what was decided long ago, a decision a line, in
/// `archives/{workspace}/{first's time}-{first}-{last}.jsonl`; then asks for operators to be told
/// how the week was.
///
/// # Errors
/// `unavailable` and the like, where the message is to come again.
pub async fn archive<P: Platform>(platform: &P, workspace: WorkspaceId) -> Result<(), Reject> {
    let before = platform.now() - KEPT_MS;
    let mut through = 0;
    for _ in 0..BATCHES_MAX {
        let command = RoomCommand::ArchiveOutreach(ArchiveOutreach { before, through });
        let batch: Option<ArchivedDecisions> = ask_room(platform, workspace, &command).await?;
        let items = batch.map(|batch| batch.items).unwrap_or_default();
        let (Some(first), Some(last)) = (items.first(), items.last()) else {
            let work = Work::TellOfWeek(OfWorkspace { workspace_id: workspace });
            return platform.enqueue(work.queue(), &work.write()).await;
        };
        // Numbers begin anew where all were put away.
        let (at, first) = (first.decision.at, first.number);
        let key = format!("archives/{workspace}/{at}-{first}-{}.jsonl", last.number);
        through = last.number;
        let lines: Vec<Vec<u8>> = items.iter().map(to_json).collect();
        platform.put_object(&key, &lines.join(&b'\n')).await?;
    }
    let command = RoomCommand::ArchiveOutreach(ArchiveOutreach { before, through });
    ask_room::<_, ArchivedDecisions>(platform, workspace, &command).await?;
    let work = Work::ArchiveOutreach(OfWorkspace { workspace_id: workspace });
    platform.enqueue(work.queue(), &work.write()).await
}

/// Tells operators how a workspace's week was, unless there is nothing to tell, and keeps that in
/// `archives/{workspace}/digests/`, one for each week. Told twice, they are told once.
///
/// # Errors
/// `unavailable` and the like, where the message is to come again.
pub async fn tell_of_week<P: Platform>(platform: &P, workspace: WorkspaceId) -> Result<(), Reject> {
    let digest = digest(platform, workspace).await?;
    let Some(digest) = digest.filter(|digest| !digest.is_quiet()) else { return Ok(()) };
    let week = alert::week(digest.to);
    let key = format!("archives/{workspace}/digests/{week}.json");
    platform.put_object(&key, &to_json(&without_words(digest.clone()))).await?;
    let new = Alert::new(AlertKind::Digest, AlertState::Raised, digest.to, workspace);
    dead_letters::ring(platform, Alert { digest: Some(Box::new(digest)), ..new }).await
}

/// What is kept of a digest: no addresses, and nothing that a person wrote.
fn without_words(mut digest: Digest) -> Digest {
    for inbox in &mut digest.inboxes {
        inbox.email.clear();
        if let Some(reason) = &mut inbox.paused {
            reason.clear();
        }
    }
    digest
}

/// How a workspace's last seven days were, and what troubles it now: the room and its latest
/// inboxes are asked themselves. None where there is no such workspace.
///
/// # Errors
/// `unavailable` and the like.
pub async fn digest<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
) -> Result<Option<Digest>, Reject> {
    let to = platform.now();
    let from = to - WEEK_MS;
    let command = RoomCommand::CountOutreach(CountOutreach { since: from });
    let Some(outreach) = ask_room::<_, OutreachCounts>(platform, workspace, &command).await? else {
        return Ok(None);
    };
    let known = d1::inboxes(platform, workspace, None, INBOXES_MAX).await?;
    let command = &InboxCommand::Status(GetInbox {});
    let asked = gather(known, |InboxRow { id, email, .. }| async move {
        let object = (ActorKind::InboxState, format!("{workspace}/{id}"));
        match ask::<_, InboxView>(platform, workspace, object, command).await {
            Ok(view) => view.and_then(trouble),
            Err(reject) => {
                let inbox = id.to_string();
                let fields = [("inbox", inbox.as_str()), ("why", reject.message.as_str())];
                log::error(platform, "inbox_not_asked", &fields);
                Some(unreachable(id, email.unwrap_or_default()))
            }
        }
    });
    let inboxes = asked.await.into_iter().flatten().collect();
    Ok(Some(Digest { from, to, outreach, inboxes }))
}

/// An inbox that does not answer is in trouble too.
const fn unreachable(inbox_id: InboxId, email: String) -> InboxTrouble {
    InboxTrouble {
        inbox_id,
        email,
        paused: None,
        warned_at: None,
        stalled_since: None,
        unknown: 0,
        unreachable: true,
    }
}

/// What is wrong with an inbox, if anything is.
fn trouble(view: InboxView) -> Option<InboxTrouble> {
    let one = InboxTrouble {
        inbox_id: view.id,
        email: view.email,
        paused: view.paused_at.map(|_| view.pause_reason.unwrap_or_default()),
        warned_at: view.health.complaints.warned_at,
        stalled_since: view.mailbox.and_then(|mailbox| mailbox.stalled_since),
        unknown: view.unknown,
        unreachable: false,
    };
    let troubled = one.paused.is_some()
        || one.warned_at.is_some()
        || one.stalled_since.is_some()
        || one.unknown > 0;
    troubled.then_some(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_digest_names_nobody_and_repeats_nothing() {
        let mut one = unreachable(InboxId(uuid::Uuid::nil()), "ann@acme.example".into());
        (one.paused, one.unknown) = (Some("ann is ill".into()), 3);
        let outreach = OutreachCounts { sent: 7, ..OutreachCounts::default() };
        let digest = Digest { from: 0, to: WEEK_MS, outreach, inboxes: vec![one] };
        let kept = without_words(digest);
        let text = String::from_utf8(to_json(&kept)).expect("text");
        assert!(!text.contains("ann"), "{text}");
        assert_eq!((kept.outreach.sent, kept.inboxes[0].unknown), (7, 3));
        assert!(kept.inboxes[0].paused.is_some(), "that it is paused stays");
    }
}
