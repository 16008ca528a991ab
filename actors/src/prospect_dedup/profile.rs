//! A person's profile at LinkedIn, out of the ways in which people paste its address.
//!
//! The key is the last part of `linkedin.com/in/ann-lee-123`, decoded and in lower case. Another
//! host, a company's page, a lead of Sales Navigator, an opaque id and a placeholder give none.
//! When a rule is in doubt it gives none, too: two records of one person are a nuisance, two
//! persons in one record are a fault.

use crate::kernel::unicode::nfkc;

const INPUT_BYTES_MAX: usize = 2_000;
/// LinkedIn's own limits, in characters (its help on custom addresses of profiles).
const CHARS_MIN: usize = 3;
const CHARS_MAX: usize = 100;

/// The site's other names, beside those of countries.
const SUBDOMAINS: [&str; 5] = ["www", "m", "mobile", "touch", "touch.www"];

/// What forms, exports and LinkedIn itself write where they know no profile.
const PLACEHOLDERS: [&str; 12] = [
    "example",
    "none",
    "null",
    "profile",
    "unavailable",
    "undefined",
    "unknown",
    "username",
    "your-name",
    "your-profile",
    "yourname",
    "yourprofile",
];

/// How ids of members begin that stand in a profile's place. They are of one viewer or product, and
/// lower case makes others of them.
const OPAQUE: [&str; 3] = ["acoaa", "acwaa", "aemaa"];
const OPAQUE_BYTES_MIN: usize = 30;

/// The key of the profile that a text is the address of; none where it is nobody's profile.
#[must_use]
pub fn profile_key(text: &str) -> Option<String> {
    let text = text.trim_matches(is_around);
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if text.len() > INPUT_BYTES_MAX || text.contains(odd) {
        return None;
    }
    let path = path(text)?.split(['?', '#']).next()?;
    let parts: Option<Vec<String>> =
        path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
    let parts = parts?;
    if parts.iter().any(|part| part == "." || part == "..") {
        return None;
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    // What follows is a language, or a part of the profile.
    match parts[..] {
        [at, key, ..] if at.eq_ignore_ascii_case("in") => normal_key(key),
        [lite, at, key, ..]
            if lite.eq_ignore_ascii_case("mwlite") && at.eq_ignore_ascii_case("in") =>
        {
            normal_key(key)
        }
        _ => None,
    }
}

/// The key in its normal form, which is its own; none where it can be nobody's.
#[must_use]
pub fn normal_key(key: &str) -> Option<String> {
    // Wide letters and the like are how one profile is made to look like another; some of them are
    // common letters in lower case.
    if key.len() > INPUT_BYTES_MAX || nfkc(key) != key {
        return None;
    }
    let key: String = key.chars().flat_map(char::to_lowercase).collect();
    let is_opaque =
        key.len() >= OPAQUE_BYTES_MIN && OPAQUE.iter().any(|prefix| key.starts_with(prefix));
    let is_one = (CHARS_MIN..=CHARS_MAX).contains(&key.chars().count())
        && key.chars().all(is_of_key)
        && key.chars().any(char::is_alphanumeric)
        && nfkc(&key) == key
        && !PLACEHOLDERS.contains(&key.as_str());
    (is_one && !is_opaque).then_some(key)
}

/// What stands around an address that was copied out of a text.
fn is_around(c: char) -> bool {
    c.is_whitespace()
        || "<>()[]\"'.,;".contains(c)
        || matches!(c, '\u{feff}' | '\u{200b}' | '\u{200e}' | '\u{200f}')
}

/// What follows the host; all of it where there is none (`in/ann-lee-123`).
fn path(text: &str) -> Option<&str> {
    let strip = |scheme: &str| {
        let start = text.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..])
    };
    let rest = strip("https://").or_else(|| strip("http://")).or_else(|| strip("//"));
    let address = rest.unwrap_or(text);
    let (host, path) = address.split_at(address.find(['/', '?', '#']).unwrap_or(address.len()));
    let is_hostless = rest.is_none() && (host.is_empty() || host.eq_ignore_ascii_case("in"));
    if is_hostless { Some(address) } else { is_linkedin(host).then_some(path) }
}

