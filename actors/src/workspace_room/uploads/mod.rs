//! Uploads: files that are brought for a comment that is yet to be written.
//!
//! A content is kept once for each hash. Every upload has a key of its own, that no other upload
//! ever gets: where the content was uploaded already, the new copy is forgotten, and where the last
//! holder goes, the content is; so the key of an upload that is being deleted is never one that
//! somebody has just been given. Mails and imports name contents by their hash: whether one of
//! those is needed again is asked before it is deleted. What belongs to no comment after a day is
//! swept, finished or not.

pub mod begin;
pub mod finish;
pub mod store;

#[cfg(test)]
mod tests;

use self::store::Upload;
use super::store::attachments;
use crate::kernel::store::timers;
use crate::kernel::{Ctx, Effect, Entry, Fault, Reply, Sql};
use crate::workspace_room::access::authorise;
use schema::ids::AttachmentId;
use schema::room::comment::{Attachment, GetAttachment};
use schema::room::upload::{DropUpload, FILES_MAX};
use schema::{Millis, Permission, Reject, check};

/// The outbox kind of a content that nobody holds any more; its key is the content's.
pub const FORGET: &str = "forget";
/// The timer kind of the sweep.
pub const SWEEP: &str = "uploads.sweep";
/// How long a file may belong to no comment.
pub const KEPT_MS: Millis = 24 * 60 * 60 * 1000;

const SWEPT_AT_ONCE: i64 = 100;

/// What storage is to forget: nothing that a comment has come to need since, by a mail or an import
/// of the same content.
///
/// # Errors
/// A storage fault.
pub fn forget(ctx: &Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    if attachments::key_used(ctx.sql, &entry.key)? {
        return Ok(Effect::Nothing);
    }
    Ok(Effect::Forget(vec![entry.key.clone()]))
}

/// Takes uploads for a comment, in the order given.
///
/// # Errors
/// `invalid_input` for one that is not there, not finished, or somebody else's.
pub fn take(ctx: &mut Ctx<'_>, ids: &[AttachmentId]) -> Result<Vec<Attachment>, Reject> {
    const FIELD: &str = "attachmentIds";
    check::items(FIELD, ids, FILES_MAX)?;
    let mut files = Vec::with_capacity(ids.len());
    for id in ids {
        let upload = own(ctx, *id)?.and_then(finished);
        let file = upload.ok_or_else(|| {
            Reject::field(FIELD, format!("{id} is no file that you uploaded and that is free"))
        })?;
        store::remove(ctx.sql, *id)?;
        files.push(file);
    }
    Ok(files)
}

/// A file of a comment comes with its content, which is no upload: it is one holder more of that
/// content, and the first where there is none of its hash. Gives what the content is known to be.
///
/// # Errors
/// A storage fault.
pub fn adopt(sql: &dyn Sql, file: &Attachment) -> Result<Option<String>, Fault> {
    let Some(known) = store::file(sql, &file.sha256)? else {
        store::adopt(sql, &file.sha256, &file.key, file.bytes_count)?;
        return Ok(None);
    };
    // What is kept elsewhere stays there: this copy is the file's own.
    store::hold_at(sql, &file.sha256, &file.key)?;
    Ok(Some(known.media).filter(|media| !media.is_empty()))
}

/// A file of a comment is gone: tells whether nothing needs its content any more.
///
/// # Errors
/// A storage fault.
pub fn abandon(sql: &dyn Sql, key: &str, sha256: &str) -> Result<bool, Fault> {
    match store::file(sql, sha256)? {
        Some(file) if file.key == key => store::let_go(sql, sha256),
        _ => Ok(!attachments::key_used(sql, key)?),
    }
}

/// Whether a file of a comment, or an upload, needs what is kept there.
///
/// # Errors
/// A storage fault.
pub fn is_held(sql: &dyn Sql, key: &str, sha256: &str) -> Result<bool, Fault> {
    let held = store::file(sql, sha256)?.is_some_and(|file| file.key == key);
    Ok(held || attachments::key_used(sql, key)?)
}

/// The upload of an id, if it is the caller's.
fn own(ctx: &Ctx<'_>, id: AttachmentId) -> Result<Option<Upload>, Reject> {
    let found = store::find(ctx.sql, id)?;
    let agent = ctx.principal.agent();
    Ok(found.filter(|upload| agent.is_none() || upload.agent == agent))
}

/// An upload as the file that it is, once all of it is there.
fn finished(upload: Upload) -> Option<Attachment> {
    Some(Attachment {
        id: upload.id,
        file_name: upload.file_name,
        content_type: upload.content_type,
        bytes_count: upload.bytes_count?,
        sha256: upload.sha256?,
        key: upload.key,
        inline: upload.content_id.is_some(),
        content_id: upload.content_id,
        media: upload.media,
    })
}

/// Finds a file that came with a comment, or one of the caller's that is yet to.
///
/// # Errors
/// `not_found`.
pub fn get_attachment(ctx: &Ctx<'_>, input: &GetAttachment) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let file = match attachments::find(ctx.sql, input.attachment_id)? {
        Some(file) => Some(file),
        None => own(ctx, input.attachment_id)?.and_then(finished),
    };
    Reply::of(&file.ok_or_else(|| Reject::not_found("attachment"))?)
}

/// Takes a file away that belongs to no comment yet.
///
/// # Errors
/// `not_found`; `conflict` for a file of a comment.
pub fn drop_upload(ctx: &mut Ctx<'_>, input: &DropUpload) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    let Some(upload) = own(ctx, input.attachment_id)? else {
        return Err(match attachments::find(ctx.sql, input.attachment_id)? {
            Some(_) => Reject::conflict("the file belongs to a comment"),
            None => Reject::not_found("attachment"),
        });
    };
    release(ctx, &upload)?;
    Reply::of(&serde_json::json!({}))
}

/// Takes an upload away, and its content where nobody else holds it.
fn release(ctx: &mut Ctx<'_>, upload: &Upload) -> Result<(), Reject> {
    store::remove(ctx.sql, upload.id)?;
    let last = match &upload.sha256 {
        Some(sha256) => abandon(ctx.sql, &upload.key, sha256)?,
        None => true,
    };
    if last {
        ctx.outbox(FORGET, &upload.key, &[])?;
    }
    Ok(())
}

/// Takes away what belongs to no comment after a day, a bounded number of it, and arms the next
/// sweep.
///
/// # Errors
/// A storage fault.
pub fn sweep(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    for upload in store::before(ctx.sql, ctx.now - KEPT_MS, SWEPT_AT_ONCE)? {
        release(ctx, &upload)?;
    }
    if let Some(oldest) = store::oldest(ctx.sql)? {
        ctx.set_timer(SWEEP, "", (oldest + KEPT_MS).max(ctx.now + 1), &[])?;
    }
    Ok(())
}

/// Sees to it that a sweep follows.
fn arm(ctx: &mut Ctx<'_>) -> Result<(), Reject> {
    if timers::due_of(ctx.sql, SWEEP, "")?.is_none() {
        ctx.set_timer(SWEEP, "", ctx.now + KEPT_MS, &[])?;
    }
    Ok(())
}
