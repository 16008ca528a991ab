//! Reading a mailbox, with a folder, a storage and a room that the test plays.

use super::folders::of_imap;
use super::imap::{Cursor, ImapError};
use super::intake::Intake;
use super::mailbox::*;
use super::token;
use schema::ids::{InboxId, SendId, TicketId, WorkspaceId};
use schema::mailbox::MailFolder;
use schema::room::RoomCommand;
use schema::room::mail::{MailOutcome, MailReceipt, MailThread};
use schema::{Code, Reject};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use uuid::Uuid;

fn at(uid_next: u32) -> Position {
    Position::Imap(Cursor { uid_validity: 7, uid_next })
}

fn id(uid: u32) -> String {
    format!("7/{uid}")
}

fn mail(uid: u32) -> FolderMail {
    let raw = format!("From: a@b.example\r\nMessage-ID: <{uid}@b.example>\r\n\r\nHi {uid}\r\n");
    FolderMail { id: id(uid), before: at(uid), received_at: None, raw: raw.into_bytes() }
}

/// Batches, and the error that ends them.
struct Script {
    batches: Vec<FolderBatch>,
    end: Option<ImapError>,
    position: Position,
}

fn script(batches: &[&[u32]]) -> Script {
    let batch = |uids: &&[u32]| FolderBatch {
        mails: uids.iter().copied().map(mail).collect(),
        too_large: Vec::new(),
        position: at(uids.last().map_or(1, |last| last + 1)),
    };
    let batches = batches.iter().rev().map(batch).collect();
    Script { batches, end: None, position: at(1) }
}

impl Folder for Script {
    fn position(&self) -> Position {
        self.position.clone()
    }

