//! Merging tickets and splitting comments off: what the readers see, what mail does, and that
//! undoing brings back what there was.

use super::desk::{Desk, text};
use schema::{Code, Role};
use serde_json::{Value, json};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// Everything that a move touches; versions only ever grow.
fn tables(desk: &Desk) -> Vec<(String, Vec<String>)> {
    [
        "tickets",
        "ticket_tags",
        "comments",
        "attachments",
        "reads",
        "scheduled_comments",
        "mail_ids",
        "ticket_counts",
        "drafts",
        "followers",
        "moved_comments",
        "timers",
    ]
    .iter()
    .map(|table| ((*table).to_owned(), desk.rows(table, &["version"])))
    .collect()
}

fn merge(desk: &mut Desk, ticket: &str, into: &str) -> Value {
    desk.ask(&json!({ "mergeTickets": { "ticketId": ticket, "intoId": into } }))
}

fn undo(moved: &Value) -> Value {
    json!({ "undoMove": { "moveId": moved["moved"]["id"] } })
}

fn bodies(desk: &mut Desk, ticket: &str) -> Vec<String> {
    let list = desk.ask(&json!({ "listComments": { "ticketId": ticket } }));
    let items = list["items"].as_array().expect("items").clone();
    for item in &items {
        assert_eq!(item["ticketId"], json!(ticket), "a comment names the ticket that it is in");
    }
    items.iter().map(|item| text(&item["body"])).collect()
}

/// Two tickets of a customer who wrote twice, with answers in between.
fn two(desk: &mut Desk) -> (String, String) {
    let a = text(&desk.mail("a1@x", None)["ticketId"]);
    let b = text(&desk.mail("b1@x", None)["ticketId"]);
    desk.room.now += 10;
    desk.comment(&a, "to a");
    desk.comment(&b, "to b");
    desk.room.now += 10;
    desk.mail("a2@x", Some("a1@x"));
    let me = desk.agent.id();
    desk.ask(&json!({ "changeTicket": {
        "ticketId": a, "status": "pending", "tags": ["x", "y"], "assigneeId": me,
        "attributes": { "plan": "pro" },
    } }));
    desk.ask(&json!({ "markRead": { "ticketId": a } }));
    desk.ask(&json!({ "saveDraft": { "ticketId": a, "body": "draft" } }));
    let later = desk.room.now + DAY;
    desk.ask(&json!({ "scheduleComment": { "ticketId": a, "body": "later", "publishAt": later } }));
    desk.ask(&json!({ "snoozeTicket": { "ticketId": a, "until": later } }));
    desk.room.now += 10;
    (a, b)
}

#[test]
fn a_merged_tickets_comments_stand_in_the_other_in_the_order_of_their_saying() {
    let mut desk = Desk::open();
    let (a, b) = two(&mut desk);
    desk.events();
    let moved = merge(&mut desk, &a, &b);
    let events = desk.events();
    let types: Vec<&Value> = events.iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["ticket.merged", "ticket.commentsMoved"]);
    assert_eq!((&events[0]["ticketId"], &events[1]["ticketId"]), (&json!(a), &json!(b)));
    for (event, side) in events.iter().zip(["source", "target"]) {
        let data = json!({ "moved": moved["moved"], "ticket": moved[side] });
        assert_eq!(event["data"], data, "each tells of its own ticket");
    }
    assert_eq!(bodies(&mut desk, &b), ["mail a1@x", "mail b1@x", "to a", "to b", "mail a2@x"]);
    assert_eq!(bodies(&mut desk, &a), [] as [&str; 0]);
    let (source, target) = (desk.get(&a), desk.get(&b));
    assert_eq!((&source["status"], &source["mergedIntoId"]), (&json!("closed"), &json!(b)));
    assert_eq!((&source["comments"], &target["comments"]), (&json!(0), &json!(5)));
    assert!(source["snooze"].is_null());
    assert_eq!(target["lastCommentAt"], json!(desk.room.now - 10));
    for (field, value) in moved["source"].as_object().expect("an object") {
        assert_eq!(&source[field], value, "{field}");
    }
    let counts = desk.ask(&json!({ "snapshot": {} }))["counts"].clone();
    assert_eq!((&counts["open"], &counts["closed"]), (&json!(1), &json!(1)));
    let next = desk.ask(&json!({ "createTicket": { "subject": "c" } }));
    assert_eq!(next["number"], 3, "numbers have no gap");
    let list = desk.ask(&json!({ "listMoves": { "ticketId": b } }));
    assert_eq!(list, json!([moved["moved"]]));
}

