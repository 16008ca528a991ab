//! What a connection wants to see: the events of its views. Everything else that happens is told to
//! it by number alone, so that it still knows that it has missed nothing.

use crate::Reject;
use crate::ids::{AgentId, TeamId, TicketId};
use serde::{Deserialize, Serialize};

/// How many views a connection has at most.
pub const VIEWS_MAX: usize = 8;
/// How many types and ids the views of a connection name at most.
pub const NAMES_MAX: usize = 64;
/// How long a type in a view is at most, in bytes.
pub const TYPE_BYTES_MAX: usize = 60;

/// Some of the events: those that fit all of the lists that are not empty. The last three are about
/// tickets, and let every event pass that concerns none; name `types` to keep those out.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Types such as `ticket.created`, `ticket.*`, `*`; those of any of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Of any of these tickets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ticket_ids: Vec<TicketId>,
    /// Of tickets that are, or were before the event, one of these teams'; null is no team.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub team_ids: Vec<Option<TeamId>>,
    /// Of tickets that are, or were before the event, assigned to one of these; null is nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignee_ids: Vec<Option<AgentId>>,
}

/// Where a ticket stands, or stood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Its team.
    pub team: Option<TeamId>,
    /// Its assignee.
    pub assignee: Option<AgentId>,
}

impl View {
    /// Whether it needs to know where tickets stand.
    #[must_use]
    pub const fn by_place(&self) -> bool {
        !self.team_ids.is_empty() || !self.assignee_ids.is_empty()
    }

    /// Whether an event is one of it: of a type, of a ticket, which stands at one of these places.
    #[must_use]
    pub fn wants(&self, kind: &str, ticket: Option<TicketId>, places: &[Place]) -> bool {
        if !self.types.is_empty() && !self.types.iter().any(|wanted| fits(wanted, kind)) {
            return false;
        }
        let Some(ticket) = ticket else { return true };
        self.wants_ticket(ticket)
            && (!self.by_place() || places.iter().any(|place| self.has_place(place)))
    }

    /// Whether it may show a ticket, wherever that stands.
    #[must_use]
    pub fn wants_ticket(&self, ticket: TicketId) -> bool {
        self.ticket_ids.is_empty() || self.ticket_ids.contains(&ticket)
    }

    fn has_place(&self, place: &Place) -> bool {
        (self.team_ids.is_empty() || self.team_ids.contains(&place.team))
            && (self.assignee_ids.is_empty() || self.assignee_ids.contains(&place.assignee))
    }
}

/// Whether a type is one of those that `wanted` names.
fn fits(wanted: &str, kind: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(beginning) => kind.starts_with(beginning),
        None => wanted == kind,
    }
}

/// Checks views that a client sent.
///
/// # Errors
/// `invalid_input` for too many of them, or a type that is none.
pub fn check(views: &[View]) -> Result<(), Reject> {
    if views.len() > VIEWS_MAX {
        return Err(Reject::field("views", format!("must be at most {VIEWS_MAX}")));
    }
    let names = |view: &View| {
        view.types.len() + view.ticket_ids.len() + view.team_ids.len() + view.assignee_ids.len()
    };
    if views.iter().map(names).sum::<usize>() > NAMES_MAX {
        let rule = format!("must name at most {NAMES_MAX} types and ids in all");
        return Err(Reject::field("views", rule));
    }
    if !views.iter().flat_map(|view| &view.types).all(|name| is_type(name)) {
        let rule = "must be types of events, such as ticket.created, ticket.* or *";
        return Err(Reject::field("types", rule));
    }
    Ok(())
}

fn is_type(name: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    };
    let parts = name.split_once('.');
    name == "*"
        || name.len() <= TYPE_BYTES_MAX
            && parts.is_some_and(|(thing, verb)| word(thing) && (verb == "*" || word(verb)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn types(names: &[&str]) -> View {
        View { types: names.iter().map(|name| (*name).to_owned()).collect(), ..View::default() }
    }

    #[test]
    fn types_are_names_or_their_beginnings() {
        let view = types(&["ticket.*", "comment.created"]);
        for kind in ["ticket.created", "ticket.changed", "comment.created"] {
            assert!(view.wants(kind, None, &[]), "{kind}");
        }
        for kind in ["comment.deleted", "user.created", "tickets.x"] {
            assert!(!view.wants(kind, None, &[]), "{kind}");
        }
        assert!(types(&["*"]).wants("user.created", None, &[]));
        assert!(View::default().wants("user.created", None, &[]));
    }

    #[test]
    fn tickets_are_chosen_by_id_and_by_where_they_stand() {
        let id = |n| Uuid::from_u128(n);
        let (one, other) = (TicketId(id(1)), TicketId(id(2)));
        let by_ticket = View { ticket_ids: vec![one], ..View::default() };
        assert!(by_ticket.wants("ticket.changed", Some(one), &[]));
        assert!(!by_ticket.wants("ticket.changed", Some(other), &[]));
        assert!(by_ticket.wants("user.changed", None, &[]), "it concerns no ticket");

        let (team, agent) = (Some(TeamId(id(3))), Some(AgentId(id(4))));
        let view =
            View { team_ids: vec![team, None], assignee_ids: vec![agent], ..View::default() };
        let place = |team, assignee| Place { team, assignee };
        assert!(view.wants("comment.created", Some(one), &[place(team, agent)]));
        assert!(view.wants("comment.created", Some(one), &[place(None, agent)]));
        assert!(!view.wants("comment.created", Some(one), &[place(team, None)]));
        // One place must fit in all; a ticket that has left the view is still told.
        let apart = [place(team, None), place(Some(TeamId(id(5))), agent)];
        assert!(!view.wants("ticket.changed", Some(one), &apart));
        let left = [place(team, None), place(team, agent)];
        assert!(view.wants("ticket.changed", Some(one), &left));
        assert!(!view.wants("comment.created", Some(one), &[]));
        assert!(view.wants("agent.changed", None, &[]));
    }

    #[test]
    fn views_are_few_and_name_types_that_can_be() {
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[types(&["*", "ticket.*", "agent.password_changed"])]), Ok(()));
        for wrong in
            ["", "ticket", "ticket.", ".created", "a.b.c", "ticket.*.x", "*.*", "t icket.x"]
        {
            assert!(check(&[types(&[wrong])]).is_err(), "{wrong}");
        }
        assert!(check(&[types(&[&format!("ticket.{}", "x".repeat(60))])]).is_err());
        assert!(check(&vec![View::default(); VIEWS_MAX + 1]).is_err());
        let many = vec![None; NAMES_MAX / 2 + 1];
        let halves = View { assignee_ids: many, ..View::default() };
        assert!(check(std::slice::from_ref(&halves)).is_ok());
        assert!(check(&[halves.clone(), halves]).is_err());
    }
}
