//! Taking note of what became of the mail that a comment is.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::replies;
use schema::room::delivery::NoteDelivery;
use schema::{Permission, Reject};

/// Takes note of what an inbox tells. Event `comment.delivery`, unless it is known already.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself.
pub fn note_delivery(ctx: &mut Ctx<'_>, input: NoteDelivery) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Work)?;
    replies::note(ctx, input)?;
    Reply::of(&serde_json::json!({}))
}
