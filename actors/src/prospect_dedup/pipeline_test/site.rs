//! What the pages of the person's company say.

use super::*;
use schema::prospect::{Get, HistoryPage, Prospect, SiteFact, SiteFactKind, SiteFacts};

const FRONT: &str = "https://acme.example/";

fn fact(kind: SiteFactKind, value: &str) -> SiteFact {
    SiteFact { kind, value: value.to_owned(), source: FRONT.to_owned() }
}

fn read(at: Millis, facts: Vec<SiteFact>) -> SiteFacts {
    SiteFacts { domain: "acme.example".into(), read_at: at, trouble: None, facts }
}

fn unread(at: Millis, why: &str) -> SiteFacts {
    SiteFacts { trouble: Some(why.to_owned()), ..read(at, Vec::new()) }
}

fn acme() -> Vec<SiteFact> {
    vec![fact(SiteFactKind::Title, "Acme"), fact(SiteFactKind::Email, "info@acme.example")]
}

impl Office {
    /// Enriches with what was read on the site.
    fn enrich(&mut self, id: ProspectId, outcome: WorkOutcome, site: SiteFacts) {
        let attempt = self.attempt(id, WorkKind::Enrich);
        let finish = finish(WorkKind::Enrich, attempt, outcome);
        self.say(id, FinishWork { site: Some(site), ..finish });
    }

    /// Waits until its work is due.
    fn await_due(&mut self, id: ProspectId) {
        let wait = self.due(id).1 - self.town.now;
        self.town.pass(wait.max(0));
    }

    fn notes(&mut self, id: ProspectId) -> Vec<String> {
        let page: HistoryPage =
            self.town.ask(id, &ProspectCommand::History(Default::default())).expect("a history");
        let notes = page.entries.into_iter().filter(|entry| entry.kind.starts_with("site."));
        notes.map(|entry| entry.detail.unwrap_or_default()).collect()
    }
}

#[test]
fn what_the_pages_say_is_shown_and_an_address_there_is_not_the_persons() {
    let mut office = Office::new(0);
    let ann = office.import(None, Some("Ann Ames"));
    office.enrich(ann, facts(&[]), read(5, acme()));
    let person = office.town.get(ann);
    assert_eq!((person.email, person.site), (None, Some(read(5, acme()))));
    assert_eq!(office.place(ann).state, PipelineState::Enriched, "an address is still to be found");
    assert_eq!(office.notes(ann), ["acme.example: title, email"]);
    // Another company's pages are not this one's.
    let update = Update { domain: Some("other.example".into()), ..Update::default() };
    let changed = ProspectCommand::Update(update);
    assert_eq!(office.town.ask::<Prospect>(ann, &changed).expect("changed").site, None);
}

#[test]
fn a_site_that_cannot_be_read_is_a_note_and_the_walk_goes_on() {
    let mut office = Office::new(0);
    let ann = office.import(None, Some("Ann Ames"));
    office.enrich(ann, put_off(0, "hunter is away", &[]), unread(5, "robots.txt forbids it"));
    assert_eq!(office.place(ann).state, PipelineState::New);
    office.town.pass(MINUTE);
    office.enrich(ann, put_off(0, "hunter is away", &[]), unread(5, "robots.txt forbids it"));
    assert_eq!(office.notes(ann), ["acme.example: robots.txt forbids it"], "it is said once");
    office.town.pass(MINUTE);
    office.enrich(ann, put_off(0, "hunter is away", &[]), read(6, acme()));
    office.town.pass(MINUTE);
    let long = format!("\u{7}{}", "x".repeat(1_000));
    office.enrich(ann, facts(&[]), unread(7, &long));
    assert_eq!(office.place(ann).state, PipelineState::Enriched);
    let site = office.town.get(ann).site.expect("a site");
    assert_eq!((site.facts, site.read_at), (acme(), 6), "what it said before is kept");
    assert_eq!(site.trouble.expect("why").chars().filter(|c| *c == 'x').count(), 200);
    assert_eq!(office.notes(ann).len(), 3);
}

