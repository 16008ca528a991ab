//! Addresses of the web, read as `fetch` reads them.
//!
//! In a Worker it is the runtime that reads them, natively the crate `url`, by the same standard:
//! with the tables it needs for names that are not ASCII it is a twentieth of a Worker.

#[cfg(target_arch = "wasm32")]
use super::host::url as home;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A URL in its normal form, and its parts as the URL standard's getters give them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// All of it.
    pub href: String,
    /// Scheme, host and port, or `null`.
    pub origin: String,
    /// The scheme with its colon.
    pub protocol: String,
    /// Empty where there is none, as with all that follows.
    pub username: String,
    /// Beside the user's name.
    pub password: String,
    /// A name in ASCII, an IPv4 address in decimals, or an IPv6 address in brackets.
    pub hostname: String,
    /// Empty also where it is the scheme's own.
    pub port: String,
}

/// What a URL names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host<'u> {
    /// A name, or what is written in its place.
    Name(&'u str),
    /// An IPv4 address, however it was written.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
}

impl Url {
    /// Reads a URL; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        home::read(text)
    }

    /// The host, if there is one.
    #[must_use]
    pub fn host(&self) -> Option<Host<'_>> {
        let name = self.hostname.as_str();
        if name.is_empty() {
            return None;
        }
        if let Ok(address) = name.parse() {
            return Some(Host::Ipv4(address));
        }
        let inner = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        Some(inner.and_then(|it| it.parse().ok()).map_or(Host::Name(name), Host::Ipv6))
    }
}

/// The native home.
#[cfg(not(target_arch = "wasm32"))]
mod home {
    use url::quirks;

    pub fn read(text: &str) -> Option<super::Url> {
        let url = url::Url::parse(text).ok()?;
        Some(super::Url {
            href: quirks::href(&url).to_owned(),
            origin: quirks::origin(&url),
            protocol: quirks::protocol(&url).to_owned(),
            username: quirks::username(&url).to_owned(),
            password: quirks::password(&url).to_owned(),
            hostname: quirks::hostname(&url).to_owned(),
            port: quirks::port(&url).to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_however_it_is_written() {
        let host = |text: &str| format!("{:?}", Url::parse(text).expect(text).host());
        assert_eq!(host("https://EXAMPLE.com./a"), r#"Some(Name("example.com."))"#);
        assert_eq!(host("https://b\u{fc}cher.example"), r#"Some(Name("xn--bcher-kva.example"))"#);
        assert_eq!(host("https://0x7f.1:8443/"), "Some(Ipv4(127.0.0.1))");
        assert_eq!(host("https://[0::ffff:127.0.0.1]/"), "Some(Ipv6(::ffff:127.0.0.1))");
        assert_eq!(host("mailto:a@example.com"), "None");
        assert_eq!(Url::parse("example.com"), None);
    }
    #[test]
    fn every_spelling_of_a_host_is_read_as_the_standard_has_it() {
        let hosts = include_str!("../../../tests/corpus/html/hosts.json");
        let hosts: Vec<(String, Option<String>)> = serde_json::from_str(hosts).expect("JSON");
        for (host, expected) in hosts {
            let url = Url::parse(&format!("http://{host}/"));
            assert_eq!(url.map(|url| url.hostname), expected, "{host}");
        }
    }
}
