//! A workspace as a file, and another one made of it.

use super::{Room, TempFile, load};
use crate::client::Desk;
use crate::export;
use serde_json::json;
use std::fs;

const DUMP: &str = include_str!("desk.sql");

/// A workspace with all that a dump brings, and what was done since.
fn room() -> Room {
    let mut room = Room::open(7);
    let report = load(&mut room, DUMP).expect("loaded");
    assert!(report.complete(), "{report}");
    let ticket = room.of_kind("ticket")[0]["id"].clone();
    room.ask(&json!({ "changeTicket": { "ticketId": ticket, "status": "solved" } }));
    room
}

#[test]
fn what_is_exported_can_be_restored_and_is_the_same() {
    let (mut old, mut new) = (room(), Room::open(8));
    let folder = std::env::temp_dir().join(format!("postroom-files-{}", std::process::id()));
    let file = TempFile::of("");
    let told = export::export(&mut old, &file.0, Some(&folder)).expect("exported");
    assert!(told.contains("1 files, 0 of them kept no more"), "{told}");
    let report = export::restore(&mut new, &file.0, Some(&folder)).expect("restored");
    fs::remove_dir_all(&folder).expect("removed");
    assert!(report.complete(), "{report}");

    // Both have an owner of the same address; that is all that may differ.
    let rest = |room: &mut Room| {
        let rows = room.rows().into_iter();
        rows.filter(|row| !row.contains("owner@example.com")).collect::<Vec<_>>()
    };
    let (ours, theirs) = (rest(&mut old), rest(&mut new));
    assert!(ours.len() > 10, "{ours:?}");
    assert_eq!(ours, theirs);
    let attachment = new.of_kind("attachment")[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(new.download(&attachment).expect("asked"), Some(b"abc".to_vec()));

    // Again, and nothing changes.
    let head = new.head().expect("a head");
    let again = export::restore(&mut new, &file.0, None).expect("restored");
    assert_eq!(again.heads, (head, head));
}

#[test]
fn a_file_that_broke_off_or_was_altered_is_not_loaded_at_all() {
    let mut old = room();
    let file = TempFile::of("");
    export::export(&mut old, &file.0, None).expect("exported");
    let whole = fs::read_to_string(&file.0).expect("text");
    let mut bad =
        vec![whole.replacen("Uma", "Una", 1), whole.replacen("\"number\":1", "\"number\":2", 1)];
    let lines: Vec<&str> = whole.lines().collect();
    bad.extend((0..lines.len()).map(|count| lines[..count].join("\n")));
    bad.extend(
        (1..lines.len() - 1).map(|gone| [&lines[..gone], &lines[gone + 1..]].concat().join("\n")),
    );
    for text in bad {
        let file = TempFile::of(&text);
        let mut new = Room::open(8);
        assert!(export::restore(&mut new, &file.0, None).is_err(), "{text}");
        assert_eq!(new.calls, 0);
    }
}
