//! What is kept of a call: nothing where nothing was done, and for a day what was answered.

use super::world::{DAY, Room, hash, login, phc};
use schema::Code;
use schema::ids::AgentId;
use schema::room::RoomCommand;
use schema::room::access::{BeginLogin, Refresh};
use serde_json::{Value, json};

const TABLES: &str = "select count(*) from sqlite_master";

fn command(json: Value) -> RoomCommand {
    serde_json::from_value(json).expect("a command")
}

#[test]
fn an_object_that_is_only_named_keeps_nothing() {
    let mut room = Room::empty();
    let visitor = room.visitor();
    let refused =
        [command(json!({ "me": {} })), login(AgentId(uuid::Uuid::nil()), &phc("a"), "refresh")];
    for command in refused {
        room.try_ask_with_key(&visitor, Some("k"), command).expect_err("refused");
    }
    // These two are answered, and say that there is nobody.
    let email = "a@b.com".to_owned();
    for command in [
        RoomCommand::BeginLogin(BeginLogin { email }),
        RoomCommand::Refresh(Refresh { token_hash: hash("a"), next_hash: hash("b") }),
    ] {
        room.try_ask_with_key(&visitor, Some("k"), command).expect("answered");
    }
    assert_eq!(room.number(TABLES), 0);
    room.restart();
    assert_eq!(room.number(TABLES), 0);
    let (mut room, _) = Room::registered();
    assert!(room.number(TABLES) > 0);
    room.restart();
    assert_eq!(room.number("select count(*) from agents"), 1);
}

#[test]
fn an_answer_is_kept_where_something_was_done() {
    let (mut room, owner) = Room::registered();
    let who = owner.principal.clone();
    let kept = room.number("select count(*) from idempotency");
    for number in 0..10 {
        let read = command(json!({ "snapshot": {} }));
        let key = format!("ws:{number}");
        room.try_ask_with_key(&who, Some(&key), read).expect("read");
    }
    assert_eq!(room.number("select count(*) from idempotency"), kept);
    let ticket = command(json!({ "createTicket": { "subject": "a" } }));
    let made = room.try_ask_with_key(&who, Some("ws:0"), ticket.clone()).expect("made");
    assert_eq!(room.number("select count(*) from idempotency"), kept + 1);
    assert_eq!(room.try_ask_with_key(&who, Some("ws:0"), ticket).expect("again"), made);
    assert_eq!(room.number("select count(*) from tickets"), 1);
    // What had nothing to do is not done later, either.
    let ticket = made["id"].clone();
    let set =
        |status: &str| command(json!({ "changeTicket": { "ticketId": ticket, "status": status } }));
    let same = room.try_ask_with_key(&who, Some("ws:open"), set("open")).expect("as it was");
    room.try_ask(&who, set("solved")).expect("solved");
    let again = room.try_ask_with_key(&who, Some("ws:open"), set("open")).expect("as it was");
    assert_eq!(again, same);
    let solved = room.number("select count(*) from tickets where status = 'solved'");
    assert_eq!(solved, 1);
}

#[test]
fn a_visitors_key_is_in_nobody_elses_way() {
    let (mut room, owner) = Room::registered();
    let (visitor, email) = (room.visitor(), owner.opened.agent.email.clone());
    let log_in = login(owner.id(), &phc(&email), "one");
    room.try_ask_with_key(&visitor, Some("login-1"), log_in.clone()).expect("logged in");
    let other = login(owner.id(), &phc(&email), "two");
    room.try_ask_with_key(&visitor, Some("login-1"), other).expect("another log-in");
    let sessions = room.number("select count(*) from sessions");
    room.try_ask_with_key(&visitor, Some("login-1"), log_in).expect("the first again");
    assert_eq!(room.number("select count(*) from sessions"), sessions);
    // An agent who uses a key for something else is told.
    let who = owner.principal.clone();
    let ticket = |subject: &str| command(json!({ "createTicket": { "subject": subject } }));
    room.try_ask_with_key(&who, Some("k"), ticket("a")).expect("made");
    let reused = room.try_ask_with_key(&who, Some("k"), ticket("b")).expect_err("reused");
    assert_eq!(reused.code, Code::KeyReused);
}

#[test]
fn answers_are_forgotten_some_at_a_time() {
    let (mut room, owner) = Room::registered();
    let who = owner.principal.clone();
    let ticket = command(json!({ "createTicket": { "subject": "a" } }));
    for number in 0..1_234 {
        let key = format!("{number:04}");
        room.try_ask_with_key(&who, Some(&key), ticket.clone()).expect("made");
    }
    room.now += DAY - 1;
    room.try_ask_with_key(&who, Some("late"), ticket).expect("made");
    room.now += 1;
    let kept = "select count(*) from idempotency";
    let before = room.number(kept);
    room.alarm_once();
    let after = room.number(kept);
    assert!(after < before && after > 600, "{before}, then {after}");
    for _ in 0..3 {
        room.alarm_once();
    }
    assert_eq!(room.number(kept), 1, "what is not a day old stays");
    room.now += 2 * DAY;
    room.alarm_once();
    assert_eq!(room.number(kept), 0);
    assert_eq!(room.number("select count(*) from timers where kind = 'kernel.sweep'"), 0);
}
