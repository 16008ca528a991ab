//! The token that every mail of ours carries in [`super::automatic::LOOP_HEADER`]: which mail of
//! which inbox it is, so that a report that returns the header finds its send, even where a server
//! on the way gave the mail another `Message-ID`.
//!
//! Both ids mean nothing to anybody else, and nobody guesses the mail's (74 random bits). It proves
//! no more than a `Message-ID` does: the mail's recipients know it, too.

use schema::ids::{InboxId, SendId};
use uuid::Uuid;

/// The hexadecimal digits of an id.
const DIGITS: usize = 32;

/// The token of a mail.
#[must_use]
pub fn of(inbox: InboxId, send: SendId) -> String {
    format!("{}{}", inbox.0.simple(), send.0.simple())
}

/// The mail of a token; none where it is no token of ours.
#[must_use]
pub fn read(token: &str) -> Option<(InboxId, SendId)> {
    let token = token.trim();
    let is_hex = token.len() == 2 * DIGITS && token.bytes().all(|b| b.is_ascii_hexdigit());
    let (inbox, send) = is_hex.then(|| token.split_at_checked(DIGITS)).flatten()?;
    Some((InboxId(Uuid::try_parse(inbox).ok()?), SendId(Uuid::try_parse(send).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_mail_and_anything_else_names_none() {
        let ids = (InboxId(Uuid::from_u128(7)), SendId(Uuid::from_u128(u128::MAX)));
        let token = of(ids.0, ids.1);
        assert_eq!(read(&token), Some(ids));
        assert_eq!(read(&format!(" {}\r\n", token.to_uppercase())), Some(ids));
        for bad in ["", "1", &token[1..], &format!("{token}0"), &token.replace('f', "é")] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
