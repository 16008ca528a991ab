//! The MIME tree of a message: which part is the text that people read, which are attachments.
//!
//! The walk is ours, because every bound is: depth, number of parts, bytes of text. A general
//! parser builds the whole tree first, and a mail of a million nested `message/rfc822` parts is
//! smaller than an ordinary photo. Fields and charsets are still decoded by `mail-parser`.
//! Nested messages stay closed: they are attachments, and nobody's words of today.

use mail_parser::{ContentType, MimeHeaders, decoders::charsets::map::charset_decoder};

use super::charset::{self, Charsets};
use super::header::{self, HeaderBlock};
use super::html::{html_to_text, text_to_html};
use super::inbound::{Attachment, TEXT_BYTES_MAX};
use super::safe_html::HTML_BYTES_MAX;
use super::transfer::decode_transfer;

const DEPTH_MAX: usize = 20;
const PARTS_COUNT_MAX: usize = 500;
/// How much of one encoded text part is looked at; markup is longer than what it says.
const TEXT_SOURCE_BYTES_MAX: usize = 8 * TEXT_BYTES_MAX;

/// How much of one encoded part is looked at where HTML is asked for: base64 is a third longer.
const HTML_SOURCE_BYTES_MAX: usize = 2 * HTML_BYTES_MAX;

/// In which form the walk gives what people read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// As text, with the files beside it.
    Text,
    /// As HTML, as it was sent; without files.
    Html,
}

/// What the walk found.
pub(super) struct Found<'x> {
    pub(super) text: String,
    /// There is HTML among it.
    pub(super) has_html: bool,
    form: Form,
    pub(super) attachments: Vec<Attachment>,
    /// A text part was longer than what is read of it.
    pub(super) is_text_cut: bool,
    /// Parts beyond the bounds were left out, or left closed.
    pub(super) is_too_complex: bool,
    parts_count: usize,
    /// How much HTML may still come.
    html_left: usize,
    charsets: &'x dyn Charsets,
}

/// What one part says about itself.
struct PartFacts {
    kind: Kind,
    content_type: String,
    charset: Option<String>,
    boundary: Option<String>,
    encoding: String,
    file_name: Option<String>,
    content_id: Option<String>,
    is_attachment: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    Html,
    Alternative,
    Multipart,
    Other,
}

/// Walks a message whose header block was split off already.
pub(super) fn walk<'x>(
    headers: &HeaderBlock,
    body: &[u8],
    charsets: &'x dyn Charsets,
    form: Form,
) -> Found<'x> {
    let mut found = Found {
        text: String::new(),
        has_html: false,
        form,
        attachments: Vec::new(),
        is_text_cut: false,
        is_too_complex: false,
        parts_count: 0,
        html_left: HTML_BYTES_MAX,
        charsets,
    };
    let text = found.part(&facts_of(headers, charsets), body, 0);
    found.text = text.unwrap_or_default();
    found
}

