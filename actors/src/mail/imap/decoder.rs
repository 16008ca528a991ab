//! Bytes of a server, cut into responses: lines and the literals within them, with limits.
//!
//! A response is a line, unless it ends by announcing a literal (`{5}`): then that many bytes
//! follow, whatever they are, and the line goes on behind them. Only data can hold literals. The
//! text behind OK, NO, BAD, BYE, PREAUTH and `+` is for people and may end as it likes.
//!
//! The decoder holds what has not ended yet and nothing else; wherever the pieces it is given end,
//! the responses are the same.

use std::mem;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The largest mail that is taken: what InboxState takes by other ways too. A larger literal is
/// read past, and not kept.
pub const MAIL_BYTES_MAX: u64 = 25 * 1024 * 1024;
/// The largest literal that is read past. What is larger is not worth waiting for.
const LITERAL_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// The lines of one response together, without its literals.
const LINE_BYTES_MAX: usize = 64 * 1024;
const LITERALS_MAX: usize = 64;

/// What is wrong with a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseError {
    /// A line without an end.
    #[error("a line of the response is too long")]
    LineTooLong,
    /// A literal that nobody would wait for.
    #[error("a literal of the response is too long")]
    LiteralTooLong,
    /// A response of literals without an end.
    #[error("the response has too many literals")]
    TooManyLiterals,
    /// Lists in lists in lists.
    #[error("the response is nested too deep")]
    TooDeep,
    /// Responses without an end to one command.
    #[error("the server answers without an end")]
    TooMany,
    /// It fits no rule of the grammar.
    #[error("this is not an IMAP response")]
    NotResponse,
}

/// A literal, as far as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Whole(Vec<u8>),
    /// It was larger than anything that is wanted: its length is left of it.
    Skipped(u64),
}

/// One response: its lines, with a line feed behind each announcement of a literal and nowhere
/// else, and the literals in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Frame {
    pub text: Vec<u8>,
    pub literals: Vec<Literal>,
}

/// A literal of which bytes are still to come.
#[derive(Debug)]
struct Pending {
    left_bytes: u64,
    literal: Literal,
}

/// Cuts what a server says into [`Frame`]s.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    unread: Vec<u8>,
    /// How much of `unread` is done with.
    start: usize,
    /// How much behind `start` was searched for the end of the line.
    searched: usize,
    frame: Frame,
    pending: Option<Pending>,
    /// The bytes of literals that the frame keeps.
    kept_bytes: u64,
}

