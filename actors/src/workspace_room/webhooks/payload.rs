//! The body of a request: an event in the shape that the specification recommends.

use crate::kernel::Ctx;
use crate::warmup_counter::zone;
use schema::Reject;
use schema::event::Event;
use schema::ids::WorkspaceId;
use schema::room::webhook::Payload;
use serde_json::Value;
use serde_json::value::RawValue;

/// The event of a text that is in the log.
///
/// # Errors
/// `internal` where it is none.
pub fn event(json: &str) -> Result<Event, Reject> {
    serde_json::from_slice(json.as_bytes())
        .map_err(|error| Reject::internal(format!("event: {error}")))
}

/// The body that tells of an event. What a private note says does not leave by it, nor what the
/// note was before: who may read notes reads them over the API.
///
/// # Errors
/// `internal` where the event cannot be written.
pub fn body(ctx: &Ctx<'_>, event: &Event) -> Result<Vec<u8>, Reject> {
    let fault = |why: String| Reject::internal(format!("payload of event {}: {why}", event.seq));
    let workspace_id: WorkspaceId =
        ctx.instance.parse().map_err(|_| fault("no workspace".to_owned()))?;
    let withheld = without_note(event.data.get())
        .map(|data| RawValue::from_string(data).map_err(|error| fault(error.to_string())))
        .transpose()?;
    let payload = Payload {
        kind: &event.kind,
        timestamp: &zone::moment(event.at),
        workspace_id,
        number: event.seq,
        by: &event.by,
        ticket_id: event.ticket_id,
        data: withheld.as_deref().unwrap_or(&event.data),
    };
    serde_json::to_vec(&payload).map_err(|error| fault(error.to_string()))
}

/// An event's data without what a private note says; none where it tells of no note.
fn without_note(data: &str) -> Option<String> {
    if !data.contains("\"private\"") {
        return None;
    }
    let mut data: Value = serde_json::from_slice(data.as_bytes()).ok()?;
    let mut any = false;
    for name in ["comment", "scheduledComment"] {
        let Some(note) = data.get_mut(name).and_then(Value::as_object_mut) else { continue };
        if note.get("visibility").and_then(Value::as_str) != Some("private") {
            continue;
        }
        any = true;
        note.insert("body".into(), "".into());
        if note.contains_key("attachments") {
            note.insert("attachments".into(), Value::Array(Vec::new()));
        }
    }
    if any && let Some(data) = data.as_object_mut() {
        data.remove("before");
    }
    any.then(|| data.to_string())
}
