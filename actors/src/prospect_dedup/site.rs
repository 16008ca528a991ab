//! What the pages of the person's company say: strangers' words, kept apart from the person's
//! fields, so that an address that stands there never becomes the person's own.

use super::person;
use super::pipeline::brief;
use super::store::{fields, site as store};
use crate::kernel::Ctx;
use crate::mail::identity::domain_key;
use schema::codec::to_json;
use schema::prospect::{SiteFact, SiteFacts};
use schema::{Millis, Reject, check};

/// The longest value, the longest URL of a page, and the longest domain, in characters.
const VALUE_CHARS_MAX: usize = 500;
const SOURCE_CHARS_MAX: usize = 500;
const DOMAIN_CHARS_MAX: usize = 253;

/// Takes over what was read; says whether it is news, and in the history what. That the same was
/// read once more is none. What is no line of text is passed over; a site that cannot be read now
/// keeps what it said before.
///
/// # Errors
/// A storage fault.
pub fn learn(ctx: &mut Ctx<'_>, read: SiteFacts) -> Result<bool, Reject> {
    let Some(mut read) = bounded(read) else { return Ok(false) };
    let known = store::load(ctx.sql)?;
    if let Some(known) = known.as_ref().filter(|known| known.domain == read.domain)
        && read.facts.is_empty()
        && read.trouble.is_some()
    {
        read.facts.clone_from(&known.facts);
        read.read_at = known.read_at;
    }
    if known.as_ref() == Some(&read) {
        return Ok(false);
    }
    store::save(ctx.sql, &read)?;
    if known.is_some_and(|known| SiteFacts { read_at: read.read_at, ..known } == read) {
        return Ok(false);
    }
    match &read.trouble {
        Some(why) => person::note(ctx, "site.trouble", Some(format!("{}: {why}", read.domain)))?,
        None => person::note(ctx, "site.read", Some(summed_up(&read)))?,
    }
    Ok(true)
}

/// Joins what another record of the person has: what was read later counts.
///
/// # Errors
/// A storage fault.
pub fn join(ctx: &Ctx<'_>, theirs: Option<&SiteFacts>) -> Result<(), Reject> {
    let Some(theirs) = theirs else { return Ok(()) };
    let order = |site: &SiteFacts| (site.read_at, to_json(site));
    if store::load(ctx.sql)?.is_none_or(|mine| order(&mine) < order(theirs)) {
        store::save(ctx.sql, theirs)?;
    }
    Ok(())
}

/// What was read on the site of the domain that is known now; nothing of another.
///
/// # Errors
/// A storage fault.
pub fn shown(ctx: &Ctx<'_>) -> Result<Option<SiteFacts>, Reject> {
    let Some(site) = store::load(ctx.sql)? else { return Ok(None) };
    let domain = fields::all(ctx.sql)?.into_iter().find(|field| field.name == "domain");
    let domain = domain.and_then(|field| domain_key(&field.value).ok());
    Ok(Some(site).filter(|site| domain.as_ref() == Some(&site.domain)))
}

/// Whether pages at the domain that is known now were read since a time, and said something.
///
/// # Errors
/// A storage fault.
pub fn is_read_since(ctx: &Ctx<'_>, since: Millis) -> Result<bool, Reject> {
    let site = shown(ctx)?;
    Ok(site.is_some_and(|site| since <= site.read_at && !site.facts.is_empty()))
}

/// What of it may be kept; nothing where not even the domain may.
fn bounded(read: SiteFacts) -> Option<SiteFacts> {
    let domain = check::line("domain", &read.domain, DOMAIN_CHARS_MAX).ok()?;
    let mut facts: Vec<SiteFact> = Vec::new();
    for SiteFact { kind, value, source } in read.facts {
        let value = check::line("value", &value, VALUE_CHARS_MAX);
        let source = check::line("source", &source, SOURCE_CHARS_MAX);
        let (Ok(value), Ok(source)) = (value, source) else { continue };
        if facts.iter().filter(|fact| fact.kind == kind).count() < kind.most() {
            facts.push(SiteFact { kind, value, source });
        }
    }
    let trouble = read.trouble.map(|why| brief(&why));
    Some(SiteFacts { domain, read_at: read.read_at, trouble, facts })
}

fn summed_up(site: &SiteFacts) -> String {
    let kinds: Vec<_> = site.facts.iter().map(|fact| fact.kind.as_str()).collect();
    let found = if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") };
    format!("{}: {found}", site.domain)
}
