//! What becomes of entries that were under way when their object died.

use super::actor::Settled;
use super::context::{Ctx, Reply};
use super::drain::LEASE_MS;
use super::effect::{Delivery, Effect, Outcome};
use super::store::outbox::{Entry, READY_MAX};
use super::testing::{Bench, WORKSPACE, system};
use super::turn::Turn;
use super::{Actor, Migration};
use schema::pipeline::Queue;
use schema::summary::{Summary, Table};
use schema::{ActorKind, Millis, Reject};
use std::cell::RefCell;
use std::rc::Rc;

const SLOW_MS: Millis = 3 * 60 * 1000;
const WEEK_MS: Millis = 7 * 24 * 60 * 60 * 1000;

/// Does what it is told, by the kind that it is told.
enum Doer {}

impl Actor for Doer {
    const KIND: ActorKind = ActorKind::InboxState;
    const MIGRATIONS: &'static [Migration] = &[];
    type Command = String;

    fn handle(ctx: &mut Ctx<'_>, kind: String) -> Result<Reply, Reject> {
        ctx.outbox(&kind, "it", &[])?;
        Reply::of(&())
    }

    fn delivery(kind: &str) -> Delivery {
        match kind {
            "slow" => Delivery::Slow(SLOW_MS),
            "hint" | "odd" => Delivery::AtLeastOnce,
            _ => Delivery::AtMostOnce,
        }
    }

    fn begin(_: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
        if entry.kind == "hint" {
            return Ok(Effect::Queue { queue: Queue::SendQueue, body: b"{}".to_vec() });
        }
        if entry.kind.starts_with("moot") {
            return Ok(Effect::Nothing);
        }
        Ok(Effect::Forget(vec![entry.kind.clone()]))
    }

    fn settle(_: &mut Ctx<'_>, entry: &Entry, _: &Outcome) -> Result<Settled, Reject> {
        if entry.kind.starts_with("odd") {
            return Err(Reject::internal("unexpected reply"));
        }
        Ok(Settled::Finished)
    }
}

/// Has a row in D1, says a hint, and does something in a week.
enum Hermit {}

impl Actor for Hermit {
    const KIND: ActorKind = ActorKind::ProspectDedup;
    const MIGRATIONS: &'static [Migration] = &[];
    const THRIFTY: bool = true;
    type Command = ();

    fn handle(ctx: &mut Ctx<'_>, (): ()) -> Result<Reply, Reject> {
        ctx.summarise(Table::Prospects, "it")?;
        ctx.outbox("hint", "", &[])?;
        ctx.set_timer("wake", "", ctx.now + WEEK_MS, &[])?;
        Reply::of(&())
    }

    fn begin(_: &mut Ctx<'_>, _: &Entry) -> Result<Effect, Reject> {
        Ok(Effect::Queue { queue: Queue::SendQueue, body: b"{}".to_vec() })
    }

    fn summary(_: &mut Ctx<'_>, table: Table, id: &str) -> Result<Option<Summary>, Reject> {
        let (workspace, id) = (WORKSPACE.to_string(), id.to_owned());
        let (version, updated_at, deleted, cells) = (1, 0, true, Vec::new());
        Ok(Some(Summary { table, workspace, id, version, updated_at, deleted, cells }))
    }
}

fn doing(kind: &str) -> Bench<Doer> {
    let mut bench = Bench::new(WORKSPACE.to_string());
    bench.call(&system(), None, &kind.to_owned()).expect("it takes any kind");
    assert_eq!(bench.begin().len(), 1);
    assert_eq!(bench.begin().len(), 0, "it is under way");
    bench
}

/// Has storage refuse some kinds of writes to the outbox.
fn deny(bench: &Bench<Doer>, kinds: &[&str]) {
    for kind in kinds {
        let body = "begin select raise(abort, 'out of memory: SQLITE_NOMEM'); end";
        let trigger = format!("create trigger no_{kind} before {kind} on outbox {body}");
        bench.home.connection().execute_batch(&trigger).expect("a trigger");
    }
}

