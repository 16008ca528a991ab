//! What the catalogue holds, in and out, and tickets that are sorted by it.

use super::{CREATED, Mover, agent, category, id, item, one_of_each, status, team, ticket, with};
use serde_json::{Value, json};

/// One of each kind of the catalogue, and what they lean on.
fn catalogue() -> Value {
    json!([
        agent(1),
        team(1),
        category(1),
        with(category(2), json!({ "parentId": id(8, 1) })),
        status(1),
        item("cannedReply", 1, json!({ "body": "Hi {{user.name|you}}", "teamId": id(7, 1) })),
        item("signature", 2, json!({ "body": "{{agent.name}}", "agentId": id(1, 1) })),
        item(
            "macro",
            3,
            json!({ "actions": { "reply": "b", "change": { "assigneeId": id(1, 1),
                "categoryId": id(8, 1), "addTags": ["x"] } } })
        ),
        item("view", 4, json!({ "filter": { "teamId": id(7, 1), "status": ["open"] } })),
        with(item("cannedReply", 5, json!({ "body": "old" })), json!({ "archived": true })),
    ])
}

fn sorted_ticket(number: u32) -> Value {
    let sorting = json!({ "teamId": id(7, 1), "categoryId": id(8, 2), "userId": null,
        "customStatusId": id(9, 1), "attributes": { "plan": "gold", "seats": 7, "vip": true } });
    with(ticket(number), sorting)
}

#[test]
fn what_a_team_prepared_comes_in_once_and_is_told_in_one_event() {
    let mut mover = Mover::open();
    mover.desk.events();
    assert_eq!(mover.outcomes(catalogue()), vec!["created"; 10]);
    assert_eq!(mover.desk.event_types(), ["workspace.imported"]);
    let before = mover.desk.room.home.rows_written();
    assert_eq!(mover.outcomes(catalogue()), vec!["unchanged"; 10]);
    assert_eq!(mover.desk.room.home.rows_written(), before);

    let owner = mover.desk.owner_asks(&json!({ "listCategories": {} }));
    assert_eq!(owner["items"][1]["parentId"], id(8, 1));
    let replies = mover.desk.owner_asks(&json!({ "listCannedReplies": {} }));
    assert_eq!(replies["items"].as_array().map(Vec::len), Some(1), "one is put away");
    assert_eq!(replies["items"][0]["createdAt"], CREATED);
    let own = mover.desk.owner_asks(&json!({ "listSignatures": {} }));
    assert_eq!(own["items"], json!([]), "it is an agent's own");
    let made = mover.desk.owner_asks(&json!({ "getMacro": { "id": id(10, 3) } }));
    assert_eq!(made["actions"]["change"]["assigneeId"], id(1, 1));
}

#[test]
fn a_ticket_comes_with_its_team_category_status_and_attributes() {
    let mut mover = Mover::open();
    mover.outcomes(catalogue());
    assert_eq!(mover.outcomes(json!([sorted_ticket(7)])), ["created"]);
    assert_eq!(mover.outcomes(json!([sorted_ticket(7)])), ["unchanged"]);
    let found = mover.desk.get(&id(4, 7));
    for (field, value) in [
        ("teamId", json!(id(7, 1))),
        ("categoryId", json!(id(8, 2))),
        ("customStatusId", json!(id(9, 1))),
        ("attributes", json!({ "plan": "gold", "seats": 7, "vip": true })),
    ] {
        assert_eq!(found[field], value, "{field}");
    }
    let list = json!({ "listTickets": { "categoryId": id(8, 2) } });
    assert_eq!(mover.desk.ask(&list)["items"][0]["id"], id(4, 7));

    let later = json!({ "teamId": null, "categoryId": id(8, 1), "customStatusId": null,
        "attributes": { "plan": "lead" }, "updatedAt": CREATED + 9 });
    let row = with(sorted_ticket(7), later);
    assert_eq!(mover.outcomes(json!([row.clone()])), ["updated"]);
    assert_eq!(mover.outcomes(json!([row])), ["unchanged"]);
    let found = mover.desk.get(&id(4, 7));
    assert_eq!((&found["teamId"], &found["categoryId"]), (&Value::Null, &json!(id(8, 1))));
    assert_eq!(found["attributes"], json!({ "plan": "lead" }));
}

