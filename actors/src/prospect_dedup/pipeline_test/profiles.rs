//! Profiles at LinkedIn that are found out on the way.

use super::*;
use crate::prospect_dedup::harness::{id_of_profile, row_of};

const PROFILE: &str = "http://www.linkedin.com/in/Ann-Ames-7";

#[test]
fn a_profile_that_was_found_is_an_identity_of_the_person() {
    let mut office = Office::new(4);
    let row = row_of([None, Some("linkedin.com/in/ann-ames-7/de"), None, None]);
    let profile = office.town.import(row);
    office.town.note(profile, &suppress(Reason::OptOut));
    let ann = office.import(Some("ann@acme.example"), None);
    office.work(ann, WorkKind::Enrich, facts(&[(FactField::Linkedin, PROFILE)]));
    office.town.settle();
    assert_eq!(office.town.owners(), 1, "whoever was imported by it alone is the same person");
    let person = office.town.get(profile);
    assert_eq!((person.id, person.suppression), (ann, Some(Reason::OptOut)));
    let known = person.identities.iter().find(|row| row.id == profile).expect("it is theirs");
    assert_eq!(known.identity.as_deref(), Some("l:ann-ames-7"));
    assert_eq!((&*known.state, known.certain), ("linked", true));
}

#[test]
fn what_is_found_in_vain_tries_counts_too_and_a_company_s_page_is_nobody() {
    let mut office = Office::new(4);
    let ann = office.import(None, Some("Ann Ames"));
    let later = put_off(0, "hunter 429", &[(FactField::Linkedin, PROFILE)]);
    office.work(ann, WorkKind::Enrich, later);
    office.town.settle();
    assert_eq!(office.town.get(ann).id, id_of_profile(PROFILE), "a profile is more than a name");
    let mut office = Office::new(4);
    let bob = office.import(None, Some("Bob Bauer"));
    let page = facts(&[(FactField::Linkedin, "https://www.linkedin.com/company/acme")]);
    office.work(bob, WorkKind::Enrich, page);
    office.town.settle();
    let person = office.town.get(bob);
    assert_eq!((person.id, person.identities.len()), (bob, 0));
    assert!(person.linkedin.is_some());
}

#[test]
fn whoever_is_known_by_a_profile_alone_walks_and_is_found_under_the_address() {
    let mut office = Office::new(4);
    let (profile, import) = row_of([None, Some(PROFILE), None, None]);
    office.town.import((profile, Import { into_pipeline: true, ..import }));
    office.work(profile, WorkKind::Enrich, facts(&[]));
    office.work(profile, WorkKind::Find, found("ann@acme.example"));
    office.town.settle();
    let owner = id_of("ann@acme.example");
    assert_eq!(office.town.get(profile).id, owner, "the address owns the person");
    office.work(owner, WorkKind::Verify, verdict(Verdict::Valid));
    assert_eq!(office.state(profile).0, PipelineState::Verified);
    assert_eq!(office.town.permit(profile, "s1", 1), PermitReply::Granted { valid_until: None });
}
