//! To whom an answer goes, and who gets a copy.

use super::*;

#[test]
fn what_somebody_else_was_told_or_says_in_a_customers_name_gets_no_copy() {
    let (mut desk, inbox) = answering();
    let create = json!({ "subject": "Order", "body": "It is late.", "userEmail": ANN });
    let ticket = text(&desk.ask(&json!({ "createTicket": create }))["id"]);
    let to = ["supplier@parts.example"];
    let ask = json!({ "ticketId": ticket, "body": "Where are they?", "to": to });
    desk.ask(&json!({ "postComment": ask }));
    let comment = desk.comment(&ticket, "Soon.");
    assert_eq!(comment["mail"]["to"], json!([{ "name": null, "address": ANN }]));
    assert_eq!(comment["mail"]["cc"], json!([]), "the supplier is not in that");
    asked(&mut desk, |send| taken(&inbox, send.mail.to.len() as u128));
    let forged = |id: &str, dmarc: &str| {
        json!({ "rawKey": id, "cc": [{ "address": "mallory@evil.example" }], "inReplyTo": ["1@x"],
            "authenticity": { "server": "mx", "spf": null, "dkim": null, "dmarc": dmarc } })
    };
    let ticket = receive(&mut desk, "1@x", &json!({}));
    for (id, dmarc, copies) in [("2@x", "fail", 0), ("3@x", "pass", 1)] {
        receive(&mut desk, id, &forged(id, dmarc));
        let copied = desk.comment(&ticket, "Hello Ann")["mail"]["cc"].clone();
        assert_eq!(copied.as_array().map(Vec::len), Some(copies), "{dmarc}: {copied}");
    }
}

#[test]
fn an_agent_names_whom_it_goes_to_and_a_stranger_in_the_thread_gets_no_copy() {
    let (mut desk, inbox) = answering();
    let ticket = receive(&mut desk, "1@x", &json!({}));
    let stranger = json!({ "inReplyTo": ["1@x"], "from": { "address": "eve@evil.example" },
        "cc": [{ "address": "mallory@evil.example" }] });
    assert_eq!(receive(&mut desk, "2@x", &stranger), ticket);
    desk.comment(&ticket, "For Ann alone");
    let sends = asked(&mut desk, |_| taken(&inbox, 1));
    assert_eq!((&sends[0].mail.to[..], sends[0].mail.cc.len()), (&[ANN.to_owned()][..], 0));
    assert_eq!(sends[0].mail.in_reply_to.as_deref(), Some("1@x"));
    let post = |more: Value| {
        let mut input = json!({ "ticketId": ticket, "body": "b" });
        input.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        json!({ "postComment": input })
    };
    desk.ask(&post(json!({ "to": ["Bob@x.example"], "cc": ["cy@x.example", "cy@x.example"] })));
    let sends = asked(&mut desk, |_| taken(&inbox, 2));
    assert_eq!(
        (&*sends[0].mail.to[0], &sends[0].mail.cc[..]),
        ("bob@x.example", &["cy@x.example".to_owned()][..])
    );
    for (bad, field) in [
        (json!({ "to": ["nobody"] }), "to"),
        (json!({ "cc": ["a@b.example\r\nBcc: x@y.example"] }), "cc"),
        (json!({ "to": [] }), "to"),
        (json!({ "visibility": "private", "cc": ["cy@x.example"] }), "cc"),
    ] {
        let (code, details) = desk.refused(&post(bad));
        assert_eq!((code, &details["field"]), (Code::InvalidInput, &json!(field)));
    }
}

#[test]
fn an_answer_goes_where_the_customer_last_wrote_from() {
    let (mut desk, inbox) = answering();
    let ticket = receive(&mut desk, "1@x", &json!({}));
    let user = desk.get(&ticket)["userId"].clone();
    let home = json!({ "userId": user, "kind": "email", "value": "ann@home.example" });
    desk.ask(&json!({ "addHandle": home }));
    let from = json!({ "inReplyTo": ["1@x"], "from": { "address": "Ann@Home.example" } });
    assert_eq!(receive(&mut desk, "2@x", &from), ticket);
    desk.comment(&ticket, "Hello");
    let sends = asked(&mut desk, |_| taken(&inbox, 1));
    assert_eq!((&*sends[0].mail.to[0], sends[0].mail.cc.len()), ("ann@home.example", 0));
    assert_eq!(sends[0].mail.in_reply_to.as_deref(), Some("2@x"));
}

#[test]
fn what_only_its_subject_brought_to_a_ticket_has_no_say_in_whom_an_answer_goes_to() {
    let (mut desk, inbox) = answering();
    let ticket = receive(&mut desk, "1@x", &json!({}));
    let user = desk.get(&ticket)["userId"].clone();
    let home = json!({ "userId": user, "kind": "email", "value": "ann@home.example" });
    desk.ask(&json!({ "addHandle": home }));
    let number = desk.get(&ticket)["number"].clone();
    let forged = json!({ "subject": format!("Re: [#{number}] Door"),
        "from": { "address": "ann@home.example" }, "cc": [{ "address": "mallory@evil.example" }] });
    assert_eq!(receive(&mut desk, "2@evil", &forged), ticket);
    let list = desk.ask(&json!({ "listComments": { "ticketId": ticket } }));
    assert_eq!(list["items"][1]["mail"]["threadedBy"], "tag");
    assert_eq!(list["items"][0]["mail"]["threadedBy"], Value::Null);
    desk.comment(&ticket, "For Ann alone");
    let sends = asked(&mut desk, |_| taken(&inbox, 1));
    assert_eq!((&sends[0].mail.to[..], sends[0].mail.cc.len()), (&[ANN.to_owned()][..], 0));
    assert_eq!(sends[0].mail.in_reply_to.as_deref(), Some("1@x"));
    // Who answers what they may have written themselves has seen none of the ticket's.
    let mut answers = forged;
    answers["subject"] = json!("Re: Door");
    answers["inReplyTo"] = json!(["2@evil"]);
    assert_eq!(receive(&mut desk, "4@evil", &answers), ticket);
    desk.comment(&ticket, "For Ann alone, again");
    let sends = asked(&mut desk, |_| taken(&inbox, 2));
    assert_eq!((&sends[0].mail.to[..], sends[0].mail.cc.len()), (&[ANN.to_owned()][..], 0));
    // Who answers a mail of the ticket's has seen one.
    answers["inReplyTo"] = json!(["own1@desk.example"]);
    assert_eq!(receive(&mut desk, "3@x", &answers), ticket);
    let copied = desk.comment(&ticket, "For both")["mail"].clone();
    assert_eq!(
        (&copied["to"][0]["address"], &copied["cc"][0]["address"]),
        (&json!("ann@home.example"), &json!("mallory@evil.example"))
    );
}