fn is_linkedin(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(&host);
    let host = host.strip_suffix('.').unwrap_or(host);
    if host == "linkedin.com" {
        return true;
    }
    let Some(name) = host.strip_suffix(".linkedin.com") else { return false };
    let is_country = name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_lowercase());
    is_country || SUBDOMAINS.contains(&name)
}

/// The text without percent-encoding; none where that is broken, or hides no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        bytes.push(match byte {
            b'%' => u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Letters and digits, and the signs that scripts of India and its neighbours write words with.
fn is_of_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '\u{900}'..='\u{109f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_profile_have_one_key() {
        for text in [
            "https://www.linkedin.com/in/Ann-Lee-123/?utm=mail&utm_source=x",
            "linkedin.com/in/ann-lee-123",
            "LINKEDIN.COM/IN/ANN-LEE-123/",
            "HTTP://www.LinkedIn.com/in/ann-lee-123#about",
            "//www.linkedin.com/in/ann-lee-123",
            "https://de.linkedin.com/in/ann-lee-123?originalSubdomain=de",
            "uk.linkedin.com/in/ann-lee-123",
            "https://m.linkedin.com/in/ann-lee-123",
            "https://touch.www.linkedin.com/in/ann-lee-123/",
            "https://www.linkedin.com/mwlite/in/ann-lee-123",
            "https://www.linkedin.com/in/ann-lee-123/en",
            "https://www.linkedin.com/in/ann-lee-123/pt-br/",
            "https://www.linkedin.com/in/ann-lee-123/details/experience/",
            "https://www.linkedin.com/in/ann-lee-123/?next=https://evil.example/in/bob",
            "https://www.linkedin.com//in/ann-lee-123//",
            "https://www.linkedin.com:443/in/ann-lee-123",
            "https://www.linkedin.com./in/ann-lee-123",
            "https://www.linkedin.com/in/%61nn%2Dlee%2d123/",
            "  <https://www.linkedin.com/in/ann-lee-123>, ",
            "\u{feff}www.linkedin.com/in/ann-lee-123\u{200e}",
            "in/ann-lee-123",
            "/in/ann-lee-123/",
        ] {
            assert_eq!(profile_key(text).as_deref(), Some("ann-lee-123"), "{text:?}");
        }
    }

    #[test]
    fn names_in_other_scripts_are_the_same_encoded_and_not() {
        for (text, key) in [
            ("https://www.linkedin.com/in/j%C3%B6rg-m%C3%BCller-1a2b", "jörg-müller-1a2b"),
            ("https://www.linkedin.com/in/J%c3%96RG-M%c3%9cLLER-1A2B/de", "jörg-müller-1a2b"),
            ("https://www.linkedin.com/in/jörg-müller-1a2b", "jörg-müller-1a2b"),
            ("linkedin.com/in/%D0%B0%D0%BD%D0%BD%D0%B0", "анна"),
            ("linkedin.com/in/प्रिया-शर्मा", "प्रिया-शर्मा"),
            ("linkedin.com/in/李娜-42", "李娜-42"),
        ] {
            assert_eq!(profile_key(text).as_deref(), Some(key), "{text:?}");
        }
        // Cyrillic а: looks the same, is somebody else.
        assert_ne!(profile_key("linkedin.com/in/\u{430}nn-lee"), profile_key("in/ann-lee"));
    }

    #[test]
    fn what_is_nobodys_profile_gives_no_key() {
        let opaque = "ACoAABcDeFgHiJkLmNoPqRsTuVwXyZ0123456789";
        let opaque = format!("https://www.linkedin.com/in/{opaque}");
        for text in [
            "",
            " ",
            "/",
            "ann-lee-123",
            "Ann Lee",
            "https://www.linkedin.com",
            "https://www.linkedin.com/in/",
            "https://www.linkedin.com/in/me/",
            "https://www.linkedin.com/in/unavailable/",
            "https://www.linkedin.com/in/UNKNOWN",
            "https://www.linkedin.com/in/---",
            "https://www.linkedin.com/company/acme/",
            "https://www.linkedin.com/school/acme/",
            "https://www.linkedin.com/company/in/ann-lee-123",
            "https://www.linkedin.com/sales/lead/ACwAAAbcdef,NAME_SEARCH,x1",
            "https://www.linkedin.com/sales/people/ACwAAAbcdef",
            "https://www.linkedin.com/talent/profile/AEMAAA",
            "https://www.linkedin.com/pub/ann-lee/1/23/456",
            "https://www.linkedin.com/profile/view?id=1234567",
            "https://lnkd.in/abcdef",
            &opaque,
            &opaque.to_lowercase(),
        ] {
            assert_eq!(profile_key(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_address_that_only_looks_like_a_profile_gives_no_key() {
        let long = format!("https://www.linkedin.com/in/{}", "a".repeat(101));
        let longer = format!("https://www.linkedin.com/in/ann-lee?{}", "a".repeat(2_000));
        for text in [
            "https://linkedin.com.evil.example/in/ann-lee",
            "https://evil-linkedin.com/in/ann-lee",
            "https://evillinkedin.com/in/ann-lee",
            "https://evil.linkedin.com/in/ann-lee",
            "https://business.linkedin.com/in/ann-lee",
            "https://evil.example/linkedin.com/in/ann-lee",
            "https://evil.example/?u=linkedin.com/in/ann-lee",
            "https://evil.example/in/ann-lee",
            "https://in/ann-lee",
            "https:///in/ann-lee",
            "https://www.linkedin.com@evil.example/in/ann-lee",
            "https://ann:pw@www.linkedin.com/in/ann-lee",
            "https://www.linkedin.com:8080/in/ann-lee",
            "https://www.linkedin.com%2eevil.example/in/ann-lee",
            "https://www.linkedin.com\\@evil.example/in/ann-lee",
            "ftp://www.linkedin.com/in/ann-lee",
            "javascript://www.linkedin.com/in/ann-lee",
            "mailto:ann@linkedin.com/in/ann-lee",
            "https://www.l\u{456}nkedin.com/in/ann-lee",
            "https://www.ｌinkedin.com/in/ann-lee",
            "https://www.linkedin\u{3002}com/in/ann-lee",
            "https://www.xn--lnkedin-7eh.com/in/ann-lee",
            "https://www.linkedin.com/in/ann-lee/../../company/acme",
            "https://www.linkedin.com/in/ann-lee/%2e%2E/bob",
            "https://www.linkedin.com/in/../company/acme",
            "https://www.linkedin.com/in/ann%2Flee",
            "https://www.linkedin.com/in/ann%00lee",
            "https://www.linkedin.com/in/ann%0d%0alee",
            "https://www.linkedin.com/in/ann%20lee",
            "https://www.linkedin.com/in/ann%25lee",
            "https://www.linkedin.com/in/ann%FFlee",
            "https://www.linkedin.com/in/ann%c3lee",
            "https://www.linkedin.com/in/ann%zzlee",
            "https://www.linkedin.com/in/ann%+1lee",
            "https://www.linkedin.com/in/ann-lee%2",
            "https://www.linkedin.com/in/ann\nlee",
            "https://www.linkedin.com/in/ann\u{0}lee",
            "https://www.linkedin.com/in/ann lee",
            "https://www.linkedin.com/in/ann\u{200b}lee",
            "https://www.linkedin.com/in/ann\u{202e}lee",
            "https://www.linkedin.com/in/ann@evil.example",
            "https://www.linkedin.com/in/ａｎｎ-lee",
            "https://www.linkedin.com/in/jo\u{308}rg-lee",
            "https://www.linkedin.com/in/mi\u{212a}e-lee",
            "https://www.linkedin.com/in/mi%E2%84%AAe-lee",
            &long,
            &longer,
        ] {
            assert_eq!(profile_key(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_key_is_its_own_key() {
        for key in ["ann-lee-123", "JÖRG-müller", "ΑΣ-ΑΣ-1", "STRAẞE-lee"] {
            let once = normal_key(key).expect("a key");
            assert_eq!(normal_key(&once).as_deref(), Some(&*once), "{key:?}");
            assert_eq!(profile_key(&format!("linkedin.com/in/{once}")), Some(once), "{key:?}");
        }
    }
}
