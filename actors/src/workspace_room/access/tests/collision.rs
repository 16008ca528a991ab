//! Who is at a ticket, who alone may answer it, and what is for one agent alone.

use super::watching::{brief, do_as, of, post, read, say, sit};
use super::world::{self, Person, Room, set_active, set_role};
use crate::kernel::Turn;
use crate::kernel::presence::REPLAY_TAKES_MS;
use crate::kernel::sockets::{Heard, VIEWING_MS};
use schema::frame::{Codec, Connect};
use schema::room::ticket::Claim;
use schema::{Code, Role};
use serde_json::{Value, json};

fn ticket(room: &mut Room, by: &Person) -> Value {
    do_as(room, by, json!({ "createTicket": { "subject": "Hello" } }))["id"].clone()
}

fn claim(room: &mut Room, by: &Person, ticket: &Value, seconds: i64) -> Claim {
    let claim = json!({ "claimTicket": { "ticketId": ticket, "leaseSeconds": seconds } });
    serde_json::from_value(do_as(room, by, claim)["claim"].clone()).expect("a claim")
}

#[test]
fn who_comes_in_is_told_who_is_at_which_ticket_and_who_alone_may_answer() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    let vera = room.join(&owner, Role::Viewer);
    let (one, two) = (ticket(&mut room, &owner), ticket(&mut room, &owner));
    let (of_ann, _) = sit(&mut room, &ann, None, &json!([]));
    let long = claim(&mut room, &ann, &one, 600);
    let short = claim(&mut room, &owner, &two, 60);
    say(&mut room, &of_ann, &json!({ "type": "viewing", "ticketId": one, "viewing": true }));
    let at = |who: &Person, ticket: &Value, until: i64| -> Value {
        json!({ "agentId": who.id(), "ticketId": ticket, "until": until })
    };

    let (_, frames) = sit(&mut room, &vera, None, &json!([]));
    let claims = [at(&ann, &one, long.until), at(&owner, &two, short.until)];
    assert_eq!(frames[0]["claims"], json!(claims));
    assert_eq!(frames[0]["viewing"], json!([at(&ann, &one, room.now + VIEWING_MS)]));
    // To the millisecond, whether or not the alarm has gone off.
    room.now = short.until - 1;
    assert_eq!(sit(&mut room, &vera, None, &json!([])).1[0]["claims"], json!(claims));
    room.now += 1;
    assert_eq!(sit(&mut room, &vera, None, &json!([])).1[0]["claims"], json!([claims[0]]));
    let deleted = json!({ "deleteTicket": { "ticketId": one } });
    do_as(&mut room, &owner, deleted);
    assert_eq!(sit(&mut room, &vera, None, &json!([])).1[0]["claims"], json!([]));
}

#[test]
fn who_may_no_longer_work_loses_claims_and_the_word_on_open_connections() {
    for removed in [false, true] {
        let (mut room, owner) = Room::registered();
        let ann = room.join(&owner, Role::Agent);
        let id = ticket(&mut room, &owner);
        let (of_ann, _) = sit(&mut room, &ann, None, &json!([]));
        let (of_owner, _) = sit(&mut room, &owner, None, &json!([{ "types": ["ticket.*"] }]));
        claim(&mut room, &ann, &id, 3_600);
        post(&mut room, &[]);
        let head = room.number("select max(seq) from events");
        let public = json!({ "postComment": { "ticketId": id, "body": "mine" } });
        let command = serde_json::from_value(public.clone()).expect("a command");
        assert!(room.try_ask(&owner.principal, command).is_err(), "the claim stands");

        let change =
            if removed { set_active(ann.id(), false) } else { set_role(ann.id(), Role::Viewer) };
        room.try_ask(&owner.principal, change).expect("changed");
        let got = post(&mut room, &[&of_owner]);
        let released = format!("{} ticket.released", head + 2);
        assert_eq!(brief(&got[0]), [format!("{0}-{0}", head + 1), released]);
        let event = &got[0][0]["events"][1];
        assert_eq!(event["data"]["reason"], "withdrawn");
        assert_eq!(room.number("select count(*) from timers where kind = 'unclaim'"), 0);
        do_as(&mut room, &owner, public);

        // The connection is still there when its next frames come.
        let heard = |room: &mut Room, frame: Value| -> Heard { say(room, &of_ann, &frame) };
        let typing = json!({ "type": "typing", "ticketId": id, "typing": true });
        let refused = heard(&mut room, typing);
        let error = read(&refused.frame.expect("an error"));
        let code = if removed { "unauthorized" } else { "forbidden" };
        assert_eq!((&error["type"], &error["error"]["code"]), (&json!("error"), &json!(code)));
        assert_eq!(refused.close.is_some(), removed);
        let again = json!({ "claimTicket": { "ticketId": id } });
        let ack = heard(&mut room, json!({ "type": "command", "id": "c", "command": again }));
        let ack = read(&ack.frame.expect("an answer"));
        assert_eq!((&ack["success"], &ack["error"]["code"]), (&json!(false), &json!(code)));
    }
}

