//! Public comments that leave as mail: which do, to whom, in which thread, how often.

use super::desk::{Desk, text};
use crate::inbox_state::identity::inbox_of;
use crate::kernel::{Effect, Outcome};
use schema::inbox::{InboxCommand, SendMail};
use schema::{ActorKind, Code, Reject};
use serde_json::{Value, json};

mod automatic;
mod recipients;
mod signatures;

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