#[test]
fn undone_everything_is_as_it_was() {
    let mut desk = Desk::open();
    let (a, b) = two(&mut desk);
    let before = tables(&desk);
    let versions = desk.room.number("select sum(version) from tickets");
    let moved = merge(&mut desk, &a, &b);
    assert_ne!(tables(&desk), before);
    desk.room.now += 29 * DAY / 30;
    desk.events();
    desk.ask(&undo(&moved));
    assert_eq!(desk.event_types(), ["ticket.moveUndone", "ticket.commentsMoved"]);
    assert_eq!(tables(&desk), before);
    assert!(desk.room.number("select sum(version) from tickets") > versions);
    assert_eq!(desk.refused(&undo(&moved)).0, Code::Conflict, "it is undone once");
    let again = merge(&mut desk, &a, &b);
    desk.ask(&undo(&again));
    assert_eq!(tables(&desk), before);
}

#[test]
fn mail_on_the_merged_ticket_goes_to_the_other_and_stays_there() {
    let mut desk = Desk::open();
    let (a, b) = two(&mut desk);
    let c = desk.ticket("c");
    let first = merge(&mut desk, &a, &b);
    let second = merge(&mut desk, &b, &c);
    let receipt = desk.mail("a3@x", Some("a2@x"));
    assert_eq!((&receipt["outcome"], &receipt["ticketId"]), (&json!("commented"), &json!(c)));
    assert_eq!(desk.mail("a1@x", None)["outcome"], "duplicate");
    assert_eq!(bodies(&mut desk, &c).len(), 6);

    assert_eq!(desk.refused(&undo(&first)).0, Code::Conflict, "the later one first");
    desk.ask(&undo(&second));
    desk.ask(&undo(&first));
    assert_eq!(bodies(&mut desk, &a), ["mail a1@x", "to a", "mail a2@x"]);
    assert_eq!(bodies(&mut desk, &b), ["mail b1@x", "to b"]);
    assert_eq!(bodies(&mut desk, &c), ["mail a3@x"], "what was said since stays");
    assert_eq!(desk.get(&c)["comments"], 1);
    assert_eq!(desk.mail("a4@x", Some("a2@x"))["ticketId"], json!(a));
}

#[test]
fn what_was_said_since_stays_and_the_rest_goes_back() {
    let mut desk = Desk::open();
    let (a, b) = two(&mut desk);
    let was = desk.get(&a);
    let moved = merge(&mut desk, &a, &b);
    desk.room.now += 5;
    desk.comment(&b, "since");
    desk.room.now += 5;
    desk.ask(&undo(&moved));
    assert_eq!(bodies(&mut desk, &b), ["mail b1@x", "to b", "since"]);
    let (a, b) = (desk.get(&a), desk.get(&b));
    assert_eq!((&b["comments"], &b["lastCommentAt"]), (&json!(3), &json!(desk.room.now - 5)));
    for (field, value) in was.as_object().expect("an object") {
        if field != "version" {
            assert_eq!(&a[field], value, "{field}");
        }
    }
}

#[test]
fn a_comment_that_waits_on_the_merged_ticket_is_published_in_the_other() {
    let mut desk = Desk::open();
    let (a, b) = two(&mut desk);
    merge(&mut desk, &a, &b);
    desk.pass(DAY);
    assert_eq!(bodies(&mut desk, &b).last().map(String::as_str), Some("later"));
}

