//! Search through the whole room.

use super::words;
use crate::kernel::testing::Seeded;
use crate::workspace_room::derived;
use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Desk {
    fn search(&mut self, input: &Value) -> Vec<Value> {
        let page = self.ask(&json!({ "search": input }));
        page["items"].as_array().expect("items").clone()
    }

    /// What a query finds, as kind and marked snippet.
    fn found(&mut self, query: &str) -> Vec<(String, String)> {
        let hits = self.search(&json!({ "query": query }));
        let marked = |hit: &Value| text(&hit["snippet"]).replace(['\u{2}', '\u{3}'], "*");
        hits.iter().map(|hit| (text(&hit["kind"]), marked(hit))).collect()
    }

    /// All pages of a search.
    fn found_in_pages_of(&mut self, input: &Value, limit: i64) -> Vec<Value> {
        let mut input = input.clone();
        input["limit"] = json!(limit);
        let mut all = Vec::new();
        for _ in 0..2_000 {
            let page = self.ask(&json!({ "search": input }));
            all.extend(page["items"].as_array().expect("items").clone());
            if page.get("nextCursor").is_none() {
                return all;
            }
            input["cursor"] = page["nextCursor"].clone();
        }
        panic!("the search never ends");
    }

    /// Lets the timer take in all that is not in the index yet.
    fn settle(&mut self) {
        while self.room.count("timers where kind = 'derive'") > 0 {
            self.pass(1);
        }
    }

    /// Takes in all that is not in the index yet, now.
    fn take_in(&mut self) {
        self.room.look(derived::set);
        self.settle();
    }

    /// Every word that is in the index.
    fn indexed(&self) -> BTreeSet<String> {
        let connection = self.room.home.connection();
        let vocabulary = "create virtual table if not exists temp.vocabulary
            using fts5vocab(main, search_words, row)";
        connection.execute_batch(vocabulary).expect("a vocabulary");
        let mut words = connection.prepare("select term from temp.vocabulary").expect("read");
        let words = words.query_map([], |row| row.get(0)).expect("read");
        words.map(|word| word.expect("a word")).collect()
    }
}

fn pair(kind: &str, snippet: &str) -> (String, String) {
    (kind.to_owned(), snippet.to_owned())
}

#[test]
fn what_was_just_written_is_found_by_words_and_by_the_beginning_of_the_last() {
    let mut desk = Desk::open();
    let ticket = desk.ask(&json!({ "createTicket": { "subject": "The Café door is stuck",
        "body": "It does not OPEN any more.", "tags": ["door", "très urgent"],
        "userEmail": "ann@acme.example", "userName": "Ann Müller" } }));
    let id = text(&ticket["id"]);
    desk.comment(&id, "Try to open it\n\nwith oil.");
    let private = json!({ "postComment": { "ticketId": id, "visibility": "private",
        "body": "Ann never opens doors herself." } });
    desk.ask(&private);

    let opened = desk.found("open");
    // As many words each: the newer first.
    assert_eq!(opened[0], pair("comment", "Try to *open* it with oil."));
    assert_eq!(opened[1], pair("comment", "It does not *OPEN* any more."));
    assert_eq!(opened[2], pair("comment", "Ann never *opens* doors herself."));
    assert_eq!(opened.len(), 3);
    assert_eq!(
        desk.found("cafe do"),
        [pair("ticket", "#1 The *Café* *door* is stuck [*door*] [très urgent]",)]
    );
    assert_eq!(desk.found("URGENT tres").len(), 1);
    assert_eq!(desk.found("1").len(), 1);
    assert_eq!(
        desk.found("muller"),
        [pair("user", "Ann *Müller* <ann@acme.example> acme.example")]
    );
    assert_eq!(desk.found("acme.exam")[0].0, "user");
    assert_eq!(desk.found("ann opens"), [pair("comment", "*Ann* never *opens* doors herself.")]);
    // The first words are whole words.
    assert_eq!(desk.found("ope ann"), []);
    assert_eq!(desk.found("window"), []);
    let viewer = desk.viewer.principal.clone();
    let seen = desk.ask_as(&viewer, &json!({ "search": { "query": "herself" } })).expect("found");
    assert_eq!(seen["items"][0]["comment"]["visibility"], "private");
}

