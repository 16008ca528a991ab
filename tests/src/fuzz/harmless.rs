//! What HTML may be that was made harmless, held against a reading and lists of its own.
//!
//! Neither the product's scanner nor its lists are asked (`actors::mail::safe_html`): what they
//! let through by mistake, this would too. So what is to be kept newly is written here as well. A
//! serialiser writes tags in one form only; all that has another is refused.

use super::rule;
use actors::mail::safe_html::SafeHtml;

/// Text, tables and images.
#[rustfmt::skip]
const ELEMENTS: &[&str] = &[
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br",
    "center", "cite", "code", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd",
    "li", "main", "mark", "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span",
    "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr",
    "tt", "u", "ul", "var", "wbr",
];
/// Those without an end.
const VOID: &[&str] = &["br", "hr", "img", "wbr"];
/// What any of them may have, whatever its value; a style and an address are looked into.
#[rustfmt::skip]
const ATTRIBUTES: &[&str] = &[
    "align", "alt", "bgcolor", "border", "cellpadding", "cellspacing", "color", "colspan", "dir",
    "face", "height", "lang", "rowspan", "size", "start", "title", "type", "valign", "width",
];
const SCHEMES: &[&str] = &["http", "https", "mailto", "tel"];
/// What neither fetches, nor hides, nor is placed elsewhere.
#[rustfmt::skip]
const STYLES: &[&str] = &[
    "background-color", "border", "border-bottom", "border-collapse", "border-color",
    "border-left", "border-radius", "border-right", "border-style", "border-top", "border-width",
    "color", "direction", "font-family", "font-size", "font-style", "font-weight", "height",
    "line-height", "max-width", "padding", "text-align", "text-decoration", "vertical-align",
    "white-space", "width", "word-break",
];
const COLOURS: &[&str] = &["rgb", "rgba", "hsl", "hsla"];
const REL: &str = "noopener noreferrer nofollow";

/// The worst that a byte becomes: `&quot;`. Of 350,000 damaged inputs the worst came to 5.95 times
/// its length and 256 bytes.
const GROWTH: usize = 6;
/// What every link gets: its `rel`, its `target` and its end.
const LINK_BYTES: usize = 55;
/// Fifty tables fit into each other, and one that is left open is 48 bytes for its 7.
const OPEN_BYTES: usize = 50 * (48 - 7 * GROWTH);

/// Whether nothing is left that does anything, and not much more came out than went in.
///
/// # Errors
/// What is left.
pub fn is_harmless(input: &str, safe: &SafeHtml) -> Result<(), String> {
    only_allowed(&safe.html).map_err(|why| format!("{why}: {}", safe.html))?;
    let (before, after) = (input.len(), safe.html.len());
    match after <= bytes_max(input) {
        true => Ok(()),
        false => Err(format!("{before} bytes became {after}")),
    }
}

/// The longest that comes out of HTML. Twice its length is not enough: `<a>` becomes 58 bytes.
fn bytes_max(input: &str) -> usize {
    let links = input.matches("<a").count() + input.matches("<A").count();
    GROWTH * input.len() + LINK_BYTES * links + OPEN_BYTES
}

fn only_allowed(html: &str) -> Result<(), String> {
    let mut open = Vec::new();
    let mut rest = html;
    while let Some((text, tag)) = rest.split_once('<') {
        decoded(text)?;
        let (tag, after) = tag.split_once('>').ok_or("a tag has no end")?;
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            rule(open.pop() == Some(name), "an end is of what was opened last")?;
            continue;
        }
        let name = allowed_tag(tag)?;
        if !VOID.contains(&name) {
            open.push(name);
        }
    }
    rule(open.is_empty(), "every element has its end")?;
    decoded(rest).map(drop)
}

