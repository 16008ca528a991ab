//! Finishing an upload.

use super::store::{self, File};
use super::{FORGET, finished, own};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::{authorise, check};
use schema::room::upload::{FILE_BYTES_MAX, FinishUpload};
use schema::{Permission, Reject};

/// Says that all of a file is there. Where the same content was uploaded already, the file gets
/// that, and the new copy is forgotten.
///
/// # Errors
/// `not_found`, `invalid_input`; `conflict` where it is finished already with another content.
pub fn finish_upload(ctx: &mut Ctx<'_>, input: &FinishUpload) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    check::hash("sha256", &input.sha256)?;
    if !(1..=FILE_BYTES_MAX).contains(&input.bytes_count) {
        return Err(Reject::field("bytesCount", format!("must be 1 to {FILE_BYTES_MAX}")));
    }
    let upload = own(ctx, input.attachment_id)?;
    let mut upload = upload.ok_or_else(|| Reject::not_found("upload"))?;
    match &upload.sha256 {
        None => {}
        Some(sha256) if *sha256 == input.sha256 => return Reply::of(&finished(upload)),
        Some(_) => return Err(Reject::conflict("the upload is finished already")),
    }

    let own = File {
        key: upload.key.clone(),
        bytes_count: input.bytes_count,
        media: input.media.clone(),
    };
    let file = match store::file(ctx.sql, &input.sha256)? {
        // What was only told of, and never seen, may not be there: this copy stays.
        Some(told) if told.media.is_empty() => own,
        Some(kept) => {
            store::hold(ctx.sql, &input.sha256)?;
            ctx.outbox(FORGET, &upload.key, &[])?;
            kept
        }
        None => {
            store::add_file(ctx.sql, &input.sha256, &own)?;
            own
        }
    };
    upload.sha256 = Some(input.sha256.clone());
    upload.bytes_count = Some(file.bytes_count);
    upload.media = Some(file.media);
    upload.key = file.key;
    store::finish(ctx.sql, &upload)?;
    Reply::of(&finished(upload))
}
