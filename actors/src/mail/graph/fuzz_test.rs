//! Answers damaged at random: nothing panics, nothing grows, nothing goes on for ever, and no
//! request goes where it must not.
//!
//! `GRAPH_FUZZ_EXECUTIONS=10000000` runs more of them; `GRAPH_FUZZ_SEED` other ones.

use std::cell::RefCell;

use super::testing::*;
use super::*;
use crate::kernel::testing::Seeded;

const EXECUTIONS: u64 = 20_000;
/// The most requests that one reading makes of so few answers.
const ASKED_MAX: usize = 400;

const SEEDS: &[&str] = &[
    r#"{"@odata.context":"x","value":[{"id":"a","receivedDateTime":"2026-11-22T10:00:00Z",
        "isDraft":false},{"id":"b"}],"@odata.nextLink":"https://graph.test/v1.0/n?$skiptoken=1"}"#,
    r#"{"value":[],"@odata.deltaLink":"https://graph.test/v1.0/d?$deltatoken=2"}"#,
    r#"{"value":[{"id":"c","@removed":{"reason":"deleted"}}],
        "@odata.nextLink":"https://graph.test/v1.0/m?$skiptoken=3"}"#,
    r#"{"error":{"code":"SyncStateNotFound","message":"gone","innerError":{"date":"x"}}}"#,
    r#"{"id":"d","internetMessageId":"<x@y>","isDraft":true}"#,
    r#"{"token_type":"Bearer","expires_in":3599,"access_token":"a","refresh_token":"r"}"#,
    r#"{"error":"invalid_grant","error_description":"AADSTS50173","error_codes":[50173]}"#,
    "Subject: x\r\n\r\nHello\r\n",
];

const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "null",
    "true",
    "-1",
    "1e999",
    "\\u0000",
    "\\ud800",
    "\"id\":",
    "\"value\":",
    "\"@odata.nextLink\":",
    "https://evil.test/",
    "/../",
    "@",
    "#",
    "\0",
    "18446744073709551616",
    "é",
    "\"\"",
    "[[[[[[[[",
    "{\"a\":{\"a\":{\"a\":",
];

const STATUSES: [u16; 10] = [200, 200, 200, 201, 202, 400, 401, 404, 410, 429];

/// Somebody who answers anything to everything.
struct Mad {
    dice: RefCell<Seeded>,
    asked: RefCell<usize>,
}

impl Http for Mad {
    async fn ask(&self, request: Request) -> Result<Answer, NoAnswer> {
        *self.asked.borrow_mut() += 1;
        assert!(*self.asked.borrow() < ASKED_MAX, "it goes on for ever");
        let own = [GRAPH, LOGIN].iter().any(|base| request.url.starts_with(&format!("{base}/")));
        assert!(own, "{request:?} leads elsewhere");
        let dice = &mut *self.dice.borrow_mut();
        let mut body = SEEDS[dice.index(SEEDS.len())].as_bytes().to_vec();
        for _ in 0..dice.index(4) {
            let at = dice.index(body.len().max(1)).min(body.len());
            match dice.below(4) {
                0 => body.truncate(at),
                1 if at < body.len() => body[at] ^= 1 << dice.below(8),
                2 if at < body.len() => drop(body.remove(at)),
                _ => {
                    let word = WORDS[dice.index(WORDS.len())].bytes();
                    body.splice(at..at, word);
                }
            }
        }
        let status = STATUSES[dice.index(STATUSES.len())];
        let retry_after = (dice.below(3) == 0).then(|| WORDS[dice.index(WORDS.len())].to_owned());
        match dice.below(20) {
            0 => Err(NoAnswer::TooLarge),
            1 => cut(),
            _ => Ok(Answer { status, retry_after, body }),
        }
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn answers_of_any_kind_are_read_or_refused() {
    let seed = number("GRAPH_FUZZ_SEED", 1);
    let application = Application {
        client_id: "client".to_owned(),
        client_secret: None,
        tenant: "common".to_owned(),
        login_url: LOGIN.to_owned(),
        graph_url: GRAPH.to_owned(),
    };
    let (mut mails, mut tokens, mut drafts) = (0_usize, 0_usize, 0_usize);
    for round in 0..number("GRAPH_FUZZ_EXECUTIONS", EXECUTIONS) {
        let dice = RefCell::new(Seeded(seed.wrapping_mul(1_000_003) ^ round));
        let mad = Mad { dice, asked: RefCell::default() };
        let session = Session::new(&mad, GRAPH, "token");
        let mut sync = session.sync(Folder::Sent, Cursor::default(), 0);
        for _ in 0..4 {
            let Ok(Some(batch)) = now(sync.next_batch()) else { break };
            mails += batch.mails.len();
            assert!(serde_json::to_vec(&batch.cursor).expect("text").len() < 1_000_000);
        }
        tokens += usize::from(now(refresh(&mad, &application, "1.A")).is_ok());
        if let Ok(draft) = now(session.draft(b"x")) {
            drafts += 1;
            let _ = now(session.look(&draft));
        }
        let _ = now(session.me());
    }
    // It is not only refusals that are tested.
    assert!(mails > 100 && tokens > 100 && drafts > 100, "{mails} {tokens} {drafts}");
}
