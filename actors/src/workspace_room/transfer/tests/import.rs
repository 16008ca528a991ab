//! Rows that come in.

use super::{
    CREATED, Mover, agent, comment, company, file, id, one_of_each, team, ticket, user, with,
};
use crate::kernel::{Effect, Outcome};
use crate::workspace_room::access::tests::world::{accept, invite};
use crate::workspace_room::tests::desk::text;
use schema::room::access::Opened;
use schema::summary::{Cell, Table};
use schema::{Code, Role};
use serde_json::{Value, json};

#[test]
fn history_comes_in_as_it_was_and_is_told_once() {
    let mut mover = Mover::open();
    mover.desk.events();
    assert_eq!(mover.outcomes(one_of_each()), vec!["created"; 8]);
    let events = mover.desk.events();
    assert_eq!(events.len(), 1, "one event for the whole call");
    assert_eq!(events[0]["type"], "workspace.imported");
    assert_eq!(events[0]["data"], json!({ "created": 8, "updated": 0 }));

    let found = mover.desk.get(&id(4, 7));
    for (field, value) in [
        ("number", json!(7)),
        ("subject", json!("It's \\ broken")),
        ("comments", json!(2)),
        ("createdAt", json!(CREATED)),
        ("updatedAt", json!(CREATED + 5)),
        ("lastCommentAt", json!(CREATED + 2)),
        ("firstReplyAt", Value::Null),
        ("userEmail", json!("user1@c1.example")),
        ("companyName", json!("Company 1")),
        ("assigneeId", json!(id(1, 1))),
        ("unread", json!(0)),
    ] {
        assert_eq!(found[field], value, "{field}");
    }
    let list = json!({ "listComments": { "ticketId": id(4, 7), "limit": 1 } });
    let first = mover.desk.ask(&list);
    assert_eq!(first["items"][0]["id"], id(5, 1));
    let next = json!({ "listComments": { "ticketId": id(4, 7), "cursor": first["nextCursor"] } });
    let second = mover.desk.ask(&next);
    assert_eq!(second["items"][0]["attachments"][0]["fileName"], "plan.pdf");
    let key = second["items"][0]["attachments"][0]["key"].as_str().expect("a key").to_owned();
    assert_eq!(key, format!("attachments/{}/{}", mover.desk.room.workspace, "ba".repeat(32)));
}

#[test]
fn the_second_time_nothing_is_written() {
    let mut mover = Mover::open();
    mover.outcomes(one_of_each());
    mover.desk.events();
    let before = mover.desk.room.home.rows_written();
    assert_eq!(mover.outcomes(one_of_each()), vec!["unchanged"; 8]);
    assert_eq!(mover.desk.room.home.rows_written(), before);
    assert!(mover.desk.events().is_empty());
}

#[test]
fn what_is_newer_wins_and_what_is_written_here_stays() {
    let mut mover = Mover::open();
    mover.outcomes(one_of_each());
    let later = json!({ "subject": "Mended", "status": "solved", "tags": ["c"],
        "updatedAt": CREATED + 9 });
    let rows = json!([
        with(ticket(7), later.clone()),
        with(user(1), json!({ "name": "New", "updatedAt": CREATED + 1 })),
        with(agent(1), json!({ "email": "new@old.example", "updatedAt": CREATED + 1 })),
        with(team(1), json!({ "memberIds": [], "updatedAt": CREATED + 1 })),
    ]);
    assert_eq!(mover.outcomes(rows), vec!["updated"; 4]);
    let found = mover.desk.get(&id(4, 7));
    assert_eq!((&found["subject"], &found["solvedAt"]), (&json!("Mended"), &json!(CREATED + 9)));
    assert_eq!(found["tags"], json!(["c"]));

    mover.desk.ask(&json!({ "changeTicket": { "ticketId": id(4, 7), "subject": "Ours" } }));
    let result = &mover.import(json!([with(ticket(7), later)]))[0];
    assert_eq!(result["outcome"], "conflict");
    assert!(result["reason"].as_str().expect("why").contains("subject, updatedAt"), "{result}");
    assert_eq!(mover.desk.get(&id(4, 7))["subject"], "Ours");
    let other = with(comment(1, 7), json!({ "body": "another" }));
    assert_eq!(mover.outcomes(json!([other])), ["conflict"]);
}

