//! The mailboxes that inboxes read. A password is sealed here, for its inbox alone, before it goes
//! on.

use crate::app::{Call, read};
use crate::d1;
use crate::gather::gather;
use crate::platform::Platform;
use crate::respond::Reply;
use schema::ids::InboxId;
use schema::inbox::{GetInbox, InboxCommand, InboxView, Security};
use schema::mailbox::{
    ConnectMailbox, DisconnectMailbox, EVERY_MINUTES, ImapAccount, MailboxProvider, SyncBegun,
    SyncMailbox, check_every, check_since, check_way,
};
use schema::{ActorKind, Code, Millis, Permission, Principal, Reject};
use serde::{Deserialize, Serialize};

/// How many inboxes of a workspace are read at once at most.
const INBOXES_MAX: i64 = 300;
/// How many questions one request asks; the platform allows a thousand.
const QUESTIONS_MAX: usize = 800;
/// How long one request waits for readings to end.
const WAIT_MS: Millis = 20_000;
/// How long it waits between two looks, at first and at most.
const LOOK_MS: u32 = 200;
const LOOK_MS_MAX: u32 = 3_000;

const fn every() -> i64 {
    EVERY_MINUTES
}

/// How a client says which mailbox an inbox reads: an account at a server that speaks IMAP, with
/// host, port and password; or the one at Microsoft, where the inbox has logged in, without them.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewMailbox {
    #[serde(default)]
    provider: MailboxProvider,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    port: Option<u16>,
    #[serde(default)]
    security: Option<Security>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
    /// 1 where replies matter, 3 otherwise.
    #[serde(default = "every")]
    every_minutes: i64,
    /// Mail that the server got before is not taken: at most 30 days ago, now where absent.
    #[serde(default)]
    since: Option<Millis>,
}

/// `PUT /v1/inboxes/{id}/mailbox`.
///
/// # Errors
/// `invalid_input`, `unauthorized`, `forbidden`, the inbox's.
pub async fn connect<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let inbox = InboxId(call.ids.first);
    let input: NewMailbox = call.body(&[]).await?;
    let (every_minutes, since) = (check_every(input.every_minutes)?, input.since);
    check_since(since, call.platform.now())?;
    let imap = match input.provider {
        MailboxProvider::Imap => Some(account(&call, &principal, inbox, input).await?),
        MailboxProvider::Microsoft => {
            not_at_microsoft(&input)?;
            None
        }
    };
    let command = InboxCommand::ConnectMailbox(ConnectMailbox { imap, every_minutes, since });
    Ok(call.inbox(principal, inbox, &command).await?.tagged())
}

/// The account at a server, its password sealed.
async fn account<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    inbox: InboxId,
    input: NewMailbox,
) -> Result<ImapAccount, Reject> {
    let view = status(call, principal, inbox).await?;
    let missing = |field: &str| Reject::field(field, "must be there");
    let host = input.host.ok_or_else(|| missing("host"))?;
    let port = input.port.ok_or_else(|| missing("port"))?;
    let by_port = if port == 993 { Security::ImplicitTls } else { Security::Starttls };
    let security = input.security.unwrap_or(by_port);
    if security == Security::Plain && !call.config.local() {
        return Err(Reject::field("security", "must be implicit_tls or starttls"));
    }
    let host = check_way(&host, port, security)?;
    let password = input.password.unwrap_or_default();
    if password.is_empty() || password.len() > 1_024 {
        return Err(Reject::field("password", "must have 1 to 1024 bytes"));
    }
    let username = match input.username {
        Some(username) => schema::check::line("username", &username, 320)?,
        None => view.email,
    };
    let owner = format!("{}/{inbox}", principal.workspace);
    let sealed_password = call.seal(&owner, password.as_bytes())?;
    Ok(ImapAccount { host, port, security, username, sealed_password })
}

