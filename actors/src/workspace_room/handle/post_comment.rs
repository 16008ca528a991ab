//! Writing a comment: the path that everything is tuned for.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::replies::Asked;
use crate::workspace_room::{attention, comments, uploads};
use schema::ids::CommentId;
use schema::room::comment::{PostComment, Visibility};
use schema::{Permission, Reject};

/// Writes a comment. The first public one by an agent is the ticket's first reply. It leaves as
/// mail, where there is somebody to write to and an inbox. Event `comment.created`.
///
/// # Errors
/// `not_found`, `invalid_input`, `too_large`; `conflict` where the ticket is closed, merged into
/// another, or claimed by another agent who alone answers in public.
pub fn post_comment(ctx: &mut Ctx<'_>, input: &PostComment) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;

    let body = comments::body(&input.body)?;
    let visibility = input.visibility.unwrap_or(Visibility::Public);
    let mentions = comments::mentions(ctx, &input.mentions)?;
    let mut ticket = comments::writable(ctx, input.ticket_id)?;
    attention::check_claim(ctx, &ticket, visibility)?;
    let attachments = uploads::take(ctx, &input.attachment_ids)?;

    let id = CommentId(ctx.uuid());
    let draft = comments::Draft {
        attachments,
        mentions,
        answers: true,
        ..comments::Draft::of_team(id, ctx.by(), visibility, body)
    };
    let asked = Asked { to: input.to.as_deref(), cc: input.cc.as_deref() };
    let comment = comments::add_for(ctx, &mut ticket, draft, asked)?;
    Reply::of(&comment)
}
