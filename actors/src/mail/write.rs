//! The lines of a mail: fields of its header, folded and encoded, and bodies that pass any server.
//!
//! ASCII with CRLF line ends, and no line of more than 76 characters, unless a word of a header is
//! longer by itself. Values come checked ([`super::outbound`]): they hold no control characters.

use super::outbound::Mailbox;
use super::structure::cut_at_char;
use base64::{Engine, engine::general_purpose::STANDARD};

const LINE_MAX: usize = 76;
/// The longest word that is written as it is where there is another way to write it.
const PLAIN_WORD_MAX: usize = 60;
/// What an encoded word is besides its text: `=?utf-8?B?` and `?=` (RFC 2047 §2).
const ENCODED_WORD_FRAME: usize = 12;
/// Less room for text than this begins a line instead.
const ENCODED_TEXT_MIN: usize = 12;
/// The longest piece of a parameter's value (RFC 2231 §3).
const PIECE_MAX: usize = 48;
/// As many bytes as make a line of base64.
const BASE64_LINE_BYTES: usize = LINE_MAX / 4 * 3;
const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// A mail as far as it is written.
#[derive(Default)]
pub(super) struct Writer(String);

impl Writer {
    /// Begins a field of a header; what it holds follows, then [`FieldWriter::end`].
    pub fn field(&mut self, name: &str) -> FieldWriter<'_> {
        self.0.push_str(name);
        self.0.push(':');
        FieldWriter { out: &mut self.0, column: name.len() + 1, is_first: true }
    }

    /// A field whose words are written as they are.
    pub fn plain(&mut self, name: &str, value: &str) {
        let mut field = self.field(name);
        value.split(' ').for_each(|word| field.word(word));
        field.end();
    }

    /// A text, its lines ended by CRLF: as it is if any server lets it pass, else quoted-printable
    /// or base64, whichever is shorter.
    pub fn text(&mut self, kind: &str, text: &str) {
        let mut field = self.field("Content-Type");
        field.word(kind);
        field.parameter("charset", "utf-8");
        field.end();
        let is_odd = |b: u8| !b.is_ascii_graphic() && !b" \t\r\n".contains(&b);
        let odd = text.bytes().filter(|b| is_odd(*b)).count();
        let is_safe = |line: &str| line.len() <= LINE_MAX && !line.ends_with([' ', '\t']);
        if odd == 0 && text.split("\r\n").all(is_safe) {
            self.encoding("7bit");
            self.0.push_str(text);
        } else if odd <= text.len() / 6 {
            self.encoding("quoted-printable");
            text.split_terminator("\r\n").for_each(|line| self.quoted_printable(line));
        } else {
            self.encoding("base64");
            self.base64(text.as_bytes());
        }
    }

    /// What stands before a file's content, which is base64.
    pub fn file(&mut self, kind: &str, name: &str) {
        self.plain("Content-Type", kind);
        let mut field = self.field("Content-Disposition");
        field.word("attachment");
        field.parameter("filename", name);
        field.end();
        self.encoding("base64");
    }

    /// Begins several parts: [`Self::next_part`] before each, [`Self::last_part`] after all.
    pub fn multipart(&mut self, kind: &str, boundary: &str) {
        let mut field = self.field("Content-Type");
        field.word(kind);
        field.parameter("boundary", boundary);
        field.end();
        self.0.push_str("\r\n");
    }

    pub fn next_part(&mut self, boundary: &str) {
        for piece in ["--", boundary, "\r\n"] {
            self.0.push_str(piece);
        }
    }

    pub fn last_part(&mut self, boundary: &str) {
        for piece in ["--", boundary, "--\r\n"] {
            self.0.push_str(piece);
        }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    /// The last field of a header.
    fn encoding(&mut self, name: &str) {
        self.plain("Content-Transfer-Encoding", name);
        self.0.push_str("\r\n");
    }

    fn base64(&mut self, bytes: &[u8]) {
        self.0.reserve(bytes.len() / BASE64_LINE_BYTES * (LINE_MAX + 2));
        for line in bytes.chunks(BASE64_LINE_BYTES) {
            STANDARD.encode_string(line, &mut self.0);
            self.0.push_str("\r\n");
        }
    }

    /// One line of text, as one or more (RFC 2045 §6.7).
    fn quoted_printable(&mut self, line: &str) {
        let mut column = 0;
        for (at, byte) in line.bytes().enumerate() {
            let is_plain = match byte {
                b'=' => false,
                b' ' | b'\t' => at + 1 < line.len(),
                _ => byte.is_ascii_graphic(),
            };
            let width = if is_plain { 1 } else { 3 };
            // There must be room for the mark that the line goes on.
            if column + width >= LINE_MAX {
                self.0.push_str("=\r\n");
                column = 0;
            }
            column += width;
            if is_plain { self.0.push(char::from(byte)) } else { push_hex(&mut self.0, '=', byte) }
        }
        self.0.push_str("\r\n");
    }
}

