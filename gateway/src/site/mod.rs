//! What a prospect's company says on its own pages: the front page, and at most two that it links
//! to on the same host, where contacts are.
//!
//! They are read as sources are ([`crate::scrape::visit`]): over TLS, as robots.txt allows, each
//! redirect looked at anew. It costs nothing and keeps nobody waiting for long: what cannot be had
//! is a reason, and all who work at a company have one reading of a day. Whoever imports people
//! names the sites, so how often is limited: for a workspace, and for a company by whoever it is.

mod page;

use crate::auth::DEPLOYMENT;
use crate::limiter;
use crate::platform::Platform;
use crate::scrape::visit::{self, Given, Trouble, Wanted};
use crate::token::sha256_hex;
use actors::kernel::url::Url;
use actors::mail::free_mail;
use actors::mail::identity::domain_key;
use page::{Said, add, decoded, read};
use schema::ids::WorkspaceId;
use schema::limiter::LimitKind;
use schema::prospect::{SiteFactKind, SiteFacts};
use schema::room::source::Mark;
use schema::{Millis, codec};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// How long all pages of a site may take together.
const SITE_MS: Millis = 30_000;
/// How long nobody tries again what may soon be over.
const TROUBLE_MS: Millis = 10 * 60 * 1000;
/// The longest page.
const PAGE_BYTES_MAX: usize = 1024 * 1024;
/// How many pages are read beside the front page.
const FURTHER_MAX: usize = 2;
const ACCEPT: &str = "text/html, application/xhtml+xml";
const SLOW: &str = "the site takes too long";
/// What stands before a country's ending, and not for one company (`co.uk`).
const SHARED: [&str; 8] = ["ac", "co", "com", "edu", "gov", "net", "or", "org"];

/// Where the pages of companies are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sites {
    /// They are not read.
    Unread,
    /// At their own domains.
    Own,
    /// In a local test, each under its domain's name at a stand-in.
    At(String),
}

impl Sites {
    /// Reads the settings: `SITE_FACTS`, and locally `SITES_URL`.
    ///
    /// # Errors
    /// The setting that is wrong, and how it must be.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let is_local = var("ENVIRONMENT").as_deref() == Some("local");
        match (var("SITE_FACTS").as_deref(), var("SITES_URL")) {
            (Some("off"), _) => Ok(Self::Unread),
            (None | Some("on"), None) => Ok(Self::Own),
            (None | Some("on"), Some(url)) if is_local && url.starts_with("http://127.0.0.1:") => {
                Ok(Self::At(url.trim_end_matches('/').to_owned()))
            }
            (None | Some("on"), Some(_)) => {
                Err("SITES_URL must begin with http://127.0.0.1: in a local environment".into())
            }
            (Some(_), _) => Err("SITE_FACTS must be on or off".into()),
        }
    }

    /// Where a company's front page may be: many are at `www.` alone.
    fn fronts(&self, domain: &str) -> Vec<String> {
        match self {
            Self::Unread => Vec::new(),
            Self::Own => vec![format!("https://{domain}/"), format!("https://www.{domain}/")],
            Self::At(url) => vec![format!("{url}/{domain}/")],
        }
    }
}

/// What the pages at a domain say, for a workspace; none where they are not to be read, or not now.
pub async fn facts<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
    domain: &str,
) -> Option<SiteFacts> {
    let domain = domain_key(domain).ok().filter(|domain| !free_mail::is_known(domain))?;
    let fronts = platform.config().ok()?.sites.fronts(&domain);
    if fronts.is_empty() {
        return None;
    }
    // When it was read is another workspace's business.
    let key = format!("site:{}", sha256_hex(&codec::to_json(&(workspace, &domain))));
    let kept = platform.kept(&key).await;
    let kept = kept.and_then(|text| codec::read_json::<Reading>(text.as_bytes()).ok());
    let now = platform.now();
    if let Some((site, _)) = kept.filter(|reading| counts(reading, now)) {
        return Some(site);
    }
    if !may_visit(platform, workspace, &domain).await {
        return None;
    }
    let mut visitor = InTime { platform, until: now + SITE_MS };
    let reading = visited(&mut visitor, domain, &fronts, now).await;
    let text = String::from_utf8(codec::to_json(&reading)).unwrap_or_default();
    platform.keep(&key, &text).await;
    Some(reading.0)
}

/// What was read, and whether it may be another in a few minutes.
type Reading = (SiteFacts, bool);

/// Whether a reading that is kept still counts.
fn counts((site, passes): &Reading, now: Millis) -> bool {
    !passes || now - site.read_at < TROUBLE_MS
}

