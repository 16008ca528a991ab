//! Who may do what: every command of a room × every role × every way to have lost a right.

use super::world::{
    DAY, Person, ROLES, Room, accept, change, hash, invite, link, login, login_by, phc, register,
    set_active, set_role, ticket,
};
use schema::ids::{SessionId, WorkspaceId};
use schema::room::RoomCommand;
use schema::room::access::{
    Authorise, BeginLogin, ChangeAgent, ChangePassword, ChangeWorkspace, GetWorkspace, ListAgents,
    ListInvitations, Logout, LogoutEverywhere, Me, Refresh, RevokeInvitation, UnlinkIdentity,
};
use schema::{Caller, Code, Permission, Principal, Role};
use serde_json::json;

mod desk;

use desk::desk;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    /// Callers without a session, and nobody else.
    Visitors,
    /// Agents with the permission, about themselves.
    Oneself(Permission),
    /// Agents with the permission, the operator, Postroom itself.
    Members(Permission),
    /// Postroom itself, and nobody else.
    System,
}

type Make = fn(&mut Room, &Person) -> RoomCommand;

/// The commands of access. What they name exists, so that whoever may ask is answered.
const TABLE: &[(For, Make)] = &[
    (For::Visitors, |_, _| register()),
    (For::Visitors, |_, _| RoomCommand::BeginLogin(BeginLogin { email: "a@b.com".into() })),
    (For::Visitors, |_, person| {
        login(person.id(), &phc(&person.opened.agent.email), "login-refresh")
    }),
    (For::Visitors, |_, _| {
        RoomCommand::Refresh(Refresh { token_hash: hash("x"), next_hash: hash("y") })
    }),
    (For::Visitors, |_, _| accept("open-invitation", "a@b.com", "accept-refresh")),
    (For::Oneself(Permission::Read), |_, _| RoomCommand::Logout(Logout {})),
    (For::Oneself(Permission::Read), |_, _| RoomCommand::LogoutEverywhere(LogoutEverywhere {})),
    (For::Oneself(Permission::Read), |_, person| {
        let current_hash = phc(&person.opened.agent.email);
        RoomCommand::ChangePassword(ChangePassword { current_hash, new_hash: phc("new") })
    }),
    (For::Oneself(Permission::Read), |_, person| link(person, "them")),
    (For::Oneself(Permission::Read), |_, _| RoomCommand::UnlinkIdentity(UnlinkIdentity {})),
    (For::Visitors, |room, person| {
        // Whoever it is, with or without a session: their account is linked.
        let linked = format!(
            "insert or replace into identities values ('{}', 'contoso', 'them', 1)",
            person.id()
        );
        room.home.connection().execute(&linked, []).expect("linked");
        login_by("contoso", "them", "identity-refresh")
    }),
    (For::Oneself(Permission::Read), |_, _| RoomCommand::Me(Me {})),
    (For::Oneself(Permission::Read), |_, _| ticket("ticket")),
    (For::Oneself(Permission::Read), |_, person| {
        let name = Some("Another Name".to_owned());
        RoomCommand::ChangeAgent(ChangeAgent { name, ..change(person.id()) })
    }),
    (For::Members(Permission::Read), |_, _| RoomCommand::ListAgents(ListAgents {})),
    (For::Members(Permission::Read), |_, _| RoomCommand::GetWorkspace(GetWorkspace {})),
    (For::Members(Permission::Read), |_, _| authorise(Permission::Read)),
    (For::Members(Permission::Work), |_, _| authorise(Permission::Work)),
    (For::Members(Permission::Manage), |_, _| authorise(Permission::Manage)),
    (For::Members(Permission::Own), |_, _| authorise(Permission::Own)),
    (For::Members(Permission::Manage), |_, _| invite("new@b.com", Role::Agent, "i1")),
    (For::Members(Permission::Manage), |_, _| invite("new@b.com", Role::Viewer, "i2")),
    (For::Members(Permission::Own), |_, _| invite("new@b.com", Role::Admin, "i3")),
    (For::Members(Permission::Own), |_, _| invite("new@b.com", Role::Owner, "i4")),
    (For::Members(Permission::Manage), |_, _| RoomCommand::ListInvitations(ListInvitations {})),
    (For::Members(Permission::Manage), |room, _| {
        let open = "select id from invitations where state = 'open'";
        let id: String =
            room.home.connection().query_row(open, [], |row| row.get(0)).expect("one is open");
        let invitation_id = schema::ids::InvitationId(id.parse().expect("an id"));
        RoomCommand::RevokeInvitation(RevokeInvitation { invitation_id })
    }),
    (For::Members(Permission::Manage), |room, _| set_role(bystander(room), Role::Agent)),
    (For::Members(Permission::Manage), |room, _| set_active(bystander(room), false)),
    (For::Members(Permission::Own), |room, _| set_role(bystander(room), Role::Admin)),
    (For::Members(Permission::Own), |room, _| set_role(bystander(room), Role::Owner)),
    (For::Members(Permission::Manage), |_, _| {
        RoomCommand::ChangeWorkspace(ChangeWorkspace {
            name: Some("Acme 2".into()),
            ..ChangeWorkspace::default()
        })
    }),
];