#[test]
fn numbers_are_kept_where_free_and_go_on_after_the_highest() {
    let mut mover = Mover::open();
    mover.desk.ticket("ours");
    mover.outcomes(json!([agent(1), company(1), user(1)]));
    let unnumbered = with(ticket(3), json!({ "number": null }));
    let results = mover.import(json!([ticket(1), ticket(40), ticket(20), unnumbered]));
    let numbers: Vec<&Value> = results.iter().map(|result| &result["number"]).collect();
    assert_eq!(numbers, [2, 40, 20, 41]);
    let again = mover.import(json!([ticket(1)]));
    assert_eq!((&again[0]["outcome"], &again[0]["number"]), (&json!("unchanged"), &json!(2)));
    let next = mover.desk.ticket("ours too");
    assert_eq!(mover.desk.get(&next)["number"], 42);
}

#[test]
fn who_is_here_under_another_id_is_named() {
    let mut mover = Mover::open();
    let email = json!({ "createUser": { "email": "ann@c1.example" } });
    let ann = mover.desk.ask(&email);
    let owner = mover.desk.owner.opened.agent.clone();
    let results = mover.import(json!([
        company(1),
        with(user(1), json!({ "email": "Ann@C1.example", "companyId": null })),
        with(agent(1), json!({ "email": owner.email })),
    ]));
    for (result, id) in results.iter().zip([&ann["companyId"], &ann["id"], &json!(owner.id)]) {
        assert_eq!((&result["outcome"], &result["existingId"]), (&json!("known"), id));
    }
}

#[test]
fn a_bad_row_is_refused_and_keeps_no_other_from_coming_in() {
    let mut mover = Mover::open();
    let bad = json!([
        with(agent(2), json!({ "email": "no address" })),
        with(agent(2), json!({ "name": " \u{200b}" })),
        with(team(2), json!({ "memberIds": [id(1, 9)] })),
        with(company(2), json!({ "domain": "a b.example" })),
        with(user(2), json!({ "companyId": id(2, 9) })),
        with(user(2), json!({ "createdAt": -1 })),
        with(ticket(8), json!({ "number": 0 })),
        with(ticket(8), json!({ "subject": "" })),
        with(ticket(8), json!({ "assigneeId": id(1, 9) })),
        with(ticket(8), json!({ "userId": id(3, 9) })),
        with(ticket(8), json!({ "updatedAt": 99_000_000_000_000_i64 })),
        with(ticket(8), json!({ "followsTicketId": id(4, 9) })),
        comment(3, 9),
        with(comment(3, 7), json!({ "author": { "kind": "agent", "id": id(1, 9) } })),
        with(comment(3, 7), json!({ "body": "\u{0}" })),
        with(comment(3, 7), json!({ "body": "x".repeat(65_537) })),
        file(2, 9),
        with(file(2, 2), json!({ "sha256": "BA".repeat(32) })),
        with(file(2, 2), json!({ "fileName": "../../etc/passwd" })),
    ]);
    mover.outcomes(one_of_each());
    let before = mover.desk.room.home.rows_written();
    for (result, row) in mover.import(bad.clone()).iter().zip(bad.as_array().expect("rows")) {
        assert_eq!(result["outcome"], "refused", "{row}");
        assert!(result["reason"].is_string(), "{row}");
    }
    assert_eq!(mover.desk.room.home.rows_written(), before, "the bad rows left nothing");
    let mixed = json!([comment(3, 9), comment(3, 7), comment(4, 7)]);
    assert_eq!(mover.outcomes(mixed), ["refused", "created", "created"]);
    assert_eq!(mover.desk.get(&id(4, 7))["comments"], 4);
}

#[test]
fn a_call_is_bounded_and_for_those_who_manage() {
    let mut mover = Mover::open();
    let owner = mover.owner.clone();
    let many: Vec<Value> = (0..101).map(company).collect();
    let long: Vec<Value> = (0..9)
        .map(|number| with(comment(number, 1), json!({ "body": "x".repeat(60_000) })))
        .collect();
    for rows in [json!([]), json!(many), json!(long)] {
        let command = json!({ "importRows": { "rows": rows } });
        assert_eq!(mover.desk.refused_as(&owner, &command).0, Code::InvalidInput);
    }
    for who in [mover.desk.agent.principal.clone(), mover.desk.viewer.principal.clone()] {
        let command = json!({ "importRows": { "rows": [company(1)] } });
        assert_eq!(mover.desk.refused_as(&who, &command).0, Code::Forbidden);
        let command = json!({ "exportRows": {} });
        assert_eq!(mover.desk.refused_as(&who, &command).0, Code::Forbidden);
    }
}

