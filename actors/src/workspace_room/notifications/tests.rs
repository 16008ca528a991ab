//! Who is told of what, how, and that nobody else can know.

use super::KEPT_MS;
use crate::kernel::{Ear, Effect, Outcome};
use crate::workspace_room::tests::desk::{Desk, text};
use schema::inbox::InboxCommand;
use schema::{ActorKind, Code, Millis, Principal, Role};
use serde_json::{Value, json};

const HOUR_MS: Millis = 60 * 60 * 1000;

fn list(desk: &mut Desk, who: &Principal) -> Vec<Value> {
    let page = desk.ask_as(who, &json!({ "listNotifications": {} })).expect("their own");
    page["items"].as_array().expect("items").clone()
}

fn kinds(items: &[Value]) -> Vec<String> {
    items.iter().map(|it| text(&it["kind"])).collect()
}

fn assign(desk: &mut Desk, ticket: &str) {
    let change = json!({ "ticketId": ticket, "assigneeId": desk.agent.id() });
    desk.manage(&json!({ "changeTicket": change }));
}

fn mail(desk: &mut Desk, from: &str, body: &str) -> Value {
    let number = desk.room.fresh("mail");
    desk.system(&json!({ "receiveMail": { "rawKey": number, "messageId": format!("{number}@x"),
        "subject": "Help", "text": body, "from": { "name": "Ann", "address": from } } }))
}

/// What was told to some agent alone, by agent.
fn whispers(desk: &mut Desk) -> Vec<(String, Value)> {
    let all = std::mem::take(&mut desk.room.turn.casts);
    let alone = all.iter().filter_map(|cast| match cast.to {
        Ear::Agent(agent) => Some((agent, &cast.json)),
        Ear::All | Ear::Ticket(_) => None,
    });
    alone
        .map(|(agent, json)| (agent.to_string(), serde_json::from_slice(json).expect("JSON")))
        .collect()
}

#[test]
fn who_is_given_a_ticket_or_whose_ticket_is_commented_on_is_told_and_nobody_of_their_own_doing() {
    let mut desk = Desk::open();
    let (agent, owner) = (desk.agent.principal.clone(), desk.owner.principal.clone());
    let own = desk.ticket("Own");
    let me = desk.agent.id();
    desk.ask(&json!({ "changeTicket": { "ticketId": own, "assigneeId": me } }));
    desk.comment(&own, "my own words");
    assert_eq!(list(&mut desk, &agent), Vec::<Value>::new());

    let came = mail(&mut desk, "ann@people.example", "first");
    let ticket = text(&came["ticketId"]);
    assign(&mut desk, &ticket);
    let comment = json!({ "ticketId": ticket, "body": "A note", "visibility": "private" });
    desk.manage(&json!({ "postComment": comment }));
    mail(&mut desk, "ann@people.example", "a ticket of its own");
    desk.system(&json!({ "receiveMail": { "rawKey": "again", "messageId": "again@x",
        "inReplyTo": ["mail-1@x"], "subject": "Re", "text": "second",
        "from": { "name": "Ann", "address": "ann@people.example" } } }));
    let told = list(&mut desk, &agent);
    assert!(kinds(&told).starts_with(&["replied".into()]), "{told:?}");
    assert_eq!(kinds(&told).iter().filter(|it| *it == "assigned").count(), 1);
    let assigned = told.iter().find(|it| it["kind"] == "assigned").expect("told");
    assert_eq!(assigned["title"], "#2 is yours: Help");
    assert_eq!(
        (&assigned["by"]["id"], &assigned["ticketId"]),
        (&json!(desk.owner.id()), &json!(ticket))
    );
    assert_eq!(list(&mut desk, &owner), Vec::<Value>::new());
    // A change of something else says nothing, nor does the same agent again.
    let before = told.len();
    desk.manage(&json!({ "changeTicket": { "ticketId": ticket, "priority": "high" } }));
    assign(&mut desk, &ticket);
    assert_eq!(list(&mut desk, &agent).len(), before);
}

