//! A server for tests that lives within the stream: it answers what is written at once, in pieces
//! of any size. Where it has nothing to say, time is over at once.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::decoder::{Decoder, Frame};
use super::response::{Response, parse};
use super::*;

/// What a server does with a line.
pub enum Answer {
    Say(Vec<u8>),
    /// Says it and closes the connection.
    Leave(Vec<u8>),
}

pub fn say(text: impl AsRef<[u8]>) -> Answer {
    Answer::Say(text.as_ref().to_vec())
}

/// The stream and the server at its other end.
pub struct TestStream<'x> {
    pub answer: &'x mut dyn FnMut(&str) -> Answer,
    unread: Vec<u8>,
    start: usize,
    piece_bytes: usize,
    has_left: bool,
    has_tls_fault: bool,
}

impl<'x> TestStream<'x> {
    /// With a server that has said its greeting.
    pub fn new(
        greeting: &[u8],
        piece_bytes: usize,
        answer: &'x mut dyn FnMut(&str) -> Answer,
    ) -> TestStream<'x> {
        let unread = greeting.to_vec();
        TestStream { answer, unread, start: 0, piece_bytes, has_left: false, has_tls_fault: false }
    }

    pub fn with_tls_fault(self) -> TestStream<'x> {
        TestStream { has_tls_fault: true, ..self }
    }
}

impl AsyncRead for TestStream<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let rest = &self.unread[self.start..];
        if rest.is_empty() && !self.has_left {
            return Poll::Pending;
        }
        let count = rest.len().min(self.piece_bytes).min(buf.remaining());
        buf.put_slice(&rest[..count]);
        self.start += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TestStream<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let line = String::from_utf8_lossy(bytes);
        assert!(line.ends_with("\r\n"), "a line at a time");
        let (said, has_left) = match (self.answer)(line.trim_end_matches("\r\n")) {
            Answer::Say(said) => (said, false),
            Answer::Leave(said) => (said, true),
        };
        self.unread.extend_from_slice(&said);
        self.has_left |= has_left;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl MailStream for TestStream<'_> {
    async fn start_tls(self) -> io::Result<Self> {
        if self.has_tls_fault { Err(io::Error::other("bad certificate")) } else { Ok(self) }
    }
}

/// Time is over whenever anybody waits.
#[derive(Debug)]
pub struct NoTime;

impl Sleep for NoTime {
    async fn sleep(&self, _: u64) {}
}

/// Runs what never waits.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits for what never comes"),
    }
}

pub fn settings(security: Security) -> ImapSettings {
    let secret = Secret::Password("p\"w".to_owned());
    let credentials = Credentials { user: "ann".to_owned(), secret };
    ImapSettings { security, credentials, time_limits: TimeLimits::default() }
}

/// A folder as a server holds it, and what its server does wrong.
#[derive(Default)]
pub struct TestFolder {
    pub uid_validity: u32,
    pub uid_next: u32,
    pub mails: BTreeMap<u32, Vec<u8>>,
    /// The sizes that it says, where they are not the true ones.
    pub sizes: BTreeMap<u32, u64>,
    /// What it will not give out.
    pub refused: Vec<u32>,
    /// What it has and gives nothing for.
    pub withheld: Vec<u32>,
    /// Whether it gives nothing to who asks for several.
    pub gives_one: bool,
    /// What goes away once it has been listed.
    pub vanishing: Vec<u32>,
    /// Whether it says so of what has gone away, instead of giving nothing.
    pub tells_of_gone: bool,
    /// The bodies after which it hangs up, in each answer.
    pub bodies_max: Option<usize>,
    pub heard: Vec<String>,
    /// Said before each answer, as other clients do things.
    pub aside: String,
    pub hides_uid_next: bool,
    pub is_not_sticky: bool,
}

impl TestFolder {
    pub fn new(uid_validity: u32, uids: impl IntoIterator<Item = u32>) -> TestFolder {
        let mails: BTreeMap<u32, Vec<u8>> =
            uids.into_iter().map(|uid| (uid, format!("Subject: {uid}\r\n\r\n)").into())).collect();
        let uid_next = mails.keys().next_back().map_or(1, |uid| uid.saturating_add(1));
        TestFolder { uid_validity, uid_next, mails, ..TestFolder::default() }
    }

