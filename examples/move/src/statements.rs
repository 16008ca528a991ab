//! A dump, cut into statements: one in memory at a time, however long the file is.
//!
//! It knows what may hold a `;` that ends nothing: quotes with their escapes, names in backticks,
//! and the three kinds of comments. Comments are left out, except those that MySQL runs
//! (`/*!40101 … */`), of which a dump makes no rows either: they are left out too. After
//! `DELIMITER ;;` it is that which ends a statement.
//!
//! Of comments it keeps what says whether the dump is whole and which charset it has.

use anyhow::{Result, bail};
use std::io::BufRead;

/// The longest statement that is read: MySQL's own limit for a packet.
const BYTES_MAX: usize = 1 << 30;

/// The statements of a dump.
pub struct Statements<R> {
    input: R,
    delimiter: Vec<u8>,
    line: Vec<u8>,
    /// How many lines were read.
    lines: u64,
    /// Where the last statement began.
    began: u64,
    /// What the program that wrote the dump says of itself.
    pub ending: Ending,
    /// The charset that the dump says it has, where that is not UTF-8.
    charset: Option<String>,
}

/// Whether the last line of a dump was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It says nothing: it was written without comments.
    Untold,
    /// It has a first line, and its last one is still to come.
    Awaited,
    /// It has its last line.
    Seen,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Plain,
    Quoted(u8),
    Comment,
}

impl<R: BufRead> Statements<R> {
    pub fn new(input: R) -> Self {
        let (delimiter, line) = (b";".to_vec(), Vec::new());
        let (ending, charset) = (Ending::Untold, None);
        Self { input, delimiter, line, lines: 0, began: 0, ending, charset }
    }

    /// Where the last statement began: the number of its line.
    pub fn began(&self) -> u64 {
        self.began
    }

    /// The next statement, without what ends it; none at the end.
    ///
    /// # Errors
    /// Where the file cannot be read, is not UTF-8, or ends within a statement.
    pub fn next(&mut self) -> Result<Option<String>> {
        let mut out: Vec<u8> = Vec::new();
        let mut state = State::Plain;
        loop {
            if self.line.is_empty() {
                if self.input.read_until(b'\n', &mut self.line)? == 0 {
                    if state != State::Plain || !out.trim_ascii().is_empty() {
                        bail!("the dump breaks off within the statement of line {}", self.began);
                    }
                    return Ok(None);
                }
                self.lines += 1;
            }
            if state == State::Plain && out.trim_ascii().is_empty() {
                out.clear();
                self.began = self.lines;
                if self.take_delimiter() {
                    continue;
                }
                self.take_remark()?;
            }
            let line = std::mem::take(&mut self.line);
            if let Some(rest) = scan(&line, &mut state, &mut out, &self.delimiter) {
                self.line = line[rest..].to_vec();
                match self.finish(&out)? {
                    Some(statement) => return Ok(Some(statement)),
                    None => out.clear(),
                }
            }
            if out.len() > BYTES_MAX {
                bail!("the statement of line {} is over {BYTES_MAX} bytes long", self.began);
            }
        }
    }

    /// Takes note of what a comment between statements says of the dump itself.
    fn take_remark(&mut self) -> Result<()> {
        let text = self.line.trim_ascii();
        if text.starts_with(b"-- MySQL dump") || text.starts_with(b"-- MariaDB dump") {
            if self.ending == Ending::Awaited {
                bail!("line {}: a dump begins before the one before it has ended", self.lines);
            }
            self.ending = Ending::Awaited;
        }
        if text.starts_with(b"-- Dump completed") {
            self.ending = Ending::Seen;
        }
        let words = String::from_utf8_lossy(text).to_lowercase();
        let named = words.starts_with("/*!").then(|| words.split_once(" set names ")).flatten();
        if let Some((_, name)) = named {
            let name = name.split([' ', '*', ';']).next().unwrap_or_default().trim_matches('\'');
            let fits = name.starts_with("utf8") || matches!(name, "binary" | "ascii");
            self.charset = (!fits).then(|| name.to_owned());
        }
        Ok(())
    }

    fn finish(&self, bytes: &[u8]) -> Result<Option<String>> {
        let text = bytes.trim_ascii();
        if text.is_empty() {
            return Ok(None);
        }
        let advice = "dump again with --hex-blob --default-character-set=utf8mb4";
        let place = |text: &[u8]| String::from_utf8_lossy(&text[..text.len().min(40)]).into_owned();
        let text = match String::from_utf8(text.to_vec()) {
            Ok(text) => text,
            Err(_) => {
                bail!("line {}: not UTF-8, in {}…: {advice}", self.began, place(text));
            }
        };
        match &self.charset {
            Some(charset) if !text.is_ascii() => {
                bail!("line {}: the dump says that its charset is {charset}: {advice}", self.began)
            }
            _ => Ok(Some(text)),
        }
    }

    /// Takes note of a `DELIMITER` line.
    fn take_delimiter(&mut self) -> bool {
        let text = self.line.trim_ascii();
        let Some((word, rest)) = text.split_at_checked(10) else { return false };
        if !word.eq_ignore_ascii_case(b"delimiter ") || rest.trim_ascii().is_empty() {
            return false;
        }
        self.delimiter = rest.trim_ascii().to_vec();
        self.line.clear();
        true
    }
}

