//! Dumps as they should not be: each is told clearly, and no row is half moved.

use super::{Room, load, table};
use serde_json::{Value, json};

const FIRST: &str = "-- MariaDB dump 10.19\n/*!40101 SET NAMES utf8mb4 */;\n";
const LAST: &str = "-- Dump completed on 2024-01-01  0:00:00\n";

/// A small helpdesk; `more` are further statements.
fn dump(more: &str) -> String {
    let tables = [
        "workspaces (id int, name text)",
        "agents (id int, workspace_id int, name text, email text, created_at datetime)",
        "teams (id int, workspace_id int, name text, created_at datetime)",
        "users (id int, workspace_id int, name text, email text, created_at datetime, \
         updated_at datetime)",
        "tickets (id int, workspace_id int, title text, user_id int, assignee_id int, \
         created_at datetime, shoe_size int)",
        "ticket_bodies (id int, ticket_id int, email_body longtext, created_at datetime)",
        "comments (id int, ticket_id int, agent_id int, content longtext, created_at datetime)",
        "attachments (id int, comment_id int, file_name text, content_bytes longblob)",
    ];
    let made: String = tables.iter().map(|table| format!("create table {table};\n")).collect();
    let when = "'2021-03-28 02:30:00'";
    format!(
        "{FIRST}{made}insert into workspaces values (1,'Acme');\n\
         insert into agents values (1,1,'Ann','ann@old.example',{when});\n\
         insert into users values (1,1,'Uma','uma@c.example',{when},{when});\n\
         insert into tickets values (1,1,'First',1,1,{when},43);\n\
         insert into ticket_bodies values (1,1,'Hello',{when});\n\
         insert into comments values (1,1,1,'Hi',{when});\n\
         {more}\n{LAST}"
    )
}

/// Why a dump is refused as a whole: nothing of it has moved.
fn refused(bytes: impl AsRef<[u8]>) -> String {
    let mut room = Room::open(7);
    let before = room.rows();
    let error = load(&mut room, bytes).err().map(|error| format!("{error:#}"));
    assert_eq!((room.calls, room.rows()), (0, before));
    error.expect("refused")
}

/// What the report says of a table of a dump with further statements; the small helpdesk has moved.
fn told(more: &str, name: &str) -> (Value, Room) {
    let mut room = Room::open(7);
    let report = load(&mut room, dump(more)).expect("loaded");
    let first = table(&report, name);
    assert_eq!(first["sha256Sent"], first["sha256Kept"], "{first}");
    assert!(room.of_kind("comment").iter().any(|it| it["body"] == "Hi"));
    // What is told is told again, and nothing changes.
    let (rows, calls) = (room.rows(), room.calls);
    let again = table(&load(&mut room, dump(more)).expect("loaded"), name);
    assert!(room.calls > calls && room.rows() == rows);
    assert_eq!((&again["created"], &again["reasons"]), (&json!(0), &first["reasons"]));
    (first, room)
}

#[test]
fn a_whole_dump_moves_wholly_and_once() {
    let mut room = Room::open(7);
    let first = load(&mut room, dump("")).expect("loaded");
    assert!(first.complete() && first.warnings.is_empty(), "{first}");
    let (rows, head) = (room.rows(), first.heads.1);
    let second = load(&mut room, dump("")).expect("loaded");
    assert!(second.complete() && room.rows() == rows, "{second}");
    assert_eq!(second.heads, (head, head));
    assert_eq!(table(&second, "comments")["unchanged"], 1);
    assert_eq!(table(&second, "comments")["sha256Sent"], table(&first, "comments")["sha256Kept"]);
}

#[test]
fn a_truncated_dump_is_refused_wherever_it_ends() {
    let whole = dump("");
    let from = whole.find("insert into").expect("rows");
    for end in from..whole.find(LAST).expect("an end") {
        let why = refused(&whole.as_bytes()[..end]);
        assert!(why.contains("breaks off"), "at {end}: {why}");
    }
    // Without comments nobody can know; that is said.
    let silent = whole.replace(FIRST, "").replace(LAST, "");
    let mut room = Room::open(7);
    let report = load(&mut room, silent).expect("loaded");
    assert_eq!(report.warnings.len(), 1, "{report}");
}

#[test]
fn a_dump_in_another_charset_is_refused() {
    let mut bytes =
        dump("insert into users values (2,1,'X','x@c.example',null,null);").into_bytes();
    let at = bytes.windows(3).position(|three| three == b"'X'").expect("a name") + 1;
    bytes[at] = 0xe4; // ä in Latin-1
    let why = refused(&bytes);
    assert!(why.contains("not UTF-8, in insert into users") && why.contains("utf8mb4"), "{why}");
    let said = dump("insert into users values (2,1,'Zoë','z@c.example',null,null);");
    let why = refused(said.replace("SET NAMES utf8mb4", "SET NAMES latin1"));
    assert!(why.contains("its charset is latin1"), "{why}");
}

#[test]
fn what_is_no_sql_or_no_dump_is_refused() {
    for (text, said) in [
        (dump("insert into users values (2,1,;"), "insert into users"),
        (dump("insert into users select * from agents;"), "an insert without values"),
        ("hello".to_owned(), "breaks off"),
        (String::new(), "no table in it"),
        ("create table tickets (id int);".to_owned(), "no workspace"),
        (dump("insert into workspaces values (2,'Other');"), "--source-workspace: 1, 2"),
    ] {
        let why = refused(&text);
        assert!(why.contains(said), "{said}: {why}");
    }
}

