//! Signs what a workspace gives away and must know again: the token of an answer's address, and
//! that of a link to opt out.
//!
//! A signature is the beginning of an HMAC-SHA-256 (RFC 2104 §5) in hexadecimal. Each kind of token
//! begins its text with a word of its own, so that none is good for another.

use super::access::store::workspace;
use crate::kernel::engine::hex;
use crate::kernel::{Ctx, Fault};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The key that only the workspace has; it gets one where it has none.
///
/// # Errors
/// A storage fault.
pub fn key(ctx: &mut Ctx<'_>) -> Result<Vec<u8>, Fault> {
    if let Some(key) = workspace::reply_key(ctx.sql)? {
        return Ok(key);
    }
    let random: [uuid::Uuid; 3] = std::array::from_fn(|_| ctx.uuid());
    let key = random.map(uuid::Uuid::into_bytes).concat();
    workspace::give_reply_key(ctx.sql, key.clone())?;
    Ok(key)
}

/// The first `bytes_count` bytes of the signature of a text, at most 32.
#[must_use]
pub fn sign(key: &[u8], text: &str, bytes_count: usize) -> String {
    hex(&mac(key, text).finalize().into_bytes()[..bytes_count])
}

/// Whether it is what [`sign`] gives, in that spelling.
#[must_use]
pub fn is_signed(key: &[u8], text: &str, bytes_count: usize, signature: &str) -> bool {
    let pair = |at: usize| u8::from_str_radix(signature.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..signature.len()).step_by(2).map(pair).collect();
    bytes.is_some_and(|bytes| {
        bytes.len() == bytes_count
            && hex(&bytes) == signature
            && mac(key, text).verify_truncated_left(&bytes).is_ok()
    })
}

fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.chain_update(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_good_for_its_key_and_text_in_one_length_and_spelling() {
        let signature = sign(b"key", "a\n1", 16);
        assert_eq!(signature.len(), 32);
        assert!(is_signed(b"key", "a\n1", 16, &signature));
        assert!(!is_signed(b"other", "a\n1", 16, &signature));
        assert!(!is_signed(b"key", "a\n2", 16, &signature));
        assert!(!is_signed(b"key", "a\n1", 12, &signature));
        for bad in [
            signature.to_uppercase(),
            signature[..30].to_owned(),
            signature[..31].to_owned(),
            format!("{signature}00"),
            format!("{}+0", &signature[..30]),
            format!("{}é", &signature[..30]),
            String::new(),
        ] {
            assert!(!is_signed(b"key", "a\n1", 16, &bad), "{bad}");
        }
        // RFC 4231, test case 2.
        let known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(sign(b"Jefe", "what do ya want for nothing?", 32), known);
    }
}
