//! Whatever is written and looked for.

use super::*;
use crate::kernel::testing::Seeded;
use crate::workspace_room::search::words;

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
