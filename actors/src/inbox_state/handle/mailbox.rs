//! Connects a mailbox, disconnects it, reads it at once.

use crate::inbox_state::handle::connect_microsoft::HOST;
use crate::inbox_state::store::mailbox::{self as store, Mailbox};
use crate::inbox_state::store::microsoft;
use crate::inbox_state::{alerts, keep_inbox, mailbox, registered, subscription, view};
use crate::kernel::Ctx;
use schema::inbox::{InboxView, Security};
use schema::mailbox::{ConnectMailbox, ForgetPassedOver, ImapAccount, MailboxProvider, SyncBegun};
use schema::mailbox::{EVERY_MINUTES, check_every, check_since, check_way};
use schema::{Permission, Reject, check};

const SEALED_BYTES_MAX: usize = 4_096;

/// Reads a mailbox from now on, and at once. Permission: manage. The same account, connected again,
/// is read on from where it was; another is read from `since`.
///
/// # Errors
/// `forbidden`; `not_found`; `invalid_input`; `conflict` for the mailbox at Microsoft of an inbox
/// that has not logged in there.
pub fn connect(ctx: &mut Ctx<'_>, input: ConnectMailbox) -> Result<InboxView, Reject> {
    ctx.require(Permission::Manage)?;
    let mut inbox = registered(ctx)?;
    let provider = match input.imap {
        Some(_) => MailboxProvider::Imap,
        None => MailboxProvider::Microsoft,
    };
    let account = match input.imap {
        Some(account) => checked(account)?,
        None if microsoft::load(ctx.sql)?.is_some() => at_microsoft(inbox.email.clone()),
        None => return Err(Reject::conflict("the inbox has not logged in at Microsoft")),
    };
    let every_minutes = check_every(input.every_minutes)?;
    let since = check_since(input.since, ctx.now)?;

    let known = store::load(ctx.sql)?;
    let was_stalled = is_told(known.as_ref());
    let is_same = |it: &Mailbox| {
        (it.provider, &it.host, &it.username) == (provider, &account.host, &account.username)
    };
    let mut new = match known.filter(is_same) {
        Some(known) => known,
        None => {
            store::forget_positions(ctx.sql)?;
            fresh(ctx, since)
        }
    };
    if input.since.is_some() && since < new.since {
        // What came earlier is wanted, too: all is looked at again, and what is known stays once.
        new.since = since;
        mailbox::unread(ctx, &mut new)?;
    }
    let ImapAccount { host, port, security, username, sealed_password } = account;
    new.provider = provider;
    (new.host, new.port, new.security) = (host, port, security);
    (new.username, new.sealed_password) = (username, sealed_password);
    new.every_minutes = every_minutes;
    // What comes of a reading that is under way is of the mailbox as it was.
    new.reading += 1;
    store::save(ctx.sql, &new)?;
    if was_stalled && new.told_since.is_none() {
        alerts::reads_again(ctx)?;
    }
    mailbox::ask(ctx)?;
    subscription::ensure(ctx)?;
    keep_inbox(ctx, &mut inbox)?;
    view::inbox(ctx, &inbox)
}

fn checked(account: ImapAccount) -> Result<ImapAccount, Reject> {
    let host = check_way(&account.host, account.port, account.security)?;
    let username = check::line("username", &account.username, 320)?;
    if account.sealed_password.is_empty() || account.sealed_password.len() > SEALED_BYTES_MAX {
        return Err(Reject::field("sealedPassword", "must have 1 to 4,096 bytes"));
    }
    Ok(ImapAccount { host, username, ..account })
}

/// How the mailbox at Microsoft is shown; its tokens are the inbox's.
fn at_microsoft(email: String) -> ImapAccount {
    ImapAccount {
        host: HOST.to_owned(),
        port: 443,
        security: Security::ImplicitTls,
        username: email,
        sealed_password: Vec::new(),
    }
}

/// Reads the mailbox at Microsoft of an inbox that has logged in there for the first time, unless
/// it reads another; after that, where it still does.
///
/// # Errors
/// A storage fault.
pub fn follow_log_in(ctx: &mut Ctx<'_>, email: String, is_first: bool) -> Result<(), Reject> {
    match store::load(ctx.sql)? {
        None if !is_first => Ok(()),
        None => {
            let ImapAccount { host, port, security, username, .. } = at_microsoft(email);
            let (provider, every_minutes) = (MailboxProvider::Microsoft, EVERY_MINUTES);
            let fresh = fresh(ctx, ctx.now);
            let new = Mailbox { provider, host, port, security, username, every_minutes, ..fresh };
            store::save(ctx.sql, &new)?;
            mailbox::ask(ctx)
        }
        Some(_) => mailbox::ask_microsoft(ctx),
    }
}

/// The inbox leaves Microsoft: its mailbox there is read no more.
///
/// # Errors
/// A storage fault.
pub fn leave_microsoft(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    let known = store::load(ctx.sql)?;
    match known.filter(|it| it.provider == MailboxProvider::Microsoft) {
        Some(known) => leave(ctx, &known),
        None => Ok(()),
    }
}

/// Whether others were told that it is stalled.
fn is_told(known: Option<&Mailbox>) -> bool {
    known.is_some_and(|it| it.told_since.is_some())
}

/// It is read no more; nor is it stalled.
fn leave(ctx: &mut Ctx<'_>, known: &Mailbox) -> Result<(), Reject> {
    store::remove(ctx.sql)?;
    ctx.cancel_timer(mailbox::TIMER, "")?;
    if is_told(Some(known)) { alerts::reads_again(ctx) } else { Ok(()) }
}

fn fresh(ctx: &Ctx<'_>, since: i64) -> Mailbox {
    Mailbox {
        provider: MailboxProvider::Imap,
        host: String::new(),
        port: 0,
        security: Security::ImplicitTls,
        username: String::new(),
        sealed_password: Vec::new(),
        every_minutes: 0,
        since,
        // No reading of a mailbox that was connected before has this number.
        reading: ctx.now,
        unheard: 0,
        failing_mail: None,
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
    if let Some(known) = store::load(ctx.sql)? {
        leave(ctx, &known)?;
        keep_inbox(ctx, &mut inbox)?;
    }
    view::inbox(ctx, &inbox)
}

/// A mail that reading passed over was taken in after all. Permission: manage. Done twice, it
/// changes nothing.
///
/// # Errors
/// `forbidden`; `not_found` where the inbox is not there.
pub fn forget_passed_over(
    ctx: &mut Ctx<'_>,
    input: &ForgetPassedOver,
) -> Result<InboxView, Reject> {
    ctx.require(Permission::Manage)?;
    let mut inbox = registered(ctx)?;
    if store::forget_passed_over(ctx.sql, input.folder, &input.id)? {
        keep_inbox(ctx, &mut inbox)?;
    }
    view::inbox(ctx, &inbox)
}

/// Reads the mailbox at once, also where that was to be later; one at Microsoft not before the time
/// that Microsoft has named. Permission: manage.
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
