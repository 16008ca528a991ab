//! Graph tells of new mail, and the mailbox is read soon.

use super::microsoft::{Graph, connection, logged_in};
use super::*;
use crate::mail::mailbox::{MailboxRead, ReadEnd};
use schema::mailbox::{ConnectMailbox, DisconnectMailbox, SyncMailbox};
use schema::microsoft::{ChangeNoted, Lifecycle, NoteChange};

const MINUTE: Millis = 60_000;

/// An inbox that reads its mailbox at Microsoft, and how often it did.
struct Reader {
    scene: Scene,
    graph: Graph,
    readings: usize,
}

impl Reader {
    fn new(has_address: bool) -> Self {
        let (scene, graph) = (logged_in(), Graph::telling(has_address));
        let mut reader = Self { scene, graph, readings: 0 };
        let connect = ConnectMailbox { imap: None, every_minutes: 60, since: None };
        reader.scene.ask(InboxCommand::ConnectMailbox(connect)).expect("connected");
        reader.scene.ask(InboxCommand::ConnectMicrosoft(connection())).expect("connected");
        reader.run();
        reader
    }

    fn run(&mut self) {
        let Self { scene, graph, readings } = self;
        scene.inbox.drain(|_, effect| match effect {
            Effect::Mailbox(job) => {
                *readings += 1;
                let failed = MailboxRead::failed(job, "", false);
                Outcome::Mailbox(Box::new(MailboxRead { end: ReadEnd::AllRead, ..failed }))
            }
            Effect::Microsoft(job) => Outcome::Microsoft(graph.carry_out(job)),
            _ => Outcome::Done(b"{}".to_vec()),
        });
    }

    fn until(&mut self, at: Millis) {
        for _ in 0..20_000 {
            if self.scene.inbox.home.alarm().is_none_or(|alarm| alarm > at) {
                break;
            }
            self.scene.inbox.fire_alarm();
            self.run();
        }
        self.scene.inbox.now = at;
    }

    /// What Graph tells; gives whether it is believed.
    fn told(&mut self, subscription_id: &str, lifecycle: Option<Lifecycle>) -> bool {
        let subscription_id = subscription_id.to_owned();
        let command = InboxCommand::NoteChange(NoteChange { subscription_id, lifecycle });
        let noted = self.scene.inbox.ask::<ChangeNoted>(&system(), None, &command);
        noted.expect("noted").known
    }
}

#[test]
fn many_hints_are_one_reading_and_a_strange_one_is_none() {
    let mut reader = Reader::new(true);
    assert_eq!((reader.graph.subscribed.len(), reader.readings), (1, 1));
    let began = reader.scene.inbox.now;
    for _ in 0..5 {
        assert!(reader.told("s1", None));
        reader.scene.inbox.now += 100;
    }
    reader.until(began + MINUTE);
    assert_eq!(reader.readings, 2, "long before its time");
    let before = reader.scene.rows();
    assert!(!reader.told("s2", None));
    assert!(!reader.told("", Some(Lifecycle::SubscriptionRemoved)));
    assert_eq!(reader.scene.rows(), before);
    reader.until(began + 2 * MINUTE);
    assert_eq!(reader.readings, 2);
    let (subscription_id, lifecycle) = ("s1".to_owned(), None);
    let command = InboxCommand::NoteChange(NoteChange { subscription_id, lifecycle });
    let refused = reader.scene.ask(command).map_err(|reject| reject.code);
    assert_eq!(refused, Err(Code::Forbidden), "for nobody else");
}

#[test]
fn a_hint_while_the_mailbox_is_read_has_it_read_again() {
    let mut reader = Reader::new(true);
    reader.told("s1", None);
    let begun = loop {
        reader.scene.inbox.fire_alarm();
        let begun = reader.scene.inbox.begin();
        if !begun.is_empty() {
            break begun;
        }
    };
    assert!(reader.told("s1", None));
    for (entry, effect) in begun {
        let Effect::Mailbox(job) = effect else { continue };
        let failed = MailboxRead::failed(&job, "", false);
        let read = MailboxRead { end: ReadEnd::AllRead, ..failed };
        reader.scene.inbox.settle(&entry, &Outcome::Mailbox(Box::new(read)));
    }
    let now = reader.scene.inbox.now;
    reader.until(now + MINUTE);
    assert_eq!(reader.readings, 2, "the first and the one that follows; the other was played here");
}

