//! A server takes some of a mail's recipients and puts the others off.

use super::*;
use crate::kernel::RefusedRecipient;

const BOB: &str = "Bob@example.org";
const EVE: &str = "eve@example.org";
const KIM: &str = "kim@example.org";

fn to_three() -> NewMail {
    NewMail { cc: vec![EVE.into(), KIM.into()], ..new_mail() }
}

fn no(address: &str, code: u16) -> RefusedRecipient {
    let enhanced = Some(if code < 500 { "4.2.2" } else { "5.1.1" }.to_owned());
    RefusedRecipient { address: address.into(), code, enhanced, text: "no".into() }
}

fn but(refused: Vec<RefusedRecipient>) -> Outcome {
    Outcome::Mail(MailOutcome::Accepted { reply: "250 ok".into(), refused })
}

/// The server says these, one after another, and then takes everything.
fn play(scene: &mut Scene, outcomes: Vec<Outcome>) {
    let mut outcomes = outcomes.into_iter();
    let mut said = move || outcomes.next().unwrap_or_else(accepted);
    scene.run(&mut said);
    for _ in 0..40 {
        let is_for_bodies =
            scene.inbox.home.alarm().is_none_or(|at| at > scene.inbox.now + 7 * DAY);
        if is_for_bodies {
            break;
        }
        scene.inbox.fire_alarm();
        scene.run(&mut said);
    }
}

#[test]
fn who_was_put_off_is_tried_again_and_nobody_gets_it_twice() {
    let mut scene = Scene::new(true);
    let send = scene.send("k1", to_three());
    scene.run(|| but(vec![no(EVE, 451), no(KIM, 452)]));
    let view = scene.get(send.id);
    let error = view.error.expect("an error");
    assert_eq!(error, "tried again for eve@example.org, kim@example.org: 451 4.2.2 no");
    assert_eq!((view.state, scene.status().sent), (SendState::Sent, 1));
    play(&mut scene, vec![but(vec![no(KIM, 451)])]);
    assert_eq!(scene.handed, [vec![BOB, EVE, KIM], vec![EVE, KIM], vec![KIM]]);
    let view = scene.get(send.id);
    assert_eq!((view.state, view.error, view.attempts), (SendState::Sent, None, 3));
    let status = scene.status();
    assert_eq!((status.sent, status.bounced, status.health.sends), (1, 0, 1));
    let sql = "select sum(sent) from days";
    let slots = scene.warmup.home.connection().query_row(sql, [], |row| row.get(0));
    assert_eq!(slots, Ok(1), "it is one mail of the day");
}

#[test]
fn who_is_put_off_too_often_came_back() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", to_three());
    play(&mut scene, (0..20).map(|_| but(vec![no(EVE, 451)])).collect());
    // The second time it is the only one: the server then takes nobody.
    let view = scene.get(send.id);
    let report = view.report.expect("a report");
    assert_eq!((report.class, &*report.address), (ReportClass::Soft, EVE));
    assert_eq!((view.state, view.attempts, scene.handed.len()), (SendState::Bounced, 10, 10));
    assert_eq!(scene.status().bounced, 1);

    let mut scene = Scene::new(false);
    let send = scene.send("k1", to_three());
    let mut outcomes = vec![but(vec![no(EVE, 451)])];
    outcomes.extend((0..20).map(|_| refused(451, "4.2.2", true)));
    play(&mut scene, outcomes);
    let view = scene.get(send.id);
    assert_eq!((view.state, scene.handed.len()), (SendState::Bounced, 10));
    assert_eq!(view.error.as_deref(), Some("not to eve@example.org: 451 4.2.2 no"));
    assert_eq!(view.report.map(|report| report.address).as_deref(), Some(EVE));
    assert!(scene.handed[1..].iter().all(|to| *to == [EVE]));
    assert_eq!(scene.status().bounced, 1);
}

