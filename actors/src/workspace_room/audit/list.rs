//! `listAudit`: newest first, by who, what and when. Who: who manages.

use super::store;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::cursor;
use crate::workspace_room::store::TOP;
use schema::event::By;
use schema::page::{self, Page};
use schema::room::audit::{AuditEntry, ListAudit};
use schema::{Permission, Reject, check};
use serde::Deserialize;
use serde_json::Value;

/// How many entries one page looks at, for those that fit.
const LOOKED_AT: i64 = 500;
/// How many it has in memory at once.
const AT_ONCE: i64 = 50;
const KINDS_MAX: usize = 20;
const KIND_CHARS_MAX: usize = 100;

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
    let mut before = position.map_or(TOP, |(_, number)| number);

    let mut items: Vec<AuditEntry> = Vec::new();
    for _ in 0..LOOKED_AT / AT_ONCE {
        let rows = store::list(ctx.sql, input.agent_id, before, AT_ONCE)?;
        let last = (rows.len() as i64) < AT_ONCE;
        for row in rows {
            if items.len() as i64 == limit {
                let next_cursor = Some(cursor::write(ctx, &list, (0, before)));
                return Reply::of(&Page { items, next_cursor });
            }
            if input.from.is_some_and(|from| row.at < from) {
                // Times never fall: everything before it is older.
                return Reply::of(&Page { items, next_cursor: None });
            }
            before = row.number;
            if fits(input, &row) {
                items.push(entry(row)?);
            }
        }
        if last {
            return Reply::of(&Page { items, next_cursor: None });
        }
    }
    let next_cursor = Some(cursor::write(ctx, &list, (0, before)));
    Reply::of(&Page { items, next_cursor })
}

fn fits(input: &ListAudit, row: &store::Stored) -> bool {
    let thing = row.kind.split('.').next().unwrap_or_default();
    input.until.is_none_or(|until| row.at < until)
        && (input.kind.is_empty()
            || input.kind.iter().any(|kind| *kind == row.kind || kind == thing))
}

/// What an entry shows of its event.
#[derive(Deserialize)]
struct Told {
    by: By,
    data: Value,
}

fn entry(row: store::Stored) -> Result<AuditEntry, Reject> {
    let broken = |error| Reject::internal(format!("audit {}: {error}", row.number));
    let told = match row.seq {
        Some(_) => serde_json::from_slice(row.json.as_bytes()).map_err(broken)?,
        None => Told {
            by: row.agent.map_or(By::System, |id| By::Agent { id }),
            data: serde_json::from_slice(row.json.as_bytes()).map_err(broken)?,
        },
    };
    Ok(AuditEntry {
        number: row.number,
        at: row.at,
        kind: row.kind,
        by: told.by,
        session_id: row.session,
        api_key_id: row.api_key,
        address: row.address,
        seq: row.seq,
        data: told.data,
    })
}
