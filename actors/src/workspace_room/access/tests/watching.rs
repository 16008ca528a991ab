//! What each connection gets of what happens: by role, by views, in order, without a gap.

use super::world::{Person, Room, set_active, set_role};
use crate::kernel::Turn;
use crate::kernel::presence::Parcel;
use crate::kernel::sockets::{
    Heard, Incoming, POLLS_PER_AGENT_MAX, SIGNS_PER_SECOND_MAX, UNREAD_BYTES_MAX, VIEWING_MS,
};
use schema::frame::{Codec, Connect, Poll, Seat};
use schema::ids::ConnectionId;
use schema::room::RoomCommand;
use schema::view::View;
use schema::{Code, Role};
use serde_json::{Value, json};

mod views;

pub fn read(frame: &[u8]) -> Value {
    serde_json::from_slice(frame).expect("a frame is JSON")
}

pub fn do_as(room: &mut Room, who: &Person, command: Value) -> Value {
    let command: RoomCommand = serde_json::from_value(command).expect("a command");
    room.try_ask(&who.principal, command).expect("done")
}

pub fn say(room: &mut Room, seat: &Seat, frame: &Value) -> Heard {
    room.hear(seat, Incoming::Text(&frame.to_string()))
}

pub fn sit(room: &mut Room, who: &Person, since: Option<i64>, views: &Value) -> (Seat, Vec<Value>) {
    let views: Vec<View> = serde_json::from_value(views.clone()).expect("views");
    let principal = Some(who.principal.clone());
    let joined = room.connect(&Connect { principal, since, views, ..room.door() }).expect("let in");
    (joined.seat, joined.frames.iter().map(|frame| read(frame)).collect())
}

/// Ends the turn; gives what each of some connections gets.
pub fn post(room: &mut Room, seats: &[&Seat]) -> Vec<Vec<Value>> {
    let turn = std::mem::take(&mut room.turn);
    let (parcels, late) = room.engine.presence.address(&turn);
    assert_eq!(late, []);
    seats.iter().map(|seat| of(&parcels, seat)).collect()
}

pub fn of(parcels: &[Parcel], seat: &Seat) -> Vec<Value> {
    let mine = |parcel: &&Parcel| {
        parcel.codec == seat.codec
            && parcel.to.as_ref().is_none_or(|to| to.contains(&seat.connection))
    };
    parcels.iter().filter(mine).flat_map(|parcel| parcel.frames.iter().map(|f| read(f))).collect()
}

/// Events as their types, advances as their first and last number.
pub fn brief(frames: &[Value]) -> Vec<String> {
    let items = frames.iter().filter(|frame| frame["type"] == "events");
    let items = items.flat_map(|frame| frame["events"].as_array().expect("a list"));
    let brief = items.map(|item| match item["type"].as_str().expect("a type") {
        "advance" => {
            assert_eq!(item.as_object().map(serde_json::Map::len), Some(3), "{item}");
            format!("{}-{}", item["from"], item["seq"])
        }
        kind => format!("{} {kind}", item["seq"]),
    });
    brief.collect()
}

