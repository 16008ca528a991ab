//! Comments that leave as mail: whom they go to, what they answer, how far they have come.
//!
//! A public comment of the team's leaves where its ticket has an inbox, or the workspace has named
//! one, and somebody is to be written to: the ticket's user, and a copy goes to all whom that user
//! last wrote to. Who else wrote on the ticket gets none by that alone: that a mail answers another
//! proves no more than that its writer has seen it. Private notes, what customers write and what is
//! imported never leave.
//!
//! To whom it goes is decided with the comment, so it is told with it. The rest is made when its
//! inbox is asked: under a key of the comment's, so that a mail leaves once however often that is.
//! What was deleted or erased by then does not leave.

use super::access::store::workspace;
use super::catalogue::render;
use super::comments::{self, Draft};
use super::store::replies::{self as store, Leaving};
use super::store::tickets::Standing;
use super::store::{comments as rows, mails, tickets};
use super::{loops, mail, reply_text, reply_token};
use crate::inbox_state::identity::inbox_of;
use crate::kernel::actor::Settled;
use crate::kernel::engine::hex;
use crate::kernel::{Ctx, Effect, Entry, Outcome};
use crate::mail::address::Address;
use schema::codec::{read_reply, to_json};
use schema::event::By;
use schema::ids::{CommentId, InboxId, UserId};
use schema::inbox::{
    COMMENT_KEY, InboxCommand, MailFile, NewMail, RECIPIENTS_MAX, SendMail, SendState, SendView,
};
use schema::room::comment::{Comment, Visibility};
use schema::room::delivery::{CommentDelivery, Delivery, NoteDelivery};
use schema::room::mail::{MailAddress, MailFacts};
use schema::{ActorKind, Reject, check};
use sha2::{Digest, Sha256};

/// The outbox entries; their key is the comment.
pub const OUTBOX: &str = "replies.mail";

/// How many mails of customers are looked at for the latest of the ticket's user.
const LATEST: i64 = 20;
/// How much of what went wrong is kept.
const ERROR_CHARS_MAX: usize = 500;

/// Whom an agent wants written to; absent where it is left to the rule.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// Instead of the ticket's user.
    pub to: Option<&'a [String]>,
    /// Instead of all whom the user last wrote to.
    pub cc: Option<&'a [String]>,
}

/// Decides whether a comment that is about to stand leaves, and to whom: then its draft says so.
///
/// # Errors
/// `invalid_input` for an address that is none, and where somebody is named and it cannot leave.
pub fn plan(
    ctx: &mut Ctx<'_>,
    ticket: &Standing,
    draft: &mut Draft,
    asked: Asked<'_>,
) -> Result<Option<Delivery>, Reject> {
    let of_team = !matches!(draft.author, By::User { .. }) && draft.mail.is_none();
    if !of_team || draft.visibility != Visibility::Public {
        return stays(asked, "a private note leaves as no mail");
    }
    let Some(inbox_id) = ticket.answers_by else {
        return stays(asked, "no inbox is named: give the ticket one, or the workspace");
    };
    let whose = store::whose(ctx.sql, ticket.number)?;
    let own = users_latest(ctx, ticket.number, whose.user, ctx.seq() + 1)?;
    let to = match asked.to {
        Some(to) => addresses("to", to)?,
        None => customer(own.as_ref(), whose.email),
    };
    let parent = match own {
        Some(own) => Some(own),
        None => teams_latest(ctx, ticket.number, ctx.seq() + 1, &to)?,
    };
    if to.is_empty() {
        return stays(asked, "there is nobody to write to");
    }
    let cc = match (asked.cc, asked.to) {
        (Some(cc), _) => addresses("cc", cc)?,
        (None, Some(_)) => Vec::new(),
        // A machine's answer goes to who is answered alone.
        (None, None) if draft.author == By::System => Vec::new(),
        (None, None) => copies(ctx, parent.as_ref(), &to)?,
    };
    if to.len() + cc.len() > RECIPIENTS_MAX {
        let why = format!("and cc: must be at most {RECIPIENTS_MAX} addresses");
        return Err(Reject::field("to", why));
    }
    let name = |address: String| MailAddress { name: None, address };
    let facts = MailFacts {
        raw_key: String::new(),
        message_id: None,
        from: None,
        to: to.into_iter().map(name).collect(),
        cc: cc.into_iter().map(name).collect(),
        subject: reply_text::subject(parent.as_ref(), &whose.subject),
        text_truncated: false,
        automatic: None,
        authenticity: None,
        threaded_by: None,
        attachments_omitted: 0,
        sent_at: None,
        was_sent: false,
    };
    let is_automatic = draft.author == By::System;
    let error = if is_automatic { loops::leaves(ctx, ticket.id, &facts)? } else { None };
    draft.mail = Some(facts);
    let state = if error.is_none() { SendState::Queued } else { SendState::Cancelled };
    Ok(Some(Delivery { state, inbox_id, send_id: None, error, at: ctx.now }))
}

