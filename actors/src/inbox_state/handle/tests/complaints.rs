//! Complaints: when they warn and pause, whose count, and for how long.

use super::*;

#[test]
fn complaints_pause_an_inbox_as_bounces_do() {
    let mut scene = Scene::new(false);
    let ids: Vec<SendId> =
        (0..20).map(|n| scene.send(&format!("k{n}"), outreach_to(n)).id).collect();
    scene.run(accepted);
    scene.report(about(ids[0], told_by_reader(0, ReportClass::Complaint))).expect("known");
    assert_eq!(scene.status().status, InboxStatus::Active);
    scene.report(about(ids[1], told_by_reader(1, ReportClass::Block))).expect("known");
    let status = scene.status();
    assert_eq!(status.status, InboxStatus::Paused);
    let why = "by address, 1 of the last 20 mails came back, 1 were complained about";
    assert_eq!(status.pause_reason.as_deref(), Some(why));
}

/// An inbox whose first mails are complained about by their readers, each before the next is.
fn with_complaints(sends: usize, complaints: usize) -> Scene {
    let mut scene = Scene::new(false);
    let ids: Vec<_> = (0..sends).map(|n| scene.send(&format!("k{n}"), outreach_to(n)).id).collect();
    scene.run(accepted);
    for (n, id) in ids[..complaints].iter().enumerate() {
        scene.report(about(*id, told_by_reader(n, ReportClass::Complaint))).expect("known");
    }
    scene
}

/// What is told of somebody who was written to by outreach.
fn told_by_reader(n: usize, class: ReportClass) -> ReportedRecipient {
    ReportedRecipient { address: outreach_to(n).to.swap_remove(0), ..told(class) }
}

#[test]
fn complaints_warn_from_a_tenth_of_a_per_cent_and_pause_from_three_once_there_are_two() {
    for (sends, complaints, warned, paused) in [
        (19, 2, false, false),
        (50, 1, true, false),
        (60, 2, true, true),
        (666, 2, true, true),
        (667, 2, true, false),
        (1_000, 1, true, false),
        (1_001, 1, false, false),
    ] {
        let mut scene = with_complaints(sends, complaints);
        let view = scene.status();
        let found = &view.health.complaints;
        assert_eq!((found.sends, found.people), (sends as i64, complaints as i64));
        let is_warned = found.warned_at.is_some();
        let is_paused = view.status == InboxStatus::Paused;
        assert_eq!((is_warned, is_paused), (warned, paused), "{complaints} of {sends}");
        if paused {
            let why = "people complained about the last";
            let why = format!("{complaints} {why} {sends} mails of outreach");
            assert_eq!(view.pause_reason, Some(why));
        }
    }
}

#[test]
fn a_warning_ends_as_the_window_moves_on_and_says_so() {
    let mut scene = with_complaints(50, 1);
    let told = |scene: &Scene, kind: &str| {
        scene.rows().iter().filter(|row| row.starts_with("events") && row.contains(kind)).count()
    };
    assert!(scene.status().health.complaints.warned_at.is_some());
    let left = scene.inbox.now;
    scene.until(left + COMPLAINT_WINDOW_MS - 1);
    assert_eq!((told(&scene, "inbox.warned"), told(&scene, "inbox.recovered")), (1, 0));
    assert!(scene.status().health.complaints.warned_at.is_some(), "nothing has left since");
    scene.until(left + COMPLAINT_WINDOW_MS);
    assert_eq!(scene.status().health.complaints.warned_at, None, "and nothing had to");
    assert_eq!((told(&scene, "inbox.warned"), told(&scene, "inbox.recovered")), (1, 1));
}

#[test]
fn complaints_behind_the_window_are_forgotten_and_count_no_more() {
    let mut scene = with_complaints(50, 1);
    let left = scene.inbox.now;
    scene.until(left + COMPLAINT_WINDOW_MS - 1);
    assert_eq!(scene.inbox.count("complaints"), 1);
    scene.until(left + COMPLAINT_WINDOW_MS);
    assert_eq!(scene.inbox.count("complaints"), 0);
    let list = ListSends { limit: Some(100), ..ListSends::default() };
    let page = scene.ask(InboxCommand::ListSends(list)).expect("a list");
    let page: SendPage = serde_json::from_value(page).expect("a page");
    let known = page.sends.iter().find(|send| send.report.is_some()).expect("the one").id;
    let version = scene.status().version;
    let again = about(known, told_by_reader(0, ReportClass::Complaint));
    assert_eq!(scene.report(again), Ok(None));
    assert_eq!((scene.inbox.count("complaints"), scene.status().version), (0, version));
}