#[test]
fn a_viewer_learns_of_invitations_only_that_something_happened() {
    let (mut room, owner) = Room::registered();
    let vera = room.join(&owner, Role::Viewer);
    let adam = room.join(&owner, Role::Agent);
    let head = room.number("select max(seq) from events");
    let (of_vera, replayed) = sit(&mut room, &vera, Some(0), &json!([]));
    // workspace.created, agent.joined; then twice: invitation.created, .accepted, agent.joined.
    assert_eq!(
        brief(&replayed),
        ["1 workspace.created", "2 agent.joined", "3-4", "5 agent.joined", "6-7", "8 agent.joined"]
    );
    assert!(!Value::from(replayed).to_string().contains("invitation"));
    let (of_adam, _) = sit(&mut room, &adam, Some(head), &json!([]));
    let (of_owner, all) = sit(&mut room, &owner, Some(0), &json!([]));
    assert_eq!(brief(&all).len() as i64, head);
    post(&mut room, &[]);

    do_as(
        &mut room,
        &owner,
        json!({ "invite": { "email": "new@x.example", "role": "viewer",
            "tokenHash": "0".repeat(64) } }),
    );
    do_as(&mut room, &owner, json!({ "createTicket": { "subject": "Hello" } }));
    let got = post(&mut room, &[&of_vera, &of_adam, &of_owner]);
    let hidden = [format!("{0}-{0}", head + 1), format!("{} ticket.created", head + 2)];
    assert_eq!((brief(&got[0]), brief(&got[1])), (hidden.to_vec(), hidden.to_vec()));
    assert!(!Value::from(got[0].clone()).to_string().contains("new@x.example"));
    assert_eq!(brief(&got[2])[0], format!("{} invitation.created", head + 1));
    // Who is made an admin sees the next one; who is one no longer does not.
    room.try_ask(&owner.principal, set_role(adam.id(), Role::Admin)).expect("promoted");
    assert_eq!(room.turn.seats.len(), 1, "the attachment is written anew");
    let turn = &room.turn;
    assert_eq!(turn.seats[&of_adam.connection].principal.caller, {
        let mut caller = of_adam.principal.caller.clone();
        if let schema::Caller::Agent { role, .. } = &mut caller {
            *role = Role::Admin;
        }
        caller
    });
    let invite = |n: u8| {
        json!({ "invite": { "email": format!("n{n}@x.example"), "role": "viewer",
        "tokenHash": n.to_string().repeat(64) } })
    };
    do_as(&mut room, &owner, invite(1));
    room.try_ask(&owner.principal, set_role(adam.id(), Role::Viewer)).expect("demoted");
    do_as(&mut room, &owner, invite(2));
    let got = post(&mut room, &[&of_adam]);
    let n = head + 3;
    let expected = [
        format!("{n} agent.changed"),
        format!("{} invitation.created", n + 1),
        format!("{} agent.changed", n + 2),
        format!("{0}-{0}", n + 3),
    ];
    assert_eq!(brief(&got[0]), expected, "all within one turn");
}

#[test]
fn activities_of_a_ticket_show_what_the_caller_may_see() {
    let (mut room, owner) = Room::registered();
    let vera = room.join(&owner, Role::Viewer);
    let ticket = do_as(&mut room, &owner, json!({ "createTicket": { "subject": "Hello" } }));
    let id: schema::ids::TicketId =
        ticket["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    room.look(|ctx| ctx.event("automation.fired", Some(id), &json!({ "automation": "Tag" })));
    let list = json!({ "listActivities": { "ticketId": id } });
    let kinds = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().expect("items").iter();
        items.map(|item| item["type"].as_str().expect("a type").to_owned()).collect()
    };
    let seen = do_as(&mut room, &owner, list.clone());
    assert_eq!(kinds(&seen), ["automation.fired", "ticket.created"]);
    let seen = do_as(&mut room, &vera, list);
    assert_eq!(kinds(&seen), ["ticket.created"]);
}

#[test]
fn who_looks_at_a_ticket_is_told_with_an_end_and_to_newcomers() {
    let (mut room, owner) = Room::registered();
    let vera = room.join(&owner, Role::Viewer);
    let (seat, _) = sit(&mut room, &vera, None, &json!([]));
    let (second, _) = sit(&mut room, &vera, None, &json!([]));
    let ticket = |n: u32| format!("00000000-0000-7000-8000-00000000000{n}");
    let only_two = json!([{ "ticketIds": [ticket(2)] }]);
    let (of_owner, _) = sit(&mut room, &owner, None, &json!([]));
    let (of_two, _) = sit(&mut room, &owner, None, &only_two);
    post(&mut room, &[]);
    let before = super::canary::dump(&room, |_, _| true);
    let look = |n: u32, viewing: bool| {
        let ticket = ticket(n);
        json!({ "type": "viewing", "ticketId": ticket, "viewing": viewing })
    };
    let told = |n: u32, until: Option<i64>| {
        let mut frame = json!({ "type": "viewing", "agentId": vera.id(), "ticketId": ticket(n),
            "viewing": until.is_some() });
        if let Some(until) = until {
            frame["until"] = until.into();
        }
        frame
    };
    say(&mut room, &seat, &look(1, true));
    let until = room.now + VIEWING_MS;
    let got = post(&mut room, &[&of_owner, &of_two]);
    assert_eq!(got, [vec![told(1, Some(until))], vec![]], "a view of another ticket is left alone");
    let (_, hello) = sit(&mut room, &owner, None, &json!([]));
    assert_eq!(
        hello[0]["viewing"],
        json!([{ "agentId": vera.id(), "ticketId": ticket(1), "until": until }])
    );
    post(&mut room, &[]);
    // Said again too soon it is no news; near its end it is; the other tab is the same agent.
    say(&mut room, &seat, &look(1, true));
    assert_eq!(post(&mut room, &[&of_owner]), [Vec::<Value>::new()]);
    room.now += VIEWING_MS - 1_000;
    say(&mut room, &seat, &look(1, true));
    say(&mut room, &second, &look(1, true));
    let until = room.now + VIEWING_MS;
    assert_eq!(post(&mut room, &[&of_owner])[0].last(), Some(&told(1, Some(until))));
    say(&mut room, &seat, &look(2, true));
    assert_eq!(post(&mut room, &[&of_owner]), [vec![told(2, Some(until))]], "one is left");
    say(&mut room, &second, &look(1, false));
    assert_eq!(post(&mut room, &[&of_owner]), [vec![told(1, None)]]);
    room.restart();
    let mut turn = Turn::default();
    let kept = Seat {
        viewing: Some(schema::frame::Viewing {
            ticket_id: ticket(2).parse().expect("an id"),
            until,
        }),
        ..seat.clone()
    };
    for seat in [&kept, &second, &of_owner] {
        room.engine.presence.add(seat);
    }
    room.engine.leave(&kept, &mut turn);
    let casts: Vec<Value> = turn.casts.iter().map(|cast| read(&cast.json)).collect();
    assert_eq!(casts, [told(2, None)], "it ends with the connection");
    room.now = until;
    assert!(room.engine.presence.viewers(room.now).is_empty());
    assert_eq!(super::canary::dump(&room, |_, _| true), before, "none of it is in the log");
}

