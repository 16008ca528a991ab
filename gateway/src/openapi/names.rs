//! The schemas that lines of the table name.

use super::Schemas;
use schema::event::Event;
use schema::room::access::{Agent, Invitation, Own};
use schema::room::api_key::ApiKey;
use schema::room::attention::{ClaimState, Followers};
use schema::room::attribute::Attribute;
use schema::room::audit::AuditEntry;
use schema::room::automation::{Automation, AutomationRun, DryRun};
use schema::room::campaign::{Campaign, InboxCap, OutreachSettings};
use schema::room::catalogue::{
    CannedReply, Category, CustomStatus, Macro, MacroApplied, Rendered, Signature, View,
};
use schema::room::comment::{Attachment, Comment};
use schema::room::company::{Company, FreeMail};
use schema::room::draft::Draft;
use schema::room::enrolment::{Decision, Enrolled, Enrolment, Turns, TurnsTaken};
use schema::room::hours::BusinessHours;
use schema::room::mail::UnparseableMail;
use schema::room::moves::{Moved, TicketMove};
use schema::room::notification::{
    Notification, NotificationSettings, NotificationTemplates, Unread,
};
use schema::room::privacy::{Erasure, Stored};
use schema::room::prospect_import::ProspectImport;
use schema::room::report::Report;
use schema::room::schedule::ScheduledComment;
use schema::room::search::Hit;
use schema::room::sla::{SlaPolicy, TicketSla};
use schema::room::snapshot::Snapshot;
use schema::room::source::ProspectSource;
use schema::room::team::Team;
use schema::room::ticket::{BulkDone, ReadMark, Ticket};
use schema::room::transfer::RowsImported;
use schema::room::user::{Merge, User};
use schema::room::webhook::{Delivery, Webhook};
use schema::room::workflow::{Workflow, WorkflowRun};
use schema::room::writing::{AiSettings, CampaignText};
use serde_json::json;

/// Makes the schema of this name known; false where there is none.
pub(crate) fn register(schemas: &mut Schemas, name: &str) -> bool {
    macro_rules! schemas {
        ($($type:ident)*) => {
            match name {
                "Nothing" => {
                    let none = json!({ "type": "object" });
                    schemas.replies.definitions_mut().insert("Nothing".into(), none);
                    true
                }
                $(stringify!($type) => {
                    schemas.reply::<$type>();
                    true
                })*
                _ => false,
            }
        };
    }
    schemas!(
        Own Agent Invitation User Company Ticket ReadMark Event Comment Attachment
        ScheduledComment Snapshot UnparseableMail Hit Report
        RowsImported ProspectImport
        Webhook Delivery
        Team Merge FreeMail Attribute Stored Erasure ApiKey AuditEntry
        Notification Unread NotificationSettings NotificationTemplates
        Automation AutomationRun DryRun Workflow WorkflowRun BusinessHours SlaPolicy TicketSla
        BulkDone ClaimState Followers Moved TicketMove Draft Category CustomStatus CannedReply
        Signature Macro View Rendered MacroApplied
        AiSettings CampaignText ProspectSource
        Campaign Decision Enrolled Enrolment InboxCap OutreachSettings Turns TurnsTaken
    )
}