#[test]
fn what_a_site_says_is_news_once_however_often_it_is_read_while_providers_are_waited_for() {
    let mut office = Office::new(4);
    let ann = office.import(None, Some("Ann Ames"));
    office.town.settle();
    let version = |office: &Office| office.town.rows[&ann.to_string()].version;
    let before = version(&office);
    office.enrich(ann, limited(0), read(5, acme()));
    office.town.settle();
    let learnt = version(&office);
    assert!(learnt > before, "though the providers said nothing");
    for at in [6, 7] {
        office.await_due(ann);
        office.enrich(ann, limited(0), read(at, acme()));
        office.town.settle();
        assert_eq!(version(&office), learnt, "nothing is new");
        assert_eq!(office.town.get(ann).site, Some(read(at, acme())), "but when it was read");
    }
    // A page that stays forbidden is no news either.
    let half = |at| SiteFacts { trouble: Some("contact: forbidden".into()), ..read(at, acme()) };
    for (at, notes) in [(8, 2), (9, 2)] {
        office.await_due(ann);
        office.enrich(ann, limited(0), half(at));
        assert_eq!(office.notes(ann).len(), notes);
    }
    office.await_due(ann);
    office.enrich(ann, limited(0), read(10, vec![fact(SiteFactKind::Title, "Acme 2")]));
    office.town.settle();
    assert!(version(&office) > learnt + 1, "another title is news");
}

#[test]
fn who_tries_again_is_told_that_the_pages_were_read() {
    let mut office = Office::new(4);
    let ann = office.import(None, Some("Ann Ames"));
    office.town.settle();
    let told = |office: &mut Office, site: SiteFacts| {
        office.await_due(ann);
        let begun = office.begin(ann, WorkKind::Enrich).expect("an answer");
        let (attempt, person) = match begun {
            Begun::Leased { attempt, person, .. } => (attempt, person),
            other => panic!("{other:?}"),
        };
        let finish = finish(WorkKind::Enrich, attempt, limited(0));
        office.say(ann, FinishWork { site: Some(site), ..finish });
        person.is_site_read
    };
    let since = office.place(ann).since;
    assert!(!told(&mut office, read(since - 1, acme())), "there is none");
    assert!(!told(&mut office, unread(since, "it is away")), "it was read for somebody else");
    assert!(!told(&mut office, read(since, Vec::new())), "what could not be read is tried again");
    assert!(!told(&mut office, read(since, acme())), "it said nothing");
    assert!(told(&mut office, read(since, acme())), "it is known");
    let update = Update { domain: Some("other.example".into()), ..Update::default() };
    office.town.ask::<Prospect>(ann, &ProspectCommand::Update(update)).expect("changed");
    assert!(!told(&mut office, read(since, acme())), "it is another company's");
}

#[test]
fn what_is_no_line_or_too_much_is_passed_over() {
    let mut office = Office::new(0);
    let ann = office.import(None, Some("Ann Ames"));
    let many = (0..9).map(|n| fact(SiteFactKind::Phone, &format!("+49 {n}")));
    let long = "x".repeat(501);
    let bad = ["", "a\nb", "\u{0}", &*long].map(|value| fact(SiteFactKind::Title, value));
    let all = bad.into_iter().chain(many).collect();
    office.enrich(ann, facts(&[]), read(5, all));
    let site = office.town.get(ann).site.expect("a site");
    assert_eq!(site.facts.len(), SiteFactKind::Phone.most());
    let bob = office.import(None, Some("Bob Ray"));
    office.enrich(bob, facts(&[]), SiteFacts { domain: "a\nb".into(), ..read(5, acme()) });
    assert_eq!(office.town.get(bob).site, None);
    // It is of enriching alone.
    let attempt = office.attempt(ann, WorkKind::Find);
    let finish = finish(WorkKind::Find, attempt, found("ann@acme.example"));
    office.say(ann, FinishWork { site: Some(read(9, Vec::new())), ..finish });
    assert_eq!(office.town.get(ann).site.map(|site| site.read_at), Some(5));
}

#[test]
fn a_merge_keeps_what_was_read_last_and_an_erasure_nothing() {
    let mut office = Office::new(0);
    let by_name = office.import(None, Some("Ann Ames"));
    office.enrich(by_name, facts(&[]), read(9, acme()));
    let (by_mail, import) = row(Some("ann@acme.example"), None, Some("acme.example"));
    office.town.import((by_mail, Import { into_pipeline: true, ..import }));
    office.town.settle();
    office.enrich(by_mail, facts(&[]), read(5, Vec::new()));
    // The address is Ann's, whoever said so.
    let again = row(Some("ann@acme.example"), Some("Ann Ames"), Some("acme.example"));
    assert_eq!(office.town.import(again), by_mail);
    office.town.settle();
    assert_eq!(office.town.get(by_mail).site, Some(read(9, acme())));
    let gone = office.town.ask::<Prospect>(by_name, &ProspectCommand::Get(Get {}));
    assert!(gone.is_ok_and(|person| person.id == by_mail), "it leads to the owner");
    assert_eq!(office.town.objects[&by_name].count("site"), 0, "an alias has nothing");

    office.town.who = agent(1, Role::Admin);
    office.town.ask::<Noted>(by_mail, &ProspectCommand::Delete(Delete {})).expect("erased");
    office.town.settle();
    assert_eq!(office.town.objects[&by_mail].count("site"), 0);
}
