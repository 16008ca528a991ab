//! The room's connections, over the real room: joining, replay, frames in, leaving.

use super::world::{DAY, Person, Room, change, set_active, set_role};
use crate::kernel::allowance::Allowance;
use crate::kernel::sockets::{
    CONNECTIONS_PER_AGENT_MAX, FRAMES_PER_SECOND_MAX, Heard, Incoming, Joined, REPLAY_BYTES_MAX,
    REPLAY_MAX, TYPING_MS, encode,
};
use schema::frame::{Codec, Connect, FRAME_BYTES_MAX, Seat};
use schema::room::RoomCommand;
use schema::room::access::{ChangeAgent, Logout};
use schema::{Code, Permission, Role};
use serde_json::{Value, json};

fn frames(joined: &Joined) -> Vec<Value> {
    joined.frames.iter().map(|frame| read(frame)).collect()
}

fn read(frame: &[u8]) -> Value {
    serde_json::from_slice(frame).expect("a frame is JSON")
}

fn said(heard: &Heard) -> Value {
    read(heard.frame.as_ref().expect("an answer"))
}

/// The numbers of the events in frames, in order.
fn seqs(frames: &[Value]) -> Vec<i64> {
    let events = frames.iter().filter(|frame| frame["type"] == "events");
    let events = events.flat_map(|frame| frame["events"].as_array().expect("a list"));
    events.map(|event| event["seq"].as_i64().expect("a number")).collect()
}

fn say(room: &mut Room, seat: &Seat, frame: &Value) -> Heard {
    room.hear(seat, Incoming::Text(&frame.to_string()))
}

fn rename(person: &Person, id: &str, name: &str) -> Value {
    let name = Some(name.to_owned());
    let command = RoomCommand::ChangeAgent(ChangeAgent { name, ..change(person.id()) });
    let mut frame = json!({ "type": "command", "id": id, "command": command });
    // As a client writes it: only the fields that it means.
    let fields = frame["command"]["changeAgent"].as_object_mut().expect("an object");
    fields.retain(|_, value| !value.is_null());
    frame
}

/// Makes the room's log `count` events long.
fn lengthen(room: &mut Room, owner: &Person, count: i64) {
    for n in room.number("select max(seq) from events")..count {
        let name = Some(format!("Olga {n}"));
        let command = RoomCommand::ChangeAgent(ChangeAgent { name, ..change(owner.id()) });
        room.try_ask(&owner.principal, command).expect("changed");
    }
    assert_eq!(room.number("select max(seq) from events"), count);
}

#[test]
fn a_client_without_since_is_greeted_and_starts_at_the_head() {
    let (mut room, owner) = Room::registered();
    let joined = room.sit(&owner, None).expect("let in");
    let [hello, done] = &frames(&joined)[..] else { panic!("{:?}", frames(&joined)) };
    assert_eq!(hello["type"], "hello");
    assert_eq!(hello["workspaceId"], room.workspace.to_string());
    assert_eq!(hello["connectionId"], joined.seat.connection.to_string());
    assert_eq!((&hello["head"], &hello["oldest"]), (&json!(2), &json!(1)));
    assert_eq!(hello["agent"], serde_json::to_value(&owner.opened.agent).expect("JSON"));
    assert_eq!(hello["online"], json!([owner.id()]));
    assert_eq!(*done, json!({ "type": "replay_done", "head": 2 }));
}

#[test]
fn a_client_gets_exactly_what_it_missed() {
    let (mut room, owner) = Room::registered();
    lengthen(&mut room, &owner, 450);
    for since in [0, 1, 199, 200, 201, 400, 449, 450] {
        let joined = room.sit(&owner, Some(since)).expect("let in");
        let frames = frames(&joined);
        assert_eq!(seqs(&frames), (since + 1..=450).collect::<Vec<_>>(), "since {since}");
        assert_eq!(frames.last(), Some(&json!({ "type": "replay_done", "head": 450 })));
        room.engine.leave(&joined.seat, &mut crate::kernel::Turn::default());
    }
}

