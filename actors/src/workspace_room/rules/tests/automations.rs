//! Automations: they fire, they say why, they are a resource.

use super::{answer, log, mail, of_type, owner, rule};
use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};

#[test]
fn a_rule_sorts_what_comes_in_and_the_reply_shows_it() {
    let mut desk = Desk::open();
    let agent = desk.agent.id().to_string();
    let refund = json!({ "of": [{ "field": "subject", "op": "contains", "values": ["REFUND"] }] });
    let actions = json!([
        { "addTags": ["Money"] }, { "setPriority": "urgent" }, { "assignAgent": agent },
        { "note": { "body": "look at the order first" } },
    ]);
    rule(&mut desk, "refunds", json!("ticketCreated"), refund, actions);
    desk.events();
    let made = desk.ask(&json!({ "createTicket": { "subject": "my refund?", "body": "please" } }));
    assert_eq!(made["tags"], json!(["money"]));
    assert_eq!((&made["priority"], &made["assigneeId"]), (&json!("urgent"), &json!(agent)));
    assert_eq!(made["comments"], 2);
    let events = desk.events();
    let kinds: Vec<_> = events.iter().map(|event| text(&event["type"])).collect();
    let expected = [
        "ticket.created",
        "comment.created",
        "ticket.changed",
        "comment.created",
        "automation.fired",
    ];
    assert_eq!(kinds, expected, "one change of the ticket for all fields that follow each other");
    for event in &events[2..] {
        assert_eq!(event["by"], json!({ "kind": "system" }));
    }
    let outcomes: Vec<_> = events[4]["data"]["result"]["actions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|action| text(&action["outcome"]))
        .collect();
    assert_eq!(outcomes, ["done"; 4]);

    let other = desk.ask(&json!({ "createTicket": { "subject": "hello" } }));
    assert_eq!(other["tags"], json!([]));
    let why = log(&mut desk, &text(&other["id"]));
    let expected = "of[0]: subject contains REFUND: not so";
    assert_eq!(why, [("refunds".into(), "notMatched".into(), expected.into())]);
}

#[test]
fn a_rule_sees_who_wrote_and_what() {
    let mut desk = Desk::open();
    let conditions = json!({ "match": "any", "of": [
        { "field": "userDomain", "op": "is", "values": ["vip.example"] },
    ], "groups": [{ "of": [
        { "field": "body", "op": "contains", "values": ["urgent", "asap"] },
        { "field": "comments", "op": "over", "number": 1 },
    ]}]});
    let actions = json!([{ "setPriority": "high" }]);
    rule(&mut desk, "vip", json!("commentByUser"), conditions, actions);
    let vip = mail(&mut desk, "1", "ann@vip.example", "a", "hello");
    assert_eq!(desk.get(&vip)["priority"], "high");
    let other = mail(&mut desk, "2", "bob@acme.example", "b", "URGENT");
    assert_eq!(desk.get(&other)["priority"], "normal", "the first comment of the ticket");
    let (_, outcome, why) = log(&mut desk, &other).remove(0);
    assert_eq!(outcome, "notMatched");
    let none = "none of 2 holds; of[0]: userDomain is vip.example: not so";
    assert_eq!(why, none);
    answer(&mut desk, "3", "2", "bob@acme.example", "please, ASAP");
    assert_eq!(desk.get(&other)["priority"], "high");
}

#[test]
fn a_change_is_seen_with_what_changed() {
    let mut desk = Desk::open();
    let conditions = json!({ "of": [
        { "field": "changed", "op": "contains", "values": ["status"] },
        { "field": "status", "op": "is", "values": ["solved"] },
    ]});
    let actions = json!([{ "addTags": ["done"] }]);
    rule(&mut desk, "solved", json!("ticketChanged"), conditions, actions);
    let ticket = desk.ticket("a");
    desk.ask(&json!({ "changeTicket": { "ticketId": ticket, "priority": "low" } }));
    let (_, outcome, why) = log(&mut desk, &ticket).remove(0);
    assert_eq!(outcome, "notMatched");
    assert_eq!(why, "of[0]: changed contains status: not so, it is priority");
    let solved = desk.set_status(&ticket, "solved");
    assert_eq!(solved["tags"], json!(["done"]), "the reply is the ticket after the rules");
    assert_eq!(solved["version"], desk.get(&ticket)["version"]);
}

#[test]
fn a_reply_goes_out_as_postroom_and_never_to_a_machine() {
    let mut desk = Desk::open();
    let thanks = json!([{ "reply": { "body": "thanks" } }, { "addTags": ["answered"] }]);
    rule(&mut desk, "thanks", json!("ticketCreated"), json!({}), thanks);
    let ticket = mail(&mut desk, "1", "ann@acme.example", "a", "hello");
    let comments = desk.ask(&json!({ "listComments": { "ticketId": ticket } }));
    let said = &comments["items"][1];
    assert_eq!((&said["body"], &said["visibility"]), (&json!("thanks"), &json!("public")));
    assert_eq!(said["author"], json!({ "kind": "system" }));
    assert_eq!(desk.get(&ticket)["firstReplyAt"], Value::Null, "no agent has answered");

    let receipt = desk.system(&json!({ "receiveMail": {
        "rawKey": "raw/2", "messageId": "2@x.example",
        "from": { "name": "Ann", "address": "ann@acme.example" }, "subject": "Away",
        "text": "I am away", "automatic": { "kind": "autoReply", "reason": "header" },
    }}));
    let away = text(&receipt["ticketId"]);
    let shown = desk.get(&away);
    assert_eq!(
        (&shown["comments"], &shown["tags"]),
        (&json!(1), &json!(["answered", "automatic"]))
    );
    let list = desk.ask(&json!({ "listAutomationRuns": { "ticketId": away } }));
    let actions = &list["items"][0]["result"]["actions"];
    assert_eq!(actions[0]["outcome"], "refused");
    assert_eq!(actions[0]["detail"], "a machine wrote last: it gets no answer");
    assert_eq!(actions[1]["outcome"], "done");
}

#[test]
fn what_cannot_be_done_is_refused_and_the_rest_is_done() {
    let mut desk = Desk::open();
    let agent = desk.agent.id().to_string();
    let actions = json!([
        { "setStatus": "pending" }, { "assignAgent": agent }, { "setPriority": "normal" },
        { "addTags": ["x"] },
    ]);
    rule(&mut desk, "odd", json!("ticketChanged"), json!({}), actions);
    let ticket = desk.ticket("a");
    let leave = json!({ "changeAgent": { "agentId": agent, "active": false } });
    let who = desk.owner.principal.clone();
    desk.ask_as(&who, &leave).expect("done");
    let change = json!({ "changeTicket": { "ticketId": ticket, "status": "solved" } });
    let changed = desk.ask_as(&who, &change).expect("done");
    assert_eq!((&changed["status"], &changed["tags"]), (&json!("solved"), &json!(["x"])));
    let runs = owner(&mut desk, &json!({ "listAutomationRuns": { "ticketId": ticket } }));
    let fired = runs["items"].as_array().expect("a list").last().expect("a run").clone();
    let outcomes: Vec<_> = fired["result"]["actions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|action| text(&action["outcome"]))
        .collect();
    assert_eq!(outcomes, ["refused", "refused", "unneeded", "done"]);
}

#[test]
fn the_next_agent_is_exact_by_turn_and_by_load() {
    for (by, expected) in [("turn", [1, 2, 0, 1, 2, 0]), ("load", [1, 2, 0, 1, 2, 0])] {
        let mut desk = Desk::open();
        let boss = desk.owner.clone();
        let others = [0, 1].map(|_| desk.room.join(&boss, schema::Role::Agent).id().to_string());
        let mut ids = vec![desk.agent.id().to_string(), others[0].clone(), others[1].clone()];
        ids.sort_unstable();
        let team = owner(&mut desk, &json!({ "createTeam": { "name": "a", "memberIds": ids } }));
        let next = json!([{ "assignNext": { "teamId": team["id"], "by": by } }]);
        let first = json!([{ "assignAgent": ids[0] }]);
        let subject = |word: &str| {
            json!({ "of": [
            { "field": "subject", "op": "is", "values": [word] } ] })
        };
        rule(&mut desk, "first", json!("ticketCreated"), subject("first"), first);
        rule(&mut desk, "next", json!("ticketCreated"), subject("next"), next);
        if by == "load" {
            desk.ticket("first");
        } else {
            // Whose turn it was is nobody's yet: it begins with the first one.
            desk.ticket("next");
        }
        let mut got = Vec::new();
        for _ in 0..6 {
            let ticket = desk.ticket("next");
            let agent = text(&desk.get(&ticket)["assigneeId"]);
            got.push(ids.iter().position(|id| *id == agent).expect("a member"));
        }
        assert_eq!(got, expected, "by {by}");
    }
}

#[test]
fn by_load_a_solved_ticket_counts_no_more() {
    let mut desk = Desk::open();
    let boss = desk.owner.clone();
    let other = desk.room.join(&boss, schema::Role::Agent).id().to_string();
    let own = desk.agent.id().to_string();
    let ids = [own.clone(), other.clone()];
    let team = owner(&mut desk, &json!({ "createTeam": { "name": "a", "memberIds": ids } }));
    let next = json!([{ "assignNext": { "teamId": team["id"], "by": "load" } }]);
    rule(&mut desk, "next", json!("ticketCreated"), json!({}), next);
    let tickets: Vec<_> = (0..4).map(|_| desk.ticket("a")).collect();
    let of = |desk: &mut Desk, ticket: &str| text(&desk.get(ticket)["assigneeId"]);
    let mine: Vec<_> = tickets.iter().filter(|it| of(&mut desk, it) == own).cloned().collect();
    assert_eq!(mine.len(), 2);
    for ticket in &mine {
        desk.set_status(ticket, "solved");
    }
    for _ in 0..2 {
        let ticket = desk.ticket("b");
        assert_eq!(of(&mut desk, &ticket), own);
    }
}

#[test]
fn a_webhook_is_an_event_that_webhooks_can_take() {
    let mut desk = Desk::open();
    let actions = json!([{ "addTags": ["x"] }, { "webhook": { "name": "crm" } }]);
    rule(&mut desk, "tell", json!("ticketCreated"), json!({}), actions);
    desk.events();
    let ticket = desk.ticket("a");
    let events = desk.events();
    let told = of_type(&events, "automation.webhook");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["data"]["name"], "crm");
    assert_eq!(told[0]["data"]["ticket"]["tags"], json!(["x"]), "as it is by then");
    assert_eq!(told[0]["ticketId"], json!(ticket));
}

#[test]
fn a_dry_run_says_all_and_does_nothing() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("refund");
    let is = |word: &str| {
        json!({ "of": [
        { "field": "subject", "op": "is", "values": [word] } ] })
    };
    let actions = json!([
        { "setStatus": "solved" }, { "reply": { "body": "bye" } }, { "setStatus": "pending" },
        { "assignNext": { "by": "turn" } }, { "webhook": { "name": "x" } },
    ]);
    let yes = rule(&mut desk, "yes", json!("ticketCreated"), is("Refund"), actions.clone());
    rule(&mut desk, "no", json!("ticketChanged"), is("other"), actions);
    let before = desk.get(&ticket);
    let rows = |desk: &Desk| {
        ["events", "comments", "automation_passes", "assign_turns", "outbox", "timers"]
            .map(|table| desk.room.count(table))
    };
    let counts = rows(&desk);
    let said = desk.ask(&json!({ "dryRunAutomation": { "ticketId": ticket } }));
    let results = said["results"].as_array().expect("a list");
    assert_eq!(results.len(), 2);
    assert_eq!(
        (&results[0]["outcome"], &results[1]["outcome"]),
        (&json!("fired"), &json!("notMatched"))
    );
    assert_eq!(results[1]["why"], "of[0]: subject is other: not so");
    let details: Vec<_> = results[0]["actions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| (text(&it["outcome"]), text(&it["detail"])))
        .collect();
    assert_eq!(details[0], ("done".into(), "open to solved".into()));
    assert_eq!(details[1], ("done".into(), "3 bytes written".into()));
    assert_eq!(details[2].0, "refused", "a solved ticket cannot become pending");
    assert_eq!(details[3].0, "done");
    assert_eq!(details[4], ("done".into(), "told as x".into()));
    let one = desk.ask(&json!({ "dryRunAutomation": { "ticketId": ticket, "automationId": yes } }));
    assert_eq!(one["results"].as_array().map(Vec::len), Some(1));
    let draft = json!({ "name": "d", "trigger": { "on": "noteAdded" },
        "actions": [{ "addTags": ["A", "a"] }] });
    let said = desk.ask(&json!({ "dryRunAutomation": { "ticketId": ticket, "draft": draft } }));
    assert_eq!(said["results"][0]["actions"][0]["detail"], "1 added");
    assert_eq!(said["results"][0]["automationId"], Value::Null);
    assert_eq!(rows(&desk), counts);
    assert_eq!(desk.get(&ticket), before);
}

#[test]
fn rules_are_a_resource_in_an_order() {
    let mut desk = Desk::open();
    let tag = |tag: &str| json!([{ "addTags": [tag] }, { "setPriority": tag }]);
    let low = rule(&mut desk, "low", json!("ticketCreated"), json!({}), tag("low"));
    let high = rule(&mut desk, "high", json!("ticketCreated"), json!({}), tag("high"));
    let ticket = desk.ticket("a");
    assert_eq!(desk.get(&ticket)["priority"], "high", "the last one has the last word");
    let order = json!({ "reorderAutomations": { "automationIds": [high, low] } });
    let list = owner(&mut desk, &order);
    assert_eq!((&list[0]["id"], &list[0]["position"]), (&json!(high), &json!(1)));
    let ticket = desk.ticket("a");
    assert_eq!(desk.get(&ticket)["priority"], "low");

    let page = desk.ask(&json!({ "listAutomations": { "limit": 1 } }));
    assert_eq!(page["items"][0]["id"], json!(high));
    let cursor = page["nextCursor"].clone();
    let page = desk.ask(&json!({ "listAutomations": { "limit": 1, "cursor": cursor } }));
    assert_eq!(page["items"][0]["id"], json!(low));
    assert_eq!(page["nextCursor"], Value::Null);

    desk.events();
    let off = json!({ "changeAutomation": { "automationId": low, "enabled": false,
        "ifVersion": 1 } });
    let changed = owner(&mut desk, &off);
    assert_eq!((&changed["version"], &changed["enabled"]), (&json!(2), &json!(false)));
    let event = desk.events().remove(0);
    assert_eq!(event["type"], "automation.changed");
    assert_eq!(event["data"]["before"]["enabled"], true);
    let who = desk.owner.principal.clone();
    assert_eq!(desk.refused_as(&who, &off).0, Code::VersionMismatch);
    let ticket = desk.ticket("a");
    assert_eq!(desk.get(&ticket)["priority"], "high");
    let list = desk.ask(&json!({ "listAutomations": { "enabled": false } }));
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));

    owner(&mut desk, &json!({ "deleteAutomation": { "automationId": high } }));
    let ticket = desk.ticket("a");
    assert_eq!(desk.get(&ticket)["priority"], "normal");
    let gone = json!({ "getAutomation": { "automationId": high } });
    assert_eq!(desk.refused(&gone).0, Code::NotFound);
}

