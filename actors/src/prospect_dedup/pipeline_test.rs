//! The way through the pipeline, whatever is lost, comes twice, late or in another order.

use super::harness::{Town, id_of, row, suppress};
use super::pipeline::{
    HINT_MS, LEASE_MS, PATIENCE_MS, SETTLE_MS, SUPPRESSED, TURN_MS, UNKNOWNS_MAX,
};
use crate::kernel::testing::agent;
use schema::ids::ProspectId;
use schema::pipeline::Work;
use schema::prospect::{
    BeginWork, Begun, Delete, Fact, FactField, Facts, FinishWork, Found, Import, Known, Noted,
    PermitReply, Pipeline, PipelineState, ProspectCommand, Reason, RetryAt, Unsuppress, Update,
    Verdict, Verified, WorkKind, WorkOutcome,
};
use schema::{Code, Millis, Reject, Role};

mod limits;
mod profiles;
mod site;
mod suppressed;
mod tries;

const MINUTE: Millis = 60_000;

/// The consumers of the queues, and what they have not said yet.
struct Office {
    town: Town,
    held: Vec<(ProspectId, FinishWork)>,
    spent: i64,
}

/// What there is to be found out: `n` says how the person ends.
fn truth(work: WorkKind, person: &Known) -> WorkOutcome {
    let name = person.name.clone().unwrap_or_default();
    let n: usize = name.split(' ').next_back().and_then(|n| n.parse().ok()).unwrap_or(0);
    match work {
        WorkKind::Enrich => WorkOutcome::Facts(Facts {
            facts: [FactField::Title, FactField::Company]
                .map(|field| Fact { field, value: format!("Of {n}"), source: "apollo".into() })
                .into(),
        }),
        WorkKind::Find if n % 5 == 4 => WorkOutcome::NotFound { reason: "hunter, apollo".into() },
        WorkKind::Find => found(&format!("person.{n}@acme.example")),
        WorkKind::Verify => verdict([Verdict::Valid, Verdict::CatchAll, Verdict::Invalid][n % 3]),
    }
}

fn end_of(n: usize) -> PipelineState {
    match n {
        _ if n % 5 == 4 => PipelineState::NotFound,
        _ => [PipelineState::Verified, PipelineState::CatchAll, PipelineState::Invalid][n % 3],
    }
}

fn found(address: &str) -> WorkOutcome {
    let (address, source) = (address.to_owned(), "hunter".to_owned());
    WorkOutcome::Found(Found { address, score: 90, source, is_verified: false })
}

fn verdict(verdict: Verdict) -> WorkOutcome {
    WorkOutcome::Verified(Verified { verdict, source: format!("millionverifier {verdict:?}") })
}

fn facts(all: &[(FactField, &str)]) -> WorkOutcome {
    WorkOutcome::Facts(Facts { facts: listed(all) })
}

fn put_off(at: Millis, reason: &str, all: &[(FactField, &str)]) -> WorkOutcome {
    let facts = listed(all);
    WorkOutcome::RetryAt(RetryAt { at, reason: reason.to_owned(), is_quota: false, facts })
}

fn limited(at: Millis) -> WorkOutcome {
    let (reason, facts) = ("hunter allows no more calls for now".to_owned(), Vec::new());
    WorkOutcome::RetryAt(RetryAt { at, reason, is_quota: true, facts })
}

fn listed(all: &[(FactField, &str)]) -> Vec<Fact> {
    let fact = |&(field, value): &(FactField, &str)| Fact {
        field,
        value: value.to_owned(),
        source: "apollo".to_owned(),
    };
    all.iter().map(fact).collect()
}

fn finish(work: WorkKind, attempt: i64, outcome: WorkOutcome) -> FinishWork {
    FinishWork { work, attempt, cost_micros: 1_000, outcome, site: None }
}

impl Office {
    fn new(seed: u64) -> Self {
        Self { town: Town::new(seed), held: Vec::new(), spent: 0 }
    }

    fn import(&mut self, email: Option<&str>, name: Option<&str>) -> ProspectId {
        let (id, import) = row(email, name, name.map(|_| "acme.example"));
        self.town.import((id, Import { into_pipeline: true, ..import }))
    }

    fn begin(&mut self, id: ProspectId, work: WorkKind) -> Result<Begun, Reject> {
        self.town.ask(id, &ProspectCommand::BeginWork(BeginWork { work }))
    }

    /// Begins a work that is due; gives its attempt.
    fn attempt(&mut self, id: ProspectId, work: WorkKind) -> i64 {
        match self.begin(id, work) {
            Ok(Begun::Leased { attempt, .. }) => attempt,
            other => panic!("{work:?} of {id}: {other:?}"),
        }
    }

