//! Texts that wait for approval: operators are told once that some do, and once that none does.

use super::field::{Field, HOUR};
use super::texts::{GOOD, asked, begin, finish, first, judged, messages, written};
use schema::alert::{AlertKind, AlertState};
use schema::ids::ProspectId;
use schema::pipeline::Work;
use serde_json::{Value, json};

/// What operators were told.
fn told(field: &Field) -> Vec<AlertState> {
    let read = |(queue, body): &(_, Vec<u8>)| Work::read(*queue, body).expect("a message");
    let of_review = |work| match work {
        Work::Alert(alert) => {
            assert_eq!((alert.kind, alert.inbox_id), (AlertKind::ReviewNeeded, None));
            assert_eq!(alert.reason.is_some(), alert.state == AlertState::Raised);
            Some(alert.state)
        }
        _ => None,
    };
    field.queued.iter().map(read).filter_map(of_review).collect()
}

/// Two prospects whose texts wait for approval.
fn waiting() -> (Field, [ProspectId; 2]) {
    let (mut field, ann) = asked(json!({ "approval": true }));
    let bob = field.enrol(2, "bob@acme.example");
    field.settle();
    assert!(told(&field).is_empty());
    for message in messages(&field) {
        begin(&mut field, message);
        finish(&mut field, message, written("anthropic", GOOD));
    }
    assert_eq!(first(&mut field).0, "awaitingApproval");
    (field, [ann, bob])
}

fn judge(field: &mut Field, who: ProspectId, verdict: Value) {
    let judged = judged(field, who, 1, verdict);
    field.desk.ask(&judged);
    field.settle();
}

#[test]
fn texts_that_wait_ring_once_and_once_when_all_are_judged() {
    let (mut field, [ann, bob]) = waiting();
    assert_eq!(told(&field), [AlertState::Raised]);
    field.pass(3 * HOUR, HOUR);
    let (_, version) = first(&mut field);
    judge(&mut field, ann, json!({ "verdict": "approve", "ifVersion": version }));
    assert_eq!(told(&field).len(), 1, "Bob's waits");
    judge(&mut field, bob, json!({ "verdict": "reject", "ifVersion": version }));
    assert_eq!(told(&field), [AlertState::Raised, AlertState::Recovered]);
    field.pass(3 * HOUR, HOUR);
    assert_eq!(told(&field).len(), 2);
}

#[test]
fn texts_that_are_not_to_be_sent_any_more_wait_for_nobody() {
    let (mut field, people) = waiting();
    let campaign = field.campaign.clone();
    for who in people {
        assert_eq!(told(&field), [AlertState::Raised]);
        field.desk.ask(&json!({ "changeEnrolment":
            { "campaignId": campaign, "prospectId": who, "state": "stopped" } }));
        field.pass(HOUR, HOUR / 4);
    }
    assert_eq!(told(&field), [AlertState::Raised, AlertState::Recovered]);
    let (mut field, _) = waiting();
    let pause = json!({ "pauseCampaign": { "campaignId": field.campaign, "archive": true } });
    field.desk.manage(&pause);
    field.pass(HOUR, HOUR / 4);
    assert_eq!(told(&field), [AlertState::Raised, AlertState::Recovered]);
}

#[test]
fn a_text_that_is_to_be_written_anew_does_not_wait_meanwhile() {
    let (mut field, ann) = asked(json!({ "approval": true }));
    let message = messages(&field)[0];
    begin(&mut field, message);
    finish(&mut field, message, written("anthropic", GOOD));
    field.desk.room.now += 1;
    judge(&mut field, ann, json!({ "verdict": "rewrite" }));
    assert_eq!(told(&field), [AlertState::Raised, AlertState::Recovered]);
}
