//! Mail addresses: the strict form that Postroom writes to, and the lenient form it reads.
//!
//! An [`Address`] that exists is safe to put into an SMTP command or a header: it holds no
//! space, control character, angle bracket or second `@`. There is no other way to make one.

use crate::kernel::unicode;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest address that SMTP can carry, in bytes (RFC 5321 §4.5.3.1.3, less the brackets).
pub const ADDRESS_BYTES_MAX: usize = 254;
const LOCAL_BYTES_MAX: usize = 64;
const LABEL_BYTES_MAX: usize = 63;

/// An address that may be written to: dot-atom, `@`, lower-case domain of A-labels. Where the
/// dot-atom is not ASCII (RFC 6531), only servers that offer SMTPUTF8 can be written to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Address(String);

/// Why a text is not an address that may be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressError {
    /// Nothing there.
    #[error("the address is empty")]
    Empty,
    /// More than [`ADDRESS_BYTES_MAX`] bytes, or more than 64 before the `@`.
    #[error("the address is too long")]
    TooLong,
    /// A space, a line break or another control character.
    #[error("the address holds a space or a control character")]
    Control,
    /// No `@`, or more than one.
    #[error("the address needs exactly one @")]
    At,
    /// The part before the `@` is not a dot-atom (RFC 5322 §3.2.3, RFC 6532 §3.2).
    #[error("the part before the @ is not valid")]
    Local,
    /// The part after the `@` is not a host name.
    #[error("the domain is not valid")]
    Domain,
}

impl Address {
    /// Parses a bare address, and nothing else: no display name, no comment, no brackets.
    ///
    /// A domain with non-ASCII letters becomes A-labels; the local part keeps its case.
    ///
    /// # Errors
    /// Says what is wrong; the text is not trimmed or repaired, because what is repaired
    /// silently is what carries `\r\nBcc:`.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let (local, domain) = split(text)?;
        if !is_dot_atom(local) {
            return Err(AddressError::Local);
        }
        joined(local, &domain_to_ascii(domain)?).map(Address)
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the `@`: lower case, A-labels, no trailing dot.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.0
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Address, AddressError> {
        Address::parse(&text)
    }
}

/// An address as somebody else wrote it: also UTF-8 or quoted local parts and odd host names.
///
/// It identifies a sender; it may not be one that can be answered ([`Address::parse`] decides).
pub(super) fn received(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('<').trim_end_matches('>').trim();
    let (local, domain) = split(text).ok()?;
    if local.chars().any(|c| "<>,;:()[]\\".contains(c)) {
        return None;
    }
    let domain = match domain_to_ascii(domain) {
        Ok(domain) => domain,
        Err(_) if domain.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b)) => {
            domain.to_ascii_lowercase()
        }
        Err(_) => return None,
    };
    joined(local, &domain).ok()
}

/// Turns a domain into lower-case A-labels without a trailing dot (UTS 46, then host name rules).
///
/// # Errors
/// [`AddressError::Domain`].
pub fn domain_to_ascii(domain: &str) -> Result<String, AddressError> {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let ascii = unicode::domain_to_ascii(domain).ok_or(AddressError::Domain)?;
    let label_is_valid = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if ascii.len() > 253 || !ascii.split('.').all(label_is_valid) {
        return Err(AddressError::Domain);
    }
    Ok(ascii)
}

/// Splits at the one `@`, after the checks that hold for every kind of address.
fn split(text: &str) -> Result<(&str, &str), AddressError> {
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if text.len() > ADDRESS_BYTES_MAX {
        return Err(AddressError::TooLong);
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || is_invisible(c)) {
        return Err(AddressError::Control);
    }
    let (local, domain) = text.split_once('@').ok_or(AddressError::At)?;
    if domain.contains('@') {
        return Err(AddressError::At);
    }
    if local.is_empty() {
        return Err(AddressError::Local);
    }
    if local.len() > LOCAL_BYTES_MAX {
        return Err(AddressError::TooLong);
    }
    if domain.is_empty() {
        return Err(AddressError::Domain);
    }
    Ok((local, domain))
}

fn joined(local: &str, domain: &str) -> Result<String, AddressError> {
    // A-labels are longer than what was typed, so the limit is checked again.
    let address = format!("{local}@{domain}");
    if address.len() > ADDRESS_BYTES_MAX {
        return Err(AddressError::TooLong);
    }
    Ok(address)
}

fn is_dot_atom(local: &str) -> bool {
    let is_atext =
        |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// Zero-width and direction-changing characters, which make two texts look like one.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{ad}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_are_kept_and_their_domain_is_normalised() {
        for (text, expected) in [
            ("ann@example.com", "ann@example.com"),
            ("Ann.B+x@EXAMPLE.com.", "Ann.B+x@example.com"),
            ("a@bücher.example", "a@xn--bcher-kva.example"),
            ("user@localhost", "user@localhost"),
            ("jörg.様@b.com", "jörg.様@b.com"),
        ] {
            assert_eq!(Address::parse(text).map(String::from), Ok(expected.to_string()), "{text}");
        }
    }

    #[test]
    fn what_could_inject_or_confuse_is_refused() {
        use AddressError::*;
        let long = format!("a@{}.com", "b".repeat(260));
        for (text, expected) in [
            ("", Empty),
            ("a@b\r\nbcc:x", Control),
            ("a@b.com\0", Control),
            ("a b@c.com", Control),
            (" a@c.com", Control),
            ("a@b\u{202e}c.com", Control),
            ("a@b@c", At),
            ("ab", At),
            ("@b.com", Local),
            ("a..b@c.com", Local),
            ("<a@b.com>", Local),
            ("\"a\"@b.com", Local),
            ("ä..a@b.com", Local),
            ("ä\u{2028}@b.com", Control),
            ("ä<@b.com", Local),
            ("a@", Domain),
            ("a@b..c", Domain),
            ("a@b_c.com", Domain),
            ("a@-b.com", Domain),
            ("a@b.com>", Domain),
            ("a@[127.0.0.1]", Domain),
            (long.as_str(), TooLong),
        ] {
            assert_eq!(Address::parse(text), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn received_addresses_are_read_leniently_but_never_with_controls() {
        assert_eq!(
            received("<jörg@bücher.example>").as_deref(),
            Some("jörg@xn--bcher-kva.example")
        );
        assert_eq!(received("root@mail_1").as_deref(), Some("root@mail_1"));
        assert_eq!(received("a@b@c"), None);
        assert_eq!(received("a@b\r\nBcc: c@d"), None);
    }
}