#[test]
fn what_is_for_one_agent_reaches_each_of_their_connections_and_no_other() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    let bob = room.join(&owner, Role::Agent);
    let id = ticket(&mut room, &owner);
    let (of_ann, _) = sit(&mut room, &ann, None, &json!([]));
    let (narrow, _) = sit(&mut room, &ann, None, &json!([{ "types": ["user.*"] }]));
    let packed =
        Connect { codec: Codec::Msgpack, principal: Some(ann.principal.clone()), ..room.door() };
    let packed = room.connect(&packed).expect("let in").seat;
    // Alike in role and views: what they see of the log is one parcel, were it not for this.
    let (of_bob, _) = sit(&mut room, &bob, None, &json!([]));
    let (of_owner, _) = sit(&mut room, &owner, None, &json!([]));
    post(&mut room, &[]);
    let assign = json!({ "changeTicket": { "ticketId": id, "assigneeId": ann.id() } });
    do_as(&mut room, &owner, assign);
    let seats = [&of_ann, &narrow, &packed, &of_bob, &of_owner];
    let got = post(&mut room, &seats);
    let told =
        |frames: &[Value]| frames.iter().filter(|frame| frame["type"] == "notification").count();
    let counts: Vec<usize> = got.iter().map(|frames| told(frames)).collect();
    assert_eq!(counts, [1, 1, 1, 0, 0]);
    for (frames, seen) in got.iter().zip([true, false, true, true, true]) {
        assert_eq!(brief(frames)[0].ends_with("ticket.changed"), seen);
    }
    assert_eq!(got[0][1]["notification"]["kind"], "assigned");
}

#[test]
fn who_watches_a_team_sees_its_tickets_come_and_go() {
    let (mut room, owner) = Room::registered();
    let team = do_as(&mut room, &owner, json!({ "createTeam": { "name": "Sales" } }))["id"].clone();
    let other = do_as(&mut room, &owner, json!({ "createTeam": { "name": "Help" } }))["id"].clone();
    let id = ticket(&mut room, &owner);
    let views = json!([{ "types": ["ticket.*", "comment.*"], "teamIds": [team] }]);
    let none = json!([{ "types": ["ticket.*", "comment.*"], "teamIds": [null] }]);
    let (seat, _) = sit(&mut room, &owner, None, &views);
    let (outside, _) = sit(&mut room, &owner, None, &none);
    post(&mut room, &[]);
    let start = room.number("select max(seq) from events");
    let to = |team: &Value| json!({ "changeTicket": { "ticketId": id, "teamId": team } });
    let note = json!({ "postComment": { "ticketId": id, "body": "x", "visibility": "private" } });
    let steps = [note.clone(), to(&team), note.clone(), to(&other), note];
    for step in steps {
        do_as(&mut room, &owner, step);
    }
    let turn = std::mem::take(&mut room.turn);
    assert_eq!(room.number("select max(seq) from events"), start + 5);
    let (parcels, _) = room.engine.presence.address(&turn);
    let s = |n: i64, kind: &str| format!("{} {kind}", start + n);
    let gap = |n: i64, m: i64| format!("{}-{}", start + n, start + m);
    let expected = [
        gap(1, 1),
        s(2, "ticket.changed"),
        s(3, "comment.created"),
        s(4, "ticket.changed"),
        gap(5, 5),
    ];
    assert_eq!(brief(&of(&parcels, &seat)), expected);
    let expected = [s(1, "comment.created"), s(2, "ticket.changed"), gap(3, 5)];
    assert_eq!(brief(&of(&parcels, &outside)), expected);
}

#[test]
fn who_catches_up_when_too_many_do_comes_back_later_and_keeps_the_ticket() {
    let (mut room, owner) = Room::registered();
    let id = ticket(&mut room, &owner);
    let start = room.number("select max(seq) from events");
    let body = "x".repeat(64_000);
    for _ in 0..170 {
        let comment = json!({ "postComment": { "ticketId": id, "body": body } });
        do_as(&mut room, &owner, comment);
    }
    room.try_ask(&owner.principal, world::ticket("t")).expect("made");
    let by = |room: &Room, who: &Person, since: i64| Connect {
        since: Some(since),
        principal: Some(who.principal.clone()),
        ..room.door()
    };
    let all = |room: &Room, since: i64| by(room, &owner, since);
    // Ten megabytes each, one for each agent.
    let far = all(&room, start);
    let (mut first, mut people) = (Vec::new(), Vec::new());
    for agent in 0..3 {
        let who = room.join(&owner, Role::Agent);
        let join = by(&room, &who, start);
        first.push(room.connect(&join).expect("let in").seat);
        assert!(agent == 2 || room.connect(&join).is_err(), "not as much again");
        people.push(who);
    }
    let head = room.number("select max(seq) from events");
    let by_ticket = Connect { principal: None, ticket_hash: Some(world::hash("t")), ..far.clone() };
    for _ in 0..2 {
        let refused = room.connect(&by_ticket).expect_err("busy");
        assert_eq!(refused.code, Code::RateLimited);
        assert_eq!(refused.details.expect("details")["retryAfterMs"], 5_000);
    }
    // Who missed little is let in meanwhile, as is who says what they have read.
    room.connect(&all(&room, head)).expect("let in");
    say(&mut room, &first[2], &json!({ "type": "seen", "seq": head - 1 }));
    assert!(room.connect(&far).is_err());
    say(&mut room, &first[2], &json!({ "type": "seen", "seq": head }));
    room.connect(&by_ticket).expect("with the ticket that was refused before");
    assert!(room.connect(&far).is_err());
    room.engine.leave(&first[1], &mut Turn::default());
    room.connect(&by(&room, &people[1], start)).expect("another has left");
    assert!(room.connect(&far).is_err());
    room.now += REPLAY_TAKES_MS;
    room.connect(&far).expect("nobody waits for those who never say it");
}
