//! How an inbox's mail leaves: SMTP over the Worker's TCP sockets; wasm only.
//!
//! It connects, opens the sealed password, and hands over to [`crate::mail::smtp`], whose outcome
//! it passes on as it is. The files of a mail are read from storage before that, in pieces; a mail
//! of which one is not there does not leave. A hand-over that takes longer than [`LIMIT`] is
//! unknown, and over before the outbox would take the object for dead. Where `SEND_MODE` is `dry`
//! it stops before it connects.
//!
//! How mail comes in is in [`mailbox`].

mod mailbox;

use crate::kernel::host::files;
use crate::kernel::host::{Transport, seal_keys};
use crate::kernel::{MailJob, MailOutcome, RefusedRecipient};
use crate::mail::address::Address;
use crate::mail::attach::Missing;
use crate::mail::seal;
use crate::mail::send_mode::SendMode;
use crate::mail::smtp::{
    Credentials, Reply, Security, SendOutcome, Sleep, SmtpMail, SmtpSettings, SmtpStream, Stage,
    TimeLimits, send,
};
use futures_util::future::{Either, select};
use std::cell::Cell;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use worker::{Delay, Env, SecureTransport, Socket};

/// How long a hand-over may take in all.
const LIMIT: Duration = Duration::from_secs(8 * 60);
/// How many bytes of files are in memory at once, of all mails that are under way.
const FILES_AT_ONCE_MAX: i64 = 30 * 1024 * 1024;
/// How long a connection may take to open.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);

/// Both ways.
pub const TRANSPORT: Transport = Transport { send: send_mail, read: mailbox::read_mailbox };

/// Sends a mail.
fn send_mail(env: Env, job: MailJob) -> Pin<Box<dyn Future<Output = MailOutcome>>> {
    Box::pin(async move {
        let size = job.files.iter().map(|file| file.bytes_count.max(0)).sum();
        let Some(_room) = Room::take(size) else {
            return MailOutcome::Busy { why: "other mails with large files leave first".into() };
        };
        let content = match files::whole(&env, &job.content, &job.files, &job.end).await {
            Ok(content) => content,
            Err(Missing::Gone(why)) => return MailOutcome::Unmade { why },
            Err(Missing::Later(why)) => return not_sent(why),
        };
        match select(pin!(hand_over(&env, &job, &content)), pin!(Delay::from(LIMIT))).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => MailOutcome::Unknown { why: "the server took too long".into() },
        }
    })
}

fn not_sent(why: String) -> MailOutcome {
    MailOutcome::NotSent { why }
}

thread_local! {
    static UNDER_WAY: Cell<i64> = const { Cell::new(0) };
}

/// The room in memory that the files of a mail take while it leaves.
struct Room(i64);

impl Room {
    /// Takes it, unless others have it; a mail alone always gets it.
    fn take(size: i64) -> Option<Self> {
        let taken = UNDER_WAY.get();
        if size > 0 && taken > 0 && taken + size > FILES_AT_ONCE_MAX {
            return None;
        }
        UNDER_WAY.set(taken + size);
        Some(Self(size))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        UNDER_WAY.set(UNDER_WAY.get() - self.0);
    }
}

async fn hand_over(env: &Env, job: &MailJob, content: &[u8]) -> MailOutcome {
    let setting = env.var("SEND_MODE").ok().map(|setting| setting.to_string());
    let mode = match SendMode::parse(setting.as_deref()) {
        Ok(mode) => mode,
        Err(why) => return not_sent(why),
    };
    let ready = prepare(env, job);
    let (from, recipients, settings) = match ready {
        Ok(ready) => ready,
        Err(why) => return not_sent(why),
    };
    if mode == SendMode::Dry {
        return MailOutcome::Accepted { reply: "SEND_MODE is dry".into(), refused: Vec::new() };
    }
    let socket = match connect(&job.host, job.port, settings.security).await {
        Ok(socket) => socket,
        Err(why) => return not_sent(why),
    };
    let envelope_id = job.envelope_id.as_str();
    let mail = SmtpMail { from: &from, recipients: &recipients, raw: content, envelope_id };
    outcome(send(Wire(socket), &Waits, &settings, mail).await)
}

