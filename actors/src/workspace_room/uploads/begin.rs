//! Beginning an upload.

use super::store::{self, Upload};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::mail;
use schema::ids::AttachmentId;
use schema::room::upload::{BeginUpload, UPLOADS_MAX, UploadBegun};
use schema::{Permission, Reject, check};

const NAME_BYTES_MAX: usize = 4_096;
const TYPE_CHARS_MAX: usize = 255;
const CONTENT_ID_CHARS_MAX: usize = 255;

/// Says where the content of a file goes.
///
/// # Errors
/// `invalid_input`; `rate_limited` where too many files belong to no comment yet.
pub fn begin_upload(ctx: &mut Ctx<'_>, input: &BeginUpload) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    if input.file_name.len() > NAME_BYTES_MAX {
        return Err(Reject::field("fileName", "must have at most 4096 bytes"));
    }
    let content_type = check::line("contentType", &input.content_type, TYPE_CHARS_MAX)?;
    let content_id = match &input.content_id {
        Some(id) => Some(check::line("contentId", id, CONTENT_ID_CHARS_MAX)?),
        None => None,
    };
    if store::count(ctx.sql, UPLOADS_MAX)? >= UPLOADS_MAX {
        let why = "too many files belong to no comment yet: write the comments, or wait a day";
        return Err(Reject::rate_limited(why, super::KEPT_MS / 24));
    }

    let id = AttachmentId(ctx.uuid());
    let (a, b) = (ctx.uuid(), ctx.uuid());
    let upload = Upload {
        id,
        file_name: mail::file_name(&input.file_name),
        content_type,
        key: format!("uploads/{}/{}{}", ctx.instance, a.simple(), b.simple()),
        content_id: content_id.map(|id| id.trim_matches(['<', '>']).to_owned()),
        agent: ctx.principal.agent(),
        sha256: None,
        media: None,
        bytes_count: None,
        created_at: ctx.now,
    };
    store::insert(ctx.sql, &upload)?;
    super::arm(ctx)?;
    Reply::of(&UploadBegun { attachment_id: id, key: upload.key })
}
