//! What a relay tells: each event once, in no order, about mails of this inbox alone.

use super::*;
use crate::kernel::RefusedRecipient;
use schema::delivery::*;
use schema::ids::DeliveryKeyId;

fn with_webhook() -> Scene {
    let mut scene = Scene::new(false);
    let make = InboxCommand::MakeDeliveryWebhook(MakeDeliveryWebhook {});
    scene.ask(make).expect("made");
    scene
}

fn event(kind: DeliveryKind, send_id: SendId) -> DeliveryEvent {
    DeliveryEvent {
        event: kind,
        send_id: Some(send_id),
        message_id: None,
        recipient: None,
        is_hard: Some(true),
        status: Some("5.1.1".into()).filter(|_| kind == DeliveryKind::Bounced),
        diagnostic: String::new(),
    }
}

impl Scene {
    fn tell(&mut self, id: &str, events: Vec<DeliveryEvent>) -> Result<DeliveriesNoted, Code> {
        let note = NoteDeliveries { post_id: id.into(), events };
        let command = InboxCommand::NoteDeliveries(note);
        let reply = self.inbox.call(&system(), None, &command).map_err(|reject| reject.code)?;
        Ok(serde_json::from_value(reply).expect("what came of it"))
    }

    fn delivery(&mut self, id: SendId) -> Option<DeliveryKind> {
        self.get(id).deliveries.first().map(|delivery| delivery.state)
    }

    fn keys(&mut self) -> Result<Vec<DeliveryKeyId>, Code> {
        let command = InboxCommand::GetDeliveryKeys(GetDeliveryKeys {});
        let reply = self.inbox.call(&system(), None, &command).map_err(|reject| reject.code)?;
        let found: DeliveryKeys = serde_json::from_value(reply).expect("keys");
        Ok(found.keys)
    }
}

fn came(noted: i64, late: i64, ignored: i64) -> Result<DeliveriesNoted, Code> {
    Ok(DeliveriesNoted { repeated: false, noted, late, ignored })
}

/// Bad inputs P 56.
#[test]
fn a_mail_only_moves_on_in_whatever_order_it_is_told() {
    use DeliveryKind::{Accepted, Bounced, Complained, Deferred, Delivered};
    for (told, state, noted, is_suppressed) in [
        (&[Accepted, Deferred, Delivered][..], SendState::Sent, 3, false),
        (&[Delivered, Accepted, Deferred], SendState::Sent, 1, false),
        (&[Delivered, Bounced], SendState::Bounced, 2, true),
        (&[Bounced, Delivered, Accepted], SendState::Bounced, 1, true),
        (&[Complained, Delivered, Bounced], SendState::Sent, 1, true),
        (&[Bounced, Complained], SendState::Bounced, 2, true),
        (&[Delivered, Delivered, Delivered], SendState::Sent, 1, false),
    ] {
        let mut scene = with_webhook();
        let send = scene.send("k1", new_mail());
        scene.run(accepted);
        let events: Vec<_> = told.iter().map(|kind| event(*kind, send.id)).collect();
        let late = told.len() as i64 - noted;
        // In one post, or one by one: it comes to the same.
        let mut other = with_webhook();
        let same = other.send("k1", new_mail());
        other.run(accepted);
        assert_eq!(scene.tell("p", events), came(noted, late, 0), "{told:?}");
        for (n, kind) in told.iter().enumerate() {
            other.tell(&format!("p{n}"), vec![event(*kind, same.id)]).expect("noted");
        }
        for (scene, id) in [(&mut scene, send.id), (&mut other, same.id)] {
            scene.run(accepted);
            assert_eq!(scene.get(id).state, state, "{told:?}");
            assert_eq!(scene.delivery(id), told.iter().max().copied(), "{told:?}");
            assert_eq!(!scene.suppressed.is_empty(), is_suppressed, "{told:?}");
        }
    }
}