impl Decoder {
    /// Takes the next bytes. Ask [`Decoder::next`] until it has nothing before giving more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.unread.drain(..self.start);
        self.start = 0;
        self.unread.extend_from_slice(bytes);
    }

    /// Whether nothing stands behind the last response.
    pub fn is_empty(&self) -> bool {
        self.unread.len() == self.start && self.frame.text.is_empty()
    }

    /// The next whole response. After an error the rest means nothing any more.
    pub fn next(&mut self) -> Result<Option<Frame>, ResponseError> {
        loop {
            if let Some(mut pending) = self.pending.take() {
                self.fill(&mut pending);
                if pending.left_bytes > 0 {
                    self.pending = Some(pending);
                    return Ok(None);
                }
                self.frame.literals.push(pending.literal);
            }
            let Some(line_start) = self.line()? else { return Ok(None) };
            match announced(&self.frame.text, line_start) {
                None => {
                    self.kept_bytes = 0;
                    return Ok(Some(mem::take(&mut self.frame)));
                }
                Some(length) => self.expect_literal(length)?,
            }
        }
    }

    /// Moves a line to the frame, if it is there whole; returns where it begins in the frame.
    fn line(&mut self) -> Result<Option<usize>, ResponseError> {
        let rest = self.unread.get(self.start..).unwrap_or_default();
        let room = LINE_BYTES_MAX.saturating_sub(self.frame.text.len());
        let fresh = rest.get(self.searched..).unwrap_or_default();
        let Some(at) = fresh.iter().position(|&byte| byte == b'\n') else {
            self.searched = rest.len();
            return if rest.len() > room { Err(ResponseError::LineTooLong) } else { Ok(None) };
        };
        let length = self.searched + at;
        if length > room {
            return Err(ResponseError::LineTooLong);
        }
        let line = rest.get(..length).unwrap_or_default();
        let line_start = self.frame.text.len();
        self.frame.text.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        self.start += length + 1;
        self.searched = 0;
        Ok(Some(line_start))
    }

    fn expect_literal(&mut self, length: u64) -> Result<(), ResponseError> {
        if length > LITERAL_BYTES_MAX {
            return Err(ResponseError::LiteralTooLong);
        }
        if self.frame.literals.len() >= LITERALS_MAX {
            return Err(ResponseError::TooManyLiterals);
        }
        self.frame.text.push(b'\n');
        let is_kept = self.kept_bytes + length <= MAIL_BYTES_MAX;
        let literal = match usize::try_from(length) {
            Ok(capacity) if is_kept => {
                self.kept_bytes += length;
                Literal::Whole(Vec::with_capacity(capacity))
            }
            _ => Literal::Skipped(length),
        };
        self.pending = Some(Pending { left_bytes: length, literal });
        Ok(())
    }

    fn fill(&mut self, pending: &mut Pending) {
        let rest = self.unread.get(self.start..).unwrap_or_default();
        let wanted = usize::try_from(pending.left_bytes).unwrap_or(usize::MAX);
        let bytes = rest.get(..wanted).unwrap_or(rest);
        if let Literal::Whole(whole) = &mut pending.literal {
            whole.extend_from_slice(bytes);
        }
        pending.left_bytes -= bytes.len() as u64;
        self.start += bytes.len();
    }

    /// What it holds: for the test of its bounds.
    #[cfg(test)]
    pub fn held_bytes(&self) -> usize {
        let literals = self.frame.literals.iter().chain(self.pending.iter().map(|p| &p.literal));
        let kept = literals.map(|literal| match literal {
            Literal::Whole(bytes) => bytes.capacity(),
            Literal::Skipped(_) => 0,
        });
        self.unread.capacity() + self.frame.text.capacity() + kept.sum::<usize>()
    }

    /// What has come and is in no response yet, and what it has not yet forgotten besides.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn waiting_bytes(&self) -> usize {
        let pending = self.pending.iter().map(|pending| pending.literal.bytes()).sum::<usize>();
        self.unread.len() + self.frame.bytes() + pending
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Frame {
    /// What it keeps of what came: less than that, for ends of lines are left out.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.literals.iter().map(Literal::bytes).sum::<usize>()
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Literal {
    fn bytes(&self) -> usize {
        match self {
            Literal::Whole(bytes) => bytes.len(),
            Literal::Skipped(_) => 0,
        }
    }
}

/// The length of the literal that the last line of a frame announces.
fn announced(text: &[u8], line_start: usize) -> Option<u64> {
    let line = text.get(line_start..)?.strip_suffix(b"}")?;
    if is_for_people(text) {
        return None;
    }
    let at = line.iter().rposition(|&byte| byte == b'{')?;
    let (before, digits) = (line.get(..at)?, line.get(at + 1..)?);
    let digits = digits.strip_suffix(b"+").unwrap_or(digits); // LITERAL+: a client's, but harmless
    if digits.is_empty() || digits.len() > 19 || is_within_quotes(before) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether a response is one whose text is free.
fn is_for_people(text: &[u8]) -> bool {
    let Some(data) = text.strip_prefix(b"* ") else { return true };
    let word = data.split(|&byte| byte == b' ').next().unwrap_or_default();
    ["OK", "NO", "BAD", "BYE", "PREAUTH"].iter().any(|it| word.eq_ignore_ascii_case(it.as_bytes()))
}

fn is_within_quotes(text: &[u8]) -> bool {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for &byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            _ => {}
        }
    }
    is_quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8], piece_bytes: usize) -> (Vec<Frame>, Option<ResponseError>) {
        let mut decoder = Decoder::default();
        let mut frames = Vec::new();
        for piece in bytes.chunks(piece_bytes) {
            decoder.push(piece);
            loop {
                match decoder.next() {
                    Ok(Some(frame)) => frames.push(frame),
                    Ok(None) => break,
                    Err(error) => return (frames, Some(error)),
                }
            }
        }
        (frames, None)
    }

    #[test]
    fn literals_are_within_data_alone_and_wherever_pieces_end() {
        let wire = b"* LIST () \"/\" {3}\r\na\nb\r\n* OK see {3}\r\n+ {3}\r\na1 NO [ALERT] {3}\r\n\
            * 1 FETCH (A {0}\r\n B ~{2+}\r\n)\n C \"\\\"{2}\")\n* X \"{2}\r\n";
        let (whole, error) = decode(wire, wire.len());
        assert_eq!(error, None);
        let texts: Vec<_> = whole.iter().map(|it| String::from_utf8_lossy(&it.text)).collect();
        assert_eq!(
            texts,
            [
                "* LIST () \"/\" {3}\n",
                "* OK see {3}",
                "+ {3}",
                "a1 NO [ALERT] {3}",
                "* 1 FETCH (A {0}\n B ~{2+}\n C \"\\\"{2}\")",
                "* X \"{2}"
            ]
        );
        assert_eq!(whole[0].literals, [Literal::Whole(b"a\nb".into())]);
        let two = [Literal::Whole(vec![]), Literal::Whole(b")\n".into())];
        assert_eq!(whole[4].literals, two);
        for piece_bytes in 1..wire.len() {
            assert_eq!(decode(wire, piece_bytes).0, whole, "{piece_bytes}");
        }
    }

    #[test]
    fn nothing_is_endless() {
        use ResponseError::*;
        let long = "x".repeat(LINE_BYTES_MAX + 1);
        let bits = format!("* LIST {}", "{1}\r\nx".repeat(100));
        let parts = format!("* LIST {}", "xxxx {1}\r\nx".repeat(20));
        for (wire, error) in [
            (long.clone(), Some(LineTooLong)),
            (format!("* OK {long}\r\n"), Some(LineTooLong)),
            (format!("* LIST {{1}}\r\nx{long}"), Some(LineTooLong)),
            ("* LIST {104857601}\r\n".into(), Some(LiteralTooLong)),
            ("* LIST {9999999999999999999}\r\n".into(), Some(LiteralTooLong)),
            ("* LIST {99999999999999999999}\r\n".into(), None),
            (bits, Some(TooManyLiterals)),
            (parts, None),
        ] {
            for piece_bytes in [1, 7, 4_096, wire.len()] {
                assert_eq!(decode(wire.as_bytes(), piece_bytes).1, error);
            }
        }
    }

    #[test]
    fn what_is_too_large_is_read_past_and_not_kept() {
        let size = MAIL_BYTES_MAX as usize - 5;
        let mut wire = format!("* 1 FETCH ({{{size}}}\r\n").into_bytes();
        wire.resize(wire.len() + size, b'x');
        wire.extend_from_slice(b" {5}\r\nabcde {1}\r\ny)\r\n* OK\r\n");
        let (mut decoder, mut frames, mut held) = (Decoder::default(), Vec::new(), 0);
        for piece in wire.chunks(16 * 1024) {
            decoder.push(piece);
            held = held.max(decoder.held_bytes());
            while let Some(frame) = decoder.next().expect("it is well-formed") {
                frames.push(frame);
            }
        }
        assert_eq!(frames[0].literals[2], Literal::Skipped(1));
        assert_eq!(frames[0].literals[1], Literal::Whole(b"abcde".into()));
        assert_eq!(frames[1].text, b"* OK");
        assert!(held < MAIL_BYTES_MAX as usize + 128 * 1024, "{held}");
    }
}
