//! What a damaged IMAP server says: to the parser in pieces of any size, and in a whole dialogue.

use super::Target;
use super::mutate::{Kind, Seeds, damaged};
use super::words;
use crate::sim::random::Random;
use actors::mail::imap::testing::{
    Answer, NoTime, TestFolder, TestStream, decode, run, say, settings,
};
use actors::mail::imap::{FolderName, ImapError, Security, connect};
use std::cell::Cell;

const SAID: &[&str] = &[
    "* OK [CAPABILITY IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN] ready\r\n",
    "* LIST (\\HasNoChildren \\Sent) \"/\" \"Gesendete &AMQ-\"\r\na3 OK done\r\n",
    "* LIST () NIL {5}\r\nab\r\nc\r\n* STATUS INBOX (MESSAGES 4 UIDVALIDITY 7 UIDNEXT 12)\r\n",
    "* 12 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 12] x\r\na5 OK [READ-ONLY] x\r\n",
    "* 1 FETCH (UID 3 FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" \
        RFC822.SIZE 12)\r\n",
    "* 2 FETCH (UID 4 BODY[] {12}\r\nSubject: x\r\n FLAGS ())\r\n* 1 FETCH (BODY[] NIL UID 3)\r\n",
    "* 1 FETCH (ENVELOPE (NIL \"a\\\"b\" ((NIL NIL \"a\" \"b\"))) BODY[TEXT]<0> ~{2}\r\nxx)\r\n",
    "* SEARCH 2 84 882\r\n* 3 EXPUNGE\r\n+ go on\r\n* BYE [UNAVAILABLE] over\r\n\
        a9 NO [ALERT] {3}\r\n",
];
/// One execution in so many is a whole dialogue.
const DIALOGUE_EVERY: usize = 8;
/// More lines than that for one batch, and the client would ask for ever.
const LINES_MAX: usize = 5_000;
/// A server that lies about its next UID is read stretch by stretch, a batch at a time: so many of
/// them show it.
const BATCHES_MAX: usize = 50;

/// IMAP servers.
#[derive(Debug)]
pub struct Imap {
    seeds: Seeds,
}

impl Imap {
    /// From answers as they should be.
    pub fn new() -> Imap {
        let mut seeds = Seeds::default();
        for (at, said) in SAID.iter().enumerate() {
            let next = SAID[(at + 3) % SAID.len()];
            seeds.small.extend([said.as_bytes().to_vec(), format!("{said}{next}").into_bytes()]);
        }
        Imap { seeds }
    }
}

impl Target for Imap {
    fn name(&self) -> &'static str {
        "imap"
    }

    fn input(&self, random: &mut Random) -> Vec<u8> {
        damaged(&self.seeds, Kind::Words(words::IMAP), random)
    }

    fn run(&mut self, input: &[u8], random: &mut Random) -> Result<&'static str, String> {
        if random.index(DIALOGUE_EVERY) == 0 {
            return dialogue(input, random);
        }
        let whole = decode(input, || input.len());
        let piece_max = *random.pick(&[1, 9, 100]);
        let pieces = decode(input, || 1 + random.index(piece_max));
        if whole != pieces {
            return Err(format!("{whole:?} as a whole, {pieces:?} in pieces"));
        }
        Ok(match (whole.error, whole.count()) {
            (None, 0) => "nothing whole",
            (None, _) => "responses",
            (Some(_), 0) => "error at once",
            (Some(_), _) => "error after responses",
        })
    }
}

/// A mailbox is read from a server that says something damaged once.
fn dialogue(damage: &[u8], random: &mut Random) -> Result<&'static str, String> {
    let mut folder = TestFolder::new(7, [3, 4, 9_000]);
    let (mut lines, damage_at) = (0, 1 + random.index(12));
    let of_batch = Cell::new(0);
    let mut answer = |line: &str| {
        lines += 1;
        of_batch.set(of_batch.get() + 1);
        assert!(of_batch.get() < LINES_MAX, "it asks for ever");
        let good = match line.split_once(' ') {
            Some((tag, command)) if tag.starts_with('a') && command.contains(' ') => {
                folder.answer(line)
            }
            Some((tag, "CAPABILITY" | "NOOP" | "LOGOUT")) => say(format!("{tag} OK\r\n")),
            _ => Answer::Leave(Vec::new()),
        };
        if lines != damage_at {
            return good;
        }
        let mut said = damage.to_vec();
        match (random.index(3), good, line.split_once(' ')) {
            (0, Answer::Say(good), _) => said.extend_from_slice(&good),
            (1, _, Some((tag, _))) => {
                said.extend_from_slice(format!("\r\n{tag} OK\r\n").as_bytes())
            }
            _ => {}
        }
        Answer::Say(said)
    };
    let stream = TestStream::new(b"* OK hi\r\n", 100, &mut answer);
    match run(read(stream, &of_batch)) {
        Ok(true) => Ok("dialogue to its end"),
        Ok(false) => Ok("dialogue of many batches"),
        Err(ImapError::BadInput { text }) => Err(format!("the client could not say: {text}")),
        Err(_) => Ok("dialogue broken off"),
    }
}

/// Reads a mailbox; says whether to its end.
async fn read(stream: TestStream<'_>, of_batch: &Cell<usize>) -> Result<bool, ImapError> {
    let settings = settings(Security::Plain);
    let mut session = connect(stream, &NoTime, &settings).await?;
    session.folders().await?;
    let mut sync = session.sync(&FolderName::inbox(), None).await?;
    let mut before = sync.cursor();
    for _ in 0..BATCHES_MAX {
        of_batch.set(0);
        let Some(batch) = sync.next_batch().await? else {
            session.log_out().await;
            return Ok(true);
        };
        let uids: Vec<u32> = batch.mails.iter().map(|mail| mail.uid).collect();
        assert!(uids.is_sorted_by(|one, next| one < next) && uids.len() <= 50, "{uids:?}");
        let is_passed = |uid: &u32| (before.uid_next..batch.cursor.uid_next).contains(uid);
        assert!(uids.iter().all(is_passed), "{uids:?} from {before:?}");
        assert!(before.uid_next < batch.cursor.uid_next, "{before:?}");
        before = batch.cursor;
    }
    Ok(false)
}