#[test]
fn who_is_refused_and_who_is_put_off_are_told_apart() {
    for (last, state) in [
        (refused(550, "5.1.1", true), SendState::Bounced),
        (refused(554, "", false), SendState::Bounced),
        (accepted(), SendState::Bounced),
    ] {
        let mut scene = Scene::new(false);
        let send = scene.send("k1", to_three());
        play(&mut scene, vec![but(vec![no(EVE, 550), no(KIM, 451)]), last]);
        let view = scene.get(send.id);
        let report = view.report.expect("a report");
        assert_eq!((view.state, &*report.address), (state, EVE));
        assert_eq!(scene.handed, [vec![BOB, EVE, KIM], vec![KIM]]);
        assert_eq!((scene.status().sent, scene.status().bounced), (1, 1));
    }
}

#[test]
fn where_the_answer_to_the_second_try_is_lost_a_person_finds_out() {
    for (outcome, state) in
        [(Resolution::Sent, SendState::Sent), (Resolution::NotSent, SendState::Bounced)]
    {
        let mut scene = Scene::new(false);
        let send = scene.send("k1", to_three());
        scene.run(|| but(vec![no(EVE, 451)]));
        // It is handed over, and nobody lives to hear the answer.
        let is_handed_over = (0..5).any(|_| {
            scene.inbox.fire_alarm();
            scene.inbox.begin().iter().any(|(_, effect)| matches!(effect, Effect::Mail(_)))
        });
        assert!(is_handed_over);
        scene.inbox.restart();
        play(&mut scene, Vec::new());
        let view = scene.get(send.id);
        assert_eq!((view.state, scene.handed.len()), (SendState::Unknown, 1));
        assert!(view.error.expect("an error").starts_with("unknown for eve@example.org: "));
        let resolve = ResolveUnknown { send_id: send.id, outcome };
        scene.ask(InboxCommand::ResolveUnknown(resolve)).expect("resolved");
        play(&mut scene, Vec::new());
        let status = scene.status();
        assert_eq!((scene.get(send.id).state, scene.handed.len()), (state, 1));
        assert_eq!((status.sent, status.unknown), (1, 0), "the others have it");
        assert_eq!(status.bounced, i64::from(state == SendState::Bounced));
    }
}

#[test]
fn a_paused_inbox_tries_nobody_again_until_it_is_resumed() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", to_three());
    scene.run(|| but(vec![no(EVE, 451)]));
    let reason = "a holiday".to_owned();
    scene.ask(InboxCommand::Pause(PauseInbox { reason })).expect("paused");
    scene.until(scene.inbox.now + DAY);
    assert_eq!(scene.handed.len(), 1);
    scene.ask(InboxCommand::Resume(ResumeInbox {})).expect("resumed");
    scene.until(scene.inbox.now + DAY / 12);
    assert_eq!((scene.handed.len(), scene.get(send.id).error), (2, None));
}

#[test]
fn an_address_that_is_named_twice_is_handed_over_once() {
    let mut scene = Scene::new(false);
    let cc = vec!["BOB@example.org".into(), EVE.into()];
    scene.send("k1", NewMail { cc, ..new_mail() });
    play(&mut scene, Vec::new());
    assert_eq!(scene.handed, [[BOB, EVE]]);
}

#[test]
fn a_mail_that_waits_for_room_has_not_tried() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", to_three());
    let busy = || Outcome::Mail(MailOutcome::Busy { why: "others leave first".into() });
    let began = scene.inbox.now;
    play(&mut scene, (0..30).map(|_| busy()).collect());
    let view = scene.get(send.id);
    assert_eq!((view.state, view.attempts), (SendState::Sent, 1));
    assert!(scene.inbox.now - began < 10 * 60_000, "and comes back soon");

    let send = scene.send("k2", to_three());
    let mut outcomes = vec![but(vec![no(EVE, 451)])];
    outcomes.extend((0..20).map(|_| busy()));
    play(&mut scene, outcomes);
    assert_eq!((scene.get(send.id).attempts, scene.get(send.id).error), (2, None));
}
