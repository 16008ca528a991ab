//! What clients and targets say to each other, byte by byte.

use super::*;
use crate::bench::scene::Phase;

fn scene(speech: Speech) -> Scene {
    Scene {
        speech,
        port: 1,
        pids: Vec::new(),
        health: "/health".to_owned(),
        rooms: Vec::new(),
        phase: Phase::Get { clients: 1 },
        seconds: 1.0,
        warm_seconds: 0.0,
        nonce: "n-1".to_owned(),
    }
}

fn room() -> Room {
    Room { id: "r1".to_owned(), workspace: "w1".to_owned(), tokens: vec!["t".to_owned()] }
}

fn read(speech: Speech, frame: &str) -> Vec<Told> {
    let mut found = Vec::new();
    scene(speech).events(frame.as_bytes(), |told| found.push(told));
    found
}

fn one(seq: i64, mark: u64) -> Told {
    Told { from: seq, to: seq, mark: Some(mark) }
}

#[test]
fn a_batch_of_postrooms_is_read_event_by_event() {
    let comment = |seq: u64| {
        let body = text(seq + 100);
        let comment = format!(r#"{{"id":"c","seq":{seq},"body":"{body}"}}"#);
        let data = format!(r#"{{"comment":{comment},"ticket":{{"version":2}}}}"#);
        format!(r#"{{"seq":{seq},"at":9,"type":"comment.created","ticketId":"r1","data":{data}}}"#)
    };
    let other =
        format!(r#"{{"seq":9,"at":9,"type":"ticket.changed","data":{{"last":"{}"}}}}"#, text(107));
    let frame = format!(
        r#"{{"type":"events","events":[{},{},{{"type":"advance","from":9,"seq":12}},{}]}}"#,
        comment(7),
        comment(8),
        comment(13)
    );
    let skipped = Told { from: 9, to: 12, mark: None };
    assert_eq!(read(Speech::Postroom, &frame), [one(7, 107), one(8, 108), skipped, one(13, 113)]);
    let frame = format!(r#"{{"type":"events","events":[{other}]}}"#);
    assert_eq!(read(Speech::Postroom, &frame), [Told { from: 9, to: 9, mark: None }]);
}

#[test]
fn an_event_of_the_others_is_one_a_frame() {
    let frame = format!(r#"{{"type":"event","event":{{"id":"x","seq":5,"text":"{}"}}}}"#, text(3));
    assert_eq!(read(Speech::Plain, &frame), [one(5, 3)]);
    let frame = format!(r#"42["event", {{"text": "{}", "seq": 6}}]"#, text(4));
    assert_eq!(read(Speech::Socketio, &frame), [one(6, 4)]);
}

#[test]
fn each_dialect_says_when_one_sits() {
    let hear = |speech, frame: &str| scene(speech).hear(frame.as_bytes(), &room(), "tok");
    assert_eq!(hear(Speech::Postroom, r#"{"type":"hello","head":1}"#), Heard::Joined);
    let connect = hear(Speech::Socketio, r#"0{"sid":"x","pingInterval":25000}"#);
    assert_eq!(connect, Heard::Answer(r#"40{"token":"tok"}"#.to_owned()));
    let join = hear(Speech::Socketio, r#"40{"sid":"y"}"#);
    assert_eq!(join, Heard::Answer(r#"420["join",{"room":"r1"}]"#.to_owned()));
    assert_eq!(hear(Speech::Socketio, "430[]"), Heard::Joined);
    assert_eq!(hear(Speech::Socketio, r#"430[{"error":"invalid"}]"#), Heard::Refused);
    assert_eq!(hear(Speech::Socketio, "2"), Heard::Answer("3".to_owned()));
    assert_eq!(hear(Speech::Socketio, r#"44{"message":"no"}"#), Heard::Refused);
}

#[test]
fn what_is_spoken_is_acknowledged_by_its_number() {
    let postroom = scene(Speech::Postroom);
    assert!(postroom.speak(&room(), 12).contains(r#""id":"n-1-12""#));
    let ack = br#"{"type":"ack","id":"n-1-12","success":true,"data":{}}"#;
    assert_eq!(postroom.hear(ack, &room(), ""), Heard::Ack(12, true));
    let no = br#"{"type":"ack","id":"n-1-12","success":false,"error":{}}"#;
    assert_eq!(postroom.hear(no, &room(), ""), Heard::Ack(12, false));
    let plain = br#"{"type":"ack","id":"n-1-12","seq":4}"#;
    assert_eq!(scene(Speech::Plain).hear(plain, &room(), ""), Heard::Ack(12, true));
    let socketio = scene(Speech::Socketio);
    assert!(socketio.speak(&room(), 12).starts_with(r#"4213["comment","#));
    assert_eq!(socketio.hear(br#"4313[{"seq":4}]"#, &room(), ""), Heard::Ack(12, true));
}

#[test]
fn only_postroom_is_sent_a_key() {
    let text = |speech| String::from_utf8(scene(speech).append(&room(), 3)).expect("text");
    let postroom = text(Speech::Postroom);
    assert!(
        postroom.contains("idempotency-key: n-1-3\r\n")
            && postroom.contains(r#"{"body":"k=00000003;"#)
    );
    let plain = text(Speech::Plain);
    assert!(!plain.contains("idempotency-key") && plain.contains(r#"{"text":"k=00000003;"#));
}

#[test]
fn marks_of_any_length_of_text_around_are_found() {
    assert_eq!(mark(b"xk=k=00000042;"), Some(42));
    assert_eq!(mark(b"k=0000004;"), None);
    assert_eq!(text(42).len(), TEXT_BYTES);
}
