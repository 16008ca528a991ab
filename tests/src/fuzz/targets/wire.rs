//! What comes over a wire: envelopes and events, frames, webhooks, cursors and tokens.

use super::super::rule;
use super::room::{Desk, Said};
use actors::kernel::sockets::Incoming;
use actors::webhook::sign::{is_signed, is_timely, signatures};
use gateway::cursor::Cursor;
use gateway::token::{Access, Keys};
use schema::codec::json_to_msgpack;
use schema::event::Event;
use schema::frame::Codec;
use schema::ids::{AgentId, SessionId, WorkspaceId};
use schema::{Answer, Code, Envelope, Role};
use uuid::Uuid;

/// A field that no reader of today knows, as MessagePack: `{"newer": null}` without its map.
const NEWER: &[u8] = b"\xa5newer\xc0";
/// The longest frame that is sent in both codings.
const COMPARED_BYTES_MAX: usize = 4 * 1024;
/// What a client's connection may be told.
const FRAMES: [&str; 6] = ["ack", "error", "pong", "typing", "viewing", "hello"];

/// Envelopes, answers and events: what is read is written as it was, and what a newer build adds
/// to it changes nothing for this one.
pub fn envelope_decode(input: &[u8]) -> Result<&'static str, String> {
    if input.starts_with(b"{") {
        return event_decode(input);
    }
    if let Ok(envelope) = Envelope::decode(input) {
        let mut bytes = envelope.encode();
        rule(Envelope::decode(&bytes).as_ref() == Ok(&envelope), "an envelope is read as written")?;
        bytes[0] += 1;
        bytes.extend_from_slice(NEWER);
        rule(Envelope::decode(&bytes) == Ok(envelope), "an envelope with a newer field is read")?;
        return Ok("envelope");
    }
    let Ok(answer) = Answer::decode(input) else { return Ok("neither") };
    rule(Answer::decode(&answer.encode()) == Ok(answer), "an answer is read as it was written")?;
    Ok("answer")
}

fn event_decode(input: &[u8]) -> Result<&'static str, String> {
    let Ok(event) = serde_json::from_slice::<Event>(input) else { return Ok("no event") };
    if input.windows(7).any(|it| it == b"\"newer\"") || input.contains(&b'\\') {
        return Ok("event");
    }
    let newer = [&b"{\"newer\":[{}],"[..], &input[1..]].concat();
    let again =
        serde_json::from_slice::<Event>(&newer).map_err(|why| format!("a newer event: {why:?}"))?;
    let is_same = (event.seq, &event.kind, &event.by) == (again.seq, &again.kind, &again.by);
    rule(is_same && event.data.get() == again.data.get(), "a newer event says what it said")?;
    Ok("event")
}

/// Frames on a connection of a room, as text and as MessagePack: the answer is of the closed set,
/// the same in both codings, and what ends the connection has changed nothing.
pub fn ws_frame() -> super::Check {
    let mut desk = Desk::open();
    Box::new(move |input| {
        let Ok(text) = std::str::from_utf8(input) else {
            let heard = desk.hear(Codec::Msgpack, Incoming::Binary(input));
            return told(&heard);
        };
        let heard = desk.hear(Codec::Json, Incoming::Text(text));
        // A long frame may be too long in one coding alone.
        let packed = json_to_msgpack(input).ok().filter(|_| input.len() <= COMPARED_BYTES_MAX);
        if let Some(packed) = packed {
            let too = desk.hear(Codec::Msgpack, Incoming::Binary(&packed));
            let is_same = (told(&heard)?, heard.close) == (told(&too)?, too.close);
            rule(is_same, "a frame means the same in both codings")?;
        }
        told(&heard)
    })
}

fn told(heard: &Said) -> Result<&'static str, String> {
    if let Some(code) = heard.close {
        rule(!heard.changed, "what ends the connection changes nothing")?;
        let is_refusal = !matches!(code, Code::Internal | Code::Unavailable);
        return if is_refusal { Ok("closed") } else { Err(format!("a fault: {code:?}")) };
    }
    let Some(frame) = &heard.frame else { return Ok("nothing said") };
    let kind = frame["type"].as_str().unwrap_or_default();
    let known = FRAMES.iter().find(|known| **known == kind);
    if frame["success"] == false {
        rule(!heard.changed, "what was refused changes nothing")?;
        rule(frame["error"]["code"] != "internal", "a command finds no fault")?;
        return Ok("refused");
    }
    known.copied().ok_or_else(|| format!("{frame} is no frame of ours"))
}