#[test]
fn no_ticket_is_merged_twice_into_itself_or_in_a_circle() {
    let mut desk = Desk::open();
    let (a, b, c) = (desk.ticket("a"), desk.ticket("b"), desk.ticket("c"));
    let ask =
        |from: &str, into: &str| json!({ "mergeTickets": { "ticketId": from, "intoId": into } });
    assert_eq!(desk.refused(&ask(&a, &a)).0, Code::InvalidInput);
    merge(&mut desk, &a, &b);
    for (from, into) in [(&a, &c), (&b, &a), (&c, &a), (&a, &b)] {
        let (code, details) = desk.refused(&ask(from, into));
        assert_eq!((code, &details["mergedIntoId"]), (Code::Conflict, &json!(b)), "{from} {into}");
    }
    let old = json!({ "ticketId": b, "intoId": c, "ifVersion": 1 });
    assert_eq!(desk.refused(&json!({ "mergeTickets": old })).0, Code::VersionMismatch);
    let nowhere = uuid::Uuid::from_u128(7).to_string();
    assert_eq!(desk.refused(&ask(&b, &nowhere)).0, Code::NotFound);
    assert_eq!(desk.refused(&ask(&nowhere, &b)).0, Code::NotFound);

    for command in [
        json!({ "changeTicket": { "ticketId": a, "priority": "high" } }),
        json!({ "reopenTicket": { "ticketId": a } }),
        json!({ "postComment": { "ticketId": a, "body": "x" } }),
        json!({ "snoozeTicket": { "ticketId": a } }),
        json!({ "splitTicket": { "ticketId": a, "commentIds": [nowhere] } }),
    ] {
        let (code, details) = desk.refused(&command);
        assert_eq!((code, &details["mergedIntoId"]), (Code::Conflict, &json!(b)), "{command}");
    }
}

#[test]
fn after_thirty_days_nothing_is_undone_and_nothing_kept_for_it() {
    let mut desk = Desk::open();
    let (a, b) = two(&mut desk);
    let moved = merge(&mut desk, &a, &b);
    desk.room.now += 30 * DAY - 1;
    let owner = desk.owner.clone();
    let fresh = desk.room.log_in("owner@example.com", "again").expect("logged in").principal;
    assert_eq!(
        desk.ask_as(&fresh, &json!({ "me": {} })).expect("in")["agent"]["id"],
        json!(owner.id())
    );
    desk.room.now += 1;
    let (code, _) = desk.ask_as(&fresh, &undo(&moved)).expect_err("too late");
    assert_eq!(code, Code::Gone);
    desk.room.alarm();
    assert_eq!(desk.room.count("moved_comments"), 0);
    assert_eq!(desk.room.number("select count(*) from moves where before <> ''"), 0);
}

