//! Outreach asks the deployment's suppression list before it leaves.

use super::microsoft::{Graph, HOUR, connected, go_on, well};
use super::*;
use schema::ActorKind;

/// Whom [`outreach`] goes to.
const BOB: &str = "bob@example.org";

fn refused() -> (SendState, Option<String>) {
    (SendState::Refused, Some("suppressed_by_operator".into()))
}

fn end_of(scene: &mut Scene, send: SendId) -> (SendState, Option<String>) {
    let view = scene.get(send);
    (view.state, view.error)
}

/// Goes on until the list is asked, and leaves it without an answer.
fn question(scene: &mut Scene) -> (Entry, Vec<u8>) {
    for _ in 0..20 {
        for (entry, effect) in scene.inbox.begin() {
            let outcome = match effect {
                Effect::Call { actor: ActorKind::RateLimiter, instance, key, command } => {
                    assert_eq!(instance, schema::suppression::instance());
                    assert_eq!(key, "", "the list need not remember that it was asked");
                    return (entry, command);
                }
                Effect::Call { actor: ActorKind::ProspectDedup, .. } => {
                    let granted = PermitReply::Granted { valid_until: None };
                    Outcome::Done(to_json(&granted))
                }
                Effect::Mail(job) => panic!("{} leaves", job.send_id),
                _ => Outcome::Done(b"{}".to_vec()),
            };
            scene.inbox.settle(&entry, &outcome);
        }
    }
    panic!("the list is never asked");
}

/// What an inbox that goes on asks a prospect next, by its key, and nobody else before.
fn asks_prospect(scene: &mut Scene) -> (Entry, String) {
    for _ in 0..20 {
        for (entry, effect) in scene.inbox.begin() {
            match effect {
                Effect::Call { actor: ActorKind::ProspectDedup, key, .. } => return (entry, key),
                Effect::Summary(_) => scene.inbox.settle(&entry, &Outcome::Done(Vec::new())),
                other => panic!("{other:?}"),
            }
        }
        scene.inbox.fire_alarm();
    }
    panic!("the prospect is never asked");
}

#[test]
fn a_permission_whose_answer_was_long_in_coming_is_asked_for_anew() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", outreach());
    let (entry, first) = asks_prospect(&mut scene);
    scene.inbox.settle(&entry, &Outcome::Failed { why: "the answer is lost".into() });
    scene.inbox.now += HOUR / 6;
    let (entry, same) = asks_prospect(&mut scene);
    assert_eq!(first, same, "the prospect tells what it said then");
    let granted = to_json(&PermitReply::Granted { valid_until: None });
    scene.inbox.settle(&entry, &Outcome::Done(granted));
    let (entry, anew) = asks_prospect(&mut scene);
    assert_ne!(first, anew, "much may have come between");
    let denied = PermitReply::Denied { reason: Denial::OptOut, retry_after_ms: None };
    scene.inbox.settle(&entry, &Outcome::Done(to_json(&denied)));
    scene.run(accepted);
    assert_eq!((scene.get(send.id).state, scene.mails.len()), (SendState::Refused, 0));
}

#[test]
fn a_permission_whose_question_has_no_time_is_asked_for_anew() {
    let mut scene = Scene::new(false);
    scene.send("k1", outreach());
    let (entry, first) = asks_prospect(&mut scene);
    // As a version before has left it.
    let entry = Entry { body: Vec::new(), ..entry };
    let granted = to_json(&PermitReply::Granted { valid_until: None });
    scene.inbox.settle(&entry, &Outcome::Done(granted));
    let (_, anew) = asks_prospect(&mut scene);
    assert_ne!(first, anew, "it may have been answered long ago");
}

#[test]
fn whom_the_list_has_gets_no_outreach_and_slot_and_step_are_free() {
    let mut scene = Scene::new(true);
    scene.listed = vec![BOB.into()];
    let send = scene.send("k1", outreach());
    scene.run(accepted);
    assert_eq!(end_of(&mut scene, send.id), refused());
    assert_eq!((scene.mails.len(), scene.permits, scene.screenings), (0, 1, 1));
    assert_eq!(scene.records, [Fate::Released]);
    for n in 0..6 {
        scene.send(&format!("next{n}"), new_mail());
    }
    scene.run(accepted);
    assert_eq!(scene.mails.len(), 5, "an answer goes to whom the list has");
    assert_eq!(scene.screenings, 1, "and is not asked about");
}

#[test]
fn who_was_lifted_gets_the_next_mail() {
    let mut scene = Scene::new(false);
    scene.listed = vec![BOB.into()];
    let first = scene.send("k1", outreach());
    scene.run(accepted);
    scene.listed.clear();
    let next = scene.send("k2", outreach());
    scene.run(accepted);
    assert_eq!(end_of(&mut scene, first.id), refused());
    assert_eq!(scene.get(next.id).state, SendState::Sent);
    assert_eq!((scene.mails.len(), scene.screenings), (1, 2), "one question a mail");
}