    pub fn answer(&mut self, line: &str) -> Answer {
        self.heard.push(line.to_owned());
        let (tag, command) = line.split_once(' ').expect("a tagged line");
        let mut said = self.aside.clone().into_bytes();
        let words: Vec<&str> = command.split(' ').collect();
        match words.as_slice() {
            ["CAPABILITY"] => said.extend_from_slice(b"* CAPABILITY IMAP4rev1\r\n"),
            ["EXAMINE", ..] => said.extend_from_slice(self.opened().as_bytes()),
            ["UID", "FETCH", range, "(UID", "INTERNALDATE", ..] => self.list(range, &mut said),
            ["FETCH", number, "(UID)"] => {
                let at: usize = number.parse().expect("a number");
                if let Some(uid) = self.mails.keys().nth(at - 1) {
                    said.extend_from_slice(format!("* {at} FETCH (UID {uid})\r\n").as_bytes());
                }
            }
            ["UID", "FETCH", uid, "(UID)"]
                if self.mails.contains_key(&uid.parse().expect("a number")) =>
            {
                said.extend_from_slice(format!("* 1 FETCH (UID {uid})\r\n").as_bytes());
            }
            ["UID", "FETCH", set, "(UID", "BODY.PEEK[])"] => match self.bodies(set, &mut said) {
                Ok(()) => {}
                Err("") => return Answer::Leave(said),
                Err(text) => {
                    said.extend_from_slice(format!("{tag} NO {text}\r\n").as_bytes());
                    return Answer::Say(said);
                }
            },
            ["LOGOUT"] => return Answer::Leave(format!("* BYE\r\n{tag} OK\r\n").into_bytes()),
            _ => {}
        }
        said.extend_from_slice(format!("{tag} OK done\r\n").as_bytes());
        Answer::Say(said)
    }

    fn opened(&self) -> String {
        let TestFolder { uid_validity, uid_next, .. } = self;
        let next = match self.hides_uid_next {
            true => String::new(),
            false => format!("* OK [UIDNEXT {uid_next}] next\r\n"),
        };
        let sticky = if self.is_not_sticky { "* NO [UIDNOTSTICKY] so it is\r\n" } else { "" };
        let mails = self.mails.len();
        format!("* {mails} EXISTS\r\n* OK [UIDVALIDITY {uid_validity}] valid\r\n{next}{sticky}")
    }

    fn list(&mut self, range: &str, said: &mut Vec<u8>) {
        let (low, high) = range.split_once(':').expect("a range");
        let (low, high): (u32, u32) = (low.parse().expect("low"), high.parse().expect("high"));
        let mut uids: Vec<u32> = self.mails.range(low..=high).map(|(uid, _)| *uid).collect();
        // The trap of `n:*`, and not in order.
        uids.extend(self.mails.keys().next_back().filter(|_| uids.is_empty()));
        for uid in uids.into_iter().rev() {
            let size = self.mails[&uid].len() as u64;
            let size = self.sizes.get(&uid).copied().unwrap_or(size);
            let date = "17-Jul-1996 02:44:25 -0700";
            let line = format!(
                "* 1 FETCH (UID {uid} FLAGS (\\Seen a[b) INTERNALDATE \"{date}\" \
                RFC822.SIZE {size})\r\n"
            );
            said.extend_from_slice(line.as_bytes());
        }
        for uid in std::mem::take(&mut self.vanishing) {
            self.mails.remove(&uid);
        }
    }