/// One field, folded as it grows.
pub(super) struct FieldWriter<'w> {
    out: &'w mut String,
    column: usize,
    is_first: bool,
}

impl FieldWriter<'_> {
    /// A space and a word, on a new line if it does not fit; the first stays with the name.
    pub fn word(&mut self, word: &str) {
        if !self.is_first && self.column + 1 + word.len() > LINE_MAX {
            self.fold();
        }
        self.is_first = false;
        self.out.push(' ');
        self.out.push_str(word);
        self.column += 1 + word.len();
    }

    /// Free text: encoded where it would not be read as it stands here (RFC 2047).
    pub fn text(&mut self, text: &str) {
        if text.split(' ').all(is_plain) {
            text.split(' ').for_each(|word| self.word(word));
        } else {
            self.encoded(text);
        }
    }

    pub fn mailboxes(&mut self, mailboxes: &[Mailbox]) {
        for (at, mailbox) in mailboxes.iter().enumerate() {
            let name = mailbox.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
            if let Some(name) = name {
                self.phrase(name);
            }
            let comma = if at + 1 < mailboxes.len() { "," } else { "" };
            self.word(&format!("<{}>{comma}", mailbox.address));
        }
    }

    /// A parameter of what was written: quoted, or where it is long or not ASCII, in encoded
    /// pieces (RFC 2231 §4.1).
    pub fn parameter(&mut self, name: &str, value: &str) {
        self.semicolon();
        let is_quotable = |b: u8| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\';
        if value.len() <= PLAIN_WORD_MAX && value.bytes().all(is_quotable) {
            return self.word(&format!("{name}=\"{value}\""));
        }
        let pieces = percent_pieces(value);
        if let [piece] = pieces.as_slice() {
            return self.word(&format!("{name}*=utf-8''{piece}"));
        }
        for (at, piece) in pieces.iter().enumerate() {
            if at > 0 {
                self.semicolon();
            }
            let charset = if at == 0 { "utf-8''" } else { "" };
            self.word(&format!("{name}*{at}*={charset}{piece}"));
        }
    }

    pub fn end(self) {
        self.out.push_str("\r\n");
    }

    /// A display name: as it is, quoted or encoded (RFC 5322 §3.2.5).
    fn phrase(&mut self, name: &str) {
        let is_atom = |b: u8| b.is_ascii_alphanumeric() || b" !#$%&'*+-/=?^_`{|}~".contains(&b);
        if !name.split(' ').all(is_plain) {
            self.encoded(name);
        } else if name.bytes().all(is_atom) {
            self.text(name);
        } else {
            let quoted = format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
            quoted.split(' ').for_each(|word| self.word(word));
        }
    }

    fn encoded(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let room = |column| LINE_MAX.saturating_sub(column + 1 + ENCODED_WORD_FRAME) / 4 * 3;
            if room(self.column) < ENCODED_TEXT_MIN {
                self.fold();
            }
            let piece = cut_at_char(rest, room(self.column));
            rest = &rest[piece.len()..];
            self.word(&format!("=?utf-8?B?{}?=", STANDARD.encode(piece)));
        }
    }

    fn semicolon(&mut self) {
        self.out.push(';');
        self.column += 1;
    }

    fn fold(&mut self) {
        self.out.push_str("\r\n");
        self.column = 0;
    }
}

/// Whether a word between single spaces is read as it is written, and short enough to be folded.
fn is_plain(word: &str) -> bool {
    (1..=PLAIN_WORD_MAX).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_graphic())
        && !word.contains("=?")
}

/// The value in pieces, each of whole characters.
fn percent_pieces(value: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for character in value.chars() {
        let mut written = String::new();
        for byte in character.encode_utf8(&mut [0; 4]).bytes() {
            match byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
                true => written.push(char::from(byte)),
                false => push_hex(&mut written, '%', byte),
            }
        }
        match pieces.last_mut() {
            Some(last) if last.len() + written.len() <= PIECE_MAX => last.push_str(&written),
            _ => pieces.push(written),
        }
    }
    pieces
}

