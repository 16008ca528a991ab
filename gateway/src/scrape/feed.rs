//! RSS 2.0 and Atom: the items of a feed, each with its texts by path.
//!
//! No more of XML is read than feeds need: elements, attributes, texts, CDATA, and the characters
//! that XML itself names. A document that declares a type is refused, so that nothing in it stands
//! for more than it says, and nothing is fetched for it.

use std::collections::BTreeMap;

/// The texts of an item by the names of elements, with slashes between, and `@` before that of an
/// attribute; of several of one path, the first.
pub type Fields = BTreeMap<String, String>;

/// How deep elements may lie.
const DEPTH_MAX: usize = 50;
/// How many attributes an element may have.
const ATTRIBUTES_MAX: usize = 50;
/// How long a path may be that is kept, and how many texts of an item are.
const PATH_BYTES_MAX: usize = 200;
const FIELDS_MAX: usize = 100;
/// How long a name may be.
const NAME_BYTES_MAX: usize = 200;
/// How much of a text is looked at for the end of a character's name.
const ENTITY_BYTES_MAX: usize = 12;
const CUT: &str = "ends before it is over";

/// Reads up to so many items.
///
/// # Errors
/// What is wrong with the document.
pub fn items(text: &str, most: usize) -> Result<Vec<Fields>, &'static str> {
    let mut reader = Reader { most, ..Reader::default() };
    let mut rest = text.trim_start_matches('\u{feff}');
    while let Some((said, after)) = rest.split_once('<') {
        reader.say(&decoded(said));
        if reader.items.len() >= most {
            return Ok(reader.items);
        }
        rest = if let Some(body) = after.strip_prefix("![CDATA[") {
            let (raw, rest) = body.split_once("]]>").ok_or(CUT)?;
            reader.say(raw);
            rest
        } else if let Some(body) = after.strip_prefix("!--") {
            body.split_once("-->").ok_or(CUT)?.1
        } else if let Some(body) = after.strip_prefix('?') {
            body.split_once("?>").ok_or(CUT)?.1
        } else if after.starts_with('!') {
            return Err("declares a document type, and such are not read");
        } else if let Some(body) = after.strip_prefix('/') {
            let (name, rest) = body.split_once('>').ok_or(CUT)?;
            reader.close(name.trim_end())?;
            rest
        } else {
            reader.open(after)?
        };
    }
    if !reader.has_root {
        return Err("is no XML");
    }
    if !reader.open.is_empty() || !rest.trim().is_empty() {
        return Err(CUT);
    }
    Ok(reader.items)
}

#[derive(Default)]
struct Reader<'a> {
    most: usize,
    has_root: bool,
    /// The names of the elements that are open.
    open: Vec<&'a str>,
    /// The item that is open, and how many elements are open around it.
    item: Option<(usize, Fields)>,
    /// What was said so far at the place that is open.
    text: String,
    items: Vec<Fields>,
}

impl<'a> Reader<'a> {
    /// The path of what is open, below the item; none where no mapping could name it.
    fn path(&self) -> Option<String> {
        let (depth, fields) = self.item.as_ref()?;
        let names = self.open.get(depth + 1..).filter(|names| !names.is_empty())?;
        let bytes: usize = names.iter().map(|name| name.len() + 1).sum();
        (bytes <= PATH_BYTES_MAX && fields.len() < FIELDS_MAX).then(|| names.join("/"))
    }

    fn say(&mut self, text: &str) {
        if self.item.is_some() {
            self.text.push_str(text);
        }
    }

    /// Writes down what was said, unless something was before.
    fn note(&mut self, attribute: Option<(&str, String)>) {
        let Some(mut path) = self.path() else { return };
        let text = match attribute {
            Some((name, value)) => {
                path = format!("{path}@{name}");
                value
            }
            None => std::mem::take(&mut self.text),
        };
        let text = text.trim();
        if let Some((_, fields)) = self.item.as_mut().filter(|_| !text.is_empty()) {
            fields.entry(path).or_insert_with(|| text.to_owned());
        }
    }

    /// Opens the element that begins here; gives what is behind its tag.
    fn open(&mut self, text: &'a str) -> Result<&'a str, &'static str> {
        let end = text.find(|c: char| c.is_whitespace() || c == '>' || c == '/').ok_or(CUT)?;
        let (name, mut rest) = text.split_at(end);
        if name.is_empty() || name.contains(['<', '&', '"', '\'', '=']) {
            return Err("has an element without a name");
        }
        if name.len() > NAME_BYTES_MAX {
            return Err("has a name that is too long");
        }
        if self.open.len() >= DEPTH_MAX {
            return Err("has elements too deep in each other");
        }
        self.note(None);
        self.text.clear();
        if self.item.is_none() && matches!(name, "item" | "entry") {
            self.item = Some((self.open.len(), Fields::new()));
        }
        self.open.push(name);
        self.has_root = true;
        for _ in 0..=ATTRIBUTES_MAX {
            rest = rest.trim_start();
            if let Some(behind) = rest.strip_prefix("/>") {
                self.close(name)?;
                return Ok(behind);
            }
            if let Some(behind) = rest.strip_prefix('>') {
                return Ok(behind);
            }
            let (attribute, value) = rest.split_once('=').ok_or(CUT)?;
            if attribute.len() > NAME_BYTES_MAX {
                return Err("has a name that is too long");
            }
            let value = value.trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or(CUT)?;
            let (value, behind) = value[1..].split_once(quote).ok_or(CUT)?;
            self.note(Some((attribute.trim(), decoded(value))));
            rest = behind;
        }
        Err("has an element with too many attributes")
    }