impl Found<'_> {
    /// Reads one part; returns what it adds to the text, collects what it attaches.
    fn part(&mut self, facts: &PartFacts, body: &[u8], depth: usize) -> Option<String> {
        self.parts_count += 1;
        let is_multipart = matches!(facts.kind, Kind::Alternative | Kind::Multipart);
        if is_multipart && depth < DEPTH_MAX {
            let boundary = facts.boundary.as_deref().unwrap_or_default();
            let (parts, has_more) = split_parts(
                body,
                boundary,
                PARTS_COUNT_MAX - self.parts_count.min(PARTS_COUNT_MAX),
            );
            self.is_too_complex |= has_more;
            if !parts.is_empty() {
                return self.children(facts.kind, &parts, depth);
            }
            // Declared in parts, but no boundary: what is there is the text.
            return (!has_more).then(|| self.text(facts, body, Kind::Plain));
        }
        self.is_too_complex |= is_multipart;
        let is_text = matches!(facts.kind, Kind::Plain | Kind::Html);
        if is_text && !facts.is_attachment && facts.file_name.is_none() {
            return Some(self.text(facts, body, facts.kind));
        }
        // The only part of a message is its text, whatever kind of text it claims to be.
        if depth == 0 && !facts.is_attachment && facts.content_type.starts_with("text/") {
            return Some(self.text(facts, body, Kind::Plain));
        }
        self.attach(facts, body);
        None
    }

    fn children(&mut self, kind: Kind, parts: &[&[u8]], depth: usize) -> Option<String> {
        if kind == Kind::Alternative && self.form == Form::Html {
            return self.richest(parts, depth);
        }
        let mut texts: Vec<(Kind, String)> = Vec::new();
        for part in parts {
            let Some((kind, text)) = self.child(part, depth) else { break };
            if !text.trim().is_empty() {
                texts.push((kind, text));
            }
        }
        if kind == Kind::Alternative {
            let plain = texts.iter().position(|(kind, _)| *kind == Kind::Plain);
            let best = plain.or(texts.len().checked_sub(1))?;
            return Some(texts.swap_remove(best).1);
        }
        let texts: Vec<String> = texts.into_iter().map(|(_, text)| text).collect();
        (!texts.is_empty()).then(|| texts.join("\n"))
    }

    /// What a part of this message says, and in which form; none where there are too many parts.
    fn child(&mut self, part: &[u8], depth: usize) -> Option<(Kind, String)> {
        if self.parts_count >= PARTS_COUNT_MAX {
            self.is_too_complex = true;
            return None;
        }
        let (headers, at) = HeaderBlock::split_part(part);
        let facts = facts_of(&headers, self.charsets);
        let text = self.part(&facts, &part[at..], depth + 1);
        Some((facts.kind, text.unwrap_or_default()))
    }

    /// Of alternatives, the last that is not plain. Only that one counts against what may come, and
    /// no other is kept meanwhile.
    fn richest(&mut self, parts: &[&[u8]], depth: usize) -> Option<String> {
        let (left, is_cut) = (self.html_left, self.is_text_cut);
        let mut best: Option<(Kind, String, usize, bool)> = None;
        for part in parts {
            (self.html_left, self.is_text_cut) = (left, false);
            let Some((kind, text)) = self.child(part, depth) else { break };
            let is_better =
                kind != Kind::Plain || best.as_ref().is_none_or(|(kind, ..)| *kind == Kind::Plain);
            if is_better && (self.is_text_cut || !text.trim().is_empty()) {
                best = Some((kind, text, self.html_left, self.is_text_cut));
            }
        }
        (self.html_left, self.is_text_cut) = (left, is_cut);
        let (_, text, left, was_cut) = best?;
        self.html_left = left;
        self.is_text_cut |= was_cut;
        Some(text)
    }

    fn text(&mut self, facts: &PartFacts, body: &[u8], kind: Kind) -> String {
        let most = match self.form {
            Form::Text => TEXT_SOURCE_BYTES_MAX,
            Form::Html => HTML_SOURCE_BYTES_MAX,
        };
        let source = &body[..body.len().min(most)];
        self.is_text_cut |= source.len() < body.len();
        let bytes = decode_transfer(source, &facts.encoding);
        let text = decode_charset(&bytes, facts.charset.as_deref(), self.charsets);
        self.has_html |= kind == Kind::Html;
        match (kind, self.form) {
            (Kind::Html, Form::Text) => html_to_text(&text),
            (_, Form::Text) => text.replace("\r\n", "\n"),
            (_, Form::Html) if text.len() > self.html_left => self.too_long(),
            (Kind::Html, Form::Html) => self.within(text),
            (_, Form::Html) => self.within(text_to_html(&text)),
        }
    }

    /// HTML, as long as it is not more than may still come.
    fn within(&mut self, html: String) -> String {
        match self.html_left.checked_sub(html.len()) {
            Some(left) => {
                self.html_left = left;
                html
            }
            None => self.too_long(),
        }
    }

    fn too_long(&mut self) -> String {
        self.is_text_cut = true;
        String::new()
    }

    fn attach(&mut self, facts: &PartFacts, body: &[u8]) {
        if self.form == Form::Html {
            return;
        }
        let number = self.attachments.len() + 1;
        let extension = match facts.content_type.as_str() {
            "message/rfc822" | "message/global" => ".eml",
            "text/calendar" => ".ics",
            "text/html" => ".html",
            kind if kind.starts_with("text/") || kind.starts_with("message/") => ".txt",
            _ => "",
        };
        let name = facts.file_name.as_deref().and_then(safe_file_name);
        self.attachments.push(Attachment {
            file_name: name.unwrap_or_else(|| format!("attachment-{number}{extension}")),
            content_type: facts.content_type.clone(),
            content_id: facts.content_id.clone(),
            inline: !facts.is_attachment,
            bytes: decode_transfer(body, &facts.encoding),
        });
    }
}

