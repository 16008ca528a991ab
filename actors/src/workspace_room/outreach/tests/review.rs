//! Texts that wait for approval: operators are told once that some do, and once that none does.

use super::field::{Field, HOUR};
use super::stale_texts::{change, put, ready_and_shut, shut, steps};
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
}

#[test]
fn what_a_campaign_that_is_over_has_not_sent_waits_for_nobody_ever() {
    let (mut field, ann) = asked(json!({ "approval": true }));
    field.enrol(2, "bob@acme.example");
    field.settle();
    let [anns, bobs] = *messages(&field) else { panic!("two messages") };
    begin(&mut field, anns);
    finish(&mut field, anns, written("anthropic", GOOD));
    begin(&mut field, bobs);
    field.desk.room.now += 1;
    let campaign = field.campaign.clone();
    field.desk.manage(&json!({ "pauseCampaign": { "campaignId": campaign, "archive": true } }));
    finish(&mut field, bobs, written("anthropic", GOOD));
    assert_eq!(told(&field), [AlertState::Raised, AlertState::Recovered]);
    put(&mut field, ann, "stopped");
    put(&mut field, ann, "waiting");
    field.pass(3 * HOUR, HOUR);
    assert_eq!(told(&field).len(), 2);
    let left = "outreach_texts where state <> 'refused' or reason <> 'archived'";
    assert_eq!(field.desk.room.count(left), 0);
}

#[test]
fn what_a_person_wrote_rings_when_the_campaign_becomes_another() {
    let (mut field, ann) = ready_and_shut(true);
    assert!(told(&field).is_empty());
    change(&mut field, json!({ "steps": steps("Praise their windows.") }));
    let (state, version) = first(&mut field);
    assert_eq!((&*state, &*told(&field)), ("awaitingApproval", &[AlertState::Raised][..]));
    field.desk.room.now += 1;
    judge(&mut field, ann, json!({ "verdict": "approve", "ifVersion": version }));
    assert_eq!(told(&field), [AlertState::Raised, AlertState::Recovered]);
}

#[test]
fn who_is_put_back_rings_where_their_text_waits_though_nothing_leaves_now() {
    let (mut field, people) = waiting();
    change(&mut field, json!({ "window": shut() }));
    for who in people {
        put(&mut field, who, "stopped");
    }
    field.pass(HOUR, HOUR / 4);
    assert_eq!(told(&field), [AlertState::Raised, AlertState::Recovered]);
    for who in people {
        field.desk.room.now += 1;
        put(&mut field, who, "waiting");
        assert_eq!(told(&field).len(), 3, "once");
    }
    field.pass(3 * HOUR, HOUR);
    assert_eq!((told(&field).len(), told(&field).pop()), (3, Some(AlertState::Raised)));
}

#[test]
fn texts_that_wait_from_before_anybody_was_told_of_such_ring_when_their_step_is_due() {
    let (mut field, _) = waiting();
    let home = field.desk.room.home.connection();
    home.execute("delete from timers where kind = 'outreach.review'", []).expect("no timer");
    field.pass(HOUR, HOUR / 4);
    assert_eq!(told(&field), [AlertState::Raised; 2]);
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
