//! A private note never leaves: whatever a room asks of the outside, no note is in it.

use super::desk::{Desk, text};
use crate::kernel::{Effect, Outcome};
use serde_json::{Value, json};

const NOTE: &str = "canary-of-a-private-note";
const HOUR: i64 = 60 * 60 * 1000;

#[test]
fn no_private_note_is_in_anything_that_leaves_the_room() {
    let mut desk = Desk::open();
    let ticket = text(&desk.mail("1@x", None)["ticketId"]);
    let other = desk.ticket("other");
    let me = desk.agent.id();
    let note =
        json!({ "ticketId": ticket, "body": NOTE, "visibility": "private", "mentions": [me] });
    desk.ask(&json!({ "postComment": note }));
    let later = desk.room.now + HOUR;
    let wait =
        json!({ "ticketId": ticket, "body": NOTE, "visibility": "private", "publishAt": later });
    desk.ask(&json!({ "scheduleComment": wait }));
    let made = desk.owner_asks(&json!({ "createMacro": {
        "name": "note", "actions": { "reply": NOTE, "visibility": "private" },
    } }));
    desk.ask(&json!({ "applyMacro": { "id": made["id"], "ticketId": ticket } }));
    desk.ask(&json!({ "createTicket": { "subject": "s", "body": NOTE, "visibility": "private" } }));
    let draft =
        json!({ "ticketId": ticket, "body": NOTE, "visibility": "private", "shared": true });
    desk.ask(&json!({ "saveDraft": draft }));
    desk.pass(HOUR);
    let moved = desk.ask(&json!({ "mergeTickets": { "ticketId": ticket, "intoId": other } }));
    desk.ask(&json!({ "undoMove": { "moveId": moved["moved"]["id"] } }));
    let list = desk.ask(&json!({ "listComments": { "ticketId": ticket } }));
    let notes: Vec<&Value> =
        list["items"].as_array().expect("items").iter().filter(|it| it["body"] == NOTE).collect();
    assert_eq!(notes.len(), 3, "the notes are there to be leaked");
    assert!(notes.iter().all(|note| note["visibility"] == "private"));
    let split = json!({ "ticketId": ticket, "commentIds": [notes[0]["id"]] });
    desk.ask(&json!({ "splitTicket": split }));
    desk.mail("2@x", Some("1@x"));

    let mut seen = 0;
    for _ in 0..5 {
        loop {
            let begun = desk.room.begin();
            if begun.is_empty() {
                break;
            }
            for (entry, effect) in begun {
                let said = format!("{effect:?}");
                assert!(!said.contains(NOTE), "{}: {said}", entry.kind);
                assert!(!String::from_utf8_lossy(&entry.body).contains(NOTE), "{}", entry.kind);
                assert!(!matches!(effect, Effect::Mail(_)) || !said.contains("private"));
                seen += 1;
                desk.room.settle(&entry, &Outcome::Done(Vec::new()));
            }
        }
        desk.room.alarm();
    }
    assert!(seen >= 3, "{seen} things left the room");
}

#[test]
fn a_held_comment_is_public_from_the_first() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let held = json!({ "ticketId": ticket, "body": "x", "holdSeconds": 10 });
    let private =
        json!({ "ticketId": ticket, "body": "x", "holdSeconds": 10, "visibility": "private" });
    assert_eq!(desk.refused(&json!({ "scheduleComment": private })).0, schema::Code::InvalidInput);
    let comment = desk.ask(&json!({ "scheduleComment": held }));
    let hide = json!({ "commentId": comment["id"], "visibility": "private" });
    let refused = desk.refused(&json!({ "changeScheduledComment": hide }));
    assert_eq!(refused.0, schema::Code::InvalidInput);
}
