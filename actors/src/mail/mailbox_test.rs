//! Reading a mailbox, with a folder, a storage and a room that the test plays.

use super::imap::{Batch, Cursor, FetchedMail, ImapError, Skipped, WhySkipped};
use super::intake::Intake;
use super::mailbox::*;
use schema::ids::{InboxId, WorkspaceId};
use schema::room::RoomCommand;
use schema::room::mail::{MailOutcome, MailReceipt};
use schema::{Code, Reject};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use uuid::Uuid;

fn at(uid_next: u32) -> Cursor {
    Cursor { uid_validity: 7, uid_next }
}

fn mail(uid: u32) -> FetchedMail {
    let raw = format!("From: a@b.example\r\nMessage-ID: <{uid}@b.example>\r\n\r\nHi {uid}\r\n");
    FetchedMail { uid, received_at: None, raw: raw.into_bytes() }
}

/// Batches, and the error that ends them.
struct Script {
    batches: Vec<Batch>,
    end: Option<ImapError>,
    cursor: Cursor,
}

fn script(batches: &[&[u32]]) -> Script {
    let batch = |uids: &&[u32]| Batch {
        mails: uids.iter().copied().map(mail).collect(),
        skipped: Vec::new(),
        cursor: at(uids.last().map_or(1, |last| last + 1)),
    };
    let batches = batches.iter().rev().map(batch).collect();
    Script { batches, end: None, cursor: at(1) }
}

impl Folder for Script {
    fn cursor(&self) -> Cursor {
        self.cursor
    }

    async fn next_batch(&mut self) -> Result<Option<Batch>, ImapError> {
        let batch = self.batches.pop();
        if let Some(batch) = &batch {
            self.cursor = batch.cursor;
        }
        match (batch, &self.end) {
            (None, Some(error)) => Err(error.clone()),
            (batch, _) => Ok(batch),
        }
    }
}

/// A storage and a room: what happened, in its order, and what goes wrong at which mail.
#[derive(Default)]
struct World {
    log: RefCell<Vec<String>>,
    known: RefCell<Vec<String>>,
    faults: BTreeMap<u32, Code>,
    full: bool,
}

impl Intake for World {
    async fn put_object(&self, key: &str, _: &[u8]) -> Result<(), Reject> {
        if self.full {
            return Err(Reject::new(Code::Unavailable, "no storage"));
        }
        assert!(key.starts_with("mail/") && key.ends_with(".eml"), "{key}");
        self.log.borrow_mut().push("kept".into());
        Ok(())
    }

    async fn ask_room(
        &self,
        _: WorkspaceId,
        _: String,
        command: &RoomCommand,
    ) -> Result<(Vec<u8>, bool), Reject> {
        let RoomCommand::ReceiveMail(mail) = command else { panic!("{command:?}") };
        assert_eq!(mail.inbox_id, Some(InboxId(Uuid::from_u128(7))));
        let id = mail.message_id.clone().expect("it has one");
        let uid: u32 = id.split('@').next().expect("a number").parse().expect("a number");
        if let Some(code) = self.faults.get(&uid) {
            return Err(Reject::new(*code, "no"));
        }
        self.log.borrow_mut().push(format!("filed {uid}"));
        let is_known = self.known.borrow().contains(&id);
        self.known.borrow_mut().push(id);
        let outcome = if is_known { MailOutcome::Duplicate } else { MailOutcome::Opened };
        let receipt = MailReceipt { outcome, ticket_id: None, comment_id: None };
        Ok((schema::codec::to_json(&receipt), false))
    }

    async fn addresses(&self, _: WorkspaceId) -> Vec<String> {
        vec!["ann@example.com".into()]
    }
}

fn job(give_up: GiveUp) -> MailboxJob {
    MailboxJob {
        reading: 3,
        workspace: WorkspaceId(Uuid::from_u128(1)),
        inbox: InboxId(Uuid::from_u128(7)),
        email: "ann@example.com".into(),
        host: String::new(),
        port: 993,
        security: String::new(),
        username: String::new(),
        owner: String::new(),
        sealed_password: Vec::new(),
        cursor: None,
        since: 0,
        mails_max: 100,
        give_up,
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits for what never comes"),
    }
}

fn reading(mut folder: Script, world: &World, job: &MailboxJob) -> MailboxRead {
    run(read(&mut folder, world, job, || 0))
}

fn failure(read: &MailboxRead) -> (Option<u32>, bool) {
    match &read.end {
        ReadEnd::Failed { uid, for_good, .. } => (*uid, *for_good),
        other => panic!("{other:?}"),
    }
}

#[test]
fn mails_are_kept_then_filed_in_their_order_then_counted() {
    let world = World::default();
    let done = reading(script(&[&[2, 4], &[5]]), &world, &job(GiveUp::Nothing));
    let log = ["kept", "filed 2", "kept", "filed 4", "kept", "filed 5"];
    assert_eq!(*world.log.borrow(), log);
    assert_eq!((done.reading, done.cursor, done.end), (3, Some(at(6)), ReadEnd::AllRead));
    assert_eq!((done.taken, done.duplicates), (3, 0));
    let again = reading(script(&[&[2, 4], &[5, 6]]), &world, &job(GiveUp::Nothing));
    assert_eq!((again.taken, again.duplicates), (1, 3));
}

