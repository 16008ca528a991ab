//! The table of routes. What is not in it does not exist: no prefix, no second spelling, no id that
//! is almost one; and what does not exist wakes no actor.

use crate::table::{Line, ROOM};
use once_cell::sync::OnceCell;
use schema::ids::WorkspaceId;
use schema::sort::SortSmall;
use schema::{Code, Reject};
use uuid::Uuid;

/// The endpoints, as `routes` knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained by its line in ROUTES")]
pub enum Route {
    About,
    Health,
    Ready,
    RegisterWorkspace,
    GetWorkspace,
    ChangeWorkspace,
    Login,
    Refresh,
    ChangePassword,
    Invite,
    AcceptInvitation,
    AttachmentContent,
    CommentHtml,
    ReportCsv,
    KeepFile,
    ExportWorkspace,
    Events,
    RealtimeTicket,
    Realtime,
    BeginMicrosoft,
    FinishMicrosoft,
    BeginSignIn,
    SignIn,
    BeginLink,
    Link,
    ListInboxes,
    RegisterInbox,
    GetInbox,
    CheckDomain,
    ConfigureInbox,
    PauseInbox,
    ConnectMailbox,
    DisconnectMailbox,
    MakeDeliveryWebhook,
    RotateDeliverySecret,
    DeleteDeliveryWebhook,
    ListSends,
    Send,
    GetSend,
    CancelSend,
    ResolveSend,
    StatusInboxes,
    StatusWarmup,
    StatusRateLimits,
    StatusQueues,
    InitializeInboxes,
    ResumeInbox,
    SyncEmails,
    RetryMail,
    RetryPassedOver,
    RebuildSummaries,
    DeadEntries,
    RetryDead,
    ListDeadLetters,
    GetDeadLetter,
    DeleteDeadLetter,
    ReplayDeadLetters,
    AddSuppression,
    ListSuppressions,
    LiftSuppression,
    GetDigest,
    ImportProspects,
    ImportProspectFile,
    ListProspects,
    GetProspect,
    ChangeProspect,
    DeleteProspect,
    ProspectHistory,
    SuppressProspect,
    UnsuppressProspect,
    LinkProspect,
    SetProspectStage,
    SetProspectFollowUp,
    StartCampaign,
    ListEmails,
    CreateSource,
    ChangeSource,
    TriggerScrape,
    SendEmail,
    Upload,
    MakeLink,
    CreateApiKey,
    CreateWebhook,
    ChangeWebhook,
    RotateWebhookSecret,
    ChangeNotificationTemplates,
}

impl Route {
    /// Whether it lets in who has no token; all others are refused before anything else is looked
    /// at.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::About
                | Self::Health
                | Self::Ready
                | Self::RegisterWorkspace
                | Self::Login
                | Self::Refresh
                | Self::BeginSignIn
                | Self::SignIn
                | Self::AcceptInvitation
                | Self::Realtime
        )
    }
}