#[test]
fn comments_split_off_are_a_ticket_of_their_own_and_come_back() {
    let mut desk = Desk::open();
    let (a, _) = two(&mut desk);
    let before = tables(&desk);
    let list = desk.ask(&json!({ "listComments": { "ticketId": a } }));
    let ids: Vec<Value> =
        list["items"].as_array().expect("items").iter().map(|it| it["id"].clone()).collect();
    desk.events();
    let split = json!({ "ticketId": a, "commentIds": [ids[2], ids[1]], "subject": "Scanner" });
    let moved = desk.ask(&json!({ "splitTicket": split }));
    assert_eq!(desk.event_types(), ["ticket.created", "ticket.split", "ticket.commentsMoved"]);
    let new = text(&moved["target"]["id"]);
    assert_eq!(
        (&moved["target"]["number"], &moved["target"]["subject"]),
        (&json!(3), &json!("Scanner"))
    );
    assert_eq!(bodies(&mut desk, &new), ["to a", "mail a2@x"]);
    assert_eq!(bodies(&mut desk, &a), ["mail a1@x"]);
    let (source, target) = (desk.get(&a), desk.get(&new));
    assert_eq!((&source["comments"], &target["comments"]), (&json!(1), &json!(2)));
    assert_eq!(target["userId"], source["userId"]);
    assert!(!target["firstReplyAt"].is_null());
    assert_eq!(desk.mail("a3@x", Some("a2@x"))["ticketId"], json!(new));
    assert_eq!(desk.mail("a4@x", Some("a1@x"))["ticketId"], json!(a));

    desk.ask(&undo(&moved));
    let all = ["mail a1@x", "to a", "mail a2@x", "mail a3@x", "mail a4@x"];
    assert_eq!(bodies(&mut desk, &a), all);
    assert_eq!(bodies(&mut desk, &new), [] as [&str; 0]);
    let shell = desk.get(&new);
    assert_eq!((&shell["status"], &shell["mergedIntoId"]), (&json!("closed"), &json!(a)));
    assert_eq!(desk.mail("a5@x", Some("a3@x"))["ticketId"], json!(a));

    let mut desk = Desk::open();
    let (a, _) = two(&mut desk);
    let split = json!({ "ticketId": a, "commentIds": [ids[2], ids[1]] });
    let moved = desk.ask(&json!({ "splitTicket": split }));
    desk.ask(&undo(&moved));
    let mut after = tables(&desk);
    after[0].1.retain(|row| !row.starts_with("number=Integer(3)"));
    let counts = |tables: &mut Vec<(String, Vec<String>)>| tables.remove(7);
    let mut before = before;
    assert_ne!(counts(&mut after), counts(&mut before), "the new ticket's number stays used");
    assert_eq!(after, before);
}

/// The room tells of tickets what its log has of them, each event once, the latest first.
fn assert_told_as_logged(desk: &mut Desk, tickets: &[&String]) {
    for ticket in tickets {
        let logged = desk.room.number(&format!(
            "select count(*) from events where json_extract(json, '$.ticketId') = '{ticket}'"
        ));
        for limit in [1, 2, 3, 100] {
            let told = desk.pages("listActivities", &json!({ "ticketId": ticket }), limit);
            let seqs: Vec<i64> = told.iter().map(|it| it["seq"].as_i64().expect("a seq")).collect();
            assert!(seqs.is_sorted_by(|a, b| a > b), "{seqs:?}");
            assert!(told.iter().all(|event| event["ticketId"] == json!(ticket)), "{told:?}");
            assert_eq!(told.len() as i64, logged, "{ticket} by {limit}");
        }
    }
}

#[test]
fn what_happened_to_a_ticket_stays_with_it_wherever_its_comments_go() {
    let mut desk = Desk::open();
    let (a, b) = two(&mut desk);
    assert_told_as_logged(&mut desk, &[&a, &b]);
    let merged = merge(&mut desk, &a, &b);
    desk.comment(&b, "after the merge");
    assert_told_as_logged(&mut desk, &[&a, &b]);
    desk.ask(&undo(&merged));
    desk.comment(&a, "after its undoing");
    assert_told_as_logged(&mut desk, &[&a, &b]);

    let list = desk.ask(&json!({ "listComments": { "ticketId": a } }));
    let ids = [list["items"][0]["id"].clone(), list["items"][1]["id"].clone()];
    let split = desk.ask(&json!({ "splitTicket": { "ticketId": a, "commentIds": ids } }));
    let c = text(&split["target"]["id"]);
    desk.comment(&c, "on what was split off");
    assert_told_as_logged(&mut desk, &[&a, &b, &c]);
    desk.ask(&undo(&split));
    merge(&mut desk, &b, &a);
    desk.comment(&a, "with all of them");
    assert_told_as_logged(&mut desk, &[&a, &b, &c]);

    // Events of a room that an older build wrote are listed, each of them.
    let older = "update events set ticket_id = json_extract(json, '$.ticketId')";
    let connection = desk.room.home.connection();
    connection.execute_batch(&format!("{older} where seq % 2 = 0")).expect("listed");
    assert_told_as_logged(&mut desk, &[&a, &b, &c]);
}

