//! What a rule can look at: the ticket, and what just happened to it.

use crate::kernel::Ctx;
use crate::workspace_room::store::comments;
use schema::codec::read_json;
use schema::event::By;
use schema::ids::TicketId;
use schema::room::automation::Occasion;
use schema::room::comment::Visibility;
use schema::room::ticket::{Attributes, Ticket};
use schema::{Millis, Reject};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::cell::OnceCell;

/// Something that happened to a ticket, as far as rules care.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// The event's number.
    pub seq: i64,
    /// What it is to rules.
    pub on: Occasion,
    /// Whether it only moves clocks: the ticket came or went, or its comments did.
    pub quiet: bool,
    /// The ticket.
    pub ticket: TicketId,
    /// The fields that changed, as the event names them.
    pub changed: Vec<String>,
    /// What was said.
    pub said: Option<Said>,
}

/// A comment, as far as rules care.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Said {
    /// Who said it.
    pub author: By,
    /// Who may see it.
    pub visibility: Visibility,
    /// What.
    pub body: String,
    /// Whether a machine said it.
    pub automatic: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    seq: i64,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    ticket_id: Option<TicketId>,
}

#[derive(Deserialize)]
struct Spoken {
    data: SpokenData,
}

#[derive(Deserialize)]
struct SpokenData {
    comment: Said,
}

#[derive(Deserialize)]
struct Changed {
    data: ChangedData,
}

#[derive(Deserialize)]
struct ChangedData {
    before: Attributes,
}

/// What an event is to rules; nothing where they do not care.
///
/// # Errors
/// `internal` where the event is not what this build writes.
pub fn happening(event: &RawValue) -> Result<Option<Happening>, Reject> {
    let json = event.get().as_bytes();
    let broken = |error: Reject| Reject::internal(format!("event: {}", error.message));
    let Head { seq, kind, ticket_id } = read_json(json).map_err(broken)?;
    let Some(ticket) = ticket_id else { return Ok(None) };
    let (mut changed, mut said, mut quiet) = (Vec::new(), None, false);
    let on = match kind.as_str() {
        "ticket.deleted"
        | "ticket.restored"
        | "ticket.merged"
        | "ticket.split"
        | "ticket.commentsMoved"
        | "ticket.moveUndone" => {
            quiet = true;
            Occasion::TicketChanged
        }
        "ticket.created" => Occasion::TicketCreated,
        "ticket.reopened" => Occasion::TicketReopened,
        "ticket.woken" => Occasion::TicketWoken,
        "sla.warning" => Occasion::SlaWarning,
        "sla.breached" => Occasion::SlaBreached,
        "ticket.changed" => {
            let event: Changed = read_json(json).map_err(broken)?;
            changed = event.data.before.into_keys().collect();
            // An erasure tells nothing of what there was.
            quiet = changed.is_empty();
            Occasion::TicketChanged
        }
        "comment.created" => {
            let event: Spoken = read_json(json).map_err(broken)?;
            let comment = event.data.comment;
            let on = match (&comment.author, comment.visibility) {
                (_, Visibility::Private) => Occasion::NoteAdded,
                (By::Agent { .. }, Visibility::Public) => Occasion::CommentByAgent,
                (By::User { .. }, Visibility::Public) => Occasion::CommentByUser,
                // What a rule wrote, and bounces.
                (By::System, Visibility::Public) => return Ok(None),
            };
            said = Some(comment);
            on
        }
        _ => return Ok(None),
    };
    Ok(Some(Happening { seq, on, quiet, ticket, changed, said }))
}

/// What conditions are asked about.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The ticket as it is now.
    pub ticket: &'a Ticket,
    /// The time.
    pub now: Millis,
    /// The fields that changed.
    pub changed: &'a [String],
    /// What was said, where the occasion is that.
    pub said: Option<&'a Said>,
    last: OnceCell<Option<(String, bool)>>,
}

impl<'a> Facts<'a> {
    /// A ticket, and what happened to it.
    #[must_use]
    pub fn of(ticket: &'a Ticket, now: Millis, happening: Option<&'a Happening>) -> Self {
        let changed = happening.map_or(&[][..], |it| it.changed.as_slice());
        let said = happening.and_then(|it| it.said.as_ref());
        Self { ticket, now, changed, said, last: OnceCell::new() }
    }

    /// The text of the comment, and whether a machine wrote it: what was said just now, else what
    /// was said last.
    ///
    /// # Errors
    /// A storage fault.
    pub fn comment(&self, ctx: &Ctx<'_>) -> Result<Option<(&str, bool)>, Reject> {
        if let Some(said) = self.said {
            return Ok(Some((&said.body, said.automatic)));
        }
        if self.last.get().is_none() {
            let last = comments::last(ctx.sql, self.ticket.number)?;
            let _ = self.last.set(last);
        }
        let last = self.last.get().and_then(Option::as_ref);
        Ok(last.map(|(body, automatic)| (body.as_str(), *automatic)))
    }
}