/// Bad inputs P 55.
#[test]
fn a_post_counts_once_for_its_id_and_is_forgotten_after_a_day() {
    let mut scene = with_webhook();
    let send = scene.send("k1", new_mail());
    scene.run(accepted);
    let accepted_event = || vec![event(DeliveryKind::Accepted, send.id)];
    let bounced = || vec![event(DeliveryKind::Bounced, send.id)];
    assert_eq!(scene.tell("p1", accepted_event()), came(1, 0, 0));
    let before = scene.rows();
    let again = scene.tell("p1", bounced()).expect("it is no fault");
    assert!(again.repeated);
    assert_eq!(scene.rows(), before);
    scene.inbox.now += POST_KEPT_MS - 1;
    assert!(scene.tell("p1", bounced()).expect("known").repeated);
    scene.inbox.now += 1;
    assert_eq!(scene.tell("p2", Vec::new()), came(0, 0, 0));
    assert_eq!(scene.inbox.count("delivery_posts"), 1, "what is a day old is forgotten");
}

#[test]
fn the_events_of_a_post_judge_the_inbox_once_and_write_it_down_once() {
    let mut scene = with_webhook();
    let ids: Vec<SendId> = (0..30).map(|n| scene.send(&format!("k{n}"), mail_to(n)).id).collect();
    scene.run(accepted);
    let before = scene.status();
    let bounced = || ids.iter().map(|id| event(DeliveryKind::Bounced, *id)).collect();
    assert_eq!(scene.tell("p1", bounced()), came(30, 0, 0));
    let view = scene.status();
    assert_eq!((view.version, view.bounced), (before.version + 1, 30));
    let why = "by address, 30 of the last 30 mails came back";
    assert_eq!((view.status, view.pause_reason.as_deref()), (InboxStatus::Paused, Some(why)));
    // What is known already changes nothing of it.
    assert_eq!(scene.tell("p2", bounced()), came(0, 30, 0));
    assert_eq!(scene.status().version, view.version);
    // A report by mail is one version, too.
    let (mut scene, n) = (with_webhook(), 3);
    let send = scene.send("k1", mail_to(n));
    scene.run(accepted);
    let version = scene.status().version;
    scene.report(about(send.id, told_by(n, ReportClass::Hard))).expect("known");
    assert_eq!(scene.status().version, version + 1);
}

/// Bad inputs P 57.
#[test]
fn what_is_about_no_mail_that_left_is_ignored_and_changes_nothing() {
    let mut scene = with_webhook();
    let send = scene.send("k1", new_mail());
    let waiting = scene.send("k2", new_mail());
    scene.ask(InboxCommand::CancelSend(GetSend { send_id: waiting.id })).expect("taken back");
    scene.run(accepted);
    let before = scene.rows();
    let unnamed = DeliveryEvent { send_id: None, ..event(DeliveryKind::Bounced, send.id) };
    let elsewhere =
        DeliveryEvent { message_id: Some("nobody@else.example".into()), ..unnamed.clone() };
    let stranger = DeliveryEvent {
        recipient: Some("eve@example.org".into()),
        ..event(DeliveryKind::Bounced, send.id)
    };
    let odd = DeliveryEvent {
        recipient: Some("bob at example".into()),
        ..event(DeliveryKind::Delivered, send.id)
    };
    let foreign = SendId(Uuid::from_u128(5));
    let events = vec![
        unnamed,
        elsewhere,
        stranger,
        odd,
        event(DeliveryKind::Complained, foreign),
        event(DeliveryKind::Delivered, foreign),
        event(DeliveryKind::Delivered, waiting.id),
        event(DeliveryKind::Bounced, waiting.id),
    ];
    assert_eq!(scene.tell("p1", events), came(0, 0, 8));
    assert_eq!(scene.rows(), before);
    let by_message = DeliveryEvent {
        send_id: None,
        message_id: Some(send.message_id.clone()),
        ..event(DeliveryKind::Delivered, send.id)
    };
    assert_eq!(scene.tell("p2", vec![by_message]), came(1, 0, 0));
}