#[test]
fn signs_of_life_are_passed_over_when_there_are_too_many() {
    let (mut room, owner) = Room::registered();
    let (seat, _) = sit(&mut room, &owner, None, &json!([]));
    post(&mut room, &[]);
    let typing = json!({ "type": "typing", "ticketId": "00000000-0000-7000-8000-000000000001",
        "typing": true });
    for _ in 0..50 {
        assert_eq!(say(&mut room, &seat, &typing).close, None);
    }
    assert_eq!(room.turn.casts.len() as u32, SIGNS_PER_SECOND_MAX);
    room.now += 1_000;
    say(&mut room, &seat, &typing);
    assert_eq!(room.turn.casts.len() as u32, SIGNS_PER_SECOND_MAX + 1);
}

#[test]
fn who_does_not_read_is_dropped_and_the_others_go_on() {
    let (mut room, owner) = Room::registered();
    let (reads, _) = sit(&mut room, &owner, None, &json!([]));
    let (idle, _) = sit(&mut room, &owner, None, &json!([]));
    let (elsewhere, _) = sit(&mut room, &owner, None, &json!([{ "types": ["user.*"] }]));
    post(&mut room, &[]);
    let ticket = do_as(&mut room, &owner, json!({ "createTicket": { "subject": "Long" } }));
    let body = "x".repeat(60_000);
    let comment = json!({ "postComment": { "ticketId": ticket["id"], "body": body } });
    let (mut late, mut rounds) = (Vec::<ConnectionId>::new(), 0);
    while late.is_empty() {
        rounds += 1;
        assert!(rounds < 100, "it is dropped");
        do_as(&mut room, &owner, comment.clone());
        let turn = std::mem::take(&mut room.turn);
        let (parcels, dropped) = room.engine.presence.address(&turn);
        late = dropped;
        assert_eq!(brief(&of(&parcels, &elsewhere)).len(), turn.events.len().min(1));
        let seq = turn.first + turn.events.len() as i64 - 1;
        assert!(!of(&parcels, &reads).is_empty(), "who reads gets all");
        assert_eq!(of(&parcels, &idle).is_empty(), !late.is_empty());
        say(&mut room, &reads, &json!({ "type": "seen", "seq": seq }));
    }
    assert_eq!(late, [idle.connection]);
    assert!(rounds > UNREAD_BYTES_MAX / 62_000 && rounds <= UNREAD_BYTES_MAX / 60_000 + 1);
    // A number from before says nothing of what came after.
    room.engine.leave(&idle, &mut Turn::default());
    assert_eq!(room.engine.presence.len(), 2);
}

