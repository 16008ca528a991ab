//! Logging in, refreshing, logging out, changing the password.

use super::world::{DAY, Person, Room, START, hash, login, phc, register, set_active};
use crate::kernel::context::Expelled;
use crate::workspace_room::access::{SESSION_IDLE_MS, SESSION_MS_MAX, SESSIONS_PER_AGENT_MAX};
use schema::ids::AgentId;
use schema::room::RoomCommand;
use schema::room::access::{
    BeginLogin, ChangePassword, Login, LoginBegun, Logout, LogoutEverywhere, Opened,
};
use schema::{Code, Permission, Principal, Reject, Role};

fn code<T: std::fmt::Debug>(result: Result<T, Reject>) -> Code {
    result.expect_err("a refusal").code
}

fn begin(room: &mut Room, email: &str) -> LoginBegun {
    let command = RoomCommand::BeginLogin(BeginLogin { email: email.into() });
    room.ask(&room.visitor(), command).expect("answered")
}

#[test]
fn a_workspace_is_registered_once() {
    let (mut room, owner) = Room::registered();
    assert_eq!(owner.opened.agent.email, "owner@example.com");
    assert_eq!(owner.opened.agent.role, Role::Owner);
    assert_eq!(room.event_types(), ["workspace.created", "agent.joined"]);
    assert_eq!(room.number("select count(*) from outbox where key like 'workspaces/%'"), 1);
    assert_eq!(code(room.try_ask(&room.visitor(), register())), Code::Conflict);
    assert_eq!(room.number("select count(*) from agents"), 1);
}

#[test]
fn nothing_but_registering_is_done_in_a_room_that_nobody_registered() {
    let mut room = Room::empty();
    assert_eq!(begin(&mut room, "a@b.com"), LoginBegun { agent_id: None, password_hash: None });
    let system = Principal::system(room.workspace);
    assert_eq!(code(room.may(&system, Permission::Read)), Code::NotFound);
    assert_eq!(code(room.may(&room.visitor(), Permission::Read)), Code::Unauthorized);
    assert_eq!(room.count("head"), 0, "the object stays unborn");
}

#[test]
fn unknown_and_inactive_agents_look_the_same_to_who_logs_in() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    let email = ann.opened.agent.email.clone();
    assert_eq!(begin(&mut room, &email.to_uppercase()).agent_id, Some(ann.id()));
    room.try_ask(&owner.principal, set_active(ann.id(), false)).expect("deactivated");
    assert_eq!(begin(&mut room, &email), begin(&mut room, "nobody@example.com"));

    let visitor = room.visitor();
    let refusals = [
        login(ann.id(), &phc(&email), "r1"),
        login(owner.id(), &phc("wrong"), "r2"),
        login(AgentId(uuid::Uuid::nil()), &phc("x"), "r3"),
    ]
    .map(|command| room.try_ask(&visitor, command).expect_err("refused"));
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
    assert_eq!(refusals[0].code, Code::Unauthorized);
}

#[test]
fn a_log_in_may_bring_a_better_hash_of_the_same_password() {
    let (mut room, owner) = Room::registered();
    let old = phc("owner@example.com");
    let better = RoomCommand::Login(Login {
        agent_id: owner.id(),
        password_hash: old.clone(),
        refresh_hash: hash("r1"),
        rehash: Some(phc("better")),
    });
    let _: Opened = room.ask(&room.visitor(), better).expect("logged in");
    assert_eq!(begin(&mut room, "owner@example.com").password_hash, Some(phc("better")));
    let stale = room.try_ask(&room.visitor(), login(owner.id(), &old, "r2"));
    assert_eq!(code(stale), Code::Unauthorized);
}

#[test]
fn log_ins_of_one_moment_that_bring_the_same_better_hash_are_not_in_each_others_way() {
    let (mut room, owner) = Room::registered();
    let bringing = |refresh: &str, rehash: &str| {
        RoomCommand::Login(Login {
            agent_id: owner.id(),
            password_hash: phc("owner@example.com"),
            refresh_hash: hash(refresh),
            rehash: Some(phc(rehash)),
        })
    };
    let (first, second) = (bringing("r1", "better"), bringing("r2", "better"));
    let _: Opened = room.ask(&room.visitor(), first).expect("logged in");
    let _: Opened = room.ask(&room.visitor(), second).expect("logged in");
    let other = room.try_ask(&room.visitor(), bringing("r3", "another"));
    assert_eq!(code(other), Code::Unauthorized);
}

#[test]
fn the_oldest_session_ends_when_an_agent_has_too_many() {
    let (mut room, owner) = Room::registered();
    let mut people = vec![owner];
    for n in 0..SESSIONS_PER_AGENT_MAX {
        room.now += 1;
        people.push(room.log_in("owner@example.com", &format!("r{n}")).expect("logged in"));
    }
    assert_eq!(room.number("select count(*) from sessions"), SESSIONS_PER_AGENT_MAX as i64);
    assert_eq!(code(room.may(&people[0].principal, Permission::Read)), Code::Unauthorized);
    assert_eq!(room.take_expelled(), [Expelled::Session(people[0].opened.session.id)]);
    for person in &people[1..] {
        room.may(&person.principal, Permission::Read).expect("still there");
    }
}

#[test]
fn a_refresh_token_that_comes_back_ends_its_session() {
    let (mut room, owner) = Room::registered();
    let other = room.log_in("owner@example.com", "other").expect("logged in");
    let second = room.refresh("owner-refresh", "second").expect("refreshed");
    assert_eq!(second.opened.session.id, owner.opened.session.id);
    room.refresh("second", "third").expect("refreshed");

    assert!(room.refresh("owner-refresh", "thief").is_none(), "used before");
    assert_eq!(room.take_expelled(), [Expelled::Session(owner.opened.session.id)]);
    assert!(room.refresh("third", "fourth").is_none(), "the newest is worth nothing as well");
    assert!(room.refresh("thief", "fifth").is_none());
    assert_eq!(code(room.may(&second.principal, Permission::Read)), Code::Unauthorized);
    room.may(&other.principal, Permission::Read).expect("another log-in is not concerned");
}