#[test]
fn d1_shows_what_was_imported() {
    let mut mover = Mover::open();
    mover.outcomes(one_of_each());
    mover.outcomes(json!([with(ticket(8), json!({ "status": "closed" })), comment(3, 8)]));
    mover.outcomes(json!([comment(4, 8)]));
    let room = &mut mover.desk.room;
    room.drain(|_, _| panic!("an import asks for nothing but rows in D1"));
    let row = room.rows.get(&(Table::Tickets, id(4, 8))).expect("a row").clone();
    assert_eq!(row.cells[9], Cell::Integer(2), "comments");
    let workspace = room.workspace.to_string();
    let row = &room.rows[&(Table::Workspaces, workspace)];
    assert_eq!(row.cells[3..5], [Cell::Integer(2), Cell::Integer(1)], "tickets, open ones");
}

#[test]
fn a_ticket_that_comes_with_another_user_has_a_later_row_in_d1() {
    let mut mover = Mover::open();
    let at = |later: i64| json!({ "name": format!("N{later}"), "updatedAt": CREATED + later });
    mover.outcomes(json!([company(1), agent(1), user(1), user(2), ticket(8)]));
    for later in 1..4 {
        mover.outcomes(json!([with(user(1), at(later))]));
    }
    let row = |mover: &mut Mover| {
        mover.desk.room.drain(|_, _| panic!("an import asks for nothing but rows in D1"));
        mover.desk.room.rows[&(Table::Tickets, id(4, 8))].clone()
    };
    let before = row(&mut mover);
    let moved = json!({ "userId": id(3, 2), "updatedAt": CREATED + 9 });
    assert_eq!(mover.outcomes(json!([with(ticket(8), moved)])), ["updated"]);
    let after = row(&mut mover);
    assert!(after.version > before.version, "{} after {}", after.version, before.version);
    assert_eq!(after.cells[6], Cell::Text("user2@c1.example".into()));
}

#[test]
fn an_imported_agent_is_invited_and_is_who_they_were() {
    let mut mover = Mover::open();
    mover.outcomes(one_of_each());
    let email = "agent1@old.example";
    let room = &mut mover.desk.room;
    assert!(room.log_in(email, "r0").is_err(), "no password, no way in");
    room.try_ask(&mover.owner, invite(email, Role::Viewer, "token")).expect("invited");
    let visitor = room.visitor();
    let opened: Opened = room.ask(&visitor, accept("token", email, "r1")).expect("accepted");
    assert_eq!(opened.agent.id.to_string(), id(1, 1));
    assert_eq!((opened.agent.role, opened.agent.active), (Role::Viewer, true));
    assert_eq!(opened.agent.created_at, CREATED);
    room.log_in(email, "r2").expect("logged in");
    let again = room.try_ask(&mover.owner, invite(email, Role::Agent, "token2"));
    assert_eq!(again.expect_err("an agent now").code, Code::Conflict);

    // From now on their row is theirs.
    let row = with(agent(1), json!({ "name": "Other", "updatedAt": CREATED + 9 }));
    assert_eq!(mover.outcomes(json!([row])), ["conflict"]);
}

#[test]
fn an_answer_to_an_imported_mail_finds_its_ticket() {
    let mut mover = Mover::open();
    mover.outcomes(one_of_each());
    let mail = json!({ "rawKey": "mail/elsewhere/x.eml", "messageId": "<old@c1.example>" });
    mover.outcomes(json!([with(comment(3, 7), json!({ "mail": mail }))]));
    let answer = json!({ "receiveMail": { "rawKey": "mail/1.eml", "messageId": "new@c1.example",
        "inReplyTo": ["old@c1.example"], "from": { "address": "user1@c1.example" },
        "subject": "Re", "text": "Thanks" } });
    let receipt = mover.desk.system(&answer);
    assert_eq!(receipt["ticketId"], id(4, 7));
    let found = json!({ "getComment": { "commentId": id(5, 3) } });
    assert_eq!(mover.desk.ask(&found)["mail"]["rawKey"], "", "no address of elsewhere is kept");
}

