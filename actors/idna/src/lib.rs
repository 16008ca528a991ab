//! Names of hosts in ASCII, for the crate `url`, which asks for a crate of this name.
//!
//! Upstream's brings the tables of UTS 46, which with their code are a thirtieth of a Worker, and
//! which every runtime has: in a Worker it is asked, natively the same tables are read. ammonia
//! reads the links of a mail with `url`, and only their schemes count there. Whatever is not sure
//! to be a name is none: [`Errors`].

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(not(target_arch = "wasm32"))]
mod punycode;
#[cfg(target_arch = "wasm32")]
mod runtime;

use std::borrow::Cow;
use std::fmt;

#[cfg(not(target_arch = "wasm32"))]
use native as home;
#[cfg(target_arch = "wasm32")]
use runtime as home;

/// It is the name of no host.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Errors {}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is the name of no host")
    }
}

impl std::error::Error for Errors {}

/// Which characters of ASCII no name may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AsciiDenyList {
    /// Those that the URL standard forbids: <https://url.spec.whatwg.org/#forbidden-domain-code-point>.
    URL,
}

impl AsciiDenyList {
    fn has(self, byte: u8) -> bool {
        let Self::URL = self;
        byte.is_ascii_control() || b" %#/:<>?@[\\]^|".contains(&byte)
    }
}

/// A name in lower-case ASCII, international labels as punycode: `domain to ASCII` of the URL
/// standard, not strict (<https://url.spec.whatwg.org/#concept-domain-to-ascii>).
///
/// # Errors
/// [`Errors`]: it is none.
pub fn domain_to_ascii_from_cow(
    domain: Cow<'_, [u8]>,
    denied: AsciiDenyList,
) -> Result<Cow<'_, str>, Errors> {
    let mut name = match domain {
        Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
    .ok_or(Errors {})?;
    if name.bytes().any(|byte| denied.has(byte)) || name.split('.').any(is_empty_punycode) {
        return Err(Errors {});
    }
    if name.is_ascii() && !name.split('.').any(is_punycode) {
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            name.to_mut().make_ascii_lowercase();
        }
        return Ok(name);
    }
    let ascii = home::ascii(&name).ok_or(Errors {})?;
    let odd = |byte: u8| !byte.is_ascii() || byte.is_ascii_uppercase() || denied.has(byte);
    if ascii.is_empty() || ascii.bytes().any(odd) || ascii.split('.').any(is_empty_punycode) {
        return Err(Errors {});
    }
    Ok(Cow::Owned(ascii))
}

/// Whether a label says that it is punycode, which it may not be.
fn is_punycode(label: &str) -> bool {
    label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"))
}

/// Whether a label says that it is punycode, and stands for ASCII: a second spelling of another
/// name, which not every runtime refuses.
fn is_empty_punycode(label: &str) -> bool {
    is_punycode(label) && label.ends_with('-')
}

/// A name as people are shown it: in ASCII too, in which no letter looks like another one's.
pub fn domain_to_unicode(domain: &str) -> (String, Result<(), Errors>) {
    (domain.to_owned(), Ok(()))
}

#[cfg(test)]
mod tests;
