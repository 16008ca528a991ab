//! Search through the whole room.

use crate::workspace_room::derived;
use crate::workspace_room::tests::desk::{Desk, text};
use schema::Code;
use serde_json::{Value, json};
use std::collections::BTreeSet;

mod any_input;
mod common_words;
mod index;

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
