//! The dialogue: commands and what comes back, from the greeting to the log-in.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::command::{BadArgument, Command};
use super::decoder::{Decoder, ResponseError};
use super::response::{Code, Condition, Response, Status, parse};
use super::{
    Credentials, Failure, ImapError, ImapSettings, MailStream, Secret, Security, Sleep, Stage,
    TimeLimits,
};
use crate::mail::wire::{hang_up, plain, shake_hands, within};

const PIECE_BYTES: usize = 16 * 1024;
/// The longest answer to a command that asks for no mails.
const ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// More than any folder makes of one command, and few enough to be read past.
const RESPONSES_MAX: usize = 100_000;
const SECRET_BYTES_MAX: usize = 8 * 1024;

/// A connection to a mailbox, logged in.
#[derive(Debug)]
pub struct Session<'x, S, W> {
    pub(super) io: Io<'x, S, W>,
    pub(super) limits: TimeLimits,
    /// What the server said it can; `None` while it has said nothing that still counts.
    capabilities: Option<Vec<String>>,
    next_tag: u32,
    /// The mails of the open folder, as the server counts them.
    pub(super) exists: u32,
    /// Whether numbers of mails have moved since this was last set to false.
    pub(super) has_expunged: bool,
    alert: Option<String>,
}

/// Opens a dialogue and logs in.
///
/// For [`Security::Tls`] the stream must be TLS already.
///
/// # Errors
/// All but [`ImapError::MailRefused`] and [`ImapError::NoUidValidity`].
pub async fn connect<'x, S: MailStream, W: Sleep>(
    stream: S,
    sleep: &'x W,
    settings: &ImapSettings,
) -> Result<Session<'x, S, W>, ImapError> {
    check(&settings.credentials)?;
    let limits = settings.time_limits;
    let mut session = Session {
        io: Io::new(stream, sleep),
        limits,
        capabilities: None,
        next_tag: 1,
        exists: 0,
        has_expunged: false,
        alert: None,
    };
    session.greeting().await?;
    if settings.security == Security::StartTls {
        session = session.start_tls().await?;
    }
    session.log_in(&settings.credentials).await?;
    Ok(session)
}

impl<'x, S: MailStream, W: Sleep> Session<'x, S, W> {
    async fn greeting(&mut self) -> Result<(), ImapError> {
        let at = Stage::Greeting;
        let response = within(self.io.sleep, self.limits.greeting_ms, self.io.read()).await;
        let response = response.map_err(|failure| broken(at, failure))?;
        self.note(&response);
        let Response::Untagged(status) = response else {
            return Err(broken(at, Failure::OutOfStep));
        };
        match status.condition {
            Condition::Ok => Ok(()),
            Condition::PreAuth => Err(ImapError::LetInUnasked),
            Condition::Bye | Condition::No | Condition::Bad => {
                Err(ImapError::Refused { at, code: status.code, text: status.text })
            }
        }
    }

    async fn start_tls(mut self) -> Result<Self, ImapError> {
        if !self.can("STARTTLS").await? {
            return Err(ImapError::TlsNotOffered);
        }
        self.ask(Stage::StartTls, Command::new("STARTTLS"), &mut |_| Ok(())).await?;
        // Bytes behind this answer came in the clear and would be read as if they were secret.
        if !self.io.decoder.is_empty() {
            return Err(ImapError::Injected);
        }
        let Io { stream, sleep, .. } = self.io;
        let stream = shake_hands(stream, sleep, self.limits.tls_ms).await;
        let stream = stream.map_err(|text| ImapError::TlsFailed { text })?;
        // What was said in the clear does not count.
        let io = Io::new(stream, sleep);
        Ok(Session { io, capabilities: None, exists: 0, alert: None, ..self })
    }