#[test]
fn replay_and_live_frames_together_have_no_gap_over_any_number_of_reconnects() {
    let (mut room, owner) = Room::registered();
    let mut seen: Vec<i64> = Vec::new();
    for round in 0..30 {
        let quiet = room.entropy.below(4) as i64;
        let head = room.number("select max(seq) from events");
        lengthen(&mut room, &owner, head + quiet);
        let joined = room.sit(&owner, Some(seen.last().copied().unwrap_or(0))).expect("let in");
        seen.extend(seqs(&frames(&joined)));
        room.turn.events.clear();
        for n in 0..room.entropy.below(4) {
            let frame = rename(&owner, &format!("c{round}.{n}"), &format!("R{round}.{n}"));
            assert_eq!(said(&say(&mut room, &joined.seat, &frame))["success"], true);
        }
        let live = std::mem::take(&mut room.turn.events);
        seen.extend(
            live.iter()
                .map(|event| read(event.get().as_bytes())["seq"].as_i64().expect("a number")),
        );
        room.engine.leave(&joined.seat, &mut crate::kernel::Turn::default());
    }
    let head = room.number("select max(seq) from events");
    assert!(head > 50);
    assert_eq!(seen, (1..=head).collect::<Vec<_>>());
}

#[test]
fn a_since_that_cannot_be_served_gets_a_reset() {
    let (mut room, owner) = Room::registered();
    let ahead = room.sit(&owner, Some(3)).expect("let in");
    let reset = json!({ "type": "reset", "head": 2, "oldest": 1 });
    assert_eq!(frames(&ahead)[1..], [reset]);
    lengthen(&mut room, &owner, REPLAY_MAX + 1);
    let behind = room.sit(&owner, Some(0)).expect("let in");
    let reset = json!({ "type": "reset", "head": REPLAY_MAX + 1, "oldest": 2 });
    assert_eq!(frames(&behind)[1..], [reset]);
    let oldest = room.sit(&owner, Some(1)).expect("let in");
    assert_eq!(seqs(&frames(&oldest)).len() as i64, REPLAY_MAX);
}

#[test]
fn a_replay_that_is_too_long_for_memory_gets_a_reset() {
    let (mut room, owner) = Room::registered();
    let ticket: RoomCommand =
        serde_json::from_value(json!({ "createTicket": { "subject": "Long" } })).expect("command");
    let ticket = room.try_ask(&owner.principal, ticket).expect("made");
    let body = "x".repeat(60_000);
    let count = REPLAY_BYTES_MAX / body.len() + 1;
    for _ in 0..count {
        let comment = json!({ "postComment": { "ticketId": ticket["id"], "body": body } });
        let comment: RoomCommand = serde_json::from_value(comment).expect("command");
        room.try_ask(&owner.principal, comment).expect("posted");
    }
    let head = room.number("select max(seq) from events");
    let joined = room.sit(&owner, Some(0)).expect("let in");
    assert_eq!(frames(&joined)[1..], [json!({ "type": "reset", "head": head, "oldest": 1 })]);
    let joined = room.sit(&owner, Some(head - 200)).expect("let in");
    assert_eq!(seqs(&frames(&joined)).len(), 200);
}

#[test]
fn a_fault_of_storage_is_told_without_its_cause() {
    let (mut room, owner) = Room::registered();
    let seat = room.sit(&owner, None).expect("let in").seat;
    room.number("select max(seq) from events");
    let broken = "alter table sessions rename to lost";
    room.home.connection().execute_batch(broken).expect("renamed");
    let ticket = "00000000-0000-7000-8000-000000000001";
    let heard =
        say(&mut room, &seat, &json!({ "type": "typing", "ticketId": ticket, "typing": true }));
    assert_eq!(said(&heard)["error"]["message"], "internal error");
    let close = heard.close.expect("closed");
    assert_eq!((close.code, close.message.as_str()), (Code::Internal, "internal error"));
}