    fn say(&mut self, id: ProspectId, finish: FinishWork) {
        let said = self.town.ask::<Noted>(id, &ProspectCommand::FinishWork(finish));
        assert!(said.is_ok(), "{said:?}");
    }

    /// Begins a work that is due, and ends it.
    fn work(&mut self, id: ProspectId, work: WorkKind, outcome: WorkOutcome) {
        let attempt = self.attempt(id, work);
        self.say(id, finish(work, attempt, outcome));
    }

    fn place(&mut self, id: ProspectId) -> Pipeline {
        self.town.get(id).pipeline.expect("it is in the pipeline")
    }

    /// How often the work was tried, and when it is due.
    fn due(&self, id: ProspectId) -> (i64, Millis) {
        let home = self.town.objects[&id].home.connection();
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        home.query_row("select tries, due_at from pipeline", [], read).expect("a row")
    }

    fn state(&mut self, id: ProspectId) -> (PipelineState, String) {
        let place = self.place(id);
        (place.state, place.reason.unwrap_or_default())
    }

    /// Puts what waits in outboxes on the queues, and takes all messages, those that came twice
    /// once.
    fn messages(&mut self) -> Vec<Work> {
        self.town.settle();
        let mut all = std::mem::take(&mut self.town.queued);
        all.sort();
        all.dedup();
        all.iter().map(|text| Work::parse(text).expect("a message")).collect()
    }

    /// Carries out what a message asks for, or does not.
    fn consume(&mut self, message: &Work) {
        let (work, of) = match message {
            Work::Enrich(of) => (WorkKind::Enrich, of),
            Work::Find(of) => (WorkKind::Find, of),
            Work::Verify(of) => (WorkKind::Verify, of),
            other => panic!("no work on a prospect: {other:?}"),
        };
        let begun = self.begin(of.prospect_id, work).expect("an answer");
        let Begun::Leased { attempt, person, .. } = begun else { return };
        let dice = self.town.seed.below(100);
        let trouble = self.town.trouble;
        let outcome = if dice < trouble / 2 {
            let at = self.town.now + self.town.seed.below(90_000) as Millis;
            put_off(at, "hunter wants to be left alone", &[])
        } else {
            truth(work, &person)
        };
        let finish = finish(work, attempt, outcome);
        self.spent += finish.cost_micros;
        match self.town.seed.below(100) {
            // The consumer dies, or says it late, or twice.
            n if n < trouble / 2 => {}
            n if n < trouble => self.held.push((of.prospect_id, finish)),
            n if n < 2 * trouble => {
                self.say(of.prospect_id, finish.clone());
                self.held.push((of.prospect_id, finish));
            }
            _ => self.say(of.prospect_id, finish),
        }
    }

    /// One thing of those that can happen.
    fn stir(&mut self) {
        match self.town.seed.below(8) {
            0..4 => drop(self.town.step()),
            4..6 if !self.town.queued.is_empty() => {
                let at = self.town.seed.index(self.town.queued.len());
                let text = self.town.queued.swap_remove(at);
                self.consume(&Work::parse(&text).expect("a message"));
            }
            6 if !self.held.is_empty() => {
                let at = self.town.seed.index(self.held.len());
                let (id, finish) = self.held.swap_remove(at);
                self.say(id, finish);
            }
            _ => {
                let wait = self.town.seed.below(2 * MINUTE as u64) as Millis;
                self.town.pass(wait);
            }
        }
    }
}

#[test]
fn everybody_comes_to_the_right_end_whatever_is_lost_repeated_late_or_out_of_order() {
    for seed in 0..24 {
        let mut office = Office::new(seed);
        let ids: Vec<ProspectId> =
            (0..10).map(|n| office.import(None, Some(&format!("Person {n}")))).collect();
        for _ in 0..600 {
            office.stir();
        }
        for _ in 0..40 {
            for message in office.messages() {
                office.consume(&message);
            }
            office.town.pass(HINT_MS);
        }
        let mut cost = 0;
        for (n, id) in ids.iter().enumerate() {
            let person = office.town.get(*id);
            let place = person.pipeline.clone().expect("it is in the pipeline");
            assert_eq!(place.state, end_of(n), "seed {seed}, person {n}: {place:?}");
            let address = Some(format!("person.{n}@acme.example"));
            assert_eq!(person.email, address.filter(|_| n % 5 != 4), "seed {seed}");
            assert_eq!(person.title, Some(format!("Of {n}")), "seed {seed}");
            let works = if n % 5 == 4 { 2 } else { 3 };
            assert!(place.cost_micros >= works * 1_000, "seed {seed}: {place:?}");
            cost += place.cost_micros;
        }
        assert!(cost <= office.spent, "seed {seed}: {cost} of {}", office.spent);
        assert_eq!(office.town.owners(), 10, "seed {seed}");
        // What is said after the end changes nothing.
        let before: Vec<_> = ids.iter().map(|id| office.town.get(*id)).collect();
        for (id, finish) in std::mem::take(&mut office.held) {
            office.say(id, finish);
        }
        let after: Vec<_> = ids.iter().map(|id| office.town.get(*id)).collect();
        assert_eq!(before, after, "seed {seed}");
        assert!(office.messages().is_empty(), "seed {seed}");
    }
}

