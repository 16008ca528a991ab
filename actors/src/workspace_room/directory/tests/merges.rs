//! Two users who are one person, and who are two again.

use crate::workspace_room::access::tests::canary::dump;
use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use schema::room::user::UNDO_MS;
use serde_json::{Value, json};

/// A ticket with a comment by mail of somebody.
fn mail(desk: &mut Desk, from: &str) -> (String, String) {
    let raw = desk.room.fresh("raw");
    let mail = json!({ "rawKey": raw, "text": "Hi", "from": { "address": from } });
    let receipt = desk.system(&json!({ "receiveMail": mail }));
    (text(&receipt["ticketId"]), text(&receipt["commentId"]))
}

fn user(desk: &mut Desk, email: &str) -> Value {
    desk.ask(&json!({ "listUsers": { "email": email } }))["items"][0].clone()
}

fn again(desk: &mut Desk, user: &Value) -> Value {
    desk.ask(&json!({ "getUser": { "userId": user["id"] } }))
}

fn merge(desk: &mut Desk, kept: &Value, other: &Value) -> Value {
    desk.ask(&json!({ "mergeUsers": { "userId": kept["id"], "otherId": other["id"] } }))
}

fn undo(merge: &Value) -> Value {
    json!({ "undoMerge": { "mergeId": merge["id"] } })
}

fn author(desk: &mut Desk, comment: &str) -> Value {
    desk.ask(&json!({ "getComment": { "commentId": comment } }))["author"]["id"].clone()
}

/// All rows of users, handles, tickets and comments, without what counts changes.
fn state(desk: &Desk) -> String {
    let skipped = ["version", "updated_at", "clock", "json"];
    dump(&desk.room, |table, column| {
        let own = ["users", "handles", "tickets", "comments", "companies"].contains(&table);
        own && !skipped.contains(&column)
    })
}

#[test]
fn a_merge_moves_handles_tickets_and_comments_and_its_undoing_brings_them_back() {
    let mut desk = Desk::open();
    let (ann_ticket, ann_comment) = mail(&mut desk, "ann@acme.example");
    let (bob_ticket, bob_comment) = mail(&mut desk, "bob@other.example");
    let ann = user(&mut desk, "ann@acme.example");
    let bob = user(&mut desk, "bob@other.example");
    let named = json!({ "changeUser": { "userId": bob["id"], "name": "Bob" } });
    let bob = {
        desk.ask(&named);
        again(&mut desk, &bob)
    };
    let before = state(&desk);
    desk.events();

    let merged = merge(&mut desk, &ann, &bob);
    assert_eq!((&merged["user"]["name"], &merged["tickets"]), (&json!("Bob"), &json!([2])));
    assert_eq!(merged["other"]["mergedInto"], ann["id"]);
    let kept = again(&mut desk, &ann);
    assert_eq!(kept["handles"].as_array().map(Vec::len), Some(2));
    assert_eq!(user(&mut desk, "bob@other.example")["id"], ann["id"]);
    assert_eq!(desk.get(&bob_ticket)["userId"], ann["id"]);
    assert_eq!(author(&mut desk, &bob_comment), ann["id"]);
    let listed = json!({ "listComments": { "ticketId": bob_ticket } });
    assert_eq!(desk.ask(&listed)["items"][0]["author"]["id"], ann["id"]);
    assert_eq!(again(&mut desk, &bob)["archived"], true);
    assert_eq!(desk.ask(&json!({ "listUsers": {} }))["items"].as_array().map(Vec::len), Some(1));
    let merges = json!({ "listMerges": { "userId": ann["id"] } });
    assert_eq!(desk.ask(&merges)[0]["id"], merged["id"]);
    assert_eq!(desk.event_types(), ["user.merged"]);

    let undone = desk.ask(&undo(&merged));
    assert_eq!(undone["tickets"], json!([2]));
    assert_eq!(state(&desk), before);
    assert_eq!(again(&mut desk, &bob)["handles"], bob["handles"]);
    assert_eq!(desk.get(&bob_ticket)["userId"], bob["id"]);
    assert_eq!(desk.get(&ann_ticket)["userId"], ann["id"]);
    assert_eq!(author(&mut desk, &bob_comment), bob["id"]);
    assert_eq!(author(&mut desk, &ann_comment), ann["id"]);
    assert_eq!(desk.event_types(), ["user.unmerged"]);
    assert_eq!(desk.ask(&merges), json!([]));
    assert_eq!(desk.refused(&undo(&merged)).0, Code::NotFound);
}

#[test]
fn what_came_in_since_stays_with_the_kept_user() {
    let mut desk = Desk::open();
    let (_, old) = mail(&mut desk, "bob@other.example");
    mail(&mut desk, "ann@acme.example");
    let ann = user(&mut desk, "ann@acme.example");
    let bob = user(&mut desk, "bob@other.example");
    let merged = merge(&mut desk, &ann, &bob);
    let (ticket, since) = mail(&mut desk, "bob@other.example");
    desk.ask(&undo(&merged));
    assert_eq!(desk.get(&ticket)["userId"], ann["id"]);
    assert_eq!(author(&mut desk, &since), ann["id"]);
    assert_eq!(author(&mut desk, &old), bob["id"]);
    let (next, _) = mail(&mut desk, "bob@other.example");
    assert_eq!(desk.get(&next)["userId"], bob["id"]);
}

