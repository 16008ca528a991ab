//! Who looks after a ticket: snoozing, claims, followers.

use super::desk::{Desk, text};
use schema::{Code, Role};
use serde_json::{Value, json};

const HOUR: i64 = 60 * 60 * 1000;
const SECOND: i64 = 1_000;

fn snooze(desk: &mut Desk, ticket: &str, until: Option<i64>, on_reply: bool) -> Value {
    desk.ask(&json!({ "snoozeTicket": {
        "ticketId": ticket, "until": until, "onReply": on_reply,
    } }))
}

fn listed(desk: &mut Desk, snoozed: bool) -> usize {
    let list = desk.ask(&json!({ "listTickets": { "snoozed": snoozed } }));
    list["items"].as_array().expect("items").len()
}

#[test]
fn a_ticket_that_is_put_off_wakes_at_its_time_once_and_is_open_then() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    desk.set_status(&ticket, "pending");
    let until = desk.room.now + HOUR;
    desk.events();
    let asleep = snooze(&mut desk, &ticket, Some(until), true);
    assert_eq!(asleep["snooze"]["until"], json!(until));
    assert_eq!(desk.event_types(), ["ticket.changed"]);
    assert_eq!((listed(&mut desk, true), listed(&mut desk, false)), (1, 0));
    desk.pass(HOUR - 1);
    assert_eq!(desk.get(&ticket)["status"], "pending");
    desk.room.restart();
    desk.pass(1);
    desk.room.alarm();
    let events = desk.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["type"], "ticket.woken");
    assert_eq!(events[0]["by"], json!({ "kind": "system" }));
    assert_eq!(events[0]["data"]["reason"], "time");
    let awake = desk.get(&ticket);
    assert_eq!((&awake["status"], &awake["snooze"]), (&json!("open"), &Value::Null));
    assert_eq!((listed(&mut desk, true), listed(&mut desk, false)), (0, 1));
}

#[test]
fn a_ticket_that_was_put_off_anew_does_not_wake_at_its_old_time() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let now = desk.room.now;
    snooze(&mut desk, &ticket, Some(now + HOUR), true);
    snooze(&mut desk, &ticket, Some(now + 3 * HOUR), true);
    desk.pass(2 * HOUR);
    assert!(!desk.get(&ticket)["snooze"].is_null());
    desk.pass(HOUR);
    assert!(desk.get(&ticket)["snooze"].is_null());

    snooze(&mut desk, &ticket, Some(now + 9 * HOUR), true);
    let woken = desk.ask(&json!({ "wakeTicket": { "ticketId": ticket } }));
    assert!(woken["snooze"].is_null());
    desk.events();
    desk.pass(10 * HOUR);
    assert_eq!(desk.event_types(), [] as [&str; 0]);
    assert_eq!(desk.refused(&json!({ "wakeTicket": { "ticketId": ticket } })).0, Code::Conflict);
}

#[test]
fn the_customers_reply_wakes_what_waits_for_it_and_nothing_else() {
    let mut desk = Desk::open();
    for (on_reply, until, woken) in [(true, false, true), (true, true, true), (false, true, false)]
    {
        let id = format!("{on_reply}{until}@x");
        let ticket = text(&desk.mail(&id, None)["ticketId"]);
        desk.set_status(&ticket, "waiting");
        let at = until.then_some(desk.room.now + HOUR);
        snooze(&mut desk, &ticket, at, on_reply);
        desk.events();
        desk.mail(&format!("{id}.2"), Some(&id));
        let after = desk.get(&ticket);
        assert_eq!(after["snooze"].is_null(), woken, "{id}");
        assert_eq!(after["status"], if woken { "open" } else { "waiting" });
        let types = desk.event_types();
        assert_eq!(types.contains(&"ticket.woken".into()), woken, "{types:?}");
        assert!(!types.contains(&"ticket.reopened".into()), "it is said once");
        assert_eq!(after["comments"], 2);
    }
    assert_eq!(desk.room.number("select count(*) from timers where kind = 'wake'"), 1);
}

