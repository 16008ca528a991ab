//! A form with one file in it (RFC 7578), read as it comes: nothing of the file is held back but
//! what could be the beginning of its end.

use schema::{Code, Reject};

const HEAD_BYTES_MAX: usize = 16 * 1024;
const BOUNDARY_BYTES_MAX: usize = 70;

/// What a form says of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is called.
    pub file_name: String,
    /// What it says it is.
    pub content_type: String,
}

/// A form on its way in.
pub struct Form {
    boundary: Vec<u8>,
    held: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    File,
    End,
}

impl Form {
    /// A form of a content type; none where that is another.
    ///
    /// # Errors
    /// `bad_request` for a form without a boundary.
    pub fn of(content_type: &str) -> Result<Option<Self>, Reject> {
        let mut parts = content_type.split(';').map(str::trim);
        let is_form =
            parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/form-data"));
        if !is_form {
            return Ok(None);
        }
        let boundary = parts
            .find_map(|part| {
                let (name, value) = part.split_once('=')?;
                name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"').to_owned())
            })
            .filter(|text| (1..=BOUNDARY_BYTES_MAX).contains(&text.len()))
            .ok_or_else(|| bad("the form has no boundary"))?;
        let boundary = format!("\r\n--{boundary}").into_bytes();
        // As if a line had ended before the first boundary.
        Ok(Some(Self { boundary, held: b"\r\n".to_vec(), state: State::Head }))
    }

    /// Takes more of the form; gives what the file is, once that is known, and its next bytes.
    ///
    /// # Errors
    /// `bad_request`, and `invalid_input` for a form with anything but one file.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(Option<Part>, Vec<u8>), Reject> {
        if self.state == State::End {
            // What follows the last part means nothing; only how that ended is looked at.
            let wanted = (self.boundary.len() + 2).saturating_sub(self.held.len());
            self.held.extend_from_slice(&chunk[..wanted.min(chunk.len())]);
            return Ok((None, Vec::new()));
        }
        self.held.extend_from_slice(chunk);
        let mut part = None;
        if self.state == State::Head {
            part = self.head()?;
        }
        if self.state != State::File {
            return Ok((part, Vec::new()));
        }
        let Some(end) = find(&self.held, &self.boundary) else {
            let sure = self.held.len().saturating_sub(self.boundary.len());
            return Ok((part, self.held.drain(..sure).collect()));
        };
        let file = self.held.drain(..end).collect();
        self.held.truncate(self.boundary.len() + 2);
        self.state = State::End;
        Ok((part, file))
    }

    /// The form has come to its end.
    ///
    /// # Errors
    /// As [`Form::push`].
    pub fn end(&self) -> Result<(), Reject> {
        let after = self.held.get(self.boundary.len()..).unwrap_or_default();
        match self.state {
            State::End if after.starts_with(b"--") => Ok(()),
            State::End => Err(Reject::field("file", "must be the one part of the form")),
            _ => Err(bad("the form breaks off")),
        }
    }

    fn head(&mut self) -> Result<Option<Part>, Reject> {
        let Some(at) = find(&self.held, b"\r\n\r\n") else {
            if self.held.len() > HEAD_BYTES_MAX {
                return Err(bad("the form's first part has no head"));
            }
            return Ok(None);
        };
        let head = String::from_utf8_lossy(&self.held[..at]).into_owned();
        let boundary = String::from_utf8_lossy(&self.boundary).into_owned();
        let lines = head.strip_prefix(&boundary).ok_or_else(|| bad("the form has no parts"))?;
        let header = |name: &str| {
            lines.split("\r\n").find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let disposition = header("content-disposition").unwrap_or_default();
        let file_name = file_name(&disposition)
            .ok_or_else(|| Reject::field("file", "must be the one part of the form"))?;
        let content_type = header("content-type").unwrap_or_else(|| crate::media::OTHER.to_owned());
        self.held.drain(..at + 4);
        self.state = State::File;
        Ok(Some(Part { file_name, content_type }))
    }
}

