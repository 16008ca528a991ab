//! Lists of tickets against a plain recount, cursors, the snapshot.

use super::desk::{Desk, text};
use crate::kernel::testing::Seeded;
use schema::Code;
use schema::codec::INTEGER_MAX;
use serde_json::{Value, json};

/// A desk with many different tickets, changed in an order of their own.
fn crowded() -> Desk {
    let mut desk = Desk::open();
    let mut dice = Seeded(7);
    let statuses = ["open", "pending", "waiting", "solved", "closed"];
    let priorities = ["low", "normal", "high", "urgent"];
    let mut ids = Vec::new();
    for n in 0..300 {
        desk.room.now += i64::try_from(dice.below(3)).expect("small");
        let mut ticket = json!({
            "subject": format!("t{n}"),
            "status": statuses[dice.below(5) as usize],
            "priority": priorities[dice.below(4) as usize],
            "userEmail": format!("u{}@example.com", dice.below(6)),
            "tags": ([["red"], ["blue"]][dice.below(2) as usize]),
        });
        if dice.below(2) == 0 {
            ticket["assigneeId"] = json!(desk.agent.id());
        }
        let ticket = desk.ask(&json!({ "createTicket": ticket }));
        ids.push((text(&ticket["id"]), ticket["status"] == "closed"));
    }
    for _ in 0..150 {
        let (id, closed) = &ids[dice.below(300) as usize];
        desk.room.now += i64::try_from(dice.below(2)).expect("small");
        if !closed {
            desk.comment(id, "more");
        }
    }
    desk
}

fn key(ticket: &Value, field: &str) -> i64 {
    ticket[field].as_i64().expect("a number")
}

#[test]
fn every_list_is_what_a_recount_gives_on_pages_of_any_size() {
    let mut desk = crowded();
    let all = desk.pages("listTickets", &json!({ "sort": "createdAt" }), 100);
    assert_eq!(all.len(), 300);
    let me = json!(desk.agent.id());
    let user = all[17]["userId"].clone();
    let lists = [
        json!({}),
        json!({ "status": ["open"] }),
        json!({ "status": ["pending", "open", "open"] }),
        json!({ "priority": "urgent" }),
        json!({ "status": ["waiting"], "priority": "low" }),
        json!({ "assigneeId": me }),
        json!({ "assigneeId": me, "status": ["solved"], "priority": "high" }),
        json!({ "sort": "createdAt", "status": ["closed"], "assigneeId": me }),
        json!({ "userId": user }),
        json!({ "userId": user, "tag": "red", "status": ["open", "closed"] }),
        json!({ "tag": "BLUE", "priority": "normal" }),
        json!({ "tag": "green" }),
    ];
    for list in lists {
        let status = list.get("status").and_then(Value::as_array);
        let tag = list.get("tag").and_then(Value::as_str).map(str::to_lowercase);
        let mut expected: Vec<Value> = all
            .iter()
            .filter(|it| status.is_none_or(|wanted| wanted.contains(&it["status"])))
            .filter(|it| list.get("priority").is_none_or(|wanted| &it["priority"] == wanted))
            .filter(|it| list.get("assigneeId").is_none_or(|wanted| &it["assigneeId"] == wanted))
            .filter(|it| list.get("userId").is_none_or(|wanted| &it["userId"] == wanted))
            .filter(|it| tag.as_ref().is_none_or(|wanted| it["tags"][0] == json!(wanted)))
            .cloned()
            .collect();
        let narrow = ["sort", "tag", "userId"].iter().any(|field| list.get(field).is_some());
        let by = if narrow { "createdAt" } else { "updatedAt" };
        expected.sort_by_key(|it| std::cmp::Reverse((key(it, by), key(it, "number"))));
        for limit in [1, 7, 100] {
            assert_eq!(desk.pages("listTickets", &list, limit), expected, "{list} by {limit}");
        }
    }
}

#[test]
fn a_list_looks_at_a_bounded_number_of_tickets_and_goes_on_behind_its_cursor() {
    let mut desk = Desk::open();
    for n in 0..1_100 {
        desk.room.now += 1;
        let priority = if n == 0 { "urgent" } else { "normal" };
        let ticket = json!({ "subject": "a", "priority": priority });
        desk.ask(&json!({ "createTicket": ticket }));
    }
    let rare = json!({ "priority": "urgent", "status": ["open"] });
    let page = desk.ask(&json!({ "listTickets": rare }));
    assert_eq!(page["items"], json!([]));
    assert!(page.get("nextCursor").is_some());
    assert_eq!(desk.pages("listTickets", &rare, 50).len(), 1);
}

