//! Handles in the one form in which each kind is kept, so that one thing is found however it is
//! written.

use schema::room::user::{HANDLES_MAX, HandleKind, NewHandle};
use schema::{Reject, check};

const VALUE_CHARS_MAX: usize = 254;
const NAME_BYTES_MAX: usize = 64;

/// A handle as it is kept.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn value(field: &str, kind: HandleKind, text: &str) -> Result<String, Reject> {
    let named = |text: String, fits: fn(char) -> bool| {
        let good = !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.chars().all(fits);
        let why = format!("must be a handle of kind {}", kind.as_str());
        if good { Ok(text) } else { Err(Reject::field(field, why)) }
    };
    let bare = text.trim();
    match kind {
        HandleKind::Email => check::email(field, bare),
        HandleKind::Phone => phone(field, bare),
        HandleKind::Telegram | HandleKind::X => {
            let name = bare.strip_prefix('@').unwrap_or(bare).to_ascii_lowercase();
            named(name, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        }
        HandleKind::Slack => named(bare.to_ascii_uppercase(), |c| {
            c.is_ascii_uppercase() || c.is_ascii_digit() || c == '/'
        }),
        HandleKind::Other => check::line(field, bare, VALUE_CHARS_MAX),
    }
}

/// A telephone number as E.164.
fn phone(field: &str, text: &str) -> Result<String, Reject> {
    let refuse = || Reject::field(field, "must be a number with its country: +49 30 901820");
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')'))
        .collect();
    let digits = plain.strip_prefix('+').or_else(|| plain.strip_prefix("00")).ok_or_else(refuse)?;
    let good = (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    if good { Ok(format!("+{digits}")) } else { Err(refuse()) }
}

/// Several handles as they are kept, each once.
///
/// # Errors
/// `invalid_input`: too many, or a bad one.
pub fn values(
    email: Option<&str>,
    given: &[NewHandle],
) -> Result<Vec<(HandleKind, String)>, Reject> {
    check::items("handles", given, HANDLES_MAX - usize::from(email.is_some()))?;
    let mut kept = Vec::with_capacity(given.len() + 1);
    if let Some(email) = email {
        kept.push((HandleKind::Email, check::email("email", email)?));
    }
    for handle in given {
        let one = (handle.kind, value("handles", handle.kind, &handle.value)?);
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use HandleKind::{Email, Other, Phone, Slack, Telegram, X};

    #[test]
    fn one_thing_is_kept_in_one_form() {
        for (kind, written, kept) in [
            (Email, " Ann@Example.COM ", "ann@example.com"),
            (Phone, "+49 (30) 90-18.20", "+4930901820"),
            (Phone, "0049 30/901820", "+4930901820"),
            (Telegram, "@Ann_1", "ann_1"),
            (Telegram, "123456789", "123456789"),
            (X, "@ANN", "ann"),
            (Slack, "t012/u9ab", "T012/U9AB"),
            (Other, " Customer 7 ", "Customer 7"),
        ] {
            assert_eq!(value("value", kind, written).as_deref(), Ok(kept), "{written}");
        }
    }

    #[test]
    fn what_is_no_handle_of_its_kind_is_refused() {
        let long = "a".repeat(65);
        for (kind, text) in [
            (Email, "ann"),
            (Phone, "030 901820"),
            (Phone, "+0301234567"),
            (Phone, "+123456"),
            (Phone, "+1234567890123456"),
            (Phone, "+49 30 CALLME"),
            (Phone, "+49\n30901820"),
            (Phone, "+٤٩٣٠٩٠١٨٢٠"),
            (Telegram, "@"),
            (Telegram, "a b"),
            (X, "ä"),
            (X, &long),
            (Slack, "U1;drop"),
            (Other, "\u{200b}"),
            (Other, "a\nb"),
        ] {
            assert!(value("value", kind, text).is_err(), "{text}");
        }
    }
}
