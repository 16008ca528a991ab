//! What the document says of the routes that are functions, and the schemas that lines name.

use super::{Schemas, operator, outside, prospects};
use crate::d1::InboxRow;
use crate::router::Route;
use crate::routes::{About, Health, health, inboxes, invitations, realtime};
use crate::routes::{sessions, transfer};
use schema::inbox::{InboxView, NewMail, PauseInbox, ResolveUnknown, SendView};
use schema::room::access::{ChangeWorkspace, Workspace};
use serde_json::{Value, json};

/// Whom a route lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Everybody.
    Anybody,
    /// Who has a token.
    Bearer,
}

/// The body of a request.
pub(crate) enum Body {
    Nothing,
    Object(Value),
    Perhaps(Value),
    /// No JSON.
    Bytes,
    /// A file of one of these types.
    Files(&'static [&'static str]),
}

/// The type of bytes that may be anything.
const BYTES: &str = "application/octet-stream";

/// A route that is a function.
pub(crate) struct Function {
    pub id: &'static str,
    pub summary: &'static str,
    pub gate: Gate,
    /// Name, schema, and whether it must be there.
    pub query: Vec<(&'static str, Value, bool)>,
    pub body: Body,
    pub keyed: bool,
    pub if_match: bool,
    pub status: u16,
    /// Another good status, and when.
    pub also: Option<(u16, &'static str)>,
    pub reply: Value,
    pub paged: bool,
    /// It gives bytes of a type, and no envelope.
    pub file: Option<&'static str>,
}

impl Function {
    pub(super) fn reads(id: &'static str, summary: &'static str, reply: Value) -> Self {
        let (gate, query, body) = (Gate::Bearer, Vec::new(), Body::Nothing);
        let (keyed, if_match, paged, file) = (false, false, false, None);
        let (status, also) = (200, None);
        Self { id, summary, gate, query, body, keyed, if_match, status, also, reply, paged, file }
    }

    pub(super) fn does(id: &'static str, summary: &'static str, body: Value, reply: Value) -> Self {
        Self { keyed: true, body: Body::Object(body), ..Self::reads(id, summary, reply) }
    }

    pub(super) fn makes(
        id: &'static str,
        summary: &'static str,
        body: Value,
        reply: Value,
    ) -> Self {
        Self { status: 201, ..Self::does(id, summary, body, reply) }
    }

    pub(super) fn perhaps(mut self) -> Self {
        if let Body::Object(schema) = self.body {
            self.body = Body::Perhaps(schema);
        }
        self
    }

    pub(super) fn pages(id: &'static str, summary: &'static str, item: Value) -> Self {
        let list = json!({ "type": "array", "items": item });
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 50,
            "description": "How many items at most." });
        let cursor = json!({ "type": "string",
            "description": "Where the page before said that this one begins." });
        let query = vec![("limit", limit, false), ("cursor", cursor, false)];
        Self { query, paged: true, ..Self::reads(id, summary, list) }
    }

    pub(super) fn asks(mut self, name: &'static str, schema: Value) -> Self {
        self.query.push((name, schema, false));
        self
    }

    pub(super) fn needs(mut self, name: &'static str, schema: Value) -> Self {
        self.query.push((name, schema, true));
        self
    }

    pub(super) fn open(self) -> Self {
        Self { gate: Gate::Anybody, ..self }
    }

    pub(super) fn matching(self) -> Self {
        Self { if_match: true, keyed: false, ..self }
    }
}

pub(super) fn id(what: &str) -> Value {
    json!({ "type": "string", "format": "uuid", "description": what })
}

pub(super) fn nothing() -> Value {
    json!({ "type": "object" })
}

