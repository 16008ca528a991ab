//! Scheduled comments: published once, or not at all with a reason.

use super::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};

const HOUR: i64 = 60 * 60 * 1000;

fn schedule(desk: &mut Desk, ticket: &str, after: i64) -> Value {
    let publish_at = desk.room.now + after;
    let comment = json!({ "ticketId": ticket, "body": "later", "publishAt": publish_at });
    desk.ask(&json!({ "scheduleComment": comment }))
}

#[test]
fn a_scheduled_comment_is_published_once_though_the_alarm_fires_twice() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let waiting = schedule(&mut desk, &ticket, HOUR);
    desk.pass(HOUR - 1);
    assert_eq!(desk.get(&ticket)["comments"], 0);
    desk.events();
    desk.pass(1);
    desk.room.alarm();
    desk.room.restart();
    desk.room.alarm();
    let events = desk.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["by"], json!({ "kind": "agent", "id": desk.agent.id() }));
    let comment = desk.ask(&json!({ "getComment": { "commentId": waiting["id"] } }));
    assert_eq!(events[0]["data"]["comment"], comment);
    assert_eq!((&comment["source"], &comment["body"]), (&json!("schedule"), &json!("later")));
    assert_eq!(desk.get(&ticket)["firstReplyAt"], json!(desk.room.now));
    let list = desk.ask(&json!({ "listScheduledComments": {} }));
    assert_eq!(list["items"], json!([]));
    let cancel = json!({ "cancelScheduledComment": { "commentId": waiting["id"] } });
    assert_eq!(desk.refused(&cancel).0, Code::NotFound);
}

#[test]
fn the_alarm_is_armed_for_the_comment() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    desk.room.drain(|_, _| unreachable!("there are only summaries"));
    desk.room.alarm();
    let waiting = schedule(&mut desk, &ticket, HOUR);
    assert_eq!(json!(desk.room.home.alarm()), waiting["publishAt"]);
}

#[test]
fn a_comment_that_was_moved_is_published_at_its_new_time_with_its_new_text() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let waiting = schedule(&mut desk, &ticket, HOUR);
    let publish_at = desk.room.now + 3 * HOUR;
    let change = json!({
        "commentId": waiting["id"], "publishAt": publish_at, "body": "new", "visibility": "private",
        "ifVersion": 1,
    });
    let changed = desk.ask(&json!({ "changeScheduledComment": change }));
    assert_eq!((&changed["version"], &changed["body"]), (&json!(2), &json!("new")));
    desk.pass(2 * HOUR);
    assert_eq!(desk.get(&ticket)["comments"], 0);
    desk.pass(HOUR);
    let comment = desk.ask(&json!({ "getComment": { "commentId": waiting["id"] } }));
    assert_eq!((&comment["body"], &comment["visibility"]), (&json!("new"), &json!("private")));
    assert_eq!(desk.get(&ticket)["firstReplyAt"], Value::Null);
}

#[test]
fn a_cancelled_comment_is_never_published_and_its_text_is_not_lost() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let waiting = schedule(&mut desk, &ticket, HOUR);
    desk.events();
    desk.ask(&json!({ "cancelScheduledComment": { "commentId": waiting["id"] } }));
    let event = desk.events().pop().expect("an event");
    assert_eq!(event["type"], "scheduledComment.cancelled");
    assert_eq!(event["data"], json!({ "scheduledComment": waiting, "reason": "cancelled" }));
    desk.pass(2 * HOUR);
    assert_eq!(desk.get(&ticket)["comments"], 0);
}

#[test]
fn a_comment_is_cancelled_where_its_ticket_is_closed_by_the_time() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    schedule(&mut desk, &ticket, HOUR);
    desk.set_status(&ticket, "closed");
    desk.events();
    desk.pass(HOUR);
    let event = desk.events().pop().expect("an event");
    assert_eq!(event["type"], "scheduledComment.cancelled");
    assert_eq!(event["data"]["reason"], "ticketClosed");
    assert_eq!(event["by"], json!({ "kind": "system" }));
    assert_eq!(desk.room.count("scheduled_comments"), 0);
}

#[test]
fn a_comment_is_cancelled_where_its_author_may_not_write_any_more() {
    for change in [json!({ "active": false }), json!({ "role": "viewer" })] {
        let mut desk = Desk::open();
        let ticket = desk.ticket("a");
        schedule(&mut desk, &ticket, HOUR);
        let mut input = json!({ "agentId": desk.agent.id() });
        let fields = change.as_object().expect("an object").clone();
        input.as_object_mut().expect("an object").extend(fields);
        let owner = desk.owner.principal.clone();
        desk.ask_as(&owner, &json!({ "changeAgent": input })).expect("done");
        desk.events();
        desk.pass(HOUR);
        let event = desk.events().pop().expect("an event");
        assert_eq!(event["data"]["reason"], "authorRemoved");
        assert_eq!(desk.room.count("comments"), 0);
    }
}

