//! Inviting, accepting, revoking, changing agents.

use super::world::{DAY, Room, START, accept, change, hash, invite, phc, set_active, set_role};
use crate::kernel::context::Expelled;
use crate::workspace_room::access::{INVITATION_KEPT_MS, INVITATION_MS, INVITATIONS_OPEN_MAX};
use schema::room::RoomCommand;
use schema::room::access::{
    AcceptInvitation, Agent, ChangeAgent, ChangeWorkspace, Invitation, InvitationState, ListAgents,
    ListInvitations, Opened, RevokeInvitation, Workspace,
};
use schema::{Code, Permission, Reject, Role};

fn code<T: std::fmt::Debug>(result: Result<T, Reject>) -> Code {
    result.expect_err("a refusal").code
}

#[test]
fn an_invitation_is_accepted_once() {
    let (mut room, owner) = Room::registered();
    let invited: Invitation = room
        .ask(&owner.principal, invite("Ann@Example.com", Role::Agent, "token"))
        .expect("invited");
    assert_eq!(invited.email, "ann@example.com");
    assert_eq!(invited.expires_at, START + INVITATION_MS);
    let visitor = room.visitor();
    let opened: Opened =
        room.ask(&visitor, accept("token", "ann@example.com", "r1")).expect("accepted");
    assert_eq!((opened.agent.role, opened.agent.email.as_str()), (Role::Agent, "ann@example.com"));
    assert_eq!(
        room.event_types()[2..],
        ["invitation.created", "invitation.accepted", "agent.joined"]
    );
    assert_eq!(code(room.try_ask(&visitor, accept("token", "x", "r2"))), Code::Gone);
    assert_eq!(code(room.try_ask(&visitor, accept("made-up", "x", "r3"))), Code::NotFound);
    let agents: Vec<Agent> =
        room.ask(&owner.principal, RoomCommand::ListAgents(ListAgents {})).expect("listed");
    assert_eq!(agents.len(), 2);
    let again = invite("ann@example.com", Role::Agent, "another");
    assert_eq!(code(room.try_ask(&owner.principal, again)), Code::Conflict);
}

#[test]
fn an_invitation_runs_out_and_is_forgotten_later() {
    let (mut room, owner) = Room::registered();
    room.try_ask(&owner.principal, invite("a@b.com", Role::Agent, "token")).expect("invited");
    let visitor = room.visitor();
    room.now = START + INVITATION_MS;
    assert_eq!(code(room.try_ask(&visitor, accept("token", "a@b.com", "r"))), Code::Gone);
    room.alarm();
    assert_eq!(code(room.try_ask(&visitor, accept("token", "a@b.com", "r"))), Code::Gone);
    room.now += INVITATION_KEPT_MS;
    room.alarm();
    assert_eq!(code(room.try_ask(&visitor, accept("token", "a@b.com", "r"))), Code::NotFound);
    assert_eq!(room.number("select count(*) from invitations"), 0);
}

#[test]
fn an_invitation_is_good_until_its_last_millisecond() {
    let (mut room, owner) = Room::registered();
    room.try_ask(&owner.principal, invite("a@b.com", Role::Viewer, "token")).expect("invited");
    room.now = START + INVITATION_MS - 1;
    room.try_ask(&room.visitor(), accept("token", "a@b.com", "r")).expect("accepted");
}

#[test]
fn a_revoked_or_replaced_invitation_is_gone() {
    let (mut room, owner) = Room::registered();
    let who = owner.principal.clone();
    let first: Invitation =
        room.ask(&who, invite("a@b.com", Role::Agent, "first")).expect("invited");
    room.now += 1;
    let second: Invitation =
        room.ask(&who, invite("a@b.com", Role::Viewer, "second")).expect("invited again");
    let visitor = room.visitor();
    assert_eq!(code(room.try_ask(&visitor, accept("first", "a@b.com", "r"))), Code::Gone);
    let revoke = |invitation: &Invitation| {
        RoomCommand::RevokeInvitation(RevokeInvitation { invitation_id: invitation.id })
    };
    for _ in 0..2 {
        let revoked: Invitation = room.ask(&who, revoke(&second)).expect("revoked");
        assert_eq!(revoked.state, InvitationState::Revoked);
    }
    assert_eq!(code(room.try_ask(&visitor, accept("second", "a@b.com", "r"))), Code::Gone);
    let kinds = room.event_types();
    assert_eq!(kinds.iter().filter(|kind| *kind == "invitation.revoked").count(), 2);
    let listed: Vec<Invitation> =
        room.ask(&who, RoomCommand::ListInvitations(ListInvitations {})).expect("listed");
    assert_eq!(listed.iter().map(|it| it.id).collect::<Vec<_>>(), [second.id, first.id]);

    let third: Invitation =
        room.ask(&who, invite("a@b.com", Role::Agent, "third")).expect("invited");
    room.try_ask(&visitor, accept("third", "a@b.com", "r")).expect("accepted");
    assert_eq!(code(room.try_ask(&who, revoke(&third))), Code::Gone);
}