fn allow(bench: &Bench<Doer>, kinds: &[&str]) {
    for kind in kinds {
        let drop = format!("drop trigger no_{kind}");
        bench.home.connection().execute_batch(&drop).expect("it was there");
    }
}

#[test]
fn no_more_entries_are_under_way_at_once_than_a_drain_begins() {
    let mut bench: Bench<Doer> = Bench::new(WORKSPACE.to_string());
    for number in 0..READY_MAX + 3 {
        bench.call(&system(), None, &format!("kind{number:02}")).expect("it takes any kind");
    }
    assert_eq!([READY_MAX, 3, 0], [(); 3].map(|()| bench.begin().len()));
}

#[test]
fn what_stands_behind_entries_that_want_nothing_has_its_turn_at_once() {
    let mut bench: Bench<Doer> = Bench::new(WORKSPACE.to_string());
    for number in 0..READY_MAX {
        bench.call(&system(), None, &format!("moot{number:02}")).expect("it takes any kind");
    }
    bench.call(&system(), None, &"once".to_owned()).expect("it takes any kind");
    bench.turn = Turn::default();
    assert_eq!((bench.begin().len(), bench.turn.drain), (0, true), "there is more");
    bench.turn = Turn::default();
    assert_eq!((bench.begin().len(), bench.turn.drain), (1, false));
    assert_eq!((bench.begin().len(), bench.turn.drain), (0, false), "it is under way");
}

#[test]
fn entries_that_storage_does_not_let_go_of_wait_for_the_alarm() {
    let mut bench: Bench<Doer> = Bench::new(WORKSPACE.to_string());
    for number in 0..READY_MAX + 1 {
        bench.call(&system(), None, &format!("moot{number:02}")).expect("it takes any kind");
    }
    bench.turn = Turn::default();
    deny(&bench, &["delete"]);
    assert_eq!((bench.begin().len(), bench.turn.drain), (0, false), "nothing spins");
    allow(&bench, &["delete"]);
    assert_eq!((bench.begin().len(), bench.turn.drain), (0, true));
}

#[test]
fn an_outcome_that_storage_does_not_take_is_told_of_and_taken_later() {
    let mut bench: Bench<Doer> = Bench::new(WORKSPACE.to_string());
    bench.call(&system(), None, &"hint".to_owned()).expect("it takes any kind");
    let (entry, _) = bench.begin().pop().expect("it is begun");
    deny(&bench, &["delete", "update"]);
    assert!(!bench.is_noted(&entry, &Outcome::Done(Vec::new())), "it is neither done nor put off");
    allow(&bench, &["update"]);
    assert!(bench.is_noted(&entry, &Outcome::Done(Vec::new())), "it is put off");
    assert_eq!(bench.begin().len(), 0, "its time has not come");
    allow(&bench, &["delete"]);
    assert!(bench.fire_alarm(), "it is tried again");
    let (entry, _) = bench.begin().pop().expect("it is begun");
    assert!(bench.is_noted(&entry, &Outcome::Done(Vec::new())));
    assert_eq!(bench.count("outbox"), 0);
}

#[test]
fn what_left_is_known_though_storage_was_full_as_it_did() {
    let mut bench: Bench<Doer> = Bench::new(WORKSPACE.to_string());
    bench.call(&system(), None, &"once".to_owned()).expect("it takes any kind");
    let (entry, _) = bench.begin().pop().expect("it is begun");
    deny(&bench, &["delete"]);
    assert!(!bench.is_noted(&entry, &Outcome::Done(Vec::new())), "storage takes no note of it");
    bench.call(&system(), None, &"next".to_owned()).expect("it takes any kind");
    bench.turn = Turn::default();
    assert_eq!(bench.begin().len(), 0, "it leaves once, and the next one not before it is settled");
    assert!(bench.turn.drain && bench.turn.stuck, "it is tried again, and not at once");
    bench.now += LEASE_MS - 1;
    assert_eq!(bench.begin().len(), 0);
    allow(&bench, &["delete"]);
    let begun: Vec<_> = bench.begin().into_iter().map(|(entry, _)| entry.kind).collect();
    assert_eq!((&begun[..], bench.count("outbox")), (&["next".to_owned()][..], 1), "it is settled");
}

