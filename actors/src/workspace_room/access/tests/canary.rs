//! No secret leaves the room: planted texts are looked for wherever something could show.

use super::world::{
    Person, Room, accept, invite, link, login, login_by, phc, register, set_active, set_role,
    ticket,
};
use rusqlite::types::ValueRef;
use schema::Role;
use schema::room::RoomCommand;
use schema::room::access::{
    ChangePassword, Invitation, ListAgents, ListInvitations, Login, Me, Opened, RevokeInvitation,
    UnlinkIdentity,
};

/// The columns that hold hashes.
const SECRET: [(&str, &str); 5] = [
    ("api_keys", "hash"),
    ("agents", "password_hash"),
    ("refresh_tokens", "hash"),
    ("realtime_tickets", "hash"),
    ("invitations", "token_hash"),
];

/// All that is stored, one line a value, of the columns that are asked for.
pub fn dump(room: &Room, wanted: impl Fn(&str, &str) -> bool) -> String {
    let connection = room.home.connection();
    // A virtual table is looked at through the tables that hold it.
    let list = "select name from sqlite_schema where type = 'table' and rootpage > 0 order by name";
    let mut tables = connection.prepare(list).expect("the schema");
    let tables = tables.query_map([], |row| row.get(0)).expect("the schema");
    let tables: Vec<String> = tables.collect::<Result<_, _>>().expect("names");
    let mut lines = String::new();
    for table in tables {
        let mut rows = connection.prepare(&format!("select * from {table}")).expect("a table");
        let names: Vec<String> = rows.column_names().into_iter().map(str::to_owned).collect();
        let mut rows = rows.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            for (column, name) in names.iter().enumerate() {
                if wanted(&table, name) {
                    let value = match row.get_ref(column).expect("a value") {
                        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                            String::from_utf8_lossy(bytes).into_owned()
                        }
                        other => format!("{other:?}"),
                    };
                    lines += &format!("{table}.{name}: {value}\n");
                }
            }
        }
    }
    lines
}

/// Uses everything that takes a secret, twice with a key so that the stored answers are looked at.
pub fn live(room: &mut Room) {
    let opened = room.ask(&room.visitor(), register()).expect("registered");
    let owner = Person::of(opened);
    let visitor = room.visitor();
    let who = owner.principal.clone();
    let ann = room.join(&owner, Role::Agent);
    room.try_ask_with_key(&who, Some("k4"), link(&owner, "olga")).expect("linked");
    room.try_ask_with_key(&ann.principal, Some("k5"), link(&ann, "ann")).expect("linked");
    let by_identity = login_by("contoso", "olga", "by-identity");
    room.try_ask_with_key(&visitor, Some("k6"), by_identity).expect("logged in");
    room.try_ask(&who, RoomCommand::UnlinkIdentity(UnlinkIdentity {})).expect("unlinked");
    room.try_ask_with_key(
        &visitor,
        Some("k1"),
        login(ann.id(), &phc(&ann.opened.agent.email), "x"),
    )
    .expect("logged in");
    let rehashed = RoomCommand::Login(Login {
        agent_id: ann.id(),
        password_hash: phc(&ann.opened.agent.email),
        refresh_hash: super::world::hash("y"),
        rehash: Some(phc("rehashed")),
    });
    room.try_ask(&visitor, rehashed).expect("logged in");
    room.log_in("owner@example.com", "z").expect("logged in");
    room.refresh("z", "z2").expect("refreshed");
    assert!(room.refresh("z", "z3").is_none());
    let open: Invitation =
        room.ask(&who, invite("open@b.com", Role::Agent, "open")).expect("invited");
    room.try_ask_with_key(&who, Some("k2"), invite("two@b.com", Role::Agent, "two"))
        .expect("invited");
    room.try_ask(&visitor, accept("two", "two@b.com", "two-refresh")).expect("accepted");
    let revoke = RoomCommand::RevokeInvitation(RevokeInvitation { invitation_id: open.id });
    room.try_ask(&who, revoke).expect("revoked");
    room.try_ask_with_key(&who, Some("k3"), ticket("t1")).expect("a ticket");
    room.sit_by_ticket("t1").expect("let in");
    room.try_ask(&who, ticket("t2")).expect("a ticket");
    room.try_ask(&who, set_role(ann.id(), Role::Viewer)).expect("changed");
    room.try_ask(&who, set_active(ann.id(), false)).expect("changed");
    let change = RoomCommand::ChangePassword(ChangePassword {
        current_hash: phc("owner@example.com"),
        new_hash: phc("new"),
    });
    let opened: Opened = room.ask(&who, change).expect("changed");
    let who = Person::of(opened).principal;
    for command in [
        RoomCommand::ListAgents(ListAgents {}),
        RoomCommand::ListInvitations(ListInvitations {}),
        RoomCommand::Me(Me {}),
    ] {
        room.try_ask(&who, command).expect("answered");
    }
}

#[test]
fn no_reply_event_frame_or_row_beside_the_four_columns_holds_a_hash() {
    let mut room = Room::empty();
    live(&mut room);
    let is_secret = |table: &str, column: &str| SECRET.contains(&(table, column));
    let planted: Vec<String> = dump(&room, is_secret)
        .lines()
        .map(|line| line.split_once(": ").expect("a value").1.to_owned())
        .chain([phc("new"), phc("rehashed"), phc("owner@example.com"), super::world::hash("z")])
        .collect();
    assert!(planted.len() > 10, "{planted:?}");

    let mut shown = dump(&room, |table, column| !is_secret(table, column));
    assert!(shown.contains("idempotency.reply") && shown.contains("events.json"));
    shown += &serde_json::to_string(&room.replies).expect("JSON");
    for event in &room.turn.events {
        shown += event.get();
    }
    for cast in &room.turn.casts {
        shown += &String::from_utf8_lossy(&cast.json);
    }
    for (entry, effect) in room.begin() {
        shown += &format!("{entry:?} {effect:?}");
    }
    let owner = room.log_in("owner@example.com", "late");
    assert!(owner.is_err(), "the password was changed");
    for secret in planted.iter().map(|secret| secret.rsplit('$').next().unwrap_or(secret)) {
        assert!(!shown.contains(secret), "{secret} shows");
    }
    assert!(!shown.contains("$argon2id$"));
}
