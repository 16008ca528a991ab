//! The table of routes. What is not in it does not exist: no prefix, no second spelling, no id that
//! is almost one; and what does not exist wakes no actor.

use schema::ids::WorkspaceId;
use schema::{Code, Reject};
use uuid::Uuid;

/// The endpoints, as `routes` knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained by its line in ROUTES")]
pub enum Route {
    About,
    Health,
    RegisterWorkspace,
    GetWorkspace,
    ChangeWorkspace,
    Login,
    Refresh,
    Logout,
    LogoutEverywhere,
    ChangePassword,
    Me,
    ListAgents,
    ChangeAgent,
    ListInvitations,
    Invite,
    RevokeInvitation,
    AcceptInvitation,
    ListUsers,
    CreateUser,
    GetUser,
    ChangeUser,
    ListCompanies,
    ListTickets,
    CreateTicket,
    GetTicket,
    ChangeTicket,
    ReopenTicket,
    MarkRead,
    ListActivities,
    ListComments,
    PostComment,
    GetComment,
    GetAttachment,
    AttachmentContent,
    ListScheduled,
    ListScheduledOfTicket,
    ScheduleComment,
    ChangeScheduled,
    CancelScheduled,
    Snapshot,
    ListUnparseable,
    RealtimeTicket,
    Realtime,
    ListInboxes,
    RegisterInbox,
    GetInbox,
    ConfigureInbox,
    PauseInbox,
    ListSends,
    Send,
    GetSend,
    CancelSend,
    ResolveSend,
    StatusInboxes,
    StatusWarmup,
    StatusRateLimits,
    InitializeInboxes,
    ResumeInbox,
    RebuildSummaries,
    DeadEntries,
    RetryDead,
    ImportProspects,
    ListProspects,
    GetProspect,
    ChangeProspect,
    DeleteProspect,
    ProspectHistory,
    SuppressProspect,
}