#[test]
fn a_negative_since_is_refused() {
    let (mut room, owner) = Room::registered();
    for since in [-1, i64::MIN] {
        let refused = room.sit(&owner, Some(since)).expect_err("refused");
        assert_eq!(refused.code, Code::BadRequest);
    }
    assert!(room.engine.presence.online().is_empty());
}

#[test]
fn ping_is_answered_and_changes_nothing() {
    let (mut room, owner) = Room::registered();
    let seat = room.sit(&owner, None).expect("let in").seat;
    let heard = say(&mut room, &seat, &json!({ "type": "ping" }));
    assert_eq!(said(&heard), json!({ "type": "pong", "now": room.now }));
    assert_eq!(heard.close, None);
}

#[test]
fn typing_is_told_to_all_by_who_may_work() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    let seat = room.sit(&ann, None).expect("let in").seat;
    room.turn.casts.clear();
    let id = "00000000-0000-7000-8000-000000000001";
    let typing = json!({ "type": "typing", "ticketId": id, "typing": true });
    let heard = say(&mut room, &seat, &typing);
    assert_eq!((heard.frame, heard.close), (None, None));
    let cast = read(&room.turn.casts[0].json);
    let told = json!({
        "type": "typing", "agentId": ann.id(), "ticketId": id, "typing": true,
        "until": room.now + TYPING_MS,
    });
    assert_eq!(cast, told);

    room.try_ask(&owner.principal, set_role(ann.id(), Role::Viewer)).expect("demoted");
    room.turn.casts.clear();
    let heard = say(&mut room, &seat, &typing);
    assert_eq!(said(&heard)["error"]["code"], "forbidden");
    assert_eq!(heard.close, None, "a viewer goes on reading");
    assert!(room.turn.casts.is_empty());
    assert_eq!(say(&mut room, &seat, &json!({ "type": "ping" })).close, None);
}

#[test]
fn a_command_that_is_sent_again_applies_once() {
    let (mut room, owner) = Room::registered();
    let seat = room.sit(&owner, None).expect("let in").seat;
    let frame = rename(&owner, "c1", "Olga B.");
    let first = said(&say(&mut room, &seat, &frame));
    assert_eq!((&first["type"], &first["id"]), (&json!("ack"), &json!("c1")));
    assert_eq!(first["data"]["name"], "Olga B.");
    assert_eq!(room.number("select max(seq) from events"), 3);

    let other = rename(&owner, "c2", "Olga C.");
    assert_eq!(said(&say(&mut room, &seat, &other))["success"], true);
    // Over another connection, after the object has slept, with another change in between.
    room.restart();
    let seat = room.sit(&owner, Some(3)).expect("let in").seat;
    assert_eq!(said(&say(&mut room, &seat, &frame)), first);
    assert_eq!(room.number("select max(seq) from events"), 4);

    let clash = say(&mut room, &seat, &rename(&owner, "c1", "Olga D."));
    assert_eq!(said(&clash)["error"]["code"], "key_reused");
    assert_eq!(clash.close, None);
}

#[test]
fn a_refused_command_is_acknowledged_as_such_and_the_connection_stays() {
    let (mut room, owner) = Room::registered();
    let seat = room.sit(&owner, None).expect("let in").seat;
    let stay = json!({ "type": "command", "id": "c1", "command": {
        "changeAgent": { "agentId": owner.id(), "active": false },
    } });
    let heard = say(&mut room, &seat, &stay);
    assert_eq!(said(&heard)["success"], false);
    assert_eq!(said(&heard)["error"]["code"], "conflict");
    assert_eq!(heard.close, None);
}

