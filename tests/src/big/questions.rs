//! What is asked of the large room.

use super::Big;
use super::load::id;
use actors::kernel::testing::Seeded;
use serde_json::{Value, json};

/// What is asked, by name; each question is made anew.
pub type Question = (&'static str, fn(&Big, &mut Seeded) -> Value);

/// What somebody could type to hurt: every one of these is a search like another.
const HOSTILE: &[&str] = &[
    "\"",
    "'; drop table comments; --",
    "NEAR(a b, 2) OR NOT *",
    "* * *",
    "-a +b ^c {d} words:e",
    "%_%",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z",
    "e e e e e e e e e e e e e",
    "0 1 2 3 4 5 6 7 8 9 10 11 12 13",
    "語 日 本 中 文 字 検 索 例 文 長 語",
    "\u{301}\u{301}\u{301} a\u{301}\u{301}",
    "👍👎",
    "in* th* er* at*",
    "#99999999999999999999",
];

fn agent<'a>(big: &'a Big, dice: &mut Seeded) -> &'a str {
    &big.agents[dice.below(big.agents.len() as u64) as usize]
}

fn word<'a>(big: &'a Big, dice: &mut Seeded, from: u64, to: u64) -> &'a str {
    big.words.rank((from + dice.below(to - from)) as usize)
}

fn words(big: &Big, dice: &mut Seeded, ranks: &[(u64, u64)]) -> Value {
    let words: Vec<&str> = ranks.iter().map(|(from, to)| word(big, dice, *from, *to)).collect();
    json!({ "search": { "query": words.join(" ") } })
}

/// The beginning of a word that is neither very common nor rare.
fn beginning(big: &Big, dice: &mut Seeded, letters: usize) -> Value {
    let word = word(big, dice, 50, 5_000);
    json!({ "search": { "query": &word[..letters.min(word.len())] } })
}

fn status(dice: &mut Seeded) -> &'static str {
    ["open", "pending", "waiting", "solved", "closed"][dice.below(5) as usize]
}

fn priority(dice: &mut Seeded) -> &'static str {
    ["low", "normal", "high", "urgent"][dice.below(4) as usize]
}

fn a_user(big: &Big, dice: &mut Seeded) -> String {
    id(3, dice.below(big.size.tickets.min(5_000)))
}

