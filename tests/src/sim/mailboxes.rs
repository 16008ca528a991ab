//! Mailboxes: the servers that have them, and readings of them that are under way.
//!
//! A reading is the product's own ([`actors::mail::mailbox::read`]); what it waits for (mails, the
//! storage, the room) comes by the agenda, or does not. Who reads dies with its object.

use super::faults::Fault;
use super::object::Name;
use super::world::{Ask, Happening, Origin, Request, World, short};
use actors::kernel::{MailJob, Outcome};
use actors::mail::imap::Cursor;
use actors::mail::intake::Intake;
use actors::mail::mailbox::{
    Folder, FolderBatch, FolderError, FolderMail, MailboxJob, MailboxRead, Position, Reading,
    Source,
};
use schema::codec::to_json;
use schema::ids::WorkspaceId;
use schema::mailbox::MailFolder;
use schema::room::RoomCommand;
use schema::{ActorKind, Code, Envelope, Millis, Principal, Reject};
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// The end of a sealed password that the server does not take.
pub const WRONG: &[u8] = b"wrong";
const DEADLINE_MS: Millis = 20_000;
const VALIDITY: u32 = 7;

/// A mail at its server; its UID is its place among those of its folder, from 1.
#[derive(Debug, Clone)]
pub struct Lying {
    /// Where.
    pub folder: MailFolder,
    /// When the server got it.
    pub received_at: Millis,
    /// What is in no other mail; our own mails have none.
    pub token: Option<String>,
    /// The token of what it answers.
    pub answers: Option<String>,
    /// The mail.
    pub raw: Vec<u8>,
}

/// What a reading waits for.
#[derive(Debug)]
enum Wanted {
    Mails { job: Box<MailboxJob>, folder: MailFolder, cursor: Cursor },
    Storage,
    Room(WorkspaceId, String, Vec<u8>),
}

/// What it gets.
#[derive(Debug)]
enum Given {
    Mails(Result<Option<FolderBatch>, FolderError>),
    Stored(Result<(), Reject>),
    Said(Result<Vec<u8>, Reject>),
}

#[derive(Debug, Default)]
struct Line {
    wanted: Option<Wanted>,
    given: Option<Given>,
}

#[derive(Clone)]
struct Wire(Rc<RefCell<Line>>);

impl Wire {
    async fn get(&self, wanted: Wanted) -> Given {
        self.0.borrow_mut().wanted = Some(wanted);
        poll_fn(|_| self.0.borrow_mut().given.take().map_or(Poll::Pending, Poll::Ready)).await
    }
}

fn broke() -> Reject {
    Reject::new(Code::Unavailable, "out of turn")
}

impl Intake for Wire {
    async fn put_object(&self, _: &str, _: &[u8]) -> Result<(), Reject> {
        match self.get(Wanted::Storage).await {
            Given::Stored(stored) => stored,
            _ => Err(broke()),
        }
    }

    async fn ask_room(
        &self,
        workspace: WorkspaceId,
        key: String,
        command: &RoomCommand,
    ) -> Result<(Vec<u8>, bool), Reject> {
        match self.get(Wanted::Room(workspace, key, to_json(command))).await {
            Given::Said(said) => said.map(|json| (json, false)),
            _ => Err(broke()),
        }
    }

    async fn addresses(&self, _: WorkspaceId) -> Vec<String> {
        Vec::new()
    }
}

/// An open folder.
struct Open {
    world: Wire,
    job: MailboxJob,
    folder: MailFolder,
    cursor: Cursor,
}

impl Folder for Open {
    fn position(&self) -> Position {
        Position::Imap(self.cursor)
    }

    async fn next_batch(&mut self) -> Result<Option<FolderBatch>, FolderError> {
        let (folder, cursor) = (self.folder, self.cursor);
        let wanted = Wanted::Mails { job: Box::new(self.job.clone()), folder, cursor };
        let Given::Mails(mails) = self.world.get(wanted).await else { return Err(gone()) };
        if let Ok(Some(FolderBatch { position: Position::Imap(cursor), .. })) = &mails {
            self.cursor = *cursor;
        }
        mails
    }
}

fn gone() -> FolderError {
    FolderError { why: "the connection broke".into(), for_good: false, at: None, graph: None }
}

/// Reads both folders of a mailbox, one after the other.
async fn read(world: &Wire, job: &MailboxJob) -> MailboxRead {
    let mut reading = Reading::begin(world, job, || 0).await;
    let mut all = true;
    for folder in [MailFolder::Inbox, MailFolder::Sent] {
        let cursor = match job.positions.of(folder) {
            Some(Position::Imap(cursor)) => *cursor,
            _ => Cursor { uid_validity: VALIDITY, uid_next: 1 },
        };
        let mut open = Open { world: world.clone(), job: job.clone(), folder, cursor };
        all = all && reading.folder(folder, &mut open).await;
    }
    reading.end(all)
}

/// A reading that is under way.
pub struct UnderWay {
    name: Name,
    life: u32,
    at: (u64, usize),
    line: Rc<RefCell<Line>>,
    wanted: Option<Wanted>,
    work: Pin<Box<dyn Future<Output = MailboxRead>>>,
}

