//! Imports of prospects, counted by parts that come in any order, and more than once.

use super::{LOST_MS, SILENT_MS};
use crate::kernel::testing::{Seeded, system};
use crate::workspace_room::tests::desk::Desk;
use schema::Code;
use schema::room::prospect_import::{ERRORS_MAX, IMPORTS_MAX};
use serde_json::{Value, json};
use uuid::Uuid;

fn id(number: u128) -> Value {
    json!(Uuid::from_u128(number).to_string())
}

fn begin(desk: &mut Desk, number: u128) -> Value {
    desk.ask(&json!({ "beginProspectImport": { "importId": id(number) } }))
}

fn end(desk: &mut Desk, parts: i64, rows: i64, broken: Option<&str>) -> Value {
    desk.system(&json!({ "endProspectImport": {
        "importId": id(1), "parts": parts, "rows": rows, "broken": broken,
    } }))
}

/// A part of ten rows: two that made a prospect, seven known, one refused.
fn part(number: i64) -> Value {
    let errors = json!([{ "row": 10 * number + 2, "reason": "email: must be an address" }]);
    json!({ "noteProspectImport": {
        "importId": id(1), "part": number, "created": 2, "known": 7, "errors": errors,
    } })
}

/// The import after a part of it has come.
fn after(desk: &mut Desk, part: &Value) -> Value {
    assert_eq!(desk.system(part), json!({}), "who tells it does not look");
    desk.system(&json!({ "getProspectImport": { "importId": id(1) } }))
}

fn counts(import: &Value) -> (&str, i64, i64, i64) {
    let number = |name: &str| import[name].as_i64().expect("a number");
    (
        import["state"].as_str().expect("a state"),
        number("created"),
        number("known"),
        number("failed"),
    )
}

#[test]
fn parts_in_any_order_and_more_than_once_count_once() {
    for seed in 0..60 {
        let (mut desk, mut dice) = (Desk::open(), Seeded(seed));
        assert_eq!(counts(&begin(&mut desk, 1)), ("reading", 0, 0, 0));
        let mut waiting: Vec<Option<i64>> = (0..7).map(Some).chain([None]).collect();
        let mut told: Vec<Option<i64>> = Vec::new();
        while !waiting.is_empty() {
            let next = waiting.swap_remove(dice.index(waiting.len()));
            told.push(next);
            for again in [Some(next), told.get(dice.index(told.len() + 2)).copied()] {
                let Some(again) = again else { continue };
                match again {
                    Some(number) => desk.system(&part(number)),
                    None => end(&mut desk, 7, 70, None),
                };
            }
        }
        let done = begin(&mut desk, 1);
        assert_eq!(counts(&done), ("done", 14, 49, 7), "seed {seed}");
        assert_eq!(done["rows"], 70);
        let rows: Vec<_> = done["errors"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|error| error["row"].as_i64().expect("a number"))
            .collect();
        assert_eq!(rows, [2, 12, 22, 32, 42, 52, 62]);
        let late = after(&mut desk, &part(3));
        assert_eq!(counts(&late), ("done", 14, 49, 7), "what comes late changes nothing");
    }
}

#[test]
fn an_import_that_broke_off_goes_on_when_its_file_is_sent_again() {
    let mut desk = Desk::open();
    begin(&mut desk, 1);
    desk.system(&part(0));
    let broken = end(&mut desk, 1, 10, Some("the body could not be read"));
    assert_eq!(
        (counts(&broken), &broken["why"]),
        (("broken", 2, 7, 1), &json!("the body could not be read"))
    );
    assert_eq!(broken["rows"], Value::Null);
    begin(&mut desk, 1);
    desk.system(&part(0));
    desk.system(&part(1));
    let done = end(&mut desk, 2, 20, None);
    assert_eq!((counts(&done), &done["why"]), (("done", 4, 14, 2), &Value::Null));
    assert_eq!(counts(&end(&mut desk, 3, 30, Some("late"))), ("done", 4, 14, 2));
}