#[test]
fn only_its_author_changes_a_comment_and_only_who_manages_cancels_it_beside() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let waiting = schedule(&mut desk, &ticket, HOUR);
    let other = desk.room.join(&desk.owner.clone(), schema::Role::Agent).principal;
    let owner = desk.owner.principal.clone();
    let words = json!({ "commentId": waiting["id"], "body": "in your name" });
    let change = json!({ "changeScheduledComment": words });
    let cancel = json!({ "cancelScheduledComment": { "commentId": waiting["id"] } });
    assert_eq!(desk.refused_as(&other, &change).0, Code::Forbidden);
    assert_eq!(desk.refused_as(&owner, &change).0, Code::Forbidden);
    assert_eq!(desk.refused_as(&other, &cancel).0, Code::Forbidden);
    desk.ask_as(&owner, &cancel).expect("an owner may");
}

#[test]
fn a_time_is_in_the_coming_year() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let now = desk.room.now;
    for publish_at in [-1, 0, now, now + 366 * 24 * HOUR, schema::codec::INTEGER_MAX] {
        let comment = json!({ "ticketId": ticket, "body": "x", "publishAt": publish_at });
        let refused = desk.refused(&json!({ "scheduleComment": comment }));
        assert_eq!(refused.0, Code::InvalidInput, "{publish_at}");
    }
}

#[test]
fn what_waits_is_listed_by_time_and_bounded() {
    let mut desk = Desk::open();
    let (a, b) = (desk.ticket("a"), desk.ticket("b"));
    for n in 0..100 {
        schedule(&mut desk, &a, HOUR * (100 - n));
    }
    let publish_at = desk.room.now + HOUR;
    let full = json!({ "ticketId": a, "body": "x", "publishAt": publish_at });
    assert_eq!(desk.refused(&json!({ "scheduleComment": full })).0, Code::Conflict);
    schedule(&mut desk, &b, HOUR / 2);
    let mut times = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let list = json!({ "limit": 40, "cursor": cursor });
        let page = desk.ask(&json!({ "listScheduledComments": list }));
        let items = page["items"].as_array().expect("items").clone();
        times.extend(items.iter().map(|it| it["publishAt"].as_i64().expect("a time")));
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(times.len(), 101);
    assert!(times.is_sorted());
    let of = desk.ask(&json!({ "listScheduledComments": { "ticketId": b } }));
    assert_eq!(text(&of["items"][0]["ticketId"]), b);
}

#[test]
fn a_held_comment_leaves_after_its_moment_unless_it_is_taken_back() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let hold = json!({ "ticketId": ticket, "body": "sent", "holdSeconds": 10 });
    let held = desk.ask(&json!({ "scheduleComment": hold }));
    assert_eq!(held["publishAt"], json!(desk.room.now + 10_000));
    assert_eq!(held["held"], json!(true));
    desk.pass(9_999);
    assert_eq!(desk.get(&ticket)["comments"], 0);
    desk.pass(1);
    let comment = desk.ask(&json!({ "getComment": { "commentId": held["id"] } }));
    assert_eq!((&comment["source"], &comment["visibility"]), (&json!("agent"), &json!("public")));

    let undone = desk.ask(&json!({ "scheduleComment": hold }));
    desk.pass(5_000);
    desk.ask(&json!({ "cancelScheduledComment": { "commentId": undone["id"] } }));
    desk.pass(60_000);
    assert_eq!(desk.get(&ticket)["comments"], 1);
    let later = desk.room.now + HOUR;
    for bad in [
        json!({ "holdSeconds": 0 }),
        json!({ "holdSeconds": 61 }),
        json!({ "holdSeconds": -1 }),
        json!({ "holdSeconds": 5, "publishAt": later }),
        json!({}),
    ] {
        let mut input = bad.clone();
        (input["ticketId"], input["body"]) = (json!(ticket), json!("x"));
        let refused = desk.refused(&json!({ "scheduleComment": input }));
        assert_eq!(refused.0, Code::InvalidInput, "{bad}");
    }
}

#[test]
fn a_comment_is_cancelled_where_the_customer_writes_first_if_so_asked() {
    let mut desk = Desk::open();
    let ticket = text(&desk.mail("1@x", None)["ticketId"]);
    let later = desk.room.now + HOUR;
    let plain = json!({ "ticketId": ticket, "body": "plain", "publishAt": later });
    let mut asked = plain.clone();
    (asked["cancelOnReply"], asked["body"]) = (json!(true), json!("are you there?"));
    let asked = desk.ask(&json!({ "scheduleComment": asked }));
    desk.ask(&json!({ "scheduleComment": plain }));
    desk.events();
    desk.mail("2@x", Some("1@x"));
    let events = desk.events();
    assert_eq!(events[0]["type"], "scheduledComment.cancelled");
    assert_eq!(
        events[0]["data"],
        json!({ "scheduledComment": asked, "reason": "customerReplied" })
    );
    desk.pass(HOUR);
    let list = desk.ask(&json!({ "listComments": { "ticketId": ticket } }));
    let bodies: Vec<&Value> =
        list["items"].as_array().expect("items").iter().map(|it| &it["body"]).collect();
    assert_eq!(bodies, ["mail 1@x", "mail 2@x", "plain"]);
}

