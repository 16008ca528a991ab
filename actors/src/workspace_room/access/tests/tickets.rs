//! The door: realtime tickets and bearer tokens.

use super::world::{DAY, Room, START, set_active, ticket};
use crate::workspace_room::access::{TICKET_MS, TICKETS_PER_SESSION_MAX};
use schema::frame::Connect;
use schema::ids::WorkspaceId;
use schema::room::RoomCommand;
use schema::room::access::{Logout, TicketMade};
use schema::{Caller, Code, Principal, Reject, Role};

fn code<T: std::fmt::Debug>(result: Result<T, Reject>) -> Code {
    result.expect_err("a refusal").code
}

#[test]
fn a_ticket_lets_in_once() {
    let (mut room, owner) = Room::registered();
    let made: TicketMade = room.ask(&owner.principal, ticket("t")).expect("made");
    assert_eq!(made.expires_at, START + TICKET_MS);
    let joined = room.sit_by_ticket("t").expect("let in");
    assert_eq!(joined.seat.principal, owner.principal);
    let again = room.sit_by_ticket("t").expect_err("used");
    assert_eq!(again.code.close_code(), 4401);
    assert_eq!(code(room.sit_by_ticket("made-up")), Code::Unauthorized);
    assert_eq!(room.number("select count(*) from realtime_tickets"), 0);
}

#[test]
fn a_ticket_is_good_for_thirty_seconds() {
    let (mut room, owner) = Room::registered();
    room.try_ask(&owner.principal, ticket("t1")).expect("made");
    room.try_ask(&owner.principal, ticket("t2")).expect("made");
    room.now = START + TICKET_MS - 1;
    room.sit_by_ticket("t1").expect("the last moment");
    room.now += 1;
    assert_eq!(code(room.sit_by_ticket("t2")), Code::Unauthorized);
}

#[test]
fn a_ticket_dies_with_the_session_that_made_it() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    room.try_ask(&ann.principal, ticket("t1")).expect("made");
    room.try_ask(&owner.principal, set_active(ann.id(), false)).expect("removed");
    assert_eq!(code(room.sit_by_ticket("t1")), Code::Unauthorized);
    room.try_ask(&owner.principal, ticket("t2")).expect("made");
    room.try_ask(&owner.principal, RoomCommand::Logout(Logout {})).expect("logged out");
    assert_eq!(code(room.sit_by_ticket("t2")), Code::Unauthorized);
}

#[test]
fn unused_tickets_are_counted_until_they_run_out() {
    let (mut room, owner) = Room::registered();
    for n in 0..TICKETS_PER_SESSION_MAX {
        room.try_ask(&owner.principal, ticket(&format!("t{n}"))).expect("made");
    }
    assert_eq!(code(room.try_ask(&owner.principal, ticket("more"))), Code::RateLimited);
    room.now += TICKET_MS;
    room.try_ask(&owner.principal, ticket("more")).expect("the others ran out");
    assert_eq!(room.number("select count(*) from realtime_tickets"), 1);
    assert_eq!(code(room.try_ask(&owner.principal, ticket("more"))), Code::Conflict);
}

#[test]
fn only_an_agent_of_this_workspace_sits_in_its_room() {
    let (mut room, owner) = Room::registered();
    let door = room.door();
    assert_eq!(code(room.connect(&door)), Code::Unauthorized);
    for caller in [Caller::Visitor, Caller::System, Caller::Operator] {
        let principal = Some(Principal { workspace: room.workspace, caller });
        let connect = Connect { principal, ..door.clone() };
        assert_eq!(code(room.connect(&connect)), Code::Unauthorized);
    }
    let elsewhere = WorkspaceId(uuid::Uuid::from_u128(0x22));
    let stranger = Principal { workspace: elsewhere, ..owner.principal.clone() };
    let foreign = Connect { principal: Some(stranger), ..door.clone() };
    assert_eq!(code(room.connect(&foreign)), Code::NotFound);
    // The proof is for this workspace, the client named another.
    let named = Connect { workspace: elsewhere, principal: Some(owner.principal.clone()), ..door };
    assert_eq!(code(room.connect(&named)), Code::NotFound);
    room.now += 31 * DAY;
    assert_eq!(code(room.sit(&owner, None)), Code::Unauthorized);
}

#[test]
fn a_bearer_of_an_older_epoch_is_not_let_in() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    room.sit(&ann, None).expect("let in");
    let mut stale = ann.clone();
    if let Caller::Agent { epoch, .. } = &mut stale.principal.caller {
        *epoch -= 1;
    }
    assert_eq!(code(room.sit(&stale, None)), Code::Unauthorized);
}