#[test]
fn merges_of_merges_are_undone_from_the_last() {
    let mut desk = Desk::open();
    let mut all = Vec::new();
    let mut comments = Vec::new();
    for name in ["a", "b", "c"] {
        let email = format!("{name}@acme.example");
        comments.push(mail(&mut desk, &email).1);
        all.push(user(&mut desk, &email));
    }
    let before = state(&desk);
    let first = merge(&mut desk, &all[1], &all[0]);
    let second = merge(&mut desk, &all[2], &all[1]);
    for comment in &comments {
        assert_eq!(author(&mut desk, comment), all[2]["id"]);
    }
    let (code, details) = desk.refused(&undo(&first));
    assert_eq!((code, &details["mergedInto"]), (Code::Conflict, &all[2]["id"]));
    desk.ask(&undo(&second));
    assert_eq!(author(&mut desk, &comments[0]), all[1]["id"]);
    desk.ask(&undo(&first));
    assert_eq!(state(&desk), before);
}

#[test]
fn a_merge_can_be_undone_for_thirty_days() {
    let mut desk = Desk::open();
    mail(&mut desk, "a@acme.example");
    mail(&mut desk, "b@acme.example");
    let (a, b) = (user(&mut desk, "a@acme.example"), user(&mut desk, "b@acme.example"));
    let merged = merge(&mut desk, &a, &b);
    desk.room.now += UNDO_MS;
    desk.log_in_again();
    assert_eq!(desk.refused(&undo(&merged)).0, Code::Gone);
    desk.pass(0);
    assert_eq!(desk.room.count("user_merges"), 0);
    assert_eq!(again(&mut desk, &b)["mergedInto"], merged["user"]["id"]);
}

#[test]
fn the_rows_of_d1_show_the_user_of_now() {
    use schema::summary::{Cell, Table};
    let mut desk = Desk::open();
    mail(&mut desk, "a@acme.example");
    let (b_ticket, _) = mail(&mut desk, "b@acme.example");
    let (a, b) = (user(&mut desk, "a@acme.example"), user(&mut desk, "b@acme.example"));
    for name in ["x", "y", "z"] {
        desk.ask(&json!({ "changeUser": { "userId": b["id"], "name": name } }));
    }
    let shown = |desk: &mut Desk| {
        desk.room.drain(|_, _| panic!("only rows"));
        desk.room.rows[&(Table::Tickets, b_ticket.clone())].cells[6].clone()
    };
    assert_eq!(shown(&mut desk), Cell::Text("b@acme.example".into()));
    let merged = merge(&mut desk, &a, &b);
    assert_eq!(shown(&mut desk), Cell::Text("a@acme.example".into()));
    desk.ask(&undo(&merged));
    assert_eq!(shown(&mut desk), Cell::Text("b@acme.example".into()));
}

#[test]
fn users_who_are_merged_are_not_changed_or_merged_again() {
    let mut desk = Desk::open();
    for name in ["a", "b", "c"] {
        mail(&mut desk, &format!("{name}@acme.example"));
    }
    let all: Vec<Value> =
        ["a", "b", "c"].iter().map(|it| user(&mut desk, &format!("{it}@acme.example"))).collect();
    merge(&mut desk, &all[0], &all[1]);
    let (a, b, c) = (&all[0]["id"], &all[1]["id"], &all[2]["id"]);
    for command in [
        json!({ "changeUser": { "userId": b, "name": "B" } }),
        json!({ "addHandle": { "userId": b, "kind": "x", "value": "b" } }),
        json!({ "mergeUsers": { "userId": b, "otherId": c } }),
        json!({ "mergeUsers": { "userId": c, "otherId": b } }),
    ] {
        let (code, details) = desk.refused(&command);
        assert_eq!((code, &details["mergedInto"]), (Code::Conflict, a), "{command}");
    }
    let same = json!({ "mergeUsers": { "userId": a, "otherId": a } });
    assert_eq!(desk.refused(&same).1["field"], "otherId");
    let company = desk.ask(&json!({ "getCompany": { "companyId": all[0]["companyId"] } }));
    assert_eq!(company["users"], 2);
}

#[test]
fn search_finds_the_user_of_now_and_users_without_an_address() {
    let mut desk = Desk::open();
    let found = |desk: &mut Desk, query: &str| -> Vec<Value> {
        let search = json!({ "search": { "query": query, "kind": ["user"] } });
        let hits = desk.ask(&search)["items"].as_array().expect("items").clone();
        hits.iter().map(|hit| hit["user"]["id"].clone()).collect()
    };
    mail(&mut desk, "anna@acme.example");
    mail(&mut desk, "berta@acme.example");
    let phone = json!([{ "kind": "phone", "value": "+4930901820" }]);
    let carl = desk.ask(&json!({ "createUser": { "handles": phone, "name": "Carl" } }));
    let (a, b) = (user(&mut desk, "anna@acme.example"), user(&mut desk, "berta@acme.example"));
    let ids =
        |users: &[&Value]| -> Vec<Value> { users.iter().map(|it| it["id"].clone()).collect() };
    assert_eq!(found(&mut desk, "berta"), ids(&[&b]));
    assert_eq!(found(&mut desk, "carl"), ids(&[&carl]));
    let merged = merge(&mut desk, &a, &b);
    assert_eq!(found(&mut desk, "berta"), ids(&[]));
    desk.ask(&json!({ "changeUser": { "userId": carl["id"], "name": "Karl" } }));
    assert_eq!(found(&mut desk, "carl"), ids(&[]));
    assert_eq!(found(&mut desk, "karl"), ids(&[&carl]));
    desk.ask(&json!({ "changeCompany": { "companyId": a["companyId"], "name": "Zeta" } }));
    assert_eq!(found(&mut desk, "zeta"), ids(&[&a]));
    desk.ask(&undo(&merged));
    assert_eq!(found(&mut desk, "berta"), ids(&[&b]));
    assert_eq!(found(&mut desk, "zeta").len(), 2);
}
