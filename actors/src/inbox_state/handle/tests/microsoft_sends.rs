//! An inbox that sends through a mailbox at Microsoft: each mail becomes a draft, and leaves once.

use super::microsoft::*;
use super::*;
use crate::mail::graph::{MicrosoftJob, Task};
use schema::microsoft::ConnectMicrosoft;

#[test]
fn a_mail_becomes_a_draft_that_is_known_and_then_leaves() {
    let (mut scene, mut graph) = (connected(), Graph::default());
    let status = scene.status();
    assert_eq!((&*status.transport, &*status.email), ("microsoft", "ann@example.com"));
    let send = scene.send("k1", new_mail());
    play(&mut scene, &mut graph, well);
    let sent = scene.get(send.id);
    assert_eq!((sent.state, &*sent.message_id), (SendState::Sent, "X1@outlook.test"));
    assert_eq!((graph.accepted.len(), graph.refreshes), (1, 0));
    assert_eq!(scene.inbox.count("drafts"), 0);
}

#[test]
fn fifty_mails_that_wait_for_a_token_cause_one_refresh() {
    let (mut scene, mut graph) = (connected(), Graph::default());
    scene.inbox.now += 2 * HOUR;
    for key in 0..50 {
        scene.send(&format!("k{key}"), new_mail());
    }
    let until = scene.inbox.now + HOUR / 2;
    go_on(&mut scene, &mut graph, until, well);
    assert_eq!((graph.refreshes, graph.accepted.len(), graph.drafts.len()), (1, 50, 50));
}

#[test]
fn outreach_of_a_young_inbox_leaves_three_at_a_time_too() {
    for (warmup, all) in [(false, 12), (true, 5)] {
        let (mut scene, mut graph) = (connected(), Graph::default());
        let configure = ConfigureInbox { warmup: Some(warmup), ..ConfigureInbox::default() };
        scene.ask(InboxCommand::Configure(configure)).expect("changed");
        scene.warmup.now = scene.inbox.now;
        play(&mut scene, &mut graph, well);
        for n in 0..12 {
            let to = vec![format!("bob@{n}.example.org")];
            scene.send(&format!("k{n}"), NewMail { to, ..outreach() });
        }
        let until = scene.inbox.now + HOUR / 2;
        go_on(&mut scene, &mut graph, until, well);
        assert_eq!((graph.accepted.len(), graph.drafts.len()), (all, all), "warm-up: {warmup}");
    }
}

#[test]
fn a_mail_that_is_taken_back_makes_room_for_the_next() {
    let (mut scene, mut graph) = (connected(), Graph::default());
    let sends: Vec<_> = (0..8).map(|n| scene.send(&format!("k{n}"), new_mail()).id).collect();
    let begun = scene.inbox.begin();
    for send_id in &sends[..2] {
        scene.ask(InboxCommand::CancelSend(GetSend { send_id: *send_id })).expect("taken back");
    }
    scene.inbox.fire_alarm();
    for (entry, effect) in begun {
        let outcome = match &effect {
            Effect::Microsoft(job) => Outcome::Microsoft(graph.carry_out(job)),
            _ => Outcome::Done(Vec::new()),
        };
        scene.inbox.settle(&entry, &outcome);
    }
    let until = scene.inbox.now + HOUR / 2;
    go_on(&mut scene, &mut graph, until, well);
    assert_eq!((graph.accepted.len(), graph.drafts.len()), (6, 8));
}

#[test]
fn an_answer_that_is_lost_is_looked_up_and_nothing_leaves_twice() {
    for wrong in [Wrong::Lost, Wrong::Cut, Wrong::Died] {
        let (mut scene, mut graph) = (connected(), Graph::default());
        let send = scene.send("k1", new_mail());
        let until = scene.inbox.now + 3 * HOUR;
        go_on(&mut scene, &mut graph, until, once(wrong, is_send));
        assert_eq!(scene.get(send.id).state, SendState::Sent, "{wrong:?}");
        assert_eq!((graph.accepted.len(), graph.drafts.len()), (1, 1), "{wrong:?}");
    }
}