#[test]
fn a_subscription_goes_on_before_its_end_and_is_made_anew_where_it_is_gone() {
    let mut reader = Reader::new(true);
    let began = reader.scene.inbox.now;
    reader.until(began + 4_200 * MINUTE);
    assert_eq!(reader.graph.subscribed, [None, Some("s1".to_owned())]);
    assert!(reader.told("s1", Some(Lifecycle::SubscriptionRemoved)));
    reader.run();
    assert_eq!(reader.graph.subscribed.last(), Some(&None));
    assert!(reader.told("s2", Some(Lifecycle::ReauthorizationRequired)));
    reader.run();
    assert_eq!(reader.graph.subscribed.last(), Some(&Some("s2".to_owned())));
    // After weeks, another one takes its place.
    let count = reader.graph.subscribed.len();
    reader.until(began + 60 * DAY);
    assert_eq!(reader.graph.subscribed[count..].iter().filter(|it| it.is_none()).count(), 2);
    let readings = reader.readings;
    assert!(reader.told("s4", Some(Lifecycle::Missed)));
    let now = reader.scene.inbox.now;
    reader.until(now + MINUTE);
    assert_eq!(reader.readings, readings + 1);
}

#[test]
fn without_a_public_address_and_without_a_mailbox_nothing_is_told() {
    let mut reader = Reader::new(false);
    let began = reader.scene.inbox.now;
    reader.until(began + 12 * 60 * MINUTE);
    assert_eq!(reader.graph.subscribed.len(), 1, "it is looked once a day");
    assert!(!reader.told("s1", None));

    let mut reader = Reader::new(true);
    reader.scene.ask(InboxCommand::DisconnectMailbox(DisconnectMailbox {})).expect("gone");
    assert!(!reader.told("s1", None));
    let began = reader.scene.inbox.now;
    reader.until(began + 10 * DAY);
    assert_eq!(reader.graph.subscribed.len(), 1);
    assert_eq!(reader.scene.inbox.count("subscription"), 0);
}

#[test]
fn a_subscription_that_is_refused_is_asked_for_again_and_mail_is_read_all_the_same() {
    let mut reader = Reader::new(true);
    reader.graph.refuses = true;
    let began = reader.scene.inbox.now;
    reader.until(began + 2_500 * MINUTE);
    let asked = reader.graph.subscribed.len();
    assert!((3..9).contains(&asked), "hourly: {asked}");
    assert_eq!(reader.scene.status().status, InboxStatus::Active);
    let readings = reader.readings;
    reader.graph.refuses = false;
    reader.until(began + 2_600 * MINUTE);
    assert!(reader.readings > readings);
    assert!(reader.told("s1", None));
}

#[test]
fn a_mailbox_that_cannot_be_read_is_tried_at_its_times_whatever_is_told() {
    let mut reader = Reader::new(true);
    reader.scene.ask(InboxCommand::SyncMailbox(SyncMailbox {})).expect("asked");
    for (entry, effect) in reader.scene.inbox.begin() {
        if let Effect::Mailbox(job) = effect {
            let failed = MailboxRead::failed(&job, "no answer", false);
            reader.scene.inbox.settle(&entry, &Outcome::Mailbox(Box::new(failed)));
        }
    }
    let (began, readings) = (reader.scene.inbox.now, reader.readings);
    for _ in 0..10 {
        reader.told("s1", None);
        reader.scene.inbox.now += 1_000;
    }
    reader.until(began + 20_000);
    assert_eq!(reader.readings, readings);
    reader.until(began + 2 * MINUTE);
    assert_eq!(reader.readings, readings + 1);
}
