//! What all kinds have in common, and categories, statuses and views.

use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use schema::room::catalogue::{CannedReply, Category, CustomStatus, Macro, Signature, View};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The name of a kind, of its commands, and what it takes to make one.
fn kinds() -> [(&'static str, &'static str, &'static str, Value); 6] {
    [
        ("category", "Category", "Categories", json!({ "name": "One" })),
        (
            "customStatus",
            "CustomStatus",
            "CustomStatuses",
            json!({ "name": "One", "status": "open" }),
        ),
        ("cannedReply", "CannedReply", "CannedReplies", json!({ "name": "One", "body": "b" })),
        ("signature", "Signature", "Signatures", json!({ "name": "One", "body": "b" })),
        ("macro", "Macro", "Macros", json!({ "name": "One", "actions": { "reply": "b" } })),
        ("view", "View", "Views", json!({ "name": "One", "filter": { "status": ["open"] } })),
    ]
}

fn command(verb: &str, name: &str, input: Value) -> Value {
    json!({ format!("{verb}{name}"): input })
}

#[test]
fn every_kind_is_made_read_changed_listed_and_archived() {
    for (event, name, plural, make) in kinds() {
        let mut desk = Desk::open();
        desk.events();
        let create = command("create", name, make.clone());
        assert_eq!(desk.refused(&create).0, Code::Forbidden, "{name}: an agent");
        let made = desk.owner_asks(&create);
        let told = desk.events().pop().expect("an event");
        assert_eq!(told["type"], format!("{event}.created"));
        assert_eq!(told["data"][event], made);
        assert_eq!((&made["version"], &made["archived"]), (&json!(1), &json!(false)));
        assert_eq!(desk.ask(&command("get", name, json!({ "id": made["id"] }))), made);
        let same = desk.owner.principal.clone();
        let mut again = make.clone();
        again["name"] = json!("oNE");
        assert_eq!(desk.refused_as(&same, &command("create", name, again)).0, Code::Conflict);
        for bad in ["", " ", "\u{200b}", "a\nb", &"x".repeat(101)] {
            let mut refused = make.clone();
            refused["name"] = json!(bad);
            let refused = command("create", name, refused);
            assert_eq!(desk.refused_as(&same, &refused).0, Code::InvalidInput, "{name} {bad:?}");
        }

        let change = json!({ "id": made["id"], "name": "Two", "ifVersion": 1 });
        assert_eq!(desk.refused(&command("change", name, change.clone())).0, Code::Forbidden);
        desk.room.now += 1;
        let changed = desk.owner_asks(&command("change", name, change.clone()));
        assert_eq!((&changed["name"], &changed["version"]), (&json!("Two"), &json!(2)));
        let told = desk.events().pop().expect("an event");
        assert_eq!(told["data"], json!({ event: changed, "before": made }));
        let old = command("change", name, change);
        assert_eq!(desk.refused_as(&same, &old).0, Code::VersionMismatch);
        let idle = json!({ "id": made["id"], "name": "Two" });
        assert_eq!(desk.owner_asks(&command("change", name, idle))["version"], 2);
        assert_eq!(desk.event_types(), [] as [&str; 0]);

        let list = command("list", plural, json!({}));
        assert_eq!(desk.ask(&list)["items"], json!([changed]));
        let archived = desk.owner_asks(&command("archive", name, json!({ "id": made["id"] })));
        assert_eq!(archived["archived"], json!(true));
        assert_eq!(desk.ask(&list)["items"], json!([]));
        let put_away = command("list", plural, json!({ "archived": true }));
        assert_eq!(desk.ask(&put_away)["items"], json!([archived]));
        let mut next = make.clone();
        next["name"] = json!("two");
        desk.owner_asks(&command("create", name, next));
        let back = json!({ "id": made["id"], "archived": false });
        let back = command("change", name, back);
        assert_eq!(desk.refused_as(&same, &back).0, Code::Conflict, "{name}: the name is taken");
        let nowhere = uuid::Uuid::from_u128(3);
        let missing = command("get", name, json!({ "id": nowhere }));
        assert_eq!(desk.refused(&missing).0, Code::NotFound);
        let other = if name == "View" { "Macro" } else { "View" };
        let kind = command("get", other, json!({ "id": made["id"] }));
        assert_eq!(desk.refused(&kind).0, Code::NotFound, "{name}: of another kind");
    }
}

fn is_a<T: DeserializeOwned>(value: &Value) {
    let json = value.to_string();
    schema::codec::from_json::<T>(json.as_bytes())
        .unwrap_or_else(|error| panic!("{json}: {error:?}"));
}

#[test]
fn what_is_shown_has_the_shape_that_is_promised() {
    let mut desk = Desk::open();
    for (_, name, _, make) in kinds() {
        let made = desk.owner_asks(&command("create", name, make));
        match name {
            "Category" => is_a::<Category>(&made),
            "CustomStatus" => is_a::<CustomStatus>(&made),
            "CannedReply" => is_a::<CannedReply>(&made),
            "Signature" => is_a::<Signature>(&made),
            "Macro" => is_a::<Macro>(&made),
            _ => is_a::<View>(&made),
        }
    }
}

#[test]
fn what_is_an_agents_own_is_seen_by_nobody_else_and_told_to_nobody() {
    for (_, name, plural, mut make) in kinds().into_iter().skip(2) {
        let mut desk = Desk::open();
        let shared = desk.owner_asks(&command("create", name, make.clone()));
        make["personal"] = json!(true);
        desk.events();
        let mine = desk.ask(&command("create", name, make.clone()));
        assert_eq!(mine["agentId"], json!(desk.agent.id()));
        let rename = json!({ "id": mine["id"], "name": "Mine" });
        let mine = desk.ask(&command("change", name, rename));
        assert_eq!(desk.event_types(), [] as [&str; 0], "{name}");
        let owner = desk.owner.principal.clone();
        for verb in ["get", "archive", "change"] {
            let ask = command(verb, name, json!({ "id": mine["id"] }));
            assert_eq!(desk.refused_as(&owner, &ask).0, Code::NotFound, "{verb} {name}");
        }
        let list = command("list", plural, json!({}));
        assert_eq!(desk.owner_asks(&list)["items"], json!([shared]));
        assert_eq!(desk.ask(&list)["items"], json!([shared, mine]));
        desk.ask(&command("archive", name, json!({ "id": mine["id"] })));
        assert_eq!(desk.event_types(), [] as [&str; 0], "{name}");
    }
}

#[test]
fn a_list_for_a_team_has_what_is_for_all_and_for_it_by_pages() {
    let mut desk = Desk::open();
    let team = |desk: &mut Desk, name: &str| {
        text(&desk.owner_asks(&json!({ "createTeam": { "name": name } }))["id"])
    };
    let (a, b) = (team(&mut desk, "A"), team(&mut desk, "B"));
    for n in 0..9 {
        let team = [None, Some(&a), Some(&b)][n % 3];
        let make = json!({ "name": format!("r{n}"), "body": "b", "teamId": team });
        desk.owner_asks(&json!({ "createCannedReply": make }));
    }
    let mut names = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let list = json!({ "teamId": a, "limit": 2, "cursor": cursor });
        let page = desk.ask(&json!({ "listCannedReplies": list }));
        names.extend(page["items"].as_array().expect("items").iter().map(|it| text(&it["name"])));
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(names, ["r0", "r1", "r3", "r4", "r6", "r7"]);
    let nobody = uuid::Uuid::from_u128(8);
    let owner = desk.owner.principal.clone();
    let bad = json!({ "createCannedReply": { "name": "x", "body": "b", "teamId": nobody } });
    assert_eq!(desk.refused_as(&owner, &bad).0, Code::InvalidInput);
    let both = json!({ "name": "x", "body": "b", "teamId": a, "personal": true });
    assert_eq!(desk.refused(&json!({ "createCannedReply": both })).0, Code::InvalidInput);
}

#[test]
fn a_category_is_no_part_of_itself_however_far_down() {
    let mut desk = Desk::open();
    let owner = desk.owner.principal.clone();
    let mut ids: Vec<Value> = Vec::new();
    for n in 0..5 {
        let make = json!({ "name": format!("c{n}"), "parentId": ids.last() });
        ids.push(desk.owner_asks(&json!({ "createCategory": make }))["id"].clone());
    }
    let deep = json!({ "createCategory": { "name": "deep", "parentId": ids[4] } });
    assert_eq!(desk.refused_as(&owner, &deep).0, Code::InvalidInput);
    for (id, parent) in [(0, 0), (0, 3), (1, 2)] {
        let change = json!({ "id": ids[id], "parentId": ids[parent] });
        let refused = desk.refused_as(&owner, &json!({ "changeCategory": change }));
        assert_eq!(refused.0, Code::InvalidInput, "{id} below {parent}");
    }
    let nowhere = json!({ "id": ids[0], "parentId": uuid::Uuid::from_u128(3) });
    assert_eq!(
        desk.refused_as(&owner, &json!({ "changeCategory": nowhere })).0,
        Code::InvalidInput
    );
    let top = json!({ "changeCategory": { "id": ids[3], "parentId": null } });
    assert_eq!(desk.owner_asks(&top)["parentId"], Value::Null);
    desk.owner_asks(&json!({ "archiveCategory": { "id": ids[0] } }));
    let below = json!({ "createCategory": { "name": "x", "parentId": ids[1] } });
    assert_eq!(desk.refused_as(&owner, &below).0, Code::InvalidInput, "a part of what is archived");
}

#[test]
fn a_view_lists_its_tickets_and_takes_no_filter_that_is_none() {
    let mut desk = Desk::open();
    let (a, b) = (desk.ticket("a"), desk.ticket("b"));
    desk.set_status(&b, "solved");
    let filter = json!({ "status": ["solved"], "priority": "normal" });
    let made =
        desk.ask(&json!({ "createView": { "name": "Mine", "filter": filter, "personal": true } }));
    assert_eq!(made["filter"]["status"], json!(["solved"]));
    let list = json!({ "listViewTickets": { "id": made["id"], "limit": 10 } });
    let page = desk.ask(&list);
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(page["items"][0]["id"], json!(b));
    let open = json!({ "id": made["id"], "filter": { "status": ["open"] } });
    desk.ask(&json!({ "changeView": open }));
    assert_eq!(desk.ask(&list)["items"][0]["id"], json!(a));
    let owner = desk.owner.principal.clone();
    assert_eq!(desk.refused_as(&owner, &list).0, Code::NotFound);
    for filter in [
        json!({ "limit": 5 }),
        json!({ "cursor": "x" }),
        json!({ "tag": "x", "sort": "updatedAt" }),
        json!({ "tag": " " }),
    ] {
        let bad = json!({ "createView": { "name": "x", "filter": filter, "personal": true } });
        assert_eq!(desk.refused(&bad).0, Code::InvalidInput, "{filter}");
    }
}

#[test]
fn a_category_is_not_moved_so_far_down_that_its_parts_are_too_deep() {
    let mut desk = Desk::open();
    let owner = desk.owner.principal.clone();
    let mut chain = |letter: &str, count: usize| -> Vec<Value> {
        let mut ids: Vec<Value> = Vec::new();
        for n in 0..count {
            let make = json!({ "name": format!("{letter}{n}"), "parentId": ids.last() });
            ids.push(desk.owner_asks(&json!({ "createCategory": make }))["id"].clone());
        }
        ids
    };
    let (d, e) = (chain("d", 5), chain("e", 4));
    let below =
        |id: &Value, parent: &Value| json!({ "changeCategory": { "id": id, "parentId": parent } });
    for parent in [&d[1], &d[3]] {
        let refused = desk.refused_as(&owner, &below(&e[0], parent));
        assert_eq!(refused.0, Code::InvalidInput);
    }
    desk.owner_asks(&below(&e[0], &d[0]));
    desk.owner_asks(&below(&e[3], &d[3]));
}
