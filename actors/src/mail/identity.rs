//! Two spellings, one prospect: the keys by which `ProspectDedup` knows a person again.
//!
//! A key is compared, never written to: mail goes to the address as it was given. Both functions
//! are idempotent (a key is its own key), so a key may be passed where a raw value is expected.
//! When a rule is in doubt it does not merge: two records of one person are a nuisance, two
//! persons in one record are a fault.
//!
//! E-mail, in this order:
//! 1. Unicode NFKC (full-width letters and such become plain), invisible characters removed.
//! 2. `mailto:` and its query removed; of `Ann <a@b.c>` the part in brackets; white space around.
//! 3. Lower case.
//! 4. Exactly one `@`; the local part without spaces, quotes, brackets or controls.
//! 5. The domain without its trailing dot, as A-labels (UTS 46): look-alikes stay different.
//! 6. `googlemail.com` is `gmail.com`.
//! 7. `+tag` removed at gmail, outlook/hotmail/live/msn, icloud/me/mac, fastmail, proton.
//!    Yahoo's `-` is left alone: it is also part of ordinary names.
//! 8. Dots removed in the local part at gmail only.
//!
//! Name at a domain:
//! 1. NFKC; "Last, First" turned round, unless what follows the comma is only a title.
//! 2. Lower case, diacritics dropped, letters without decomposition spelt out (ø o, ß ss, æ ae).
//! 3. Apostrophes removed; all other punctuation, and runs of space, become one space.
//! 4. Titles removed in front (dr, mr, prof, frau…) and behind (jr, phd, md…), never the last word.
//! 5. The domain from a URL or an address: scheme, user, `www.`, port and path removed, A-labels.

use crate::kernel::unicode::{nfkc, nfkd};
use thiserror::Error;

use super::address::{ADDRESS_BYTES_MAX, domain_to_ascii, is_invisible};
use super::free_mail;

const INPUT_BYTES_MAX: usize = 2_000;
const TAGGED: [&str; 31] = [
    "gmail.com",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "outlook.es",
    "outlook.it",
    "outlook.jp",
    "hotmail.com",
    "hotmail.co.uk",
    "hotmail.de",
    "hotmail.fr",
    "hotmail.es",
    "hotmail.it",
    "hotmail.nl",
    "live.com",
    "live.co.uk",
    "live.de",
    "live.fr",
    "live.nl",
    "live.it",
    "msn.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "fastmail.com",
    "fastmail.fm",
    "proton.me",
    "protonmail.com",
    "protonmail.ch",
    "pm.me",
    "passmail.net",
];
const TITLES_BEFORE: [&str; 19] = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "professor",
    "sir",
    "dame",
    "herr",
    "frau",
    "mme",
    "mlle",
    "sra",
    "dott",
    "ing",
    "dipl",
    "rev",
];
const TITLES_AFTER: [&str; 14] =
    ["jr", "sr", "ii", "iii", "iv", "phd", "md", "mba", "esq", "msc", "bsc", "cpa", "dds", "rn"];

/// Why a value gives no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// Nothing is left to compare.
    #[error("the value is empty")]
    Empty,
    /// Longer than any address or name.
    #[error("the value is too long")]
    TooLong,
    /// No e-mail address.
    #[error("this is not an e-mail address")]
    Address,
    /// No host name.
    #[error("this is not a domain")]
    Domain,
}

/// A person's name as it is known.
#[derive(Debug, Clone, Copy)]
pub enum PersonName<'x> {
    /// In one piece, either way round.
    Full(&'x str),
    /// In two.
    Parts {
        /// Given names.
        first: &'x str,
        /// The family name.
        last: &'x str,
    },
}

/// The key of an e-mail address: `ann@example.com`. The rules stand at the top of this file.
///
/// # Errors
/// [`IdentityError`]: this cannot be anybody's address.
pub fn email_key(text: &str) -> Result<String, IdentityError> {
    bounded(text)?;
    let folded_text = folded(text);
    let (local, domain) = parts(&folded_text)?;
    let mut domain = domain_to_ascii(domain).map_err(|_| IdentityError::Domain)?;
    if domain == "googlemail.com" {
        domain = "gmail.com".to_string();
    }
    let untagged = match local.split_once('+') {
        Some((before, _)) if TAGGED.contains(&domain.as_str()) => before,
        _ => local,
    };
    let local = match domain.as_str() {
        "gmail.com" => folded(&untagged.replace('.', "")), // without the dot, letters may compose
        _ => untagged.to_string(),
    };
    if local.is_empty() {
        return Err(IdentityError::Address);
    }
    let key = format!("{local}@{domain}");
    if key.len() > ADDRESS_BYTES_MAX { Err(IdentityError::TooLong) } else { Ok(key) }
}