/// All of them.
pub const QUESTIONS: &[Question] = &[
    (
        "get a ticket",
        |big, dice| json!({ "getTicket": { "ticketId": id(0x10, dice.below(big.size.tickets)) } }),
    ),
    ("get a comment", |big, dice| {
        let comments = big.size.tickets * big.size.comments_each;
        json!({ "getComment": { "commentId": id(0x11, dice.below(comments)) } })
    }),
    ("get a user", |big, dice| json!({ "getUser": { "userId": a_user(big, dice) } })),
    ("list a ticket's comments", |big, dice| {
        let ticket = id(0x10, dice.below(big.size.tickets));
        json!({ "listComments": { "ticketId": ticket } })
    }),
    ("list tickets", |_, _| json!({ "listTickets": { "limit": 100 } })),
    (
        "list tickets by createdAt",
        |_, _| json!({ "listTickets": { "sort": "createdAt", "limit": 100 } }),
    ),
    (
        "list tickets of a status",
        |_, dice| json!({ "listTickets": { "status": [status(dice)], "limit": 100 } }),
    ),
    (
        "list tickets of a status, by createdAt",
        |_, dice| json!({ "listTickets": { "status": [status(dice)], "sort": "createdAt" } }),
    ),
    ("list tickets of two statuses and a priority", |_, dice| {
        let status = [status(dice), status(dice)];
        json!({ "listTickets": { "status": status, "priority": priority(dice) } })
    }),
    (
        "list tickets of a priority",
        |_, dice| json!({ "listTickets": { "priority": priority(dice), "limit": 100 } }),
    ),
    (
        "list an agent's tickets",
        |big, dice| json!({ "listTickets": { "assigneeId": agent(big, dice), "limit": 100 } }),
    ),
    ("list an agent's tickets by createdAt", |big, dice| {
        let agent = agent(big, dice);
        json!({ "listTickets": { "assigneeId": agent, "sort": "createdAt" } })
    }),
    ("list an agent's closed tickets of a priority", |big, dice| {
        json!({ "listTickets":
            { "assigneeId": agent(big, dice), "status": ["closed"], "priority": priority(dice) } })
    }),
    ("list the tickets of somebody who has none", |_, _| {
        let nobody = id(9, 9);
        json!({ "listTickets": { "assigneeId": nobody, "sort": "createdAt", "limit": 100 } })
    }),
    (
        "list a user's tickets",
        |big, dice| json!({ "listTickets": { "userId": a_user(big, dice), "limit": 100 } }),
    ),
    ("list tickets with a tag", |_, dice| {
        let tag = format!("tag{}", dice.below(40));
        json!({ "listTickets": { "tag": tag, "limit": 100 } })
    }),
    ("list tickets with a tag, open and urgent", |_, dice| {
        let tag = format!("tag{}", dice.below(40));
        json!({ "listTickets": { "tag": tag, "status": ["open"], "priority": "urgent" } })
    }),
    ("list users", |_, _| json!({ "listUsers": { "limit": 100 } })),
    ("list companies", |_, _| json!({ "listCompanies": { "limit": 100 } })),
    ("list a ticket's activities", |big, dice| {
        let ticket = id(0x10, dice.below(big.size.tickets));
        json!({ "listActivities": { "ticketId": ticket, "limit": 100 } })
    }),
    ("search one of the 10 most common words", |big, dice| words(big, dice, &[(0, 10)])),
    ("search a common word (of 1,000)", |big, dice| words(big, dice, &[(0, 1_000)])),
    ("search a rare word", |big, dice| words(big, dice, &[(20_000, 60_000)])),
    ("search two common words", |big, dice| words(big, dice, &[(0, 50), (0, 50)])),
    ("search two words of the middle", |big, dice| words(big, dice, &[(50, 1_000), (50, 1_000)])),
    ("search a common and a rare word", |big, dice| words(big, dice, &[(0, 50), (5_000, 9_000)])),
    ("search four words", |big, dice| words(big, dice, &[(0, 300); 4])),
    ("search twelve words", |big, dice| words(big, dice, &[(0, 100); 12])),
    ("search two letters", |big, dice| beginning(big, dice, 2)),
    ("search three letters", |big, dice| beginning(big, dice, 3)),
    ("search four letters", |big, dice| beginning(big, dice, 4)),
    ("search five letters", |big, dice| beginning(big, dice, 5)),
    ("search a word and four letters", |big, dice| {
        let (first, last) = (word(big, dice, 0, 300), word(big, dice, 50, 5_000));
        json!({ "search": { "query": format!("{first} {}", &last[..4.min(last.len())]) } })
    }),
    ("search what is meant to hurt", |_, dice| {
        let text = HOSTILE[dice.below(HOSTILE.len() as u64) as usize];
        json!({ "search": { "query": text, "limit": 100 } })
    }),
    ("search a common word, open, of an agent", |big, dice| {
        let word = word(big, dice, 0, 100);
        json!({ "search":
            { "query": word, "status": ["open"], "assigneeId": agent(big, dice) } })
    }),
    ("search a ticket by its number", |big, dice| {
        let number = 1 + dice.below(big.size.tickets);
        json!({ "search": { "query": format!("#{number}"), "kind": ["ticket"] } })
    }),
    ("search a user's address", |big, dice| {
        let n = dice.below(big.size.tickets.min(5_000));
        let name = big.words.rank(1_000 + n as usize);
        json!({ "search": { "query": format!("{name}.{n}@company{}.example", n % 300) } })
    }),
    (
        "report of a month, by day",
        |_, _| json!({ "getReport": { "from": "2026-10-01", "to": "2026-10-31" } }),
    ),
];
