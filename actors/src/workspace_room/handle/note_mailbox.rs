//! Telling everybody that mail does not come in, or does again.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::mail::trim;
use crate::workspace_room::notifications;
use schema::mailbox::{MailboxNoted, NoteMailbox};
use schema::{Permission, Reject};

const ERROR_CHARS_MAX: usize = 500;
const EMAIL_CHARS_MAX: usize = 320;

/// Tells how a mailbox is, those who manage also by a notification. Events `mailbox.stalled`,
/// `mailbox.recovered`.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself.
pub fn note_mailbox(ctx: &mut Ctx<'_>, input: &NoteMailbox) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Work)?;
    let is_stalled = input.stalled_since.is_some();
    let kind = if is_stalled { "mailbox.stalled" } else { "mailbox.recovered" };
    let noted = MailboxNoted {
        inbox_id: input.inbox_id,
        email: trim(&input.email, EMAIL_CHARS_MAX),
        stalled_since: input.stalled_since,
        error: input.error.as_deref().map(|error| trim(error, ERROR_CHARS_MAX)),
    };
    ctx.event(kind, None, &noted)?;
    let text = match (is_stalled, &noted.error) {
        (false, _) => format!("Mail comes in again at {}", noted.email),
        (true, None) => format!("No mail comes in at {}", noted.email),
        (true, Some(error)) => format!("No mail comes in at {}: {error}", noted.email),
    };
    notifications::tell_managers(ctx, None, &text)?;
    Reply::of(&serde_json::json!({}))
}
