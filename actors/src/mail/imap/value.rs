//! The words of a response: atoms, strings, literals, NIL and lists of them.
//!
//! All data of IMAP has this form, so what nobody asked for can be read past without knowing it.

use std::vec::IntoIter;

use super::decoder::{Frame, Literal, ResponseError};

const DEPTH_MAX: usize = 24;
/// What a FETCH may name with brackets behind it; elsewhere a bracket is a letter (RFC 3501 §9).
const BRACKETED: &[&str] = &["BODY", "BODY.PEEK", "BINARY", "BINARY.PEEK", "BINARY.SIZE"];

/// A word or a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Nil,
    /// A word without quotes; with all of `BODY[…]<…>`, spaces included.
    Atom(String),
    /// A quoted string or a literal.
    Text(Vec<u8>),
    /// A literal that was too large to be kept.
    Skipped(u64),
    List(Vec<Value>),
}

impl Value {
    /// A number of any width that IMAP knows.
    pub fn number(&self) -> Option<u64> {
        match self {
            Value::Atom(word) => number(word),
            _ => None,
        }
    }

    /// A string, or an atom where the grammar allows one instead (`astring`).
    pub fn bytes(self) -> Option<Vec<u8>> {
        match self {
            Value::Atom(word) => Some(word.into_bytes()),
            Value::Text(bytes) => Some(bytes),
            Value::Nil | Value::Skipped(_) | Value::List(_) => None,
        }
    }

    /// Whether it is a list that has a word, in whatever case.
    pub fn has(&self, word: &str) -> bool {
        let Value::List(values) = self else { return false };
        values.iter().any(|it| matches!(it, Value::Atom(it) if it.eq_ignore_ascii_case(word)))
    }
}

/// Digits and nothing else.
pub(super) fn number(word: &str) -> Option<u64> {
    word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok()).flatten()
}

/// Reads the words of a frame, one after another.
pub(super) struct Words<'x> {
    rest: &'x [u8],
    literals: IntoIter<Literal>,
}

impl<'x> Words<'x> {
    /// Of a frame, from a place of its text before its first literal.
    pub fn new(text: &'x [u8], literals: Vec<Literal>) -> Words<'x> {
        Words { rest: text, literals: literals.into_iter() }
    }

    /// The next word or list; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Value>, ResponseError> {
        self.skip_spaces();
        if self.rest.is_empty() { Ok(None) } else { self.value(0).map(Some) }
    }

    /// The next word or list, which must be there.
    pub fn expect(&mut self) -> Result<Value, ResponseError> {
        self.next()?.ok_or(ResponseError::NotResponse)
    }

    fn skip_spaces(&mut self) {
        while let [b' ', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, ResponseError> {
        match self.rest {
            [b'(', rest @ ..] => {
                self.rest = rest;
                self.list(depth + 1)
            }
            [b'"', rest @ ..] => {
                self.rest = rest;
                self.quoted()
            }
            [b'{', ..] | [b'~', b'{', ..] => self.literal(),
            _ => self.atom(depth),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, ResponseError> {
        if depth > DEPTH_MAX {
            return Err(ResponseError::TooDeep);
        }
        let mut values = Vec::new();
        loop {
            self.skip_spaces();
            match self.rest {
                [] => return Err(ResponseError::NotResponse),
                [b')', rest @ ..] => {
                    self.rest = rest;
                    return Ok(Value::List(values));
                }
                _ => values.push(self.value(depth)?),
            }
        }
    }

    fn quoted(&mut self) -> Result<Value, ResponseError> {
        let mut text = Vec::new();
        loop {
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Ok(Value::Text(text));
                }
                // A line feed is the mark of a literal: the line ended within the quotes.
                [] | [b'\n', ..] | [b'\\'] | [b'\\', b'\n', ..] => {
                    return Err(ResponseError::NotResponse);
                }
                [b'\\', byte, rest @ ..] | [byte, rest @ ..] => {
                    text.push(*byte);
                    self.rest = rest;
                }
            }
        }
    }

    fn literal(&mut self) -> Result<Value, ResponseError> {
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let announcement = end.and_then(|end| self.rest.split_at_checked(end + 1));
        let (announcement, rest) = announcement.ok_or(ResponseError::NotResponse)?;
        // Exactly one announcement, and not one behind other words.
        let is_digits = |byte: &u8| byte.is_ascii_digit() || b"~{+}\n".contains(byte);
        if !announcement.iter().all(is_digits) {
            return Err(ResponseError::NotResponse);
        }
        self.rest = rest;
        match self.literals.next() {
            Some(Literal::Whole(bytes)) => Ok(Value::Text(bytes)),
            Some(Literal::Skipped(length)) => Ok(Value::Skipped(length)),
            None => Err(ResponseError::NotResponse),
        }
    }

    fn atom(&mut self, depth: usize) -> Result<Value, ResponseError> {
        let is_end = |byte: &u8| matches!(byte, b'\n' | b' ' | b'(' | b')' | b'"');
        let behind = |from: usize, is_end: &dyn Fn(&u8) -> bool| {
            let rest = self.rest.get(from..).unwrap_or_default();
            rest.iter().position(is_end).map_or(self.rest.len(), |at| from + at)
        };
        let bracket = behind(0, &|byte| *byte == b'[' || is_end(byte));
        let name = self.rest.get(..bracket).unwrap_or_default();
        // The items of a FETCH stand in one list; a keyword may be called as one of them.
        let is_item =
            depth <= 1 && BRACKETED.iter().any(|it| name.eq_ignore_ascii_case(it.as_bytes()));
        let closed = match is_item && self.rest.get(bracket) == Some(&b'[') {
            true => behind(bracket, &|byte| matches!(byte, b']' | b'\n')),
            false => bracket,
        };
        let end = behind(closed, &is_end);
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, b""));
        // A mark of a literal behind a word is out of place.
        if word.is_empty() || rest.first() == Some(&b'\n') {
            return Err(ResponseError::NotResponse);
        }
        self.rest = rest;
        Ok(match word.eq_ignore_ascii_case(b"NIL") {
            true => Value::Nil,
            false => Value::Atom(String::from_utf8_lossy(word).into_owned()),
        })
    }
}

