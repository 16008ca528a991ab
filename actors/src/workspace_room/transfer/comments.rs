//! What a row about a comment or a file becomes. Neither ever changes.

use super::import::{Load, compare, deleted, plain, time};
use super::store::{self, Was};
use crate::kernel::Ctx;
use crate::workspace_room::access::{self, store::agents};
use crate::workspace_room::comments as rules;
use crate::workspace_room::store::{attachments, comments, mails, users};
use crate::workspace_room::{mail, uploads};
use schema::event::By;
use schema::room::comment::{Attachment, Comment};
use schema::room::mail::MailFacts;
use schema::room::transfer::{AttachmentRow, CommentRow, RowOutcome, RowResult};
use schema::{Reject, check};

/// How many files a comment may have.
const FILES_MAX: i64 = 1_000;
const FILE_NAME_CHARS_MAX: usize = 255;

/// Takes a comment.
///
/// # Errors
/// `invalid_input`, also for an author who is not here; `not_found` for a ticket that is not;
/// `too_large`.
pub fn comment(ctx: &mut Ctx<'_>, load: &mut Load, row: &CommentRow) -> Result<RowResult, Reject> {
    // A mail may be nothing but files, and what an erasure leaves has no text.
    let body = if row.body.is_empty() { String::new() } else { rules::body(&row.body)? };
    let visible_body = row.visible_body.as_deref().map(rules::body).transpose()?;
    time(ctx, "createdAt", row.created_at)?;
    let mail = row.mail.as_ref().map(|mail| MailFacts { raw_key: String::new(), ..mail.clone() });
    if let Some((here, _)) = comments::find(ctx.sql, row.id)? {
        let facts = here.mail.map(|mail| MailFacts { raw_key: String::new(), ..mail });
        return Ok(compare(
            &[
                ("ticketId", row.ticket_id == here.ticket_id),
                ("author", row.author == here.author),
                ("visibility", row.visibility == here.visibility),
                ("body", body == here.body),
                ("visibleBody", visible_body == here.visible_body),
                ("source", row.source == here.source),
                ("automatic", row.automatic == here.automatic),
                ("mail", mail == facts),
                ("createdAt", row.created_at == here.created_at),
            ],
            false,
        ));
    }
    if store::was_here(ctx.sql, Was::Comment, &row.id)? {
        return Ok(deleted());
    }
    check_author(ctx, &row.author)?;
    let ticket = load.standing(ctx, row.ticket_id)?;
    ticket.comments += 1;
    ticket.last_comment_at = ticket.last_comment_at.max(Some(row.created_at));
    let number = ticket.number;
    let comment = Comment {
        id: row.id,
        ticket_id: row.ticket_id,
        seq: load.seq(ctx)?,
        author: row.author.clone(),
        visibility: row.visibility,
        body,
        visible_body,
        source: row.source,
        automatic: row.automatic,
        attachments: Vec::new(),
        mail,
        delivery: None,
        mentions: Vec::new(),
        created_at: row.created_at,
    };
    comments::insert(ctx.sql, number, &comment)?;
    remember(ctx, number, &comment)?;
    Ok(plain(RowOutcome::Created))
}

fn check_author(ctx: &Ctx<'_>, author: &By) -> Result<(), Reject> {
    let known = match author {
        By::Agent { id } => agents::find(ctx.sql, *id)?.is_some(),
        By::User { id } => users::find(ctx.sql, *id)?.is_some(),
        By::System => true,
    };
    if known { Ok(()) } else { Err(Reject::field("author", "is nobody of this workspace")) }
}

/// Lets an answer to the mail find the ticket.
fn remember(ctx: &Ctx<'_>, ticket: i64, comment: &Comment) -> Result<(), Reject> {
    let id = comment.mail.as_ref().and_then(|mail| mail.message_id.as_deref());
    let Some(key) = id.map(mail::key_of).filter(|key| !key.is_empty()) else { return Ok(()) };
    if mails::find(ctx.sql, &key)?.is_none() {
        mails::remember(ctx.sql, &key, Some((ticket, comment.id)), comment.created_at)?;
    }
    Ok(())
}

/// Takes a file of a comment. Where its content is kept follows from its hash.
///
/// # Errors
/// `invalid_input`; `not_found` for a comment that is not here; `conflict` for one with too many.
pub fn attachment(ctx: &mut Ctx<'_>, row: &AttachmentRow) -> Result<RowResult, Reject> {
    let file_name = check::line("fileName", &row.file_name, FILE_NAME_CHARS_MAX)?;
    let content_type = check::line("contentType", &row.content_type, FILE_NAME_CHARS_MAX)?;
    access::check::hash("sha256", &row.sha256)?;
    if row.bytes_count < 0 || file_name.contains(['/', '\\']) {
        return Err(Reject::field("fileName", "must be a name, of a file with a size"));
    }
    let content_id = row.content_id.as_deref();
    let content_id = content_id.map(|id| check::line("contentId", id, 500)).transpose()?;
    let Some((comment, _)) = comments::find(ctx.sql, row.comment_id)? else {
        if store::was_here(ctx.sql, Was::Attachment, &row.id)? {
            return Ok(deleted());
        }
        return Err(Reject::field("commentId", "is no comment of this workspace"));
    };
    if let By::User { id } = &comment.author
        && users::find(ctx.sql, *id)?.is_some_and(|user| user.erased_at.is_some())
    {
        let reason = Some("its sender was erased; the file does not come back".to_owned());
        return Ok(RowResult { reason, ..plain(RowOutcome::Conflict) });
    }
    if let Some(here) = attachments::find(ctx.sql, row.id)? {
        let owner = attachments::of_comments(ctx.sql, &[comment.seq])?;
        return Ok(compare(
            &[
                ("commentId", owner.iter().any(|(_, file)| file.id == row.id)),
                ("fileName", file_name == here.file_name),
                ("contentType", content_type == here.content_type),
                ("bytesCount", row.bytes_count == here.bytes_count),
                ("sha256", row.sha256 == here.sha256),
                ("contentId", content_id == here.content_id),
                ("inline", row.inline == here.inline),
            ],
            false,
        ));
    }
    if store::was_here(ctx.sql, Was::Attachment, &row.id)? {
        return Ok(deleted());
    }
    let position = store::attach(ctx.sql, comment.seq, FILES_MAX)?
        .ok_or_else(|| Reject::conflict(format!("a comment has at most {FILES_MAX} files")))?;
    let mut file = Attachment {
        id: row.id,
        file_name,
        content_type,
        bytes_count: row.bytes_count,
        sha256: row.sha256.clone(),
        key: format!("attachments/{}/{}", ctx.principal.workspace, row.sha256),
        content_id,
        inline: row.inline,
        media: None,
    };
    file.media = uploads::adopt(ctx.sql, &file)?;
    attachments::insert(ctx.sql, comment.seq, position, &file)?;
    Ok(plain(RowOutcome::Created))
}
