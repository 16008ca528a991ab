//! What a mail of ours may be made of: every value is checked before one of them is written.

use super::{ListUnsubscribe, OutboundMail, RECIPIENTS_MAX};
use serde::{Deserialize, Serialize};
use thiserror::Error;

const VALUE_BYTES_MAX: usize = 2_000;

/// Why a mail cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComposeError {
    /// A line break, NUL or another control character in a value that becomes a header.
    #[error("{0} holds a line break or a control character")]
    Control(Field),
    /// Too long for a header.
    #[error("{0} is too long")]
    TooLong(Field),
    /// Not of the form that is needed.
    #[error("{0} is not valid")]
    Invalid(Field),
    /// Nobody to send to.
    #[error("the mail has no recipient")]
    NoRecipient,
    /// More than [`RECIPIENTS_MAX`].
    #[error("the mail has too many recipients")]
    TooManyRecipients,
}

/// The values that can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the fields of `OutboundMail`
pub enum Field {
    SendId,
    Name,
    Subject,
    InReplyTo,
    References,
    LoopToken,
    Unsubscribe,
    ContentType,
    Date,
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Field::SendId => "the send id",
            Field::Name => "a display name",
            Field::Subject => "the subject",
            Field::InReplyTo => "the id answered",
            Field::References => "an id of the thread",
            Field::LoopToken => "the loop token",
            Field::Unsubscribe => "the unsubscribe address",
            Field::ContentType => "a file's media type",
            Field::Date => "the date",
        })
    }
}

/// Finds what must not be written.
///
/// # Errors
/// [`ComposeError`]: the first value that is wrong.
pub(super) fn check(mail: &OutboundMail) -> Result<(), ComposeError> {
    let is_id = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if !(1..=100).contains(&mail.send_id.len())
        || !mail.send_id.bytes().all(is_id)
        || mail.send_id.split('.').any(str::is_empty)
    {
        return Err(ComposeError::Invalid(Field::SendId));
    }
    // Up to the year 9999; a Date before 1970 is a mistake.
    if !(0..253_402_300_800_000).contains(&mail.date_ms) {
        return Err(ComposeError::Invalid(Field::Date));
    }
    match mail.to.len() + mail.cc.len() {
        _ if mail.to.is_empty() => return Err(ComposeError::NoRecipient),
        count if count > RECIPIENTS_MAX => return Err(ComposeError::TooManyRecipients),
        _ => {}
    }
    let people = [&mail.from].into_iter().chain(&mail.reply_to).chain(&mail.to).chain(&mail.cc);
    for person in people {
        check_value(person.name.as_deref().unwrap_or_default(), Field::Name)?;
    }
    check_value(&mail.subject, Field::Subject)?;
    check_value(mail.in_reply_to.as_deref().unwrap_or_default(), Field::InReplyTo)?;
    for id in &mail.references {
        check_value(id, Field::References)?;
    }
    check_value(&mail.loop_token, Field::LoopToken)?;
    if mail.loop_token.is_empty() || !mail.loop_token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(ComposeError::Invalid(Field::LoopToken));
    }
    for file in &mail.attachments {
        if !is_media_type(&file.content_type)
            || file.content_type.to_ascii_lowercase().starts_with("multipart/")
        {
            return Err(ComposeError::Invalid(Field::ContentType));
        }
    }
    mail.list_unsubscribe.as_ref().map_or(Ok(()), check_unsubscribe)
}

/// `type/subtype`, without parameters.
pub(super) fn is_media_type(text: &str) -> bool {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"+-._".contains(&b);
    text.split_once('/').is_some_and(|(kind, subtype)| {
        [kind, subtype].iter().all(|t| (1..=60).contains(&t.len()) && t.bytes().all(is_token))
    })
}

fn check_unsubscribe(list: &ListUnsubscribe) -> Result<(), ComposeError> {
    check_value(&list.https, Field::Unsubscribe)?;
    let is_url = |b: u8| b.is_ascii_graphic() && !b"<>,\"".contains(&b);
    if !list.https.starts_with("https://") || !list.https.bytes().all(is_url) {
        return Err(ComposeError::Invalid(Field::Unsubscribe));
    }
    // Folding would put a space into the address, so it must fit one line (RFC 5322 §2.1.1).
    if list.https.len() > 900 { Err(ComposeError::TooLong(Field::Unsubscribe)) } else { Ok(()) }
}

fn check_value(value: &str, field: Field) -> Result<(), ComposeError> {
    if value.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(ComposeError::Control(field));
    }
    if value.len() > VALUE_BYTES_MAX {
        return Err(ComposeError::TooLong(field));
    }
    Ok(())
}