/// Method, path with a name in braces for an id, endpoint: what is more than a line of
/// [`crate::table`].
pub const ROUTES: &[(&str, &str, Route)] = &[
    ("GET", "/", Route::About),
    ("GET", "/healthz", Route::Health),
    ("GET", "/readyz", Route::Ready),
    ("POST", "/v1/workspaces", Route::RegisterWorkspace),
    ("GET", "/v1/workspace", Route::GetWorkspace),
    ("PATCH", "/v1/workspace", Route::ChangeWorkspace),
    ("GET", "/v1/workspaces/{workspaceId}", Route::GetWorkspace),
    ("PATCH", "/v1/workspaces/{workspaceId}", Route::ChangeWorkspace),
    ("POST", "/v1/auth/login", Route::Login),
    ("POST", "/v1/auth/refresh", Route::Refresh),
    ("POST", "/v1/auth/password", Route::ChangePassword),
    ("GET", "/v1/auth/microsoft", Route::BeginMicrosoft),
    ("GET", "/v1/auth/microsoft/callback", Route::FinishMicrosoft),
    ("GET", "/v1/auth/microsoft/login", Route::BeginSignIn),
    ("POST", "/v1/auth/microsoft/login", Route::SignIn),
    ("GET", "/v1/auth/microsoft/link", Route::BeginLink),
    ("POST", "/v1/auth/microsoft/link", Route::Link),
    ("POST", "/v1/invitations", Route::Invite),
    ("POST", "/v1/invitations/accept", Route::AcceptInvitation),
    ("GET", "/v1/attachments/{attachmentId}/content", Route::AttachmentContent),
    ("GET", "/v1/comments/{commentId}/html", Route::CommentHtml),
    ("GET", "/v1/reports/csv", Route::ReportCsv),
    ("POST", "/v1/import/files", Route::KeepFile),
    ("GET", "/v1/workspace/export", Route::ExportWorkspace),
    ("GET", "/v1/events", Route::Events),
    ("POST", "/v1/realtime/tickets", Route::RealtimeTicket),
    ("GET", "/v1/realtime", Route::Realtime),
    ("GET", "/realtime", Route::Realtime),
    ("GET", "/v1/inboxes", Route::ListInboxes),
    ("POST", "/v1/inboxes", Route::RegisterInbox),
    ("GET", "/v1/inboxes/{inboxId}", Route::GetInbox),
    ("PATCH", "/v1/inboxes/{inboxId}", Route::ConfigureInbox),
    ("GET", "/v1/inboxes/{inboxId}/dns", Route::CheckDomain),
    ("POST", "/v1/inboxes/{inboxId}/pause", Route::PauseInbox),
    ("PUT", "/v1/inboxes/{inboxId}/mailbox", Route::ConnectMailbox),
    ("DELETE", "/v1/inboxes/{inboxId}/mailbox", Route::DisconnectMailbox),
    ("POST", "/v1/inboxes/{inboxId}/mailbox/retry", Route::RetryPassedOver),
    ("POST", "/v1/inboxes/{inboxId}/delivery-webhook", Route::MakeDeliveryWebhook),
    ("DELETE", "/v1/inboxes/{inboxId}/delivery-webhook", Route::DeleteDeliveryWebhook),
    ("POST", "/v1/inboxes/{inboxId}/delivery-webhook/rotate-secret", Route::RotateDeliverySecret),
    ("POST", "/v1/admin/sync-emails", Route::SyncEmails),
    ("POST", "/v1/unparseable-mails/retry", Route::RetryMail),
    ("GET", "/v1/inboxes/{inboxId}/sends", Route::ListSends),
    ("POST", "/v1/inboxes/{inboxId}/sends", Route::Send),
    ("GET", "/v1/inboxes/{inboxId}/sends/{sendId}", Route::GetSend),
    ("DELETE", "/v1/inboxes/{inboxId}/sends/{sendId}", Route::CancelSend),
    ("POST", "/v1/inboxes/{inboxId}/sends/{sendId}/resolve", Route::ResolveSend),
    ("GET", "/api/status/inboxes", Route::StatusInboxes),
    ("GET", "/api/status/warmup", Route::StatusWarmup),
    ("GET", "/api/status/rate-limits", Route::StatusRateLimits),
    ("GET", "/api/status/queues", Route::StatusQueues),
    ("POST", "/api/admin/initialize-inboxes", Route::InitializeInboxes),
    ("POST", "/api/admin/resume-inbox", Route::ResumeInbox),
    ("POST", "/api/admin/rebuild-summaries", Route::RebuildSummaries),
    ("GET", "/api/admin/dead-entries", Route::DeadEntries),
    ("POST", "/api/admin/retry-dead", Route::RetryDead),
    ("GET", "/api/admin/dead-letters", Route::ListDeadLetters),
    ("POST", "/api/admin/dead-letters/replay", Route::ReplayDeadLetters),
    ("GET", "/api/admin/dead-letters/{deadLetterId}", Route::GetDeadLetter),
    ("DELETE", "/api/admin/dead-letters/{deadLetterId}", Route::DeleteDeadLetter),
    ("GET", "/api/admin/suppressions", Route::ListSuppressions),
    ("POST", "/api/admin/suppressions", Route::AddSuppression),
    ("DELETE", "/api/admin/suppressions/{suppressionId}", Route::LiftSuppression),
    ("GET", "/api/admin/digest", Route::GetDigest),
    ("GET", "/api/prospects", Route::ListProspects),
    ("POST", "/api/prospects", Route::ImportProspects),
    ("POST", "/api/prospects/import", Route::ImportProspectFile),
    ("GET", "/api/prospects/{prospectId}", Route::GetProspect),
    ("PATCH", "/api/prospects/{prospectId}", Route::ChangeProspect),
    ("DELETE", "/api/prospects/{prospectId}", Route::DeleteProspect),
    ("GET", "/api/prospects/{prospectId}/history", Route::ProspectHistory),
    ("POST", "/api/prospects/{prospectId}/suppress", Route::SuppressProspect),
    ("POST", "/api/prospects/{prospectId}/unsuppress", Route::UnsuppressProspect),
    ("POST", "/api/prospects/{prospectId}/link", Route::LinkProspect),
    ("PUT", "/api/prospects/{prospectId}/stage", Route::SetProspectStage),
    ("PUT", "/api/prospects/{prospectId}/follow-up", Route::SetProspectFollowUp),
    ("POST", "/v1/campaigns/{campaignId}/start", Route::StartCampaign),
    ("GET", "/api/emails", Route::ListEmails),
    ("POST", "/v1/sources", Route::CreateSource),
    ("PATCH", "/v1/sources/{sourceId}", Route::ChangeSource),
    ("POST", "/api/admin/trigger-scrape", Route::TriggerScrape),
    ("POST", "/api/send-email", Route::SendEmail),
    ("POST", "/v1/attachments", Route::Upload),
    ("GET", "/v1/attachments/{attachmentId}/link", Route::MakeLink),
    ("POST", "/v1/api-keys", Route::CreateApiKey),
    ("POST", "/v1/webhooks", Route::CreateWebhook),
    ("PATCH", "/v1/webhooks/{webhookId}", Route::ChangeWebhook),
    ("POST", "/v1/webhooks/{webhookId}/rotate-secret", Route::RotateWebhookSecret),
    ("PATCH", "/v1/settings/notifications", Route::ChangeNotificationTemplates),
];