#[test]
fn what_cannot_be_is_refused_with_a_reason_and_changes_nothing() {
    let mut mover = Mover::open();
    mover.outcomes(catalogue());
    mover.outcomes(json!([sorted_ticket(7)]));
    let reply = |own: Value| item("cannedReply", 20, own);
    let bad = [
        (with(category(20), json!({ "parentId": id(8, 99) })), "parentId"),
        (with(category(20), json!({ "parentId": id(8, 20) })), "parentId"),
        (with(category(20), json!({ "teamId": id(7, 1) })), "teamId"),
        (with(category(20), json!({ "body": "b" })), "body"),
        (with(category(20), json!({ "name": " " })), "name"),
        (with(category(20), json!({ "id": id(9, 1) })), "id"),
        (with(status(20), json!({ "status": null })), "status"),
        (reply(json!({})), "body"),
        (reply(json!({ "body": "{{user.shoeSize}}" })), "body"),
        (reply(json!({ "body": "b", "teamId": id(7, 99) })), "teamId"),
        (reply(json!({ "body": "b", "agentId": id(1, 99) })), "agentId"),
        (reply(json!({ "body": "b", "agentId": id(1, 1), "teamId": id(7, 1) })), "teamId"),
        (reply(json!({ "body": "b", "createdAt": -1 })), "createdAt"),
        (item("macro", 20, json!({ "actions": {} })), "actions"),
        (item("macro", 20, json!({ "actions": { "change": { "addTags": [""] } } })), "tags"),
        (item("view", 20, json!({ "filter": { "limit": 5 } })), "filter.limit"),
        (with(sorted_ticket(20), json!({ "teamId": id(7, 99) })), "teamId"),
        (with(sorted_ticket(20), json!({ "categoryId": id(9, 1) })), "categoryId"),
        (with(sorted_ticket(20), json!({ "customStatusId": id(8, 1) })), "customStatusId"),
        (with(sorted_ticket(20), json!({ "status": "closed" })), "customStatusId"),
        (with(sorted_ticket(20), json!({ "attributes": { "a": [1] } })), "attributes.a"),
    ];
    mover.refuses(&bad);
}

#[test]
fn of_two_of_a_name_the_same_is_known_and_another_is_refused() {
    let mut mover = Mover::open();
    mover.outcomes(catalogue());
    let rows = json!([
        with(category(20), json!({ "name": "category 1" })),
        with(status(20), json!({ "name": "status 1" })),
        item("cannedReply", 20, json!({ "name": "x", "body": "one" })),
        item("cannedReply", 21, json!({ "name": "X", "body": "one" })),
    ]);
    let results = mover.import(rows);
    let known = [(0, id(8, 1)), (1, id(9, 1)), (3, id(10, 20))];
    for (at, existing) in known {
        let result = &results[at];
        assert_eq!(
            (&result["outcome"], &result["existingId"]),
            (&json!("known"), &json!(existing))
        );
    }
    let others = json!([
        with(status(21), json!({ "name": "status 1", "status": "closed" })),
        item("cannedReply", 22, json!({ "name": "X", "body": "two" })),
    ]);
    assert_eq!(mover.outcomes(others), ["refused", "refused"]);
    let beside = json!([item(
        "cannedReply",
        22,
        json!({ "name": "X", "body": "two",
        "archived": true })
    )]);
    assert_eq!(mover.outcomes(beside), ["created"], "put away, it stands in nobody's way");
}