#[test]
fn the_log_has_none_of_it_and_only_the_agents_own_sockets_hear() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("Canary");
    desk.events();
    whispers(&mut desk);
    assign(&mut desk, &ticket);
    let me = desk.agent.id().to_string();
    let heard = whispers(&mut desk);
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].0, me);
    assert_eq!(heard[0].1["type"], "notification");
    assert_eq!(
        (&heard[0].1["unread"], &heard[0].1["notification"]["kind"]),
        (&json!(1), &json!("assigned"))
    );
    assert_eq!(desk.event_types(), ["ticket.changed"]);
    let logged = desk.room.number("select count(*) from events where json like '%otification%'");
    assert_eq!(logged, 0);
    // Read on one connection, the others hear of it.
    let id = heard[0].1["notification"]["id"].clone();
    let read = desk.ask(&json!({ "readNotification": { "notificationId": id } }));
    assert_eq!(read["readAt"], json!(desk.room.now));
    assert_eq!(whispers(&mut desk)[0].1["unread"], 0);
    desk.ask(&json!({ "readNotification": { "notificationId": id } }));
    assert_eq!(whispers(&mut desk), Vec::new(), "nothing changed");
    desk.ask(&json!({ "readNotification": { "notificationId": id, "read": false } }));
    assert_eq!(whispers(&mut desk)[0].1["unread"], 1);
    assert_eq!(desk.event_types(), Vec::<String>::new());
    // To anybody else it does not exist, owners included.
    let get = json!({ "readNotification": { "notificationId": id } });
    assert_eq!(desk.manage_refused(&get).0, Code::NotFound);
    let until = json!({ "readAllNotifications": { "until": id } });
    assert_eq!(desk.manage_refused(&until).0, Code::NotFound);
}

#[test]
fn lists_have_pages_and_filters_and_all_can_be_read_up_to_one() {
    let mut desk = Desk::open();
    for number in 0..5 {
        let ticket = desk.ticket(&format!("T{number}"));
        assign(&mut desk, &ticket);
    }
    let who = desk.agent.principal.clone();
    let all = list(&mut desk, &who);
    let third = all[2]["id"].clone();
    let left = desk.ask(&json!({ "readAllNotifications": { "until": third } }));
    assert_eq!(left["unread"], 2);
    assert_eq!(desk.ask(&json!({ "countUnread": {} }))["unread"], 2);
    for (unread, count) in [(true, 2), (false, 3)] {
        let seen = desk.pages("listNotifications", &json!({ "unread": unread }), 1);
        assert_eq!(seen.len(), count);
    }
    let page = desk.ask(&json!({ "listNotifications": { "limit": 2 } }));
    let foreign = json!({ "listNotifications": { "cursor": page["nextCursor"] } });
    assert_eq!(desk.manage_refused(&foreign).0, Code::InvalidInput, "another agent's cursor");
    for limit in [0, -1, 101] {
        let bad = json!({ "listNotifications": { "limit": limit } });
        assert_eq!(desk.refused(&bad).0, Code::InvalidInput);
    }
    assert_eq!(desk.ask(&json!({ "readAllNotifications": {} }))["unread"], 0);
    desk.pass(KEPT_MS + 1);
    desk.log_in_again();
    assert_eq!(desk.room.count("notifications"), 0, "old ones are forgotten");
}