#[test]
fn what_storage_never_takes_note_of_is_unknown_in_the_end_and_holds_nothing_back() {
    let mut bench: Bench<Doer> = Bench::new(WORKSPACE.to_string());
    bench.call(&system(), None, &"odd once".to_owned()).expect("it takes any kind");
    let (entry, _) = bench.begin().pop().expect("it is begun");
    assert!(!bench.is_noted(&entry, &Outcome::Done(Vec::new())), "it is unexpected, each time");
    bench.now += LEASE_MS;
    bench.call(&system(), None, &"next".to_owned()).expect("it takes any kind");
    let begun: Vec<_> = bench.begin().into_iter().map(|(entry, _)| entry.kind).collect();
    assert_eq!(begun, ["next"]);
    // Found with its lease over, it is not asked for again and again.
    let due = bench.home.alarm().expect("an alarm");
    assert!(due >= bench.now + 500, "in {} ms", due - bench.now);
}

#[test]
fn what_cannot_even_be_looked_for_is_looked_for_again() {
    let mut bench: Bench<Doer> = Bench::new(WORKSPACE.to_string());
    bench.call(&system(), None, &"once".to_owned()).expect("it takes any kind");
    bench.home.connection().execute_batch("alter table outbox rename to away").expect("away");
    bench.turn = Turn::default();
    assert_eq!(bench.begin().len(), 0);
    assert!(bench.turn.drain && bench.turn.stuck);
    bench.home.connection().execute_batch("alter table away rename to outbox").expect("back");
    assert_eq!(bench.begin().len(), 1);
}

#[test]
fn what_could_not_begin_does_not_begin_before_that_is_noted() {
    let mut bench: Bench<Doer> = Bench::new(WORKSPACE.to_string());
    bench.call(&system(), None, &"once".to_owned()).expect("it takes any kind");
    deny(&bench, &["update"]);
    bench.turn = Turn::default();
    assert_eq!(
        (bench.begin().len(), bench.turn.drain),
        (0, true),
        "nothing is noted, not even that"
    );
    // Memory is short, and is there again between one write and the next.
    allow(&bench, &["update"]);
    let only_leases = "create trigger no_update before update on outbox when new.state <> 'leased'
        begin select raise(abort, 'SQLITE_NOMEM'); end";
    bench.home.connection().execute_batch(only_leases).expect("a trigger");
    assert_eq!(
        bench.begin().len(),
        0,
        "its failure, noted while it is under way, would begin it twice"
    );
    allow(&bench, &["update"]);
    bench.begin();
    assert!(bench.fire_alarm(), "it is tried again");
    let (entry, _) = bench.begin().pop().expect("it is begun");
    assert!(bench.is_noted(&entry, &Outcome::Done(Vec::new())));
    assert_eq!(bench.count("outbox"), 0);
}

#[test]
fn what_is_slow_goes_on_at_once_where_its_object_died() {
    let mut bench = doing("slow");
    bench.restart();
    assert!(bench.home.alarm().is_some_and(|at| at <= bench.now), "the alarm comes at once");
    let begun = bench.begin();
    assert_eq!(begun.len(), 1);
    bench.settle(&begun[0].0, &Outcome::Done(Vec::new()));
    assert_eq!(bench.count("outbox"), 0);
}

