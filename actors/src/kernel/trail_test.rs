//! How D1 follows the log: each row is asked for, by whatever the object dies of, and none twice
//! where it lives.

use super::context::{Ctx, FIRST_RETRY_MS, Reply};
use super::effect::{Effect, Outcome};
use super::sql::{Fault, Sql};
use super::store::events;
use super::store::outbox::{Entry, READY_MAX};
use super::testing::{Bench, WORKSPACE, system};
use super::{Actor, Migration};
use schema::summary::{Summary, Table};
use schema::{ActorKind, Reject};

/// Each event is about a ticket, that of its number by tens.
enum Logger {}

impl Actor for Logger {
    const KIND: ActorKind = ActorKind::WorkspaceRoom;
    const MIGRATIONS: &'static [Migration] = &[];
    type Command = ();

    fn handle(ctx: &mut Ctx<'_>, (): ()) -> Result<Reply, Reject> {
        ctx.event("thing.said", None, &())?;
        ctx.summarise_logged();
        Reply::of(&())
    }

    fn logged(sql: &dyn Sql, after: i64) -> Result<Vec<(i64, String)>, Fault> {
        let found = events::after(sql, after, 32)?;
        Ok(found.into_iter().map(|(seq, _)| (seq, (seq / 10).to_string())).collect())
    }

    fn summary(ctx: &mut Ctx<'_>, table: Table, id: &str) -> Result<Option<Summary>, Reject> {
        let (workspace, id, version) = (WORKSPACE.to_string(), id.to_owned(), ctx.seq());
        let (updated_at, deleted, cells) = (0, false, Vec::new());
        Ok(Some(Summary { table, workspace, id, version, updated_at, deleted, cells }))
    }
}

fn said(times: usize) -> Bench<Logger> {
    let mut bench = Bench::new(WORKSPACE.to_string());
    say(&mut bench, times);
    bench
}

fn say(bench: &mut Bench<Logger>, times: usize) {
    for _ in 0..times {
        bench.call(&system(), None, &()).expect("it takes anything");
    }
}

/// The ids of what was begun.
fn ids(begun: &[(Entry, Effect)]) -> Vec<&str> {
    begun
        .iter()
        .map(|(_, effect)| match effect {
            Effect::Summary(row) => row.id.as_str(),
            other => panic!("no row: {other:?}"),
        })
        .collect()
}

fn done(bench: &mut Bench<Logger>, begun: &[(Entry, Effect)]) {
    for (entry, _) in begun {
        bench.settle(entry, &Outcome::Done(Vec::new()));
    }
}

fn failed(bench: &mut Bench<Logger>, begun: &[(Entry, Effect)]) {
    for (entry, _) in begun {
        bench.settle(entry, &Outcome::Failed { why: "no answer".to_owned() });
    }
}

#[test]
fn many_events_of_few_tickets_are_one_drain() {
    // Ten events are of one ticket here.
    let mut bench = said(100);
    let begun = bench.begin();
    assert_eq!(ids(&begun).len(), 11);
    done(&mut bench, &begun);
    assert_eq!(bench.begin().len(), 0, "nothing was left");

    // No more rows than a drain begins, and the rest by the next.
    say(&mut bench, 300);
    let begun = bench.begin();
    assert_eq!(begun.len(), READY_MAX);
    done(&mut bench, &begun);
    assert!(bench.turn.full, "there may be more");
    let rest = bench.begin();
    assert_eq!(ids(&rest).last(), Some(&"40"));
}

#[test]
fn what_the_log_says_is_asked_for_once_and_no_entry_is_written() {
    let mut bench = said(25);
    let begun = bench.begin();
    assert_eq!(ids(&begun), ["0", "1", "2"]);
    assert_eq!((bench.begin().len(), bench.count("outbox")), (0, 0), "they are under way");
    done(&mut bench, &begun);
    assert!(bench.fire_alarm(), "the alarm looks after them");
    assert_eq!((bench.begin().len(), bench.home.alarm()), (0, None));
    bench.restart();
    assert_eq!((bench.begin().len(), bench.home.alarm()), (0, None), "that is known for good");
}

#[test]
fn a_drain_begins_no_more_rows_than_entries() {
    let mut bench = said(250);
    let mut seen = Vec::new();
    loop {
        let begun = bench.begin();
        if begun.is_empty() {
            break;
        }
        assert!(begun.len() <= READY_MAX);
        seen.extend(ids(&begun).into_iter().map(|id| id.parse::<i64>().expect("a number")));
        done(&mut bench, &begun);
    }
    seen.dedup();
    assert!(seen.into_iter().eq(0..=25), "each of them");
}

#[test]
fn what_is_said_while_its_row_is_under_way_is_asked_for_again() {
    let mut bench = said(1);
    let first = bench.begin();
    say(&mut bench, 1);
    let second = bench.begin();
    assert_eq!((ids(&first), ids(&second)), (vec!["0"], vec!["0"]));
    done(&mut bench, &second);
    // The first, which may still be lost, is all that keeps this life from being done.
    bench.restart();
    let again = bench.begin();
    assert_eq!(ids(&again), ["0"]);
    done(&mut bench, &first);
    done(&mut bench, &again);
    assert_eq!(bench.begin().len(), 0);
}

#[test]
fn what_the_object_dies_of_is_asked_for_by_the_next_one_and_then_known() {
    let mut bench = said(12);
    bench.begin();
    bench.restart();
    assert!(bench.home.alarm().is_some(), "somebody looks after it");
    let begun = bench.begin();
    assert_eq!(ids(&begun), ["0", "1"]);
    done(&mut bench, &begun);
    assert_eq!(bench.begin().len(), 0);
    bench.restart();
    assert_eq!(bench.begin().len(), 0, "not in each life again");
}

#[test]
fn what_lists_have_not_taken_waits_as_an_entry() {
    let mut bench = said(1);
    let begun = bench.begin();
    failed(&mut bench, &begun);
    assert_eq!((bench.begin().len(), bench.count("outbox")), (0, 1), "its time has not come");
    say(&mut bench, 1);
    assert_eq!((bench.begin().len(), bench.count("outbox")), (0, 1), "no sooner for that");
    bench.restart();
    assert_eq!((bench.begin().len(), bench.count("outbox")), (0, 1));
    assert!(bench.fire_alarm());
    let begun = bench.begin();
    assert_eq!(ids(&begun), ["0"]);
    done(&mut bench, &begun);
    assert_eq!((bench.begin().len(), bench.count("outbox")), (0, 0));
}

#[test]
fn what_nobody_answers_is_begun_anew_by_the_alarm() {
    let mut bench = said(1);
    let first = bench.begin();
    assert!(bench.fire_alarm());
    bench.now += FIRST_RETRY_MS;
    assert!(bench.fire_alarm());
    let second = bench.begin();
    assert_eq!(ids(&second), ["0"]);
    failed(&mut bench, &first);
    done(&mut bench, &second);
    assert_eq!(bench.count("outbox"), 1, "a late failure is one");
}