#[test]
fn a_cursor_is_of_one_list_in_one_workspace() {
    let mut desk = crowded();
    let page = desk.ask(&json!({ "listTickets": { "limit": 10 } }));
    let cursor = text(&page["nextCursor"]);
    let mut bad: Vec<String> = (0..cursor.len())
        .map(|at| {
            let mut bytes = cursor.clone().into_bytes();
            bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
            String::from_utf8(bytes).expect("ASCII")
        })
        .collect();
    bad.extend(["", "a", "..", "1.2.3", "é.1.2"].map(String::from));
    for cursor in bad {
        let list = json!({ "listTickets": { "limit": 10, "cursor": cursor } });
        assert_eq!(desk.refused(&list).0, Code::InvalidInput, "{cursor}");
    }
    for list in [
        json!({ "listTickets": { "cursor": cursor, "status": ["open"] } }),
        json!({ "listTickets": { "cursor": cursor, "sort": "createdAt" } }),
        json!({ "listUsers": { "cursor": cursor } }),
    ] {
        assert_eq!(desk.refused(&list).0, Code::InvalidInput, "{list}");
    }
    for limit in [-1, 0, 101, 1_000_000_000] {
        for list in ["listTickets", "listUsers", "listCompanies", "listScheduledComments"] {
            let refused = desk.refused(&json!({ list: { "limit": limit } }));
            assert_eq!(refused.0, Code::InvalidInput);
        }
    }
    let sort = json!({ "listTickets": { "tag": "red", "sort": "updatedAt" } });
    assert_eq!(desk.refused(&sort).1["field"], "sort");
}

#[test]
fn users_and_companies_come_page_by_page() {
    let mut desk = Desk::open();
    for n in 0..12 {
        desk.ask(&json!({ "createUser": { "email": format!("u@c{n}.example") } }));
    }
    for list in ["listUsers", "listCompanies"] {
        let first = desk.ask(&json!({ list: { "limit": 8 } }));
        let rest = desk.ask(&json!({ list: { "limit": 8, "cursor": first["nextCursor"] } }));
        let count = |page: &Value| page["items"].as_array().map(Vec::len);
        assert_eq!((count(&first), count(&rest)), (Some(8), Some(4)), "{list}");
        assert!(rest.get("nextCursor").is_none());
    }
}

#[test]
fn a_snapshot_holds_what_is_open_and_where_to_go_on() {
    let mut desk = crowded();
    for _ in 0..200 {
        desk.room.now += 1;
        desk.ticket("one more");
    }
    let snapshot = desk.ask(&json!({ "snapshot": {} }));
    assert_eq!(snapshot["head"], desk.room.count("events"));
    assert_eq!(snapshot["agents"].as_array().map(Vec::len), Some(3));
    assert_eq!(snapshot["workspace"]["name"], "Acme");
    let held = snapshot["tickets"]["items"].as_array().expect("items").clone();
    assert_eq!(held.len(), 200);
    let open = desk.pages("listTickets", &json!({ "status": ["open"] }), 100);
    assert_eq!(held[..], open[..200]);
    let next = json!({ "status": ["open"], "cursor": snapshot["tickets"]["nextCursor"] });
    let page = desk.ask(&json!({ "listTickets": next }));
    assert_eq!(page["items"][0], open[200]);
    assert_eq!(snapshot["counts"]["open"], json!(open.len()));
}

#[test]
fn the_last_number_there_is_is_that_of_nothing() {
    let mut desk = Desk::open();
    desk.ticket("Printer");
    for number in [0, INTEGER_MAX, -INTEGER_MAX] {
        let get = json!({ "getUnparseableMail": { "number": number } });
        assert_eq!(desk.manage_refused(&get).0, Code::NotFound, "{number}");
    }
    for field in ["createdBefore", "updatedBefore"] {
        for (time, found) in [(-INTEGER_MAX, 0), (INTEGER_MAX, 1)] {
            let page = desk.ask(&json!({ "listTickets": { field: time } }));
            let items = page["items"].as_array().expect("items");
            assert_eq!(items.len(), found, "{field} {time}");
        }
    }
}
