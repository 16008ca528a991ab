//! The mailbox at Microsoft is read with the inbox's own tokens; its folder of sent mail says what
//! has left.

use super::microsoft::{connection, logged_in};
use super::*;
use crate::mail::graph::{GraphError, MicrosoftOutcome, SealedTokens, TokenError};
use crate::mail::mailbox::{MailboxJob, MailboxRead, ReadEnd, Source};
use schema::mailbox::*;

const MINUTE: Millis = 60_000;

fn token(job: &MailboxJob) -> &[u8] {
    match &job.source {
        Source::Microsoft { sealed_token } => sealed_token,
        other => panic!("{other:?}"),
    }
}

fn all(job: &MailboxJob) -> MailboxRead {
    MailboxRead { end: ReadEnd::AllRead, ..MailboxRead::failed(job, "", false) }
}

fn fails(job: &MailboxJob, error: GraphError) -> MailboxRead {
    MailboxRead {
        graph: Some(error.clone()),
        ..MailboxRead::failed(job, &error.to_string(), false)
    }
}

fn tokens() -> MicrosoftOutcome {
    let access = b"another access".to_vec();
    MicrosoftOutcome::Refreshed(SealedTokens { access, refresh: None, good_for_ms: 3_600_000 })
}

/// Runs the outbox; tells what the mailbox was read with.
fn run(
    scene: &mut Scene,
    renewed: &MicrosoftOutcome,
    mut read: impl FnMut(&MailboxJob) -> MailboxRead,
) -> Vec<Vec<u8>> {
    let mut readings = Vec::new();
    scene.inbox.drain(|_: &Entry, effect| match effect {
        Effect::Mailbox(job) => {
            readings.push(token(job).to_vec());
            Outcome::Mailbox(Box::new(read(job)))
        }
        Effect::Microsoft(_) => Outcome::Microsoft(renewed.clone()),
        Effect::Call { .. } | Effect::Summary(_) | Effect::Queue { .. } => {
            Outcome::Done(b"{}".to_vec())
        }
        other => panic!("{other:?}"),
    });
    readings
}

/// Fires alarms until the mailbox is read; how long that took, and with what it was read.
fn next(
    scene: &mut Scene,
    mut read: impl FnMut(&MailboxJob) -> MailboxRead,
) -> (Millis, Vec<Vec<u8>>) {
    let began = scene.inbox.now;
    for _ in 0..10 {
        assert!(scene.inbox.fire_alarm(), "it sleeps for good");
        let readings = run(scene, &tokens(), &mut read);
        if !readings.is_empty() {
            return (scene.inbox.now - began, readings);
        }
    }
    panic!("it is never read");
}

fn mailbox(scene: &mut Scene) -> MailboxView {
    let reply = scene.ask(InboxCommand::Status(GetInbox {})).expect("a status");
    let view: InboxView = serde_json::from_value(reply).expect("a view");
    view.mailbox.expect("it has one")
}

#[test]
fn who_logs_in_has_the_mailbox_read_at_once_and_every_three_minutes() {
    let mut scene = logged_in();
    assert_eq!(run(&mut scene, &tokens(), all), [b"access"]);
    let view = mailbox(&mut scene);
    assert_eq!((view.provider, view.state), (MailboxProvider::Microsoft, MailboxState::Active));
    assert_eq!((view.host.as_str(), view.every_minutes), ("graph.microsoft.com", 3));
    let (waited, readings) = next(&mut scene, all);
    assert!((2 * MINUTE..4 * MINUTE).contains(&waited), "{waited}");
    assert_eq!(readings, [b"access"]);
    let every = ConnectMailbox { imap: None, every_minutes: 1, since: None };
    scene.ask(InboxCommand::ConnectMailbox(every)).expect("changed");
    assert_eq!(run(&mut scene, &tokens(), all).len(), 1);
    assert!(next(&mut scene, all).0 < 2 * MINUTE);
}

#[test]
fn a_token_that_is_over_is_renewed_and_the_mailbox_read_with_the_new_one() {
    let mut scene = logged_in();
    let mut first = true;
    let readings = run(&mut scene, &tokens(), |job| match std::mem::take(&mut first) {
        true => fails(job, GraphError::Unauthorized),
        false => all(job),
    });
    assert_eq!(readings, [&b"access"[..], b"another access"]);
    scene.inbox.now += 2 * 3_600_000;
    let (_, readings) = next(&mut scene, all);
    assert_eq!(readings, [b"another access"], "an hour later it is another again");
    assert_eq!(mailbox(&mut scene).error, None);
}

