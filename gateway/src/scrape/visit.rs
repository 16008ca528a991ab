//! Reads pages of anybody's servers: only what is an address on the Internet, what the site's
//! robots.txt allows, and no more of it than is wanted. Redirects are followed, each looked at
//! anew.

use super::robots;
use crate::platform::Platform;
use crate::token::sha256_hex;
use actors::kernel::url::Url;
use actors::mail::graph::{Method, NoAnswer, Request};
use actors::webhook::target::{self, Loopback};
use schema::room::source::Mark;
use schema::{Millis, Reject};

/// How many redirects are followed.
const REDIRECTS_MAX: usize = 3;
/// How much of a robots.txt is read (RFC 9309 §2.5).
const ROBOTS_BYTES_MAX: usize = 500 * 1024;
/// How much of what it says to us is kept; more is read anew each time.
const RULES_BYTES_MAX: usize = 8 * 1024;
/// How long a site may take to give it.
const ROBOTS_MS: u64 = 5_000;
/// How long a page may take.
const PAGE_MS: u64 = 20_000;
/// How long all of it may take together, with each robots.txt and redirect.
const VISIT_MS: Millis = 60_000;

/// Why a page cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// For a person.
    pub why: String,
    /// Whether it may well be over in a few minutes.
    pub passes: bool,
}

impl Trouble {
    fn passing(why: impl Into<String>) -> Self {
        Self { why: why.into(), passes: true }
    }

    /// A server that answers with a status which is no answer (RFC 9110 §15).
    fn of_status(status: u16) -> Self {
        let passes = matches!(status, 408 | 425 | 429 | 500..);
        Self { why: format!("the server answers with {status}"), passes }
    }
}

impl From<&str> for Trouble {
    fn from(why: &str) -> Self {
        Self::from(why.to_owned())
    }
}

impl From<String> for Trouble {
    fn from(why: String) -> Self {
        Self { why, passes: false }
    }
}

/// Why nothing is known of a page where there is no server, or it says nothing.
pub const SILENT: &str = "the server does not answer";

/// What a server gives beside the body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heads {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Location`.
    pub location: Option<String>,
    /// `ETag` and `Last-Modified`.
    pub mark: Mark,
}

/// A page, as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Where it was in the end.
    pub url: String,
    /// What it is.
    pub content_type: String,
    /// All of it.
    pub body: Vec<u8>,
    /// What it is known by.
    pub mark: Mark,
}

/// What a page is wanted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Where it is.
    pub url: &'a str,
    /// Which types of content are read.
    pub accept: &'static str,
    /// The most bytes that it may have.
    pub bytes_max: usize,
    /// What is known of it already.
    pub mark: &'a Mark,
}

/// Reads a page; none where it is still what is known already.
///
/// # Errors
/// Why it cannot be read.
pub async fn page<P: Platform>(
    platform: &P,
    wanted: &Wanted<'_>,
) -> Result<Option<Given>, Trouble> {
    let local = platform.config().is_ok_and(crate::config::Config::local);
    let loopback = if local { Loopback::Allowed } else { Loopback::Refused };
    let visit = Visit { platform, loopback, until: platform.now() + VISIT_MS };
    let mut address = wanted.url.to_owned();
    for _ in 0..=REDIRECTS_MAX {
        let url = target::check(&address, loopback)
            .map_err(|why| format!("the address {why}: {}", shown(&address)))?;
        if !visit.is_allowed(&url).await? {
            return Err("the site's robots.txt forbids it".into());
        }
        let mut headers = vec![("accept", wanted.accept.to_owned())];
        headers.extend(wanted.mark.etag.clone().map(|etag| ("if-none-match", etag)));
        let since = wanted.mark.last_modified.clone();
        headers.extend(since.map(|since| ("if-modified-since", since)));
        let (status, heads, body) =
            visit.ask(&url.href, headers, wanted.bytes_max, PAGE_MS).await?;
        match status {
            200 => {
                let content_type = heads.content_type.unwrap_or_default();
                let (url, mark) = (url.href, heads.mark);
                return Ok(Some(Given { url, content_type, body, mark }));
            }
            // Where nothing was said to be known, it is no answer.
            304 if *wanted.mark != Mark::default() => return Ok(None),
            301 | 302 | 303 | 307 | 308 => {
                let to = heads.location.ok_or("the server leads elsewhere, and not where")?;
                address = join(&url, &to);
            }
            status => return Err(Trouble::of_status(status)),
        }
    }
    Err("the server leads elsewhere too often".into())
}

/// An address without what may be a secret in it: whoever reads may read why a reading broke off.
fn shown(address: &str) -> String {
    Url::parse(address).map_or("it is none".into(), |url| url.origin)
}

/// Where a redirect leads (RFC 3986 §4.2); what is behind `#` is not for the server.
fn join(from: &Url, to: &str) -> String {
    let to = to.split('#').next().unwrap_or_default();
    let page = from.href.split('?').next().unwrap_or_default();
    if Url::parse(to).is_some() {
        to.to_owned()
    } else if to.is_empty() {
        from.href.clone()
    } else if to.starts_with("//") {
        format!("{}{to}", from.protocol)
    } else if to.starts_with('/') {
        format!("{}{to}", from.origin)
    } else if to.starts_with('?') {
        format!("{page}{to}")
    } else {
        let folder = page.rsplit_once('/').map_or(page, |(folder, _)| folder);
        format!("{folder}/{to}")
    }
}

/// A visit of a page, with all that it takes.
struct Visit<'a, P> {
    platform: &'a P,
    loopback: Loopback,
    until: Millis,
}

