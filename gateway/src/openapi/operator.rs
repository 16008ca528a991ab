//! What the document says of how things stand, and of what mends them.

use super::Schemas;
use super::functions::{Function, id, nothing};
use crate::router::Route;
use crate::routes::{admin, inboxes, status};
use schema::alert::Digest;
use schema::inbox::InboxView;
use schema::limiter::LimitKind;
use schema::suppression::{AddSuppression, SuppressionEntry};
use schema::warmup::WarmupStatus;
use serde_json::json;

/// What only who manages or operates asks.
pub(super) fn of_operator(route: Route, s: &mut Schemas) -> Function {
    let inbox = id("One inbox only.");
    let actor = s.input::<admin::Owner>();
    let which = id("Of an inbox, a warm-up or a prospect.");
    match route {
        Route::StatusInboxes => {
            let view = s.reply::<InboxView>();
            Function::pages("statusInboxes", "Says how the inboxes stand", view)
                .asks("inboxId", inbox)
        }
        Route::StatusWarmup => {
            let days = json!({ "type": "integer", "minimum": 0, "maximum": schema::warmup::DAYS_MAX,
                "description": "How many days of history." });
            let status = s.reply::<WarmupStatus>();
            Function::pages("statusWarmup", "Says how the warm-ups stand", status)
                .asks("inboxId", inbox)
                .asks("days", days)
        }
        Route::StatusRateLimits => {
            let reply = s.reply::<status::Limits>();
            let what = json!({ "type": "string", "description": "What is limited." });
            Function::reads("statusRateLimits", "Says what is limited to how much", reply)
                .asks("kind", s.input::<LimitKind>())
                .asks("what", what)
        }
        Route::InitializeInboxes => {
            let body = s.input::<inboxes::Initialize>();
            let each = s.reply::<inboxes::Initialized>();
            let reply = json!({ "type": "array", "items": each });
            let summary = "Registers an inbox for each secret SMTP_INBOX_1, _2…";
            Function::does("initializeInboxes", summary, body, reply).perhaps()
        }
        Route::ResumeInbox => {
            let (body, reply) = (s.input::<inboxes::Which>(), s.reply::<InboxView>());
            Function::does("resumeInbox", "Wakes an inbox that was paused", body, reply)
        }
        Route::RebuildSummaries => {
            let (body, reply) = (s.input::<admin::Rebuild>(), s.reply::<admin::Rebuilt>());
            let summary = "Writes the rows of D1 again, from the actors";
            Function::does("rebuildSummaries", summary, body, reply).perhaps()
        }
        Route::GetDigest => {
            let summary = "Says how the last seven days were, and what troubles the workspace now";
            Function::reads("getDigest", summary, s.reply::<Digest>())
        }
        Route::DeadEntries => {
            let entry = json!({
                "type": "object", "required": ["kind", "key", "attempts", "error"],
                "properties": {
                    "kind": { "type": "string" }, "key": { "type": "string" },
                    "attempts": { "type": "integer" }, "error": { "type": ["string", "null"] },
                },
            });
            let reply = json!({ "type": "array", "items": entry });
            let summary = "Lists outbox entries that were given up";
            Function::reads("deadEntries", summary, reply).asks("actor", actor).asks("id", which)
        }
        _ => {
            let (body, summary) = (s.input::<admin::Retry>(), "Tries them once more");
            Function::does("retryDead", summary, body, nothing()).perhaps()
        }
    }
}

/// The deployment's suppression list.
pub(super) fn of_suppressions(route: Route, s: &mut Schemas) -> Function {
    let entry = s.reply::<SuppressionEntry>();
    match route {
        Route::AddSuppression => {
            let summary = "Has no workspace send outreach to an address, or to a domain";
            Function::makes("addSuppression", summary, s.input::<AddSuppression>(), entry)
        }
        Route::ListSuppressions => {
            let q = json!({ "type": "string", "minLength": 1, "maxLength": 1_024,
                "description": "This address or domain alone, however it is spelled." });
            let summary = "Lists to whom no workspace sends outreach";
            Function::pages("listSuppressions", summary, entry).asks("q", q)
        }
        _ => {
            let summary = "Takes an entry off the list, which holds from the next mail on";
            Function::reads("liftSuppression", summary, entry)
        }
    }
}