#[test]
fn a_mailbox_that_no_token_opens_is_tried_ever_more_slowly() {
    let mut scene = logged_in();
    let closed = |job: &MailboxJob| fails(job, GraphError::Unauthorized);
    assert_eq!(run(&mut scene, &tokens(), closed).len(), 2, "once more with another token");
    let waits: Vec<Millis> = (0..12).map(|_| next(&mut scene, closed).0).collect();
    assert!(waits[11] > 20 * MINUTE, "{waits:?}");
}

#[test]
fn graph_is_not_read_before_the_time_that_it_names() {
    let mut scene = logged_in();
    let retry_after_ms = Some(600_000);
    run(&mut scene, &tokens(), |job| {
        fails(job, GraphError::Throttled { status: 429, retry_after_ms })
    });
    let (waited, _) = next(&mut scene, all);
    assert!(waited >= 10 * MINUTE, "{waited}");
    scene.ask(InboxCommand::SyncMailbox(SyncMailbox {})).expect("asked");
    assert_eq!(run(&mut scene, &tokens(), all).len(), 1);
}

#[test]
fn a_log_in_that_was_taken_back_is_told_and_the_next_one_reads_on() {
    let mut scene = logged_in();
    let gone = MicrosoftOutcome::NoTokens(TokenError::Gone { code: "invalid_grant".into() });
    let readings = run(&mut scene, &gone, |job| fails(job, GraphError::Unauthorized));
    assert_eq!(readings, [b"access"]);
    for _ in 0..5 {
        scene.inbox.fire_alarm();
        assert_eq!(run(&mut scene, &gone, all).len(), 0);
    }
    let view = mailbox(&mut scene);
    assert_eq!(view.state, MailboxState::Stalled);
    assert!(view.error.expect("an error").contains("connect the mailbox again"));
    scene.ask(InboxCommand::ConnectMicrosoft(connection())).expect("connected again");
    assert_eq!(run(&mut scene, &tokens(), all), [b"access"]);
    assert_eq!(mailbox(&mut scene).state, MailboxState::Active);
}

#[test]
fn the_mailbox_goes_with_microsoft_and_is_read_by_nobody_who_has_not_logged_in() {
    let mut scene = Scene::new(false);
    let at_microsoft = || ConnectMailbox { imap: None, every_minutes: 3, since: None };
    let refused = scene.ask(InboxCommand::ConnectMailbox(at_microsoft()));
    assert_eq!(refused.map_err(|reject| reject.code), Err(Code::Conflict));
    let mut scene = logged_in();
    run(&mut scene, &tokens(), all);
    let transport = Some(registration(false).transport);
    let configure = ConfigureInbox { transport, ..ConfigureInbox::default() };
    scene.ask(InboxCommand::Configure(configure)).expect("configured");
    assert_eq!((scene.inbox.count("mailbox"), scene.inbox.count("mailbox_folders")), (0, 0));
}

#[test]
fn a_mailbox_that_gets_no_token_for_long_is_stalled_and_says_why() {
    let mut scene = logged_in();
    run(&mut scene, &tokens(), all);
    scene.inbox.now += 2 * 3_600_000;
    let why = "MICROSOFT_CLIENT_ID is not set".to_owned();
    let refused = MicrosoftOutcome::NotTried { why };
    for _ in 0..12 {
        scene.inbox.fire_alarm();
        assert_eq!(run(&mut scene, &refused, all).len(), 0);
    }
    let view = mailbox(&mut scene);
    assert_eq!(view.state, MailboxState::Stalled);
    assert!(view.error.expect("an error").contains("MICROSOFT_CLIENT_ID"));
    assert_eq!(next(&mut scene, all).1.len(), 1);
    assert_eq!(mailbox(&mut scene).state, MailboxState::Active);
}

#[test]
fn who_wanted_it_read_no_more_is_heeded_at_the_next_log_in() {
    let mut scene = logged_in();
    scene.ask(InboxCommand::DisconnectMailbox(DisconnectMailbox {})).expect("disconnected");
    scene.ask(InboxCommand::ConnectMicrosoft(connection())).expect("connected again");
    assert_eq!(run(&mut scene, &tokens(), all).len(), 0);
}
