//! Reports against a plain recount of the event log.

use crate::kernel::testing::Seeded;
use crate::warmup_counter::zone::{self, Zone};
use crate::workspace_room::access::tests::world::DAY;
use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const HOUR: i64 = 60 * 60 * 1000;

impl Desk {
    fn report(&mut self, input: &Value) -> Value {
        self.ask(&json!({ "getReport": input }))
    }

    fn log(&self) -> Vec<Value> {
        let connection = self.room.home.connection();
        let mut log = connection.prepare("select json from events order by seq").expect("a log");
        let log = log.query_map([], |row| row.get::<_, String>(0)).expect("a log");
        log.map(|json| serde_json::from_str(&json.expect("a text")).expect("JSON")).collect()
    }

    fn set_zone(&mut self, zone: &str) {
        let owner = self.owner.principal.clone();
        let change = json!({ "changeWorkspace": { "timeZone": zone } });
        self.ask_as(&owner, &change).expect("changed");
    }
}

/// Something that a report counts.
#[derive(Debug)]
struct Fact {
    what: &'static str,
    day: i64,
    agent: Value,
    source: Value,
    took: i64,
}

/// Goes through the whole log from its beginning, all tickets in mind.
fn recount(log: &[Value], zone: &Zone) -> Vec<Fact> {
    let mut tickets: BTreeMap<String, Value> = BTreeMap::new();
    let mut facts = Vec::new();
    for event in log {
        let Some(shown) = event["data"]["ticket"].as_object() else { continue };
        let id = text(&shown["id"]);
        let before = tickets.get(&id).cloned();
        let after = tickets.entry(id).or_insert_with(|| json!({}));
        if shown.contains_key("source") {
            *after = json!({});
        }
        for (field, value) in shown {
            after[field] = value.clone();
        }
        let after = after.clone();
        let at = event["at"].as_i64().expect("a time");
        let took = at - after["createdAt"].as_i64().expect("a time");
        let mut fact = |what, agent: &Value, took| {
            let (agent, source) = (agent.clone(), after["source"].clone());
            facts.push(Fact { what, day: zone.day_at(at), agent, source, took });
        };
        let away = |it: &Value| !it["deletedAt"].is_null() || !it["mergedIntoId"].is_null();
        let done = |ticket: &Value| {
            let status = text(&ticket["status"]);
            !ticket["deletedAt"].is_null() || status == "solved" || status == "closed"
        };
        let was_done = before.as_ref().is_some_and(done);
        if event["type"] == "ticket.created" {
            fact("created", &after["assigneeId"], 0);
        }
        let replied = before.as_ref().is_some_and(|it| !it["firstReplyAt"].is_null());
        let comment = event["type"] == "comment.created";
        if comment && !replied && !after["firstReplyAt"].is_null() {
            fact("replied", &event["by"]["id"], took);
        }
        match (was_done, done(&after)) {
            (false, true) if !away(&after) => {
                let nobody = after["assigneeId"].is_null() && event["by"]["kind"] == "agent";
                let agent = if nobody { &event["by"]["id"] } else { &after["assigneeId"] };
                fact("solved", agent, took);
            }
            // What comes back as it was is not opened again.
            (true, false) if !before.as_ref().is_some_and(away) => {
                fact("reopened", &after["assigneeId"], 0);
            }
            _ => {}
        }
        if let Some(before) = before.filter(|it| !done(it)) {
            fact("less", &before["assigneeId"], 0);
        }
        if !done(&after) {
            fact("more", &after["assigneeId"], 0);
        }
    }
    facts
}