#[test]
fn a_bounce_counts_once_however_many_ways_it_is_told() {
    let mut scene = with_webhook();
    let send = scene.send("k1", outreach());
    scene.run(accepted);
    scene.records.clear();
    scene.tell("p1", vec![event(DeliveryKind::Bounced, send.id)]).expect("noted");
    assert_eq!(scene.report(about(send.id, told(ReportClass::Hard))), Ok(None));
    assert_eq!(scene.tell("p2", vec![event(DeliveryKind::Bounced, send.id)]), came(0, 1, 0));
    scene.run(accepted);
    let status = scene.status();
    assert_eq!((status.bounced, status.health.bounced), (1, 1));
    assert_eq!(scene.records, [Fate::HardBounced]);
    let report = scene.get(send.id).report.expect("kept");
    assert_eq!((report.class, &*report.address), (ReportClass::Hard, "Bob@example.org"));
}

/// Which bounces and complaints the room is told of: here, and in answer to mails.
#[test]
fn the_room_hears_once_of_a_bounce_and_a_complaint_from_whoever_tells_first() {
    use DeliveryKind::{Bounced, Complained};
    for (kind, class) in [(Bounced, ReportClass::Hard), (Complained, ReportClass::Complaint)] {
        for relay_first in [true, false] {
            let mut scene = with_webhook();
            let send = scene.send("k1", outreach());
            scene.run(accepted);
            let mut by_mail = 0;
            for relay in [relay_first, !relay_first] {
                if relay {
                    scene.tell("p1", vec![event(kind, send.id)]).expect("noted");
                } else {
                    let answer = scene.report(about(send.id, told(class))).expect("known");
                    by_mail += usize::from(answer.is_some());
                }
                scene.run(accepted);
            }
            let by_relay = usize::from(relay_first);
            assert_eq!((scene.told.len(), by_mail), (by_relay, 1 - by_relay), "{kind:?}");
            for (key, told) in &scene.told {
                assert_eq!(*key, format!("report:{}/{}", send.id, class.as_str()));
                assert_eq!((told.inbox_id, told.send_id, told.comment_id), (id(), send.id, None));
                let report = &told.report;
                assert_eq!((report.class, &*report.address), (class, "Bob@example.org"));
            }
        }
    }
    // A soft bounce that becomes a hard one is told twice, and each under a key of its own.
    let mut scene = with_webhook();
    let send = scene.send("k1", outreach());
    scene.run(accepted);
    let soft = DeliveryEvent { status: Some("4.2.2".into()), ..event(Bounced, send.id) };
    scene.tell("p1", vec![soft, event(Bounced, send.id)]).expect("noted");
    scene.run(accepted);
    let mut classes: Vec<&str> = scene.told.iter().map(|(_, t)| t.report.class.as_str()).collect();
    classes.sort_unstable();
    assert_eq!(classes, ["hard", "soft"]);
}

#[test]
fn each_recipient_of_a_mail_has_come_as_far_as_was_told_of_them() {
    use DeliveryKind::{Accepted, Bounced, Delivered};
    let mut scene = with_webhook();
    let cc = vec!["carl@example.org".into()];
    let send = scene.send("k1", NewMail { cc, ..new_mail() });
    scene.run(accepted);
    let at = |kind, recipient: &str| DeliveryEvent {
        recipient: Some(recipient.into()),
        ..event(kind, send.id)
    };
    let events = vec![
        at(Delivered, "BOB@example.org"),
        at(Bounced, "Carl Lee <carl@example.org>"),
        at(Accepted, "carl@example.org"),
        at(Accepted, "mailto:bob@example.org"),
        // Whom of the two?
        event(Delivered, send.id),
    ];
    assert_eq!(scene.tell("p1", events), came(2, 2, 1));
    let found = |scene: &mut Scene| {
        let found = scene.get(send.id).deliveries.into_iter();
        found.map(|one| (one.recipient, one.state)).collect::<Vec<_>>()
    };
    let (bob, carl) = ("Bob@example.org".to_owned(), "carl@example.org".to_owned());
    assert_eq!(found(&mut scene), [(bob.clone(), Delivered), (carl.clone(), Bounced)]);
    // The mail has come back already; that it did from the other one, too, is not lost.
    let version = scene.get(send.id).version;
    assert_eq!(scene.tell("p2", vec![at(Bounced, "bob@example.org")]), came(1, 0, 0));
    assert_eq!(found(&mut scene), [(bob, Bounced), (carl, Bounced)]);
    assert!(scene.get(send.id).version > version);
    assert_eq!((scene.status().bounced, scene.status().health.bounced), (1, 1));
}

