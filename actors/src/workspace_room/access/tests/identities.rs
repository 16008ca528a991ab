//! Logging in by an account at Microsoft that was linked before.

use super::world::{Person, Room, hash, link, login_by, phc, set_active};
use crate::kernel::context::Expelled;
use crate::workspace_room::access::SESSIONS_PER_AGENT_MAX;
use schema::room::RoomCommand;
use schema::room::access::{
    ChangePassword, Identity, LinkIdentity, LogoutEverywhere, Me, Opened, Own, UnlinkIdentity,
};
use schema::{Code, Permission, Reject, Role};

fn code<T: std::fmt::Debug>(result: Result<T, Reject>) -> Code {
    result.expect_err("a refusal").code
}

fn log_in(room: &mut Room, tenant: &str, user: &str) -> Result<Person, Reject> {
    let refresh = room.fresh("refresh");
    room.ask(&room.visitor(), login_by(tenant, user, &refresh)).map(Person::of)
}

fn unlink() -> RoomCommand {
    RoomCommand::UnlinkIdentity(UnlinkIdentity {})
}

/// What the audit says of identities, the first first.
fn noted(room: &Room) -> Vec<(String, Option<String>)> {
    let statement = "select kind, agent_id from audit where kind like 'identity.%' order by number";
    let mut rows = room.home.connection().prepare(statement).expect("the audit");
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    rows.collect::<Result<_, _>>().expect("texts")
}

#[test]
fn an_account_that_was_linked_opens_a_session_like_any_other() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    let linked: Identity = room.ask(&ann.principal, link(&ann, "ann")).expect("linked");
    assert_eq!((&*linked.tenant_id, &*linked.user_id), ("contoso", "ann"));

    let opened: Opened =
        room.ask(&room.visitor(), login_by("contoso", "ann", "by-identity")).expect("logged in");
    let again = Person::of(opened);
    assert_eq!(again.id(), ann.id());
    assert_ne!(again.opened.session.id, ann.opened.session.id);
    room.may(&again.principal, Permission::Work).expect("may what ann may");
    let own: Own = room.ask(&again.principal, RoomCommand::Me(Me {})).expect("ann");
    assert_eq!(own.identity, Some(linked));
    room.refresh("by-identity", "next").expect("refreshed");
    assert!(room.refresh("by-identity", "thief").is_none(), "a token is good once");
    assert_eq!(code(room.may(&again.principal, Permission::Read)), Code::Unauthorized);
}

#[test]
fn every_account_that_opens_nothing_is_refused_in_the_same_words() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    room.try_ask(&ann.principal, link(&ann, "ann")).expect("linked");
    let gone = room.join(&owner, Role::Agent);
    room.try_ask(&gone.principal, link(&gone, "gone")).expect("linked");
    room.try_ask(&owner.principal, set_active(gone.id(), false)).expect("switched off");
    let off = format!("update agents set active = 0 where id = '{}'", owner.id());
    room.try_ask(&owner.principal, link(&owner, "owner")).expect("linked");
    room.home.connection().execute(&off, []).expect("switched off, and nothing else");

    let mut empty = Room::empty();
    let refusals = [
        log_in(&mut room, "contoso", "nobody"),
        log_in(&mut room, "fabrikam", "ann"),
        log_in(&mut room, "ann", "contoso"),
        log_in(&mut room, "contoso", "gone"),
        log_in(&mut room, "contoso", "owner"),
        log_in(&mut room, "contoso", "ann@example.com"),
        log_in(&mut empty, "contoso", "ann"),
    ]
    .map(|result| result.expect_err("refused"));
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
    assert_eq!(refusals[0].code, Code::Unauthorized);
    assert_eq!(empty.count("head"), 0, "the object stays unborn");
    log_in(&mut room, "contoso", "ann").expect("the one that is linked does");
}

#[test]
fn an_account_is_one_agents_and_an_agent_has_one_account() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    let first: Identity = room.ask(&ann.principal, link(&ann, "ann")).expect("linked");
    room.now += 1;
    let again: Identity = room.ask(&ann.principal, link(&ann, "ann")).expect("as it was");
    assert_eq!(again, first);
    assert_eq!(code(room.try_ask(&ann.principal, link(&ann, "another"))), Code::Conflict);
    assert_eq!(code(room.try_ask(&owner.principal, link(&owner, "ann"))), Code::Conflict);
    assert_eq!(log_in(&mut room, "contoso", "ann").expect("ann").id(), ann.id());

    room.try_ask(&ann.principal, unlink()).expect("unlinked");
    room.try_ask(&ann.principal, unlink()).expect("nothing is left to do");
    assert_eq!(code(log_in(&mut room, "contoso", "ann")), Code::Unauthorized);
    room.try_ask(&owner.principal, link(&owner, "ann")).expect("it is free");
    assert_eq!(log_in(&mut room, "contoso", "ann").expect("the owner").id(), owner.id());
    let (ann, owner) = (Some(ann.id().to_string()), Some(owner.id().to_string()));
    let kinds =
        [("identity.linked", &ann), ("identity.unlinked", &ann), ("identity.linked", &owner)];
    assert_eq!(noted(&room), kinds.map(|(kind, by)| (kind.to_owned(), by.clone())));
}