#[test]
fn what_leads_to_a_session_is_not_answered_over_a_socket() {
    let (mut room, owner) = Room::registered();
    let seat = room.sit(&owner, None).expect("let in").seat;
    let begin = json!({ "type": "command", "id": "c1", "command": {
        "beginLogin": { "email": "owner@example.com" },
    } });
    let heard = say(&mut room, &seat, &begin);
    assert_eq!(said(&heard)["error"]["code"], "forbidden");
    assert!(!said(&heard).to_string().contains("argon2id"));
}

#[test]
fn a_session_that_ended_is_told_and_shown_out() {
    type End = fn(&mut Room, &Person, &Person);
    let ends: [End; 3] = [
        |room, _, ann| {
            room.try_ask(&ann.principal, RoomCommand::Logout(Logout {})).expect("logged out");
        },
        |room, owner, ann| {
            room.try_ask(&owner.principal, set_active(ann.id(), false)).expect("removed");
        },
        |room, _, _| room.now += 31 * DAY,
    ];
    for end in ends {
        let (mut room, owner) = Room::registered();
        let ann = room.join(&owner, Role::Agent);
        let seat = room.sit(&ann, None).expect("let in").seat;
        end(&mut room, &owner, &ann);
        let heard = say(&mut room, &seat, &rename(&ann, "c1", "Ann B."));
        assert_eq!(said(&heard)["error"]["code"], "unauthorized");
        assert_eq!(heard.close.map(|why| why.code.close_code()), Some(4401));
        let typing = json!({
            "type": "typing", "ticketId": "00000000-0000-7000-8000-000000000001", "typing": true,
        });
        let heard = say(&mut room, &seat, &typing);
        assert_eq!(heard.close.map(|why| why.code.close_code()), Some(4401));
    }
}

