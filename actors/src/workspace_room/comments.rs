//! How a comment comes to stand in a ticket, whoever wrote it and whenever.

use super::replies::{self, Asked};
use super::store::tickets::Standing;
use super::store::{attachments, comments, tickets};
use super::{access, tickets as desk};
use crate::kernel::Ctx;
use schema::event::By;
use schema::ids::{AgentId, CommentId, TicketId};
use schema::room::comment::{
    Attachment, BODY_BYTES_MAX, Comment, CommentCreated, MENTIONS_MAX, Visibility,
};
use schema::room::mail::MailFacts;
use schema::room::ticket::{Source, Status, TicketMark};
use schema::{Code, Reject};

/// A comment that is about to stand.
#[derive(Debug)]
pub struct Draft {
    /// The comment.
    pub id: CommentId,
    /// Who said it.
    pub author: By,
    /// Who may see it.
    pub visibility: Visibility,
    /// What.
    pub body: String,
    /// What of it to show first, where it came by mail and that is not all of it.
    pub visible_body: Option<String>,
    /// How it came in.
    pub source: Source,
    /// Whether a machine said it.
    pub automatic: bool,
    /// What the mail said about itself.
    pub mail: Option<MailFacts>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// The agents whom it mentions, as [`mentions`] gives them.
    pub mentions: Vec<AgentId>,
    /// Whether it may be the first reply to the customer.
    pub answers: bool,
}

impl Draft {
    /// What the team says, or Postroom for it: not by mail, without files, to nobody in
    /// particular, and never the first reply.
    #[must_use]
    pub const fn of_team(id: CommentId, author: By, visibility: Visibility, body: String) -> Self {
        Self {
            id,
            author,
            visibility,
            body,
            visible_body: None,
            source: Source::Agent,
            automatic: false,
            mail: None,
            attachments: Vec::new(),
            mentions: Vec::new(),
            answers: false,
        }
    }
}

/// A body as it will be kept.
///
/// # Errors
/// `too_large` over [`BODY_BYTES_MAX`] bytes, `invalid_input` where nothing in it is visible or it
/// has control characters.
pub fn body(body: &str) -> Result<String, Reject> {
    if body.len() > BODY_BYTES_MAX {
        let why = format!("body: must have at most {BODY_BYTES_MAX} bytes");
        return Err(Reject::new(Code::TooLarge, why)
            .with(serde_json::json!({ "field": "body", "bytesMax": BODY_BYTES_MAX })));
    }
    schema::check::text("body", body, BODY_BYTES_MAX)
}

/// Mentioned agents as they are kept: each once.
///
/// # Errors
/// `invalid_input` for too many, and for who is no active agent.
pub fn mentions(ctx: &Ctx<'_>, agents: &[AgentId]) -> Result<Vec<AgentId>, Reject> {
    schema::check::items("mentions", agents, MENTIONS_MAX)?;
    let mut mentioned: Vec<AgentId> = Vec::with_capacity(agents.len());
    for id in agents {
        let known = access::store::agents::find(ctx.sql, *id)?;
        if known.is_none_or(|known| !known.agent.active) {
            return Err(Reject::field("mentions", "must be active agents of the workspace"));
        }
        if !mentioned.contains(id) {
            mentioned.push(*id);
        }
    }
    Ok(mentioned)
}

/// How the ticket stands on which somebody wants to write.
///
/// # Errors
/// `not_found`, and `conflict` where the ticket is closed or merged into another.
pub fn writable(ctx: &Ctx<'_>, id: TicketId) -> Result<Standing, Reject> {
    let ticket = desk::standing(ctx, id)?;
    if let Some(into) = ticket.merged_into {
        let into = tickets::standing_of_number(ctx.sql, into)?;
        return Err(into.map_or_else(|| Reject::not_found("ticket"), |into| desk::merged(into.id)));
    }
    if ticket.status == Status::Closed {
        return Err(Reject::conflict("the ticket is closed: reopen it first"));
    }
    Ok(ticket)
}

/// Lets a comment stand: row, ticket, event, D1; and leave as mail, where it does.
///
/// # Errors
/// A storage fault.
pub fn add(ctx: &mut Ctx<'_>, ticket: &mut Standing, draft: Draft) -> Result<Comment, Reject> {
    add_for(ctx, ticket, draft, Asked::default())
}

/// The same, for whom an agent names.
///
/// # Errors
/// `invalid_input` for an address that is none, and where it leaves as no mail.
pub fn add_for(
    ctx: &mut Ctx<'_>,
    ticket: &mut Standing,
    mut draft: Draft,
    asked: Asked<'_>,
) -> Result<Comment, Reject> {
    let delivery = replies::plan(ctx, ticket, &mut draft, asked)?;
    let of_team = matches!(draft.author, By::Agent { .. })
        || draft.mail.as_ref().is_some_and(|mail| mail.was_sent);
    let replies = draft.answers && draft.visibility == Visibility::Public && of_team;
    let comment = Comment {
        id: draft.id,
        ticket_id: ticket.id,
        seq: ctx.seq() + 1,
        author: draft.author,
        visibility: draft.visibility,
        body: draft.body,
        visible_body: draft.visible_body,
        source: draft.source,
        automatic: draft.automatic,
        attachments: draft.attachments,
        mail: draft.mail,
        delivery,
        mentions: draft.mentions,
        created_at: ctx.now,
    };
    ticket.comments += 1;
    ticket.version += 1;
    ticket.last_comment_at = Some(ctx.now);
    ticket.first_reply_at = ticket.first_reply_at.or(replies.then_some(ctx.now));
    comments::insert(ctx.sql, ticket.number, &comment)?;
    for (position, file) in (0..).zip(&comment.attachments) {
        attachments::insert(ctx.sql, comment.seq, position, file)?;
    }
    if let Some(delivery) = &comment.delivery {
        replies::enqueue(ctx, comment.id, delivery)?;
    }
    tickets::commented(ctx.sql, ticket, ctx.now)?;
    let data = CommentCreated { comment, ticket: mark(ctx, ticket) };
    let by = data.comment.author.clone();
    ctx.event_unlisted(&by, "comment.created", ticket.id, &data)?;
    ctx.summarise_logged();
    Ok(data.comment)
}

fn mark(ctx: &Ctx<'_>, ticket: &Standing) -> TicketMark {
    TicketMark {
        id: ticket.id,
        number: ticket.number,
        status: ticket.status,
        comments: ticket.comments,
        updated_at: ctx.now,
        last_comment_at: ticket.last_comment_at,
        first_reply_at: ticket.first_reply_at,
        solved_at: ticket.solved_at,
        inbox_id: ticket.inbox_id,
        version: ticket.version,
    }
}

/// Puts the files to comments that were read with only the number of them.
///
/// # Errors
/// A storage fault.
pub fn with_files(ctx: &Ctx<'_>, found: Vec<(Comment, i64)>) -> Result<Vec<Comment>, Reject> {
    let seqs: Vec<i64> =
        found.iter().filter(|(_, files)| *files > 0).map(|(comment, _)| comment.seq).collect();
    let mut comments: Vec<Comment> = found.into_iter().map(|(comment, _)| comment).collect();
    if seqs.is_empty() {
        return Ok(comments);
    }
    for (seq, file) in attachments::of_comments(ctx.sql, &seqs)? {
        if let Some(comment) = comments.iter_mut().find(|comment| comment.seq == seq) {
            comment.attachments.push(file);
        }
    }
    Ok(comments)
}
