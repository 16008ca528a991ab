//! A request as the gateway reads it, and a response as it writes it.
//!
//! Headers and body are fetched only when somebody asks for them: each is a crossing from wasm to
//! JavaScript, and most requests need few.

use schema::{Code, Reject, codec};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

/// Where headers come from.
pub enum Headers {
    /// Names in lower case.
    Map(BTreeMap<String, String>),
    /// The runtime's.
    #[cfg(target_arch = "wasm32")]
    Js(worker::web_sys::Headers),
}

impl Headers {
    /// A header; several of one name come joined by `, `, as Fetch has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        match self {
            Self::Map(map) => map.get(name).cloned(),
            #[cfg(target_arch = "wasm32")]
            Self::Js(headers) => headers.get(name).ok().flatten(),
        }
    }
}

/// A body that nobody has read yet.
pub enum Body {
    /// It is here.
    Bytes(Vec<u8>),
    /// It comes from the runtime.
    #[cfg(target_arch = "wasm32")]
    Js(worker::web_sys::Request),
}

/// A body that comes in pieces.
pub enum Chunks {
    /// It is here, until it is taken.
    Bytes(Option<Vec<u8>>),
    /// It comes from the runtime.
    #[cfg(target_arch = "wasm32")]
    Js(worker::ByteStream),
}

impl Body {
    /// The body as it comes.
    ///
    /// # Errors
    /// `bad_request` where it cannot be read.
    pub fn chunks(self) -> Result<Chunks, Reject> {
        match self {
            Self::Bytes(bytes) => Ok(Chunks::Bytes(Some(bytes))),
            #[cfg(target_arch = "wasm32")]
            Self::Js(request) => crate::edge::chunks(request),
        }
    }
}

impl Chunks {
    /// The next piece; none at the end.
    ///
    /// # Errors
    /// `bad_request` where the body breaks off.
    #[cfg_attr(not(target_arch = "wasm32"), expect(clippy::unused_async))]
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Reject> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.take()),
            #[cfg(target_arch = "wasm32")]
            Self::Js(stream) => crate::edge::next_chunk(stream).await,
        }
    }

    /// Reads what is left, up to a number of bytes, and forgets it.
    pub async fn drain(&mut self, mut bytes_max: usize) {
        while let Ok(Some(bytes)) = self.next().await {
            bytes_max = bytes_max.saturating_sub(bytes.len());
            if bytes_max == 0 {
                break;
            }
        }
    }
}

/// A request.
pub struct Request {
    /// In capitals.
    pub method: String,
    /// Scheme, host and port, such as `http://127.0.0.1:8787`.
    pub origin: String,
    /// The path, as it was sent.
    pub path: String,
    /// What follows `?`.
    pub query: Option<String>,
    /// Headers.
    pub headers: Headers,
    /// Body.
    pub body: Body,
}

impl Request {
    /// A request from its URL. A fragment never reaches a server.
    #[must_use]
    pub fn new(method: &str, url: &str, headers: Headers, body: Body) -> Self {
        let url = url.split('#').next().unwrap_or_default();
        let (whole, query) = match url.split_once('?') {
            Some((whole, query)) => (whole, Some(query.to_owned())),
            None => (url, None),
        };
        let host = whole.find("://").map_or(0, |at| at + 3);
        let slash = whole[host..].find('/').map_or(whole.len(), |at| host + at);
        let (origin, path) = whole.split_at(slash);
        let path = if path.is_empty() { "/" } else { path };
        Self {
            method: method.to_owned(),
            origin: origin.to_owned(),
            path: path.to_owned(),
            query,
            headers,
            body,
        }
    }