#[test]
fn only_comments_of_the_ticket_are_split_off_and_one_stays() {
    let mut desk = Desk::open();
    let (a, b) = two(&mut desk);
    let ids = |desk: &mut Desk, ticket: &str| -> Vec<Value> {
        let list = desk.ask(&json!({ "listComments": { "ticketId": ticket } }));
        list["items"].as_array().expect("items").iter().map(|it| it["id"].clone()).collect()
    };
    let (own, other) = (ids(&mut desk, &a), ids(&mut desk, &b));
    for (comments, code) in [
        (json!([]), Code::InvalidInput),
        (json!([own[0], own[0]]), Code::InvalidInput),
        (json!([other[0]]), Code::InvalidInput),
        (json!([uuid::Uuid::from_u128(5)]), Code::InvalidInput),
        (json!(vec![&own[0]; 101]), Code::InvalidInput),
        (json!(own), Code::Conflict),
    ] {
        let split = json!({ "splitTicket": { "ticketId": a, "commentIds": comments } });
        assert_eq!(desk.refused(&split).0, code, "{comments}");
    }
    let first = desk.ask(&json!({ "splitTicket": { "ticketId": a, "commentIds": [own[0]] } }));
    let new = text(&first["target"]["id"]);
    let moved = merge(&mut desk, &new, &b);
    assert_eq!(desk.refused(&undo(&first)).0, Code::Conflict, "the new ticket was merged since");
    desk.ask(&undo(&moved));
    desk.owner_asks(&json!({ "deleteTicket": { "ticketId": new } }));
    assert_eq!(desk.refused(&undo(&first)).0, Code::Conflict, "the new ticket is deleted");
    desk.owner_asks(&json!({ "restoreTicket": { "ticketId": new } }));
    desk.ask(&undo(&first));
    assert_eq!(bodies(&mut desk, &a).len(), 3);
}

#[test]
fn a_viewer_reads_moves_and_makes_none() {
    let mut desk = Desk::open();
    let (a, b) = two(&mut desk);
    let viewer = desk.viewer.principal.clone();
    let command = json!({ "mergeTickets": { "ticketId": a, "intoId": b } });
    assert_eq!(desk.refused_as(&viewer, &command).0, Code::Forbidden);
    let moved = merge(&mut desk, &a, &b);
    assert_eq!(desk.refused_as(&viewer, &undo(&moved)).0, Code::Forbidden);
    let list = json!({ "listMoves": { "ticketId": a } });
    assert_eq!(desk.ask_as(&viewer, &list).expect("read")[0]["id"], moved["moved"]["id"]);
    let owner = desk.owner.clone();
    let other = desk.room.join(&owner, Role::Agent).principal;
    desk.ask_as(&other, &undo(&moved)).expect("whoever works may");
}

#[test]
fn a_split_is_not_undone_while_another_ticket_is_merged_into_what_it_made() {
    let mut desk = Desk::open();
    let (s, x) = (desk.ticket("s"), desk.ticket("x"));
    desk.comment(&s, "one");
    let two = desk.comment(&s, "two");
    desk.comment(&x, "of x");
    let split = json!({ "ticketId": s, "commentIds": [two["id"]] });
    let split = desk.ask(&json!({ "splitTicket": split }));
    let merged = merge(&mut desk, &x, &text(&split["target"]["id"]));
    assert_eq!(desk.refused(&undo(&split)).0, Code::Conflict, "the merge first");
    desk.ask(&undo(&merged));
    desk.ask(&undo(&split));
    assert_eq!(bodies(&mut desk, &s), ["one", "two"]);
    assert_eq!(bodies(&mut desk, &x), ["of x"]);
}

