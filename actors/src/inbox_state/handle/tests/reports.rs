//! Reports of bounces and complaints: what each changes, and what a forged one does not.

use super::*;
use crate::kernel::RefusedRecipient;

#[test]
fn a_report_is_what_it_says_for_the_mail_the_inbox_and_the_person() {
    use ReportClass::{Block, Complaint, Delayed, Hard, Notice, Soft};
    let (bounced, sent) = (SendState::Bounced, SendState::Sent);
    for (class, state, fate, health) in [
        (Hard, bounced, Some(Fate::HardBounced), (1, 0)),
        (Soft, bounced, None, (1, 0)),
        (Block, bounced, None, (1, 0)),
        (Complaint, sent, Some(Fate::Complained), (0, 1)),
        (Delayed, sent, None, (0, 0)),
        (Notice, sent, None, (0, 0)),
    ] {
        for mail in [outreach(), new_mail()] {
            let mut scene = Scene::new(false);
            let send = scene.send("k1", mail.clone());
            scene.run(accepted);
            scene.records.clear();
            let noted = scene.report(about(send.id, told(class)));
            scene.run(accepted);
            let view = scene.get(send.id);
            assert_eq!(view.state, state, "{class:?}");
            let counts = !matches!(class, Delayed | Notice);
            assert_eq!(view.report.as_ref().map(|report| report.class), counts.then_some(class));
            assert_eq!(view.report, noted.clone().unwrap_or_default());
            assert_eq!(noted.is_ok(), counts);
            let told = fate.filter(|_| mail.prospect.is_some());
            assert_eq!(scene.records, told.into_iter().collect::<Vec<_>>(), "{class:?}");
            let reason = fate.and_then(Fate::suppresses).filter(|_| mail.prospect.is_none());
            let reason = reason.map(|reason| ("e:bob@example.org".to_owned(), reason));
            assert_eq!(scene.suppressed, reason.into_iter().collect::<Vec<_>>(), "{class:?}");
            let status = scene.status();
            let (bounces, complaints) = health;
            let complaints = if mail.prospect.is_some() { complaints } else { 0 };
            let found = (status.health.bounced, status.health.complained);
            assert_eq!(found, (bounces, complaints), "{class:?}");
            assert_eq!(status.bounced, bounces);
        }
    }
}

#[test]
fn a_mail_counts_once_however_many_reports_it_gets_and_a_soft_bounce_may_become_a_hard_one() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", outreach());
    scene.run(accepted);
    scene.records.clear();
    for (class, is_new) in [
        (ReportClass::Soft, true),
        (ReportClass::Block, false),
        (ReportClass::Hard, true),
        (ReportClass::Soft, false),
        (ReportClass::Hard, false),
        (ReportClass::Complaint, true),
        (ReportClass::Complaint, false),
    ] {
        let noted = scene.report(about(send.id, told(class))).expect("known");
        assert_eq!(noted.is_some(), is_new, "{class:?}");
    }
    scene.run(accepted);
    // Each once; they leave in no order.
    assert_eq!(scene.records.len(), 2, "{:?}", scene.records);
    for fate in [Fate::HardBounced, Fate::Complained] {
        assert!(scene.records.contains(&fate), "{:?}", scene.records);
    }
    let status = scene.status();
    assert_eq!((status.bounced, status.health.bounced, status.health.complained), (1, 1, 1));
    assert_eq!(status.health.bounce_rate_bp, 10_000, "one mail of one, whatever befell it");
}

#[test]
fn a_forged_report_changes_nothing() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", outreach());
    let waiting = scene.send("k2", new_mail());
    let cancel = InboxCommand::CancelSend(GetSend { send_id: waiting.id });
    scene.ask(cancel).expect("it has not left");
    let cc = vec!["carl@example.org".into()];
    let copied = scene.send("k3", NewMail { cc, ..new_mail() });
    scene.run(accepted);
    let told = || told(ReportClass::Hard);
    let other = |address: &str| ReportedRecipient { address: address.into(), ..told() };
    let by_message = |message_id: &str| RecordReport {
        send_id: None,
        message_id: Some(message_id.into()),
        ..about(send.id, told())
    };
    let silent = |class| ReportedRecipient { address: String::new(), class, ..told() };
    let forwarded = ReportedRecipient {
        original_address: Some("eve@example.org".into()),
        ..other("eve@else.example")
    };
    let before = scene.rows();
    for (why, report) in [
        ("nobody's id", about(SendId(Uuid::from_u128(5)), told())),
        ("a mail that did not leave", about(waiting.id, told())),
        ("another recipient", about(send.id, other("eve@example.org"))),
        ("a part of the address", about(send.id, other("ob@example.org"))),
        ("no recipient", about(send.id, silent(ReportClass::Hard))),
        ("forwarded from elsewhere", about(send.id, forwarded)),
        ("nobody who complains", about(copied.id, silent(ReportClass::Complaint))),
        ("nobody's Message-ID", by_message(&format!("{}@else.example", send.id))),
        ("an empty Message-ID", by_message("")),
        (
            "the token of another mail",
            RecordReport {
                send_id: Some(SendId(Uuid::from_u128(5))),
                ..by_message(&send.message_id)
            },
        ),
        ("no id", RecordReport { recipients: vec![told()], ..RecordReport::default() }),
        ("no recipients", RecordReport { send_id: Some(send.id), ..RecordReport::default() }),
    ] {
        assert_eq!(scene.report(report), Err(Code::NotFound), "{why}");
        assert_eq!(scene.rows(), before, "{why}");
    }
    let command = InboxCommand::RecordReport(about(send.id, told()));
    let person = scene.ask(command).map_err(|reject| reject.code);
    assert_eq!(person, Err(Code::Forbidden));
    assert_eq!(scene.rows(), before);
    assert!(scene.report(by_message(&send.message_id)).expect("known").is_some());
    assert_ne!(scene.rows(), before);
}

