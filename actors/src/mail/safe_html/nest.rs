//! HTML made well-nested and small, before it is parsed as a browser parses it.
//!
//! That way of parsing takes time with the square of the depth, and repeats what was left open:
//! of 128 KB of `<p>` within one `<a>` it makes 1 GB (whatwg/html issue 10772). Here every element
//! that is opened is closed, before what would close it unsaid and open it again after; what is
//! not known, or too deep, goes, and its contents stay. So the parser behind this has nothing to
//! repair, and its work grows with the input alone. Whether anything is *safe* is not decided here,
//! but on the tree, by [`super::safe_html`].

use super::scan::{Piece, Scan, Tag};
use super::{Images, TooLong};

/// The elements that are kept.
#[rustfmt::skip]
pub(super) const ELEMENTS: [&str; 67] = [
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br",
    "center", "cite", "code", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd",
    "li", "main", "mark", "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span",
    "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr",
    "tt", "u", "ul", "var", "wbr",
];
/// The attributes that are kept, but for `href` and `src`.
#[rustfmt::skip]
pub(super) const ATTRIBUTES: [&str; 20] = [
    "align", "alt", "bgcolor", "border", "cellpadding", "cellspacing", "color", "colspan", "dir",
    "face", "height", "lang", "rowspan", "size", "start", "style", "title", "type", "valign",
    "width",
];
/// Elements whose contents are no text of the page.
#[rustfmt::skip]
const SILENT: [&str; 12] = [
    "iframe", "math", "noembed", "noframes", "script", "select", "style", "svg", "template",
    "textarea", "title", "xmp",
];
const VOID: [&str; 4] = ["br", "hr", "img", "wbr"];
const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];
/// What ends an open paragraph by beginning.
#[rustfmt::skip]
const BLOCKS: [&str; 29] = [
    "address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "figcaption",
    "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav",
    "ol", "p", "pre", "section", "table", "ul",
];
const SECTIONS: [&str; 3] = ["tbody", "thead", "tfoot"];
const CELLS: [&str; 2] = ["td", "th"];
/// What is in a cell ends nothing outside it.
const WALLS: [&str; 3] = ["table", "td", "th"];
/// Where only rows and cells may be.
const FRAMES: [&str; 5] = ["table", "tbody", "thead", "tfoot", "tr"];

/// How deep elements may be in each other; Chromium goes to 512.
const DEPTH_MAX: usize = 200;
/// How many beginnings of tags and entities there may be; each is some hundred bytes of a tree.
const MARKS_MAX: usize = 100_000;
/// The longest value of an attribute.
const VALUE_BYTES_MAX: usize = 4096;

/// HTML in which every element has its end.
pub(super) struct Nested {
    pub(super) html: String,
    /// How many images are elsewhere, and were left out.
    pub(super) images_blocked: usize,
}

/// Makes it so.
pub(super) fn nested(html: &str, images: &Images) -> Result<Nested, TooLong> {
    if html.matches(['&', '<']).count() > MARKS_MAX {
        return Err(TooLong);
    }
    let mut nest = Nest { out: String::new(), open: Vec::new(), images, images_blocked: 0 };
    let mut scan = Scan::new(html);
    while let Some(piece) = scan.next() {
        match piece {
            Piece::Text(text) => nest.text(text),
            Piece::End(tag) => nest.end(&tag),
            Piece::Start(tag) => match known(&SILENT, tag.name) {
                Some(name) => {
                    scan.skip_to_end_of(name);
                }
                None => nest.start(&tag),
            },
        }
    }
    nest.close_from(0);
    Ok(Nested { html: nest.out, images_blocked: nest.images_blocked })
}

struct Nest<'x> {
    out: String,
    /// The elements that are open, the innermost last.
    open: Vec<&'static str>,
    images: &'x Images,
    images_blocked: usize,
}

