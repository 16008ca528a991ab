//! The deployment's suppression list.

use super::store::STATEMENTS;
use crate::kernel::testing::{Bench, START_MS, agent, system};
use crate::rate_limiter::Core;
use schema::ids::WorkspaceId;
use schema::limiter::LimiterCommand;
use schema::suppression::*;
use schema::{Caller, Code, Principal, Role};
use serde_json::Value;
use uuid::Uuid;

fn of_deployment(caller: Caller) -> Principal {
    Principal { workspace: WorkspaceId(Uuid::nil()), caller }
}

fn bench() -> Bench<Core> {
    Bench::new(instance())
}

fn operator(
    bench: &mut Bench<Core>,
    command: SuppressionsCommand,
) -> Result<Value, (Code, String)> {
    let reply =
        bench.call(&of_deployment(Caller::Operator), None, &LimiterCommand::Suppressions(command));
    reply.map_err(|reject| (reject.code, reject.message))
}

fn add(bench: &mut Bench<Core>, value: &str) -> SuppressionEntry {
    let input = AddSuppression { value: value.into(), note: None };
    let reply = operator(bench, SuppressionsCommand::Add(input)).expect(value);
    serde_json::from_value(reply).expect("an entry")
}

fn lift(bench: &mut Bench<Core>, entry: &SuppressionEntry) -> Result<Value, (Code, String)> {
    operator(bench, SuppressionsCommand::Lift(LiftSuppression { id: entry.id }))
}

fn page(bench: &mut Bench<Core>, input: ListSuppressions) -> SuppressionEntries {
    let reply = operator(bench, SuppressionsCommand::List(input)).expect("a page");
    serde_json::from_value(reply).expect("a page")
}

fn of_value(bench: &mut Bench<Core>, q: &str) -> Vec<String> {
    let input = ListSuppressions { q: Some(q.into()), cursor: None, limit: 50 };
    page(bench, input).items.into_iter().map(|entry| entry.value).collect()
}

/// What an inbox is told.
fn has(bench: &mut Bench<Core>, address: &str) -> bool {
    let ask = SuppressionsCommand::Ask(AskSuppressed { address: address.into() });
    let command = LimiterCommand::Suppressions(ask);
    let reply: Suppressed =
        bench.ask(&of_deployment(Caller::System), None, &command).expect(address);
    reply.suppressed
}

#[test]
fn no_spelling_of_an_address_gets_past_and_nobody_else_is_held() {
    let mut bench = bench();
    assert_eq!(add(&mut bench, " Ann Lee <A.n.n+News@GoogleMail.com> ").value, "ann@gmail.com");
    assert_eq!(add(&mut bench, "BOB@Müller.example").value, "bob@xn--mller-kva.example");
    for address in ["ann@gmail.com", "ANN@gmail.com", "a.nn@googlemail.com", "ann+x@gmail.com"] {
        assert!(has(&mut bench, address), "{address}");
    }
    assert!(has(&mut bench, "bob@xn--mller-kva.example") && has(&mut bench, "Bob@MÜLLER.example"));
    for address in ["anna@gmail.com", "ann@mail.example", "bob@muller.example", "eve@gmail.com"] {
        assert!(!has(&mut bench, address), "{address}");
    }
}

#[test]
fn no_tag_hides_who_is_on_the_list_at_whatever_provider() {
    let mut bench = bench();
    add(&mut bench, "ann@acme.example");
    add(&mut bench, "bob+shop@acme.example");
    for address in ["ann+1@acme.example", "Ann+a+b@ACME.example", "bob+shop@acme.example"] {
        assert!(has(&mut bench, address), "{address}");
    }
    for address in ["anna+1@acme.example", "bob@acme.example", "+ann@acme.example"] {
        assert!(!has(&mut bench, address), "{address}");
    }
}

