//! Normal forms of text, and names of hosts in ASCII.
//!
//! Their tables are a tenth of a Worker, and every runtime has them: in a Worker they are the
//! runtime's, natively those of crates. Most text is ASCII and needs neither.

#[cfg(target_arch = "wasm32")]
use super::host::unicode as home;

/// The text in normalization form KC: what looks the same is the same, composed.
#[must_use]
pub fn nfkc(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { home::nfkc(text) }
}

/// The text in normalization form KD: accents stand behind their letters.
#[must_use]
pub fn nfkd(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { home::nfkd(text) }
}

/// The name of a host in lower-case ASCII, international labels as punycode (UTS 46); `None` where
/// it can be none. What ASCII labels may hold is for the caller to check.
#[must_use]
pub fn domain_to_ascii(domain: &str) -> Option<String> {
    if domain.is_ascii() {
        return Some(domain.to_ascii_lowercase());
    }
    let odd = |c: char| c.is_whitespace() || c.is_control() || "/\\?#@:%[]<>^|\"`{}".contains(c);
    if domain.chars().any(odd) {
        return None;
    }
    home::domain_to_ascii(domain).filter(|ascii| ascii.is_ascii())
}

/// The native home.
#[cfg(not(target_arch = "wasm32"))]
mod home {
    use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
    use std::borrow::Cow;

    pub fn nfkc(text: &str) -> String {
        ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned()
    }

    pub fn nfkd(text: &str) -> String {
        DecomposingNormalizerBorrowed::new_nfkd().normalize(text).into_owned()
    }

    pub fn domain_to_ascii(domain: &str) -> Option<String> {
        let bytes = Cow::Borrowed(domain.as_bytes());
        let ascii = idna::domain_to_ascii_from_cow(bytes, idna::AsciiDenyList::URL).ok()?;
        Some(ascii.into_owned())
    }
}