#[test]
fn an_invitation_falls_with_the_right_of_who_made_it() {
    let (mut room, owner) = Room::registered();
    let visitor = room.visitor();
    let admin = room.join(&owner, Role::Admin);
    let made = room.try_ask(&admin.principal, invite("a@b.com", Role::Agent, "back-door"));
    made.expect("invited");
    room.try_ask(&owner.principal, set_role(admin.id(), Role::Agent)).expect("demoted");
    assert_eq!(code(room.try_ask(&visitor, accept("back-door", "a@b.com", "r"))), Code::Gone);
    room.try_ask(&owner.principal, set_role(admin.id(), Role::Admin)).expect("promoted");
    room.try_ask(&owner.principal, set_active(admin.id(), false)).expect("deactivated");
    assert_eq!(code(room.try_ask(&visitor, accept("back-door", "a@b.com", "r"))), Code::Gone);
}

#[test]
fn only_owners_make_and_unmake_admins_and_owners() {
    for target in [Role::Owner, Role::Admin, Role::Agent, Role::Viewer] {
        let (mut room, owner) = Room::registered();
        let admin = room.join(&owner, Role::Admin);
        let other = room.join(&owner, target);
        let privileged = matches!(target, Role::Owner | Role::Admin);
        let mut expect = |command: RoomCommand, refused: bool| {
            let result = room.try_ask(&admin.principal, command.clone());
            let forbidden = result.as_ref().is_err_and(|reject| reject.code == Code::Forbidden);
            assert_eq!(forbidden, refused, "{target:?} {command:?} {result:?}");
        };
        expect(invite("new@example.com", target, "token"), privileged);
        expect(set_active(other.id(), false), privileged);
        expect(set_active(other.id(), true), privileged);
        expect(set_role(other.id(), Role::Viewer), privileged);
        expect(set_role(other.id(), Role::Admin), true);
        expect(set_role(other.id(), Role::Owner), true);
        expect(set_role(owner.id(), Role::Viewer), true);
        expect(set_role(admin.id(), Role::Owner), true);
    }
}

#[test]
fn an_admin_cannot_replace_an_invitation_that_only_an_owner_may_make() {
    let (mut room, owner) = Room::registered();
    let admin = room.join(&owner, Role::Admin);
    room.try_ask(&owner.principal, invite("a@b.com", Role::Owner, "t1")).expect("invited");
    let replaced = room.try_ask(&admin.principal, invite("a@b.com", Role::Viewer, "t2"));
    assert_eq!(code(replaced), Code::Forbidden);
    room.try_ask(&room.visitor(), accept("t1", "a@b.com", "r")).expect("accepted");
}

#[test]
fn the_last_active_owner_stays() {
    let (mut room, owner) = Room::registered();
    let who = owner.principal.clone();
    assert_eq!(code(room.try_ask(&who, set_role(owner.id(), Role::Admin))), Code::Conflict);
    assert_eq!(code(room.try_ask(&who, set_active(owner.id(), false))), Code::Conflict);
    let second = room.join(&owner, Role::Owner);
    room.try_ask(&who, set_active(second.id(), false)).expect("deactivated");
    assert_eq!(code(room.try_ask(&who, set_role(owner.id(), Role::Admin))), Code::Conflict);
    room.try_ask(&who, set_active(second.id(), true)).expect("back");
    room.try_ask(&who, set_role(owner.id(), Role::Admin)).expect("there is another");
    assert_eq!(code(room.may(&who, Permission::Own)), Code::Forbidden);
}

