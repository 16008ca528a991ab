//! What the DNS says of a sending domain: [`spf`], [`dkim`], [`dmarc`] and MX, each with what to
//! change, in words.
//!
//! It is generic over who looks names up. A check asks [`LOOKUPS_MAX`] questions at most, whatever
//! the domain's owner has written.
//!
//! It does not know which servers an inbox's mail really leaves from: that SPF names them, and that
//! they sign, only a mail can show.

mod dkim;
mod dmarc;
mod spf;

#[cfg(test)]
mod domain_test;

pub use dkim::{COMMON_SELECTORS, SELECTORS_MAX, selectors};
use schema::Millis;
use schema::domain::{DomainCheck, Finding, Grade};

/// SPF has 12, selectors 10, DMARC 5, MX 2.
pub const LOOKUPS_MAX: usize = 29;

/// What is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Addresses.
    A,
    /// Mail exchanges.
    Mx,
    /// Texts.
    Txt,
}

impl Kind {
    /// Its name, and its number in answers (RFC 1035).
    #[must_use]
    pub const fn name_and_number(self) -> (&'static str, u16) {
        match self {
            Self::A => ("A", 1),
            Self::Mx => ("MX", 15),
            Self::Txt => ("TXT", 16),
        }
    }
}

/// What is found under a name: none where there is none, or no such name; or why nobody knows.
pub type Found = Result<Vec<String>, String>;

/// Who looks names up. Texts come whole, without quotes.
#[expect(async_fn_in_trait, reason = "one thread; no future of ours crosses one")]
pub trait Resolver {
    /// The records of a kind under a name, aliases followed.
    async fn look(&self, name: &str, kind: Kind) -> Found;
}

/// What is said of one thing, while it is looked at.
#[derive(Debug)]
struct Notes {
    grade: Grade,
    records: Vec<String>,
    advice: Vec<String>,
}

impl Notes {
    const fn new() -> Self {
        Self { grade: Grade::Pass, records: Vec::new(), advice: Vec::new() }
    }

    fn say(&mut self, grade: Grade, advice: impl Into<String>) {
        self.grade = self.grade.max(grade);
        self.advice.push(advice.into());
    }

    fn fail(&mut self, advice: impl Into<String>) {
        self.say(Grade::Fail, advice);
    }

    fn warn(&mut self, advice: impl Into<String>) {
        self.say(Grade::Warn, advice);
    }

    fn unknown(&mut self, name: &str, why: &str) {
        self.warn(format!("{name} could not be looked up ({why}): try again later"));
    }

    fn finding(self) -> Finding {
        Finding { grade: self.grade, records: self.records, advice: self.advice }
    }
}

/// Checks a domain. `given` are the selectors that it signs with, where somebody has said.
pub async fn check<R: Resolver>(
    resolver: &R,
    domain: &str,
    given: Option<&[String]>,
    now: Millis,
) -> DomainCheck {
    let spf = spf::check(resolver, domain).await;
    let (dkim, has_key) = dkim::check(resolver, domain, given).await;
    let mut dmarc = dmarc::check(resolver, domain).await;
    if spf.grade == Grade::Fail && !has_key && dmarc.grade != Grade::Fail {
        dmarc.fail(
            "neither SPF nor DKIM of this domain is known to pass, so that DMARC cannot: mend \
             one of them first",
        );
    }
    let mx = exchanges(resolver, domain).await;
    let all = [spf, dkim, dmarc, mx].map(Notes::finding);
    let grade = all.iter().map(|one| one.grade).max().unwrap_or(Grade::Pass);
    let [spf, dkim, dmarc, mx] = all;
    DomainCheck { domain: domain.to_owned(), grade, spf, dkim, dmarc, mx, checked_at: now }
}

/// The records among texts that begin with a version, in whatever case.
fn of_version(texts: Vec<String>, version: &str) -> Vec<String> {
    let fits = |text: &String| {
        let head = text.get(..version.len()).unwrap_or_default();
        let next = text.get(version.len()..).and_then(|rest| rest.chars().next());
        head.eq_ignore_ascii_case(version) && next.is_none_or(|c| c == ' ' || c == ';')
    };
    texts.into_iter().filter(fits).collect()
}

/// The value of a tag in a list of `tag=value` between semicolons; the first counts.
fn tag<'a>(record: &'a str, name: &str) -> Option<&'a str> {
    let pairs = record.split(';').filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(tag, _)| tag.trim().eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.trim())
}

async fn exchanges<R: Resolver>(resolver: &R, domain: &str) -> Notes {
    let mut notes = Notes::new();
    match resolver.look(domain, Kind::Mx).await {
        Err(why) => notes.unknown(domain, &why),
        Ok(records) if records.is_empty() => match resolver.look(domain, Kind::A).await {
            Err(why) => notes.unknown(domain, &why),
            Ok(addresses) if addresses.is_empty() => notes.fail(format!(
                "{domain} has no MX record: answers and bounces reach nobody; add the one that \
                 your mail provider names"
            )),
            Ok(_) => notes.warn(format!(
                "{domain} has no MX record, only an address: add an MX record, which many \
                 servers want to see of a sender"
            )),
        },
        Ok(records) => {
            let host = |record: &str| record.split_whitespace().nth(1).map(str::to_owned);
            let hosts: Vec<String> = records.iter().filter_map(|record| host(record)).collect();
            if hosts.iter().any(|host| host == ".") {
                notes.fail("the MX record says that the domain takes no mail (RFC 7505): name one");
            } else if hosts.iter().any(|host| host.parse::<std::net::IpAddr>().is_ok()) {
                notes.fail("an MX record must name a host, not an address");
            }
            notes.records = records;
        }
    }
    notes
}
