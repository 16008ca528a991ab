//! The multi-byte charsets of old mail: Korean, Japanese, Chinese, and a few that go with them.
//!
//! Their tables are an eighth of a Worker, and every runtime has them already: so who reads a
//! mail brings them. `mail-parser` knows all other charsets. Words and parameters of the header
//! are put into UTF-8 before it sees them, so that it alone decides where such a word may stand.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use mail_parser::{decoders::hex::decode_hex, parsers::MessageStream};

/// The most of one encoded word that is looked at; the standard allows 75 bytes (RFC 2047 §2).
const WORD_BYTES_MAX: usize = 8 * 1024;
/// Longer than the name of any charset.
const LABEL_BYTES_MAX: usize = 64;

/// Decodes charsets by the names that the WHATWG Encoding Standard gives them.
pub trait Charsets {
    /// The text, with U+FFFD for what is none; `None` if the charset is not known after all.
    fn decode(&self, name: &str, bytes: &[u8]) -> Option<String>;
}

/// The native home: the tables of `encoding_rs`.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, Clone, Copy)]
pub struct Native;

#[cfg(not(target_arch = "wasm32"))]
pub use Native as Runtime;

#[cfg(target_arch = "wasm32")]
pub use crate::kernel::host::charset::Runtime;

#[cfg(not(target_arch = "wasm32"))]
impl Charsets for Native {
    fn decode(&self, name: &str, bytes: &[u8]) -> Option<String> {
        let encoding = encoding_rs::Encoding::for_label(name.as_bytes())?;
        Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
    }
}

/// Reads bytes of a multi-byte charset; `None` where the label names none.
pub(super) fn decode(charsets: &dyn Charsets, label: &str, bytes: &[u8]) -> Option<String> {
    let name = name_of(label)?;
    match bytes.strip_prefix(b"\xef\xbb\xbf") {
        // A byte order mark says more than a label.
        Some(text) => Some(String::from_utf8_lossy(text).into_owned()),
        None => charsets.decode(name, bytes),
    }
}

/// The standard name of what mail calls a charset.
fn name_of(label: &str) -> Option<&'static str> {
    let label = label.trim();
    if label.len() > LABEL_BYTES_MAX {
        return None;
    }
    Some(match label.to_ascii_lowercase().replace('_', "-").as_str() {
        "euc-kr" | "cseuckr" | "csksc56011987" | "iso-ir-149" | "korean" | "ks-c-5601"
        | "ks-c-5601-1987" | "ks-c-5601-1989" | "ksc5601" | "ksc-5601" | "ms949" | "cp949"
        | "windows-949" | "x-windows-949" | "uhc" => "euc-kr",
        "shift-jis" | "shift-jisx0213" | "csshiftjis" | "cp932" | "ms932" | "ms-kanji" | "sjis"
        | "windows-31j" | "x-sjis" => "shift_jis",
        "euc-jp"
        | "x-euc-jp"
        | "eucjp"
        | "cseucpkdfmtjapanese"
        | "extended-unix-code-packed-format-for-japanese" => "euc-jp",
        "iso-2022-jp" | "csiso2022jp" => "iso-2022-jp",
        "big5" | "big5-hkscs" | "cn-big5" | "csbig5" | "cp950" | "windows-950" | "x-x-big5" => {
            "big5"
        }
        "gb2312" | "gb-2312" | "gb-2312-80" | "gbk" | "gb18030" | "chinese" | "cp936"
        | "csgb18030" | "csgb2312" | "csgbk" | "csiso58gb231280" | "iso-ir-58" | "ms936"
        | "windows-936" | "x-gbk" => "gb18030",
        "windows-874" | "cswindows874" | "dos-874" => "windows-874",
        "ibm866" | "866" | "cp866" | "csibm866" => "ibm866",
        "x-mac-cyrillic" | "x-mac-ukrainian" => "x-mac-cyrillic",
        _ => return None,
    })
}

