//! Which inboxes and prospects a room knows.

use super::field::Field;
use schema::Code;
use schema::ids::ProspectId;
use serde_json::{Value, json};

fn known(field: &mut Field, after: Option<ProspectId>) -> Value {
    field.desk.manage(&json!({ "listKnown": { "after": after } }))
}

#[test]
fn who_manages_is_told_which_inboxes_and_prospects_the_room_knows() {
    let mut field = Field::open(&["a@desk.example", "b@desk.example"]);
    assert_eq!(known(&mut field, None), json!({ "inboxIds": [], "prospectIds": [] }));
    let inbox = field.inbox("b@desk.example");
    let mut people = Vec::new();
    for name in ["Spring", "Autumn"] {
        field.campaign(json!({ "name": name, "inboxIds": [inbox] }));
        // Whoever is in both is named once.
        people = [1, 3, 2].map(|n| field.enrol(n, &format!("p{n}@acme.example"))).to_vec();
    }
    people.sort_unstable();
    let told = known(&mut field, None);
    assert_eq!(told, json!({ "inboxIds": [inbox], "prospectIds": people }));
    assert_eq!(known(&mut field, Some(people[0]))["prospectIds"], json!(people[1..]));
    assert_eq!(known(&mut field, Some(people[2]))["prospectIds"], json!([]));
    assert_eq!(field.desk.refused(&json!({ "listKnown": {} })).0, Code::Forbidden);
}
