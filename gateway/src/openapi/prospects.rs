//! What the document says of prospects.

use super::Schemas;
use super::functions::{Body, Function, id, nothing};
use crate::d1::ProspectRow;
use crate::d1::emails::EmailRow;
use crate::router::Route;
use crate::routes::{emails, prospects, sources};
use schema::inbox::SendState;
use schema::prospect::{
    HistoryRow, Link, NewProspect, Prospect, Reason, SetFollowUp, SetStage, Stage, Suppress,
    Unsuppress, Update,
};
use schema::room::prospect_import::ProspectImport;
use schema::room::source::{ChangeSource, CreateSource, ProspectSource};
use serde_json::json;

/// Prospects.
pub(super) fn of_prospects(route: Route, s: &mut Schemas) -> Function {
    let prospect = s.reply::<Prospect>();
    match route {
        Route::ImportProspects => {
            let row = s.input::<NewProspect>();
            let many = json!({
                "type": "object", "required": ["prospects"], "additionalProperties": false,
                "properties": { "prospects": { "type": "array", "maxItems": 500, "items": {
                    "description": "As one alone. Each is read for itself: what is wrong with it \
                        is in its result.",
                } } },
            });
            let one = s.reply::<schema::prospect::Imported>();
            let reply = json!({ "anyOf": [one, s.reply::<prospects::Bulk>()] });
            let body = json!({ "anyOf": [row, many] });
            let summary = "Imports one prospect, or many with a result for each";
            let also = Some((200, "The prospect was known, or there were many."));
            Function { also, ..Function::makes("importProspects", summary, body, reply) }
        }
        Route::ImportProspectFile => {
            let summary = "Imports a CSV file, or lines of JSON, of up to 20 MB and 100,000 rows";
            let reply = s.reply::<ProspectImport>();
            let reads = Function::reads("importProspectFile", summary, reply);
            let body = Body::Files(&["text/csv", "application/x-ndjson"]);
            Function { body, keyed: true, status: 202, ..reads }
        }
        Route::ListProspects => {
            let list =
                Function::pages("listProspects", "Lists prospects", s.reply::<ProspectRow>());
            let q = json!({ "type": "string", "description": "An address or a domain, whole." });
            let suppressed = json!({ "type": "boolean",
                "description": "Whether no automated mail may leave to the person." });
            list.asks("stage", s.input::<Stage>())
                .asks("q", q)
                .asks("suppressed", suppressed)
                .asks("suppression", s.input::<Reason>())
        }
        Route::GetProspect => Function::reads("getProspect", "Reads a prospect", prospect),
        Route::ChangeProspect => {
            let body = s.input::<Update>();
            let keyed = Function::does("changeProspect", "Changes a prospect", body, prospect);
            Function { keyed: false, ..keyed }
        }
        Route::DeleteProspect => {
            let summary = "Erases a person; that no mail may leave to them is kept";
            Function::reads("deleteProspect", summary, nothing())
        }
        Route::ProspectHistory => {
            let summary = "Lists what happened to a prospect";
            Function::pages("prospectHistory", summary, s.reply::<HistoryRow>())
        }
        Route::SuppressProspect => {
            let body = s.input::<Suppress>();
            let summary = "Sees to it that no automated mail leaves to a person";
            Function::does("suppressProspect", summary, body, nothing())
        }
        other => of_decisions(other, s),
    }
}

/// What somebody decides about one prospect.
fn of_decisions(route: Route, s: &mut Schemas) -> Function {
    let prospect = s.reply::<Prospect>();
    match route {
        Route::UnsuppressProspect => {
            let body = s.input::<Unsuppress>();
            let summary = "Lifts what keeps mail from a person, for one reason; no complaint";
            Function::does("unsuppressProspect", summary, body, prospect)
        }
        Route::LinkProspect => {
            let body = s.input::<Link>();
            let summary = "Says that another prospect is the same person; cannot be undone";
            Function::does("linkProspect", summary, body, prospect)
        }
        Route::SetProspectStage => {
            let (body, summary) = (s.input::<SetStage>(), "Moves a prospect to a stage");
            let keyed = Function::does("setProspectStage", summary, body, prospect);
            Function { keyed: false, ..keyed }
        }
        _ => {
            let summary = "Sets when somebody follows up on a prospect; without a time, clears it";
            let body = s.input::<SetFollowUp>();
            let keyed = Function::does("setProspectFollowUp", summary, body, prospect);
            Function { keyed: false, ..keyed }
        }
    }
}

/// Mails of outreach.
pub(super) fn of_emails(route: Route, s: &mut Schemas) -> Function {
    if route == Route::SendEmail {
        let (body, reply) = (s.input::<emails::NewEmail>(), s.reply::<emails::EmailQueued<'_>>());
        let summary = "Writes one mail to a prospect, once for its Idempotency-Key, which must be \
            there; a refusal says in `details` why it may not leave, and until when";
        return Function { status: 202, ..Function::does("sendEmail", summary, body, reply) };
    }
    let summary = "Lists the mails that inboxes were asked to send; one filter at a time";
    Function::pages("listEmails", summary, s.reply::<EmailRow>())
        .asks("state", s.input::<SendState>())
        .asks("inboxId", id("Of an inbox."))
        .asks("prospectId", id("To a prospect."))
        .asks("campaignId", id("Of a campaign."))
}

/// Sources of prospects.
pub(super) fn of_sources(route: Route, s: &mut Schemas) -> Function {
    match route {
        Route::CreateSource => {
            let (body, reply) = (s.input::<CreateSource>(), s.reply::<ProspectSource>());
            Function::makes("createSource", "Makes a source of prospects", body, reply)
        }
        Route::ChangeSource => {
            let (mut body, reply) = (s.input::<ChangeSource>(), s.reply::<ProspectSource>());
            super::take(&mut body, "ifVersion");
            super::take(&mut body, "sourceId");
            Function::does("changeSource", "Changes a source of prospects", body, reply).matching()
        }
        _ => {
            let body = s.input::<sources::Which>();
            let reply = json!({ "type": "array", "items": s.reply::<sources::Triggered>() });
            let summary = "Has sources of prospects read now: one, or all that are active";
            let does = Function::does("triggerScrape", summary, body, reply);
            Function { status: 202, ..does.perhaps() }
        }
    }
}