/// The mailbox at Microsoft is reached by its log-in alone.
fn not_at_microsoft(input: &NewMailbox) -> Result<(), Reject> {
    let given = [
        ("host", input.host.is_some()),
        ("port", input.port.is_some()),
        ("security", input.security.is_some()),
        ("username", input.username.is_some()),
        ("password", input.password.is_some()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((field, _)) => Err(Reject::field(field, "must be absent for a mailbox at Microsoft")),
        None => Ok(()),
    }
}

/// How an inbox is.
///
/// # Errors
/// The inbox's.
pub async fn status<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    inbox: InboxId,
) -> Result<InboxView, Reject> {
    let instance = format!("{}/{inbox}", principal.workspace);
    let command = InboxCommand::Status(GetInbox {});
    let kind = ActorKind::InboxState;
    read(&call.ask(kind, instance, principal.clone(), None, &command).await?)
}

/// `DELETE /v1/inboxes/{id}/mailbox`.
///
/// # Errors
/// `unauthorized`, `forbidden`, the inbox's.
pub async fn disconnect<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    call.query(&[])?;
    let principal = call.may(Permission::Manage).await?;
    let command = InboxCommand::DisconnectMailbox(DisconnectMailbox {});
    Ok(call.inbox(principal, InboxId(call.ids.first), &command).await?.tagged())
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct SyncEmails {}

/// What came of reading all mailboxes at once.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Synced {
    /// Inboxes that read a mailbox.
    inboxes: usize,
    /// Mails that were taken in.
    taken: i64,
    /// Mails that were known already.
    duplicates: i64,
    /// Inboxes whose mailbox could not be read.
    failed: usize,
    /// Inboxes that are still at it.
    unfinished: usize,
}

/// `POST /v1/admin/sync-emails`: every inbox of the workspace that has a mailbox reads it at once.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `unavailable`.
pub async fn sync<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let SyncEmails {} = call.body_or_empty(&[]).await?;
    let known = d1::inboxes_of(call.platform, principal.workspace, INBOXES_MAX).await?;
    let mut questions = known.len();
    let begun = gather(known, |known| begin(&call, &principal, known.id)).await;
    let mut synced = Synced::default();
    let mut waiting = Vec::new();
    for begun in begun {
        match begun {
            Ok(begun) => waiting.push(begun),
            Err(reject) if reject.code == Code::NotFound => continue,
            Err(reject) => {
                synced.failed += 1;
                let fields = [("requestId", &*call.request_id), ("why", &reject.message)];
                crate::log::error(call.platform, "sync_failed", &fields);
            }
        }
        synced.inboxes += 1;
    }
    let until = call.platform.now() + WAIT_MS;
    let mut wait = LOOK_MS;
    while !waiting.is_empty()
        && call.platform.now() < until
        && questions + waiting.len() <= QUESTIONS_MAX
    {
        call.platform.sleep(wait).await;
        wait = (wait * 2).min(LOOK_MS_MAX);
        questions += waiting.len();
        waiting = look(&call, &principal, waiting, &mut synced).await;
    }
    synced.unfinished = waiting.len();
    Reply::of(&synced)
}

async fn begin<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    id: String,
) -> Result<(InboxId, SyncBegun), Reject> {
    let id = id.parse().map_err(|_| Reject::internal(format!("no inbox is {id}")))?;
    let instance = format!("{}/{id}", principal.workspace);
    let command = InboxCommand::SyncMailbox(SyncMailbox {});
    let kind = ActorKind::InboxState;
    let reply = call.ask(kind, instance, principal.clone(), None, &command).await?;
    Ok((id, read(&reply)?))
}

/// Counts the readings that have ended; gives those that have not.
async fn look<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    waiting: Vec<(InboxId, SyncBegun)>,
    synced: &mut Synced,
) -> Vec<(InboxId, SyncBegun)> {
    let looked = gather(waiting, |(id, begun)| async move {
        let view = status(call, principal, id).await.ok().and_then(|view| view.mailbox);
        (id, begun, view)
    });
    let mut left = Vec::new();
    for (id, begun, view) in looked.await {
        match view {
            Some(view) if view.readings >= begun.readings => {
                synced.taken += view.taken - begun.mailbox.taken;
                synced.duplicates += view.duplicates - begun.mailbox.duplicates;
                synced.failed += usize::from(view.error.is_some());
            }
            _ => left.push((id, begun)),
        }
    }
    left
}
