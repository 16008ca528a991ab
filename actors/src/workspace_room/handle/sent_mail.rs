//! Mail that the team sent with a mail program: an answer to a mail of a ticket's is a comment
//! there, as if it had been written here. It has left already, so it leaves no more; it opens
//! nothing and changes no status. Who wrote it is only known by what the mail says, so its author
//! is the system, and the mail says who it is from.

use super::receive_mail;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::mail::{self, receipt};
use crate::workspace_room::store::{mails, tickets as store};
use crate::workspace_room::{comments, tickets};
use schema::event::By;
use schema::room::mail::{
    FindMailThread, MailFacts, MailOutcome, MailThread, ReceiveMail, ThreadedBy,
};
use schema::{Permission, Reject, check};

/// Tells where a mail that the team sent belongs. Changes nothing.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself; `invalid_input` for too many ids.
pub fn find_mail_thread(ctx: &mut Ctx<'_>, input: &FindMailThread) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Work)?;
    check::items("answers", &input.answers, 1_000)?;
    let is_known = mails::find(ctx.sql, &mail::key_of(&input.message_id))?.is_some();
    let mut keys: Vec<String> = input.answers.iter().map(|id| mail::key_of(id)).collect();
    keys.retain(|key| !key.is_empty());
    keys.truncate(mail::THREAD_IDS_MAX);
    let ticket = match mails::thread(ctx.sql, &keys)? {
        Some(number) => store::standing_of_number(ctx.sql, number)?,
        None => None,
    };
    let ticket_id = ticket.filter(|ticket| !ticket.deleted).map(|ticket| ticket.id);
    Reply::of(&MailThread { is_known, ticket_id })
}

/// Takes it in. Event `comment.created`.
///
/// # Errors
/// A storage fault.
pub fn receive(ctx: &mut Ctx<'_>, input: &ReceiveMail, key: &str) -> Result<Reply, Reject> {
    let answered = mails::thread(ctx.sql, &mail::thread_keys(input))?;
    let ticket = match answered {
        Some(number) => store::standing_of_number(ctx.sql, number)?,
        None => None,
    };
    let ticket = ticket.map(|ticket| tickets::follow_merge(ctx, ticket)).transpose()?;
    let Some(mut ticket) = ticket.filter(|ticket| !ticket.deleted) else {
        return Reply::of(&receipt(MailOutcome::Ignored, None));
    };
    let facts = MailFacts { threaded_by: Some(ThreadedBy::Reference), ..mail::facts(input) };
    let mut draft = receive_mail::draft(ctx, input, By::System, facts)?;
    draft.answers = true;
    let comment = comments::add(ctx, &mut ticket, draft)?;
    mails::remember(ctx.sql, key, Some((ticket.number, comment.id)), ctx.now)?;
    let before = mail::before(input);
    if !before.is_empty() {
        mails::set_before(ctx.sql, key, &before)?;
    }
    Reply::of(&receipt(MailOutcome::Commented, Some((ticket.id, comment.id))))
}
