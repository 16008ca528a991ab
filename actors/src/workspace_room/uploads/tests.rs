//! Tests of uploads through the whole room.

use crate::kernel::{Effect, Outcome};
use crate::workspace_room::access::tests::world::hash;
use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn begin(desk: &mut Desk, name: &str) -> Value {
    desk.ask(&json!({ "beginUpload": { "fileName": name, "contentType": "image/png" } }))
}

fn finish(desk: &mut Desk, begun: &Value, content: &str) -> Value {
    desk.ask(&finishing(begun, content))
}

fn finishing(begun: &Value, content: &str) -> Value {
    json!({ "finishUpload": {
        "attachmentId": begun["attachmentId"], "sha256": hash(content), "bytesCount": 3,
        "media": "image/png",
    }})
}

fn upload(desk: &mut Desk, name: &str, content: &str) -> Value {
    let begun = begin(desk, name);
    finish(desk, &begun, content)
}

/// The keys that storage is asked to forget now.
fn forgotten(desk: &mut Desk) -> Vec<String> {
    let mut keys = Vec::new();
    desk.room.drain(|_, effect| {
        let Effect::Forget(some) = effect else { panic!("{effect:?}") };
        keys.extend(some.clone());
        Outcome::Done(Vec::new())
    });
    keys
}

#[test]
fn a_file_goes_with_a_comment_and_is_found_there() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("t");
    let file = upload(&mut desk, "../../plan.png", "abc");
    assert_eq!((&file["fileName"], &file["media"]), (&json!("plan.png"), &json!("image/png")));
    let key = text(&file["key"]);
    assert!(key.starts_with("uploads/") && !key.contains("plan"), "{key}");
    let comment = desk.ask(&json!({ "postComment": {
        "ticketId": ticket, "body": "see", "attachmentIds": [file["id"]] } }));
    assert_eq!(comment["attachments"], json!([file]));
    let found = desk.ask(&json!({ "getAttachment": { "attachmentId": file["id"] } }));
    assert_eq!(found, file);
    let listed = desk.ask(&json!({ "listComments": { "ticketId": ticket } }));
    assert_eq!(listed["items"][0]["attachments"][0]["id"], file["id"]);
    desk.pass(2 * DAY);
    assert_eq!(forgotten(&mut desk), Vec::<String>::new());
}

#[test]
fn a_file_goes_with_one_comment_of_its_uploader_alone() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("t");
    let file = upload(&mut desk, "a.png", "abc");
    let begun = begin(&mut desk, "b.png");
    let post = |ids: Value| {
        let comment = json!({ "ticketId": ticket, "body": "b", "attachmentIds": ids });
        json!({ "postComment": comment })
    };
    let owner = desk.owner.principal.clone();
    let (code, details) = desk.refused_as(&owner, &post(json!([file["id"]])));
    assert_eq!((code, &details["field"]), (Code::InvalidInput, &json!("attachmentIds")));
    let look = json!({ "getAttachment": { "attachmentId": file["id"] } });
    assert_eq!(desk.refused_as(&owner, &look).0, Code::NotFound);
    let unfinished = &begun["attachmentId"];
    let missing = "0190f5fe-7c00-7a00-8000-000000000001";
    for bad in [
        json!([unfinished]),
        json!([missing]),
        json!([file["id"], file["id"]]),
        json!(vec![missing; 21]),
    ] {
        assert_eq!(desk.refused(&post(bad.clone())).0, Code::InvalidInput, "{bad}");
    }
    desk.ask(&post(json!([file["id"]])));
    assert_eq!(desk.refused(&post(json!([file["id"]]))).0, Code::InvalidInput);
}

