//! What nobody knows of a mail is settled by its copy in the folder of sent mail.

use super::*;
use crate::mail::mailbox::{MailboxRead, ReadEnd};
use schema::mailbox::{ConnectMailbox, ImapAccount, SyncMailbox};

fn scene() -> Scene {
    let mut scene = Scene::new(false);
    let imap = ImapAccount {
        host: "imap.example.com".into(),
        port: 993,
        security: Security::ImplicitTls,
        username: "ann@example.com".into(),
        sealed_password: b"sealed".to_vec(),
    };
    let connect = ConnectMailbox { imap: Some(imap), every_minutes: 3, since: None };
    scene.ask(InboxCommand::ConnectMailbox(connect)).expect("connected");
    run(&mut scene, &[], accepted);
    scene
}

/// Runs the outbox; each reading sees these mails among what was sent. Tells how many there were.
fn run(scene: &mut Scene, copies: &[SendId], mut mail: impl FnMut() -> Outcome) -> usize {
    let mut readings = 0;
    scene.inbox.drain(|_: &Entry, effect| match effect {
        Effect::Mailbox(job) => {
            readings += 1;
            let (left, end) = (copies.to_vec(), ReadEnd::AllRead);
            let read = MailboxRead { left, end, ..MailboxRead::failed(job, "", false) };
            Outcome::Mailbox(Box::new(read))
        }
        Effect::Mail(_) => mail(),
        _ => Outcome::Done(b"{}".to_vec()),
    });
    readings
}

fn lost() -> Outcome {
    Outcome::Mail(MailOutcome::Unknown { why: "no answer".into() })
}

#[test]
fn a_mail_in_doubt_is_looked_for_at_once_and_its_copy_proves_that_it_left() {
    let mut scene = scene();
    let sent = scene.send("k", new_mail()).id;
    assert_eq!(run(&mut scene, &[], lost), 1, "looked for at once");
    assert_eq!(scene.get(sent).state, SendState::Unknown, "no copy proves nothing");
    scene.ask(InboxCommand::SyncMailbox(SyncMailbox {})).expect("asked");
    run(&mut scene, &[sent, SendId(Uuid::from_u128(99))], lost);
    let settled = scene.get(sent);
    assert_eq!((settled.state, settled.error), (SendState::Sent, None));
    assert_eq!(scene.status().sent, 1, "and it counts once");
}

#[test]
fn a_copy_that_is_seen_while_the_mail_is_under_way_is_remembered() {
    let mut scene = scene();
    let sent = scene.send("k", new_mail()).id;
    let begun = scene.inbox.begin();
    let mail = begun.iter().find(|(_, effect)| matches!(effect, Effect::Mail(_)));
    let (entry, _) = mail.expect("it is under way").clone();
    scene.ask(InboxCommand::SyncMailbox(SyncMailbox {})).expect("asked");
    run(&mut scene, &[sent], || panic!("once"));
    assert_eq!(scene.get(sent).state, SendState::Sending);
    scene.inbox.settle(&entry, &lost());
    assert_eq!(scene.get(sent).state, SendState::Sent);
    assert_eq!(scene.inbox.count("sent_copies"), 0);
}

#[test]
fn a_copy_changes_nothing_of_what_is_known() {
    let mut scene = scene();
    let sent = scene.send("k", new_mail()).id;
    run(&mut scene, &[], || refused(550, "5.1.1", true));
    let bounced = scene.get(sent);
    assert_eq!(bounced.state, SendState::Bounced);
    scene.ask(InboxCommand::SyncMailbox(SyncMailbox {})).expect("asked");
    run(&mut scene, &[sent], lost);
    assert_eq!(scene.get(sent), bounced);
    assert_eq!(scene.inbox.count("sent_copies"), 0);
}
