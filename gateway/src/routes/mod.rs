//! The endpoints that are more than a line of [`crate::table`]: each reads its input, asks an actor
//! (some ask several, and some D1), and shapes the reply. What must not be lost between two actors
//! is for the outbox of one of them: who asks here may be gone after the first.
//!
//! No rule of the house stands here. What an agent may, what a ticket allows, what a text may hold
//! is for the actors to say; here it is only carried to them.

pub mod access;
pub mod admin;
pub mod api_keys;
pub mod attachments;
pub mod campaigns;
pub mod comments;
pub mod deliveries;
pub mod domains;
pub mod emails;
pub mod events;
pub mod graph;
pub mod health;
pub mod inboxes;
pub mod invitations;
pub mod mailboxes;
pub mod mails;
pub mod microsoft;
pub mod notifications;
pub mod opt_out;
pub mod pipeline;
pub mod prospect_imports;
pub mod prospects;
pub mod realtime;
pub mod reports;
pub mod sessions;
pub mod sign_in;
pub mod sources;
pub mod status;
pub mod suppressions;
pub mod transfer;
pub mod webhooks;

use crate::app::Call;
use crate::platform::Platform;
use crate::respond::Reply;
use crate::router::Route;
use schema::Reject;
use serde::Serialize;

/// Answers at an endpoint that gives a reply.
///
/// # Errors
/// The endpoint's refusals.
pub async fn answer<P: Platform>(route: Route, call: Call<'_, P>) -> Result<Reply, Reject> {
    match route {
        Route::About => about(&call),
        Route::Health => health(&call),
        Route::Ready => health::ready(&call).await,
        Route::RegisterWorkspace => sessions::register(call).await,
        Route::GetWorkspace => access::get_workspace(call).await,
        Route::ChangeWorkspace => access::change_workspace(call).await,
        Route::Login => sessions::login(call).await,
        Route::Refresh => sessions::refresh(call).await,
        Route::ChangePassword => sessions::change_password(call).await,
        Route::Invite => invitations::invite(call).await,
        Route::AcceptInvitation => invitations::accept(call).await,
        Route::Events => events::list(call).await,
        Route::RealtimeTicket => realtime::ticket(call).await,
        Route::BeginMicrosoft => microsoft::begin(call).await,
        Route::FinishMicrosoft => microsoft::callback(call).await,
        Route::BeginSignIn => sign_in::begin(call).await,
        Route::SignIn => sign_in::log_in(call).await,
        Route::BeginLink => sign_in::begin_link(call).await,
        Route::Link => sign_in::link(call).await,
        Route::ListInboxes => inboxes::list(call).await,
        Route::RegisterInbox => inboxes::register(call).await,
        Route::GetInbox => inboxes::get(call).await,
        Route::CheckDomain => domains::check(call).await,
        Route::ConfigureInbox => inboxes::configure(call).await,
        Route::PauseInbox => inboxes::pause(call).await,
        Route::ConnectMailbox => mailboxes::connect(call).await,
        Route::MakeDeliveryWebhook => deliveries::make(call).await,
        Route::RotateDeliverySecret => deliveries::rotate(call).await,
        Route::DeleteDeliveryWebhook => deliveries::delete(call).await,
        Route::DisconnectMailbox => mailboxes::disconnect(call).await,
        Route::SyncEmails => mailboxes::sync(call).await,
        Route::RetryMail => mails::retry(call).await,
        Route::RetryPassedOver => mails::retry_passed_over(call).await,
        Route::ListSends => inboxes::list_sends(call).await,
        Route::Send => inboxes::send(call).await,
        Route::GetSend => inboxes::get_send(call).await,
        Route::CancelSend => inboxes::cancel_send(call).await,
        Route::ResolveSend => inboxes::resolve_send(call).await,
        Route::StatusInboxes => status::inboxes(call).await,
        Route::StatusWarmup => status::warmup(call).await,
        Route::StatusRateLimits => status::rate_limits(call).await,
        Route::StatusQueues => pipeline::queues(call).await,
        Route::InitializeInboxes => inboxes::initialize(call).await,
        Route::ResumeInbox => inboxes::resume(call).await,
        Route::RebuildSummaries => admin::rebuild_summaries(call).await,
        Route::DeadEntries => admin::dead_entries(call).await,
        Route::RetryDead => admin::retry_dead(call).await,
        Route::ListDeadLetters => pipeline::list(call).await,
        Route::GetDeadLetter => pipeline::get(call).await,
        Route::DeleteDeadLetter => pipeline::delete(call).await,
        Route::ReplayDeadLetters => pipeline::replay(call).await,
        Route::AddSuppression => suppressions::add(call).await,
        Route::ListSuppressions => suppressions::list(call).await,
        Route::LiftSuppression => suppressions::lift(call).await,
        Route::GetDigest => admin::digest(call).await,
        Route::ImportProspectFile => prospect_imports::import(call).await,
        Route::ImportProspects => prospects::import(call).await,
        Route::ListProspects => prospects::list(call).await,
        Route::GetProspect => prospects::get(call).await,
        Route::ChangeProspect => prospects::change(call).await,
        Route::DeleteProspect => prospects::delete(call).await,
        Route::ProspectHistory => prospects::history(call).await,
        Route::SuppressProspect => prospects::suppress(call).await,
        Route::UnsuppressProspect => prospects::unsuppress(call).await,
        Route::LinkProspect => prospects::link(call).await,
        Route::SetProspectStage => prospects::set_stage(call).await,
        Route::SetProspectFollowUp => prospects::set_follow_up(call).await,
        Route::StartCampaign => campaigns::start(call).await,
        Route::CreateSource => sources::create(call).await,
        Route::ChangeSource => sources::change(call).await,
        Route::TriggerScrape => sources::trigger(call).await,
        Route::ListEmails => emails::list(call).await,
        Route::SendEmail => emails::send(call).await,
        Route::Upload => attachments::upload(call).await,
        Route::MakeLink => attachments::make_link(call).await,
        Route::CreateApiKey => api_keys::create(call).await,
        Route::CreateWebhook => webhooks::create(call).await,
        Route::ChangeWebhook => webhooks::change(call).await,
        Route::RotateWebhookSecret => webhooks::rotate(call).await,
        Route::ChangeNotificationTemplates => notifications::change_templates(call).await,
        Route::KeepFile => transfer::keep_file(call).await,
        Route::Realtime
        | Route::AttachmentContent
        | Route::CommentHtml
        | Route::ReportCsv
        | Route::ExportWorkspace => Err(Reject::internal("this endpoint gives no reply")),
    }
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct About<'a> {
    name: &'a str,
    version: &'a str,
    environment: &'a str,
    docs: &'a str,
}

fn about<P: Platform>(call: &Call<'_, P>) -> Result<Reply, Reject> {
    Reply::of(&About {
        name: "Postroom",
        version: env!("CARGO_PKG_VERSION"),
        environment: &call.config.environment,
        docs: "README.md: POST /v1/workspaces registers a workspace and its owner",
    })
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Alive"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Health<'a> {
    status: &'a str,
    version: &'a str,
    environment: &'a str,
    send_mode: &'a str,
}

fn health<P: Platform>(call: &Call<'_, P>) -> Result<Reply, Reject> {
    Reply::of(&Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        environment: &call.config.environment,
        send_mode: call.config.send_mode.as_str(),
    })
}
