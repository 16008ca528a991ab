//! Public comments that leave as mail: which do, to whom, in which thread, how often.

use super::desk::{Desk, text};
use crate::inbox_state::identity::inbox_of;
use crate::kernel::{Effect, Outcome};
use schema::inbox::{InboxCommand, SendMail};
use schema::{ActorKind, Code, Reject};
use serde_json::{Value, json};

const ANN: &str = "ann@acme.example";
const DESK: &str = "help@desk.example";

/// A desk whose inbox answers.
fn answering() -> (Desk, Value) {
    let mut desk = Desk::open();
    let inbox = json!(inbox_of(desk.room.workspace, DESK));
    desk.manage(&json!({ "changeWorkspace": { "replyInboxId": inbox } }));
    desk.events();
    (desk, inbox)
}

/// A mail of a customer's comes in; gives its ticket.
fn receive(desk: &mut Desk, id: &str, more: &Value) -> String {
    let mut mail = json!({ "rawKey": format!("raw/{id}"), "messageId": id,
        "from": { "address": ANN }, "to": [{ "address": DESK }], "subject": "Door",
        "text": "It is stuck." });
    let fields = more.as_object().expect("an object").clone();
    mail.as_object_mut().expect("an object").extend(fields);
    text(&desk.system(&json!({ "receiveMail": mail }))["ticketId"])
}

/// What inboxes are asked to send now; each says what `answer` makes of it.
fn asked(desk: &mut Desk, mut answer: impl FnMut(&SendMail) -> Outcome) -> Vec<SendMail> {
    let mut sends = Vec::new();
    desk.room.drain(|_, effect| {
        let Effect::Call { actor: ActorKind::InboxState, command, key, .. } = effect else {
            panic!("{effect:?}")
        };
        let command = serde_json::from_slice(command).expect("a command");
        let InboxCommand::Send(send) = command else { panic!("{command:?}") };
        assert!(key.starts_with(&format!("{}:", send.key)), "{key}");
        sends.push(send);
        answer(&sends[sends.len() - 1])
    });
    sends
}

fn send_id(number: u128) -> Value {
    json!(uuid::Uuid::from_u128(number))
}

/// An inbox has taken a mail.
fn taken(inbox: &Value, number: u128) -> Outcome {
    let view = json!({ "id": send_id(number), "inboxId": inbox, "state": "permitted", "version": 2,
        "messageId": format!("own{number}@desk.example"), "to": [ANN], "cc": [], "subject": "s",
        "attempts": 0, "queuedAt": 1 });
    Outcome::Done(view.to_string().into_bytes())
}

/// What is told of a send.
fn told(inbox: &Value, comment: &Value, number: u128, version: i64, state: &str) -> Value {
    json!({ "noteDelivery": { "commentId": comment["id"], "inboxId": inbox, "version": version,
        "sendId": send_id(number), "messageId": format!("own{number}@desk.example"),
        "state": state, "error": "550 5.1.1 <ann@acme.example>: no such user" } })
}

fn comment_of(desk: &mut Desk, comment: &Value) -> Value {
    desk.ask(&json!({ "getComment": { "commentId": comment["id"] } }))
}