/// The longest path that is looked at.
const PATH_BYTES_MAX: usize = 256;

/// The ids of a path, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ids {
    /// The first; nil where the path has none.
    pub first: Uuid,
    /// The second; nil where the path has none.
    pub second: Uuid,
    /// How many there are.
    pub count: usize,
}

/// Where a request is answered.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// By a function of `routes`.
    Function(Route),
    /// By the room, as a line of the table says.
    Room(&'static Line),
}

/// Every route: its method, its path, and where it is answered.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str, Target)> {
    let functions =
        ROUTES.iter().map(|(method, path, route)| (*method, *path, Target::Function(*route)));
    functions.chain(ROOM.iter().map(|line| (line.method, line.path, Target::Room(line))))
}

/// Finds the endpoint of a request.
///
/// # Errors
/// `not_found`; `method_not_allowed` where the path is known.
pub fn find(method: &str, path: &str) -> Result<(Target, Ids), Reject> {
    if path.len() > PATH_BYTES_MAX {
        return Err(Reject::not_found("page"));
    }
    let mut allowed: Vec<&str> = Vec::new();
    for (known, _, target, ids) in of(path) {
        if known == method {
            return Ok((target, ids));
        }
        allowed.push(known);
    }
    if allowed.is_empty() {
        return Err(Reject::not_found("page"));
    }
    allowed.push("OPTIONS");
    Err(other_method(&allowed.join(", ")))
}

/// The refusal of a method that a path does not take; `allow` is what it takes (RFC 9110 §10.2.1).
#[must_use]
pub fn other_method(allow: &str) -> Reject {
    let message = format!("this path takes {allow}");
    Reject::new(Code::MethodNotAllowed, message).with(serde_json::json!({ "allow": allow }))
}

/// What a request is called where requests are counted: a method of ours, and the pattern of its
/// path; `-` where there is no such thing.
#[must_use]
pub fn name(method: &str, path: &str) -> (&'static str, &'static str) {
    const METHODS: [&str; 7] = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"];
    let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("-");
    if path.starts_with(crate::link::PATH) {
        return (method, "/files/{link}");
    }
    if path.starts_with(crate::routes::opt_out::PATH) {
        return (method, "/u/{link}");
    }
    if path.starts_with(crate::routes::deliveries::PATH) {
        return (method, "/webhooks/delivery/{endpoint}");
    }
    let found = Some(path).filter(|path| path.len() <= PATH_BYTES_MAX);
    let found = found.and_then(|path| of(path).next());
    (method, found.map_or("-", |(_, pattern, ..)| pattern))
}

/// A line of a table: its method, its pattern, and where it is answered.
type Known = (&'static str, &'static str, Target);

/// The routes of a path, in the order of the tables, and the path's ids.
fn of(path: &str) -> impl Iterator<Item = (&'static str, &'static str, Target, Ids)> {
    static KNOWN: OnceCell<Vec<(u32, Known)>> = OnceCell::new();
    let known = KNOWN.get_or_init(|| {
        let mut known: Vec<_> = all().map(|line| (shape(line.1), line)).collect();
        known.sort_small_by_key(|(shape, _)| *shape);
        known
    });
    let shape = shape(path);
    let first = known.partition_point(|(known, _)| *known < shape);
    let like = known[first..].iter().take_while(move |(known, _)| *known == shape);
    like.filter_map(move |(_, (method, pattern, target))| {
        matches(pattern, path).map(|ids| (*method, *pattern, *target, ids))
    })
}