#[test]
fn a_thrifty_object_writes_its_row_last_and_then_sleeps_as_long_as_it_can() {
    let mut bench: Bench<Hermit> = Bench::new(WORKSPACE.to_string());
    bench.call(&system(), None, &()).expect("it takes anything");
    let start = bench.now;
    let first = bench.begin();
    assert!(matches!(&first[..], [(_, Effect::Queue { .. })]), "{first:?}");
    bench.settle(&first[0].0, &Outcome::Failed { why: "no answer".to_owned() });
    // Whatever came of the hint, the row waits for it once.
    let second = bench.begin();
    assert!(matches!(&second[..], [(_, Effect::Summary(_))]), "{second:?}");
    bench.settle(&second[0].0, &Outcome::Done(Vec::new()));
    assert!(bench.home.alarm().is_some_and(|at| at < start + WEEK_MS), "the hint comes again");
    assert!(bench.fire_alarm());
    let third = bench.begin();
    bench.settle(&third[0].0, &Outcome::Done(Vec::new()));
    assert_eq!(bench.count("outbox"), 0);
    assert_eq!(bench.home.alarm(), Some(start + WEEK_MS));
}

#[test]
fn however_long_lists_were_away_they_are_written_minutes_after_they_are_back() {
    let mut bench: Bench<Hermit> = Bench::new(WORKSPACE.to_string());
    bench.call(&system(), None, &()).expect("it takes anything");
    let hint = bench.begin();
    bench.settle(&hint[0].0, &Outcome::Done(Vec::new()));
    let mut waits: Vec<Millis> = Vec::new();
    for _ in 0..20 {
        let rows = bench.begin();
        assert!(matches!(&rows[..], [(_, Effect::Summary(_))]), "{rows:?}");
        bench.settle(&rows[0].0, &Outcome::Failed { why: "no such database".to_owned() });
        let failed = bench.now;
        assert!(bench.fire_alarm(), "it is tried again");
        waits.push(bench.now - failed);
    }
    assert!(waits.iter().all(|wait| *wait <= 5 * 60 * 1000), "{waits:?}");
    assert!(waits[19] >= 60 * 1000, "and not in vain too often: {waits:?}");
}

#[test]
fn a_row_that_lists_refuse_themselves_is_tried_ever_later_up_to_six_hours() {
    let mut bench: Bench<Hermit> = Bench::new(WORKSPACE.to_string());
    bench.call(&system(), None, &()).expect("it takes anything");
    let hint = bench.begin();
    bench.settle(&hint[0].0, &Outcome::Done(Vec::new()));
    let mut waits: Vec<Millis> = Vec::new();
    for _ in 0..25 {
        let rows = bench.begin();
        assert!(matches!(&rows[..], [(_, Effect::Summary(_))]), "{rows:?}");
        bench.settle(&rows[0].0, &Outcome::Rejected(Reject::conflict("SQLITE_CONSTRAINT")));
        let refused = bench.now;
        assert!(bench.fire_alarm(), "it is tried again");
        waits.push(bench.now - refused);
    }
    assert!(waits[..5].iter().all(|wait| *wait <= 60_000), "at first soon: {waits:?}");
    let hour = 60 * 60 * 1000;
    assert!(waits.iter().all(|wait| *wait <= 6 * hour), "{waits:?}");
    assert!(waits[20..].iter().all(|wait| *wait >= 3 * hour), "{waits:?}");
    let row = bench.begin();
    bench.settle(&row[0].0, &Outcome::Done(Vec::new()));
    assert_eq!(bench.count("outbox"), 0, "another build writes it otherwise");
}

