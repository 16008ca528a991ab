//! Mail that no person wrote: answers of machines, our own, and bounces.

use super::*;

#[test]
fn an_auto_reply_is_shown_and_changes_nothing_else() {
    let mut desk = Desk::open();
    let first = receive(&mut desk, &mail("a@x", "a@b.example"));
    let ticket = text(&first["ticketId"]);
    let automatic = json!({ "kind": "autoReply", "reason": "auto_submitted" });
    for status in ["solved", "closed"] {
        desk.set_status(&ticket, status);
        let mut away = answer(&format!("{status}@x"), "a@b.example", "a@x");
        away["automatic"] = automatic.clone();
        let receipt = receive(&mut desk, &away);
        assert_eq!(receipt["ticketId"], first["ticketId"]);
        assert_eq!(desk.get(&ticket)["status"], status);
        let comment = desk.ask(&json!({ "getComment": { "commentId": receipt["commentId"] } }));
        assert_eq!(comment["automatic"], true);
    }
    let mut alone = mail("b@x", "a@b.example");
    alone["automatic"] = automatic;
    let receipt = receive(&mut desk, &alone);
    assert_eq!(desk.get(&text(&receipt["ticketId"]))["tags"], json!(["automatic"]));

    let weak = json!({ "kind": "autoReply", "reason": "subject_prefix", "weak": true });
    desk.ask(&json!({ "reopenTicket": { "ticketId": ticket } }));
    desk.set_status(&ticket, "pending");
    let mut human = answer("c@x", "a@b.example", "a@x");
    human["automatic"] = weak;
    receive(&mut desk, &human);
    assert_eq!(desk.get(&ticket)["status"], "open", "a hint does not silence a person");
}

#[test]
fn our_own_mail_and_a_storm_of_auto_replies_are_stopped() {
    let mut desk = Desk::open();
    let mut own = mail("own@x", "support@us.example");
    own["automatic"] = json!({ "kind": "ownLoop", "reason": "loop_header" });
    desk.events();
    let receipt = receive(&mut desk, &own);
    assert_eq!(receipt, json!({ "outcome": "stopped", "ticketId": null, "commentId": null }));
    let events = desk.events();
    assert_eq!(events[0]["type"], "mail.stopped");
    assert_eq!(events[0]["data"]["reason"], "loop_header");
    assert_eq!(events[0]["data"]["mail"]["rawKey"], "raw/own@x");
    assert_eq!(receive(&mut desk, &own)["outcome"], "duplicate");

    let storm = |n: i64, from: &str| {
        let mut mail = mail(&format!("{from}{n}@x"), from);
        mail["automatic"] = json!({ "kind": "autoReply", "reason": "auto_submitted" });
        mail
    };
    let outcomes: Vec<Value> = (0..22)
        .map(|n| receive(&mut desk, &storm(n, "Robot@b.example"))["outcome"].clone())
        .collect();
    assert!(outcomes[..20].iter().all(|outcome| outcome == "opened"));
    assert!(outcomes[20..].iter().all(|outcome| outcome == "stopped"));
    assert_eq!(receive(&mut desk, &storm(0, "quiet@b.example"))["outcome"], "opened");
    desk.room.now += 60 * 60 * 1000;
    assert_eq!(receive(&mut desk, &storm(50, "robot@b.example"))["outcome"], "opened");
}

#[test]
fn a_mail_never_speaks_for_an_agent_and_a_bounce_for_nobody() {
    let mut desk = Desk::open();
    let agent = desk.ask(&json!({ "snapshot": {} }))["agents"][1]["email"].clone();
    let forged = receive(&mut desk, &mail("1@x", &text(&agent)));
    let comment = desk.ask(&json!({ "getComment": { "commentId": forged["commentId"] } }));
    assert_eq!(comment["author"]["kind"], "user");
    let mut bounce = mail("2@x", "mailer-daemon@b.example");
    bounce["automatic"] = json!({ "kind": "bounce", "reason": "report" });
    let bounce = receive(&mut desk, &bounce);
    let comment = desk.ask(&json!({ "getComment": { "commentId": bounce["commentId"] } }));
    assert_eq!(comment["author"], json!({ "kind": "system" }));
}