#[test]
fn a_content_is_kept_once_and_until_its_last_holder_goes() {
    let mut desk = Desk::open();
    let first = begin(&mut desk, "a.png");
    let second = begin(&mut desk, "b.png");
    let kept = finish(&mut desk, &first, "same");
    let doubled = finish(&mut desk, &second, "same");
    assert_eq!(kept["key"], first["key"]);
    assert_eq!(doubled["key"], first["key"]);
    assert_eq!(forgotten(&mut desk), [text(&second["key"])]);
    desk.ask(&json!({ "dropUpload": { "attachmentId": kept["id"] } }));
    assert_eq!(forgotten(&mut desk), Vec::<String>::new());
    desk.ask(&json!({ "dropUpload": { "attachmentId": doubled["id"] } }));
    assert_eq!(forgotten(&mut desk), [text(&first["key"])]);
    // The same content again is a new object: the deletion of the old one may still be under way.
    let again = upload(&mut desk, "c.png", "same");
    assert_ne!(again["key"], first["key"]);
    assert_eq!(desk.room.count("files"), 1);
}

#[test]
fn what_belongs_to_no_comment_is_swept_after_a_day() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("t");
    let used = upload(&mut desk, "used.png", "used");
    let twin = upload(&mut desk, "twin.png", "used");
    forgotten(&mut desk);
    desk.ask(&json!({ "postComment": {
        "ticketId": ticket, "body": "b", "attachmentIds": [used["id"]] } }));
    let free = upload(&mut desk, "free.png", "free");
    let half = begin(&mut desk, "half.png");
    desk.pass(DAY - 1);
    assert_eq!(desk.room.count("uploads"), 3);
    desk.pass(1);
    assert_eq!(desk.room.count("uploads"), 0);
    let mut gone = [text(&free["key"]), text(&half["key"])];
    gone.sort();
    let mut keys = forgotten(&mut desk);
    keys.sort();
    assert_eq!(keys, gone, "the content of {twin} is still held by a comment");
    assert_eq!(desk.refused(&finishing(&half, "late")).0, Code::NotFound);
    assert_eq!(desk.room.count("timers where kind = 'uploads.sweep'"), 0);
}

#[test]
fn finishing_twice_is_finishing_once() {
    let mut desk = Desk::open();
    let begun = begin(&mut desk, "a.png");
    let file = finish(&mut desk, &begun, "abc");
    assert_eq!(finish(&mut desk, &begun, "abc"), file);
    assert_eq!(desk.refused(&finishing(&begun, "other")).0, Code::Conflict);
    desk.ask(&json!({ "dropUpload": { "attachmentId": file["id"] } }));
    assert_eq!(forgotten(&mut desk), [text(&begun["key"])]);
}

#[test]
fn bad_names_are_cleaned_and_bad_fields_refused() {
    let mut desk = Desk::open();
    for (given, kept) in [
        ("a.pdf\u{0}.exe", "a.pdf .exe"),
        ("a\u{202e}gnp.exe", "agnp.exe"),
        ("C:\\x\\y.png", "y.png"),
        ("..", "attachment"),
    ] {
        let file = upload(&mut desk, given, given);
        assert_eq!(file["fileName"], kept, "{given:?}");
    }
    let long = upload(&mut desk, &"ä".repeat(300), "long");
    assert_eq!(long["fileName"].as_str().map(|name| name.chars().count()), Some(255));
    let begun = begin(&mut desk, "x.png");
    let with = |field: &str, bad: Value| {
        let mut command = finishing(&begun, "x");
        command["finishUpload"][field] = bad;
        command
    };
    for command in [
        with("sha256", json!("abc")),
        with("bytesCount", json!(0)),
        with("bytesCount", json!(25 * 1024 * 1024 + 1)),
        json!({ "beginUpload": { "fileName": "a".repeat(5_000), "contentType": "a/b" } }),
        json!({ "beginUpload": { "fileName": "a", "contentType": "a/b\r\nx: y" } }),
        json!({ "beginUpload": { "fileName": "a", "contentType": "" } }),
        json!({ "beginUpload": { "fileName": "a", "contentType": "a/b", "contentId": "\n" } }),
    ] {
        assert_eq!(desk.refused(&command).0, Code::InvalidInput, "{command}");
    }
}