/// The figures of facts up to `last`, those before `first` for what is left only.
fn figures(facts: &[&Fact], first: i64, last: i64) -> Value {
    let sum = |what: &str, first: i64| {
        let found = facts.iter().filter(|it| it.what == what && (first..=last).contains(&it.day));
        found.fold((0, 0), |(count, took), fact| (count + 1, took + fact.took))
    };
    let mean =
        |(count, took): (i64, i64)| if count == 0 { Value::Null } else { json!(took / count) };
    let (replied, solved) = (sum("replied", first), sum("solved", first));
    json!({
        "created": sum("created", first).0,
        "firstReplies": replied.0,
        "firstReplyMs": mean(replied),
        "solved": solved.0,
        "resolutionMs": mean(solved),
        "reopened": sum("reopened", first).0,
        "backlog": sum("more", 0).0 - sum("less", 0).0,
    })
}

fn something(desk: &mut Desk, dice: &mut Seeded, tickets: &mut Vec<String>) {
    let agent = desk.agent.principal.clone();
    let owner = desk.owner.principal.clone();
    let ids = [json!(desk.agent.id()), json!(desk.owner.id()), Value::Null];
    let pick = |dice: &mut Seeded, of: &[Value]| of[dice.below(of.len() as u64) as usize].clone();
    let statuses = ["open", "pending", "waiting", "solved", "closed"].map(Value::from);
    let who = if dice.below(2) == 0 { agent } else { owner };
    let chosen = dice.below(tickets.len().max(1) as u64) as usize;
    let command = match (dice.below(15), tickets.get(chosen)) {
        (0..3, _) | (_, None) => {
            let mut ticket = json!({ "subject": "s", "status": pick(dice, &statuses) });
            if dice.below(2) == 0 {
                ticket["assigneeId"] = pick(dice, &ids);
            }
            if dice.below(2) == 0 && ticket["status"] != "closed" {
                ticket["body"] = json!("first");
            }
            json!({ "createTicket": ticket })
        }
        (3, _) => {
            let number = dice.half();
            let mail = json!({ "receiveMail": { "rawKey": format!("k{number}"),
                "messageId": format!("m{number}@x.example"), "subject": "Help",
                "from": { "address": "u@customer.example" }, "text": "help" } });
            let made = desk.system(&mail);
            tickets.push(text(&made["ticketId"]));
            return;
        }
        (4..7, Some(id)) => {
            let visibility = if dice.below(3) == 0 { "private" } else { "public" };
            json!({ "postComment": { "ticketId": id, "body": "b", "visibility": visibility } })
        }
        (7, Some(id)) => json!({ "reopenTicket": { "ticketId": id } }),
        (8, Some(id)) => {
            json!({ "changeTicket": { "ticketId": id, "assigneeId": pick(dice, &ids) } })
        }
        (9, Some(id)) => json!({ "changeTicket": { "ticketId": id, "subject": "t",
            "assigneeId": pick(dice, &ids), "status": pick(dice, &statuses) } }),
        (10, Some(id)) => json!({ "deleteTicket": { "ticketId": id } }),
        (11, Some(id)) => {
            let into = &tickets[dice.below(tickets.len() as u64) as usize];
            json!({ "mergeTickets": { "ticketId": id, "intoId": into } })
        }
        (12, Some(id)) => match last_move(desk).filter(|_| dice.below(2) == 0) {
            Some(last) => json!({ "undoMove": { "moveId": last } }),
            None => json!({ "restoreTicket": { "ticketId": id } }),
        },
        (_, Some(id)) => {
            json!({ "changeTicket": { "ticketId": id, "status": pick(dice, &statuses) } })
        }
    };
    if let Ok(reply) = desk.ask_as(&who, &command)
        && command.get("createTicket").is_some()
    {
        tickets.push(text(&reply["id"]));
    }
}

/// The latest merge that is not undone.
fn last_move(desk: &Desk) -> Option<String> {
    let last = "select id from moves where undone_at is null order by number desc limit 1";
    desk.room.home.connection().query_row(last, [], |row| row.get(0)).ok()
}