/// Whether a site may be visited now. The workspace's limit comes first: who has reached it leaves
/// the company's to others.
async fn may_visit<P: Platform>(platform: &P, workspace: WorkspaceId, domain: &str) -> bool {
    limiter::allows(platform, workspace, LimitKind::Sites, "all").await
        && limiter::allows(platform, DEPLOYMENT, LimitKind::Site, owned(domain)).await
}

/// The part of a domain that a company registers, as far as that shows: there may be any number of
/// names below it.
fn owned(domain: &str) -> &str {
    let domain = domain.trim_end_matches('.');
    let mut labels = domain.rsplit('.');
    let (last, second) = (labels.next().unwrap_or_default(), labels.next().unwrap_or_default());
    let third = if last.len() == 2 && SHARED.contains(&second) { labels.next() } else { None };
    let length = [Some(last), Some(second), third].into_iter().flatten().map(|it| it.len() + 1);
    &domain[(domain.len() + 1).saturating_sub(length.sum())..]
}

/// Who fetches pages.
trait Visitor {
    /// Fetches a page.
    async fn page(&mut self, url: &str) -> Result<Given, Trouble>;
}

/// Fetches pages until a time.
struct InTime<'a, P> {
    platform: &'a P,
    until: Millis,
}

impl<P: Platform> Visitor for InTime<'_, P> {
    async fn page(&mut self, url: &str) -> Result<Given, Trouble> {
        let mark = Mark::default();
        let wanted = Wanted { url, accept: ACCEPT, bytes_max: PAGE_BYTES_MAX, mark: &mark };
        let left = u32::try_from(self.until - self.platform.now()).unwrap_or(0);
        let mut page = pin!(visit::page(self.platform, &wanted));
        let mut end = pin!(self.platform.sleep(left));
        let given = poll_fn(|context| match page.as_mut().poll(context) {
            ready @ Poll::Ready(_) => ready,
            Poll::Pending => end.as_mut().poll(context).map(|()| Err(slow())),
        });
        // Nothing was said to be known of it.
        given.await?.ok_or_else(|| "the server says that it has not changed".into())
    }
}

fn slow() -> Trouble {
    Trouble { why: SLOW.to_owned(), passes: true }
}

/// Reads the front page, which may be at one of some places, and what it leads to.
async fn visited<V: Visitor>(
    visitor: &mut V,
    domain: String,
    fronts: &[String],
    now: Millis,
) -> Reading {
    let mut site = SiteFacts { domain, read_at: now, trouble: None, facts: Vec::new() };
    let mut found = Err(slow());
    let mut host = String::new();
    for front in fronts {
        host = Url::parse(front).map(|url| url.hostname).unwrap_or_default();
        found = visitor.page(front).await;
        if !found.as_ref().is_err_and(|trouble| trouble.why.ends_with(visit::SILENT)) {
            break;
        }
    }
    let said = match found.and_then(|given| own(&given, &site.domain, &host)) {
        Ok(said) => said,
        Err(Trouble { why, passes }) => {
            site.trouble = Some(why);
            return (site, passes);
        }
    };
    site.facts = said.facts;
    let mut passing = false;
    for link in said.links.iter().take(FURTHER_MAX) {
        let page = visitor.page(link).await;
        match page.and_then(|given| own(&given, &site.domain, &host)) {
            Ok(said) => {
                let contacts = said.facts.into_iter().filter(|fact| is_contact(fact.kind));
                contacts.for_each(|fact| add(&mut site.facts, fact));
            }
            Err(Trouble { why, passes }) => {
                site.trouble = Some(format!("{link}: {why}"));
                passing |= passes;
            }
        }
    }
    (site, passing)
}

/// What a page says; not one of somebody else, nor what is no page.
fn own(given: &Given, domain: &str, front: &str) -> Result<Said, Trouble> {
    let Given { url, content_type, body, .. } = given;
    let url = Url::parse(url).ok_or("its address cannot be read")?;
    let below = url.hostname.strip_suffix(domain);
    if url.hostname != front && !below.is_some_and(|it| it.is_empty() || it.ends_with('.')) {
        return Err(format!("it leads to another site: {:.200}", url.hostname).into());
    }
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !ACCEPT.split(", ").any(|one| one.eq_ignore_ascii_case(essence)) {
        return Err(format!("the server gives {content_type:.100}, and not HTML").into());
    }
    Ok(read(&decoded(content_type, body), &url))
}

/// Whether it says how the company is reached.
const fn is_contact(kind: SiteFactKind) -> bool {
    matches!(kind, SiteFactKind::Email | SiteFactKind::Phone | SiteFactKind::Linkedin)
}

#[cfg(test)]
mod tests;
