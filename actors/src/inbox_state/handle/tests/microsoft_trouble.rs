//! What keeps mail from leaving through Microsoft, or leaves in doubt whether it has.

use super::microsoft::*;
use super::*;
use crate::mail::graph::Task;

/// The inbox sends by SMTP from now on.
fn go_over_to_smtp(scene: &mut Scene) {
    let transport = Some(registration(false).transport);
    let configure = ConfigureInbox { transport, ..ConfigureInbox::default() };
    scene.ask(InboxCommand::Configure(configure)).expect("changed");
}

#[test]
fn graph_is_left_alone_for_as_long_as_it_wants() {
    for said in [Some(600_000), None] {
        let (mut scene, mut graph) = (connected(), Graph::default());
        scene.send("k1", new_mail());
        play(&mut scene, &mut graph, once(Wrong::Throttled(said), is_send));
        let asked = graph.asked;
        scene.send("k2", new_mail());
        play(&mut scene, &mut graph, well);
        assert_eq!(graph.asked, asked, "the other mail waits, too");
        let began = scene.inbox.now;
        go_on(&mut scene, &mut graph, began + said.unwrap_or(1_000) as Millis - 1, well);
        assert_eq!(graph.asked, asked);
        go_on(&mut scene, &mut graph, began + HOUR, well);
        assert_eq!(graph.accepted.len(), 2);
    }
}

#[test]
fn being_told_to_come_back_later_uses_up_no_attempts() {
    for at in [is_send, |task: &Task| matches!(task, Task::Draft { .. })] {
        let (mut scene, mut graph) = (connected(), Graph::default());
        let send = scene.send("k1", new_mail());
        let mut left = 40;
        let until = scene.inbox.now + 3 * DAY;
        go_on(&mut scene, &mut graph, until, |task| {
            if !at(task) || left == 0 {
                return Wrong::Nothing;
            }
            left -= 1;
            Wrong::Throttled(None)
        });
        let sent = scene.get(send.id);
        assert_eq!((left, sent.state, sent.attempts), (0, SendState::Sent, 1));
        let waited = scene.inbox.now - crate::kernel::testing::START_MS;
        assert!(waited > 30 * HOUR, "it came back ever later: {waited}");
    }
}

#[test]
fn a_mailbox_that_is_read_meanwhile_does_not_have_mail_come_back_sooner() {
    let (mut scene, mut graph) = (logged_in(), Graph::default());
    play(&mut scene, &mut graph, well);
    let began = scene.inbox.now;
    let sends: Vec<_> = (0..3).map(|n| scene.send(&format!("k{n}"), new_mail()).id).collect();
    let mut asked = 0;
    go_on(&mut scene, &mut graph, began + HOUR, |task| {
        asked += usize::from(is_send(task));
        if is_send(task) { Wrong::Throttled(None) } else { Wrong::Nothing }
    });
    // Twice as long each time, two mails at a time.
    assert!((10..30).contains(&asked), "{asked} in an hour");
    go_on(&mut scene, &mut graph, began + 4 * HOUR, well);
    for id in sends {
        assert_eq!(scene.get(id).state, SendState::Sent);
    }
}

#[test]
fn that_mail_was_not_taken_is_forgotten_in_time_though_none_has_left_since() {
    let (mut scene, mut graph) = (logged_in(), Graph::default());
    let send_id = scene.send("k1", new_mail()).id;
    let always = |task: &Task| match is_send(task) {
        true => Wrong::Throttled(None),
        false => Wrong::Nothing,
    };
    let until = scene.inbox.now + DAY;
    go_on(&mut scene, &mut graph, until, always);
    scene.ask(InboxCommand::CancelSend(GetSend { send_id })).expect("taken back");
    let until = scene.inbox.now + 3 * HOUR;
    go_on(&mut scene, &mut graph, until, well);

    let began = scene.inbox.now;
    let send = scene.send("k2", new_mail());
    play(&mut scene, &mut graph, once(Wrong::Throttled(None), is_send));
    go_on(&mut scene, &mut graph, began + 60_000, well);
    assert_eq!(scene.get(send.id).state, SendState::Sent, "the first wait is short again");
}

#[test]
fn an_application_that_is_refused_is_shown_until_it_is_not() {
    let (mut scene, mut graph) = (connected(), Graph { is_expired: true, ..Graph::default() });
    scene.inbox.now += 2 * HOUR;
    let began = scene.inbox.now;
    let send = scene.send("k1", new_mail());
    go_on(&mut scene, &mut graph, began + DAY, well);
    let status = scene.status();
    let error = status.transport_error.expect("an error");
    assert!(error.contains("invalid_client: the secret has expired"), "{error}");
    assert_eq!(status.status, InboxStatus::Active);
    let since = status.transport_error_since.expect("a time");
    assert!((began..began + 60_000).contains(&since), "{since} {began}");
    graph.is_expired = false;
    scene.inbox.now = began + DAY;
    go_on(&mut scene, &mut graph, began + DAY + HOUR / 4, well);
    assert_eq!((scene.get(send.id).state, graph.accepted.len()), (SendState::Sent, 1));
    let status = scene.status();
    assert_eq!((status.transport_error, status.transport_error_since), (None, None));
}

