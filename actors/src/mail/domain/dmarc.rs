//! DMARC (RFC 7489): the policy of a domain, or of the nearest one above it that has one.

use super::{Kind, Notes, Resolver, of_version, tag};

/// How many domains are asked, from the domain upwards.
const LEVELS_MAX: usize = 5;

pub(super) async fn check<R: Resolver>(resolver: &R, domain: &str) -> Notes {
    let mut notes = Notes::new();
    let labels: Vec<&str> = domain.split('.').collect();
    for skipped in 0..labels.len().saturating_sub(1).min(LEVELS_MAX) {
        let above = labels[skipped..].join(".");
        let name = format!("_dmarc.{above}");
        let texts = match resolver.look(&name, Kind::Txt).await {
            Ok(texts) => texts,
            Err(why) => {
                notes.unknown(&name, &why);
                return notes;
            }
        };
        notes.records = of_version(texts, "v=DMARC1");
        match &notes.records[..] {
            [] => {}
            [record] => {
                let record = record.clone();
                judge(&name, &record, skipped > 0, &mut notes);
                return notes;
            }
            _ => {
                notes.fail(format!("{name} has more than one DMARC record: leave one"));
                return notes;
            }
        }
    }
    notes.fail(format!(
        "{domain} has no DMARC record, which Gmail and Yahoo want of who sends much: add a TXT \
         record \"v=DMARC1; p=none; rua=mailto:<you>\" at _dmarc.{domain}"
    ));
    notes
}

fn judge(name: &str, record: &str, is_above: bool, notes: &mut Notes) {
    let own = tag(record, "p");
    let policy = own.filter(|_| !is_above).or_else(|| tag(record, "sp")).or(own);
    match policy.map(str::to_ascii_lowercase).as_deref() {
        Some("reject" | "quarantine") => {}
        Some("none") => notes.warn(format!(
            "{name} asks for nothing (p=none), so that anybody may write in your name: once its \
             reports show your own mail to pass, use p=quarantine"
        )),
        _ => notes.fail(format!("{name} has no policy: add p=none, p=quarantine or p=reject")),
    }
    if let Some(share) = tag(record, "pct").filter(|share| *share != "100") {
        notes.warn(format!("{name} holds for {share} % of mail only (pct): take that out"));
    }
    if tag(record, "rua").is_none_or(str::is_empty) {
        notes.warn(format!("{name} tells nobody who writes in your name: add rua=mailto:<you>"));
    }
    for (mode, what, must) in
        [("aspf", "SPF", "the return path"), ("adkim", "DKIM", "the signature's domain (d=)")]
    {
        if tag(record, mode).is_some_and(|value| value.eq_ignore_ascii_case("s")) && is_above {
            notes.warn(format!(
                "{name} wants {what} aligned strictly ({mode}=s): {must} must be the very domain \
                 that this inbox sends from, not the one above it"
            ));
        }
    }
}