/// The name of a tag that may be there.
fn allowed_tag(tag: &str) -> Result<&str, String> {
    let (name, mut rest) = tag.split_at(tag.find(' ').unwrap_or(tag.len()));
    if !ELEMENTS.contains(&name) {
        return Err(format!("an element {name:?} is left"));
    }
    let mut seen = Vec::new();
    while let Some(more) = rest.strip_prefix(' ') {
        let (attribute, value) = more.split_once("=\"").ok_or("an attribute has no value")?;
        let (value, after) = value.split_once('"').ok_or("a value has no end")?;
        rest = after;
        rule(!seen.contains(&attribute), "no attribute is there twice")?;
        seen.push(attribute);
        if !may_have(name, attribute, &decoded(value)?) {
            return Err(format!("{attribute:?} of {name} is left"));
        }
    }
    rule(rest.is_empty(), "a tag is a name and attributes")?;
    let is_kept_apart = seen.contains(&"rel") && seen.contains(&"target");
    rule(name != "a" || is_kept_apart, "a link opens elsewhere and tells nothing")?;
    Ok(name)
}

/// No `src`: without files of the mail's own, no image is got from anywhere.
fn may_have(element: &str, attribute: &str, value: &str) -> bool {
    match (element, attribute) {
        ("a", "href") => is_link(value),
        ("a", "rel") => value == REL,
        ("a", "target") => value == "_blank",
        (_, "style") => is_style(value),
        _ => ATTRIBUTES.contains(&attribute),
    }
}

/// As a browser takes a scheme: without what it passes over.
fn is_link(address: &str) -> bool {
    let address = address.trim_matches(|c| c <= ' ').replace(['\t', '\n', '\r'], "");
    let scheme = address.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| SCHEMES.contains(&&*scheme))
}

fn is_style(style: &str) -> bool {
    let is_odd = style.contains(['\\', '@', '{', '}', '<', '>', '[', ']']) || style.contains("/*");
    let is_colour = |(at, _): (usize, &str)| {
        let before = style[..at].rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let name = before.map(str::to_ascii_lowercase).next().unwrap_or_default();
        COLOURS.contains(&&*name)
    };
    let is_known = |declaration: &str| {
        let name = declaration.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
        declaration.trim().is_empty() || STYLES.contains(&&*name)
    };
    let Some(mut declarations) = declarations(style) else { return false };
    !is_odd && style.match_indices('(').all(is_colour) && declarations.all(is_known)
}

/// The declarations of a style; a semicolon in a string or in parentheses ends none. None where a
/// string does not end.
fn declarations(style: &str) -> Option<impl Iterator<Item = &str>> {
    let (mut quote, mut depth, mut from) = (None, 0_usize, 0);
    let mut ranges = Vec::new();
    for (at, c) in style.char_indices() {
        match (quote, c) {
            (Some(_), '\n' | '\r' | '\x0c') => return None,
            (Some(open), _) => quote = (c != open).then_some(open),
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ';') if depth == 0 => {
                ranges.push(from..at);
                from = at + 1;
            }
            _ => {}
        }
    }
    ranges.push(from..style.len());
    quote.is_none().then(|| ranges.into_iter().map(|range| &style[range]))
}