impl World {
    /// An object sets out to read its mailbox.
    pub(super) fn read_mailbox(&mut self, name: &Name, at: (u64, usize), job: MailboxJob) {
        let is_wrong = match &job.source {
            Source::Imap { sealed_password, .. } => sealed_password.ends_with(WRONG),
            Source::Microsoft { .. } => false,
        };
        let refused = if is_wrong {
            Some(MailboxRead::failed(&job, "the server refuses LogIn", true))
        } else if self.faults.strikes(Fault::MailUnreachable) {
            Some(MailboxRead::failed(&job, "no connection", false))
        } else {
            None
        };
        if let Some(read) = refused {
            let outcome = Box::new(Outcome::Mailbox(Box::new(read)));
            return self.after(100, Happening::Outcome(at.0, at.1, outcome));
        }
        let line = Rc::new(RefCell::new(Line::default()));
        let world = Wire(line.clone());
        let work = async move { read(&world, &job).await };
        let life = self.object(name).life;
        let (name, work) = (name.clone(), Box::pin(work));
        self.go_on(UnderWay { name, life, at, line, wanted: None, work });
    }

    /// A provider keeps a copy of a mail that it has taken.
    pub(super) fn keep_copy(&mut self, name: &Name, job: &MailJob) {
        let raw = [&job.content[..], &job.end[..]].concat();
        let (folder, received_at) = (MailFolder::Sent, self.clock.wall());
        let copy = Lying { folder, received_at, token: None, answers: None, raw };
        self.mailboxes.entry(name.clone()).or_default().push(copy);
    }

    /// A reading gets what it waited for.
    pub(super) fn read_on(&mut self, mut reading: UnderWay, outcome: Outcome) {
        if self.object(&reading.name).life != reading.life {
            return self.say(format_args!("a reading of {} died", short(&reading.name)));
        }
        let unavailable = |why: &str| Reject::new(Code::Unavailable, why);
        let given = match reading.wanted.take() {
            Some(Wanted::Mails { job, folder, cursor }) => {
                Given::Mails(self.next_mails(&reading.name, &job, folder, cursor))
            }
            Some(Wanted::Storage) => Given::Stored(match self.faults.strikes(Fault::D1Unknown) {
                true => Err(unavailable("no storage")),
                false => Ok(()),
            }),
            Some(Wanted::Room(..)) => Given::Said(match outcome {
                Outcome::Done(json) => Ok(json),
                Outcome::Rejected(reject) => Err(reject),
                _ => Err(unavailable("no answer")),
            }),
            None => return,
        };
        reading.line.borrow_mut().given = Some(given);
        self.go_on(reading);
    }

    fn go_on(&mut self, mut reading: UnderWay) {
        let polled = reading.work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(read) = polled {
            self.mark("mailbox read");
            let (round, index) = reading.at;
            let outcome = Box::new(Outcome::Mailbox(Box::new(read)));
            return self.after(1, Happening::Outcome(round, index, outcome));
        }
        reading.wanted = reading.line.borrow_mut().wanted.take();
        let number = self.next_number();
        let wait = match &reading.wanted {
            Some(Wanted::Room(workspace, key, command)) => {
                let to = (ActorKind::WorkspaceRoom, workspace.to_string());
                let system = Principal::system(*workspace);
                let mut envelope = Envelope::new(to.1.as_str(), system, Some(key.clone()), &());
                envelope.command.clone_from(command);
                let (ask, origin) = (Ask::Call(envelope.encode()), Origin::Entry(number, 0));
                self.send(Request { to, ask, origin, until: Millis::MAX });
                DEADLINE_MS
            }
            _ => self.random.between(1, 500),
        };
        let late = Outcome::Failed { why: "no answer in time".into() };
        self.after(wait, Happening::Outcome(number, 0, Box::new(late)));
        self.readings.insert(number, reading);
    }

    /// The next mails of a mailbox, where the connection lasts.
    fn next_mails(
        &mut self,
        name: &Name,
        job: &MailboxJob,
        folder: MailFolder,
        cursor: Cursor,
    ) -> Result<Option<FolderBatch>, FolderError> {
        if self.faults.strikes(Fault::MailAnswerLost) {
            return Err(gone());
        }
        let all = self.mailboxes.get(name).map(Vec::as_slice).unwrap_or_default();
        let before = cursor.uid_next;
        let at = |uid_next| Position::Imap(Cursor { uid_next, ..cursor });
        let (mut uid_next, mut mails) = (before, Vec::new());
        for (mail, uid) in all.iter().filter(|mail| mail.folder == folder).zip(1..) {
            if uid < before || mails.len() == 3 {
                continue;
            }
            uid_next = uid + 1;
            if mail.received_at / 1000 >= job.since / 1000 {
                let id = format!("{VALIDITY}/{uid}");
                let received_at = Some(mail.received_at / 1000);
                let (before, raw) = (at(uid), mail.raw.clone());
                mails.push(FolderMail { id, before, received_at, raw });
            }
        }
        let batch = FolderBatch { mails, too_large: Vec::new(), position: at(uid_next) };
        Ok(Some(batch).filter(|_| uid_next > before))
    }
}