#[test]
fn an_address_that_was_found_is_an_identity_of_the_person_and_the_way_goes_on_there() {
    let mut office = Office::new(4);
    let name = office.import(None, Some("Ann Ames"));
    office.work(name, WorkKind::Enrich, facts(&[]));
    assert_eq!(office.state(name), (PipelineState::Enriched, "nothing new".into()));
    office.work(name, WorkKind::Find, found("Ann <Ann@acme.example>"));
    let verify = office.messages();
    let owner = id_of("ann@acme.example");
    assert_eq!(office.town.get(name).id, owner, "the address owns the person");
    assert!(matches!(verify.last(), Some(Work::Verify(of)) if of.prospect_id == owner));
    assert_eq!(office.state(owner), (PipelineState::Found, "hunter, score 90".into()));
    office.work(name, WorkKind::Verify, verdict(Verdict::Valid));
    let place = office.place(owner);
    assert_eq!((place.state, place.cost_micros), (PipelineState::Verified, 3_000));
    // Whoever was imported by that address alone is the same person.
    let mut office = Office::new(4);
    let bob = office.import(Some("bob@acme.example"), None);
    let name = office.import(None, Some("Bob Bauer"));
    office.work(name, WorkKind::Enrich, facts(&[]));
    office.work(name, WorkKind::Find, found("bob@acme.example"));
    office.town.settle();
    assert_eq!((office.town.owners(), office.town.get(name).id), (1, bob));
    assert_eq!(office.state(bob).0, PipelineState::Found);
}

#[test]
fn each_outcome_leads_to_its_state_and_says_why() {
    let by_address = |outcomes: Vec<_>, state, reason: &str| {
        let mut office = Office::new(4);
        let ann = office.import(Some("ann@acme.example"), None);
        for (work, outcome) in outcomes {
            office.work(ann, work, outcome);
        }
        assert_eq!(office.state(ann), (state, reason.to_owned()));
    };
    for (outcome, state, reason) in [
        (
            facts(&[(FactField::Title, "CTO"), (FactField::Title, "x")]),
            PipelineState::Found,
            "title by apollo",
        ),
        (facts(&[(FactField::Title, "a\nb")]), PipelineState::Found, "nothing new"),
        (put_off(0, "hunter 429", &[]), PipelineState::New, "hunter 429"),
    ] {
        by_address(vec![(WorkKind::Enrich, outcome)], state, reason);
    }
    for (found, state) in [
        (Verdict::Valid, PipelineState::Verified),
        (Verdict::CatchAll, PipelineState::CatchAll),
        (Verdict::Invalid, PipelineState::Invalid),
        (Verdict::Unknown, PipelineState::Found),
        (Verdict::Unasked, PipelineState::GivenUp),
    ] {
        let outcomes = vec![(WorkKind::Enrich, facts(&[])), (WorkKind::Verify, verdict(found))];
        by_address(outcomes, state, &format!("millionverifier {found:?}"));
    }
    let by_name = |outcome, state, reason: &str| {
        let mut office = Office::new(4);
        let ann = office.import(None, Some("Ann Ames"));
        office.work(ann, WorkKind::Enrich, facts(&[]));
        office.work(ann, WorkKind::Find, outcome);
        office.town.settle();
        assert_eq!(office.state(ann), (state, reason.to_owned()));
    };
    let nowhere = || WorkOutcome::NotFound { reason: "nobody knows".into() };
    by_name(nowhere(), PipelineState::NotFound, "nobody knows");
    by_name(found("ann@"), PipelineState::NotFound, "what hunter found is no address");
    let guess = Found {
        address: "ann.ames@acme.example".into(),
        score: 50,
        source: "pattern".into(),
        is_verified: true,
    };
    by_name(WorkOutcome::Found(guess), PipelineState::Verified, "pattern, score 50");
    let mut office = Office::new(4);
    let ann = office.import(None, Some("Ann Ames"));
    office.work(ann, WorkKind::Enrich, facts(&[(FactField::Email, "ann@acme.example")]));
    office.town.settle();
    assert_eq!(office.state(ann), (PipelineState::Found, "email by apollo".into()));
    assert_eq!(office.town.get(ann).id, id_of("ann@acme.example"));
}

