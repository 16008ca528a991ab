//! Which ticket a mail goes on with.
//!
//! | what shows it | for whom it counts |
//! | --- | --- |
//! | `In-Reply-To`, then `References`, the latest first | whoever writes, so that a colleague to whom it was forwarded may |
//! | an address with the ticket's token ([`reply_token`]) | whoever writes |
//! | `[#12]` in the subject | who takes part in the ticket: whose it is, or who has written on it |
//! | Outlook's conversation | who takes part in it |
//! | the same subject, within days, where the workspace asks for that | whose it is |
//!
//! The first of these that names a ticket counts. Where that was merged, the mail goes to the one
//! that it was merged into. Where it is over, that is closed, or solved longer ago than the
//! workspace's `reopenDays`, and others follow it, the mail goes to the last of them, and opens one
//! that follows where there is none. The same holds for an answer under a wholly new subject, where
//! the workspace has said so (`newSubjectOpens`).

use super::access::store::workspace;
use super::store::tickets::{self as store, Standing};
use super::store::{TOP, comments as spoken, mails, replies};
use super::{mail, reply_token, tickets, topic};
use crate::kernel::Ctx;
use schema::room::mail::{ReceiveMail, ThreadedBy};
use schema::room::ticket::Status;
use schema::room::user::User;
use schema::{Millis, Reject};

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// How many tickets that follow each other are looked at.
const STEPS_MAX: usize = 100;
/// How many that follow the same one, how many of a conversation, and how many of a user.
const TICKETS_MAX: i64 = 50;
/// How many mails of a ticket are looked at for what it is about.
const MAILS_MAX: i64 = 20;

/// The ticket that a mail belongs to.
#[derive(Debug, Clone)]
pub struct Thread {
    /// The ticket.
    pub ticket: Standing,
    /// What shows it.
    pub by: ThreadedBy,
    /// Whether the mail becomes a comment of it; else it opens a ticket that follows it.
    pub goes_on: bool,
}

/// What a workspace wants.
#[derive(Debug, Clone, Copy, Default)]
struct Policy {
    subject_days: Option<i64>,
    reopen_days: Option<i64>,
    new_subject_opens: bool,
}

/// The ticket that a mail of a user's belongs to; none for the first of its thread.
///
/// # Errors
/// A storage fault.
pub fn find(
    ctx: &Ctx<'_>,
    input: &ReceiveMail,
    user: Option<&User>,
) -> Result<Option<Thread>, Reject> {
    let policy = policy(ctx)?;
    let Some((number, by)) = named(ctx, input, user, policy)? else { return Ok(None) };
    let Some(mut ticket) = store::standing_of_number(ctx.sql, number)? else { return Ok(None) };
    let topic = new_topic(input, by, policy);
    for _ in 0..STEPS_MAX {
        ticket = tickets::follow_merge(ctx, ticket)?;
        if ticket.deleted {
            return Ok(None);
        }
        if !is_over(ctx, &ticket, policy) && !is_elsewhere(ctx, &ticket, topic.as_deref())? {
            return Ok(Some(Thread { ticket, by, goes_on: true }));
        }
        let Some(next) = next(ctx, &ticket, topic.as_deref())? else { break };
        ticket = next;
    }
    // What a machine wrote opens no ticket where one is known.
    Ok(Some(Thread { ticket, by, goes_on: mail::is_quiet(input) }))
}

fn policy(ctx: &Ctx<'_>) -> Result<Policy, Reject> {
    let workspace = workspace::find(ctx.sql)?;
    Ok(workspace.map_or_else(Policy::default, |workspace| Policy {
        subject_days: workspace.thread_by_subject_days,
        reopen_days: workspace.reopen_days,
        new_subject_opens: workspace.new_subject_opens,
    }))
}

