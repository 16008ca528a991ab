//! Taking in a mail: onto its ticket, into a new one, or nowhere.
//!
//! | mail | becomes |
//! | --- | --- |
//! | known by its `Message-ID`, also where it was erased since | nothing: `duplicate` |
//! | the team's own, by a mail program | a comment of the team's, or nothing: [`super::sent_mail`] |
//! | our own, come back; more than 20 automatic ones of an address in an hour | an event: `stopped` |
//! | an answer on a ticket that is not over | a comment; a ticket that was not open is opened |
//! | an answer on one that is over | a comment on the ticket that follows it, made where there is none |
//! | an answer under a new subject, where the workspace wants that | the same |
//! | an auto-reply or bounce on a ticket | a comment that changes nothing else |
//! | an answer on a ticket that was merged | a comment on the ticket that it was merged into |
//! | an answer on a ticket that was deleted | a ticket: the old one does not come back |
//! | a report about a mail of ours | what it is otherwise; and the inbox is asked about it |
//! | from whom a campaign wrote to | what it is otherwise; and the campaign stops: [`outreach::answers`] |
//! | anything else | a ticket; one that a machine wrote has the tag `automatic` |
//!
//! Which ticket a mail is an answer on, and which are over, is in [`threads`].
//!
//! A mail's sender is what the mail says it is. So it never counts as an agent, whoever it names:
//! the comment is a customer's.

use super::sent_mail;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::mail::{self, receipt};
use crate::workspace_room::privacy::walk;
use crate::workspace_room::store::tickets::Standing;
use crate::workspace_room::store::{comments as comment_rows, mails, replies};
use crate::workspace_room::threads::{self, Thread};
use crate::workspace_room::{
    attention, comments, loops, mail_reports, outreach, people, publish, tickets, uploads,
};
use schema::event::By;
use schema::ids::{CommentId, InboxId, TicketId};
use schema::room::attention::WakeReason;
use schema::room::comment::{Comment, Visibility};
use schema::room::mail::{
    AutomaticKind, MailFacts, MailOutcome, MailReceipt, MailStopped, ReceiveMail, ThreadedBy,
};
use schema::room::ticket::{Attributes, Priority, Source, Status};
use schema::room::user::User;
use schema::{Permission, Reject, check};

/// Takes in a mail. Events `comment.created`, and `ticket.created` or `ticket.reopened`, and those
/// of a user and company that are new; `mail.stopped`.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself; `invalid_input` without a `rawKey`.
pub fn receive_mail(ctx: &mut Ctx<'_>, input: &ReceiveMail) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Work)?;

    if input.raw_key.is_empty() {
        return Err(Reject::field("rawKey", "must not be empty"));
    }
    mails::forget_unparseable(ctx.sql, &input.raw_key)?;
    let key = mail::key(input);
    if let Some(known) = known(ctx, &key)? {
        return duplicate(ctx, input, known);
    }
    if input.was_sent {
        return sent_mail::receive(ctx, input, &key);
    }
    if let Some(reason) = loop_reason(ctx, input)? {
        mails::remember(ctx.sql, &key, None, ctx.now)?;
        ctx.event("mail.stopped", None, &MailStopped { reason, mail: mail::facts(input) })?;
        report(ctx, input, None)?;
        return Reply::of(&receipt(MailOutcome::Stopped, None));
    }

    let user = find_user(ctx, input)?;
    let thread = threads::find(ctx, input, user.as_ref())?;
    let author = user.as_ref().map_or(By::System, |user| By::User { id: user.id });
    let mut facts = mail::facts(input);
    facts.threaded_by = thread.as_ref().map(|thread| thread.by);
    let inbox = inbox(ctx, input, user.as_ref(), &facts, thread.as_ref())?;
    let (mut ticket, outcome) = match thread {
        Some(thread) if thread.goes_on => (thread.ticket, MailOutcome::Commented),
        follows => {
            let follows = follows.map(|thread| thread.ticket);
            (open(ctx, input, &author, user, follows)?, MailOutcome::Opened)
        }
    };
    if !mail::is_quiet(input) {
        publish::customer_replied(ctx, ticket.number)?;
        if stir(ctx, &author, &ticket)? {
            ticket = comments::writable(ctx, ticket.id)?;
        }
    }
    ticket.inbox_id = inbox.or(ticket.inbox_id);
    let draft = draft(ctx, input, author, facts)?;
    let comment = comments::add(ctx, &mut ticket, draft)?;
    remember(ctx, input, &key, (ticket.number, &comment))?;
    outreach::answers::heard(ctx, input, (ticket.id, comment.id))?;
    report(ctx, input, Some((ticket.id, comment.id)))?;
    Reply::of(&receipt(outcome, Some((ticket.id, comment.id))))
}