/// Whom an address counts as: its key without a tag, at whatever provider, so that somebody with a
/// hundred tagged addresses is one person. What is no address counts as itself.
#[must_use]
pub fn person(text: &str) -> String {
    let key = email_key(text).unwrap_or_else(|_| text.to_lowercase());
    match (key.split_once('+'), key.rsplit_once('@')) {
        (Some((local, _)), Some((_, domain))) if !local.is_empty() => format!("{local}@{domain}"),
        _ => key,
    }
}

/// By whom a [`person`] could have been made up: one domain may be one owner's, with as many
/// addresses as they like; at a provider whom many share each is somebody.
#[must_use]
pub fn source(person: &str) -> &str {
    let domain = person.rsplit_once('@').map(|(_, domain)| domain);
    domain.filter(|domain| !free_mail::is_known(domain)).unwrap_or(person)
}

/// The bare address to write to, out of the ways in which people write one down: the display name,
/// `mailto:`, spaces and the domain's last dot are gone; the part before the `@` stays as it is.
///
/// # Errors
/// [`IdentityError`]: this cannot be anybody's address.
pub fn bare_address(text: &str) -> Result<String, IdentityError> {
    bounded(text)?;
    let visible_text = visible(text);
    let (local, domain) = parts(&visible_text)?;
    let domain = domain_to_ascii(domain).map_err(|_| IdentityError::Domain)?;
    let address = format!("{local}@{domain}");
    if address.len() > ADDRESS_BYTES_MAX { Err(IdentityError::TooLong) } else { Ok(address) }
}

/// The part before the `@` and the domain, whatever stands around them.
fn parts(text: &str) -> Result<(&str, &str), IdentityError> {
    let mut address = text.trim();
    if let Some((_, after)) = address.rsplit_once('<') {
        address = after.split('>').next().unwrap_or_default().trim();
    }
    let scheme = address.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    if scheme.is_some() {
        address = address[7..].split('?').next().unwrap_or_default().trim();
    }
    if address.is_empty() {
        return Err(IdentityError::Empty);
    }
    let (local, domain) = address.split_once('@').ok_or(IdentityError::Address)?;
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "\"<>()[],;:\\@".contains(c);
    if local.is_empty() || local.contains(is_odd) || domain.contains('@') {
        return Err(IdentityError::Address);
    }
    Ok((local, domain))
}

/// The key of a name at a domain, for people whose address is not known yet:
/// `name:ann smith@example.com` (the prefix keeps it apart from e-mail keys).
///
/// # Errors
/// [`IdentityError`]: no letter in the name, or no domain.
pub fn name_key(name: PersonName<'_>, domain: &str) -> Result<String, IdentityError> {
    let words = match name {
        PersonName::Full(full) => {
            bounded(full)?;
            full_name_words(full)
        }
        PersonName::Parts { first, last } => {
            bounded(first)?;
            bounded(last)?;
            without_titles(words(&format!("{first} {last}")))
        }
    };
    if words.is_empty() {
        return Err(IdentityError::Empty);
    }
    Ok(format!("name:{}@{}", words.join(" "), domain_key(domain)?))
}

/// The key of a company's domain, from a host name, a URL or an address.
///
/// # Errors
/// [`IdentityError::Domain`].
pub fn domain_key(text: &str) -> Result<String, IdentityError> {
    bounded(text)?;
    let folded = folded(text);
    let host = folded.trim();
    let host = host.split_once("://").map_or(host, |(_, after)| after);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let mut host = domain_to_ascii(host).map_err(|_| IdentityError::Domain)?;
    // "www.com" is a domain of its own.
    while let Some(bare) = host.strip_prefix("www.").filter(|bare| bare.contains('.')) {
        host = bare.to_string();
    }
    Ok(host)
}

fn bounded(text: &str) -> Result<(), IdentityError> {
    if text.len() > INPUT_BYTES_MAX { Err(IdentityError::TooLong) } else { Ok(()) }
}