fn check(desk: &mut Desk, zone: &str) {
    let named = Zone::named(zone).expect("a zone");
    let facts = recount(&desk.log(), &named);
    let today = named.day_at(desk.room.now);
    for (from, to) in [(today - 40, today), (today - 7, today - 2), (today, today)] {
        let range = json!({ "from": zone::text(from), "to": zone::text(to) });
        let all: Vec<&Fact> = facts.iter().collect();

        let report = desk.report(&range);
        assert_eq!((&report["complete"], &report["timeZone"]), (&json!(true), &json!(zone)));
        assert_eq!(report["total"], figures(&all, from, to), "{zone} {range}");
        let rows = report["rows"].as_array().expect("rows");
        assert_eq!(rows.len() as i64, to - from + 1);
        for (day, row) in (from..).zip(rows) {
            assert_eq!(row["key"], json!(zone::text(day)));
            assert_eq!(row["figures"], figures(&all, day, day), "{zone} {}", row["key"]);
        }

        for (by, of) in
            [("agent", (|it| &it.agent) as fn(&Fact) -> &Value), ("source", |it| &it.source)]
        {
            let mut keys: Vec<&Value> = facts.iter().filter(|it| it.day <= to).map(of).collect();
            keys.sort_by_key(|key| key.to_string());
            keys.dedup();
            let mut input = range.clone();
            input["by"] = json!(by);
            let report = desk.report(&input);
            assert_eq!(report["total"], figures(&all, from, to));
            let none = json!(schema::room::report::Figures::default());
            for key in keys {
                let facts: Vec<&Fact> = facts.iter().filter(|it| of(it) == key).collect();
                let expected = figures(&facts, from, to);
                let mut rows = report["rows"].as_array().expect("rows").iter();
                let row = rows.find(|row| &row["key"] == key);
                assert_eq!(row.map_or(&none, |row| &row["figures"]), &expected, "{by} {key}");
                let filter = if by == "agent" { "agentId" } else { "source" };
                if key.is_string() {
                    let mut input = range.clone();
                    input[filter] = key.clone();
                    assert_eq!(desk.report(&input)["total"], expected, "only {by} {key}");
                }
            }
        }
    }
}

#[test]
fn reports_are_what_a_recount_of_the_log_gives() {
    let mut log = Vec::new();
    for seed in 0..8 {
        let mut desk = Desk::open();
        let mut dice = Seeded(seed);
        let mut tickets = Vec::new();
        let zones = ["America/New_York", "Asia/Kathmandu", "Pacific/Apia", "UTC"];
        let mut zone = "UTC";
        for _ in 0..250 {
            desk.room.now += match dice.below(4) {
                0 => 0,
                1 => 1,
                _ => i64::try_from(dice.below(9)).expect("small") * HOUR,
            };
            something(&mut desk, &mut dice, &mut tickets);
            if dice.below(40) == 0 {
                check(&mut desk, zone);
            }
            if dice.below(80) == 0 {
                zone = zones[dice.below(4) as usize];
                desk.set_zone(zone);
            }
            if dice.below(20) == 0 {
                desk.pass(0);
            }
        }
        check(&mut desk, zone);
        log.extend(desk.log());
    }
    let seen = |kind: &str| log.iter().filter(|it| it["type"] == kind).count();
    for kind in ["ticket.created", "ticket.reopened", "ticket.changed", "comment.created"] {
        assert!(seen(kind) > 20, "{} {kind}", seen(kind));
    }
}

#[test]
fn a_long_log_is_counted_step_by_step_and_again_in_another_zone() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("s");
    for _ in 0..2_500 {
        desk.comment(&ticket, "b");
    }
    let day = zone::text(desk.room.now / DAY);
    let input = json!({ "from": day, "to": day });
    let report = desk.report(&input);
    assert_eq!((&report["complete"], &report["total"]["created"]), (&json!(false), &json!(1)));
    desk.pass(0);
    let whole = desk.report(&input);
    assert_eq!((&whole["complete"], &whole["total"]["firstReplies"]), (&json!(true), &json!(1)));
    desk.set_zone("Europe/Rome");
    assert_eq!(desk.report(&input)["complete"], false);
    desk.pass(0);
    let again = desk.report(&input);
    assert_eq!((&again["complete"], &again["timeZone"]), (&json!(true), &json!("Europe/Rome")));
    assert_eq!(again["total"], whole["total"]);
}