    async fn next_batch(&mut self) -> Result<Option<FolderBatch>, FolderError> {
        let batch = self.batches.pop();
        if let Some(batch) = &batch {
            self.position = batch.position.clone();
        }
        match (batch, &self.end) {
            (None, Some(error)) => Err(of_imap(error, Some(7))),
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
        if let RoomCommand::GetMailThread(find) = command {
            let is_known = self.known.borrow().contains(&find.message_id);
            let is_ours = find.answers.iter().any(|id| id == "question@b.example");
            let ticket_id = is_ours.then_some(TicketId(Uuid::from_u128(9)));
            let thread = MailThread { is_known, ticket_id };
            return Ok((schema::codec::to_json(&thread), false));
        }
        let RoomCommand::ReceiveMail(mail) = command else { panic!("{command:?}") };
        assert_eq!(mail.inbox_id, Some(InboxId(Uuid::from_u128(7))));
        let id = mail.message_id.clone().expect("it has one");
        let uid: u32 = id.split('@').next().expect("a number").parse().expect("a number");
        if let Some(code) = self.faults.get(&uid) {
            return Err(Reject::new(*code, "no"));
        }
        let sent = if mail.was_sent { " as sent" } else { "" };
        self.log.borrow_mut().push(format!("filed {uid}{sent}"));
        let is_known = self.known.borrow().contains(&id);
        self.known.borrow_mut().push(id);
        let outcome = match (is_known, mail.was_sent) {
            (true, _) => MailOutcome::Duplicate,
            (false, true) => MailOutcome::Commented,
            (false, false) => MailOutcome::Opened,
        };
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
        began_at: 600_000,
        workspace: WorkspaceId(Uuid::from_u128(1)),
        inbox: InboxId(Uuid::from_u128(7)),
        email: "ann@example.com".into(),
        source: Source::Microsoft { sealed_token: Vec::new() },
        owner: String::new(),
        positions: Positions::default(),
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

async fn read(folder: &mut Script, world: &World, job: &MailboxJob, elapsed: i64) -> MailboxRead {
    let mut reading = Reading::begin(world, job, || elapsed).await;
    let all = reading.folder(MailFolder::Inbox, folder).await;
    reading.end(all)
}

fn reading(mut folder: Script, world: &World, job: &MailboxJob) -> MailboxRead {
    run(read(&mut folder, world, job, 0))
}

fn inbox(read: &MailboxRead) -> Option<Position> {
    read.positions.inbox.clone()
}

fn given_up(uid: u32) -> GiveUp {
    GiveUp::At(MailRef { folder: MailFolder::Inbox, id: id(uid) })
}

fn failure(read: &MailboxRead) -> (Option<String>, bool) {
    match &read.end {
        ReadEnd::Failed { mail, for_good, .. } => {
            (mail.as_ref().map(|mail| mail.id.clone()), *for_good)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn mails_are_kept_then_filed_in_their_order_then_counted() {
    let world = World::default();
    let done = reading(script(&[&[2, 4], &[5]]), &world, &job(GiveUp::Nothing));
    let log = ["kept", "filed 2", "kept", "filed 4", "kept", "filed 5"];
    assert_eq!(*world.log.borrow(), log);
    assert_eq!((done.reading, inbox(&done), &done.end), (3, Some(at(6)), &ReadEnd::AllRead));
    assert_eq!((done.taken, done.duplicates), (3, 0));
    let again = reading(script(&[&[2, 4], &[5, 6]]), &world, &job(GiveUp::Nothing));
    assert_eq!((again.taken, again.duplicates), (1, 3));
}

#[test]
fn what_is_not_filed_is_not_counted() {
    for code in [Code::Unavailable, Code::RateLimited, Code::Internal, Code::InvalidInput] {
        let world = World { faults: BTreeMap::from([(4, code)]), ..World::default() };
        let done = reading(script(&[&[2, 4, 5]]), &world, &job(GiveUp::Nothing));
        assert_eq!((inbox(&done), done.taken), (Some(at(4)), 1), "{code:?}");
        let is_at_fault = matches!(code, Code::Internal | Code::InvalidInput);
        assert_eq!(failure(&done), (is_at_fault.then(|| id(4)), false), "{code:?}");
    }
    let world = World { full: true, ..World::default() };
    let done = reading(script(&[&[2]]), &world, &job(GiveUp::Nothing));
    assert_eq!((inbox(&done), failure(&done)), (Some(at(2)), (None, false)));
}

#[test]
fn a_mail_that_is_given_up_is_passed_over_where_it_fails_and_not_where_it_does_not() {
    let world = World { faults: BTreeMap::from([(4, Code::InvalidInput)]), ..World::default() };
    let done = reading(script(&[&[2, 4, 5]]), &world, &job(given_up(4)));
    assert_eq!((inbox(&done), done.taken, &done.end), (Some(at(6)), 2, &ReadEnd::AllRead));
    let passed = &done.passed_over[..];
    assert_eq!((passed.len(), &passed[0].id), (1, &id(4)));
    assert!(passed[0].raw_key.is_some(), "it is kept");

    let world = World { faults: BTreeMap::from([(4, Code::Unavailable)]), ..World::default() };
    let done = reading(script(&[&[2, 4, 5]]), &world, &job(given_up(4)));
    assert_eq!((inbox(&done), failure(&done)), (Some(at(4)), (None, false)));

    let world = World::default();
    let done = reading(script(&[&[2, 4, 5]]), &world, &job(given_up(4)));
    assert_eq!((inbox(&done), done.taken), (Some(at(6)), 3));
}

#[test]
fn a_mail_that_the_server_does_not_give_is_passed_over_once_it_is_given_up() {
    let stuck = || Script { end: Some(ImapError::MailNotGiven { uid: 6 }), ..script(&[&[2]]) };
    let world = World::default();
    let done = reading(stuck(), &world, &job(GiveUp::Nothing));
    assert_eq!((inbox(&done), failure(&done)), (Some(at(3)), (Some(id(6)), false)));
    let done = reading(stuck(), &world, &job(given_up(6)));
    assert_eq!((inbox(&done), &done.end), (Some(at(7)), &ReadEnd::More), "it is read on behind it");
    assert_eq!(done.passed_over[0].raw_key, None);
}

#[test]
fn the_next_mail_is_passed_over_unread_where_reading_it_ends_the_object() {
    let world = World::default();
    let careful = MailboxJob { mails_max: 1, ..job(GiveUp::Next) };
    let done = reading(script(&[&[2, 4]]), &world, &careful);
    assert_eq!(*world.log.borrow(), ["kept"]);
    assert_eq!((inbox(&done), &done.end), (Some(at(4)), &ReadEnd::More));
    assert_eq!((done.passed_over.len(), done.taken), (1, 0));
}

#[test]
fn a_mail_that_is_too_large_is_passed_over_and_told_of() {
    let mut folder = script(&[&[2, 4]]);
    folder.batches[0].too_large = vec![(id(3), "too large: 30000000 bytes".into())];
    let done = reading(folder, &World::default(), &job(GiveUp::Nothing));
    assert_eq!((done.taken, inbox(&done)), (2, Some(at(5))));
    assert_eq!(done.passed_over.iter().map(|it| &it.id).collect::<Vec<_>>(), [&id(3)]);
}

#[test]
fn a_reading_ends_where_it_has_enough_or_time_is_over() {
    let done = reading(
        script(&[&[2, 4, 5]]),
        &World::default(),
        &MailboxJob { mails_max: 2, ..job(GiveUp::Nothing) },
    );
    assert_eq!((inbox(&done), &done.end), (Some(at(5)), &ReadEnd::More));
    // However late, one mail is dealt with.
    for (elapsed, uid_next) in [(200_000, 4), (60_000, 5)] {
        let mut folder = script(&[&[2, 4], &[5]]);
        let (world, job) = (World::default(), job(GiveUp::Nothing));
        let done = run(read(&mut folder, &world, &job, elapsed));
        assert_eq!((inbox(&done), &done.end), (Some(at(uid_next)), &ReadEnd::More));
    }
}

#[test]
fn who_is_refused_for_good_is_told_so() {
    assert!(of_imap(&ImapError::LogInNotOffered, None).for_good);
    assert!(!of_imap(&ImapError::MailNotGiven { uid: 3 }, Some(7)).for_good);
}

/// A mail of the folder of sent mail, with one more field.
fn sent_mail(uid: u32, field: &str) -> FolderMail {
    let raw =
        format!("From: ann@example.com\r\nMessage-ID: <{uid}@b.example>\r\n{field}\r\n\r\nHi\r\n");
    FolderMail { raw: raw.into_bytes(), ..mail(uid) }
}

#[test]
fn of_sent_mail_our_own_has_left_answers_are_filed_and_the_rest_is_not_even_kept() {
    let own = token::of(InboxId(Uuid::from_u128(7)), SendId(Uuid::from_u128(5)));
    let others = token::of(InboxId(Uuid::from_u128(8)), SendId(Uuid::from_u128(6)));
    let answer = "In-Reply-To: <question@b.example>";
    let mails = vec![
        sent_mail(1, &format!("X-Postroom-Loop: {own}\r\n{answer}")),
        sent_mail(2, answer),
        sent_mail(3, "In-Reply-To: <another@b.example>"),
        sent_mail(4, "Subject: lunch?"),
        sent_mail(5, &format!("X-Postroom-Loop: {others}\r\n{answer}")),
        sent_mail(6, &format!("Auto-Submitted: auto-replied\r\n{answer}")),
    ];
    let world = World::default();
    for taken in [1, 0] {
        let batch = FolderBatch { mails: mails.clone(), too_large: Vec::new(), position: at(7) };
        let mut folder = Script { batches: vec![batch], ..script(&[]) };
        let job = job(GiveUp::Nothing);
        let done = run(async {
            let mut reading = Reading::begin(&world, &job, || 0).await;
            let all = reading.folder(MailFolder::Sent, &mut folder).await;
            reading.end(all)
        });
        assert_eq!((&done.end, done.taken), (&ReadEnd::AllRead, taken));
        assert_eq!(done.left, [SendId(Uuid::from_u128(5))]);
        assert_eq!((done.positions.sent, done.positions.inbox), (Some(at(7)), None));
    }
    assert_eq!(*world.log.borrow(), ["kept", "filed 2 as sent"]);
}

#[test]
fn an_answer_may_wait_for_what_it_answers_and_not_for_ever() {
    let fresh =
        FolderMail { received_at: Some(500), ..sent_mail(3, "In-Reply-To: <late@b.example>") };
    let old = FolderMail { received_at: Some(400), ..fresh.clone() };
    let to_come = FolderMail { received_at: Some(9_000), ..fresh.clone() };
    for (mail, position) in [(fresh, at(3)), (old, at(4)), (to_come, at(4))] {
        let batch = FolderBatch { mails: vec![mail], too_large: Vec::new(), position: at(4) };
        let mut folder = Script { batches: vec![batch], ..script(&[]) };
        let (world, job) = (World::default(), job(GiveUp::Nothing));
        let done = run(async {
            let mut reading = Reading::begin(&world, &job, || 0).await;
            let all = reading.folder(MailFolder::Sent, &mut folder).await;
            reading.end(all)
        });
        assert_eq!((&done.end, done.positions.sent), (&ReadEnd::AllRead, Some(position)));
    }
}

#[test]
fn what_is_wrong_with_sent_mail_keeps_no_other_mail_away() {
    let (world, job) = (World::default(), job(GiveUp::Nothing));
    let done = run(async {
        let mut reading = Reading::begin(&world, &job, || 0).await;
        let mut all = reading.folder(MailFolder::Inbox, &mut script(&[&[2]])).await;
        let mut sent = Script { end: Some(ImapError::MailNotGiven { uid: 9 }), ..script(&[]) };
        all = all && reading.folder(MailFolder::Sent, &mut sent).await;
        reading.end(all)
    });
    assert_eq!((done.taken, inbox(&done)), (1, Some(at(3))));
    let mail = MailRef { folder: MailFolder::Sent, id: id(9) };
    assert!(matches!(&done.end, ReadEnd::SentFailed { mail: Some(at), .. } if *at == mail));
}
