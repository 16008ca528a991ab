//! Connects a mailbox, disconnects it, reads it at once.

use crate::inbox_state::store::mailbox::{self as store, Mailbox};
use crate::inbox_state::{keep_inbox, mailbox, registered, view};
use crate::kernel::Ctx;
use schema::inbox::InboxView;
use schema::mailbox::{ConnectMailbox, SyncBegun, check_every, check_since, check_way};
use schema::{Permission, Reject, check};

const SEALED_BYTES_MAX: usize = 4_096;

/// Reads a mailbox from now on, and at once. Permission: manage. The same account, connected again,
/// is read on from where it was; another is read from `since`.
///
/// # Errors
/// `forbidden`; `not_found`; `invalid_input`.
pub fn connect(ctx: &mut Ctx<'_>, input: ConnectMailbox) -> Result<InboxView, Reject> {
    ctx.require(Permission::Manage)?;
    let mut inbox = registered(ctx)?;
    let host = check_way(&input.host, input.port, input.security)?;
    let username = check::line("username", &input.username, 320)?;
    if input.sealed_password.is_empty() || input.sealed_password.len() > SEALED_BYTES_MAX {
        return Err(Reject::field("sealedPassword", "must have 1 to 4,096 bytes"));
    }
    let every_minutes = check_every(input.every_minutes)?;
    let since = check_since(input.since, ctx.now)?;

    let known = store::load(ctx.sql)?;
    let same = known.filter(|it| (&it.host, &it.username) == (&host, &username));
    let mut new = same.unwrap_or_else(|| fresh(ctx, since));
    if input.since.is_some() && since < new.since {
        // What came earlier is wanted, too: all is looked at again, and what is known stays once.
        new.since = since;
        mailbox::unread(&mut new);
    }
    (new.host, new.port, new.security) = (host, input.port, input.security);
    (new.username, new.sealed_password) = (username, input.sealed_password);
    new.every_minutes = every_minutes;
    // What comes of a reading that is under way is of the mailbox as it was.
    new.reading += 1;
    store::save(ctx.sql, &new)?;
    mailbox::ask(ctx)?;
    keep_inbox(ctx, &mut inbox)?;
    view::inbox(ctx, &inbox)
}

fn fresh(ctx: &Ctx<'_>, since: i64) -> Mailbox {
    Mailbox {
        host: String::new(),
        port: 0,
        security: schema::inbox::Security::ImplicitTls,
        username: String::new(),
        sealed_password: Vec::new(),
        every_minutes: 0,
        since,
        cursor: None,
        // No reading of a mailbox that was connected before has this number.
        reading: ctx.now,
        unheard: 0,
        failing_uid: None,
        failing_count: 0,
        failures: 0,
        error: None,
        last_sync_at: None,
        stalled_since: None,
        told_since: None,
        readings: 0,
        taken: 0,
        duplicates: 0,
        connected_at: ctx.now,
    }
}

/// Reads no mailbox any more, and forgets its password. Permission: manage. What was taken in
/// stays.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn disconnect(ctx: &mut Ctx<'_>) -> Result<InboxView, Reject> {
    ctx.require(Permission::Manage)?;
    let mut inbox = registered(ctx)?;
    if store::load(ctx.sql)?.is_some() {
        store::remove(ctx.sql)?;
        ctx.cancel_timer(mailbox::TIMER, "")?;
        keep_inbox(ctx, &mut inbox)?;
    }
    view::inbox(ctx, &inbox)
}

/// Reads the mailbox at once, also where it was to be left alone for a while. Permission: manage.
///
/// # Errors
/// `forbidden`; `not_found` where it reads none.
pub fn sync(ctx: &mut Ctx<'_>) -> Result<SyncBegun, Reject> {
    ctx.require(Permission::Manage)?;
    registered(ctx)?;
    let Some(known) = mailbox::view(ctx)? else { return Err(Reject::not_found("mailbox")) };
    // One that is under way may have passed what is asked for now: another follows it.
    let ahead = 1 + i64::from(mailbox::is_asked(ctx)?);
    mailbox::ask(ctx)?;
    Ok(SyncBegun { readings: known.readings + ahead, mailbox: known })
}
