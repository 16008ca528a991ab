//! Mails that could not be read, tried again: a newer Postroom may read what an older one did not.

use crate::app::Call;
use crate::email;
use crate::platform::Platform;
use crate::respond::Reply;
use actors::mail::intake::Arrival;
use schema::room::RoomCommand;
use schema::room::mail::{GetUnparseableMail, MailOutcome, UnparseableMail};
use schema::{Code, Permission, Reject};
use serde::Deserialize;

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct RetryMail {
    /// Which of those that `GET /v1/unparseable-mails` lists.
    number: i64,
}

/// `POST /v1/unparseable-mails/retry`: takes a mail in that could not be read. One that still
/// cannot stays listed: its outcome is `unparseable`.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `not_found`, `unavailable`; `gone` where it is no
/// longer kept.
pub async fn retry<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let RetryMail { number } = call.body(&[]).await?;
    let get = RoomCommand::GetUnparseableMail(GetUnparseableMail { number });
    let mail: UnparseableMail = call.room_reads(principal.clone(), &get).await?;
    let raw = call.platform.object(&mail.raw_key).await?;
    let raw = raw.ok_or_else(|| Reject::new(Code::Gone, "the mail is no longer kept"))?;
    let arrival = Arrival {
        workspace: principal.workspace,
        inbox: mail.inbox_id,
        raw_key: &mail.raw_key,
        from: mail.envelope_from.as_deref(),
        to: mail.envelope_to.as_deref(),
    };
    let mut receipt = email::hand_over(call.platform, &arrival, &raw).await?;
    let still: Result<UnparseableMail, Reject> = call.room_reads(principal, &get).await;
    if still.is_ok() {
        receipt.outcome = MailOutcome::Unparseable;
    }
    Reply::of(&receipt)
}