#[test]
fn rows_of_agents_have_names_and_csv_holds_them_safely() {
    let mut desk = Desk::open();
    let agent = desk.agent.id();
    let owner = desk.owner.principal.clone();
    let rename = json!({ "changeAgent": { "agentId": agent, "name": "=cmd|' /C calc'!A0" } });
    desk.ask_as(&owner, &rename).expect("renamed");
    desk.ask(&json!({ "createTicket": { "subject": "s", "assigneeId": agent } }));
    desk.ticket("nobody's");
    let day = zone::text(desk.room.now / DAY);
    let report = desk.report(&json!({ "from": day, "to": day, "by": "agent" }));
    assert_eq!(report["rows"][0]["key"], Value::Null);
    assert_eq!(report["rows"][1]["name"], "=cmd|' /C calc'!A0");
    let csv = schema::room::report::csv(&serde_json::from_value(report).expect("a report"));
    let lines: Vec<&str> = csv.split("\r\n").collect();
    let names = "name,created,firstReplies,firstReplyMs,solved,resolutionMs,reopened,backlog";
    assert_eq!(lines[0], format!("agent,{names}"));
    assert_eq!(lines[1], ",,1,0,,0,,0,1");
    assert_eq!(lines[2], format!("{agent},\"'=cmd|' /C calc'!A0\",1,0,,0,,0,1"));
    assert_eq!(lines[3..], [""]);
}

#[test]
fn what_is_restored_or_undone_is_not_opened_again() {
    let mut desk = Desk::open();
    let [a, b, c] = ["a", "b", "c"].map(|subject| desk.ticket(subject));
    desk.owner_asks(&json!({ "deleteTicket": { "ticketId": a } }));
    desk.owner_asks(&json!({ "restoreTicket": { "ticketId": a } }));
    let moved = desk.ask(&json!({ "mergeTickets": { "ticketId": b, "intoId": c } }));
    desk.ask(&json!({ "undoMove": { "moveId": moved["moved"]["id"] } }));
    let day = zone::text(desk.room.now / DAY);
    let report = desk.report(&json!({ "from": day, "to": day }));
    let total = &report["total"];
    assert_eq!((&total["solved"], &total["reopened"]), (&json!(0), &json!(0)));
    assert_eq!(total["backlog"], 3);
    desk.set_status(&b, "solved");
    desk.set_status(&b, "open");
    let report = desk.report(&json!({ "from": day, "to": day }));
    assert_eq!(report["total"]["reopened"], 1);
}

#[test]
fn a_range_that_is_none_is_refused() {
    let mut desk = Desk::open();
    for (from, to, field) in [
        ("2026-02-30", "2026-03-01", "from"),
        ("", "2026-03-01", "from"),
        ("2026-03-01", "tomorrow", "to"),
        ("2026-03-02", "2026-03-01", "to"),
        ("2026-01-01", "2027-01-02", "to"),
    ] {
        let (code, details) = desk.refused(&json!({ "getReport": { "from": from, "to": to } }));
        assert_eq!((code, &details["field"]), (Code::InvalidInput, &json!(field)), "{from} {to}");
    }
    let longest = json!({ "from": "2026-01-01", "to": "2027-01-01" });
    assert_eq!(desk.report(&longest)["rows"].as_array().map(Vec::len), Some(366));
    let owner = desk.owner.principal.clone();
    for zone in ["", "Mars/Olympus", "+02:00", "../etc/passwd"] {
        let change = json!({ "changeWorkspace": { "timeZone": zone } });
        assert_eq!(desk.refused_as(&owner, &change).0, Code::InvalidInput, "{zone}");
    }
}
