//! Checks on the fields that only access has.

use schema::Reject;

/// The most characters of a name.
const NAME_CHARS_MAX: usize = 200;
/// The longest PHC string.
const PASSWORD_HASH_BYTES_MAX: usize = 255;

/// What a person or a workspace is called.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn name(field: &str, value: &str) -> Result<String, Reject> {
    schema::check::line(field, value, NAME_CHARS_MAX)
}

/// A PHC string of Argon2id: nothing else is kept, least of all a password.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn password_hash(field: &str, value: &str) -> Result<(), Reject> {
    let known = value.starts_with("$argon2id$") && value.len() <= PASSWORD_HASH_BYTES_MAX;
    if known && value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Reject::field(field, "must be a PHC string of Argon2id"))
}

/// A SHA-256 in lower-case hexadecimal: nothing else is kept, least of all a token.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn hash(field: &str, value: &str) -> Result<(), Reject> {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if value.len() == 64 && value.bytes().all(digit) {
        return Ok(());
    }
    Err(Reject::field(field, "must be a SHA-256 in lower-case hexadecimal"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_password_nor_a_token_passes_for_its_hash() {
        let long = format!("$argon2id${}", "a".repeat(300));
        for value in ["hunter2hunter2", "$argon2i$v=19$x", "$argon2id$ x", "", &long] {
            assert!(password_hash("passwordHash", value).is_err(), "{value}");
        }
        assert!(password_hash("passwordHash", "$argon2id$v=19$m=19456,t=2,p=1$c2Fs$aGFz").is_ok());
        let (upper, short) = ("A".repeat(64), "a".repeat(63));
        for value in ["", "token", &upper, &short] {
            assert!(hash("tokenHash", value).is_err(), "{value}");
        }
        assert!(hash("tokenHash", &"0f".repeat(32)).is_ok());
    }
}
