//! The mailbox of an inbox on the bench: the test plays its server, storage and room.

use super::Core;
use super::handle::tests::alert_of;
use super::mailbox::LEASE_MS;
use crate::kernel::testing::{Bench, WORKSPACE, agent};
use crate::kernel::{Effect, Entry, Outcome};
use crate::mail::imap::Cursor;
use crate::mail::mailbox::{
    GiveUp, MailRef, MailboxJob, MailboxRead, Position, Positions, ReadEnd, Source,
};
use schema::alert::{AlertKind, AlertState};
use schema::ids::InboxId;
use schema::inbox::*;
use schema::mailbox::*;
use schema::room::RoomCommand;
use schema::{Code, Millis, Reject, Role};
use uuid::Uuid;

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;

struct Scene {
    inbox: Bench<Core>,
    /// What the room was told, with the keys.
    told: Vec<(String, NoteMailbox)>,
    /// What operators were told: the states of stalled mailboxes, and why.
    alerts: Vec<(AlertState, Option<String>)>,
}

fn account() -> ImapAccount {
    ImapAccount {
        host: "IMAP.example.com".into(),
        port: 993,
        security: Security::ImplicitTls,
        username: "ann@example.com".into(),
        sealed_password: b"sealed-hunter2".to_vec(),
    }
}

fn connect() -> ConnectMailbox {
    ConnectMailbox { imap: Some(account()), every_minutes: 3, since: None }
}

fn at(uid_next: u32) -> Position {
    Position::Imap(Cursor { uid_validity: 7, uid_next })
}

fn known(uid_next: u32) -> Positions {
    Positions { inbox: Some(at(uid_next)), sent: None }
}

fn read(job: &MailboxJob, inbox: Position, end: ReadEnd) -> Outcome {
    let positions = Positions { inbox: Some(inbox), sent: None };
    let begun = MailboxRead::failed(job, "", false);
    Outcome::Mailbox(Box::new(MailboxRead { positions, taken: 2, duplicates: 1, end, ..begun }))
}

fn mail(uid: u32) -> MailRef {
    MailRef { folder: MailFolder::Inbox, id: format!("7/{uid}") }
}

fn failed(job: &MailboxJob, uid: Option<u32>, for_good: bool) -> Outcome {
    let end = ReadEnd::Failed { why: "it \r\nfails".into(), for_good, mail: uid.map(mail) };
    let read = MailboxRead { end, ..MailboxRead::failed(job, "", false) };
    Outcome::Mailbox(Box::new(read))
}

fn server(job: &MailboxJob) -> (&str, &str, &str) {
    match &job.source {
        Source::Imap { host, security, username, .. } => (host, security, username),
        other => panic!("{other:?}"),
    }
}

impl Scene {
    fn new() -> Self {
        let id = InboxId(Uuid::from_u128(7));
        let mut inbox = Bench::new(format!("{WORKSPACE}/{id}"));
        let smtp = SmtpTransport {
            host: "smtp.example.com".into(),
            port: 587,
            security: Security::Starttls,
            username: "ann@example.com".into(),
            sealed_password: b"sealed".to_vec(),
        };
        let register = InboxCommand::Register(RegisterInbox {
            email: "ann@example.com".into(),
            display_name: String::new(),
            transport: Transport::Smtp(smtp),
            warmup: false,
            time_zone: "UTC".into(),
        });
        inbox.call(&agent(1, Role::Admin), None, &register).expect("registered");
        let mut scene = Self { inbox, told: Vec::new(), alerts: Vec::new() };
        assert_eq!(scene.run(|_| panic!("nothing is read")), 0);
        scene
    }

    fn connected() -> Self {
        let mut scene = Self::new();
        scene.ask(InboxCommand::ConnectMailbox(connect())).expect("connected");
        scene
    }

    fn ask(&mut self, command: InboxCommand) -> Result<serde_json::Value, Reject> {
        self.inbox.call(&agent(1, Role::Admin), None, &command)
    }

