//! CSV by RFC 4180, as it comes: whatever stands in a file, no more of it is in memory than a row
//! may have.
//!
//! Fields are parted by commas, semicolons or tabs, whichever comes first in the first row. What is
//! wrong with a row is said of that row, and the next one is read as if nothing had been.

/// How much text a row may have.
pub const ROW_BYTES_MAX: usize = 16 * 1024;
/// How many fields.
pub const FIELDS_MAX: usize = 1_000;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// A row that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which of the file it is, from 1; that with the names of the columns is the first.
    pub number: i64,
    /// Its fields, or what is wrong with it.
    pub fields: Result<Vec<String>, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a field.
    Begin,
    /// In a field without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// Behind a quote that ends a field, or is the first of two.
    Quote,
}

/// Reads rows.
#[derive(Debug)]
pub struct Reader {
    state: State,
    delimiter: Option<u8>,
    /// How much of the byte order mark was there, until something else is.
    bom: Option<usize>,
    /// Whether a line feed belongs to the carriage return before it.
    after_return: bool,
    number: i64,
    text: Vec<u8>,
    /// Where each field ends in the text.
    ends: Vec<usize>,
    flaw: Option<String>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            state: State::Begin,
            delimiter: None,
            bom: Some(0),
            after_return: false,
            number: 0,
            text: Vec::new(),
            ends: Vec::new(),
            flaw: None,
        }
    }
}

impl Reader {
    /// Reads on; rows that are whole are added to `rows`.
    pub fn push(&mut self, bytes: &[u8], rows: &mut Vec<Row>) {
        for byte in bytes {
            if let Some(known) = self.bom {
                if BOM.get(known) == Some(byte) {
                    self.bom = Some(known + 1);
                    continue;
                }
                self.bom = None;
                // A part of a mark is none.
                if known < BOM.len() {
                    BOM[..known].iter().for_each(|byte| self.take(*byte, rows));
                }
            }
            self.take(*byte, rows);
        }
    }

    /// The file ends.
    pub fn end(&mut self, rows: &mut Vec<Row>) {
        if self.state == State::Quoted {
            self.wrong("has a quote that is never closed");
        }
        let begun = !self.text.is_empty() || !self.ends.is_empty() || self.state != State::Begin;
        if begun || self.flaw.is_some() {
            self.end_row(rows);
        }
    }

    fn take(&mut self, byte: u8, rows: &mut Vec<Row>) {
        let follows = std::mem::take(&mut self.after_return);
        if self.state == State::Quoted {
            match byte {
                b'"' => self.state = State::Quote,
                _ => self.keep(byte),
            }
            return;
        }
        match byte {
            b'\n' if follows => {}
            b'\n' | b'\r' => {
                self.after_return = byte == b'\r';
                self.end_row(rows);
            }
            b'"' if self.state == State::Begin => self.state = State::Quoted,
            b'"' if self.state == State::Quote => {
                self.keep(byte);
                self.state = State::Quoted;
            }
            _ if self.parts(byte) => {
                self.end_field();
                self.state = State::Begin;
            }
            _ => {
                match (self.state, byte) {
                    (State::Quote, _) => self.wrong("has text behind a closing quote"),
                    (_, b'"') => self.wrong("has a quote in a field that does not begin with one"),
                    _ => {}
                }
                self.keep(byte);
                self.state = State::Plain;
            }
        }
    }

    /// Whether a byte parts fields; the first one of the first row that may decides.
    fn parts(&mut self, byte: u8) -> bool {
        if self.delimiter.is_none() && matches!(byte, b',' | b';' | b'\t') {
            self.delimiter = Some(byte);
        }
        byte == self.delimiter.unwrap_or(b',')
    }

    fn keep(&mut self, byte: u8) {
        if self.text.len() < ROW_BYTES_MAX {
            self.text.push(byte);
        } else {
            self.wrong("has more than 16 kB");
        }
    }

    fn end_field(&mut self) {
        if self.ends.len() < FIELDS_MAX {
            self.ends.push(self.text.len());
        } else {
            self.wrong("has more than 1000 fields");
        }
    }

    /// The first flaw of a row is the one that is told.
    fn wrong(&mut self, what: &str) {
        if self.flaw.is_none() {
            self.flaw = Some(what.to_owned());
        }
    }

    fn end_row(&mut self, rows: &mut Vec<Row>) {
        self.number += 1;
        let blank = self.ends.is_empty() && self.state == State::Begin;
        self.end_field();
        let flaw = self.flaw.take();
        let fields = if blank { Ok(Vec::new()) } else { flaw.map_or_else(|| self.fields(), Err) };
        self.text.clear();
        self.ends.clear();
        self.state = State::Begin;
        if !blank {
            self.delimiter.get_or_insert(b',');
            rows.push(Row { number: self.number, fields });
        }
    }

