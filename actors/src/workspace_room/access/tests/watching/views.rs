//! Views: which events a connection sees, which it only counts, and what is no view.

use super::*;
use crate::kernel::sockets::attachment;
use schema::frame::SEAT_BYTES_MAX;

fn subscribe(room: &mut Room, seat: &Seat, views: &Value) -> Value {
    let heard = say(room, seat, &json!({ "type": "subscribe", "id": "v", "views": views }));
    assert_eq!(heard.close, None);
    read(&heard.frame.expect("an acknowledgement"))
}

#[test]
fn a_view_shows_its_events_and_counts_the_others() {
    let (mut room, owner) = Room::registered();
    let ann = room.join(&owner, Role::Agent);
    let ticket = |room: &mut Room, subject: &str| {
        do_as(room, &owner, json!({ "createTicket": { "subject": subject } }))["id"].clone()
    };
    let (one, other) = (ticket(&mut room, "One"), ticket(&mut room, "Other"));
    let start = room.number("select max(seq) from events");
    let views = [
        json!([]),
        json!([{ "types": ["comment.*"] }]),
        json!([{ "types": ["ticket.*", "comment.*"], "ticketIds": [one] }]),
        json!([{ "assigneeIds": [ann.id()] }]),
        json!([{ "types": ["ticket.*"], "assigneeIds": [null] }, { "types": ["user.*"] }]),
        json!([{ "types": ["nothing.happens"] }]),
    ];
    let seats: Vec<Seat> =
        views.iter().map(|views| sit(&mut room, &ann, Some(start), views).0).collect();
    post(&mut room, &[]);
    let seats: Vec<&Seat> = seats.iter().collect();

    let comment = |id: &Value| json!({ "postComment": { "ticketId": id, "body": "x" } });
    let assign = |id: &Value, to: Option<schema::ids::AgentId>| {
        let change = json!({ "ticketId": id, "assigneeId": to });
        json!({ "changeTicket": change })
    };
    let steps = [
        comment(&one),
        comment(&other),
        assign(&one, Some(ann.id())),
        comment(&one),
        assign(&one, None),
        comment(&one),
    ];
    // Each in a turn of its own, and then replayed together.
    let mut live = vec![Vec::new(); seats.len()];
    for step in steps {
        do_as(&mut room, &owner, step);
        for (live, frames) in live.iter_mut().zip(post(&mut room, &seats)) {
            live.extend(brief(&frames));
        }
    }
    let s = |n: i64, kind: &str| format!("{} {kind}", start + n);
    let gap = |n: i64, m: i64| format!("{}-{}", start + n, start + m);
    let comment = "comment.created";
    let change = "ticket.changed";
    let all = [(1, comment), (2, comment), (3, change), (4, comment), (5, change), (6, comment)];
    let head = room.number("select max(seq) from events");
    assert_eq!(head, start + 6, "nothing else happened");
    assert_eq!(live[0], all.map(|(n, kind)| s(n, kind)));
    let of_comments =
        [s(1, comment), s(2, comment), gap(3, 3), s(4, comment), gap(5, 5), s(6, comment)];
    assert_eq!(live[1], of_comments);
    let of_one =
        [s(1, comment), gap(2, 2), s(3, change), s(4, comment), s(5, change), s(6, comment)];
    assert_eq!(live[2], of_one);
    // It sees the ticket come and go.
    let of_ann = [gap(1, 1), gap(2, 2), s(3, change), s(4, comment), s(5, change), gap(6, 6)];
    assert_eq!(live[3], of_ann);
    let unassigned = [gap(1, 1), gap(2, 2), s(3, change), gap(4, 4), s(5, change), gap(6, 6)];
    assert_eq!(live[4], unassigned);
    assert_eq!(live[5], (1..=6).map(|n| gap(n, n)).collect::<Vec<_>>());

    for (index, expected) in [
        (1, vec![s(1, comment), s(2, comment), gap(3, 3), s(4, comment), gap(5, 5), s(6, comment)]),
        (2, of_one.to_vec()),
        (5, vec![gap(1, 6)]),
    ] {
        let (_, frames) = sit(&mut room, &ann, Some(start), &views[index]);
        assert_eq!(brief(&frames), expected, "a run of hidden ones is told once");
        assert_eq!(frames.last(), Some(&json!({ "type": "replay_done", "head": head })));
    }
}