#[test]
fn an_answer_goes_to_the_customer_in_the_thread_of_their_mail_and_back_to_its_ticket() {
    let (mut desk, inbox) = answering();
    let before = json!({ "references": ["<0@x>", "<1@x>"], "inReplyTo": ["1@x"],
        "cc": [{ "address": "Bob@Acme.example" }, { "address": DESK }, { "address": ANN }] });
    let ticket = receive(&mut desk, "2@x", &before);
    desk.events();
    let comment = desk.comment(&ticket, "Have you tried to pull?\n<Pull>");
    assert_eq!(comment["delivery"]["state"], "queued");
    assert_eq!(comment["mail"]["to"], json!([{ "name": null, "address": ANN }]));
    let sends = asked(&mut desk, |_| taken(&inbox, 7));
    let [send] = &sends[..] else { panic!("{sends:?}") };
    assert_eq!(send.key, format!("comment:{}", text(&comment["id"])));
    assert_eq!(
        (&send.mail.to[..], &send.mail.cc[..]),
        (&[ANN.into()][..], &["bob@acme.example".into()][..])
    );
    assert_eq!(send.mail.subject, "Re: Door");
    assert_eq!(send.mail.in_reply_to.as_deref(), Some("2@x"));
    assert_eq!(send.mail.references, ["0@x", "1@x", "2@x"]);
    assert!(send.mail.html.as_ref().is_some_and(|html| html.contains("&lt;Pull&gt;")));
    assert!(!send.mail.automatic);
    // It is taken, and no event says what is known; its end is one, without whom it is about.
    assert_eq!(desk.event_types(), ["comment.created"]);
    assert_eq!(comment_of(&mut desk, &comment)["delivery"]["sendId"], send_id(7));
    desk.system(&told(&inbox, &comment, 7, 5, "bounced"));
    let events = desk.events();
    assert_eq!(events[0]["type"], "comment.delivery");
    assert_eq!(events[0]["data"]["delivery"]["state"], "bounced");
    assert_eq!(events[0]["data"]["delivery"]["error"], "550 5.1.1 (address) no such user");
    // What is older, of another mail or of another inbox changes nothing.
    for (inbox, number, version) in [(&inbox, 7, 4), (&inbox, 8, 9), (&send_id(1), 7, 9)] {
        desk.system(&told(inbox, &comment, number, version, "sent"));
    }
    assert_eq!(desk.event_types(), Vec::<String>::new());
    assert_eq!(comment_of(&mut desk, &comment)["delivery"]["state"], "bounced");
    // The customer's answer to it alone finds the ticket.
    assert_eq!(receive(&mut desk, "3@x", &json!({ "inReplyTo": ["<own7@desk.example>"] })), ticket);
}

#[test]
fn what_is_private_or_a_customers_or_for_nobody_never_leaves() {
    let (mut desk, _) = answering();
    let ticket = receive(&mut desk, "1@x", &json!({}));
    receive(&mut desk, "2@x", &json!({ "inReplyTo": ["1@x"] }));
    let note = json!({ "ticketId": ticket, "body": "psst", "visibility": "private" });
    let note = desk.ask(&json!({ "postComment": note }));
    assert!(note["delivery"].is_null() && note["mail"].is_null(), "{note}");
    let nobodys = desk.ticket("nobody's");
    assert!(desk.comment(&nobodys, "hello?")["delivery"].is_null());
    desk.manage(&json!({ "changeWorkspace": { "replyInboxId": null } }));
    assert!(desk.comment(&ticket, "no inbox")["delivery"].is_null());
    assert_eq!(desk.room.drain(|_, effect| panic!("{effect:?}")), 0);
}

#[test]
fn a_scheduled_answer_leaves_when_it_is_published_and_a_first_comment_opens_a_thread() {
    let (mut desk, inbox) = answering();
    let create = json!({ "subject": "Your order", "body": "It is late.", "userEmail": ANN });
    let ticket = text(&desk.ask(&json!({ "createTicket": create }))["id"]);
    let sends = asked(&mut desk, |_| taken(&inbox, 1));
    assert_eq!((&*sends[0].mail.subject, &sends[0].mail.in_reply_to), ("Your order", &None));
    let at = desk.room.now + 60_000;
    let later = json!({ "ticketId": ticket, "body": "It is here.", "publishAt": at });
    desk.ask(&json!({ "scheduleComment": later }));
    assert_eq!(asked(&mut desk, |_| panic!("too early")).len(), 0);
    desk.pass(60_000);
    let sends = asked(&mut desk, |_| taken(&inbox, 2));
    assert_eq!(sends[0].mail.in_reply_to.as_deref(), Some("own1@desk.example"));
    assert_eq!(sends[0].mail.subject, "Re: Your order");
}