/// `filename*` (RFC 8187) before `filename`.
fn file_name(disposition: &str) -> Option<String> {
    let lower = disposition.to_ascii_lowercase();
    if let Some(at) = lower.find("filename*=utf-8''") {
        let rest = &disposition[at + "filename*=utf-8''".len()..];
        return percent(rest.split(';').next().unwrap_or_default().trim());
    }
    let at = lower.find("filename=")?;
    let rest = &disposition[at + "filename=".len()..];
    let Some(quoted) = rest.strip_prefix('"') else {
        return Some(rest.split(';').next().unwrap_or_default().trim().to_owned());
    };
    let mut name = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Some(name),
            '\\' => name.extend(chars.next()),
            c => name.push(c),
        }
    }
    None
}

/// A text with `%xx` in it.
#[must_use]
pub fn percent(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut given = text.bytes();
    while let Some(byte) = given.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(given.next())?, digit(given.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

fn bad(why: &str) -> Reject {
    Reject::new(Code::BadRequest, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &[u8], step: usize) -> Result<(Part, Vec<u8>), u16> {
        let status = |reject: Reject| reject.code.status();
        let mut reader =
            Form::of("multipart/form-data; boundary=\"x-y\"").expect("ok").expect("a form");
        let (mut found, mut file) = (None, Vec::new());
        for chunk in form.chunks(step) {
            let (part, bytes) = reader.push(chunk).map_err(status)?;
            found = found.or(part);
            file.extend(bytes);
        }
        reader.end().map_err(status)?;
        Ok((found.ok_or(0_u16)?, file))
    }

    fn form(disposition: &str, content: &[u8]) -> Vec<u8> {
        let head = format!(
            "--x-y\r\nContent-Disposition: form-data; {disposition}\r\n\
             content-type: image/png\r\n\r\n"
        );
        [head.as_bytes(), content, b"\r\n--x-y--\r\n"].concat()
    }

    #[test]
    fn a_file_is_read_in_pieces_of_any_size() {
        for content in [&b"abc"[..], b"", b"\r\n--x-", b"\r\n--x-z\r\n--", &[0; 500]] {
            for step in [1, 2, 7, 64, 10_000] {
                let (part, file) = read(&form("name=file; filename=\"a.png\"", content), step)
                    .unwrap_or_else(|status| panic!("{content:?} by {step}: {status}"));
                assert_eq!(
                    (part.file_name.as_str(), part.content_type.as_str()),
                    ("a.png", "image/png")
                );
                assert_eq!(file, content, "by {step}");
            }
        }
    }

    #[test]
    fn what_follows_the_last_part_is_not_kept() {
        let mut reader =
            Form::of("multipart/form-data; boundary=\"x-y\"").expect("ok").expect("a form");
        reader.push(&form("filename=a", b"1")).expect("a form");
        for _ in 0..100 {
            assert_eq!(reader.push(&[b'x'; 10_000]).expect("more"), (None, Vec::new()));
        }
        assert!(reader.held.len() < 100);
        reader.end().expect("it ended well");
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for (given, name) in [
            ("filename=\"a\\\"b.png\"", "a\"b.png"),
            ("filename=plain.txt; name=\"file\"", "plain.txt"),
            ("filename=\"x\"; filename*=UTF-8''%c3%a4.png", "ä.png"),
            ("filename=\"../../x\"", "../../x"),
        ] {
            let (part, _) = read(&form(given, b"1"), 9).expect(given);
            assert_eq!(part.file_name, name);
        }
    }

    #[test]
    fn forms_of_anything_but_one_file_are_refused() {
        let two = [
            &form("filename=a", b"1")[..form("filename=a", b"1").len() - 4],
            b"\r\n",
            &form("filename=b", b"2"),
        ]
        .concat();
        for (form, status) in [
            (form("name=\"note\"", b"text"), 422),
            (two, 422),
            (b"--x-y\r\nContent-Disposition: form-data; filename=a\r\n\r\nabc".to_vec(), 400),
            (b"".to_vec(), 400),
            (b"--other\r\nContent-Disposition: form-data; filename=a\r\n\r\n".to_vec(), 400),
            (vec![b'a'; 40_000], 400),
            (form("filename=\"a", b"1"), 422),
            (form("filename*=UTF-8''%zz", b"1"), 422),
        ] {
            assert_eq!(read(&form, 11).map(drop), Err(status), "{form:?}");
        }
        assert!(Form::of("multipart/form-data").is_err());
        assert!(Form::of(&format!("multipart/form-data; boundary={}", "b".repeat(71))).is_err());
        assert!(matches!(Form::of("image/png"), Ok(None)));
    }
}