#[test]
fn linking_takes_the_password_and_names_that_could_be_microsofts() {
    let (mut room, owner) = Room::registered();
    let named = |current: &str, tenant: &str, user: &str| {
        RoomCommand::LinkIdentity(LinkIdentity {
            current_hash: phc(current),
            tenant_id: tenant.into(),
            user_id: user.into(),
        })
    };
    let who = owner.principal.clone();
    assert_eq!(code(room.try_ask(&who, named("wrong", "contoso", "olga"))), Code::Conflict);
    let long = "x".repeat(65);
    for (tenant, user) in [("", "olga"), ("contoso", " "), (&*long, "olga"), ("contoso", &*long)] {
        let refused = room.try_ask(&who, named("owner@example.com", tenant, user));
        assert_eq!(code(refused), Code::InvalidInput, "{tenant} {user}");
    }
    assert_eq!(room.number("select count(*) from identities"), 0);
    assert!(noted(&room).is_empty());
}

#[test]
fn who_is_switched_off_comes_back_without_the_link() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    room.try_ask(&ann.principal, link(&ann, "ann")).expect("linked");
    room.try_ask(&owner.principal, set_active(ann.id(), false)).expect("switched off");
    room.try_ask(&owner.principal, set_active(ann.id(), true)).expect("taken back");
    assert_eq!(code(log_in(&mut room, "contoso", "ann")), Code::Unauthorized);
    let by_owner = ("identity.unlinked".to_owned(), Some(owner.id().to_string()));
    assert_eq!(noted(&room).last(), Some(&by_owner));
    let back = room.log_in(&ann.opened.agent.email, "back").expect("the password is still good");
    room.try_ask(&back.principal, link(&back, "ann")).expect("linked again");
}

#[test]
fn what_ends_sessions_ends_those_that_an_account_has_opened() {
    let (mut room, owner) = Room::registered();
    room.try_ask(&owner.principal, link(&owner, "olga")).expect("linked");
    let by_identity = log_in(&mut room, "contoso", "olga").expect("logged in");
    let change = RoomCommand::ChangePassword(ChangePassword {
        current_hash: phc("owner@example.com"),
        new_hash: phc("new"),
    });
    room.try_ask(&owner.principal, change).expect("changed");
    assert_eq!(code(room.may(&by_identity.principal, Permission::Read)), Code::Unauthorized);
    let by_identity = log_in(&mut room, "contoso", "olga").expect("with the epoch of now");
    room.may(&by_identity.principal, Permission::Own).expect("may");
    let everywhere = RoomCommand::LogoutEverywhere(LogoutEverywhere {});
    room.try_ask(&by_identity.principal, everywhere).expect("logged out");
    assert_eq!(code(room.may(&by_identity.principal, Permission::Read)), Code::Unauthorized);

    let oldest = log_in(&mut room, "contoso", "olga").expect("logged in");
    for _ in 0..SESSIONS_PER_AGENT_MAX {
        room.now += 1;
        log_in(&mut room, "contoso", "olga").expect("logged in");
    }
    assert_eq!(room.number("select count(*) from sessions"), SESSIONS_PER_AGENT_MAX as i64);
    assert!(room.take_expelled().contains(&Expelled::Session(oldest.opened.session.id)));
}

#[test]
fn a_refresh_token_of_another_session_opens_none_by_an_account() {
    let (mut room, owner) = Room::registered();
    room.try_ask(&owner.principal, link(&owner, "olga")).expect("linked");
    let visitor = room.visitor();
    let again = room.try_ask(&visitor, login_by("contoso", "olga", "owner-refresh"));
    assert_eq!(code(again), Code::Conflict);
    let RoomCommand::LoginByIdentity(mut token) = login_by("contoso", "olga", "x") else {
        panic!("a log-in")
    };
    token.refresh_hash = "no hash".into();
    let plain = room.try_ask(&visitor, RoomCommand::LoginByIdentity(token));
    assert_eq!(code(plain), Code::InvalidInput);
    assert_eq!(room.number("select count(*) from sessions"), 1);
    assert_ne!(hash("x"), "no hash");
}