/// All words of a frame behind a place of its text.
pub(super) fn words_of(frame: &mut Frame, from: usize) -> Words<'_> {
    let literals = std::mem::take(&mut frame.literals);
    Words::new(frame.text.get(from..).unwrap_or_default(), literals)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str, literals: &[&str]) -> Result<Vec<Value>, ResponseError> {
        let literals = literals.iter().map(|it| Literal::Whole(it.as_bytes().to_vec())).collect();
        let mut words = Words::new(text.as_bytes(), literals);
        let mut values = Vec::new();
        while let Some(value) = words.next()? {
            values.push(value);
        }
        Ok(values)
    }

    #[test]
    fn words_are_read() {
        let atom = |word: &str| Value::Atom(word.into());
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(
            values(
                "UID  7 (\\Seen () nil)(\"a\\\"\\\\b\" {2}\n ~{1}\n) BODY[TEXT (A \"b]<0> \"\"",
                &["c)", "\""]
            ),
            Ok(vec![
                atom("UID"),
                atom("7"),
                Value::List(vec![atom("\\Seen"), Value::List(vec![]), Value::Nil]),
                Value::List(vec![text("a\"\\b"), text("c)"), text("\"")]),
                atom("BODY[TEXT (A \"b]<0>"),
                text(""),
            ])
        );
    }

    #[test]
    fn a_list_has_its_words_in_any_case() {
        let list = Value::List(vec![Value::Atom("\\Sent".into()), Value::Text("x".into())]);
        assert!(list.has("\\sent") && !list.has("\\Sen") && !list.has("x"));
        assert!(!Value::Atom("\\Sent".into()).has("\\Sent"));
    }

    #[test]
    fn a_bracket_is_a_letter_but_in_what_is_asked_for() {
        let keywords = "(FLAGS (a[b BODY[ [ $x]) body.peek[1.TEXT (A)] NIL [Gmail]/All x)";
        let flags = ["a[b", "BODY[", "[", "$x]"].map(|it| Value::Atom(it.into()));
        let mut expected = vec![Value::Atom("FLAGS".into()), Value::List(flags.into())];
        expected.extend(["body.peek[1.TEXT (A)]"].map(|it| Value::Atom(it.into())));
        expected.push(Value::Nil);
        expected.extend(["[Gmail]/All", "x"].map(|it| Value::Atom(it.into())));
        assert_eq!(values(keywords, &[]), Ok(vec![Value::List(expected)]));
    }

    #[test]
    fn what_is_out_of_place_is_an_error() {
        use ResponseError::*;
        for (text, error) in [
            ("(", NotResponse),
            (")", NotResponse),
            ("(()", NotResponse),
            ("\"a", NotResponse),
            ("\"a\\", NotResponse),
            ("\"a{1}\n", NotResponse),
            ("a{1}\n", NotResponse),
            ("{1}", NotResponse),
            ("{x}\n", NotResponse),
            ("{1}\n{1}\n", NotResponse),
            ("BODY[ {1}\n", NotResponse),
        ] {
            assert_eq!(values(text, &["x"]), Err(error), "{text:?}");
        }
        assert_eq!(values(&"(".repeat(60_000), &[]), Err(TooDeep));
        let deep = |depth: usize| format!("{}{}", "(".repeat(depth), ")".repeat(depth));
        assert!(values(&deep(DEPTH_MAX), &[]).is_ok());
        assert_eq!(values(&deep(DEPTH_MAX + 1), &[]), Err(TooDeep));
    }
}