#[test]
fn malformed_frames_end_the_connection_and_change_nothing() {
    let (mut room, owner) = Room::registered();
    let seat = room.sit(&owner, None).expect("let in").seat;
    let packed =
        Connect { codec: Codec::Msgpack, principal: Some(owner.principal.clone()), ..room.door() };
    let msgpack = room.connect(&packed).expect("let in").seat;
    let deep = "[".repeat(100_000);
    let texts = [
        "",
        "null",
        "[]",
        "{",
        "\u{0}",
        "{\"type\":1}",
        "{\"type\":\"base\"}",
        "{\"type\":\"__proto__\"}",
        "{\"type\":\"ping\",\"type\":\"ping\"}",
        "{\"type\":\"ping\"} x",
        "{\"type\":\"ping\",\"x\":1}",
        "{\"type\":\"command\"}",
        "{\"type\":\"command\",\"id\":\"\",\"command\":{\"me\":{}}}",
        "{\"type\":\"command\",\"id\":\"c1\"}",
        "{\"type\":\"command\",\"command\":{\"me\":{}}}",
        "{\"type\":\"command\",\"id\":\"c1\",\"command\":{\"me\":{},\"logout\":{}}}",
        "{\"type\":\"typing\"}",
        "{\"type\":\"typing\",\"ticketId\":\"x\",\"typing\":true}",
        &deep,
    ];
    let before = super::canary::dump(&room, |_, _| true);
    for text in texts {
        room.now += 1_000;
        let heard = room.hear(&seat, Incoming::Text(text));
        let shown: String = text.chars().take(60).collect();
        assert_eq!(said(&heard)["type"], "error", "{shown}");
        assert_eq!(heard.close.map(|why| why.code), Some(Code::BadRequest), "{shown}");
    }
    let nested = vec![0x91; 100_000];
    let wrong: [(&Seat, Incoming<'_>); 6] = [
        (&seat, Incoming::Binary(b"{\"type\":\"ping\"}")),
        (&msgpack, Incoming::Text("{\"type\":\"ping\"}")),
        (&msgpack, Incoming::Binary(b"")),
        (&msgpack, Incoming::Binary(&[0xc1])),
        (&msgpack, Incoming::Binary(&[0xdf, 0xff, 0xff, 0xff, 0xff])),
        (&msgpack, Incoming::Binary(&nested)),
    ];
    for (seat, frame) in wrong {
        room.now += 1_000;
        let heard = room.hear(seat, frame);
        assert_eq!(heard.close.map(|why| why.code), Some(Code::BadRequest));
    }
    let long = " ".repeat(FRAME_BYTES_MAX + 1);
    let heard = room.hear(&seat, Incoming::Text(&long));
    assert_eq!(heard.close.map(|why| why.code), Some(Code::TooLarge));
    assert_eq!(super::canary::dump(&room, |_, _| true), before);
}

#[test]
fn a_command_with_a_wrong_field_is_refused_by_its_id_and_the_connection_goes_on() {
    let (mut room, owner) = Room::registered();
    let seat = room.sit(&owner, None).expect("let in").seat;
    let commands = [
        "{\"type\":\"command\",\"id\":\"c1\",\"command\":{\"nonsense\":{}}}",
        "{\"type\":\"command\",\"id\":\"c1\",\"command\":{\"me\":{\"x\":1}}}",
    ];
    let before = super::canary::dump(&room, |_, _| true);
    for text in commands {
        let heard = room.hear(&seat, Incoming::Text(text));
        assert_eq!(said(&heard)["id"], "c1", "{text}");
        assert_eq!(said(&heard)["error"]["code"], "invalid_input", "{text}");
        assert_eq!(heard.close, None, "{text}");
    }
    assert_eq!(super::canary::dump(&room, |_, _| true), before);
}

#[test]
fn a_client_of_messagepack_says_and_hears_the_same() {
    let (mut room, owner) = Room::registered();
    let connect = Connect {
        codec: Codec::Msgpack,
        principal: Some(owner.principal.clone()),
        since: Some(0),
        ..room.door()
    };
    let joined = room.connect(&connect).expect("let in");
    for frame in &joined.frames {
        let packed = encode(frame.clone(), Codec::Msgpack);
        let unpacked: Value = rmp_serde::from_slice(&packed).expect("MessagePack");
        assert_eq!(unpacked, read(frame));
    }
    let frame = rename(&owner, "c1", "Olga B.");
    let packed = rmp_serde::to_vec_named(&frame).expect("MessagePack");
    let heard = room.hear(&joined.seat, Incoming::Binary(&packed));
    assert_eq!(said(&heard)["data"]["name"], "Olga B.");
}

#[test]
fn presence_is_told_when_the_first_connection_opens_and_the_last_one_ends() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Viewer);
    let first = room.sit(&ann, None).expect("let in").seat;
    let second = room.sit(&ann, None).expect("let in").seat;
    let online = json!({ "type": "presence", "agentId": ann.id(), "online": true });
    let told: Vec<Value> = room.turn.casts.drain(..).map(|cast| read(&cast.json)).collect();
    assert_eq!(told, [online]);
    let joined = room.sit(&owner, None).expect("let in");
    assert_eq!(frames(&joined)[0]["online"].as_array().map(Vec::len), Some(2));

    let mut turn = crate::kernel::Turn::default();
    room.engine.leave(&first, &mut turn);
    assert!(turn.casts.is_empty(), "another is open");
    room.engine.leave(&second, &mut turn);
    room.engine.leave(&second, &mut turn);
    let offline = json!({ "type": "presence", "agentId": ann.id(), "online": false });
    assert_eq!(turn.casts.iter().map(|cast| read(&cast.json)).collect::<Vec<_>>(), [offline]);
    assert_eq!(room.engine.presence.online(), [owner.id()]);
}

