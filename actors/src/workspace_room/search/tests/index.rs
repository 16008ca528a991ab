//! When the index takes in what is written, and that no search can tell.

use super::*;
use crate::kernel::testing::Seeded;
use crate::workspace_room::derived;

#[test]
fn a_search_finds_the_same_before_and_after_the_index_has_taken_it_in() {
    let mut desk = Desk::open();
    let mut dice = Seeded(7);
    let said = |dice: &mut Seeded, words: u64| -> String {
        let word =
            |dice: &mut Seeded| ["alpha", "alphabet", "beta", "gamma"][dice.below(4) as usize];
        (0..1 + dice.below(words)).map(|_| word(dice)).collect::<Vec<_>>().join(" ")
    };
    let mut tickets = vec![desk.ticket("alpha")];
    let mut seen = 0;
    for round in 0..60 {
        for _ in 0..dice.below(12) {
            desk.room.now += 1;
            let ticket = tickets[dice.below(tickets.len() as u64) as usize].clone();
            let words = said(&mut dice, 5);
            match dice.below(7) {
                0 => tickets.push(desk.ticket(&words)),
                1 => drop(
                    desk.ask(&json!({ "changeTicket": { "ticketId": ticket, "subject": words } })),
                ),
                2 => drop(desk.ask(&json!({ "createUser":
                    { "email": format!("u{}@x.example", desk.room.now), "name": words } }))),
                3 => {
                    let change = format!(
                        "update comments set body = '{words}' where seq = (select seq from comments
                            order by seq desc limit 1 offset {});
                        update users set name = 'beta' where number % 7 = {};
                        delete from comments where seq % 31 = {};",
                        dice.below(30),
                        dice.below(7),
                        dice.below(31)
                    );
                    desk.room.home.connection().execute_batch(&change).expect("changed");
                }
                _ => drop(desk.comment(&ticket, &words)),
            }
        }
        for query in ["alpha", "alph", "beta alpha", "gamma", "x.example"] {
            let written = desk.room.home.connection().total_changes();
            let query = json!({ "query": query, "status":
                if dice.below(3) == 0 { json!(["open"]) } else { json!([]) } });
            let before = desk.found_in_pages_of(&query, 100);
            let after = desk.room.home.connection().total_changes();
            // A timer, where the index has a text that is no more.
            assert!(after - written <= 8, "{query}: {} rows written", after - written);
            desk.take_in();
            let after = desk.found_in_pages_of(&query, 100);
            // How common words are is read off the index: it weighs several against each other.
            let several = text(&query["query"]).contains([' ', '.']);
            let of = |hits: &[Value]| -> Vec<String> {
                let mut hits = hits.to_vec();
                for hit in hits.iter_mut().filter(|_| several) {
                    hit["score"] = json!(null);
                }
                let mut hits: Vec<_> = hits.iter().map(Value::to_string).collect();
                if several {
                    hits.sort_unstable();
                }
                hits
            };
            assert_eq!(of(&before), of(&after), "{query} in round {round}");
            seen += before.len();
            if dice.below(2) == 0 {
                let ticket = tickets[0].clone();
                desk.comment(&ticket, &said(&mut dice, 5));
            }
        }
    }
    assert!(seen > 5_000, "{seen}");
}

#[test]
fn too_much_that_is_not_in_the_index_is_put_there_first() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("x");
    for n in 0..15 {
        desk.comment(&ticket, &format!("needle {}", "hay ".repeat(14_000 + n)));
    }
    let marks = |desk: &Desk| desk.room.number("select comments from search_state");
    let found = |desk: &mut Desk| desk.found_in_pages_of(&json!({ "query": "thread" }), 100).len();
    assert_eq!(
        (desk.found("needle").len(), marks(&desk)),
        (15, desk.room.number("select max(seq) from comments"))
    );
    let many = 2 * derived::EVERY as usize;
    rows(&desk, many, "'thread'");
    assert_eq!(found(&mut desk), many);
    assert_eq!(marks(&desk), 1_000 + many as i64);
    rows_from(&desk, 2_000, 100, "'thread'");
    assert_eq!(found(&mut desk), many + 100);
    assert_eq!(marks(&desk), 1_000 + many as i64);
}

#[test]
fn comments_write_nothing_for_the_index_until_a_batch_is_due() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("x");
    let marks = |desk: &Desk| desk.room.number("select comments from search_state");
    while desk.room.count("events") % derived::EVERY != derived::EVERY - 2 {
        desk.comment(&ticket, "hello");
        assert_eq!((marks(&desk), desk.room.count("timers where kind = 'derive'")), (0, 0));
    }
    desk.comment(&ticket, "hello");
    desk.comment(&ticket, "hello");
    assert_eq!(desk.room.count("timers where kind = 'derive'"), 1);
    desk.pass(0);
    assert_eq!(marks(&desk), desk.room.count("events"));
    assert_eq!(desk.room.count("timers where kind = 'derive'"), 0);
}