#[test]
fn how_far_a_mail_has_come_is_right_whoever_told_it_first() {
    use DeliveryKind::{Bounced, Complained, Delivered};
    let mut scene = with_webhook();
    let send = scene.send("k1", outreach());
    scene.run(accepted);
    assert_eq!(scene.tell("p1", vec![event(Delivered, send.id)]), came(1, 0, 0));
    assert!(scene.report(about(send.id, told(ReportClass::Soft))).expect("known").is_some());
    assert_eq!(scene.delivery(send.id), Some(Bounced), "a mail told of it");
    assert_eq!(scene.tell("p2", vec![event(Delivered, send.id)]), came(0, 1, 0));
    assert_eq!(scene.delivery(send.id), Some(Bounced));
    assert_eq!(scene.tell("p3", vec![event(Complained, send.id)]), came(1, 0, 0));
    assert_eq!(scene.tell("p4", vec![event(Bounced, send.id)]), came(0, 1, 0));
    assert_eq!(scene.delivery(send.id), Some(Complained));
}

#[test]
fn a_complaint_that_a_relay_signs_counts_where_one_by_mail_did_not() {
    let mut scene = with_webhook();
    let send = scene.send("k1", outreach());
    scene.run(accepted);
    let unproven =
        RecordReport { is_proven: false, ..about(send.id, told(ReportClass::Complaint)) };
    assert!(scene.report(unproven).expect("known").is_some());
    assert_eq!(scene.status().health.complained, 0);
    let complained = || vec![event(DeliveryKind::Complained, send.id)];
    assert_eq!(scene.tell("p1", complained()), came(1, 0, 0));
    assert_eq!(scene.tell("p2", complained()), came(0, 1, 0));
    assert_eq!(scene.status().health.complained, 1);
}

#[test]
fn what_a_bounce_says_of_the_address_is_in_its_codes_first() {
    for (is_hard, status, diagnostic, class) in [
        (Some(true), Some("5.1.1"), "", ReportClass::Hard),
        (None, Some("5.1.1"), "", ReportClass::Hard),
        (Some(false), Some("5.1.1"), "", ReportClass::Soft),
        (Some(true), Some("5.7.1"), "550 5.7.1 blocked", ReportClass::Block),
        (Some(true), Some("5.7.26"), "550 host unknown", ReportClass::Block),
        (Some(true), Some("5.2.2"), "mailbox full", ReportClass::Soft),
        (Some(true), Some("4.2.2"), "", ReportClass::Soft),
        (Some(true), Some("4.1.1"), "450 4.1.1 no such user", ReportClass::Soft),
        (Some(true), Some("4.0.0"), "", ReportClass::Soft),
        (Some(true), Some("4.7.1"), "", ReportClass::Soft),
        (Some(true), None, "451 come back", ReportClass::Soft),
        (Some(true), Some("450"), "", ReportClass::Soft),
        (Some(true), Some("421"), "try again later", ReportClass::Soft),
        (Some(true), Some("550"), "", ReportClass::Hard),
        (Some(true), Some("no status"), "", ReportClass::Hard),
        (Some(true), None, "", ReportClass::Hard),
        (Some(false), None, "", ReportClass::Soft),
        (None, None, "", ReportClass::Soft),
    ] {
        let mut scene = with_webhook();
        let send = scene.send("k1", new_mail());
        scene.run(accepted);
        let bounced = DeliveryEvent {
            is_hard,
            status: status.map(str::to_owned),
            diagnostic: diagnostic.into(),
            ..event(DeliveryKind::Bounced, send.id)
        };
        assert_eq!(scene.tell("p1", vec![bounced]), came(1, 0, 0));
        let found = scene.get(send.id).report.map(|report| report.class);
        assert_eq!(found, Some(class), "{is_hard:?} {status:?} {diagnostic}");
        scene.run(accepted);
        let is_suppressed = !scene.suppressed.is_empty();
        assert_eq!(is_suppressed, class == ReportClass::Hard, "{is_hard:?} {status:?}");
    }
}