/// An inbox whose first mails of fifty go to some addresses, whose people all complain.
fn complained_about_by(addresses: &[&str]) -> InboxView {
    let mut scene = Scene::new(false);
    let to = |n: usize| match addresses.get(n) {
        Some(address) => NewMail { to: vec![(*address).into()], ..outreach() },
        None => outreach_to(n),
    };
    let ids: Vec<SendId> = (0..50).map(|n| scene.send(&format!("k{n}"), to(n)).id).collect();
    scene.run(accepted);
    for (id, address) in ids.iter().zip(addresses) {
        let address = (*address).to_owned();
        let told = ReportedRecipient { address, ..told(ReportClass::Complaint) };
        assert!(scene.report(about(*id, told)).expect("known").is_some());
    }
    scene.status()
}

#[test]
fn few_mails_are_no_better_a_target_for_who_has_a_domain() {
    let mut scene = Scene::new(false);
    let own = |n: usize| NewMail { to: vec![format!("bob{n}@own.example")], ..outreach() };
    let to = |n: usize| if n < 5 { own(n) } else { outreach_to(n) };
    let ids: Vec<SendId> = (0..20).map(|n| scene.send(&format!("k{n}"), to(n)).id).collect();
    scene.run(accepted);
    for (n, id) in ids[..5].iter().enumerate() {
        let address = own(n).to.swap_remove(0);
        let told = ReportedRecipient { address, ..told(ReportClass::Complaint) };
        assert!(scene.report(about(*id, told)).expect("known").is_some());
    }
    let view = scene.status();
    assert_eq!((view.status, view.health.complained), (InboxStatus::Active, 5));
    assert_eq!(view.health.bounce_rate_bp, 500, "one of twenty");
    scene.report(about(ids[5], told_by_reader(5, ReportClass::Complaint))).expect("known");
    assert_eq!(scene.status().status, InboxStatus::Paused);
}

#[test]
fn the_addresses_of_one_domain_stop_no_inbox_but_for_providers_whom_many_share() {
    use InboxStatus::{Active, Paused};
    for (addresses, status) in [
        (&["bob@own.example", "eve@own.example"][..], Active),
        (&["bob@own.example", "eve@OWN.example", "kim@own.example"], Active),
        (&["bob@own.example", "eve@own.example", "eve@else.example"], Paused),
        (&["bob@own.example", "bob@gmail.com"], Paused),
        (&["bob@gmail.com", "eve@gmail.com"], Paused),
        (&["bob@gmx.de", "eve@gmx.de"], Paused),
        (&["bob@gmail.com", "b.o.b+2@googlemail.com"], Active),
    ] {
        let view = complained_about_by(addresses);
        assert_eq!(view.status, status, "{addresses:?}: {:?}", view.pause_reason);
        assert!(view.health.complaints.warned_at.is_some(), "{addresses:?} warn all the same");
    }
}

#[test]
fn a_warning_ends_as_more_mails_leave_and_a_fresh_window_ends_it() {
    let mut scene = with_complaints(50, 1);
    for n in 50..1_001 {
        scene.send(&format!("k{n}"), outreach_to(n));
    }
    scene.run(accepted);
    let found = scene.status().health.complaints;
    assert_eq!((found.sends, found.people, found.warned_at), (1_001, 1, None));
    let mut scene = with_complaints(60, 2);
    scene.until(scene.inbox.now + DAY);
    assert_eq!(scene.status().status, InboxStatus::Paused);
    scene.ask(InboxCommand::Resume(ResumeInbox {})).expect("resumed");
    let view = scene.status();
    assert_eq!((view.status, view.health.complaints.people), (InboxStatus::Active, 0));
    assert_eq!(view.health.complaints.warned_at, None);
}

