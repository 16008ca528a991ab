//! Where tickets stand, for connections that watch those of a team or an agent.

use super::store::tickets;
use crate::kernel::Ctx;
use schema::Reject;
use schema::codec::read_json;
use schema::ids::{AgentId, TeamId, TicketId};
use schema::room::present;
use schema::view::Place;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Event {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    ticket: Stood,
    #[serde(default)]
    before: Stood,
}

/// What an event says of it; a field that it does not have is none.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stood {
    #[serde(default, deserialize_with = "present")]
    team_id: Option<Option<TeamId>>,
    #[serde(default, deserialize_with = "present")]
    assignee_id: Option<Option<AgentId>>,
}

/// Where a ticket stands now.
///
/// # Errors
/// A storage fault.
pub fn now(ctx: &Ctx<'_>, ticket: TicketId) -> Result<Option<Place>, Reject> {
    Ok(tickets::place(ctx.sql, ticket)?)
}

/// Where an event with the whole ticket says that it stands, and stood before. A ticket that leaves
/// a team is told to both: the one has to see it go. An event of another shape does not say.
#[must_use]
pub fn told(event: &RawValue) -> Vec<Place> {
    let Ok(Event { data }) = read_json(event.get().as_bytes()) else { return Vec::new() };
    let Data { ticket, before } = data;
    // Nor does a ticket's mark, as comments have it.
    let Some(assignee) = ticket.assignee_id else { return Vec::new() };
    let after = Place { team: ticket.team_id.flatten(), assignee };
    let before = Place {
        team: before.team_id.unwrap_or(after.team),
        assignee: before.assignee_id.unwrap_or(after.assignee),
    };
    vec![after, before]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn places(data: &serde_json::Value) -> Vec<Place> {
        let event = json!({ "seq": 1, "type": "ticket.changed", "data": data }).to_string();
        told(&RawValue::from_string(event).expect("JSON"))
    }

    #[test]
    fn a_ticket_stands_where_it_is_and_where_it_was() {
        let id = Uuid::from_u128(7);
        let here = Place { team: Some(TeamId(id)), assignee: Some(AgentId(id)) };
        let ticket = json!({ "teamId": id, "assigneeId": id });
        assert_eq!(places(&json!({ "ticket": ticket })), [here, here]);
        let nobody = Place { assignee: None, ..here };
        let before = json!({ "assigneeId": null, "subject": "x" });
        assert_eq!(places(&json!({ "ticket": ticket, "before": before })), [here, nobody]);
        let nowhere = Place { team: None, ..here };
        let before = json!({ "teamId": null });
        assert_eq!(places(&json!({ "ticket": ticket, "before": before })), [here, nowhere]);
        assert_eq!(places(&json!({ "ticket": { "id": id }, "comment": {} })), []);
        for other in [json!({}), json!({ "before": 7, "ticket": ticket }), json!({ "ticket": 7 })] {
            assert_eq!(places(&other), []);
        }
    }
}
