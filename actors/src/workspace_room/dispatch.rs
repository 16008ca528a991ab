//! Which function answers which command.

use super::catalogue::Kind;
use super::{
    access, audit, catalogue, directory, handle, keys, mail_reports, notifications, outreach,
    privacy, prospect_imports, reports, rules, search, sources, teams, transfer, uploads, webhooks,
};
use crate::kernel::{Ctx, Reply};
use schema::Reject;
use schema::room::RoomCommand;

/// Carries out one command.
///
/// # Errors
/// The command's refusals, and storage faults.
pub fn dispatch(ctx: &mut Ctx<'_>, command: RoomCommand) -> Result<Reply, Reject> {
    match command {
        RoomCommand::Register(input) => access::register::register(ctx, &input),
        RoomCommand::BeginLogin(input) => access::begin_login::begin_login(ctx, &input),
        RoomCommand::Login(input) => access::login::login(ctx, &input),
        RoomCommand::Refresh(input) => access::refresh::refresh(ctx, &input),
        RoomCommand::Logout(input) => access::logout::logout(ctx, &input),
        RoomCommand::LogoutEverywhere(input) => access::logout::logout_everywhere(ctx, &input),
        RoomCommand::ChangePassword(input) => access::change_password::change_password(ctx, &input),
        RoomCommand::LinkIdentity(input) => access::link_identity::link_identity(ctx, &input),
        RoomCommand::UnlinkIdentity(input) => access::link_identity::unlink_identity(ctx, &input),
        RoomCommand::LoginByIdentity(input) => {
            access::login_by_identity::login_by_identity(ctx, &input)
        }
        RoomCommand::Invite(input) => access::invite::invite(ctx, &input),
        RoomCommand::AcceptInvitation(input) => {
            access::accept_invitation::accept_invitation(ctx, &input)
        }
        RoomCommand::RevokeInvitation(input) => {
            access::revoke_invitation::revoke_invitation(ctx, &input)
        }
        RoomCommand::ListInvitations(input) => {
            access::revoke_invitation::list_invitations(ctx, &input)
        }
        RoomCommand::ListAgents(input) => access::list_agents::list_agents(ctx, &input),
        RoomCommand::Me(input) => access::list_agents::me(ctx, &input),
        RoomCommand::ChangeAgent(input) => access::change_agent::change_agent(ctx, &input),
        RoomCommand::CreateRealtimeTicket(input) => {
            access::connect::create_realtime_ticket(ctx, &input)
        }
        RoomCommand::Authorise(input) => access::authorise::authorise(ctx, &input),
        RoomCommand::GetWorkspace(input) => access::workspace::get_workspace(ctx, &input),
        RoomCommand::ChangeWorkspace(input) => access::workspace::change_workspace(ctx, &input),

        RoomCommand::ListTeams(input) => teams::read::list_teams(ctx, &input),
        RoomCommand::GetTeam(input) => teams::read::get_team(ctx, &input),
        RoomCommand::CreateTeam(input) => teams::create::create_team(ctx, &input),
        RoomCommand::ChangeTeam(input) => teams::change::change_team(ctx, &input),
        RoomCommand::DeleteTeam(input) => teams::delete::delete_team(ctx, &input),
        RoomCommand::AddTeamMember(input) => teams::members::add_team_member(ctx, &input),
        RoomCommand::RemoveTeamMember(input) => teams::members::remove_team_member(ctx, &input),

        RoomCommand::CreateUser(input) => handle::create_user::create_user(ctx, &input),
        RoomCommand::GetUser(input) => handle::get_user::get_user(ctx, &input),
        RoomCommand::ListUsers(input) => handle::list_users::list_users(ctx, &input),
        RoomCommand::ChangeUser(input) => handle::change_user::change_user(ctx, &input),
        RoomCommand::AddHandle(input) => directory::add_handle::add_handle(ctx, &input),
        RoomCommand::RemoveHandle(input) => directory::remove_handle::remove_handle(ctx, &input),
        RoomCommand::MergeUsers(input) => directory::merge::merge_users(ctx, &input),
        RoomCommand::UndoMerge(input) => directory::undo_merge::undo_merge(ctx, &input),
        RoomCommand::ListMerges(input) => directory::undo_merge::list_merges(ctx, &input),

        RoomCommand::ListNotifications(input) => notifications::handle::list(ctx, &input),
        RoomCommand::CountUnread(input) => notifications::handle::count(ctx, &input),
        RoomCommand::ReadNotification(input) => notifications::handle::read(ctx, &input),
        RoomCommand::ReadAllNotifications(input) => notifications::handle::read_all(ctx, &input),
        RoomCommand::GetNotificationSettings(input) => notifications::settings::get(ctx, &input),
        RoomCommand::ChangeNotificationSettings(input) => {
            notifications::settings::change(ctx, &input)
        }
        RoomCommand::GetNotificationTemplates(input) => {
            notifications::settings::get_templates(ctx, &input)
        }
        RoomCommand::ChangeNotificationTemplates(input) => {
            notifications::settings::change_templates(ctx, &input)
        }

        RoomCommand::ListApiKeys(input) => keys::read::list_api_keys(ctx, &input),
        RoomCommand::GetApiKey(input) => keys::read::get_api_key(ctx, &input),
        RoomCommand::CreateApiKey(input) => keys::create::create_api_key(ctx, &input),
        RoomCommand::RevokeApiKey(input) => keys::revoke::revoke_api_key(ctx, &input),

        RoomCommand::ExportUser(input) => privacy::export_user::export_user(ctx, &input),
        RoomCommand::EraseUser(input) => privacy::erase_user::erase_user(ctx, &input),
        RoomCommand::GetErasure(input) => privacy::erase_user::get_erasure(ctx, &input),
        RoomCommand::ListAudit(input) => audit::list::list_audit(ctx, &input),

        RoomCommand::ListCompanies(input) => directory::read_companies::list_companies(ctx, &input),
        RoomCommand::GetCompany(input) => directory::read_companies::get_company(ctx, &input),
        RoomCommand::CreateCompany(input) => directory::create_company::create_company(ctx, &input),
        RoomCommand::ChangeCompany(input) => directory::change_company::change_company(ctx, &input),
        RoomCommand::DeleteCompany(input) => directory::delete_company::delete_company(ctx, &input),
        RoomCommand::GetFreeMail(input) => directory::free_mail::get_free_mail(ctx, &input),
        RoomCommand::ChangeFreeMail(input) => directory::free_mail::change_free_mail(ctx, &input),

        RoomCommand::ListAttributes(input) => directory::define::list_attributes(ctx, &input),
        RoomCommand::GetAttribute(input) => directory::define::get_attribute(ctx, &input),
        RoomCommand::CreateAttribute(input) => directory::define::create_attribute(ctx, &input),
        RoomCommand::ChangeAttribute(input) => directory::define::change_attribute(ctx, &input),
        RoomCommand::DeleteAttribute(input) => directory::define::delete_attribute(ctx, &input),

        RoomCommand::CreateTicket(input) => handle::create_ticket::create_ticket(ctx, &input),
        RoomCommand::GetTicket(input) => handle::get_ticket::get_ticket(ctx, &input),
        RoomCommand::ListTickets(input) => handle::list_tickets::list_tickets(ctx, &input),
        RoomCommand::ChangeTicket(input) => handle::change_ticket::change_ticket(ctx, &input),
        RoomCommand::ReopenTicket(input) => handle::reopen_ticket::reopen_ticket(ctx, &input),
        RoomCommand::MarkRead(input) => handle::mark_read::mark_read(ctx, &input),
        RoomCommand::ListActivities(input) => handle::list_activities::list_activities(ctx, &input),

        RoomCommand::BulkChangeTickets(input) => {
            handle::bulk_change_tickets::bulk_change_tickets(ctx, &input)
        }
        RoomCommand::SnoozeTicket(input) => handle::snooze_ticket::snooze_ticket(ctx, &input),
        RoomCommand::WakeTicket(input) => handle::snooze_ticket::wake_ticket(ctx, &input),
        RoomCommand::ClaimTicket(input) => handle::claim_ticket::claim_ticket(ctx, &input),
        RoomCommand::ReleaseTicket(input) => handle::claim_ticket::release_ticket(ctx, &input),
        RoomCommand::FollowTicket(input) => handle::follow_ticket::follow_ticket(ctx, &input),
        RoomCommand::UnfollowTicket(input) => handle::follow_ticket::unfollow_ticket(ctx, &input),
        RoomCommand::ListFollowers(input) => handle::follow_ticket::list_followers(ctx, &input),
        RoomCommand::DeleteTicket(input) => handle::delete_ticket::delete_ticket(ctx, &input),
        RoomCommand::RestoreTicket(input) => handle::delete_ticket::restore_ticket(ctx, &input),
        RoomCommand::MergeTickets(input) => handle::merge_tickets::merge_tickets(ctx, &input),
        RoomCommand::SplitTicket(input) => handle::merge_tickets::split_ticket(ctx, &input),
        RoomCommand::UndoMove(input) => handle::merge_tickets::undo_move(ctx, &input),
        RoomCommand::ListMoves(input) => handle::merge_tickets::list_moves(ctx, &input),
        RoomCommand::SaveDraft(input) => handle::save_draft::save_draft(ctx, &input),
        RoomCommand::GetDraft(input) => handle::save_draft::get_draft(ctx, &input),
        RoomCommand::ListDrafts(input) => handle::save_draft::list_drafts(ctx, &input),
        RoomCommand::DeleteDraft(input) => handle::save_draft::delete_draft(ctx, &input),

        RoomCommand::ListCategories(input) => catalogue::list(ctx, Kind::Category, &input),
        RoomCommand::GetCategory(input) => catalogue::get(ctx, Kind::Category, &input),
        RoomCommand::CreateCategory(input) => catalogue::categories::create(ctx, &input),
        RoomCommand::ChangeCategory(input) => catalogue::categories::change(ctx, &input),
        RoomCommand::ArchiveCategory(input) => catalogue::archive(ctx, Kind::Category, &input),
        RoomCommand::ListCustomStatuses(input) => catalogue::list(ctx, Kind::Status, &input),
        RoomCommand::GetCustomStatus(input) => catalogue::get(ctx, Kind::Status, &input),
        RoomCommand::CreateCustomStatus(input) => catalogue::statuses::create(ctx, &input),
        RoomCommand::ChangeCustomStatus(input) => catalogue::statuses::change(ctx, &input),
        RoomCommand::ArchiveCustomStatus(input) => catalogue::archive(ctx, Kind::Status, &input),
        RoomCommand::ListCannedReplies(input) => catalogue::list(ctx, Kind::Canned, &input),
        RoomCommand::GetCannedReply(input) => catalogue::get(ctx, Kind::Canned, &input),
        RoomCommand::CreateCannedReply(input) => {
            catalogue::texts::create(ctx, Kind::Canned, &input)
        }
        RoomCommand::ChangeCannedReply(input) => {
            catalogue::texts::change(ctx, Kind::Canned, &input)
        }
        RoomCommand::ArchiveCannedReply(input) => catalogue::archive(ctx, Kind::Canned, &input),
        RoomCommand::RenderCannedReply(input) => catalogue::render::canned(ctx, &input),
        RoomCommand::ListSignatures(input) => catalogue::list(ctx, Kind::Signature, &input),
        RoomCommand::GetSignature(input) => catalogue::get(ctx, Kind::Signature, &input),
        RoomCommand::CreateSignature(input) => {
            catalogue::texts::create(ctx, Kind::Signature, &input)
        }
        RoomCommand::ChangeSignature(input) => {
            catalogue::texts::change(ctx, Kind::Signature, &input)
        }
        RoomCommand::ArchiveSignature(input) => catalogue::archive(ctx, Kind::Signature, &input),
        RoomCommand::RenderSignature(input) => catalogue::render::signature(ctx, &input),
        RoomCommand::ListMacros(input) => catalogue::list(ctx, Kind::Macro, &input),
        RoomCommand::GetMacro(input) => catalogue::get(ctx, Kind::Macro, &input),
        RoomCommand::CreateMacro(input) => catalogue::macros::create(ctx, &input),
        RoomCommand::ChangeMacro(input) => catalogue::macros::change(ctx, &input),
        RoomCommand::ArchiveMacro(input) => catalogue::archive(ctx, Kind::Macro, &input),
        RoomCommand::ApplyMacro(input) => catalogue::macros::apply(ctx, &input),
        RoomCommand::ListViews(input) => catalogue::list(ctx, Kind::View, &input),
        RoomCommand::GetView(input) => catalogue::get(ctx, Kind::View, &input),
        RoomCommand::CreateView(input) => catalogue::views::create(ctx, &input),
        RoomCommand::ChangeView(input) => catalogue::views::change(ctx, &input),
        RoomCommand::ArchiveView(input) => catalogue::archive(ctx, Kind::View, &input),
        RoomCommand::ListViewTickets(input) => catalogue::views::tickets(ctx, &input),

        RoomCommand::PostComment(input) => handle::post_comment::post_comment(ctx, &input),
        RoomCommand::GetComment(input) => handle::get_comment::get_comment(ctx, &input),
        RoomCommand::ListComments(input) => handle::list_comments::list_comments(ctx, &input),
        RoomCommand::GetAttachment(input) => uploads::get_attachment(ctx, &input),

        RoomCommand::ScheduleComment(input) => {
            handle::schedule_comment::schedule_comment(ctx, &input)
        }
        RoomCommand::ListScheduledComments(input) => {
            handle::list_scheduled_comments::list_scheduled_comments(ctx, &input)
        }
        RoomCommand::ChangeScheduledComment(input) => {
            handle::change_scheduled_comment::change_scheduled_comment(ctx, &input)
        }
        RoomCommand::CancelScheduledComment(input) => {
            handle::cancel_scheduled_comment::cancel_scheduled_comment(ctx, &input)
        }

        RoomCommand::Snapshot(_) => handle::snapshot::snapshot(ctx),

        RoomCommand::ImportRows(input) => transfer::import::import_rows(ctx, input),
        RoomCommand::ExportRows(input) => transfer::export::export_rows(ctx, &input),

        RoomCommand::ReceiveMail(input) => handle::receive_mail::receive_mail(ctx, &input),
        RoomCommand::GetMailThread(input) => handle::sent_mail::get_mail_thread(ctx, &input),
        RoomCommand::NoteDelivery(input) => handle::note_delivery::note_delivery(ctx, input),
        RoomCommand::ReportUnparseable(input) => {
            handle::report_unparseable::report_unparseable(ctx, &input)
        }
        RoomCommand::NoteReport(input) => mail_reports::note_report(ctx, &input),
        RoomCommand::NoteMailbox(input) => handle::note_mailbox::note_mailbox(ctx, &input),
        RoomCommand::GetUnparseableMail(input) => {
            handle::list_unparseable_mails::get_unparseable_mail(ctx, &input)
        }
        RoomCommand::ListKnown(input) => handle::list_known::list_known(ctx, &input),
        RoomCommand::ListUnparseableMails(input) => {
            handle::list_unparseable_mails::list_unparseable_mails(ctx, &input)
        }

        RoomCommand::Search(input) => search::find::search(ctx, &input),
        RoomCommand::GetReport(input) => reports::get_report::get_report(ctx, &input),

        RoomCommand::ListWebhooks(_) => webhooks::handle::read_webhooks::list_webhooks(ctx),
        RoomCommand::GetWebhook(input) => webhooks::handle::read_webhooks::get_webhook(ctx, &input),
        RoomCommand::CreateWebhook(input) => {
            webhooks::handle::create_webhook::create_webhook(ctx, &input)
        }
        RoomCommand::ChangeWebhook(input) => {
            webhooks::handle::change_webhook::change_webhook(ctx, &input)
        }
        RoomCommand::DeleteWebhook(input) => {
            webhooks::handle::delete_webhook::delete_webhook(ctx, &input)
        }
        RoomCommand::RotateWebhookSecret(input) => {
            webhooks::handle::rotate_webhook_secret::rotate_webhook_secret(ctx, &input)
        }
        RoomCommand::TestWebhook(input) => webhooks::handle::deliveries::test_webhook(ctx, &input),
        RoomCommand::ListDeliveries(input) => {
            webhooks::handle::deliveries::list_deliveries(ctx, &input)
        }
        RoomCommand::ReplayDelivery(input) => {
            webhooks::handle::deliveries::replay_delivery(ctx, &input)
        }

        RoomCommand::ListAutomations(input) => rules::handle::automations::list(ctx, &input),
        RoomCommand::GetAutomation(input) => rules::handle::automations::get(ctx, &input),
        RoomCommand::CreateAutomation(input) => rules::handle::automations::create(ctx, &input),
        RoomCommand::ChangeAutomation(input) => rules::handle::automations::change(ctx, &input),
        RoomCommand::DeleteAutomation(input) => rules::handle::automations::delete(ctx, &input),
        RoomCommand::ReorderAutomations(input) => {
            rules::handle::automations::reorder_all(ctx, &input)
        }
        RoomCommand::DryRunAutomation(input) => rules::handle::automations::dry_run(ctx, &input),
        RoomCommand::ListAutomationRuns(input) => rules::handle::automation_runs::list(ctx, &input),
        RoomCommand::ListWorkflows(input) => rules::handle::workflows::list(ctx, &input),
        RoomCommand::GetWorkflow(input) => rules::handle::workflows::get(ctx, &input),
        RoomCommand::CreateWorkflow(input) => rules::handle::workflows::create(ctx, &input),
        RoomCommand::ChangeWorkflow(input) => rules::handle::workflows::change(ctx, &input),
        RoomCommand::DeleteWorkflow(input) => rules::handle::workflows::delete(ctx, &input),
        RoomCommand::StartWorkflow(input) => rules::handle::workflow_runs::start(ctx, &input),
        RoomCommand::StopWorkflowRun(input) => rules::handle::workflow_runs::stop(ctx, &input),
        RoomCommand::GetWorkflowRun(input) => rules::handle::workflow_runs::get(ctx, &input),
        RoomCommand::ListWorkflowRuns(input) => rules::handle::workflow_runs::list(ctx, &input),
        RoomCommand::GetBusinessHours(input) => rules::handle::hours::get(ctx, &input),
        RoomCommand::SetBusinessHours(input) => rules::handle::hours::set(ctx, &input),
        RoomCommand::ListSlaPolicies(input) => rules::handle::sla_policies::list(ctx, &input),
        RoomCommand::GetSlaPolicy(input) => rules::handle::sla_policies::get(ctx, &input),
        RoomCommand::CreateSlaPolicy(input) => rules::handle::sla_policies::create(ctx, &input),
        RoomCommand::ChangeSlaPolicy(input) => rules::handle::sla_policies::change(ctx, &input),
        RoomCommand::DeleteSlaPolicy(input) => rules::handle::sla_policies::delete(ctx, &input),
        RoomCommand::ReorderSlaPolicies(input) => {
            rules::handle::sla_policies::reorder_all(ctx, &input)
        }
        RoomCommand::GetTicketSla(input) => rules::handle::sla_policies::of_ticket(ctx, &input),
        RoomCommand::CreateCampaign(input) => {
            outreach::handle::campaigns::create_campaign(ctx, input)
        }
        RoomCommand::ChangeCampaign(input) => {
            outreach::handle::campaigns::change_campaign(ctx, input)
        }
        RoomCommand::GetCampaign(input) => outreach::handle::read::get_campaign(ctx, &input),
        RoomCommand::ListCampaigns(input) => outreach::handle::read::list_campaigns(ctx, &input),
        RoomCommand::StartCampaign(input) => {
            outreach::handle::campaigns::start_campaign(ctx, &input)
        }
        RoomCommand::PauseCampaign(input) => {
            outreach::handle::campaigns::pause_campaign(ctx, &input)
        }
        RoomCommand::Enrol(input) => outreach::handle::enrolments::enrol(ctx, &input),
        RoomCommand::GetEnrolment(input) => outreach::handle::read::get_enrolment(ctx, &input),
        RoomCommand::ListEnrolments(input) => outreach::handle::read::list_enrolments(ctx, &input),
        RoomCommand::ChangeEnrolment(input) => {
            outreach::handle::enrolments::change_enrolment(ctx, &input)
        }
        RoomCommand::ListDecisions(input) => outreach::handle::read::list_decisions(ctx, &input),
        RoomCommand::ListTurns(input) => outreach::handle::read::list_turns(ctx, &input),
        RoomCommand::GetCaps(input) => outreach::handle::read::get_caps(ctx, &input),
        RoomCommand::GetOutreachSettings(_) => outreach::handle::settings::get(ctx),
        RoomCommand::ChangeOutreachSettings(input) => {
            outreach::handle::settings::change(ctx, &input)
        }
        RoomCommand::SendEmail(input) => outreach::by_hand::send_email(ctx, &input),
        RoomCommand::TakeTurns(_) => outreach::handle::settings::take_turns(ctx),
        RoomCommand::ArchiveOutreach(input) => outreach::handle::archive::archive(ctx, input),
        RoomCommand::CountOutreach(input) => outreach::handle::archive::count(ctx, input),
        RoomCommand::GetAiSettings(_) => outreach::texts::handle::get_settings(ctx),
        RoomCommand::ChangeAiSettings(input) => {
            outreach::texts::handle::change_settings(ctx, &input)
        }
        RoomCommand::ListCampaignTexts(input) => {
            outreach::texts::handle::list_campaign_texts(ctx, &input)
        }
        RoomCommand::JudgeCampaignText(input) => {
            outreach::texts::handle::judge_campaign_text(ctx, &input)
        }
        RoomCommand::BeginWriting(input) => outreach::texts::handle::begin_writing(ctx, input),
        RoomCommand::FinishWriting(input) => outreach::texts::handle::finish_writing(ctx, input),
        RoomCommand::ForgetProspect(input) => outreach::handle::forget::forget_prospect(ctx, input),
        RoomCommand::NoteOutreach(input) => outreach::post::note_outreach(ctx, input),
        RoomCommand::OptOut(input) => outreach::opt_out::opt_out(ctx, &input),

        RoomCommand::BeginUpload(input) => uploads::begin::begin_upload(ctx, &input),
        RoomCommand::FinishUpload(input) => uploads::finish::finish_upload(ctx, &input),
        RoomCommand::DropUpload(input) => uploads::drop_upload(ctx, &input),

        RoomCommand::ListSources(_) => sources::list(ctx),
        RoomCommand::GetSource(input) => sources::get(ctx, &input),
        RoomCommand::CreateSource(input) => sources::create(ctx, &input),
        RoomCommand::ChangeSource(input) => sources::change(ctx, &input),
        RoomCommand::DeleteSource(input) => sources::delete(ctx, &input),
        RoomCommand::BeginReading(input) => sources::begin_reading(ctx, &input),
        RoomCommand::EndReading(input) => sources::end_reading(ctx, &input),

        RoomCommand::BeginProspectImport(input) => prospect_imports::begin(ctx, &input),
        RoomCommand::EndProspectImport(input) => prospect_imports::end(ctx, &input),
        RoomCommand::NoteProspectImport(input) => prospect_imports::note(ctx, input),
        RoomCommand::GetProspectImport(input) => prospect_imports::get(ctx, &input),
    }
}
