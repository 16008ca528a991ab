//! Makes the inbox, and changes it.

use crate::inbox_state::store::{self, inbox::Inbox};
use crate::inbox_state::{flow, inbox_of, keep_inbox, outbox, registered, view};
use crate::kernel::Ctx;
use crate::mail::address::Address;
use crate::warmup_counter::zone::Zone;
use schema::inbox::{
    ConfigureInbox, InboxView, RegisterInbox, SmtpTransport, Transport, check_way, host_name,
};
use schema::{Permission, Reject, check};

const SEALED_BYTES_MAX: usize = 4_096;

/// The address of an inbox. Whom it writes to may be unable to answer one that is not ASCII.
///
/// # Errors
/// `invalid_input`.
pub fn own_address(email: &str) -> Result<String, Reject> {
    let email = check::email("email", email)?;
    let valid = Address::parse(&email).ok().filter(|email| email.as_str().is_ascii());
    let valid =
        valid.ok_or_else(|| Reject::field("email", "must be an e-mail address of ASCII"))?;
    Ok(valid.as_str().to_owned())
}

/// Makes the inbox. Permission: manage. Again, with the same values, it only renews the sealed
/// password, which is another text each time it is sealed.
///
/// # Errors
/// `forbidden`; `invalid_input`; `conflict` where it was registered with other values.
pub fn register(ctx: &mut Ctx<'_>, input: RegisterInbox) -> Result<InboxView, Reject> {
    ctx.require(Permission::Manage)?;
    inbox_of(ctx)?;
    let email = own_address(&input.email)?;
    let zone = Zone::named(&input.time_zone)?;
    let display_name = name(&input.display_name)?;
    let mut inbox = Inbox {
        warmup: input.warmup,
        zone: zone.name().to_owned(),
        ..Inbox::new(ctx.now, email, display_name, smtp(input.transport)?)
    };
    if let Some(mut known) = store::inbox::load(ctx.sql)? {
        let sealed = std::mem::take(&mut inbox.smtp.sealed_password);
        inbox.smtp.sealed_password.clone_from(&known.smtp.sealed_password);
        let same = known.email == inbox.email
            && known.display_name == inbox.display_name
            && known.smtp == inbox.smtp
            && (known.warmup, &known.zone) == (inbox.warmup, &inbox.zone);
        if !same {
            return Err(Reject::conflict("the inbox is registered with other values"));
        }
        if known.smtp.sealed_password != sealed {
            known.smtp.sealed_password = sealed;
            keep_inbox(ctx, &mut known)?;
        }
        return view::inbox(ctx, &known);
    }
    ctx.event("inbox.registered", None, &serde_json::json!({ "email": inbox.email }))?;
    keep_inbox(ctx, &mut inbox)?;
    if inbox.warmup {
        ctx.outbox(outbox::START, "", &[])?;
    }
    view::inbox(ctx, &inbox)
}

/// Changes what is given. Permission: manage.
///
/// # Errors
/// `forbidden`; `not_found`; `invalid_input`.
pub fn configure(ctx: &mut Ctx<'_>, input: ConfigureInbox) -> Result<InboxView, Reject> {
    ctx.require(Permission::Manage)?;
    let mut inbox = registered(ctx)?;
    if let Some(display_name) = input.display_name {
        inbox.display_name = name(&display_name)?;
    }
    if let Some(transport) = input.transport {
        inbox.smtp = smtp(transport)?;
        store::microsoft::remove(ctx.sql)?;
        super::mailbox::leave_microsoft(ctx)?;
    }
    let (warmup, zone) = (inbox.warmup, inbox.zone.clone());
    if let Some(time_zone) = input.time_zone {
        inbox.zone = Zone::named(&time_zone)?.name().to_owned();
    }
    inbox.warmup = input.warmup.unwrap_or(warmup);
    keep_inbox(ctx, &mut inbox)?;
    if inbox.warmup && inbox.zone != zone {
        ctx.outbox(outbox::ZONE, "", &[])?;
    } else if inbox.warmup && !warmup {
        ctx.outbox(outbox::START, "", &[])?;
    }
    flow::pump(ctx)?;
    view::inbox(ctx, &inbox)
}

fn name(display_name: &str) -> Result<String, Reject> {
    if display_name.trim().is_empty() {
        return Ok(String::new());
    }
    check::line("displayName", display_name, 200)
}

fn smtp(transport: Transport) -> Result<SmtpTransport, Reject> {
    let Transport::Smtp(mut smtp) = transport;
    smtp.host = host_name("transport.host", &smtp.host)?;
    check_way(&smtp.host, smtp.port, smtp.security)?;
    smtp.username = check::line("transport.username", &smtp.username, 254)?;
    if smtp.sealed_password.is_empty() || smtp.sealed_password.len() > SEALED_BYTES_MAX {
        return Err(Reject::field("transport.sealedPassword", "must have 1 to 4,096 bytes"));
    }
    Ok(smtp)
}