fn push_hex(out: &mut String, mark: char, byte: u8) {
    let [high, low] = [byte >> 4, byte & 15].map(|digit| char::from(HEX[usize::from(digit)]));
    out.extend([mark, high, low]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::address::Address;

    fn written(write: impl FnOnce(&mut Writer)) -> String {
        let mut writer = Writer::default();
        write(&mut writer);
        String::from_utf8(writer.into_bytes()).expect("ASCII")
    }

    fn subject(text: &str) -> String {
        written(|out| {
            let mut field = out.field("Subject");
            field.text(text);
            field.end();
        })
    }

    #[test]
    fn text_is_as_it_is_or_encoded() {
        assert_eq!(subject("The door is stuck"), "Subject: The door is stuck\r\n");
        assert_eq!(subject(""), "Subject:\r\n");
        assert_eq!(subject("a  b"), "Subject: =?utf-8?B?YSAgYg==?=\r\n");
        assert_eq!(subject("=?x?="), "Subject: =?utf-8?B?PT94Pz0=?=\r\n");
        assert_eq!(subject("Grüße"), "Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n");
    }

    #[test]
    fn long_fields_are_folded_between_words_and_characters() {
        let many = subject("word ".repeat(40).trim_end());
        assert_eq!(many.replace("\r\n", ""), format!("Subject: {}", "word ".repeat(40).trim_end()));
        for text in ["word ".repeat(40), "ü".repeat(300), "日本語 ".repeat(90), "x".repeat(900)]
        {
            let folded = subject(text.trim_end());
            assert!(folded.lines().all(|line| (1..=LINE_MAX).contains(&line.trim().len())));
            assert!(folded.matches("\r\n").count() == folded.lines().count(), "{folded}");
            assert!(folded.lines().skip(1).all(|line| line.starts_with(' ')), "{folded}");
        }
    }

    #[test]
    fn names_are_atoms_quoted_or_encoded() {
        let mailbox = |name: &str| Mailbox {
            name: Some(name.to_owned()),
            address: Address::parse("a@b.c").expect("an address"),
        };
        let to = |names: &[&str]| {
            let list: Vec<_> = names.iter().map(|name| mailbox(name)).collect();
            written(|out| out.field("To").mailboxes(&list))
        };
        assert_eq!(to(&["Ann Lee", " "]), "To: Ann Lee <a@b.c>, <a@b.c>");
        assert_eq!(to(&[r#"Lee, "Ann" \o/"#]), r#"To: "Lee, \"Ann\" \\o/" <a@b.c>"#);
        assert_eq!(to(&["Jörg <x@y>"]), "To: =?utf-8?B?SsO2cmcgPHhAeT4=?= <a@b.c>");
    }

    #[test]
    fn file_names_are_quoted_or_in_encoded_pieces() {
        let file = |name: &str| written(|out| out.file("a/b", name));
        assert!(file("a b.pdf").contains("attachment; filename=\"a b.pdf\"\r\n"));
        assert!(file("a\".pdf").contains("attachment; filename*=utf-8''a%22.pdf\r\n"));
        let long = file(&"ä".repeat(20));
        let piece = "%C3%A4".repeat(8);
        assert!(long.contains(&format!(";\r\n filename*0*=utf-8''{piece};\r\n")), "{long}");
        assert!(long.contains(&format!("\r\n filename*2*={}\r\n", "%C3%A4".repeat(4))), "{long}");
    }

    #[test]
    fn bodies_are_left_alone_or_take_the_shorter_encoding() {
        let body = |text: &str| {
            let all = written(|out| out.text("text/plain", text));
            let (head, body) = all.split_once("\r\n\r\n").expect("a header");
            (head.rsplit(' ').next().unwrap_or_default().to_owned(), body.to_owned())
        };
        let expect = |encoding: &str, text: &str| (encoding.to_owned(), text.to_owned());
        assert_eq!(body("Hi = you\r\n"), expect("7bit", "Hi = you\r\n"));
        assert_eq!(body("üü\r\n"), expect("base64", "w7zDvA0K\r\n"));
        assert_eq!(
            body("The door is stück = \r\n\r\n"),
            expect("quoted-printable", "The door is st=C3=BCck =3D=20\r\n\r\n")
        );
        let (encoding, long) = body(&format!("{}\r\n", "x".repeat(200)));
        assert_eq!(encoding, "quoted-printable");
        let lines: Vec<&str> = long.split_terminator("\r\n").collect();
        assert_eq!(lines.iter().map(|line| line.len()).collect::<Vec<_>>(), [76, 76, 50]);
        assert!(lines[0].ends_with("x="), "{long}");
        let (_, base64) = body(&"ü".repeat(100));
        assert!(base64.split_terminator("\r\n").all(|line| line.len() <= LINE_MAX), "{base64}");
    }
}
