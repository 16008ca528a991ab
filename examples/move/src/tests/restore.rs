//! A workspace as a file, and another one made of it.

use super::{Room, TempFile, load};
use crate::client::Desk;
use crate::export;
use crate::ids::sha;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

const DUMP: &str = include_str!("desk.sql");

/// A workspace with all that a dump brings, and what was done since.
fn room() -> Room {
    let mut room = Room::open(7);
    let report = load(&mut room, DUMP).expect("loaded");
    assert!(report.complete(), "{report}");
    let ticket = room.of_kind("ticket")[0]["id"].clone();
    let owner = room.of_kind("agent")[0]["id"].clone();
    let (team, category) = (id(&mut room, "team"), id(&mut room, "category"));
    let merged = |subject: &str| json!({ "createTicket": { "subject": subject } });
    let (source, target) = (room.ask(&merged("One")), room.ask(&merged("Two")));
    let source = json!({ "ticketId": source["id"], "intoId": target["id"] });
    for command in [
        json!({ "changeTicket": { "ticketId": ticket, "status": "solved", "teamId": team,
            "categoryId": category, "attributes": { "plan": "gold" } } }),
        json!({ "mergeTickets": source }),
        json!({ "createAttribute": { "subject": "ticket", "key": "plan", "label": "Plan",
            "type": "text" } }),
        json!({ "createCustomStatus": { "name": "Parts ordered", "status": "waiting" } }),
        json!({ "createMacro": { "name": "Mine", "actions": { "reply": "b" } } }),
        json!({ "createSignature": { "name": "All", "body": "{{workspace.name}}" } }),
        json!({ "createView": { "name": "Open", "filter": { "status": ["open"] } } }),
        json!({ "setBusinessHours": { "timeZone": "UTC",
            "week": [{ "day": "monday", "from": "09:00", "to": "17:00" }] } }),
        json!({ "changeFreeMail": { "domains": ["free.example"] } }),
        json!({ "changeNotificationTemplates": { "templates": [
            { "kind": "assigned", "title": "Yours", "body": "See it." }] } }),
        json!({ "createWebhook": { "url": "https://a.example/in", "kinds": ["*"],
            "sealedSecret": vec![7; 61] } }),
        json!({ "createSlaPolicy": { "name": "Soon",
            "targets": [{ "priority": "low", "firstReplyMinutes": 5 }] } }),
        json!({ "createWorkflow": { "name": "Later", "steps": [{ "wait": { "minutes": 5 } }] } }),
        json!({ "createAutomation": { "name": "Note", "trigger": { "on": "noteAdded" },
            "actions": [{ "assignTeam": team }, { "assignAgent": owner }] } }),
    ] {
        room.ask(&command);
    }
    room
}

/// The id of some thing of a kind.
fn id(room: &mut Room, kind: &str) -> Value {
    room.of_kind(kind)[0]["id"].clone()
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

    let (ours, theirs) = (old.rows(), new.rows());
    assert_eq!(ours, theirs);
    let kinds: BTreeSet<&str> = ours.iter().filter_map(|row| row.split('"').nth(1)).collect();
    assert_eq!(kinds.len(), 22, "each kind: {kinds:?}");
    let attachment = new.of_kind("attachment")[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(new.download(&attachment).expect("asked"), Some(b"abc".to_vec()));

    // Again, and nothing changes.
    let head = new.head().expect("a head");
    let again = export::restore(&mut new, &file.0, None).expect("restored");
    assert_eq!(again.heads, (head, head));
    assert!(again.complete(), "{again}");
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

/// The text of an export whose rows are other ones, sealed as it should be.
fn resealed(text: &str, change: impl Fn(&str) -> String) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut kinds: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let mut out = format!("{}\n", lines[0]);
    for line in &lines[1..lines.len() - 1] {
        let line = change(line);
        let kind = line.split('"').nth(1).expect("a kind").to_owned();
        let (count, whole) = kinds.entry(kind).or_default();
        *count += 1;
        whole.push_str(&format!("{line}\n"));
        out += &format!("{line}\n");
    }
    let counts: BTreeMap<_, _> = kinds.iter().map(|(kind, (count, _))| (kind, count)).collect();
    let sums: BTreeMap<_, _> = kinds.iter().map(|(kind, (_, text))| (kind, sha(text))).collect();
    out + &json!({ "end": { "counts": counts, "sha256": sums } }).to_string()
}

#[test]
fn a_file_with_what_nobody_knows_is_not_loaded_at_all() {
    let mut old = room();
    let file = TempFile::of("");
    export::export(&mut old, &file.0, None).expect("exported");
    let whole = fs::read_to_string(&file.0).expect("text");
    let same = TempFile::of(resealed(&whole, str::to_owned));
    export::restore(&mut Room::open(8), &same.0, None).expect("restored");
    for (from, to, said) in [
        ("{\"view\":", "{\"spell\":", "spell"),
        ("\"subject\":\"First\"", "\"shoeSize\":43,\"subject\":\"First\"", "more in it"),
        ("\"subject\":\"First\"", "\"subject\":7", "line"),
        ("\"status\":\"solved\"", "\"status\":\"lost\"", "line"),
    ] {
        assert!(whole.contains(from), "{from}");
        let file = TempFile::of(resealed(&whole, |line| line.replace(from, to)));
        let mut new = Room::open(8);
        let before = new.rows();
        let error = export::restore(&mut new, &file.0, None).expect_err("refused");
        let error = format!("{error:#}");
        assert!(error.contains(said), "{said}: {error}");
        assert_eq!((new.calls, new.rows()), (0, before));
    }
}
