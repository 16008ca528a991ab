//! Which addresses a webhook may have.
//!
//! A customer names the address and Postroom sends requests there: it must not become a way to ask
//! what only Postroom can reach. The URL is read as the runtime's `fetch` reads it, so that
//! `0x7f.1` and `[::ffff:7f00:1]` are seen for what they are. What a name resolves to is not known
//! in a Worker, which for its part reaches no private address.

use crate::kernel::url::{Host, Url};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest URL.
pub const URL_BYTES_MAX: usize = 2_048;

/// Names that are nobody's on the Internet.
const PRIVATE_NAMES: &[&str] = &[
    "localhost",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "arpa",
    "onion",
    "invalid",
    "test",
];

/// Whether requests to this machine itself are fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loopback {
    /// In a local environment: `http://127.0.0.1:9000`.
    Allowed,
    /// Everywhere else.
    Refused,
}

/// The URL in its normal form, if it may be asked.
///
/// # Errors
/// Why not, as the end of a sentence that begins with the field.
pub fn check(text: &str, loopback: Loopback) -> Result<Url, &'static str> {
    if text.len() > URL_BYTES_MAX {
        return Err("must have at most 2048 bytes");
    }
    // A browser's reading of these drops or turns them; who writes them means something else.
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err("must have no spaces, line breaks or backslashes");
    }
    let url = Url::parse(text).ok_or("must be a URL, such as https://example.com/hook")?;
    if !url.username.is_empty() || !url.password.is_empty() {
        return Err("must have no user name and no password");
    }
    if url.href.contains('#') {
        return Err("must have no fragment");
    }
    let host = url.host().ok_or("must have a host")?;
    if is_loopback(&host) && loopback == Loopback::Allowed {
        return match url.protocol.as_str() {
            "http:" | "https:" => Ok(url),
            _ => Err("must begin with http:// or https://"),
        };
    }
    if url.protocol != "https:" {
        return Err("must begin with https://");
    }
    if !url.port.is_empty() {
        return Err("must have no port but 443");
    }
    let public = match host {
        Host::Name(name) => is_public_name(name),
        Host::Ipv4(address) => is_public_v4(address),
        Host::Ipv6(address) => is_public_v6(address),
    };
    if public { Ok(url) } else { Err("must be an address on the Internet, not a private one") }
}

fn is_loopback(host: &Host<'_>) -> bool {
    match host {
        Host::Name(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).to_canonical().is_loopback(),
    }
}

fn is_public_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let Some((_, last)) = name.rsplit_once('.') else { return false };
    !PRIVATE_NAMES.contains(&last) && name.len() <= 253 && name.split('.').all(is_label)
}

/// Whether a part of a name, as the runtime reads it, is one that a name can have.
fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=63).contains(&label.len())
        && label.bytes().all(plain)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b) {
        (0 | 10 | 127 | 224.., _) | (169, 254) | (192, 168) | (198, 18 | 19) => true,
        (100, 64..=127) | (172, 16..=31) => true,
        (192, 0) => c == 0 || c == 2,
        (192, 88) => c == 99,
        (198, 51) => c == 100,
        (203, 0) => c == 113,
        _ => false,
    };
    !special
}

/// Of IPv6, only what is given out as unicast, without the ranges in it that hold an IPv4 address
/// or are for documents.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [first, second, ..] = address.segments();
    let unicast = (0x2000..=0x3fff).contains(&first);
    let special = matches!((first, second), (0x2002, _) | (0x2001, 0..=0x1ff | 0xdb8))
        || (first == 0x3fff && second < 0x1000);
    unicast && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_on_the_internet_are_taken_and_written_normally() {
        for (given, kept) in [
            ("https://example.com/hook", "https://example.com/hook"),
            ("https://EXAMPLE.com:443/a?b=c", "https://example.com/a?b=c"),
            ("https://bücher.example", "https://xn--bcher-kva.example/"),
            ("https://1.1.1.1/", "https://1.1.1.1/"),
            ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
            ("https://172.32.0.1/", "https://172.32.0.1/"),
        ] {
            let url = check(given, Loopback::Refused).map(|url| url.href);
            assert_eq!(url.as_deref(), Ok(kept), "{given}");
        }
    }

    /// Bad inputs O65, and their cousins.
    #[test]
    fn private_addresses_are_refused_in_any_spelling() {
        for bad in [
            "http://127.0.0.1",
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://[::ffff:7f00:1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::1]/",
            "https://[::]/",
            "https://0/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::ffff:a9fe:a9fe]/",
            "https://0xa9fea9fe/",
            "https://10.0.0.1/",
            "https://172.16.0.1/",
            "https://172.31.255.255/",
            "https://192.168.1.1/",
            "https://100.64.0.1/",
            "https://198.18.0.1/",
            "https://192.0.2.1/",
            "https://203.0.113.9/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://[fe80::1]/",
            "https://[fc00::1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[2001:db8::1]/",
            "https://[::127.0.0.1]/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://metadata.google.internal/",
            "https://printer.local/",
            "https://intranet/",
            "https://127.0.0.1.:443/",
            "https://①②⑦.⓪.⓪.①/",
            "https://example.com:8443/",
            "http://example.com/",
            "https://a:b@example.com/",
            "https://a@example.com/",
            "https://example.com/#x",
            "ftp://example.com/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "example.com",
            "",
            "https://",
            "https:// a/",
            "https://example.com/a b",
            "https://example.com/\r\nx: y",
            "https://example.com\\@10.0.0.1/",
            "https://example..com/",
            "https://*.example.com/",
            "https://-a.example.com/",
            "//example.com/",
        ] {
            assert!(check(bad, Loopback::Refused).is_err(), "{bad}");
        }
        assert!(check(&format!("https://e.com/{}", "a".repeat(2_048)), Loopback::Refused).is_err());
    }

    #[test]
    fn a_local_environment_may_ask_itself_and_nobody_else_that_is_private() {
        for good in ["http://127.0.0.1:9000/x", "http://localhost:9000/", "http://[::1]:9000/"] {
            assert!(check(good, Loopback::Allowed).is_ok(), "{good}");
            assert!(check(good, Loopback::Refused).is_err(), "{good}");
        }
        for bad in ["http://10.0.0.1/", "http://169.254.169.254/", "ftp://127.0.0.1/"] {
            assert!(check(bad, Loopback::Allowed).is_err(), "{bad}");
        }
    }
}