#[test]
fn who_asks_and_does_not_read_the_answers_is_dropped_though_nothing_happens() {
    let (mut room, owner) = Room::registered();
    let ticket = do_as(&mut room, &owner, json!({ "createTicket": { "subject": "Long" } }));
    let body = "x".repeat(60_000);
    do_as(&mut room, &owner, json!({ "postComment": { "ticketId": ticket["id"], "body": body } }));
    let list = json!({ "listComments": { "ticketId": ticket["id"] } });
    let [(reads, _), (idle, _)] = [(); 2].map(|()| sit(&mut room, &owner, None, &json!([])));
    post(&mut room, &[]);
    let mut asked = 0;
    let late = loop {
        asked += 1;
        assert!(asked < 100, "it is dropped");
        let ask = json!({ "type": "command", "id": format!("c{asked}"), "command": list });
        say(&mut room, &reads, &ask);
        say(&mut room, &reads, &json!({ "type": "seen", "seq": 99 }));
        say(&mut room, &idle, &ask);
        let turn = std::mem::take(&mut room.turn);
        assert!(turn.events.is_empty());
        let (parcels, late) = room.engine.presence.address(&turn);
        assert_eq!(parcels, []);
        if !late.is_empty() {
            break late;
        }
    };
    assert_eq!(late, [idle.connection]);
    assert!(asked > UNREAD_BYTES_MAX / 62_000 && asked <= UNREAD_BYTES_MAX / 60_000 + 1);
}

#[test]
fn a_poll_is_answered_at_once_or_waits_in_a_seat_of_its_own() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Viewer);
    let head = room.number("select max(seq) from events");
    let poll = |room: &mut Room, who: &Person, since: i64, limit: i64, wait: bool| {
        let connect = Connect {
            principal: Some(who.principal.clone()),
            since: Some(since),
            poll: Some(Poll { limit, wait }),
            ..room.door()
        };
        room.connect(&connect)
    };
    let frames = |frames: &[Vec<u8>]| frames.iter().map(|frame| read(frame)).collect::<Vec<_>>();
    let some = poll(&mut room, &ann, 0, 2, true).expect("answered");
    assert!(!some.stays);
    assert_eq!(brief(&frames(&some.frames)), ["1 workspace.created", "2 agent.joined"]);
    let rest = poll(&mut room, &ann, 2, 100, true).expect("answered");
    assert_eq!(brief(&frames(&rest.frames)), ["3-4", "5 agent.joined"]);
    let none = poll(&mut room, &ann, head, 100, false).expect("answered");
    assert!(!none.stays && brief(&frames(&none.frames)).is_empty());
    assert!(!poll(&mut room, &ann, head + 1, 100, true).expect("a reset").stays);
    assert!(room.engine.presence.is_empty() && room.turn.casts.is_empty());

    let waits = poll(&mut room, &ann, head, 100, true).expect("waits");
    assert!(waits.stays && waits.seat.waits);
    assert!(room.engine.presence.online().is_empty() && room.turn.casts.is_empty());
    for _ in 1..POLLS_PER_AGENT_MAX {
        poll(&mut room, &ann, head, 100, true).expect("waits");
    }
    let refused = poll(&mut room, &ann, head, 100, true).expect_err("too many");
    assert_eq!(refused.code, Code::RateLimited);
    poll(&mut room, &owner, head, 100, true).expect("others are not concerned");
    do_as(&mut room, &owner, json!({ "createTicket": { "subject": "News" } }));
    let got = post(&mut room, &[&waits.seat]);
    assert_eq!(brief(&got[0]), [format!("{} ticket.created", head + 1)]);
    room.try_ask(&owner.principal, set_active(ann.id(), false)).expect("removed");
    let expelled = [crate::kernel::context::Expelled::Agent(ann.id())];
    assert_eq!(room.take_expelled(), expelled, "and with them who waits");
}

#[test]
fn all_of_a_kind_are_addressed_as_one() {
    let (mut room, owner) = Room::registered();
    let (seat, _) = sit(&mut room, &owner, None, &json!([]));
    for _ in 0..9 {
        sit(&mut room, &owner, None, &json!([]));
    }
    let packed = Seat { connection: ConnectionId(uuid::Uuid::nil()), ..seat.clone() };
    room.engine.presence.add(&Seat { codec: Codec::Msgpack, ..packed });
    post(&mut room, &[]);
    do_as(&mut room, &owner, json!({ "createTicket": { "subject": "Hello" } }));
    let turn = std::mem::take(&mut room.turn);
    let (parcels, _) = room.engine.presence.address(&turn);
    let to: Vec<_> = parcels.iter().map(|parcel| (parcel.codec, parcel.to.is_none())).collect();
    assert_eq!(to, [(Codec::Json, true), (Codec::Msgpack, true)]);
    assert_eq!(room.engine.presence.address(&Turn::default()), (Vec::new(), Vec::new()));
}