#[test]
fn a_domain_is_everybody_at_it_and_nobody_at_its_subdomains() {
    for spelling in ["acme.example", "@Acme.EXAMPLE.", " ＡＣＭＥ.example"] {
        let mut bench = bench();
        assert_eq!(add(&mut bench, spelling).value, "acme.example");
        assert!(has(&mut bench, "ann@acme.example") && has(&mut bench, "Bob+x@ACME.example"));
        for address in ["ann@mail.acme.example", "ann@xacme.example", "acme.example@b.example"] {
            assert!(!has(&mut bench, address), "{address}");
        }
    }
    let mut bench = bench();
    assert_eq!(add(&mut bench, "googlemail.com").value, "gmail.com");
    assert!(has(&mut bench, "ann@googlemail.com") && has(&mut bench, "ann@gmail.com"));
}

#[test]
fn who_is_on_the_list_stays_as_they_are_and_who_is_lifted_is_held_no_more() {
    let mut bench = bench();
    let input =
        AddSuppression { value: "ann@acme.example".into(), note: Some(" A letter. ".into()) };
    let first = operator(&mut bench, SuppressionsCommand::Add(input)).expect("added");
    assert_eq!(first["note"], "A letter.");
    assert_eq!(first["at"], START_MS);
    bench.now += 1_000;
    let again = add(&mut bench, "ANN@acme.example");
    assert_eq!(serde_json::to_value(&again).expect("JSON"), first);
    assert_eq!(lift(&mut bench, &again), Ok(first));
    assert!(!has(&mut bench, "ann@acme.example"));
    let gone = lift(&mut bench, &again).expect_err("lifted before");
    assert_eq!(gone, (Code::NotFound, "suppression not found".into()));
    assert_ne!(add(&mut bench, "ann@acme.example").id, again.id);
    assert!(has(&mut bench, "ann@acme.example"));
}

#[test]
fn what_is_neither_address_nor_domain_is_refused_and_changes_nothing() {
    let mut bench = bench();
    let long = "a".repeat(3_000);
    let words = ["", " ", "@", "ann@", "a b", "acme", "@acme", "acme."];
    let more = ["https://acme.example/", "a@b@c.example", &*long];
    for value in words.into_iter().chain(more) {
        let input = AddSuppression { value: value.into(), note: None };
        let reject = operator(&mut bench, SuppressionsCommand::Add(input)).expect_err(value);
        assert_eq!(reject.0, Code::InvalidInput, "{value:?}");
        let input = ListSuppressions { q: Some(value.into()), cursor: None, limit: 50 };
        let reject = operator(&mut bench, SuppressionsCommand::List(input)).expect_err(value);
        assert_eq!(reject.0, Code::InvalidInput, "{value:?}");
    }
    let long = "n".repeat(NOTE_CHARS_MAX + 1);
    for note in ["", "a\0b", &*long] {
        let input = AddSuppression { value: "a@b.example".into(), note: Some(note.into()) };
        let reject = operator(&mut bench, SuppressionsCommand::Add(input)).expect_err(note);
        assert_eq!(reject.0, Code::InvalidInput, "{note:?}");
    }
    assert_eq!(bench.count("suppressions"), 0);
}