/// The number of the ticket that a mail shows it belongs to, and what shows it. Anybody can guess a
/// number or a subject, and claim to be somebody.
fn named(
    ctx: &Ctx<'_>,
    input: &ReceiveMail,
    user: Option<&User>,
    policy: Policy,
) -> Result<Option<(i64, ThreadedBy)>, Reject> {
    if let Some(named) = mails::thread(ctx.sql, &mail::thread_keys(input))? {
        // Who names a mail that only its subject brought may have written that one.
        let by = if named.is_proof { ThreadedBy::Reference } else { ThreadedBy::Subject };
        return Ok(Some((named.ticket, by)));
    }
    let addresses = input.to.iter().chain(&input.cc).map(|to| to.address.as_str());
    if let Some(number) = reply_token::find(ctx, addresses)? {
        return Ok(Some((number, ThreadedBy::Token)));
    }
    let Some(user) = user.filter(|_| !mail::is_forged(input.authenticity.as_ref())) else {
        return Ok(None);
    };
    if let Some(number) = mail::tag(&input.subject)
        && takes_part(ctx, number, user)?
    {
        return Ok(Some((number, ThreadedBy::Tag)));
    }
    if let Some(conversation) = &input.conversation {
        for number in mails::of_conversation(ctx.sql, conversation, TICKETS_MAX)? {
            if takes_part(ctx, number, user)? {
                return Ok(Some((number, ThreadedBy::Conversation)));
            }
        }
    }
    let Some(days) = policy.subject_days else { return Ok(None) };
    Ok(of_subject(ctx, input, user, days)?.map(|number| (number, ThreadedBy::Subject)))
}

/// The latest ticket of a user's that has a mail's subject, with something said in the last days.
fn of_subject(
    ctx: &Ctx<'_>,
    input: &ReceiveMail,
    user: &User,
    days: i64,
) -> Result<Option<i64>, Reject> {
    let topic = topic::of(&input.subject);
    if topic.is_empty() {
        return Ok(None);
    }
    let since = ctx.now - days * DAY_MS;
    let mut known = store::subjects_of_user(ctx.sql, user.id, since, TICKETS_MAX)?.into_iter();
    Ok(known.find(|(_, subject)| topic::of(subject) == topic).map(|(number, _)| number))
}

/// Whether a ticket is a user's, or they have written on it.
///
/// # Errors
/// A storage fault.
pub fn takes_part(ctx: &Ctx<'_>, ticket: i64, user: &User) -> Result<bool, Reject> {
    let owns = replies::whose(ctx.sql, ticket)?.user == Some(user.id);
    Ok(owns || spoken::wrote(ctx.sql, ticket, user.id)?)
}

/// Whether answers to a ticket open another.
fn is_over(ctx: &Ctx<'_>, ticket: &Standing, policy: Policy) -> bool {
    let late = |days: i64| ticket.solved_at.is_some_and(|at| ctx.now - at > days * DAY_MS);
    match ticket.status {
        Status::Closed => true,
        Status::Solved => policy.reopen_days.is_some_and(late),
        _ => false,
    }
}

/// What a mail is about, where it may be something else than its thread. Machines choose subjects
/// of their own, and what its subject has brought to a ticket is about that.
fn new_topic(input: &ReceiveMail, by: ThreadedBy, policy: Policy) -> Option<String> {
    let may = policy.new_subject_opens && by.is_proof() && input.automatic.is_none();
    let is_about_a_ticket = mail::tag(&input.subject).is_some();
    (may && !is_about_a_ticket).then(|| topic::of(&input.subject))
}

/// Whether a topic has nothing to do with a ticket, nor with any of its latest mails: the ticket
/// may have been renamed.
fn is_elsewhere(ctx: &Ctx<'_>, ticket: &Standing, topic: Option<&str>) -> Result<bool, Reject> {
    let Some(topic) = topic else { return Ok(false) };
    let mut known = vec![topic::of(&replies::whose(ctx.sql, ticket.number)?.subject)];
    let theirs = replies::of_customers(ctx.sql, ticket.number, TOP, MAILS_MAX)?;
    let ours = replies::of_team(ctx.sql, ticket.number, TOP)?;
    let all = theirs.iter().map(|(facts, _)| facts).chain(&ours);
    known.extend(all.map(|facts| topic::of(&facts.subject)));
    known.retain(|known| !known.is_empty());
    Ok(!known.is_empty() && known.iter().all(|known| topic::differ(topic, known)))
}

/// The latest ticket that follows one and that a topic may belong to.
fn next(ctx: &Ctx<'_>, ticket: &Standing, topic: Option<&str>) -> Result<Option<Standing>, Reject> {
    for follower in store::followers(ctx.sql, ticket.number, TICKETS_MAX)? {
        if !is_elsewhere(ctx, &follower, topic)? {
            return Ok(Some(follower));
        }
    }
    Ok(None)
}