#[test]
fn a_relay_that_has_a_mail_ends_the_doubt_about_it() {
    for kind in [DeliveryKind::Accepted, DeliveryKind::Deferred, DeliveryKind::Delivered] {
        let mut scene = with_webhook();
        let send = scene.send("k1", outreach());
        scene.run(|| Outcome::Unknown { why: "gone".into() });
        assert_eq!((scene.get(send.id).state, scene.status().unknown), (SendState::Unknown, 1));
        scene.records.clear();
        assert_eq!(scene.tell("p1", vec![event(kind, send.id)]), came(1, 0, 0));
        scene.run(accepted);
        let view = scene.get(send.id);
        assert_eq!((view.state, view.error), (SendState::Sent, None), "{kind:?}");
        assert_eq!((scene.status().sent, scene.status().unknown), (1, 0));
        assert_eq!(scene.records, [Fate::Sent]);
        assert_eq!(scene.mails.len(), 1, "it does not leave again");
    }
}

#[test]
fn a_relay_that_has_a_mail_shows_that_it_left_which_a_person_had_given_up() {
    let mut scene = with_webhook();
    let send = scene.send("k1", outreach());
    scene.run(|| Outcome::Unknown { why: "gone".into() });
    let left_at = scene.get(send.id).left_at;
    let resolve = ResolveUnknown { send_id: send.id, outcome: Resolution::NotSent };
    scene.ask(InboxCommand::ResolveUnknown(resolve)).expect("a person said so");
    let view = scene.get(send.id);
    assert_eq!((view.state, view.left_at, scene.status().sent), (SendState::Failed, None, 0));
    scene.run(accepted);
    scene.records.clear();
    scene.inbox.now += 1;
    assert_eq!(scene.tell("p1", vec![event(DeliveryKind::Delivered, send.id)]), came(1, 0, 0));
    scene.run(accepted);
    let view = scene.get(send.id);
    assert_eq!((view.state, view.left_at, view.error), (SendState::Sent, left_at, None));
    let status = scene.status();
    assert_eq!((status.sent, status.health.sends), (1, 1));
    assert_eq!((&scene.records[..], scene.mails.len()), (&[Fate::Sent][..], 1));
}

#[test]
fn a_doubt_about_those_whom_a_server_put_off_is_no_relays_to_end() {
    let mut scene = with_webhook();
    let mail = NewMail { cc: vec!["eve@example.org".into()], ..new_mail() };
    let send = scene.send("k1", mail);
    let put_off = || {
        let (address, text) = ("eve@example.org".to_owned(), "no".to_owned());
        let enhanced = Some("4.2.2".to_owned());
        let refused = vec![RefusedRecipient { address, code: 451, enhanced, text }];
        Outcome::Mail(MailOutcome::Accepted { reply: "250 ok".into(), refused })
    };
    scene.run(put_off);
    for _ in 0..5 {
        if scene.handed.len() < 2 {
            scene.inbox.fire_alarm();
            scene.run(|| Outcome::Unknown { why: "gone".into() });
        }
    }
    assert_eq!((scene.get(send.id).state, scene.handed.len()), (SendState::Unknown, 2));
    // It has the mail for Bob; of Eve it says nothing.
    let of_bob = DeliveryEvent {
        recipient: Some("bob@example.org".into()),
        ..event(DeliveryKind::Delivered, send.id)
    };
    assert_eq!(scene.tell("p1", vec![of_bob]), came(1, 0, 0));
    assert_eq!((scene.get(send.id).state, scene.status().unknown), (SendState::Unknown, 1));
    assert_eq!(scene.delivery(send.id), Some(DeliveryKind::Delivered));
    let resolve = ResolveUnknown { send_id: send.id, outcome: Resolution::NotSent };
    scene.ask(InboxCommand::ResolveUnknown(resolve)).expect("a person finds out");
    assert_eq!(scene.get(send.id).state, SendState::Bounced);
}