#[test]
fn a_huge_row_becomes_several_comments_and_loses_nothing() {
    let long = "0123456789 🦀 \\n".repeat(200_000);
    let more = format!("insert into comments values (2,1,1,'{long}','2021-03-28 02:30:00');");
    let (told, mut room) = told(&more, "comments");
    assert_eq!((&told["source"], &told["refused"]), (&json!(2), &json!(0)));
    let parts: Vec<Value> = room.of_kind("comment");
    let parts: Vec<&str> = parts.iter().skip(2).filter_map(|it| it["body"].as_str()).collect();
    assert!(parts.len() > 40, "{}", parts.len());
    let words = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(words(&parts.concat()), words(&long.replace("\\n", "\n")));
}

#[test]
fn a_huge_file_is_refused_and_its_comment_stays() {
    let file = "x".repeat(25 * 1024 * 1024 + 1);
    let mut room = Room::open(7);
    let more = format!("insert into attachments values (1,1,'x','{file}'),(2,1,'y','y');");
    let told = table(&load(&mut room, dump(&more)).expect("loaded"), "attachments");
    assert_eq!(told["reasons"], json!({ "Refused: more than 26214400 bytes": [1, ["1"]] }));
    assert_eq!((told["created"].as_i64(), room.of_kind("attachment").len()), (Some(1), 1));
    assert_eq!(room.of_kind("comment").len(), 2);
}

#[test]
fn columns_that_nothing_is_made_of_are_named() {
    let (told, _) = told("", "tickets");
    assert_eq!(told["passedOver"], json!(["shoe_size"]));
    assert_eq!(told["refused"], 0);
}

#[test]
fn of_rows_with_one_id_the_first_moves() {
    let more = "insert into users values (1,1,'Mallory','m@c.example',null,'2025-01-01 00:00:00'),\
        (2,1,'Twin','UMA@c.example',null,null);\n\
        insert into comments values (1,1,1,'again',null);";
    let (users, mut room) = told(more, "users");
    assert_eq!(users["reasons"], json!({ "Refused: an earlier row has its id": [1, ["1"]] }));
    assert_eq!((&users["source"], &users["known"]), (&json!(3), &json!(1)));
    assert_eq!(room.of_kind("user").len(), 1);
    assert_eq!(room.of_kind("user")[0]["name"], "Uma");
    let (comments, _) = told(more, "comments");
    assert_eq!(comments["refused"], 1);
}

#[test]
fn a_zero_date_is_taken_from_what_is_next_to_it() {
    let more = "insert into users values \
        (2,1,'Zoe','zoe@c.example','0000-00-00 00:00:00','2022-01-02 03:04:05'),\
        (3,1,'Yan','yan@c.example','0000-00-00','2022-00-00 00:00:00');\n\
        insert into comments values (2,1,1,'When?','0000-00-00 00:00:00');";
    let (_, mut room) = told(more, "users");
    let users = room.of_kind("user");
    let named = |name: &str| users.iter().find(|it| it["name"] == name).cloned().expect("a user");
    assert_eq!(named("Zoe")["createdAt"], 1_641_092_645_000_i64);
    assert_eq!(named("Yan")["createdAt"], 0);
    let comments = room.of_kind("comment");
    let when = comments.iter().find(|it| it["body"] == "When?").expect("it moved");
    assert_eq!(when["createdAt"], 1_616_898_600_000_i64, "the ticket's");
}

#[test]
fn what_belongs_to_nothing_is_told_and_what_names_nothing_goes_without() {
    let more = "insert into tickets values (2,1,'Whose?',99,98,null,null),\
        (3,9,'Of no workspace',1,1,null,null),(4,null,'Nobody''s',1,1,null,null),\
        (5,1,'Odd','x1',1,null,null);\n\
        insert into comments values (2,77,1,'lost',null),(3,null,1,'lost too',null),\
        (4,2,55,'said by nobody',null);\n\
        insert into attachments values (1,2,'a.txt',0x61),(2,4,'b.txt',0x62),(null,4,'c',0x63);";
    let (tickets, mut room) = told(more, "tickets");
    assert_eq!(
        tickets["reasons"],
        json!({
            "Refused: its workspace is not there": [1, ["3"]],
            "Refused: it belongs to no workspace": [1, ["4"]],
            "Refused: its user_id is no whole number": [1, ["5"]],
        })
    );
    assert_eq!(tickets["notes"]["naming what the workspace does not have: without it"], 2);
    let moved = room.of_kind("ticket");
    assert_eq!(moved.len(), 2);
    assert!(moved.iter().any(|it| it["subject"] == "Whose?" && it["userId"].is_null()));
    let (comments, mut room) = told(more, "comments");
    assert_eq!(
        comments["reasons"],
        json!({
            "Refused: its ticket is not there": [1, ["2"]],
            "Refused: it belongs to no ticket": [1, ["3"]],
        })
    );
    let said = room.of_kind("comment");
    let orphan = said.iter().find(|it| it["body"] == "said by nobody").expect("it moved");
    assert_eq!(orphan["author"]["kind"], "system", "{orphan}");
    assert!(said.iter().all(|it| it["body"] != "lost" && it["body"] != "lost too"));
    let (attachments, mut room) = told(more, "attachments");
    assert_eq!(
        attachments["reasons"],
        json!({
            "Refused: its comment is not there": [1, ["1"]],
            "Refused: it has no id": [1, ["row 3"]],
        })
    );
    assert_eq!(room.of_kind("attachment").len(), 1);
}