impl<P: Platform> Visit<'_, P> {
    /// Whether a site lets us read a page. What it says to us is kept for a day.
    async fn is_allowed(&self, url: &Url) -> Result<bool, Trouble> {
        let path = url.href.strip_prefix(&url.origin).unwrap_or("/");
        let key = format!("robots:{}", sha256_hex(url.origin.as_bytes()));
        if let Some(text) = self.platform.kept(&key).await {
            return Ok(robots::allows(&text, path));
        }
        let asked = self.robots_of(url).await;
        let in_it = |it: Trouble| Trouble { why: format!("its robots.txt: {}", it.why), ..it };
        let text = robots::ours(&asked.map_err(in_it)?);
        if text.len() <= RULES_BYTES_MAX {
            self.platform.keep(&key, &text).await;
        }
        Ok(robots::allows(&text, path))
    }

    /// A site's robots.txt. One that has none lets everybody; one that cannot say lets nobody for
    /// now (RFC 9309 §2.3.1).
    async fn robots_of(&self, url: &Url) -> Result<String, Trouble> {
        let mut address = format!("{}/robots.txt", url.origin);
        for _ in 0..=REDIRECTS_MAX {
            let Ok(url) = target::check(&address, self.loopback) else { break };
            let headers = vec![("accept", "text/plain, */*".to_owned())];
            let (status, heads, body) =
                self.ask(&url.href, headers, ROBOTS_BYTES_MAX, ROBOTS_MS).await?;
            match (status, heads.location) {
                (200, _) => return Ok(String::from_utf8_lossy(&body).into_owned()),
                (429, _) => return Err(Trouble::of_status(status)),
                (300..=399, Some(to)) => address = join(&url, &to),
                (300..=499, _) => break,
                (status, _) => return Err(Trouble::of_status(status)),
            }
        }
        Ok(String::new())
    }

    async fn ask(
        &self,
        url: &str,
        mut headers: Vec<(&'static str, String)>,
        answer_bytes_max: usize,
        wait_ms: u64,
    ) -> Result<(u16, Heads, Vec<u8>), Trouble> {
        let left = u64::try_from(self.until - self.platform.now()).unwrap_or(0);
        if left == 0 {
            return Err(Trouble::passing("the server takes too long"));
        }
        headers.push(("user-agent", user_agent(self.platform)));
        let (method, url) = (Method::Get, url.to_owned());
        let request = Request { method, url, headers, body: Vec::new(), answer_bytes_max };
        match self.platform.visit(request, wait_ms.min(left)).await {
            Ok((answer, heads)) => Ok((answer.status, heads, answer.body)),
            Err(NoAnswer::TooLarge) => {
                Err(format!("the answer has more than {answer_bytes_max} bytes").into())
            }
            Err(NoAnswer::Broken { .. }) => Err(Trouble::passing(SILENT)),
        }
    }
}

/// Who asks, and where to read who that is.
fn user_agent<P: Platform>(platform: &P) -> String {
    let url = platform.var("PUBLIC_URL").filter(|url| url.bytes().all(|b| b.is_ascii_graphic()));
    let about = url.filter(|url| !url.is_empty()).map(|url| format!(" (+{url})"));
    format!("Postroom/1.0{}", about.unwrap_or_default())
}

/// Whether an address may be asked from here.
///
/// # Errors
/// `invalid_input`.
pub fn check(url: &str, local: bool) -> Result<(), Reject> {
    let loopback = if local { Loopback::Allowed } else { Loopback::Refused };
    target::check(url.trim(), loopback).map(drop).map_err(|why| Reject::field("url", why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_leads_on_from_where_it_is_and_is_looked_at_like_any_address() {
        let url = Url::parse("https://a.example/x/y?z").expect("a URL");
        for (to, there) in [
            ("/b?c", "https://a.example/b?c"),
            ("//b.example/c", "https://b.example/c"),
            ("https://b.example/c", "https://b.example/c"),
            ("https://b.example/c#d", "https://b.example/c"),
            ("b", "https://a.example/x/b"),
            ("../b?c#d", "https://a.example/b?c"),
            ("?c", "https://a.example/x/y?c"),
            ("#d", "https://a.example/x/y?z"),
            ("@10.0.0.1/", "https://a.example/x/@10.0.0.1/"),
        ] {
            let found = target::check(&join(&url, to), Loopback::Refused).map(|url| url.href);
            assert_eq!(found.as_deref(), Ok(there), "{to}");
        }
        for bad in [
            "http://169.254.169.254/",
            "//10.0.0.1/",
            "//[::ffff:10.0.0.1]/",
            "//b.example:8443/",
            "//b@b.example/",
            "/\\10.0.0.1/",
            "\\\\10.0.0.1/",
            "http:b",
            "file:///etc/passwd",
        ] {
            assert!(target::check(&join(&url, bad), Loopback::Refused).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_said_of_an_address_has_no_secret_of_it() {
        let found = shown("http://b.example/team/feed?token=secret");
        assert_eq!(found, "http://b.example");
        assert_eq!(shown("https:// /secret"), "it is none");
    }

    #[test]
    fn a_server_that_is_busy_or_broken_may_answer_soon_and_one_that_refuses_will_not() {
        for status in [408, 429, 500, 503, 599] {
            assert!(Trouble::of_status(status).passes, "{status}");
        }
        for status in [204, 206, 400, 401, 403, 404, 410, 451] {
            assert!(!Trouble::of_status(status).passes, "{status}");
        }
    }
}
