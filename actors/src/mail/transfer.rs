//! Transfer encodings undone: base64 and quoted-printable, whole or damaged.

use super::header;

/// Undoes the transfer encoding, leniently: what cannot be decoded stays as it is.
pub(super) fn decode_transfer(body: &[u8], encoding: &str) -> Vec<u8> {
    match encoding.trim_end_matches(';').trim() {
        "base64" => decode_base64(body),
        "quoted-printable" => decode_quoted_printable(body),
        _ => body.to_vec(),
    }
}

fn decode_base64(body: &[u8]) -> Vec<u8> {
    use base64::{Engine, alphabet, engine::GeneralPurpose, engine::general_purpose};
    let config = general_purpose::NO_PAD.with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    let is_digit = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let mut digits: Vec<u8> =
        body.iter().take_while(|b| **b != b'=').filter(is_digit).copied().collect();
    if digits.len() % 4 == 1 {
        digits.pop(); // one digit alone carries no byte
    }
    engine.decode(&digits).unwrap_or_default()
}

fn decode_quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    while at < body.len() {
        let end = header::line_end(body, at);
        let line = header::trim_line(&body[at..end]);
        let has_break = end - at > line.len();
        at = end;
        let line = line.trim_ascii_end(); // added on the way (RFC 2045 §6.7, rule 3)
        let (line, is_soft) = line.strip_suffix(b"=").map_or((line, false), |line| (line, true));
        let mut rest = line;
        while let Some((&byte, tail)) = rest.split_first() {
            let hex = |at: usize| tail.get(at).and_then(|b| char::from(*b).to_digit(16));
            match (byte, hex(0), hex(1)) {
                (b'=', Some(high), Some(low)) => {
                    out.push((high * 16 + low) as u8);
                    rest = &tail[2..];
                }
                _ => {
                    out.push(byte);
                    rest = tail;
                }
            }
        }
        if has_break && !is_soft {
            out.extend_from_slice(b"\r\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfer_encodings_are_undone_leniently() {
        assert_eq!(decode_transfer(b"a=3D=\r\nb=ZZ \r\nc", "quoted-printable"), b"a=b=ZZ\r\nc");
        assert_eq!(decode_transfer(b"aGVs\r\nbG8!=\r\n-- \r\nsig", "base64"), b"hello");
        assert_eq!(decode_transfer(b"aGVsbG8h1", "base64").len(), 6);
    }
}
