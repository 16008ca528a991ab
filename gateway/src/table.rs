//! The routes of the room, as a table: each line says all there is to know of one.
//!
//! Most routes do one thing: they read an input, hand it to the room as one command, and shape the
//! reply. They are data, read by one function ([`crate::answer::answer`]), by the router, and by
//! what writes the OpenAPI document and the table of who may do what. What needs more than that is
//! a function in [`crate::routes`].
//!
//! A line reads like the request: `{ticketId}` in a path is the field `ticketId` of the command,
//! and a list's parameters are fields of its command too. The names of replies are those of the
//! schemas in the OpenAPI document.

use crate::query::Query;
use crate::routes::reports::REPORT;
use schema::Reject;
use serde_json::Value;

/// A route.
#[derive(Debug)]
pub struct Line {
    /// `GET`, `POST`, `PATCH`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// Words, and names of ids in braces.
    pub path: &'static str,
    /// The command of the room.
    pub command: &'static str,
    /// The reply.
    pub gives: Gives,
    /// What may stand in the query.
    pub query: &'static [Param],
    /// Whether there is a body.
    pub body: Takes,
    /// The field that `If-Match` fills.
    pub if_match: Option<&'static str>,
}

/// What a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// One thing; its version, where it has one, is the ETag.
    One(&'static str),
    /// All there are, in one list.
    All(&'static str),
    /// A page of a list.
    Page(&'static str),
    /// A thing that was made, and the path that it stands at, before its id.
    Made(&'static str, &'static str),
}

/// Whether a request has a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// None.
    Nothing,
    /// A JSON object.
    Object,
    /// A JSON object with many rows in it.
    Rows,
    /// A JSON object, or nothing, which is the empty one.
    Perhaps,
}

/// A parameter of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    /// A text, a name of a closed set, or an id.
    Text(&'static str),
    /// Several of them with commas between.
    Texts(&'static str),
    /// A whole number from 0 on.
    Count(&'static str),
    /// `true` or `false`.
    Flag(&'static str),
}

impl Param {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        let (Self::Text(name) | Self::Texts(name) | Self::Count(name) | Self::Flag(name)) = self;
        name
    }

    /// Its value in a query, as the field of a command.
    ///
    /// # Errors
    /// `invalid_input`.
    pub(crate) fn value(self, query: &Query) -> Result<Option<Value>, Reject> {
        let name = self.name();
        Ok(match self {
            Self::Text(_) => query.text(name)?.map(Value::from),
            Self::Texts(_) => query.text(name)?.map(|text| text.split(',').collect()),
            Self::Count(_) => query.count(name)?.map(Value::from),
            Self::Flag(_) => query.flag(name)?.map(Value::from),
        })
    }
}

const fn line(method: &'static str, path: &'static str, command: &'static str) -> Line {
    let (gives, query, body) = (Gives::One("Nothing"), &[], Takes::Nothing);
    Line { method, path, command, gives, query, body, if_match: None }
}

/// Reads one thing.
const fn get(path: &'static str, command: &'static str, gives: &'static str) -> Line {
    Line { gives: Gives::One(gives), ..line("GET", path, command) }
}

/// Reads a short list, whole.
const fn all(path: &'static str, command: &'static str, of: &'static str) -> Line {
    Line { gives: Gives::All(of), ..line("GET", path, command) }
}

/// Reads a list by pages.
const fn list(
    path: &'static str,
    command: &'static str,
    of: &'static str,
    query: &'static [Param],
) -> Line {
    Line { gives: Gives::Page(of), query, ..line("GET", path, command) }
}

/// Makes something that can be read at `at` and its id.
const fn make(
    path: &'static str,
    command: &'static str,
    gives: &'static str,
    at: &'static str,
) -> Line {
    let gives = Gives::Made(gives, at);
    Line { gives, body: Takes::Object, ..line("POST", path, command) }
}

/// Does something to what is there.
const fn act(path: &'static str, command: &'static str, gives: &'static str) -> Line {
    Line { gives: Gives::One(gives), body: Takes::Perhaps, ..line("POST", path, command) }
}

/// Changes something, on `If-Match` only that version of it.
const fn change(path: &'static str, command: &'static str, gives: &'static str) -> Line {
    let (gives, if_match) = (Gives::One(gives), Some("ifVersion"));
    Line { gives, body: Takes::Object, if_match, ..line("PATCH", path, command) }
}

/// Changes something, whatever its version.
const fn amend(path: &'static str, command: &'static str, gives: &'static str) -> Line {
    Line { if_match: None, ..change(path, command, gives) }
}

/// Makes something so, whether it was or not.
const fn put(path: &'static str, command: &'static str, gives: &'static str) -> Line {
    Line { gives: Gives::One(gives), ..line("PUT", path, command) }
}

/// Puts a list in order: the body names all of it, the reply is all of it.
const fn order(path: &'static str, command: &'static str, of: &'static str) -> Line {
    Line { gives: Gives::All(of), body: Takes::Object, ..line("POST", path, command) }
}

/// The same, on `If-Match` only to that version of it.
const fn matched(line: Line) -> Line {
    Line { if_match: Some("ifVersion"), ..line }
}

/// Takes something away.
const fn remove(path: &'static str, command: &'static str, gives: &'static str) -> Line {
    Line { gives: Gives::One(gives), ..line("DELETE", path, command) }
}

use Param::{Count, Flag, Text, Texts};

/// Every route of the room; blank lines part the resources.
pub const ROOM: &[Line] = &[
    act("/v1/auth/logout", "logout", "Nothing"),
    act("/v1/auth/logout-everywhere", "logoutEverywhere", "Nothing"),
    remove("/v1/auth/microsoft/link", "unlinkIdentity", "Nothing"),
    get("/v1/me", "me", "Own"),
    all("/v1/agents", "listAgents", "Agent"),
    change("/v1/agents/{agentId}", "changeAgent", "Agent"),
    all("/v1/invitations", "listInvitations", "Invitation"),
    remove("/v1/invitations/{invitationId}", "revokeInvitation", "Invitation"),
    list("/v1/teams", "listTeams", "Team", &[Text("agentId")]),
    make("/v1/teams", "createTeam", "Team", "/v1/teams"),
    get("/v1/teams/{teamId}", "getTeam", "Team"),
    change("/v1/teams/{teamId}", "changeTeam", "Team"),
    remove("/v1/teams/{teamId}", "deleteTeam", "Team"),
    put("/v1/teams/{teamId}/members/{agentId}", "addTeamMember", "Team"),
    remove("/v1/teams/{teamId}/members/{agentId}", "removeTeamMember", "Team"),
    list(
        "/v1/users",
        "listUsers",
        "User",
        &[
            Text("email"),
            Text("handle"),
            Text("handleKind"),
            Text("companyId"),
            Flag("archived"),
            Text("sort"),
        ],
    ),
    make("/v1/users", "createUser", "User", "/v1/users"),
    get("/v1/users/{userId}", "getUser", "User"),
    change("/v1/users/{userId}", "changeUser", "User"),
    act("/v1/users/{userId}/handles", "addHandle", "User"),
    Line {
        query: &[Text("kind"), Text("value")],
        ..remove("/v1/users/{userId}/handles", "removeHandle", "User")
    },
    act("/v1/users/{userId}/merge", "mergeUsers", "Merge"),
    all("/v1/users/{userId}/merges", "listMerges", "Merge"),
    act("/v1/merges/{mergeId}/undo", "undoMerge", "Merge"),
    list("/v1/users/{userId}/export", "exportUser", "Stored", &[]),
    act("/v1/users/{userId}/erase", "eraseUser", "Erasure"),
    get("/v1/users/{userId}/erasure", "getErasure", "Erasure"),
    list("/v1/notifications", "listNotifications", "Notification", &[Flag("unread")]),
    get("/v1/notifications/unread", "countUnread", "Unread"),
    act("/v1/notifications/read-all", "readAllNotifications", "Unread"),
    act("/v1/notifications/{notificationId}/read", "readNotification", "Notification"),
    get("/v1/notifications/settings", "getNotificationSettings", "NotificationSettings"),
    amend("/v1/notifications/settings", "changeNotificationSettings", "NotificationSettings"),
    get("/v1/settings/notifications", "getNotificationTemplates", "NotificationTemplates"),
    list("/v1/api-keys", "listApiKeys", "ApiKey", &[Text("agentId")]),
    get("/v1/api-keys/{apiKeyId}", "getApiKey", "ApiKey"),
    remove("/v1/api-keys/{apiKeyId}", "revokeApiKey", "ApiKey"),
    list(
        "/v1/audit",
        "listAudit",
        "AuditEntry",
        &[Text("agentId"), Texts("kind"), Count("from"), Count("until")],
    ),
    list(
        "/v1/companies",
        "listCompanies",
        "Company",
        &[Text("domain"), Flag("archived"), Text("sort")],
    ),
    make("/v1/companies", "createCompany", "Company", "/v1/companies"),
    get("/v1/companies/{companyId}", "getCompany", "Company"),
    change("/v1/companies/{companyId}", "changeCompany", "Company"),
    Line {
        query: &[Flag("unlinkUsers")],
        ..remove("/v1/companies/{companyId}", "deleteCompany", "Company")
    },
    list("/v1/campaigns", "listCampaigns", "Campaign", &[Text("status")]),
    make("/v1/campaigns", "createCampaign", "Campaign", "/v1/campaigns"),
    get("/v1/campaigns/{campaignId}", "getCampaign", "Campaign"),
    change("/v1/campaigns/{campaignId}", "changeCampaign", "Campaign"),
    act("/v1/campaigns/{campaignId}/pause", "pauseCampaign", "Campaign"),
    all("/v1/campaigns/{campaignId}/caps", "getCaps", "InboxCap"),
    list("/v1/campaigns/{campaignId}/turns", "listTurns", "Turns", &[]),
    list("/v1/campaigns/{campaignId}/enrolments", "listEnrolments", "Enrolment", &[Text("state")]),
    act("/v1/campaigns/{campaignId}/enrolments", "enrol", "Enrolled"),
    get("/v1/campaigns/{campaignId}/enrolments/{prospectId}", "getEnrolment", "Enrolment"),
    amend("/v1/campaigns/{campaignId}/enrolments/{prospectId}", "changeEnrolment", "Enrolment"),
    list(
        "/v1/campaigns/{campaignId}/enrolments/{prospectId}/decisions",
        "listDecisions",
        "Decision",
        &[],
    ),
    list("/v1/campaigns/{campaignId}/texts", "listCampaignTexts", "CampaignText", &[Text("state")]),
    act("/v1/campaigns/{campaignId}/texts/{prospectId}", "judgeCampaignText", "CampaignText"),
    get("/v1/settings/ai", "getAiSettings", "AiSettings"),
    change("/v1/settings/ai", "changeAiSettings", "AiSettings"),
    get("/v1/settings/outreach", "getOutreachSettings", "OutreachSettings"),
    change("/v1/settings/outreach", "changeOutreachSettings", "OutreachSettings"),
    all("/v1/sources", "listSources", "ProspectSource"),
    get("/v1/sources/{sourceId}", "getSource", "ProspectSource"),
    remove("/v1/sources/{sourceId}", "deleteSource", "ProspectSource"),
    act("/api/admin/trigger-send", "takeTurns", "TurnsTaken"),
    get("/v1/settings/free-mail", "getFreeMail", "FreeMail"),
    Line { body: Takes::Object, ..put("/v1/settings/free-mail", "changeFreeMail", "FreeMail") },
    list("/v1/attributes", "listAttributes", "Attribute", &[Text("subject")]),
    make("/v1/attributes", "createAttribute", "Attribute", "/v1/attributes"),
    get("/v1/attributes/{attributeId}", "getAttribute", "Attribute"),
    change("/v1/attributes/{attributeId}", "changeAttribute", "Attribute"),
    remove("/v1/attributes/{attributeId}", "deleteAttribute", "Attribute"),
    list(
        "/v1/tickets",
        "listTickets",
        "Ticket",
        &[
            Texts("status"),
            Text("assigneeId"),
            Text("priority"),
            Text("tag"),
            Text("userId"),
            Text("teamId"),
            Text("categoryId"),
            Text("customStatusId"),
            Flag("snoozed"),
            Count("createdFrom"),
            Count("createdBefore"),
            Count("updatedFrom"),
            Count("updatedBefore"),
            Text("sort"),
        ],
    ),
    make("/v1/tickets", "createTicket", "Ticket", "/v1/tickets"),
    get("/v1/tickets/{ticketId}", "getTicket", "Ticket"),
    change("/v1/tickets/{ticketId}", "changeTicket", "Ticket"),
    matched(act("/v1/tickets/{ticketId}/reopen", "reopenTicket", "Ticket")),
    matched(remove("/v1/tickets/{ticketId}", "deleteTicket", "Ticket")),
    act("/v1/tickets/{ticketId}/restore", "restoreTicket", "Ticket"),
    act("/v1/tickets/bulk", "bulkChangeTickets", "BulkDone"),
    matched(act("/v1/tickets/{ticketId}/snooze", "snoozeTicket", "Ticket")),
    matched(act("/v1/tickets/{ticketId}/wake", "wakeTicket", "Ticket")),
    act("/v1/tickets/{ticketId}/claim", "claimTicket", "ClaimState"),
    remove("/v1/tickets/{ticketId}/claim", "releaseTicket", "ClaimState"),
    get("/v1/tickets/{ticketId}/followers", "listFollowers", "Followers"),
    act("/v1/tickets/{ticketId}/followers", "followTicket", "Followers"),
    remove("/v1/tickets/{ticketId}/followers", "unfollowTicket", "Followers"),
    matched(act("/v1/tickets/{ticketId}/merge", "mergeTickets", "Moved")),
    matched(act("/v1/tickets/{ticketId}/split", "splitTicket", "Moved")),
    all("/v1/tickets/{ticketId}/moves", "listMoves", "TicketMove"),
    act("/v1/ticket-moves/{moveId}/undo", "undoMove", "Moved"),
    Line { method: "PUT", ..change("/v1/tickets/{ticketId}/draft", "saveDraft", "Draft") },
    get("/v1/tickets/{ticketId}/draft", "getDraft", "Draft"),
    remove("/v1/tickets/{ticketId}/draft", "deleteDraft", "Nothing"),
    list("/v1/drafts", "listDrafts", "Draft", &[Text("ticketId")]),
    act("/v1/tickets/{ticketId}/read", "markRead", "ReadMark"),
    list("/v1/tickets/{ticketId}/activities", "listActivities", "Event", &[]),
    list("/v1/tickets/{ticketId}/comments", "listComments", "Comment", &[Count("after")]),
    make("/v1/tickets/{ticketId}/comments", "postComment", "Comment", "/v1/comments"),
    get("/v1/comments/{commentId}", "getComment", "Comment"),
    get("/v1/attachments/{attachmentId}", "getAttachment", "Attachment"),
    list("/v1/scheduled-comments", "listScheduledComments", "ScheduledComment", &[]),
    list(
        "/v1/tickets/{ticketId}/scheduled-comments",
        "listScheduledComments",
        "ScheduledComment",
        &[],
    ),
    make(
        "/v1/tickets/{ticketId}/scheduled-comments",
        "scheduleComment",
        "ScheduledComment",
        "/v1/scheduled-comments",
    ),
    change("/v1/scheduled-comments/{commentId}", "changeScheduledComment", "ScheduledComment"),
    remove("/v1/scheduled-comments/{commentId}", "cancelScheduledComment", "ScheduledComment"),
    Line { body: Takes::Rows, ..act("/v1/import", "importRows", "RowsImported") },
    list("/v1/categories", "listCategories", "Category", &[Flag("archived")]),
    make("/v1/categories", "createCategory", "Category", "/v1/categories"),
    get("/v1/categories/{id}", "getCategory", "Category"),
    change("/v1/categories/{id}", "changeCategory", "Category"),
    matched(remove("/v1/categories/{id}", "archiveCategory", "Category")),
    list("/v1/custom-statuses", "listCustomStatuses", "CustomStatus", &[Flag("archived")]),
    make("/v1/custom-statuses", "createCustomStatus", "CustomStatus", "/v1/custom-statuses"),
    get("/v1/custom-statuses/{id}", "getCustomStatus", "CustomStatus"),
    change("/v1/custom-statuses/{id}", "changeCustomStatus", "CustomStatus"),
    matched(remove("/v1/custom-statuses/{id}", "archiveCustomStatus", "CustomStatus")),
    list(
        "/v1/canned-replies",
        "listCannedReplies",
        "CannedReply",
        &[Text("teamId"), Flag("archived")],
    ),
    make("/v1/canned-replies", "createCannedReply", "CannedReply", "/v1/canned-replies"),
    get("/v1/canned-replies/{id}", "getCannedReply", "CannedReply"),
    change("/v1/canned-replies/{id}", "changeCannedReply", "CannedReply"),
    matched(remove("/v1/canned-replies/{id}", "archiveCannedReply", "CannedReply")),
    list("/v1/signatures", "listSignatures", "Signature", &[Text("teamId"), Flag("archived")]),
    make("/v1/signatures", "createSignature", "Signature", "/v1/signatures"),
    get("/v1/signatures/{id}", "getSignature", "Signature"),
    change("/v1/signatures/{id}", "changeSignature", "Signature"),
    matched(remove("/v1/signatures/{id}", "archiveSignature", "Signature")),
    list("/v1/macros", "listMacros", "Macro", &[Text("teamId"), Flag("archived")]),
    make("/v1/macros", "createMacro", "Macro", "/v1/macros"),
    get("/v1/macros/{id}", "getMacro", "Macro"),
    change("/v1/macros/{id}", "changeMacro", "Macro"),
    matched(remove("/v1/macros/{id}", "archiveMacro", "Macro")),
    list("/v1/views", "listViews", "View", &[Text("teamId"), Flag("archived")]),
    make("/v1/views", "createView", "View", "/v1/views"),
    get("/v1/views/{id}", "getView", "View"),
    change("/v1/views/{id}", "changeView", "View"),
    matched(remove("/v1/views/{id}", "archiveView", "View")),
    act("/v1/tickets/{ticketId}/canned-replies/{id}/render", "renderCannedReply", "Rendered"),
    get("/v1/tickets/{ticketId}/signature", "renderSignature", "Rendered"),
    matched(act("/v1/tickets/{ticketId}/macros/{id}/apply", "applyMacro", "MacroApplied")),
    list("/v1/views/{id}/tickets", "listViewTickets", "Ticket", &[]),
    get("/api/prospects/imports/{importId}", "getProspectImport", "ProspectImport"),
    get("/v1/snapshot", "snapshot", "Snapshot"),
    list(
        "/v1/search",
        "search",
        "Hit",
        &[Text("query"), Texts("kind"), Texts("status"), Text("assigneeId")],
    ),
    Line { query: REPORT, ..get("/v1/reports", "getReport", "Report") },
    list("/v1/automations", "listAutomations", "Automation", &[Text("on"), Flag("enabled")]),
    make("/v1/automations", "createAutomation", "Automation", "/v1/automations"),
    get("/v1/automations/{automationId}", "getAutomation", "Automation"),
    change("/v1/automations/{automationId}", "changeAutomation", "Automation"),
    remove("/v1/automations/{automationId}", "deleteAutomation", "Nothing"),
    order("/v1/automations/reorder", "reorderAutomations", "Automation"),
    act("/v1/automations/dry-run", "dryRunAutomation", "DryRun"),
    list(
        "/v1/automation-runs",
        "listAutomationRuns",
        "AutomationRun",
        &[Text("ticketId"), Text("automationId"), Text("outcome")],
    ),
    list("/v1/workflows", "listWorkflows", "Workflow", &[Flag("enabled")]),
    make("/v1/workflows", "createWorkflow", "Workflow", "/v1/workflows"),
    get("/v1/workflows/{workflowId}", "getWorkflow", "Workflow"),
    change("/v1/workflows/{workflowId}", "changeWorkflow", "Workflow"),
    remove("/v1/workflows/{workflowId}", "deleteWorkflow", "Nothing"),
    make(
        "/v1/tickets/{ticketId}/workflow-runs",
        "startWorkflow",
        "WorkflowRun",
        "/v1/workflow-runs",
    ),
    list(
        "/v1/workflow-runs",
        "listWorkflowRuns",
        "WorkflowRun",
        &[Text("ticketId"), Text("workflowId"), Text("state")],
    ),
    get("/v1/workflow-runs/{runId}", "getWorkflowRun", "WorkflowRun"),
    act("/v1/workflow-runs/{runId}/stop", "stopWorkflowRun", "WorkflowRun"),
    get("/v1/business-hours", "getBusinessHours", "BusinessHours"),
    Line { method: "PUT", ..change("/v1/business-hours", "setBusinessHours", "BusinessHours") },
    list("/v1/sla-policies", "listSlaPolicies", "SlaPolicy", &[Flag("enabled")]),
    make("/v1/sla-policies", "createSlaPolicy", "SlaPolicy", "/v1/sla-policies"),
    get("/v1/sla-policies/{slaPolicyId}", "getSlaPolicy", "SlaPolicy"),
    change("/v1/sla-policies/{slaPolicyId}", "changeSlaPolicy", "SlaPolicy"),
    remove("/v1/sla-policies/{slaPolicyId}", "deleteSlaPolicy", "Nothing"),
    order("/v1/sla-policies/reorder", "reorderSlaPolicies", "SlaPolicy"),
    get("/v1/tickets/{ticketId}/sla", "getTicketSla", "TicketSla"),
    list("/v1/unparseable-mails", "listUnparseableMails", "UnparseableMail", &[]),
    remove("/v1/attachments/{attachmentId}", "dropUpload", "Nothing"),
    all("/v1/webhooks", "listWebhooks", "Webhook"),
    get("/v1/webhooks/{webhookId}", "getWebhook", "Webhook"),
    remove("/v1/webhooks/{webhookId}", "deleteWebhook", "Webhook"),
    act("/v1/webhooks/{webhookId}/test", "testWebhook", "Delivery"),
    list("/v1/webhooks/{webhookId}/deliveries", "listDeliveries", "Delivery", &[]),
    Line {
        body: Takes::Object,
        ..act("/v1/webhooks/{webhookId}/replay", "replayDelivery", "Delivery")
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use schema::codec;
    use schema::room::RoomCommand;

    /// What a command says to an input that it cannot know.
    fn refusal(line: &Line) -> String {
        let input = br#"{"nobodyKnowsThis":1}"#;
        let read = codec::command_from_json::<RoomCommand>(line.command, input);
        read.expect_err(line.path).message
    }

    #[test]
    fn every_line_names_a_command_of_the_room() {
        for line in ROOM {
            let message = refusal(line);
            assert!(!message.contains("unknown variant"), "{}: {message}", line.path);
        }
        let made_up = Line { command: "makeCoffee", ..get("/v1/coffee", "", "Nothing") };
        assert!(refusal(&made_up).contains("unknown variant"));
    }
}
