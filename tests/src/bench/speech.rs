//! How each kind of target is talked to: the same work in its own words.
//!
//! A comment's text begins with a mark that holds its number (`k=00000042;`), by which a delivery
//! is told from all others however its frame looks.

use super::http;
use super::scene::{Room, Scene, Speech};
use memchr::memmem;

/// How long a comment's text is.
const TEXT_BYTES: usize = 200;
const MARK: &[u8] = b"k=";

/// What a frame of the server's means to who listens.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing that is measured.
    Nothing,
    /// It must be answered by this frame.
    Answer(String),
    /// The connection sits in its room.
    Joined,
    /// A comment of this connection is durable, or was refused.
    Ack(u64, bool),
    /// Events: [`events`] reads them.
    Events,
    /// The connection is refused.
    Refused,
}

/// An event in a frame: the numbers that it stands for, and the comment in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its number, or the first of those that it stands for.
    pub from: i64,
    /// Its number, or the last of those.
    pub to: i64,
    /// The number in its comment's mark, where it is a comment.
    pub mark: Option<u64>,
}

impl Scene {
    /// Asks for the constant answer.
    pub fn get(&self) -> Vec<u8> {
        http::get(&self.health, None)
    }

    /// Asks for the last comments of a room.
    pub fn list(&self, room: &Room) -> Vec<u8> {
        http::get(&format!("/v1/tickets/{}/comments?limit=50", room.id), Some(&room.tokens[0]))
    }