/// Remembers by what later mails find the ticket of a mail.
fn remember(
    ctx: &Ctx<'_>,
    input: &ReceiveMail,
    key: &str,
    (ticket, comment): (i64, &Comment),
) -> Result<(), Reject> {
    mails::remember(ctx.sql, key, Some((ticket, comment.id)), ctx.now)?;
    let before = mail::before(input);
    if !before.is_empty() {
        mails::set_before(ctx.sql, key, &before)?;
    }
    // What only its subject brought must not bring others.
    let threaded_by = comment.mail.as_ref().and_then(|mail| mail.threaded_by);
    if let Some(conversation) = &input.conversation
        && threaded_by.is_none_or(ThreadedBy::is_proof)
    {
        mails::set_conversation(ctx.sql, key, conversation)?;
    }
    Ok(())
}

/// What is known of a mail, also of one that was erased.
fn known(ctx: &Ctx<'_>, key: &str) -> Result<Option<Known>, Reject> {
    if let Some((ticket, comment)) = mails::find(ctx.sql, key)? {
        return Ok(Some(Known { ticket, comment, erased: false }));
    }
    let tombstone = mails::find(ctx.sql, &mail::tombstone(ctx.instance, key))?;
    Ok(tombstone.map(|_| Known { ticket: None, comment: None, erased: true }))
}

/// A mail that was here before.
struct Known {
    ticket: Option<TicketId>,
    comment: Option<CommentId>,
    erased: bool,
}

/// Takes a mail in that was here before: nothing changes. But whoever read it again has kept it
/// again; where that was given up with an erased person or a deleted ticket, it is once more.
fn duplicate(ctx: &mut Ctx<'_>, input: &ReceiveMail, known: Known) -> Result<Reply, Reject> {
    let comment = known.comment.map(|id| comment_rows::find(ctx.sql, id)).transpose()?.flatten();
    let facts = comment.as_ref().and_then(|(comment, _)| comment.mail.as_ref());
    let mut objects = Vec::new();
    if known.erased || known.comment.is_some() && facts.is_none_or(|it| it.raw_key.is_empty()) {
        objects.push(input.raw_key.clone());
        for file in &input.attachments {
            if !uploads::is_held(ctx.sql, &file.key, &file.sha256)? {
                objects.push(file.key.clone());
            }
        }
    }
    walk::give_up(ctx, &objects)?;
    let (outcome, ticket_id, comment_id) = (MailOutcome::Duplicate, known.ticket, known.comment);
    Reply::of(&MailReceipt { outcome, ticket_id, comment_id })
}

/// Asks about a report, unless the mail is our own, come back. That a server sends many in an hour
/// is no reason not to ask.
fn report(
    ctx: &mut Ctx<'_>,
    input: &ReceiveMail,
    shown: Option<(TicketId, CommentId)>,
) -> Result<(), Reject> {
    let kind = input.automatic.as_ref().map(|automatic| automatic.kind);
    match &input.report {
        Some(report) if kind != Some(AutomaticKind::OwnLoop) => {
            mail_reports::pass_on(ctx, report, shown)
        }
        _ => Ok(()),
    }
}

