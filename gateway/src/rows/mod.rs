//! Files of prospects, read as they come: CSV, or JSON with one object a line.

mod columns;
pub mod csv;

use self::columns::Columns;
use self::csv::ROW_BYTES_MAX;
use schema::pipeline::FileRow;
use schema::prospect::NewProspect;
use schema::{Code, Reject, codec};

/// Reads a file.
#[derive(Debug)]
pub enum Rows {
    /// CSV, and its columns once the first row was read.
    Csv(Box<csv::Reader>, Option<Columns>),
    /// JSON, one object a line.
    Lines(Lines),
}

impl Rows {
    /// The reader for a type of content.
    ///
    /// # Errors
    /// `unsupported_media_type`.
    pub fn of(content_type: &str) -> Result<Self, Reject> {
        let refused = |why: &str| Err(Reject::new(Code::UnsupportedMediaType, why));
        let lower = content_type.to_ascii_lowercase();
        let mut parts = lower.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let charset = parts.find_map(|part| part.strip_prefix("charset="));
        let charset = charset.map(|name| name.trim_matches('"'));
        if !matches!(charset, None | Some("utf-8" | "utf8")) {
            return refused("the file must be UTF-8");
        }
        match kind {
            "text/csv" => Ok(Self::Csv(Box::default(), None)),
            "application/x-ndjson" | "application/jsonl" => Ok(Self::Lines(Lines::default())),
            _ => refused("content-type must be text/csv or application/x-ndjson"),
        }
    }

    /// Whether it is known what the rows say.
    #[must_use]
    pub const fn are_known(&self) -> bool {
        matches!(self, Self::Lines(_) | Self::Csv(_, Some(_)))
    }

    /// Reads on; what was found is added to `found`.
    ///
    /// # Errors
    /// `invalid_input` for a first row that names no columns.
    pub fn push(&mut self, bytes: &[u8], found: &mut Vec<FileRow>) -> Result<(), Reject> {
        match self {
            Self::Lines(lines) => {
                bytes.iter().for_each(|byte| lines.take(*byte, found));
                Ok(())
            }
            Self::Csv(reader, columns) => {
                let mut rows = Vec::new();
                reader.push(bytes, &mut rows);
                rows.into_iter().try_for_each(|row| add(columns, row, found))
            }
        }
    }

    /// The file ends.
    ///
    /// # Errors
    /// `invalid_input` for a file without columns.
    pub fn end(&mut self, found: &mut Vec<FileRow>) -> Result<(), Reject> {
        match self {
            Self::Lines(lines) => lines.end(found),
            Self::Csv(reader, columns) => {
                let mut rows = Vec::new();
                reader.end(&mut rows);
                rows.into_iter().try_for_each(|row| add(columns, row, found))?;
                if columns.is_none() {
                    return Err(Reject::field("the first row", "must name the columns"));
                }
            }
        }
        Ok(())
    }
}

/// Adds a row; the first one names the columns.
fn add(
    columns: &mut Option<Columns>,
    row: csv::Row,
    found: &mut Vec<FileRow>,
) -> Result<(), Reject> {
    let Some(known) = columns else {
        let names = row.fields.map_err(|why| {
            Reject::field("the first row", format!("{why}: save the file as CSV in UTF-8"))
        })?;
        *columns = Some(Columns::read(&names)?);
        return Ok(());
    };
    let prospect = row.fields.and_then(|fields| known.prospect(fields));
    found.push(file_row(row.number, prospect));
    Ok(())
}

fn file_row(row: i64, prospect: Result<NewProspect, String>) -> FileRow {
    match prospect {
        Ok(prospect) => FileRow { row, prospect: Some(prospect), error: None },
        Err(error) => FileRow { row, prospect: None, error: Some(error) },
    }
}

/// Reads lines.
#[derive(Debug, Default)]
pub struct Lines {
    number: i64,
    text: Vec<u8>,
    is_long: bool,
}

impl Lines {
    fn take(&mut self, byte: u8, found: &mut Vec<FileRow>) {
        if byte == b'\n' {
            self.end(found);
        } else if self.text.len() < ROW_BYTES_MAX {
            self.text.push(byte);
        } else {
            self.is_long = true;
        }
    }