#[test]
fn what_changes_or_goes_leaves_the_index() {
    let mut desk = Desk::open();
    let ticket = desk.ask(&json!({ "createTicket": { "subject": "alpha", "body": "zeta eta",
        "tags": ["beta"], "userEmail": "gamma@delta.example", "userName": "Epsilon" } }));
    let (id, user) = (text(&ticket["id"]), text(&ticket["userId"]));
    for word in ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"] {
        assert!(!desk.found(word).is_empty(), "{word}");
    }
    desk.ask(&json!({ "changeTicket": { "ticketId": id, "subject": "theta" } }));
    desk.ask(&json!({ "changeTicket": { "ticketId": id, "tags": ["iota"], "subject": "kappa" } }));
    desk.ask(
        &json!({ "changeUser": { "userId": user, "email": "lambda@my.example", "name": "Nu" } }),
    );
    for word in ["kappa", "iota", "lambda", "my", "nu"] {
        assert_eq!(desk.found(word).len(), 1, "{word}");
    }
    for word in ["alpha", "beta", "gamma", "delta", "epsilon", "theta"] {
        assert_eq!(desk.found(word), [], "{word}");
        desk.settle();
        assert!(!desk.indexed().contains(word), "{word} is still in the index");
    }
    let statements =
        "update companies set name = 'Xi Works'; update comments set body = 'omikron pi';";
    desk.room.home.connection().execute_batch(statements).expect("changed");
    assert_eq!(desk.found("xi works").len(), 1);
    assert_eq!(desk.found("omikron").len(), 1);
    assert_eq!(desk.found("zeta"), []);

    let erased = "delete from ticket_tags; delete from comments; delete from tickets;
        delete from handles;
        delete from users;";
    desk.room.home.connection().execute_batch(erased).expect("erased");
    assert_eq!(desk.found("lambda"), []);
    desk.settle();
    assert_eq!(desk.indexed(), BTreeSet::new(), "an erased text leaves no word");
    // The number of the user is used again, behind the mark.
    desk.ask(&json!({ "createUser": { "email": "rho@sigma.example" } }));
    assert_eq!(desk.found("rho").len(), 1);
}

#[test]
fn a_filter_leaves_out_what_it_should() {
    let mut desk = Desk::open();
    let agent = desk.agent.id();
    for n in 0..40 {
        let status = ["open", "pending", "solved"][n % 3];
        let mut input = json!({ "subject": format!("needle {n}"), "body": "a needle too",
            "status": status, "userEmail": format!("needle{n}@x.example") });
        if n % 4 == 0 {
            input["assigneeId"] = json!(agent);
        }
        desk.ask(&json!({ "createTicket": input }));
    }
    let mut count = |input: &Value| {
        let found = desk.found_in_pages_of(input, 7);
        let different: BTreeSet<String> = found
            .iter()
            .map(|hit| {
                [&hit["comment"]["id"], &hit["ticket"]["id"], &hit["user"]["id"]]
                    .iter()
                    .map(|id| id.to_string())
                    .collect::<String>()
            })
            .collect();
        assert_eq!(different.len(), found.len(), "each once");
        found.len()
    };
    assert_eq!(count(&json!({ "query": "needle" })), 120);
    assert_eq!(count(&json!({ "query": "needle", "kind": ["ticket"] })), 40);
    assert_eq!(count(&json!({ "query": "needle", "kind": ["user", "comment"] })), 80);
    assert_eq!(count(&json!({ "query": "needle", "status": ["open"] })), 28);
    assert_eq!(count(&json!({ "query": "needle", "status": ["solved", "pending"] })), 52);
    assert_eq!(count(&json!({ "query": "needle", "assigneeId": agent })), 20);
    let both = json!({ "query": "needle", "assigneeId": agent, "status": ["open"],
        "kind": ["ticket"] });
    assert_eq!(count(&both), 4);
    assert_eq!(count(&json!({ "query": "needle", "assigneeId": agent, "kind": ["user"] })), 0);
}

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

/// Rows of comments, by SQL: as many, and what each says, as an expression of its number.
fn rows(desk: &Desk, count: usize, body: &str) {
    rows_from(desk, 1_000, count, body);
}

fn rows_from(desk: &Desk, first: usize, count: usize, body: &str) {
    let rows = format!(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < {count})
        insert into comments (seq, id, ticket, author_kind, visibility, body, source, automatic,
            attachments, created_at)
        select {first} + i, printf('00000000-0000-7000-8000-%012d', {first} + i), 1, 'system',
            'public', {body}, 'mail', 0, 0, i from n;"
    );
    desk.room.home.connection().execute_batch(&rows).expect("rows");
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
    for n in 0..5 {
        desk.comment(&ticket, &format!("needle {}", "hay ".repeat(14_000 + n)));
    }
    let marks = |desk: &Desk| desk.room.number("select comments from search_state");
    assert_eq!(
        (desk.found("needle").len(), marks(&desk)),
        (5, desk.room.number("select max(seq) from comments"))
    );
    rows(&desk, 130, "'thread'");
    assert_eq!(desk.found_in_pages_of(&json!({ "query": "thread" }), 100).len(), 130);
    assert_eq!(marks(&desk), 1_130);
    rows_from(&desk, 1_200, 100, "'thread'");
    assert_eq!(desk.found_in_pages_of(&json!({ "query": "thread" }), 100).len(), 230);
    assert_eq!(marks(&desk), 1_130);
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