/// Opens the ticket that a customer answers, or wakes it; says whether it did. One that is put off
/// whatever the customer says stays so.
fn stir(ctx: &mut Ctx<'_>, author: &By, ticket: &Standing) -> Result<bool, Reject> {
    match ticket.wakes_on_reply {
        Some(true) => {
            let before = tickets::find(ctx, ticket.id)?;
            attention::wake(ctx, author, &before, WakeReason::Reply)?;
        }
        None if ticket.status != Status::Open => drop(tickets::reopen(ctx, author, ticket.id)?),
        Some(false) | None => return Ok(false),
    }
    Ok(true)
}

/// Why a mail is part of a loop, if it is.
fn loop_reason(ctx: &mut Ctx<'_>, input: &ReceiveMail) -> Result<Option<String>, Reject> {
    let Some(automatic) = &input.automatic else { return Ok(None) };
    if automatic.kind == AutomaticKind::OwnLoop {
        return Ok(Some(mail::trim(&automatic.reason, 300)));
    }
    if !mail::is_quiet(input) {
        return Ok(None);
    }
    let from = input.from.as_ref().map_or("", |from| from.address.as_str());
    loops::came(ctx, from)
}

/// The inbox that a mail's ticket answers through from now on, where that is another: the one that
/// read the mail, where it opened the ticket, or is from somebody who takes part in it.
fn inbox(
    ctx: &Ctx<'_>,
    input: &ReceiveMail,
    user: Option<&User>,
    facts: &MailFacts,
    thread: Option<&Thread>,
) -> Result<Option<InboxId>, Reject> {
    let Some(inbox) = input.inbox_id else { return Ok(None) };
    replies::know_inbox(ctx.sql, inbox)?;
    let moves = match (thread, user) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(thread), Some(user)) => {
            mail::is_believed(facts) && threads::takes_part(ctx, thread.ticket.number, user)?
        }
    };
    Ok(moves.then_some(inbox))
}

/// The user who wrote; nobody for a bounce, and where the address is none.
fn find_user(ctx: &mut Ctx<'_>, input: &ReceiveMail) -> Result<Option<User>, Reject> {
    let kind = input.automatic.as_ref().map(|automatic| automatic.kind);
    let Some(from) = input.from.as_ref().filter(|_| kind != Some(AutomaticKind::Bounce)) else {
        return Ok(None);
    };
    let Ok(email) = check::email("from", &from.address) else { return Ok(None) };
    people::find_or_make(ctx, &email, mail::name(from)).map(Some)
}

fn open(
    ctx: &mut Ctx<'_>,
    input: &ReceiveMail,
    author: &By,
    user: Option<User>,
    follows: Option<Standing>,
) -> Result<Standing, Reject> {
    let tags = input.automatic.iter().map(|_| "automatic".to_owned()).collect();
    let draft = tickets::Draft {
        subject: mail::subject(input),
        status: Status::Open,
        priority: Priority::Normal,
        tags,
        assignee: None,
        team: None,
        category: None,
        custom_status: None,
        attributes: Attributes::new(),
        user,
        source: Source::Mail,
        inbox: input.inbox_id,
        follows,
    };
    let ticket = tickets::open(ctx, author, draft)?;
    comments::writable(ctx, ticket.id)
}

pub(super) fn draft(
    ctx: &mut Ctx<'_>,
    input: &ReceiveMail,
    author: By,
    facts: MailFacts,
) -> Result<comments::Draft, Reject> {
    let (body, _) = mail::body(input);
    let visible_body = mail::visible_body(input, &body);
    Ok(comments::Draft {
        id: CommentId(ctx.uuid()),
        author,
        visibility: Visibility::Public,
        body,
        visible_body,
        source: Source::Mail,
        automatic: input.automatic.is_some(),
        mail: Some(facts),
        attachments: mail::attachments(ctx, input)?,
        mentions: Vec::new(),
        answers: false,
    })
}