#[test]
fn an_answer_of_a_machine_wakes_nothing() {
    let mut desk = Desk::open();
    let ticket = text(&desk.mail("1@x", None)["ticketId"]);
    snooze(&mut desk, &ticket, None, true);
    desk.system(&json!({ "receiveMail": {
        "rawKey": "raw/2", "inReplyTo": ["1@x"], "subject": "Away", "text": "away",
        "from": { "address": "ann@acme.example" },
        "automatic": { "kind": "autoReply", "reason": "header" },
    } }));
    let after = desk.get(&ticket);
    assert_eq!((&after["comments"], after["snooze"].is_null()), (&json!(2), false));
}

#[test]
fn only_what_can_wake_is_put_off() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let now = desk.room.now;
    for (until, on_reply) in [
        (None, Some(false)),
        (Some(now), None),
        (Some(-1), None),
        (Some(now + 367 * 24 * HOUR), None),
    ] {
        let bad = json!({ "ticketId": ticket, "until": until, "onReply": on_reply });
        assert_eq!(
            desk.refused(&json!({ "snoozeTicket": bad })).0,
            Code::InvalidInput,
            "{until:?}"
        );
    }
    let old = json!({ "snoozeTicket": { "ticketId": ticket, "ifVersion": 7 } });
    assert_eq!(desk.refused(&old).0, Code::VersionMismatch);
    snooze(&mut desk, &ticket, Some(now + HOUR), true);
    let solved = desk.set_status(&ticket, "solved");
    assert!(solved["snooze"].is_null(), "what is done is not put off");
    assert_eq!(desk.room.number("select count(*) from timers where kind = 'wake'"), 0);
    let again = json!({ "snoozeTicket": { "ticketId": ticket } });
    assert_eq!(desk.refused(&again).0, Code::Conflict);
}

#[test]
fn of_all_who_claim_one_has_the_ticket_until_the_lease_ends() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let owner = desk.owner.clone();
    let other = desk.room.join(&owner, Role::Agent).principal;
    desk.events();
    let claim = json!({ "claimTicket": { "ticketId": ticket, "leaseSeconds": 60 } });
    let mine = desk.ask(&claim);
    assert_eq!(mine["claim"]["agentId"], json!(desk.agent.id()));
    assert_eq!(mine["claim"]["until"], json!(desk.room.now + 60 * SECOND));
    assert_eq!(desk.event_types(), ["ticket.claimed"]);
    assert_eq!(desk.get(&ticket)["claim"], mine["claim"]);
    assert_eq!(desk.get(&ticket)["version"], 1, "a claim is no change");

    let (code, details) = desk.refused_as(&other, &claim);
    assert_eq!((code, &details["claim"]), (Code::Conflict, &mine["claim"]));
    let release = json!({ "releaseTicket": { "ticketId": ticket } });
    assert_eq!(desk.refused_as(&other, &release).0, Code::Conflict);
    let public = json!({ "postComment": { "ticketId": ticket, "body": "me too" } });
    assert_eq!(desk.refused_as(&other, &public).0, Code::Conflict);
    let private = json!({ "ticketId": ticket, "body": "psst", "visibility": "private" });
    desk.ask_as(&other, &json!({ "postComment": private })).expect("a note is no answer");
    desk.comment(&ticket, "I answer");

    desk.room.now += 59 * SECOND;
    assert_eq!(desk.refused_as(&other, &claim).0, Code::Conflict);
    desk.room.now += SECOND;
    let theirs = desk.ask_as(&other, &claim).expect("to the millisecond, without the alarm");
    assert_ne!(theirs["claim"]["agentId"], mine["claim"]["agentId"]);
    desk.room.alarm();
    assert_eq!(desk.get(&ticket)["claim"], theirs["claim"], "the old timer ends no new claim");
}

