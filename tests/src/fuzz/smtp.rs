//! What a damaged SMTP server says: to the reader of replies in pieces of any size, and in a whole
//! dialogue.
//!
//! Of the dialogue the rule is the one that matters: once the final dot was begun, the outcome is
//! the server's word about it or [`SendOutcome::Unknown`]; before that, neither.

use super::Target;
use super::mutate::{Kind, Seeds, damaged};
use super::words;
use crate::sim::random::Random;
use actors::mail::address::Address;
use actors::mail::imap::testing::{NoTime, run};
use actors::mail::smtp::reply::ReplyReader;
use actors::mail::smtp::{
    Credentials, Failure, Reply, Security, SendOutcome, SmtpMail, SmtpSettings, SmtpStream, Stage,
    TimeLimits, send,
};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const SAID: &[&str] = &[
    "220 mx.example.com ESMTP ready\r\n",
    "250-mx.example.com\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n\
        250-AUTH PLAIN LOGIN\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n\
        250-SMTPUTF8\r\n250 CHUNKING\r\n",
    "235 2.7.0 Authentication successful\r\n334 UGFzc3dvcmQ6\r\n",
    "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n",
    "250 2.0.0 Ok: queued as 4F2A\r\n221 2.0.0 Bye\r\n",
    "550-5.1.1 The email account that you tried to reach does not exist.\r\n\
        550 5.1.1 Learn more at http://example.com/ - gsmtp\r\n",
    "421 4.7.0 Too many connections\r\n",
    "552 5.3.4 Message size exceeds fixed limit\r\n451 4.3.0 Try again\r\n",
];
/// One execution in so many is a whole dialogue.
const DIALOGUE_EVERY: usize = 2;
/// More lines than that, and the client would talk for ever.
const LINES_MAX: usize = 1_000;
const TEXT_CHARS_MAX: usize = 1_000;
const PASSWORD: &str = "s3cret-password";

/// SMTP servers.
#[derive(Debug)]
pub struct Smtp {
    seeds: Seeds,
}

impl Smtp {
    /// From replies as they should be.
    pub fn new() -> Smtp {
        let small = SAID.iter().map(|said| said.as_bytes().to_vec()).collect();
        Smtp { seeds: Seeds { small, large: Vec::new() } }
    }
}

impl Target for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    fn input(&self, random: &mut Random) -> Vec<u8> {
        damaged(&self.seeds, Kind::Words(words::SMTP), random)
    }

    fn run(&mut self, input: &[u8], random: &mut Random) -> Result<&'static str, String> {
        if random.index(DIALOGUE_EVERY) == 0 {
            return dialogue(input, random);
        }
        let whole = replies(input, input.len());
        let pieces = replies(input, 1 + random.index(9));
        if whole != pieces {
            return Err(format!("{whole:?} as a whole, {pieces:?} in pieces"));
        }
        for reply in &whole.0 {
            let is_plain = !reply.text.contains(|c: char| c.is_control() && c != '\n');
            if !(200..600).contains(&reply.code)
                || reply.text.chars().count() > TEXT_CHARS_MAX
                || !is_plain
            {
                return Err(format!("{reply:?}"));
            }
        }
        Ok(match (whole.1, whole.0.len()) {
            (Failure::Closed, 0) => "nothing whole",
            (Failure::Closed, _) => "replies",
            (_, 0) => "error at once",
            (_, _) => "error after replies",
        })
    }
}

/// All replies up to the end or the first error.
fn replies(bytes: &[u8], piece_bytes: usize) -> (Vec<Reply>, Failure) {
    let mut stream = Pieces { rest: bytes, piece_bytes };
    let (mut reader, mut replies) = (ReplyReader::default(), Vec::new());
    loop {
        match run(reader.read(&mut stream)) {
            Ok((reply, _)) => replies.push(reply),
            Err(failure) => return (replies, failure),
        }
    }
}

/// Bytes that come piece by piece.
struct Pieces<'x> {
    rest: &'x [u8],
    piece_bytes: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = self.rest.len().min(self.piece_bytes).min(buf.remaining());
        let (piece, rest) = self.rest.split_at(count);
        buf.put_slice(piece);
        self.rest = rest;
        Poll::Ready(Ok(()))
    }
}

/// A mail is handed to a server that says something damaged once.
fn dialogue(damage: &[u8], random: &mut Random) -> Result<&'static str, String> {
    let security = *random.pick(&[Security::Plain, Security::StartTls]);
    let is_tls = security != Security::StartTls;
    let mails: [&[u8]; 3] = [
        b"Subject: x\r\n\r\nHello\r\n",
        b"Subject: x\r\n\r\n.\r\n..\n.Hello",
        b"Subject: x\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n",
    ];
    let raw = *random.pick(&mails);
    let credentials = random.chance(700).then(|| Credentials {
        user: "ann".to_owned(),
        password: PASSWORD.to_owned(),
        mechanism: None,
    });
    let helo_name = "me.example".to_owned();
    let settings =
        SmtpSettings { helo_name, security, credentials, time_limits: TimeLimits::default() };
    let address = |text| Address::parse(text).map_err(|error| format!("{text}: {error}"));
    let (from, to) = (address("ann@example.net")?, address("bob@example.org")?);
    let to = vec![to; 1 + random.index(3)];
    let mut server = Server::new(damage, random, is_tls);
    let mail = SmtpMail { from: &from, recipients: &to, raw, envelope_id: "0123+" };
    let outcome = run(send(Stream { server: &mut server }, &NoTime, &settings, mail));
    server.judge(&outcome, raw)?;
    Ok(match outcome {
        SendOutcome::Accepted { .. } => "dialogue: accepted",
        SendOutcome::Refused { .. } => "dialogue: refused",
        SendOutcome::NotSent { .. } => "dialogue: not sent",
        SendOutcome::Unknown { .. } => "dialogue: unknown",
    })
}

