//! Tickets that are merged into others, in and out.

use super::{CREATED, Mover, agent, comment, company, id, ticket, user, with};
use serde_json::{Value, json};

fn merge(of: u32, into: u32) -> Value {
    json!({ "merge": { "id": id(4, of), "intoId": id(4, into) } })
}

fn closed(number: u32) -> Value {
    with(ticket(number), json!({ "status": "closed" }))
}

#[test]
fn merged_tickets_are_merged_in_another_workspace() {
    let mut old = Mover::open();
    let (first, second) = (old.desk.ticket("first"), old.desk.ticket("second"));
    let (third, fourth) = (old.desk.ticket("third"), old.desk.ticket("fourth"));
    for ticket in [&first, &second, &third, &fourth] {
        old.desk.comment(ticket, &format!("in {ticket}"));
    }
    // Into a later one, and two into one.
    for (ticket, into) in [(&first, &third), (&second, &third)] {
        old.desk.ask(&json!({ "mergeTickets": { "ticketId": ticket, "intoId": into } }));
    }
    old.desk.ask(&json!({ "mergeTickets": { "ticketId": third, "intoId": fourth } }));
    let (rows, _) = old.export();
    let merges: Vec<&Value> = rows.iter().filter_map(|row| row.get("merge")).collect();
    assert_eq!(merges.len(), 3);

    let mut new = Mover::open();
    let outcomes = new.outcomes(json!(rows));
    assert!(outcomes.iter().all(|it| it == "created" || it == "unchanged"), "{outcomes:?}");
    assert_eq!(json!(new.export().0).to_string(), json!(rows).to_string());
    assert_eq!(new.desk.get(&first)["mergedIntoId"], json!(third));
    assert_eq!(new.desk.get(&fourth)["comments"], 4);
    let change = json!({ "changeTicket": { "ticketId": first, "subject": "no" } });
    assert_eq!(new.desk.refused(&change).0, schema::Code::Conflict);
    let before = new.desk.room.home.rows_written();
    assert!(new.outcomes(json!(rows)).iter().all(|outcome| outcome == "unchanged"));
    assert_eq!(new.desk.room.home.rows_written(), before);
}

#[test]
fn what_cannot_be_merged_is_told_and_stays() {
    let mut mover = Mover::open();
    mover.outcomes(json!([agent(1), company(1), user(1)]));
    mover.outcomes(json!([closed(1), closed(2), closed(3), ticket(4), closed(5), comment(1, 5)]));
    assert_eq!(mover.outcomes(json!([merge(1, 2), merge(2, 3)])), vec!["created"; 2]);
    let before = mover.desk.room.home.rows_written();
    for (row, outcome, word) in [
        (merge(3, 1), "refused", "merged into"),
        (merge(3, 3), "refused", "merged into"),
        (merge(4, 3), "refused", "closed"),
        (merge(5, 3), "refused", "comments"),
        (merge(9, 3), "refused", "ticket"),
        (merge(3, 9), "refused", "ticket"),
        (merge(1, 3), "conflict", "intoId"),
        (comment(2, 1), "refused", "merged into"),
        (
            with(closed(1), json!({ "status": "open", "updatedAt": CREATED + 9 })),
            "conflict",
            "status",
        ),
    ] {
        let result = &mover.import(json!([row]))[0];
        assert_eq!(result["outcome"], outcome, "{row}: {result}");
        assert!(result["reason"].as_str().is_some_and(|why| why.contains(word)), "{row}: {result}");
    }
    assert_eq!(mover.desk.room.home.rows_written(), before, "nothing was left");
}

#[test]
fn a_merge_into_what_is_deleted_is_not_given() {
    let mut mover = Mover::open();
    let (gone, kept) = (mover.desk.ticket("gone"), mover.desk.ticket("kept"));
    mover.desk.ask(&json!({ "mergeTickets": { "ticketId": kept, "intoId": gone } }));
    mover.desk.manage(&json!({ "deleteTicket": { "ticketId": gone } }));
    let (rows, _) = mover.export();
    assert!(rows.iter().all(|row| row.get("merge").is_none()));
    let outcomes = Mover::open().outcomes(json!(rows));
    assert!(outcomes.iter().all(|it| it == "created" || it == "unchanged"), "{outcomes:?}");
}
