//! The reader against serde_json: what both take is the same, and what is refused is named.

use super::Tree;
use crate::codec::{
    command_from_json, from_json, json_to_msgpack, msgpack_to_json, read_json, read_msgpack,
    to_json,
};
use crate::envelope::pack;
use crate::frame::{Codec, Connect, Poll};
use crate::ids::{AgentId, SessionId, WorkspaceId};
use crate::prospect::ProspectCommand;
use crate::room::RoomCommand;
use crate::view::View;
use crate::{Answer, Caller, Code, Envelope, Principal, Reject, Role};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Debug;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wrapped(i64);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Line(i8, i8),
    Square { side: u16 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Near { steps: u8 },
    Far,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Everything {
    small: (u8, u16, u32, u64),
    signed: (i8, i16, i32, i64),
    floats: (f32, f64),
    letter: char,
    text: String,
    flag: bool,
    unit: (),
    wrapped: Wrapped,
    shapes: Vec<Shape>,
    tagged: Vec<Tagged>,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
    id: Uuid,
    by_name: BTreeMap<String, Option<bool>>,
    any: Value,
    #[serde(default)]
    more: Option<Box<Everything>>,
}

fn everything(seed: u64) -> Everything {
    let id = |salt: u64| Uuid::from_u64_pair(seed, salt);
    Everything {
        small: (seed as u8, seed as u16, seed as u32, seed),
        signed: (seed as i8, seed as i16, seed as i32, seed as i64),
        floats: ((seed % 1024) as f32 / 8.0, (seed % 1024) as f64 / -64.0),
        letter: char::from_u32(seed as u32 % 0xd800).expect("no surrogate"),
        text: format!("{seed} \"\\\u{1f980}\n\u{0}"),
        flag: seed.is_multiple_of(2),
        unit: (),
        wrapped: Wrapped(-(seed as i64 >> 1)),
        shapes: vec![
            Shape::Point,
            Shape::Circle((seed % 4096) as f64 + 0.5),
            Shape::Line(seed as i8, 0),
            Shape::Square { side: seed as u16 },
        ],
        tagged: vec![Tagged::Far, Tagged::Near { steps: seed as u8 }],
        bytes: seed.to_le_bytes().to_vec(),
        id: id(1),
        by_name: [(String::new(), None), ("n".into(), Some(true))].into(),
        any: json!({ "list": [1, -1, 1.5, null, "x"], "seed": seed }),
        more: seed.is_multiple_of(3).then(|| Box::new(everything(seed / 3 + 1))),
    }
}

fn numbers() -> impl Iterator<Item = u64> {
    let edges = [0, 1, 127, 128, 255, 256, 65_535, 65_536, (1 << 53) + 1, 1 << 63, u64::MAX];
    let mixed = (1..500_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (n % 60));
    edges.into_iter().chain(mixed)
}

#[test]
fn what_is_written_is_read_back() {
    for seed in numbers() {
        let value = everything(seed);
        let json = to_json(&value);
        assert_eq!(read_json::<Everything>(&json).as_ref(), Ok(&value), "{seed}");
        assert_eq!(read_msgpack::<Everything>(&pack(&value)).as_ref(), Ok(&value), "{seed}");
        let again: Everything = serde_json::from_slice(&json).expect("serde_json reads it too");
        assert_eq!(again, value, "{seed}");
        let packed = json_to_msgpack(&json).expect("MessagePack");
        let text = msgpack_to_json(&packed).expect("JSON");
        assert_eq!(text, json, "{seed}");
    }
}

/// Reads `text` with serde_json and with the reader: the same value, or refused by both.
fn alike<T: DeserializeOwned + PartialEq + Debug>(text: &str) {
    let theirs = serde_json::from_str::<T>(text);
    let ours = read_json::<T>(text.as_bytes());
    match (theirs, ours) {
        (Ok(theirs), Ok(ours)) => assert_eq!(theirs, ours, "{text}"),
        (Err(_), Err(_)) => {}
        (theirs, ours) => panic!("{text}: serde_json {theirs:?}, the reader {ours:?}"),
    }
}

#[test]
fn the_reader_takes_what_serde_json_takes() {
    let texts = [
        "null",
        "true",
        "0",
        "-0",
        "-1",
        "1.0",
        "1e2",
        "127",
        "128",
        "255",
        "256",
        "-129",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "1e308",
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "01",
        "1.",
        "+1",
        "\"\"",
        "\"a\"",
        "\"\\u00e9\"",
        "\"é\"",
        "\"\\ud83e\\udd80\"",
        "\"\\ud800\"",
        "\"\\udc00x\"",
        "\"\n\"",
        "\"x",
        "[]",
        "[1]",
        "[1,2]",
        "[1,2,3]",
        "[1,]",
        "[null]",
        "[\"a\"]",
        "{}",
        "{\"a\":1}",
        "{\"a\":1,}",
        "{a:1}",
        " 1 ",
        "1 1",
        "1x",
        "",
        " ",
        "\u{feff}1",
        "\"Point\"",
        "\"point\"",
        "{\"Point\":null}",
        "{\"Point\":1}",
        "{\"Circle\":1}",
        "{\"Circle\":2.5}",
        "\"Circle\"",
        "{\"Line\":[1,2]}",
        "{\"Line\":[1]}",
        "{\"Line\":[1,2,3]}",
        "{\"Square\":{\"side\":1}}",
        "{\"Square\":{\"side\":-1}}",
        "{\"Square\":{}}",
        "{\"Point\":null,\"Circle\":1}",
        "{\"steps\":1,\"kind\":\"Near\"}",
        "{\"kind\":\"Far\"}",
        "{\"kind\":\"Gone\"}",
        "\"00000000-0000-0000-0000-000000000001\"",
        "{\"00000000-0000-0000-0000-000000000001\":1}",
        "\"0000\"",
    ];
    for text in texts {
        alike::<Value>(text);
        alike::<Option<bool>>(text);
        alike::<u8>(text);
        alike::<i8>(text);
        alike::<u64>(text);
        alike::<i64>(text);
        alike::<f64>(text);
        alike::<char>(text);
        alike::<String>(text);
        alike::<Unit>(text);
        alike::<Wrapped>(text);
        alike::<Uuid>(text);
        alike::<Vec<i64>>(text);
        alike::<(i64, i64)>(text);
        alike::<BTreeMap<String, i64>>(text);
        alike::<Shape>(text);
        alike::<Tagged>(text);
        alike::<BTreeMap<Uuid, i64>>(text);
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct Rows {
    prospects: Vec<Row>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Row {
    email: String,
    #[serde(default)]
    tags: BTreeMap<String, u8>,
    #[serde(default)]
    shape: Option<Shape>,
}

fn refused(text: &str) -> (Code, Option<String>, String) {
    let Reject { code, message, details } = from_json::<Rows>(text.as_bytes()).expect_err(text);
    let field = details.and_then(|details| details["field"].as_str().map(str::to_owned));
    (code, field, message)
}

#[test]
fn what_is_wrong_is_named_by_its_path() {
    for (rows, path) in [
        (r#"{"email":1}"#, "prospects.1.email"),
        (r#"{"email":null}"#, "prospects.1.email"),
        ("{}", "prospects.1.email"),
        ("3", "prospects.1"),
        (r#"{"email":"x","emial":"y","other":1}"#, "prospects.1.emial"),
        (r#"{"email":"x","tags":{"a":256}}"#, "prospects.1.tags.a"),
        (r#"{"email":"x","tags":{"a":1e30}}"#, "prospects.1.tags.a"),
        (r#"{"email":"x","tags":[]}"#, "prospects.1.tags"),
        (r#"{"email":"x","shape":"Blob"}"#, "prospects.1.shape"),
        (r#"{"email":"x","shape":{"Square":{"side":"1"}}}"#, "prospects.1.shape.Square.side"),
        (r#"{"email":"x","shape":{"Square":{"side":1,"up":1}}}"#, "prospects.1.shape.Square.up"),
    ] {
        let text = format!(r#"{{"prospects":[{{"email":"a"}},{rows}]}}"#);
        let (code, field, message) = refused(&text);
        assert_eq!((code, field.as_deref()), (Code::InvalidInput, Some(path)), "{text}");
        assert!(message.starts_with(path), "{message}");
    }
    assert_eq!(refused("{}").1.as_deref(), Some("prospects"));
    assert_eq!(refused("[]").0, Code::InvalidInput);
    let known: Row = read_json(br#"{"new":[{"a":1}],"email":"x"}"#).expect("unknown is ignored");
    assert_eq!(known.email, "x");
}

#[test]
fn what_is_no_json_is_a_bad_request() {
    for text in [
        r#"{"prospects":[],"prospects":[]}"#,
        r#"{"prospects":[],"unknown":{"a":1,"b":2,"a":3}}"#,
        r#"{"prospects":[],"prosp\u0065cts":[]}"#,
        r#"{"prospects":[{"email":"\ud800"}]}"#,
        r#"{"prospects":[],"x":1e400}"#,
        r#"{"prospects":[]}{}"#,
        r#"{"prospects":[]"#,
        r#"{"prospects":[{"email":"x","shape":{}}]}"#,
        r#"{"prospects":[{"email":"x","shape":{"Point":null,"Circle":1}}]}"#,
        "",
    ] {
        assert_eq!(refused(text).0, Code::BadRequest, "{text}");
    }
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        assert_eq!(
            from_json::<Value>(deep.as_bytes()).map_err(|it| it.code),
            Err(Code::BadRequest)
        );
        let fine = format!("{}1{}", open.repeat(120), close.repeat(120));
        assert!(from_json::<Value>(fine.as_bytes()).is_ok());
    }
    let many: Vec<String> = (0..200_000).map(|n| format!("\"{n}\":0")).collect();
    let many = format!("{{{}}}", many.join(","));
    assert_eq!(from_json::<BTreeMap<String, u8>>(many.as_bytes()).map(|it| it.len()), Ok(200_000));
}

#[test]
fn messagepack_is_taken_as_strictly() {
    let bad = |bytes: &[u8]| msgpack_to_json(bytes).map_err(|it| it.code) == Err(Code::BadRequest);
    assert!(bad(b""), "nothing");
    assert!(bad(&[0x01, 0x01]), "something after the end");
    assert!(bad(&[0xc1]), "a byte that means nothing");
    assert!(bad(&[0x82, 0xa1, b'a', 1, 0xa1, b'a', 2]), "a key twice");
    assert!(bad(&[0x81, 1, 1]), "a key that is no text");
    assert!(bad(&[0xc4, 1, 0]), "bytes are not in JSON");
    assert!(bad(&[0xa1, 0xff]), "text that is not UTF-8");
    assert!(bad(&[0xdd, 0xff, 0xff, 0xff, 0xff]), "a length that is not there");
    assert!(bad(&[&[0x91; 10_000][..], &[1]].concat()), "too deep");
    assert!(bad(&[0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]), "NaN");
    assert!(bad(&[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0]), "infinity");
    let fine = [&[0x91; 60][..], &[1]].concat();
    assert!(msgpack_to_json(&fine).is_ok());
}

#[test]
fn what_travels_is_read_back_and_any_part_of_it_is_refused() {
    let workspace = WorkspaceId(Uuid::from_u128(7));
    let caller = Caller::Agent {
        agent: AgentId(Uuid::from_u128(8)),
        session: SessionId(Uuid::from_u128(9)),
        epoch: 3,
        role: Role::Admin,
    };
    let principal = Principal { workspace, caller };
    let mut envelope = Envelope::new("w", principal.clone(), Some("k".into()), &json!({"a": [1]}));
    envelope.command.extend((0..=255).cycle().take(100_000));
    let bytes = envelope.encode();
    assert_eq!(Envelope::decode(&bytes).as_ref(), Ok(&envelope));
    assert_eq!(rmp_serde::from_slice::<Envelope>(&bytes).expect("an envelope"), envelope);
    for end in (0..bytes.len()).step_by(997).chain(0..300) {
        assert!(Envelope::decode(&bytes[..end]).is_err(), "{end}");
    }
    let rejected = Reject::field("a", "b").with(json!({ "n": [1, -2, 2.5, null] }));
    for answer in
        [Answer::Rejected(rejected), Answer::Done { json: b"{}".to_vec(), replayed: true }]
    {
        assert_eq!(Answer::decode(&answer.encode()), Ok(answer));
    }
    let connect = Connect {
        instance: "w".into(),
        workspace,
        ticket_hash: None,
        principal: Some(principal),
        since: Some(-1),
        codec: Codec::Msgpack,
        views: vec![View { team_ids: vec![None], ..View::default() }],
        poll: Some(Poll { limit: 7, wait: true }),
    };
    let again: Connect = read_msgpack(&pack(&connect)).expect("a connect");
    assert_eq!(format!("{again:?}"), format!("{connect:?}"));
}

#[test]
fn commands_are_named_to_the_last_step() {
    let text = br#"{"postComment":{"ticketId":"00000000-0000-7000-8000-000000000001","bdy":1}}"#;
    let reject = from_json::<RoomCommand>(text).expect_err("no body");
    assert_eq!(reject.code, Code::InvalidInput);
    assert!(reject.message.starts_with("postComment."), "{}", reject.message);
    let reject = from_json::<ProspectCommand>(br#"{"nonsense":{}}"#).expect_err("no command");
    assert!(reject.message.contains("nonsense"), "{}", reject.message);
}

#[test]
fn text_without_escapes_is_borrowed() {
    let tree = Tree::from_json(br#"["plain", "\u0061"]"#).expect("JSON");
    let Tree::List(items) = &tree else { panic!("a list") };
    assert!(matches!(&items[0], Tree::Text(std::borrow::Cow::Borrowed("plain"))));
    assert!(matches!(&items[1], Tree::Text(text) if text == "a"));
}

#[test]
fn numbers_that_are_not_the_same_everywhere_are_refused_by_name_to_clients_alone() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Of<T> {
        list: Vec<T>,
    }
    fn read<T: DeserializeOwned + Debug>(number: &str) -> Result<Of<T>, Reject> {
        let text = format!(r#"{{"list":[0,{number}]}}"#);
        assert!(read_json::<Value>(text.as_bytes()).is_ok(), "{number} is JSON");
        from_json(text.as_bytes())
    }
    for number in ["9007199254740992", "-9007199254740992", "9223372036854775807"] {
        for refused in [
            read::<i64>(number).expect_err(number),
            read::<Option<i64>>(number).expect_err(number),
            read::<f64>(number).expect_err(number),
            read::<Value>(number).expect_err(number),
        ] {
            assert_eq!((refused.code, refused.code.status()), (Code::InvalidInput, 422));
            assert_eq!(refused.details.map(|it| it["field"].clone()), Some(json!("list.1")));
        }
    }
    for number in ["18446744073709551615", "1e300", "-1e16", "9007199254740992.0"] {
        assert!(read::<Value>(number).is_err(), "{number}");
    }
    for number in ["9007199254740991", "-9007199254740991", "0.1", "1e15", "-4503599627370495.5"] {
        assert!(read::<Value>(number).is_ok(), "{number}");
    }
    let packed = pack(&json!({ "list": [9_007_199_254_740_993_i64] }));
    let text = msgpack_to_json(&packed).expect("JSON");
    assert!(from_json::<Of<i64>>(&text).is_err(), "MessagePack comes by the same way");
    assert!(read_msgpack::<Of<i64>>(&packed).is_ok(), "what Postroom wrote is read");
    let named = command_from_json::<RoomCommand>(
        "createTicket",
        br#"{"subject":"x","attributes":{"n":9007199254740993}}"#,
    );
    let field = named.expect_err("refused").details.map(|it| it["field"].clone());
    assert_eq!(field, Some(json!("attributes.n")));
}
