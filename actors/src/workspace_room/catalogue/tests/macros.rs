//! Macros: all of it or nothing.

use crate::workspace_room::tests::desk::{Desk, text};
use schema::{Code, Role};
use serde_json::{Value, json};

fn make(desk: &mut Desk, actions: Value) -> Value {
    let name = desk.room.fresh("macro");
    desk.owner_asks(&json!({ "createMacro": { "name": name, "actions": actions } }))["id"].clone()
}

#[test]
fn a_macro_answers_and_changes_in_one_step() {
    let mut desk = Desk::open();
    let ticket = text(&desk.mail("1@x", None)["ticketId"]);
    let id = make(
        &mut desk,
        json!({
            "reply": "Hello {{user.firstName}}, we refund #{{ticket.number}}.",
            "assignToMe": true,
            "change": { "status": "closed", "priority": "low", "addTags": ["refund"] },
        }),
    );
    desk.events();
    desk.room.now += 5;
    let done = desk.ask(&json!({ "applyMacro": { "id": id, "ticketId": ticket } }));
    assert_eq!(desk.event_types(), ["comment.created", "ticket.changed"]);
    assert_eq!(done["comment"]["body"], "Hello Ann, we refund #1.");
    assert_eq!(done["ticket"]["assigneeId"], json!(desk.agent.id()));
    assert_eq!(
        (&done["ticket"]["status"], &done["ticket"]["tags"]),
        (&json!("closed"), &json!(["refund"]))
    );
    assert_eq!(done["ticket"]["firstReplyAt"], json!(desk.room.now));
    let mut now = desk.get(&ticket);
    now["unread"] = done["ticket"]["unread"].clone();
    assert_eq!(now, done["ticket"]);
    let again = json!({ "applyMacro": { "id": id, "ticketId": ticket } });
    assert_eq!(desk.refused(&again).0, Code::Conflict, "the ticket is closed");
}

#[test]
fn nothing_of_a_macro_is_done_where_a_part_of_it_is_refused() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    desk.set_status(&ticket, "solved");
    let apply = |id: &Value, version: Option<i64>| {
        let input = json!({ "id": id, "ticketId": ticket, "ifVersion": version });
        json!({ "applyMacro": input })
    };
    let step = make(&mut desk, json!({ "reply": "hi", "change": { "status": "waiting" } }));
    assert_eq!(desk.refused(&apply(&step, None)).0, Code::Conflict);
    let value =
        make(&mut desk, json!({ "reply": "{{user.name}}", "change": { "priority": "low" } }));
    assert_eq!(desk.refused(&apply(&value, None)).0, Code::InvalidInput);
    let owner = desk.owner.clone();
    let leaver = desk.room.join(&owner, Role::Agent);
    let to = json!({ "reply": "hi", "change": { "assigneeId": leaver.id() } });
    let to = make(&mut desk, to);
    desk.owner_asks(&json!({ "changeAgent": { "agentId": leaver.id(), "active": false } }));
    assert_eq!(desk.refused(&apply(&to, None)).0, Code::InvalidInput);
    let good = make(&mut desk, json!({ "change": { "priority": "high" } }));
    assert_eq!(desk.refused(&apply(&good, Some(1))).0, Code::VersionMismatch);
    let done = desk.ask(&apply(&good, Some(2)));
    assert_eq!((&done["ticket"]["priority"], &done["comment"]), (&json!("high"), &Value::Null));
    desk.owner_asks(&json!({ "archiveMacro": { "id": good } }));
    assert_eq!(desk.refused(&apply(&good, None)).0, Code::Conflict);
    let nobody = "0190f5fe-7c00-7a00-8000-0000000000ff";
    for actions in [
        json!({}),
        json!({ "change": {} }),
        json!({ "reply": " " }),
        json!({ "assignToMe": true, "change": { "assigneeId": null } }),
        json!({ "change": { "addTags": [""] } }),
        json!({ "change": { "attributes": { "a": [] } } }),
        json!({ "change": { "assigneeId": nobody } }),
        json!({ "change": { "teamId": nobody } }),
        json!({ "change": { "categoryId": nobody } }),
        json!({ "change": { "customStatusId": nobody } }),
    ] {
        let bad = json!({ "createMacro": { "name": "bad", "actions": actions } });
        assert_eq!(desk.refused_as(&owner.principal, &bad).0, Code::InvalidInput, "{actions}");
    }
}