    fn fields(&self) -> Result<Vec<String>, String> {
        let mut begin = 0;
        let fields = self.ends.iter().map(|end| {
            let field = &self.text[std::mem::replace(&mut begin, *end)..*end];
            String::from_utf8(field.to_vec()).map_err(|_| "is not UTF-8".to_owned())
        });
        fields.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a file in pieces of a size.
    fn read(text: &[u8], size: usize) -> Vec<Row> {
        let (mut reader, mut rows) = (Reader::default(), Vec::new());
        text.chunks(size).for_each(|piece| reader.push(piece, &mut rows));
        reader.end(&mut rows);
        rows
    }

    fn shown(text: &str) -> Vec<String> {
        let whole = read(text.as_bytes(), usize::MAX);
        for size in 1..text.len().min(40) {
            assert_eq!(read(text.as_bytes(), size), whole, "in pieces of {size}: {text:?}");
        }
        let show = |row: Row| match row.fields {
            Ok(fields) => format!("{} {}", row.number, fields.join("|")),
            Err(why) => format!("{} {why}", row.number),
        };
        whole.into_iter().map(show).collect()
    }

    #[test]
    fn rows_are_those_of_the_rfc() {
        assert_eq!(shown("a,b\r\nc,d\r\n"), ["1 a|b", "2 c|d"]);
        assert_eq!(shown("a,b\nc,d"), ["1 a|b", "2 c|d"]);
        assert_eq!(shown("a,b\rc,d\r"), ["1 a|b", "2 c|d"]);
        assert_eq!(shown("\"a,b\",\"c\"\"d\",\"e\r\nf\"\n"), ["1 a,b|c\"d|e\r\nf"]);
        assert_eq!(shown(",\n,,\n\"\"\n"), ["1 |", "2 ||", "3 "]);
        assert_eq!(shown("a\n\n\r\nb\n"), ["1 a", "4 b"], "blank lines are no rows, and count");
        assert_eq!(shown(""), [""; 0]);
        assert_eq!(shown("a,b,"), ["1 a|b|"]);
    }

    #[test]
    fn a_byte_order_mark_is_no_text_and_a_part_of_one_is() {
        assert_eq!(shown("\u{feff}a,b\nc,d\n"), ["1 a|b", "2 c|d"]);
        assert_eq!(shown("\u{feff}\"a\",b\n"), ["1 a|b"]);
        assert_eq!(shown("a\n\u{feff}b\n"), ["1 a", "2 \u{feff}b"]);
        assert_eq!(read(b"\xef\xbba,b\n", 1)[0].fields, Err("is not UTF-8".to_owned()));
    }

    #[test]
    fn the_first_row_says_what_parts_fields() {
        assert_eq!(shown("a;b\n\"c,d\";e\n"), ["1 a|b", "2 c,d|e"]);
        assert_eq!(shown("a\tb\nc;\t,\n"), ["1 a|b", "2 c;|,"]);
        assert_eq!(shown("\"a;b\",c\n"), ["1 a;b|c"]);
        assert_eq!(shown("a\nb,c\nd;e\n"), ["1 a", "2 b|c", "3 d;e"]);
        assert_eq!(shown("\n\r\na;b\nc,d;e\n"), ["3 a|b", "4 c,d|e"], "blank lines are no rows");
        assert_eq!(shown("\na\tb\n"), ["2 a|b"]);
    }

    #[test]
    fn what_is_wrong_with_a_row_is_of_that_row_alone() {
        assert_eq!(
            shown("a,b\nc\"d,e\nf,g\n"),
            ["1 a|b", "2 has a quote in a field that does not begin with one", "3 f|g"]
        );
        assert_eq!(shown("\"a\"b,c\nd,e\n"), ["1 has text behind a closing quote", "2 d|e"]);
        assert_eq!(shown("a\n\"b\nc\n"), ["1 a", "2 has a quote that is never closed"]);
        let latin = read(b"a,b\nJos\xe9,c\nd,e\n", 3);
        assert_eq!(latin[1].fields, Err("is not UTF-8".to_owned()));
        assert_eq!(latin[2].fields, Ok(vec!["d".to_owned(), "e".to_owned()]));
    }

    #[test]
    fn a_cell_of_a_megabyte_and_a_million_columns_take_no_more_memory_than_a_row_may() {
        let (mut reader, mut rows) = (Reader::default(), Vec::new());
        reader.push(b"a,b\n\"", &mut rows);
        for _ in 0..1024 {
            reader.push(&[b'x'; 1024], &mut rows);
            assert!(reader.text.capacity() <= 2 * ROW_BYTES_MAX);
        }
        reader.push(b"\",c\n", &mut rows);
        for _ in 0..1_000_000 {
            reader.push(b",", &mut rows);
        }
        assert!(reader.ends.capacity() <= 2 * FIELDS_MAX);
        reader.push(b"\nc,d\n", &mut rows);
        reader.end(&mut rows);
        let found: Vec<_> = rows.into_iter().map(|row| row.fields).collect();
        assert_eq!(found[1], Err("has more than 16 kB".to_owned()));
        assert_eq!(found[2], Err("has more than 1000 fields".to_owned()));
        assert_eq!(found[3], Ok(vec!["c".to_owned(), "d".to_owned()]));
    }
}