/// What a route is, for the document.
pub(crate) fn describe(route: Route, s: &mut Schemas) -> Function {
    match route {
        Route::About => {
            Function::reads("about", "Says what this is", s.reply::<About<'_>>()).open()
        }
        Route::Health => {
            Function::reads("health", "Says that the Worker runs", s.reply::<Health<'_>>()).open()
        }
        Route::Ready => {
            let summary =
                "Says whether what the Worker leans on answers; 503 where what it needs does not";
            Function::reads("ready", summary, s.reply::<health::Readiness>()).open()
        }
        Route::RegisterWorkspace
        | Route::GetWorkspace
        | Route::ChangeWorkspace
        | Route::Login
        | Route::Refresh
        | Route::ChangePassword
        | Route::Invite
        | Route::AcceptInvitation
        | Route::AttachmentContent
        | Route::CommentHtml
        | Route::ReportCsv
        | Route::KeepFile
        | Route::ExportWorkspace
        | Route::Events
        | Route::RealtimeTicket
        | Route::Realtime => of_access(route, s),
        Route::BeginMicrosoft | Route::FinishMicrosoft => outside::of_microsoft(route, s),
        Route::BeginSignIn | Route::SignIn | Route::BeginLink | Route::Link => {
            outside::of_sign_in(route, s)
        }
        Route::ListInboxes
        | Route::RegisterInbox
        | Route::GetInbox
        | Route::ConfigureInbox
        | Route::PauseInbox
        | Route::ListSends
        | Route::Send
        | Route::GetSend
        | Route::CancelSend
        | Route::ResolveSend => of_inboxes(route, s),
        Route::ImportProspects
        | Route::ImportProspectFile
        | Route::ListProspects
        | Route::GetProspect
        | Route::ChangeProspect
        | Route::DeleteProspect
        | Route::ProspectHistory
        | Route::SuppressProspect
        | Route::UnsuppressProspect
        | Route::LinkProspect
        | Route::SetProspectStage
        | Route::SetProspectFollowUp => prospects::of_prospects(route, s),
        Route::CheckDomain => outside::of_domains(s),
        Route::MakeDeliveryWebhook | Route::RotateDeliverySecret | Route::DeleteDeliveryWebhook => {
            outside::of_deliveries(route, s)
        }
        Route::ConnectMailbox
        | Route::DisconnectMailbox
        | Route::SyncEmails
        | Route::RetryMail
        | Route::RetryPassedOver => outside::of_mailboxes(route, s),
        Route::Upload | Route::MakeLink => outside::of_files(route, s),
        Route::StartCampaign => outside::of_campaigns(s),
        Route::CreateSource | Route::ChangeSource | Route::TriggerScrape => {
            prospects::of_sources(route, s)
        }
        Route::ListEmails | Route::SendEmail => prospects::of_emails(route, s),
        Route::CreateApiKey => outside::of_api_keys(s),
        Route::CreateWebhook | Route::ChangeWebhook | Route::RotateWebhookSecret => {
            outside::of_webhooks(route, s)
        }
        Route::ChangeNotificationTemplates => outside::of_notices(s),
        Route::StatusQueues
        | Route::ListDeadLetters
        | Route::GetDeadLetter
        | Route::DeleteDeadLetter
        | Route::ReplayDeadLetters => outside::of_pipeline(route, s),
        Route::AddSuppression | Route::ListSuppressions | Route::LiftSuppression => {
            operator::of_suppressions(route, s)
        }
        other => operator::of_operator(other, s),
    }
}

fn of_access(route: Route, s: &mut Schemas) -> Function {
    use sessions::{Credentials, NewWorkspace, Passwords, RefreshToken, SessionView};
    let session = s.reply::<SessionView>();
    match route {
        Route::RegisterWorkspace => {
            let body = s.input::<NewWorkspace>();
            Function::makes("register", "Registers a workspace and its owner", body, session).open()
        }
        Route::GetWorkspace => {
            Function::reads("getWorkspace", "Reads the workspace", s.reply::<Workspace>())
        }
        Route::ChangeWorkspace => {
            let (mut body, reply) = (s.input::<ChangeWorkspace>(), s.reply::<Workspace>());
            super::take(&mut body, "ifVersion");
            Function::does("changeWorkspace", "Changes the workspace", body, reply).matching()
        }
        Route::Login => {
            let body = s.input::<Credentials>();
            Function::does("login", "Logs an agent in", body, session).open()
        }
        Route::Refresh => {
            let body = s.input::<RefreshToken>();
            Function::does("refresh", "Exchanges a refresh token", body, session).open()
        }
        Route::ChangePassword => {
            let body = s.input::<Passwords>();
            Function::does("changePassword", "Changes the caller's password", body, session)
        }
        Route::Invite => {
            let body = s.input::<invitations::NewInvitation>();
            let reply = s.reply::<invitations::Invited>();
            Function::makes("invite", "Invites an agent", body, reply)
        }
        Route::AcceptInvitation => {
            let body = s.input::<invitations::Acceptance>();
            Function::makes("acceptInvitation", "Accepts an invitation", body, session).open()
        }
        Route::AttachmentContent => {
            let summary = "Gives the bytes of a file";
            Function { file: Some(BYTES), ..Function::reads("getContent", summary, nothing()) }
        }
        Route::CommentHtml => {
            let summary = "Gives the HTML of the mail that a comment came by, made harmless";
            let images = json!({ "type": "boolean",
                "description": "Whether images on other people's servers are shown." });
            let reads = Function::reads("getCommentHtml", summary, nothing());
            Function { file: Some("text/html"), ..reads.asks("images", images) }
        }
        Route::ReportCsv => {
            let summary = "Reports on a range of days, as CSV by RFC 4180";
            let reads = Function::reads("getReportCsv", summary, nothing());
            let asked = crate::routes::reports::REPORT.iter().map(|param| param.name());
            let reads = asked.fold(reads, |reads, name| {
                let schema = json!({ "type": "string", "description": "As in the report." });
                let needed = matches!(name, "from" | "to");
                if needed { reads.needs(name, schema) } else { reads.asks(name, schema) }
            });
            Function { file: Some(BYTES), ..reads }
        }
        Route::KeepFile => {
            let summary = "Keeps the content of a file whose attachment is imported after it";
            let reply = s.reply::<transfer::FileKept>();
            Function { body: Body::Bytes, ..Function::reads("keepFile", summary, reply) }
        }
        Route::ExportWorkspace => {
            let summary = "Gives all rows of the workspace as lines of JSON";
            let lines = Function::reads("exportWorkspace", summary, nothing());
            Function { file: Some("application/x-ndjson"), ..lines }
        }
        Route::Events => super::realtime::events(s),
        Route::RealtimeTicket => {
            let summary = "Makes a one-use ticket for a WebSocket";
            let (body, reply) = (nothing_else(), s.reply::<realtime::Ticket>());
            Function::makes("createRealtimeTicket", summary, body, reply).perhaps()
        }
        _ => super::realtime::socket(),
    }
}

/// An object without fields.
fn nothing_else() -> Value {
    json!({ "type": "object", "additionalProperties": false })
}

fn of_inboxes(route: Route, s: &mut Schemas) -> Function {
    let (view, send) = (s.reply::<InboxView>(), s.reply::<SendView>());
    match route {
        Route::ListInboxes => {
            Function::pages("listInboxes", "Lists the inboxes", s.reply::<InboxRow>())
        }
        Route::RegisterInbox => {
            let body = s.input::<inboxes::NewInbox>();
            Function::makes("registerInbox", "Registers an inbox", body, view)
        }
        Route::GetInbox => Function::reads("getInbox", "Reads an inbox", view),
        Route::ConfigureInbox => {
            let body = s.input::<inboxes::Changes>();
            let keyed = Function::does("configureInbox", "Changes an inbox", body, view);
            Function { keyed: false, ..keyed }
        }
        Route::PauseInbox => {
            let body = s.input::<PauseInbox>();
            Function::does("pauseInbox", "Pauses an inbox", body, view)
        }
        Route::ListSends => {
            let state = s.input::<schema::inbox::SendState>();
            let list = Function::pages("listSends", "Lists what an inbox sends", send);
            list.asks("state", state)
        }
        Route::Send => {
            let body = s.input::<NewMail>();
            let summary = "Queues a mail, once for its Idempotency-Key, which must be there";
            Function { status: 202, ..Function::makes("send", summary, body, send) }
        }
        Route::GetSend => Function::reads("getSend", "Reads a mail of the ledger", send),
        Route::CancelSend => {
            Function::reads("cancelSend", "Takes back a mail that has not begun to leave", send)
        }
        _ => {
            let mut body = s.input::<ResolveUnknown>();
            super::take(&mut body, "sendId");
            Function::does("resolveSend", "Says what became of an unknown mail", body, send)
        }
    }
}