#[test]
fn a_row_that_lists_refused_is_tried_minutes_after_it_is_another() {
    let mut bench: Bench<Hermit> = Bench::new(WORKSPACE.to_string());
    let ask = |bench: &mut Bench<Hermit>| {
        bench.call(&system(), None, &()).expect("it takes anything");
        let hint = bench.begin();
        assert!(matches!(&hint[..], [(_, Effect::Queue { .. })]), "{hint:?}");
        bench.settle(&hint[0].0, &Outcome::Done(Vec::new()));
    };
    let begun = |bench: &mut Bench<Hermit>| {
        let rows = bench.begin();
        assert!(matches!(&rows[..], [(_, Effect::Summary(_))]), "{rows:?}");
        rows[0].0.clone()
    };
    let refused = Outcome::Rejected(Reject::conflict("SQLITE_CONSTRAINT"));
    let wait = |bench: &Bench<Hermit>| bench.home.alarm().map(|at| at - bench.now);
    let (minutes, hours) = (4 * 60 * 1000, 3 * 60 * 60 * 1000);
    ask(&mut bench);
    for _ in 0..18 {
        let row = begun(&mut bench);
        bench.settle(&row, &refused);
        assert!(bench.fire_alarm(), "it is tried again");
    }
    let row = begun(&mut bench);
    bench.settle(&row, &refused);
    assert!(wait(&bench).is_some_and(|it| it >= hours), "it waits for hours: {:?}", wait(&bench));
    ask(&mut bench);
    assert!(wait(&bench).is_some_and(|it| it <= minutes), "{:?}", wait(&bench));

    // The same where it changes while it is being written.
    assert!(bench.fire_alarm());
    let row = begun(&mut bench);
    ask(&mut bench);
    bench.settle(&row, &refused);
    assert!(wait(&bench).is_some_and(|it| it <= minutes), "{:?}", wait(&bench));
    assert!(bench.fire_alarm());
    let row = begun(&mut bench);
    bench.settle(&row, &Outcome::Done(Vec::new()));
    assert_eq!(bench.count("outbox"), 0);
}

#[test]
fn what_is_done_with_is_looked_up_once_and_what_was_asked_for_again_begins_anew() {
    let mut bench: Bench<Doer> = Bench::new(WORKSPACE.to_string());
    bench.call(&system(), None, &"hint".to_owned()).expect("it takes any kind");
    let first = bench.begin();
    bench.call(&system(), None, &"hint".to_owned()).expect("it is asked for again");
    bench.settle(&first[0].0, &Outcome::Done(Vec::new()));
    let second = bench.begin();
    assert_eq!((second.len(), bench.count("outbox")), (1, 1), "it begins anew");

    let seen = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&seen);
    bench.home.set_hook(Some(Box::new(move |statement| {
        log.borrow_mut().push(statement.to_owned());
    })));
    bench.settle(&second[0].0, &Outcome::Done(Vec::new()));
    bench.home.set_hook(None);
    assert_eq!(bench.count("outbox"), 0);
    let looks = seen.borrow().iter().filter(|it| it.starts_with("select kind")).count();
    assert_eq!(looks, 1, "{seen:?}");
}

#[test]
fn an_answer_that_cannot_be_read_is_asked_for_again_ever_later_and_not_at_once() {
    let mut bench: Bench<Doer> = Bench::new(WORKSPACE.to_string());
    bench.call(&system(), None, &"odd".to_owned()).expect("it takes any kind");
    let mut waits: Vec<Millis> = Vec::new();
    for _ in 0..5 {
        let begun = bench.begin();
        assert_eq!(begun.len(), 1, "it is asked again");
        bench.settle(&begun[0].0, &Outcome::Done(b"7".to_vec()));
        assert_eq!(bench.begin().len(), 0, "its time has not come");
        let settled = bench.now;
        assert!(bench.fire_alarm(), "its time comes");
        waits.push(bench.now - settled);
    }
    assert!(waits[0] < waits[2] && waits[2] < waits[4], "{waits:?}");

    // It may have left: it is not done again because nobody could read what came of it.
    bench.call(&system(), None, &"odd once".to_owned()).expect("it takes any kind");
    let begun = bench.begin();
    let once = begun.iter().find(|(entry, _)| entry.kind == "odd once").expect("it is begun");
    bench.settle(&once.0, &Outcome::Done(Vec::new()));
    bench.now += 60_000;
    assert!(bench.begin().iter().all(|(entry, _)| entry.kind == "odd"));
}

#[test]
fn what_leaves_only_once_is_unknown_at_once_where_its_object_died() {
    let mut bench = doing("once");
    bench.restart();
    assert!(bench.home.alarm().is_some_and(|at| at <= bench.now), "the alarm comes at once");
    assert_eq!(bench.begin().len(), 0, "it is not begun again");
    assert_eq!(bench.count("outbox"), 0);
}