#[test]
fn what_is_written_here_comes_after_what_was_imported_and_alone_is_unread() {
    let mut mover = Mover::open();
    mover.outcomes(one_of_each());
    let ours = mover.desk.comment(&id(4, 7), "ours");
    mover.outcomes(json!([comment(3, 7)]));
    let list = json!({ "listComments": { "ticketId": id(4, 7) } });
    let page = mover.desk.ask(&list);
    let ids: Vec<&Value> =
        page["items"].as_array().expect("items").iter().map(|c| &c["id"]).collect();
    assert_eq!(ids, [&json!(id(5, 1)), &json!(id(5, 2)), &json!(id(5, 3)), &ours["id"]]);
    let viewer = mover.desk.viewer.principal.clone();
    let get = json!({ "getTicket": { "ticketId": id(4, 7) } });
    assert_eq!(mover.desk.ask_as(&viewer, &get).expect("a ticket")["unread"], 1);
}

#[test]
fn what_was_deleted_here_does_not_come_back() {
    let mut mover = Mover::open();
    mover.outcomes(one_of_each());
    let delete = json!({ "deleteTeam": { "teamId": id(7, 1) } });
    let owner = mover.owner.clone();
    mover.desk.ask_as(&owner, &delete).expect("deleted");
    let results = mover.import(json!([team(1), team(2)]));
    assert_eq!(
        (&results[0]["outcome"], &results[1]["outcome"]),
        (&json!("conflict"), &json!("created"))
    );
}

#[test]
fn what_a_deleted_ticket_had_does_not_come_back() {
    let mut mover = Mover::open();
    mover.outcomes(one_of_each());
    let count = mover.desk.room.number("select sum(tickets) from ticket_counts");
    mover.desk.manage(&json!({ "deleteTicket": { "ticketId": id(4, 7) } }));
    let written = mover.desk.room.home.rows_written();
    let newer = with(ticket(7), json!({ "status": "solved", "updatedAt": CREATED + 9 }));
    let other = with(file(1, 2), json!({ "commentId": id(5, 9) }));
    let rows = json!([newer, comment(1, 7), comment(2, 7), file(1, 2), other]);
    assert_eq!(mover.outcomes(rows), vec!["conflict"; 5]);
    assert_eq!(mover.outcomes(json!([comment(9, 7), file(9, 2)])), vec!["refused"; 2]);
    assert_eq!(mover.desk.room.home.rows_written(), written, "nothing was left");
    assert_eq!(mover.desk.room.number("select sum(tickets) from ticket_counts"), count - 1);
}

/// How often a content is held, and what is known of it.
fn holders(mover: &Mover) -> Vec<String> {
    mover.desk.rows("files", &["bytes_count", "sha256"])
}

#[test]
fn the_content_of_an_imported_file_is_kept_once_and_until_its_last_holder_goes() {
    let mut mover = Mover::open();
    mover.outcomes(one_of_each());
    mover.outcomes(json!([ticket(8), comment(3, 8), file(2, 3), file(3, 3), file(3, 3)]));
    let sha256 = "ba".repeat(32);
    let key = format!("attachments/{}/{sha256}", mover.desk.room.workspace);
    let held =
        |holders: i64| format!("key=Text(\"{key}\") media=Text(\"\") holders=Integer({holders})");
    assert_eq!(holders(&mover), [held(3)]);

    // A mail that has it; and an upload, which is not given up for what nobody has seen.
    let mail = json!({ "receiveMail": { "rawKey": "mail/1.eml", "messageId": "m@c9.example",
        "from": { "address": "zoe@c9.example" }, "subject": "Hi", "text": "Hello",
        "attachments": [{ "fileName": "a.txt", "contentType": "text/plain", "bytesCount": 3,
            "sha256": sha256, "key": key }] } });
    let receipt = mover.desk.system(&mail);
    let begin = json!({ "beginUpload": { "fileName": "a.png", "contentType": "image/png" } });
    let begun = mover.desk.ask(&begin);
    let finish = json!({ "attachmentId": begun["attachmentId"], "sha256": sha256,
        "bytesCount": 3, "media": "image/png" });
    let upload = mover.desk.ask(&json!({ "finishUpload": finish }));
    assert_eq!((&upload["key"], &upload["media"]), (&json!(begun["key"]), &json!("image/png")));
    assert_eq!(holders(&mover), [held(4)]);

    let forgotten = |mover: &mut Mover| {
        let mut keys = Vec::new();
        mover.desk.room.drain(|_, effect| {
            let Effect::Forget(some) = effect else { panic!("{effect:?}") };
            keys.extend(some.clone());
            Outcome::Done(Vec::new())
        });
        keys
    };
    assert_eq!(forgotten(&mut mover), Vec::<String>::new());
    for ticket in [id(4, 7), id(4, 8)] {
        mover.desk.manage(&json!({ "deleteTicket": { "ticketId": ticket } }));
    }
    mover.desk.pass(31 * 24 * 60 * 60_000);
    // The upload was swept, the tickets are gone; the mail has it still.
    assert_eq!(holders(&mover), [held(1)]);
    let gone = forgotten(&mut mover);
    assert!(!gone.contains(&key) && gone.contains(&text(&begun["key"])), "{gone:?}");
    mover.desk.system(&json!({ "deleteTicket": { "ticketId": receipt["ticketId"] } }));
    mover.desk.pass(31 * 24 * 60 * 60_000);
    assert_eq!(holders(&mover), Vec::<String>::new());
    assert!(forgotten(&mut mover).contains(&key));
}