#[test]
fn a_file_whose_reader_is_gone_is_shown_as_broken() {
    let mut desk = Desk::open();
    begin(&mut desk, 1);
    desk.room.now += SILENT_MS + 1;
    desk.log_in_again();
    let get = json!({ "getProspectImport": { "importId": id(1) } });
    assert_eq!(desk.ask(&get)["state"], "broken");
    desk.system(&part(0));
    assert_eq!(counts(&desk.ask(&get)), ("reading", 2, 7, 1), "there is word of it");
    desk.room.now += SILENT_MS + 1;
    desk.log_in_again();
    assert_eq!(counts(&begin(&mut desk, 1)), ("reading", 0, 0, 0), "it is sent again");
}

/// Begins a file again, by its head and, where all of it was looked at, its digest.
fn again(head: &str, digest: Option<&str>) -> Value {
    json!({ "beginProspectImport": { "importId": id(1), "head": head, "digest": digest } })
}

/// A file of two parts of a hash was read to its end.
fn read(digest: &str, hash: &str) -> Value {
    json!({ "endProspectImport": {
        "importId": id(1), "parts": 2, "rows": 20, "digest": digest, "hashes": hash.repeat(32),
    } })
}

/// A part of a file whose parts have a hash.
fn part_of(hash: &str, number: i64) -> Value {
    let mut note = part(number);
    note["noteProspectImport"]["hash"] = json!(hash.repeat(16));
    note
}

#[test]
fn an_import_of_which_a_part_is_lost_is_shown_as_broken_and_only_its_file_may_be_sent_again() {
    let mut desk = Desk::open();
    desk.ask(&again("head", None));
    desk.system(&part_of("a", 0));
    assert_eq!(counts(&desk.system(&read("one", "a"))), ("running", 2, 7, 1));
    desk.room.now += LOST_MS + 1;
    desk.log_in_again();
    let broken = desk.ask(&again("head", None));
    assert_eq!(counts(&broken), ("broken", 2, 7, 1), "it may be another file");
    assert_eq!(broken["why"], "a part of the file may be lost: send it again");
    assert_eq!(broken["rows"], 20, "it was read to its end");
    for wrong in [again("another", None), again("head", Some("another"))] {
        assert_eq!(desk.refused(&wrong).0, Code::KeyReused);
    }
    let reading = desk.ask(&again("head", Some("one")));
    assert_eq!((counts(&reading), &reading["why"]), (("reading", 0, 0, 0), &Value::Null));
    assert_eq!(reading["errors"], json!([]));
    desk.system(&part_of("a", 0));
    assert_eq!(counts(&desk.system(&read("one", "a"))), ("running", 2, 7, 1));
    assert_eq!(counts(&after(&mut desk, &part_of("b", 1))), ("running", 2, 7, 1));
    assert_eq!(counts(&after(&mut desk, &part_of("a", 1))), ("done", 4, 14, 2));
}

/// A file of two parts was read to its end, and they are lost.
fn lost() -> Desk {
    let mut desk = Desk::open();
    desk.ask(&again("head", None));
    assert_eq!(counts(&desk.system(&read("one", "a"))), ("running", 0, 0, 0));
    desk.room.now += LOST_MS + 1;
    desk.log_in_again();
    desk
}

#[test]
fn a_file_that_is_sent_again_may_have_other_parts_than_it_had() {
    let mut desk = lost();
    assert_eq!(counts(&desk.ask(&again("head", Some("one")))), ("reading", 0, 0, 0));
    // One of them is done before all of the file is read.
    assert_eq!(counts(&after(&mut desk, &part_of("c", 0))), ("reading", 2, 7, 1));
    assert_eq!(counts(&desk.system(&read("one", "c"))), ("running", 2, 7, 1));
    assert_eq!(counts(&after(&mut desk, &part_of("a", 1))), ("running", 2, 7, 1), "it is late");
    assert_eq!(counts(&after(&mut desk, &part_of("c", 1))), ("done", 4, 14, 2));
}

