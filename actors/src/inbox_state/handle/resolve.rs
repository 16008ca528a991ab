//! A person decides about a mail: what became of it, or that it shall not leave.

use crate::inbox_state::{flow, keep_inbox, outbox, registered, send_of, store, view};
use crate::kernel::Ctx;
use schema::inbox::{GetSend, Resolution, ResolveUnknown, SendState, SendView};
use schema::prospect::Fate;
use schema::{Caller, Permission, Reject};

/// A person found out what became of a mail of which nobody knew. Permission: manage, and a person.
/// A mail that did not leave is not sent again by itself; its slot stays used up.
///
/// # Errors
/// `forbidden`; `not_found`; `conflict` where it is known.
pub fn resolve(ctx: &mut Ctx<'_>, input: &ResolveUnknown) -> Result<SendView, Reject> {
    ctx.require(Permission::Manage)?;
    if ctx.principal.caller == Caller::System {
        return Err(Reject::forbidden("only a person resolves a send"));
    }
    let mut send = send_of(ctx, input.send_id)?;
    let state = match input.outcome {
        Resolution::Sent => SendState::Sent,
        Resolution::NotSent => SendState::Failed,
    };
    if send.state == state && send.attempts > 0 {
        return view::send(ctx, &send);
    }
    if send.state != SendState::Unknown {
        return Err(Reject::conflict(format!("the send is {}", send.state.as_str())));
    }
    let deferred = store::ledger::deferred(ctx.sql, send.id)?;
    if !deferred.is_empty() && input.outcome == Resolution::NotSent {
        // Others have got it.
        let told = outbox::given_up(&deferred, "a person found that it did not reach them");
        outbox::come_back(ctx, &mut send, told)?;
        return view::send(ctx, &send);
    }
    store::ledger::set_deferred(ctx.sql, send.id, &[])?;
    let fate = match input.outcome {
        Resolution::Sent => {
            send.error = None;
            Fate::Sent
        }
        Resolution::NotSent => {
            send.left_at = None;
            send.error = Some("a person found that it did not leave".to_owned());
            let mut inbox = registered(ctx)?;
            inbox.sent -= 1;
            keep_inbox(ctx, &mut inbox)?;
            Fate::Failed
        }
    };
    flow::finish(ctx, &mut send, state)?;
    flow::record(ctx, &send, fate)?;
    view::send(ctx, &send)
}

/// Takes a mail back that has not begun to leave. Permission: work.
///
/// # Errors
/// `forbidden`; `not_found`; `conflict` where it has begun.
pub fn cancel_send(ctx: &mut Ctx<'_>, input: &GetSend) -> Result<SendView, Reject> {
    ctx.require(Permission::Work)?;
    let mut send = send_of(ctx, input.send_id)?;
    if send.state != SendState::Cancelled {
        if !send.state.waits() {
            return Err(Reject::conflict(format!("the send is {}", send.state.as_str())));
        }
        if !flow::cancel(ctx, &mut send)? {
            return Err(Reject::conflict("the send has begun to leave"));
        }
    }
    view::send(ctx, &send)
}
