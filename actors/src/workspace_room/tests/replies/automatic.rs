//! Automatic mail: how often a rule answers, that no machine is answered, and who is told.

use super::*;

/// Every mail of a customer's is answered by a rule.
fn answering_by_rule() -> (Desk, Value) {
    let (mut desk, inbox) = answering();
    desk.manage(&json!({ "createAutomation": { "name": "R", "trigger": { "on": "commentByUser" },
        "actions": [{ "reply": { "body": "We have it." } }] } }));
    desk.events();
    (desk, inbox)
}

#[test]
fn nobody_gets_more_than_five_automatic_mails_in_an_hour_and_who_manages_is_told_once() {
    let (mut desk, inbox) = answering_by_rule();
    let mut number = 0;
    let mut leaving = |desk: &mut Desk| {
        let taken = |_: &SendMail| {
            number += 1;
            taken(&inbox, number)
        };
        asked(desk, taken).len()
    };
    let ticket = receive(&mut desk, "0@x", &json!({}));
    for n in 1..8 {
        receive(&mut desk, &format!("{n}@x"), &json!({ "inReplyTo": ["0@x"] }));
    }
    assert_eq!(leaving(&mut desk), 5);
    let events = desk.events();
    let stopped: Vec<&Value> = events.iter().filter(|it| it["type"] == "mail.stopped").collect();
    assert_eq!(stopped.len(), 1, "{stopped:?}");
    assert_eq!(
        (&stopped[0]["ticketId"], &stopped[0]["data"]["mail"]["to"][0]["address"]),
        (&json!(ticket), &json!(ANN))
    );
    let told = desk.manage(&json!({ "listNotifications": {} }))["items"].clone();
    assert_eq!((told.as_array().map(Vec::len), &told[0]["kind"]), (Some(1), &json!("mail")));
    assert!(text(&told[0]["title"]).contains(ANN), "{told}");
    // It stands on the ticket, and that it did not leave shows.
    let list = desk.ask(&json!({ "listComments": { "ticketId": ticket } }));
    let last = list["items"].as_array().and_then(|items| items.last()).expect("a comment");
    assert_eq!(
        (&last["delivery"]["state"], last["delivery"]["error"].is_string()),
        (&json!("cancelled"), true)
    );
    // What an agent writes leaves, what goes to others does, and an hour later all does.
    desk.comment(&ticket, "In person");
    let bob = json!({ "from": { "address": "bob@acme.example" } });
    receive(&mut desk, "8@x", &bob);
    assert_eq!(leaving(&mut desk), 2);
    desk.room.now += 60 * 60_000;
    receive(&mut desk, "9@x", &json!({ "inReplyTo": ["0@x"] }));
    assert_eq!(leaving(&mut desk), 1);
}

#[test]
fn whose_machine_has_written_five_times_in_an_hour_gets_nothing_automatic() {
    let (mut desk, _) = answering_by_rule();
    for n in 0..5 {
        let away = json!({ "automatic": { "kind": "autoReply", "reason": "auto_submitted" } });
        receive(&mut desk, &format!("{n}@x"), &away);
    }
    assert_eq!(asked(&mut desk, |_| panic!("a machine gets no answer")).len(), 0);
    desk.events();
    receive(&mut desk, "5@x", &json!({}));
    assert_eq!(asked(&mut desk, |_| panic!("it leaves")).len(), 0);
    assert!(desk.event_types().contains(&"mail.stopped".to_owned()));
}

#[test]
fn a_storm_of_automatic_mail_is_told_to_who_manages_once_in_its_hour() {
    let mut desk = Desk::open();
    let storm = |desk: &mut Desk, from: usize| {
        for n in from..from + 25 {
            let away = json!({ "kind": "autoReply", "reason": "auto_submitted" });
            let mail = json!({ "rawKey": n.to_string(), "messageId": format!("{n}@x"),
                "from": { "address": ANN }, "automatic": away });
            desk.system(&json!({ "receiveMail": mail }));
        }
    };
    let told = |desk: &mut Desk| {
        let list = desk.manage(&json!({ "listNotifications": {} }));
        list["items"].as_array().map(Vec::len)
    };
    storm(&mut desk, 0);
    assert_eq!(told(&mut desk), Some(1));
    desk.room.now += 60 * 60_000;
    storm(&mut desk, 100);
    assert_eq!(told(&mut desk), Some(2));
}