/// Webhooks: what is signed is known, with any bit flipped it is not, and what comes in is no
/// signature of anything.
pub fn webhook_verify(input: &[u8]) -> Result<&'static str, String> {
    let (head, body) = input.split_at(input.len().min(24));
    let mut secret = [7; 24];
    secret[..head.len()].copy_from_slice(head);
    let at = usize::from(head.first().copied().unwrap_or_default());
    let secrets = [secret.to_vec()];
    let seconds = 1_793_000_000 + at as i64;
    let signature = signatures(&secrets, "id", seconds, body);
    let signed = |signature: &str, id: &str, seconds: i64, body: &[u8]| {
        is_signed(&secrets, signature, id, &seconds.to_string(), body)
    };
    rule(signed(&signature, "id", seconds, body), "what is signed is known")?;
    rule(!signed(&signature, "id", seconds + 1, body), "the time is signed")?;
    rule(!signed(&signature, "ie", seconds, body), "the id is signed")?;
    let mut other = body.to_vec();
    match other.get_mut(at % body.len().max(1)) {
        Some(byte) => *byte ^= 1 << (at % 8),
        None => other.push(0),
    }
    rule(!signed(&signature, "id", seconds, &other), "every bit of the body is signed")?;
    let mut altered = signature.clone().into_bytes();
    let place = 3 + at % (altered.len() - 3);
    altered[place] ^= 1 << (at % 7);
    let altered = String::from_utf8_lossy(&altered);
    rule(!signed(&altered, "id", seconds, body), "every bit of the signature counts")?;
    let text = String::from_utf8_lossy(body);
    rule(!signed(&text, "id", seconds, body), "nobody guesses a signature")?;
    Ok(if is_timely(&text, seconds * 1_000) { "timely" } else { "signed" })
}

/// Cursors and access tokens: what is sealed opens in its own list alone and only unaltered, and
/// what comes in opens nothing.
pub fn cursor_decode() -> super::Check {
    let keys = Keys::new("0123456789abcdef0123456789abcdef", None).expect("a secret of 32 bytes");
    let access = Access {
        workspace: WorkspaceId(Uuid::from_u128(1)),
        agent: AgentId(Uuid::from_u128(2)),
        session: SessionId(Uuid::from_u128(3)),
        epoch: 1,
        role: Role::Owner,
    };
    let now = 1_793_000_000_000;
    let token = keys.access(&access, now).0;
    Box::new(move |input| {
        let text = String::from_utf8_lossy(input);
        rule(Cursor::open(&keys, "list", &text).is_err(), "nobody guesses a cursor")?;
        rule(keys.verify(&text, now).is_err() || *text == *token, "nobody guesses a token")?;
        let at = input.first().copied().unwrap_or_default();
        let cursor = Cursor { at: i64::from(at) << (at % 40), id: text.into_owned() };
        let sealed = cursor.seal(&keys, "list");
        rule(Cursor::open(&keys, "lisu", &sealed).is_err(), "a cursor is of one list")?;
        let altered = |text: &str, place: usize| {
            let mut bytes = text.as_bytes().to_vec();
            let place = place % bytes.len();
            bytes[place] ^= 1 << (at % 7);
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let place = usize::from(at) * 7 + input.len();
        let other = Cursor::open(&keys, "list", &altered(&sealed, place));
        rule(other.is_err(), "every bit of a cursor counts")?;
        rule(keys.verify(&token, now).is_ok(), "a token is verified")?;
        rule(keys.verify(&altered(&token, place), now).is_err(), "every bit of a token counts")?;
        rule(Cursor::open(&keys, "list", &sealed) == Ok(cursor), "a cursor opens in its list")?;
        Ok("opened")
    })
}