/// A number that a path has in common with its pattern, and with few others: FNV-1a over its words,
/// each id for one.
fn shape(path: &str) -> u32 {
    let mut sum = 0x811c_9dc5_u32;
    let mut add = |byte: u8| sum = (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    for word in words(path) {
        add(b'/');
        let is_id = word.first() == Some(&b'{') || (word.len() == 36 && word[8] == b'-');
        let word = if is_id { b"{" } else { word };
        word.iter().copied().for_each(&mut add);
    }
    sum
}

fn words(path: &str) -> impl Iterator<Item = &[u8]> {
    path.as_bytes().split(|byte| *byte == b'/')
}

fn matches(pattern: &str, path: &str) -> Option<Ids> {
    let mut ids = Ids::default();
    let (mut wanted, mut given) = (words(pattern), words(path));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(ids),
            (Some([b'{', ..]), Some(text)) => {
                // Every id is read as every other: only the canonical form of a UUID.
                let id = std::str::from_utf8(text).ok()?.parse::<WorkspaceId>().ok()?.0;
                if ids.count == 0 {
                    ids.first = id
                } else {
                    ids.second = id
                }
                ids.count += 1;
            }
            (Some(word), Some(text)) if word == text => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0190f5fe-7c00-7a00-8000-000000000001";

    #[test]
    fn every_route_is_found_by_its_own_line_and_by_no_other() {
        for (method, pattern, _) in all() {
            let words = pattern.split('/');
            let path: Vec<_> =
                words.map(|word| if word.starts_with('{') { ID } else { word }).collect();
            let (found, ids) = find(method, &path.join("/")).expect(pattern);
            let found = match found {
                Target::Function(route) => {
                    ROUTES.iter().any(|line| line.1 == pattern && line.2 == route)
                }
                Target::Room(line) => (line.method, line.path) == (method, pattern),
            };
            assert!(found, "{method} {pattern}");
            assert_eq!(ids.count, pattern.matches('{').count());
        }
        let mut lines: Vec<_> = all().map(|(method, path, _)| (method, path)).collect();
        let count = lines.len();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), count);
    }

    #[test]
    fn tricks_with_paths_find_nothing() {
        for path in [
            "",
            "/v1",
            "/v1/",
            "//",
            "//v1/tickets",
            "/v1//tickets",
            "/v1/tickets/",
            "/V1/tickets",
            "/v1/Tickets",
            "/v1/tickets/..",
            "/v1/tickets/../tickets",
            "/v1/./tickets",
            "/v1/%74ickets",
            "/v1/tickets%2f",
            "/v1/tickets;x=1",
            "/v1/tickets\0",
            "/v1/tickets/{}",
            "v1/tickets",
            "/v1/tickets/1",
            "/v1/tickets/0190F5FE-7C00-7A00-8000-000000000001",
            "/v1/tickets/0190f5fe7c007a008000000000000001",
            "/v1/tickets/{0190f5fe-7c00-7a00-8000-000000000001}",
            "/v1/tickets/0190f5fe-7c00-7a00-8000-00000000000g",
            "/v1/tickets/0190f5fe-7c00-7a00-8000-000000000001/x",
            "/.env",
            "/api/admin",
        ] {
            let code = find("GET", path).map(|_| ()).map_err(|reject| reject.code);
            assert_eq!(code, Err(Code::NotFound), "{path}");
        }
        assert!(find("GET", &format!("/{}", "a/".repeat(10_000))).is_err());
    }

    #[test]
    fn what_is_counted_never_has_what_the_client_wrote() {
        assert_eq!(name("GET", &format!("/v1/tickets/{ID}")), ("GET", "/v1/tickets/{ticketId}"));
        assert_eq!(name("BREW", "/v1/tickets/ann@customer.example"), ("-", "-"));
        assert_eq!(name("GET", "/files/abc.def"), ("GET", "/files/{link}"));
        assert_eq!(name("POST", "/u/abc/def"), ("POST", "/u/{link}"));
        let hook = ("POST", "/webhooks/delivery/{endpoint}");
        assert_eq!(name("POST", "/webhooks/delivery/abc"), hook);
    }

    #[test]
    fn another_method_is_told_which_ones_there_are() {
        let reject = find("PUT", &format!("/v1/tickets/{ID}")).expect_err("no such method");
        assert_eq!(reject.code, Code::MethodNotAllowed);
        assert_eq!(reject.details.expect("details")["allow"], "GET, PATCH, DELETE, OPTIONS");
    }
}