    fn mailbox(&mut self) -> Option<MailboxView> {
        let reply = self.ask(InboxCommand::Status(GetInbox {})).expect("a status");
        let view: InboxView = serde_json::from_value(reply).expect("a view");
        view.mailbox
    }

    /// Runs the outbox; tells how often the mailbox was read.
    fn run(&mut self, mut server: impl FnMut(&MailboxJob) -> Outcome) -> usize {
        let (told, alerts, mut readings) = (&mut self.told, &mut self.alerts, 0);
        self.inbox.drain(|_: &Entry, effect| match effect {
            Effect::Mailbox(job) => {
                readings += 1;
                server(job)
            }
            Effect::Call { key, command, .. } => {
                let command = schema::codec::read_json(command).expect("a command");
                let RoomCommand::NoteMailbox(note) = command else { panic!("{command:?}") };
                if !told.iter().any(|(known, _)| known == key) {
                    told.push((key.clone(), note));
                }
                Outcome::Done(b"{}".to_vec())
            }
            Effect::Queue { body, .. } => {
                let alert = alert_of(body);
                assert_eq!(alert.kind, AlertKind::SyncStalled);
                alerts.push((alert.state, alert.reason));
                Outcome::Done(Vec::new())
            }
            other => panic!("{other:?}"),
        });
        readings
    }

    /// Begins to read the mailbox, where it is time; all else that waits is done.
    fn begin(&mut self) -> Option<Box<MailboxJob>> {
        let mut begun = None;
        for (entry, effect) in self.inbox.begin() {
            match effect {
                Effect::Mailbox(job) => begun = Some(job),
                _ => self.inbox.settle(&entry, &Outcome::Done(b"{}".to_vec())),
            }
        }
        begun
    }

    /// Fires the next alarm that reads the mailbox; how long that took.
    fn next(&mut self, mut server: impl FnMut(&MailboxJob) -> Outcome) -> Millis {
        let began = self.inbox.now;
        for _ in 0..10 {
            assert!(self.inbox.fire_alarm(), "it sleeps for good");
            if self.run(&mut server) > 0 {
                return self.inbox.now - began;
            }
        }
        panic!("it is never read");
    }
}

#[test]
fn a_mailbox_is_read_at_once_and_then_at_its_times() {
    let mut scene = Scene::connected();
    let mut jobs = Vec::new();
    let count = scene.run(|job| {
        jobs.push(job.clone());
        let more = if jobs.len() < 3 { ReadEnd::More } else { ReadEnd::AllRead };
        read(job, at(jobs.len() as u32 * 10), more)
    });
    assert_eq!(count, 3, "what there is more of comes at once");
    let positions: Vec<&Positions> = jobs.iter().map(|job| &job.positions).collect();
    assert_eq!(positions, [&Positions::default(), &known(10), &known(20)]);
    assert_eq!(server(&jobs[0]), ("imap.example.com", "implicit_tls", "ann@example.com"));
    assert_eq!((jobs[0].email.as_str(), jobs[0].since), ("ann@example.com", scene.inbox.now));
    let view = scene.mailbox().expect("it has one");
    assert_eq!((view.state, view.taken, view.duplicates), (MailboxState::Active, 6, 3));
    assert_eq!((view.readings, view.last_sync_at), (1, Some(scene.inbox.now)));
    for _ in 0..5 {
        let waited = scene.next(|job| read(job, at(30), ReadEnd::AllRead));
        assert!((2 * MINUTE..4 * MINUTE).contains(&waited), "{waited}");
    }
    assert!(scene.told.is_empty());
}

#[test]
fn a_password_is_never_shown_and_goes_with_the_mailbox() {
    let mut scene = Scene::connected();
    let reply = scene.ask(InboxCommand::Status(GetInbox {})).expect("a status").to_string();
    assert!(!reply.contains("sealed") && reply.contains("imap.example.com"), "{reply}");
    scene.ask(InboxCommand::DisconnectMailbox(DisconnectMailbox {})).expect("disconnected");
    assert_eq!((scene.inbox.count("mailbox"), scene.mailbox()), (0, None));
    assert_eq!(scene.run(|_| panic!("nothing is read")), 0);
    let asked = scene.ask(InboxCommand::SyncMailbox(SyncMailbox {}));
    assert_eq!(asked.map_err(|reject| reject.code), Err(Code::NotFound));
}