fn authorise(permission: Permission) -> RoomCommand {
    RoomCommand::Authorise(Authorise { permission })
}

/// A viewer whom the table's commands change.
fn bystander(room: &Room) -> schema::ids::AgentId {
    let named = "select id from agents where email = 'bystander@b.com'";
    let id: String = room.home.connection().query_row(named, [], |row| row.get(0)).expect("there");
    schema::ids::AgentId(id.parse().expect("an id"))
}

/// How a caller stands with the room, whatever their token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Active,
    /// The token says owner.
    Boasting,
    /// The row says viewer; the token what they were.
    Demoted,
    Removed,
    /// The row says so, and nothing else was done about it.
    SwitchedOff,
    /// Removed and taken back, with the token of before.
    BackWithAnOldToken,
    LoggedOut,
    Expired,
    /// With the session of somebody else.
    Borrowing,
    OtherWorkspace,
}

const STANDINGS: [Standing; 10] = [
    Standing::Active,
    Standing::Boasting,
    Standing::Demoted,
    Standing::Removed,
    Standing::SwitchedOff,
    Standing::BackWithAnOldToken,
    Standing::LoggedOut,
    Standing::Expired,
    Standing::Borrowing,
    Standing::OtherWorkspace,
];

/// A room with one caller of a role and a standing.
fn arrange(role: Role, standing: Standing) -> (Room, Person) {
    let (mut room, owner) = Room::registered();
    let mut person = room.join(&owner, role);
    room.try_ask(&owner.principal, invite("bystander@b.com", Role::Viewer, "b")).expect("invited");
    room.try_ask(&room.visitor(), accept("b", "bystander@b.com", "b")).expect("accepted");
    let open = invite("open@b.com", Role::Viewer, "open-invitation");
    room.try_ask(&owner.principal, open).expect("invited");
    match standing {
        Standing::Active => {}
        Standing::Boasting => person.principal = with(&person, |_, role| *role = Role::Owner),
        Standing::Demoted => {
            room.try_ask(&owner.principal, set_role(person.id(), Role::Viewer)).expect("demoted");
        }
        Standing::Removed | Standing::BackWithAnOldToken => {
            room.try_ask(&owner.principal, set_active(person.id(), false)).expect("removed");
            if standing == Standing::BackWithAnOldToken {
                room.try_ask(&owner.principal, set_active(person.id(), true)).expect("back");
            }
        }
        Standing::SwitchedOff => {
            let off = "update agents set active = 0 where id = ?";
            room.home.connection().execute(off, [person.id().to_string()]).expect("switched off");
        }
        Standing::LoggedOut => {
            room.try_ask(&person.principal, RoomCommand::Logout(Logout {})).expect("logged out");
        }
        Standing::Expired => room.now += 31 * DAY,
        Standing::Borrowing => {
            let other = owner.opened.session.id;
            person.principal = with(&person, |session, _| *session = other);
        }
        Standing::OtherWorkspace => {
            person.principal.workspace = WorkspaceId(uuid::Uuid::from_u128(0x22));
        }
    }
    (room, person)
}

fn with(person: &Person, change: impl FnOnce(&mut SessionId, &mut Role)) -> Principal {
    let mut principal = person.principal.clone();
    if let Caller::Agent { session, role, .. } = &mut principal.caller {
        change(session, role);
    }
    principal
}

/// The refusal that is due, if one is.
fn due(who: For, role: Role, standing: Standing) -> Option<Code> {
    let needed = match who {
        _ if standing == Standing::OtherWorkspace => return Some(Code::NotFound),
        For::Visitors | For::System => return Some(Code::Forbidden),
        For::Oneself(permission) | For::Members(permission) => permission,
    };
    let role = match standing {
        Standing::Active | Standing::Boasting => role,
        Standing::Demoted => Role::Viewer,
        _ => return Some(Code::Unauthorized),
    };
    (!role.may(needed)).then_some(Code::Forbidden)
}

/// Asks, tells the refusal and whether anything was stored, and takes it back.
fn probe(room: &mut Room, who: &Principal, command: RoomCommand) -> (Option<Code>, bool) {
    let before = dump(room);
    room.home.connection().execute_batch("savepoint probe").expect("begun");
    let code = room.try_ask(who, command).err().map(|it| it.code);
    let changed = dump(room) != before;
    room.home.connection().execute_batch("rollback to probe; release probe").expect("undone");
    if changed {
        // What it remembers of the head is undone too.
        room.restart();
    }
    (code, changed)
}

/// Everything that the object has stored.
fn dump(room: &Room) -> String {
    super::canary::dump(room, |_, _| true)
}

