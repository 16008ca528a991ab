//! What the document says of the ways to hear what happens.

use super::Schemas;
use super::functions::{Function, id, nothing};
use crate::routes::events::{Events, WAIT_SECONDS_MAX};
use serde_json::{Value, json};

fn views() -> Value {
    json!({ "type": "string", "maxLength": 4096,
        "description": "What to see, as JSON: a list of views (README, The room)." })
}

pub(super) fn events(s: &mut Schemas) -> Function {
    let summary = "Lists what happened after an event; waits where there is nothing yet";
    let after = json!({ "type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991_i64,
        "description": "The last event that is known; none for the latest." });
    let wait = json!({ "type": "integer", "minimum": 0, "maximum": WAIT_SECONDS_MAX,
        "default": 0, "description": "For how many seconds." });
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 50,
        "description": "How many events at most." });
    Function::reads("listEvents", summary, s.reply::<Events>())
        .asks("after", after)
        .asks("wait", wait)
        .asks("limit", limit)
        .asks("views", views())
}

pub(super) fn socket() -> Function {
    let summary = "Opens a WebSocket into the workspace's room";
    let since = json!({ "type": "integer", "minimum": 0,
        "description": "The last event that the client has." });
    Function { status: 101, ..Function::reads("realtime", summary, nothing()) }
        .open()
        .asks("workspaceId", id("The workspace."))
        .asks("ticket", json!({ "type": "string", "description": "A one-use ticket." }))
        .asks("since", since)
        .asks("views", views())
}
