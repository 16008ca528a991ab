//! What stands in a page: title, description, language, contacts, and where more of them may be.
//!
//! The page is a stranger's, so it is scanned as a browser would cut it, once, and nothing in it is
//! run, followed by itself, or believed: what comes out is lines of text and addresses, of those
//! for mail only a company's.

use crate::multipart::percent;
use actors::kernel::url::Url;
use actors::mail::charset::{Charsets, Runtime};
use actors::mail::html::html_to_text;
use actors::mail::safe_html::scan::{Piece, Scan, Tag};
use schema::check;
use schema::prospect::{SiteFact, SiteFactKind};

/// How much of a page is looked at for its charset (as browsers do).
const CHARSET_BYTES: usize = 1024;
/// The longest name of a charset, of a language, of a number, and of a profile.
const CHARSET_CHARS_MAX: usize = 40;
const LANGUAGE_CHARS_MAX: usize = 35;
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=20;
const PROFILE_BYTES_MAX: usize = 100;
/// How much of a text or an address is looked at, and how much of a text is kept.
const RAW_CHARS_MAX: usize = 4_000;
const LINE_CHARS_MAX: usize = 300;
/// How many links to pages are looked at; the page may be all links.
const LINKS_MAX: usize = 200;
/// What an address begins with that is the company's. A person's own is not kept: nobody would find
/// it among what is known of colleagues when that person is to be forgotten.
const ROLES: [&str; 28] = [
    "anfrage",
    "buero",
    "contact",
    "contacto",
    "contato",
    "contatti",
    "enquiries",
    "hallo",
    "hello",
    "help",
    "info",
    "inquiries",
    "kontakt",
    "mail",
    "marketing",
    "media",
    "office",
    "post",
    "press",
    "presse",
    "sales",
    "service",
    "support",
    "team",
    "verkauf",
    "vertrieb",
    "welcome",
    "zentrale",
];
/// How pages are called that have contacts, the likeliest first.
const CONTACTS: [&str; 5] = ["contact", "kontakt", "impressum", "imprint", "about"];

/// What a page says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The facts, as they come.
    pub facts: Vec<SiteFact>,
    /// Pages of the same host that may have contacts, the likeliest first.
    pub links: Vec<String>,
}

/// The text of a page, in the charset that its server or it itself says; else in UTF-8.
pub fn decoded(content_type: &str, body: &[u8]) -> String {
    if let Some(text) = body.strip_prefix(b"\xef\xbb\xbf") {
        return String::from_utf8_lossy(text).into_owned();
    }
    let label = charset_in(content_type).or_else(|| {
        let head = String::from_utf8_lossy(&body[..body.len().min(CHARSET_BYTES)]);
        let label = Scan::new(&head).find_map(|piece| match piece {
            Piece::Start(tag) if tag.name.eq_ignore_ascii_case("meta") => {
                let label = attribute(&tag, "charset").map(|label| label.trim().to_owned());
                label.or_else(|| charset_in(attribute(&tag, "content")?))
            }
            _ => None,
        });
        // What could be read so far is not of two bytes each.
        label.filter(|label| !label.to_ascii_lowercase().starts_with("utf-16"))
    });
    let label = label.filter(|label| label.len() <= CHARSET_CHARS_MAX);
    let text = label.and_then(|label| Runtime.decode(&label, body));
    text.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned())
}

fn charset_in(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let (_, label) = text.split_once("charset=")?;
    let label = label.trim_start_matches(['"', '\'', ' ']);
    label.split(['"', '\'', ' ', ';']).next().map(str::to_owned)
}

/// What a page says that is at an address.
pub fn read(html: &str, at: &Url) -> Said {
    let mut reader = Reader { at, facts: Vec::new(), about: None, links: Vec::new(), looked: 0 };
    let (mut scan, mut in_head) = (Scan::new(html), true);
    while let Some(piece) = scan.next() {
        let Piece::Start(tag) = piece else { continue };
        match &*tag.name.to_ascii_lowercase() {
            "html" => reader.language(&tag),
            "title" => {
                let text = scan.skip_to_end_of("title");
                // A drawing has titles, too.
                if in_head {
                    reader.add(SiteFactKind::Title, line(text, LINE_CHARS_MAX));
                }
            }
            name @ ("script" | "style" | "textarea" | "template" | "iframe" | "xmp") => {
                scan.skip_to_end_of(name);
            }
            "meta" => reader.meta(&tag),
            "body" | "svg" => in_head = false,
            "a" | "area" => {
                let href = attribute(&tag, "href").and_then(|href| line(href, RAW_CHARS_MAX));
                reader.link(&href.unwrap_or_default());
            }
            _ => {}
        }
    }
    reader.said()
}

/// Adds what is new, and not too much.
pub fn add(facts: &mut Vec<SiteFact>, fact: SiteFact) {
    let mut same = facts.iter().filter(|known| known.kind == fact.kind);
    if same.clone().count() < fact.kind.most() && same.all(|known| known.value != fact.value) {
        facts.push(fact);
    }
}

struct Reader<'a> {
    at: &'a Url,
    facts: Vec<SiteFact>,
    /// What it says that it is about where it is shown elsewhere (`og:description`).
    about: Option<String>,
    /// Pages by how likely they have contacts.
    links: Vec<(usize, String)>,
    looked: usize,
}

