//! The token in the address that answers to a ticket's mails are asked to go to:
//! `help+t.<token>@…`. It brings an answer to its ticket where a mail program names none of the
//! mails before it.
//!
//! A token names the ticket and the day on which it ends, and is signed with a key that only the
//! workspace has: who has one was written to, or was shown a mail of the ticket's. That is as much
//! as a `Message-ID` proves, and ends.

use super::access::store::workspace;
use super::signing;
use crate::kernel::{Ctx, Fault};
use schema::Millis;

/// What stands between the plus and the token.
pub const MARK: &str = "t.";
/// For how many days a token is good.
const DAYS: i64 = 90;
const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// How much of the signature a token has: an address has little room.
const SIGNATURE_BYTES: usize = 12;

/// The token of a ticket; none where the workspace has no key.
///
/// # Errors
/// A storage fault.
pub fn of(ctx: &Ctx<'_>, ticket: i64) -> Result<Option<String>, Fault> {
    let Some(key) = workspace::reply_key(ctx.sql)? else { return Ok(None) };
    let until = ctx.now / DAY_MS + DAYS;
    let signature = signing::sign(&key, &signed(ticket, until), SIGNATURE_BYTES);
    Ok(Some(format!("{ticket:x}.{until:x}.{signature}")))
}

/// The ticket of the first of these addresses that has a token of the workspace's which has not
/// ended.
///
/// # Errors
/// A storage fault.
pub fn find<'a>(
    ctx: &Ctx<'_>,
    addresses: impl Iterator<Item = &'a str>,
) -> Result<Option<i64>, Fault> {
    let mut tokens = addresses.filter_map(within).peekable();
    if tokens.peek().is_none() {
        return Ok(None);
    }
    let Some(key) = workspace::reply_key(ctx.sql)? else { return Ok(None) };
    Ok(tokens.find_map(|token| read(&key, &token, ctx.now / DAY_MS)))
}

/// The token within an address. Some servers write what stands before the `@` in capitals.
fn within(address: &str) -> Option<String> {
    let (local, _) = address.rsplit_once('@')?;
    let (_, tag) = local.rsplit_once('+')?;
    tag.to_lowercase().strip_prefix(MARK).map(str::to_owned)
}

fn read(key: &[u8], token: &str, today: i64) -> Option<i64> {
    let mut parts = token.split('.');
    let (ticket, until, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let number = |text: &str| i64::from_str_radix(text, 16).ok();
    let (ticket, until) = (number(ticket)?, number(until)?);
    if parts.next().is_some() || until < today {
        return None;
    }
    let text = signed(ticket, until);
    signing::is_signed(key, &text, SIGNATURE_BYTES, signature).then_some(ticket)
}

/// What is signed.
fn signed(ticket: i64, until: i64) -> String {
    format!("reply\n{ticket}\n{until}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_ticket_until_its_day_and_never_altered() {
        let signature = signing::sign(b"key", &signed(300, 20_500), SIGNATURE_BYTES);
        let token = format!("12c.5014.{signature}");
        assert_eq!(read(b"key", &token, 20_500), Some(300));
        assert_eq!(read(b"key", &token, 20_501), None, "it has ended");
        assert_eq!(read(b"other", &token, 20_500), None);
        let last = token.len() - 1;
        for bad in [
            token.replacen("12c", "12d", 1),
            token.replacen("5014", "5fff", 1),
            token[..last].to_owned(),
            format!("{}g", &token[..last]),
            format!("{}é", &token[..last - 1]),
            format!("{token}.0"),
            format!("12c.5014.{}", "0".repeat(24)),
            "12c.5014.".into(),
            "..".into(),
            String::new(),
        ] {
            assert_eq!(read(b"key", &bad, 20_500), None, "{bad}");
        }
        for own in ["HELP", "help+desk"] {
            let address = format!("{own}+T.{}@desk.example", token.to_uppercase());
            assert_eq!(within(&address).as_ref(), Some(&token));
        }
        for none in ["help@desk.example", "help+t@desk.example", "help+x.1@d.example", "@", "+t."] {
            assert_eq!(within(none), None, "{none}");
        }
    }
}