#[test]
fn only_who_manages_connects_disconnects_and_reads() {
    let mut scene = Scene::connected();
    for command in [
        InboxCommand::ConnectMailbox(connect()),
        InboxCommand::DisconnectMailbox(DisconnectMailbox {}),
        InboxCommand::SyncMailbox(SyncMailbox {}),
        InboxCommand::ForgetPassedOver(ForgetPassedOver {
            folder: MailFolder::Inbox,
            id: "1".into(),
        }),
    ] {
        let refused = scene.inbox.call(&agent(2, Role::Agent), None, &command);
        assert_eq!(refused.map_err(|reject| reject.code), Err(Code::Forbidden), "{command:?}");
    }
}

#[test]
fn bad_ways_times_and_texts_are_refused_by_name() {
    let mut scene = Scene::new();
    let now = scene.inbox.now;
    let by = |account| ConnectMailbox { imap: Some(account), ..connect() };
    for (field, bad) in [
        ("host", by(ImapAccount { host: "im ap".into(), ..account() })),
        ("port", by(ImapAccount { port: 0, ..account() })),
        ("security", by(ImapAccount { security: Security::Plain, ..account() })),
        ("username", by(ImapAccount { username: "a\r\nb".into(), ..account() })),
        ("sealedPassword", by(ImapAccount { sealed_password: Vec::new(), ..account() })),
        ("everyMinutes", ConnectMailbox { every_minutes: 0, ..connect() }),
        ("since", ConnectMailbox { since: Some(now - SINCE_MS_MAX - 1), ..connect() }),
    ] {
        let refused = scene.ask(InboxCommand::ConnectMailbox(bad)).expect_err(field);
        assert_eq!(refused.details.expect("details")["field"], field);
    }
    assert_eq!(scene.mailbox(), None);
}

