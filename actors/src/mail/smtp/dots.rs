//! The mail as it goes over the wire: CRLF only, and no line that is a lone dot.
//!
//! A bare LF or CR becomes CRLF before dots are doubled. Some servers take `\n.\n` for the end of
//! a mail and what follows for commands ("SMTP smuggling", 2023); a mail without bare line ends
//! cannot do that, whoever wrote its text.

/// Encodes a mail piece by piece; [`DotStuffer::finish`] gives the end.
#[derive(Debug)]
pub(super) struct DotStuffer {
    is_line_start: bool,
    /// The last byte was a CR whose LF may still come.
    is_after_cr: bool,
}

impl DotStuffer {
    pub(super) fn new() -> DotStuffer {
        DotStuffer { is_line_start: true, is_after_cr: false }
    }

    /// Encodes the next piece.
    pub(super) fn encode(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(piece.len() + piece.len() / 32 + 2);
        for &byte in piece {
            match byte {
                b'\n' if self.is_after_cr => self.is_after_cr = false, // written with its CR
                b'\r' | b'\n' => {
                    out.extend_from_slice(b"\r\n");
                    self.is_after_cr = byte == b'\r';
                    self.is_line_start = true;
                }
                _ => {
                    if byte == b'.' && self.is_line_start {
                        out.push(b'.');
                    }
                    out.push(byte);
                    self.is_after_cr = false;
                    self.is_line_start = false;
                }
            }
        }
        out
    }

    /// The line break that the last line may lack. It belongs to the mail, not to the dot.
    pub(super) fn finish(&self) -> &'static [u8] {
        if self.is_line_start { b"" } else { b"\r\n" }
    }
}

/// The end of a mail, after [`DotStuffer::finish`].
pub(super) const FINAL_DOT: &[u8] = b".\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(mail: &[u8], piece_bytes: usize) -> Vec<u8> {
        let mut stuffer = DotStuffer::new();
        let mut out: Vec<u8> = mail.chunks(piece_bytes).flat_map(|p| stuffer.encode(p)).collect();
        out.extend_from_slice(stuffer.finish());
        out
    }

    #[test]
    fn dots_are_doubled_and_line_ends_made_whole_wherever_pieces_end() {
        for (mail, wire) in [
            (".a\r\n..b\r\n.\r\nc.\r\n", "..a\r\n...b\r\n..\r\nc.\r\n"),
            ("a", "a\r\n"),
            ("", ""),
            ("a\n.\nMAIL FROM:<x>\r.\r\r\n\n", "a\r\n..\r\nMAIL FROM:<x>\r\n..\r\n\r\n\r\n"),
        ] {
            for piece_bytes in 1..8 {
                let out = encode(mail.as_bytes(), piece_bytes);
                assert_eq!(String::from_utf8_lossy(&out), wire, "{piece_bytes}");
            }
        }
    }
}