    async fn log_in(&mut self, who: &Credentials) -> Result<(), ImapError> {
        let command = match &who.secret {
            Secret::AccessToken(token) if self.can("AUTH=XOAUTH2").await? => {
                let proof = format!("user={}\x01auth=Bearer {token}\x01\x01", who.user);
                // The server tells why in a challenge, and wants an empty line before its NO.
                self.authenticate("XOAUTH2", &proof, "").await?
            }
            Secret::AccessToken(_) => return Err(ImapError::LogInNotOffered),
            Secret::Password(password) if self.can("AUTH=PLAIN").await? => {
                let proof = format!("\0{}\0{password}", who.user);
                self.authenticate("PLAIN", &proof, "*").await?
            }
            Secret::Password(password) => {
                if self.can("LOGINDISABLED").await? {
                    return Err(ImapError::LogInNotOffered);
                }
                let command = Command::new("LOGIN").string(who.user.as_bytes());
                command.and_then(|it| it.string(password.as_bytes())).map_err(bad_argument)?
            }
        };
        self.capabilities = None; // it may offer more to those whom it knows
        self.ask(Stage::LogIn, command, &mut |_| Ok(())).await
    }

    /// AUTHENTICATE, with the proof in the same line where the server takes it there (RFC 4959).
    async fn authenticate(
        &mut self,
        mechanism: &str,
        proof: &str,
        when_asked_more: &'static str,
    ) -> Result<Command, ImapError> {
        let proof = BASE64.encode(proof);
        let command = Command::new("AUTHENTICATE ").words(mechanism);
        let command = match self.can("SASL-IR").await? {
            true => command.words(" ").words(&proof),
            false => command.line(&proof),
        };
        Ok(Command { when_asked_more: Some(when_asked_more), ..command })
    }

    /// Whether the server offers something, named in capitals.
    pub(super) async fn can(&mut self, name: &str) -> Result<bool, ImapError> {
        if self.capabilities.is_none() {
            let command = Command::new("CAPABILITY");
            self.ask(Stage::Capability, command, &mut |_| Ok(())).await?;
        }
        let all = self.capabilities.get_or_insert_default();
        Ok(all.iter().any(|it| it == name))
    }

    /// What the server wants to be shown to the user, if it said so since this was last asked.
    pub fn take_alert(&mut self) -> Option<String> {
        self.alert.take()
    }

    /// Sends a command and hands over what comes before its answer, which must be OK.
    pub(super) async fn ask(
        &mut self,
        at: Stage,
        command: Command,
        take: &mut dyn FnMut(Response) -> Result<(), Failure>,
    ) -> Result<(), ImapError> {
        let limit_ms = match at {
            Stage::FetchMail => self.limits.fetch_ms,
            Stage::LogOut => self.limits.log_out_ms,
            _ => self.limits.command_ms,
        };
        // What a batch of mails takes is counted together.
        if !matches!(at, Stage::FetchList | Stage::FetchMail) {
            self.io.left_bytes = ANSWER_BYTES_MAX;
        }
        let sleep = self.io.sleep;
        let exchange = self.exchange(command, take);
        let answer = within(sleep, limit_ms, exchange).await;
        let status = answer.map_err(|failure| broken(at, failure))?;
        match status.condition {
            Condition::Ok => Ok(()),
            Condition::No => Err(ImapError::Refused { at, code: status.code, text: status.text }),
            _ => Err(broken(at, Failure::NotUnderstood { text: status.text })),
        }
    }

    async fn exchange(
        &mut self,
        command: Command,
        take: &mut dyn FnMut(Response) -> Result<(), Failure>,
    ) -> Result<Status, Failure> {
        // An answer that is there before the question is not an answer to it.
        while let Some(response) = self.io.ready()? {
            self.note(&response);
            match response {
                Response::Tagged(..) | Response::Continue => return Err(Failure::OutOfStep),
                response => drop(bye(response)?),
            }
        }
        let tag = format!("a{}", self.next_tag);
        self.next_tag = self.next_tag.wrapping_add(1);
        let mut parts = command.parts.into_iter();
        let first = parts.next().unwrap_or_default();
        self.io.write(&[tag.as_bytes(), b" ", &first, b"\r\n"].concat()).await?;
        let mut when_asked_more = command.when_asked_more;
        for _ in 0..RESPONSES_MAX {
            let response = self.io.read().await?;
            self.note(&response);
            match response {
                Response::Tagged(of, status) if of == tag => return Ok(status),
                Response::Tagged(..) => return Err(Failure::OutOfStep),
                Response::Continue => {
                    let more = parts.next();
                    let more = more.or_else(|| Some(when_asked_more.take()?.as_bytes().to_vec()));
                    let more = more.ok_or(Failure::OutOfStep)?;
                    self.io.write(&[&more, &b"\r\n"[..]].concat()).await?;
                }
                // LOGOUT is the one command that has it as its answer.
                response if first == b"LOGOUT" => take(response)?,
                response => take(bye(response)?)?,
            }
        }
        Err(Failure::from(ResponseError::TooMany))
    }