#[test]
fn an_older_build_that_reads_a_file_does_not_make_another_file_of_it() {
    let mut desk = lost();
    assert_eq!(counts(&desk.ask(&again("head", Some("one")))), ("reading", 0, 0, 0));
    assert_eq!(counts(&end(&mut desk, 2, 20, None)), ("running", 0, 0, 0));
    assert_eq!(desk.refused(&again("head", Some("another"))).0, Code::KeyReused);
    // What it says at last takes nothing from what a newer one said.
    let mut desk = Desk::open();
    desk.ask(&again("head", None));
    desk.system(&part_of("a", 0));
    desk.system(&part_of("b", 1));
    assert_eq!(counts(&desk.system(&read("one", "a"))), ("broken", 4, 14, 2));
    assert_eq!(counts(&end(&mut desk, 2, 20, None)), ("broken", 4, 14, 2));
}

#[test]
fn another_file_under_the_same_key_is_refused_before_any_of_it_is_imported() {
    let mut desk = Desk::open();
    desk.ask(&again("head", None));
    assert_eq!(desk.refused(&again("another", None)).0, Code::KeyReused);
    desk.system(&part(0));
    assert_eq!(counts(&end(&mut desk, 1, 10, Some("it broke off"))), ("broken", 2, 7, 1));
    assert_eq!(desk.refused(&again("another", None)).0, Code::KeyReused);
    assert_eq!(counts(&desk.ask(&again("head", None))), ("reading", 0, 0, 0));
    desk.system(&read("one", "a"));
    let before = desk.ask(&again("head", Some("one")));
    assert_eq!(counts(&before), ("running", 0, 0, 0));
    desk.system(&part_of("a", 0));
    desk.system(&part_of("a", 1));
    assert_eq!(counts(&desk.ask(&again("head", Some("one")))), ("done", 4, 14, 2));
    assert_eq!(desk.refused(&again("head", Some("another"))).0, Code::KeyReused);
    let late = read("another", "b");
    assert_eq!(desk.refused_as(&system(), &late).0, Code::KeyReused, "it was sent beside it");
}

#[test]
fn parts_of_another_file_complete_no_import() {
    let mut desk = Desk::open();
    desk.ask(&again("head", None));
    desk.system(&part_of("b", 1));
    assert_eq!(counts(&end(&mut desk, 2, 20, Some("it broke off"))), ("broken", 2, 7, 1));
    desk.ask(&again("head", None));
    // One of the first file comes late, one comes when it is known which file it is.
    desk.system(&part_of("b", 0));
    let mixed = desk.system(&read("one", "a"));
    assert_eq!(counts(&mixed).0, "broken");
    let why = "parts of another file under this key came between: send the file again";
    assert_eq!(mixed["why"], why);
    assert_eq!(counts(&desk.ask(&again("head", Some("one")))), ("reading", 0, 0, 0));
    // The last that is late: all is to be sent once more.
    desk.system(&part_of("b", 2));
    assert_eq!(counts(&desk.system(&read("one", "a"))).0, "broken");
    assert_eq!(counts(&desk.ask(&again("head", Some("one")))), ("reading", 0, 0, 0));
    desk.system(&part_of("a", 1));
    assert_eq!(counts(&desk.system(&read("one", "a"))), ("running", 2, 7, 1));
    assert_eq!(counts(&after(&mut desk, &part_of("b", 0))), ("running", 2, 7, 1));
    assert_eq!(counts(&after(&mut desk, &part_of("a", 0))), ("done", 4, 14, 2));
}

#[test]
fn a_feed_that_was_read_twice_and_was_shorter_then_is_done_when_its_own_parts_have_come() {
    let mut desk = Desk::open();
    begin(&mut desk, 1);
    (0..3).for_each(|number| drop(desk.system(&part(number))));
    assert_eq!(counts(&end(&mut desk, 2, 20, None)), ("done", 6, 21, 3));
    let mut desk = Desk::open();
    begin(&mut desk, 1);
    (1..3).for_each(|number| drop(desk.system(&part(number))));
    assert_eq!(counts(&end(&mut desk, 2, 20, None)), ("running", 4, 14, 2));
    assert_eq!(counts(&after(&mut desk, &part(0))), ("done", 6, 21, 3));
}