#[test]
fn what_is_nowhere_for_hours_is_for_a_person() {
    let (mut scene, mut graph) = (connected(), Graph { hides: true, ..Graph::default() });
    let send = scene.send("k1", new_mail());
    let until = scene.inbox.now + DAY;
    go_on(&mut scene, &mut graph, until, once(Wrong::Lost, is_send));
    assert_eq!(scene.get(send.id).state, SendState::Unknown);
    assert_eq!(graph.accepted.len(), 1);
    assert_eq!(scene.status().unknown, 1);
}

#[test]
fn a_mailbox_whose_tokens_are_taken_back_waits_for_a_new_log_in() {
    let (mut scene, mut graph) = (connected(), Graph { is_revoked: true, ..Graph::default() });
    let send = scene.send("k1", new_mail());
    let until = scene.inbox.now + DAY;
    go_on(&mut scene, &mut graph, until, |task| match task {
        Task::Refresh => Wrong::Nothing,
        _ => Wrong::Over,
    });
    let status = scene.status();
    assert_eq!(status.status, InboxStatus::Paused);
    assert!(status.pause_reason.expect("a reason").contains("connect"));
    let resumed = scene.ask(InboxCommand::Resume(ResumeInbox {}));
    assert_eq!(resumed.map_err(|reject| reject.code), Err(Code::Conflict));
    let asked = graph.asked;
    scene.inbox.now = until;
    go_on(&mut scene, &mut graph, until + DAY, well);
    assert_eq!(graph.asked, asked, "nobody is asked in vain");
    graph.is_revoked = false;
    scene.ask(InboxCommand::ConnectMicrosoft(connection())).expect("connected");
    go_on(&mut scene, &mut graph, until + DAY, well);
    assert_eq!(scene.status().status, InboxStatus::Active);
    assert_eq!((scene.get(send.id).state, graph.accepted.len()), (SendState::Sent, 1));
}

#[test]
fn a_new_log_in_forgives_no_bounce_that_came_in_meanwhile() {
    for (bounces, status) in [(1, InboxStatus::Active), (2, InboxStatus::Paused)] {
        let (mut scene, mut graph) = (connected(), Graph::default());
        let sends: Vec<_> = (0..20).map(|n| scene.send(&format!("k{n}"), mail_to(n)).id).collect();
        let until = scene.inbox.now + HOUR / 2;
        go_on(&mut scene, &mut graph, until, well);
        assert_eq!(scene.status().health.sends, 20);
        graph.is_revoked = true;
        scene.send("late", new_mail());
        let until = scene.inbox.now + DAY;
        go_on(&mut scene, &mut graph, until, |task| match task {
            Task::Refresh => Wrong::Nothing,
            _ => Wrong::Over,
        });
        assert!(scene.status().pause_reason.expect("a reason").contains("connect"));
        for (n, id) in sends[..bounces].iter().enumerate() {
            scene.report(about(*id, told_by(n, ReportClass::Hard))).expect("noted");
        }
        let view = scene.ask(InboxCommand::ConnectMicrosoft(connection())).expect("connected");
        let view: InboxView = serde_json::from_value(view).expect("a view");
        assert_eq!((view.status, view.health.bounced), (status, bounces as i64));
        let why = "by address, 2 of the last 20 mails came back";
        let why = Some(why).filter(|_| status == InboxStatus::Paused);
        assert_eq!(view.pause_reason.as_deref(), why);
    }
}

#[test]
fn a_token_that_is_over_too_early_is_renewed_and_the_mail_leaves() {
    let (mut scene, mut graph) = (connected(), Graph::default());
    let send = scene.send("k1", new_mail());
    let until = scene.inbox.now + HOUR;
    go_on(&mut scene, &mut graph, until, once(Wrong::Over, is_send));
    assert_eq!(scene.get(send.id).state, SendState::Sent);
    assert_eq!((graph.refreshes, graph.accepted.len(), graph.drafts.len()), (1, 1, 1));
}