    /// Remembers what a server may say at any time.
    fn note(&mut self, response: &Response) {
        match response {
            Response::Exists(count) => self.exists = *count,
            Response::Expunge => {
                self.exists = self.exists.saturating_sub(1);
                self.has_expunged = true;
            }
            Response::Capability(names) => self.capabilities = Some(names.clone()),
            Response::Untagged(status) | Response::Tagged(_, status) => match &status.code {
                Some(Code::Alert) => self.alert = Some(status.text.clone()),
                Some(Code::Capability { names }) => self.capabilities = Some(names.clone()),
                _ => {}
            },
            _ => {}
        }
    }

    /// Says goodbye; what comes of it changes nothing any more.
    pub async fn log_out(mut self) {
        let _ = self.ask(Stage::LogOut, Command::new("LOGOUT"), &mut |_| Ok(())).await;
        let Io { stream, sleep, .. } = &mut self.io;
        hang_up(stream, *sleep, self.limits.log_out_ms).await;
    }
}

/// The stream, and what was read of it.
#[derive(Debug)]
pub(super) struct Io<'x, S, W> {
    stream: S,
    decoder: Decoder,
    pub(super) sleep: &'x W,
    /// What was read last.
    piece: Vec<u8>,
    /// How much more may come.
    pub(super) left_bytes: u64,
}

impl<'x, S: MailStream, W> Io<'x, S, W> {
    fn new(stream: S, sleep: &'x W) -> Io<'x, S, W> {
        let piece = vec![0; PIECE_BYTES];
        Io { stream, decoder: Decoder::default(), sleep, piece, left_bytes: ANSWER_BYTES_MAX }
    }

    /// A response that is there already.
    fn ready(&mut self) -> Result<Option<Response>, Failure> {
        let Some(frame) = self.decoder.next()? else { return Ok(None) };
        Ok(Some(parse(frame)?))
    }

    async fn read(&mut self) -> Result<Response, Failure> {
        loop {
            if let Some(response) = self.ready()? {
                return Ok(response);
            }
            let count = self.stream.read(&mut self.piece).await.map_err(io_failure)?;
            if count == 0 {
                return Err(Failure::Closed);
            }
            let left_bytes = self.left_bytes.checked_sub(count as u64);
            self.left_bytes = left_bytes.ok_or(ResponseError::TooMany)?;
            self.decoder.push(self.piece.get(..count).unwrap_or_default());
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stream.write_all(bytes).await.map_err(io_failure)?;
        self.stream.flush().await.map_err(io_failure)
    }
}

fn io_failure(error: std::io::Error) -> Failure {
    Failure::Io { text: plain(&error.to_string()) }
}

fn bye(response: Response) -> Result<Response, Failure> {
    match response {
        Response::Untagged(Status { condition: Condition::Bye, text, .. }) => {
            Err(Failure::Bye { text })
        }
        response => Ok(response),
    }
}

pub(super) fn broken(at: Stage, failure: Failure) -> ImapError {
    ImapError::Broken { at, failure }
}

pub(super) fn bad_argument(_: BadArgument) -> ImapError {
    ImapError::BadInput { text: "a name is too long or holds a line break or a NUL".to_owned() }
}

/// Whether the credentials can go on the wire at all. What separates their parts in a proof may
/// not be within them.
fn check(who: &Credentials) -> Result<(), ImapError> {
    let (Secret::Password(secret) | Secret::AccessToken(secret)) = &who.secret;
    let is_bad = |text: &str| {
        text.is_empty()
            || text.len() > SECRET_BYTES_MAX
            || text.contains(['\0', '\r', '\n', '\x01'])
    };
    if is_bad(&who.user) || is_bad(secret) {
        let text = "the user or the secret is empty, too long or holds controls".to_owned();
        return Err(ImapError::BadInput { text });
    }
    Ok(())
}