#[test]
fn it_is_cancelled_as_well_where_its_ticket_was_merged_before() {
    let mut desk = Desk::open();
    let [a, b, c] = ["1@x", "2@x", "3@x"].map(|id| text(&desk.mail(id, None)["ticketId"]));
    let later = desk.room.now + HOUR;
    desk.ask(&json!({ "scheduleComment": { "ticketId": a, "body": "are you there?",
        "publishAt": later, "cancelOnReply": true } }));
    for (from, into) in [(&a, &b), (&b, &c)] {
        desk.ask(&json!({ "mergeTickets": { "ticketId": from, "intoId": into } }));
    }
    desk.events();
    desk.mail("4@x", Some("1@x"));
    assert_eq!(desk.events()[0]["type"], "scheduledComment.cancelled");
    assert_eq!(desk.room.count("scheduled_comments"), 0);
}

#[test]
fn another_agents_claim_is_not_got_round_by_scheduling() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let bob = desk.room.join(&desk.owner.clone(), schema::Role::Agent).principal;
    let claim = json!({ "claimTicket": { "ticketId": ticket, "leaseSeconds": 600 } });
    desk.ask(&claim);
    let begin = desk.room.now;
    let at = |at: i64, visibility: &str| {
        json!({ "scheduleComment": { "ticketId": ticket, "body": "b", "publishAt": begin + at,
            "visibility": visibility } })
    };
    assert_eq!(desk.refused_as(&bob, &at(599_999, "public")).0, Code::Conflict);
    desk.ask_as(&bob, &at(1_000, "private")).expect("a note is no answer");
    desk.ask(&at(1_000, "public"));
    let waiting = desk.ask_as(&bob, &at(600_000, "public")).expect("after the claim");
    for change in [json!({ "publishAt": begin + 500 }), json!({ "publishAt": begin + 599_999 })] {
        let mut change = change;
        change["commentId"] = waiting["id"].clone();
        let change = json!({ "changeScheduledComment": change });
        assert_eq!(desk.refused_as(&bob, &change).0, Code::Conflict);
    }
    desk.pass(300_000);
    assert_eq!(desk.get(&ticket)["comments"], 2, "the note, and that of who has claimed it");
    desk.ask(&claim);
    desk.pass(300_000);
    assert_eq!(desk.get(&ticket)["comments"], 2, "the claim was renewed: it waits");
    desk.pass(299_999);
    assert_eq!(desk.get(&ticket)["comments"], 2);
    desk.pass(1);
    assert_eq!(desk.get(&ticket)["comments"], 3);
}

#[test]
fn a_held_comment_that_is_put_off_for_long_is_a_scheduled_one() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let hold = json!({ "ticketId": ticket, "body": "sent", "holdSeconds": 10 });
    let held = desk.ask(&json!({ "scheduleComment": hold }));
    let change = |desk: &mut Desk, more: Value| {
        let mut change = more;
        change["commentId"] = held["id"].clone();
        desk.ask(&json!({ "changeScheduledComment": change }))
    };
    let soon = desk.room.now + 60_000;
    assert_eq!(change(&mut desk, json!({ "publishAt": soon }))["held"], json!(true));
    let late = desk.room.now + HOUR;
    assert_eq!(change(&mut desk, json!({ "publishAt": late }))["held"], json!(false));
    desk.pass(HOUR);
    let comment = desk.ask(&json!({ "getComment": { "commentId": held["id"] } }));
    assert_eq!(comment["source"], "schedule");
}

#[test]
fn what_waits_on_a_deleted_ticket_is_not_there_until_the_ticket_is() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let waiting = schedule(&mut desk, &ticket, HOUR);
    desk.owner_asks(&json!({ "deleteTicket": { "ticketId": ticket } }));
    let list = json!({ "listScheduledComments": {} });
    assert_eq!(desk.ask(&list)["items"], json!([]));
    let id = &waiting["id"];
    for command in [
        json!({ "changeScheduledComment": { "commentId": id, "body": "changed" } }),
        json!({ "cancelScheduledComment": { "commentId": id } }),
    ] {
        assert_eq!(desk.refused(&command).0, Code::NotFound, "{command}");
    }
    desk.owner_asks(&json!({ "restoreTicket": { "ticketId": ticket } }));
    assert_eq!(desk.ask(&list)["items"], json!([waiting]));
}