#[test]
fn a_content_that_a_mail_brought_before_is_counted_with_it() {
    let mut mover = Mover::open();
    let sha256 = "ba".repeat(32);
    let key = format!("attachments/{}/{sha256}", mover.desk.room.workspace);
    let mail = json!({ "receiveMail": { "rawKey": "mail/1.eml", "messageId": "m@c9.example",
        "from": { "address": "zoe@c9.example" }, "subject": "Hi", "text": "Hello",
        "attachments": [{ "fileName": "a.txt", "contentType": "text/plain", "bytesCount": 3,
            "sha256": sha256, "key": key }] } });
    mover.desk.system(&mail);
    mover.outcomes(one_of_each());
    assert_eq!(mover.desk.room.number("select holders from files"), 2);
}

#[test]
fn what_was_imported_is_found() {
    let mut mover = Mover::open();
    let search = |mover: &mut Mover, word: &str| -> Vec<String> {
        let (mut ids, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let command = json!({ "search": { "query": word, "limit": 100, "cursor": cursor } });
            let page = mover.desk.ask(&command);
            for hit in page["items"].as_array().expect("items") {
                let kind = hit["kind"].as_str().expect("a kind");
                ids.push(hit[kind]["id"].as_str().expect("an id").to_owned());
            }
            cursor = page["nextCursor"].clone();
            if cursor.is_null() {
                ids.sort_unstable();
                return ids;
            }
        }
    };
    mover.desk.ticket("walrus ours");
    assert_eq!(search(&mut mover, "walrus").len(), 1);
    mover.outcomes(one_of_each());
    for batch in 0..7 {
        let body = json!({ "body": "A walrus and a common word" });
        let rows = (0..100).map(|at| with(comment(100 + batch * 100 + at, 7), body.clone()));
        mover.outcomes(json!(rows.collect::<Vec<_>>()));
    }
    // Behind the mark: a ticket with a lower number than one that the index has.
    mover.desk.pass(1);
    mover.outcomes(json!([with(ticket(3), json!({ "subject": "walrus in the snow" }))]));
    mover.desk.pass(1);
    let found = search(&mut mover, "walrus");
    assert_eq!(found.len(), 702);
    assert!(found.contains(&id(4, 3)) && found.contains(&id(5, 799)));
    assert_eq!(search(&mut mover, "snow walrus"), [id(4, 3)]);
    assert_eq!(search(&mut mover, "common walrus").len(), 700);
}

#[test]
fn a_mail_that_was_nothing_but_files_comes_in() {
    let mut mover = Mover::open();
    mover.outcomes(json!([agent(1), company(1), user(1), ticket(7)]));
    let rows = json!([with(comment(1, 7), json!({ "body": "" })), file(1, 1)]);
    assert_eq!(mover.outcomes(rows.clone()), vec!["created"; 2]);
    assert_eq!(mover.outcomes(rows), vec!["unchanged"; 2]);
    let blank = with(comment(2, 7), json!({ "body": " " }));
    assert_eq!(mover.outcomes(json!([blank])), ["refused"]);
}

#[test]
fn the_files_of_an_erased_person_do_not_come_back() {
    let mut mover = Mover::open();
    let author = json!({ "author": { "kind": "user", "id": id(3, 1) } });
    let rows =
        json!([agent(1), company(1), user(1), ticket(7), with(comment(1, 7), author), file(1, 1)]);
    assert_eq!(mover.outcomes(rows.clone()).last().expect("one"), "created");
    mover.desk.manage(&json!({ "eraseUser": { "userId": id(3, 1) } }));
    mover.desk.pass(0);
    assert_eq!(mover.outcomes(rows).last().expect("one"), "conflict");
    assert_eq!(mover.desk.room.count("attachments"), 0);
}
