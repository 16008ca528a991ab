//! The text and the tags of HTML, one after the other, cut where a browser cuts them.
//!
//! What is neither (comments, declarations, tags that do not end) is passed over. Nothing is
//! decoded: an attribute's value is as it stands. Linear, whatever comes.

/// A piece of HTML.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'x> {
    /// Text between tags.
    Text(&'x str),
    /// `<a href="…">`.
    Start(Tag<'x>),
    /// `</a>`.
    End(Tag<'x>),
}

/// What a tag says.
#[derive(Debug, PartialEq, Eq)]
pub struct Tag<'x> {
    /// As it was written.
    pub name: &'x str,
    /// Name and value; of two of one name the first counts.
    pub attributes: Vec<(&'x str, &'x str)>,
}

/// What is left of the HTML.
pub struct Scan<'x> {
    rest: &'x str,
}

impl<'x> Scan<'x> {
    /// All of it.
    #[must_use]
    pub const fn new(html: &'x str) -> Self {
        Self { rest: html }
    }

    /// Passes over what an element holds, to its end tag; without one, over all that is left. Gives
    /// what it holds.
    pub fn skip_to_end_of(&mut self, name: &str) -> &'x str {
        let inside = self.rest;
        while let Some(at) = self.rest.find("</") {
            let length = inside.len() - self.rest.len() + at;
            self.rest = &self.rest[at + 2..];
            let is_end = self.rest.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name));
            let after = self.rest.as_bytes().get(name.len());
            if is_end && after.is_none_or(|byte| is_edge(*byte)) {
                let end = self.tag_at(0);
                self.rest = end.map_or("", |(_, length)| &self.rest[length..]);
                return &inside[..length];
            }
        }
        self.rest = "";
        inside
    }

    /// Goes on behind an `end`; without one, nothing is left.
    fn pass(&mut self, end: &str) {
        self.rest = self.rest.split_once(end).map_or("", |(_, rest)| rest);
    }

    /// Goes on behind a comment that begins here: `<!-->` is one too.
    fn pass_comment(&mut self) {
        let mut inside = &self.rest[4..];
        let after = |text: &'x str, ends: [&str; 2]| ends.iter().find_map(|e| text.strip_prefix(e));
        let mut rest = after(inside, [">", "->"]);
        while rest.is_none() {
            let Some(at) = inside.find("--") else { break };
            rest = after(&inside[at + 2..], [">", "!>"]);
            inside = &inside[at + 1..];
        }
        self.rest = rest.unwrap_or_default();
    }

    /// The tag whose name begins at an offset, and where what follows it begins.
    fn tag_at(&self, at: usize) -> Option<(Tag<'x>, usize)> {
        let html: &'x str = self.rest;
        let bytes = html.as_bytes();
        let until = |at: usize, is_end: &dyn Fn(u8) -> bool| {
            let length = bytes.get(at..)?.iter().position(|byte| is_end(*byte))?;
            Some(at + length)
        };
        let mut end = until(at, &is_edge)?;
        let mut tag = Tag { name: &html[at..end], attributes: Vec::new() };
        loop {
            let begin = until(end, &|byte| !is_space(byte) && byte != b'/')?;
            if bytes.get(begin) == Some(&b'>') {
                return Some((tag, begin + 1));
            }
            // An equals sign may begin a name.
            end = until(begin + 1, &|byte| is_edge(byte) || byte == b'=')
                .filter(|_| bytes.get(begin).is_some())?;
            let name = &html[begin..end];
            let next = until(end, &|byte| !is_space(byte))?;
            let mut value = "";
            if bytes.get(next) == Some(&b'=') {
                let first = until(next + 1, &|byte| !is_space(byte))?;
                (value, end) = match bytes.get(first)? {
                    b'>' => ("", first),
                    quote @ (b'"' | b'\'') => {
                        let last = until(first + 1, &|byte| byte == *quote)?;
                        (&html[first + 1..last], last + 1)
                    }
                    _ => {
                        let last = until(first, &|byte| is_space(byte) || byte == b'>')?;
                        (&html[first..last], last)
                    }
                };
            }
            if tag.attributes.len() < ATTRIBUTES_MAX {
                tag.attributes.push((name, value));
            }
        }
    }
}

/// How many attributes of one tag are looked at.
const ATTRIBUTES_MAX: usize = 50;

impl<'x> Iterator for Scan<'x> {
    type Item = Piece<'x>;

    fn next(&mut self) -> Option<Piece<'x>> {
        loop {
            let html: &'x str = self.rest;
            let bytes = html.as_bytes();
            let text = match (bytes.first()?, bytes.get(1), bytes.get(2)) {
                (b'<', Some(letter), _) if letter.is_ascii_alphabetic() => {
                    let (tag, length) = self.tag_at(1)?;
                    self.rest = &html[length..];
                    return Some(Piece::Start(tag));
                }
                (b'<', Some(b'/'), Some(letter)) if letter.is_ascii_alphabetic() => {
                    let (tag, length) = self.tag_at(2)?;
                    self.rest = &html[length..];
                    return Some(Piece::End(tag));
                }
                (b'<', Some(b'!'), _) if html.starts_with("<!--") => {
                    self.pass_comment();
                    continue;
                }
                (b'<', Some(b'!' | b'?'), _) | (b'<', Some(b'/'), Some(_)) => {
                    self.pass(">");
                    continue;
                }
                // A lone `<` is text.
                _ => bytes.iter().skip(1).position(|byte| *byte == b'<').map(|at| at + 1),
            };
            let (text, rest) = html.split_at(text.unwrap_or(html.len()));
            self.rest = rest;
            return Some(Piece::Text(text));
        }
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

/// What ends the name of a tag.
const fn is_edge(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b'/' | b'>')
}