#[test]
fn the_end_of_a_pause_by_hand_forgives_no_complaint() {
    let mut scene = with_complaints(60, 1);
    let second = scene.send("late", outreach_to(60)).id;
    scene.run(accepted);
    let stop_and_go = |scene: &mut Scene| {
        let pause = InboxCommand::Pause(PauseInbox { reason: "holiday".into() });
        scene.ask(pause).expect("paused");
        scene.inbox.now += DAY;
        scene.ask(InboxCommand::Resume(ResumeInbox {})).expect("resumed");
        scene.status()
    };
    let view = stop_and_go(&mut scene);
    assert_eq!((view.status, view.health.complaints.people), (InboxStatus::Active, 1));
    assert!(view.health.complaints.warned_at.is_some());
    // What comes in while it is paused by hand is judged when it goes on.
    let pause = InboxCommand::Pause(PauseInbox { reason: "holiday".into() });
    scene.ask(pause).expect("paused");
    scene.report(about(second, told_by_reader(60, ReportClass::Complaint))).expect("known");
    assert_eq!(scene.status().pause_reason.as_deref(), Some("holiday"));
    scene.ask(InboxCommand::Resume(ResumeInbox {})).expect("resumed");
    let view = scene.status();
    let why = "2 people complained about the last 61 mails of outreach";
    assert_eq!((view.status, view.pause_reason.as_deref()), (InboxStatus::Paused, Some(why)));
    scene.ask(InboxCommand::Resume(ResumeInbox {})).expect("now it is known");
    assert_eq!(stop_and_go(&mut scene).health.complaints.people, 0);
}

#[test]
fn only_a_proven_complaint_about_outreach_counts_against_the_inbox() {
    type Case<'a> = (&'a dyn Fn(SendId, &str) -> RecordReport, fn(usize) -> NewMail, i64);
    let complains = |address: &str| ReportedRecipient {
        address: address.to_owned(),
        ..told(ReportClass::Complaint)
    };
    let proven = |id, address: &str| about(id, complains(address));
    let unproven =
        |id, address: &str| RecordReport { is_proven: false, ..about(id, complains(address)) };
    let wish = |id, address: &str| {
        let reason = ReportReason::Unsubscribe;
        about(id, ReportedRecipient { reason, ..complains(address) })
    };
    let cases: [Case<'_>; 4] = [
        (&proven, outreach_to, 2),
        (&proven, mail_to, 0),
        (&unproven, outreach_to, 0),
        (&wish, outreach_to, 0),
    ];
    for (case, (made, mail, people)) in cases.into_iter().enumerate() {
        let mut scene = Scene::new(false);
        let ids: Vec<SendId> = (0..40).map(|n| scene.send(&format!("k{n}"), mail(n)).id).collect();
        scene.run(accepted);
        scene.records.clear();
        for (n, id) in ids[..2].iter().enumerate() {
            let report = made(*id, &mail(n).to[0]);
            assert!(scene.report(report).expect("known").is_some(), "{case}");
        }
        let view = scene.status();
        let found = (view.health.complained, view.health.complaints.people);
        assert_eq!(found, (people, people), "{case}");
        assert_eq!(view.status == InboxStatus::Paused, people > 0, "{case}");
        scene.run(accepted);
        assert_eq!(scene.records.len() + scene.suppressed.len(), 2, "{case}: their wish holds");
    }
}

#[test]
fn a_complaint_that_is_proven_later_counts_once_and_changes_the_mail_no_more() {
    let mut scene = with_complaints(30, 0);
    let send = scene.send("k30", outreach_to(30));
    scene.run(accepted);
    let told = || about(send.id, told_by_reader(30, ReportClass::Complaint));
    let unproven = RecordReport { is_proven: false, ..told() };
    assert!(scene.report(unproven).expect("known").is_some());
    assert_eq!(scene.status().health.complaints.people, 0);
    for _ in 0..2 {
        assert_eq!(scene.report(told()), Ok(None));
        assert_eq!(scene.status().health.complaints.people, 1);
    }
    assert_eq!(scene.inbox.count("complaints"), 1);
}

#[test]
fn a_single_correspondent_pauses_no_inbox_whatever_they_report_from_however_many_addresses() {
    let mut scene = Scene::new(false);
    let spellings = ["bob@example.org", "BOB+spring@example.org", "Bob+2@EXAMPLE.ORG"];
    let mut ids = Vec::new();
    for (n, spelling) in spellings.iter().cycle().take(24).enumerate() {
        let mail = NewMail { to: vec![(*spelling).into()], ..outreach() };
        ids.push((scene.send(&format!("k{n}"), mail).id, *spelling));
    }
    scene.run(accepted);
    // One domain gets few at once.
    scene.until(scene.inbox.now + 300_000);
    for (id, spelling) in ids {
        for class in [ReportClass::Hard, ReportClass::Complaint] {
            let recipient = ReportedRecipient { address: spelling.into(), ..told(class) };
            assert!(scene.report(about(id, recipient)).expect("known").is_some());
        }
    }
    let view = scene.status();
    assert_eq!(view.status, InboxStatus::Active);
    let health = view.health;
    assert_eq!((health.sends, health.bounced, health.complained), (24, 1, 1));
    assert_eq!((health.bounce_rate_bp, health.complaints.people), (416, 1));
}
