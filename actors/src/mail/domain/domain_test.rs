//! Domains that are right, and each thing that can be wrong with one.

use super::*;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// A zone: names and kinds with their records; `!` for a name that cannot be looked up.
struct Zone {
    records: BTreeMap<(String, Kind), Vec<String>>,
    asked: Cell<usize>,
}

impl Resolver for Zone {
    async fn look(&self, name: &str, kind: Kind) -> Found {
        self.asked.set(self.asked.get() + 1);
        let found = self.records.get(&(name.to_owned(), kind)).cloned().unwrap_or_default();
        if found.iter().any(|record| record == "!") { Err("SERVFAIL".into()) } else { Ok(found) }
    }
}

fn key(bytes: usize) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(vec![7; bytes])
}

/// A domain that is right, but for what is given in the place of it.
fn zone(changes: &[(&str, Kind, &[&str])]) -> Zone {
    let good_key = format!("v=DKIM1; k=rsa; p={}", key(294));
    let right: [(&str, Kind, &[&str]); 5] = [
        ("acme.test", Kind::Txt, &["v=spf1 include:_spf.acme.test -all", "something else"]),
        ("_spf.acme.test", Kind::Txt, &["v=spf1 ip4:192.0.2.1 ~all"]),
        ("s1._domainkey.acme.test", Kind::Txt, &[&good_key]),
        ("_dmarc.acme.test", Kind::Txt, &["v=DMARC1; p=reject; rua=mailto:a@acme.test"]),
        ("acme.test", Kind::Mx, &["10 mx.acme.test."]),
    ];
    let mut records = BTreeMap::new();
    for (name, kind, has) in right.iter().chain(changes) {
        let has = has.iter().map(|&record| record.to_owned()).collect();
        records.insert(((*name).to_owned(), *kind), has);
    }
    Zone { records, asked: Cell::new(0) }
}

fn checked(zone: &Zone, domain: &str, given: Option<&[String]>) -> DomainCheck {
    let work = pin!(check(zone, domain, given, 7));
    match work.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(found) => found,
        Poll::Pending => panic!("nothing waits"),
    }
}

fn look(changes: &[(&str, Kind, &[&str])]) -> DomainCheck {
    checked(&zone(changes), "acme.test", None)
}

/// Grade and words of one thing.
fn said(finding: &Finding) -> (Grade, String) {
    (finding.grade, finding.advice.join("\n"))
}

#[test]
fn a_domain_that_is_right_passes_without_a_word() {
    let found = look(&[]);
    for one in [&found.spf, &found.dkim, &found.dmarc, &found.mx] {
        assert_eq!(said(one), (Grade::Pass, String::new()));
        assert_eq!(one.records.len(), 1, "{one:?}");
    }
    assert_eq!(
        (found.grade, found.domain.as_str(), found.checked_at),
        (Grade::Pass, "acme.test", 7)
    );
}

#[test]
fn every_fault_of_spf_is_said() {
    let eleven: String = (0..11).map(|n| format!(" include:i{n}.test")).collect();
    let eleven = format!("v=spf1{eleven} -all");
    let own = |record: &str| {
        let found = look(&[("acme.test", Kind::Txt, &[record])]);
        said(&found.spf)
    };
    for (record, grade, words) in [
        ("no record", Grade::Fail, "has no SPF record"),
        ("v=spf10 -all", Grade::Fail, "has no SPF record"),
        ("V=SPF1 ip4:192.0.2.0/24 -ALL", Grade::Pass, ""),
        ("v=spf1 ip4:192.0.2.1 +all", Grade::Fail, "+all"),
        ("v=spf1 ip4:192.0.2.1 all", Grade::Fail, "+all"),
        ("v=spf1 ip4:192.0.2.1 ?all", Grade::Warn, "?all"),
        ("v=spf1 ip4:192.0.2.1", Grade::Warn, "no all"),
        ("v=spf1 ptr -all", Grade::Warn, "ptr"),
        ("v=spf1 ipv4:192.0.2.1 -all", Grade::Fail, "ipv4:192.0.2.1"),
        ("v=spf1 a mx/24 exists:%{i}.x.test unknown=x -all", Grade::Pass, ""),
        ("v=spf1 include:nobody.test -all", Grade::Fail, "nobody.test, which SPF includes"),
        ("v=spf1 redirect=_spf.acme.test", Grade::Pass, ""),
        ("v=spf1 include:_spf.acme.test", Grade::Warn, "no all"),
        (&eleven, Grade::Fail, "more than 10"),
        ("!", Grade::Warn, "SERVFAIL"),
    ] {
        let (found, text) = own(record);
        assert_eq!(found, grade, "{record}: {text}");
        assert!(text.contains(words) && text.is_empty() == words.is_empty(), "{record}: {text}");
    }
    let two = look(&[("acme.test", Kind::Txt, &["v=spf1 -all", "v=spf1 ~all"])]);
    assert!(said(&two.spf).1.contains("2 SPF records"));
}

