//! Checks on single fields, shared by all commands, so that one rule reads the same everywhere.

use crate::reject::Reject;

/// A text of 1 to `chars_max` characters with something visible in it, trimmed.
///
/// # Errors
/// `invalid_input` naming the field: empty or invisible, too long, or with a NUL or other control
/// character (tab and line ends are allowed).
pub fn text(field: &str, value: &str, chars_max: usize) -> Result<String, Reject> {
    let trimmed = value.trim();
    if trimmed.chars().all(is_invisible) {
        return Err(Reject::field(field, "must not be empty"));
    }
    length(field, trimmed, chars_max)?;
    if trimmed.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Reject::field(field, "must not contain control characters"));
    }
    Ok(trimmed.to_owned())
}

/// A one-line text: like [`text`], without line ends.
///
/// # Errors
/// As [`text`], and for a line end or tab.
pub fn line(field: &str, value: &str, chars_max: usize) -> Result<String, Reject> {
    let value = text(field, value, chars_max)?;
    if value.chars().any(char::is_control) {
        return Err(Reject::field(field, "must be one line"));
    }
    Ok(value)
}

/// An e-mail address as people type it: lower-cased, one `@`, no spaces, at most 254 bytes.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn email(field: &str, value: &str) -> Result<String, Reject> {
    let address = value.trim().to_lowercase();
    let refuse = || Reject::field(field, "must be an e-mail address");
    let (local, domain) = address.split_once('@').ok_or_else(refuse)?;
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"@".contains(c);
    let fits = address.len() <= 254 && !local.is_empty() && local.len() <= 64;
    let dotted = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
    if !fits || !dotted || domain.contains("..") || local.chars().chain(domain.chars()).any(odd) {
        return Err(refuse());
    }
    Ok(address)
}

/// A list of at most `items_max` items.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn items<T>(field: &str, list: &[T], items_max: usize) -> Result<(), Reject> {
    if list.len() > items_max {
        return Err(Reject::field(field, format!("must have at most {items_max} items")));
    }
    Ok(())
}

fn length(field: &str, value: &str, chars_max: usize) -> Result<(), Reject> {
    if value.len() > chars_max && value.chars().count() > chars_max {
        return Err(Reject::field(field, format!("must have at most {chars_max} characters")));
    }
    Ok(())
}

fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{00ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_only_invisible_characters_is_refused() {
        for value in ["", "  ", "\u{200b}", "\u{feff}\n"] {
            assert!(text("body", value, 10).is_err(), "{value:?}");
        }
        assert_eq!(text("body", " hi ", 10), Ok("hi".into()));
    }

    #[test]
    fn an_address_with_a_header_in_it_is_refused() {
        for value in ["a@b.com\r\nbcc:x@y.z", "a@b@c.d", "a b@c.d", "a@b", "@b.c", "a@.b.c"] {
            assert!(email("email", value).is_err(), "{value:?}");
        }
        assert_eq!(email("email", " Ann@Example.COM "), Ok("ann@example.com".into()));
    }
}
