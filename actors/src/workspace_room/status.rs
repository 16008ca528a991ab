//! The life of a ticket: which step may follow which.
//!
//! | from | to |
//! | --- | --- |
//! | open | pending, waiting, solved, closed |
//! | pending | open, waiting, solved, closed |
//! | waiting | open, pending, solved, closed |
//! | solved | open, closed |
//! | closed | nothing, except by `reopenTicket` |

use schema::room::ticket::{Status, Ticket};
use schema::{Millis, Reject};

/// The steps that an agent may take from a status.
#[must_use]
pub const fn steps(from: Status) -> &'static [Status] {
    match from {
        Status::Open => &[Status::Pending, Status::Waiting, Status::Solved, Status::Closed],
        Status::Pending => &[Status::Open, Status::Waiting, Status::Solved, Status::Closed],
        Status::Waiting => &[Status::Open, Status::Pending, Status::Solved, Status::Closed],
        Status::Solved => &[Status::Open, Status::Closed],
        Status::Closed => &[],
    }
}

/// Refuses a step that is not legal.
///
/// # Errors
/// `conflict` with the legal steps in `details.legal`.
pub fn check(from: Status, to: Status) -> Result<(), Reject> {
    let legal: Vec<_> = steps(from).iter().map(|status| status.as_str()).collect();
    if legal.contains(&to.as_str()) {
        return Ok(());
    }
    let instead = if legal.is_empty() { "reopen it first".into() } else { legal.join(", ") };
    let (from, to) = (from.as_str(), to.as_str());
    Err(Reject::conflict(format!("a {from} ticket cannot become {to}; legal: {instead}"))
        .with(serde_json::json!({ "from": from, "to": to, "legal": legal })))
}

/// Puts a ticket into a status, with the times that go with it. A status of the workspace's own
/// belongs to the one before; what is done is not put off any more.
pub fn set(ticket: &mut Ticket, status: Status, now: Millis) {
    ticket.status = status;
    ticket.custom_status_id = None;
    match status {
        Status::Open | Status::Pending | Status::Waiting => {
            ticket.solved_at = None;
            ticket.closed_at = None;
        }
        Status::Solved => {
            ticket.solved_at = Some(now);
            ticket.snooze = None;
        }
        Status::Closed => {
            ticket.snooze = None;
            ticket.solved_at = ticket.solved_at.or(Some(now));
            ticket.closed_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_step_names_the_legal_ones() {
        let refusal = check(Status::Solved, Status::Pending).expect_err("not a legal step");
        let details = refusal.details.expect("details");
        assert_eq!(details["legal"], serde_json::json!(["open", "closed"]));
        assert!(check(Status::Closed, Status::Closed).is_err());
        assert!(check(Status::Closed, Status::Open).is_err());
    }

    #[test]
    fn every_status_but_closed_can_be_reached_again() {
        for from in Status::ALL {
            for to in steps(from) {
                assert_ne!(from, *to, "a step leads somewhere else");
                let back = *to == Status::Closed || steps(*to).contains(&Status::Open);
                assert!(back || *to == Status::Open, "{from:?} to {to:?} is a dead end");
            }
        }
    }
}