#[test]
fn failures_come_ever_later_are_told_once_and_never_end_it() {
    let mut scene = Scene::connected();
    scene.run(|job| read(job, at(5), ReadEnd::AllRead));
    let mut waits = Vec::new();
    for _ in 0..40 {
        waits.push(scene.next(|job| failed(job, None, false)));
    }
    assert!(waits[1] <= MINUTE && waits[5] > 8 * MINUTE, "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= HOUR), "{waits:?}");
    let view = scene.mailbox().expect("it has one");
    assert_eq!((view.state, view.failures), (MailboxState::Stalled, 40));
    assert_eq!(view.error.as_deref(), Some("it fails"));
    assert!(view.lag_ms > 24 * HOUR / 2);
    assert_eq!(scene.told.len(), 1, "{:?}", scene.told);
    assert_eq!(scene.told[0].1.stalled_since, view.stalled_since);

    scene.next(|job| {
        assert_eq!(job.positions, known(5), "nothing is passed over");
        read(job, at(9), ReadEnd::AllRead)
    });
    scene.run(|_| panic!("it was read"));
    let view = scene.mailbox().expect("it has one");
    assert_eq!((view.state, view.failures, view.error), (MailboxState::Active, 0, None));
    assert_eq!(scene.told.len(), 2, "{:?}", scene.told);
    assert_eq!(scene.told[1].1.stalled_since, None);
    let raised = (AlertState::Raised, Some("it fails".to_owned()));
    assert_eq!(scene.alerts, [raised, (AlertState::Recovered, None)]);
}

#[test]
fn a_mailbox_that_is_not_to_be_read_any_more_is_not_stalled_any_more() {
    let mut scene = Scene::connected();
    scene.run(|job| failed(job, None, true));
    scene.ask(InboxCommand::DisconnectMailbox(DisconnectMailbox {})).expect("disconnected");
    scene.run(|_| panic!("nothing is read"));
    let states = |scene: &Scene| scene.alerts.iter().map(|(state, _)| *state).collect::<Vec<_>>();
    assert_eq!(states(&scene), [AlertState::Raised, AlertState::Recovered]);
    scene.ask(InboxCommand::ConnectMailbox(connect())).expect("connected");
    scene.run(|job| failed(job, None, true));
    let other = ImapAccount { username: "bob@example.com".into(), ..account() };
    let other = ConnectMailbox { imap: Some(other), ..connect() };
    scene.inbox.now += 1;
    scene.ask(InboxCommand::ConnectMailbox(other)).expect("another");
    scene.run(|job| read(job, at(2), ReadEnd::AllRead));
    assert_eq!(states(&scene)[2..], [AlertState::Raised, AlertState::Recovered]);
}

#[test]
fn a_log_in_that_is_refused_for_good_is_told_at_once_and_tried_slowly() {
    let mut scene = Scene::connected();
    scene.run(|job| failed(job, None, true));
    assert_eq!(scene.mailbox().expect("it has one").state, MailboxState::Stalled);
    assert_eq!(scene.told.len(), 1);
    let waited = scene.next(|job| failed(job, None, true));
    assert!((HOUR / 2..=HOUR).contains(&waited), "{waited}");
    scene.ask(InboxCommand::ConnectMailbox(connect())).expect("with another password");
    assert_eq!(scene.run(|job| read(job, at(2), ReadEnd::AllRead)), 1, "at once");
    assert_eq!(scene.told.len(), 2);
}

#[test]
fn a_mail_that_fails_again_and_again_is_given_up_and_a_server_that_is_down_is_not() {
    let mut scene = Scene::connected();
    scene.run(|job| read(job, at(5), ReadEnd::AllRead));
    for _ in 0..20 {
        scene.next(|job| {
            assert_eq!(job.give_up, GiveUp::Nothing);
            failed(job, None, false)
        });
    }
    for _ in 0..8 {
        scene.next(|job| {
            assert_eq!(job.give_up, GiveUp::Nothing);
            failed(job, Some(6), false)
        });
    }
    scene.next(|job| {
        assert_eq!(job.give_up, GiveUp::At(mail(6)));
        let MailRef { folder, id } = mail(6);
        let mail = PassedOver { folder, id, reason: "no".into(), raw_key: None, at: 0 };
        let Outcome::Mailbox(done) = read(job, at(7), ReadEnd::AllRead) else {
            panic!("a reading")
        };
        Outcome::Mailbox(Box::new(MailboxRead { passed_over: vec![mail], ..*done }))
    });
    let view = scene.mailbox().expect("it has one");
    let passed = &view.passed_over[..];
    assert_eq!((passed.len(), passed[0].id.as_str()), (1, "7/6"));
    assert_eq!(passed[0].at, scene.inbox.now);
    for (id, left) in [("7/5", 1), ("7/6", 0), ("7/6", 0)] {
        let forget = ForgetPassedOver { folder: MailFolder::Inbox, id: id.into() };
        scene.ask(InboxCommand::ForgetPassedOver(forget)).expect("forgotten");
        assert_eq!(scene.mailbox().expect("it has one").passed_over.len(), left);
    }
    scene.next(|job| {
        assert_eq!((&job.give_up, &job.positions), (&GiveUp::Nothing, &known(7)));
        read(job, at(7), ReadEnd::AllRead)
    });
}

#[test]
fn a_mail_that_ends_the_object_each_time_is_found_and_passed_over() {
    let mut scene = Scene::connected();
    let mut seen = Vec::new();
    for _ in 0..13 {
        let begun = loop {
            if let Some(job) = scene.begin() {
                break job;
            }
            assert!(scene.inbox.fire_alarm(), "it sleeps for good");
        };
        seen.push((begun.mails_max, begun.give_up.clone()));
        scene.inbox.restart();
    }
    assert_eq!(seen[0], (100, GiveUp::Nothing));
    assert_eq!(seen[3], (1, GiveUp::Nothing));
    assert_eq!(seen[12], (1, GiveUp::Next));
}

#[test]
fn a_reading_that_was_overtaken_changes_nothing() {
    let mut scene = Scene::connected();
    let begun = scene.inbox.begin();
    let old = begun.iter().find_map(|(entry, effect)| match effect {
        Effect::Mailbox(job) => Some((entry.clone(), job.clone())),
        _ => None,
    });
    let (entry, job) = old.expect("it is read");
    let bob = ImapAccount { username: "bob@example.com".into(), ..account() };
    let other = ConnectMailbox { imap: Some(bob), ..connect() };
    scene.ask(InboxCommand::ConnectMailbox(other)).expect("another account");
    scene.inbox.settle(&entry, &read(&job, at(50), ReadEnd::AllRead));
    assert_eq!(scene.mailbox().expect("it has one").taken, 0);
    let count = scene.run(|job| {
        assert_eq!(job.positions, Positions::default());
        assert_eq!(server(job).2, "bob@example.com");
        read(job, at(3), ReadEnd::AllRead)
    });
    assert_eq!(count, 1);
}

#[test]
fn the_same_account_is_read_on_and_looked_at_again_where_older_mail_is_wanted() {
    let mut scene = Scene::connected();
    scene.run(|job| read(job, at(5), ReadEnd::AllRead));
    scene.ask(InboxCommand::ConnectMailbox(connect())).expect("connected");
    scene.run(|job| {
        assert_eq!(job.positions, known(5));
        read(job, at(5), ReadEnd::AllRead)
    });
    let since = scene.inbox.now - 24 * HOUR;
    let older = ConnectMailbox { since: Some(since), ..connect() };
    scene.ask(InboxCommand::ConnectMailbox(older)).expect("connected");
    scene.run(|job| {
        assert_eq!((&job.positions, job.since), (&Positions::default(), since));
        read(job, at(5), ReadEnd::AllRead)
    });
}

#[test]
fn who_asks_while_it_is_read_gets_a_reading_that_begins_after_that() {
    let mut scene = Scene::connected();
    let begun = scene.inbox.begin();
    let reply = scene.ask(InboxCommand::SyncMailbox(SyncMailbox {})).expect("asked");
    let asked: SyncBegun = serde_json::from_value(reply).expect("a reply");
    assert_eq!(asked.readings, 2);
    for (entry, effect) in begun {
        if let Effect::Mailbox(job) = effect {
            scene.inbox.settle(&entry, &read(&job, at(5), ReadEnd::AllRead));
        }
    }
    assert_eq!(scene.run(|job| read(job, at(6), ReadEnd::AllRead)), 1);
    assert_eq!(scene.mailbox().expect("it has one").readings, 2);
}

#[test]
fn a_reading_of_which_nobody_hears_counts_as_failed_and_comes_back() {
    let mut scene = Scene::connected();
    assert!(scene.inbox.begin().iter().any(|(_, it)| matches!(it, Effect::Mailbox(_))));
    scene.inbox.now += LEASE_MS + 1;
    assert_eq!(scene.run(|_| panic!("not yet")), 0);
    assert_eq!(scene.mailbox().expect("it has one").failures, 1);
    scene.next(|job| read(job, at(5), ReadEnd::AllRead));
}

#[test]
fn a_bad_mail_among_what_was_sent_is_given_up_while_the_inbox_is_read_as_ever() {
    let mut scene = Scene::connected();
    let bad = MailRef { folder: MailFolder::Sent, id: "7/2".into() };
    for n in 0..61 {
        let fails = |job: &MailboxJob| {
            let expected = if n < 60 { GiveUp::Nothing } else { GiveUp::At(bad.clone()) };
            assert_eq!(job.give_up, expected, "{n}");
            let end = ReadEnd::SentFailed { why: "no".into(), mail: Some(bad.clone()) };
            read(job, at(5 + n), end)
        };
        match n {
            0 => drop(scene.run(fails)),
            _ => assert!(scene.next(fails) < 4 * MINUTE, "{n}"),
        }
        let view = scene.mailbox().expect("it has one");
        assert_eq!((view.state, view.failures, view.lag_ms), (MailboxState::Failing, 0, 0));
        assert_eq!(view.error.as_deref(), Some("what was sent is not read: no"));
    }
    assert!(scene.told.is_empty(), "mail comes in");
}
