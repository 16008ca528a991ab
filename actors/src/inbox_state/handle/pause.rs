//! Stops sending, and sends again.

use crate::inbox_state::{flow, health, keep_inbox, microsoft, registered, view};
use crate::kernel::Ctx;
use schema::inbox::{InboxView, PauseInbox};
use schema::{Caller, Permission, Reject, check};

/// Stops sending: nothing begins to leave any more. Permission: manage. A paused inbox stays paused
/// for its first reason.
///
/// # Errors
/// `forbidden`; `not_found`; `invalid_input`.
pub fn pause(ctx: &mut Ctx<'_>, input: &PauseInbox) -> Result<InboxView, Reject> {
    ctx.require(Permission::Manage)?;
    let mut inbox = registered(ctx)?;
    let reason = check::line("reason", &input.reason, 200)?;
    if inbox.paused.is_none() {
        health::pause(ctx, &mut inbox, &reason)?;
        keep_inbox(ctx, &mut inbox)?;
    }
    view::inbox(ctx, &inbox)
}

/// Sends again. Where the pause was for what came back or who complained, the windows begin anew:
/// whoever resumes has seen why, and it is forgiven. Where it was for anything else, nothing is: an
/// inbox that is not healthy is paused at once for that, and the reply says so. Permission: manage,
/// and a person: Postroom itself never resumes an inbox.
///
/// # Errors
/// `forbidden`; `not_found`; `conflict` where its mailbox has to be connected again.
pub fn resume(ctx: &mut Ctx<'_>) -> Result<InboxView, Reject> {
    ctx.require(Permission::Manage)?;
    if ctx.principal.caller == Caller::System {
        return Err(Reject::forbidden("only a person resumes an inbox"));
    }
    let mut inbox = registered(ctx)?;
    if microsoft::is_gone(ctx)? {
        return Err(Reject::conflict("the mailbox must be connected again first"));
    }
    if inbox.paused.take().is_some() {
        if std::mem::take(&mut inbox.paused_for_health) {
            inbox.window_from = ctx.now;
        }
        ctx.event("inbox.resumed", None, &serde_json::json!({}))?;
        health::judge(ctx, &mut inbox)?;
        keep_inbox(ctx, &mut inbox)?;
        flow::pump(ctx)?;
    }
    view::inbox(ctx, &inbox)
}