/// NFKC and lower case until nothing changes: either can undo the other in rare scripts.
fn folded(text: &str) -> String {
    let fold = |text: &str| nfkc(&visible(&nfkc(text)).to_lowercase());
    let mut now = fold(text);
    for _ in 0..3 {
        let next = fold(&now);
        if next == now {
            break;
        }
        now = next;
    }
    now
}

fn visible(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).collect()
}

/// The accents of Latin, Greek and Cyrillic. The vowel signs of other scripts are letters.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// What is neither letter nor punctuation: viramas and the like, without which words would break.
fn is_sign(c: char) -> bool {
    c > '\u{36f}'
        && !c.is_whitespace()
        && !matches!(c, '\u{2000}'..='\u{2bff}' | '\u{3000}'..='\u{303f}' | '\u{fe10}'..='\u{fe6f}')
}

fn full_name_words(full: &str) -> Vec<String> {
    let full = nfkc(full);
    let (before, after) = full.split_once(',').unwrap_or((&full, ""));
    let after_words = words(after);
    let is_title = |word: &String| TITLES_AFTER.contains(&word.as_str());
    if after_words.iter().all(is_title) {
        return without_titles(words(&full));
    }
    // "Smith, Ann, PhD": a title at the end must not end up in the middle.
    let mut turned = without_titles(after_words);
    turned.extend(words(before));
    without_titles(turned)
}

/// Lower-case words of plain letters and digits.
fn words(text: &str) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    for c in nfkd(&folded(text)).chars().filter(|c| !is_accent(*c)) {
        match c {
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' => plain.push('d'),
            'ı' => plain.push('i'),
            '\'' | '’' | '‘' | 'ʼ' | '`' | '´' => {}
            c if c.is_alphanumeric() || is_sign(c) => plain.push(c),
            _ => plain.push(' '),
        }
    }
    // Recomposed, so that the result is the form that the next reading starts from.
    nfkc(&plain).split_whitespace().map(str::to_string).collect()
}

