//! What a room may be asked: one flat enum of every command, named as on the wire.

use super::{
    access, api_key, attention, attribute, audit, automation, by_hand, campaign, catalogue,
    comment, company, delivery, draft, enrolment, hours, known, mail, moves, notification, privacy,
    prospect_import, report, schedule, search, sla, snapshot, source, team, ticket, transfer,
    upload, user, webhook, workflow, writing,
};
use serde::{Deserialize, Serialize};

/// What a room may be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum RoomCommand {
    /// Register the workspace. Reply: [`access::Opened`].
    Register(access::Register),
    /// Start a log-in. Reply: [`access::LoginBegun`].
    BeginLogin(access::BeginLogin),
    /// Finish a log-in. Reply: [`access::Opened`].
    Login(access::Login),
    /// Exchange a refresh token. Reply: [`access::Refreshed`].
    Refresh(access::Refresh),
    /// End the caller's session. Reply: `{}`.
    Logout(access::Logout),
    /// End all sessions of the caller. Reply: `{}`.
    LogoutEverywhere(access::LogoutEverywhere),
    /// Change the caller's password.
    ChangePassword(access::ChangePassword),
    /// Link an account at Microsoft. Reply: [`access::Identity`].
    LinkIdentity(access::LinkIdentity),
    /// Unlink it. Reply: `{}`.
    UnlinkIdentity(access::UnlinkIdentity),
    /// Log in by it. Reply: [`access::Opened`].
    LoginByIdentity(access::LoginByIdentity),
    /// Invite an agent. Reply: [`access::Invitation`].
    Invite(access::Invite),
    /// Accept an invitation. Reply: [`access::Opened`].
    AcceptInvitation(access::AcceptInvitation),
    /// Take an invitation back. Reply: [`access::Invitation`].
    RevokeInvitation(access::RevokeInvitation),
    /// List the invitations.
    ListInvitations(access::ListInvitations),
    /// List the agents.
    ListAgents(access::ListAgents),
    /// Change an agent. Reply: [`access::Agent`].
    ChangeAgent(access::ChangeAgent),
    /// Read the caller. Reply: [`access::Own`].
    Me(access::Me),
    /// Make a one-use ticket for a WebSocket. Reply: [`access::TicketMade`].
    CreateRealtimeTicket(access::CreateRealtimeTicket),
    /// Say whether the caller may. Reply: [`access::Authorised`].
    Authorise(access::Authorise),
    /// Read the workspace. Reply: [`access::Workspace`].
    GetWorkspace(access::GetWorkspace),
    /// Change the workspace. Reply: [`access::Workspace`].
    ChangeWorkspace(access::ChangeWorkspace),

    /// List teams. Reply: a page of [`team::Team`].
    ListTeams(team::ListTeams),
    /// Read a team. Reply: [`team::Team`].
    GetTeam(team::GetTeam),
    /// Make a team. Reply: [`team::Team`].
    CreateTeam(team::CreateTeam),
    /// Change a team. Reply: [`team::Team`].
    ChangeTeam(team::ChangeTeam),
    /// Delete a team. Reply: [`team::Team`].
    DeleteTeam(team::DeleteTeam),
    /// Take an agent into a team. Reply: [`team::Team`].
    AddTeamMember(team::AddTeamMember),
    /// Take an agent out of a team. Reply: [`team::Team`].
    RemoveTeamMember(team::RemoveTeamMember),

    /// Make a user. Reply: [`user::User`].
    CreateUser(user::CreateUser),
    /// Read a user. Reply: [`user::User`].
    GetUser(user::GetUser),
    /// List users. Reply: a page of [`user::User`].
    ListUsers(user::ListUsers),
    /// Change a user. Reply: [`user::User`].
    ChangeUser(user::ChangeUser),
    /// Give a user a handle. Reply: [`user::User`].
    AddHandle(user::AddHandle),
    /// Take a handle from a user. Reply: [`user::User`].
    RemoveHandle(user::RemoveHandle),
    /// Make one person of two users. Reply: [`user::Merge`].
    MergeUsers(user::MergeUsers),
    /// Make two users of them again. Reply: [`user::Merge`].
    UndoMerge(user::UndoMerge),
    /// List the merges that can be undone. Reply: a list of [`user::Merge`].
    ListMerges(user::ListMerges),

    /// List the caller's notifications. Reply: a page of [`notification::Notification`].
    ListNotifications(notification::ListNotifications),
    /// Count the caller's unread notifications. Reply: [`notification::Unread`].
    CountUnread(notification::CountUnread),
    /// Mark a notification as read. Reply: [`notification::Notification`].
    ReadNotification(notification::ReadNotification),
    /// Mark all notifications as read. Reply: [`notification::Unread`].
    ReadAllNotifications(notification::ReadAllNotifications),
    /// Read how the caller is told. Reply: [`notification::NotificationSettings`].
    GetNotificationSettings(notification::GetNotificationSettings),
    /// Change how the caller is told. Reply: [`notification::NotificationSettings`].
    ChangeNotificationSettings(notification::ChangeNotificationSettings),
    /// Read what notifications say. Reply: [`notification::NotificationTemplates`].
    GetNotificationTemplates(notification::GetNotificationTemplates),
    /// Change what notifications say. Reply: [`notification::NotificationTemplates`].
    ChangeNotificationTemplates(notification::ChangeNotificationTemplates),
    /// List the API keys. Reply: a page of [`api_key::ApiKey`].
    ListApiKeys(api_key::ListApiKeys),
    /// Read an API key. Reply: [`api_key::ApiKey`].
    GetApiKey(api_key::GetApiKey),
    /// Make an API key. Reply: [`api_key::ApiKey`].
    CreateApiKey(api_key::CreateApiKey),
    /// Take an API key away. Reply: [`api_key::ApiKey`].
    RevokeApiKey(api_key::RevokeApiKey),
    /// Give everything that is stored of a person. Reply: a page of [`privacy::Stored`].
    ExportUser(privacy::ExportUser),
    /// Erase everything about a person. Reply: [`privacy::Erasure`].
    EraseUser(privacy::EraseUser),
    /// Say how far an erasure has come. Reply: [`privacy::Erasure`].
    GetErasure(privacy::GetErasure),
    /// List who did what. Reply: a page of events, newest first.
    ListAudit(audit::ListAudit),

    /// List companies. Reply: a page of [`company::Company`].
    ListCompanies(company::ListCompanies),
    /// Read a company. Reply: [`company::Company`].
    GetCompany(company::GetCompany),
    /// Make a company. Reply: [`company::Company`].
    CreateCompany(company::CreateCompany),
    /// Change a company. Reply: [`company::Company`].
    ChangeCompany(company::ChangeCompany),
    /// Delete a company. Reply: [`company::Company`].
    DeleteCompany(company::DeleteCompany),
    /// Read which domains the workspace takes for free mail. Reply: [`company::FreeMail`].
    GetFreeMail(company::GetFreeMail),
    /// Say which those are. Reply: [`company::FreeMail`].
    ChangeFreeMail(company::ChangeFreeMail),

    /// List the attributes that are defined. Reply: a page of [`attribute::Attribute`].
    ListAttributes(attribute::ListAttributes),
    /// Read a definition. Reply: [`attribute::Attribute`].
    GetAttribute(attribute::GetAttribute),
    /// Define an attribute. Reply: [`attribute::Attribute`].
    CreateAttribute(attribute::CreateAttribute),
    /// Change a definition. Reply: [`attribute::Attribute`].
    ChangeAttribute(attribute::ChangeAttribute),
    /// Delete a definition. Reply: [`attribute::Attribute`].
    DeleteAttribute(attribute::DeleteAttribute),

    /// Open a ticket. Reply: [`ticket::Ticket`].
    CreateTicket(ticket::CreateTicket),
    /// Read a ticket. Reply: [`ticket::Ticket`].
    GetTicket(ticket::GetTicket),
    /// List tickets. Reply: a page of [`ticket::Ticket`].
    ListTickets(ticket::ListTickets),
    /// Change a ticket. Reply: [`ticket::Ticket`].
    ChangeTicket(ticket::ChangeTicket),
    /// Open a closed ticket again. Reply: [`ticket::Ticket`].
    ReopenTicket(ticket::ReopenTicket),
    /// Note how far the caller has read. Reply: [`ticket::ReadMark`].
    MarkRead(ticket::MarkRead),
    /// List what happened to a ticket. Reply: a page of events, newest first.
    ListActivities(ticket::ListActivities),

    /// Change several tickets alike. Reply: [`ticket::BulkDone`].
    BulkChangeTickets(Box<ticket::BulkChangeTickets>),
    /// Put a ticket off. Reply: [`ticket::Ticket`].
    SnoozeTicket(attention::SnoozeTicket),
    /// End a ticket's being put off. Reply: [`ticket::Ticket`].
    WakeTicket(attention::WakeTicket),
    /// Claim a ticket. Reply: [`attention::ClaimState`].
    ClaimTicket(attention::ClaimTicket),
    /// Give a claim back. Reply: [`attention::ClaimState`].
    ReleaseTicket(attention::ReleaseTicket),
    /// Follow a ticket. Reply: [`attention::Followers`].
    FollowTicket(attention::FollowTicket),
    /// Follow a ticket no more. Reply: [`attention::Followers`].
    UnfollowTicket(attention::FollowTicket),
    /// List who follows a ticket. Reply: [`attention::Followers`].
    ListFollowers(attention::FollowTicket),
    /// Delete a ticket. Reply: [`ticket::Ticket`].
    DeleteTicket(attention::DeleteTicket),
    /// Bring a deleted ticket back. Reply: [`ticket::Ticket`].
    RestoreTicket(attention::RestoreTicket),

    /// Merge a ticket into another. Reply: [`moves::Moved`].
    MergeTickets(moves::MergeTickets),
    /// Make some comments a ticket of their own. Reply: [`moves::Moved`].
    SplitTicket(moves::SplitTicket),
    /// Undo a merge or split. Reply: [`moves::Moved`].
    UndoMove(moves::UndoMove),
    /// List the merges and splits of a ticket. Reply: a list of [`moves::TicketMove`].
    ListMoves(moves::ListMoves),

    /// Keep the caller's draft on a ticket. Reply: [`draft::Draft`].
    SaveDraft(draft::SaveDraft),
    /// Read the caller's draft on a ticket. Reply: [`draft::Draft`].
    GetDraft(draft::OwnDraft),
    /// List drafts. Reply: a page of [`draft::Draft`].
    ListDrafts(draft::ListDrafts),
    /// Throw the caller's draft on a ticket away. Reply: `{}`.
    DeleteDraft(draft::OwnDraft),

    /// List categories. Reply: a page of [`catalogue::Category`].
    ListCategories(catalogue::ListItems),
    /// Read a category. Reply: [`catalogue::Category`].
    GetCategory(catalogue::GetItem),
    /// Make a category. Reply: [`catalogue::Category`].
    CreateCategory(catalogue::CreateCategory),
    /// Change a category. Reply: [`catalogue::Category`].
    ChangeCategory(catalogue::ChangeCategory),
    /// Put a category away. Reply: [`catalogue::Category`].
    ArchiveCategory(catalogue::ArchiveItem),
    /// List the workspace's own statuses. Reply: a page of [`catalogue::CustomStatus`].
    ListCustomStatuses(catalogue::ListItems),
    /// Read a status of the workspace's own. Reply: [`catalogue::CustomStatus`].
    GetCustomStatus(catalogue::GetItem),
    /// Make a status of the workspace's own. Reply: [`catalogue::CustomStatus`].
    CreateCustomStatus(catalogue::CreateCustomStatus),
    /// Change a status of the workspace's own. Reply: [`catalogue::CustomStatus`].
    ChangeCustomStatus(catalogue::ChangeCustomStatus),
    /// Put a status of the workspace's own away. Reply: [`catalogue::CustomStatus`].
    ArchiveCustomStatus(catalogue::ArchiveItem),
    /// List canned replies. Reply: a page of [`catalogue::CannedReply`].
    ListCannedReplies(catalogue::ListItems),
    /// Read a canned reply. Reply: [`catalogue::CannedReply`].
    GetCannedReply(catalogue::GetItem),
    /// Make a canned reply. Reply: [`catalogue::CannedReply`].
    CreateCannedReply(catalogue::CreateText),
    /// Change a canned reply. Reply: [`catalogue::CannedReply`].
    ChangeCannedReply(catalogue::ChangeText),
    /// Put a canned reply away. Reply: [`catalogue::CannedReply`].
    ArchiveCannedReply(catalogue::ArchiveItem),
    /// Fill in a canned reply for a ticket. Reply: [`catalogue::Rendered`].
    RenderCannedReply(catalogue::RenderCannedReply),
    /// List signatures. Reply: a page of [`catalogue::Signature`].
    ListSignatures(catalogue::ListItems),
    /// Read a signature. Reply: [`catalogue::Signature`].
    GetSignature(catalogue::GetItem),
    /// Make a signature. Reply: [`catalogue::Signature`].
    CreateSignature(catalogue::CreateText),
    /// Change a signature. Reply: [`catalogue::Signature`].
    ChangeSignature(catalogue::ChangeText),
    /// Put a signature away. Reply: [`catalogue::Signature`].
    ArchiveSignature(catalogue::ArchiveItem),
    /// Fill in the caller's signature for a ticket. Reply: [`catalogue::Rendered`].
    RenderSignature(catalogue::RenderSignature),
    /// List macros. Reply: a page of [`catalogue::Macro`].
    ListMacros(catalogue::ListItems),
    /// Read a macro. Reply: [`catalogue::Macro`].
    GetMacro(catalogue::GetItem),
    /// Make a macro. Reply: [`catalogue::Macro`].
    CreateMacro(Box<catalogue::CreateMacro>),
    /// Change a macro. Reply: [`catalogue::Macro`].
    ChangeMacro(Box<catalogue::ChangeMacro>),
    /// Put a macro away. Reply: [`catalogue::Macro`].
    ArchiveMacro(catalogue::ArchiveItem),
    /// Apply a macro to a ticket. Reply: [`catalogue::MacroApplied`].
    ApplyMacro(catalogue::ApplyMacro),
    /// List views. Reply: a page of [`catalogue::View`].
    ListViews(catalogue::ListItems),
    /// Read a view. Reply: [`catalogue::View`].
    GetView(catalogue::GetItem),
    /// Make a view. Reply: [`catalogue::View`].
    CreateView(Box<catalogue::CreateView>),
    /// Change a view. Reply: [`catalogue::View`].
    ChangeView(Box<catalogue::ChangeView>),
    /// Put a view away. Reply: [`catalogue::View`].
    ArchiveView(catalogue::ArchiveItem),
    /// List the tickets of a view. Reply: a page of [`ticket::Ticket`].
    ListViewTickets(catalogue::ListViewTickets),

    /// Write a comment. Reply: [`comment::Comment`].
    PostComment(comment::PostComment),
    /// Read a comment. Reply: [`comment::Comment`].
    GetComment(comment::GetComment),
    /// List a ticket's comments, oldest first. Reply: a page of [`comment::Comment`].
    ListComments(comment::ListComments),
    /// Find a file that came with a comment. Reply: [`comment::Attachment`].
    GetAttachment(comment::GetAttachment),

    /// Write a comment that is published later. Reply: [`schedule::ScheduledComment`].
    ScheduleComment(schedule::ScheduleComment),
    /// List comments that wait. Reply: a page of [`schedule::ScheduledComment`].
    ListScheduledComments(schedule::ListScheduledComments),
    /// Change a comment that waits. Reply: [`schedule::ScheduledComment`].
    ChangeScheduledComment(schedule::ChangeScheduledComment),
    /// Cancel a comment that waits. Reply: [`schedule::ScheduledComment`].
    CancelScheduledComment(schedule::CancelScheduledComment),

    /// List the rules. Reply: a page of [`automation::Automation`].
    ListAutomations(automation::ListAutomations),
    /// Read a rule. Reply: [`automation::Automation`].
    GetAutomation(automation::GetAutomation),
    /// Make a rule. Reply: [`automation::Automation`].
    CreateAutomation(automation::CreateAutomation),
    /// Change a rule. Reply: [`automation::Automation`].
    ChangeAutomation(automation::ChangeAutomation),
    /// Delete a rule. Reply: `{}`.
    DeleteAutomation(automation::DeleteAutomation),
    /// Put the rules in order. Reply: all of them, [`automation::Automation`].
    ReorderAutomations(automation::ReorderAutomations),
    /// Say what rules would do. Reply: [`automation::DryRun`].
    DryRunAutomation(automation::DryRunAutomation),
    /// List what rules did. Reply: a page of [`automation::AutomationRun`].
    ListAutomationRuns(automation::ListAutomationRuns),

    /// List the workflows. Reply: a page of [`workflow::Workflow`].
    ListWorkflows(workflow::ListWorkflows),
    /// Read a workflow. Reply: [`workflow::Workflow`].
    GetWorkflow(workflow::GetWorkflow),
    /// Make a workflow. Reply: [`workflow::Workflow`].
    CreateWorkflow(workflow::CreateWorkflow),
    /// Change a workflow. Reply: [`workflow::Workflow`].
    ChangeWorkflow(workflow::ChangeWorkflow),
    /// Delete a workflow. Reply: `{}`.
    DeleteWorkflow(workflow::DeleteWorkflow),
    /// Start a workflow on a ticket. Reply: [`workflow::WorkflowRun`].
    StartWorkflow(workflow::StartWorkflow),
    /// Stop a run. Reply: [`workflow::WorkflowRun`].
    StopWorkflowRun(workflow::StopWorkflowRun),
    /// Read a run. Reply: [`workflow::WorkflowRun`].
    GetWorkflowRun(workflow::GetWorkflowRun),
    /// List runs. Reply: a page of [`workflow::WorkflowRun`].
    ListWorkflowRuns(workflow::ListWorkflowRuns),

    /// Read the business hours. Reply: [`hours::BusinessHours`].
    GetBusinessHours(hours::GetBusinessHours),
    /// Set the business hours. Reply: [`hours::BusinessHours`].
    SetBusinessHours(hours::SetBusinessHours),

    /// List the SLA policies. Reply: a page of [`sla::SlaPolicy`].
    ListSlaPolicies(sla::ListSlaPolicies),
    /// Read an SLA policy. Reply: [`sla::SlaPolicy`].
    GetSlaPolicy(sla::GetSlaPolicy),
    /// Make an SLA policy. Reply: [`sla::SlaPolicy`].
    CreateSlaPolicy(sla::CreateSlaPolicy),
    /// Change an SLA policy. Reply: [`sla::SlaPolicy`].
    ChangeSlaPolicy(sla::ChangeSlaPolicy),
    /// Delete an SLA policy. Reply: `{}`.
    DeleteSlaPolicy(sla::DeleteSlaPolicy),
    /// Put the SLA policies in order. Reply: all of them, [`sla::SlaPolicy`].
    ReorderSlaPolicies(sla::ReorderSlaPolicies),
    /// Read how a ticket stands with its SLA. Reply: [`sla::TicketSla`].
    GetTicketSla(sla::GetTicketSla),

    /// Everything that a client that starts needs. Reply: [`snapshot::Snapshot`].
    Snapshot(snapshot::GetSnapshot),

    /// Take rows from elsewhere. Reply: [`transfer::RowsImported`].
    ImportRows(transfer::ImportRows),
    /// Read all rows of the workspace. Reply: [`transfer::ExportPage`].
    ExportRows(transfer::ExportRows),

    /// Take in a mail. For Postroom itself. Reply: [`mail::MailReceipt`].
    ReceiveMail(Box<mail::ReceiveMail>),
    /// Tell where a mail that the team sent belongs. For Postroom itself. Reply:
    /// [`mail::MailThread`].
    GetMailThread(mail::GetMailThread),
    /// Take note of what became of the mail that a comment is. For Postroom itself. Reply: `{}`.
    NoteDelivery(delivery::NoteDelivery),
    /// Tell what a relay reported of a mail, and its inbox took note of. For Postroom itself.
    /// Reply: `{}`.
    NoteReport(crate::report::MailReported),
    /// Take note of a mail that cannot be read. For Postroom itself. Reply: [`mail::MailReceipt`].
    ReportUnparseable(mail::ReportUnparseable),
    /// Tell how a mailbox is. For Postroom itself. Reply: `{}`.
    NoteMailbox(crate::mailbox::NoteMailbox),
    /// List the inboxes and prospects that the room knows. Reply: [`known::Known`].
    ListKnown(known::ListKnown),
    /// List the mails that could not be read. Reply: a page of [`mail::UnparseableMail`].
    ListUnparseableMails(mail::ListUnparseableMails),
    /// Read one of them, to try it again. Reply: [`mail::UnparseableMail`].
    GetUnparseableMail(mail::GetUnparseableMail),

    /// Search. Reply: a page of [`search::Hit`].
    Search(search::Search),
    /// Report on a range of days. Reply: [`report::Report`].
    GetReport(report::GetReport),
    /// List the webhooks. Reply: a list of [`webhook::Webhook`].
    ListWebhooks(webhook::ListWebhooks),
    /// Read a webhook. Reply: [`webhook::Webhook`].
    GetWebhook(webhook::GetWebhook),
    /// Make a webhook. Reply: [`webhook::Webhook`].
    CreateWebhook(webhook::CreateWebhook),
    /// Change a webhook. Reply: [`webhook::Webhook`].
    ChangeWebhook(webhook::ChangeWebhook),
    /// Take a webhook away. Reply: [`webhook::Webhook`] as it was.
    DeleteWebhook(webhook::DeleteWebhook),
    /// Replace a webhook's secret. Reply: [`webhook::Webhook`].
    RotateWebhookSecret(webhook::RotateWebhookSecret),
    /// Send a webhook an event of its own. Reply: [`webhook::Delivery`].
    TestWebhook(webhook::TestWebhook),
    /// List what was sent to a webhook. Reply: a page of [`webhook::Delivery`].
    ListDeliveries(webhook::ListDeliveries),
    /// Send an event to a webhook once more. Reply: [`webhook::Delivery`].
    ReplayDelivery(webhook::ReplayDelivery),

    /// Make a campaign. Reply: [`campaign::Campaign`].
    CreateCampaign(campaign::CreateCampaign),
    /// Change a campaign. Reply: [`campaign::Campaign`].
    ChangeCampaign(campaign::ChangeCampaign),
    /// Read a campaign. Reply: [`campaign::Campaign`].
    GetCampaign(campaign::GetCampaign),
    /// List campaigns. Reply: a page of [`campaign::Campaign`].
    ListCampaigns(campaign::ListCampaigns),
    /// Have a campaign send. Reply: [`campaign::Campaign`].
    StartCampaign(campaign::StartCampaign),
    /// Have a campaign send no more. Reply: [`campaign::Campaign`].
    PauseCampaign(campaign::PauseCampaign),
    /// Enrol prospects in a campaign. Reply: [`enrolment::Enrolled`].
    Enrol(enrolment::Enrol),
    /// Read where a prospect stands in a campaign. Reply: [`enrolment::Enrolment`].
    GetEnrolment(enrolment::GetEnrolment),
    /// List the prospects of a campaign. Reply: a page of [`enrolment::Enrolment`].
    ListEnrolments(enrolment::ListEnrolments),
    /// Take a prospect out of a campaign, or put it back. Reply: [`enrolment::Enrolment`].
    ChangeEnrolment(enrolment::ChangeEnrolment),
    /// List what was decided about a prospect. Reply: a page of [`enrolment::Decision`].
    ListDecisions(enrolment::ListDecisions),
    /// List how a campaign's turns ended. Reply: a page of [`enrolment::Turns`].
    ListTurns(enrolment::ListTurns),
    /// Read how many mails may leave now. Reply: a list of [`campaign::InboxCap`].
    GetCaps(campaign::GetCaps),
    /// Read what outreach may do. Reply: [`campaign::OutreachSettings`].
    GetOutreachSettings(campaign::GetOutreachSettings),
    /// Change what outreach may do. Reply: [`campaign::OutreachSettings`].
    ChangeOutreachSettings(campaign::ChangeOutreachSettings),
    /// Write one mail to a prospect. Reply: [`by_hand::EmailTaken`].
    SendEmail(Box<by_hand::SendEmail>),
    /// Have every campaign take its turn. Reply: [`enrolment::TurnsTaken`].
    TakeTurns(enrolment::TakeTurns),
    /// Put old decisions away. For Postroom itself. Reply: [`enrolment::ArchivedDecisions`].
    ArchiveOutreach(enrolment::ArchiveOutreach),
    /// Count what campaigns did. For Postroom itself. Reply: [`crate::alert::OutreachCounts`].
    CountOutreach(enrolment::CountOutreach),
    /// Read what the workspace tells models. Reply: [`writing::AiSettings`].
    GetAiSettings(writing::GetAiSettings),
    /// Change what the workspace tells models. Reply: [`writing::AiSettings`].
    ChangeAiSettings(writing::ChangeAiSettings),
    /// List what models wrote. Reply: a page of [`writing::CampaignText`].
    ListCampaignTexts(writing::ListCampaignTexts),
    /// Approve, change or reject what a model wrote. Reply: [`writing::CampaignText`].
    JudgeCampaignText(writing::JudgeCampaignText),
    /// Say what is to be written. For Postroom itself. Reply: [`writing::WritingOrder`].
    BeginWriting(writing::BeginWriting),
    /// Take note of what was written. For Postroom itself. Reply: `{}`.
    FinishWriting(writing::FinishWriting),
    /// Forget a prospect who was erased. For Postroom itself. Reply: `{}`.
    ForgetProspect(enrolment::ForgetProspect),
    /// Take note of what became of a campaign's mail. For Postroom itself. Reply: `{}`.
    NoteOutreach(enrolment::NoteOutreach),
    /// Somebody opts out by a link. For Postroom itself. Reply: [`enrolment::OptedOut`].
    OptOut(enrolment::OptOut),

    /// Begin an upload. Reply: [`upload::UploadBegun`].
    BeginUpload(upload::BeginUpload),
    /// Say that all of a file is there. Reply: [`comment::Attachment`].
    FinishUpload(upload::FinishUpload),
    /// Take a file away that belongs to no comment yet. Reply: `{}`.
    DropUpload(upload::DropUpload),

    /// List the sources of prospects. Reply: a list of [`source::ProspectSource`].
    ListSources(source::ListSources),
    /// Read a source of prospects. Reply: [`source::ProspectSource`].
    GetSource(source::OneSource),
    /// Make a source of prospects. Reply: [`source::ProspectSource`].
    CreateSource(source::CreateSource),
    /// Change a source of prospects. Reply: [`source::ProspectSource`].
    ChangeSource(Box<source::ChangeSource>),
    /// Delete a source of prospects. Reply: [`source::ProspectSource`].
    DeleteSource(source::OneSource),
    /// Say that a source is being read. For Postroom itself. Reply: [`source::Reading`].
    BeginReading(source::BeginReading),
    /// Say that a source was read. For Postroom itself. Reply: `{}`.
    EndReading(source::EndReading),

    /// Begin an import of prospects. Reply: [`prospect_import::ProspectImport`].
    BeginProspectImport(prospect_import::BeginProspectImport),
    /// Say that a file of prospects was read. Reply: [`prospect_import::ProspectImport`].
    EndProspectImport(prospect_import::EndProspectImport),
    /// Say what came of a part of it. Reply: [`prospect_import::ProspectImport`].
    NoteProspectImport(prospect_import::NoteProspectImport),
    /// Read how far an import is. Reply: [`prospect_import::ProspectImport`].
    GetProspectImport(prospect_import::GetProspectImport),
}

#[cfg(test)]
mod tests {
    use super::RoomCommand;
    use crate::codec::{from_json, to_json};
    use serde_json::json;

    /// The gateway reads a command and writes it anew for its actor.
    #[test]
    fn what_a_change_leaves_out_is_left_out_where_it_arrives() {
        let id = "11111111-1111-4111-8111-111111111111";
        for change in [
            json!({ "changeCampaign": { "campaignId": id, "name": "x" } }),
            json!({ "changeCampaign": { "campaignId": id, "dailyMax": null, "notNowDays": 3 } }),
            json!({ "changeNotificationTemplates": {} }),
            json!({ "changeNotificationTemplates": { "inboxId": null } }),
            json!({ "changeUser": { "userId": id } }),
            json!({ "changeTicket": { "ticketId": id, "subject": "x" } }),
        ] {
            let read: RoomCommand = from_json(&to_json(&change)).expect("a command");
            let arrived = from_json::<RoomCommand>(&to_json(&read));
            assert_eq!(arrived, Ok(read), "{change}");
        }
    }
}
