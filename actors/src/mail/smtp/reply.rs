//! Replies of a server, read with limits: the server is as untrusted as anybody.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::Failure;
use crate::mail::wire::plain;

const LINE_BYTES_MAX: usize = 2_048;
const LINES_MAX: usize = 100;
const TEXT_CHARS_MAX: usize = 1_000;

/// A reply: three digits and what the server says about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// 200 to 599.
    pub code: u16,
    /// The enhanced status, `x.y.z` (RFC 2034), if the text begins with one of the same class.
    pub enhanced: Option<String>,
    /// The text without the enhanced status: lines joined by `\n`, no other controls, at most
    /// 1,000 characters. The server's words: escape them where they are shown.
    pub text: String,
}

/// What is wrong with a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyError {
    /// A line without an end.
    #[error("a line of the reply is too long")]
    LineTooLong,
    /// A reply without an end.
    #[error("the reply has too many lines")]
    TooManyLines,
    /// No three digits with a space or a hyphen behind them.
    #[error("this is not an SMTP reply")]
    NotReply,
    /// Lines of one reply with different codes.
    #[error("the lines of the reply disagree")]
    Disagreement,
}

/// Reads replies, and keeps what comes after them.
#[derive(Debug, Default)]
pub struct ReplyReader {
    buffer: Vec<u8>,
}

impl ReplyReader {
    /// Whether bytes stand behind the last reply.
    pub fn has_surplus(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Reads one reply; for EHLO the lines are wanted, so they come along.
    ///
    /// # Errors
    /// [`Failure::BadReply`], [`Failure::Closed`] and [`Failure::Io`].
    pub async fn read(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
    ) -> Result<(Reply, Vec<String>), Failure> {
        let mut lines: Vec<String> = Vec::new();
        let mut code = None;
        loop {
            let line = self.line(stream).await?;
            let (line_code, is_last, text) = parse_line(&line).map_err(bad)?;
            if *code.get_or_insert(line_code) != line_code {
                return Err(bad(ReplyError::Disagreement));
            }
            lines.push(text);
            if is_last {
                return Ok((reply_of(line_code, &lines), lines));
            }
            if lines.len() >= LINES_MAX {
                return Err(bad(ReplyError::TooManyLines));
            }
        }
    }

    async fn line(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, Failure> {
        loop {
            if let Some(end) = self.buffer.iter().position(|&b| b == b'\n') {
                if end > LINE_BYTES_MAX {
                    return Err(bad(ReplyError::LineTooLong));
                }
                let mut line: Vec<u8> = self.buffer.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            if self.buffer.len() > LINE_BYTES_MAX {
                return Err(bad(ReplyError::LineTooLong));
            }
            let mut piece = [0_u8; 1024];
            let count = stream.read(&mut piece).await;
            match count.map_err(|error| Failure::Io { text: plain(&error.to_string()) })? {
                0 => return Err(Failure::Closed),
                count => self.buffer.extend_from_slice(&piece[..count]),
            }
        }
    }
}

fn bad(error: ReplyError) -> Failure {
    Failure::BadReply { error }
}

/// One line: its code, whether it is the last, its text.
fn parse_line(line: &[u8]) -> Result<(u16, bool, String), ReplyError> {
    let (digits, rest) = line.split_at_checked(3).ok_or(ReplyError::NotReply)?;
    let [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9'] = digits else {
        return Err(ReplyError::NotReply);
    };
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    let (is_last, text) = match rest {
        [] => (true, rest), // "250" alone: allowed to us by RFC 5321 §4.2
        [b' ', text @ ..] => (true, text),
        [b'-', text @ ..] => (false, text),
        _ => return Err(ReplyError::NotReply),
    };
    Ok((code, is_last, plain(&String::from_utf8_lossy(text))))
}

fn reply_of(code: u16, lines: &[String]) -> Reply {
    let status = lines.first().and_then(|line| enhanced(line, code));
    let without = |line: &String| match status.and_then(|status| line.strip_prefix(status)) {
        Some(rest) => rest.trim_start().to_string(),
        None => line.clone(),
    };
    let text = lines.iter().map(without).collect::<Vec<_>>().join("\n");
    let text = text.trim().chars().take(TEXT_CHARS_MAX).collect();
    Reply { code, enhanced: status.map(str::to_string), text }
}

fn enhanced(line: &str, code: u16) -> Option<&str> {
    let status = line.split(' ').next()?;
    let mut numbers = status.split('.');
    let class = numbers.next()?;
    let is_number = |n: &str| (1..=3).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit());
    let is_status = numbers.clone().count() == 2 && numbers.all(is_number);
    (is_status && class.parse() == Ok(code / 100)).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Result<Reply, Failure> {
        let mut bytes = bytes;
        ReplyReader::default().read(&mut bytes).await.map(|(reply, _)| reply)
    }

    #[tokio::test]
    async fn replies_are_read() {
        let reply = read(b"550-5.1.1 no such\r\n550 5.1.1 user\x07\n").await.expect("valid");
        assert_eq!((reply.code, reply.enhanced.as_deref()), (550, Some("5.1.1")));
        assert_eq!(reply.text, "no such\nuser");
        assert_eq!(read(b"250\r\n").await.map(|r| r.code), Ok(250));
        assert_eq!(read(b"250 2.0 x\r\n").await.map(|r| r.enhanced), Ok(None));
    }

    #[tokio::test]
    async fn what_is_no_reply_is_an_error_and_never_endless() {
        use ReplyError::*;
        for (bytes, error) in [
            ("x".repeat(10_000), LineTooLong),
            (format!("250 {}\r\n", "x".repeat(3_000)), LineTooLong),
            ("250-x\r\n".repeat(10_000), TooManyLines),
            ("HTTP/1.1 400\r\n".into(), NotReply),
            ("250x\r\n".into(), NotReply),
            ("\r\n".into(), NotReply),
            ("650 x\r\n".into(), NotReply),
            ("150 x\r\n".into(), NotReply),
            ("250-a\r\n550 b\r\n".into(), Disagreement),
        ] {
            assert_eq!(read(bytes.as_bytes()).await, Err(bad(error)));
        }
        assert_eq!(read(b"250-x\r\n").await, Err(Failure::Closed));
        assert_eq!(read(b"").await, Err(Failure::Closed));
    }
}
