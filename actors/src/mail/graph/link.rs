//! Where requests may go, and how words are written into addresses.
//!
//! Links come from outside and are followed with a token: one that leads elsewhere is refused.

/// The longest link that is followed.
const LINK_BYTES_MAX: usize = 16 * 1024;

/// Whether a link may be the address of an upload: anywhere over TLS, for it gets no token, or on
/// the machine where `base` is.
pub(super) fn is_upload(base: &str, link: &str) -> bool {
    let machine = base.match_indices('/').nth(2).map_or(base, |(end, _)| &base[..end]);
    let is_near = link.strip_prefix(machine).is_some_and(|rest| rest.starts_with('/'));
    let is_tls = link.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
    link.len() <= LINK_BYTES_MAX && (is_near || is_tls) && plain(link) && !link.contains('#')
}

fn plain(rest: &str) -> bool {
    rest.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

/// Whether a link stays below `base`, which has no slash at its end.
pub(super) fn is_below(base: &str, link: &str) -> bool {
    let rest = link.strip_prefix(base).and_then(|rest| rest.strip_prefix('/'));
    // `..` would lead above the base, and `#` would cut the link off.
    let path = |rest: &str| rest.split('?').next().is_some_and(|path| !path.contains(".."));
    link.len() <= LINK_BYTES_MAX
        && rest.is_some_and(|rest| plain(rest) && path(rest) && !rest.contains('#'))
}

/// A word as a segment of a path, or as a value of a query or a form (RFC 3986 §2.3).
pub(super) fn encoded(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for byte in word.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

/// Names and values joined as in a query or a form.
#[must_use]
pub fn query(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_elsewhere_is_known() {
        let base = "https://graph.microsoft.com/v1.0";
        for good in [
            "https://graph.microsoft.com/v1.0/me/mailFolders/inbox/messages/delta?$skiptoken=a..b",
            "https://graph.microsoft.com/v1.0/me/mailFolders('AAMk%3D')/messages/delta?x=1",
        ] {
            assert!(is_below(base, good), "{good}");
        }
        for bad in [
            "",
            "/me",
            "https://graph.microsoft.com/v1.0",
            "https://graph.microsoft.com/v1.0.evil.example/me",
            "https://graph.microsoft.com/v1.0@evil.example/me",
            "https://graph.microsoft.com/v1.0/../beta/me",
            "https://graph.microsoft.com/v1.0/me\\..\\x",
            "https://graph.microsoft.com/v1.0/me\r\nx: y",
            "https://graph.microsoft.com/v1.0/me#x",
            "http://graph.microsoft.com/v1.0/me",
            "https://evil.example/https://graph.microsoft.com/v1.0/me",
        ] {
            assert!(!is_below(base, bad), "{bad}");
        }
        assert!(!is_below(base, &format!("{base}/{}", "x".repeat(LINK_BYTES_MAX))));
    }

    #[test]
    fn an_upload_goes_over_tls_or_stays_on_the_machine() {
        let is_good = |link| is_upload("http://127.0.0.1:80/v1.0", link);
        for good in ["https://outlook.office.com/x?authtoken=e.y", "http://127.0.0.1:80/upload?x"] {
            assert!(is_good(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "http://outlook.office.com/x",
            "http://127.0.0.1:80",
            "http://127.0.0.1:80.evil.test/x",
            "http://127.0.0.1:80@evil.test/x",
            "https://a.test/x\r\ny: z",
            "https://a.test/x#y",
            "ftp://127.0.0.1/",
        ] {
            assert!(!is_good(bad), "{bad}");
        }
        assert!(!is_upload("https://graph.microsoft.com/v1.0", "http://graph.microsoft.com/x"));
    }

    #[test]
    fn words_are_encoded_so_that_they_stay_one_word() {
        assert_eq!(encoded("AAMk-_.~09"), "AAMk-_.~09");
        assert_eq!(encoded("a/b=c d+é'"), "a%2Fb%3Dc%20d%2B%C3%A9%27");
        assert_eq!(query(&[("a", "b&c"), ("d", "")]), "a=b%26c&d=");
    }
}
