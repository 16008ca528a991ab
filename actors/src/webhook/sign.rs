//! The signature of the Standard Webhooks specification: HMAC-SHA256 over id, time and body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What the text of a secret begins with.
pub const PREFIX: &str = "whsec_";
/// The bytes of the secrets that Postroom makes; the specification has 24 to 64.
pub const SECRET_BYTES: usize = 32;

/// The text of a secret, as its owner gets it.
#[must_use]
pub fn secret_text(secret: &[u8]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(secret))
}

/// The value of `webhook-signature`: one signature for each secret that is valid now, so that the
/// receiver may take its time to replace one. `seconds` is the `webhook-timestamp`.
#[must_use]
pub fn signatures(secrets: &[Vec<u8>], id: &str, seconds: i64, body: &[u8]) -> String {
    let head = format!("{id}.{seconds}.");
    let sign = |secret: &Vec<u8>| {
        let mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
        let mac = mac.chain_update(head.as_bytes()).chain_update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    };
    secrets.iter().map(sign).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answer of the specification's own Go library.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", br#"{"test": 2432232314}"#);
        let signature = signatures(std::slice::from_ref(&secret), id, 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(secret_text(&secret), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }

    #[test]
    fn two_secrets_give_two_signatures_and_any_change_gives_another() {
        let (old, new) = (vec![1; 32], vec![2; 32]);
        let both = signatures(&[new.clone(), old.clone()], "id", 7, b"{}");
        let one = |secret: &Vec<u8>, id, seconds, body: &[u8]| {
            signatures(std::slice::from_ref(secret), id, seconds, body)
        };
        assert_eq!(both, format!("{} {}", one(&new, "id", 7, b"{}"), one(&old, "id", 7, b"{}")));
        for other in
            [one(&new, "ie", 7, b"{}"), one(&new, "id", 8, b"{}"), one(&new, "id", 7, b"{} ")]
        {
            assert_ne!(other, one(&new, "id", 7, b"{}"));
        }
    }
}
