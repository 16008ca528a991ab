//! Who is told what a request costs: whoever works in a workspace that asks for it.

use super::world::Person;
use crate::workspace_room::tests::desk::Desk;
use schema::room::RoomCommand;
use schema::room::access::GetWorkspace;
use schema::{Caller, Envelope, Principal};
use serde_json::json;

fn is_told(desk: &Desk, who: &Principal) -> bool {
    let command = RoomCommand::GetWorkspace(GetWorkspace {});
    let room = who.workspace.to_string();
    desk.room.engine.prices(&Envelope::new(room, who.clone(), None, &command))
}

#[test]
fn prices_are_told_to_members_while_the_workspace_asks_for_them() {
    let mut desk = Desk::open();
    let Person { principal: member, .. } = &desk.viewer;
    let member = member.clone();
    assert_eq!(desk.manage(&json!({ "getWorkspace": {} }))["serverTiming"], false);
    assert!(!is_told(&desk, &member));

    let on = desk.manage(&json!({ "changeWorkspace": { "serverTiming": true } }));
    assert_eq!(on["serverTiming"], true);
    assert!(is_told(&desk, &member));
    for caller in [Caller::Visitor, Caller::Operator, Caller::System] {
        let other = Principal { workspace: member.workspace, caller };
        assert!(!is_told(&desk, &other), "{other:?}");
    }

    // What a change does not name stays, also after the object was ended.
    let named = desk.manage(&json!({ "changeWorkspace": { "name": "Another name" } }));
    assert_eq!(named["serverTiming"], true);
    desk.room.restart();
    assert!(is_told(&desk, &member));

    // A change that is refused has changed nothing here either.
    let refused = json!({ "changeWorkspace": { "serverTiming": false, "ifVersion": 1 } });
    desk.manage_refused(&refused);
    assert!(is_told(&desk, &member));
    desk.refused(&json!({ "changeWorkspace": { "serverTiming": false } }));
    assert!(is_told(&desk, &member));

    desk.manage(&json!({ "changeWorkspace": { "serverTiming": false } }));
    assert!(!is_told(&desk, &member));
}
