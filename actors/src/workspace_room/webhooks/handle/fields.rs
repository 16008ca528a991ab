//! Checks on the fields of a webhook.

use crate::mail::seal::NONCE_BYTES;
use crate::webhook::sign::SECRET_BYTES;
use crate::webhook::target::{self, Loopback};
use schema::Reject;
use schema::check;
use schema::room::webhook::{DESCRIPTION_CHARS_MAX, KINDS_MAX};

const KIND_BYTES_MAX: usize = 64;
/// The key's name, the nonce, the secret, the cipher's tag.
const SEALED_BYTES: usize = 1 + NONCE_BYTES + SECRET_BYTES + 16;

/// Where requests go. Whether this environment may ask itself is for those to say who know which
/// it is: the gateway before, and the shell before every request.
///
/// # Errors
/// `invalid_input`.
pub fn url(value: &str) -> Result<String, Reject> {
    let url = target::check(value.trim(), Loopback::Allowed);
    url.map(|url| url.href).map_err(|why| Reject::field("url", why))
}

/// Which events: without repetition, in the order given.
///
/// # Errors
/// `invalid_input`.
pub fn kinds(values: &[String]) -> Result<Vec<String>, Reject> {
    check::items("kinds", values, KINDS_MAX)?;
    let mut kinds: Vec<String> = Vec::with_capacity(values.len());
    for value in values {
        if value.len() > KIND_BYTES_MAX || !is_kind(value) {
            let rule = "must be types of events, such as ticket.created, ticket.* or *";
            return Err(Reject::field("kinds", rule));
        }
        if !kinds.contains(value) {
            kinds.push(value.clone());
        }
    }
    if kinds.is_empty() {
        return Err(Reject::field("kinds", "must name at least one"));
    }
    Ok(kinds)
}

fn is_kind(value: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    };
    let Some((words, last)) = value.rsplit_once('.') else { return value == "*" };
    words.split('.').all(word) && (last == "*" || word(last))
}

/// What it is for; may be empty.
///
/// # Errors
/// `invalid_input`.
pub fn description(value: Option<&str>) -> Result<String, Reject> {
    match value.map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => check::line("description", text, DESCRIPTION_CHARS_MAX),
        None => Ok(String::new()),
    }
}

/// A secret that the gateway has made and sealed.
///
/// # Errors
/// `invalid_input`.
pub fn sealed(value: &[u8]) -> Result<(), Reject> {
    if value.len() == SEALED_BYTES {
        return Ok(());
    }
    Err(Reject::field("sealedSecret", "is not what the gateway makes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[&str]) -> Result<Vec<String>, Reject> {
        kinds(&values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn kinds_are_types_of_events_or_their_beginnings() {
        for good in ["*", "ticket.*", "ticket.created", "mail_box.thing.*"] {
            assert_eq!(list(&[good]), Ok(vec![good.to_owned()]), "{good}");
        }
        assert_eq!(list(&["*", "*"]).map(|kinds| kinds.len()), Ok(1));
        for bad in ["", "ticket", ".", "ticket.", ".created", "ticket.**", "a b.c", "t*.c", "**"] {
            assert!(list(&[bad]).is_err(), "{bad}");
        }
        assert!(list(&[]).is_err() && list(&["*"; 51]).is_err());
        assert!(list(&[&format!("a.{}", "b".repeat(63))]).is_err());
    }
}
