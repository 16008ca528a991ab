//! Nobody is worked on who must not be written to, or of whom it is not known who that is.

use super::*;

#[test]
fn nobody_is_worked_on_who_must_not_be_written_to_and_whoever_refuses_is_suppressed() {
    let mut office = Office::new(4);
    let ann = office.import(Some("ann@acme.example"), None);
    office.town.note(ann, &suppress(Reason::Manual));
    assert_eq!(office.begin(ann, WorkKind::Enrich), Ok(Begun::Nothing {}));
    assert_eq!(office.state(ann), (PipelineState::GivenUp, SUPPRESSED.to_owned()));
    let lift = Unsuppress { reason: Reason::Manual, note: "they asked us".into() };
    office.town.who = agent(1, Role::Admin);
    office.town.ask::<serde_json::Value>(ann, &ProspectCommand::Unsuppress(lift)).expect("lifted");
    office.town.who = crate::kernel::testing::system();
    office.work(ann, WorkKind::Enrich, WorkOutcome::Refused { source: "hunter".into() });
    let why = "the person has asked hunter not to be processed";
    assert_eq!(office.state(ann), (PipelineState::GivenUp, why.into()));
    assert_eq!(office.town.get(ann).suppression, Some(Reason::OptOut));
    assert!(matches!(office.town.permit(ann, "s1", 1), PermitReply::Denied { .. }));

    let bob = office.import(Some("bob@acme.example"), None);
    let attempt = office.attempt(bob, WorkKind::Enrich);
    office.town.who = agent(1, Role::Admin);
    office.town.note(bob, &ProspectCommand::Delete(Delete {}));
    office.town.who = crate::kernel::testing::system();
    let late = finish(WorkKind::Enrich, attempt, facts(&[(FactField::Title, "CTO")]));
    let late = office.town.ask::<Noted>(bob, &ProspectCommand::FinishWork(late));
    assert_eq!(late.map_err(|reject| reject.code), Err(Code::Gone));
    let object = &office.town.objects[&bob];
    assert_eq!((object.count("pipeline"), object.count("fields")), (0, 0));
    office.town.pass(2 * HINT_MS);
    assert!(office.messages().iter().all(|work| !matches!(work, Work::Find(_))));
}

#[test]
fn whoever_refuses_is_suppressed_however_late_that_is_said() {
    let mut office = Office::new(4);
    let ann = office.import(Some("ann@acme.example"), None);
    let refused = |attempt| {
        finish(WorkKind::Enrich, attempt, WorkOutcome::Refused { source: "hunter".into() })
    };
    let first = office.attempt(ann, WorkKind::Enrich);
    office.town.pass(LEASE_MS);
    office.town.pass(MINUTE);
    let second = office.attempt(ann, WorkKind::Enrich);
    office.say(ann, refused(first));
    assert_eq!(office.town.get(ann).suppression, Some(Reason::OptOut));
    assert!(matches!(office.town.permit(ann, "s1", 1), PermitReply::Denied { .. }));
    assert_eq!(office.state(ann).0, PipelineState::Enriching, "the later lease stands");
    office.say(ann, finish(WorkKind::Enrich, second, facts(&[])));
    assert_eq!(office.begin(ann, WorkKind::Verify), Ok(Begun::Nothing {}));
    assert_eq!(office.state(ann), (PipelineState::GivenUp, SUPPRESSED.to_owned()));
    let before = office.town.get(ann);
    office.say(ann, refused(first));
    assert_eq!(office.town.get(ann), before, "said again, it changes nothing");
}

#[test]
fn nobody_is_asked_about_a_person_before_it_is_known_who_that_is() {
    let mut office = Office::new(4);
    let name = office.import(None, Some("Ann Ames"));
    office.town.note(name, &suppress(Reason::OptOut));
    let ann = office.import(Some("ann@acme.example"), Some("Ann Ames"));
    assert_eq!(office.begin(ann, WorkKind::Enrich), Ok(Begun::Nothing {}), "the claim is slow");
    office.town.settle();
    assert_eq!(office.begin(ann, WorkKind::Enrich), Ok(Begun::Nothing {}));
    assert_eq!(office.state(ann), (PipelineState::GivenUp, SUPPRESSED.to_owned()));

    let bob = office.import(Some("bob@acme.example"), Some("Bob Bauer"));
    for _ in 0..3 {
        assert_eq!(office.begin(bob, WorkKind::Enrich), Ok(Begun::Nothing {}));
        assert_eq!(office.state(bob).0, PipelineState::New);
        office.town.now += SETTLE_MS;
    }
    office.messages();
    office.town.pass(SETTLE_MS);
    let again = office.messages();
    assert!(matches!(again[..], [Work::Enrich(of)] if of.prospect_id == bob), "{again:?}");
    assert_eq!(office.attempt(bob, WorkKind::Enrich), 1, "waiting is no try");
}