    fn close(&mut self, name: &str) -> Result<(), &'static str> {
        if self.open.last() != Some(&name) {
            return Err("closes an element that is not the open one");
        }
        self.note(None);
        self.open.pop();
        self.text.clear();
        if self.item.as_ref().is_some_and(|(depth, _)| *depth == self.open.len())
            && self.items.len() < self.most
            && let Some((_, fields)) = self.item.take()
        {
            self.items.push(fields);
        }
        Ok(())
    }
}

/// A text with the characters that XML names, by name or number; what it does not know stays.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(ENTITY_BYTES_MAX).position(|byte| byte == b';');
        let known = end.and_then(|end| Some((character(&after[..end])?, &after[end + 1..])));
        rest = match known {
            Some((character, behind)) => {
                out.push(character);
                behind
            }
            None => {
                out.push('&');
                after
            }
        };
    }
    out + rest
}

fn character(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<Vec<String>> {
        let all = items(text, 100).expect("a feed");
        let line = |(path, text): (&String, &String)| format!("{path}={text}");
        all.iter().map(|fields| fields.iter().map(line).collect()).collect()
    }

    #[test]
    fn the_texts_of_each_item_are_there_by_path() {
        let rss = "\u{feff}<?xml version=\"1.0\"?>\n<!-- <item> --><rss><channel>\
            <title>News</title>\
            <item><title> Acme &amp; Sons&#x21; </title>\
            <link>https://acme.test/?a=1&amp;b=2</link>\
            <dc:creator>Ann</dc:creator><description><![CDATA[<b>a & b</b>]]></description>\
            <author>ann@acme.test (Ann)</author><empty/></item>\
            <item><title>A</title><title>B</title>x</item></channel></rss>\n";
        assert_eq!(
            shown(rss),
            [
                vec![
                    "author=ann@acme.test (Ann)",
                    "dc:creator=Ann",
                    "description=<b>a & b</b>",
                    "link=https://acme.test/?a=1&b=2",
                    "title=Acme & Sons!",
                ],
                vec!["title=A"],
            ]
        );
        let atom = "<feed xmlns='x'><entry><link rel=\"alternate\" href = 'https://b.test/?x=&lt;'\
            />\
            <author><name>Bob</name><email>bob@b.test</email></author></entry></feed>";
        assert_eq!(
            shown(atom),
            [vec![
                "author/email=bob@b.test",
                "author/name=Bob",
                "link@href=https://b.test/?x=<",
                "link@rel=alternate",
            ]]
        );
        assert_eq!(shown("<rss/>"), Vec::<Vec<String>>::new());
        assert_eq!(shown("<r><item><t>a &nbsp; & b</t></item></r>"), [["t=a &nbsp; & b"]]);
    }

    #[test]
    fn what_is_no_whole_document_or_wants_more_is_refused() {
        let deep = "<a>".repeat(100_000);
        let many: String = (0..50_000).map(|n| format!(" a{n}=''")).collect();
        for (text, why) in [
            ("", "no XML"),
            ("just text", "no XML"),
            ("<rss><item><title>A", "over"),
            ("<rss><item><t>A</item></t></rss>", "not the open one"),
            ("</rss>", "not the open one"),
            ("<rss></rss>more", "over"),
            ("<!DOCTYPE rss [<!ENTITY a \"b\">]><rss>&a;</rss>", "type"),
            ("<!DOCTYPE rss SYSTEM 'http://x/'><rss/>", "type"),
            (&deep, "too deep"),
            (&format!("<rss{many}/>"), "too many attributes"),
            ("<rss a=b/>", "over"),
            ("< rss/>", "without a name"),
            ("<rss><![CDATA[x</rss>", "over"),
            ("<rss><!-- x</rss>", "over"),
            ("{\"a\":1}", "no XML"),
        ] {
            let found = items(text, 100).expect_err(why);
            assert!(found.contains(why), "{text:.40}: {found}");
        }
    }

    #[test]
    fn no_more_items_are_read_than_are_wanted_and_cuts_never_panic() {
        let many = format!("<rss>{}", "<item><t>ä</t></item>".repeat(9));
        assert_eq!(items(&many, 3).map(|all| all.len()), Ok(3));
        let whole = "<rss a='ü'><item><t b=\"&#228;\">ä<![CDATA[ö]]></t></item></rss>";
        for (end, _) in whole.char_indices() {
            assert!(items(&whole[..end], 9).is_err(), "cut at {end}");
        }
    }
}