#[test]
fn a_claim_ends_by_time_by_hand_and_by_being_taken_over() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let claim = json!({ "claimTicket": { "ticketId": ticket } });
    desk.ask(&claim);
    desk.pass(100 * SECOND);
    desk.ask(&claim);
    desk.events();
    desk.pass(100 * SECOND);
    assert_eq!(desk.event_types(), [] as [&str; 0], "it was renewed");
    desk.pass(20 * SECOND);
    let event = desk.events().pop().expect("an event");
    assert_eq!(
        (&event["type"], &event["data"]["reason"]),
        (&json!("ticket.released"), &json!("expired"))
    );
    assert!(desk.get(&ticket)["claim"].is_null());

    desk.ask(&claim);
    desk.events();
    let released = desk.ask(&json!({ "releaseTicket": { "ticketId": ticket } }));
    assert_eq!((&released["claim"], &released["reason"]), (&Value::Null, &json!("released")));
    assert_eq!(desk.event_types(), ["ticket.released"]);
    desk.ask(&json!({ "releaseTicket": { "ticketId": ticket } }));
    assert_eq!(desk.event_types(), [] as [&str; 0]);

    desk.ask(&claim);
    let over = json!({ "claimTicket": { "ticketId": ticket, "takeOver": true } });
    let owner = desk.owner.clone();
    let other = desk.room.join(&owner, Role::Agent).principal;
    assert_eq!(desk.refused_as(&other, &over).0, Code::Forbidden);
    let taken = desk.owner_asks(&over);
    assert_eq!(
        (&taken["reason"], &taken["claim"]["agentId"]),
        (&json!("takenOver"), &json!(owner.id()))
    );
    for seconds in [0, 9, 3_601, -1, schema::codec::INTEGER_MAX] {
        let bad = json!({ "claimTicket": { "ticketId": ticket, "leaseSeconds": seconds } });
        assert_eq!(desk.refused(&bad).0, Code::InvalidInput, "{seconds}");
    }
    desk.set_status(&ticket, "closed");
    desk.pass(HOUR);
    assert_eq!(desk.refused(&claim).0, Code::Conflict);
}

#[test]
fn who_follows_is_told_and_listed_once() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    desk.events();
    let follow = json!({ "followTicket": { "ticketId": ticket } });
    let state = desk.ask(&follow);
    let own = json!([{ "agentId": desk.agent.id(), "since": desk.room.now }]);
    assert_eq!(state["followers"], own);
    desk.room.now += 1;
    assert_eq!(desk.ask(&follow), state);
    desk.owner_asks(&follow);
    assert_eq!(desk.event_types(), ["ticket.followed", "ticket.followed"]);
    let list = desk.ask(&json!({ "listFollowers": { "ticketId": ticket } }));
    assert_eq!(list["followers"].as_array().map(Vec::len), Some(2));
    let left = desk.ask(&json!({ "unfollowTicket": { "ticketId": ticket } }));
    assert_eq!(left["followers"].as_array().map(Vec::len), Some(1));
    assert_eq!(desk.event_types(), ["ticket.unfollowed"]);
}

#[test]
fn mentions_are_in_the_comment_and_its_event() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    desk.events();
    let (me, owner) = (desk.agent.id(), desk.owner.id());
    let post = json!({ "ticketId": ticket, "body": "@Olga look", "mentions": [owner, me, owner] });
    let comment = desk.ask(&json!({ "postComment": post }));
    assert_eq!(comment["mentions"], json!([owner, me]));
    assert_eq!(desk.events()[0]["data"]["comment"]["mentions"], json!([owner, me]));
    let read = desk.ask(&json!({ "getComment": { "commentId": comment["id"] } }));
    assert_eq!(read, comment);

    let later = desk.room.now + HOUR;
    let wait = json!({ "ticketId": ticket, "body": "b", "publishAt": later, "mentions": [owner] });
    let waiting = desk.ask(&json!({ "scheduleComment": wait }));
    desk.pass(HOUR);
    let read = desk.ask(&json!({ "getComment": { "commentId": waiting["id"] } }));
    assert_eq!(read["mentions"], json!([owner]));

    let stranger = uuid::Uuid::from_u128(9);
    for mentions in [json!([stranger]), json!(vec![me; 21])] {
        let bad = json!({ "ticketId": ticket, "body": "x", "mentions": mentions });
        assert_eq!(desk.refused(&json!({ "postComment": bad })).0, Code::InvalidInput);
    }
}
