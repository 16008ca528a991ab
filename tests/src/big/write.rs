//! Writing into the large room, what that costs, and how large the room is.

use super::ask::{Times, timed};
use super::load::settle;
use super::{Big, Outcome};
use actors::kernel::testing::Seeded;
use serde_json::{Value, json};

/// How many rows were written since some moment.
pub struct Written {
    of_tables: u64,
    with_index: u64,
}

impl Written {
    /// From now on.
    #[must_use]
    pub fn since(big: &Big) -> Self {
        let with_index = big.bench.home.connection().total_changes();
        Self { of_tables: big.bench.home.rows_written(), with_index }
    }

    /// A line for people: how many for each of so many things.
    #[must_use]
    pub fn line(&self, big: &Big, what: &str, things: u64) -> String {
        let now = Self::since(big);
        let each = |before: u64, after: u64| (after - before) as f64 / things.max(1) as f64;
        format!(
            "rows written for {what:<26} {:>6.2} of tables, {:>6.2} with the search index\n",
            each(self.of_tables, now.of_tables),
            each(self.with_index, now.with_index),
        )
    }
}

/// Open tickets, to write into.
fn open(big: &mut Big) -> Vec<Value> {
    let command = json!({ "listTickets": { "status": ["open"], "limit": 100 } });
    let open = timed(big, &command).1;
    open["items"].as_array().expect("items").clone()
}

fn comment(big: &mut Big, dice: &mut Seeded, tickets: &[Value]) -> f64 {
    let ticket = &tickets[dice.below(tickets.len() as u64) as usize];
    let length = 15 + dice.below(75);
    let body = big.words.text(dice, length);
    timed(big, &json!({ "postComment": { "ticketId": ticket["id"], "body": body } })).0
}

/// Writes comments, and searches between them, so that a search finds something to catch up with.
pub fn comments(big: &mut Big, times: u64, outcome: &mut Outcome) {
    let mut dice = Seeded(4);
    let (mut posts, mut searches) = (Times::default(), Times::default());
    let open = open(big);
    let written = Written::since(big);
    for n in 0..times {
        posts.0.push(comment(big, &mut dice, &open));
        if n % 32 == 31 {
            settle(big);
        }
    }
    settle(big);
    let rows = written.line(big, "a comment that is posted", times);
    for _ in 0..times {
        for _ in 0..dice.below(64) {
            comment(big, &mut dice, &open);
        }
        let word = big.words.rank(dice.below(1_000) as usize);
        searches.0.push(timed(big, &json!({ "search": { "query": word } })).0);
        settle(big);
    }
    posts.tell("write a comment", outcome);
    searches.tell("search behind up to 63 new comments", outcome);
    outcome.rows += &rows;
}

/// Writes tickets.
pub fn tickets(big: &mut Big, times: u64, outcome: &mut Outcome) {
    let mut dice = Seeded(5);
    let mut taken = Times::default();
    let written = Written::since(big);
    for n in 0..times {
        let tags = [format!("tag{}", dice.below(40))];
        let body = big.words.text(&mut dice, 50);
        let ticket = json!({ "subject": big.words.text(&mut dice, 6), "tags": tags,
            "body": body });
        taken.0.push(timed(big, &json!({ "createTicket": ticket })).0);
        if n % 32 == 31 {
            settle(big);
        }
    }
    settle(big);
    outcome.rows += &written.line(big, "a ticket that is created", times);
    outcome.rows += "(tables only, all that follows included; index entries come on top: \
        `npm run cost` counts as workerd does)\n";
    taken.tell("write a ticket with its first comment", outcome);
}

/// How large the database is, and what of.
pub fn storage(big: &Big, outcome: &mut Outcome) {
    let connection = big.bench.home.connection();
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let pages = number("pragma page_count").unwrap_or(0) * number("pragma page_size").unwrap_or(0);
    let comments = big.bench.count("comments");
    outcome.text += &format!(
        "database: {:.1} MB, {} bytes a comment, all else included\n",
        pages as f64 / 1e6,
        pages / comments.max(1)
    );
    let parts = "select name, sum(pgsize) from dbstat group by name order by 2 desc limit 14";
    let Ok(mut parts) = connection.prepare(parts) else { return };
    let read = parts.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)));
    for (name, bytes) in read.into_iter().flatten().flatten() {
        outcome.text += &format!("  {name:<42} {:>8.1} MB\n", bytes as f64 / 1e6);
    }
}