/// What text means, which has no more than the five escapes that a serialiser writes.
fn decoded(text: &str) -> Result<String, String> {
    rule(!text.contains(['<', '>']), "what would be a tag is escaped")?;
    let mut pieces = text.split('&');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once(';').ok_or("an escape has no end")?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "nbsp" => '\u{a0}',
            _ => return Err(format!("an escape {name:?} is left")),
        });
        out.push_str(rest);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actors::mail::safe_html::{Images, safe_html};

    const LINK: &str = "target=\"_blank\" rel=\"noopener noreferrer nofollow\"";

    fn of(html: &str) -> Result<(), String> {
        only_allowed(&html.replace("LINK", LINK))
    }

    #[test]
    fn what_is_kept_passes() {
        for html in [
            "",
            "a &amp; b &lt;script&gt; &nbsp;\"'",
            "<p align=\"left\">a<br>b</p><img alt=\"&quot;x&quot;\" width=\"1\">",
            "<a href=\"https://x.test/?a=1&amp;b=javascript:\" LINK>x</a>",
            "<a href=\" MAILTO:a@b.c\" LINK>x</a><a LINK>y</a>",
            "<td style=\"color:rgb(1, 2, 3);font-family:'a;b'\">x</td>",
        ] {
            assert_eq!(of(html), Ok(()), "{html}");
        }
    }

    #[test]
    fn what_does_something_is_seen() {
        for html in [
            "<img onerror=\"alert(1)\">",
            "<p onclick=\"x\">a</p>",
            "<b title=\"\" onmouseover=\"x\">a</b>",
            "<img srcset=\"/x 1x\">",
            "<img src=\"https://x.test/p.gif\">",
            "<p src=\"cid:x\">a</p>",
            "<p formaction=\"https://x.test/\">a</p>",
            "<td background=\"https://x.test/\">a</td>",
            "<p id=\"x\">a</p>",
            "<p href=\"https://x.test/\">a</p>",
            "<a href=\"javascript:x\" LINK>x</a>",
            "<a href=\"java\tscript:x\" LINK>x</a>",
            "<a href=\"\u{1} JavaScript:x\" LINK>x</a>",
            "<a href=\"data:text/html,x\" LINK>x</a>",
            "<a href=\"//x.test/\" LINK>x</a>",
            "<a href=\"https://x.test/\">x</a>",
            "<a href=\"https://x.test/\" target=\"_self\" rel=\"opener\">x</a>",
        ] {
            assert!(of(html).is_err(), "{html}");
        }
    }

    #[test]
    fn a_style_that_does_something_is_seen() {
        for style in [
            "position:fixed",
            "color:red;position:fixed",
            "color:red;background:url(https://x.test/)",
            "color:url(https://x.test/)",
            "color:expression(alert(1))",
            "color:x-rgb(1)",
            "c\\6flor:red",
            "color:red/**/",
            "color:red;@import 'x'",
            "font-family:'a;position:fixed",
            "font-family:'a\n;position:fixed'",
            "color:rgb(1);display:none",
        ] {
            assert!(of(&format!("<p style=\"{style}\">a</p>")).is_err(), "{style}");
        }
    }

    #[test]
    fn an_element_that_does_something_is_seen() {
        for name in ["script", "style", "iframe", "svg", "form", "base", "input", "SCRIPT", "o:p"] {
            assert!(of(&format!("<{name}>")).is_err(), "{name}");
            assert!(of(&format!("<{name}>x</{name}>")).is_err(), "{name}");
        }
    }

    #[test]
    fn what_no_serialiser_writes_is_seen() {
        for html in [
            "<!-- a -->",
            "<!DOCTYPE html>",
            "<p",
            "a > b",
            "a & b",
            "&#106;",
            "<p>a",
            "a</p>",
            "<b><i>a</b></i>",
            "<img/onerror=x>",
            "<img alt=x>",
            "<img alt>",
            "<img alt=\"x\"onerror=\"y\">",
            "<img alt=\"<b>\">",
            "<img alt=\"\" alt=\"\">",
            "<br></br>",
        ] {
            assert!(of(html).is_err(), "{html}");
        }
    }

    #[test]
    fn what_grows_too_much_is_seen() {
        let of = |input: &str, bytes: usize| {
            let safe = SafeHtml { html: "x".repeat(bytes), images_blocked: 0 };
            is_harmless(input, &safe).is_ok()
        };
        assert!(of("", OPEN_BYTES) && !of("", OPEN_BYTES + 1));
        let input = "<a>x<p>".repeat(1_000);
        let most = 1_000 * (7 * GROWTH + LINK_BYTES) + OPEN_BYTES;
        assert!(of(&input, most) && !of(&input, most + 1));
    }

    #[test]
    fn what_grows_most_is_allowed() {
        for piece in ["<a>", "<table>", "<table>x", "<tbody>x", "<tr>x", "<td>", "&", "\u{a0}"] {
            for count in [1, 49, 50, 51, 1_000] {
                let input = piece.repeat(count);
                let safe = safe_html(&input, &Images::default()).expect("short");
                assert_eq!(is_harmless(&input, &safe), Ok(()), "{count} of {piece}");
            }
        }
    }
}