#[test]
fn nobody_catches_up_so_much_that_others_cannot() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    let long = "x".repeat(60_000);
    for _ in 0..30 {
        let ticket = json!({ "createTicket": { "subject": "a", "body": long } });
        let ticket = serde_json::from_value(ticket).expect("a command");
        room.try_ask(&owner.principal, ticket).expect("made");
    }
    let mut let_in = 0;
    while room.sit(&ann, Some(1)).is_ok() {
        let_in += 1;
        assert!(let_in < CONNECTIONS_PER_AGENT_MAX, "there is an end to it");
    }
    assert!(let_in >= 1, "{let_in}");
    let refused = room.sit(&ann, Some(1)).expect_err("too many at once");
    assert_eq!(refused.code, Code::RateLimited);
    room.sit(&owner, Some(1)).expect("others are not concerned");
}

#[test]
fn an_agent_has_so_many_connections_and_each_says_so_much() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    let seat = room.sit(&ann, None).expect("let in").seat;
    for _ in 1..CONNECTIONS_PER_AGENT_MAX {
        room.sit(&ann, None).expect("let in");
    }
    assert_eq!(room.sit(&ann, None).expect_err("too many").code, Code::RateLimited);
    room.sit(&owner, None).expect("others are not concerned");
    room.engine.leave(&seat, &mut crate::kernel::Turn::default());
    let seat = room.sit(&ann, None).expect("there is room again").seat;

    let ping = json!({ "type": "ping" });
    for _ in 0..FRAMES_PER_SECOND_MAX {
        assert_eq!(say(&mut room, &seat, &ping).close, None);
    }
    let heard = say(&mut room, &seat, &ping);
    assert_eq!(heard.close.map(|why| why.code), Some(Code::RateLimited));
    room.now += 1_000;
    assert_eq!(say(&mut room, &seat, &ping).close, None);
}

#[test]
fn a_turn_takes_so_many_commands_and_refuses_the_others_undone() {
    let (mut room, owner) = Room::registered();
    let seat = room.sit(&owner, None).expect("let in").seat;
    room.engine.per_turn = Some(2);
    room.turn = crate::kernel::Turn::default();
    for n in 1..=2 {
        let heard = say(&mut room, &seat, &rename(&owner, &format!("c{n}"), &format!("Olga {n}")));
        assert_eq!(said(&heard)["success"], true);
    }
    let third = rename(&owner, "c3", "Olga 3");
    let refused = say(&mut room, &seat, &third);
    assert_eq!(refused.close, None, "the connection stays");
    let error = &said(&refused)["error"];
    assert_eq!(
        (&error["code"], &error["details"]["retryAfterMs"]),
        (&json!("unavailable"), &json!(1_000))
    );
    let name = Some("Olga 4".to_owned());
    let command = RoomCommand::ChangeAgent(ChangeAgent { name, ..change(owner.id()) });
    let reject = room.try_ask(&owner.principal, command).expect_err("by HTTP too");
    assert_eq!(reject.code, Code::Unavailable);
    let ping = say(&mut room, &seat, &json!({ "type": "ping" }));
    assert_eq!(said(&ping)["type"], "pong", "what is no command is heard");

    // Sent again in the next turn under the same id, it is done: the refusal was not its answer.
    room.turn = crate::kernel::Turn::default();
    assert_eq!(said(&say(&mut room, &seat, &third))["success"], true);
}

#[test]
fn who_asks_too_much_takes_no_place_of_others_in_a_turn() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    room.engine.allowance = Some(Allowance::written(None, Some("1/10")));
    room.engine.per_turn = Some(2);
    room.turn = crate::kernel::Turn::default();
    assert!(room.may(&owner.principal, Permission::Read).is_ok());
    for _ in 0..3 {
        let reject = room.may(&owner.principal, Permission::Read).expect_err("too much");
        assert_eq!(reject.code, Code::RateLimited);
    }
    assert!(room.may(&ann.principal, Permission::Read).is_ok(), "there is a place left");
    let visitor = room.visitor();
    let reject = room.may(&visitor, Permission::Read).expect_err("none is left");
    assert_eq!(reject.code, Code::Unavailable);
}
