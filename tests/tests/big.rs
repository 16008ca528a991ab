//! The large room of `npm run big`, small: that it is loaded whole and answers every question.

use tests::big::{Size, run};

#[test]
fn a_room_is_loaded_by_the_importer_and_answers_every_kind_of_question() {
    let outcome = run(Size { tickets: 400, comments_each: 10 }, 8, None, "");
    assert!(outcome.comments >= 4_000, "{}", outcome.comments);
    // Each kind finds something, but these: nothing is there, or not in so small a room.
    assert_eq!(
        outcome.silent,
        [
            "list the tickets of somebody who has none",
            "list tickets with a tag, open and urgent",
            "list a ticket's activities",
            "search twelve words",
            "search what is meant to hurt",
            "report of a month, by day",
        ]
    );
    assert!(outcome.answered >= 8 * 27, "{} answered\n{}", outcome.answered, outcome.text);
    assert!(outcome.text.contains("database: "), "{}", outcome.text);
}