#[test]
fn what_leads_to_no_address_begins_no_walk_anew() {
    let mut office = Office::new(4);
    let ann = office.import(None, Some("Ann Ames"));
    office.work(ann, WorkKind::Enrich, facts(&[]));
    office.work(ann, WorkKind::Find, WorkOutcome::NotFound { reason: "nobody".into() });
    let seats = || [("seats".to_owned(), "10".to_owned())].into();
    let update = |office: &mut Office, update: Update| {
        office.town.ask::<serde_json::Value>(ann, &ProspectCommand::Update(update)).expect("done");
        office.state(ann).0
    };
    let by_hand = [
        Update { title: Some("CTO".into()), ..Update::default() },
        Update { attributes: seats(), ..Update::default() },
    ];
    for edit in by_hand {
        assert_eq!(update(&mut office, edit), PipelineState::NotFound);
    }
    let (_, import) = row(None, Some("Ann Ames"), Some("acme.example"));
    let import = Import {
        source: Some("fair".into()),
        attributes: [("booth".to_owned(), "7".to_owned())].into(),
        ..import
    };
    office.town.import((ann, import));
    assert_eq!(office.state(ann).0, PipelineState::NotFound);
    let edit = Update { company: Some("Acme".into()), ..Update::default() };
    assert_eq!(update(&mut office, edit), PipelineState::New);
}

#[test]
fn whoever_was_not_found_is_looked_for_again_once_more_is_known() {
    let mut office = Office::new(4);
    let ann = office.import(None, Some("Ann Ames"));
    office.work(ann, WorkKind::Enrich, facts(&[]));
    office.work(ann, WorkKind::Find, WorkOutcome::NotFound { reason: "nobody".into() });
    office.messages();
    office.import(None, Some("Ann Ames"));
    assert_eq!(office.state(ann).0, PipelineState::NotFound, "the row said nothing new");
    let update = Update { linkedin: Some("https://l.example/ann".into()), ..Update::default() };
    let update = ProspectCommand::Update(update);
    office.town.ask::<serde_json::Value>(ann, &update).expect("updated");
    assert_eq!(office.state(ann).0, PipelineState::New);
    assert!(matches!(office.messages()[..], [Work::Enrich(_)]));
    // A row that gives the address: it is verified, not looked for.
    office.work(ann, WorkKind::Enrich, facts(&[]));
    let address = office.import(Some("ann@acme.example"), Some("Ann Ames"));
    office.town.settle();
    assert_eq!(office.town.get(ann).id, address);
    assert_eq!(office.state(address), (PipelineState::Found, "the address is another".into()));
    let cost = office.place(address).cost_micros;
    assert_eq!(cost, 3_000, "what was paid stays");
}

#[test]
fn only_postroom_itself_works_and_an_outcome_belongs_to_its_work() {
    let mut office = Office::new(4);
    let ann = office.import(Some("ann@acme.example"), None);
    let attempt = office.attempt(ann, WorkKind::Enrich);
    let finish = finish(WorkKind::Enrich, attempt, facts(&[]));
    for wrong in [
        FinishWork { outcome: verdict(Verdict::Valid), ..finish.clone() },
        FinishWork { outcome: found("a@b.example"), ..finish.clone() },
        FinishWork { cost_micros: -1, ..finish.clone() },
        FinishWork { cost_micros: i64::MAX, ..finish.clone() },
    ] {
        let wrong = ProspectCommand::FinishWork(wrong);
        let refused = office.town.ask::<Noted>(ann, &wrong).expect_err("refused");
        assert_eq!(refused.code, Code::InvalidInput);
    }
    let nobody = id_of("nobody@acme.example");
    let unknown = office.begin(nobody, WorkKind::Enrich).expect_err("refused");
    assert_eq!(unknown.code, Code::NotFound);
    office.town.who = agent(1, Role::Owner);
    for command in [
        ProspectCommand::BeginWork(BeginWork { work: WorkKind::Enrich }),
        ProspectCommand::FinishWork(finish),
    ] {
        let refused = office.town.ask::<Noted>(ann, &command).expect_err("refused");
        assert_eq!(refused.code, Code::Forbidden);
    }
}
