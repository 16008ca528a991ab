//! Taking note of a mail that cannot be read.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::mail::{self, receipt, trim};
use crate::workspace_room::privacy::walk;
use crate::workspace_room::store::mails;
use schema::room::mail::{MailOutcome, MailUnparseable, ReportUnparseable, UnparseableMail};
use schema::{Permission, Reject};

const REASON_CHARS_MAX: usize = 1_000;
const ADDRESS_CHARS_MAX: usize = 320;

/// Takes note of a mail that cannot be read; it is kept as it came. Reported again, it is a
/// duplicate. Event `mail.unparseable`.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself; `invalid_input` without a `rawKey`.
pub fn report_unparseable(ctx: &mut Ctx<'_>, input: &ReportUnparseable) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Work)?;

    if input.raw_key.is_empty() {
        return Err(Reject::field("rawKey", "must not be empty"));
    }
    let tombstone = mail::tombstone(ctx.instance, &mail::known_by(None, &input.raw_key));
    if mails::find(ctx.sql, &tombstone)?.is_some() {
        walk::give_up(ctx, std::slice::from_ref(&input.raw_key))?;
        return Reply::of(&receipt(MailOutcome::Duplicate, None));
    }
    if mails::unparseable(ctx.sql, &input.raw_key)?.is_some() {
        return Reply::of(&receipt(MailOutcome::Duplicate, None));
    }

    let address = |text: &Option<String>| text.as_deref().map(|it| trim(it, ADDRESS_CHARS_MAX));
    let mut mail = UnparseableMail {
        number: 0,
        raw_key: input.raw_key.clone(),
        inbox_id: input.inbox_id,
        reason: trim(&input.reason, REASON_CHARS_MAX),
        envelope_from: address(&input.envelope_from),
        envelope_to: address(&input.envelope_to),
        bytes_count: input.bytes_count.max(0),
        received_at: ctx.now,
    };
    mail.number = mails::insert_unparseable(ctx.sql, &mail)?;
    ctx.event("mail.unparseable", None, &MailUnparseable { mail })?;
    Reply::of(&receipt(MailOutcome::Unparseable, None))
}
