//! Finishing an upload.

use super::store::{self, File};
use super::{FORGET, finished, own};
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::{authorise, check};
use schema::room::upload::{FILE_BYTES_MAX, FinishUpload};
use schema::{Permission, Reject};

/// Says that all of a file is there. Where the same content is kept already, the file gets that,
/// and the new copy is forgotten.
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

    let file = match store::file(ctx.sql, &input.sha256)? {
        Some(mut file) => {
            if file.media.is_empty() {
                store::set_media(ctx.sql, &input.sha256, &input.media)?;
                file.media.clone_from(&input.media);
            }
            store::hold(ctx.sql, &input.sha256)?;
            ctx.outbox(FORGET, &upload.key, &[])?;
            file
        }
        None => {
            let file = File {
                key: upload.key.clone(),
                bytes_count: input.bytes_count,
                media: input.media.clone(),
            };
            store::add_file(ctx.sql, &input.sha256, &file)?;
            file
        }
    };
    upload.sha256 = Some(input.sha256.clone());
    upload.bytes_count = Some(file.bytes_count);
    upload.media = Some(file.media);
    upload.key = file.key;
    store::finish(ctx.sql, &upload)?;
    Reply::of(&finished(upload))
}