#[test]
fn a_cursor_is_of_one_search_and_new_comments_do_not_move_its_pages() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("x");
    for n in 0..30 {
        desk.room.now += 1;
        desk.comment(&ticket, &format!("needle {n}"));
    }
    let first = desk.ask(&json!({ "search": { "query": "needle", "limit": 10 } }));
    desk.comment(&ticket, "needle needle");
    let cursor = first["nextCursor"].clone();
    let second = json!({ "query": "needle", "limit": 10, "cursor": cursor });
    let seqs: Vec<i64> = [first["items"].clone(), desk.search(&second).into()]
        .iter()
        .flat_map(|items| items.as_array().expect("items").clone())
        .map(|hit| hit["comment"]["seq"].as_i64().expect("a number"))
        .collect();
    assert!(seqs.is_sorted_by(|a, b| a > b) && seqs.len() == 20, "{seqs:?}");
    for (field, value) in [
        ("query", json!("needles")),
        ("kind", json!(["comment"])),
        ("status", json!(["open"])),
        ("cursor", json!("0.9.9.9.0000000000000000")),
        ("cursor", json!("")),
    ] {
        let mut other = second.clone();
        other[field] = value;
        assert_eq!(desk.refused(&json!({ "search": other })).0, Code::InvalidInput, "{field}");
    }
}

#[test]
fn no_input_is_an_internal_error() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("x");
    let odd = [
        "%_%",
        "\"",
        "\"\"\"",
        "\"*\" NEAR",
        "NEAR(",
        "a NEAR/2 b",
        "(",
        "a AND",
        "OR",
        "*",
        "^a",
        "words:a",
        "-a",
        "{a b}:c",
        "a+b",
        "'",
        "''; drop table tickets",
        "\\",
        "\u{301}",
        "日",
        "a*b*",
        "🙂",
        "?1",
        "𝒳",
        "ﷺ",
        "\u{e33}",
        "a\u{200d}b",
        "[x]",
        "null",
        "\u{feff}x",
    ];
    for query in odd {
        desk.comment(&ticket, query.trim_matches('\u{feff}'));
        let page = desk.ask(&json!({ "search": { "query": query } }));
        assert!(page["items"].is_array(), "{query}");
    }
    for query in [String::new(), " \n".into(), "\u{200b}".into(), "x".repeat(10_240), "\0".into()] {
        assert_eq!(desk.refused(&json!({ "search": { "query": query } })).0, Code::InvalidInput);
    }
    let alphabet: Vec<char> =
        "ab \"'*()%_-+^:{}[]\\/,;.?!NEAROT0é\u{301}ß日語ก\u{e33}🙂\u{2028}ΣﬁŁ".chars().collect();
    let mut dice = Seeded(11);
    for _ in 0..3_000 {
        let length = 1 + dice.below(40);
        let query: String = (0..length)
            .map(|_| match dice.below(8) {
                0 => char::from_u32(dice.below(0x11_0000) as u32).unwrap_or('x'),
                _ => alphabet[dice.below(alphabet.len() as u64) as usize],
            })
            .collect();
        match desk.try_ask(&json!({ "search": { "query": query } })) {
            Ok(page) => assert!(page["items"].is_array()),
            Err((code, _)) => assert_eq!(code, Code::InvalidInput, "{query:?}"),
        }
    }
}

#[test]
fn a_text_is_found_by_each_of_its_own_words() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("x");
    let mut dice = Seeded(5);
    let mut bodies = Vec::new();
    for _ in 0..60 {
        let body: String = (0..1 + dice.below(30))
            .map(|_| match dice.below(6) {
                0 => ' ',
                1 => char::from_u32(dice.below(0x3_0000) as u32).unwrap_or(' '),
                2 => char::from_u32(0x4e00 + dice.below(200) as u32).unwrap_or(' '),
                _ => char::from(b'a' + dice.below(26) as u8),
            })
            .filter(|c| !c.is_control())
            .collect();
        let command = json!({ "postComment": { "ticketId": ticket, "body": body } });
        let Ok(comment) = desk.try_ask(&command) else { continue };
        bodies.push((comment["id"].clone(), text(&comment["body"])));
    }
    for (id, body) in bodies {
        let mut queries = vec![body.clone()];
        words::each(&body, |word| {
            queries.push(body[word.start..word.end].to_owned());
            true
        });
        let any = queries.len() > 1;
        for query in queries.iter().filter(|_| any) {
            let found = desk.found_in_pages_of(&json!({ "query": query }), 100);
            let there = found.iter().any(|hit| hit["comment"]["id"] == id);
            assert!(there, "{query:?} in {body:?}");
        }
    }
}

#[test]
fn comments_write_nothing_for_the_index_until_a_batch_is_due() {
    let mut desk = Desk::open();
    let ticket = desk.ticket("x");
    let marks = |desk: &Desk| desk.room.number("select comments from search_state");
    while desk.room.count("events") % 64 != 62 {
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
