//! The conversation that Outlook and Exchange put a mail in: `Thread-Index`.
//!
//! The field is base64. Its first 22 bytes are those of the mail that began the conversation (a
//! reserved byte, five of the time, 16 of a GUID); each answer adds five ([MS-OXOMSG] 2.2.1.3). So
//! those 22 are the same in all of it, also where a server has dropped `References`.

use crate::kernel::engine::hex;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// The bytes that name the conversation.
const NAME_BYTES: usize = 22;
/// The first of them that is of the GUID.
const GUID_AT: usize = 6;
/// The longest field that is read: it grows with every answer.
const FIELD_BYTES_MAX: usize = 16 * 1024;

/// The conversation of a field, hexadecimal; none where it names none.
#[must_use]
pub fn read(field: &str) -> Option<String> {
    if field.len() > FIELD_BYTES_MAX {
        return None;
    }
    let field: String = field.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = STANDARD.decode(&field).or_else(|_| STANDARD_NO_PAD.decode(&field)).ok()?;
    let name = bytes.get(..NAME_BYTES)?;
    // One that nobody has filled in is everybody's.
    let is_blank = name[GUID_AT..].windows(2).all(|pair| pair[0] == pair[1]);
    (!is_blank).then(|| hex(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_mails_of_a_conversation_have_its_name() {
        let began: Vec<u8> = (1..=22).collect();
        let answer: Vec<u8> = (1..=32).collect();
        let name = hex(&began);
        assert_eq!(read(&STANDARD.encode(&began)).as_ref(), Some(&name));
        let folded = STANDARD.encode(&answer).replace('U', "U\r\n ");
        assert_eq!(read(&folded).as_ref(), Some(&name));
        assert_eq!(read(STANDARD.encode(&answer).trim_end_matches('=')), Some(name));
        for none in ["", "AQ==", "no base64!", &STANDARD.encode([0; 22]), &STANDARD.encode([1; 21])]
        {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(read(&STANDARD.encode(vec![7; 16_000])), None);
    }
}
