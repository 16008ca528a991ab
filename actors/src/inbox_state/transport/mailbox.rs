//! How an inbox's mail comes in: IMAP over the Worker's TCP sockets, or Microsoft Graph; wasm only.
//!
//! It connects, opens the sealed secret, and hands over to [`crate::mail::imap`] or
//! [`crate::mail::graph`], and [`crate::mail::mailbox`]. A reading is given up after [`LIMIT`],
//! before the outbox would take the object for dead.

use super::{Waits, Wire, connect, open, security};
use crate::kernel::host::fetch::Fetching;
use crate::kernel::host::outside;
use crate::mail::folders::of_imap;
use crate::mail::graph::{self, Application};
use crate::mail::imap::{
    self, Credentials, Cursor, FolderName, ImapSettings, MailStream, Secret, Sleep, TimeLimits,
    find_sent,
};
use crate::mail::intake::Intake;
use crate::mail::mailbox::{MailboxJob, MailboxRead, Position, Reading, Source};
use futures_util::future::{Either, select};
use schema::codec::to_json;
use schema::ids::WorkspaceId;
use schema::mailbox::MailFolder;
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
        let reading = async {
            match &job.source {
                Source::Imap { .. } => at_server(&env, &job).await,
                Source::Microsoft { .. } => at_microsoft(&env, &job).await,
            }
        };
        match select(pin!(reading), pin!(Delay::from(LIMIT))).await {
            Either::Left((read, _)) => read,
            Either::Right(_) => MailboxRead::failed(&job, "the server takes too long", false),
        }
    })
}

/// How long something has taken since.
fn clock() -> impl Fn() -> Millis {
    let began = js_sys::Date::now();
    move || (js_sys::Date::now() - began) as Millis
}

async fn at_server(env: &Env, job: &MailboxJob) -> MailboxRead {
    let Source::Imap { host, port, .. } = &job.source else {
        return MailboxRead::failed(job, "it is at no server", true);
    };
    let settings = match settings(env, job) {
        Ok(settings) => settings,
        Err(why) => return MailboxRead::failed(job, &why, true),
    };
    let socket = match connect(host, *port, settings.security).await {
        Ok(socket) => socket,
        Err(why) => return MailboxRead::failed(job, &format!("no connection: {why}"), false),
    };
    let mut session = match imap::connect(Wire(socket), &Waits, &settings).await {
        Ok(session) => session,
        Err(error) => {
            let error = of_imap(&error, None);
            return MailboxRead::failed(job, &error.why, error.for_good);
        }
    };
    let shell = Shell(env);
    let mut reading = Reading::begin(&shell, job, clock()).await;
    let all = folders(&mut session, &mut reading, job).await;
    session.log_out().await;
    reading.end(all)
}

/// Reads the inbox, and then the folder of sent mail, where there is one.
async fn folders<S: MailStream, W: Sleep>(
    session: &mut imap::Session<'_, S, W>,
    reading: &mut Reading<'_, Shell<'_>, impl Fn() -> Millis>,
    job: &MailboxJob,
) -> bool {
    if !folder(session, reading, job, MailFolder::Inbox, &FolderName::inbox()).await {
        return false;
    }
    let known = match session.folders().await {
        Ok(known) => known,
        Err(error) => {
            reading.stop(MailFolder::Sent, of_imap(&error, None));
            return false;
        }
    };
    match find_sent(&known) {
        Some(sent) => folder(session, reading, job, MailFolder::Sent, &sent.name).await,
        None => true,
    }
}

async fn folder<S: MailStream, W: Sleep>(
    session: &mut imap::Session<'_, S, W>,
    reading: &mut Reading<'_, Shell<'_>, impl Fn() -> Millis>,
    job: &MailboxJob,
    which: MailFolder,
    name: &FolderName,
) -> bool {
    match session.sync(name, imap_cursor(job, which)).await {
        Ok(folder) => {
            reading
                .folder(which, &mut folder.not_before(job.since / 1000).at_most(job.mails_max))
                .await
        }
        Err(error) => {
            reading.stop(which, of_imap(&error, None));
            false
        }
    }
}

const fn imap_cursor(job: &MailboxJob, which: MailFolder) -> Option<Cursor> {
    match job.positions.of(which) {
        Some(Position::Imap(cursor)) => Some(*cursor),
        _ => None,
    }
}

fn settings(env: &Env, job: &MailboxJob) -> Result<ImapSettings, String> {
    let Source::Imap { host, security: name, username, sealed_password, .. } = &job.source else {
        return Err("it is at no server".to_owned());
    };
    let secret = Secret::Password(open(env, &job.owner, sealed_password)?);
    Ok(ImapSettings {
        security: security(name, host)?,
        credentials: Credentials { user: username.clone(), secret },
        time_limits: TimeLimits { fetch_ms: 90_000, batch_ms: 100_000, ..TimeLimits::default() },
    })
}

async fn at_microsoft(env: &Env, job: &MailboxJob) -> MailboxRead {
    let (application, token) = match opened(env, job) {
        Ok(opened) => opened,
        Err(why) => return MailboxRead::failed(job, &why, false),
    };
    let session = graph::Session::new(&Fetching, &application.graph_url, &token);
    let shell = Shell(env);
    let mut reading = Reading::begin(&shell, job, clock()).await;
    let mut all = true;
    for (which, there) in
        [(MailFolder::Inbox, graph::Folder::Inbox), (MailFolder::Sent, graph::Folder::Sent)]
    {
        let before = match job.positions.of(which) {
            Some(Position::Microsoft(cursor)) => cursor.clone(),
            _ => graph::Cursor::default(),
        };
        let mut folder = session.sync(there, before, job.since).at_most(job.mails_max);
        all = all && reading.folder(which, &mut folder).await;
    }
    reading.end(all)
}

fn opened(env: &Env, job: &MailboxJob) -> Result<(Application, String), String> {
    let Source::Microsoft { sealed_token } = &job.source else {
        return Err("it is not at Microsoft".to_owned());
    };
    let var = |name: &str| env.var(name).ok().map(|value| value.to_string());
    let application = Application::read(var)?.ok_or("MICROSOFT_CLIENT_ID is not set")?;
    Ok((application, open(env, &job.owner, sealed_token)?))
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