/// Method, path with `{}` for an id, endpoint.
pub const ROUTES: &[(&str, &str, Route)] = &[
    ("GET", "/", Route::About),
    ("GET", "/healthz", Route::Health),
    ("POST", "/v1/workspaces", Route::RegisterWorkspace),
    ("GET", "/v1/workspace", Route::GetWorkspace),
    ("PATCH", "/v1/workspace", Route::ChangeWorkspace),
    ("GET", "/v1/workspaces/{}", Route::GetWorkspace),
    ("PATCH", "/v1/workspaces/{}", Route::ChangeWorkspace),
    ("POST", "/v1/auth/login", Route::Login),
    ("POST", "/v1/auth/refresh", Route::Refresh),
    ("POST", "/v1/auth/logout", Route::Logout),
    ("POST", "/v1/auth/logout-everywhere", Route::LogoutEverywhere),
    ("POST", "/v1/auth/password", Route::ChangePassword),
    ("GET", "/v1/me", Route::Me),
    ("GET", "/v1/agents", Route::ListAgents),
    ("PATCH", "/v1/agents/{}", Route::ChangeAgent),
    ("GET", "/v1/invitations", Route::ListInvitations),
    ("POST", "/v1/invitations", Route::Invite),
    ("POST", "/v1/invitations/accept", Route::AcceptInvitation),
    ("DELETE", "/v1/invitations/{}", Route::RevokeInvitation),
    ("GET", "/v1/users", Route::ListUsers),
    ("POST", "/v1/users", Route::CreateUser),
    ("GET", "/v1/users/{}", Route::GetUser),
    ("PATCH", "/v1/users/{}", Route::ChangeUser),
    ("GET", "/v1/companies", Route::ListCompanies),
    ("GET", "/v1/tickets", Route::ListTickets),
    ("POST", "/v1/tickets", Route::CreateTicket),
    ("GET", "/v1/tickets/{}", Route::GetTicket),
    ("PATCH", "/v1/tickets/{}", Route::ChangeTicket),
    ("POST", "/v1/tickets/{}/reopen", Route::ReopenTicket),
    ("POST", "/v1/tickets/{}/read", Route::MarkRead),
    ("GET", "/v1/tickets/{}/activities", Route::ListActivities),
    ("GET", "/v1/tickets/{}/comments", Route::ListComments),
    ("POST", "/v1/tickets/{}/comments", Route::PostComment),
    ("GET", "/v1/tickets/{}/scheduled-comments", Route::ListScheduledOfTicket),
    ("POST", "/v1/tickets/{}/scheduled-comments", Route::ScheduleComment),
    ("GET", "/v1/comments/{}", Route::GetComment),
    ("GET", "/v1/attachments/{}", Route::GetAttachment),
    ("GET", "/v1/attachments/{}/content", Route::AttachmentContent),
    ("GET", "/v1/scheduled-comments", Route::ListScheduled),
    ("PATCH", "/v1/scheduled-comments/{}", Route::ChangeScheduled),
    ("DELETE", "/v1/scheduled-comments/{}", Route::CancelScheduled),
    ("GET", "/v1/snapshot", Route::Snapshot),
    ("GET", "/v1/unparseable-mails", Route::ListUnparseable),
    ("POST", "/v1/realtime/tickets", Route::RealtimeTicket),
    ("GET", "/v1/realtime", Route::Realtime),
    ("GET", "/realtime", Route::Realtime),
    ("GET", "/v1/inboxes", Route::ListInboxes),
    ("POST", "/v1/inboxes", Route::RegisterInbox),
    ("GET", "/v1/inboxes/{}", Route::GetInbox),
    ("PATCH", "/v1/inboxes/{}", Route::ConfigureInbox),
    ("POST", "/v1/inboxes/{}/pause", Route::PauseInbox),
    ("GET", "/v1/inboxes/{}/sends", Route::ListSends),
    ("POST", "/v1/inboxes/{}/sends", Route::Send),
    ("GET", "/v1/inboxes/{}/sends/{}", Route::GetSend),
    ("DELETE", "/v1/inboxes/{}/sends/{}", Route::CancelSend),
    ("POST", "/v1/inboxes/{}/sends/{}/resolve", Route::ResolveSend),
    ("GET", "/api/status/inboxes", Route::StatusInboxes),
    ("GET", "/api/status/warmup", Route::StatusWarmup),
    ("GET", "/api/status/rate-limits", Route::StatusRateLimits),
    ("POST", "/api/admin/initialize-inboxes", Route::InitializeInboxes),
    ("POST", "/api/admin/resume-inbox", Route::ResumeInbox),
    ("POST", "/api/admin/rebuild-summaries", Route::RebuildSummaries),
    ("GET", "/api/admin/dead-entries", Route::DeadEntries),
    ("POST", "/api/admin/retry-dead", Route::RetryDead),
    ("GET", "/api/prospects", Route::ListProspects),
    ("POST", "/api/prospects", Route::ImportProspects),
    ("GET", "/api/prospects/{}", Route::GetProspect),
    ("PATCH", "/api/prospects/{}", Route::ChangeProspect),
    ("DELETE", "/api/prospects/{}", Route::DeleteProspect),
    ("GET", "/api/prospects/{}/history", Route::ProspectHistory),
    ("POST", "/api/prospects/{}/suppress", Route::SuppressProspect),
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

/// Finds the endpoint of a request.
///
/// # Errors
/// `not_found`; `method_not_allowed` where the path is known.
pub fn find(method: &str, path: &str) -> Result<(Route, Ids), Reject> {
    if path.len() > PATH_BYTES_MAX {
        return Err(Reject::not_found("page"));
    }
    let mut allowed: Vec<&str> = Vec::new();
    for (known, pattern, route) in ROUTES {
        let Some(ids) = matches(pattern, path) else { continue };
        if *known == method {
            return Ok((*route, ids));
        }
        allowed.push(known);
    }
    if allowed.is_empty() {
        return Err(Reject::not_found("page"));
    }
    allowed.push("OPTIONS");
    let allow = allowed.join(", ");
    let message = format!("this path takes {allow}");
    Err(Reject::new(Code::MethodNotAllowed, message).with(serde_json::json!({ "allow": allow })))
}

fn matches(pattern: &str, path: &str) -> Option<Ids> {
    let mut ids = Ids::default();
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(ids),
            (Some("{}"), Some(text)) => {
                // Every id is read as every other: only the canonical form of a UUID.
                let id = text.parse::<WorkspaceId>().ok()?.0;
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
        for (method, pattern, route) in ROUTES {
            let found = find(method, &pattern.replace("{}", ID));
            let (found, ids) = found.expect(pattern);
            assert_eq!(found, *route, "{method} {pattern}");
            assert_eq!(ids.count, pattern.matches("{}").count());
        }
        let mut lines: Vec<_> = ROUTES.iter().map(|(method, path, _)| (method, path)).collect();
        lines.sort();
        lines.dedup();
        assert_eq!(lines.len(), ROUTES.len());
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
            let code = find("GET", path).map_err(|reject| reject.code);
            assert_eq!(code, Err(Code::NotFound), "{path}");
        }
        assert!(find("GET", &format!("/{}", "a/".repeat(10_000))).is_err());
    }

    #[test]
    fn another_method_is_told_which_ones_there_are() {
        let reject = find("PUT", &format!("/v1/tickets/{ID}")).expect_err("no such method");
        assert_eq!(reject.code, Code::MethodNotAllowed);
        assert_eq!(reject.details.expect("details")["allow"], "GET, PATCH, OPTIONS");
    }
}