#[test]
fn who_is_made_inactive_loses_everything_and_comes_back_by_logging_in() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    room.try_ask(&owner.principal, set_active(ann.id(), false)).expect("deactivated");
    assert_eq!(room.take_expelled(), [Expelled::Agent(ann.id())]);
    assert_eq!(code(room.may(&ann.principal, Permission::Read)), Code::Unauthorized);
    let email = ann.opened.agent.email.clone();
    assert_eq!(code(room.log_in(&email, "r1")), Code::Unauthorized);
    room.try_ask(&owner.principal, set_active(ann.id(), true)).expect("active again");
    assert_eq!(code(room.may(&ann.principal, Permission::Read)), Code::Unauthorized);
    let back = room.log_in(&email, "r2").expect("logged in");
    room.may(&back.principal, Permission::Work).expect("back");
}

#[test]
fn a_change_needs_the_version_that_is_current_where_one_is_named() {
    let (mut room, owner) = Room::registered();
    let name = |name: &str, if_version| {
        let name = Some(name.to_owned());
        RoomCommand::ChangeAgent(ChangeAgent { name, if_version, ..change(owner.id()) })
    };
    let who = owner.principal.clone();
    let changed: Agent = room.ask(&who, name("Olga B.", Some(1))).expect("changed");
    assert_eq!((changed.version, changed.name.as_str()), (2, "Olga B."));
    let stale = room.try_ask(&who, name("Olga C.", Some(1))).expect_err("refused");
    assert_eq!(stale.code, Code::VersionMismatch);
    assert_eq!(stale.details, Some(serde_json::json!({ "version": 2 })));
    let event: serde_json::Value =
        serde_json::from_str(room.turn.events.last().expect("an event").get()).expect("JSON");
    assert_eq!(event["data"]["before"], serde_json::json!({ "name": "Olga" }));
    let before = room.turn.events.len();
    let same: Agent = room.ask(&who, name("Olga B.", None)).expect("nothing to do");
    assert_eq!((same.version, room.turn.events.len()), (2, before));

    let rename = |if_version| {
        RoomCommand::ChangeWorkspace(ChangeWorkspace {
            name: Some("Acme 2".into()),
            if_version,
            ..ChangeWorkspace::default()
        })
    };
    assert_eq!(code(room.try_ask(&who, rename(Some(7)))), Code::VersionMismatch);
    let renamed: Workspace = room.ask(&who, rename(Some(1))).expect("renamed");
    assert_eq!((renamed.version, renamed.name.as_str()), (2, "Acme 2"));
}

#[test]
fn open_invitations_are_counted_and_those_that_ran_out_are_not() {
    let (mut room, owner) = Room::registered();
    for n in 0..INVITATIONS_OPEN_MAX {
        let command = invite(&format!("p{n}@b.com"), Role::Viewer, &format!("t{n}"));
        room.try_ask(&owner.principal, command).expect("invited");
    }
    let one_more = || invite("more@b.com", Role::Viewer, "more");
    assert_eq!(code(room.try_ask(&owner.principal, one_more())), Code::Conflict);
    room.now += 8 * DAY;
    room.try_ask(&owner.principal, one_more()).expect("the others ran out");
}

#[test]
fn bad_fields_are_refused_by_name() {
    let (mut room, owner) = Room::registered();
    room.try_ask(&owner.principal, invite("a@b.com", Role::Agent, "token")).expect("invited");
    let mut refused = |who, command| {
        let reject: Reject = room.try_ask(who, command).expect_err("refused");
        assert_eq!(reject.code, Code::InvalidInput);
        reject.details.expect("details")["field"].as_str().expect("a field").to_owned()
    };
    let accepting = |name: Option<&str>, password_hash: &str, token_hash: &str| {
        RoomCommand::AcceptInvitation(AcceptInvitation {
            token_hash: token_hash.into(),
            name: name.map(str::to_owned),
            password_hash: password_hash.into(),
            refresh_hash: hash("r"),
        })
    };
    let visitor =
        schema::Principal { workspace: owner.principal.workspace, caller: schema::Caller::Visitor };
    let (good, token) = (phc("x"), hash("token"));
    assert_eq!(refused(&visitor, accepting(None, &good, &token)), "name");
    assert_eq!(refused(&visitor, accepting(Some(" \u{200b}"), &good, &token)), "name");
    assert_eq!(refused(&visitor, accepting(Some("Ann"), "hunter2hunter2", &token)), "passwordHash");
    assert_eq!(refused(&visitor, accepting(Some("Ann"), &good, "token")), "tokenHash");
    let bad_mail = invite("a@b.com\r\nbcc:x@y.z", Role::Agent, "t");
    assert_eq!(refused(&owner.principal, bad_mail), "email");
}
