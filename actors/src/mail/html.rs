//! HTML to plain text, good enough to read a mail and to show it safely.
//!
//! One pass, no tree, linear in the input. Tags become line breaks or nothing, entities become
//! characters, the contents of `style`, `script` and the like are dropped, and a link keeps its
//! target where the text does not say it already. The result is text: it must still be escaped
//! wherever it is put into a page.

use web_atoms::NAMED_ENTITIES;

/// Elements whose contents nobody reads; unclosed, they swallow the rest, as in a browser.
const SILENT: [&str; 4] = ["style", "script", "title", "template"];
const BLOCKS: [&str; 26] = [
    "p",
    "div",
    "br",
    "hr",
    "tr",
    "table",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "section",
    "article",
    "header",
    "footer",
    "address",
    "form",
];
const ENTITY_BYTES_MAX: usize = 32;
/// Converts; never longer than about the input, never panics.
pub fn html_to_text(html: &str) -> String {
    let mut out = Writer::default();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        out.words(&rest[..at]);
        rest = &rest[at..];
        rest = if rest.starts_with('&') { entity(&mut out, rest) } else { tag(&mut out, rest) };
    }
    out.words(rest);
    out.finish()
}

/// Text as HTML, in its own lines.
pub(super) fn text_to_html(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!("<pre>{text}</pre>")
}

#[derive(Default)]
struct Writer {
    text: String,
    is_space_due: bool,
    /// The target of the link that is open, and where its text began.
    link: Option<(String, usize)>,
}

impl Writer {
    fn words(&mut self, words: &str) {
        for c in words.chars() {
            if c.is_whitespace() && c != '\u{a0}' {
                self.is_space_due = true;
            } else {
                self.settle();
                self.text.push(if c == '\u{a0}' { ' ' } else { c });
            }
        }
    }

    fn settle(&mut self) {
        if self.is_space_due && !self.text.is_empty() && !self.text.ends_with(['\n', ' ']) {
            self.text.push(' ');
        }
        self.is_space_due = false;
    }

    fn line(&mut self, breaks_max: usize) {
        self.is_space_due = false;
        let breaks = self.text.len() - self.text.trim_end_matches('\n').len();
        if !self.text.is_empty() && breaks < breaks_max {
            self.text.push('\n');
        }
    }

    fn close_link(&mut self) {
        let Some((target, start)) = self.link.take() else { return };
        let said = self.text.get(start..).unwrap_or_default().trim().trim_end_matches('/');
        let bare = target.trim_start_matches("mailto:").trim_end_matches('/');
        let is_said = bare == said || bare.split_once("://").is_some_and(|(_, host)| host == said);
        if !said.is_empty() && !is_said {
            self.text.push_str(" (");
            self.text.push_str(&target);
            self.text.push(')');
        }
    }

    fn finish(mut self) -> String {
        self.close_link();
        self.text.truncate(self.text.trim_end().len());
        self.text
    }
}

/// Reads `&…;` at the beginning of `rest`, or a lone `&`; returns what follows.
fn entity<'x>(out: &mut Writer, rest: &'x str) -> &'x str {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'#';
    let length =
        rest.bytes().skip(1).take(ENTITY_BYTES_MAX).take_while(|b| is_name(*b)).count() + 1;
    if length == 1 || rest.as_bytes().get(length) != Some(&b';') {
        out.words("&");
        return &rest[1..];
    }
    let (token, rest) = rest.split_at(length + 1);
    match character(&token[1..length]) {
        Some(character) => out.words(character.encode_utf8(&mut [0; 4])),
        None => out.words(token),
    }
    rest
}

