//! Pages as they are out there, and sites that cannot be read.

use super::*;
use schema::prospect::SiteFact;
use serde::Deserialize;
use std::task::{Context, Waker};

const CORPUS: &str = include_str!("../../../tests/corpus/sites/pages.json");
const FRONT: &str = "https://acme.example/";

#[derive(Deserialize)]
struct Page {
    name: String,
    #[serde(rename = "type")]
    content_type: String,
    body: Body,
    encoding: Option<String>,
    facts: Vec<String>,
    links: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Text(String),
    Runs(Vec<Run>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Run {
    Once(String),
    Often(String, usize),
}

impl Page {
    fn bytes(&self) -> Vec<u8> {
        let text = match &self.body {
            Body::Text(text) => text.clone(),
            Body::Runs(runs) => runs.iter().fold(String::new(), |all, run| match run {
                Run::Once(text) => all + text,
                Run::Often(text, times) => all + &text.repeat(*times),
            }),
        };
        match self.encoding.as_deref() {
            Some("latin1") => text.chars().map(|c| u8::try_from(c).expect("Latin-1")).collect(),
            // Only these three are not ASCII.
            Some("shift_jis") => {
                let known = [('門', [0x96, 0xe5]), ('と', [0x82, 0xc6]), ('窓', [0x91, 0x8b])];
                let bytes = |c: char| match known.iter().find(|(known, _)| *known == c) {
                    Some((_, bytes)) => bytes.to_vec(),
                    None => vec![u8::try_from(c).expect("ASCII")],
                };
                text.chars().flat_map(bytes).collect()
            }
            _ => text.into_bytes(),
        }
    }
}

fn shown(facts: &[SiteFact]) -> Vec<String> {
    facts.iter().map(|fact| format!("{} {}", fact.kind.as_str(), fact.value)).collect()
}

#[test]
fn each_page_of_the_corpus_says_what_it_says() {
    let pages: Vec<Page> = serde_json::from_str(CORPUS).expect("the corpus");
    let at = Url::parse(FRONT).expect("a URL");
    for page in pages {
        let said = read(&decoded(&page.content_type, &page.bytes()), &at);
        assert_eq!(shown(&said.facts), page.facts, "{}", page.name);
        assert_eq!(said.links, page.links, "{}", page.name);
    }
}

/// A site: what is asked by URL, and what was.
#[derive(Default)]
struct Script {
    pages: Vec<(&'static str, Result<Given, Trouble>)>,
    asked: Vec<String>,
}

impl Visitor for Script {
    async fn page(&mut self, url: &str) -> Result<Given, Trouble> {
        self.asked.push(url.to_owned());
        let found = self.pages.iter().find(|(known, _)| *known == url);
        found.map_or_else(|| Err("the server answers with 404".into()), |(_, page)| page.clone())
    }
}

fn html(url: &str, body: &str) -> Result<Given, Trouble> {
    let content_type = "text/html; charset=utf-8".to_owned();
    let mark = Mark::default();
    Ok(Given { url: url.to_owned(), content_type, body: body.into(), mark })
}

/// What is found, and which pages were asked for.
fn visit_all(pages: &[(&'static str, Result<Given, Trouble>)]) -> (SiteFacts, Vec<String>) {
    let ((site, _), asked) = read_all(pages);
    (site, asked)
}

/// The same, with whether it may be another in a few minutes.
fn read_all(pages: &[(&'static str, Result<Given, Trouble>)]) -> (Reading, Vec<String>) {
    let mut script = Script { pages: pages.to_vec(), asked: Vec::new() };
    let fronts = Sites::Own.fronts("acme.example");
    let reading = {
        let done = pin!(visited(&mut script, "acme.example".into(), &fronts, 7));
        match done.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(reading) => reading,
            Poll::Pending => panic!("the script never waits"),
        }
    };
    (reading, script.asked)
}

#[test]
fn contacts_are_looked_for_on_two_further_pages_at_most() {
    let front = "<title>Acme</title><a href=/about><a href=/imprint><a href=/contact>";
    let contact = "<title>Contact</title><html lang=en><a href=mailto:info@acme.example>";
    let pages = [
        (FRONT, html(FRONT, front)),
        ("https://acme.example/contact", html("https://acme.example/contact", contact)),
    ];
    let (site, asked) = visit_all(&pages);
    let imprint = "https://acme.example/imprint";
    assert_eq!(asked, [FRONT, "https://acme.example/contact", imprint]);
    assert_eq!(shown(&site.facts), ["title Acme", "email info@acme.example"], "its title is none");
    let sources: Vec<_> = site.facts.iter().map(|fact| &*fact.source).collect();
    assert_eq!(sources, [FRONT, "https://acme.example/contact"]);
    let why = format!("{imprint}: the server answers with 404");
    assert_eq!((site.trouble, site.read_at), (Some(why), 7));
}

#[test]
fn a_site_at_www_alone_is_found_and_nobody_elses_is_taken_for_it() {
    let www = "https://www.acme.example/";
    let silent = || Err(format!("its robots.txt: {}", visit::SILENT).into());
    let (site, asked) = visit_all(&[(FRONT, silent()), (www, html(www, "<title>Acme"))]);
    assert_eq!((shown(&site.facts), site.trouble), (vec!["title Acme".to_owned()], None));
    assert_eq!(asked, [FRONT, www]);
    let (site, _) = visit_all(&[(FRONT, html("https://shop.acme.example/x", "<title>Acme"))]);
    assert_eq!(site.facts.len(), 1);
    for other in ["https://evil.example/", "https://notacme.example/", "https://acme.example.it/"] {
        let (site, asked) = visit_all(&[(FRONT, html(other, "<title>Evil"))]);
        assert_eq!((site.facts.len(), asked.len()), (0, 1), "{other}");
        assert!(site.trouble.is_some_and(|why| why.starts_with("it leads to another site")));
    }
}

#[test]
fn a_page_that_cannot_be_had_is_a_reason_and_is_asked_for_once() {
    for why in ["the site's robots.txt forbids it", "the answer has more than 9 bytes", SLOW] {
        let (site, asked) = visit_all(&[(FRONT, Err(why.into()))]);
        let expected = (Vec::new(), Some(why.to_owned()), 1);
        assert_eq!((site.facts, site.trouble, asked.len()), expected);
    }
    for bad in ["application/pdf", "", "text/plain; x=text/html", "text/html2"] {
        let given = html(FRONT, "<title>Acme").map(|it| Given { content_type: bad.into(), ..it });
        let (site, _) = visit_all(&[(FRONT, given)]);
        assert!(site.facts.is_empty() && site.trouble.is_some(), "{bad}");
    }
}

#[test]
fn what_may_soon_be_over_is_not_kept_for_a_day() {
    let front = || html(FRONT, "<title>Acme</title><a href=/contact>");
    let contact = "https://acme.example/contact";
    let busy = || Err(Trouble { passes: true, ..Trouble::from("the server answers with 503") });
    let gone = || Err(Trouble::from("the server answers with 404"));
    for (pages, passes) in [
        (vec![(FRONT, busy())], true),
        (vec![(FRONT, Err(slow()))], true),
        (vec![(FRONT, front()), (contact, busy())], true),
        (vec![(FRONT, gone())], false),
        (vec![(FRONT, front()), (contact, gone())], false),
        (vec![(FRONT, front()), (contact, html(contact, ""))], false),
    ] {
        let (reading, _) = read_all(&pages);
        assert_eq!(reading.1, passes, "{:?}", reading.0);
        assert!(counts(&reading, 7 + TROUBLE_MS - 1));
        assert_eq!(counts(&reading, 7 + TROUBLE_MS), !passes, "{:?}", reading.0);
    }
}

#[test]
fn names_below_what_a_company_registers_are_one_company() {
    for (domain, company) in [
        ("acme.example", "acme.example"),
        ("a1.acme.example", "acme.example"),
        ("b.a1.acme.example.", "acme.example"),
        ("a1.acme.co.uk", "acme.co.uk"),
        ("acme.co.uk", "acme.co.uk"),
        ("a1.vw.de", "vw.de"),
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("", ""),
    ] {
        assert_eq!(owned(domain), company, "{domain}");
    }
}

#[test]
fn pages_are_read_unless_they_are_switched_off() {
    let read = |vars: &[(&str, &str)]| {
        let vars = vars.to_vec();
        Sites::read(move |name| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    };
    let (local, here) = (("ENVIRONMENT", "local"), ("SITES_URL", "http://127.0.0.1:9/"));
    assert_eq!(read(&[]), Ok(Sites::Own));
    assert_eq!(read(&[("SITE_FACTS", "on")]), Ok(Sites::Own));
    assert_eq!(read(&[("SITE_FACTS", "off"), local, here]), Ok(Sites::Unread));
    assert_eq!(read(&[local, here]), Ok(Sites::At("http://127.0.0.1:9".into())));
    assert!(read(&[here]).is_err() && read(&[("SITE_FACTS", "no")]).is_err());
    assert!(Sites::Unread.fronts("acme.example").is_empty());
}