#[test]
fn an_inbox_that_may_have_taken_it_is_asked_the_same_again() {
    let (mut desk, inbox) = answering();
    let ticket = receive(&mut desk, "1@x", &json!({}));
    desk.comment(&ticket, "Hello");
    let failed = |_: &SendMail| Outcome::Failed { why: "no answer in time".into() };
    let first = asked(&mut desk, failed);
    // Another inbox is named meanwhile.
    desk.manage(&json!({ "changeWorkspace": { "replyInboxId": send_id(3) } }));
    desk.pass(60 * 60_000);
    let again = asked(&mut desk, |_| taken(&inbox, 1));
    assert_eq!((first.len(), &first), (1, &again));
    desk.pass(60 * 60_000);
    assert_eq!(asked(&mut desk, failed).len(), 0, "it is done with");
}

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
fn an_inbox_that_has_it_is_not_asked_again_whatever_else_it_would_be_asked() {
    let (mut desk, inbox) = answering();
    let ticket = receive(&mut desk, "1@x", &json!({}));
    let comment = desk.comment(&ticket, "Hello");
    let failed = |_: &SendMail| Outcome::Failed { why: "no answer in time".into() };
    assert_eq!(asked(&mut desk, failed).len(), 1);
    // It was taken and has left, and that was told before the answer came.
    desk.system(&told(&inbox, &comment, 7, 5, "sent"));
    desk.pass(60 * 60_000);
    assert_eq!(asked(&mut desk, failed).len(), 0);
    assert_eq!(comment_of(&mut desk, &comment)["delivery"]["state"], "sent");
}

