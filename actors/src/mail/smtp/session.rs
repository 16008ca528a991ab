//! The dialogue, from the greeting to the reply to the final dot.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::dots::{DotStuffer, FINAL_DOT};
use super::envelope::Offer;
use super::reply::{Reply, ReplyReader};
use super::{
    Credentials, Failure, Mechanism, NotSent, RECIPIENTS_MAX, RefusedRecipient, Security,
    SendOutcome, Sleep, SmtpMail, SmtpSettings, SmtpStream, Stage,
};
use crate::mail::wire::{hang_up, plain, shake_hands, within};

const CHUNK_BYTES: usize = 16 * 1024;
const SECRET_BYTES_MAX: usize = 512;

/// Hands one mail to a server over a fresh connection, and says what became of it.
///
/// For [`Security::Tls`] the stream must be TLS already. Cancelling the future (dropping it) is
/// a failure the caller has to judge: treat it as [`SendOutcome::Unknown`].
pub async fn send<S: SmtpStream>(
    stream: S,
    sleep: &impl Sleep,
    settings: &SmtpSettings,
    mail: SmtpMail<'_>,
) -> SendOutcome {
    if let Err(text) = check(settings, &mail) {
        return SendOutcome::NotSent { why: NotSent::BadInput { text: text.to_string() } };
    }
    let session = Session { stream, reader: ReplyReader::default(), sleep, settings };
    match session.run(mail).await {
        Ok(outcome) => outcome,
        Err(Stop::Refused { at, reply }) => refused(at, reply),
        Err(Stop::NotSent(why)) => SendOutcome::NotSent { why },
    }
}

/// Why the dialogue ended before the final dot.
enum Stop {
    Refused { at: Stage, reply: Reply },
    NotSent(NotSent),
}

struct Session<'x, S, W> {
    stream: S,
    reader: ReplyReader,
    sleep: &'x W,
    settings: &'x SmtpSettings,
}

