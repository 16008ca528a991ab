//! Teams, categories and canned replies of a dump, and the tickets that name them.

use super::{Room, load, table};
use serde_json::{Value, json};

const DUMP: &str = include_str!("desk.sql");

fn named<'v>(rows: &'v [Value], field: &str, value: &str) -> &'v Value {
    rows.iter().find(|row| row[field] == value).expect(value)
}

#[test]
fn a_ticket_has_the_team_and_the_category_that_it_had() {
    let mut room = Room::open(7);
    let report = load(&mut room, DUMP).expect("loaded");
    assert!(report.complete(), "{report}");
    let (teams, categories) = (room.of_kind("team"), room.of_kind("category"));
    let tickets = room.of_kind("ticket");
    let first = named(&tickets, "subject", "First");
    assert_eq!(first["teamId"], named(&teams, "name", "Front")["id"]);
    // Its category has the name of an earlier one: that is the one it is in.
    assert_eq!(first["categoryId"], named(&categories, "name", "Invoices")["id"]);
    assert_eq!(first["tags"], json!(["vip"]));
    let ninth = named(&tickets, "subject", "Ninth 🦀");
    assert_eq!((&ninth["teamId"], &ninth["categoryId"]), (&Value::Null, &Value::Null));
    let told = table(&report, "tickets");
    assert_eq!(told["notes"]["naming what the workspace does not have: without it"], 2);
}

#[test]
fn categories_come_as_a_tree_and_what_goes_round_is_cut() {
    let mut room = Room::open(7);
    let report = load(&mut room, DUMP).expect("loaded");
    let told = table(&report, "categories");
    assert_eq!(
        (&told["source"], &told["created"], &told["known"]),
        (&json!(5), &json!(4), &json!(1))
    );
    assert_eq!(told["notes"]["part of what the workspace does not have: without it"], 2);
    let categories = room.of_kind("category");
    let parent = named(&categories, "name", "Money")["id"].clone();
    assert_eq!(named(&categories, "name", "Invoices")["parentId"], parent);
    assert!(named(&categories, "name", "Round")["parentId"].is_null());
}

#[test]
fn every_canned_reply_comes_for_whom_it_was_and_under_a_name_of_its_own() {
    let mut room = Room::open(7);
    let report = load(&mut room, DUMP).expect("loaded");
    let told = table(&report, "canned_replies");
    assert_eq!((&told["source"], &told["created"]), (&json!(4), &json!(4)));
    let replies = room.of_kind("cannedReply");
    assert_eq!(named(&replies, "body", "Hi {{user.name}}, {contact.id}")["name"], "Hello");
    assert_eq!(named(&replies, "body", "Another")["name"], "hello (2)");
    let team = named(&replies, "body", "Of the team");
    assert_eq!(team["teamId"], named(&room.of_kind("team"), "name", "Front")["id"]);
    let own = named(&replies, "body", "Bo's own");
    assert_eq!(own["agentId"], named(&room.of_kind("agent"), "name", "Bo")["id"]);
    assert!(own["teamId"].is_null());
}