#[test]
fn the_log_is_paged_and_filtered_and_forgotten_after_thirty_days() {
    let mut desk = Desk::open();
    let never = json!({ "of": [{ "field": "tags", "op": "is", "values": ["no"] }] });
    let one = rule(&mut desk, "one", json!("noteAdded"), json!({}), json!([{ "addTags": ["x"] }]));
    rule(&mut desk, "two", json!("noteAdded"), never, json!([{ "addTags": ["y"] }]));
    let ticket = desk.ticket("a");
    let note =
        json!({ "postComment": { "ticketId": ticket, "body": "n", "visibility": "private" } });
    for _ in 0..3 {
        desk.room.now += 1;
        desk.ask(&note);
    }
    let all = log(&mut desk, &ticket);
    let names: Vec<_> = all.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["two", "one", "two", "one", "two", "one"]);
    for filter in [
        json!({}),
        json!({ "ticketId": ticket }),
        json!({ "automationId": one }),
        json!({ "outcome": "notMatched" }),
    ] {
        let whole = {
            let mut input = filter.clone();
            input["limit"] = json!(100);
            desk.ask(&json!({ "listAutomationRuns": input }))["items"].clone()
        };
        let paged = desk.pages("listAutomationRuns", &filter, 1);
        assert_eq!(Value::from(paged), whole, "{filter}");
    }
    let fired = desk.ask(&json!({ "listAutomationRuns": { "automationId": one } }));
    assert_eq!(fired["items"].as_array().map(Vec::len), Some(3));
    for _ in 0..32 {
        desk.pass(24 * super::HOUR);
    }
    assert_eq!(desk.room.count("automation_passes"), 0);
}

