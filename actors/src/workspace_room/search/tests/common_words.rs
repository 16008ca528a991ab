//! Words that thousands of rows have: nothing is left out.

use super::*;

/// Thousands of rows, so that a search needs several windows; by SQL, which is quicker.
fn crowded() -> Desk {
    let mut desk = Desk::open();
    desk.ticket("first");
    let body = "'common words' || iif(i % 1000 = 7, ' rare', '')
        || iif(i = 3, ' rare common rare', '')";
    rows(&desk, 5_000, body);
    desk
}

#[test]
fn a_search_for_common_words_goes_on_to_the_last_of_them() {
    let mut desk = crowded();
    // More than one step takes in: the timer goes on with it.
    assert_eq!(desk.found_in_pages_of(&json!({ "query": "rare" }), 50).len(), 2);
    desk.pass(1);
    assert_eq!(desk.room.count("timers where kind = 'derive'"), 0);
    let rare = desk.search(&json!({ "query": "common rare" }));
    assert_eq!(rare.len(), 6);
    assert_eq!(rare[0]["comment"]["seq"], 1003, "twice common, twice rare");
    let newest: Vec<_> = rare[1..].iter().map(|hit| hit["comment"]["seq"].clone()).collect();
    assert_eq!(newest, [5007, 4007, 3007, 2007, 1007].map(|seq| json!(seq)));

    let common = json!({ "query": "common", "status": ["open"] });
    let first = desk.ask(&json!({ "search": common }));
    assert_eq!(first["items"][0]["comment"]["seq"], 6000, "newer first among equals");
    let found = desk.found_in_pages_of(&common, 100);
    let different: BTreeSet<i64> =
        found.iter().filter_map(|hit| hit["comment"]["seq"].as_i64()).collect();
    assert_eq!((found.len(), different.len()), (5_000, 5_000));
    assert_eq!(desk.found_in_pages_of(&json!({ "query": "words", "kind": ["comment"] }), 99), {
        let mut whole = desk.found_in_pages_of(&json!({ "query": "words" }), 100);
        whole.retain(|hit| hit["kind"] == "comment");
        whole
    });
    // Nothing open but what the filter leaves out: an empty page that goes on, and an end.
    let solved = json!({ "query": "common", "status": ["solved"] });
    assert_eq!(desk.found_in_pages_of(&solved, 100), Vec::<Value>::new());
}

#[test]
fn common_words_that_hardly_any_comment_has_together_are_looked_for_slice_by_slice() {
    let mut desk = Desk::open();
    desk.ticket("first");
    let last = 140_000;
    rows(
        &desk,
        last,
        // Of eight words each comment has seven, and two have all.
        "substr('aa bb cc dd ee ff gg hh aa bb cc dd ee ff gg', 1 + 3 * (i % 8), 20)
        || iif(i in (3, 66000), ' aa bb cc dd ee ff gg hh', '')",
    );
    desk.ask(&json!({ "search": { "query": "delta" } }));
    desk.settle();
    assert_eq!(desk.room.number("select comments from search_state"), 1000 + last as i64);
    let query = json!({ "query": "aa bb cc dd ee ff gg hh", "kind": ["comment"] });
    let first = desk.ask(&json!({ "search": query }));
    assert_eq!(first["items"], json!([]), "nothing in the newest slice");
    assert!(first["nextCursor"].is_string());
    let found = desk.found_in_pages_of(&query, 100);
    let seqs: Vec<_> = found.iter().map(|hit| hit["comment"]["seq"].clone()).collect();
    assert_eq!(seqs, [json!(67_000), json!(1003)]);
    // What goes leaves its slice too.
    let gone = "delete from comments where seq > 1002";
    desk.room.home.connection().execute_batch(gone).expect("gone");
    desk.ask(&json!({ "search": query }));
    desk.settle();
    assert!(desk.indexed().iter().all(|word| word.is_ascii() || word.chars().count() == 1));
    assert_eq!(desk.found_in_pages_of(&query, 100), Vec::<Value>::new());
}

#[test]
fn the_beginning_of_a_long_word_finds_the_same_however_common_it_is() {
    let mut desk = Desk::open();
    desk.ticket("first");
    // Further back than is read for ranking.
    let ticket = desk.ticket("second");
    for last in ["contracts", "end"] {
        desk.comment(&ticket, &format!("contralto {}{last}", "x ".repeat(3_000)));
    }
    // Common among the words that begin alike, and rare among them.
    rows(
        &desk,
        1_000,
        "case i % 10 when 0 then 'contracting parties' when 1 then 'contralto'
        else 'the Contracts' end || case i when 500 then ' contraband' else '' end",
    );
    desk.ask(&json!({ "search": { "query": "delta" } }));
    desk.settle();
    let mut count = |query: &str| {
        let found = desk.found_in_pages_of(&json!({ "query": query }), 30);
        assert!(found.iter().all(|hit| text(&hit["snippet"]).contains('\u{2}')), "{query}");
        found.len()
    };
    assert_eq!(count("contract"), 901);
    assert_eq!(count("the contract"), 800);
    assert_eq!(count("contracti"), 100);
    assert_eq!(count("contralt"), 102);
    assert_eq!(count("contraband"), 1);
    assert_eq!(count("contra"), 1_002);
    assert_eq!(count("contrary"), 0);
}

#[test]
fn tickets_and_users_are_all_found_however_many_there_are() {
    let mut desk = Desk::open();
    let many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 900)
        insert into users (id, own_key, email, name, created_at, updated_at, version)
        select printf('00000000-0000-7000-8000-%012d', i), 'u' || i, 'u' || i || '@x.example',
            'common name', i, i, 1 from n;
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 700)
        insert into tickets (number, id, subject, status, priority, tags, source, follows,
            comments, created_at, updated_at, version)
        select i, printf('00000000-0000-7000-8001-%012d', i), 'common name', 'open', 'low', '[]',
            'mail', 0, 0, i, i, 1 from n;";
    desk.room.home.connection().execute_batch(many).expect("rows");
    desk.take_in();
    for query in ["common", "common name", "name co"] {
        let mut count = |kind: Value| {
            let found = desk.found_in_pages_of(&json!({ "query": query, "kind": kind }), 100);
            let different: BTreeSet<String> = found
                .iter()
                .map(|hit| format!("{}{}", hit["ticket"]["number"], hit["user"]["id"]))
                .collect();
            assert_eq!(different.len(), found.len(), "each once");
            found.len()
        };
        assert_eq!(count(json!([])), 1_600, "{query}");
        assert_eq!(count(json!(["user"])), 900, "{query}");
        assert_eq!(count(json!(["ticket"])), 700, "{query}");
        assert_eq!(count(json!(["comment"])), 0, "{query}");
    }
}