#[test]
fn what_is_not_filed_is_not_counted() {
    for code in [Code::Unavailable, Code::RateLimited, Code::Internal, Code::InvalidInput] {
        let world = World { faults: BTreeMap::from([(4, code)]), ..World::default() };
        let done = reading(script(&[&[2, 4, 5]]), &world, &job(GiveUp::Nothing));
        assert_eq!((done.cursor, done.taken), (Some(at(3)), 1), "{code:?}");
        let is_at_fault = matches!(code, Code::Internal | Code::InvalidInput);
        assert_eq!(failure(&done), (is_at_fault.then_some(4), false), "{code:?}");
    }
    let world = World { full: true, ..World::default() };
    let done = reading(script(&[&[2]]), &world, &job(GiveUp::Nothing));
    assert_eq!((done.cursor, failure(&done)), (None, (None, false)));
}

#[test]
fn a_mail_that_is_given_up_is_passed_over_where_it_fails_and_not_where_it_does_not() {
    let world = World { faults: BTreeMap::from([(4, Code::InvalidInput)]), ..World::default() };
    let done = reading(script(&[&[2, 4, 5]]), &world, &job(GiveUp::At(4)));
    assert_eq!((done.cursor, done.taken, done.end), (Some(at(6)), 2, ReadEnd::AllRead));
    let passed = &done.passed_over[..];
    assert_eq!((passed.len(), passed[0].uid), (1, 4));
    assert!(passed[0].raw_key.is_some(), "it is kept");

    let world = World { faults: BTreeMap::from([(4, Code::Unavailable)]), ..World::default() };
    let done = reading(script(&[&[2, 4, 5]]), &world, &job(GiveUp::At(4)));
    assert_eq!((done.cursor, failure(&done)), (Some(at(3)), (None, false)));

    let world = World::default();
    let done = reading(script(&[&[2, 4, 5]]), &world, &job(GiveUp::At(4)));
    assert_eq!((done.cursor, done.taken), (Some(at(6)), 3));
}

#[test]
fn a_mail_that_the_server_does_not_give_is_passed_over_once_it_is_given_up() {
    let stuck = || Script { end: Some(ImapError::MailNotGiven { uid: 6 }), ..script(&[&[2]]) };
    let world = World::default();
    let done = reading(stuck(), &world, &job(GiveUp::Nothing));
    assert_eq!((done.cursor, failure(&done)), (Some(at(3)), (Some(6), false)));
    let done = reading(stuck(), &world, &job(GiveUp::At(6)));
    assert_eq!((done.cursor, done.end), (Some(at(7)), ReadEnd::More), "it is read on behind it");
    assert_eq!(done.passed_over[0].raw_key, None);
}

#[test]
fn the_next_mail_is_passed_over_unread_where_reading_it_ends_the_object() {
    let world = World::default();
    let careful = MailboxJob { mails_max: 1, ..job(GiveUp::Next) };
    let done = reading(script(&[&[2, 4]]), &world, &careful);
    assert_eq!(*world.log.borrow(), ["kept"]);
    assert_eq!((done.cursor, done.end), (Some(at(3)), ReadEnd::More));
    assert_eq!((done.passed_over.len(), done.taken), (1, 0));
}

#[test]
fn a_mail_that_is_too_large_is_passed_over_and_told_of() {
    let mut folder = script(&[&[2, 4]]);
    let why = WhySkipped::TooLarge { size_bytes: 30_000_000 };
    folder.batches[0].skipped =
        vec![Skipped { uid: 3, why }, Skipped { uid: 1, why: WhySkipped::Gone }];
    let done = reading(folder, &World::default(), &job(GiveUp::Nothing));
    assert_eq!((done.taken, done.cursor), (2, Some(at(5))));
    assert_eq!(done.passed_over.iter().map(|it| it.uid).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_reading_ends_where_it_has_enough_or_time_is_over() {
    let done = reading(
        script(&[&[2, 4, 5]]),
        &World::default(),
        &MailboxJob { mails_max: 2, ..job(GiveUp::Nothing) },
    );
    assert_eq!((done.cursor, done.end), (Some(at(5)), ReadEnd::More));
    for (elapsed, uid_next) in [(200_000, 3), (60_000, 5)] {
        let mut folder = script(&[&[2, 4], &[5]]);
        let (world, job) = (World::default(), job(GiveUp::Nothing));
        let done = run(read(&mut folder, &world, &job, || elapsed));
        assert_eq!((done.cursor, done.end), (Some(at(uid_next)), ReadEnd::More));
    }
}

#[test]
fn who_is_refused_for_good_is_told_so() {
    let refused = ImapError::LogInNotOffered;
    assert_eq!(failure(&MailboxRead::unreached(&job(GiveUp::Nothing), &refused)), (None, true));
    let lost = ImapError::MailNotGiven { uid: 3 };
    assert_eq!(failure(&MailboxRead::unreached(&job(GiveUp::Nothing), &lost)), (None, false));
}
