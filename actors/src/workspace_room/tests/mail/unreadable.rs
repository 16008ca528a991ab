//! Hostile fields, and what cannot be read.

use super::*;

#[test]
fn hostile_fields_are_cut_to_size_and_cleaned() {
    let mut desk = Desk::open();
    let mut hostile = mail(&"m".repeat(3_000), "a@b@c");
    hostile["subject"] = json!(format!("Hi\r\nBcc: x@y.z {}", "s".repeat(5_000)));
    hostile["from"]["name"] = json!("N\0\n".repeat(300));
    hostile["text"] = json!(format!("a\0b{}", "ä".repeat(60_000)));
    hostile["to"] = json!(vec![json!({ "address": "q".repeat(2_000) }); 500]);
    hostile["references"] = json!(vec!["r".repeat(1_000); 500]);
    let file = json!({
        "fileName": "../../x", "contentType": "evil", "bytesCount": 3, "sha256": "00", "key": "k",
    });
    hostile["attachments"] = json!(vec![file; 130]);
    let receipt = receive(&mut desk, &hostile);
    let ticket = desk.get(&text(&receipt["ticketId"]));
    let subject = text(&ticket["subject"]);
    assert!(subject.starts_with("Hi Bcc: x@y.z s") && subject.len() <= 300, "{subject}");
    assert_eq!(ticket["userId"], Value::Null);
    let comment = desk.ask(&json!({ "getComment": { "commentId": receipt["commentId"] } }));
    let body = text(&comment["body"]);
    assert!(body.starts_with("abä") && body.len() <= 65_536 && body.len() > 65_530);
    assert_eq!(comment["mail"]["textTruncated"], true);
    assert_eq!(comment["mail"]["to"].as_array().map(Vec::len), Some(100));
    assert_eq!(comment["attachments"].as_array().map(Vec::len), Some(100));
    assert_eq!(comment["mail"]["attachmentsOmitted"], 30);
    let file = &comment["attachments"][0];
    assert_eq!((&file["fileName"], &file["inline"]), (&json!("x"), &json!(false)));
    let found = desk.ask(&json!({ "getAttachment": { "attachmentId": file["id"] } }));
    assert_eq!(&found, file);
    let list = desk.ask(&json!({ "listComments": { "ticketId": ticket["id"] } }));
    assert_eq!(list["items"][0], comment);
    assert_eq!(receive(&mut desk, &hostile)["outcome"], "duplicate");
    let empty = json!({ "rawKey": "raw/empty" });
    let receipt = receive(&mut desk, &empty);
    assert_eq!(desk.get(&text(&receipt["ticketId"]))["subject"], "(no subject)");
}

#[test]
fn what_cannot_be_read_is_listed_once() {
    let mut desk = Desk::open();
    desk.events();
    for n in [1, 2, 1] {
        let report = json!({
            "rawKey": format!("raw/{n}"), "reason": "this is not a\r\nmail",
            "envelopeFrom": "a@b.example", "bytesCount": 12,
        });
        let receipt = desk.system(&json!({ "reportUnparseable": report }));
        assert!(["unparseable", "duplicate"].contains(&text(&receipt["outcome"]).as_str()));
    }
    assert_eq!(desk.event_types(), ["mail.unparseable", "mail.unparseable"]);
    let list = desk.ask(&json!({ "listUnparseableMails": { "limit": 1 } }));
    assert_eq!(list["items"][0]["rawKey"], "raw/2");
    assert_eq!(list["items"][0]["reason"], "this is not a mail");
    let next = json!({ "listUnparseableMails": { "cursor": list["nextCursor"] } });
    assert_eq!(desk.ask(&next)["items"][0]["rawKey"], "raw/1");
}

#[test]
fn what_can_be_read_after_all_is_listed_no_more() {
    let mut desk = Desk::open();
    let inbox = uuid::Uuid::from_u128(7);
    for n in [1, 2] {
        let raw_key = format!("raw/{n}");
        let report = json!({ "rawKey": raw_key, "reason": "no", "inboxId": inbox });
        desk.system(&json!({ "reportUnparseable": report }));
    }
    let get = |number: i64| json!({ "getUnparseableMail": { "number": number } });
    let found = desk.manage(&get(1));
    assert_eq!((&found["rawKey"], &found["inboxId"]), (&json!("raw/1"), &json!(inbox)));
    assert_eq!(desk.refused(&get(1)).0, Code::Forbidden);
    let mut mail = mail("1@x", "a@b.example");
    mail["rawKey"] = json!("raw/1");
    assert_eq!(receive(&mut desk, &mail)["outcome"], "opened");
    assert_eq!(desk.manage_refused(&get(1)).0, Code::NotFound);
    let list = desk.ask(&json!({ "listUnparseableMails": {} }));
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(desk.manage(&get(2))["rawKey"], "raw/2");
}