fn stays(asked: Asked<'_>, why: &str) -> Result<Option<Delivery>, Reject> {
    let field = match asked {
        Asked { to: Some(_), .. } => "to",
        Asked { cc: Some(_), .. } => "cc",
        Asked { .. } => return Ok(None),
    };
    Err(Reject::field(field, why))
}

/// Addresses that may be written to, each once.
fn addresses(field: &str, given: &[String]) -> Result<Vec<String>, Reject> {
    check::items(field, given, RECIPIENTS_MAX)?;
    let mut kept: Vec<String> = Vec::with_capacity(given.len());
    for address in given {
        let address = check::email(field, address)?;
        if Address::parse(&address).is_err() {
            return Err(Reject::field(field, "must be addresses that mail can be sent to"));
        }
        if !kept.contains(&address) {
            kept.push(address);
        }
    }
    Ok(kept)
}

/// The latest mail of the ticket's user, but for those that somebody else sent, or may have sent,
/// in their name.
fn users_latest(
    ctx: &Ctx<'_>,
    ticket: i64,
    user: Option<UserId>,
    before: i64,
) -> Result<Option<MailFacts>, Reject> {
    let mut latest = store::of_customers(ctx.sql, ticket, before, LATEST)?.into_iter();
    let own = latest
        .find(|(facts, author)| author.is_some() && *author == user && mail::is_believed(facts));
    Ok(own.map(|(facts, _)| facts))
}

/// The latest mail of the team's, where it went to somebody who is written to now: what another got
/// is not theirs.
fn teams_latest(
    ctx: &Ctx<'_>,
    ticket: i64,
    before: i64,
    to: &[String],
) -> Result<Option<MailFacts>, Reject> {
    let latest = store::of_team(ctx.sql, ticket, before)?;
    Ok(latest.filter(|facts| facts.to.iter().any(|it| to.contains(&it.address))))
}

/// Where the user last wrote from, else the user's address; nothing where none can be written to.
fn customer(parent: Option<&MailFacts>, email: Option<String>) -> Vec<String> {
    let from = parent.and_then(|parent| parent.from.as_ref());
    let from = from.and_then(|from| check::email("to", &from.address).ok());
    let valid = |address: &String| Address::parse(address).is_ok();
    from.filter(valid).or(email.filter(valid)).into_iter().collect()
}

/// All whom a mail was from, to and copied to, but for whom it goes to already, and the workspace.
fn copies(ctx: &Ctx<'_>, parent: Option<&MailFacts>, to: &[String]) -> Result<Vec<String>, Reject> {
    let Some(parent) = parent else { return Ok(Vec::new()) };
    let workspace = ctx.principal.workspace;
    let mut kept: Vec<(String, [InboxId; 2])> = Vec::new();
    for MailAddress { address, .. } in parent.from.iter().chain(&parent.to).chain(&parent.cc) {
        let Ok(address) = check::email("cc", address) else { continue };
        let local = address.split(['+', '@']).next().unwrap_or_default();
        let routed = local == workspace.to_string();
        let twice = to.contains(&address) || kept.iter().any(|(known, _)| *known == address);
        // One that not every server can write to would keep the mail from everybody.
        let valid = Address::parse(&address).is_ok_and(|valid| valid.as_str().is_ascii());
        if !routed && !twice && valid {
            let inboxes = [&address, &without_tag(&address)].map(|it| inbox_of(workspace, it));
            kept.push((address, inboxes));
        }
    }
    let inboxes: Vec<InboxId> = kept.iter().flat_map(|(_, inboxes)| *inboxes).collect();
    let own = store::known_inboxes(ctx.sql, &inboxes)?;
    kept.retain(|(_, inboxes)| !inboxes.iter().any(|inbox| own.contains(inbox)));
    kept.truncate(RECIPIENTS_MAX.saturating_sub(to.len()));
    Ok(kept.into_iter().map(|(address, _)| address).collect())
}

/// An address without what stands behind its plus: the same mailbox, with most servers.
fn without_tag(address: &str) -> String {
    let untagged = || {
        let (local, domain) = address.rsplit_once('@')?;
        Some(format!("{}@{domain}", local.rsplit_once('+')?.0))
    };
    untagged().unwrap_or_else(|| address.to_owned())
}