fn facts_of(headers: &HeaderBlock, charsets: &dyn Charsets) -> PartFacts {
    let bytes = headers.to_bytes(charsets);
    let parsed = header::parsed(&bytes);
    let part = parsed.as_ref().and_then(|message| message.parts.first());
    let content_type = part.and_then(|part| part.content_type());
    let named =
        |of: Option<&ContentType<'_>>, key| of.and_then(|c| c.attribute(key)).map(str::to_string);
    let disposition = part.and_then(|part| part.content_disposition());
    let name = match content_type {
        Some(kind) => format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("plain")),
        None => "text/plain".to_string(),
    };
    let name = name.to_ascii_lowercase();
    PartFacts {
        kind: match name.as_str() {
            "text/plain" => Kind::Plain,
            "text/html" => Kind::Html,
            "multipart/alternative" => Kind::Alternative,
            name if name.starts_with("multipart/") => Kind::Multipart,
            _ => Kind::Other,
        },
        content_type: if is_media_type(&name) { name } else { "application/octet-stream".into() },
        charset: named(content_type, "charset"),
        boundary: named(content_type, "boundary"),
        encoding: headers.get("content-transfer-encoding").unwrap_or_default().to_ascii_lowercase(),
        file_name: named(disposition, "filename").or_else(|| named(content_type, "name")),
        content_id: part
            .and_then(|part| part.content_id())
            .map(|id| id.chars().take(255).collect()),
        is_attachment: disposition.is_some_and(|kind| kind.is_attachment()),
    }
}

/// Splits a multipart body at the lines that are exactly its boundary (RFC 2046 §5.1.1).
///
/// The second value says that there was more than `count_max`.
fn split_parts<'x>(body: &'x [u8], boundary: &str, count_max: usize) -> (Vec<&'x [u8]>, bool) {
    let mut parts = Vec::new();
    let delimiter = [b"--", boundary.trim_end().as_bytes()].concat();
    let mut open: Option<usize> = None;
    let mut at = 0;
    while at < body.len() && delimiter.len() > 2 {
        let end = header::line_end(body, at);
        if let Some(rest) = body[at..end].strip_prefix(delimiter.as_slice()) {
            let rest = rest.trim_ascii_end();
            if rest.is_empty() || rest == b"--" {
                if let Some(start) = open.take() {
                    // The line break before a boundary belongs to the boundary.
                    parts.push(header::trim_line(&body[start..at.max(start)]));
                }
                if rest == b"--" {
                    return (parts, false);
                }
                if parts.len() >= count_max {
                    return (parts, true);
                }
                open = Some(end);
            }
        }
        at = end;
    }
    if let Some(start) = open {
        parts.push(&body[start..]); // cut off on its way: what arrived is kept
    }
    (parts, false)
}

fn decode_charset(bytes: &[u8], charset: Option<&str>, charsets: &dyn Charsets) -> String {
    let name = charset.unwrap_or("utf-8").trim().to_ascii_lowercase();
    // Mislabelled often; valid UTF-8 is hardly ever anything else.
    if matches!(name.as_str(), "utf-8" | "utf8" | "us-ascii" | "ascii") {
        return header::text_of(bytes);
    }
    let multi_byte = charset::decode(charsets, &name, bytes);
    multi_byte.unwrap_or_else(|| match charset_decoder(name.as_bytes()) {
        Some(decode) => decode(bytes),
        None => header::text_of(bytes),
    })
}

fn is_media_type(name: &str) -> bool {
    name.len() <= 127 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/+-._".contains(&b))
}

/// A name that is safe to show and to store: no path, no controls, no direction tricks, at most
/// 255 bytes with its extension kept.
pub(super) fn safe_file_name(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean: String =
        name.chars().filter(|c| !c.is_control() && !super::address::is_invisible(*c)).collect();
    let clean = clean.trim().trim_start_matches('.').trim();
    if clean.len() <= 255 {
        return (!clean.is_empty()).then(|| clean.to_string());
    }
    let extension = clean.rfind('.').map_or("", |at| &clean[at..]);
    let extension = if extension.len() <= 20 { extension } else { "" };
    let stem = cut_at_char(clean, 255 - extension.len());
    Some(format!("{stem}{extension}"))
}

/// The longest beginning of at most `bytes_max` bytes that ends between two characters.
pub(super) fn cut_at_char(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_lose_paths_controls_and_direction_tricks() {
        for (name, expected) in [
            ("../../etc/passwd", Some("passwd")),
            ("c:\\x\\a.pdf", Some("a.pdf")),
            ("a.pdf\0.exe", Some("a.pdf.exe")),
            ("ann\u{202e}fdp.exe", Some("annfdp.exe")),
            ("..", None),
            ("", None),
        ] {
            assert_eq!(safe_file_name(name).as_deref(), expected);
        }
        let long = safe_file_name(&format!("{}.pdf", "ä".repeat(300))).unwrap_or_default();
        assert!(long.len() <= 255 && long.ends_with("ä.pdf"));
    }

    #[test]
    fn a_longer_boundary_with_the_same_beginning_is_not_a_boundary() {
        let (parts, _) = split_parts(b"--a\n1\n--ab\n2\n--a \n3\n--a--\nrest", "a", 9);
        assert_eq!(parts, [b"1\n--ab\n2".as_slice(), b"3"]);
    }
}
