//! Answers damaged at random: nothing panics, nothing grows, nothing goes on for ever, and the
//! pieces do not matter.
//!
//! `IMAP_FUZZ_EXECUTIONS=10000000` runs more of them; `IMAP_FUZZ_SEED` other ones.

use super::decoder::{Decoder, Frame, ResponseError};
use super::response::{Response, parse};
use super::testing::*;
use super::*;
use crate::kernel::testing::Seeded;

const EXECUTIONS: u64 = 200_000;

const SEEDS: &[&str] = &[
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

const WORDS: &[&str] = &[
    "{3}\r\n",
    "{0}\r\n",
    "{99999999}\r\n",
    "{26214400}\r\n",
    "\r\n",
    "\n",
    "(",
    ")",
    "\"",
    "\\",
    "* ",
    "NIL",
    "BODY[] ",
    "[",
    "]",
    "4294967296",
    "18446744073709551616",
    "-1",
    "\0",
    "~{1}\r\n",
    "a1 OK\r\n",
    "* BYE\r\n",
    "UID ",
    "&",
    "+ ",
    "é",
];

/// Some answers after one another, with a few things done to them.
fn damaged(dice: &mut Seeded) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..=dice.index(3) {
        bytes.extend_from_slice(SEEDS[dice.index(SEEDS.len())].as_bytes());
    }
    for _ in 0..dice.index(6) {
        let at = dice.index(bytes.len() + 1);
        match dice.index(5) {
            0 => bytes.truncate(at),
            1 => drop(bytes.splice(at..at, WORDS[dice.index(WORDS.len())].bytes())),
            2 => {
                let end = at + dice.index(bytes.len() - at + 1);
                drop(bytes.drain(at..end));
            }
            3 => {
                let again = bytes[at..at + dice.index(bytes.len() - at + 1)].to_vec();
                drop(bytes.splice(at..at, again));
            }
            _ => {
                let byte = b"\r\n\"(){}[]\\*+~% 0190\0\xff"[dice.index(21)];
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
        }
    }
    bytes
}

type Decoded = (Vec<Response>, Option<ResponseError>);

/// All responses up to the first error.
fn decode(bytes: &[u8], mut next_piece: impl FnMut() -> usize) -> Decoded {
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
                Err(error) => return (responses, Some(error)),
            }
        }
        assert!(given_bytes <= pushed_bytes, "nothing is given twice");
    }
    (responses, None)
}

fn number(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |value| value.parse().expect("a number"))
}

#[test]
fn damaged_answers_are_read_alike_in_any_pieces() {
    let executions = number("IMAP_FUZZ_EXECUTIONS", EXECUTIONS);
    let mut dice = Seeded(number("IMAP_FUZZ_SEED", 1));
    let (mut responses, mut errors) = (0, 0);
    for _ in 0..executions {
        let bytes = damaged(&mut dice);
        let whole = decode(&bytes, || bytes.len());
        let pieces = decode(&bytes, || 1 + dice.index(9));
        assert_eq!(whole, pieces, "{:?}", String::from_utf8_lossy(&bytes));
        responses += whole.0.len();
        errors += usize::from(whole.1.is_some());
    }
    println!("{executions} executions: {responses} responses, {errors} errors");
    assert!(executions < 1_000 || (responses > 0 && errors > 0), "both ways are taken");
}

#[test]
fn a_dialogue_with_a_damaged_server_ends() {
    let executions = number("IMAP_FUZZ_EXECUTIONS", EXECUTIONS) / 20;
    let mut dice = Seeded(number("IMAP_FUZZ_SEED", 2));
    let (mut good, mut bad) = (0, 0);
    for _ in 0..executions {
        let mut folder = TestFolder::new(7, [3, 4, 9_000]);
        let mut lines = 0;
        let damage_at = dice.index(12);
        let mut answer = |line: &str| {
            lines += 1;
            assert!(lines < 10_000, "it asks for ever");
            if lines == 1 + damage_at {
                let mut said = damaged(&mut dice);
                // Half of them end as if all were well.
                if dice.index(2) == 0
                    && let Some((tag, _)) = line.split_once(' ')
                {
                    said.extend_from_slice(format!("\r\n{tag} OK\r\n").as_bytes());
                }
                return Answer::Say(said);
            }
            match line.split_once(' ') {
                Some((tag, command)) if tag.starts_with('a') && command.contains(' ') => {
                    folder.answer(line)
                }
                Some((tag, "CAPABILITY" | "NOOP" | "LOGOUT")) => say(format!("{tag} OK\r\n")),
                _ => Answer::Leave(Vec::new()),
            }
        };
        let stream = TestStream::new(b"* OK hi\r\n", 100, &mut answer);
        let result = run(async {
            let mut session = connect(stream, &NoTime, &settings(Security::Plain)).await?;
            session.folders().await?;
            let mut sync = session.sync(&FolderName::inbox(), None).await?;
            let mut before = sync.cursor();
            while let Some(batch) = sync.next_batch().await? {
                let uids: Vec<u32> = batch.mails.iter().map(|mail| mail.uid).collect();
                assert!(uids.is_sorted_by(|one, next| one < next) && uids.len() <= 50, "{uids:?}");
                let is_passed = |uid: &u32| (before.uid_next..batch.cursor.uid_next).contains(uid);
                assert!(uids.iter().all(is_passed), "{uids:?} from {before:?}");
                assert!(before.uid_next < batch.cursor.uid_next, "{before:?}");
                before = batch.cursor;
            }
            session.log_out().await;
            Ok::<(), ImapError>(())
        });
        good += usize::from(result.is_ok());
        bad += usize::from(result.is_err());
    }
    println!("{executions} dialogues: {good} to their end, {bad} broken off");
    assert!(executions < 1_000 || (good > 0 && bad > 0), "both ways are taken");
}
