//! What stands below an answer.

use super::*;

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