#[test]
fn the_first_reply_is_the_first_that_stands_in_the_ticket_and_its_promise_follows() {
    let mut desk = Desk::open();
    desk.owner_asks(&json!({ "createSlaPolicy": { "name": "S", "businessHours": false,
        "targets": [{ "priority": "normal", "firstReplyMinutes": 60 }] } }));
    let (a, b) = (desk.ticket("a"), desk.ticket("b"));
    desk.room.now += 10;
    let replied = json!(desk.room.now);
    desk.comment(&a, "first reply");
    desk.room.now += 10;
    let met = |desk: &mut Desk, ticket: &str| {
        let sla = desk.ask(&json!({ "getTicketSla": { "ticketId": ticket } }));
        (desk.get(ticket)["firstReplyAt"].clone(), sla["firstReply"]["metAt"].clone())
    };
    let moved = merge(&mut desk, &a, &b);
    assert_eq!(moved["target"]["firstReplyAt"], replied);
    assert_eq!(met(&mut desk, &b), (replied.clone(), replied.clone()));
    desk.ask(&undo(&moved));
    assert_eq!(met(&mut desk, &b), (Value::Null, Value::Null));
    assert_eq!(desk.get(&a)["firstReplyAt"], replied);

    let moved = merge(&mut desk, &a, &b);
    desk.room.now += 10;
    desk.comment(&b, "since");
    desk.ask(&undo(&moved));
    let since = json!(desk.room.now);
    assert_eq!(met(&mut desk, &b), (since.clone(), since));
}

#[test]
fn what_an_agent_has_not_read_is_not_read_by_a_merge() {
    let mut desk = Desk::open();
    let owner = desk.owner.clone();
    let bob = desk.room.join(&owner, Role::Agent).principal;
    let unread = |desk: &mut Desk, ticket: &str| {
        let get = json!({ "getTicket": { "ticketId": ticket } });
        desk.ask_as(&bob, &get).expect("read")["unread"].clone()
    };
    let (a, b) = (desk.ticket("a"), desk.ticket("b"));
    desk.comment(&a, "unread");
    desk.comment(&b, "read");
    for ticket in [&a, &b] {
        desk.ask(&json!({ "markRead": { "ticketId": ticket } }));
    }
    desk.ask_as(&bob, &json!({ "markRead": { "ticketId": b } })).expect("marked");
    assert_eq!((unread(&mut desk, &a), unread(&mut desk, &b)), (json!(1), json!(0)));
    let moved = merge(&mut desk, &a, &b);
    // And with it what was said after it.
    assert_eq!(unread(&mut desk, &b), 2);
    assert_eq!(desk.get(&b)["unread"], 0, "who had read both has read both");
    desk.ask(&undo(&moved));
    assert_eq!((unread(&mut desk, &a), unread(&mut desk, &b)), (json!(1), json!(1)));
}

#[test]
fn what_came_of_a_merged_ticket_meanwhile_is_so_after_the_undo() {
    let mut desk = Desk::open();
    let [kept, gone] = ["kept@x.example", "gone@x.example"]
        .map(|email| desk.ask(&json!({ "createUser": { "email": email } }))["id"].clone());
    let a = json!({ "subject": "a", "userId": gone, "body": "a1" });
    let a = text(&desk.ask(&json!({ "createTicket": a }))["id"]);
    let b = desk.ticket("b");
    let moved = merge(&mut desk, &a, &b);
    desk.ask(&json!({ "mergeUsers": { "userId": kept, "otherId": gone } }));
    // As one that is imported does, it stands in the ticket that it names.
    let late = "insert into comments (seq, id, ticket, author_kind, visibility, body, source,
        automatic, attachments, created_at) select 1, ?, number, 'system', 'public', 'late', 'mail',
        0, 0, 5 from tickets where id = ?";
    let id = uuid::Uuid::from_u128(5).to_string();
    desk.room.home.connection().execute(late, [&id, &a]).expect("a comment");
    let undone = desk.ask(&undo(&moved));
    let source = &undone["source"];
    assert_eq!((&source["userId"], &source["userEmail"]), (&kept, &json!("kept@x.example")));
    assert_eq!(source["comments"], 2);
    let known = desk.get(&a);
    for field in ["userId", "userEmail", "userName", "companyId", "companyName", "comments"] {
        assert_eq!(known[field], source[field], "{field}");
    }
    assert_eq!(bodies(&mut desk, &a), ["late", "a1"]);
}