#[test]
fn a_file_without_rows_is_done_at_once() {
    let mut desk = Desk::open();
    begin(&mut desk, 1);
    assert_eq!(counts(&end(&mut desk, 0, 0, None)), ("done", 0, 0, 0));
}

#[test]
fn only_the_first_thousand_errors_and_the_newest_hundred_imports_are_kept() {
    let mut desk = Desk::open();
    begin(&mut desk, 1);
    for number in 0..6 {
        let errors: Vec<_> = (0..200)
            .map(|row| json!({ "row": 200 * number + row, "reason": "x\n".repeat(300) }))
            .collect();
        desk.system(&json!({ "noteProspectImport": {
            "importId": id(1), "part": number, "created": 0, "known": 0, "errors": errors,
        } }));
    }
    let import = begin(&mut desk, 1);
    assert_eq!(counts(&import), ("reading", 0, 0, 1_200));
    assert_eq!(import["errors"].as_array().map(Vec::len), usize::try_from(ERRORS_MAX).ok());
    assert!(import["errors"][0]["reason"].as_str().is_some_and(|why| why.len() <= 210));
    assert_eq!(counts(&end(&mut desk, 0, 0, None)).0, "done");
    for number in 2..=u128::try_from(IMPORTS_MAX).expect("small") + 1 {
        desk.room.now += 1;
        begin(&mut desk, number);
        over(&mut desk, number);
    }
    let (gone, _) = desk.refused(&json!({ "getProspectImport": { "importId": id(1) } }));
    assert_eq!(gone, Code::NotFound);
    assert_eq!(desk.room.count("prospect_imports"), IMPORTS_MAX);
    assert_eq!(desk.room.count("prospect_import_errors"), 0);
    assert_eq!(desk.room.count("prospect_import_parts"), 0);
}

fn over(desk: &mut Desk, number: u128) {
    desk.system(&json!({ "endProspectImport": { "importId": id(number), "parts": 0, "rows": 0 } }));
}

#[test]
fn no_import_is_forgotten_while_it_is_under_way() {
    let mut desk = Desk::open();
    let most = u128::try_from(IMPORTS_MAX).expect("small");
    begin(&mut desk, 1);
    for number in 2..=most + 20 {
        desk.room.now += 1;
        begin(&mut desk, number);
        over(&mut desk, number);
    }
    assert_eq!(counts(&after(&mut desk, &part(0))), ("reading", 2, 7, 1));
    assert_eq!(desk.room.count("prospect_imports"), IMPORTS_MAX + 1);
    // Of which nothing is heard any more, it is as if it were over.
    desk.room.now += LOST_MS + 1;
    desk.log_in_again();
    begin(&mut desk, most + 21);
    let (gone, _) = desk.refused(&json!({ "getProspectImport": { "importId": id(1) } }));
    assert_eq!(gone, Code::NotFound);
}

#[test]
fn agents_begin_viewers_look_and_only_postroom_counts() {
    let mut desk = Desk::open();
    let (agent, viewer) = (desk.agent.principal.clone(), desk.viewer.principal.clone());
    let begin = json!({ "beginProspectImport": { "importId": id(1) } });
    assert_eq!(desk.refused_as(&viewer, &begin).0, Code::Forbidden);
    desk.ask(&begin);
    let get = json!({ "getProspectImport": { "importId": id(1) } });
    assert!(desk.ask_as(&viewer, &get).is_ok());
    assert_eq!(desk.refused_as(&agent, &part(0)).0, Code::Forbidden);
    let end = json!({ "endProspectImport": { "importId": id(1), "parts": 0, "rows": 0 } });
    assert_eq!(desk.manage_refused(&end).0, Code::Forbidden);
    let system = crate::kernel::testing::system();
    let unknown = json!({ "endProspectImport": { "importId": id(2), "parts": 0, "rows": 0 } });
    assert_eq!(desk.refused_as(&system, &unknown).0, Code::NotFound);
}