#[test]
fn what_was_forwarded_or_does_not_name_who_complains_is_about_the_recipient() {
    let mut scene = Scene::new(false);
    let one = scene.send("k1", outreach());
    let two = scene.send("k2", new_mail());
    scene.run(accepted);
    let forwarded = ReportedRecipient {
        address: "bob@home.example".into(),
        original_address: Some("bob@EXAMPLE.org".into()),
        ..told(ReportClass::Hard)
    };
    let silent = ReportedRecipient { address: String::new(), ..told(ReportClass::Complaint) };
    for (send, recipient) in [(one, forwarded), (two, silent)] {
        let noted = scene.report(about(send.id, recipient)).expect("known").expect("new");
        assert_eq!(noted.address, "Bob@example.org");
    }
}

#[test]
fn of_several_recipients_none_is_suppressed_for_each_could_name_the_others() {
    let mut scene = Scene::new(false);
    let cc = vec!["carl@example.org".into()];
    let send = scene.send("k1", NewMail { cc, ..new_mail() });
    scene.run(accepted);
    for class in [ReportClass::Hard, ReportClass::Complaint] {
        assert!(scene.report(about(send.id, told(class))).expect("known").is_some());
    }
    scene.run(accepted);
    assert_eq!((scene.get(send.id).state, scene.suppressed.len()), (SendState::Bounced, 0));
}

#[test]
fn a_complaint_shows_that_a_mail_left_of_which_nobody_knew() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", outreach());
    scene.run(|| Outcome::Unknown { why: "gone".into() });
    assert_eq!(scene.get(send.id).state, SendState::Unknown);
    scene.report(about(send.id, told(ReportClass::Complaint))).expect("known");
    assert_eq!(scene.get(send.id).state, SendState::Sent);
}

#[test]
fn a_report_that_overtakes_the_answer_of_the_server_is_told_to_come_back() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", new_mail());
    let begun = scene.inbox.begin();
    let (entry, _) =
        begun.iter().find(|(_, effect)| matches!(effect, Effect::Mail(_))).expect("it");
    let hard = || about(send.id, told(ReportClass::Hard));
    let before = scene.rows();
    assert_eq!(scene.report(hard()), Err(Code::Unavailable));
    assert_eq!(scene.rows(), before);
    scene.inbox.settle(entry, &accepted());
    assert!(scene.report(hard()).expect("known").is_some());
    assert_eq!(scene.get(send.id).state, SendState::Bounced);
}

#[test]
fn a_report_shows_that_a_mail_left_which_a_person_had_given_up() {
    for (class, state) in [
        (ReportClass::Hard, SendState::Bounced),
        (ReportClass::Soft, SendState::Bounced),
        (ReportClass::Complaint, SendState::Sent),
    ] {
        let mut scene = Scene::new(false);
        let send = scene.send("k1", outreach());
        scene.run(|| Outcome::Unknown { why: "gone".into() });
        let outcome = Resolution::NotSent;
        let resolve = ResolveUnknown { send_id: send.id, outcome };
        scene.ask(InboxCommand::ResolveUnknown(resolve)).expect("a person said so");
        assert_eq!((scene.get(send.id).state, scene.status().sent), (SendState::Failed, 0));
        scene.inbox.now += 1;
        let noted = scene.report(about(send.id, told(class))).expect("known");
        assert_eq!(noted.map(|report| report.class), Some(class));
        let view = scene.get(send.id);
        assert_eq!((view.state, scene.status().sent), (state, 1), "{class:?}");
        assert!(view.left_at.is_some());
        assert_eq!(scene.status().health.sends, 1);
        assert!(scene.report(about(send.id, told(class))).expect("known").is_none(), "once");
        assert_eq!(scene.status().sent, 1);
    }
}

#[test]
fn every_mail_carries_a_token_that_names_it() {
    let mut scene = Scene::new(false);
    let send = scene.send("k1", new_mail());
    scene.run(accepted);
    let line = scene.content.lines().find_map(|line| line.strip_prefix("X-Postroom-Loop: "));
    assert_eq!(crate::mail::token::read(line.expect("a token")), Some((id(), send.id)));
}

#[test]
fn one_of_several_who_is_refused_is_reported_and_counts_once() {
    for (code, enhanced, class) in [
        (550, Some("5.1.1"), ReportClass::Hard),
        (552, Some("5.2.2"), ReportClass::Soft),
        (554, Some("5.7.1"), ReportClass::Block),
    ] {
        let mut scene = Scene::new(false);
        let mail = NewMail { cc: vec!["eve@example.org".into()], ..new_mail() };
        let send = scene.send("k1", mail);
        let enhanced = enhanced.map(str::to_owned);
        let (address, text) = ("eve@example.org".to_owned(), "no".to_owned());
        let refused = vec![RefusedRecipient { address, code, enhanced, text }];
        scene.run(|| {
            let refused = refused.clone();
            Outcome::Mail(MailOutcome::Accepted { reply: "250 ok".into(), refused })
        });
        let view = scene.get(send.id);
        let report = view.report.expect("a report");
        assert_eq!((report.class, &*report.address), (class, "eve@example.org"), "{code}");
        assert_eq!((view.state, scene.mails.len()), (SendState::Bounced, 1));
        let health = scene.status().health;
        assert_eq!((health.sends, health.bounced), (1, 1));
        assert!(scene.records.is_empty() && scene.suppressed.is_empty(), "others got it");
        for _ in 0..5 {
            scene.inbox.fire_alarm();
            scene.run(accepted);
        }
        assert_eq!(scene.mails.len(), 1, "and it does not leave again");
    }
}