#[test]
fn what_a_deployment_lacks_is_shown_and_costs_no_mail() {
    for at in [is_send, |task: &Task| matches!(task, Task::Draft { .. })] {
        let (mut scene, mut graph) = (connected(), Graph::default());
        let began = scene.inbox.now;
        let sends: Vec<_> = (0..5).map(|n| scene.send(&format!("k{n}"), new_mail()).id).collect();
        let is_missing = |task: &Task| if at(task) { Wrong::NotTried } else { Wrong::Nothing };
        go_on(&mut scene, &mut graph, began + DAY, is_missing);
        let error = scene.status().transport_error.expect("an error");
        assert!(error.ends_with("MICROSOFT_CLIENT_ID is not set"), "{error}");
        assert_eq!((scene.status().waiting, graph.accepted.len()), (5, 0));
        go_on(&mut scene, &mut graph, began + DAY + HOUR, well);
        for id in sends {
            let sent = scene.get(id);
            assert!((sent.state, sent.attempts) == (SendState::Sent, 1), "{sent:?}");
        }
        assert_eq!((scene.status().transport_error, graph.accepted.len()), (None, 5));
    }
}

#[test]
fn a_look_that_nobody_made_is_none() {
    for wrong in [Wrong::NotTried, Wrong::Throttled(Some(60_000))] {
        let (mut scene, mut graph) = (connected(), Graph { hides: true, ..Graph::default() });
        let send = scene.send("k1", new_mail());
        let until = scene.inbox.now + 5 * DAY;
        let mut is_lost = false;
        go_on(&mut scene, &mut graph, until, |task| match task {
            Task::Send(_) if !is_lost => {
                is_lost = true;
                Wrong::Lost
            }
            Task::Look(_) => wrong,
            _ => Wrong::Nothing,
        });
        assert_eq!(scene.get(send.id).state, SendState::Sending, "{wrong:?}");
        graph.hides = false;
        go_on(&mut scene, &mut graph, until + 2 * HOUR, well);
        assert_eq!(scene.get(send.id).state, SendState::Sent, "{wrong:?}");
    }
}

#[test]
fn a_mailbox_that_may_not_send_is_stopped_and_its_mails_wait() {
    let (mut scene, mut graph) = (connected(), Graph::default());
    let send = scene.send("k1", new_mail());
    play(&mut scene, &mut graph, once(Wrong::Denied, is_send));
    assert_eq!(scene.status().status, InboxStatus::Paused);
    assert_eq!(scene.get(send.id).state, SendState::Permitted);
    scene.ask(InboxCommand::Resume(ResumeInbox {})).expect("resumed");
    let until = scene.inbox.now + HOUR;
    go_on(&mut scene, &mut graph, until, well);
    assert_eq!(graph.accepted.len(), 1);
}

#[test]
fn a_mail_that_leaves_by_smtp_after_all_is_known_by_the_id_that_it_has() {
    let (mut scene, mut graph) = (connected(), Graph::default());
    let send = scene.send("k1", new_mail());
    play(&mut scene, &mut graph, once(Wrong::Throttled(Some(60_000)), is_send));
    assert_eq!(scene.get(send.id).message_id, "X1@outlook.test");
    go_over_to_smtp(&mut scene);
    scene.run(accepted);
    let sent = scene.get(send.id);
    assert_eq!((sent.state, &*sent.message_id), (SendState::Sent, &*send.message_id));
    assert!(scene.content.contains(&format!("Message-ID: <{}>", sent.message_id)));
    assert_eq!((graph.accepted.len(), scene.inbox.count("drafts")), (0, 0));
}

#[test]
fn a_draft_that_may_leave_yet_leaves_no_other_way() {
    for wrong in [Wrong::Cut, Wrong::Died, Wrong::Lost] {
        let (mut scene, mut graph) = (connected(), Graph::default());
        let send = scene.send("k1", new_mail());
        // It is slow, and looks like a draft for a while.
        graph.is_slow = true;
        let (mut is_asked, mut looks) = (false, 0);
        for _ in 0..100 {
            play(&mut scene, &mut graph, |task| match task {
                Task::Send(_) if !std::mem::replace(&mut is_asked, true) => wrong,
                Task::Look(_) => {
                    looks += 1;
                    Wrong::Nothing
                }
                _ => Wrong::Nothing,
            });
            if scene.get(send.id).state == SendState::Permitted {
                break;
            }
            scene.inbox.fire_alarm();
        }
        assert_eq!((scene.get(send.id).state, looks), (SendState::Permitted, 2), "{wrong:?}");
        let cancel = scene.ask(InboxCommand::CancelSend(GetSend { send_id: send.id }));
        assert_eq!(cancel.map_err(|reject| reject.code), Err(Code::Conflict), "{wrong:?}");
        go_over_to_smtp(&mut scene);
        let until = scene.inbox.now + DAY;
        scene.until(until);
        scene.run(accepted);
        assert_eq!(scene.get(send.id).state, SendState::Unknown, "{wrong:?}");
        assert!(scene.mails.is_empty(), "{wrong:?}");
    }
}

#[test]
fn a_mail_that_looks_like_a_draft_for_ever_is_in_doubt_and_not_failed() {
    let (mut scene, mut graph) = (connected(), Graph { is_slow: true, ..Graph::default() });
    let send = scene.send("k1", new_mail());
    let until = scene.inbox.now + 10 * DAY;
    go_on(&mut scene, &mut graph, until, once(Wrong::Lost, is_send));
    assert_eq!((scene.get(send.id).state, graph.accepted.len()), (SendState::Unknown, 1));
}

#[test]
fn an_inbox_goes_over_to_microsoft_and_back() {
    let mut scene = Scene::new(false);
    let view = scene.ask(InboxCommand::ConnectMicrosoft(connection())).expect("connected");
    assert_eq!(
        (&view["transport"], &view["displayName"]),
        (&"microsoft".into(), &"Ann Lee".into())
    );
    go_over_to_smtp(&mut scene);
    assert_eq!(scene.status().transport, "smtp");
    assert_eq!(scene.inbox.count("microsoft"), 0, "its tokens are forgotten");
    let send = scene.send("k1", new_mail());
    scene.run(accepted);
    assert_eq!(scene.get(send.id).state, SendState::Sent);
}
