//! What tickets do, told a second time and simply: the reference for plans of commands.

use schema::Code;
use schema::room::ticket::Status;
use serde_json::{Value, json};

/// Who asks, by their place among the room's people.
pub const OWNER: usize = 2;
/// Who may only read.
pub const VIEWER: usize = 3;
/// Who is of another workspace.
pub const STRANGER: usize = 4;

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Its id, as the room gave it.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// Where it stands.
    pub status: Status,
    /// How often it changed.
    pub version: i64,
    /// What was said in it.
    pub comments: Vec<String>,
    /// Whether it is deleted.
    pub deleted: bool,
}

/// What is asked.
#[derive(Debug, Clone)]
pub enum Step {
    /// A new ticket.
    Create(String),
    /// Another status.
    Move(usize, Status),
    /// Another subject, of the version as it is plus this.
    Rename(usize, String, i64),
    /// A comment.
    Say(usize, String),
    /// Out of the closed ones.
    Reopen(usize),
    /// Away.
    Delete(usize),
    /// Back.
    Restore(usize),
    /// Only a look.
    Read(usize),
}

/// All tickets, in the order of their numbers.
#[derive(Debug, Default)]
pub struct Model {
    /// They.
    pub tickets: Vec<Ticket>,
}

impl Model {
    /// The command of a step, as it is on the wire.
    pub fn command(&self, step: &Step) -> Value {
        let id = |at: usize| self.tickets.get(at).map_or(MISSING, |ticket| &*ticket.id);
        match step {
            Step::Create(subject) => json!({ "createTicket": { "subject": subject } }),
            Step::Move(at, status) => {
                json!({ "changeTicket": { "ticketId": id(*at), "status": status } })
            }
            Step::Rename(at, subject, off) => {
                let version = self.tickets.get(*at).map_or(1, |it| it.version) + off;
                let change =
                    json!({ "ticketId": id(*at), "subject": subject, "ifVersion": version });
                json!({ "changeTicket": change })
            }
            Step::Say(at, body) => json!({ "postComment": { "ticketId": id(*at), "body": body } }),
            Step::Reopen(at) => json!({ "reopenTicket": { "ticketId": id(*at) } }),
            Step::Delete(at) => json!({ "deleteTicket": { "ticketId": id(*at) } }),
            Step::Restore(at) => json!({ "restoreTicket": { "ticketId": id(*at) } }),
            Step::Read(at) => json!({ "getTicket": { "ticketId": id(*at) } }),
        }
    }

    /// Takes a step; `made` is the id that the room gave a new ticket.
    ///
    /// # Errors
    /// The refusal that is due.
    pub fn take(&mut self, who: usize, step: &Step, made: &str) -> Result<(), Code> {
        may(who, step)?;
        let (at, restores) = match step {
            Step::Create(subject) => {
                let (id, subject) = (made.to_owned(), subject.clone());
                let (status, version, deleted) = (Status::Open, 1, false);
                let comments = Vec::new();
                self.tickets.push(Ticket { id, subject, status, version, comments, deleted });
                return Ok(());
            }
            Step::Restore(at) => (at, true),
            Step::Move(at, _) | Step::Rename(at, ..) | Step::Say(at, _) => (at, false),
            Step::Reopen(at) | Step::Delete(at) | Step::Read(at) => (at, false),
        };
        let ticket = self.tickets.get_mut(*at).ok_or(Code::NotFound)?;
        if ticket.deleted != restores {
            return Err(if restores { Code::Conflict } else { Code::NotFound });
        }
        let before = ticket.clone();
        match step {
            Step::Move(_, to) => ticket.status = moved(ticket.status, *to)?,
            Step::Rename(_, _, off) if *off != 0 => return Err(Code::VersionMismatch),
            Step::Rename(_, subject, _) => ticket.subject.clone_from(subject),
            Step::Say(..) | Step::Reopen(_)
                if (ticket.status == Status::Closed) != matches!(step, Step::Reopen(_)) =>
            {
                return Err(Code::Conflict);
            }
            Step::Say(_, body) => ticket.comments.push(body.clone()),
            Step::Reopen(_) => ticket.status = Status::Open,
            Step::Delete(_) | Step::Restore(_) => ticket.deleted = !restores,
            Step::Create(_) | Step::Read(_) => {}
        }
        ticket.version += i64::from(*ticket != before);
        Ok(())
    }
}

/// Whether who asks may: which is said before anything about the ticket.
fn may(who: usize, step: &Step) -> Result<(), Code> {
    let reads = matches!(step, Step::Read(_));
    let manages = matches!(step, Step::Delete(_) | Step::Restore(_));
    match who {
        STRANGER => Err(Code::NotFound),
        VIEWER if !reads => Err(Code::Forbidden),
        OWNER => Ok(()),
        _ if manages => Err(Code::Forbidden),
        _ => Ok(()),
    }
}

/// A ticket that there is not.
const MISSING: &str = "0190f5fe-7c00-7a00-8000-0000000000ff";

fn moved(from: Status, to: Status) -> Result<Status, Code> {
    let is_legal = match from {
        Status::Closed => false,
        Status::Solved => matches!(to, Status::Solved | Status::Open | Status::Closed),
        Status::Open | Status::Pending | Status::Waiting => true,
    };
    if is_legal { Ok(to) } else { Err(Code::Conflict) }
}
