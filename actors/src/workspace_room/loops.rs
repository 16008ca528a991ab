//! The budget of automatic mail: what stops two machines from writing to each other all night.
//!
//! What an address sends and what is sent to it automatically, both within the hour that began with
//! the first of them, is counted. Once five automatic mails have come from it or gone to it,
//! nothing more goes to it automatically; what agents write does. Once more than
//! [`mail::AUTOMATIC_PER_HOUR_MAX`] have come from it, they are taken in no more. Those who manage
//! are told, once for the hour.
//!
//! What says that a machine wrote it is never answered automatically. Loops are made by machines
//! that do not say it.

use super::store::mails::{self, Traffic};
use super::store::tickets;
use super::{mail, notifications};
use crate::kernel::Ctx;
use schema::ids::TicketId;
use schema::room::mail::{MailFacts, MailStopped};
use schema::{Millis, Reject};

/// How many automatic mails an address gets, or sends before it gets none, in an hour.
pub const ANSWERS_PER_HOUR_MAX: i64 = 5;
const HOUR_MS: Millis = 60 * 60 * 1000;

/// Counts an automatic mail of an address. Gives why it is not taken in, where there are too many.
///
/// # Errors
/// A storage fault.
pub fn came(ctx: &mut Ctx<'_>, from: &str) -> Result<Option<String>, Reject> {
    let address = mail::trim(&from.to_lowercase(), mail::ADDRESS_CHARS_MAX);
    let counted = mails::count_automatic(ctx.sql, &address, ctx.now, ctx.now - HOUR_MS)?;
    let most = mail::AUTOMATIC_PER_HOUR_MAX;
    if counted.mails <= most {
        return Ok(None);
    }
    let why = format!("more than {most} automatic mails of one address in an hour");
    tell(ctx, &address, counted, None, &why)?;
    Ok(Some(why))
}

/// Counts an automatic mail to somebody. Gives why it does not leave, where there were too many.
/// Event `mail.stopped` for the first of them.
///
/// # Errors
/// A storage fault.
pub fn leaves(
    ctx: &mut Ctx<'_>,
    ticket: TicketId,
    facts: &MailFacts,
) -> Result<Option<String>, Reject> {
    let most = ANSWERS_PER_HOUR_MAX;
    let mut stopped = None;
    for to in &facts.to {
        let address = to.address.as_str();
        let counted = mails::count_answer(ctx.sql, address, ctx.now, ctx.now - HOUR_MS)?;
        if counted.mails < most && counted.answers <= most {
            continue;
        }
        let why = format!("{most} automatic mails from or to one address in an hour");
        if tell(ctx, address, counted, Some(ticket), &why)? {
            let data = MailStopped { reason: why.clone(), mail: facts.clone() };
            ctx.event("mail.stopped", Some(ticket), &data)?;
        }
        stopped = Some(why);
    }
    Ok(stopped)
}

/// Tells those who manage, unless they were told of the address in this hour; says whether it did.
fn tell(
    ctx: &mut Ctx<'_>,
    address: &str,
    counted: Traffic,
    ticket: Option<TicketId>,
    why: &str,
) -> Result<bool, Reject> {
    if counted.told {
        return Ok(false);
    }
    mails::set_told(ctx.sql, address)?;
    let ticket = ticket.map(|id| tickets::find(ctx.sql, id)).transpose()?.flatten();
    let text = format!("A mail loop with {address} is stopped for this hour: {why}");
    notifications::tell_managers(ctx, ticket.as_ref(), &text)?;
    Ok(true)
}
