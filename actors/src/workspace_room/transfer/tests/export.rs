//! What all rows are, and that another workspace can take them.

use super::{Mover, comment, id, one_of_each, ticket, with};
use serde_json::json;

#[test]
fn what_a_workspace_gives_another_one_takes_and_gives_again() {
    let mut old = Mover::open();
    old.outcomes(one_of_each());
    let ticket = old.desk.ticket("A ticket of ours");
    old.desk.comment(&ticket, "and its comment");
    old.desk.set_status(&ticket, "solved");
    let mail = json!({ "receiveMail": { "rawKey": "mail/1.eml", "messageId": "m@c9.example",
        "from": { "address": "zoe@c9.example", "name": "Zoë" }, "subject": "Hi",
        "text": "Hello\n> you", "visibleText": "Hello",
        "attachments": [{ "fileName": "a.txt", "contentType": "text/plain", "bytesCount": 1,
            "sha256": "ab".repeat(32), "key": "attachments/x/y" }] } });
    old.desk.system(&mail);
    let (rows, _) = old.export();

    // The three who are there from the start are the same in both.
    let mut new = Mover::open();
    let outcomes = new.outcomes(json!(rows));
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "unchanged").count(), 3);
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "created").count(), rows.len() - 3);
    let (again, _) = new.export();
    let rest = rows;
    assert_eq!(json!(again).to_string(), json!(rest).to_string());
}

#[test]
fn no_secret_and_no_address_of_a_file_is_in_an_export() {
    let mut mover = Mover::open();
    mover.outcomes(one_of_each());
    let (rows, _) = mover.export();
    let text = json!(rows).to_string();
    for word in ["argon2", "password", "hash", "token", "\"key\"", "attachments/", "active"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
}

#[test]
fn pages_give_each_row_once_and_their_keys_are_sorted() {
    let mut mover = Mover::open();
    mover.outcomes(one_of_each());
    for batch in 0..13 {
        let tickets = (0..90).map(|at| ticket(1_000 + batch * 90 + at));
        assert!(
            mover.outcomes(json!(tickets.collect::<Vec<_>>())).iter().all(|it| it == "created")
        );
    }
    let long = "ä".repeat(30_000);
    for batch in 0..4 {
        let comments =
            (0..8).map(|at| with(comment(100 + batch * 8 + at, 7), json!({ "body": long })));
        mover.outcomes(json!(comments.collect::<Vec<_>>()));
    }
    let (rows, pages) = mover.export();
    assert_eq!(rows.len(), 4 + 1 + 1 + 1 + 1 + 1_170 + 34 + 1);
    assert!(pages > 4, "{pages}");
    let mut ids: Vec<String> = rows.iter().map(|row| row.to_string()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rows.len());
    let place = |of: &str| rows.iter().position(|row| row.to_string().contains(of)).expect(of);
    assert!(place(&id(3, 1)) < place(&id(4, 7)) && place(&id(5, 1)) < place(&id(6, 1)));

    let text = rows[place(&id(4, 7))].to_string();
    let keys: Vec<usize> = ["assigneeId", "createdAt", "number", "subject", "userId"]
        .iter()
        .map(|key| text.find(key).expect("a key"))
        .collect();
    assert!(keys.is_sorted(), "{text}");
}

#[test]
fn a_deleted_ticket_is_not_given() {
    let mut mover = Mover::open();
    mover.outcomes(one_of_each());
    let ticket = mover.desk.ticket("goes");
    mover.desk.comment(&ticket, "goes too");
    let (before, _) = mover.export();
    mover.desk.manage(&json!({ "deleteTicket": { "ticketId": ticket } }));
    let (after, _) = mover.export();
    assert_eq!(after.len(), before.len() - 2);
    assert!(!json!(after).to_string().contains("goes"));
}
