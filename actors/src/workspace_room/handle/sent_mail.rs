//! Mail that the team sent with a mail program: an answer to a mail of a ticket's is a comment
//! there, as if it had been written here. It has left already, so it leaves no more; it opens
//! nothing and changes no status. One that goes to nobody of the ticket's, as a forward does, is a
//! private note. Who wrote it is only known by what the mail says, so its author
//! is the system, and the mail says who it is from.

use super::receive_mail;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::mail::{self, receipt};
use crate::workspace_room::privacy::walk;
use crate::workspace_room::store::tickets::{self as store, Standing};
use crate::workspace_room::store::{mails, replies};
use crate::workspace_room::{comments, tickets};
use schema::event::By;
use schema::room::comment::Visibility;
use schema::room::mail::{
    GetMailThread, MailAddress, MailFacts, MailOutcome, MailThread, ReceiveMail, ThreadedBy,
};
use schema::{Permission, Reject, check};

/// How many mails of customers are looked at for whom a ticket is with.
const CUSTOMERS_MAX: i64 = 50;

/// Tells where a mail that the team sent belongs. Changes nothing.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself; `invalid_input` for too many ids.
pub fn get_mail_thread(ctx: &mut Ctx<'_>, input: &GetMailThread) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Work)?;
    check::items("answers", &input.answers, 1_000)?;
    let is_known = mails::find(ctx.sql, &mail::key_of(&input.message_id))?.is_some();
    let mut keys: Vec<String> = input.answers.iter().map(|id| mail::key_of(id)).collect();
    keys.retain(|key| !key.is_empty());
    keys.truncate(mail::THREAD_IDS_MAX);
    let ticket_id = ticket_of(ctx, &keys)?.map(|ticket| ticket.id);
    Reply::of(&MailThread { is_known, ticket_id })
}

/// Takes it in. Event `comment.created`.
///
/// # Errors
/// A storage fault.
pub fn receive(ctx: &mut Ctx<'_>, input: &ReceiveMail, key: &str) -> Result<Reply, Reject> {
    let Some(mut ticket) = ticket_of(ctx, &mail::thread_keys(input))? else {
        // It was there when it was asked for.
        let files = input.attachments.iter().map(|file| file.key.clone());
        let objects: Vec<String> = files.chain([input.raw_key.clone()]).collect();
        walk::give_up(ctx, &objects)?;
        return Reply::of(&receipt(MailOutcome::Ignored, None));
    };
    let facts = MailFacts { threaded_by: Some(ThreadedBy::Reference), ..mail::facts(input) };
    let mut draft = receive_mail::draft(ctx, input, By::System, facts)?;
    draft.answers = goes_to_customer(ctx, &ticket, input)?;
    if !draft.answers {
        draft.visibility = Visibility::Private;
    }
    let comment = comments::add(ctx, &mut ticket, draft)?;
    mails::remember(ctx.sql, key, Some((ticket.number, comment.id)), ctx.now)?;
    let before = mail::before(input);
    if !before.is_empty() {
        mails::set_before(ctx.sql, key, &before)?;
    }
    Reply::of(&receipt(MailOutcome::Commented, Some((ticket.id, comment.id))))
}

/// The ticket of the first of these mails that has one, or that it was merged into.
fn ticket_of(ctx: &Ctx<'_>, keys: &[String]) -> Result<Option<Standing>, Reject> {
    let Some(named) = mails::thread(ctx.sql, keys)? else { return Ok(None) };
    let Some(ticket) = store::standing_of_number(ctx.sql, named.ticket)? else { return Ok(None) };
    Ok(Some(tickets::follow_merge(ctx, ticket)?).filter(|ticket| !ticket.deleted))
}

/// Whether a mail is to whose ticket it is, or to somebody who wrote on it; a forward is not.
fn goes_to_customer(ctx: &Ctx<'_>, ticket: &Standing, input: &ReceiveMail) -> Result<bool, Reject> {
    let of_customers = replies::of_customers(ctx.sql, ticket.number, ctx.seq() + 1, CUSTOMERS_MAX)?;
    let from = of_customers.into_iter().filter_map(|(facts, _)| Some(facts.from?.address));
    let owner = replies::whose(ctx.sql, ticket.number)?.email;
    let known: Vec<String> = from.chain(owner).collect();
    let is_known = |to: &MailAddress| known.iter().any(|it| it.eq_ignore_ascii_case(&to.address));
    Ok(input.to.iter().chain(&input.cc).any(is_known))
}
