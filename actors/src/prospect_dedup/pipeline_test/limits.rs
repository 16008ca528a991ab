//! Works that wait until a provider's limit leaves room for them.

use super::*;

const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

/// Has the work wait for a limit until a time; gives for how long it waited, each time.
fn waits(office: &mut Office, id: ProspectId, work: WorkKind, until: Millis) -> Vec<Millis> {
    let (state, mut waits) = (office.place(id).state, Vec::new());
    while office.town.now < until && office.place(id).state == state {
        let at = office.town.now + 1_000;
        office.work(id, work, limited(at));
        if office.place(id).state != state {
            break;
        }
        let (tries, due_at) = office.due(id);
        assert_eq!(tries, 0, "that was no try");
        assert!(due_at >= at && due_at - at < DAY, "{}", due_at - at);
        waits.push(due_at - office.town.now);
        office.town.pass(due_at - office.town.now);
    }
    waits
}

#[test]
fn who_waits_for_a_limit_fails_at_nothing_and_is_not_given_up_for_it() {
    let mut office = Office::new(4);
    let ann = office.import(None, Some("Ann Ames"));
    let end = office.town.now + PATIENCE_MS + DAY;
    let waits = waits(&mut office, ann, WorkKind::Enrich, end);
    assert!(office.town.now >= end, "it went on: {:?}", office.state(ann));
    assert!(waits[..4].iter().all(|wait| *wait < MINUTE), "soon: {:?}", &waits[..4]);
    assert!(waits.iter().any(|wait| *wait > 6 * HOUR), "ever further apart: {waits:?}");
    assert!(waits.len() < 200, "{} times", waits.len());
    // Now it fails: that alone is what its patience is for.
    office.work(ann, WorkKind::Enrich, put_off(0, "apollo did not answer", &[]));
    assert_eq!((office.place(ann).state, office.due(ann).0), (PipelineState::New, 1));
    office.town.pass(2 * MINUTE);
    office.work(ann, WorkKind::Enrich, facts(&[]));
    assert_eq!(office.place(ann).state, PipelineState::Enriched);
}

#[test]
fn whose_address_is_known_waits_for_a_limit_no_longer_than_for_an_outage() {
    let mut office = Office::new(4);
    let ann = office.import(Some("ann@acme.example"), None);
    let start = office.town.now;
    let waits = waits(&mut office, ann, WorkKind::Enrich, start + 4 * HOUR);
    assert!(office.town.now - start >= HOUR, "it waits for an hour: {waits:?}");
    let why = "not enriched: hunter allows no more calls for now".to_owned();
    assert_eq!(office.state(ann), (PipelineState::Found, why));
}

#[test]
fn who_waits_for_a_limit_for_a_season_goes_on_unenriched_and_is_given_up_unfound() {
    let mut office = Office::new(4);
    let ann = office.import(None, Some("Ann Ames"));
    office.town.pass(TURN_MS - 1);
    office.work(ann, WorkKind::Enrich, limited(0));
    assert_eq!(office.state(ann).0, PipelineState::New);
    office.town.pass(DAY + 1_000);
    office.work(ann, WorkKind::Enrich, limited(0));
    let why = "not enriched: hunter allows no more calls for now".to_owned();
    assert_eq!(office.state(ann), (PipelineState::Enriched, why));
    office.town.pass(TURN_MS);
    office.work(ann, WorkKind::Find, limited(0));
    let why = "waited for too long: hunter allows no more calls for now".to_owned();
    assert_eq!(office.state(ann), (PipelineState::GivenUp, why));
}

#[test]
fn a_provider_that_failed_is_given_up_by_tries_however_long_its_limit_was_waited_for() {
    let mut office = Office::new(4);
    let ann = office.import(Some("ann@acme.example"), None);
    office.work(ann, WorkKind::Enrich, facts(&[]));
    office.town.pass(PATIENCE_MS);
    let mut tries = 0;
    while office.place(ann).state == PipelineState::Found {
        office.work(ann, WorkKind::Verify, put_off(0, "millionverifier did not answer", &[]));
        tries += 1;
        office.town.pass(2 * HOUR);
    }
    assert_eq!(tries, 20);
    let why = "tried for too long: millionverifier did not answer".to_owned();
    assert_eq!(office.state(ann), (PipelineState::GivenUp, why));
}

#[test]
fn a_wait_of_which_nothing_is_learnt_writes_no_summary() {
    let mut office = Office::new(4);
    let ann = office.import(None, Some("Ann Ames"));
    office.town.settle();
    let version = |office: &Office| office.town.rows[&ann.to_string()].version;
    let before = version(&office);
    for outcome in [limited(0), put_off(0, "apollo did not answer", &[])] {
        office.work(ann, WorkKind::Enrich, outcome);
        office.town.settle();
        assert_eq!(version(&office), before);
        office.town.pass(HINT_MS);
    }
    let learnt = [(FactField::Company, "Acme")];
    office.work(ann, WorkKind::Enrich, put_off(0, "hunter did not answer", &learnt));
    office.town.settle();
    assert!(version(&office) > before, "what was learnt is written");
}