impl Nest<'_> {
    fn text(&mut self, text: &str) {
        if self.is_in_frame() {
            if text.trim_ascii().is_empty() {
                return;
            }
            self.open_cell();
        }
        // Only its first character can be one.
        let rest = text.strip_prefix('<');
        if rest.is_some() {
            self.out.push_str("&lt;");
        }
        self.out.push_str(rest.unwrap_or(text));
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let Some(name) = known(&ELEMENTS, tag.name) else { return };
        if !self.make_room(name) || !self.has_depth_for(name) {
            return;
        }
        self.out.push('<');
        self.out.push_str(name);
        for (attribute, value) in &tag.attributes {
            self.attribute(name, attribute, value);
        }
        self.out.push('>');
        if !VOID.contains(&name) {
            self.open.push(name);
        }
    }

    fn has_depth_for(&self, name: &str) -> bool {
        let levels = match name {
            "table" => 4, // with its section, row and cell, which always have their place then
            _ if VOID.contains(&name) || FRAMES.contains(&name) || CELLS.contains(&name) => 0,
            _ => 1,
        };
        levels == 0 || self.open.len() + levels <= DEPTH_MAX
    }

    fn attribute(&mut self, of: &str, name: &str, value: &str) {
        let is_src = of == "img" && name.eq_ignore_ascii_case("src");
        let is_href = of == "a" && name.eq_ignore_ascii_case("href");
        let address;
        let (name, value) = match known(&ATTRIBUTES, name) {
            Some(name) => (name, value),
            None if is_href => ("href", value),
            None if is_src => match self.images.address(value) {
                Some(found) => {
                    address = found;
                    ("src", &*address)
                }
                None => {
                    self.images_blocked += usize::from(is_remote(value));
                    return;
                }
            },
            None => return,
        };
        if value.len() <= VALUE_BYTES_MAX {
            for piece in [" ", name, "=\"", &value.replace('"', "&quot;"), "\""] {
                self.out.push_str(piece);
            }
        }
    }

    fn end(&mut self, tag: &Tag<'_>) {
        let Some(name) = known(&ELEMENTS, tag.name) else { return };
        let walls: &[&str] = match name {
            "table" => &[],
            _ if FRAMES.contains(&name) || CELLS.contains(&name) => &["table"],
            _ => &WALLS,
        };
        if let Some(at) = self.innermost(&[name], walls) {
            self.close_from(at);
        }
    }

    /// Closes what an element ends by beginning, and opens what it has to be in; false where it
    /// has no place.
    fn make_room(&mut self, name: &str) -> bool {
        let frame = match name {
            "tr" => self.innermost(&["table", "tbody", "thead", "tfoot"], &[]),
            _ if SECTIONS.contains(&name) => self.innermost(&["table"], &[]),
            _ if CELLS.contains(&name) => self.innermost(&FRAMES, &[]),
            _ => return self.make_room_in_flow(name),
        };
        let Some(frame) = frame else { return false };
        self.close_from(frame + 1);
        if !SECTIONS.contains(&name) {
            self.open_row(name);
        }
        true
    }

    fn make_room_in_flow(&mut self, name: &str) -> bool {
        if self.is_in_frame() {
            if matches!(name, "br" | "wbr") {
                return false;
            }
            self.open_cell();
        }
        let ended = match name {
            "li" => self.innermost(&["li"], &["ul", "ol", "table", "td", "th"]),
            "dd" | "dt" => self.innermost(&["dd", "dt"], &["dl", "table", "td", "th"]),
            "a" => self.innermost(&["a"], &WALLS),
            _ => None,
        };
        let paragraph = BLOCKS.contains(&name).then(|| self.innermost(&["p"], &WALLS)).flatten();
        if let Some(at) = ended.into_iter().chain(paragraph).min() {
            self.close_from(at);
        }
        if HEADINGS.contains(&name) && self.open.last().is_some_and(|top| HEADINGS.contains(top)) {
            self.close_from(self.open.len() - 1);
        }
        true
    }

    fn is_in_frame(&self) -> bool {
        self.open.last().is_some_and(|top| FRAMES.contains(top))
    }

    /// What stands between rows and cells gets a cell of its own.
    fn open_cell(&mut self) {
        self.open_row("td");
        self.open("td");
    }

    /// Opens what a row or a cell has to be in.
    fn open_row(&mut self, of: &str) {
        if self.open.last() == Some(&"table") {
            self.open("tbody");
        }
        if of != "tr" && self.open.last() != Some(&"tr") {
            self.open("tr");
        }
    }

    /// Where the innermost open element of these names is, unless a wall is further in.
    fn innermost(&self, names: &[&str], walls: &[&str]) -> Option<usize> {
        let is_either = |name: &&str| names.contains(name) || walls.contains(name);
        let at = self.open.iter().rposition(is_either)?;
        self.open.get(at).is_some_and(|name| names.contains(name)).then_some(at)
    }

    fn open(&mut self, name: &'static str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
        self.open.push(name);
    }

    /// Closes the elements from one on, the innermost first.
    fn close_from(&mut self, at: usize) {
        while self.open.len() > at
            && let Some(name) = self.open.pop()
        {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }
}

/// Whether an image is on somebody's server.
pub(super) fn is_remote(address: &str) -> bool {
    let address = address.trim_ascii_start();
    ["http://", "https://", "//"].iter().any(|begin| {
        address.get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin))
    })
}

/// The name of a list that this one is.
fn known(names: &[&'static str], name: &str) -> Option<&'static str> {
    names.iter().find(|known| known.eq_ignore_ascii_case(name)).copied()
}