#[test]
fn an_unknown_refresh_token_ends_nothing() {
    let (mut room, owner) = Room::registered();
    assert!(room.refresh("made-up", "next").is_none());
    room.may(&owner.principal, Permission::Read).expect("still there");
    room.refresh("owner-refresh", "next").expect("still good");
}

#[test]
fn a_refresh_token_belongs_to_one_session_only() {
    let (mut room, owner) = Room::registered();
    let twice = room
        .try_ask(&room.visitor(), login(owner.id(), &phc("owner@example.com"), "owner-refresh"));
    assert_eq!(code(twice), Code::Conflict);
    let command = RoomCommand::Refresh(schema::room::access::Refresh {
        token_hash: hash("owner-refresh"),
        next_hash: hash("owner-refresh"),
    });
    assert_eq!(code(room.try_ask(&room.visitor(), command)), Code::Conflict);
    room.refresh("owner-refresh", "next").expect("the refusals changed nothing");
}

#[test]
fn a_session_ends_a_month_after_its_last_refresh() {
    let (mut room, owner) = Room::registered();
    room.now = START + SESSION_IDLE_MS - 1;
    room.may(&owner.principal, Permission::Read).expect("the last moment");
    room.now += 1;
    assert_eq!(code(room.may(&owner.principal, Permission::Read)), Code::Unauthorized);
    assert!(room.refresh("owner-refresh", "next").is_none());

    room.alarm();
    assert_eq!(room.number("select count(*) from sessions"), 0);
    assert_eq!(room.number("select count(*) from refresh_tokens"), 0);
    assert_eq!(room.take_expelled(), [Expelled::Session(owner.opened.session.id)]);
}

#[test]
fn a_session_ends_three_months_after_the_log_in_however_often_it_is_refreshed() {
    let (mut room, owner) = Room::registered();
    let mut token = "owner-refresh".to_owned();
    let mut last = owner;
    while room.now < START + SESSION_MS_MAX - 7 * DAY {
        room.now += 7 * DAY;
        room.alarm();
        let next = room.fresh("refresh");
        last = room.refresh(&token, &next).expect("refreshed");
        token = next;
    }
    assert_eq!(last.opened.session.expires_at, START + SESSION_MS_MAX);
    // Tokens that could not be good any more whatever happened are forgotten.
    assert!(room.number("select count(*) from refresh_tokens") <= 30 / 7 + 2);
    room.now = START + SESSION_MS_MAX;
    assert_eq!(code(room.may(&last.principal, Permission::Read)), Code::Unauthorized);
    assert!(room.refresh(&token, "next").is_none());
    room.alarm();
    assert_eq!(room.number("select count(*) from timers where kind = 'access.sweep'"), 0);
}

#[test]
fn logging_out_ends_one_session_and_logging_out_everywhere_all() {
    let (mut room, first) = Room::registered();
    let second = room.log_in("owner@example.com", "second").expect("logged in");
    let third = room.log_in("owner@example.com", "third").expect("logged in");
    room.try_ask(&first.principal, RoomCommand::Logout(Logout {})).expect("logged out");
    assert_eq!(room.take_expelled(), [Expelled::Session(first.opened.session.id)]);
    assert_eq!(code(room.may(&first.principal, Permission::Read)), Code::Unauthorized);
    room.may(&second.principal, Permission::Read).expect("still there");

    let everywhere = RoomCommand::LogoutEverywhere(LogoutEverywhere {});
    room.try_ask(&second.principal, everywhere).expect("logged out");
    assert_eq!(room.take_expelled(), [Expelled::Agent(first.id())]);
    for person in [&second, &third] {
        assert_eq!(code(room.may(&person.principal, Permission::Read)), Code::Unauthorized);
    }
    for token in ["owner-refresh", "second", "third"] {
        assert!(room.refresh(token, "next").is_none(), "{token}");
    }
    room.log_in("owner@example.com", "fourth").expect("the password is still good");
}

#[test]
fn another_password_ends_every_other_session() {
    let (mut room, first) = Room::registered();
    let second = room.log_in("owner@example.com", "second").expect("logged in");
    let change = |current: &str| {
        RoomCommand::ChangePassword(ChangePassword {
            current_hash: phc(current),
            new_hash: phc("new"),
        })
    };
    let wrong = room.try_ask(&first.principal, change("guessed"));
    assert_eq!(code(wrong), Code::Conflict);
    let opened: Opened = room.ask(&first.principal, change("owner@example.com")).expect("changed");
    assert_eq!(opened.session.id, first.opened.session.id);
    assert_eq!(room.take_expelled(), [Expelled::Agent(first.id())]);

    for person in [&first, &second] {
        assert_eq!(code(room.may(&person.principal, Permission::Read)), Code::Unauthorized);
    }
    room.may(&Person::of(opened).principal, Permission::Own).expect("the reply's token is good");
    assert!(room.refresh("second", "x").is_none());
    room.refresh("owner-refresh", "y").expect("the caller's refresh token stays");
    let old = login(first.id(), &phc("owner@example.com"), "z");
    assert_eq!(code(room.try_ask(&room.visitor(), old)), Code::Unauthorized);
    let new = login(first.id(), &phc("new"), "z");
    room.try_ask(&room.visitor(), new).expect("logged in");
}
