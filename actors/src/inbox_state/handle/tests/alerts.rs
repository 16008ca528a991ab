//! What operators are told of an inbox: each change once.

use super::health::with_bounces;
use super::*;
use schema::alert::AlertKind::{InboxPaused, InboxWarned, ReviewNeeded};
use schema::alert::{AlertKind, AlertState};

/// Kinds, whether they begin, and why.
fn told(scene: &Scene) -> Vec<(AlertKind, bool, Option<&str>)> {
    let one = |alert: &Alert| {
        assert_eq!((alert.workspace_id, alert.inbox_id), (WORKSPACE, Some(id())));
        assert_eq!(alert.email.as_deref(), Some("ann@example.com"));
        alert.state == AlertState::Raised
    };
    let all = scene.alerts.iter();
    all.map(|alert| (alert.kind, one(alert), alert.reason.as_deref())).collect()
}

fn resume(scene: &mut Scene) {
    scene.inbox.now += 1;
    scene.ask(InboxCommand::Resume(ResumeInbox {})).expect("resumed");
    scene.run(accepted);
}

#[test]
fn each_pause_and_each_end_of_one_is_told_once_with_its_reason() {
    let mut scene = with_bounces(20, 2);
    let why = "by address, 2 of the last 20 mails came back";
    assert_eq!(told(&scene), [(InboxPaused, true, Some(why))]);
    let pause = || InboxCommand::Pause(PauseInbox { reason: "holiday".into() });
    scene.ask(pause()).expect("it is paused");
    resume(&mut scene);
    resume(&mut scene);
    scene.inbox.now += 1;
    scene.ask(pause()).expect("paused");
    scene.ask(pause()).expect("it is paused");
    scene.inbox.restart();
    scene.run(accepted);
    let more = [(InboxPaused, false, None), (InboxPaused, true, Some("holiday"))];
    assert_eq!(told(&scene)[1..], more);
}

#[test]
fn a_pause_that_follows_another_at_once_is_told_as_one_for_another_reason() {
    let mut scene = Scene::new(false);
    let ids: Vec<SendId> = (0..20).map(|n| scene.send(&format!("k{n}"), mail_to(n)).id).collect();
    scene.run(accepted);
    scene.ask(InboxCommand::Pause(PauseInbox { reason: "holiday".into() })).expect("paused");
    for (n, id) in ids.iter().take(2).enumerate() {
        scene.report(about(*id, told_by(n, ReportClass::Hard))).expect("noted");
    }
    resume(&mut scene);
    let why = "by address, 2 of the last 20 mails came back";
    let wanted = [(InboxPaused, true, Some("holiday")), (InboxPaused, true, Some(why))];
    assert_eq!(told(&scene), wanted);
}

#[test]
fn too_many_complaints_are_told_and_so_is_their_end() {
    let mut scene = Scene::new(false);
    let ids: Vec<_> = (0..50).map(|n| scene.send(&format!("k{n}"), outreach_to(n)).id).collect();
    scene.run(accepted);
    let address = outreach_to(0).to.swap_remove(0);
    let complaint = ReportedRecipient { address, ..super::told(ReportClass::Complaint) };
    scene.report(about(ids[0], complaint)).expect("known");
    scene.run(accepted);
    let why = "1 people complained about the last 50 mails of outreach";
    assert_eq!(told(&scene), [(InboxWarned, true, Some(why))]);
    scene.until(scene.inbox.now + COMPLAINT_WINDOW_MS + DAY);
    assert_eq!(told(&scene)[1..], [(InboxWarned, false, None)]);
}

#[test]
fn each_mail_of_which_nobody_knows_whether_it_left_is_told_of_and_when_none_is_left() {
    let mut scene = Scene::new(false);
    let lost = || Outcome::Mail(MailOutcome::Unknown { why: "no answer".into() });
    let why = "nobody knows whether a mail has left";
    let mut ids: Vec<SendId> = Vec::new();
    for n in 0..3 {
        ids.push(scene.send(&format!("k{n}"), mail_to(n)).id);
        scene.run(lost);
        scene.run(accepted);
        // Whoever rings was perhaps not there for the first: it drops what is no news.
        assert_eq!(told(&scene), vec![(ReviewNeeded, true, Some(why)); n + 1]);
    }
    for send_id in ids {
        assert_eq!(told(&scene).len(), 3);
        scene.inbox.now += 1;
        let resolve = ResolveUnknown { send_id, outcome: Resolution::NotSent };
        scene.ask(InboxCommand::ResolveUnknown(resolve)).expect("resolved");
        scene.run(accepted);
    }
    assert_eq!(told(&scene)[3..], [(ReviewNeeded, false, None)]);
}

#[test]
fn a_later_change_is_told_with_a_later_time_though_the_clock_stands_still() {
    let mut scene = Scene::new(false);
    for _ in 0..3 {
        let pause = PauseInbox { reason: "holiday".into() };
        scene.ask(InboxCommand::Pause(pause)).expect("paused");
        scene.run(accepted);
        scene.ask(InboxCommand::Resume(ResumeInbox {})).expect("resumed");
        scene.run(accepted);
        scene.inbox.restart();
    }
    scene.alerts.sort_by_key(|alert| alert.at);
    let now = scene.alerts[0].at;
    let times: Vec<_> = scene.alerts.iter().map(|alert| alert.at - now).collect();
    let states: Vec<_> = scene.alerts.iter().map(|alert| alert.state).collect();
    let (raised, recovered) = (AlertState::Raised, AlertState::Recovered);
    assert_eq!(times, [0, 1, 2, 3, 4, 5]);
    assert_eq!(states, [raised, recovered, raised, recovered, raised, recovered]);
}