#[test]
fn each_agent_says_by_kind_how_they_are_told() {
    let mut desk = Desk::open();
    let settings = desk.ask(&json!({ "getNotificationSettings": {} }));
    assert_eq!(settings["assigned"], "inApp");
    desk.ask(&json!({ "changeNotificationSettings": { "assigned": "none", "replied": "mail" } }));
    let theirs = desk.manage(&json!({ "getNotificationSettings": {} }));
    assert_eq!((&theirs["assigned"], &theirs["replied"]), (&json!("inApp"), &json!("inApp")));
    let ticket = desk.ticket("T");
    assign(&mut desk, &ticket);
    let who = desk.agent.principal.clone();
    assert_eq!(list(&mut desk, &who), Vec::<Value>::new());
    let comment = json!({ "postComment": { "ticketId": ticket, "body": "B" } });
    // No inbox is named: no mail.
    desk.manage(&comment);
    assert_eq!(desk.room.drain(|_, effect| panic!("{effect:?}")), 0);
    let inbox = uuid::Uuid::from_u128(9);
    let title = "{{by.name}} wrote\u{2028}to #{{ticket.number}}";
    let template = json!({ "kind": "replied", "title": title, "body": "Dear {{agent.name}}" });
    let change = json!({ "inboxId": inbox, "templates": [template] });
    desk.manage(&json!({ "changeNotificationTemplates": change }));
    desk.manage(&comment);
    let mut sent = Vec::new();
    desk.room.drain(|_, effect| {
        let Effect::Call { actor: ActorKind::InboxState, instance, key, command } = effect else {
            panic!("{effect:?}")
        };
        assert!(instance.ends_with(&inbox.to_string()) && key.starts_with("notification:"));
        let command = serde_json::from_slice(command).expect("a command");
        let InboxCommand::Send(send) = command else { panic!("{command:?}") };
        sent.push(send);
        Outcome::Done(b"{}".to_vec())
    });
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].mail.to, [desk.agent.opened.agent.email.clone()]);
    assert!(sent[0].mail.subject.starts_with("Olga wrote"), "{}", sent[0].mail.subject);
    assert!(sent[0].mail.text.starts_with("Dear "));
    // What is read before it leaves does not leave.
    desk.manage(&comment);
    desk.ask(&json!({ "readAllNotifications": {} }));
    assert_eq!(desk.room.drain(|_, effect| panic!("{effect:?}")), 0);
    // Who is switched off is told nothing.
    let owner = desk.owner.principal.clone();
    let off = crate::workspace_room::access::tests::world::set_active(desk.agent.id(), false);
    desk.room.try_ask(&owner, off).expect("off");
    let before = desk.room.count("notifications");
    desk.manage(&comment);
    assert_eq!(desk.room.count("notifications"), before);
}

#[test]
fn an_inbox_that_may_have_mailed_a_notification_is_asked_again_and_no_other() {
    let mut desk = Desk::open();
    desk.ask(&json!({ "changeNotificationSettings": { "replied": "mail" } }));
    let ticket = desk.ticket("T");
    assign(&mut desk, &ticket);
    let name = |desk: &mut Desk, inbox: Option<u128>| {
        let inbox = inbox.map(uuid::Uuid::from_u128);
        desk.manage(&json!({ "changeNotificationTemplates": { "inboxId": inbox } }));
    };
    let mut asked = Vec::new();
    let mut ask = |desk: &mut Desk| {
        desk.room.drain(|_, effect| {
            let Effect::Call { instance, .. } = effect else { panic!("{effect:?}") };
            asked.push(instance.split('/').next_back().expect("an inbox").to_owned());
            Outcome::Failed { why: "no answer in time".into() }
        });
        desk.pass(HOUR_MS);
    };
    name(&mut desk, Some(9));
    desk.manage(&json!({ "postComment": { "ticketId": ticket, "body": "B" } }));
    ask(&mut desk);
    name(&mut desk, Some(10));
    ask(&mut desk);
    name(&mut desk, None);
    // No inbox is named any more: no mail.
    assert_eq!(desk.room.drain(|_, effect| panic!("{effect:?}")), 0);
    let first = uuid::Uuid::from_u128(9).to_string();
    assert_eq!(asked, [first.clone(), first]);
}