#[test]
fn a_comment_without_rules_costs_no_row_and_one_look() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("a");
    let cost = |desk: &mut Desk| {
        let looks = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
        let log = std::rc::Rc::clone(&looks);
        desk.room.home.set_hook(Some(Box::new(move |statement| {
            log.borrow_mut().push(statement.to_owned());
        })));
        desk.comment(&ticket, "hello");
        desk.room.home.set_hook(None);
        looks.take()
    };
    let of_rules = |statements: &[String]| {
        let words = ["rules", "automation", "waits", "workflow", "slas", "hours"];
        statements
            .iter()
            .filter(|statement| words.iter().any(|word| statement.contains(word)))
            .cloned()
            .collect::<Vec<_>>()
    };
    let statements = cost(&mut desk);
    let looked = of_rules(&statements);
    assert_eq!(looked.len(), 1, "{looked:?}");
    assert!(looked[0].starts_with("select "));
    // Nor does a rule of another occasion write anything.
    rule(&mut desk, "other", json!("ticketCreated"), json!({}), json!([{ "addTags": ["x"] }]));
    let looked = of_rules(&cost(&mut desk));
    assert_eq!(looked.len(), 2, "{looked:?}");
    assert!(looked.iter().all(|statement| statement.starts_with("select ")));
}
