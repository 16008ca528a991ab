//! What a file's content itself shows that it is, whatever its sender says.
//!
//! Only what is known here as an image is ever shown by a browser; all else is saved. Programs are
//! not taken.

use schema::{Code, Reject};

/// How much of the beginning is looked at.
pub const HEAD_BYTES: usize = 64 * 1024;
/// What is known of anything else.
pub const OTHER: &str = "application/octet-stream";

const SIDE_MAX: u32 = 30_000;
const PIXELS_MAX: u64 = 100_000_000;

const PNG: &str = "image/png";
const JPEG: &str = "image/jpeg";
const GIF: &str = "image/gif";
const WEBP: &str = "image/webp";
const PDF: &str = "application/pdf";
const SVG: &str = "image/svg+xml";
const HTML: &str = "text/html";
const PROGRAM: &str = "application/x-executable";

const MAGIC: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"%PDF-", PDF),
    (b"PK\x03\x04", "application/zip"),
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xce\xfa\xed\xfe", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"#!", PROGRAM),
];

/// Whether a browser may show it in its place.
#[must_use]
pub fn is_safe_image(media: &str) -> bool {
    matches!(media, PNG | JPEG | GIF | WEBP)
}

/// What the beginning of a content shows that it is.
#[must_use]
pub fn of(head: &[u8]) -> &'static str {
    if let Some((_, media)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return media;
    }
    if head.len() >= 12 && head.starts_with(b"RIFF") && &head[8..12] == b"WEBP" {
        return WEBP;
    }
    markup(head).unwrap_or(OTHER)
}

/// Markup that a browser would run, behind whatever may stand before it.
fn markup(head: &[u8]) -> Option<&'static str> {
    let text: String = String::from_utf8_lossy(&head[..head.len().min(4_096)])
        .chars()
        .filter(|c| *c != '\0' && *c != '\u{feff}')
        .collect();
    let text = text.to_ascii_lowercase();
    if !text.trim_start().starts_with('<') {
        return None;
    }
    if text.contains("<svg") {
        return Some(SVG);
    }
    let tags = ["<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<style"];
    if tags.iter().any(|tag| text.contains(tag)) { Some(HTML) } else { Some("text/xml") }
}

/// Refuses what is not taken: programs, what is not what it says, images of absurd sizes.
///
/// # Errors
/// `unsupported_media_type`, `invalid_input`.
pub fn check(claimed: &str, head: &[u8]) -> Result<&'static str, Reject> {
    let media = of(head);
    let refuse = |why: String| {
        let details = serde_json::json!({ "field": "contentType", "media": media });
        Err(Reject::new(Code::UnsupportedMediaType, why).with(details))
    };
    if media == PROGRAM {
        return refuse("programs are not taken: put it into an archive".into());
    }
    let claimed = claimed.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let claimed = if claimed == "image/jpg" { JPEG } else { claimed.as_str() };
    let known = is_safe_image(claimed) || claimed == PDF;
    if known && claimed != media {
        return refuse(format!("the content is not {claimed}, which it says it is"));
    }
    if let Some((width, height)) = size(media, head) {
        let pixels = u64::from(width) * u64::from(height);
        if width.max(height) > SIDE_MAX || pixels > PIXELS_MAX {
            let why = format!("must be an image of at most {PIXELS_MAX} pixels");
            return Err(Reject::field("file", why));
        }
    }
    Ok(media)
}

/// The width and height of an image, where its beginning tells.
fn size(media: &str, head: &[u8]) -> Option<(u32, u32)> {
    let big = |at: usize| Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?));
    let byte = |at: usize| head.get(at).copied().map(u32::from);
    let little = |at: usize| Some(byte(at)? | byte(at + 1)? << 8);
    match media {
        PNG => Some((big(16)?, big(20)?)),
        GIF => Some((little(6)?, little(8)?)),
        JPEG => jpeg_size(head),
        WEBP => match head.get(12..16)? {
            b"VP8X" => {
                Some((1 + (little(24)? | byte(26)? << 16), 1 + (little(27)? | byte(29)? << 16)))
            }
            b"VP8L" => {
                let bits = little(21)? | little(23)? << 16;
                Some((1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff)))
            }
            _ => Some((little(26)? & 0x3fff, little(28)? & 0x3fff)),
        },
        _ => None,
    }
}