/// Wants a comment mailed, unless it was decided that it does not leave.
///
/// # Errors
/// A storage fault.
pub fn enqueue(ctx: &mut Ctx<'_>, comment: CommentId, delivery: &Delivery) -> Result<(), Reject> {
    store::insert(ctx.sql, comment, delivery)?;
    if delivery.state == SendState::Queued {
        ctx.outbox(OUTBOX, &comment.to_string(), &[])?;
    }
    Ok(())
}

/// What an entry wants from the inbox: nothing where the comment is gone. Event `comment.delivery`
/// then.
///
/// # Errors
/// `internal` where its key is no comment's; a storage fault.
pub fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let id = id_of(entry)?;
    let Some(leaving) = store::find(ctx.sql, id)? else { return Ok(Effect::Nothing) };
    if leaving.delivery.send_id.is_some() {
        // The inbox has it, and has told so before its answer came.
        return Ok(Effect::Nothing);
    }
    let Some(comment) = still_leaves(ctx, id)? else {
        set(ctx, id, leaving, SendState::Cancelled, None)?;
        return Ok(Effect::Nothing);
    };
    let key = format!("{COMMENT_KEY}{id}");
    let mail = compose(ctx, comment, leaving.delivery.inbox_id)?;
    let command = to_json(&InboxCommand::Send(SendMail { key: key.clone(), mail }));
    Ok(Effect::Call {
        actor: ActorKind::InboxState,
        instance: format!("{}/{}", ctx.instance, leaving.delivery.inbox_id),
        // Composed anew it may say something else: the inbox goes by the mail's own key.
        key: format!("{key}:{}", &hex(&Sha256::digest(&command))[..16]),
        command,
    })
}

fn id_of(entry: &Entry) -> Result<CommentId, Reject> {
    entry.key.parse().map_err(|_| Reject::internal(format!("reply of what? {}", entry.key)))
}

/// A comment with its files, unless it was deleted or erased, or nobody of those it goes to is
/// left.
fn still_leaves(ctx: &Ctx<'_>, id: CommentId) -> Result<Option<Comment>, Reject> {
    let Some(found) = rows::find(ctx.sql, id)? else { return Ok(None) };
    let comment = comments::with_files(ctx, vec![found])?.pop();
    let left = |facts: &MailFacts| facts.to.iter().any(|to| Address::parse(&to.address).is_ok());
    Ok(comment.filter(|comment| {
        comment.visibility == Visibility::Public
            && !comment.body.is_empty()
            && comment.mail.as_ref().is_some_and(left)
    }))
}

/// The mail that a comment is.
fn compose(ctx: &Ctx<'_>, comment: Comment, inbox: InboxId) -> Result<NewMail, Reject> {
    let ticket = tickets::standing(ctx.sql, comment.ticket_id)?;
    let number = ticket.map_or(0, |ticket| ticket.number);
    let text = signed(ctx, &comment, inbox)?;
    let facts = comment.mail.ok_or_else(|| Reject::internal("a reply to nobody"))?;
    let user = store::whose(ctx.sql, number)?.user;
    let parent = match users_latest(ctx, number, user, comment.seq)? {
        Some(own) => Some(own),
        None => {
            let to: Vec<String> = facts.to.iter().map(|it| it.address.clone()).collect();
            teams_latest(ctx, number, comment.seq, &to)?
        }
    };
    let answered = parent.and_then(|parent| parent.message_id);
    let thread = match &answered {
        Some(id) => mails::before(ctx.sql, &mail::key_of(id))?,
        None => Vec::new(),
    };
    let valid = |list: Vec<MailAddress>| {
        let texts = list.into_iter().map(|it| it.address);
        texts.filter(|it| Address::parse(it).is_ok()).collect()
    };
    let file = |file: schema::room::comment::Attachment| MailFile {
        file_name: file.file_name,
        content_type: file.content_type,
        bytes_count: file.bytes_count,
        key: file.key,
    };
    Ok(NewMail {
        to: valid(facts.to),
        cc: valid(facts.cc),
        subject: facts.subject,
        html: reply_text::html(&text),
        text,
        references: reply_text::references(thread, answered.as_deref()),
        in_reply_to: answered.filter(|id| reply_text::is_sendable(id)),
        prospect: None,
        automatic: comment.author == By::System,
        files: comment.attachments.into_iter().map(file).collect(),
        reply_tag: reply_tag(ctx, number)?,
        leave_by: None,
        opt_out_url: None,
    })
}

/// What a comment says, with the signature of the agent who wrote it below, where the workspace
/// wants that. The comment itself has none.
fn signed(ctx: &Ctx<'_>, comment: &Comment, inbox: InboxId) -> Result<String, Reject> {
    let wanted = workspace::find(ctx.sql)?.is_some_and(|workspace| workspace.sign_replies);
    let (true, By::Agent { id }) = (wanted, &comment.author) else {
        return Ok(comment.body.clone());
    };
    let ticket = tickets::find(ctx.sql, comment.ticket_id)?;
    let below = ticket.map(|ticket| render::below(ctx, &ticket, *id, inbox)).transpose()?.flatten();
    Ok(reply_text::signed(&comment.body, &below.unwrap_or_default()))
}

