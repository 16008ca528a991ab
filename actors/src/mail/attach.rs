//! The files of a mail on their way into it: base64 in lines, as the bytes come, so that no more
//! than a piece of a file is in memory beside the mail.

use base64::{Engine, engine::general_purpose::STANDARD};

/// As many bytes as make a line of 76 characters (RFC 2045 §6.8).
const LINE_BYTES: usize = 57;
/// What a line of base64 takes, its end included.
const LINE_CHARS: usize = 78;

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// It is not kept any more: it never will be.
    Gone(String),
    /// Storage does not answer now.
    Later(String),
}

/// A file that is being written.
#[derive(Debug, Default)]
pub struct Base64Lines {
    rest: Vec<u8>,
}

impl Base64Lines {
    /// How many bytes a file of `bytes_count` becomes at most.
    #[must_use]
    pub const fn room(bytes_count: usize) -> usize {
        (bytes_count / LINE_BYTES + 1) * LINE_CHARS
    }

    /// Writes the lines that some more bytes fill.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.rest.extend_from_slice(bytes);
        let full = self.rest.len() / LINE_BYTES * LINE_BYTES;
        self.rest[..full].chunks(LINE_BYTES).for_each(|line| write(line, out));
        self.rest.drain(..full);
    }

    /// Writes the last line.
    pub fn end(self, out: &mut Vec<u8>) {
        if !self.rest.is_empty() {
            write(&self.rest, out);
        }
    }
}

fn write(line: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(STANDARD.encode(line).as_bytes());
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_becomes_the_same_lines_in_whatever_pieces_it_comes() {
        let file: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        let mut whole = Vec::new();
        for chunk in file.chunks(57) {
            write(chunk, &mut whole);
        }
        for size in [1, 3, 56, 57, 58, 114, 999, 1_000] {
            let (mut lines, mut out) = (Base64Lines::default(), Vec::new());
            file.chunks(size).for_each(|piece| lines.push(piece, &mut out));
            lines.end(&mut out);
            assert_eq!(out, whole, "pieces of {size}");
            assert!(out.len() <= Base64Lines::room(file.len()));
        }
        let mut out = Vec::new();
        Base64Lines::default().end(&mut out);
        assert!(out.is_empty());
    }
}