/// The size in the first frame header, behind any number of other segments.
fn jpeg_size(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let [0xff, marker] = *head.get(at..at + 2)? else { return None };
        let pair =
            |at: usize| Some(u32::from(u16::from_be_bytes(head.get(at..at + 2)?.try_into().ok()?)));
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            return Some((pair(at + 7)?, pair(at + 5)?));
        }
        if marker == 0xff {
            at += 1;
            continue;
        }
        at += 2 + usize::try_from(pair(at + 2)?).ok()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes
    }

    fn status(claimed: &str, head: &[u8]) -> Result<&'static str, u16> {
        check(claimed, head).map_err(|reject| reject.code.status())
    }

    /// Bad inputs C69.
    #[test]
    fn what_is_not_what_it_says_is_refused() {
        assert_eq!(status("image/png", &png(10, 10)), Ok("image/png"));
        for active in [
            &b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"[..],
            b"\xef\xbb\xbf  <?xml version='1.0'?><!-- x --><svg/>",
            b"<!DOCTYPE html><script>1</script>",
            b"<HTML><body>",
            b"GIF8",
            b"",
            b"\xff\xd8\xff\xe0 jpeg",
        ] {
            assert_eq!(status("image/png", active), Err(415), "{active:?}");
        }
        assert_eq!(status("image/jpg", b"\xff\xd8\xff\xe0"), Ok(JPEG));
        assert_eq!(status("application/pdf", b"%PDF-1.7"), Ok(PDF));
        assert_eq!(status("application/pdf", b"MZ\x90"), Err(415));
        assert_eq!(status("text/plain", b"#!/bin/sh\nrm"), Err(415));
        assert_eq!(status("application/octet-stream", b"\x7fELF"), Err(415));
        assert_eq!(status("image/svg+xml", b"<svg/>"), Ok(SVG));
        assert_eq!(status("text/plain", b"hello <svg"), Ok(OTHER));
    }

    /// Bad inputs C70.
    #[test]
    fn an_image_of_absurd_size_is_refused() {
        assert_eq!(status("image/png", &png(50_000, 50_000)), Err(422));
        assert_eq!(status("image/png", &png(u32::MAX, 1)), Err(422));
        assert_eq!(status("image/png", &png(8_000, 6_000)), Ok("image/png"));
        let gif = |side: u16| [&b"GIF89a"[..], &side.to_le_bytes(), &side.to_le_bytes()].concat();
        assert_eq!((status("image/gif", &gif(60_000)), status("", &gif(100))), (Err(422), Ok(GIF)));
        let jpeg = |side: u16| {
            let mut bytes = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08".to_vec();
            bytes.extend(side.to_be_bytes());
            bytes.extend(side.to_be_bytes());
            bytes
        };
        assert_eq!((status("", &jpeg(50_000)), status("", &jpeg(900))), (Err(422), Ok(JPEG)));
        let webp = [&b"RIFF\0\0\0\0WEBPVP8X"[..], &[0; 8], &[0xff; 6]].concat();
        assert_eq!(status("image/webp", &webp), Err(422));
    }

    #[test]
    fn no_beginning_of_anything_is_a_trap() {
        for magic in MAGIC.iter().map(|(magic, _)| *magic).chain([&b"RIFF\0\0\0\0WEBPVP8L"[..]]) {
            for length in 0..40 {
                let mut bytes = magic.to_vec();
                bytes.extend(vec![0xff; length]);
                let _ = check("image/png", &bytes);
            }
        }
    }
}