impl Reader<'_> {
    fn add(&mut self, kind: SiteFactKind, value: Option<String>) {
        if let Some(value) = value {
            add(&mut self.facts, SiteFact { kind, value, source: self.at.href.clone() });
        }
    }

    fn language(&mut self, tag: &Tag<'_>) {
        let is_plain = |it: &&str| {
            (2..=LANGUAGE_CHARS_MAX).contains(&it.len())
                && it.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let language = attribute(tag, "lang").map(str::trim).filter(is_plain);
        self.add(SiteFactKind::Language, language.map(str::to_owned));
    }

    fn meta(&mut self, tag: &Tag<'_>) {
        let name = attribute(tag, "name").or_else(|| attribute(tag, "property"));
        let Some((name, content)) = name.zip(attribute(tag, "content")) else { return };
        if name.eq_ignore_ascii_case("description") {
            self.add(SiteFactKind::Description, line(content, LINE_CHARS_MAX));
        } else if name.eq_ignore_ascii_case("og:description") && self.about.is_none() {
            self.about = line(content, LINE_CHARS_MAX);
        }
    }

    fn link(&mut self, href: &str) {
        let (scheme, rest) = href.split_once(':').unwrap_or_default();
        if scheme.eq_ignore_ascii_case("mailto") {
            let addresses = rest.split('?').next().and_then(percent).unwrap_or_default();
            for address in addresses.split(',') {
                let address = check::email("address", address).ok();
                self.add(SiteFactKind::Email, address.filter(|it| is_companys(it)));
            }
        } else if scheme.eq_ignore_ascii_case("tel") {
            self.add(SiteFactKind::Phone, phone(rest));
        } else if self.looked < LINKS_MAX
            && let Some(url) = join(self.at, href)
        {
            self.looked += 1;
            self.add(SiteFactKind::Linkedin, profile(&url));
            self.page(&url);
        }
    }

    /// Notes a page of this host that may have contacts.
    fn page(&mut self, url: &Url) {
        let path = url.href.strip_prefix(&url.origin).unwrap_or_default();
        let path = path.split('?').next().unwrap_or_default().to_ascii_lowercase();
        let words = || path.split(|c: char| !c.is_ascii_alphanumeric());
        let rank = CONTACTS.iter().position(|name| words().any(|word| word.starts_with(name)));
        let is_new = url.href != self.at.href && self.links.iter().all(|(_, it)| *it != url.href);
        if let Some(rank) = rank.filter(|_| is_new && url.origin == self.at.origin) {
            self.links.push((rank, url.href.clone()));
        }
    }

    fn said(mut self) -> Said {
        let about = self.about.take();
        self.add(SiteFactKind::Description, about);
        let links = CONTACTS.iter().enumerate().flat_map(|(rank, _)| {
            self.links.iter().filter(move |(of, _)| *of == rank).map(|(_, link)| link.clone())
        });
        Said { links: links.collect(), facts: self.facts }
    }
}

fn attribute<'x>(tag: &Tag<'x>, name: &str) -> Option<&'x str> {
    let mut all = tag.attributes.iter();
    all.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

/// A text of HTML as one line that shows all it has, cut to size; none where it says nothing.
fn line(raw: &str, chars_max: usize) -> Option<String> {
    let raw: String = raw.chars().take(RAW_CHARS_MAX).collect();
    let text = html_to_text(&raw).replace(char::is_control, " ");
    let shows = |c: &char| {
        !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}')
            && !matches!(c, '\u{2060}'..='\u{206f}' | '\u{e0000}'..='\u{e007f}')
    };
    let text: String = text.chars().filter(shows).collect();
    let words: Vec<_> = text.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(chars_max).collect();
    Some(text.trim_end().to_owned()).filter(|text| !text.is_empty())
}

/// Whether an address, in lower case, is the company's by its name.
fn is_companys(address: &str) -> bool {
    address.split_once('@').is_some_and(|(name, _)| ROLES.contains(&name))
}

/// A telephone number as it is dialled.
fn phone(rest: &str) -> Option<String> {
    let number = percent(rest.split(';').next()?)?;
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let plus = if number.trim_start().starts_with('+') { "+" } else { "" };
    PHONE_DIGITS.contains(&digits.len()).then(|| format!("{plus}{digits}"))
}

/// The address of a company's profile at LinkedIn, if it is one.
fn profile(url: &Url) -> Option<String> {
    let host = url.hostname.strip_suffix("linkedin.com")?;
    let path = url.href.strip_prefix(&url.origin)?.strip_prefix("/company/")?;
    let name = path.split(['/', '?']).next().filter(|name| !name.is_empty())?;
    let is_theirs = host.is_empty() || host.ends_with('.');
    (is_theirs && name.len() <= PROFILE_BYTES_MAX)
        .then(|| format!("https://www.linkedin.com/company/{name}"))
}

/// Where a link of a page leads; none where it leads to a place in the page.
fn join(at: &Url, href: &str) -> Option<Url> {
    let href = href.split('#').next().filter(|href| !href.is_empty())?;
    let begin = href.split(['/', '?']).next().unwrap_or_default();
    let whole = if let Some(rest) = href.strip_prefix("//") {
        format!("{}//{rest}", at.protocol)
    } else if href.starts_with('/') {
        format!("{}{href}", at.origin)
    } else if begin.contains(':') {
        href.to_owned()
    } else {
        let path = at.href.split('?').next()?;
        format!("{}{href}", &path[..=path.rfind('/')?])
    };
    Url::parse(&whole).filter(|url| url.username.is_empty() && url.password.is_empty())
}