/// A server that answers each line at once, and keeps what it heard.
struct Server<'x> {
    damage: &'x [u8],
    random: &'x mut Random,
    /// The lines before the one that is answered with the damage.
    good_left: usize,
    lines: usize,
    is_tls: bool,
    /// It takes the mail, and not commands.
    is_data: bool,
    has_dot: bool,
    has_left: bool,
    /// Waiting for the end of a line.
    heard: Vec<u8>,
    mail: Vec<u8>,
    unread: Vec<u8>,
    fault: Option<String>,
}

impl<'x> Server<'x> {
    fn new(damage: &'x [u8], random: &'x mut Random, is_tls: bool) -> Server<'x> {
        let good_left = random.index(14);
        let mut server = Server {
            damage,
            random,
            good_left,
            lines: 0,
            is_tls,
            is_data: false,
            has_dot: false,
            has_left: false,
            heard: Vec::new(),
            mail: Vec::new(),
            unread: Vec::new(),
            fault: None,
        };
        server.say("220 mx.example.com\r\n");
        server
    }

    fn say(&mut self, good: &str) {
        if self.good_left > 0 {
            self.good_left -= 1;
            self.unread.extend_from_slice(good.as_bytes());
            return;
        }
        self.good_left = usize::MAX;
        self.unread.extend_from_slice(self.damage);
        match self.random.index(3) {
            0 => self.unread.extend_from_slice(good.as_bytes()),
            1 => self.has_left = true,
            _ => {}
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        if self.is_data && self.heard.is_empty() && bytes.starts_with(b".\r\n") {
            self.has_dot = true;
        }
        for byte in bytes {
            self.heard.push(*byte);
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.heard);
                self.line(&line);
            }
        }
    }

    fn line(&mut self, line: &[u8]) {
        self.lines += 1;
        if self.lines > LINES_MAX {
            self.fault = Some("it talks for ever".to_owned());
        }
        if !line.ends_with(b"\r\n") {
            self.fault = Some("a line without its CR".to_owned());
        }
        if self.is_data {
            match line {
                b".\r\n" => {
                    self.is_data = false;
                    self.say("250 2.0.0 queued\r\n");
                }
                _ => self.mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(line)),
            }
            return;
        }
        let line = String::from_utf8_lossy(line).into_owned();
        if line.starts_with("AUTH") && !self.is_tls {
            self.fault = Some("it logs in without TLS".to_owned());
        }
        match line.split([' ', '\r']).next().unwrap_or_default() {
            "EHLO" => {
                let offer = SAID[1];
                self.say(offer);
            }
            "AUTH" => self.say("334 go\r\n"),
            "STARTTLS" => self.say("220 go\r\n"),
            "DATA" => {
                self.say("354 go\r\n");
                self.is_data = true;
            }
            "QUIT" => self.say("221 bye\r\n"),
            "MAIL" | "RCPT" => self.say("250 ok\r\n"),
            _ => self.say("235 ok\r\n"),
        }
    }

    /// Whether the outcome is what is known of what was said.
    fn judge(&self, outcome: &SendOutcome, raw: &[u8]) -> Result<(), String> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let is_late = match outcome {
            SendOutcome::Accepted { .. } | SendOutcome::Unknown { .. } => true,
            SendOutcome::Refused { at, .. } => *at == Stage::FinalDot,
            SendOutcome::NotSent { .. } => false,
        };
        if is_late != self.has_dot {
            return Err(format!("{outcome:?}, and the final dot: {}", self.has_dot));
        }
        let sent: Vec<&str> = std::str::from_utf8(raw).unwrap_or_default().lines().collect();
        let came: Vec<&str> = std::str::from_utf8(&self.mail).unwrap_or_default().lines().collect();
        let is_whole = sent == came || self.has_dot && self.mail.is_empty();
        if matches!(outcome, SendOutcome::Accepted { .. }) && !is_whole {
            return Err(format!("sent {sent:?}, came {came:?}"));
        }
        Ok(())
    }
}

/// The client's end.
struct Stream<'s, 'x> {
    server: &'s mut Server<'x>,
}

impl AsyncRead for Stream<'_, '_> {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let server = &mut *self.get_mut().server;
        if server.unread.is_empty() && !server.has_left {
            return Poll::Pending;
        }
        let piece_max = *server.random.pick(&[1, 40, 1024]);
        let count = server.unread.len().min(piece_max).min(buf.remaining());
        buf.put_slice(&server.unread[..count]);
        server.unread.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream<'_, '_> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let server = &mut *self.get_mut().server;
        if server.has_left && server.unread.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        server.hear(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl SmtpStream for Stream<'_, '_> {
    async fn start_tls(self) -> io::Result<Self> {
        self.server.is_tls = true;
        self.server.unread.clear();
        Ok(self)
    }
}