/// What stands between `&` and `;`, as a character: `auml`, `#228` or `#xe4`.
fn character(entity: &str) -> Option<char> {
    let Some(number) = entity.strip_prefix('#') else { return named(entity) };
    let hexadecimal = number.strip_prefix(['x', 'X']);
    let code = match hexadecimal {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    Some(char::from_u32(code.ok()?).unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// Of the few names that stand for two characters, the first: the second is an accent.
fn named(name: &str) -> Option<char> {
    let (first, _) = NAMED_ENTITIES.get(&format!("{name};"))?;
    char::from_u32(*first)
}

/// Reads a tag, a comment or a lone `<` at the beginning of `rest`; returns what follows.
fn tag<'x>(out: &mut Writer, rest: &'x str) -> &'x str {
    if let Some(comment) = rest.strip_prefix("<!--") {
        return comment.find("-->").map_or("", |at| &comment[at + 3..]);
    }
    let is_tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
    if !is_tag {
        out.words("<");
        return &rest[1..];
    }
    let Some(end) = tag_end(rest) else { return "" };
    let (inside, after) = (&rest[1..end], &rest[end + 1..]);
    let is_close = inside.starts_with('/');
    let name = inside.trim_start_matches('/');
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let name = name.to_ascii_lowercase();
    let name = name.as_str();
    if SILENT.contains(&name) && !is_close && !inside.ends_with('/') {
        return skip_element(after, name);
    }
    match name {
        "br" => out.line(2),
        "p" | "h1" | "h2" | "h3" | "blockquote" | "table" | "ul" | "ol" => {
            out.line(1);
            out.line(2);
        }
        "td" | "th" if is_close => out.is_space_due = true,
        "a" if is_close => out.close_link(),
        "a" => {
            out.close_link();
            out.settle();
            out.link = link_target(inside).map(|target| (target, out.text.len()));
        }
        _ if BLOCKS.contains(&name) => out.line(1),
        _ => {}
    }
    if name == "li" && !is_close {
        out.text.push_str("- ");
    }
    after
}

/// The `>` that ends a tag, not one inside a quoted attribute.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote: Option<u8> = None;
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    rest.find('>') // an open quote: the first `>` has to do
}

fn skip_element<'x>(after: &'x str, name: &str) -> &'x str {
    let bytes = after.as_bytes();
    let mut at = 0;
    while let Some(found) = after[at..].find("</") {
        let start = at + found + 2;
        let is_end = bytes
            .get(start..start + name.len())
            .is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes()));
        if is_end {
            return after[start..].find('>').map_or("", |end| &after[start + end + 1..]);
        }
        at = start;
    }
    ""
}

fn link_target(inside: &str) -> Option<String> {
    let at = inside.as_bytes().windows(5).position(|w| w.eq_ignore_ascii_case(b"href="))? + 5;
    let value = inside.get(at..)?;
    let target = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split_whitespace().next()?,
    };
    let is_known = ["http://", "https://", "mailto:"].iter().any(|s| target.starts_with(s));
    let is_fit = target.len() <= 500 && !target.contains(|c: char| c.is_control() || c == ' ');
    (is_known && is_fit).then(|| target.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::decoders::html::add_html_token;

    #[test]
    fn markup_becomes_lines_and_entities_become_characters() {
        let html = "<html><head><title>t</title></head><body><style type=\"text/css\">p{}</style>\
            <p>Hello &amp; <b>wel</b>come&nbsp;Ann</p><ul><li>one<li>two</ul>\
            a &lt; b <a href='https://x.test/y?a=1&amp;b=2'>here</a><br>\
            <a href=\"https://x.test/\">x.test</a><!-- no --> end &unknown; & 5 < 6</body>";
        assert_eq!(
            html_to_text(html),
            "Hello & welcome Ann\n\n- one\n- two\n\na < b here (https://x.test/y?a=1&b=2)\n\
             x.test end &unknown; & 5 < 6"
        );
    }

    #[test]
    fn entities_are_the_characters_that_the_parser_of_mail_takes_them_for() {
        let numbers = ["#228", "#xe4", "#XE4", "#0", "#x110000", "#99999999999", "#", "#x", "#1a"];
        let none = ["", "unknown", "A", "AElig2", "aelig", "zzzz", "AEli"];
        let names = NAMED_ENTITIES.keys().filter_map(|name| name.strip_suffix(';'));
        assert_eq!(names.clone().count(), 2_125);
        for entity in names.chain(numbers).chain(none) {
            let mut theirs = String::new();
            add_html_token(&mut theirs, format!("&{entity};").as_bytes(), false);
            let ours = character(entity).map_or_else(|| format!("&{entity};"), String::from);
            assert_eq!(ours, theirs, "{entity}");
        }
    }

    #[test]
    fn hostile_markup_is_linear_and_silent() {
        for piece in ["<", "<a href='", "<style>", "&", "<!--", "</", "<p \"", "<svg onload=x>"] {
            html_to_text(&piece.repeat(100_000));
        }
        assert_eq!(html_to_text("<script>alert(1)</script><svg onload=x>ok"), "ok");
    }
}