#[test]
fn a_post_about_a_mail_that_is_under_way_is_to_come_again_whole() {
    let mut scene = with_webhook();
    let gone = scene.send("k0", new_mail());
    scene.run(accepted);
    let send = scene.send("k1", mail_to(1));
    let begun = scene.inbox.begin();
    let (entry, _) =
        begun.iter().find(|(_, effect)| matches!(effect, Effect::Mail(_))).expect("it");
    let events = || {
        let both = [gone.id, send.id];
        both.map(|id| event(DeliveryKind::Delivered, id)).to_vec()
    };
    let before = scene.rows();
    assert_eq!(scene.tell("p1", events()), Err(Code::Unavailable));
    assert_eq!((scene.rows(), scene.inbox.count("delivery_posts")), (before, 0));
    scene.inbox.settle(entry, &accepted());
    assert_eq!(scene.tell("p1", events()), came(2, 0, 0));
}

#[test]
fn who_manages_makes_rotates_and_deletes_and_only_postroom_asks_for_keys() {
    let mut scene = Scene::new(false);
    assert_eq!(scene.keys(), Err(Code::NotFound));
    assert_eq!(scene.tell("p0", Vec::new()), Err(Code::NotFound));
    let make = || InboxCommand::MakeDeliveryWebhook(MakeDeliveryWebhook {});
    let rotate = |keep_previous_ms| {
        InboxCommand::RotateDeliverySecret(RotateDeliverySecret { keep_previous_ms })
    };
    let delete = || InboxCommand::DeleteDeliveryWebhook(DeleteDeliveryWebhook {});
    for command in [make(), rotate(None), delete()] {
        let refused = scene.inbox.call(&agent(2, Role::Agent), None, &command);
        assert_eq!(refused.map_err(|reject| reject.code), Err(Code::Forbidden));
    }
    scene.ask(make()).expect("made");
    assert_eq!(scene.ask(make()).map_err(|reject| reject.code), Err(Code::Conflict));
    let first = scene.status().delivery_webhook.expect("it").key_id;
    assert_eq!(scene.keys(), Ok(vec![first]));
    for command in [
        InboxCommand::GetDeliveryKeys(GetDeliveryKeys {}),
        InboxCommand::NoteDeliveries(NoteDeliveries { post_id: "p".into(), events: Vec::new() }),
    ] {
        assert_eq!(scene.ask(command).map_err(|reject| reject.code), Err(Code::Forbidden));
    }
    for wrong in [-1, PREVIOUS_SECRET_MS_MAX + 1] {
        let refused = scene.ask(rotate(Some(wrong))).map_err(|reject| reject.code);
        assert_eq!(refused, Err(Code::InvalidInput));
    }
    scene.ask(rotate(Some(1_000))).expect("rotated");
    let second = scene.status().delivery_webhook.expect("it");
    assert_eq!(second.previous_secret_until, Some(scene.inbox.now + 1_000));
    assert_eq!(scene.keys(), Ok(vec![second.key_id, first]));
    scene.inbox.now += 1_000;
    assert_eq!(scene.keys(), Ok(vec![second.key_id]));
    scene.ask(delete()).expect("deleted");
    assert_eq!(scene.keys(), Err(Code::NotFound));
    assert!(scene.status().delivery_webhook.is_none());
    scene.ask(make()).expect("made again");
    let third = scene.keys().expect("one");
    assert!(![first, second.key_id].contains(&third[0]), "no secret comes back");
}