    /// Writes comment `n` by HTTP.
    pub fn append(&self, room: &Room, n: u64) -> Vec<u8> {
        let path = format!("/v1/tickets/{}/comments", room.id);
        let field = if self.speech == Speech::Postroom { "body" } else { "text" };
        let body = format!(r#"{{"{field}":"{}"}}"#, text(n));
        let key = (self.speech == Speech::Postroom).then(|| self.id(n));
        http::post(&path, &room.tokens[0], key.as_deref(), &body)
    }

    /// Writes comment `n` over a socket.
    pub fn speak(&self, room: &Room, n: u64) -> String {
        let (id, text, to) = (self.id(n), text(n), &room.id);
        match self.speech {
            Speech::Postroom => {
                let post = format!(r#"{{"ticketId":"{to}","body":"{text}"}}"#);
                let command = format!(r#"{{"postComment":{post}}}"#);
                format!(r#"{{"type":"command","id":"{id}","command":{command}}}"#)
            }
            Speech::Plain => format!(r#"{{"type":"comment","id":"{id}","text":"{text}"}}"#),
            Speech::Socketio => {
                let ack = n + 1; // 0 is that of the join
                format!(r#"42{ack}["comment",{{"id":"{id}","text":"{text}","room":"{to}"}}]"#)
            }
        }
    }

    /// Asks for a socket in a room.
    pub fn upgrade(&self, room: &Room, token: &str) -> Vec<u8> {
        match self.speech {
            Speech::Postroom => {
                let path = format!("/v1/realtime?workspaceId={}", room.workspace);
                http::upgrade(&path, Some(token), Some("postroom.v1.json"))
            }
            Speech::Plain => {
                http::upgrade(&format!("/v1/rooms/{}/ws?token={token}", room.id), None, None)
            }
            Speech::Socketio => http::upgrade("/socket.io/?EIO=4&transport=websocket", None, None),
        }
    }

    /// Says that everything up to an event was read, where the target wants to know.
    pub fn seen(&self, seq: i64) -> Option<String> {
        let wants = self.speech == Speech::Postroom;
        wants.then(|| format!(r#"{{"type":"seen","seq":{seq}}}"#))
    }

    /// Whether a socket sits in its room as soon as it is one.
    pub fn joins_at_once(&self) -> bool {
        self.speech == Speech::Plain
    }

    /// What a frame means.
    pub fn hear(&self, frame: &[u8], room: &Room, token: &str) -> Heard {
        match self.speech {
            Speech::Postroom if frame.starts_with(br#"{"type":"events""#) => Heard::Events,
            Speech::Postroom if frame.starts_with(br#"{"type":"hello""#) => Heard::Joined,
            Speech::Postroom if frame.starts_with(br#"{"type":"ack""#) => {
                Heard::Ack(acked(frame), memmem::find(frame, br#""success":true"#).is_some())
            }
            Speech::Postroom if frame.starts_with(br#"{"type":"error""#) => Heard::Refused,
            Speech::Plain if frame.starts_with(br#"{"type":"event""#) => Heard::Events,
            Speech::Plain if frame.starts_with(br#"{"type":"ack""#) => {
                Heard::Ack(acked(frame), true)
            }
            Speech::Plain if frame.starts_with(br#"{"type":"error""#) => Heard::Refused,
            Speech::Postroom | Speech::Plain => Heard::Nothing,
            Speech::Socketio => hear_socketio(frame, room, token),
        }
    }

    /// Reads the events of a frame, in order.
    pub fn events(&self, frame: &[u8], mut each: impl FnMut(Told)) {
        if self.speech != Speech::Postroom {
            let seq = memmem::find(frame, br#""seq":"#).map(|at| number(&frame[at + 6..]));
            let seq = seq.and_then(|seq| i64::try_from(seq?).ok()).unwrap_or_default();
            return each(Told { from: seq, to: seq, mark: mark(frame) });
        }
        // One after the other: each begins in one of two ways, and ends where the next begins.
        let advances = memmem::find(frame, br#"{"type":"advance""#).is_some();
        let mut starts = memmem::find_iter(frame, br#"{"seq":"#)
            .filter(|at| event_number(&frame[at + 7..]).is_some())
            .collect::<Vec<_>>();
        if advances {
            starts.extend(memmem::find_iter(frame, br#"{"type":"advance","from":"#));
            starts.sort_unstable();
        }
        for (index, at) in starts.iter().enumerate() {
            let end = starts.get(index + 1).copied().unwrap_or(frame.len());
            each(told(&frame[*at..end]));
        }
    }

    fn id(&self, n: u64) -> String {
        format!("{}-{n}", self.nonce)
    }
}

/// The text of comment `n`.
fn text(n: u64) -> String {
    let mark = format!("k={n:08};");
    format!("{mark:x<TEXT_BYTES$}")
}

/// The number in the mark of a comment's text.
fn mark(bytes: &[u8]) -> Option<u64> {
    let at = memmem::find_iter(bytes, MARK);
    let mut found = at.filter(|at| bytes.get(at + 10) == Some(&b';'));
    number(&bytes[found.next()? + 2..])
}

/// The number at the beginning, after any spaces.
fn number(bytes: &[u8]) -> Option<u64> {
    let bytes = bytes.trim_ascii_start();
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    std::str::from_utf8(&bytes[..end]).ok()?.parse().ok()
}

/// The number of an event of Postroom's, whose time follows; of nothing else.
fn event_number(bytes: &[u8]) -> Option<i64> {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit())?;
    if !bytes[end..].starts_with(br#","at":"#) {
        return None;
    }
    i64::try_from(number(bytes)?).ok()
}

fn told(event: &[u8]) -> Told {
    if let Some(seq) = event_number(event.get(7..).unwrap_or_default()) {
        let is_comment = memmem::find(event, br#""type":"comment.created""#).is_some();
        return Told { from: seq, to: seq, mark: mark(event).filter(|_| is_comment) };
    }
    let field = |name: &[u8]| {
        let at = memmem::find(event, name)?;
        i64::try_from(number(&event[at + name.len()..])?).ok()
    };
    let (from, to) = (field(br#""from":"#), field(br#""seq":"#));
    Told { from: from.unwrap_or_default(), to: to.unwrap_or_default(), mark: None }
}

/// The number of the comment that a frame acknowledges: the end of the client's id.
fn acked(frame: &[u8]) -> u64 {
    let name = br#""id":""#;
    let found = memmem::find(frame, name).and_then(|at| {
        let id = &frame[at + name.len()..];
        let id = &id[..id.iter().position(|byte| *byte == b'"')?];
        number(&id[id.iter().rposition(|byte| *byte == b'-')? + 1..])
    });
    found.unwrap_or(u64::MAX)
}

/// Engine.IO's kind of packet stands first, then Socket.IO's.
fn hear_socketio(frame: &[u8], room: &Room, token: &str) -> Heard {
    match frame {
        [b'0', ..] => Heard::Answer(format!(r#"40{{"token":"{token}"}}"#)),
        [b'2', ..] => Heard::Answer("3".to_owned()),
        [b'4', b'0', ..] => Heard::Answer(format!(r#"420["join",{{"room":"{}"}}]"#, room.id)),
        [b'4', b'2', ..] => Heard::Events,
        [b'4', b'3', rest @ ..] => {
            let good = memmem::find(rest, br#""error""#).is_none();
            match number(rest) {
                Some(0) if good => Heard::Joined,
                Some(0) => Heard::Refused,
                Some(ack) => Heard::Ack(ack - 1, good),
                None => Heard::Nothing,
            }
        }
        [b'1', ..] | [b'4', b'1' | b'4', ..] => Heard::Refused,
        _ => Heard::Nothing,
    }
}

#[cfg(test)]
#[path = "speech_tests.rs"]
mod tests;
