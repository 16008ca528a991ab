//! The links by which people opt out: `/u/{workspaceId}/{token}`.
//!
//! They are no part of the API, and nobody logs in to them: the token is signed. Who looks at one
//! (people, and programs that look at every link of a mail) is shown a button and changes nothing;
//! a POST opts out, as the button does and as mail programs do it (RFC 8058), and again and again
//! it is answered alike. Once it is answered, the person's prospect knows.

use super::prospects;
use crate::app::{Call, read};
use crate::auth;
use crate::platform::Platform;
use crate::respond::Reply;
use crate::router::other_method;
use crate::token::sha256_hex;
use schema::ids::WorkspaceId;
use schema::limiter::LimitKind;
use schema::prospect::{ProspectCommand, Reason, Suppress};
use schema::room::RoomCommand;
use schema::room::enrolment::{OptOut, OptedOut};
use schema::{ActorKind, Code, Principal, Reject};

/// How their paths begin.
pub const PATH: &str = "/u/";

const ASK: &str = "<p>You get mails from us by themselves. \
    Press the button, and you get none any more.</p>\
    <form method=\"post\"><button>No more mails</button></form>";
const DONE: &str = "<p>You get no more of these mails.</p>";

/// Shows the button, or opts out.
///
/// # Errors
/// `not_found` for a link that is none of ours; `method_not_allowed`, `too_large`, `unavailable`,
/// `rate_limited`.
pub async fn answer<P: Platform>(call: Call<'_, P>) -> Result<String, Reject> {
    let path = call.request.path.strip_prefix(PATH).unwrap_or_default().to_owned();
    let (workspace, token) = path.split_once('/').ok_or_else(unknown)?;
    let workspace: WorkspaceId = workspace.parse().map_err(|_| unknown())?;
    let dry = match call.request.method.as_str() {
        "GET" => true,
        "POST" => false,
        _ => return Err(other_method("GET, POST")),
    };
    if !dry {
        limit(&call, workspace, token).await?;
    }
    let reply = ask(&call, workspace, OptOut { token: token.to_owned(), dry }).await?;
    if dry {
        return Ok(page(ASK));
    }
    let OptedOut { prospect_id } = read(&reply)?;
    let suppress = Suppress {
        reason: Reason::OptOut,
        note: None,
        identity: None,
        id: Some(format!("link:{}", call.platform.now())),
    };
    let suppress = ProspectCommand::Suppress(suppress);
    let system = Principal::system(workspace);
    match prospects::noted(&call, &system, (prospect_id, None), &suppress).await {
        // Nobody is there who could be written to.
        Err(reject) if reject.code != Code::NotFound => return Err(reject),
        _ => {}
    }
    Ok(page(DONE))
}

fn unknown() -> Reject {
    Reject::not_found("page")
}

/// Counts the use of a link by the client's address, and refuses it where there were too many.
/// Mail programs opt out for many people from one address of theirs: a link that is ours is counted
/// by itself then. Where the count is not to be had, who wants no more mail is let in all the same.
async fn limit<P: Platform>(
    call: &Call<'_, P>,
    workspace: WorkspaceId,
    token: &str,
) -> Result<(), Reject> {
    let too_many = |counted: Result<(), Reject>| {
        counted.err().filter(|reject| reject.code == Code::RateLimited)
    };
    let by_address = auth::limit_address(call, LimitKind::OptOut).await;
    let Some(reject) = too_many(by_address) else { return Ok(()) };
    if ask(call, workspace, OptOut { token: token.to_owned(), dry: true }).await.is_err() {
        return Err(reject);
    }
    let link = sha256_hex(token.as_bytes());
    let by_link = auth::limit(call, LimitKind::OptOut, workspace, &link).await;
    too_many(by_link).map_or(Ok(()), Err)
}

/// What the room says of a link. Under no key of the caller's: those of Postroom itself are
/// another's.
async fn ask<P: Platform>(
    call: &Call<'_, P>,
    workspace: WorkspaceId,
    input: OptOut,
) -> Result<Reply, Reject> {
    let (room, system) = (ActorKind::WorkspaceRoom, Principal::system(workspace));
    let command = RoomCommand::OptOut(input);
    let reply = call.ask(room, workspace.to_string(), system, None, &command).await;
    reply.map_err(|reject| match reject.code {
        Code::Unavailable | Code::Internal => reject,
        _ => unknown(),
    })
}

fn page(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"robots\" content=\"noindex\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Mails</title></head>\
         <body>{body}</body></html>"
    )
}