    /// The bearer token.
    ///
    /// # Errors
    /// `bad_request` for two `authorization` headers, `unauthorized` for another scheme.
    pub fn bearer(&self) -> Result<Option<String>, Reject> {
        let Some(value) = self.headers.get("authorization") else { return Ok(None) };
        if value.contains(',') {
            return Err(Reject::new(Code::BadRequest, "send one authorization header"));
        }
        match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Ok(Some(token.trim().to_owned()))
            }
            _ => Err(Reject::new(Code::Unauthorized, "authorization must be a bearer token")),
        }
    }

    /// The idempotency key.
    ///
    /// # Errors
    /// `invalid_input` unless it is 1 to 255 visible ASCII characters.
    pub fn idempotency_key(&self) -> Result<Option<String>, Reject> {
        let Some(key) = self.headers.get("idempotency-key") else { return Ok(None) };
        let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        if key.is_empty() || key.len() > 255 || !visible {
            let rule = "must be 1 to 255 visible ASCII characters";
            return Err(Reject::field("Idempotency-Key", rule));
        }
        Ok(Some(key))
    }

    /// The version that `If-Match` names.
    ///
    /// # Errors
    /// `invalid_input` for anything but one version of ours in quotes, or `*`.
    pub fn if_match(&self) -> Result<Option<i64>, Reject> {
        let Some(value) = self.headers.get("if-match") else { return Ok(None) };
        if value == "*" {
            return Ok(None);
        }
        let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let version = inner.and_then(codec::whole);
        let rule = || Reject::field("If-Match", "must be one ETag that Postroom gave");
        version.map(Some).ok_or_else(rule)
    }

    /// Whether the client wants a WebSocket.
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        let upgrade = self.headers.get("upgrade");
        upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
    }

    /// Whether it came without TLS, and not from this machine itself.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let Some(host) = self.origin.strip_prefix("http://") else { return false };
        let own = ["127.0.0.1", "localhost", "[::1]"].into_iter();
        !own.filter_map(|own| host.strip_prefix(own))
            .any(|rest| rest.is_empty() || rest.starts_with(':'))
    }

    /// The client's address. Of an IPv6 address, the /64: whoever has one address of it has them
    /// all, and what is counted by address must count them as one.
    #[must_use]
    pub fn address(&self) -> String {
        let Some(text) = self.headers.get("cf-connecting-ip") else { return "local".into() };
        match text.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            Ok(IpAddr::V4(address)) => address.to_string(),
            Err(_) => text,
        }
    }
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let headers = Headers::Map(headers.collect());
        Request::new("GET", "https://a.example/v1/me?x=1&y=/?#z", headers, Body::Bytes(vec![]))
    }

    #[test]
    fn a_url_falls_into_its_parts() {
        let url = request(&[]);
        assert_eq!(
            (url.origin.as_str(), url.path.as_str(), url.query.as_deref()),
            ("https://a.example", "/v1/me", Some("x=1&y=/?"))
        );
        let bare =
            Request::new("GET", "http://a", Headers::Map(BTreeMap::new()), Body::Bytes(vec![]));
        assert_eq!((bare.origin.as_str(), bare.path.as_str()), ("http://a", "/"));
    }

    #[test]
    fn what_comes_without_tls_is_known_by_its_scheme() {
        let plain = |url| {
            let none = Headers::Map(BTreeMap::new());
            Request::new("GET", url, none, Body::Bytes(vec![])).is_plain()
        };
        for url in ["http://desk.example/v1/me", "http://localhost.example/", "http://127.0.0.10"] {
            assert!(plain(url), "{url}");
        }
        for url in [
            "https://desk.example/",
            "http://127.0.0.1:8787/",
            "http://localhost",
            "http://[::1]:1/",
        ] {
            assert!(!plain(url), "{url}");
        }
    }

    #[test]
    fn one_bearer_token_is_taken_and_two_headers_are_refused() {
        let bearer = |value| request(&[("authorization", value)]).bearer();
        assert_eq!(bearer("Bearer abc"), Ok(Some("abc".into())));
        assert_eq!(bearer("bearer abc"), Ok(Some("abc".into())));
        assert_eq!(request(&[]).bearer(), Ok(None));
        assert_eq!(bearer("Bearer a, Bearer b").map_err(|r| r.code), Err(Code::BadRequest));
        assert_eq!(bearer("Basic abc").map_err(|r| r.code), Err(Code::Unauthorized));
        assert_eq!(bearer("abc").map_err(|r| r.code), Err(Code::Unauthorized));
    }

    #[test]
    fn idempotency_keys_are_visible_ascii() {
        let key = |value: &str| request(&[("idempotency-key", value)]).idempotency_key();
        assert_eq!(key("a-1"), Ok(Some("a-1".into())));
        for bad in ["", " ", "a b", "ä", "a\tb", &"k".repeat(256)] {
            assert!(key(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_count_as_one() {
        let address = |text| request(&[("cf-connecting-ip", text)]).address();
        assert_eq!(address("2001:db8:1:2::7"), "2001:db8:1:2::/64");
        assert_eq!(address("2001:db8:1:2:ffff::1"), address("2001:db8:1:2::7"));
        assert_ne!(address("2001:db8:1:3::7"), address("2001:db8:1:2::7"));
        assert_eq!(address("192.0.2.7"), "192.0.2.7");
        assert_eq!(address("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(request(&[]).address(), "local");
    }

    #[test]
    fn if_match_takes_our_etags_only() {
        let version = |value| request(&[("if-match", value)]).if_match();
        assert_eq!(version("\"7\""), Ok(Some(7)));
        assert_eq!(version("*"), Ok(None));
        assert!(version("\"9007199254740992\"").is_err(), "beyond what is the same everywhere");
        for bad in ["7", "\"07\"", "\"-1\"", "W/\"7\"", "\"7\", \"8\"", "\"x\"", "", "\""] {
            assert!(version(bad).is_err(), "{bad}");
        }
    }
}
