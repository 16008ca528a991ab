//! What there is of a comment beside its text: the HTML of the mail that it came by.

use crate::app::Call;
use crate::charset;
use crate::link::{self, Link};
use crate::media;
use crate::page::Page;
use crate::platform::Platform;
use actors::mail::inbound;
use actors::mail::safe_html::{Images, TooLong, safe_html};
use schema::ids::CommentId;
use schema::room::RoomCommand;
use schema::room::comment::{Attachment, Comment, GetComment};
use schema::{Code, Principal, Reject};

/// `GET /v1/comments/{commentId}/html`: the mail as its sender meant it to look, made harmless from
/// the mail as it came. Images on other people's servers are left out, unless `images=true`.
///
/// # Errors
/// The room's; `not_found` where there is no HTML, `gone` where the mail is no longer kept,
/// `too_large` where its HTML is too long to be made harmless.
pub async fn html<P: Platform>(call: Call<'_, P>) -> Result<Page, Reject> {
    let remote = call.query(&["images"])?.flag("images")?.unwrap_or(false);
    let principal = call.principal()?;
    let command = RoomCommand::GetComment(GetComment { comment_id: CommentId(call.ids.first) });
    let comment: Comment = call.room_reads(principal.clone(), &command).await?;
    let key = comment.mail.map(|facts| facts.raw_key).filter(|key| !key.is_empty());
    let key = key.ok_or_else(no_html)?;
    let raw = call.platform.object(&key).await?;
    let raw = raw.ok_or_else(|| Reject::new(Code::Gone, "the mail is no longer kept"))?;
    let html = inbound::html(&raw, &charset::Runtime).map_err(too_long)?.ok_or_else(no_html)?;
    drop(raw);

    let files = comment.attachments.iter().filter_map(|file| shown(&call, &principal, file));
    let images = Images { remote, files: files.collect() };
    let content = safe_html(&html, &images).map_err(too_long)?;
    let own = format!("{}{}", call.request.origin, link::PATH);
    let image_sources = if remote { format!("{own} https: http:") } else { own };
    Ok(Page { content, image_sources })
}

/// An image that came with the mail: what the mail calls it, and a link to it.
fn shown<P: Platform>(
    call: &Call<'_, P>,
    principal: &Principal,
    file: &Attachment,
) -> Option<(String, String)> {
    let id = file.content_id.clone()?;
    file.media.as_deref().filter(|media| media::is_safe_image(media))?;
    let link = Link::new(principal, file.id, true, call.platform.now())?;
    let origin = &call.request.origin;
    Some((id, format!("{origin}{}{}", link::PATH, link.seal(&call.config.keys))))
}

fn no_html() -> Reject {
    Reject::new(Code::NotFound, "this comment has no HTML; its body is all there is")
}

fn too_long(error: TooLong) -> Reject {
    Reject::new(Code::TooLarge, format!("{error}; its text is the comment's body"))
}