#[test]
fn templates_are_checked_and_what_they_stand_for_is_not_read_again() {
    let mut desk = Desk::open();
    let get = json!({ "getNotificationTemplates": {} });
    let before = desk.manage(&get);
    assert_eq!(before["templates"].as_array().expect("six").len(), 6);
    let one = |title: &str, body: &str| {
        json!({ "changeNotificationTemplates": { "templates": [
            { "kind": "assigned", "title": title, "body": body }] } })
    };
    for (title, body, field) in [
        ("", "b", "title"),
        ("\u{200b}", "b", "title"),
        ("a\nb", "b", "title"),
        (&"x".repeat(201), "b", "title"),
        ("{{ticket.number", "b", "title"),
        ("t", "{{constructor}}", "body"),
        ("t", "{{agent.password}}", "body"),
        ("t", &"x".repeat(5_001), "body"),
    ] {
        let refused = desk.manage_refused(&one(title, body));
        assert_eq!((refused.0, &refused.1["field"]), (Code::InvalidInput, &json!(field)));
    }
    let twice = json!({ "templates": [{ "kind": "assigned", "title": "t", "body": "b" }],
        "reset": ["assigned"] });
    let twice = json!({ "changeNotificationTemplates": twice });
    assert_eq!(desk.manage_refused(&twice).0, Code::InvalidInput);
    assert_eq!(desk.refused(&one("t", "b")).0, Code::Forbidden);
    let stale = json!({ "changeNotificationTemplates": { "ifVersion": 7 } });
    assert_eq!(desk.manage_refused(&stale).0, Code::VersionMismatch);

    desk.events();
    desk.manage(&one("{{ticket.subject}}", "{{ text }}{{ticket.status}} { }"));
    assert_eq!(desk.event_types(), ["notificationTemplates.changed"]);
    let ticket = desk.ticket("{{workspace.name}}");
    assign(&mut desk, &ticket);
    let who = desk.agent.principal.clone();
    let told = list(&mut desk, &who);
    assert_eq!(
        (&told[0]["title"], &told[0]["body"]),
        (&json!("{{workspace.name}}"), &json!("open { }"))
    );
    desk.manage(&json!({ "changeNotificationTemplates": { "reset": ["assigned"] } }));
    assert_eq!(desk.manage(&get)["templates"], before["templates"]);
    let viewer = desk.viewer.principal.clone();
    assert_eq!(desk.refused_as(&viewer, &get).0, Code::Forbidden);
}

#[test]
fn a_rule_tells_the_assignee_agents_and_a_team_each_once() {
    let mut desk = Desk::open();
    let other = desk.room.join(&desk.owner.clone(), Role::Agent);
    let (me, owner) = (desk.agent.id(), desk.owner.id());
    let team =
        desk.manage(&json!({ "createTeam": { "name": "T", "memberIds": [me, other.id()] } }));
    let rule = |notice: Value| {
        json!({ "createAutomation": { "name": "R", "trigger": { "on": "commentByUser" },
            "actions": [{ "notify": notice }] } })
    };
    for (notice, field) in [
        (json!({ "text": "x" }), "notify"),
        (json!({ "text": "", "assignee": true }), "text"),
        (json!({ "text": "x".repeat(501), "assignee": true }), "text"),
        (json!({ "text": "x", "agentIds": [uuid::Uuid::nil()] }), "agentIds"),
        (json!({ "text": "x", "teamId": uuid::Uuid::nil() }), "teamId"),
        (json!({ "text": "x", "agentIds": vec![me; 21] }), "agentIds"),
    ] {
        let refused = desk.manage_refused(&rule(notice.clone()));
        assert_eq!(
            (refused.0, &refused.1["field"]),
            (Code::InvalidInput, &json!(field)),
            "{notice}"
        );
    }
    let notice = json!({ "assignee": true, "agentIds": [me, owner], "teamId": team["id"],
        "text": "Look at this" });
    desk.manage(&rule(notice));
    let came = mail(&mut desk, "ann@people.example", "first");
    let people = [desk.agent.principal.clone(), desk.owner.principal.clone(), other.principal];
    for who in &people {
        let told = list(&mut desk, who);
        assert_eq!(kinds(&told), ["automation"]);
        assert_eq!(told[0]["title"], "#1: Look at this");
        assert_eq!(told[0]["ticketId"], came["ticketId"]);
    }
    let runs = desk.manage(&json!({ "listAutomationRuns": {} }));
    assert_eq!(runs["items"][0]["result"]["actions"][0]["outcome"], "done", "{runs}");
    // A dry run tells nobody.
    let before = desk.room.count("notifications");
    desk.manage(&json!({ "dryRunAutomation": { "ticketId": came["ticketId"] } }));
    assert_eq!(desk.room.count("notifications"), before);
}