/// A header field with its encoded words (RFC 2047) and extended parameters (RFC 2231) of
/// multi-byte charsets as such of UTF-8; everything else stays as it is.
pub(super) fn field_to_utf8(value: &str, charsets: &dyn Charsets) -> String {
    let mut out = String::with_capacity(value.len());
    let (mut done, mut at) = (0, 0);
    while let Some(pair) = value.as_bytes().get(at..at + 2) {
        let found = match pair {
            b"=?" => word(&value[at + 2..], charsets),
            b"*=" => parameter(&value[at + 2..], charsets),
            _ => None,
        };
        let Some((text, length)) = found else {
            at += 1;
            continue;
        };
        out.push_str(&value[done..at]);
        out.push_str(&text);
        at += 2 + length;
        done = at;
    }
    out.push_str(&value[done..]);
    out
}

/// `euc-kr?B?x9GxuQ==?=`, perhaps with a language (`euc-kr*ko?…`), and how long it was.
fn word(rest: &str, charsets: &dyn Charsets) -> Option<(String, usize)> {
    let (label, data_at) = label(rest, b'?')?;
    let encoding = *rest.as_bytes().get(data_at)?;
    let data_at = data_at + 2;
    let data = rest.as_bytes().get(data_at..)?;
    let mut stream = MessageStream::new(&data[..data.len().min(WORD_BYTES_MAX)]);
    let bytes = match (encoding, rest.as_bytes()[data_at - 1]) {
        (b'b' | b'B', b'?') => stream.decode_base64_word(),
        (b'q' | b'Q', b'?') => stream.decode_quoted_printable_word(),
        _ => None,
    }?;
    let text = decode(charsets, label.split('*').next()?, &bytes)?;
    Some((format!("=?utf-8?B?{}?=", STANDARD.encode(text)), data_at + stream.offset()))
}

/// `euc-kr'ko'%C7%D1` with the pieces that continue it, and how long all that was.
fn parameter(rest: &str, charsets: &dyn Charsets) -> Option<(String, usize)> {
    let (label, language_at) = label(rest, b'\'')?;
    let label = label.trim_start_matches([' ', '"']);
    name_of(label)?; // before the pieces: each of many others would look at all of them
    let (language, value_at) = self::label(&rest[language_at..], b'\'')?;
    let mut end = language_at + value_at;
    let mut bytes = Vec::new();
    let mut next = Some(end);
    // A character may be cut by the end of a piece: joined first, then read.
    while let Some(begin) = next {
        let length = rest[begin..].find([';', '"', ' ', '\t', '\r', '\n']);
        let piece = &rest[begin..length.map_or(rest.len(), |length| begin + length)];
        let (true, piece_bytes) = decode_hex(piece.as_bytes()) else { break };
        bytes.extend(piece_bytes);
        end = begin + piece.len();
        next = continued(&rest[end..]).map(|length| end + length);
    }
    let text = decode(charsets, label, &bytes)?;
    let mut out = format!("*=utf-8'{language}'");
    for byte in text.bytes() {
        let _ = match byte.is_ascii_alphanumeric() {
            true => out.write_char(char::from(byte)),
            false => write!(out, "%{byte:02X}"), // writing to a String cannot fail
        };
    }
    Some((out, end))
}

/// How long the beginning of a further piece is: `; name*1*=`.
fn continued(rest: &str) -> Option<usize> {
    let name = rest.strip_prefix(';')?.trim_start();
    let length = name.bytes().take(LABEL_BYTES_MAX).position(|b| b == b'=')?;
    let number = name[..length].strip_suffix('*')?.split_once('*')?.1;
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some(rest.len() - name.len() + length + 1)
}

/// What stands before a byte that must come soon, and the offset after it.
fn label(rest: &str, end: u8) -> Option<(&str, usize)> {
    let length = rest.bytes().take(LABEL_BYTES_MAX).position(|b| b == end)?;
    Some((&rest[..length], length + 1))
}