/// Goes over a line; gives where the rest begins, once a statement has ended in it.
fn scan(line: &[u8], state: &mut State, out: &mut Vec<u8>, delimiter: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        match *state {
            State::Comment => {
                let end = rest.windows(2).position(|two| two == b"*/");
                at = end.map_or(line.len(), |end| at + end + 2);
                if end.is_some() {
                    *state = State::Plain;
                    out.push(b' ');
                }
            }
            State::Quoted(quote) => {
                // A backslash takes the next byte with it; a quote that is doubled ends the text
                // and begins another one, which comes to the same.
                let escapes = quote != b'`';
                let stop = |byte: &u8| *byte == quote || (escapes && *byte == b'\\');
                let length = rest.iter().position(stop).map_or(rest.len(), |found| {
                    let two = rest[found] == b'\\' && found + 1 < rest.len();
                    if rest[found] == quote {
                        *state = State::Plain;
                    }
                    found + 1 + usize::from(two)
                });
                out.extend_from_slice(&rest[..length]);
                at += length;
            }
            State::Plain => match rest[0] {
                _ if rest.starts_with(delimiter) => return Some(at + delimiter.len()),
                b'#' => return None,
                b'-' if is_dash_comment(rest) => return None,
                b'/' if rest.starts_with(b"/*") => {
                    *state = State::Comment;
                    at += 2;
                }
                byte => {
                    if matches!(byte, b'\'' | b'"' | b'`') {
                        *state = State::Quoted(byte);
                    }
                    out.push(byte);
                    at += 1;
                }
            },
        }
    }
    None
}

/// Two dashes begin a comment only before a space or the end of the line: `5--3` is a sum.
fn is_dash_comment(rest: &[u8]) -> bool {
    rest.starts_with(b"--") && rest.get(2).is_none_or(u8::is_ascii_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let mut statements = Statements::new(text.as_bytes());
        let mut all = Vec::new();
        while let Some(statement) = statements.next().expect("a dump") {
            all.push(statement);
        }
        all
    }

    #[test]
    fn only_a_semicolon_that_ends_a_statement_ends_one() {
        for inner in [
            "'a;b'",
            "'it''s; ok'",
            "'it\\'s; ok'",
            "'\\\\'",
            "\"x;\\\"y;\"",
            "`odd;name`",
            "`back\\`",
            "'-- no comment;'",
            "'/* nor this; */'",
            "'# nor this;'",
            "'line 1;\nline 2;'",
            "'ü;🦀'",
            "5--3",
        ] {
            let text = format!("insert into t values ({inner}); select 2;");
            let found = all(&text);
            assert_eq!(found, [format!("insert into t values ({inner})"), "select 2".into()]);
        }
    }

    #[test]
    fn comments_are_left_out() {
        let text = "-- a; b\n# c; d\n/* e; ' */ select 1;\n--\n/*!40101 SET NAMES utf8 */;\n\
            /*M!999999\\- enable the sandbox mode */ \nselect /* ; */ 2 -- ;\n;";
        assert_eq!(all(text), ["select 1", "select   2"]);
    }

    #[test]
    fn a_trigger_is_one_statement() {
        let text = "DELIMITER ;;\ncreate trigger x begin a; b; end ;;\ndelimiter ;\nselect 1;";
        assert_eq!(all(text), ["create trigger x begin a; b; end", "select 1"]);
    }

    fn refusal(bytes: &[u8]) -> String {
        let mut statements = Statements::new(bytes);
        loop {
            match statements.next() {
                Ok(Some(_)) => {}
                Ok(None) => return String::new(),
                Err(error) => return error.to_string(),
            }
        }
    }

    #[test]
    fn a_dump_that_breaks_off_or_is_no_text_is_refused() {
        for (bytes, said) in [
            (
                &b"select 1;\ninsert into t values ('a"[..],
                "breaks off within the statement of line 2",
            ),
            (b"/* open", "breaks off"),
            (b"insert into t values (1),(2)", "breaks off"),
            (b"insert into t values (1),\n", "breaks off"),
            (b"select 1;\n\nselect '\xff';", "line 3: not UTF-8, in select"),
            (b"/*!40101 SET NAMES latin1 */;\nselect '\xc3\xa4';", "its charset is latin1"),
            (b"-- MySQL dump 10\nselect 1;\n-- MySQL dump 10\n", "before the one before it"),
        ] {
            let told = refusal(bytes);
            assert!(told.contains(said), "{said}: {told}");
        }
        for fine in [
            &b"/*!40101 SET NAMES latin1 */;\nselect 'a';"[..],
            b"/*!40101 SET NAMES utf8mb4 */;\nselect '\xc3\xa4';",
            b"select 1;\n-- the end",
        ] {
            assert_eq!(refusal(fine), "");
        }
    }

    #[test]
    fn the_last_line_of_a_dump_is_seen_or_missed() {
        for (text, ending) in [
            ("select 1;", Ending::Untold),
            ("-- MariaDB dump 10.19\nselect 1;\n", Ending::Awaited),
            ("-- MySQL dump 10.13\nselect 1;\n\n-- Dump completed on 2024-01-01\n", Ending::Seen),
            ("-- MySQL dump 10.13\nselect '\n-- Dump completed';\n", Ending::Awaited),
        ] {
            let mut statements = Statements::new(text.as_bytes());
            while statements.next().expect("a dump").is_some() {}
            assert_eq!(statements.ending, ending, "{text}");
        }
    }

    #[test]
    fn however_the_input_comes_in_pieces_it_is_cut_the_same() {
        let text =
            "select 'a\\';\n\\\\';\ninsert into `t;` values (1,'x\r\ny''');\n-- z;\nselect 3;";
        let whole = all(text);
        assert_eq!(whole.len(), 3);
        for size in 1..12 {
            let input = std::io::BufReader::with_capacity(size, text.as_bytes());
            let mut statements = Statements::new(input);
            for expected in &whole {
                assert_eq!(statements.next().expect("read").as_ref(), Some(expected));
            }
            assert_eq!(statements.next().expect("read"), None);
        }
    }
}