#[test]
fn who_is_suppressed_between_permission_and_mail_gets_none() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", outreach());
    let (entry, command) = question(&mut scene);
    assert_eq!(scene.get(send.id).state, SendState::Permitted);
    scene.inbox.settle(&entry, &screened(&command, &[BOB.into()]));
    scene.run(accepted);
    assert_eq!(end_of(&mut scene, send.id), refused());
    assert_eq!((scene.mails.len(), scene.records.as_slice()), (0, [Fate::Released].as_slice()));
}

#[test]
fn who_is_suppressed_between_two_tries_gets_no_second_one() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", outreach());
    scene.run(|| Outcome::Mail(MailOutcome::NotSent { why: "no route".into() }));
    assert_eq!(scene.mails.len(), 1);
    scene.listed = vec![BOB.into()];
    scene.inbox.now += HOUR;
    scene.inbox.fire_alarm();
    scene.run(accepted);
    assert_eq!(end_of(&mut scene, send.id), refused());
    assert_eq!((scene.mails.len(), scene.screenings), (1, 2));
}

#[test]
fn while_the_list_is_away_mails_wait_and_old_permissions_are_asked_for_anew() {
    let mut scene = Scene::new(false);
    scene.list_is_away = true;
    let send = scene.send("k1", outreach());
    scene.run(accepted);
    let began = scene.inbox.now;
    while scene.inbox.now < began + HOUR {
        assert!(scene.inbox.fire_alarm(), "it sleeps for good");
        scene.run(accepted);
    }
    assert!(scene.get(send.id).state.waits() && scene.mails.is_empty());
    assert!((2..=13).contains(&scene.permits), "{} in an hour", scene.permits);
    scene.list_is_away = false;
    scene.until(scene.inbox.now + HOUR / 6);
    assert_eq!((scene.get(send.id).state, scene.mails.len()), (SendState::Sent, 1));
}

#[test]
fn an_answer_to_a_question_of_before_lets_nothing_leave() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", outreach());
    let (before, command) = question(&mut scene);
    // The answer is long in coming: the permission gets old, and there is another one.
    scene.inbox.now += HOUR / 6;
    scene.inbox.restart();
    let begun = scene.inbox.begin();
    let asks = begun.iter().any(|(_, effect)| matches!(effect, Effect::Call { .. }));
    assert!(!asks, "an old permission is asked for anew, first");
    assert_eq!(scene.get(send.id).state, SendState::Reserved);
    scene.inbox.fire_alarm();
    let (entry, _) = question(&mut scene);
    scene.inbox.settle(&before, &screened(&command, &[]));
    assert!(!scene.inbox.begin().iter().any(|(_, effect)| matches!(effect, Effect::Mail(_))));
    scene.inbox.settle(&entry, &screened(&command, &[BOB.into()]));
    scene.run(accepted);
    assert_eq!(end_of(&mut scene, send.id), refused());
    assert!(scene.mails.is_empty());
}

#[test]
fn a_mail_that_is_taken_back_while_the_list_is_asked_does_not_leave() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", outreach());
    let (entry, command) = question(&mut scene);
    scene.ask(InboxCommand::CancelSend(GetSend { send_id: send.id })).expect("taken back");
    scene.inbox.settle(&entry, &screened(&command, &[]));
    scene.run(accepted);
    assert_eq!((scene.get(send.id).state, scene.mails.len()), (SendState::Cancelled, 0));
    assert_eq!(scene.records, [Fate::Released]);
}

#[test]
fn a_mail_that_was_permitted_before_there_was_a_list_does_not_leave_unasked() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", outreach());
    let (entry, command) = question(&mut scene);
    scene.inbox.settle(&entry, &screened(&command, &[]));
    let unasked = "update ledger set screened = 0";
    scene.inbox.home.connection().execute(unasked, []).expect("the ledger");
    scene.listed = vec![BOB.into()];
    scene.run(accepted);
    assert_eq!((scene.get(send.id).state, scene.mails.len()), (SendState::Reserved, 0));
    scene.inbox.fire_alarm();
    scene.run(accepted);
    assert_eq!(end_of(&mut scene, send.id), refused());
    assert!(scene.mails.is_empty());
}

#[test]
fn no_draft_is_made_for_whom_the_list_has() {
    let (mut scene, mut graph) = (connected(), Graph::default());
    scene.listed = vec![BOB.into()];
    let send = scene.send("k1", outreach());
    let other = scene.send("k2", outreach_to(2));
    let until = scene.inbox.now + HOUR / 2;
    go_on(&mut scene, &mut graph, until, well);
    assert_eq!(end_of(&mut scene, send.id), refused());
    assert_eq!(scene.get(other.id).state, SendState::Sent);
    assert_eq!((graph.drafts.len(), graph.accepted.len()), (1, 1));
}