#[test]
fn what_is_newer_wins_and_what_was_changed_here_stays() {
    let mut mover = Mover::open();
    mover.outcomes(catalogue());
    let newer = |body: &str, at: i64| {
        item("cannedReply", 1, json!({ "body": body, "teamId": id(7, 1), "updatedAt": at }))
    };
    assert_eq!(mover.outcomes(json!([newer("b", CREATED + 1)])), ["updated"]);
    let change = json!({ "changeCannedReply": { "id": id(10, 1), "body": "ours" } });
    mover.desk.owner_asks(&change);
    assert_eq!(mover.outcomes(json!([newer("c", CREATED + 2)])), ["conflict"]);
    let found = mover.desk.owner_asks(&json!({ "getCannedReply": { "id": id(10, 1) } }));
    assert_eq!(found["body"], "ours");
    // For whom it is stays.
    let elsewhere = json!({ "body": "old", "teamId": id(7, 1), "updatedAt": CREATED + 1 });
    let elsewhere = with(item("cannedReply", 5, elsewhere), json!({ "archived": true }));
    let result = &mover.import(json!([elsewhere]))[0];
    assert_eq!(result["outcome"], "conflict");
    assert!(result["reason"].as_str().expect("why").contains("teamId"), "{result}");
}

#[test]
fn categories_come_after_those_they_are_part_of_whichever_was_first() {
    let mut old = Mover::open();
    old.outcomes(json!([category(1), category(2), category(3)]));
    for (part, whole) in [(1, 2), (2, 3)] {
        let change = json!({ "id": id(8, part), "parentId": id(8, whole) });
        old.desk.owner_asks(&json!({ "changeCategory": change }));
    }
    old.desk.owner_asks(&json!({ "archiveCategory": { "id": id(8, 3) } }));
    let (rows, _) = old.export();
    let mut new = Mover::open();
    let outcomes = new.outcomes(json!(rows));
    assert_eq!(outcomes.iter().filter(|it| *it == "created").count(), 3, "{outcomes:?}");
    assert_eq!(json!(new.export().0).to_string(), json!(rows).to_string());
}

#[test]
fn the_catalogue_and_its_tickets_are_the_same_in_another_workspace() {
    let mut old = Mover::open();
    old.outcomes(one_of_each());
    old.outcomes(catalogue());
    old.outcomes(json!([sorted_ticket(8)]));
    let made = json!({ "createCannedReply": { "name": "mine", "body": "b", "personal": true } });
    old.desk.ask(&made);
    let (rows, _) = old.export();
    let mut new = Mover::open();
    let outcomes = new.outcomes(json!(rows));
    let expected = |outcome: &String| outcome == "created" || outcome == "unchanged";
    assert!(outcomes.iter().all(expected), "{outcomes:?}");
    assert_eq!(json!(new.export().0).to_string(), json!(rows).to_string());
    let before = new.desk.room.home.rows_written();
    assert!(new.outcomes(json!(rows)).iter().all(|outcome| outcome == "unchanged"));
    assert_eq!(new.desk.room.home.rows_written(), before);
}

#[test]
fn what_was_for_a_team_that_is_deleted_comes_without_it() {
    let mut old = Mover::open();
    old.outcomes(catalogue());
    old.outcomes(json!([sorted_ticket(8)]));
    let beside = item("cannedReply", 30, json!({ "name": "cannedReply 1", "body": "for all" }));
    assert_eq!(old.outcomes(json!([beside])), ["created"]);
    old.desk.owner_asks(&json!({ "deleteTeam": { "teamId": id(7, 1) } }));
    let (rows, _) = old.export();
    let text = json!(rows).to_string();
    let view = format!("\"filter\":{{\"status\":[\"open\"],\"teamId\":\"{}\"}}", id(7, 1));
    assert!(!text.replace(&view, "").contains(&id(7, 1)), "{text}");
    let mut new = Mover::open();
    assert!(new.outcomes(json!(rows)).iter().all(|it| it == "created" || it == "unchanged"));
    assert_eq!(json!(new.export().0).to_string(), text);
    // And what an export says of a ticket is what the ticket is, where it came from too.
    let tickets: Vec<Value> = rows.into_iter().filter(|row| row.get("ticket").is_some()).collect();
    assert_eq!(old.outcomes(json!(tickets)), ["unchanged"]);
}