/// What the address has behind a plus where answers are asked to go, where the workspace wants it.
fn reply_tag(ctx: &Ctx<'_>, ticket: i64) -> Result<Option<String>, Reject> {
    let wanted = workspace::find(ctx.sql)?.is_some_and(|workspace| workspace.reply_tokens);
    let token = if wanted { reply_token::of(ctx, ticket)? } else { None };
    Ok(token.map(|token| format!("{}{token}", reply_token::MARK)))
}

/// Takes note of what the inbox said. Event `comment.delivery` where it took no mail.
///
/// # Errors
/// `internal` where it says something else; a storage fault.
pub fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
    let comment_id = id_of(entry)?;
    match outcome {
        Outcome::Done(json) => {
            let view: SendView = read_reply(json)?;
            let told = NoteDelivery {
                comment_id,
                inbox_id: view.inbox_id,
                send_id: view.id,
                version: view.version,
                message_id: view.message_id,
                state: view.state,
                error: view.error,
            };
            note(ctx, told)?;
        }
        Outcome::Rejected(reject) => {
            let leaving = store::find(ctx.sql, comment_id)?;
            if let Some(leaving) = leaving.filter(|it| it.delivery.send_id.is_none()) {
                set(ctx, comment_id, leaving, SendState::Failed, Some(&reject.message))?;
            }
        }
        _ => {}
    }
    Ok(Settled::Finished)
}

/// Takes note of what an inbox tells of the mail that a comment is; what is older than what it told
/// before changes nothing, nor does what another inbox says. Event `comment.delivery` where it came
/// to another state.
///
/// # Errors
/// A storage fault.
pub fn note(ctx: &mut Ctx<'_>, told: NoteDelivery) -> Result<(), Reject> {
    let id = told.comment_id;
    let Some(mut leaving) = store::find(ctx.sql, id)? else { return Ok(()) };
    let known = leaving.delivery.send_id;
    let other = known.is_some_and(|known| known != told.send_id);
    if other || leaving.delivery.inbox_id != told.inbox_id {
        return Ok(());
    }
    let is_new = told.version > leaving.version;
    // A server may give a mail another id than the one that it was to have.
    if known.is_none() || is_new {
        leaving.delivery.send_id = Some(told.send_id);
        remember(ctx, id, &told.message_id)?;
    }
    if is_new {
        leaving.version = told.version;
    }
    let under_way = told.state.waits() || told.state == SendState::Sending;
    if is_new && !under_way {
        return set(ctx, id, leaving, told.state, told.error.as_deref());
    }
    Ok(store::save(ctx.sql, id, &leaving)?)
}

/// Lets an answer to a comment find its ticket.
fn remember(ctx: &Ctx<'_>, id: CommentId, message_id: &str) -> Result<(), Reject> {
    let Some((comment, _)) = rows::find(ctx.sql, id)? else { return Ok(()) };
    let Some(ticket) = tickets::standing(ctx.sql, comment.ticket_id)? else { return Ok(()) };
    store::set_message_id(ctx.sql, id, message_id)?;
    let key = mail::key_of(message_id);
    Ok(mails::remember_own(ctx.sql, &key, (ticket.number, id), ctx.now)?)
}

/// Writes where a comment is, and tells, if that is somewhere else.
fn set(
    ctx: &mut Ctx<'_>,
    id: CommentId,
    mut leaving: Leaving,
    state: SendState,
    error: Option<&str>,
) -> Result<(), Reject> {
    let before = leaving.delivery.clone();
    leaving.delivery.state = state;
    leaving.delivery.error = error.map(without_addresses);
    if state != before.state {
        leaving.delivery.at = ctx.now;
    }
    store::save(ctx.sql, id, &leaving)?;
    if leaving.delivery == before {
        return Ok(());
    }
    let ticket = rows::find(ctx.sql, id)?.map(|(comment, _)| comment.ticket_id);
    let data = CommentDelivery { comment_id: id, delivery: leaving.delivery };
    ctx.event("comment.delivery", ticket, &data).map(drop)
}

/// What a server said, without whom it was about: the log keeps it.
fn without_addresses(text: &str) -> String {
    let words = text.split(' ').map(|word| if word.contains('@') { "(address)" } else { word });
    words.collect::<Vec<_>>().join(" ").chars().take(ERROR_CHARS_MAX).collect()
}
