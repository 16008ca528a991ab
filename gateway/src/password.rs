//! Passwords: what is accepted, and Argon2id at the cost that OWASP names for it.
//!
//! A password is checked for length before it costs anything, and a person that does not exist
//! costs as much as one that does.

use crate::common_passwords;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use schema::Reject;

/// Fewest characters.
pub const CHARS_MIN: usize = 8;
/// Most characters.
pub const CHARS_MAX: usize = 128;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Verified where there is no hash, so that an unknown person takes the same time.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                     $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What suggests itself here, and what is much tried but not among the most common: compared in
/// lower case, with digits and signs at the end removed.
const TRIED: &[&str] = &[
    "postroom",
    "support",
    "helpdesk",
    "company",
    "customer",
    "service",
    "contrasena",
    "default",
    "qwertz",
    "abcd",
    "abc",
    "winter",
    "spring",
    "autumn",
    "zaqxsw",
    "passw",
    "passwd",
    "pass",
    "test",
    "guest",
    "root",
    "toor",
    "login",
    "access",
    "p@ssword",
    "adm1n",
    "l3tm31n",
    "welc0me",
];

/// Refuses a password that is too short, too long or too well known.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn check(field: &str, password: &str) -> Result<(), Reject> {
    length(field, password)?;
    let lower = password.to_lowercase();
    let stem = stem(&lower);
    let known = TRIED.contains(&lower.as_str()) || TRIED.contains(&stem);
    if known || is_monotonous(&lower, stem) || common_passwords::has(&lower, stem) {
        return Err(Reject::field(field, "is too easy to guess"));
    }
    Ok(())
}

/// A password in lower case without the digits and signs at its end.
pub(crate) fn stem(lower: &str) -> &str {
    lower.trim_end_matches(|c: char| !c.is_alphabetic())
}

/// Whether it has no letter, or one character only.
pub(crate) fn is_monotonous(lower: &str, stem: &str) -> bool {
    let first = lower.chars().next();
    stem.is_empty() || lower.chars().all(|c| Some(c) == first)
}

/// Refuses a password of a length that no password of ours has.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn length(field: &str, password: &str) -> Result<(), Reject> {
    let short = password.len() < CHARS_MIN || password.chars().count() < CHARS_MIN;
    let long = password.len() > CHARS_MAX * 4 || password.chars().count() > CHARS_MAX;
    if short || long {
        let rule = format!("must have {CHARS_MIN} to {CHARS_MAX} characters");
        return Err(Reject::field(field, rule));
    }
    Ok(())
}

/// Hashes a password that [`check`] let pass, as a PHC string.
///
/// # Errors
/// `internal` where Argon2 fails, which it does for want of memory only.
pub fn hash(password: &str, random: &[u8; 32]) -> Result<String, Reject> {
    let hash: PasswordHash = hasher()?
        .hash_password_with_salt(password.as_bytes(), &random[..16])
        .map_err(|error| Reject::internal(format!("argon2: {error}")))?;
    Ok(hash.to_string())
}

/// Whether a password is the one that was hashed. Without a hash it takes as long, and is not.
#[must_use]
pub fn verify(password: &str, phc: Option<&str>) -> bool {
    let known = phc.and_then(|text| PasswordHash::new(text).ok());
    let dummy = || PasswordHash::new(DUMMY).expect("the dummy is a PHC string");
    let exists = known.is_some();
    let hash = known.unwrap_or_else(dummy);
    let Ok(hasher) = hasher() else { return false };
    let same = hasher.verify_password(password.as_bytes(), &hash).is_ok();
    exists && same
}

/// A hash of today's cost, where that of a password which was just proved has another.
///
/// # Errors
/// As [`hash`].
pub fn renewed(password: &str, phc: &str, random: &[u8; 32]) -> Result<Option<String>, Reject> {
    let today = hasher()?;
    let same = PasswordHash::new(phc).is_ok_and(|known| {
        let params = Params::try_from(&known).ok();
        let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        known.algorithm.as_str() == Algorithm::Argon2id.as_str()
            && params.is_some_and(|params| cost(&params) == cost(today.params()))
    });
    if same { Ok(None) } else { hash(password, random).map(Some) }
}

fn hasher() -> Result<Argon2<'static>, Reject> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| Reject::internal(format!("argon2: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_a_phc_string_at_the_named_cost_and_knows_its_password() {
        let phc = hash("correct horse battery", &[7; 32]).expect("hash");
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify("correct horse battery", Some(&phc)));
        assert!(!verify("correct horse batterY", Some(&phc)));
        assert!(!verify("correct horse battery", None));
        assert!(!verify("correct horse battery", Some("$argon2id$broken")));
    }

    #[test]
    fn the_dummy_costs_what_a_hash_costs() {
        let dummy = PasswordHash::new(DUMMY).expect("a PHC string");
        let real = hash("correct horse battery", &[7; 32]).expect("hash");
        let real = PasswordHash::new(&real).expect("a PHC string");
        assert_eq!(dummy.params.to_string(), real.params.to_string());
        assert_eq!(dummy.algorithm, real.algorithm);
    }

    #[test]
    fn a_hash_of_another_cost_is_renewed_and_one_of_todays_is_not() {
        let old = "$argon2id$v=19$m=4096,t=3,p=1$AAECAwQFBgcICQoLDA0ODw\
                   $VTsSHiMxkq48zEo8LUSymjr7JjaRSgsxGX2Z8HQE9Cw";
        let password = "correct horse battery staple";
        assert!(verify(password, Some(old)), "an old hash is proved at its own cost");
        let new = renewed(password, old, &[7; 32]).expect("hash").expect("another");
        assert!(new.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{new}");
        assert!(verify(password, Some(&new)));
        assert_eq!(renewed(password, &new, &[8; 32]), Ok(None));
    }

    #[test]
    fn passwords_that_everybody_tries_are_refused() {
        for password in [
            "password",
            "Password1!",
            "P@ssw0rd",
            "12345678",
            "aaaaaaaaaa",
            "Qwerty123",
            "--------",
            "Postroom2026",
            "Evanescence",
        ] {
            assert!(check("password", password).is_err(), "{password}");
        }
        for password in ["correct horse", "tr0ub4dor&3", "ärger mit öl", "x9!kWq2m"] {
            assert_eq!(check("password", password), Ok(()), "{password}");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(check("password", "kurz").is_err());
        assert!(check("password", "ööö").is_err());
        assert_eq!(check("password", &"öl".repeat(64)), Ok(()));
        assert!(check("password", &"öl".repeat(65)).is_err());
        assert!(check("password", &"x1".repeat(500_000)).is_err());
    }
}