#[test]
fn only_who_manages_connects_and_only_the_inbox_of_the_address() {
    let mut scene = connected();
    let connect = |change: fn(&mut ConnectMicrosoft)| {
        let mut input = connection();
        change(&mut input);
        InboxCommand::ConnectMicrosoft(input)
    };
    let refused = scene.inbox.call(&agent(1, Role::Agent), None, &connect(|_| {}));
    assert_eq!(refused.map_err(|reject| reject.code), Err(Code::Forbidden));
    for (command, code) in [
        (connect(|it| it.email = "bo@example.com".into()), Code::Conflict),
        (connect(|it| it.email = "nobody".into()), Code::InvalidInput),
        (connect(|it| it.sealed_refresh.clear()), Code::InvalidInput),
        (connect(|it| it.sealed_access = vec![0; 20_000]), Code::InvalidInput),
    ] {
        let before = scene.rows();
        assert_eq!(scene.ask(command).map_err(|reject| reject.code), Err(code));
        assert_eq!(scene.rows(), before);
    }
}

#[test]
fn whatever_goes_wrong_no_mail_leaves_twice_and_all_leave() {
    for seed in 0..60 {
        let mut dice = Seeded(seed);
        let (mut scene, mut graph) = (connected(), Graph::default());
        let sends: Vec<_> =
            (0..8).map(|key| scene.send(&format!("k{key}"), new_mail()).id).collect();
        let mut faults = 25;
        let until = scene.inbox.now + 2 * DAY;
        go_on(&mut scene, &mut graph, until, |task| {
            let is_refresh = *task == Task::Refresh;
            if is_refresh || faults == 0 || dice.below(3) > 0 {
                return Wrong::Nothing;
            }
            faults -= 1;
            let all = [Wrong::Lost, Wrong::Cut, Wrong::Died, Wrong::Throttled(None), Wrong::Over];
            all[dice.index(all.len())]
        });
        for id in &sends {
            let send = scene.get(*id);
            assert_eq!(send.state, SendState::Sent, "seed {seed}: {send:?}");
        }
        assert_eq!(graph.accepted.len(), sends.len(), "seed {seed}");
    }
}

#[test]
fn files_that_are_too_large_for_a_draft_are_added_to_it() {
    const MB: i64 = 1024 * 1024;
    let file = |bytes_count| MailFile {
        file_name: "../plan.pdf".into(),
        content_type: "Application/PDF; x=y".into(),
        bytes_count,
        key: "k".into(),
    };
    for (sizes, is_apart) in
        [(vec![MB, MB], false), (vec![MB, MB + 1], true), (vec![25 * MB], true)]
    {
        let (mut scene, mut graph) = (connected(), Graph::default());
        let mail = NewMail { files: sizes.iter().map(|size| file(*size)).collect(), ..new_mail() };
        let command = InboxCommand::Send(SendMail { key: "k1".into(), mail });
        let reply = scene.inbox.call(&system(), None, &command).expect("taken");
        let send: SendView = serde_json::from_value(reply).expect("a view");
        let mut seen = None;
        play(&mut scene, &mut graph, |task| {
            if !is_send(task) {
                seen = Some(task.clone());
            }
            Wrong::Nothing
        });
        assert_eq!(scene.get(send.id).state, SendState::Sent);
        let task = seen.expect("a draft");
        let (owner, sealed_token) = (String::new(), Vec::new());
        let job = MicrosoftJob { owner, sealed_token, task: task.clone() };
        let is_slow = Effect::Microsoft(Box::new(job)).is_slow();
        assert_eq!(is_slow, is_apart, "nothing waits for an upload of many requests");
        match task {
            Task::Draft { files, .. } => assert!(!is_apart && files.len() == 2),
            Task::LargeDraft { content, files } => {
                assert!(is_apart && files.len() == sizes.len());
                let content = String::from_utf8(content).expect("text");
                assert!(content.contains("\r\n\r\nHi Bob\r\n") && !content.contains("multipart"));
                let first = &files[0];
                assert_eq!((&*first.name, &*first.content_type), ("plan.pdf", "application/pdf"));
            }
            other => panic!("{other:?}"),
        }
    }
}
