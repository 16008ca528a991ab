//! When bounces pause an inbox, and what a paused one does.

use super::*;

/// An inbox that has sent some mails, of which the first came back at once.
pub fn with_bounces(sends: usize, bounces: usize) -> Scene {
    let mut scene = Scene::new(false);
    let mut left = 0;
    for n in 0..sends {
        scene.send(&format!("k{n}"), mail_to(n));
    }
    // The bounces come first, so that the share is judged at its highest last.
    scene.run(|| {
        left += 1;
        if left <= bounces { refused(550, "5.1.1", true) } else { accepted() }
    });
    scene
}

#[test]
fn exactly_five_per_cent_does_not_pause_and_anything_over_does() {
    for (sends, bounces, paused) in
        [(20, 1, false), (19, 19, false), (20, 2, true), (100, 5, false), (100, 6, true)]
    {
        let mut scene = Scene::new(false);
        let mut ids = Vec::new();
        for n in 0..sends {
            ids.push(scene.send(&format!("k{n}"), mail_to(n)).id);
        }
        scene.run(accepted);
        for (n, send_id) in ids[..bounces].iter().enumerate() {
            for _ in 0..2 {
                let report = about(*send_id, told_by(n, ReportClass::Hard));
                scene.report(report).expect("noted");
            }
        }
        let status = scene.status();
        let is_paused = status.status == InboxStatus::Paused;
        assert_eq!((is_paused, status.bounced), (paused, bounces as i64), "{bounces}/{sends}");
    }
}

#[test]
fn a_paused_inbox_sends_nothing_until_a_person_resumes_it_with_a_fresh_window() {
    let mut scene = with_bounces(20, 2);
    let status = scene.status();
    assert_eq!((status.status, status.health.sends), (InboxStatus::Paused, 20));
    let seen = scene.mails.len();
    scene.send("later", new_mail());
    scene.until(scene.inbox.now + DAY);
    assert_eq!((scene.mails.len(), scene.status().waiting), (seen, 1));
    let resume = InboxCommand::Resume(ResumeInbox {});
    for who in [system(), agent(2, Role::Agent)] {
        let refused = scene.inbox.call(&who, None, &resume).map_err(|reject| reject.code);
        assert_eq!(refused, Err(Code::Forbidden));
    }
    scene.ask(resume).expect("resumed");
    scene.inbox.now += 1;
    scene.run(accepted);
    let status = scene.status();
    assert_eq!((scene.mails.len(), status.status), (seen + 1, InboxStatus::Active));
    assert_eq!((status.health.sends, status.health.bounced), (1, 0));
}

#[test]
fn an_inbox_that_is_paused_while_a_mail_waits_for_its_turn_lets_nothing_leave() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", new_mail());
    let pause = InboxCommand::Pause(PauseInbox { reason: "holiday".into() });
    scene.ask(pause).expect("paused");
    scene.run(accepted);
    assert!(scene.mails.is_empty());
    assert_eq!(scene.get(send.id).state, SendState::Permitted);
    scene.ask(InboxCommand::Resume(ResumeInbox {})).expect("resumed");
    scene.run(accepted);
    assert_eq!(scene.get(send.id).state, SendState::Sent);
}

#[test]
fn the_end_of_a_pause_by_hand_forgives_no_bounce() {
    let mut scene = Scene::new(false);
    let ids: Vec<SendId> = (0..20).map(|n| scene.send(&format!("k{n}"), mail_to(n)).id).collect();
    scene.run(accepted);
    let bounce = |scene: &mut Scene, n: usize| {
        scene.report(about(ids[n], told_by(n, ReportClass::Hard))).expect("noted");
    };
    let resume = |scene: &mut Scene| {
        scene.inbox.now += 1;
        let reply = scene.ask(InboxCommand::Resume(ResumeInbox {})).expect("resumed");
        serde_json::from_value::<InboxView>(reply).expect("a view")
    };
    bounce(&mut scene, 0);
    let pause = || InboxCommand::Pause(PauseInbox { reason: "holiday".into() });
    scene.ask(pause()).expect("paused");
    let view = resume(&mut scene);
    assert_eq!((view.status, view.health.bounced), (InboxStatus::Active, 1));
    scene.ask(pause()).expect("paused");
    bounce(&mut scene, 1);
    let view = resume(&mut scene);
    let why = "by address, 2 of the last 20 mails came back";
    assert_eq!((view.status, view.pause_reason.as_deref()), (InboxStatus::Paused, Some(why)));
    let view = resume(&mut scene);
    assert_eq!((view.status, view.health.sends), (InboxStatus::Active, 0), "now it is known");
}