#[test]
fn a_list_is_read_by_pages_from_the_newest_on_and_by_value() {
    let mut bench = bench();
    for n in 0..5 {
        bench.now += 1;
        add(&mut bench, &format!("p{n}@acme.example"));
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let read = page(&mut bench, ListSuppressions { q: None, cursor, limit: 2 });
        assert!(read.items.len() <= 2);
        seen.extend(read.items.into_iter().map(|entry| entry.value));
        cursor = read.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let all: Vec<_> = (0..5).rev().map(|n| format!("p{n}@acme.example")).collect();
    assert_eq!(seen, all);
    assert_eq!(of_value(&mut bench, "P3@ACME.example"), ["p3@acme.example"]);
    assert!(of_value(&mut bench, "acme.example").is_empty(), "a domain is not its addresses");
}

#[test]
fn a_full_list_takes_no_more_until_others_are_lifted() {
    let mut bench = bench();
    let one = add(&mut bench, "one@acme.example");
    let full = format!("update suppression_count set entries = {ENTRIES_MAX}");
    bench.home.connection().execute(&full, []).expect("there is the row");
    let input = AddSuppression { value: "two@acme.example".into(), note: None };
    let command = SuppressionsCommand::Add(input);
    let (code, why) = operator(&mut bench, command.clone()).expect_err("it is full");
    assert_eq!(code, Code::InvalidInput);
    assert!(why.contains("100000 entries"), "{why}");
    assert_eq!(add(&mut bench, "one@acme.example"), one, "who is on it is no more");
    lift(&mut bench, &one).expect("lifted");
    operator(&mut bench, command).expect("there is room");
}

#[test]
fn a_question_writes_nothing_but_the_very_first() {
    let mut bench = bench();
    assert!(!has(&mut bench, "ann@acme.example"));
    let changes = |bench: &Bench<Core>| -> i64 {
        let sql = "select total_changes()";
        bench.home.connection().query_row(sql, [], |row| row.get(0)).expect("a count")
    };
    let before = changes(&bench);
    add(&mut bench, "bob@acme.example");
    let added = changes(&bench);
    assert!(before < added);
    for address in ["ann@acme.example", "bob@acme.example"] {
        has(&mut bench, address);
    }
    assert_eq!(changes(&bench), added);
}

#[test]
fn only_who_operates_keeps_the_list_and_only_inboxes_ask_it() {
    let mut bench = bench();
    let entry = add(&mut bench, "ann@acme.example");
    let of_role = |role| of_deployment(agent(1, role).caller);
    let value = String::from("bob@acme.example");
    let kept = [
        SuppressionsCommand::Add(AddSuppression { value, note: None }),
        SuppressionsCommand::List(ListSuppressions { q: None, cursor: None, limit: 1 }),
        SuppressionsCommand::Lift(LiftSuppression { id: entry.id }),
    ];
    let ask = AskSuppressed { address: entry.value.clone() };
    let asked = [SuppressionsCommand::Ask(ask)];
    let visitors = [of_deployment(Caller::Visitor), of_role(Role::Viewer), of_role(Role::Agent)];
    let of_operators = [of_deployment(Caller::Operator), of_role(Role::Admin)];
    let strangers = [system(), agent(1, Role::Owner)];
    let cases = [
        (&visitors[..], &kept[..], Code::Forbidden),
        (&visitors[..], &asked[..], Code::Forbidden),
        (&of_operators[..], &asked[..], Code::Forbidden),
        (&strangers[..], &kept[..], Code::NotFound),
        (&strangers[..], &asked[..], Code::NotFound),
    ];
    for (callers, commands, code) in cases {
        for caller in callers {
            for command in commands {
                let command = LimiterCommand::Suppressions(command.clone());
                let refused = bench.call(caller, None, &command).expect_err("refused");
                assert_eq!(refused.code, code, "{caller:?} {command:?}");
            }
        }
    }
    for name in ["pipeline", "login:203.0.113.7"] {
        let mut other = Bench::<Core>::new(format!("{}/{name}", WorkspaceId(Uuid::nil())));
        let command =
            SuppressionsCommand::List(ListSuppressions { q: None, cursor: None, limit: 1 });
        assert_eq!(operator(&mut other, command).expect_err("refused").0, Code::NotFound);
    }
}

#[test]
fn no_statement_reads_all_of_the_list() {
    let bench = Bench::<Core>::founded(instance());
    for statement in STATEMENTS {
        let sql = format!("explain query plan {statement}");
        let mut plan = bench.home.connection().prepare(&sql).expect(statement);
        let nulls = vec![rusqlite::types::Null; plan.parameter_count()];
        let rows = plan.query_map(rusqlite::params_from_iter(nulls), |row| row.get(3));
        for line in rows.expect("a plan") {
            let line: String = line.expect("a line");
            let is_whole = line.starts_with("SCAN suppression") || line.contains("TEMP B-TREE");
            assert!(!is_whole, "{statement}: {line}");
        }
    }
}
