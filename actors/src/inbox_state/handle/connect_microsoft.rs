//! Lets an inbox send through a mailbox at Microsoft, and read it.

use super::register::own_address;
use crate::inbox_state::store::inbox::Inbox;
use crate::inbox_state::store::microsoft::{self as store, Microsoft};
use crate::inbox_state::{
    flow, health, inbox_of, keep_inbox, microsoft, store as stores, subscription, view,
};
use crate::kernel::Ctx;
use schema::inbox::{InboxView, Security, SmtpTransport};
use schema::microsoft::ConnectMicrosoft;
use schema::{Permission, Reject, check};

const SEALED_BYTES_MAX: usize = 16 * 1024;
/// Where such mail goes, as the API shows it.
pub const HOST: &str = "graph.microsoft.com";

/// Makes the inbox, or changes the one that there is; connected again, it has new tokens, and where
/// it was paused because the old ones were gone, it sends again. Permission: manage.
///
/// # Errors
/// `forbidden`; `invalid_input`; `conflict` where the inbox has another address.
pub fn connect_microsoft(ctx: &mut Ctx<'_>, input: ConnectMicrosoft) -> Result<InboxView, Reject> {
    ctx.require(Permission::Manage)?;
    inbox_of(ctx)?;
    let email = own_address(&input.email)?;
    let user_id = check::line("userId", &input.user_id, 200)?;
    for (field, sealed) in
        [("sealedAccess", &input.sealed_access), ("sealedRefresh", &input.sealed_refresh)]
    {
        if sealed.is_empty() || sealed.len() > SEALED_BYTES_MAX {
            return Err(Reject::field(field, "must have 1 to 16,384 bytes"));
        }
    }
    let known = stores::inbox::load(ctx.sql)?;
    if known.as_ref().is_some_and(|known| known.email != email) {
        return Err(Reject::conflict("the inbox has another address"));
    }
    let is_new = known.is_none();
    let name = input.display_name.trim();
    let display_name =
        if name.is_empty() { String::new() } else { check::line("displayName", name, 200)? };
    let mut inbox = known
        .unwrap_or_else(|| Inbox::new(ctx.now, email.clone(), display_name, way(email.clone())));
    inbox.smtp = way(email);
    let before = store::load(ctx.sql)?;
    let is_first = before.is_none();
    let connected_at = before.as_ref().map_or(ctx.now, |before| before.connected_at);
    store::save(
        ctx.sql,
        &Microsoft {
            user_id,
            sealed_access: input.sealed_access,
            sealed_refresh: input.sealed_refresh,
            access_until: ctx.now + input.good_for_ms.max(0),
            is_gone: false,
            quiet_until: before.map_or(0, |before| before.quiet_until),
            connected_at,
            waits: 0,
            error: None,
        },
    )?;
    if is_new {
        ctx.event("inbox.registered", None, &serde_json::json!({ "email": inbox.email }))?;
    }
    if inbox.paused.take_if(|(_, why)| microsoft::is_mended_by_log_in(why)).is_some() {
        ctx.event("inbox.resumed", None, &serde_json::json!({}))?;
        health::judge(ctx, &mut inbox)?;
    }
    super::mailbox::follow_log_in(ctx, inbox.email.clone(), is_first)?;
    keep_inbox(ctx, &mut inbox)?;
    subscription::ensure(ctx)?;
    flow::pump(ctx)?;
    view::inbox(ctx, &inbox)
}

fn way(email: String) -> SmtpTransport {
    SmtpTransport {
        host: HOST.to_owned(),
        port: 443,
        security: Security::ImplicitTls,
        username: email,
        sealed_password: Vec::new(),
    }
}