#[test]
fn what_includes_itself_or_very_much_ends_within_the_limit() {
    let includes = |from: usize| (0..9).map(move |n| format!(" include:i{}.test", from * 9 + n));
    let many: Vec<(String, String)> = (0..200)
        .map(|n| (format!("i{n}.test"), format!("v=spf1{} -all", includes(n).collect::<String>())))
        .collect();
    let texts: Vec<[&str; 1]> = many.iter().map(|(_, record)| [record.as_str()]).collect();
    let mut changes: Vec<(&str, Kind, &[&str])> =
        many.iter().zip(&texts).map(|((name, _), text)| (&**name, Kind::Txt, &text[..])).collect();
    changes.push(("acme.test", Kind::Txt, &["v=spf1 include:i0.test -all"]));
    let zone = zone(&changes);
    let found = checked(&zone, "acme.test", None);
    assert!(said(&found.spf).1.contains("more than 10"), "{:?}", found.spf);
    assert!(zone.asked.get() <= LOOKUPS_MAX, "{}", zone.asked.get());
    let loops = look(&[("acme.test", Kind::Txt, &["v=spf1 include:acme.test -all"])]);
    assert_eq!(loops.spf.records.len(), 1);
}

#[test]
fn every_fault_of_a_key_is_said() {
    let (short, middling) = (key(100), key(162));
    let name = "s1._domainkey.acme.test";
    for (record, grade, words) in [
        (format!("v=DKIM1; p={}", key(294)), Grade::Pass, ""),
        (format!("p={}", key(294)), Grade::Pass, ""),
        (format!("v=DKIM1; k=ed25519; p={}", key(32)), Grade::Pass, ""),
        ("v=DKIM1; p=".into(), Grade::Fail, "revoked"),
        ("v=DKIM1; p=!!".into(), Grade::Fail, "no base64"),
        (format!("v=DKIM1; p={short}"), Grade::Fail, "1,024"),
        (format!("v=DKIM1; p={middling}"), Grade::Warn, "2,048"),
        (format!("v=DKIM1; t=s:y; p={}", key(294)), Grade::Warn, "t=y"),
        ("!".into(), Grade::Warn, "SERVFAIL"),
        ("nothing".into(), Grade::Warn, "selectors of common providers"),
    ] {
        let (found, text) = said(&look(&[(name, Kind::Txt, &[&record])]).dkim);
        assert_eq!(found, grade, "{record}: {text}");
        assert!(text.contains(words) && text.is_empty() == words.is_empty(), "{record}: {text}");
    }
    let given = selectors("S1,mine").expect("two");
    let found = checked(&zone(&[]), "acme.test", Some(&given));
    assert!(said(&found.dkim).1.contains("mine._domainkey.acme.test has no key"));
    assert_eq!((found.dkim.grade, found.dkim.records.len()), (Grade::Fail, 1));
    for wrong in ["", "a,,b", "a b", "a, b", "a.b", "ä", "a,b,c,d,e,f,g,h,i,j,k", &"x".repeat(64)]
    {
        assert!(selectors(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn every_fault_of_dmarc_is_said() {
    let own = |record: &str| said(&look(&[("_dmarc.acme.test", Kind::Txt, &[record])]).dmarc);
    for (record, grade, words) in [
        ("v=DMARC1; p=quarantine; rua=mailto:a@b.c; aspf=s; adkim=s", Grade::Pass, ""),
        ("v=dmarc1;P=REJECT;rua=mailto:a@b.c", Grade::Pass, ""),
        ("v=DMARC1; p=none; rua=mailto:a@b.c", Grade::Warn, "p=none"),
        ("v=DMARC1; p=reject", Grade::Warn, "rua"),
        ("v=DMARC1; p=reject; pct=20; rua=mailto:a@b.c", Grade::Warn, "20 %"),
        ("v=DMARC1; rua=mailto:a@b.c", Grade::Fail, "no policy"),
        ("v=DMARC1; p=maybe; rua=mailto:a@b.c", Grade::Fail, "no policy"),
        ("p=reject", Grade::Fail, "no DMARC record"),
        ("!", Grade::Warn, "SERVFAIL"),
    ] {
        let (found, text) = own(record);
        assert_eq!(found, grade, "{record}: {text}");
        assert!(text.contains(words) && text.is_empty() == words.is_empty(), "{record}: {text}");
    }
    let two = ["v=DMARC1; p=none", "v=DMARC1; p=reject"];
    assert!(
        said(&look(&[("_dmarc.acme.test", Kind::Txt, &two)]).dmarc).1.contains("more than one")
    );
    let above = "v=DMARC1; p=reject; sp=none; aspf=s; rua=mailto:a@b.c";
    let found =
        checked(&zone(&[("_dmarc.acme.test", Kind::Txt, &[above])]), "mail.acme.test", None);
    let (grade, text) = said(&found.dmarc);
    // Neither SPF nor a key of the domain below.
    assert_eq!(grade, Grade::Fail);
    for words in ["p=none", "aspf=s", "neither SPF nor DKIM"] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn without_spf_dmarc_fails_only_where_no_key_is_good() {
    let no_spf = ("acme.test", Kind::Txt, &["nothing"][..]);
    let name = "s1._domainkey.acme.test";
    for (record, can_pass) in [
        (format!("v=DKIM1; p={}", key(294)), true),
        // These are said to be better made anew, and signatures hold.
        (format!("v=DKIM1; p={}", key(162)), true),
        (format!("v=DKIM1; t=y; p={}", key(294)), true),
        (format!("v=DKIM1; p={}", key(100)), false),
        ("v=DKIM1; p=".into(), false),
        ("v=DKIM1; p=!!".into(), false),
        ("nothing".into(), false),
        ("!".into(), false),
    ] {
        let found = look(&[no_spf, (name, Kind::Txt, &[&record])]);
        let (grade, text) = said(&found.dmarc);
        let expected = if can_pass { Grade::Pass } else { Grade::Fail };
        assert_eq!((found.spf.grade, grade), (Grade::Fail, expected), "{record}: {text}");
        assert_eq!(text.contains("neither SPF nor DKIM"), !can_pass, "{record}: {text}");
    }
    // One good key is enough, whatever else is missing.
    let given = selectors("s1,mine").expect("two");
    let found = checked(&zone(&[no_spf]), "acme.test", Some(&given));
    assert_eq!((found.dkim.grade, found.dmarc.grade), (Grade::Fail, Grade::Pass));
}

#[test]
fn where_mail_goes_is_looked_at_too() {
    for (mx, a, grade, words) in [
        (&["10 mx.acme.test.", "20 b.test."][..], &[][..], Grade::Pass, ""),
        (&["0 ."], &[], Grade::Fail, "takes no mail"),
        (&["10 192.0.2.1"], &[], Grade::Fail, "not an address"),
        (&[], &["192.0.2.1"], Grade::Warn, "only an address"),
        (&[], &[], Grade::Fail, "no MX record"),
        (&["!"], &[], Grade::Warn, "SERVFAIL"),
    ] {
        let found = look(&[("acme.test", Kind::Mx, mx), ("acme.test", Kind::A, a)]);
        let (found, text) = said(&found.mx);
        assert_eq!(found, grade, "{mx:?}: {text}");
        assert!(text.contains(words) && text.is_empty() == words.is_empty(), "{mx:?}: {text}");
    }
}
