//! The body of a request: an event in the shape that the specification recommends.

use crate::kernel::Ctx;
use crate::warmup_counter::zone;
use schema::Reject;
use schema::event::Event;
use schema::ids::WorkspaceId;
use schema::room::webhook::Payload;

/// The event of a text that is in the log.
///
/// # Errors
/// `internal` where it is none.
pub fn event(json: &str) -> Result<Event, Reject> {
    serde_json::from_str(json).map_err(|error| Reject::internal(format!("event: {error}")))
}

/// The body that tells of an event.
///
/// # Errors
/// `internal` where the event cannot be written.
pub fn body(ctx: &Ctx<'_>, event: &Event) -> Result<Vec<u8>, Reject> {
    let fault = |why: String| Reject::internal(format!("payload of event {}: {why}", event.seq));
    let workspace_id: WorkspaceId =
        ctx.instance.parse().map_err(|_| fault("no workspace".to_owned()))?;
    let payload = Payload {
        kind: &event.kind,
        timestamp: &zone::moment(event.at),
        workspace_id,
        number: event.seq,
        by: &event.by,
        ticket_id: event.ticket_id,
        data: &event.data,
    };
    serde_json::to_vec(&payload).map_err(|error| fault(error.to_string()))
}
