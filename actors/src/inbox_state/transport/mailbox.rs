//! How an inbox's mail comes in: IMAP over the Worker's TCP sockets; wasm only.
//!
//! It connects, opens the sealed password, and hands over to [`crate::mail::imap`] and
//! [`crate::mail::mailbox`]. A reading is given up after [`LIMIT`], before the outbox would take
//! the object for dead.

use super::{Waits, Wire, connect, open, security};
use crate::kernel::host::outside;
use crate::mail::imap::{
    self, Batch, Credentials, Cursor, FolderName, ImapError, ImapSettings, MailStream, Secret,
    Sleep, Sync, TimeLimits,
};
use crate::mail::intake::Intake;
use crate::mail::mailbox::{Folder, MailboxJob, MailboxRead, read};
use futures_util::future::{Either, select};
use schema::codec::to_json;
use schema::ids::WorkspaceId;
use schema::room::RoomCommand;
use schema::summary::ADDRESSES;
use schema::{ActorKind, Answer, Code, Millis, Reject};
use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;
use worker::{Delay, Env};

/// How long a reading may take in all: a mail of 25 MB may be slow.
const LIMIT: Duration = Duration::from_secs(150);

/// Reads the next mails of a mailbox into its room.
pub(super) fn read_mailbox(
    env: Env,
    job: MailboxJob,
) -> Pin<Box<dyn Future<Output = MailboxRead>>> {
    Box::pin(async move {
        match select(pin!(reading(&env, &job)), pin!(Delay::from(LIMIT))).await {
            Either::Left((read, _)) => read,
            Either::Right(_) => {
                MailboxRead::failed(&job, "the server takes too long".into(), false)
            }
        }
    })
}

async fn reading(env: &Env, job: &MailboxJob) -> MailboxRead {
    let settings = match settings(env, job) {
        Ok(settings) => settings,
        Err(why) => return MailboxRead::failed(job, why, true),
    };
    let socket = match connect(&job.host, job.port, settings.security).await {
        Ok(socket) => socket,
        Err(why) => return MailboxRead::failed(job, format!("no connection: {why}"), false),
    };
    let mut session = match imap::connect(Wire(socket), &Waits, &settings).await {
        Ok(session) => session,
        Err(error) => return MailboxRead::unreached(job, &error),
    };
    let read = match session.sync(&FolderName::inbox(), job.cursor).await {
        Ok(folder) => {
            let began = js_sys::Date::now();
            let elapsed = || (js_sys::Date::now() - began) as Millis;
            let mut folder = folder.not_before(job.since / 1000);
            read(&mut folder, &Shell(env), job, elapsed).await
        }
        Err(error) => MailboxRead::unreached(job, &error),
    };
    session.log_out().await;
    read
}

fn settings(env: &Env, job: &MailboxJob) -> Result<ImapSettings, String> {
    let secret = Secret::Password(open(env, &job.owner, &job.sealed_password)?);
    Ok(ImapSettings {
        security: security(&job.security, &job.host)?,
        credentials: Credentials { user: job.username.clone(), secret },
        time_limits: TimeLimits { fetch_ms: 90_000, batch_ms: 100_000, ..TimeLimits::default() },
    })
}

impl<S: MailStream, W: Sleep> Folder for Sync<'_, '_, S, W> {
    fn cursor(&self) -> Cursor {
        Sync::cursor(self)
    }

    async fn next_batch(&mut self) -> Result<Option<Batch>, ImapError> {
        Sync::next_batch(self).await
    }
}

/// The object's way to storage, its room and D1.
struct Shell<'a>(&'a Env);

fn unavailable(why: String) -> Reject {
    Reject::new(Code::Unavailable, why)
}

impl Intake for Shell<'_> {
    async fn put_object(&self, key: &str, bytes: &[u8]) -> Result<(), Reject> {
        outside::put(self.0, key, bytes).await.map_err(unavailable)
    }

    async fn ask_room(
        &self,
        workspace: WorkspaceId,
        key: String,
        command: &RoomCommand,
    ) -> Result<(Vec<u8>, bool), Reject> {
        let (kind, name) = (ActorKind::WorkspaceRoom, workspace.to_string());
        let asked = outside::ask(self.0, kind, &name, &key, &to_json(command)).await;
        match asked.map_err(unavailable)? {
            Answer::Done { json, replayed } => Ok((json, replayed)),
            Answer::Rejected(reject) => Err(reject),
        }
    }

    async fn addresses(&self, workspace: WorkspaceId) -> Vec<String> {
        outside::texts(self.0, ADDRESSES, workspace).await.unwrap_or_else(|why| {
            crate::kernel::log(&format!("own addresses of {workspace}: {why}"));
            Vec::new()
        })
    }
}
