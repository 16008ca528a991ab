//! Mail that is routed to the Worker: kept first, then read, then handed to the room.
//!
//! Once the raw mail is in storage it cannot be lost: where the room or a file's storage does not
//! answer, the queue tries again. Where the storage itself does not answer, the sender's server is
//! told to. A workspace that does not exist gets nothing, and nothing of it is kept.

use crate::d1;
use crate::log;
use crate::platform::{Platform, Point};
use actors::mail::intake::{self, Arrival, Intake};
use schema::ids::WorkspaceId;
use schema::pipeline::{StoredMail, Work};
use schema::room::RoomCommand;
use schema::room::access::Authorise;
use schema::room::mail::MailReceipt;
use schema::{ActorKind, Answer, Code, Envelope, Permission, Principal, Reject};

/// The longest mail that is taken.
pub const MAIL_BYTES_MAX: usize = 25 * 1024 * 1024;

/// What the sender's server is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is ours now.
    Taken,
    /// There is nobody of this name, or it is too long: for good.
    Refused(String),
    /// It could not be kept: come back later.
    Later(String),
}

/// The workspace that a recipient names: `<workspace>@…` or `<workspace>+anything@…`.
#[must_use]
pub fn workspace_of(recipient: &str) -> Option<WorkspaceId> {
    let (local, domain) = recipient.trim().trim_matches(['<', '>']).rsplit_once('@')?;
    let name = local.split('+').next().unwrap_or_default();
    if domain.is_empty() {
        return None;
    }
    name.to_ascii_lowercase().parse().ok()
}

/// Takes a mail in, and counts it.
pub async fn receive<P: Platform>(platform: &P, from: &str, to: &str, raw: &[u8]) -> Verdict {
    let verdict = take(platform, from, to, raw).await;
    let fate = match &verdict {
        Verdict::Taken => "taken",
        Verdict::Refused(_) => "refused",
        Verdict::Later(_) => "later",
    };
    let numbers = [raw.len() as f64];
    platform.count(&Point { event: "mail.in", labels: &[fate], numbers: &numbers });
    verdict
}

async fn take<P: Platform>(platform: &P, from: &str, to: &str, raw: &[u8]) -> Verdict {
    let Some(workspace) = workspace_of(to) else {
        return Verdict::Refused("no such recipient".into());
    };
    if raw.len() > MAIL_BYTES_MAX {
        return Verdict::Refused("the mail is too long".into());
    }
    match exists(platform, workspace).await {
        Err(reject) if reject.code == Code::NotFound => {
            return Verdict::Refused("no such recipient".into());
        }
        Err(reject) => return Verdict::Later(reject.message),
        Ok(()) => {}
    }
    let raw_key = intake::raw_key(workspace, raw);
    if let Err(reject) = platform.put_object(&raw_key, raw).await {
        return Verdict::Later(reject.message);
    }
    let (from, to) = (from.to_owned(), to.to_owned());
    let mail = StoredMail { workspace_id: workspace, raw_key, from, to };
    let Err(reject) = file(platform, &mail, raw).await else { return Verdict::Taken };
    let fields = [("key", &*mail.raw_key), ("why", &reject.message)];
    log::error(platform, "mail_queued", &fields);
    let work = Work::FileMail(mail);
    match platform.enqueue(work.queue(), &work.write()).await {
        Ok(()) => Verdict::Taken,
        Err(reject) => Verdict::Later(reject.message),
    }
}

/// Refuses a workspace that was never registered. That one was, stays true for ever: it is kept.
/// That one was not may change with the next request, and is asked again each time.
async fn exists<P: Platform>(platform: &P, workspace: WorkspaceId) -> Result<(), Reject> {
    let key = format!("registered:{workspace}");
    if platform.kept(&key).await.is_some() {
        return Ok(());
    }
    let command = RoomCommand::Authorise(Authorise { permission: Permission::Read });
    ask(platform, workspace, None, &command).await?;
    platform.keep(&key, "1").await;
    Ok(())
}

/// Hands a stored mail to its room. Done twice, it changes nothing.
///
/// # Errors
/// `unavailable` and the like, where it is to be tried again.
pub async fn file<P: Platform>(
    platform: &P,
    mail: &StoredMail,
    raw: &[u8],
) -> Result<MailReceipt, Reject> {
    let arrival = Arrival {
        workspace: mail.workspace_id,
        inbox: None,
        raw_key: &mail.raw_key,
        from: Some(&mail.from),
        to: Some(&mail.to),
    };
    hand_over(platform, &arrival, raw).await
}

/// Hands a kept mail to its room.
///
/// # Errors
/// As [`file`].
pub async fn hand_over<P: Platform>(
    platform: &P,
    arrival: &Arrival<'_>,
    raw: &[u8],
) -> Result<MailReceipt, Reject> {
    let way = Way(platform);
    let own = way.own(arrival.workspace).await;
    intake::file(&way, arrival, &own, raw).await
}

/// The gateway's way to storage, rooms and D1.
struct Way<'a, P>(&'a P);

impl<P: Platform> Intake for Way<'_, P> {
    async fn put_object(&self, key: &str, bytes: &[u8]) -> Result<(), Reject> {
        self.0.put_object(key, bytes).await
    }

    async fn ask_room(
        &self,
        workspace: WorkspaceId,
        key: String,
        command: &RoomCommand,
    ) -> Result<(Vec<u8>, bool), Reject> {
        ask(self.0, workspace, Some(key), command).await
    }

    async fn addresses(&self, workspace: WorkspaceId) -> Vec<String> {
        d1::addresses(self.0, workspace).await.unwrap_or_else(|reject| {
            let workspace = workspace.to_string();
            let fields = [("workspace", &*workspace), ("why", &reject.message)];
            log::error(self.0, "own_domains", &fields);
            Vec::new()
        })
    }
}

async fn ask<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
    key: Option<String>,
    command: &RoomCommand,
) -> Result<(Vec<u8>, bool), Reject> {
    let principal = Principal::system(workspace);
    let envelope = Envelope::new(workspace.to_string(), principal, key, command);
    match platform.call(ActorKind::WorkspaceRoom, &envelope).await? {
        Answer::Rejected(reject) => Err(reject),
        Answer::Done { json, replayed } => Ok((json, replayed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_names_its_workspace_strictly() {
        let id = "0190f5fe-7c00-7a00-8000-000000000001";
        let workspace = Some(id.parse().expect("an id"));
        for good in [
            format!("{id}@in.example.com"),
            format!("<{id}@in.example.com>"),
            format!("{}@in.example.com", id.to_uppercase()),
            format!("{id}+orders+2@in.example.com"),
        ] {
            assert_eq!(workspace_of(&good), workspace, "{good}");
        }
        for bad in [
            "",
            "@",
            "support@in.example.com",
            id,
            &format!("{id}@"),
            &format!("{id}x@in.example.com"),
            &format!("{}@in.example.com", id.replace('-', "")),
            &format!("+{id}@in.example.com"),
            &format!("\"{id}\"@in.example.com"),
        ] {
            assert_eq!(workspace_of(bad), None, "{bad}");
        }
    }
}
