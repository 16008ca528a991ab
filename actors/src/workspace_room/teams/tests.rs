//! Teams through the whole room.

use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use schema::room::team::MEMBERS_MAX;
use serde_json::{Value, json};

impl Desk {
    /// Makes a team as the owner.
    fn team(&mut self, input: Value) -> Value {
        self.manage(&json!({ "createTeam": input }))
    }
}

#[test]
fn a_team_is_made_changed_and_deleted_and_every_step_is_an_event() {
    let mut desk = Desk::open();
    let (agent, viewer) = (desk.agent.id(), desk.viewer.id());
    desk.events();
    let team = desk.team(json!({ "name": " Billing ", "memberIds": [viewer, agent, agent] }));
    assert_eq!((&team["name"], &team["version"]), (&json!("Billing"), &json!(1)));
    let mut both = vec![agent, viewer];
    both.sort_unstable();
    assert_eq!(team["memberIds"], json!(both));
    let id = text(&team["id"]);
    assert_eq!(desk.ask(&json!({ "getTeam": { "teamId": id } })), team);

    let change = json!({ "teamId": id, "name": "Money", "description": "Bills", "ifVersion": 1,
        "memberIds": [agent] });
    let changed = desk.manage(&json!({ "changeTeam": change }));
    assert_eq!((&changed["version"], &changed["memberIds"]), (&json!(2), &json!([agent])));
    let same = json!({ "changeTeam": { "teamId": id, "name": "Money" } });
    assert_eq!(desk.manage(&same), changed);
    let gone = desk.manage(&json!({ "deleteTeam": { "teamId": id, "ifVersion": 2 } }));
    assert_eq!(gone["name"], "Money");
    for command in ["getTeam", "deleteTeam", "changeTeam"] {
        assert_eq!(desk.manage_refused(&json!({ command: { "teamId": id } })).0, Code::NotFound);
    }
    assert_eq!(desk.ask(&json!({ "listTeams": {} }))["items"], json!([]));
    assert_eq!(desk.ask(&json!({ "listTeams": { "agentId": agent } }))["items"], json!([]));

    let events = desk.events();
    let types: Vec<_> = events.iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["team.created", "team.changed", "team.deleted"]);
    let before = json!({ "name": "Billing", "description": null, "memberIds": both });
    assert_eq!(events[1]["data"]["before"], before);
    // The name is free again.
    desk.team(json!({ "name": "MONEY" }));
}

#[test]
fn members_come_and_go_one_by_one() {
    let mut desk = Desk::open();
    let agent = desk.agent.id();
    let id = text(&desk.team(json!({ "name": "A" }))["id"]);
    let add = json!({ "addTeamMember": { "teamId": id, "agentId": agent } });
    assert_eq!(desk.manage(&add)["memberIds"], json!([agent]));
    assert_eq!(desk.manage(&add)["version"], 2);
    let mine = desk.ask(&json!({ "listTeams": { "agentId": agent } }));
    assert_eq!(mine["items"][0]["id"], json!(id));
    let remove = json!({ "removeTeamMember": { "teamId": id, "agentId": agent } });
    assert_eq!(desk.manage(&remove)["memberIds"], json!([]));
    assert_eq!(desk.manage(&remove)["version"], 3);
}

#[test]
fn who_left_stays_a_member_but_nobody_inactive_is_taken_in() {
    let mut desk = Desk::open();
    let (agent, viewer) = (desk.agent.id(), desk.viewer.id());
    let id = text(&desk.team(json!({ "name": "A", "memberIds": [agent] }))["id"]);
    for gone in [agent, viewer] {
        desk.manage(&json!({ "changeAgent": { "agentId": gone, "active": false } }));
    }
    let add = json!({ "addTeamMember": { "teamId": id, "agentId": viewer } });
    let (code, details) = desk.manage_refused(&add);
    assert_eq!((code, &details["field"]), (Code::InvalidInput, &json!("agentId")));
    let keep = json!({ "changeTeam": { "teamId": id, "name": "B", "memberIds": [agent] } });
    assert_eq!(desk.manage(&keep)["memberIds"], json!([agent]));
}

#[test]
fn bad_teams_are_refused_by_field() {
    let mut desk = Desk::open();
    let id = text(&desk.team(json!({ "name": "Taken" }))["id"]);
    let nobody = uuid::Uuid::from_u128(7);
    let many: Vec<_> = (0..=MEMBERS_MAX).map(|n| uuid::Uuid::from_u128(n as u128)).collect();
    for (part, field) in [
        (json!({ "name": "\u{200b}" }), "name"),
        (json!({ "name": "a\nb" }), "name"),
        (json!({ "name": "x".repeat(101) }), "name"),
        (json!({ "name": "a", "description": "x".repeat(1_001) }), "description"),
        (json!({ "name": "a", "memberIds": [nobody] }), "memberIds"),
        (json!({ "name": "a", "memberIds": many }), "memberIds"),
    ] {
        let (code, details) = desk.manage_refused(&json!({ "createTeam": part }));
        assert_eq!((code, &details["field"]), (Code::InvalidInput, &json!(field)));
    }
    let (code, details) = desk.manage_refused(&json!({ "createTeam": { "name": "tAKEN" } }));
    assert_eq!((code, &details["teamId"]), (Code::Conflict, &json!(id)));
    let old = json!({ "changeTeam": { "teamId": id, "name": "b", "ifVersion": 9 } });
    assert_eq!(desk.manage_refused(&old).0, Code::VersionMismatch);
}

#[test]
fn teams_are_listed_page_by_page() {
    let mut desk = Desk::open();
    for n in 0..5 {
        desk.team(json!({ "name": format!("T{n}") }));
    }
    let mut names = Vec::new();
    let mut cursor = Value::Null;
    for _ in 0..3 {
        let page = desk.ask(&json!({ "listTeams": { "limit": 2, "cursor": cursor } }));
        names.extend(page["items"].as_array().expect("items").iter().map(|it| text(&it["name"])));
        cursor = page["nextCursor"].clone();
    }
    assert_eq!((names.join(" "), cursor), ("T4 T3 T2 T1 T0".into(), Value::Null));
}