impl<S: SmtpStream, W: Sleep> Session<'_, S, W> {
    async fn run(mut self, mail: SmtpMail<'_>) -> Result<SendOutcome, Stop> {
        let greeting_ms = self.settings.time_limits.greeting_ms;
        let (greeting, _) = self.reply(Stage::Greeting, greeting_ms).await?;
        expect(Stage::Greeting, greeting, 220)?;
        let mut offer = self.ehlo().await?;
        if self.settings.security == Security::StartTls {
            self = self.start_tls(&offer).await?;
            offer = self.ehlo().await?; // what was offered in the clear does not count
        }
        if let Some(credentials) = &self.settings.credentials {
            self.log_in(&offer, credentials).await?;
        }
        let refused_recipients = self.envelope(&offer, &mail).await?;
        self.body(mail.raw).await?;
        let outcome = self.final_dot(refused_recipients).await;
        self.quit().await;
        Ok(outcome)
    }

    async fn ehlo(&mut self) -> Result<Offer, Stop> {
        let name = &self.settings.helo_name;
        let (reply, lines) = self.exchange(Stage::Ehlo, &format!("EHLO {name}")).await?;
        expect(Stage::Ehlo, reply, 250)?;
        Ok(Offer::read(&lines))
    }

    async fn start_tls(mut self, offer: &Offer) -> Result<Self, Stop> {
        if !offer.has_start_tls {
            return Err(Stop::NotSent(NotSent::TlsNotOffered));
        }
        self.command(Stage::StartTls, "STARTTLS", 220).await?;
        // Bytes behind this reply came in the clear and would be read as if they were secret.
        if self.reader.has_surplus() {
            return Err(Stop::NotSent(NotSent::Injected));
        }
        let Session { stream, sleep, settings, .. } = self;
        let stream = shake_hands(stream, sleep, settings.time_limits.tls_ms).await;
        let stream = stream.map_err(|text| Stop::NotSent(NotSent::TlsFailed { text }))?;
        Ok(Session { stream, reader: ReplyReader::default(), sleep, settings })
    }

    async fn log_in(&mut self, offer: &Offer, who: &Credentials) -> Result<(), Stop> {
        let is_offered = |m: &Mechanism| offer.mechanisms.contains(m);
        let wanted = match who.mechanism {
            Some(mechanism) => vec![mechanism],
            None => vec![Mechanism::Plain, Mechanism::Login],
        };
        let mechanism = wanted.into_iter().find(is_offered);
        let steps = match mechanism.ok_or(Stop::NotSent(NotSent::AuthNotOffered))? {
            Mechanism::Plain => {
                vec![
                    "AUTH PLAIN".into(),
                    BASE64.encode(format!("\0{}\0{}", who.user, who.password)),
                ]
            }
            Mechanism::Login => {
                vec!["AUTH LOGIN".into(), BASE64.encode(&who.user), BASE64.encode(&who.password)]
            }
        };
        // No initial response: it saves a round trip, but not every server knows it, and a long
        // password would not fit the command line.
        let last = steps.len() - 1;
        for (at, step) in steps.iter().enumerate() {
            self.command(Stage::Auth, step, if at == last { 235 } else { 334 }).await?;
        }
        Ok(())
    }

    /// MAIL, RCPT and DATA, in one flight where the server offers it; returns whom the server would
    /// not take, if it takes anybody.
    ///
    /// Where it takes nobody and yet wants the mail, the connection is dropped: of what it said to
    /// DATA, nothing needs to be known then.
    async fn envelope(
        &mut self,
        offer: &Offer,
        mail: &SmtpMail<'_>,
    ) -> Result<Vec<RefusedRecipient>, Stop> {
        let first = offer.mail(mail).map_err(Stop::NotSent)?;
        let recipients: Vec<String> = mail.recipients.iter().map(|to| offer.rcpt(to)).collect();
        let is_flight = offer.has_pipelining;
        if is_flight {
            let middle = recipients.iter().map(String::as_str);
            let all: Vec<&str> =
                [first.as_str()].into_iter().chain(middle).chain(["DATA"]).collect();
            self.say(Stage::Mail, &all.join("\r\n")).await?;
        }
        let (reply, _) = self.answer(Stage::Mail, &first, is_flight).await?;
        expect(Stage::Mail, reply, 250)?;

        let mut refused: Vec<RefusedRecipient> = Vec::new();
        for (address, command) in mail.recipients.iter().zip(&recipients) {
            let (reply, _) = self.answer(Stage::Rcpt, command, is_flight).await?;
            match reply.code {
                250..=252 => {}
                421 => return Err(Stop::Refused { at: Stage::Rcpt, reply }), // it hangs up
                400..=599 => refused.push(RefusedRecipient { address: address.clone(), reply }),
                _ => return Err(broken(Stage::Rcpt, Failure::OutOfStep)),
            }
        }
        if refused.len() == mail.recipients.len() {
            // If one of them may be taken later, the whole is worth another try.
            let at = refused.iter().position(|r| r.reply.code < 500).unwrap_or(0);
            return Err(Stop::Refused { at: Stage::Rcpt, reply: refused.swap_remove(at).reply });
        }
        let (reply, _) = self.answer(Stage::Data, "DATA", is_flight).await?;
        expect(Stage::Data, reply, 354)?;
        Ok(refused)
    }

    /// Writes the mail, but not its end: a server that sees no end must forget it.
    async fn body(&mut self, raw: &[u8]) -> Result<(), Stop> {
        let mut stuffer = DotStuffer::new();
        for chunk in raw.chunks(CHUNK_BYTES) {
            let wire = stuffer.encode(chunk);
            self.body_chunk(&wire).await?;
        }
        self.body_chunk(stuffer.finish()).await
    }

    async fn body_chunk(&mut self, wire: &[u8]) -> Result<(), Stop> {
        let limits = self.settings.time_limits;
        let Err(failure) = within(self.sleep, limits.chunk_ms, write(&mut self.stream, wire)).await
        else {
            return Ok(());
        };
        // A server that hangs up in the middle may have said why.
        if failure != Failure::TimedOut
            && let Ok((reply, _)) = self.reply(Stage::Body, limits.quit_ms).await
            && reply.code >= 400
        {
            return Err(Stop::Refused { at: Stage::Body, reply });
        }
        Err(broken(Stage::Body, failure))
    }

    /// From here on, whatever is not a clear answer is [`SendOutcome::Unknown`].
    async fn final_dot(&mut self, refused_recipients: Vec<RefusedRecipient>) -> SendOutcome {
        // An answer that is there before the question is not an answer to it.
        if self.reader.has_surplus() {
            let failure = Failure::OutOfStep;
            return SendOutcome::NotSent { why: NotSent::Broken { at: Stage::Body, failure } };
        }
        let limits = self.settings.time_limits;
        let Session { stream, reader, sleep, .. } = self;
        let answer = within(*sleep, limits.final_ms, async {
            let written = write(stream, FINAL_DOT).await;
            // A half-closed connection may still bring a refusal; a success to a dot that was
            // not written whole would be a success of something else.
            match (reader.read(stream).await, written) {
                (Ok((reply, _)), Ok(())) => Ok(reply),
                (Ok((reply, _)), Err(_)) if reply.code >= 400 => Ok(reply),
                (Err(failure), Ok(())) | (_, Err(failure)) => Err(failure),
            }
        });
        match answer.await {
            Ok(reply) if (200..300).contains(&reply.code) => {
                SendOutcome::Accepted { reply, refused_recipients }
            }
            Ok(reply) if reply.code >= 400 => refused(Stage::FinalDot, reply),
            Ok(_) => SendOutcome::Unknown { why: Failure::OutOfStep },
            Err(why) => SendOutcome::Unknown { why },
        }
    }

    /// Says goodbye; what comes of it changes nothing any more.
    async fn quit(&mut self) {
        let Session { stream, reader, sleep, settings } = self;
        let goodbye = async {
            write(stream, b"QUIT\r\n").await?;
            reader.read(stream).await
        };
        let _ = within(*sleep, settings.time_limits.quit_ms, goodbye).await;
        hang_up(stream, *sleep, settings.time_limits.quit_ms).await;
    }

    async fn command(&mut self, at: Stage, command: &str, code: u16) -> Result<(), Stop> {
        let (reply, _) = self.exchange(at, command).await?;
        expect(at, reply, code)
    }

    /// The reply to a command that is under way already, or is sent now.
    async fn answer(
        &mut self,
        at: Stage,
        command: &str,
        is_under_way: bool,
    ) -> Result<(Reply, Vec<String>), Stop> {
        match is_under_way {
            true => self.reply(at, self.settings.time_limits.command_ms).await,
            false => self.exchange(at, command).await,
        }
    }

    /// Sends lines without waiting for their replies.
    async fn say(&mut self, at: Stage, lines: &str) -> Result<(), Stop> {
        if self.reader.has_surplus() {
            return Err(broken(at, Failure::OutOfStep));
        }
        let lines = format!("{lines}\r\n");
        let written = write(&mut self.stream, lines.as_bytes());
        match within(self.sleep, self.settings.time_limits.command_ms, written).await {
            // A server that hangs up in the middle may have said why: that is read next.
            Ok(()) | Err(Failure::Closed | Failure::Io { .. }) => Ok(()),
            Err(failure) => Err(broken(at, failure)),
        }
    }

    /// Sends a line and reads its reply, within one time limit.
    async fn exchange(&mut self, at: Stage, command: &str) -> Result<(Reply, Vec<String>), Stop> {
        if self.reader.has_surplus() {
            return Err(broken(at, Failure::OutOfStep));
        }
        let line = format!("{command}\r\n");
        let Session { stream, reader, sleep, settings } = self;
        let exchange = async {
            let written = write(stream, line.as_bytes()).await;
            match (reader.read(stream).await, written) {
                (Ok(answer), _) => Ok(answer),
                (Err(_), Err(failure)) | (Err(failure), Ok(())) => Err(failure),
            }
        };
        let answer = within(*sleep, settings.time_limits.command_ms, exchange).await;
        answer.map_err(|failure| broken(at, failure))
    }

    async fn reply(&mut self, at: Stage, limit_ms: u64) -> Result<(Reply, Vec<String>), Stop> {
        let answer = within(self.sleep, limit_ms, self.reader.read(&mut self.stream)).await;
        answer.map_err(|failure| broken(at, failure))
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Result<(), Failure> {
    let io = |error: std::io::Error| Failure::Io { text: plain(&error.to_string()) };
    stream.write_all(bytes).await.map_err(io)?;
    stream.flush().await.map_err(io)
}

fn expect(at: Stage, reply: Reply, code: u16) -> Result<(), Stop> {
    match reply.code {
        got if got == code => Ok(()),
        400..=599 => Err(Stop::Refused { at, reply }),
        _ => Err(broken(at, Failure::OutOfStep)),
    }
}

fn broken(at: Stage, failure: Failure) -> Stop {
    Stop::NotSent(NotSent::Broken { at, failure })
}

fn refused(at: Stage, reply: Reply) -> SendOutcome {
    SendOutcome::Refused {
        permanent: reply.code >= 500,
        code: reply.code,
        enhanced: reply.enhanced,
        text: reply.text,
        at,
    }
}

/// Whether settings and mail can go on the wire at all. Addresses are safe by their type.
fn check(settings: &SmtpSettings, mail: &SmtpMail<'_>) -> Result<(), &'static str> {
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b"-.[]:".contains(&b);
    let name = &settings.helo_name;
    if name.is_empty() || name.len() > 255 || !name.bytes().all(is_host) {
        return Err("the name for EHLO is not a host name");
    }
    if mail.recipients.is_empty() {
        return Err("the mail has no recipient");
    }
    if mail.recipients.len() > RECIPIENTS_MAX {
        return Err("the mail has too many recipients");
    }
    if mail.raw.is_empty() {
        return Err("the mail is empty");
    }
    let is_secret = |s: &str| !s.is_empty() && s.len() <= SECRET_BYTES_MAX && !s.contains('\0');
    match &settings.credentials {
        Some(who) if !is_secret(&who.user) || !is_secret(&who.password) => {
            Err("the user or the password is empty, too long or holds a NUL")
        }
        _ => Ok(()),
    }
}