#[test]
fn every_command_refuses_who_may_not_and_changes_nothing() {
    let (mut done, mut refused) = (0, 0);
    for standing in STANDINGS {
        for role in ROLES {
            let (mut room, person) = arrange(role, standing);
            for (who, make) in TABLE {
                let command = make(&mut room, &person);
                let case = format!("{standing:?} {role:?} {command:?}");
                let (code, changed) = probe(&mut room, &person.principal, command);
                assert_eq!(code, due(*who, role, standing), "{case}");
                assert!(code.is_none() || !changed, "{case}");
                done += usize::from(code.is_none());
                refused += usize::from(code.is_some());
            }
        }
    }
    assert!(done > 100 && refused > 500, "{done} done, {refused} refused");
}

#[test]
fn callers_that_are_no_agents_do_what_is_theirs() {
    for (who, make) in TABLE {
        for caller in [Caller::Visitor, Caller::System, Caller::Operator] {
            let (mut room, person) = arrange(Role::Agent, Standing::Active);
            let command = make(&mut room, &person);
            let case = format!("{caller:?} {command:?}");
            let is_register = matches!(command, RoomCommand::Register(_));
            let own_name = matches!(command, RoomCommand::ChangeAgent(_));
            let expected = match (&caller, who) {
                (Caller::Visitor, For::Visitors) => is_register.then_some(Code::Conflict),
                (Caller::Visitor, _) => Some(Code::Unauthorized),
                (_, For::Members(_)) => None,
                // For the operator it is a change of somebody else.
                (_, For::Oneself(_)) if own_name => None,
                (_, _) => Some(Code::Forbidden),
            };
            let principal = Principal { workspace: room.workspace, caller };
            let code = room.try_ask(&principal, command).err().map(|it| it.code);
            assert_eq!(code, expected, "{case}");
        }
    }
}

fn is_refusal(code: Option<Code>) -> bool {
    matches!(code, Some(Code::Unauthorized | Code::Forbidden))
}

#[test]
fn every_command_of_the_desk_refuses_who_may_not_and_changes_nothing() {
    let mut answered = 0;
    for standing in STANDINGS {
        for role in ROLES {
            let (mut room, person) = arrange(role, standing);
            for (who, json) in desk() {
                let case = format!("{standing:?} {role:?} {json}");
                let command: RoomCommand = serde_json::from_value(json).expect("a command");
                let (code, changed) = probe(&mut room, &person.principal, command);
                match due(who, role, standing) {
                    None => {
                        assert!(!is_refusal(code), "{case}: {code:?}");
                        answered += 1;
                    }
                    due => {
                        assert_eq!(code, due, "{case}");
                        assert!(!changed, "{case}");
                    }
                }
            }
        }
    }
    assert!(answered > 100, "{answered}");
}

#[test]
fn the_desk_answers_postroom_itself_and_no_visitor() {
    for (who, json) in desk() {
        for caller in [Caller::Visitor, Caller::System, Caller::Operator] {
            let case = format!("{caller:?} {json}");
            let refused = match (&caller, who) {
                (Caller::Visitor, _) | (Caller::Operator, For::System) => true,
                (_, For::Oneself(_)) => true,
                (_, _) => false,
            };
            let command: RoomCommand = serde_json::from_value(json.clone()).expect("a command");
            let (mut room, _) = Room::registered();
            let principal = Principal { workspace: room.workspace, caller };
            let code = room.try_ask(&principal, command).err().map(|it| it.code);
            assert_eq!(is_refusal(code), refused, "{case}: {code:?}");
        }
    }
}

#[test]
fn every_command_is_in_one_of_the_tables() {
    let unknown = serde_json::from_value::<RoomCommand>(json!({ "nonsense": {} }));
    let message = unknown.expect_err("no command").to_string();
    let list = message.split("expected one of ").nth(1).expect("the commands").to_owned();
    let every: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    assert!(every.len() > 30, "{every:?}");

    let (mut room, person) = arrange(Role::Agent, Standing::Active);
    let tested: Vec<String> = TABLE
        .iter()
        .map(|(_, make)| serde_json::to_value(make(&mut room, &person)).expect("JSON"))
        .chain(desk().into_iter().map(|(_, command)| command))
        .map(|command| command.as_object().expect("an object").keys().next().cloned())
        .map(|name| name.expect("a name"))
        .collect();
    for name in every {
        assert!(tested.iter().any(|tested| tested == name), "{name} is in no table");
    }
}

#[test]
fn the_gateway_is_told_the_role_of_now() {
    for role in ROLES {
        for standing in [Standing::Active, Standing::Boasting, Standing::Demoted] {
            let (mut room, person) = arrange(role, standing);
            let told = room.may(&person.principal, Permission::Read).expect("may read");
            let now = if standing == Standing::Demoted { Role::Viewer } else { role };
            assert_eq!(told, json!({ "agentId": person.id(), "role": now }), "{standing:?}");
        }
    }
    let (mut room, _) = Room::registered();
    let told = room.may(&Principal::system(room.workspace), Permission::Own).expect("may");
    assert_eq!(told, json!({ "agentId": null, "role": "owner" }));
}
