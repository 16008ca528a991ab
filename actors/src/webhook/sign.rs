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

/// How far a time in a header may be from now.
pub const TOLERANCE_MS: i64 = 5 * 60 * 1000;
/// How many signatures of a header are looked at.
const SIGNATURES_MAX: usize = 8;

/// Whether `webhook-timestamp` is a time about now: whole seconds since 1970.
#[must_use]
pub fn is_timely(timestamp: &str, now: i64) -> bool {
    let is_number = timestamp.len() <= 11 && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = timestamp.parse::<i64>().ok().filter(|_| is_number);
    seconds.is_some_and(|seconds| (now - seconds * 1000).abs() <= TOLERANCE_MS)
}

/// Whether a request is signed by one of the secrets that are good now. `given` is its
/// `webhook-signature`, `timestamp` its `webhook-timestamp` as it stands there. It takes as long
/// whatever is wrong with a signature.
#[must_use]
pub fn is_signed(secrets: &[Vec<u8>], given: &str, id: &str, timestamp: &str, body: &[u8]) -> bool {
    let given = given.split(' ').take(SIGNATURES_MAX).filter_map(|one| one.strip_prefix("v1,"));
    let given: Vec<_> = given.filter_map(|text| STANDARD.decode(text).ok()).collect();
    let head = format!("{id}.{timestamp}.");
    secrets.iter().any(|secret| {
        let mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
        let mac = mac.chain_update(head.as_bytes()).chain_update(body);
        given.iter().any(|given| mac.clone().verify_slice(given).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_known_by_either_secret_and_nothing_else_is() {
        let (old, new) = (vec![1; 32], vec![2; 32]);
        let both = [new, old.clone()];
        let by_old = signatures(std::slice::from_ref(&old), "id", 7, b"{}");
        let cases = [
            (true, &*by_old, "id", "7", &b"{}"[..]),
            (true, &format!("v1a,x v1,!! {by_old}"), "id", "7", b"{}"),
            (false, &by_old, "ie", "7", b"{}"),
            (false, &by_old, "id", "8", b"{}"),
            (false, &by_old, "id", "07", b"{}"),
            (false, &by_old, "id", "7", b"{} "),
            (false, &by_old[3..], "id", "7", b"{}"),
            (false, &by_old.replace("v1,", "v2,"), "id", "7", b"{}"),
            (false, &by_old[..by_old.len() - 4], "id", "7", b"{}"),
            (false, "", "id", "7", b"{}"),
            (false, "v1,", "id", "7", b"{}"),
            (false, &format!("{}{by_old}", "v1,AA== ".repeat(8)), "id", "7", b"{}"),
        ];
        for (right, given, id, timestamp, body) in cases {
            assert_eq!(is_signed(&both, given, id, timestamp, body), right, "{given} {timestamp}");
        }
        assert!(!is_signed(&[], &by_old, "id", "7", b"{}"));
        assert!(!is_signed(&[vec![3; 32]], &by_old, "id", "7", b"{}"));
    }

    #[test]
    fn a_time_is_good_for_five_minutes_either_way() {
        let now = 1_793_000_000_000;
        for (text, good) in [
            ("1793000000", true),
            ("1792999700", true),
            ("1793000300", true),
            ("1792999699", false),
            ("1793000301", false),
            ("NaN", false),
            ("", false),
            ("-1793000000", false),
            ("+1793000000", false),
            ("1793000000.0", false),
            ("1793000000000", false),
            ("99999999999999999999", false),
        ] {
            assert_eq!(is_timely(text, now), good, "{text}");
        }
    }

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
