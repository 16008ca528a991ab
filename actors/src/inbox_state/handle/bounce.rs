//! A mail came back.

use crate::inbox_state::{flow, health, keep_inbox, keep_send, registered, send_of, store, view};
use crate::kernel::Ctx;
use schema::inbox::{RecordBounce, SendState, SendView};
use schema::prospect::Fate;
use schema::{Permission, Reject, check};

/// Takes note that a mail came back, and judges the inbox's health. Permission: manage, or Postroom
/// itself. A mail counts once, however many bounces it gets; a soft one may become hard.
///
/// # Errors
/// `forbidden`; `not_found`; `invalid_input` where no id is given; `conflict` where the mail never
/// left.
pub fn record_bounce(ctx: &mut Ctx<'_>, input: &RecordBounce) -> Result<SendView, Reject> {
    ctx.require(Permission::Manage)?;
    let mut inbox = registered(ctx)?;
    let id = match (input.send_id, &input.message_id) {
        (Some(id), _) => id,
        (None, Some(text)) => {
            let bare = text.trim().trim_start_matches('<').trim_end_matches('>');
            let found = store::ledger::by_message_id(ctx.sql, bare)?;
            found.ok_or_else(|| Reject::not_found("send"))?
        }
        (None, None) => return Err(Reject::field("sendId", "or messageId is needed")),
    };
    let code = input.code.as_deref().map(|code| check::line("code", code, 200)).transpose()?;
    let mut send = send_of(ctx, id)?;
    if !matches!(send.state, SendState::Sent | SendState::Unknown | SendState::Bounced) {
        return Err(Reject::conflict(format!(
            "a mail that is {} did not leave",
            send.state.as_str()
        )));
    }
    let weight = if input.hard { 2 } else { 1 };
    if send.bounced >= weight {
        return view::send(ctx, &send);
    }
    if send.bounced == 0 {
        inbox.bounced += 1;
    }
    send.bounced = weight;
    let kind = if input.hard { "hard" } else { "soft" };
    send.error = Some(format!("{kind} bounce {}", code.unwrap_or_default()).trim().to_owned());
    if send.state == SendState::Bounced {
        keep_send(ctx, &mut send)?;
    } else {
        flow::finish(ctx, &mut send, SendState::Bounced)?;
    }
    if input.hard {
        flow::record(ctx, &send, Fate::HardBounced)?;
    }
    health::judge(ctx, &mut inbox)?;
    keep_inbox(ctx, &mut inbox)?;
    view::send(ctx, &send)
}
