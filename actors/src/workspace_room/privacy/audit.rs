//! `listAudit`: the event log, newest first, by who, what and when. Nothing is written for it.

use super::store;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::cursor;
use crate::workspace_room::store::TOP;
use schema::event::By;
use schema::page::{self, Page};
use schema::room::audit::ListAudit;
use schema::{Millis, Permission, Reject, check, codec};
use serde::Deserialize;
use serde_json::value::RawValue;

/// How many events one page looks at, for those that fit.
const LOOKED_AT: i64 = 2_000;
const KINDS_MAX: usize = 20;
const KIND_CHARS_MAX: usize = 100;

/// What decides whether an event fits.
#[derive(Deserialize)]
struct Head {
    at: Millis,
    #[serde(rename = "type")]
    kind: String,
    by: By,
}

/// Lists who did what.
///
/// # Errors
/// `forbidden`; `invalid_input` for a bad limit, cursor, kind or time.
pub fn list_audit(ctx: &Ctx<'_>, input: &ListAudit) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let limit = page::limit(input.limit)?;
    check::items("kind", &input.kind, KINDS_MAX)?;
    for kind in &input.kind {
        check::line("kind", kind, KIND_CHARS_MAX)?;
    }
    if let (Some(from), Some(until)) = (input.from, input.until)
        && from >= until
    {
        return Err(Reject::field("until", "must be after from"));
    }
    let list =
        format!("audit/{:?}/{:?}/{:?}/{:?}", input.agent_id, input.kind, input.from, input.until);
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?;
    let mut before = position.map_or(TOP, |(_, seq)| seq);

    let mut items: Vec<Box<RawValue>> = Vec::new();
    let events = store::events_before(ctx.sql, before, LOOKED_AT)?;
    let full = events.len() as i64 == LOOKED_AT;
    for (seq, json) in events {
        if items.len() as i64 == limit {
            let next_cursor = Some(cursor::write(ctx, &list, (0, before)));
            return Reply::of(&Page { items, next_cursor });
        }
        let event: Head = codec::read_json(json.as_bytes())
            .map_err(|error| Reject::internal(format!("event {seq}: {}", error.message)))?;
        if input.from.is_some_and(|from| event.at < from) {
            // Times never fall: everything before it is older.
            return Reply::of(&Page { items, next_cursor: None });
        }
        before = seq;
        if fits(input, &event) {
            let raw = RawValue::from_string(json);
            items.push(raw.map_err(|error| Reject::internal(format!("event {seq}: {error}")))?);
        }
    }
    let next_cursor = full.then(|| cursor::write(ctx, &list, (0, before)));
    Reply::of(&Page { items, next_cursor })
}

fn fits(input: &ListAudit, event: &Head) -> bool {
    let by = match event.by {
        By::Agent { id } => Some(id),
        _ => None,
    };
    let thing = event.kind.split('.').next().unwrap_or_default();
    input.agent_id.is_none_or(|agent| by == Some(agent))
        && input.until.is_none_or(|until| event.at < until)
        && (input.kind.is_empty()
            || input.kind.iter().any(|kind| *kind == event.kind || kind == thing))
}