fn without_titles(mut words: Vec<String>) -> Vec<String> {
    while words.len() > 1 && words.first().is_some_and(|w| TITLES_BEFORE.contains(&w.as_str())) {
        words.remove(0);
    }
    while words.len() > 1 && words.last().is_some_and(|w| TITLES_AFTER.contains(&w.as_str())) {
        words.pop();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::testing::Seeded;

    #[test]
    fn the_bare_address_is_what_one_can_write_to() {
        for text in [
            "Jane <Jane.Doe+crm@Example.COM>",
            "mailto:Jane.Doe+crm@example.com?subject=hi",
            " MAILTO:Jane.Doe+crm@example.com. ",
            "Jane.Doe+crm@example.com",
        ] {
            assert_eq!(bare_address(text).as_deref(), Ok("Jane.Doe+crm@example.com"), "{text}");
        }
        for text in ["", "Jane", "<>", "a@b@c.d", "a b@c.d", "@c.d"] {
            assert!(bare_address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tags_make_nobody_two_people_whoever_keeps_their_mail() {
        for (text, who) in [
            ("Jane.Doe+crm@GMAIL.com", "janedoe@gmail.com"),
            ("jane+1@own.example", "jane@own.example"),
            ("Jane+2+3@OWN.example.", "jane@own.example"),
            ("jane@own.example", "jane@own.example"),
            ("+1@own.example", "+1@own.example"),
            ("No Address", "no address"),
        ] {
            assert_eq!(person(text), who, "{text}");
        }
    }

    #[test]
    fn addresses_of_one_domain_have_one_source_but_for_providers_whom_many_share() {
        for (one, other, is_one) in [
            ("bob@own.example", "eve@own.example", true),
            ("bob@own.example", "bob@else.example", false),
            ("bob@gmail.com", "bob@own.example", false),
            ("no address", "no address", true),
        ] {
            assert_eq!(source(&person(one)) == source(&person(other)), is_one, "{one} {other}");
        }
        let shared =
            ["gmail.com", "googlemail.com", "yahoo.com", "gmx.de", "web.de", "outlook.com"];
        let more = ["hotmail.com", "live.com", "icloud.com", "aol.com", "proton.me"];
        for domain in shared.iter().chain(&more).chain(&TAGGED) {
            let at = |name: &str| person(&format!("{name}@{domain}"));
            assert_ne!(source(&at("bob")), source(&at("eve")), "{domain}");
            assert_eq!(source(&at("bob")), source(&at("BOB+2")), "{domain}");
        }
    }

    #[test]
    fn spellings_of_one_address_have_one_key() {
        for (text, key) in [
            ("A.B+x@GMAIL.com", "ab@gmail.com"),
            ("ab@googlemail.com.", "ab@gmail.com"),
            ("  Ann Smith <Ann@Example.COM> ", "ann@example.com"),
            ("mailto:ann@example.com?subject=x", "ann@example.com"),
            ("ａｎｎ＠example.com", "ann@example.com"),
            ("an\u{200b}n@example.com\u{feff}", "ann@example.com"),
            ("a.b+x@example.com", "a.b+x@example.com"),
            ("a.b+x@outlook.com", "a.b@outlook.com"),
            ("a-b+x@yahoo.com", "a-b+x@yahoo.com"),
            ("x@BÜCHER.example", "x@xn--bcher-kva.example"),
            ("x@xn--bcher-kva.example", "x@xn--bcher-kva.example"),
        ] {
            assert_eq!(email_key(text).as_deref(), Ok(key), "{text}");
        }
        // Cyrillic а: looks the same, is somebody else.
        assert_ne!(email_key("x@p\u{430}ypal.com"), email_key("x@paypal.com"));
        for text in [
            "",
            " ",
            "ann",
            "a@b@c",
            "a@b.com\r\nbcc:x",
            "+x@gmail.com",
            "...@gmail.com",
            "a b@c.d",
            "a@",
            "@b.c",
            "a@b..c",
            "\"a\"@b.c",
        ] {
            assert!(email_key(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn spellings_of_one_name_have_one_key() {
        let key = Ok("name:ann smith@example.com".to_string());
        for full in [
            "Ann Smith",
            " ann  SMITH ",
            "Smith, Ann",
            "Dr. Ann Smith",
            "Änn Smíth",
            "Ann Smith, PhD",
            "Smith, Dr. Ann, MD",
            "Prof. Dr. Ann Smith Jr.",
        ] {
            assert_eq!(
                name_key(PersonName::Full(full), "https://www.Example.com/about"),
                key,
                "{full}"
            );
        }
        let parts = PersonName::Parts { first: "Ann", last: "Smith" };
        assert_eq!(name_key(parts, "hello@EXAMPLE.com."), key);
        let named = |full| name_key(PersonName::Full(full), "x.y");
        assert_eq!(named("Seán O’Brien-Łukasz").as_deref(), Ok("name:sean obrien lukasz@x.y"));
        assert_eq!(named("Dr").as_deref(), Ok("name:dr@x.y"));
        assert_eq!(named("山田・太郎").as_deref(), Ok("name:山田・太郎@x.y"));
        assert_eq!(named("श्री राम").as_deref(), Ok("name:श्री राम@x.y"));
        assert_ne!(named("Ann Smith"), named("Anna Smith"));
        assert_eq!(named("..."), Err(IdentityError::Empty));
        assert_eq!(domain_key("http://"), Err(IdentityError::Domain));
    }

    #[test]
    fn keys_are_their_own_keys() {
        let mut dice = Seeded(42);
        let odd = [
            '+', '.', ' ', ',', '\'', '-', 'İ', 'ſ', 'ß', 'Å', '\u{301}', '\u{3a3}', 'ﬁ', '㎏',
            '한', 'ǰ',
        ];
        let mut keys = 0;
        for _ in 0..40_000 {
            let text: String = (0..1 + dice.below(9))
                .map(|_| match dice.below(4) {
                    0 => odd[dice.index(odd.len())],
                    1 => char::from_u32(dice.below(0x3_0000) as u32).unwrap_or('x'),
                    _ => char::from(b'a' + dice.below(26) as u8),
                })
                .collect();
            for domain in ["gmail.com", "example.com"] {
                if let Ok(key) = email_key(&format!("{text}@{domain}")) {
                    assert_eq!(email_key(&key).as_ref(), Ok(&key), "{text:?}");
                    keys += 1;
                }
            }
            if let Ok(key) = email_key(&format!("a@{text}.com")) {
                assert_eq!(email_key(&key).as_ref(), Ok(&key), "{text:?}");
            }
            if let Ok(key) = name_key(PersonName::Full(&text), "x.y") {
                let name = &key["name:".len()..key.len() - "@x.y".len()];
                assert_eq!(name_key(PersonName::Full(name), "x.y").as_ref(), Ok(&key), "{text:?}");
            }
        }
        assert!(keys > 10_000);
    }
}
