//! What was decided long ago.

use super::field::{DAY, Field};
use serde_json::{Value, json};

#[test]
fn what_was_decided_long_ago_is_given_out_and_forgotten_once_it_is_in_storage() {
    let mut field = Field::open(&["a@desk.example"]);
    field.campaign(json!({}));
    field.inboxes.values_mut().for_each(|it| it.answer = ("failed", Some("554 ann@acme.example")));
    let ann = field.enrol(1, "ann@acme.example");
    field.settle();
    let before = field.desk.room.now + 1;
    let ask = |field: &mut Field, through: i64| -> Vec<Value> {
        let command = json!({ "archiveOutreach": { "before": before, "through": through } });
        field.desk.system(&command)["items"].as_array().expect("items").clone()
    };
    field.pass(DAY, DAY / 4);
    let campaign = field.campaign.clone();
    let list = json!({ "listDecisions": { "campaignId": campaign, "prospectId": ann } });
    let all = field.desk.ask(&list)["items"].as_array().expect("items").len();
    let old = ask(&mut field, 0);
    let what: Vec<_> = old.iter().map(|one| (one["what"].clone(), one["why"].clone())).collect();
    assert_eq!(what.len(), 3, "{what:?}");
    assert_eq!(what[2], (json!("postponed"), json!("failed")), "no words of a server");
    assert_eq!((&old[0]["campaignId"], &old[0]["enrolment"]), (&campaign, &json!(1)));
    assert_eq!(ask(&mut field, 0), old, "nothing is forgotten that is not in storage");
    // Whatever number is named, nothing goes that is not old.
    assert!(ask(&mut field, i64::from(u32::MAX)).is_empty());
    let left = field.desk.ask(&list)["items"].as_array().expect("items").len();
    assert_eq!(left, all - 3);
    assert!(left > 0);
}