    fn bodies(&self, set: &str, said: &mut Vec<u8>) -> Result<(), &'static str> {
        if self.gives_one && set.contains([':', ',']) {
            return Err("[LIMIT] one at a time");
        }
        let (mut given, mut has_gone) = (0, false);
        for part in set.split(',') {
            let (low, high) = part.split_once(':').unwrap_or((part, part));
            let (low, high): (u32, u32) = (low.parse().expect("low"), high.parse().expect("high"));
            for uid in low..=high {
                let Some(raw) = self.mails.get(&uid) else {
                    has_gone = true;
                    continue;
                };
                if self.refused.contains(&uid) {
                    return Err("[SERVERBUG] broken");
                }
                if self.bodies_max == Some(given) {
                    return Err("");
                }
                if self.withheld.contains(&uid) {
                    said.extend_from_slice(
                        format!("* 1 FETCH (UID {uid} BODY[] NIL)\r\n").as_bytes(),
                    );
                    continue;
                }
                let head = format!("* 1 FETCH (UID {uid} BODY[] {{{}}}\r\n", raw.len());
                given += 1;
                said.extend_from_slice(head.as_bytes());
                said.extend_from_slice(raw);
                said.extend_from_slice(b")\r\n");
            }
        }
        if has_gone && self.tells_of_gone { Err("[EXPUNGEISSUED] some are gone") } else { Ok(()) }
    }
}

/// What a reading of a folder came to.
#[derive(Debug, Default)]
pub struct Read {
    pub uids: Vec<u32>,
    pub skipped: Vec<Skipped>,
    pub batches: usize,
    pub batch_bytes_max: usize,
    pub cursor: Option<Cursor>,
    pub start: Option<Start>,
}

/// Reads what is new in a folder, up to so many batches.
pub fn read(
    folder: &mut TestFolder,
    before: Option<Cursor>,
    batches_max: usize,
) -> (Read, Result<(), ImapError>) {
    let mut read = Read { cursor: before, ..Read::default() };
    let mut answer = |line: &str| folder.answer(line);
    let stream = TestStream::new(b"* OK hi\r\n", 1_000, &mut answer);
    let result = run(async {
        let mut session = connect(stream, &NoTime, &settings(Security::Plain)).await?;
        let mut sync = session.sync(&FolderName::inbox(), before).await?;
        read.start = Some(sync.start());
        while read.batches < batches_max
            && let Some(batch) = sync.next_batch().await?
        {
            read.batches += 1;
            let bytes = batch.mails.iter().map(|mail| mail.raw.len()).sum();
            read.batch_bytes_max = read.batch_bytes_max.max(bytes);
            for mail in batch.mails {
                let text = String::from_utf8_lossy(&mail.raw);
                assert!(text.starts_with(&format!("Subject: {}\r\n", mail.uid)));
                assert_eq!(mail.received_at, Some(837_596_665));
                read.uids.push(mail.uid);
            }
            read.skipped.extend(batch.skipped);
            read.cursor = Some(batch.cursor);
        }
        session.log_out().await;
        Ok(())
    });
    (read, result)
}

/// What a server said, as far as it could be understood.
#[derive(Debug, PartialEq)]
pub struct Decoded {
    responses: Vec<Response>,
    /// Why not to its end.
    pub error: Option<ResponseError>,
}

impl Decoded {
    /// How many responses.
    pub fn count(&self) -> usize {
        self.responses.len()
    }
}

/// Reads all responses up to the first error, from pieces of such sizes.
pub fn decode(bytes: &[u8], mut next_piece: impl FnMut() -> usize) -> Decoded {
    let (mut decoder, mut responses, mut rest) = (Decoder::default(), Vec::new(), bytes);
    let (mut pushed_bytes, mut given_bytes) = (0, 0);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(next_piece().clamp(1, rest.len()));
        rest = behind;
        decoder.push(piece);
        pushed_bytes += piece.len();
        assert!(decoder.waiting_bytes() + given_bytes <= pushed_bytes, "nothing is kept twice");
        loop {
            let response = decoder.next().and_then(|frame| {
                given_bytes += frame.as_ref().map_or(0, Frame::bytes);
                frame.map(parse).transpose()
            });
            match response {
                Ok(Some(response)) => responses.push(response),
                Ok(None) => break,
                Err(error) => return Decoded { responses, error: Some(error) },
            }
        }
        assert!(given_bytes <= pushed_bytes, "nothing is given twice");
    }
    Decoded { responses, error: None }
}
