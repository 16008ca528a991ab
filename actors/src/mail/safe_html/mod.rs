//! The HTML of a mail, made harmless: what a stranger wrote, for an agent's screen.
//!
//! `ammonia` reads it as a browser does and keeps what is on a list: elements and attributes of
//! text, tables and images, links of four schemes, styles that fetch nothing. Before it, [`nest`]
//! makes the input such that reading it is cheap; see there. An image on somebody's server tells
//! that server who reads what and when: it stays away until it is asked for. What comes out is for
//! a page that forbids scripts and requests once more (`gateway::page`).

mod nest;
pub mod scan;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};

use ammonia::{Builder, UrlRelative};
use percent_encoding::percent_decode_str;
use thiserror::Error;

/// The longest HTML that is made harmless, in bytes.
pub const HTML_BYTES_MAX: usize = 2 * 1024 * 1024;
/// No mail comes out longer than that: quotes and entities grow, but not like this.
const OUT_BYTES_MAX: usize = 2 * HTML_BYTES_MAX;
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];
/// What a style may say: nothing that is placed elsewhere, hides, or is an address.
#[rustfmt::skip]
const STYLES: [&str; 27] = [
    "background-color", "border", "border-bottom", "border-collapse", "border-color",
    "border-left", "border-radius", "border-right", "border-style", "border-top", "border-width",
    "color", "direction", "font-family", "font-size", "font-style", "font-weight", "height",
    "line-height", "max-width", "padding", "text-align", "text-decoration", "vertical-align",
    "white-space", "width", "word-break",
];
/// The functions that a style may call.
const COLOURS: [&str; 4] = ["rgb", "rgba", "hsl", "hsla"];

/// Which images are shown.
#[derive(Debug, Clone, Default)]
pub struct Images {
    /// Those on other people's servers too.
    pub remote: bool,
    /// The addresses of files of ours, by the `Content-ID` that the mail calls them by.
    pub files: BTreeMap<String, String>,
}

impl Images {
    /// Where an image is got from; none where it is not to be shown.
    fn address(&self, source: &str) -> Option<String> {
        let source = source.trim_ascii();
        match source.split_at_checked(4) {
            Some((scheme, id)) if scheme.eq_ignore_ascii_case("cid:") => {
                // Percent-encoded (RFC 2392), which many mail programs forget.
                let id = id.replace("&amp;", "&");
                let decoded = percent_decode_str(&id).decode_utf8_lossy();
                self.files.get(&id).or_else(|| self.files.get(&*decoded)).cloned()
            }
            // A mail has no scheme of its own that this could be.
            Some(_) if self.remote && source.starts_with("//") => Some(format!("https:{source}")),
            _ => (self.remote && nest::is_remote(source)).then(|| source.to_owned()),
        }
    }
}

/// HTML that does nothing but to be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeHtml {
    /// What stands in the `body` of a page.
    pub html: String,
    /// How many images are on other people's servers, and were left out.
    pub images_blocked: usize,
}

/// The HTML is longer than is made harmless, or of more tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the HTML of this mail is too long to be shown")]
pub struct TooLong;

/// Makes HTML harmless.
///
/// # Errors
/// [`TooLong`]: it has more than [`HTML_BYTES_MAX`] bytes, or an absurd number of tags.
pub fn safe_html(html: &str, images: &Images) -> Result<SafeHtml, TooLong> {
    if html.len() > HTML_BYTES_MAX {
        return Err(TooLong);
    }
    let nested = nest::nested(html, images)?;
    let mut out = Capped(Vec::new());
    rules().clean(&nested.html).write_to(&mut out).map_err(|_| TooLong)?;
    let html = String::from_utf8(out.0).map_err(|_| TooLong)?;
    Ok(SafeHtml { html, images_blocked: nested.images_blocked })
}

fn rules() -> Builder<'static> {
    let of = |element, attribute| (element, [attribute].into_iter().collect());
    let mut rules = Builder::empty();
    rules
        .add_tags(nest::ELEMENTS)
        .tag_attributes([of("a", "href"), of("img", "src")].into_iter().collect())
        .generic_attributes(nest::ATTRIBUTES.into_iter().collect())
        .url_schemes(SCHEMES.into_iter().collect())
        .url_relative(UrlRelative::Deny)
        .set_tag_attribute_value("a", "target", "_blank")
        .link_rel(Some("noopener noreferrer nofollow"))
        .filter_style_properties(STYLES.into_iter().collect())
        .attribute_filter(|_, name, value| {
            (name != "style" || is_plain_style(value)).then_some(value.into())
        });
    rules
}

/// Whether a style is written without escapes, comments, and functions other than colours.
fn is_plain_style(style: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " \t\r\n#%.,:;!'\"()-_".contains(c);
    style.chars().all(is_plain)
        && style.match_indices('(').all(|(at, _)| {
            let name = style.get(..at).unwrap_or_default();
            let name = name.rsplit(|c: char| !c.is_ascii_alphanumeric()).next();
            name.is_some_and(|name| COLOURS.iter().any(|c| c.eq_ignore_ascii_case(name)))
        })
}

/// A text that takes no more than it may.
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > OUT_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
