//! SPF (RFC 7208): one record, at most ten look-ups, and an end that says no.

use super::{Kind, Notes, Resolver, of_version};
use std::collections::BTreeSet;

/// RFC 7208 §4.6.4.
const TERMS_MAX: usize = 10;

/// How far a look at it has come.
struct Walk {
    /// Terms that take a look-up.
    terms: usize,
    /// Domains whose records are to be read, each with whether its `all` is the domain's own.
    next: Vec<(String, bool)>,
    seen: BTreeSet<String>,
    /// The qualifier of `all`, where there is one.
    all: Option<char>,
}

pub(super) async fn check<R: Resolver>(resolver: &R, domain: &str) -> Notes {
    let mut notes = Notes::new();
    let next = vec![(domain.to_owned(), true)];
    let mut walk = Walk { terms: 0, next, seen: BTreeSet::new(), all: None };
    while let Some((name, is_own)) = walk.next.pop() {
        if walk.terms > TERMS_MAX {
            break;
        }
        if !walk.seen.insert(name.to_ascii_lowercase()) {
            // Read twice, it counts twice; read within itself, it never ends.
            continue;
        }
        let texts = match resolver.look(&name, Kind::Txt).await {
            Ok(texts) => texts,
            Err(why) => {
                notes.unknown(&name, &why);
                return notes;
            }
        };
        let records = of_version(texts, "v=spf1");
        if name == domain {
            notes.records.clone_from(&records);
        }
        match &records[..] {
            [] if name == domain => {
                notes.fail(format!(
                    "{domain} has no SPF record: add a TXT record such as \"v=spf1 \
                     include:<your mail provider> ~all\""
                ));
                return notes;
            }
            [] => notes.fail(format!("{name}, which SPF includes, has no SPF record")),
            [record] => read(record, is_own, &mut walk, &mut notes),
            _ => notes.fail(format!(
                "{name} has {} SPF records, so that none counts: put them together into one",
                records.len()
            )),
        }
    }
    judge(&walk, &mut notes);
    notes
}

fn read(record: &str, is_own: bool, walk: &mut Walk, notes: &mut Notes) {
    let mut redirect = None;
    let mut has_all = false;
    for term in record.split_ascii_whitespace().skip(1) {
        let lower = term.to_ascii_lowercase();
        let bare = lower.trim_start_matches(['+', '-', '~', '?']);
        let (name, target) = match bare.find([':', '=', '/']) {
            Some(at) => (&bare[..at], bare[at..].trim_start_matches([':', '='])),
            None => (bare, ""),
        };
        match name {
            "all" => {
                has_all = true;
                if is_own {
                    walk.all = lower.chars().next();
                }
            }
            "include" => {
                walk.terms += 1;
                follow(walk, target, false);
            }
            "redirect" => redirect = Some(target.to_owned()),
            "a" | "mx" | "exists" => walk.terms += 1,
            "ptr" => {
                walk.terms += 1;
                notes.warn("SPF uses \"ptr\", which is slow and which some servers do not follow");
            }
            "ip4" | "ip6" => {}
            // Modifiers that nobody knows are passed over; mechanisms end it (RFC 7208 §6, §4.6.1).
            _ if bare.contains('=') => {}
            _ => notes.fail(format!("SPF has a word that nobody knows: {term}")),
        }
    }
    if let Some(target) = redirect.filter(|_| !has_all) {
        walk.terms += 1;
        follow(walk, &target, is_own);
    }
}

/// What a macro stands for depends on the mail.
fn follow(walk: &mut Walk, target: &str, is_own: bool) {
    if !target.contains('%') && !target.is_empty() {
        walk.next.push((target.trim_end_matches('.').to_owned(), is_own));
    }
}

fn judge(walk: &Walk, notes: &mut Notes) {
    if walk.terms > TERMS_MAX {
        notes.fail(format!(
            "SPF takes more than {TERMS_MAX} look-ups, and then it fails for every mail: leave \
             out what you do not send through"
        ));
    }
    match walk.all {
        Some('-' | '~') => {}
        Some('?') => notes.warn("SPF ends with ?all, which says nothing: end it with ~all or -all"),
        // Without a qualifier it is a plus.
        Some(_) => notes.fail("SPF ends with +all, so that anybody may send for you: use ~all"),
        None if walk.terms > TERMS_MAX => {}
        None => notes.warn("SPF has no all at its end: end it with ~all or -all"),
    }
}