#[test]
fn a_refusal_is_shown_and_a_deleted_or_erased_comment_stays() {
    let (mut desk, _) = answering();
    let ticket = receive(&mut desk, "1@x", &json!({}));
    let refused = desk.comment(&ticket, "too large");
    asked(&mut desk, |_| Outcome::Rejected(Reject::new(Code::TooLarge, "files: too many bytes")));
    let delivery = comment_of(&mut desk, &refused)["delivery"].clone();
    assert_eq!(
        (&delivery["state"], &delivery["error"]),
        (&json!("failed"), &json!("files: too many bytes"))
    );
    let user = desk.get(&ticket)["userId"].clone();
    let last = desk.comment(&ticket, "Dear Ann");
    desk.manage(&json!({ "eraseUser": { "userId": user } }));
    desk.pass(1_000);
    desk.room.drain(|_, effect| {
        assert!(!matches!(effect, Effect::Call { actor: ActorKind::InboxState, .. }));
        Outcome::Done(Vec::new())
    });
    let delivery = comment_of(&mut desk, &last)["delivery"].clone();
    assert_eq!(delivery["state"], "cancelled", "{delivery}");
    let other = receive(&mut desk, "9@x", &json!({ "from": { "address": "cy@acme.example" } }));
    desk.comment(&other, "Dear Cy");
    desk.manage(&json!({ "deleteTicket": { "ticketId": other } }));
    assert_eq!(desk.room.drain(|_, effect| panic!("{effect:?}")), 0);
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
fn a_ticket_answers_through_the_inbox_that_it_came_through() {
    let (mut desk, _) = answering();
    let [own, other] = [send_id(21), send_id(22)];
    let ticket = receive(&mut desk, "1@x", &json!({ "inboxId": own }));
    assert_eq!(desk.comment(&ticket, "a")["delivery"]["inboxId"], own);
    let change = json!({ "changeTicket": { "ticketId": ticket, "inboxId": other } });
    assert_eq!(desk.ask(&change)["inboxId"], other);
    let before = desk.events().last().expect("an event")["data"]["before"].clone();
    assert_eq!(before, json!({ "inboxId": own }));
    assert_eq!(desk.comment(&ticket, "b")["delivery"]["inboxId"], other);
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

#[test]
fn only_who_takes_part_changes_through_which_inbox_a_ticket_answers() {
    let mut desk = Desk::open();
    let [own, other] = [send_id(21), send_id(22)];
    let ticket = receive(&mut desk, "1@x", &json!({ "inboxId": own }));
    let number = desk.get(&ticket)["number"].clone();
    let eve = json!({ "address": "eve@evil.example" });
    for (id, more, inbox) in [
        ("2@x", json!({ "inReplyTo": ["1@x"], "from": eve }), &own),
        ("3@x", json!({ "subject": format!("[#{number}]") }), &own),
        ("4@x", json!({ "inReplyTo": ["1@x"], "from": null }), &own),
        ("5@x", json!({ "inReplyTo": ["1@x"] }), &other),
        ("6@x", json!({ "inReplyTo": ["1@x"], "from": eve, "inboxId": own }), &own),
    ] {
        let mut mail = json!({ "inboxId": other });
        mail.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        assert_eq!(receive(&mut desk, id, &mail), ticket, "{id}");
        assert_eq!(desk.get(&ticket)["inboxId"], *inbox, "{id}");
    }
}

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

#[test]
fn the_nearest_signature_stands_below_what_leaves_and_nowhere_else() {
    let (mut desk, inbox) = answering();
    let body = "{{agent.name}}\n{{workspace.name}} <{{user.company}}>";
    desk.manage(&json!({ "createSignature": { "name": "all", "body": body } }));
    let ticket = receive(&mut desk, "1@x", &json!({}));
    let comment = desk.comment(&ticket, "Pull.");
    let mut number = 0;
    let mut sent = |desk: &mut Desk| {
        number += 1;
        let mut sends = asked(desk, |_| taken(&inbox, number));
        sends.pop().expect("a mail").mail
    };
    let mail = sent(&mut desk);
    let name = desk.agent.opened.agent.name.clone();
    assert_eq!(mail.text, format!("Pull.\n\n-- \n{name}\nAcme <acme.example>"));
    let html = mail.html.expect("HTML");
    assert!(html.ends_with("<br>\nAcme &lt;acme.example&gt;</div>"), "{html}");
    let kept = comment_of(&mut desk, &comment);
    assert_eq!((&kept["body"], &kept["visibleBody"]), (&json!("Pull."), &Value::Null));
    // That of the inbox comes before, and what another's says does not count.
    for (name, id) in [("inbox", inbox.clone()), ("other", send_id(77))] {
        let own = json!({ "name": name, "body": format!("The {name}"), "inboxId": id });
        let made = desk.manage(&json!({ "createSignature": own }));
        assert_eq!(made["inboxId"], id);
    }
    let twice = json!({ "name": "twice", "body": "b", "inboxId": inbox });
    let refused = desk.manage_refused(&json!({ "createSignature": twice }));
    assert_eq!(refused.0, Code::Conflict, "an inbox has one");
    for bad in [json!({ "personal": true }), json!({ "teamId": send_id(5) })] {
        let mut input = json!({ "name": "bad", "body": "b", "inboxId": inbox });
        input.as_object_mut().expect("an object").extend(bad.as_object().expect("one").clone());
        let refused = desk.manage_refused(&json!({ "createSignature": input }));
        assert_eq!((refused.0, &refused.1["field"]), (Code::InvalidInput, &json!("inboxId")));
        let canned = desk.manage_refused(&json!({ "createCannedReply": input }));
        assert_eq!(canned.1["field"], "inboxId");
    }
    desk.comment(&ticket, "Turn.");
    assert_eq!(sent(&mut desk).text, "Turn.\n\n-- \nThe inbox");
    let render = json!({ "renderSignature": { "ticketId": ticket } });
    assert_eq!(desk.ask(&render)["body"], "The inbox");
    // Their own comes before, and one that the agent has put in stands once.
    let own = json!({ "name": "me", "body": "Yours, {{agent.firstName}}", "personal": true });
    desk.ask(&json!({ "createSignature": own }));
    desk.comment(&ticket, "Push.");
    let text = sent(&mut desk).text;
    assert!(text.starts_with("Push.\n\n-- \nYours, "), "{text}");
    desk.comment(&ticket, &text);
    assert_eq!(sent(&mut desk).text, text);
    // A machine has none; nor has anybody where the workspace wants none.
    desk.manage(&json!({ "createAutomation": { "name": "R", "trigger": { "on": "commentByUser" },
        "actions": [{ "reply": { "body": "We have it." } }] } }));
    receive(&mut desk, "2@x", &json!({ "inReplyTo": ["1@x"] }));
    assert_eq!(sent(&mut desk).text, "We have it.");
    let off = desk.manage(&json!({ "changeWorkspace": { "signReplies": false } }));
    assert_eq!(off["signReplies"], false);
    desk.comment(&ticket, "Lift.");
    assert_eq!(sent(&mut desk).text, "Lift.");
}
