//! Works that are not done at once: leases that end, lost messages, patience.

use super::*;

#[test]
fn a_work_whose_lease_is_over_is_given_again_and_what_the_first_one_says_then_is_too_late() {
    let mut office = Office::new(4);
    let ann = office.import(Some("ann@acme.example"), None);
    assert_eq!(office.messages().len(), 1);
    let first = office.attempt(ann, WorkKind::Enrich);
    assert_eq!(office.begin(ann, WorkKind::Enrich), Ok(Begun::Nothing {}));
    office.town.pass(LEASE_MS - 1);
    assert_eq!(office.state(ann).0, PipelineState::Enriching);
    office.town.pass(1);
    assert_eq!(office.state(ann), (PipelineState::New, "it was begun and did not end".into()));
    assert_eq!(office.begin(ann, WorkKind::Enrich), Ok(Begun::Nothing {}), "not at once");
    office.say(ann, finish(WorkKind::Enrich, first, facts(&[(FactField::Title, "late")])));
    office.town.pass(MINUTE);
    assert_eq!(office.messages().len(), 1, "it is on its queue again");
    let second = office.attempt(ann, WorkKind::Enrich);
    assert_ne!(first, second);
    office.say(ann, finish(WorkKind::Enrich, first, facts(&[(FactField::Title, "late")])));
    assert_eq!(office.state(ann).0, PipelineState::Enriching);
    for _ in 0..2 {
        office.say(ann, finish(WorkKind::Enrich, second, facts(&[(FactField::Title, "CTO")])));
    }
    let person = office.town.get(ann);
    assert_eq!(person.title.as_deref(), Some("CTO"));
    assert_eq!(person.pipeline.expect("it is in the pipeline").cost_micros, 1_000, "paid once");
}

#[test]
fn a_message_that_its_queue_has_lost_is_sent_again() {
    let mut office = Office::new(4);
    let ann = office.import(Some("ann@acme.example"), None);
    for _ in 0..3 {
        assert_eq!(office.messages().len(), 1);
        assert!(office.messages().is_empty());
        office.town.pass(HINT_MS);
    }
    office.work(ann, WorkKind::Enrich, facts(&[]));
    office.work(ann, WorkKind::Verify, verdict(Verdict::Valid));
    office.messages();
    office.town.pass(10 * HINT_MS);
    assert!(office.messages().is_empty(), "at its end nobody asks any more");
}

#[test]
fn what_cannot_be_done_is_tried_ever_later_and_given_up_in_the_end() {
    let mut office = Office::new(4);
    let ann = office.import(Some("ann@acme.example"), None);
    office.work(ann, WorkKind::Enrich, facts(&[]));
    let start = office.town.now;
    let mut tries = 0;
    while office.place(ann).state != PipelineState::GivenUp {
        office.work(ann, WorkKind::Verify, put_off(0, "hunter 503", &[]));
        tries += 1;
        assert_eq!(office.begin(ann, WorkKind::Verify), Ok(Begun::Nothing {}), "not at once");
        office.town.pass(if tries < 5 { 2 * MINUTE } else { 70 * MINUTE });
    }
    assert!(office.town.now - start >= PATIENCE_MS);
    assert!((200..400).contains(&tries), "{tries} tries");
    assert_eq!(office.state(ann).1, "tried for too long: hunter 503");

    let bob = office.import(Some("bob@acme.example"), None);
    office.work(bob, WorkKind::Enrich, facts(&[]));
    for n in 1..=UNKNOWNS_MAX {
        office.town.pass(24 * 60 * MINUTE);
        office.work(bob, WorkKind::Verify, verdict(Verdict::Unknown));
        let given_up = office.place(bob).state == PipelineState::GivenUp;
        assert_eq!(given_up, n == UNKNOWNS_MAX);
    }
}

#[test]
fn whom_nobody_can_enrich_for_an_hour_goes_on_and_what_was_learnt_stays() {
    let cases = [
        (Some("ann@acme.example"), None, PipelineState::Found),
        (None, Some("Ann Ames"), PipelineState::Enriched),
    ];
    for (email, name, state) in cases {
        let mut office = Office::new(4);
        let ann = office.import(email, name);
        let start = office.town.now;
        let why = "apollo does not take the key";
        office.work(ann, WorkKind::Enrich, put_off(0, why, &[(FactField::Company, "Acme")]));
        assert_eq!(office.state(ann), (PipelineState::New, why.to_owned()));
        assert_eq!(office.town.get(ann).company.as_deref(), Some("Acme"));
        while office.place(ann).state == PipelineState::New {
            assert!(office.town.now - start < 70 * MINUTE, "it is tried for an hour");
            office.town.pass(10 * MINUTE);
            office.work(ann, WorkKind::Enrich, put_off(0, why, &[]));
        }
        assert!(office.town.now - start >= 60 * MINUTE);
        assert_eq!(office.state(ann), (state, format!("not enriched: {why}")));
    }
    // An address among what was learnt is the person's at once.
    let mut office = Office::new(4);
    let ann = office.import(None, Some("Ann Ames"));
    let address = [(FactField::Email, "ann@acme.example")];
    office.work(ann, WorkKind::Enrich, put_off(0, "hunter did not answer", &address));
    office.town.settle();
    assert_eq!(office.town.get(ann).id, id_of("ann@acme.example"));
    // Whose first try comes late is tried more than once.
    let mut office = Office::new(4);
    let bob = office.import(Some("bob@acme.example"), None);
    office.town.pass(5 * 60 * MINUTE);
    office.work(bob, WorkKind::Enrich, put_off(0, "apollo did not answer", &[]));
    assert_eq!(office.state(bob).0, PipelineState::New);
}
