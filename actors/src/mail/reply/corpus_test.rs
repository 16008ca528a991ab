//! Real replies against the reference, damaged ones against the rules, hostile ones in time.

use core::time::Duration;
use std::collections::BTreeSet;
use std::path::Path;
use tokio::time::Instant;

use super::visible;
use crate::kernel::testing::Seeded;

struct Reply {
    name: String,
    text: String,
    wanted: String,
}

/// The replies of the corpus with what the reference parser shows of them.
fn corpus() -> Option<Vec<Reply>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/replies");
    let Ok(lines) = std::fs::read_to_string(folder.join("expected.jsonl")) else {
        eprintln!("SKIPPED: no replies at {}", folder.display());
        return None;
    };
    let read = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        let field = |name: &str| line[name].as_str().expect("a text").to_string();
        let name = field("file");
        let text = std::fs::read(folder.join(&name)).expect("the reply is there");
        let text = String::from_utf8_lossy(&text).into_owned();
        Reply { name, text, wanted: field("visible") }
    };
    Some(lines.lines().map(read).collect())
}

fn without_space(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn nine_of_ten_real_replies_show_what_the_reference_shows() {
    let Some(replies) = corpus() else { return };
    let differs =
        |reply: &&Reply| without_space(&visible(&reply.text)) != without_space(&reply.wanted);
    let differing: Vec<_> = replies.iter().filter(differs).map(|reply| &reply.name).collect();
    println!("{} of {} differ: {differing:?}", differing.len(), replies.len());
    assert!(replies.len() >= 50, "the corpus is there");
    assert!(differing.len() * 10 <= replies.len(), "{differing:?}");
}

/// Every line shown is one of the text, in its order, and something is shown where there is
/// anything.
fn check(text: &str) {
    let shown = visible(text);
    let mut lines = text.lines();
    for line in shown.lines().filter(|line| !line.trim().is_empty()) {
        let is_there = lines.any(|other| other.trim_end() == line.trim_end());
        assert!(is_there, "{line:?} is not of {text:?}, or not in its place");
    }
    assert_eq!(shown.trim().is_empty(), text.trim().is_empty(), "{text:?}");
    assert!(shown.len() <= text.len() + 1, "{text:?}");
}

#[test]
fn damaged_replies_show_nothing_but_their_own_lines() {
    let Some(replies) = corpus() else { return };
    let mut dice = Seeded(7);
    let texts: Vec<&str> = replies.iter().map(|reply| reply.text.as_str()).collect();
    let mut outcomes = BTreeSet::new();
    for text in texts.iter().filter(|text| text.len() < 6_000) {
        for _ in 0..60 {
            let (at, _) =
                text.char_indices().nth(dice.index(text.chars().count())).expect("a char");
            check(&text[..at]);
            check(&text[at..]);
            let mut lines: Vec<&str> = text.split('\n').collect();
            for _ in 0..=dice.index(6) {
                let (at, other) = (dice.index(lines.len()), dice.index(lines.len()));
                match dice.index(4) {
                    0 => lines.swap(at, other),
                    1 => lines.insert(at, lines[other]),
                    2 => lines.insert(at, ["", ">", "> x", "-- ", "\r", "\u{feff}"][dice.index(6)]),
                    _ => {
                        let stranger: Vec<_> = texts[dice.index(texts.len())].lines().collect();
                        lines.insert(at, stranger.get(dice.index(stranger.len())).unwrap_or(&""));
                    }
                }
            }
            let damaged = lines.join("\n");
            check(&damaged);
            outcomes.insert(visible(&damaged).into_owned());
        }
    }
    assert!(outcomes.len() > 1_000, "the damage is of many kinds: {}", outcomes.len());
}

/// Lines as a reply of the largest size has them, and single lines far longer: quadratic work
/// would take many minutes on either.
#[test]
fn hostile_replies_are_read_in_linear_time() {
    for unit in [
        ">",
        ">\n",
        "> On 1 May wrote:\n",
        "\n",
        "\r\n",
        "a\n",
        "a",
        " ",
        "-",
        "_",
        "--\n",
        "On ",
        "On\n",
        "On 1 May 2020\n",
        "On 1 May 2020 wrote",
        "On 1 May 2020 x wrote:\n",
        "On 1 May 2020 x wrote:\n\n",
        "x <a@b.c>\n",
        "<",
        "[@",
        "2020 12:34 ",
        "From: <\n",
        "From: ",
        "From: x\nTo: y\n",
        "From: <a@b.c>\n\n",
        "Regards,\n\n",
        "Sent from \n",
        "在",
        "\u{202a}",
        ":",
        "x\n> y\n",
    ] {
        let bytes = if unit.contains('\n') { 256 * 1024 } else { 8 * 1024 * 1024 };
        let text = unit.repeat(bytes / unit.len());
        let start = Instant::now();
        let shown = visible(&text).len();
        let took = start.elapsed();
        println!("{unit:?}: {shown} bytes shown in {took:?}");
        assert!(shown <= text.len());
        assert!(took < Duration::from_secs(60), "{unit:?} took {took:?}");
    }
}