#[test]
fn what_leaves_only_once_is_unknown_after_its_time_where_nobody_answers() {
    let mut bench = doing("once");
    bench.now += LEASE_MS - 1;
    assert_eq!((bench.begin().len(), bench.count("outbox")), (0, 1));
    bench.now += 2;
    assert_eq!((bench.begin().len(), bench.count("outbox")), (0, 0));
}

#[test]
fn what_ends_its_object_each_time_comes_back_ever_later() {
    let mut bench = doing("slow");
    let mut waits: Vec<Millis> = Vec::new();
    for _ in 0..12 {
        let died = bench.now;
        bench.restart();
        while bench.begin().is_empty() {
            assert!(bench.fire_alarm(), "it does not sleep for good");
        }
        waits.push(bench.now - died);
    }
    assert_eq!(waits[..4], [0, 2_000, 4_000, 8_000]);
    assert!(waits.iter().all(|wait| *wait <= SLOW_MS), "{waits:?}");
    assert_eq!(waits.last(), Some(&SLOW_MS));
}

#[test]
fn a_message_waits_until_its_queue_has_taken_it() {
    let mut bench: Bench<Doer> = Bench::new(WORKSPACE.to_string());
    bench.call(&system(), None, &"hint".to_owned()).expect("it takes any kind");
    let refused = |_: &Entry, effect: &Effect| {
        assert!(matches!(effect, Effect::Queue { queue: Queue::SendQueue, .. }));
        Outcome::Failed { why: "the queue is full".into() }
    };
    for _ in 0..3 {
        assert_eq!(bench.drain(refused), 1);
        assert_eq!(bench.count("outbox"), 1);
        assert!(bench.fire_alarm(), "it is tried again");
    }
    bench.restart();
    assert_eq!(bench.drain(|_, _| Outcome::Done(Vec::new())), 1);
    assert_eq!(bench.count("outbox"), 0);
}

#[test]
fn an_alarm_that_goes_off_in_the_millisecond_that_it_was_set_for_or_before_comes_again() {
    let done = |bench: &mut Bench<Doer>| {
        for (entry, _) in bench.begin() {
            bench.settle(&entry, &Outcome::Done(Vec::new()));
        }
        bench.count("outbox")
    };
    for early in [0, 1, 4_000] {
        let mut bench: Bench<Doer> = Bench::new(WORKSPACE.to_string());
        for kind in ["slow", "hint"] {
            bench.call(&system(), None, &kind.to_owned()).expect("it takes any kind");
        }
        for (entry, _) in bench.begin() {
            bench.settle(&entry, &Outcome::Failed { why: "no answer".to_owned() });
            bench.now += 100;
        }
        let first = bench.home.alarm().expect("both are tried again");
        bench.now = first - early;
        bench.alarm();
        // The other one has its time later; to be done with the first arms nothing.
        assert_eq!(done(&mut bench), if early == 0 { 1 } else { 2 });
        while bench.count("outbox") > 0 {
            assert!(bench.fire_alarm(), "{early} ms early, and it sleeps for good");
            done(&mut bench);
        }
    }
}

#[test]
fn an_alarm_that_is_late_is_not_armed_for_each_command() {
    let mut bench: Bench<Doer> = Bench::new(WORKSPACE.to_string());
    let armed = Rc::new(RefCell::new(0));
    let count = Rc::clone(&armed);
    bench.call(&system(), None, &"slow".to_owned()).expect("it takes any kind");
    bench.now = bench.home.alarm().expect("it is armed");
    bench.home.set_hook(Some(Box::new(move |statement| {
        *count.borrow_mut() += usize::from(statement == "set_alarm");
    })));
    for _ in 0..10 {
        bench.now += 10;
        bench.call(&system(), None, &"slow".to_owned()).expect("it takes any kind");
    }
    assert_eq!(*armed.borrow(), 0, "it is about to go off");
    bench.now += 2_000;
    bench.call(&system(), None, &"slow".to_owned()).expect("it takes any kind");
    assert_eq!(*armed.borrow(), 1, "it may never have been heard");
    bench.home.set_hook(None);
    assert!(bench.fire_alarm(), "it goes off");
}
