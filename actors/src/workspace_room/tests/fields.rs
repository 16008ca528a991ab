//! Teams, categories, custom statuses, attributes of tickets, and lists by them.

use super::desk::{Desk, text};
use crate::kernel::testing::Seeded;
use schema::Code;
use serde_json::{Value, json};

fn id(value: &Value) -> String {
    text(&value["id"])
}

/// A team, two categories and five custom statuses, one of each of the five.
struct Terms {
    team: String,
    categories: [String; 2],
    statuses: Vec<(String, &'static str)>,
}

fn terms(desk: &mut Desk) -> Terms {
    let team = id(&desk.owner_asks(&json!({ "createTeam": { "name": "First line" } })));
    let categories = ["Bug", "Bill"]
        .map(|name| id(&desk.owner_asks(&json!({ "createCategory": { "name": name } }))));
    let statuses = ["open", "pending", "waiting", "solved", "closed"].map(|status| {
        let make = json!({ "name": format!("own {status}"), "status": status });
        (id(&desk.owner_asks(&json!({ "createCustomStatus": make }))), status)
    });
    Terms { team, categories, statuses: statuses.to_vec() }
}

#[test]
fn a_ticket_has_a_team_a_category_a_status_of_the_workspaces_own_and_attributes() {
    let mut desk = Desk::open();
    let terms = terms(&mut desk);
    desk.events();
    let made = desk.ask(&json!({ "createTicket": {
        "subject": "a", "teamId": terms.team, "categoryId": terms.categories[0],
        "customStatusId": terms.statuses[1].0,
        "attributes": { "plan": "pro", "seats": 12, "beta": true, "rate": 1.5 },
    } }));
    assert_eq!(
        (&made["status"], &made["customStatusId"]),
        (&json!("pending"), &json!(terms.statuses[1].0))
    );
    assert_eq!(
        (&made["teamId"], &made["categoryId"]),
        (&json!(terms.team), &json!(terms.categories[0]))
    );
    assert_eq!(
        made["attributes"],
        json!({ "beta": true, "plan": "pro", "rate": 1.5, "seats": 12 })
    );
    assert_eq!(desk.events()[0]["data"]["ticket"]["attributes"], made["attributes"]);
    let ticket = id(&made);
    let changed = desk.ask(&json!({ "changeTicket": {
        "ticketId": ticket, "categoryId": null, "attributes": { "seats": 13, "plan": null },
    } }));
    assert_eq!((&changed["categoryId"], &changed["teamId"]), (&Value::Null, &json!(terms.team)));
    assert_eq!(changed["attributes"], json!({ "beta": true, "rate": 1.5, "seats": 13 }));
    let before = desk.events()[0]["data"]["before"].clone();
    assert_eq!(
        before,
        json!({ "attributes": made["attributes"], "categoryId": terms.categories[0] })
    );

    desk.owner_asks(&json!({ "archiveCategory": { "id": terms.categories[1] } }));
    let nobody = uuid::Uuid::from_u128(4);
    let many: Value =
        (0..21).map(|n| (format!("a{n}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
    for bad in [
        json!({ "teamId": nobody }),
        json!({ "categoryId": nobody }),
        json!({ "categoryId": terms.categories[1] }),
        json!({ "customStatusId": nobody }),
        json!({ "customStatusId": terms.statuses[2].0, "status": "open" }),
        json!({ "attributes": many }),
        json!({ "attributes": { "": "x" } }),
        json!({ "attributes": { " a": "x" } }),
        json!({ "attributes": { "a": {} } }),
        json!({ "attributes": { "a": ["x"] } }),
        json!({ "attributes": { "a": " " } }),
        json!({ "attributes": { "a": "x".repeat(301) } }),
        json!({ "attributes": { "a".repeat(51): "x" } }),
    ] {
        let mut change = bad.clone();
        change["ticketId"] = json!(ticket);
        assert_eq!(desk.refused(&json!({ "changeTicket": change })).0, Code::InvalidInput, "{bad}");
        let mut create = bad.clone();
        create["subject"] = json!("b");
        assert_eq!(desk.refused(&json!({ "createTicket": create })).0, Code::InvalidInput, "{bad}");
    }
    let null = json!({ "createTicket": { "subject": "b", "attributes": { "a": null } } });
    assert_eq!(desk.refused(&null).0, Code::InvalidInput);
}

#[test]
fn an_attribute_that_the_workspace_has_defined_is_what_it_must_be() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    desk.owner_asks(&json!({ "createAttribute": { "subject": "ticket", "key": "plan",
        "label": "Plan", "type": "list", "options": ["free", "pro"] } }));
    desk.owner_asks(&json!({ "createAttribute": { "subject": "user", "key": "seats",
        "label": "Seats", "type": "number" } }));
    let tag = json!({ "change": { "attributes": { "plan": "gold" } } });
    for attributes in [json!({ "plan": "gold" }), json!({ "plan": 7 }), json!({ "plan": "" })] {
        let change = json!({ "ticketId": ticket, "attributes": attributes });
        assert_eq!(desk.refused(&json!({ "changeTicket": change })).0, Code::InvalidInput);
        let create = json!({ "subject": "b", "attributes": attributes });
        assert_eq!(desk.refused(&json!({ "createTicket": create })).0, Code::InvalidInput);
    }
    let macros = json!({ "createMacro": { "name": "gold", "actions": tag } });
    assert_eq!(desk.manage_refused(&macros).0, Code::InvalidInput);
    // What is defined for users alone, or not at all, is free.
    let good = json!({ "plan": "pro", "seats": "many", "colour": "red" });
    let changed = desk.ask(&json!({ "changeTicket": { "ticketId": ticket, "attributes": good } }));
    assert_eq!(changed["attributes"], good);
    let none = json!({ "changeTicket": { "ticketId": ticket, "attributes": { "plan": null } } });
    assert_eq!(desk.ask(&none)["attributes"], json!({ "seats": "many", "colour": "red" }));
}

#[test]
fn whatever_is_asked_only_legal_steps_are_taken_and_own_statuses_belong() {
    let statuses = ["open", "pending", "waiting", "solved", "closed"];
    let legal = |from: &str, to: &str| match from {
        "solved" => ["open", "closed"].contains(&to),
        "closed" => false,
        from => from != to,
    };
    let mut taken = 0;
    for seed in 1..=6 {
        let mut dice = Seeded(seed);
        let mut desk = Desk::open();
        let terms = terms(&mut desk);
        let ticket = desk.ticket("a");
        for _ in 0..150 {
            let before = desk.get(&ticket);
            let from = text(&before["status"]);
            if from == "closed" {
                desk.ask(&json!({ "reopenTicket": { "ticketId": ticket } }));
                continue;
            }
            let to = statuses[dice.below(5) as usize];
            let own = &terms.statuses[dice.below(5) as usize];
            let (change, to) = match dice.below(4) {
                0 => (json!({ "status": to }), to),
                1 => (json!({ "customStatusId": own.0 }), own.1),
                2 => (json!({ "customStatusId": null }), from.as_str()),
                _ => (json!({ "customStatusId": null, "status": to }), to),
            };
            let mut ask = change.clone();
            ask["ticketId"] = json!(ticket);
            let may = legal(&from, to) || from == to;
            let after = desk.try_ask(&json!({ "changeTicket": ask }));
            assert_eq!(after.is_ok(), may, "{from}: {change}");
            let after = after.unwrap_or_else(|refused| {
                assert_eq!(refused.0, Code::Conflict);
                before.clone()
            });
            if after["status"] != before["status"] {
                assert!(legal(&from, &text(&after["status"])), "{from}: {change}");
                taken += 1;
            }
            if let Some(custom) = after["customStatusId"].as_str() {
                let own = terms.statuses.iter().find(|(id, _)| id == custom).expect("one of them");
                assert_eq!(after["status"], own.1, "{from}: {change}");
            }
        }
        for (status, n) in
            desk.ask(&json!({ "snapshot": {} }))["counts"].as_object().expect("counts")
        {
            let recount = format!("select count(*) from tickets where status = '{status}'");
            assert_eq!(*n, json!(desk.room.number(&recount)));
        }
    }
    assert!(taken > 100, "{taken}");
}

#[test]
fn lists_by_the_new_fields_are_what_a_recount_gives() {
    let mut desk = Desk::open();
    let terms = terms(&mut desk);
    let mut dice = Seeded(5);
    let start = desk.room.now;
    for n in 0..200 {
        desk.room.now += 10;
        let mut ticket = json!({ "subject": format!("t{n}") });
        if dice.below(2) == 0 {
            ticket["teamId"] = json!(terms.team);
        }
        if dice.below(2) == 0 {
            ticket["categoryId"] = json!(terms.categories[dice.below(2) as usize]);
        }
        if dice.below(2) == 0 {
            ticket["customStatusId"] = json!(terms.statuses[dice.below(5) as usize].0);
        }
        if dice.below(2) == 0 {
            ticket["attributes"] = json!({ "plan": (["pro", "free"][dice.below(2) as usize]) });
        }
        let made = desk.ask(&json!({ "createTicket": ticket }));
        if dice.below(3) == 0 && made["status"] != "closed" {
            desk.comment(&id(&made), "x");
        }
    }
    let all = desk.pages("listTickets", &json!({ "sort": "createdAt" }), 100);
    assert_eq!(all.len(), 200);
    let time = |n: i64| json!(start + n * 10);
    for list in [
        json!({ "teamId": terms.team }),
        json!({ "teamId": terms.team, "status": ["open", "solved"] }),
        json!({ "categoryId": terms.categories[0], "teamId": terms.team }),
        json!({ "categoryId": terms.categories[1], "status": ["pending"] }),
        json!({ "customStatusId": terms.statuses[0].0 }),
        json!({ "attributes": { "plan": "pro" } }),
        json!({ "attributes": { "plan": "pro" }, "teamId": terms.team }),
        json!({ "createdFrom": time(50), "createdBefore": time(120) }),
        json!({ "createdBefore": time(30), "teamId": terms.team }),
        json!({ "updatedFrom": time(60), "updatedBefore": time(90) }),
        json!({ "updatedFrom": time(60), "status": ["open"] }),
        json!({ "createdFrom": time(60), "sort": "updatedAt" }),
        json!({ "createdFrom": time(190), "createdBefore": time(20) }),
    ] {
        let takes = |it: &&Value| {
            let is = |field: &str| list.get(field).is_none_or(|wanted| it[field] == *wanted);
            let from = |name: &str, field: &str| {
                list.get(name).is_none_or(|wanted| it[field].as_i64() >= wanted.as_i64())
            };
            let before = |name: &str, field: &str| {
                list.get(name).is_none_or(|wanted| it[field].as_i64() < wanted.as_i64())
            };
            is("teamId")
                && is("categoryId")
                && is("customStatusId")
                && list.get("attributes").is_none_or(|wanted| it["attributes"] == *wanted)
                && list
                    .get("status")
                    .and_then(Value::as_array)
                    .is_none_or(|any| any.contains(&it["status"]))
                && from("createdFrom", "createdAt")
                && before("createdBefore", "createdAt")
                && from("updatedFrom", "updatedAt")
                && before("updatedBefore", "updatedAt")
        };
        let mut expected: Vec<Value> = all.iter().filter(takes).cloned().collect();
        let created = ["teamId", "categoryId", "customStatusId", "createdFrom", "createdBefore"];
        let by_creation = created.iter().any(|field| list.get(field).is_some());
        let by = if by_creation && list.get("sort").is_none() { "createdAt" } else { "updatedAt" };
        let key = |it: &Value| (it[by].as_i64(), it["number"].as_i64());
        expected.sort_by_key(|it| std::cmp::Reverse(key(it)));
        for limit in [1, 7, 100] {
            let found = desk.pages("listTickets", &list, limit);
            let numbers =
                |list: &[Value]| list.iter().map(|it| it["number"].clone()).collect::<Vec<_>>();
            assert_eq!(numbers(&found), numbers(&expected), "{list} by {limit}");
        }
    }
    let sorted = json!({ "listTickets": { "teamId": terms.team, "sort": "updatedAt" } });
    assert_eq!(desk.refused(&sorted).0, Code::InvalidInput);
}

#[test]
fn no_ticket_keeps_a_status_of_the_workspaces_own_that_belongs_to_another() {
    let mut desk = Desk::open();
    let terms = terms(&mut desk);
    let (waiting, _) = &terms.statuses[2];
    let make = json!({ "createTicket": { "subject": "a", "customStatusId": waiting } });
    let ticket = id(&desk.ask(&make));
    let change = |status: &str, custom: Value| {
        let change = json!({ "ticketId": ticket, "status": status, "customStatusId": custom });
        json!({ "changeTicket": change })
    };
    let (code, details) = desk.refused(&change("solved", json!(waiting)));
    assert_eq!((code, &details["field"]), (Code::InvalidInput, &json!("customStatusId")));
    let same = desk.ask(&change("waiting", json!(waiting)));
    assert_eq!((&same["customStatusId"], &same["version"]), (&json!(waiting), &json!(1)));
    let solved = desk.set_status(&ticket, "solved");
    assert_eq!((&solved["status"], &solved["customStatusId"]), (&json!("solved"), &Value::Null));
}