    fn end(&mut self, found: &mut Vec<FileRow>) {
        self.number += 1;
        let text = std::mem::take(&mut self.text);
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text).trim_ascii();
        if std::mem::take(&mut self.is_long) {
            found.push(file_row(self.number, Err("has more than 16 kB".to_owned())));
        } else if !text.is_empty() {
            let row = codec::from_json(text).map_err(|reject| reject.message);
            found.push(file_row(self.number, row));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, text: &[u8], size: usize) -> Result<Vec<FileRow>, Reject> {
        let (mut rows, mut found) = (Rows::of(kind)?, Vec::new());
        for piece in text.chunks(size) {
            rows.push(piece, &mut found)?;
        }
        rows.end(&mut found)?;
        Ok(found)
    }

    fn shown(kind: &str, text: &str) -> Vec<String> {
        let whole = read(kind, text.as_bytes(), usize::MAX).expect("rows");
        for size in 1..9 {
            assert_eq!(read(kind, text.as_bytes(), size).expect("rows"), whole, "by {size}");
        }
        let show = |row: FileRow| match (row.prospect, row.error) {
            (Some(prospect), None) => format!("{} {}", row.row, prospect.email.unwrap_or_default()),
            (None, Some(error)) => format!("{} {error}", row.row),
            other => panic!("{other:?}"),
        };
        whole.into_iter().map(show).collect()
    }

    #[test]
    fn rows_of_both_kinds_carry_their_numbers() {
        let csv = "email,name\nann@a.example,Ann\n\nbob@a.example\n\"c\"x,y\ncy@a.example,Cy\n";
        assert_eq!(
            shown("text/csv; charset=UTF-8", csv),
            [
                "2 ann@a.example",
                "4 has 1 fields, and there are 2 columns",
                "5 has text behind a closing quote",
                "6 cy@a.example",
            ]
        );
        for kind in ["text/csv; charset=utf-8; header=present", "text/csv;header=present"] {
            assert_eq!(shown(kind, "\nname;email\nAnn;ann@a.example\n"), ["3 ann@a.example"]);
        }
        let lines = "{\"email\":\"ann@a.example\"}\r\n\n[1]\n\
            {\"email\":\"b@a.example\",\"x\":1}\n{\"email\"";
        let found = shown("application/x-ndjson", lines);
        assert_eq!(found[0], "1 ann@a.example");
        assert!(found[1].starts_with("3 "), "{found:?}");
        assert_eq!(found[2], "4 x: is not a known field");
        assert!(found[3].starts_with("5 ") && found.len() == 4, "{found:?}");
        let long =
            format!("{{\"email\":\"{}\"}}\n{{\"email\":\"d@a.example\"}}", "x".repeat(20_000));
        assert_eq!(
            shown("application/x-ndjson", &long),
            ["1 has more than 16 kB", "2 d@a.example"]
        );
    }

    #[test]
    fn what_is_no_such_file_is_refused_as_a_whole() {
        let refused = |kind: &str, text: &[u8]| read(kind, text, 7).expect_err("refused").message;
        for kind in [
            "application/json",
            "text/plain",
            "",
            "text/csv; charset=utf-16",
            "text/csv; header=present; charset=utf-16",
        ] {
            let code = Rows::of(kind).expect_err(kind).code;
            assert_eq!(code, Code::UnsupportedMediaType, "{kind}");
        }
        let utf16: Vec<u8> =
            "\u{feff}email,name\na,b\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(refused("text/csv", &utf16).contains("is not UTF-8: save the file"));
        assert!(refused("text/csv", &utf16[2..]).contains("save the file as UTF-8"));
        assert!(refused("text/csv", b"").contains("must name the columns"));
        assert!(refused("text/csv", b"\n\n").contains("must name the columns"));
        assert!(refused("text/csv", &vec![b','; 1_000_000]).contains("more than 1000 fields"));
        assert!(refused("text/csv", b"a,b\nc,d\n").contains("needs a column email"));
        assert_eq!(read("application/jsonl", b"", 7), Ok(Vec::new()));
    }
}
