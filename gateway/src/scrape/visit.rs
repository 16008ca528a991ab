//! Reads pages of anybody's servers: only what is an address on the Internet, what the site's
//! robots.txt allows, and no more of it than is wanted. Redirects are followed, each looked at
//! anew.

use super::robots;
use crate::platform::Platform;
use crate::token::sha256_hex;
use actors::kernel::url::Url;
use actors::mail::graph::{Method, NoAnswer, Request};
use actors::webhook::target::{self, Loopback};
use schema::Reject;
use schema::room::source::Mark;

/// How many redirects are followed.
const REDIRECTS_MAX: usize = 3;
/// How much of a robots.txt is read (RFC 9309 §2.5).
const ROBOTS_BYTES_MAX: usize = 500 * 1024;
/// How long a site may take to give it.
const ROBOTS_MS: u64 = 5_000;
/// How long a page may take.
const PAGE_MS: u64 = 20_000;

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
/// Why it cannot be read, for a person.
pub async fn page<P: Platform>(platform: &P, wanted: &Wanted<'_>) -> Result<Option<Given>, String> {
    let local = platform.config().is_ok_and(crate::config::Config::local);
    let loopback = if local { Loopback::Allowed } else { Loopback::Refused };
    let mut address = wanted.url.to_owned();
    for _ in 0..=REDIRECTS_MAX {
        let url = target::check(&address, loopback)
            .map_err(|why| format!("the address {why}: {address:.200}"))?;
        if !is_allowed(platform, &url, loopback).await? {
            return Err("the site's robots.txt forbids it".into());
        }
        let mut headers =
            vec![("user-agent", user_agent(platform)), ("accept", wanted.accept.into())];
        headers.extend(wanted.mark.etag.clone().map(|etag| ("if-none-match", etag)));
        let since = wanted.mark.last_modified.clone();
        headers.extend(since.map(|since| ("if-modified-since", since)));
        let (status, heads, body) =
            ask(platform, &url.href, headers, wanted.bytes_max, PAGE_MS).await?;
        match status {
            200 => {
                let content_type = heads.content_type.unwrap_or_default();
                return Ok(Some(Given { content_type, body, mark: heads.mark }));
            }
            304 => return Ok(None),
            301 | 302 | 303 | 307 | 308 => {
                let to = heads.location.ok_or("the server leads elsewhere, and not where")?;
                address = join(&url, &to);
            }
            status => return Err(format!("the server answers with {status}")),
        }
    }
    Err("the server leads elsewhere too often".into())
}

/// Where a redirect leads.
fn join(from: &Url, to: &str) -> String {
    match to.strip_prefix("//") {
        Some(rest) => format!("{}//{rest}", from.protocol),
        None if to.starts_with('/') => format!("{}{to}", from.origin),
        None => to.to_owned(),
    }
}

/// Whether a site lets us read a page. What it says is kept for a day.
async fn is_allowed<P: Platform>(
    platform: &P,
    url: &Url,
    loopback: Loopback,
) -> Result<bool, String> {
    let path = url.href.strip_prefix(&url.origin).unwrap_or("/");
    let key = format!("robots:{}", sha256_hex(url.origin.as_bytes()));
    if let Some(text) = platform.kept(&key).await {
        return Ok(robots::allows(&text, path));
    }
    let asked = robots_of(platform, url, loopback).await;
    let text = asked.map_err(|why| format!("its robots.txt: {why}"))?;
    platform.keep(&key, &text).await;
    Ok(robots::allows(&text, path))
}

/// A site's robots.txt. One that has none lets everybody; one that cannot say lets nobody for now
/// (RFC 9309 §2.3.1).
async fn robots_of<P: Platform>(
    platform: &P,
    url: &Url,
    loopback: Loopback,
) -> Result<String, String> {
    let mut address = format!("{}/robots.txt", url.origin);
    for _ in 0..=REDIRECTS_MAX {
        let Ok(url) = target::check(&address, loopback) else { break };
        let headers =
            vec![("user-agent", user_agent(platform)), ("accept", "text/plain, */*".into())];
        let (status, heads, body) =
            ask(platform, &url.href, headers, ROBOTS_BYTES_MAX, ROBOTS_MS).await?;
        match (status, heads.location) {
            (200, _) => return Ok(String::from_utf8_lossy(&body).into_owned()),
            (300..=399, Some(to)) => address = join(&url, &to),
            (300..=499, _) => break,
            (status, _) => return Err(format!("the server answers with {status}")),
        }
    }
    Ok(String::new())
}

/// Who asks, and where to read who that is.
fn user_agent<P: Platform>(platform: &P) -> String {
    let url = platform.var("PUBLIC_URL").filter(|url| url.bytes().all(|b| b.is_ascii_graphic()));
    let about = url.filter(|url| !url.is_empty()).map(|url| format!(" (+{url})"));
    format!("Postroom/1.0{}", about.unwrap_or_default())
}

async fn ask<P: Platform>(
    platform: &P,
    url: &str,
    headers: Vec<(&'static str, String)>,
    answer_bytes_max: usize,
    wait_ms: u64,
) -> Result<(u16, Heads, Vec<u8>), String> {
    let (method, url) = (Method::Get, url.to_owned());
    let request = Request { method, url, headers, body: Vec::new(), answer_bytes_max };
    match platform.visit(request, wait_ms).await {
        Ok((answer, heads)) => Ok((answer.status, heads, answer.body)),
        Err(NoAnswer::TooLarge) => {
            Err(format!("the answer has more than {answer_bytes_max} bytes"))
        }
        Err(NoAnswer::Broken { .. }) => Err("the server does not answer".into()),
    }
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
        ] {
            assert_eq!(join(&url, to), there);
        }
        for bad in ["http://169.254.169.254/", "//10.0.0.1/", "b", "file:///etc/passwd", ""] {
            assert!(target::check(&join(&url, bad), Loopback::Refused).is_err(), "{bad}");
        }
    }
}