#[test]
fn a_promise_at_stake_is_told_to_the_assignee() {
    let mut desk = Desk::open();
    let targets = json!([{ "priority": "normal", "firstReplyMinutes": 60 }]);
    let policy = json!({ "name": "P", "targets": targets, "warnMinutes": 15 });
    desk.manage(&json!({ "createSlaPolicy": policy }));
    let came = mail(&mut desk, "ann@people.example", "first");
    assign(&mut desk, &text(&came["ticketId"]));
    desk.pass(46 * 60_000);
    desk.pass(15 * 60_000);
    let who = desk.agent.principal.clone();
    let told = list(&mut desk, &who);
    assert_eq!(kinds(&told), ["slaWarning", "slaWarning", "assigned"]);
    assert_eq!(told[0]["title"], "#1: first reply overdue");
    assert_eq!(told[1]["title"], "#1: first reply due soon");
}

#[test]
fn what_tells_of_somebody_who_is_erased_goes() {
    let mut desk = Desk::open();
    let came = mail(&mut desk, "canary@people.example", "first");
    let ticket = text(&came["ticketId"]);
    assign(&mut desk, &ticket);
    let other = desk.ticket("Another's");
    assign(&mut desk, &other);
    let user = desk.get(&ticket)["userId"].clone();
    desk.manage(&json!({ "eraseUser": { "userId": user } }));
    desk.pass(0);
    let who = desk.agent.principal.clone();
    let told = list(&mut desk, &who);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["ticketId"], json!(other));
}

#[test]
fn who_manages_is_told_that_a_mailbox_is_not_read_and_that_it_is_again() {
    let mut desk = Desk::open();
    let admin = desk.room.join(&desk.owner.clone(), Role::Admin).principal;
    let note = |since: Value, error: Value| {
        json!({ "noteMailbox": { "inboxId": uuid::Uuid::from_u128(9), "email": "help@acme.example",
            "stalledSince": since, "error": error } })
    };
    desk.system(&note(json!(5), json!("the log-in is refused")));
    desk.system(&note(Value::Null, Value::Null));
    for who in [desk.owner.principal.clone(), admin.clone()] {
        let told = list(&mut desk, &who);
        assert_eq!(kinds(&told), ["mail", "mail"]);
        assert_eq!(told[0]["title"], "Mail comes in again at help@acme.example");
        let title = "No mail comes in at help@acme.example: the log-in is refused";
        assert_eq!(
            (&told[1]["title"], &told[1]["body"]),
            (&json!(title), &json!(format!("{title}.")))
        );
        assert_eq!(told[1].get("ticketId"), None, "it is about none");
    }
    for who in [desk.agent.principal.clone(), desk.viewer.principal.clone()] {
        assert_eq!(list(&mut desk, &who), Vec::<Value>::new());
    }
    // Each of them says how.
    let owner = desk.owner.principal.clone();
    desk.manage(&json!({ "changeNotificationSettings": { "mail": "none" } }));
    let settings = desk.manage(&json!({ "getNotificationSettings": {} }));
    assert_eq!(settings["mail"], "none");
    desk.system(&note(json!(7), Value::Null));
    assert_eq!(list(&mut desk, &owner).len(), 2);
    let told = list(&mut desk, &admin);
    assert_eq!(told[0]["title"], "No mail comes in at help@acme.example");
}
