//! Mails that could not be read or taken in, tried again: a newer Postroom may do what an older one
//! did not.

use super::mailboxes::status;
use crate::app::Call;
use crate::email;
use crate::platform::Platform;
use crate::respond::Reply;
use actors::mail::intake::Arrival;
use schema::ids::InboxId;
use schema::inbox::InboxCommand;
use schema::mailbox::{ForgetPassedOver, MailFolder};
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
    let raw = kept(&call, &mail.raw_key).await?;
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

async fn kept<P: Platform>(call: &Call<'_, P>, raw_key: &str) -> Result<Vec<u8>, Reject> {
    let raw = call.platform.object(raw_key).await?;
    raw.ok_or_else(|| Reject::new(Code::Gone, "the mail is no longer kept"))
}

#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct RetryPassedOver {
    /// Which of those that the inbox's mailbox lists under `passedOver`.
    id: String,
}

/// `POST /v1/inboxes/{id}/mailbox/retry`: takes a mail in that reading of the mailbox has passed
/// over. Then it is listed no more.
///
/// # Errors
/// `unauthorized`, `forbidden`, `invalid_input`, `unavailable`, `not_found`; `gone` where none
/// of the folder of mail that arrives is listed so, or it was never given, or is no longer kept;
/// what the room says.
pub async fn retry_passed_over<P: Platform>(mut call: Call<'_, P>) -> Result<Reply, Reject> {
    let principal = call.may(Permission::Manage).await?;
    let inbox = InboxId(call.ids.first);
    let RetryPassedOver { id } = call.body(&[]).await?;
    let view = status(&call, &principal, inbox).await?;
    let folder = MailFolder::Inbox;
    let listed = view.mailbox.map(|mailbox| mailbox.passed_over).unwrap_or_default();
    let mail = listed.into_iter().find(|mail| mail.folder == folder && mail.id == id);
    let unlisted = || Reject::new(Code::Gone, "no mail of that id is listed as passed over");
    let mail = mail.ok_or_else(unlisted)?;
    let never = || Reject::new(Code::Gone, "the server never gave the mail");
    let raw_key = mail.raw_key.ok_or_else(never)?;
    let raw = kept(&call, &raw_key).await?;
    let arrival = Arrival {
        workspace: principal.workspace,
        inbox: Some(inbox),
        raw_key: &raw_key,
        from: None,
        to: Some(&view.email),
    };
    let receipt = email::hand_over(call.platform, &arrival, &raw).await?;
    let forget = InboxCommand::ForgetPassedOver(ForgetPassedOver { folder, id });
    call.inbox(principal, inbox, &forget).await?;
    Reply::of(&receipt)
}