fn prepare(env: &Env, job: &MailJob) -> Result<(Address, Vec<Address>, SmtpSettings), String> {
    let address = |text: &String| {
        Address::parse(text).map_err(|error| format!("the address {text} is unusable: {error}"))
    };
    let from = address(&job.from)?;
    let recipients = job.to.iter().map(address).collect::<Result<Vec<_>, _>>()?;
    let security = security(&job.security, &job.host)?;
    let password = open(env, &job.owner, &job.sealed_password)?;
    let credentials = Some(Credentials { user: job.username.clone(), password, mechanism: None })
        .filter(|credentials| !credentials.user.is_empty());
    let settings = SmtpSettings {
        helo_name: from.domain().to_owned(),
        security,
        credentials,
        time_limits: TimeLimits::default(),
    };
    Ok((from, recipients, settings))
}

/// How a connection is secured, by its name; an open one goes no further than this machine.
fn security(name: &str, host: &str) -> Result<Security, String> {
    match name {
        "implicit_tls" => Ok(Security::Tls),
        "starttls" => Ok(Security::StartTls),
        "plain" if matches!(host, "localhost" | "127.0.0.1" | "::1") => Ok(Security::Plain),
        other => Err(format!("{other} is no way to secure a connection to {host}")),
    }
}

/// Opens a sealed password.
fn open(env: &Env, owner: &str, sealed: &[u8]) -> Result<String, String> {
    let password = seal::open(&seal_keys(env)?, owner, sealed);
    let password = password.map_err(|error| format!("password: {error}"))?;
    String::from_utf8(password).map_err(|_| "password: no text".to_owned())
}

async fn connect(host: &str, port: u16, security: Security) -> Result<Socket, String> {
    let transport = match security {
        Security::Tls => SecureTransport::On,
        Security::StartTls => SecureTransport::StartTls,
        Security::Plain => SecureTransport::Off,
    };
    let socket = Socket::builder()
        .secure_transport(transport)
        .connect(host, port)
        .map_err(|error| error.to_string())?;
    let opened = match select(pin!(socket.opened()), pin!(Delay::from(CONNECT_LIMIT))).await {
        Either::Left((opened, _)) => opened.map(drop).map_err(|error| error.to_string()),
        Either::Right(_) => Err("no connection in time".into()),
    };
    opened.map(|()| socket)
}

fn outcome(outcome: SendOutcome) -> MailOutcome {
    match outcome {
        SendOutcome::Accepted { reply, refused_recipients } => {
            let refused = refused_recipients
                .into_iter()
                .map(|one| RefusedRecipient {
                    address: one.address.into(),
                    code: one.reply.code,
                    enhanced: one.reply.enhanced,
                    text: one.reply.text,
                })
                .collect();
            MailOutcome::Accepted { reply: reply.text, refused }
        }
        SendOutcome::Refused { code, enhanced, text, permanent, at } => {
            let recipient = at == Stage::Rcpt;
            MailOutcome::Refused { code, enhanced, text, permanent, recipient }
        }
        // It was not asked, and yet is known to say no.
        SendOutcome::NotSent { why } => match why.refusal() {
            Some(Reply { code, enhanced, text }) => {
                MailOutcome::Refused { code, enhanced, text, permanent: true, recipient: false }
            }
            None => MailOutcome::NotSent { why: format!("{why:?}") },
        },
        SendOutcome::Unknown { why } => MailOutcome::Unknown { why: format!("{why:?}") },
    }
}

struct Waits;

impl Sleep for Waits {
    async fn sleep(&self, duration_ms: u64) {
        Delay::from(Duration::from_millis(duration_ms)).await;
    }
}

/// The Worker's socket, as the SMTP session wants it.
struct Wire(Socket);

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl SmtpStream for Wire {
    async fn start_tls(self) -> io::Result<Self> {
        let socket = self.0.start_tls();
        socket.opened().await.map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self(socket))
    }
}