#[test]
fn views_are_changed_while_the_connection_stays_and_outlast_the_objects_sleep() {
    let (mut room, owner) = Room::registered();
    let (seat, _) = sit(&mut room, &owner, None, &json!([]));
    post(&mut room, &[]);
    let head = room.number("select max(seq) from events");
    let create = |n: i64| json!({ "createTicket": { "subject": format!("T{n}") } });
    do_as(&mut room, &owner, create(1));
    let ack = subscribe(&mut room, &seat, &json!([{ "types": ["user.*"] }]));
    assert_eq!(
        ack,
        json!({ "type": "ack", "id": "v", "success": true,
        "data": { "head": head + 1 } })
    );
    do_as(&mut room, &owner, create(2));
    assert_eq!(subscribe(&mut room, &seat, &json!([]))["success"], true);
    do_as(&mut room, &owner, create(3));
    let attached = room.turn.seats[&seat.connection].clone();
    assert_eq!(subscribe(&mut room, &seat, &json!([{ "types": ["comment.*"] }]))["success"], true);
    do_as(&mut room, &owner, create(4));
    let last = room.turn.seats[&seat.connection].clone();
    assert_ne!(attached, last);
    let got = post(&mut room, &[&seat]);
    let created = |n: i64| format!("{} ticket.created", head + n);
    let gap = |n: i64| format!("{0}-{0}", head + n);
    assert_eq!(brief(&got[0]), [created(1), gap(2), created(3), gap(4)], "within one turn");

    room.restart();
    let packed = attachment(&last);
    let woken: Seat = schema::codec::read_msgpack(&packed).expect("an attachment");
    assert_eq!(woken, last);
    room.engine.presence.add(&woken);
    do_as(&mut room, &owner, create(5));
    assert_eq!(brief(&post(&mut room, &[&seat])[0]), [gap(5)]);
}

#[test]
fn views_that_are_none_are_refused_by_id_and_fit_into_the_attachment() {
    let (mut room, owner) = Room::registered();
    let (seat, _) = sit(&mut room, &owner, None, &json!([]));
    let ids = |count: usize| vec!["00000000-0000-7000-8000-000000000001"; count];
    let long = format!("ticket.{}", "x".repeat(50));
    let refused = [
        json!([{ "types": ["ticket"] }]),
        json!([{ "ticketIds": ["x"] }]),
        json!([{ "types": ["a.b"], "more": true }]),
        json!([{ "ticketIds": ids(65) }]),
        json!([{ "types": vec![long; 60] }]),
        json!(vec![json!({}); 9]),
        json!([7]),
        json!("*"),
    ];
    for views in refused {
        let ack = subscribe(&mut room, &seat, &views);
        assert_eq!((&ack["id"], &ack["success"]), (&json!("v"), &json!(false)), "{views}");
        assert_eq!(ack["error"]["code"], "invalid_input", "{views}");
    }
    assert!(room.turn.seats.is_empty());
    let most = json!([{ "types": ["ticket.*", "comment.created"], "ticketIds": ids(31),
        "assigneeIds": ids(31) }]);
    assert_eq!(subscribe(&mut room, &seat, &most)["success"], true);
    let kept = room.turn.seats[&seat.connection].clone();
    let ticket = "00000000-0000-7000-8000-000000000009";
    say(&mut room, &kept, &json!({ "type": "viewing", "ticketId": ticket, "viewing": true }));
    let kept = &room.turn.seats[&seat.connection];
    assert!(kept.viewing.is_some() && attachment(kept).len() <= SEAT_BYTES_MAX);
    for frame in [
        json!({ "type": "subscribe", "id": "v" }),
        json!({ "type": "subscribe", "views": [] }),
        json!({ "type": "seen" }),
        json!({ "type": "seen", "seq": -1 }),
        json!({ "type": "viewing", "ticketId": ticket }),
        json!({ "type": "viewing", "viewing": true }),
    ] {
        room.now += 1_000;
        let heard = say(&mut room, &seat, &frame);
        assert_eq!(heard.close.map(|why| why.code), Some(Code::BadRequest), "{frame}");
    }
}

#[test]
fn views_that_nobody_has_any_more_are_forgotten() {
    let (mut room, owner) = Room::registered();
    let (seat, _) = sit(&mut room, &owner, None, &json!([]));
    for n in 0..50 {
        room.now += 1_000;
        let kind = format!("ticket.{}", "x".repeat(n + 1));
        assert_eq!(subscribe(&mut room, &seat, &json!([{ "types": [kind] }]))["success"], true);
        post(&mut room, &[]);
    }
    assert!(room.engine.presence.lenses().count() <= 2);
}
